"""The process that makes shards of a profile that another process, here or on another machine, holds together."""

import base64
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from edgewise.errors import DataError, ModelError
from edgewise.images.dataset import read_dataset
from edgewise.images.threads import use_threads
from edgewise.profile import shard
from edgewise.profile.crew import Crew
from edgewise.profile.failures import Failures
from edgewise.profile.load_models import load_models
from edgewise.profile.messages import failures_from_json, failures_to_json, settings_from_json
from edgewise.profile.plan import asked, changed_since, difference, plan_of
from edgewise.profile.position import Position
from edgewise.profile.worker import Tell, work_for_parent
from edgewise.progress import silent
from edgewise.zoo.sources import from_description

_HINT = "Every node must find the same files and the same packages as the one that gives the command."
_SAME = {"data": "The data set here is another one", "versions": "The packages here are of other versions"}


def main() -> None:
    """Make one shard after another, until the parent is gone."""
    work_for_parent(_serve)


def _serve(position: Position, tell: Tell) -> None:
    bench: _Bench | None = None
    for line in sys.stdin:
        order = json.loads(line)
        known = failures_from_json(order["failures"])
        bench = bench or _Bench(order, known, position)
        content, failures = bench.make(order["shard"], known)
        tell("shard", None if content is None else base64.b64encode(content).decode(), failures_to_json(failures))


class _Bench:
    """The data set and the models of one plan."""

    def __init__(self, order: Mapping[str, Any], known: Failures, position: Position) -> None:
        """Raises `DataError` where they are not what the plan was made with."""
        settings = settings_from_json(order["settings"])
        use_threads(settings.threads)
        self._position = position
        self._plan = plan_of(order["plan"], Path("the plan that came with the order"))
        self._size = settings.shard_images
        self._dataset = read_dataset(settings.data)
        sources = [from_description(model) for model in self._plan.values["models"]]
        wanted = asked(settings, self._dataset, sources)
        for key, what in _SAME.items():
            planned, here = self._plan.values[key], wanted[key]
            if planned != here:
                raise DataError(f"{what} than the profile was planned with: {difference(planned, here)}.", _HINT)
        self._models = load_models(sources, settings, position, known, None, silent)
        changed = changed_since(self._plan, self._models)
        if changed:
            raise DataError(f"Not what the profile was planned with: {', '.join(changed)}.", _HINT)

    def make(self, number: int, known: Failures) -> tuple[bytes | None, Failures]:
        """The content of a shard, and all failures by then; no content where no model is left."""
        models = [model for model in self._models if not known.dropped(model.card.name)]
        items = shard.items_of(number, self._dataset, self._size)
        labels = [self._plan.class_of_label[item.label] for item in items]
        crew = Crew(None, models, known, self._position)
        try:
            made = shard.compute(items, labels, crew, self._plan.space)
        except ModelError:
            if crew.models:
                raise
            return None, crew.failures
        return shard.to_content(made), crew.failures
