"""The reading worklist, simulated with and without the flag: who waits less, who waits longer, and who is missed.

Images arrive at random (Poisson) and are read one after the other by some readers. Without the flag the first to come
is the first to be read. With it, flagged images are read before the others; a reading that has begun is finished. Both
orders are tried on the same arrivals, the same images and the same reading times.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from verification.analyses.frame import state_analysis
from verification.estimation.estimates import Cases, Mask, Setting, estimate
from verification.evidence import Analysis, Estimate, Figure, FigureKind, Role, Series, Table
from verification.protocol.plan import TriageAssumptions
from verification.statistics.metrics import Floats

MINUTES = 60.0
WARM_UP = 0.2
"""The share of the images of each replicate, the first to come, that fill the worklist and are not counted."""
LEVEL = 0.95
CHOSEN = dict.fromkeys(("images", "replicates", "seed"), "chosen for the simulation")
"""Where the figures of the simulation itself are from."""
GROUPS = (
    "all", "flagged", "not flagged", "pneumonia", "pneumonia, flagged", "pneumonia, missed", "no pneumonia, flagged",
    "no pneumonia, not flagged",
)  # fmt: skip
DRAWN = ("pneumonia, flagged", "pneumonia, missed", "no pneumonia, flagged", "no pneumonia, not flagged")


@dataclass(frozen=True, slots=True)
class Worklist:
    """Images in order of arrival, axis order (replicates, images); minutes.

    `arrivals` rise along each row; `readings` are how long each takes to read; `positive` has pneumonia by the
    reference standard, `flagged` is what the device says.
    """

    arrivals: Floats
    readings: Floats
    positive: Mask
    flagged: Mask


def draw_worklist(
    assumptions: TriageAssumptions, prevalence: float, sensitivity: float, specificity: float
) -> Worklist:
    """Draw what the assumptions say. The same seed gives the same arrivals, readings and draws of truth and flag."""
    shape = (assumptions.replicates, assumptions.images)
    generator = np.random.default_rng(assumptions.seed)
    gaps = generator.exponential(MINUTES / assumptions.arrivals_per_hour, shape)
    spread = generator.exponential(1.0, shape)
    readings = assumptions.reading_minutes * (spread if assumptions.reading_times == "exponential" else np.ones(shape))
    positive = generator.random(shape) < prevalence
    flagged = generator.random(shape) < np.where(positive, sensitivity, 1 - specificity)
    return Worklist(np.cumsum(gaps, axis=1), readings, positive, flagged)


def find_waits(work: Worklist, first: Mask, readers: int) -> Floats:
    """How long each image waits until its reading begins if those of `first` are read before the others.

    Every replicate is one row; a step of the loop begins one reading in each of them. A reader who is free takes the
    longest waiting image of `first`, else the longest waiting of the others, else the next to come of either.

    Args:
        work: the worklist.
        first: (replicates, images), which images go first; none of them is the order of arrival.
        readers: how many read at the same time.

    Returns:
        (replicates, images), minutes.
    """
    replicates, images = work.arrivals.shape
    rows = np.arange(replicates)
    queues = [_Queue(work.arrivals, first), _Queue(work.arrivals, ~first)]
    free = np.zeros((replicates, readers))
    waits = np.empty_like(work.arrivals)
    for _ in range(images):
        reader = free.argmin(axis=1)
        heads = [queue.head() for queue in queues]
        begins = np.maximum(free[rows, reader], np.minimum(*heads))
        urgent = heads[0] <= begins
        image = np.where(urgent, queues[0].take(urgent), queues[1].take(~urgent))
        waits[rows, image] = begins - work.arrivals[rows, image]
        free[rows, reader] = begins + work.readings[rows, image]
    return waits


class _Queue:
    """The images of one kind in order of arrival, in each replicate, and how many of them were taken."""

    def __init__(self, arrivals: Floats, members: Mask) -> None:
        replicates = arrivals.shape[0]
        order = np.argsort(~members, axis=1, kind="stable")
        self._order = np.hstack([order, np.zeros((replicates, 1), dtype=np.intp)])
        inner = np.where(
            np.take_along_axis(members, order, axis=1), np.take_along_axis(arrivals, order, axis=1), np.inf
        )
        self._arrivals = np.hstack([inner, np.full((replicates, 1), np.inf)])
        self._place = np.zeros(replicates, dtype=np.intp)
        self._rows = np.arange(replicates)

    def head(self) -> Floats:
        """(replicates,) when the next image comes or came; infinite if there is none."""
        return np.asarray(self._arrivals[self._rows, self._place])

    def take(self, where: Mask) -> NDArray[np.intp]:
        """(replicates,) the next image, which is taken in the replicates `where`."""
        image = self._order[self._rows, self._place]
        self._place += where
        return np.asarray(image)


def find_expected_waits(assumptions: TriageAssumptions, flagged_share: float) -> tuple[float, float, float] | None:
    """Mean waits in minutes by formula: in order of arrival, of flagged and of unflagged images.

    Erlang's C with Cobham's formula for exponential reading times; Pollaczek and Khinchine's with Cobham's for constant
    ones and one reader. None where there is no such formula.
    """
    load = find_load(assumptions)
    if assumptions.reading_times == "constant":
        if assumptions.readers > 1:
            return None
        residual = load * assumptions.reading_minutes / 2
    else:
        residual = _erlang_c(assumptions.readers, load) * assumptions.reading_minutes / assumptions.readers
    urgent = load * flagged_share
    return residual / (1 - load), residual / (1 - urgent), residual / ((1 - urgent) * (1 - load))


def find_load(assumptions: TriageAssumptions) -> float:
    """The share of the readers' time that is spent reading.

    Raises:
        ValueError: it is not below 1, so that the worklist grows without end.
    """
    offered = assumptions.arrivals_per_hour / MINUTES * assumptions.reading_minutes
    if offered >= assumptions.readers:
        raise ValueError(
            f"triage: {assumptions.arrivals_per_hour:g} arrivals an hour of {assumptions.reading_minutes:g} minutes "
            f"are as much as {assumptions.readers} readers can read, or more; expected less of both, or more readers"
        )
    return offered / assumptions.readers


def _erlang_c(readers: int, load: float) -> float:
    """The probability that all readers are busy."""
    offered = readers * load
    last = offered**readers / math.factorial(readers) / (1 - load)
    return last / (sum(offered**k / math.factorial(k) for k in range(readers)) + last)


# --- what it gives ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Wait:
    """A group's waits in minutes: means without and with the flag, the change with its limits, 90th percentiles.

    `share` is of all images; `expected` is the mean wait with the flag by formula, None where there is no formula. All
    the others are None if no image is of the group. `reach` is half the width of the interval of `after`.
    """

    prevalence: float
    group: str
    share: float
    expected: float | None
    before: float | None = None
    after: float | None = None
    reach: float | None = None
    change: float | None = None
    lower: float | None = None
    upper: float | None = None
    late_before: float | None = None
    late_after: float | None = None


def analyse_triage(cases: Cases, triage: TriageAssumptions, setting: Setting) -> Analysis:
    """Simulate the worklist at the sensitivity and specificity of these cases, and at the limits of their intervals.

    Args:
        cases: the images with the release's scores, its threshold, and both labels.
        triage: what the plan assumes of it.
        setting: the study's.

    Raises:
        ValueError: sensitivity or specificity is undefined, or the readers cannot keep up.
    """
    found = {row.metric: row for row in estimate(cases, setting, metrics=("sensitivity", "specificity"))}
    sensitivity, specificity = found.get("sensitivity"), found.get("specificity")
    if sensitivity is None or specificity is None or sensitivity.value is None or specificity.value is None:
        raise ValueError("triage: sensitivity or specificity is undefined; expected images of both labels, threshold")
    waits = simulate(triage, sensitivity.value, specificity.value)
    return state_analysis(
        cases,
        setting,
        Role.TRIAGE,
        identity="triage",
        title="Waits on a simulated reading worklist, with and without the flag",
        score="the release's flag at the locked threshold",
        statement="A simulation under assumptions, not an observation: the flag is taken to be acted upon at once, the "
        "worklist to have no other urgency, and reading times not to depend on the image. The flag makes no reading "
        "faster: what flagged images gain, the others lose. A patient with pneumonia who is missed waits as the "
        "unflagged do, longer than without the device. Sensitivity and specificity are taken to be the same at every "
        "prevalence.",
        estimates=(sensitivity, specificity),
        tables=(
            _state_assumptions(triage),
            _table_means(waits),
            _table_tails(waits),
            _table_theory(waits),
            *_vary(triage, sensitivity, specificity),
        ),
        figures=(_draw_changes(waits),),
    )


def simulate(assumptions: TriageAssumptions, sensitivity: float, specificity: float) -> list[Wait]:
    """The waits of every group at every prevalence.

    Raises:
        ValueError: the readers cannot keep up.
    """
    find_load(assumptions)
    works = [draw_worklist(assumptions, each, sensitivity, specificity) for each in assumptions.prevalences]
    before = find_waits(works[0], np.zeros_like(works[0].flagged), assumptions.readers)
    waits = []
    for prevalence, work in zip(assumptions.prevalences, works, strict=True):
        after = find_waits(work, work.flagged, assumptions.readers)
        share = sensitivity * prevalence + (1 - specificity) * (1 - prevalence)
        expected = find_expected_waits(assumptions, share)
        waits += [_compare(work, (before, after), prevalence, group, expected) for group in GROUPS]
    return waits


def _members(work: Worklist) -> dict[str, Mask]:
    positive, flagged = work.positive, work.flagged
    masks = (
        np.ones_like(flagged), flagged, ~flagged, positive, positive & flagged, positive & ~flagged,
        ~positive & flagged, ~positive & ~flagged,
    )  # fmt: skip
    return dict(zip(GROUPS, masks, strict=True))


def _compare(
    work: Worklist,
    waits: tuple[Floats, Floats],
    prevalence: float,
    group: str,
    expected: tuple[float, float, float] | None,
) -> Wait:
    start = round(WARM_UP * work.arrivals.shape[1])
    chosen = _members(work)[group][:, start:]
    before, after = (each[:, start:] for each in waits)
    share = float(chosen.mean())
    by_formula = None if expected is None else _expect(group, expected)
    if not chosen.any():
        return Wait(prevalence, group, share, by_formula)
    change, reach = _find_mean(after - before, chosen)
    mean_after, reach_after = _find_mean(after, chosen)
    late_before, late_after = (float(np.quantile(each[chosen], 0.9)) for each in (before, after))
    return Wait(
        prevalence, group, share, by_formula, float(before[chosen].mean()), mean_after, reach_after, change,
        change - reach, change + reach, late_before, late_after,
    )  # fmt: skip


def _find_mean(minutes: Floats, chosen: Mask) -> tuple[float, float]:
    """The mean over the chosen images and half the width of its interval, replicates being independent."""
    counts, sums = chosen.sum(axis=1), np.where(chosen, minutes, 0).sum(axis=1)
    mean = float(sums.sum() / counts.sum())
    residuals = (sums - mean * counts) / counts.mean()
    error = float(residuals.std(ddof=1) / math.sqrt(counts.size))
    return mean, float(stats.t.ppf((1 + LEVEL) / 2, counts.size - 1)) * error


def _expect(group: str, expected: tuple[float, float, float]) -> float | None:
    """A group's mean wait with the flag by formula; None for a group of flagged and unflagged images."""
    if group == "all":
        return expected[0]  # the order of reading does not change the mean over all images
    return {"flagged": expected[1], "missed": expected[2], "not flagged": expected[2]}.get(group.split(", ")[-1])


def _state_assumptions(assumptions: TriageAssumptions) -> Table:
    stated: dict[str, tuple[str, str | int | float]] = {
        "arrivals_per_hour": ("images that arrive in an hour, at random", assumptions.arrivals_per_hour),
        "reading_minutes": ("mean minutes that a reading takes", assumptions.reading_minutes),
        "reading_times": ("distribution of reading times", assumptions.reading_times),
        "readers": ("readers", assumptions.readers),
        "prevalences": ("prevalences of pneumonia", ", ".join(f"{each:g}" for each in assumptions.prevalences)),
        "images": ("images in a replicate", assumptions.images),
        "replicates": ("replicates", assumptions.replicates),
        "seed": ("seed", str(assumptions.seed)),
    }
    sources = CHOSEN | assumptions.sources
    rows = [(text, value, sources.get(name, assumptions.source)) for name, (text, value) in stated.items()]
    rows.append(("share of the readers' time spent reading", find_load(assumptions), "follows from the above"))
    rows.append(("share of a replicate that fills the worklist and is not counted", WARM_UP, "fixed"))
    return Table(title="What was assumed", columns=("assumption", "value", "source"), rows=tuple(rows))


def _choose(waits: Sequence[Wait], groups: Sequence[str]) -> list[Wait]:
    return [wait for wait in waits if wait.group in groups]


def _table_means(waits: Sequence[Wait]) -> Table:
    columns = (
        "prevalence", "group", "share of images", "mean wait without the flag, min", "with it, min", "change, min",
        "lower limit", "upper limit",
    )  # fmt: skip
    rows = tuple(
        (each.prevalence, each.group, each.share, *_say(each.before, each.after, each.change, each.lower, each.upper))
        for each in _choose(waits, ("pneumonia", *DRAWN))
    )
    title = "Mean waits until the reading begins; limits of the change are of the simulation alone (95 %)"
    return Table(title=title, columns=columns, rows=rows)


def _table_tails(waits: Sequence[Wait]) -> Table:
    rows = tuple(
        (each.prevalence, each.group, *_say(each.late_before, each.late_after)) for each in _choose(waits, DRAWN)
    )
    columns = ("prevalence", "group", "without the flag, min", "with it, min")
    return Table(title="Long waits: the 90th percentile", columns=columns, rows=rows)


def _table_theory(waits: Sequence[Wait]) -> Table:
    rows = tuple(
        (
            each.prevalence, each.group, *_say(each.after, *_find_limits(each)),
            "no formula" if each.expected is None else each.expected,
        )
        for each in _choose(waits, GROUPS[:3])
    )  # fmt: skip
    columns = ("prevalence", "group", "simulated, min", "lower limit", "upper limit", "by formula, min")
    title = "Mean waits with the flag beside those of queueing theory; limits are of the simulation alone (95 %)"
    return Table(title=title, columns=columns, rows=rows)


def _find_limits(wait: Wait) -> tuple[float | None, float | None]:
    """The limits of the simulated mean with the flag."""
    if wait.after is None or wait.reach is None:
        return None, None
    return wait.after - wait.reach, wait.after + wait.reach


def _say(*minutes: float | None) -> tuple[float | str, ...]:
    """The figures, or why there are none."""
    return tuple("no image" if each is None else each for each in minutes)


def _vary(assumptions: TriageAssumptions, sensitivity: Estimate, specificity: Estimate) -> tuple[Table, ...]:
    """The changes at the limits of sensitivity and specificity taken together; nothing if one has no interval."""
    if sensitivity.interval is None or specificity.interval is None:
        return ()
    low = simulate(assumptions, sensitivity.interval.lower, specificity.interval.lower)
    high = simulate(assumptions, sensitivity.interval.upper, specificity.interval.upper)
    rows = tuple(
        (one.prevalence, one.group, one.share, *_say(one.change), other.share, *_say(other.change))
        for one, other in zip(low, high, strict=True)
        if one.group in DRAWN
    )
    ends = ("share of images, at the {} limits", "change, min, at the {} limits")
    columns = ("prevalence", "group", *(end.format(name) for name in ("lower", "upper") for end in ends))
    title = "Changes of mean waits at the limits of sensitivity and specificity, both at once"
    return (Table(title=title, columns=columns, rows=rows),)


def _draw_changes(waits: Sequence[Wait]) -> Figure:
    return Figure(
        kind=FigureKind.LINES, title="Change of the mean wait by the flag", x_label="prevalence",
        y_label="minutes, less than 0 is sooner", series=tuple(_series(waits, group) for group in DRAWN),
    )  # fmt: skip


def _series(waits: Sequence[Wait], group: str) -> Series:
    rows = [wait for wait in waits if wait.group == group]
    return Series(
        name=group,
        x=tuple(wait.prevalence for wait in rows),
        y=tuple(wait.change for wait in rows),
        lower=tuple(wait.lower for wait in rows),
        upper=tuple(wait.upper for wait in rows),
    )
