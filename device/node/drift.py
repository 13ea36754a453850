"""Watches whether what the node says of its images changes: flags, scores, and refusals by the model of the equipment.

Flags and scores of each whole window of analyzed images are compared with those of the baseline, the first images that
the release analyzed here; what a site states itself takes the place of the baseline's rate. Windows do not overlap, so
each image counts once, and the level is the rate of false alarms of each comparison and window; windows that overlap
would be compared again and again at one level.

- Flags: the exact binomial test, two-sided, against a rate that the site stated. A rate from a baseline is an estimate
  itself, and a test that takes it for known gives an alarm in about 2 of 100 windows at a level of 0.001, with windows
  as long as the baseline: there it is Fisher's exact test of both counts, which states the level.
- Scores: the two-sample Kolmogorov-Smirnov distance with its asymptotic limit. It assumes no form of distribution, and
  on so few images, or with scores that are alike, the limit is the cautious one.
- Refusals: in each whole window of objects, those of a model against those of all others by Fisher's exact test,
  one-sided: fewer refusals are no trouble. The level is shared among the models that are compared.

A site that has looked into an alarm and accepts what its images are now has the baseline begin anew; the line of the
record that says so is where the monitor reads it.

An alarm says that something differs, not what; and a change that is slow or small may raise none.
"""

from __future__ import annotations

import math
import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from device.node.configuration import Drift
from device.node.events import Events

DRIFT = """
CREATE INDEX IF NOT EXISTS object_analyzed ON object (record ->> '$.release_digest', number)
    WHERE record ->> '$.outcome' = 'analyzed';
CREATE TABLE IF NOT EXISTS alarm (measure TEXT PRIMARY KEY, said TEXT NOT NULL);
"""
FLAGS, SCORES, REFUSALS = "flag rate", "scores", "refusals of "
BASELINE = "drift baseline"
"""The line of the record with which a baseline begins anew: of the objects behind the number that it tells."""
NEARLY = 1 + 1e-7
"""Probabilities that differ by less are alike: they come from logarithms."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What was measured, whether it is beyond its limit, and what was found and expected."""

    measure: str
    alarm: bool
    said: str


@dataclass(frozen=True, slots=True)
class Images:
    """Analyzed images: how many, how many were flagged, and their scores."""

    number: int
    flagged: int
    scores: tuple[float, ...]


class DriftMonitor:
    """What the objects of a store say of drift, and the alarms that stand.

    Implements: SRS-056
    """

    def __init__(self, database: sqlite3.Connection, events: Events, stated: Drift) -> None:
        self._database, self._events, self._stated = database, events, stated

    def compare(self) -> list[Comparison]:
        """Compare the last whole windows.

        Implements: SRS-056
        """
        return [*self._compare_images(), *self._compare_models()]

    def is_changed(self, found: Sequence[Comparison]) -> bool:
        """Say whether an alarm begins or ends with what was found."""
        return {each.measure for each in found if each.alarm} != set(self.read_alarms())

    def keep(self, found: Sequence[Comparison]) -> None:
        """Keep which alarms stand, in the transaction that is open: a line of the record for each that begins or ends.

        Implements: SRS-056
        """
        standing, said = self.read_alarms(), {each.measure: each.said for each in found}
        alarms = {each.measure for each in found if each.alarm}
        for measure in sorted(alarms - set(standing)):
            self._database.execute("INSERT INTO alarm VALUES (?, ?)", (measure, said[measure]))
            self._events.append("drift alarm", measure=measure, said=said[measure])
        for measure in sorted(set(standing) - alarms):
            self._database.execute("DELETE FROM alarm WHERE measure = ?", (measure,))
            told = said.get(measure, "too few of its objects in the last window")
            self._events.append("drift alarm ended", measure=measure, said=told)

    def read_alarms(self) -> dict[str, str]:
        """The alarms that stand: what is measured, and what was found when the alarm began."""
        return dict(self._database.execute("SELECT measure, said FROM alarm ORDER BY measure"))

    def begin(self) -> None:
        """Take the images that come from now on as the baseline, in the transaction that is open.

        Implements: SRS-056
        """
        last = self._database.execute("SELECT COALESCE(MAX(number), 0) FROM object").fetchone()
        self._events.append(BASELINE, after=int(last[0]))

    # --- flags and scores --------------------------------------------------------------------------------------------

    def _compare_images(self) -> Iterator[Comparison]:
        stated, release, after = self._stated, self._find_release(), self._find_start()
        analysed = self._count(release, after)
        whole = (analysed - stated.baseline) // stated.window
        if whole < 1:
            said = f"not compared yet: {analysed} of {stated.baseline + stated.window} analyzed images of this release"
            yield from (Comparison(measure, False, said) for measure in (FLAGS, SCORES))
            return
        before = self._read_images(release, after, 0, stated.baseline)
        now = self._read_images(release, after, stated.baseline + (whole - 1) * stated.window, stated.window)
        yield compare_flags(now, before, stated)
        yield compare_scores(now, before, stated)

    def _find_release(self) -> str:
        """The digest of the release that analyzed last."""
        statement = f"SELECT {_RELEASE} FROM object WHERE {_ANALYZED} ORDER BY number DESC LIMIT 1"  # noqa: S608
        row = self._database.execute(statement).fetchone()
        return str(row[0]) if row else ""

    def _find_start(self) -> int:
        """The number of the object behind which the baseline begins."""
        last = self._events.read_last((BASELINE,), 1)
        return int(last[0]["after"]) if last else 0

    def _count(self, release: str, after: int) -> int:
        statement = f"SELECT COUNT(*) FROM object WHERE {_ANALYZED} AND {_RELEASE} = ? AND number > ?"  # noqa: S608
        return int(self._database.execute(statement, (release, after)).fetchone()[0])

    def _read_images(self, release: str, after: int, start: int, number: int) -> Images:
        statement = (
            "SELECT record ->> '$.score', record ->> '$.finding' FROM object"  # noqa: S608
            f" WHERE {_ANALYZED} AND {_RELEASE} = ? AND number > ? ORDER BY number LIMIT ? OFFSET ?"
        )
        rows = self._database.execute(statement, (release, after, number, start)).fetchall()
        return Images(len(rows), sum(row[1] == "flagged" for row in rows), tuple(float(row[0]) for row in rows))

    # --- refusals ----------------------------------------------------------------------------------------------------

    def _compare_models(self) -> list[Comparison]:
        statement = (
            "SELECT COALESCE((SELECT MIN(number) - 1 FROM object WHERE judged IS NULL), MAX(number), 0) FROM object"
        )
        last = int(self._database.execute(statement).fetchone()[0]) // self._stated.window * self._stated.window
        rows = self._database.execute(
            "SELECT manufacturer, model, record ->> '$.outcome' = 'not_analyzed' FROM object"
            " WHERE number > ? AND number <= ?",
            (last - self._stated.window, last),
        ).fetchall()
        return compare_refusals([(_name(*row[:2]), bool(row[2])) for row in rows], self._stated)


_RELEASE, _ANALYZED = "record ->> '$.release_digest'", "record ->> '$.outcome' = 'analyzed'"


def prepare(database: sqlite3.Connection) -> None:
    """Make what the monitor needs.

    Implements: SRS-056
    """
    database.executescript(DRIFT)


def _name(manufacturer: str | None, model: str | None) -> str:
    return f"{manufacturer or 'unnamed manufacturer'}, {model or 'unnamed model'}"


# --- comparisons ------------------------------------------------------------------------------------------------------


def compare_flags(now: Images, before: Images, stated: Drift) -> Comparison:
    """The rate of flags of a window against that of the baseline, or that which the site stated.

    Implements: SRS-056
    """
    if stated.expected_rate is not None:
        chance = find_binomial_chance(now.flagged, now.number, stated.expected_rate)
        expected = f"expected a share of {stated.expected_rate:g}"
    else:
        chance = find_fisher_chance(now.flagged, now.number, before.flagged, before.number)
        expected = f"expected as in the baseline, {before.flagged} of {before.number}"
    said = f"found {now.flagged} of {now.number} images flagged, {expected}; p {chance:.2g}, level {stated.level:g}"
    return Comparison(FLAGS, chance < stated.level, said)


def compare_scores(now: Images, before: Images, stated: Drift) -> Comparison:
    """The distribution of the scores of a window against that of the baseline.

    Implements: SRS-056
    """
    distance = measure_distance(now.scores, before.scores)
    limit = find_distance_limit(now.number, before.number, stated.level)
    said = f"found a distance of {distance:.3f} from the scores of the baseline, expected at most {limit:.3f}"
    return Comparison(SCORES, distance > limit, said)


def compare_refusals(objects: Sequence[tuple[str, bool]], stated: Drift) -> list[Comparison]:
    """The share of refusals of each model with enough objects against that of all others.

    Args:
        objects: of each of a window its model, and whether it was refused.
        stated: how many objects are enough, and the level.

    Implements: SRS-056
    """
    number, refused = Counter(model for model, _ in objects), Counter(model for model, was in objects if was)
    compared = [each for each in sorted(number) if stated.model_objects <= number[each] < len(objects)]
    found = []
    for model in compared:
        of, others, rest = refused[model], refused.total() - refused[model], len(objects) - number[model]
        chance = find_excess_chance(of, number[model], others, rest)
        level = stated.level / len(compared)
        said = (
            f"found {of} of {number[model]} objects refused, expected as of others, {others} of {rest};"
            f" p {chance:.2g}, level {level:.2g}"
        )
        found.append(Comparison(REFUSALS + model, chance < level, said))
    return found


# --- statistics -------------------------------------------------------------------------------------------------------


def find_binomial_chance(found: int, number: int, rate: float) -> float:
    """Exact binomial test, two-sided: the chance of a count as unlikely as that found, or more.

    Implements: SRS-056
    """
    chances = [
        math.exp(_log_choose(number, each) + each * math.log(rate) + (number - each) * math.log1p(-rate))
        for each in range(number + 1)
    ]
    return _sum_unlikely(chances, chances[found])


def find_fisher_chance(found: int, number: int, other: int, of: int) -> float:
    """Fisher's exact test of two shares, `found` among `number` and `other` among `of`, two-sided.

    Implements: SRS-056
    """
    chances = _find_table_chances(found, number, other, of)
    return _sum_unlikely(list(chances.values()), chances[found])


def find_excess_chance(found: int, number: int, other: int, of: int) -> float:
    """Fisher's exact test that the share `found` among `number` is more than `other` among `of`, one-sided.

    Implements: SRS-056
    """
    chances = _find_table_chances(found, number, other, of)
    return min(1.0, sum(chance for each, chance in chances.items() if each >= found))


def measure_distance(one: Sequence[float], other: Sequence[float]) -> float:
    """The Kolmogorov-Smirnov distance: the largest difference of the two empirical distributions.

    Implements: SRS-056
    """
    every = np.concatenate([one, other])
    shares = [np.searchsorted(np.sort(each), every, side="right") / len(each) for each in (one, other)]
    return float(np.max(np.abs(shares[0] - shares[1])))


def find_distance_limit(one: int, other: int, level: float) -> float:
    """The distance that samples of one distribution exceed by chance at most at the level, for large samples.

    Implements: SRS-056
    """
    return math.sqrt(-math.log(level / 2) / 2 * (one + other) / (one * other))


def _find_table_chances(found: int, number: int, other: int, of: int) -> dict[int, float]:
    """The chance of each count of the first row of a table whose sums are given: hypergeometric."""
    both = found + other
    total = _log_choose(number + of, both)
    return {
        each: math.exp(_log_choose(number, each) + _log_choose(of, both - each) - total)
        for each in range(max(0, both - of), min(number, both) + 1)
    }


def _sum_unlikely(chances: Sequence[float], chance: float) -> float:
    return min(1.0, sum(each for each in chances if each <= chance * NEARLY))


def _log_choose(of: int, number: int) -> float:
    return math.lgamma(of + 1) - math.lgamma(number + 1) - math.lgamma(of - number + 1)
