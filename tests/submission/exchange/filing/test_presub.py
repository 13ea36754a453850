"""A pre-submission: letter, description, plan and questions, as PDF and Word of one package."""

from dataclasses import replace

import docx

from submission.cli import submission
from submission.content.environment import make_environment
from submission.content.reading import read_catalogue
from submission.content.sponsor import Applicant, Contact, Sponsor
from submission.context.assemble import assemble
from submission.exchange.docx_check import check_docx
from submission.setting.render import render_html
from submission.words.ledger import strip_claims


def test_each_document_is_there_as_the_pdf_of_the_package_and_as_word(package, tmp_path, capsys):
    folder = tmp_path / "presub"
    assert submission(["presub", str(folder), "--package", str(package.folder)]) == 0
    numbers = read_catalogue().presub.documents
    files = {one.number: one.file for one in package.manifest.documents}
    for place, number in enumerate(numbers, start=1):
        pdf = folder / f"{place}-{files[number]}"
        assert pdf.read_bytes() == (package.folder / files[number]).read_bytes()
        assert check_docx(pdf.with_suffix(".docx"), package) == ()
    assert "missing: PS-01" in capsys.readouterr().out


def test_a_plan_is_enclosed_only_where_it_is_of_the_population_that_is_asked_about(made, replace):
    studies = made.parts["studies"]
    plan = replace(studies.studies[-1], name="adults", kind="pivotal", title="A plan for adults", release="adult-nih")
    made.parts["studies"] = replace(studies, studies=(*studies.studies, plan))
    project, catalogue = made.write(), read_catalogue()
    own, other = (assemble(project, catalogue, name) for name in ("adult-nih", "paediatric-reference"))
    enclosed = [{one.number for one in each.enclosed} for each in (own, other)]
    assert enclosed[0] - enclosed[1] == {"CW-DOC-012", "CW-DOC-058"}
    assert "A plan for adults" in letter(own)
    said = letter(other)
    assert "there is no plan of a pivotal study of release paediatric-reference" in said
    assert "A plan for adults" not in said
    assert [[row.owner for row in each.register if row.id == "GAP-099"] for each in (own, other)] == [
        [], ["statistician"]
    ]  # fmt: skip
    assert any(one.asked.id == "PS-04" and one.missing for one in other.presub)


def letter(package):
    (entry,) = (one for one in package.documents if one.number == "CW-DOC-060")
    pages = {"pages": dict.fromkeys((one.number for one in package.documents), None)}
    return strip_claims(render_html(make_environment(), entry, package, pages))


def test_every_question_has_a_number_a_position_and_what_is_open(package, tmp_path):
    submission(["presub", str(tmp_path / "presub"), "--package", str(package.folder)])
    (path,) = (tmp_path / "presub").glob("*presub-questions.docx")
    paragraphs = [paragraph.text for paragraph in docx.Document(str(path)).paragraphs]
    for question in read_catalogue().presub.questions:
        assert " ".join(question.asks.split()) in paragraphs
        assert any(
            text.startswith("Position that is proposed.") and question.answer[:40] in text for text in paragraphs
        )


def test_the_letter_names_nobody_and_says_that_nobody_signed(package, tmp_path):
    submission(["presub", str(tmp_path / "presub"), "--package", str(package.folder)])
    (path,) = (tmp_path / "presub").glob("1-*.docx")
    file = docx.Document(str(path))
    assert any("Nobody has signed or sent it." in paragraph.text for paragraph in file.paragraphs)
    cells = {row.cells[0].text: row.cells[1].text for table in file.tables for row in table.rows}
    assert all(cells[name] == "" for name in ("Signature", "Printed name", "Position", "Company", "Date"))


def test_the_letter_holds_what_a_fictitious_sponsor_entered(made):
    applicant = Applicant(name="Fictitia Example Inc.", address="1 Nowhere Street, Nowhere", telephone="000 000 0000")
    contact = Contact(name="Ada Example (fictitious)", telephone="000 000 0001", email="ada@invalid.example")
    catalogue = replace(read_catalogue(), sponsor=Sponsor(applicant=applicant, contact=contact))
    package = assemble(made.write(), catalogue, "paediatric-reference")
    html = letter(package)
    for said in (
        "Fictitia Example Inc.",
        "1 Nowhere Street, Nowhere",
        "Ada Example (fictitious)",
        "ada@invalid.example",
    ):
        assert said in html
    assert "is not entered" not in html.partition('id="enclosed"')[0]
