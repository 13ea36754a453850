"""A package laid out for the form: texts, attachments and what is missing, each in its section and named."""

import hashlib
import shutil
from pathlib import Path

import pytest

from submission.cli import submission
from submission.content.reading import read_catalogue
from submission.exchange.filing.estar import make_estar
from submission.exchange.filing.folders import ExportError
from submission.exchange.filing.form import FORM, read_form
from submission.package.folder import open_package


@pytest.fixture(scope="module")
def laid(good, tmp_path_factory):
    """The folder, made once."""
    folder = tmp_path_factory.mktemp("estar") / "estar"
    assert submission(["estar", str(folder), "--package", str(good.folder)]) == 0
    return folder


def find(folder: Path, pattern: str) -> Path:
    (path,) = folder.glob(pattern)
    return path


def test_every_item_of_the_form_has_a_section():
    clauses = {clause for section in read_form().sections for clause in section.clauses}
    assert {one.clause for one in read_catalogue().content_map.items if one.source == FORM} <= clauses


def test_what_is_pasted_names_items_and_documents_that_are_there():
    catalogue = read_catalogue()
    items, numbers = {one.id for one in catalogue.content_map.items}, {one.number for one in catalogue.documents}
    for item, places in read_form().pasted.items():
        assert item in items
        assert {place.partition("/")[0] for place in places} <= numbers


def test_there_is_a_folder_for_each_section_that_has_something(laid):
    names = [path.name for path in sorted(laid.iterdir()) if path.is_dir()]
    assert names[0] == "01-submission-type"
    assert {"03-submitter-information", "05-consensus-standards"} < {*names}
    assert "06-device-description" in names


def test_a_text_to_paste_holds_figures_and_section_and_says_what_it_is_of(laid):
    text = find(laid, "06-*/ES-06-trade-name*.txt").read_text()
    assert text.startswith("REFERENCE RELEASE, NOT FOR SUBMISSION\n")
    assert "Name: Fictitia\nVersion: 0.0.1" in text
    assert "What the device is" in text
    assert "How an image passes through it" not in text  # the next section


def test_an_attachment_is_the_pdf_of_the_package(good, laid):
    copy = find(laid, "14-*/CW-DOC-006-*.pdf")
    assert copy.read_bytes() == (good.folder / copy.name).read_bytes()


def test_what_is_missing_says_so_in_its_place_and_has_no_text_to_paste(laid, package):
    folder = laid / "03-submitter-information"
    assert [path.name for path in folder.iterdir()] == ["ES-03-MISSING.txt"]
    text = (folder / "ES-03-MISSING.txt").read_text()
    assert "MISSING: Applicant and correspondent" in text
    assert "Why: " in text
    assert "What closes it: " in text
    for item in package.manifest.guidance:
        texts = [path.name for path in laid.rglob(f"{item.id}-*.txt")]
        assert texts == [f"{item.id}-MISSING.txt"] if item.source == FORM and item.status == "gap" else len(texts) <= 1
        assert not (texts and item.status == "not applicable")


def test_the_list_has_the_digest_of_each_file(laid):
    lines = dict(reversed(line.split("  ")) for line in (laid / "SHA256SUMS").read_text().splitlines())
    files = {path.relative_to(laid).as_posix(): path for path in laid.rglob("*") if path.is_file()}
    files.pop("SHA256SUMS")
    assert lines == {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in files.items()}


def test_the_index_has_a_box_for_each_entry_and_leads_to_each_file(laid, package):
    page = (laid / "index.html").read_text()
    entries = [entry for group in make_estar(package).groups for entry in group.entries]
    assert page.count('type="checkbox"') == len(entries)
    assert all(f'href="{entry.file}"' in page for entry in entries if entry.file)
    assert "to be confirmed at source" in page
    boxes = [part.split('"')[0] for part in page.split('type="checkbox" id="')[1:]]
    assert len(boxes) == len(set(boxes))


def test_an_item_in_no_known_section_is_not_lost(good, tmp_path, restate):
    folder = restate(
        good.folder, tmp_path / "package", lambda manifest: manifest["guidance"][-1].update(source=FORM, clause="New")
    )
    last = make_estar(open_package(folder)).groups[-1]
    assert last.name == "In no section of the form that is known"
    assert last.entries


def test_a_blocked_package_is_not_laid_out(good, tmp_path, restate, capsys):
    folder = restate(
        good.folder, tmp_path / "package", lambda manifest: manifest.update(state="blocked", blocking=["made up"])
    )
    assert submission(["estar", str(tmp_path / "estar"), "--package", str(folder)]) == 1
    assert "the package is BLOCKED and nothing is made of it; made up" in capsys.readouterr().err
    assert not (tmp_path / "estar").exists()


def test_a_package_of_an_earlier_version_is_named(good, tmp_path, restate):
    def strip(manifest):
        for one in manifest["guidance"]:
            del one["asks"]

    with pytest.raises(ExportError, match="does not say what each field is answered with"):
        make_estar(open_package(restate(good.folder, tmp_path / "package", strip)))


def test_a_changed_pdf_is_named_and_nothing_is_written(good, tmp_path, capsys):
    folder = shutil.copytree(good.folder, tmp_path / "package")
    with next(folder.glob("CW-DOC-006*.pdf")).open("ab") as file:
        file.write(b"x")
    assert submission(["estar", str(tmp_path / "estar"), "--package", str(folder)]) == 2
    assert "CW-DOC-006-software-requirements.pdf: SHA-256" in capsys.readouterr().err
    assert not (tmp_path / "estar").exists()


def test_a_folder_that_is_not_ours_is_left_alone(good, tmp_path, capsys):
    (tmp_path / "mine.txt").write_text("mine")
    assert submission(["estar", str(tmp_path), "--package", str(good.folder)]) == 1
    assert "so that this command did not make it" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
