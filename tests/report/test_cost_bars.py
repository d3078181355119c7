"""Where the time went, as bars and rows."""

from edgewise.prune.cost import Cost, StepCost
from edgewise.report.cost_bars import cost_bars, mac_rows
from tests.prune.stored_network import COST


def test_bars_are_shares_of_the_longest_step() -> None:
    drawn = cost_bars(COST)
    assert drawn.columns == ("seconds", "G MACs")
    assert [(bar.name, bar.parts[0].width_percent, bar.figures) for bar in drawn.bars] == [
        ("ranking channels", 100.0, ("60.0", "7.5")),
        ("solving layers", 50.0, ("30.0", "5.0")),
    ]


def test_what_nobody_counted_has_no_column() -> None:
    uncounted = Cost((StepCost("reading", 2.0),))
    assert cost_bars(uncounted).columns == ("seconds",)
    assert cost_bars(uncounted).bars[0].figures == ("2.0",)
    assert mac_rows(uncounted) == ()


def test_macs_by_what_they_were_for() -> None:
    assert mac_rows(COST)[0] == ("ranking channels", "4.0", "2.0", "1.0", "0.5", "7.5")


def test_a_cost_of_nothing() -> None:
    assert cost_bars(Cost(())).bars == ()
    assert cost_bars(Cost((StepCost("cutting", 0.0),))).bars[0].parts[0].width_percent == 0.0
