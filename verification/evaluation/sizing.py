"""How large a pivotal study has to be, and its power if less is true, from the intervals of studies made here."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from verification.evidence import Estimate, Figure, FigureKind, Series, Study, Table
from verification.protocol.pivotal import CO_PRIMARY, PivotalFolder, Source
from verification.statistics.power import Assumed, Bounds, auroc_standard_error
from verification.statistics.size import (
    Clustering,
    Images,
    Powers,
    auroc_images,
    count_wrong,
    find_images,
    find_powers,
    half_width,
    images_for_width,
    images_to_screen,
    join_images,
    measure_design_effect,
    normal_standard_error,
    power_of_each,
    predict,
    spread_power,
    transfer_design_effect,
)

Cell: TypeAlias = str | int | float | None

BOOTSTRAP, INDEPENDENT = "patient-clustered bootstrap", "assumes independence"
"""What the methods say of the two intervals that a design effect is the ratio of."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A design effect that a study of this project found, and what it comes to with the images that are planned."""

    source: str
    metric: str
    images: int
    patients: int
    found: float
    planned: float


@dataclass(frozen=True, slots=True)
class Sized:
    """What a pivotal study's size comes to; `images` are those of the primary analysis, `collected` with the unusable.

    `as_measured` is what the release's own study estimated, which is set beside the truths that are assumed.
    """

    study: PivotalFolder
    measured: tuple[Measured, ...]
    clustering: Clustering
    bounds: Bounds
    truth: Assumed
    images: Images
    as_measured: Assumed

    @property
    def collected(self) -> Images:
        """The images to collect, so that enough are left when the unusable ones have dropped out."""
        kept = 1 - self.study.plan.sampling.unusable
        return Images(math.ceil(self.images.positive / kept), math.ceil(self.images.negative / kept))

    @property
    def truths(self) -> tuple[tuple[str, Assumed], ...]:
        """What may be true, by name; the last is what was measured."""
        stated = [
            (one.name, Assumed(one.auroc, one.sensitivity, one.specificity)) for one in self.study.plan.size.truths
        ]
        return (*stated, (f"as the release measured, {self.study.plan.size.measured_by}", self.as_measured))

    def powers(self, truth: Assumed) -> Powers:
        """The power of each co-primary with the images of the plan, if this is true."""
        return find_powers(self.images, self.clustering, truth, self.bounds)


def size(study: PivotalFolder, studies: Sequence[Study]) -> Sized:
    """The size of a pivotal study.

    Args:
        study: as planned.
        studies: the evidence of the studies that it names, for what patients with several images cost.

    Raises:
        ValueError: a study that it names is not in the evidence or has no such intervals, or the truth that it is sized
            for is not above a bound; all is named.
    """
    plan, known = study.plan, {one.name: one for one in studies}
    measured: list[Measured] = []
    faults: list[str] = []
    for source in plan.size.design_effects:
        found = list(_measure(source, known, plan.sampling.images_per_patient))
        measured += found
        faults += [] if found else [f"size.design_effects: {_named(source)} has no pair of intervals in studies.json"]
    as_measured = _estimated(known.get(plan.size.measured_by))
    if as_measured is None:
        faults.append(f"size.measured_by: {plan.size.measured_by} has no estimates in studies.json")
    bounds = Bounds(**{goal.metric: goal.bound for goal in study.goals})
    chosen = next(one for one in plan.size.truths if one.name == plan.size.for_truth)
    truth = Assumed(chosen.auroc, chosen.sensitivity, chosen.specificity)
    clustering = Clustering(*(max([1.0, *(o.planned for o in measured if o.metric == m)]) for m in CO_PRIMARY))
    images = join_images(find_images(plan.sampling.positive_share, clustering, truth, bounds, plan.size.power))
    if images is None:
        faults.append(f"size.for_truth: {chosen.name} is not above every bound by enough; no number of images will do")
    if faults or images is None or as_measured is None:
        raise ValueError("\n".join(f"{study.where}/pivotal.yaml: {fault}" for fault in faults))
    return Sized(study, tuple(measured), clustering, bounds, truth, images, as_measured)


# --- what was measured ------------------------------------------------------------------------------------------------


def _named(source: Source) -> str:
    return f"{source.study}, {source.analysis}" if source.analysis else source.study


def _measure(source: Source, known: Mapping[str, Study], planned: float) -> Iterator[Measured]:
    """Yield the design effect of each co-primary of a source: of its intervals with patients and as if independent."""
    rows = [row for row in _rows(source, known) if row.subgroup == "all" and not row.weighted and row.interval]
    for metric in CO_PRIMARY:
        own = [row for row in rows if row.metric == metric]
        clustered = next((row for row in own if row.interval and BOOTSTRAP in row.interval.method), None)
        independent = next((row for row in own if row.interval and INDEPENDENT in row.interval.method), None)
        if clustered is None or independent is None or clustered.interval is None or independent.interval is None:
            continue
        found = measure_design_effect(clustered.interval, independent.interval)
        each = clustered.n / clustered.patients
        yield Measured(
            _named(source), metric, clustered.n, clustered.patients, found, transfer_design_effect(found, each, planned)
        )


def _rows(source: Source, known: Mapping[str, Study]) -> Sequence[Estimate]:
    study = known.get(source.study)
    if study is None:
        return ()
    if source.analysis is None:
        return study.estimates
    return next((one.estimates for one in study.analyses if one.id == source.analysis), ())


def _estimated(study: Study | None) -> Assumed | None:
    """The point estimates of a study, of all its images."""
    found = {
        row.metric: row.value
        for row in (study.estimates if study else ())
        if row.subgroup == "all" and row.value is not None and row.interval and BOOTSTRAP in row.interval.method
    }
    return Assumed(*(found[metric] for metric in CO_PRIMARY)) if set(CO_PRIMARY) <= found.keys() else None


# --- in words ---------------------------------------------------------------------------------------------------------


def say_size(sized: Sized) -> str:
    """The number of images, with the power of all hypotheses together under each truth that is assumed."""
    powers = (f"{sized.powers(truth).at_least:.2f} {name}" for name, truth in sized.truths[:-1])
    return (
        f"{_said(sized)}, {sized.collected.total} to collect; power of all hypotheses together, at least: "
        f"{', '.join(powers)}"
    )


# --- as tables --------------------------------------------------------------------------------------------------------


def number_table(sized: Sized) -> Table:
    """The number of images by class, collected and analyzed, and the power of all hypotheses together beside it."""
    plan = sized.study.plan
    powers = sized.powers(sized.truth)
    rows = (
        ("with the finding, by the reference standard", sized.images.positive, sized.collected.positive),
        ("without it", sized.images.negative, sized.collected.negative),
        ("all", sized.images.total, sized.collected.total),
    )
    return Table(
        title=f"Images, for a power of at least {powers.at_least:.2f} if the truth is “{plan.size.for_truth}”; a share "
        f"of {plan.sampling.unusable:g} is assumed to have no score or no truth",
        columns=("images", "in the primary analysis", "to collect"),
        rows=rows,
    )


def power_table(sized: Sized) -> Table:
    """The power with the number of images of the plan, by what may be true."""
    rows = []
    for name, truth in sized.truths:
        found = sized.powers(truth)
        each = (found.auroc, found.sensitivity, found.specificity, found.at_least, found.if_independent)
        rows.append((name, *_values(truth), *each))
    return Table(
        title=f"Power with {_said(sized)}, by what may "
        "be true",
        columns=(
            "if the truth is", "AUROC", "sensitivity", "specificity", "power, AUROC", "power, sensitivity",
            "power, specificity", "all together, at least", "all, if independent",
        ),
        rows=tuple(rows),
    )  # fmt: skip


def needed_table(sized: Sized) -> Table:
    """What each hypothesis needs under each truth that is assumed, so that all together reach the power."""
    plan = sized.study.plan
    rows: list[tuple[Cell, ...]] = []
    for name, truth in sized.truths[:-1]:
        area, positive, negative = needed = find_images(
            plan.sampling.positive_share, sized.clustering, truth, sized.bounds, plan.size.power
        )
        joined = join_images(needed)
        classes = (area.positive, area.negative) if area else (None, None)
        normal = auroc_images(
            plan.sampling.positive_share, sized.clustering.auroc, truth.auroc, sized.bounds.auroc,
            power_of_each(plan.size.power), normal_standard_error,
        )  # fmt: skip
        found = (*classes, normal and normal.total, positive, negative, joined.total if joined else None)
        rows.append((name, *("none" if one is None else one for one in found)))
    return Table(
        title=f"Images that each hypothesis needs for a power of {plan.size.power:g} of all together, "
        f"{power_of_each(plan.size.power):.3f} of each, a share of {plan.sampling.positive_share:g} with the finding",
        columns=("if the truth is", "AUROC, with", "AUROC, without", "AUROC, all, normal scores", "sensitivity, with",
                 "specificity, without", "all hypotheses, images"),
        rows=tuple(rows),
    )  # fmt: skip


def design_effect_table(sized: Sized) -> Table:
    """The design effects that studies of this project measured, and the largest as they are planned with."""
    each = sized.study.plan.sampling.images_per_patient
    rows: list[tuple[Cell, ...]] = []
    for source in dict.fromkeys(one.source for one in sized.measured):
        own = {one.metric: one for one in sized.measured if one.source == source}
        most = max(own.values(), key=lambda one: one.images)
        found = [own[metric].found if metric in own else None for metric in CO_PRIMARY]
        planned = [own[metric].planned if metric in own else None for metric in CO_PRIMARY]
        rows.append((source, most.images, most.patients, *found, *planned))
    largest = ", ".join(
        f"{metric.replace('auroc', 'AUROC')} {effect:.2f}"
        for metric, effect in zip(CO_PRIMARY, _values(sized.clustering), strict=True)
    )
    return Table(
        title=f"Design effects measured in studies of this project, and with the planned {each:g} images a patient; "
        f"the largest are used: {largest}",
        columns=("study", "images", "patients", "AUROC", "sensitivity", "specificity", "AUROC, planned",
                 "sensitivity, planned", "specificity, planned"),
        rows=tuple(rows),
    )  # fmt: skip


def strata_table(sized: Sized) -> Table:
    """The images that each group can expect, what its intervals would be, and what a quota adds."""
    strata = sized.study.plan.strata
    shares = (
        (sized.truth.sensitivity, sized.clustering.sensitivity),
        (sized.truth.specificity, sized.clustering.specificity),
    )
    quota = [math.ceil(images_for_width(share, strata.half_width) * effect) for share, effect in shares]
    rows: list[tuple[Cell, ...]] = []
    for group in strata.groups:
        images = Images(
            math.floor(sized.images.positive * group.of_positive), math.floor(sized.images.negative * group.of_negative)
        )
        counts = (images.positive, images.negative)
        widths = [half_width(share, n / effect) for n, (share, effect) in zip(counts, shares, strict=True)]
        further = [max(0, wanted - n) for wanted, n in zip(quota, counts, strict=True)]
        power = find_powers(images, sized.clustering, sized.truth, sized.bounds).at_least
        rows.append((group.name, *counts, *widths, *further, power))
    return Table(
        title=f"Images of each group; half the width of its intervals; what is collected beyond them for the quota of "
        f"{quota[0]} with the finding and {quota[1]} without, for a half width of {strata.half_width:g}; and the "
        f"power that the group alone meets every bound, if the truth is “{sized.study.plan.size.for_truth}” in it too",
        columns=("group", "with", "without", "± sensitivity", "± specificity", "further, with",
                 "further, without", "power, at least"),
        rows=tuple(rows),
    )  # fmt: skip


def sites_table(sized: Sized) -> Table:
    """The power of the hypothesis that needs most images, and of the others, if sites differ."""
    plan, rows = sized.study.plan, []
    images, clustering = sized.images, sized.clustering
    errors = (
        auroc_standard_error(sized.truth.auroc, images.positive / clustering.auroc, images.negative / clustering.auroc),
        _error(sized.truth.sensitivity, images.positive / clustering.sensitivity),
        _error(sized.truth.specificity, images.negative / clustering.specificity),
    )
    for spread in plan.size.site_spread:
        powers = [
            spread_power(truth, bound, error, spread, plan.sites.count)
            for truth, bound, error in zip(_values(sized.truth), _values(sized.bounds), errors, strict=True)
        ]
        rows.append((spread, *powers, max(0.0, sum(powers) - 2)))
    return Table(
        title=f"If sites differ: power with {_said(sized)} of "
        f"{plan.sites.count} sites, if the truth differs between sites by this standard deviation about "
        f"“{plan.size.for_truth}” (normal approximation)",
        columns=("between sites", "power, AUROC", "power, sensitivity", "power, specificity", "all together, at least"),
        rows=tuple(rows),
    )


def lost_table(sized: Sized) -> Table:
    """The worst case: AUROC and power if a share of each class has no score and each such image counts as wrong."""
    truths = sized.truths[:-1]
    rows: list[tuple[Cell, ...]] = []
    for lost in sized.study.plan.size.lost:
        worst = [count_wrong(truth, lost) for _, truth in truths]
        rows.append((lost, *(one.auroc for one in worst), *(sized.powers(one).at_least for one in worst)))
    return Table(
        title=f"Worst case with {_said(sized)}: a share of each class has no score and counts as decided wrongly; the "
        "AUROC that is estimated then, and the power of all hypotheses together",
        columns=("without a score", *(f"{what}, {name}" for what in ("AUROC", "power") for name, _ in truths)),
        rows=tuple(rows),
    )


def screening_table(sized: Sized) -> Table:
    """How many consecutive images have to be looked through, and what a flag means there."""
    rows = []
    for prevalence in sized.study.plan.sampling.prevalences:
        value, flags = predict(sized.truth, prevalence)
        rows.append((prevalence, images_to_screen(sized.collected.positive, prevalence), value, flags))
    return Table(
        title=f"Consecutive images that hold the {sized.collected.positive} with the finding that are to be collected, "
        "with a probability of 0.95, and what a flag means among them if the truth is "
        f"“{sized.study.plan.size.for_truth}”",
        columns=("prevalence", "images to screen", "positive predictive value", "flags per 100 images"),
        rows=tuple(rows),
    )


def power_figure(sized: Sized) -> Figure:
    """The power of all hypotheses together over the number of images, by what may be true."""
    share = sized.study.plan.sampling.positive_share
    totals = [round(sized.images.total * part / 10) for part in range(2, 26)]

    def power(total: int, truth: Assumed) -> float:
        images = Images(round(total * share), total - round(total * share))
        return find_powers(images, sized.clustering, truth, sized.bounds).at_least

    series = tuple(
        Series(name=name, x=tuple(totals), y=tuple(power(total, truth) for total in totals))
        for name, truth in sized.truths[:-1]
    )
    return Figure(
        kind=FigureKind.LINES,
        title=f"Power of all hypotheses together, at least, by the number of images, {sized.images.total:,} as planned",
        x_label="images in the primary analysis", y_label="power, at least", series=series,
    )  # fmt: skip


def size_tables(sized: Sized) -> tuple[Table, ...]:
    """Every table of the size, the number of images and its power first."""
    return (
        number_table(sized), power_table(sized), needed_table(sized), design_effect_table(sized), strata_table(sized),
        sites_table(sized), lost_table(sized), screening_table(sized),
    )  # fmt: skip


def _values(of: Assumed | Bounds | Clustering) -> tuple[float, float, float]:
    return of.auroc, of.sensitivity, of.specificity


def _said(sized: Sized) -> str:
    return f"{sized.images.positive} images with the finding and {sized.images.negative} without"


def _error(share: float, images: float) -> float:
    return math.sqrt(share * (1 - share) / images)
