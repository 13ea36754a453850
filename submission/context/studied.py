"""What the studies and the data sets are to a release: its own, those beside it, and what is planned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from submission.context.gaps import bind, some
from submission.words.claims import compose, join_words, pick
from verification.evidence import Analysis, Dataset, EvidenceBundle, Gap, ReleaseEvidence, Study


@dataclass(frozen=True, slots=True)
class Looking:
    """Whether a release looks at the lungs, and the study that says so; `elsewhere` holds it if that is not its own."""

    study: Study
    analysis: Analysis
    elsewhere: tuple[Analysis, ...]


@dataclass(frozen=True, slots=True)
class Studied:
    """The studies of a package, and the data behind them.

    `study_data` is what the study of its release scored, and `scored` how many images of it; `development` is the study
    that gave development estimates where that is another; `pivotal` the one that is planned for a claim, of this
    release or, where none is, the only one; `own_pivotal` that of this one alone. `own_studies` and `own_datasets` are
    those of its release, `other_studies` and `other_datasets` the rest. `looking` says whether the release looks at
    the lungs.
    """

    studies: tuple[Study, ...] | Gap
    study_data: Dataset | Gap
    scored: int | Gap
    development: Study | Gap
    development_data: Dataset | Gap
    looking: Looking | Gap
    label_studies: tuple[Study, ...] | Gap
    comparators: tuple[Study, ...] | Gap
    plans: tuple[Study, ...] | Gap
    pivotal: Study | Gap
    own_pivotal: Study | Gap
    datasets: tuple[Dataset, ...] | Gap
    own_studies: tuple[Study, ...] | Gap
    other_studies: tuple[Study, ...] | Gap
    own_datasets: tuple[Dataset, ...] | Gap
    other_datasets: tuple[Dataset, ...] | Gap


def studied(bundle: EvidenceBundle, release: ReleaseEvidence | Gap, study: Study | Gap) -> Studied:
    """Choose what a package shows of studies, given its release and the study of that."""
    development = bind(release, lambda found: _development_of(bundle, found))
    return Studied(
        studies=bind(bundle.studies, lambda found: some(found.studies, "studies.json lists no study")),
        study_data=bind(study, lambda found: _data_of(bundle, found)),
        scored=bind(study, _scored),
        development=development,
        development_data=bind(release, lambda found: _training_of(bundle, found)),
        looking=bind(release, lambda found: _looking_of(bundle, found)),
        label_studies=of_kind(bundle, "reference_standard"),
        comparators=of_kind(bundle, "comparator"),
        plans=of_kind(bundle, "validation_plan", "custody"),
        pivotal=bind(of_kind(bundle, "pivotal"), lambda found: _pivotal_of(found, release)),
        own_pivotal=bind(release, lambda found: own_pivotal(bundle, found)),
        datasets=bind(bundle.datasets, lambda found: some(found.datasets, "datasets.json lists no data set")),
        own_studies=bind(bundle.studies, lambda found: _of_release(found.studies, release, own=True)),
        other_studies=bind(bundle.studies, lambda found: _of_release(found.studies, release, own=False)),
        own_datasets=bind(bundle.datasets, lambda found: _of_studies(found.datasets, bundle, release, own=True)),
        other_datasets=bind(bundle.datasets, lambda found: _of_studies(found.datasets, bundle, release, own=False)),
    )


def named(values: tuple[Any, ...], name: str, where: str) -> Any:
    """The value of this name; a gap where a file of the evidence has none."""
    for value in values:
        if value.name == name:
            return value
    known = join_words(value.name for value in values) or "none"
    asked = compose("has no '{}'", name) if name else "was asked for no name"
    reason = compose("{} {}; it has {}", where, asked, known)
    return Gap(reason=reason, closes="name one of those, or make the evidence again")


def study_of(bundle: EvidenceBundle, release: ReleaseEvidence | Gap) -> Study | Gap:
    """The study behind a release; a gap where it names none, or the evidence does not hold it."""
    if isinstance(release, Gap) or isinstance(bundle.studies, Gap):
        return release if isinstance(release, Gap) else bundle.studies  # type: ignore[return-value]
    if release.study is None:
        return Gap(reason=compose("release {} names no study", release.name), closes="carry out the validation plan")
    found: Study | Gap = named(bundle.studies.studies, release.study, "studies.json")
    return found


KINDS = {
    "reference_standard": "no study of the labels against readers",
    "comparator": "no study of a comparator",
    "validation_plan": "no validation plan",
    "custody": "no study of images in custody",
    "pivotal": "no pivotal study",
}
"""Kinds of studies beside those of a release, and what is said where the evidence holds none."""


def of_kind(bundle: EvidenceBundle, *kinds: str) -> tuple[Study, ...] | Gap:
    """The studies of some of `KINDS`; a gap where there is none."""
    reason = f"{KINDS[kinds[0]]} is in studies.json"
    return bind(bundle.studies, lambda found: some(_of_kinds(found.studies, kinds), reason))


def own_pivotal(bundle: EvidenceBundle, release: ReleaseEvidence) -> Study | Gap:
    """The study that is planned for a claim of a release; the plan of another release's population is none."""
    found = of_kind(bundle, "pivotal")
    if isinstance(found, Gap):
        return found
    own = _of_release(found, release, own=True)
    if own:
        return _only(own, "pivotal study", release)
    others = join_words(compose("{} is of release {}", study.name, study.release) for study in found)
    patients = release.population.description
    reason = compose("there is no plan of a pivotal study of release {}, for {}; {}", release.name, patients, others)
    return Gap(reason=reason, closes=PLANNED)


PLANNED = "a plan of a pivotal study of its own population: sites, readers, strata of age, a number of images"


def _pivotal_of(found: tuple[Study, ...], release: ReleaseEvidence | Gap) -> Study | Gap:
    """The pivotal study of a release; where it has none, the only one that is planned for others."""
    return _only(_of_release(found, release, own=True) or found, "pivotal study", release)


def _only(found: tuple[Study, ...], what: str, release: ReleaseEvidence | Gap) -> Study | Gap:
    """The one study among those found, of which there is at least one; a gap where nothing tells which is meant."""
    if len(found) == 1:
        return found[0]
    names = join_words(compose("{} of release {}", study.name, study.release) for study in found)
    asked = compose("{} of release {}", what, getattr(release, "name", "not known"))
    reason = compose("no file says which study is the {}: {}", asked, names)
    return Gap(reason=reason, closes="leave one study of this kind for each release")


def _of_kinds(studies: tuple[Study, ...], kinds: tuple[str, ...]) -> tuple[Study, ...]:
    return tuple(study for kind in kinds for study in studies if study.kind == kind)


def _of_release(studies: tuple[Study, ...], release: ReleaseEvidence | Gap, *, own: bool) -> tuple[Study, ...]:
    """The studies that score a release, or the others; of a release that nobody knows none is its own."""
    name = getattr(release, "name", None)
    return tuple(study for study in studies if (study.release == name) is own)


def _of_studies(
    datasets: tuple[Dataset, ...], bundle: EvidenceBundle, release: ReleaseEvidence | Gap, *, own: bool
) -> tuple[Dataset, ...]:
    """The collections that a release was trained on or that its studies score, or the others."""
    studies = () if isinstance(bundle.studies, Gap) else _of_release(bundle.studies.studies, release, own=True)
    scored = [_data_of(bundle, study) for study in studies]
    trained = None if isinstance(release, Gap) else _training_of(bundle, release)
    return tuple(one for one in datasets if any(one is found for found in (*scored, trained)) is own)


def _development_of(bundle: EvidenceBundle, release: ReleaseEvidence) -> Study | Gap:
    """The study that gave development estimates of a release, where another is its headline."""
    if isinstance(bundle.studies, Gap):
        return bundle.studies
    others = pick(_of_release(bundle.studies.studies, release, own=True), "name", release.study, other=True)
    found = pick(others, "kind", "development")
    if found:
        aiming = tuple(study for study in found if study.criteria)  # a study of another question states no goal
        return _only(aiming or found, "development study", release)
    reason = compose("studies.json holds no development study of release {} beside the study above", release.name)
    return Gap(reason=reason, closes="estimates on patients held out of its training")


def _looking_of(bundle: EvidenceBundle, release: ReleaseEvidence) -> Looking | Gap:
    """What was found of a release with the lungs or all else hidden: in its own study, else in another of it."""
    if isinstance(bundle.studies, Gap):
        return bundle.studies
    own = _of_release(bundle.studies.studies, release, own=True)
    looked = tuple(study for study in own if any(analysis.id == "lungs" for analysis in study.analyses))
    if looked:
        headline = pick(looked, "name", release.study)
        return bind(_only(headline or looked, "study of the lungs", release), lambda study: _looking(study, release))
    reason = compose("in no study of release {} were the lungs hidden, or all else", release.name)
    return Gap(reason=reason, closes="a plan that names it (lungs), locked before the images are scored")


def _looking(study: Study, release: ReleaseEvidence) -> Looking:
    (analysis,) = (one for one in study.analyses if one.id == "lungs")
    return Looking(study, analysis, () if study.name == release.study else (analysis,))


def _training_of(bundle: EvidenceBundle, release: ReleaseEvidence) -> Dataset | Gap:
    """The collection that a release was trained on, known by the digest of its list."""
    if isinstance(bundle.datasets, Gap) or isinstance(release.card, Gap):
        return bundle.datasets if isinstance(bundle.datasets, Gap) else release.card  # type: ignore[return-value]
    for dataset in bundle.datasets.datasets:
        if dataset.digest == release.card.dataset_digest:
            return dataset
    reason = compose("no collection in datasets.json has the digest of the training data of {}", release.name)
    return Gap(reason=reason, closes="describe the collection with `clearway data explore`")


def _data_of(bundle: EvidenceBundle, study: Study) -> Dataset | Gap:
    """The collection that a study scored: known by the digest of its manifest, of a sealed list by its name."""
    if isinstance(bundle.datasets, Gap):
        return bundle.datasets
    for dataset in bundle.datasets.datasets:
        if study.dataset_digest and dataset.digest == study.dataset_digest:
            return dataset
        if study.holder and dataset.name == study.dataset:
            return dataset
    reason = compose("no collection in datasets.json has the digest of the data of study {}", study.name)
    return Gap(reason=reason, closes="describe the collection with `clearway data explore`")


def _scored(study: Study) -> int | Gap:
    missing = Gap(reason=compose("study {} has scored no image", study.name), closes="carry out its plan")
    return missing if study.scores_sha256 is None or study.images is None else study.images
