"""What stands beside a figure: the best simple measure, the spectrum, its own patients, why it has no interval."""

import re

import pytest

from submission.content.environment import make_environment
from submission.content.reading import read_catalogue
from submission.context.assemble import assemble
from submission.setting.render import render_html
from submission.words.ledger import strip_claims
from verification.evidence import NotApplicable, Opening, Role

pytestmark = pytest.mark.slow

RELEASE = "paediatric-reference"
HEADLINES = ("CW-DOC-003", "CW-DOC-004", "CW-DOC-011", "CW-DOC-017", "CW-DOC-019")


def words_of_document(project, number):
    catalogue = read_catalogue()
    entry = next(entry for entry in catalogue.documents if entry.number == number)
    html = strip_claims(render_html(make_environment(), entry, assemble(project, catalogue, RELEASE), {"pages": {}}))
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def with_study(made, replace, **fields):
    studies = made.parts["studies"]
    made.parts["studies"] = replace(studies, studies=(replace(studies.studies[0], **fields), *studies.studies[1:]))


@pytest.fixture
def compared(made, replace):
    """A study with baselines, the best of which is not the first, and a collection that states its spectrum."""
    study = made.parts["studies"].studies[0]
    one = replace(study.estimates[0], n=120, patients=60, positives=75, negatives=45)
    interval = one.interval
    rows = [
        replace(one, score=name, value=value, interval=replace(interval, lower=value - 0.05, upper=value + 0.05))
        for name, value in (("the release's score", 0.9), ("file size", 0.6), ("small images", 0.8))
    ]
    paired = replace(
        rows[0], metric="auroc_difference", score="the release's score less the best baseline (small images)",
        value=0.1, interval=replace(interval, lower=0.04, upper=0.16),
    )  # fmt: skip
    share = replace(one, metric="prevalence", value=0.625, events=75)
    analyses = tuple(
        replace(found, estimates=(*rows, paired)) if found.role is Role.BASELINE else found for found in study.analyses
    )
    with_study(made, replace, analyses=analyses, estimates=(*study.estimates, share))
    data = made.parts["datasets"]
    spectrum = replace(data.datasets[0], spectrum="Two fictitious extremes.")
    made.parts["datasets"] = replace(data, datasets=(spectrum,))
    return made


@pytest.mark.parametrize("number", HEADLINES)
def test_each_headline_stands_beside_the_best_simple_measure_and_its_spectrum(compared, number):
    said = words_of_document(compared.write(), number)
    assert "small images: AUROC 0.800 (0.750 to 0.850)" in said
    assert "(small images): AUROC difference 0.100 (0.040 to 0.160)" in said
    assert "75 of 120 (62.5 %)" in said
    assert "Two fictitious extremes." in said


def test_of_several_measures_with_a_difference_each_the_best_stands_beside(compared, replace):
    studies = compared.parts["studies"].studies
    (found,) = [one for one in studies[0].analyses if one.role is Role.BASELINE]
    *rows, paired = found.estimates
    others = [replace(paired, score=f"the release's score less {row.score}", value=0.9 - row.value) for row in rows[1:]]
    analyses = tuple(replace(one, estimates=(*rows, *others)) if one is found else one for one in studies[0].analyses)
    with_study(compared, replace, analyses=analyses)
    said = words_of_document(compared.write(), "CW-DOC-004")
    assert "small images: AUROC 0.800 (0.750 to 0.850)" in said
    assert "less small images: AUROC difference 0.100" in said
    assert "less file size" not in said


def test_what_both_comparisons_found_of_the_release_stands_once(compared, replace):
    (found,) = [one for one in compared.parts["studies"].studies[0].analyses if one.role is Role.BASELINE]
    own = found.estimates[0]
    analyses = tuple(
        replace(one, estimates=(own, *one.estimates)) if one is found else one
        for one in compared.parts["studies"].studies[0].analyses
    )
    before = words_of_document(compared.write(), "CW-DOC-017").count("0.850 to 0.950")
    with_study(compared, replace, analyses=analyses)
    assert words_of_document(compared.write(), "CW-DOC-017").count("0.850 to 0.950") == before > 0


@pytest.mark.parametrize("number", [*HEADLINES, "CW-DOC-030"])
def test_what_other_models_reach_on_the_same_images_stands_beside_the_headline(compared, replace, number):
    study = compared.parts["studies"].studies[0]
    (found,) = [one for one in study.analyses if one.role is Role.BASELINE]
    own = found.estimates[0]
    other = replace(own, score="a public network", value=0.95)
    paired = replace(own, metric="auroc_difference", score="the release's score less a public network", value=-0.05)
    beside = replace(found, id="beside", role=Role.SECONDARY, estimates=(own, other, paired))
    assert "a public network" not in words_of_document(compared.write(), number)
    with_study(compared, replace, analyses=(*study.analyses, beside))
    said = words_of_document(compared.write(), number)
    assert "The release, of all images: " in said
    assert "a public network: AUROC 0.950 (0.850 to 0.950); " in said
    assert "less a public network: AUROC difference −0.050" in said


def test_groups_that_the_study_estimates_are_no_gap_of_the_register(made, replace):
    study = made.parts["studies"].studies[0]
    analyses = tuple(one for one in study.analyses if one.role is not Role.SUBGROUP)
    (alone, *_) = study.estimates
    with_study(made, replace, analyses=analyses, estimates=(alone,))
    assert "no analysis of the kind “subgroup”" in words_of_document(made.write(), "CW-DOC-014")
    with_study(made, replace, estimates=(alone, replace(alone, subgroup="some")))
    assert "no analysis of the kind “subgroup”" not in words_of_document(made.write(), "CW-DOC-014")


def test_a_figure_in_a_table_of_groups_that_decides_says_what_it_decides(compared, replace):
    study = compared.parts["studies"].studies[0]
    (found,) = [one for one in study.analyses if one.role is Role.BASELINE]
    own = found.estimates[0]
    assert "decides CRIT-9" not in words_of_document(compared.write(), "CW-DOC-011")
    judged = replace(own, subgroup="some", criterion="CRIT-9", met=False)
    beside = replace(found, id="beside", role=Role.SECONDARY, estimates=(own, judged))
    with_study(compared, replace, analyses=(*study.analyses, beside))
    assert "decides CRIT-9 NOT MET" in words_of_document(compared.write(), "CW-DOC-011")


def test_the_collection_of_a_sealed_list_is_known_by_its_name(compared, replace):
    with_study(compared, replace, dataset_digest="0" * 64, dataset=compared.parts["datasets"].datasets[0].name)
    before = words_of_document(compared.write(), "CW-DOC-011").count("Two fictitious extremes.")
    with_study(compared, replace, holder="developers")
    assert words_of_document(compared.write(), "CW-DOC-011").count("Two fictitious extremes.") > before


def test_what_a_study_has_no_criterion_on_is_said_by_its_name(made):
    """The fictitious study has one criterion, on sensitivity."""
    project = made.write()
    assert "hold study.criteria" not in words_of_document(project, "CW-DOC-003")
    assert "hold (study.criteria" not in words_of_document(project, "CW-DOC-003")
    assert "study fictitious-study has no criterion on AUROC" in words_of_document(project, "CW-DOC-024")


@pytest.mark.parametrize("number", HEADLINES)
def test_a_headline_without_a_simple_measure_says_so(made, number):
    assert "no simple measure was scored on the images of study fictitious-study" in words_of_document(
        made.write(), number
    )


def test_what_does_not_apply_is_in_no_row_of_the_gap_register(made, replace):
    def count():
        package = assemble(made.write(), read_catalogue(), RELEASE)
        found = (one for row in package.register for one in row.found)
        return [one.what for one in found if "study fictitious-comparator" in one.of]

    assert "no score of ours" in count()
    studies = made.parts["studies"]
    reason = NotApplicable(reason="each analysis holds its own")
    last = replace(studies.studies[-1], confusion=reason, curve=reason)
    made.parts["studies"] = replace(studies, studies=(*studies.studies[:-1], last))
    assert "no score of ours" not in count()


def test_a_table_lists_the_methods_that_it_uses_and_no_other(made, replace):
    study = made.parts["studies"].studies[0]
    first, *rest = study.estimates
    other = replace(first, subgroup="age 2", n=30, interval=replace(first.interval, method="another method"))
    with_study(made, replace, estimates=(first, *rest, other))
    project = made.write()
    assert "another method" not in words_of_document(project, "CW-DOC-004")
    assert "another method" in words_of_document(project, "CW-DOC-017")


def test_an_estimate_without_an_interval_says_why(made, replace):
    study = made.parts["studies"].studies[0]
    first, *rest = study.estimates
    bare = replace(first, interval=None, reason="no interval: defined in 3 of 9 replicates")
    grouped = tuple(replace(bare, score=name, subgroup="all") for name in ("one", "two"))
    analyses = tuple(
        replace(found, estimates=grouped) if found.role is Role.ROBUSTNESS else found for found in study.analyses
    )
    with_study(made, replace, estimates=(bare, *rest), analyses=analyses)
    project = made.write()
    assert words_of_document(project, "CW-DOC-004").count("no interval: defined in 3 of 9 replicates") == 1
    assert words_of_document(project, "CW-DOC-017").count("no interval: defined in 3 of 9 replicates") == 2


def test_a_figure_whose_images_are_a_part_of_the_group_has_its_own_patients(made, replace):
    study = made.parts["studies"].studies[0]
    area, sensitivity = study.estimates[:2]
    whole = replace(area, n=300, patients=140, positives=100, negatives=200)
    part = replace(sensitivity, n=100, events=80, patients=45, positives=100, negatives=200, criterion=None)
    groups = tuple(replace(one, subgroup=name) for name in ("women", "men") for one in (whole, part))
    alone = tuple(replace(part, subgroup=name) for name in ("first", "second"))
    analyses = tuple(
        replace(found, estimates={Role.ROBUSTNESS: groups, Role.OUT_OF_SCOPE: alone}.get(found.role, found.estimates))
        for found in study.analyses
    )
    with_study(made, replace, analyses=analyses)
    said = words_of_document(made.write(), "CW-DOC-017")
    assert "women 100 200 140" in said
    assert "first 100 200 –" in said
    assert said.count("80/100 of 45 patients") == 4


@pytest.mark.parametrize(
    ("number", "row"),
    [("CW-DOC-003", "Images taken"), ("CW-DOC-011", "Data"), ("CW-DOC-029", "Data"), ("CW-DOC-050", "Data")],
)
def test_what_the_log_corrects_of_the_data_stands_beside_the_words_of_the_plan(made, replace, number, row):
    line = Opening(event="correction", date="2001-02-04", reason="The fictitious data were known.", corrects="data")
    other = replace(line, reason="Of no text alone.", corrects="")
    study = made.parts["studies"].studies[0]
    with_study(made, replace, openings=(*study.openings, line, other))
    said = words_of_document(made.write(), number)
    assert f"{row} none Corrected in the log: The fictitious data were known." in said
    assert "Corrected in the log: Of no text alone." not in said
    assert said.count("The fictitious data were known.") == (2 if number == "CW-DOC-050" else 1)  # and in the log
    assert said.count("Of no text alone.") == (number == "CW-DOC-050")


def test_a_correction_of_two_logs_is_told_in_the_first_of_them(made, replace):
    line = Opening(event="correction", date="2001-02-04", reason="The publisher chose.", corrects="exclusions")
    use = replace(line, event="prior_use", reason="A use of both.", corrects="")
    studies = made.parts["studies"]
    added = [replace(studies.studies[0], name=name, openings=(line, use)) for name in ("one", "two")]
    made.parts["studies"] = replace(studies, studies=(*studies.studies, *added))
    said = words_of_document(made.write(), "CW-DOC-005")
    assert said.count("The publisher chose.") == said.count("With the words of the same line in a log above.") == 1
    assert said.count("A use of both.") == 2


@pytest.mark.parametrize("number", ["CW-DOC-003", "CW-DOC-004", "CW-DOC-011", "CW-DOC-017", "CW-DOC-030", "CW-DOC-040"])
def test_a_change_that_two_studies_made_is_told_of_the_images_of_the_headline_too(made, replace, number):
    study = made.parts["studies"].studies[0]
    one = replace(study.estimates[0], n=120, patients=60)

    def scored(name, value):
        return tuple(replace(one, metric=metric, score=name, value=value) for metric in ("sensitivity", "specificity"))

    first = replace(study.analyses[0], role=Role.ROBUSTNESS)
    perturbed = replace(first, id="perturbations", estimates=(*scored("as scored", 0.931), *scored("moved", 0.654)))
    lungs = replace(first, id="lungs", estimates=(*scored("moved", 0.929), *scored("not there", 0.928)))
    with_study(made, replace, analyses=(*study.analyses, perturbed))
    studies = made.parts["studies"]
    looked = replace(studies.studies[0], name="fictitious-lungs", kind="development", analyses=(lungs,))
    made.parts["studies"] = replace(studies, studies=(*studies.studies, looked))
    said = words_of_document(made.write(), number)
    assert re.search(r"moved,? (specificity )?0\.654", said) or re.search(r"moved 0\.931 [^–]{0,20} 0\.654", said)
    assert "not there 0.9" not in said
