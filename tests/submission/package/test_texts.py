"""The texts of the documents are checked before any page is set, and all that is wrong is told in one pass."""

import shutil

import pytest

from submission.package.texts import find_text_issues
from submission.words.folders import TEMPLATES

RELEASE = "paediatric-reference"
BODY = "{% block body %}\n"


@pytest.fixture(scope="module")
def project(make):
    return make().write()


@pytest.fixture
def said(project, tmp_path):
    """What is told of templates to some of which something is added."""

    def telling(**added: str) -> list[tuple[str, str, str]]:
        templates = shutil.copytree(TEMPLATES, tmp_path / "templates")
        for name, text in added.items():
            path = templates / f"{name}.html"
            assert BODY in path.read_text()
            path.write_text(path.read_text().replace(BODY, f"{BODY}{text}\n", 1))
        found = list(find_text_issues(project, RELEASE, templates))
        assert all(issue.severity == "blocking" and issue.hint for issue in found)
        return [(issue.code, issue.where, issue.message) for issue in found]

    return telling


def test_of_the_templates_as_they_are_nothing_is_told(said):
    assert said() == []


def test_words_are_told_with_document_section_and_template(said):
    found = said(anomalies="<p>A proven list.</p>", gap_register="<p>Sites will be added to QZX.</p>")
    assert [code for code, _, _ in found] == ["wording"] * 3
    assert {where for _, where, _ in found} == {"CW-DOC-013", "CW-DOC-014"}
    assert all("(anomalies.html): " in message or "(gap_register.html): " in message for _, _, message in found)


def test_where_evidence_is_older_than_its_sources_that_is_told_first_and_how_to_make_it_again(made, replace, tmp_path):
    studies = made.parts["studies"]
    old = replace(studies.source, inputs={"verification/studies/gone.yaml": "00" * 32, "gone.csv": "11" * 32})
    made.parts["studies"] = replace(studies, source=old)
    project, templates = made.write(), shutil.copytree(TEMPLATES, tmp_path / "templates")
    assert list(find_text_issues(project, RELEASE, templates)) == []  # older, and yet the texts fit it
    path = templates / "anomalies.html"
    path.write_text(path.read_text().replace(BODY, f"{BODY}{{{{ nonesuch }}}}\n", 1))
    older, fault = find_text_issues(project, RELEASE, templates)
    assert (older.code, older.where) == ("evidence-stale", "studies.json")
    assert older.message.endswith("was made from gone.csv, which is gone (and 1 more like it)")
    assert older.hint == "run `clearway evaluate` again"
    assert fault.where.startswith("submission/templates/anomalies.html")
    assert fault.hint == "make the older evidence again; if this is still told, mend the file"


def test_every_template_that_is_at_fault_is_told(said):
    found = said(anomalies="{{ nonesuch }}", gap_register="<p>\n{{ nor_this }}</p>")
    assert [(code, where.rpartition(":")[0]) for code, where, _ in found] == [
        ("template", "submission/templates/anomalies.html"), ("template", "submission/templates/gap_register.html"),
    ]  # fmt: skip
    assert ["nonesuch" in found[0][2], "nor_this" in found[1][2]] == [True, True]
