"""Whether a finished profile is the one that is asked for: told from the files of its models, where they tell it."""

from pathlib import Path

from edgewise.images.dataset import read_dataset
from edgewise.profile.failures import read_failures
from edgewise.profile.plan import Settings, asked, changed_models, resume
from edgewise.zoo.model_files import file_fingerprint, is_file_kind
from edgewise.zoo.sources import Source, find
from edgewise.zoo.tiny.shipped import shipped_path


def is_the_same_by_files(settings: Settings) -> bool:
    """Whether that can be said without loading a model: each is one file, which has not changed.

    False says only that the models must be loaded to know it. Raises `StoreError` when it is another profile.
    """
    sources = find(settings.zoo, settings.weights)
    plan = resume(settings.out, asked(settings, read_dataset(settings.data), sources))
    if plan is None:
        return False
    failures = read_failures(settings.out)
    for stored, source in zip(plan.values["models"], sources, strict=True):
        if failures.dropped(source.name):
            continue
        path = _file(source)
        if path is None:
            return False
        if stored.get("fingerprint") != file_fingerprint(path):
            raise changed_models(settings.out, [source.name])
    return True


def _file(source: Source) -> Path | None:
    """The one file that decides what a model answers, if its card and one file do."""
    match source.kind:
        case "tiny":
            return shipped_path(source.text, ".onnx")
        case kind if is_file_kind(kind):
            return Path(source.where)
        case _:
            return None
