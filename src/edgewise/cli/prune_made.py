"""A user's network that was made, for eyes."""

from typing import TYPE_CHECKING, Any

from edgewise.cli.console import out as console
from edgewise.cli.console import print_table, show_note

if TYPE_CHECKING:
    from edgewise.prune.choose import Choice
    from edgewise.prune.record import Written
    from edgewise.prune.user_maker import Made
    from edgewise.prune.user_record import Foretold
    from edgewise.zoo.classes import ClassSet


def _show_choice(choice: "Choice") -> None:
    rows = [
        [one.base.name, f"{100 * one.share:.0f}", f"{one.drop_points:.2f}"]
        for one in sorted(choice.looked, key=lambda one: -one.share)
    ]
    print_table("Looked at, restricted to the user's classes", ["network", "% of the time", "expected drop"], rows)
    rows = [
        [
            one.name,
            f"{one.ms:.1f}",
            f"{one.expected_drop_points:.2f} ({one.low_points:.2f} to {one.high_points:.2f})",
            "chosen" if one.chosen else "let in" if one.accepted else "not let in",
        ]
        for one in choice.tried
    ]
    print_table("Tried", ["network", "ms", "expected drop, points", "the guard"], rows)
    for reason in choice.failed:
        show_note(reason)


def show_foretold(found: "Foretold") -> None:
    """Its time on the device that it was made for."""
    console.print(
        f"\nFor {found.device} it was made by what was foretold: {found.ms:.1f} ms ({found.low_ms:.1f} to "
        f"{found.high_ms:.1f}), the generic network {found.generic_ms:.1f} ms: {found.speedup:.2f}x as fast. "
        f"Of {found.networks} networks measured there, left out one by one, half are off by more than "
        f"{100 * found.median_error:.0f}%, the worst by {100 * found.worst_error:.0f}%.",
        soft_wrap=True,
        markup=False,
    )


def show_made(found: "Made", written: "Written", known: "ClassSet") -> None:
    """What was looked at and tried, what was cut, and what the guard says."""
    if found.choice:
        _show_choice(found.choice)
    made, record = found.network, written.record
    named = ", ".join(known.short_name(index) for index in made.classes)
    rows = [
        [name, str(cut.channels), str(len(cut.kept)), f"{100 * len(cut.kept) / cut.channels:.0f}"]
        for name, cut in made.plan.cuts.items()
    ]
    if rows:
        print_table("Channels kept", ["group", "of", "kept", "%"], rows)
    steps = (*made.cost.steps, *(found.int8.cost if found.int8 else ()))
    seconds = ", ".join(f"{one.step} {one.seconds:.0f} s" for one in steps if one.seconds >= 0.5)
    console.print(
        f"\nFor {named}: {made.macs / 1e6:,.0f} of {made.macs_before / 1e6:,.0f} M MACs; on ONNX Runtime "
        f"{written.ms:.1f} ms, the generic network {written.generic_ms:.1f} ms: "
        f"{written.generic_ms / written.ms:.2f}x as fast.\n{_precision(record)}The guard: {found.evidence}\n"
        f"Made of {made.images} images in {sum(one.seconds for one in steps):.0f} s ({seconds}).\n\n"
        f"{written.model.resolve()}\n{written.report.resolve()}",
        soft_wrap=True,
        markup=False,
    )


def _precision(record: dict[str, Any]) -> str:
    """What int8 changes, where it is int8 that serves."""
    twin = record.get("fp32")
    if twin is None:
        return ""
    drop, float_drop = (one["evidence"]["found"]["drop_points"] for one in (record, twin))
    return (
        f"At int8: {record['file_bytes'] / 1e6:.1f} MB, an expected drop of {drop:.2f} points; at float32 "
        f"{twin['ms']:.1f} ms, {twin['file_bytes'] / 1e6:.1f} MB and {float_drop:.2f} points. The generic network at "
        f"int8: {record['generic_int8_ms']:.1f} ms, {record['generic_int8_ms'] / record['ms']:.2f} times as long.\n"
    )
