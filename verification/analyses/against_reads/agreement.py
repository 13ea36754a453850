"""Labels that were mined from reports, held against radiologists' reads of the same images: agreement, not accuracy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
from msgspec import structs

from verification.datasets.manifest import SOURCES
from verification.datasets.references import Collection, strata_table, weigh
from verification.estimation.estimates import Cases, Setting, estimate
from verification.estimation.reads import Mask, Reads
from verification.evidence import Analysis, Estimate, Figure, FigureKind, Role, Series, Table
from verification.protocol.plan import Plan, Subgroup
from verification.protocol.subgroups import describe_collection, select
from verification.statistics.metrics import Floats

METRICS = (
    "sensitivity", "specificity", "ppv",
    "npv", "positive_agreement", "negative_agreement",
    "prevalence", "kappa", "ac1",
)  # fmt: skip
"""In the order of columns, three a table: kappa stands between prevalence and AC1."""
SINGLE = ("Pneumonia", "Consolidation", "Infiltration", "Atelectasis", "Edema", "Effusion")
COMPOSITE = {
    "Pneumonia or Consolidation": ("Pneumonia", "Consolidation"),
    "Pneumonia, Consolidation or Infiltration": ("Pneumonia", "Consolidation", "Infiltration"),
}
LABELS: Mapping[str, tuple[str, ...]] = {**{name: (name,) for name in SINGLE}, **COMPOSITE}
SHARED = ("Pneumonia", *COMPOSITE)
"""The labels that are held against the reads that two sets of radiologists share."""
ALIKE = "every image that was read counts alike (raw)"
WEIGHTED = "each image by the inverse of its stratum's share of the images read: as if all of the collection were read"
OPACITY = (
    "An opacity is an area of the lung that looks whiter than it should. Pneumonia is one of its causes; collapse, "
    "fluid, bleeding, scars and tumours are others, and a report may rightly name another one. A label that disagrees "
    "with a read of opacity is therefore not simply wrong, and one that agrees is no proof of pneumonia."
)


def analyse_labels(labels: Reads, plan: Plan, setting: Setting) -> Iterator[Analysis]:
    """Yield every comparison of the mined labels with the reads, each against one reference, none pooled.

    Args:
        labels: the collection, and what radiologists read of it.
        plan: the study's, for its groups.
        setting: the study's.
    """
    collection, reads, flow = labels.collection, labels.labels, labels.flows
    whole = np.ones(collection.images.size, dtype=bool)
    drawn = ~np.isnan(reads["rsna"])
    weights = weigh(collection, whole, drawn)
    rsna = _against(collection, reads["rsna"], weights)
    strata = strata_table(collection, whole, reads["rsna"])
    yield _analysis(
        "rsna-weighted", "Agreement of mined labels with RSNA Lung Opacity, weighted", Role.PRIMARY, rsna, "rsna",
        "The images that RSNA's radiologists read were drawn unevenly from the mined labels; weighted back, the "
        f"figures are of the collection. {OPACITY}",
        _by_label(collection, rsna, drawn, setting), (strata, flow["rsna"]),
    )  # fmt: skip
    raw = replace(rsna, weights=None)
    yield _analysis(
        "rsna-raw", "Agreement of mined labels with RSNA Lung Opacity, as drawn", Role.SECONDARY, raw, "rsna",
        "The same images without weights: figures of the images that were chosen for reading, not of the collection. "
        "The positive predictive value of Pneumonia, Consolidation, Infiltration and their unions changes little: "
        "their images are of the first two strata, of which about the same share was read. That of the other labels "
        "changes, for theirs are of strata of unlike shares; so do sensitivity, prevalence and what depends on them.",
        _by_label(collection, raw, drawn, setting),
    )  # fmt: skip
    read = ~np.isnan(reads["google"])
    google = _against(collection, reads["google"], None)
    yield _analysis(
        "google", "Agreement of mined labels with Google 2019 airspace opacity", Role.SECONDARY, google, "google",
        "Other readers, another definition and another choice of images; never pooled with RSNA's. "
        f"{OPACITY}", _by_label(collection, google, read, setting), (flow["google"],),
    )  # fmt: skip
    grouped = (
        ("rsna-groups", "RSNA Lung Opacity", "weighted", rsna, drawn, "rsna"),
        ("rsna-groups-raw", "RSNA Lung Opacity", "as drawn", raw, drawn, "rsna"),
        ("google-groups", "Google 2019 airspace opacity", "as drawn", google, read, "google"),
    )
    for identity, against, how, cases, where, source in grouped:
        yield _analysis(
            identity, f"Agreement with {against} by view and sex, {how}", Role.SUBGROUP, cases, source,
            "The label Pneumonia, alone and together with Consolidation and Infiltration. The share of "
            "opacity differs between the views, and with it all that depends on it.",
            tuple(_by_group(collection, cases, where, setting, plan.subgroups)), drawn_figure=False,
        )  # fmt: skip
    yield from _compare_readers(collection, reads, setting)


def _compare_readers(collection: Collection, reads: Mapping[str, Floats], setting: Setting) -> Iterator[Analysis]:
    """Yield the two sets of readers and the mined labels on the images that both sets read."""
    both = ~np.isnan(reads["rsna"]) & ~np.isnan(reads["google"])
    mutual = Cases(reads["rsna"][both].astype(np.int_), reads["google"][both], collection.patients[both], 0.5)
    yield _analysis(
        "readers", "Agreement of the two sets of readers on the same images", Role.CONTEXT, mutual, "rsna",
        "Google's reads are taken as the reading under test and RSNA's as the reference; neither is the truth. How "
        "well two sets of radiologists agree with each other is a measure to read the agreement of a label by; it is "
        "no bound on it. Below it the mined labels against the same reads of the same images, so that like stands "
        "beside like.",
        (
            *estimate(mutual, setting, score="Google 2019 read, airspace opacity", metrics=METRICS),
            *_by_label(collection, mutual, both, setting, SHARED),
        ),
        drawn_figure=False, score="reads of Google's radiologists, airspace opacity",
    )  # fmt: skip
    google = replace(mutual, labels=reads["google"][both].astype(np.int_))
    yield _analysis(
        "readers-google", "Mined labels against Google's reads of the same images", Role.CONTEXT, google, "google",
        "The images that both sets of radiologists read, with Google's reads as the reference.",
        _by_label(collection, google, both, setting, SHARED),
        drawn_figure=False,
    )  # fmt: skip


def _against(collection: Collection, reads: Floats, weights: Floats | None) -> Cases:
    """The images that were read, with what was read as the reference; the score is given for each label later."""
    read = ~np.isnan(reads)
    kept = None if weights is None else weights[read]
    labels = reads[read].astype(np.int_)
    return Cases(labels, np.zeros(labels.size), collection.patients[read], 0.5, kept)


def _by_label(
    collection: Collection, cases: Cases, read: Mask, setting: Setting, names: Sequence[str] = tuple(LABELS)
) -> tuple[Estimate, ...]:
    found: list[Estimate] = []
    for name in names:
        findings = LABELS[name]
        held = replace(cases, scores=collection.states(*findings)[read].astype(np.float64))
        found += estimate(held, setting, score=f"mined label {name}", metrics=METRICS)
    return tuple(found)


def _by_group(
    collection: Collection, cases: Cases, read: Mask, setting: Setting, subgroups: Sequence[Subgroup]
) -> Iterator[Estimate]:
    known = describe_collection(collection)
    for name in ("Pneumonia", *COMPOSITE):
        held = replace(cases, scores=collection.states(*LABELS[name])[read].astype(np.float64))
        for group in subgroups:
            chosen = held.where(select(group, known)[read])
            yield from estimate(chosen, setting, group.name, score=f"mined label {name}", metrics=METRICS)


def _analysis(
    identity: str,
    title: str,
    role: Role,
    cases: Cases,
    source: str,
    statement: str,
    estimates: Sequence[Estimate],
    tables: Sequence[Table] = (),
    *,
    drawn_figure: bool = True,
    score: str = "labels mined from reports",
) -> Analysis:
    named = tuple(structs.replace(one, reference_standard=SOURCES[source]) for one in estimates)
    return Analysis(
        id=identity, title=title, role=role, reference_standard=SOURCES[source], score=score,
        weighting=ALIKE if cases.weights is None else WEIGHTED, statement=statement, images=int(cases.labels.size),
        patients=int(np.unique(cases.patients).size), positives=int(cases.labels.sum()), estimates=named,
        tables=tuple(tables), figures=(_draw(named),) if drawn_figure else (),
    )  # fmt: skip


def _draw(estimates: Sequence[Estimate]) -> Figure:
    """Positive predictive value and sensitivity of each label, with their intervals."""
    series = []
    for metric, called in (("ppv", "positive predictive value"), ("sensitivity", "sensitivity")):
        rows = [one for one in estimates if one.metric == metric]
        series.append(
            Series(
                name=called, x=tuple(one.score.removeprefix("mined label ") for one in rows),
                y=tuple(one.value for one in rows),
                lower=tuple(one.interval.lower if one.interval else None for one in rows),
                upper=tuple(one.interval.upper if one.interval else None for one in rows),
            )
        )  # fmt: skip
    return Figure(
        kind=FigureKind.INTERVALS, title="Mined labels against the reads: positive predictive value and sensitivity",
        x_label="mined label", y_label="share", series=tuple(series),
    )  # fmt: skip
