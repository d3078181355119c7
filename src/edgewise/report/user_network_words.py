"""What came out for a user, in sentences: how fast it is, what that costs in accuracy, when it has paid for itself."""

from statistics import median

from edgewise.prune.cost import Cost, break_even, break_even_macs
from edgewise.prune.user_record import UserRecord
from edgewise.report.figures import count, listed, milliseconds, rough_percent

_MOST_NAMED = 12  # a sentence with more classes is not read
_FASTER = 1.005  # under it nothing is seen in the figures that are printed


def headline(record: UserRecord) -> str:
    """What it is worth, in one sentence that says how sure that is."""
    evidence = record.evidence
    if evidence.verdict == "passes":
        sure = f", {evidence.high_points:.1f} at most"
    elif evidence.verdict == "undecided":
        sure = f": an estimate, for {count(evidence.inputs, 'image')} are too few to be sure"
    else:
        sure = ", which the guard refuses"
    speed = f"{record.speedup:.2f} times as fast" if record.speedup >= _FASTER else "No faster than the generic network"
    return f"{speed}, and expected to lose {_points(evidence.drop_points)} of accuracy{sure}."


def setting(record: UserRecord) -> str:
    """Out of what it was made, and what was measured how."""
    base = "the generic network" if record.base == record.replaces else record.base
    images = f"{count(record.images, 'image')} of one user, without labels"
    if record.cut:
        made = (
            f"It was cut out of {base} with {images}, at {record.size_px} px, and keeps {_millions(record.macs)} of "
            f"{_millions(record.generic_macs)} M multiply-accumulates."
        )
    else:
        made = (
            f"It is {base} at {record.size_px} px, with a head for one user's classes made of {images}. Nothing was "
            f"cut: it takes {_millions(record.macs)} M multiply-accumulates."
        )
    return (
        f"{made} On {record.engine} with {count(record.threads, 'thread')}, one image takes it "
        f"{milliseconds(record.ms)} ms and the generic network {milliseconds(record.generic_ms)} ms: medians of runs "
        "that took turns."
    )


def precision(record: UserRecord) -> str:
    """What int8 changes, beside the same network at float32; empty where float32 serves."""
    twin = record.float_twin
    if twin is None or record.file_bytes is None:
        return ""
    text = (
        f"It works on integers of 8 bits, for which it was quantised with images that it was made from. At float32 the "
        f"same network takes {milliseconds(twin.ms)} ms, {twin.ms / record.ms:.2f} times as long, and "
        f"{_megabytes(twin.file_bytes)} in place of {_megabytes(record.file_bytes)}; the guard, on the same images, "
        f"expects it to lose {_points(twin.evidence.drop_points)} in place of {_points(record.evidence.drop_points)}."
    )
    if record.generic_int8_ms is None:
        return text
    return (
        f"{text} The generic network would take {milliseconds(record.generic_int8_ms)} ms at int8: against that, this "
        f"one is {record.generic_int8_ms / record.ms:.2f} times as fast."
    )


def outputs(record: UserRecord) -> str:
    """What it answers."""
    names = list(record.classes)
    more = [count(len(names) - _MOST_NAMED, "other")] if len(names) > _MOST_NAMED else []
    return (
        f"It answers with one of {count(len(names), 'class', 'classes')} ({listed(names[:_MOST_NAMED] + more)}), or "
        f"with its last output that an image is of none of them. That output tells what it stands for with an R² of "
        f"{record.other_r_squared:.2f}, on images left out of its fit."
    )


def judged(record: UserRecord) -> str:
    """What the guard says, with the figures behind it."""
    evidence = record.evidence
    _, _, figures = str(evidence).partition(": ")
    if evidence.verdict == "undecided":
        said = "The guard lets it in by its estimate" if evidence.accepted else "The guard cannot tell yet"
    else:
        said = "It passes the guard" if evidence.accepted else "The guard refuses it"
    return f"{said}, on images that it was not made from: {figures}"


def recovered(record: UserRecord) -> str:
    """What solving the layers anew gave back; empty where none was solved."""
    solved = record.solved
    if not solved:
        return ""
    before, after = (
        median(values) for values in zip(*((s.missed_before, s.missed_after) for s in solved), strict=True)
    )
    halved = sum(s.missed_after <= s.missed_before / 2 for s in solved)
    return (
        f"Each layer was given new weights that bring it as near as they can to what the generic network gives there. "
        f"The share of its variance that a layer misses fell from {rough_percent(before)} to {rough_percent(after)} in "
        f"the median of {count(len(solved), 'layer')}, and to half or less in {halved} of them."
    )


def paid_back(record: UserRecord) -> str:
    """After how many inferences it has made up for its making."""
    cost = record.cost
    often = break_even(cost.seconds, record.generic_ms, record.ms)
    took = f"Making it took {_duration(cost.seconds)}, reading the images and writing the files aside."
    if often is None:
        return f"{took} No inference is faster for it, so it never pays for itself."
    saved = milliseconds(record.generic_ms - record.ms)
    text = f"{took} Each inference saves {saved} ms, so it has paid for itself after {count(often, 'inference')}."
    if cost.macs is None:
        return text
    less = break_even_macs(cost.macs.total, record.generic_macs, record.macs)
    counted = f"{cost.macs.total / 1e9:,.0f} G multiply-accumulates were computed for it"
    return f"{text} {counted}: as many as {count(less, 'inference')} save." if less else f"{text} {counted}."


def memory(cost: Cost) -> str:
    """What was held; empty where nobody looked."""
    said: list[str] = []
    if cost.peak_bytes is not None:
        since = "" if cost.peak_of == "run" else ", counted from the start of the process"
        said.append(f"At most {_size(cost.peak_bytes)} of memory were in use at once{since}.")
    if cost.kept_bytes:
        kept = listed([f"{_size(held)} of {what}" for what, held in cost.kept_bytes.items()])
        said.append(f"Kept meanwhile, at most: {kept}.")
    return " ".join(said)


def _points(points: float) -> str:
    shown = f"{points:.1f}".replace("-", "\N{MINUS SIGN}")
    return f"{shown} point{'' if shown == '1.0' else 's'}"


def _millions(macs: int) -> str:
    return f"{macs / 1e6:,.0f}" if macs >= 10e6 else f"{macs / 1e6:.3g}"


def _megabytes(held: int) -> str:
    return f"{held / 1e6:.3g} MB"


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} seconds" if seconds < 120 else f"{seconds / 60:.1f} minutes"


def _size(held: int) -> str:
    return f"{held / 2**30:.1f} GiB" if held >= 2**30 else f"{held / 2**20:.0f} MiB"
