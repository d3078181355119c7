"""Whether a smaller network may take the generic one's place: by how much accuracy it is expected to lose.

NumPy alone.
"""

from dataclasses import dataclass
from typing import get_args

import numpy as np

from edgewise.errors import OutputError, UsageError
from edgewise.prune.confidence import ConfidenceSequence
from edgewise.prune.evidence import Evidence, Undecided
from edgewise.prune.posterior import Posterior


@dataclass(frozen=True)
class Guard:
    """Lets a student in when its expected drop in accuracy is at most `max_drop_points`, and says how sure that is.

    The drop of one input is p[teacher's answer] - p[student's answer], p being the generic model's calibrated
    posterior: 0 wherever both answer alike, so that a student may disagree on many inputs that are open anyway. Its
    mean is bounded by a `ConfidenceSequence`. A student that loses more passes with a probability of at most `alpha`,
    however often it is looked at; one that loses less is refused with no more. Where `networks` may be judged by the
    same promise (steps of a walk, candidates of a choice), each has alpha / networks of it: one that is chosen because
    it passed was chosen for its luck as well. It costs little: ten networks take 1.7 times the inputs of one.

    How many inputs a bound of 1 point takes at alpha 5%, when 2.6% of inputs differ; median and 90% quantile of 400
    drawn streams, looked at after each input (differences Beta(1, b), and -1 or 1, which is what labels would give):

    | true drop, points | by the posterior | by labels |
    |---|---|---|
    | 0 | 352, 352 | 2300, 5100 |
    | 0.3 | 510, 660 | 5000, 10000 |
    | 0.5 | 800, 1350 | 8800, 21000 |

    For a user: 500 fresh inputs certify 1 point where next to nothing is lost, in 46 cases of 100 where 0.3 points are,
    in 8 where 0.5 are. Fewer than 352 certify nothing, even where all are answered alike: a student that is wholly
    wrong about one input in a hundred might not have shown it. Those used to prune do not count. So the guard
    says how many inputs it would take (`Evidence.inputs_needed`), and `judge` goes on with fresh traffic where it
    stopped, while the generic model serves. `when_undecided` says what holds until then: "refuse", or "estimate", which
    lets a student in whose estimated drop is within bounds, without a promise. Two points take half the inputs.

    The drop is the true one, whatever the posterior's shape, where (1) the posterior is calibrated on the stream, (2)
    given the posterior the student's answer says nothing more about the truth, (3) inputs are exchangeable and fresh.
    An over-confident teacher makes the drop look LARGER than it is (the teacher's answer looks safer than it is), so a
    good student may be refused; an under-confident one makes it look SMALLER, and a bad student may pass: calibrate on
    labelled images, and where in doubt choose a temperature too low rather than too high. A student that knows what
    the teacher does not (2) is better than it looks: without a `prior` no drop is below 0, and no student ever
    looks better than the teacher. That holds for a student that was trained apart from the teacher: where other
    networks answer as well, `believed` is what all of them believe together (`JointBelief`), and p is of that.
    """

    max_drop_points: float = 1.0
    alpha: float = 0.05
    networks: int = 1
    when_undecided: Undecided = "refuse"

    def __post_init__(self) -> None:
        if not 0 < self.max_drop_points < 100:
            raise UsageError(f"The greatest drop is {self.max_drop_points:g} points; it must be above 0 and under 100.")
        if not 0 < self.alpha < 0.5:
            raise UsageError(f"Alpha is {self.alpha:g}; it must be above 0 and under 0.5.")
        if self.networks < 1:
            raise UsageError(f"The guard judges {self.networks} networks; it must be 1 or more.")
        if self.when_undecided not in get_args(Undecided):
            raise UsageError(
                f"What to do when undecided is {self.when_undecided!r}; "
                f"it must be one of {', '.join(get_args(Undecided))}."
            )

    def judge(
        self,
        teacher_logits: np.ndarray,
        student_logits: np.ndarray,
        posterior: Posterior,
        after: Evidence | None = None,
        believed: np.ndarray | None = None,
    ) -> Evidence:
        """What inputs show that were used neither to prune nor, but in `after`, to judge.

        `teacher_logits`: float [n, C], of the generic model; `student_logits`: float [n, K] or [n, K + 1], of the same
        inputs, in the order of `posterior.classes`, the last of K + 1 being all other classes. Where the posterior
        leaves other classes out, so do both answers: the last column is passed over. `believed`: float [n, C], logits
        that the posterior is of in the place of the generic model's.
        Each call is one look: bounds hold at all of them together.
        Raises `UsageError` for no inputs, shapes that do not meet, and evidence `after` of another guard or posterior;
        `OutputError` for logits that are not finite.
        """
        drops, agree = expected_drops(teacher_logits, student_logits, posterior, believed)
        jointly = believed is not None
        sequence = self._begin(posterior, jointly) if after is None else self._continued(after, posterior, jointly)
        agreed = int(agree.sum()) + (0 if after is None else after.agreed)
        return Evidence(
            max_drop_points=self.max_drop_points,
            alpha=self.alpha / self.networks,
            when_undecided=self.when_undecided,
            posterior=posterior,
            agreed=agreed,
            sequence=sequence.update(drops),
            jointly=jointly,
        )

    def _begin(self, posterior: Posterior, jointly: bool) -> ConfidenceSequence:
        """Alpha on each side: a verdict needs one bound and not both."""
        by_itself = posterior.prior is None and not jointly  # then the teacher answers with what the posterior favours
        least = 0.0 if by_itself else -1.0
        return ConfidenceSequence.begin(2 * self.alpha / self.networks, least=least)

    def _continued(self, after: Evidence, posterior: Posterior, jointly: bool) -> ConfidenceSequence:
        own = (self.max_drop_points, self.alpha / self.networks, self.when_undecided, posterior, jointly)
        if own != (after.max_drop_points, after.alpha, after.when_undecided, after.posterior, after.jointly):
            raise UsageError(
                "The evidence to go on from is of another guard or another posterior.",
                "Go on with what it began with, or begin anew with fresh inputs.",
            )
        return after.sequence


def expected_drops(
    teacher_logits: np.ndarray,
    student_logits: np.ndarray,
    posterior: Posterior,
    believed: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """What each input is expected to lose, float64 [n] in -1..1, and whether both answer alike, bool [n].

    Arguments and errors are those of `Guard.judge`.
    """
    answers = _student_answers(student_logits, posterior, len(teacher_logits))
    taught = posterior.scores(teacher_logits).argmax(axis=1)
    chances = posterior.of(teacher_logits if believed is None else believed)
    row = np.arange(len(answers))
    return chances[row, taught] - chances[row, answers], taught == answers


def _student_answers(logits: np.ndarray, posterior: Posterior, inputs: int) -> np.ndarray:
    """int64 [n]: positions among the posterior's outcomes."""
    classes = len(posterior.classes)
    if logits.ndim != 2 or logits.shape[1] not in (classes, classes + 1):
        raise UsageError(f"The student's logits are {logits.shape}; expected [inputs, {classes} or {classes + 1}].")
    if len(logits) != inputs:
        raise UsageError(f"The student answered {len(logits)} inputs and the teacher {inputs}; they must be the same.")
    if inputs == 0:
        raise UsageError("There are no inputs to judge by.", "Give images that were not used to prune.")
    if not np.isfinite(logits).all():
        raise OutputError("Logits of the student are not finite.", "Look for weights that are NaN.")
    return logits[:, : posterior.outcomes].argmax(axis=1)
