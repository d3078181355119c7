"""Whole lives by the real code, input by input, beside lives that `edgewise fleet` puts together from its parts.

    python benchmarks/fleet_composed.py [--work DIR] [--users 40]

A fixed network that is told the user's classes lives 6,000 inputs: the real observer hears the generic network's real
answers on validation images, the real change detector watches a ResNet-18's real scores, the real test of what fits
lets an earlier network back, and the real session says what follows what. Classes are replaced three times in 10,000
inputs. The same users' lives are drawn from the shipped calibration, whose rows come from other users. Writes
benchmarks/results/fleet_composed.json; docs/fleet.md shows it.
"""

import argparse
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from fleet_measured import Answers, _Earlier, _Watched
from pages import write_result
from prune_users_data import IMAGES, SEED, folders

from edgewise.fleet.calibration import Calibration, read_calibration
from edgewise.fleet.chances import Chances
from edgewise.fleet.life import Life
from edgewise.fleet.popularity import Popularity
from edgewise.fleet.terms import Terms
from edgewise.fleet.user import User
from edgewise.personal.change import ChangeDetector
from edgewise.personal.fit import Fit
from edgewise.personal.learning import Learning
from edgewise.personal.observer import Observer
from edgewise.personal.session import Session

TERMS = Terms(users=40, inputs=6000, fewest_classes=4, most_classes=10, popularity=0.0, drift=0.3, seed=11)


@dataclass
class RealLife:
    """One user's device, by its real parts. A class is its place among the 20."""

    answers: Answers
    user: User
    rng: np.random.Generator
    session: Session = field(default_factory=Session)
    earlier: dict[str, tuple[int, ...]] = field(default_factory=dict)
    alarms: int = 0
    told: int = 0
    watched: tuple[_Watched, ChangeDetector] | None = None

    def __post_init__(self) -> None:
        self._learning = Learning()
        self._generic = self.answers.columns["resnet50-224"]
        self._observe_anew()

    def live(self, inputs: int) -> None:
        classes, drifts = list(self.user.classes), list(self.user.drifts)
        each = [np.flatnonzero(self.answers.labels == one) for one in range(len(folders()))]
        for at in range(inputs):
            while drifts and drifts[0].at <= at:
                drift = drifts.pop(0)
                classes[drift.place] = drift.becomes
            self.told += self.session.phase == "watch"
            self._take(int(self.rng.choice(each[int(self.rng.choice(classes, p=self.user.shares))])))

    def _take(self, place: int) -> None:
        self.session = self.session.passed()
        if self.watched is None:
            self._observe(place)
            return
        user, detector = self.watched
        audited = float(user.outside[place]) if self.rng.random() < self._learning.audit_share else None
        detector = detector.update(float(user.scores[place]) + self.rng.normal(0.0, user.blur), audited)
        self.watched = (user, detector)
        if detector.alarm:
            self.alarms += 1
            self.session = replace(self.session.changed(), shares=())
            self.watched = None
            self._observe_anew()

    def _observe(self, place: int) -> None:
        belief = self.answers.beliefs[place]
        settled = self._observer.add(belief)
        for fit in self._fits.values():
            fit.take(belief)
        back = next((name for name, fit in self._fits.items() if fit.verdict == "fits"), None)
        if self.session.wait:
            return
        if back is not None:
            self.session = self.session.known_again(back, self.earlier[back], self._shares(self.earlier[back]))
            self._watch(self.earlier[back])
        elif settled is not None and self._observer.seen >= self._learning.fewest_inputs:
            self.session = self.session.settled(settled.classes, settled.shares).made().let_in()
            assert self.session.serving is not None
            self.earlier[self.session.serving] = settled.classes
            self._watch(settled.classes)

    def _shares(self, classes: tuple[int, ...]) -> tuple[float, ...]:
        return tuple(1 / len(classes) for _ in classes)

    def _watch(self, found: tuple[int, ...]) -> None:
        """Calibrated on images of the classes that were found and are among the data's; others have none."""
        places = {int(column): place for place, column in enumerate(self._generic)}
        own = np.array([places[index] for index in found if index in places])
        user = _Watched.of(self.answers, own, self.rng)
        self.watched = (user, user.detector(int(self.rng.integers(1 << 30))))

    def _observe_anew(self) -> None:
        self._observer = Observer(self.answers.known, self._learning.enough)
        alpha = self._learning.enough.alpha / max(len(self.earlier), 1)
        self._fits = {
            name: Fit(
                _Earlier(name, classes, self._shares(classes)),  # type: ignore[arg-type]
                self.answers.known,
                self._learning.enough.most_outside,
                alpha,
            )
            for name, classes in self.earlier.items()
        }


def drawn(number: int, calibration: Calibration) -> tuple[User, Life]:
    """A user of the 20 classes, and a life that is put together."""
    happens, dice = (np.random.default_rng([TERMS.seed, number, part]) for part in range(2))
    chances = Chances(calibration)
    user = User.draw(TERMS, Popularity(len(folders()), TERMS.popularity), chances, happens)
    return user, Life(user, TERMS, chances, dice)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=Path("/tmp/edgewise-prune-users"))
    parser.add_argument("--users", type=int, default=TERMS.users)
    options = parser.parse_args()
    if not IMAGES.is_dir():
        sys.exit(f"No evaluation data at {IMAGES.parent}; set EDGEWISE_DATA to its folder.")
    answers, calibration = Answers.read(options.work), read_calibration()
    rows: list[dict[str, Any]] = []
    for number in range(options.users):
        user, life = drawn(number, calibration)
        stretches = list(life.stretches())
        real = RealLife(answers, user, np.random.default_rng([SEED, 7, number]))
        real.live(TERMS.inputs)
        rows.append(
            {
                "classes": len(user.classes),
                "changes": len(user.drifts),
                "real": {"told": real.told / TERMS.inputs, "alarms": real.alarms},
                "drawn": {
                    "told": sum(one.inputs for one in stretches if one.phase == "watch") / TERMS.inputs,
                    "alarms": sum(one.ends in ("alarm", "false alarm") for one in stretches),
                },
            }
        )
        print(f"{number + 1} of {options.users}: {rows[-1]}", file=sys.stderr)
    write_result("fleet_composed", {"seed": SEED, "inputs": TERMS.inputs, "drift": TERMS.drift, "users": rows})


if __name__ == "__main__":
    main()
