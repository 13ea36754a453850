"""The plan of a pivotal study on paper: power beside the number, blanks, marks; and power where other plans state n."""

import re

import pytest
from msgspec.structs import replace as changed

from submission.content.beside import beside_devices, for_this_finding
from submission.content.environment import make_environment
from submission.content.reading import read_catalogue
from submission.context.assemble import assemble
from submission.setting.render import render_html
from submission.words.analyses import power_of
from submission.words.folders import HERE
from submission.words.ledger import strip_claims
from verification.evidence import Figure, FigureKind, Gap, PlanSection, Series, Table

RELEASE = "paediatric-reference"
SECTIONS = (
    "design", "sites", "acquisition", "sampling", "spectrum", "readers", "training", "blinding", "truth", "strata",
    "confounders", "secondary", "timing", "missing", "access", "references", "paediatric", "others", "roles",
)  # fmt: skip
TITLES = {
    "design": "Design", "readers": "Read form", "confounders": "Confounders", "paediatric": "Questions about children",
    "others": "This plan beside others",
}  # fmt: skip
JOINT = ("true AUROC", "true sensitivity", "true specificity", "a", "b", "c", "power of all, at least", "independent")


def words_of(project, number):
    catalogue = read_catalogue()
    entry = next(entry for entry in catalogue.documents if entry.number == number)
    html = strip_claims(render_html(make_environment(), entry, assemble(project, catalogue, RELEASE), {"pages": {}}))
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def table(title, *rows):
    return Table(title=title, columns=("what", "said", "name", "date")[: len(rows[0])], rows=rows)


@pytest.fixture
def planned(made, replace):
    """A fictitious pivotal study among the others."""
    figure = Figure(
        kind=FigureKind.LINES, title="Fictitious power", x_label="images", y_label="power",
        series=(Series(name="as hoped", x=(100, 200), y=(0.5, 0.9)),),
    )  # fmt: skip
    size = PlanSection(
        "size", ("one look at the data",),
        (table("Images, for a power of 0.91", ("all", 777)), table("Power with 777 images", ("much worse", 0.123))),
        (figure,),
    )  # fmt: skip
    sections = [size, *(PlanSection(name, _texts(name), _tables(name)) for name in SECTIONS)]
    studies = made.parts["studies"]
    plan = next(one for one in studies.studies if one.kind == "validation_plan")
    pivotal = replace(
        plan, name="fictitious-pivotal", title="A pivotal study", kind="pivotal", sections=tuple(sections)
    )
    made.parts["studies"] = replace(studies, studies=(*studies.studies, pivotal))
    return made


def _texts(name):
    return ("K191556",) if name == "others" else (f"about {name}",)


def _tables(name):
    if name == "roles":
        return (table("Roles", ("Statistician", "keeps the key", "", "")), table("Order", ("locked", "", "read", "")))
    first = "finding" if name == "others" else "one"
    return (table(TITLES.get(name, name), (first, f"the table of {name}")),)


@pytest.mark.slow
def test_the_plan_tells_its_power_first_and_shows_every_part(planned):
    said = words_of(planned.write(), "CW-DOC-058")
    assert said.index("777") < said.index("0.123") < said.index("Objective")
    for name in set(SECTIONS) - {"design", "paediatric", "roles", "others", "confounders"}:
        assert f"about {name}" in said
    for name in TITLES:
        assert f"the table of {name}" in said
    assert "Statistician keeps the key" in said
    assert "to be confirmed at source" in said
    assert "red dot, K191556" in said
    assert "Records of devices whose finding is named “pneumonia”: none." in said
    assert "finding the table of others Pneumothorax" in said


def test_a_device_of_others_is_told_in_the_words_of_its_record_and_nowhere_else():
    catalogue = read_catalogue()
    section = PlanSection("others", ("K191556",), (table("t", ("time", "to be measured"), ("views", "frontal")),))
    found = beside_devices(section, catalogue.equivalence.devices)
    record = next(one for one in catalogue.equivalence.devices if one.k_number == "K191556")
    assert [line.theirs for line in found.lines] == [(record.time,), (record.views,)]
    assert found.heads == ("What", "This plan", "red dot, K191556")
    for path in HERE.glob("*.yaml"):
        assert path.name == "devices.yaml" or "K191556" not in path.read_text(encoding="utf-8"), path
    unknown = beside_devices(PlanSection("others", ("K999999",), section.tables), catalogue.equivalence.devices)
    assert isinstance(unknown, Gap)
    assert unknown.reason == "no record was kept of K999999"


def test_a_device_for_this_finding_is_named_once_its_record_says_so():
    stated = read_catalogue().equivalence
    assert f"“{stated.finding}”: none." in for_this_finding(stated)
    first, second, *rest = stated.devices
    entered = changed(first, finding="Lobar Pneumonia; nodules", device="Fictitious", k_number="K999999")
    unread = changed(second, finding=None, device="Unread", k_number="K999998")
    said = for_this_finding(changed(stated, devices=(entered, unread, *rest)))
    assert f"“{stated.finding}”: Fictitious, K999999. " in said
    assert "not read: Unread, K999998; " in said


@pytest.mark.slow
def test_without_a_pivotal_study_the_document_says_so(made):
    assert "no pivotal study is in studies.json" in words_of(made.write(), "CW-DOC-058")


def test_power_stands_where_a_plan_states_its_number_of_images(made, replace):
    studies = made.parts["studies"].studies
    own = next(one for one in studies if one.analyses)
    powers = Table(title="Power of all", columns=JOINT, rows=((0.82, 0.82, 0.7, 0.3, 0.87, 0.96, 0.13, 0.25),))
    found = replace(own.analyses[0], id="power", tables=(powers,))
    said = "at least 0.130 if the AUROC is 0.820, the sensitivity 0.820, the specificity 0.700"
    assert str(power_of(replace(own, analyses=(found,)))) == said
    assert "not computed" in power_of(replace(own, analyses=()))
    plan = next(one for one in studies if one.kind == "validation_plan")
    comparator = replace(own, release=plan.release, analyses=(replace(found, id="adult-size"),))
    assert str(power_of(plan, (comparator,))) == said
    assert "not computed" in power_of(
        replace(plan, kind="custody"), (comparator,)
    )  # another plan's power is not its own
    assert isinstance(power_of(Gap(reason="none", closes="none")), Gap)
