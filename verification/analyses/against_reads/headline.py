"""A score against RSNA's reads first, weighted; as drawn, against Google's reads and the mined label, each apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from verification.analyses.against_reads.frame import find_others, has_both, labels_of, state, state_plain
from verification.datasets.references import strata_table
from verification.estimation.calibration import calibration
from verification.estimation.curves import precision_recall_figure, roc_figure, sweep_table
from verification.estimation.estimates import estimate
from verification.estimation.operating_point import ends_table, threshold_interval
from verification.estimation.reads import MAIN, Held, Mask
from verification.evidence import Analysis, Role, Table
from verification.statistics.prevalence import prevalence_table


def analyse_weighted(held: Held) -> Analysis:
    """The headline: RSNA's reads, each image by the inverse of its stratum's share of the images read."""
    table, rsna, ends = held.table, held.rsna, tuple(_tune(held))
    estimates = estimate(rsna, held.setting, goals=held.goals)
    found = {one.metric: one for one in estimates}
    predicted = prevalence_table(found["sensitivity"], found["specificity"])
    described, figure = calibration(rsna)
    shown = {name: scores[held.where] for name, scores in table.shown.items()}
    drawn = (roc_figure(rsna, shown, MAIN), precision_recall_figure(rsna, MAIN)) if has_both(rsna) else ()
    return state(
        held, rsna, Role.PRIMARY, "rsna", identity="rsna-weighted", title="Against RSNA Lung Opacity, weighted",
        statement="The threshold was chosen on patients apart by the rule of the plan. The intervals of the estimates "
        "hold it fixed; had other patients chosen it, it would lie elsewhere in its own interval. "
        f"{_say_ends(held, ends)} "
        "The reference is a read of lung opacity on the image, which is no diagnosis of pneumonia; weighted, the "
        "figures are of all images that are estimated on.",
        estimates=estimates,
        tables=(
            *ends, _flow(held), held.flow,
            strata_table(table.collection, held.rest & table.scored, held.reads["rsna"]),
            *([predicted] if predicted else []), *([sweep_table(rsna)] if has_both(rsna) else []), described,
        ),
        figures=(*drawn, figure),
    )  # fmt: skip


def analyse_as_drawn(held: Held) -> Analysis:
    """RSNA's reads, every image alike."""
    return state_plain(
        held, held.rsna, "rsna", identity="rsna-raw", title="Against RSNA Lung Opacity, as drawn",
        statement="The same images without weights: figures of the images that were chosen for reading.",
    )  # fmt: skip


def analyse_google(held: Held) -> Analysis:
    """Google's reads, every image alike."""
    cases = held.table.cases(labels_of(held, "google"), find_others(held)["google"])
    return state_plain(
        held, replace(cases, threshold=held.choice.threshold), "google", identity="google",
        title="Against Google 2019 airspace opacity",
        statement="Other readers, another definition and another choice of images; never pooled with RSNA's.",
    )  # fmt: skip


def analyse_mined(held: Held) -> Analysis:
    """The mined label, every image alike."""
    cases = held.table.cases(labels_of(held, "mined"), find_others(held)["mined"])
    return state_plain(
        held, replace(cases, threshold=held.choice.threshold), "mined", identity="mined",
        title="Against the mined label",
        statement="Agreement with this label says how well a score follows what reports state, which is little of what "
        "radiologists read on the images.",
    )  # fmt: skip


def _tune(held: Held) -> Iterator[Table]:
    """The threshold's interval by its own rule, and what its ends give; nothing if it is undefined."""
    choice, setting = held.choice, held.setting
    cases = choice.cases
    if cases is None:
        return
    found = threshold_interval(
        cases.labels, cases.scores, cases.codes, choice.minimum_sensitivity, setting.replicates, setting.seed,
        cases.weights, midway=choice.midway,
    )  # fmt: skip
    if found is not None:
        yield ends_table(held.rsna, choice.threshold, found, int(np.unique(cases.patients).size))


def _say_ends(held: Held, tables: Sequence[Table]) -> str:
    """What the ends of the threshold's interval give, in a sentence; that there is no interval, if there is none."""
    if held.choice.cases is None:
        return "That interval is not estimated, for the release withholds the labels of those patients."
    if not tables:
        return "That interval is undefined, for too few of those patients are positive."
    lower, upper = tables[0].rows[1:]
    (low, high), *found = ([_round(row[at], 4 if at == 1 else 3) for row in (lower, upper)] for at in (1, 2, 3))
    sensitivity, specificity = (" and ".join(ends) for ends in found)
    return (
        f"That 95 % interval goes from {low} to {high}; at its ends the sensitivity on these images is {sensitivity}, "
        f"the specificity {specificity}, as the first table says."
    )


def _round(value: object, digits: int) -> str:
    return f"{value:.{digits}f}" if isinstance(value, float) else "undefined"


def _flow(held: Held) -> Table:
    """From the images that the flow starts from to those that are estimated on; the counts sum."""
    table, read, used = held.table, ~np.isnan(held.reads["rsna"]), held.rest & held.table.scored
    steps = [(table.started, table.begins), *_leave_out(held)]
    chose = table.listed & table.choosing & held.aged
    if chose.any():
        steps += [("of these: threshold part", chose), ("of them read by RSNA's radiologists", chose & read)]
    steps += [
        ("of these: estimation part" if chose.any() else "estimation part", used),
        ("of them read by RSNA's radiologists", used & read),
        ("of them read by Google's radiologists", used & ~np.isnan(held.reads["google"])),
    ]
    patients = table.collection.patients
    rows = tuple((name, int(mask.sum()), int(np.unique(patients[mask]).size)) for name, mask in steps)
    title = (
        "Flow of images and patients; no patient of the estimation part chose the threshold, and a patient may be in "
        "more than one other row"
    )
    return Table(title=title, columns=("step", "images", "patients"), rows=rows)


def _leave_out(held: Held) -> Iterator[tuple[str, Mask]]:
    """Yield why images are left out, each counted for the first reason that holds."""
    table, ages = held.table, held.plan.ages
    years, begins = held.known["age_years"], table.begins
    yield "left out: no age is recorded", begins & np.isnan(years)
    if ages is not None:
        yield f"left out: younger than {ages.minimum_years} years", begins & (years < ages.minimum_years)
        yield f"left out: recorded age above {ages.maximum_years} years", begins & (years >= ages.maximum_years + 1)
    if table.unscored is not None:
        yield "left out: no image of it is listed in the manifest", begins & held.aged & ~table.listed
        yield "left out: not analysed by the device", begins & held.aged & table.listed & ~table.scored
