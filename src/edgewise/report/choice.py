"""Why a selector is the one that was fitted, as the page says it: sentences, the methods' offers, the budget kept."""

from collections.abc import Mapping
from dataclasses import dataclass

from markupsafe import Markup

from edgewise.profile.outcomes import Outcomes
from edgewise.report.choice_rows import LimitRow, OfferRow, limit_rows, offer_rows
from edgewise.report.fair_rows import NONE
from edgewise.report.figures import count, listed
from edgewise.report.plane import draw_plane
from edgewise.report.selected import Selected
from edgewise.report.story import tell

_PLANES_PX = {"wide": (992, 360), "medium": (640, 360), "narrow": (358, 360)}


@dataclass(frozen=True)
class Reasons:
    """The section on a selector, in the order in which it is read; what is not known is empty."""

    made: str
    why: str
    judged: str
    measure: str
    folds: int
    planes: Mapping[str, Markup]
    offers: tuple[OfferRow, ...]
    mixing: bool  # the line is drawn
    energy: str  # what the energies are, "measured" or "modelled"
    refusing: bool  # some offer refuses images
    limits: tuple[LimitRow, ...]
    certificate: str


def give_reasons(selected: Selected, outcomes: Outcomes) -> Reasons:
    """Put the notes of a selector into sentences, rows and a picture."""
    choice, table = selected.choice, selected.table
    offers = offer_rows(choice, table) if choice else ()
    line = table.mixing_line if table else ()
    images = choice["images"] if choice else 0
    drawn = (
        {size: draw_plane(offers, line, images, px, name="offers") for size, px in _PLANES_PX.items()} if offers else {}
    )
    return Reasons(
        made=_made(selected, outcomes.manifest["images"]),
        why=choice["why"] if choice else "",
        judged=_judged(selected, len(outcomes.classes)),
        measure="macro F1" if choice and choice["criterion"] == "macro-f1" else "right answers",
        folds=choice["folds"] if choice else 0,
        planes=drawn,
        offers=offers,
        mixing=bool(line),
        energy=(table.energy_source or "") if table and any(row.energy for row in offers) else "",
        refusing=any(row.refused != NONE for row in offers),
        limits=limit_rows(selected.kept),
        certificate=selected.certificate,
    )


def _made(selected: Selected, images: int) -> str:
    how = f" with --method {selected.method}" if selected.method else ""
    models = f"It may run {listed(selected.models)}."
    return f"The selector was fitted to all {count(images, 'image')} of this profile{how}. {models}"


def _judged(selected: Selected, classes: int) -> str:
    """What nested cross-validation says of this way of fitting; the selector itself has seen every image."""
    if selected.table is None:
        return ""
    findings = tell(selected.table, classes).selectors
    if not findings:
        reason = selected.unjudged or "On the fewer images of a fold, it had nothing to offer."
        return f"This way of fitting was not judged. {reason}"
    (finding, *_) = findings
    return (
        f"Fitted in the same way and judged on other images, in {selected.table.folds}-fold nested cross-validation: "
        f"{finding.single} {finding.mixing}"
    )
