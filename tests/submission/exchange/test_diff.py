"""Two packages compared: the changed words and figures are named, furniture is not, faults of the folders are."""

import hashlib
import json
import shutil
from io import BytesIO
from pathlib import Path

import pytest
from pypdf import PdfReader

from submission.cli import submission
from submission.exchange.redline import _named, compare, print_redline, render_page
from submission.package.build import build
from submission.package.folder import open_package
from submission.setting.text import Block, Text, text_json

pytestmark = pytest.mark.slow

RELEASE = "paediatric-reference"


@pytest.fixture(scope="module")
def changed(make, replace):
    """The same package with one requirement and one estimate changed."""
    made = make()
    trace, studies = made.parts["trace"], made.parts["studies"]
    items = list(trace.items)
    items[2] = replace(items[2], text="The device shall refuse what SRS-901 says.")
    made.parts["trace"] = replace(trace, items=tuple(items))
    first, sensitivity = studies.studies[0], studies.studies[0].estimates[1]
    better = replace(sensitivity, value=0.81, events=81)
    estimates = (first.estimates[0], better, *first.estimates[2:])
    made.parts["studies"] = replace(studies, studies=(replace(first, estimates=estimates), *studies.studies[1:]))
    return build(made.write(), RELEASE)


@pytest.fixture
def pair(good, changed):
    return open_package(good.folder), open_package(changed.folder)


def test_a_package_does_not_differ_from_itself_or_its_copy(good, tmp_path, capsys):
    copy = shutil.copytree(good.folder, tmp_path / "copy")
    assert submission(["diff", str(good.folder), str(copy), "--output", str(tmp_path / "redline")]) == 0
    assert "no difference" in capsys.readouterr().out


def test_a_changed_requirement_is_shown_word_by_word_in_its_section(pair):
    requirements = next(one for one in compare(*pair).documents if one.number == "CW-DOC-006")
    (section,) = requirements.sections
    assert section.title.endswith("Software requirements")
    (change,) = section.changes
    assert [(run.how, run.text) for run in change.runs] == [
        ("kept", "The device shall"),
        ("removed", "do"),
        ("added", "refuse"),
        ("kept", "what SRS-901 says."),
    ]


def test_a_changed_estimate_is_a_changed_figure_by_its_name(pair):
    figures = {figure.origin: (figure.was, figure.now) for figure in compare(*pair).figures}
    name = "studies.json/studies/[fictitious-study]/estimates/[sensitivity, all, CRIT-1]"
    assert figures == {f"{name}/value": ("0.800", "0.810"), f"{name}/events": ("80", "81")}


def test_the_page_and_the_pdf_tell_old_from_new_without_colour(pair, tmp_path, capsys):
    old, new = pair
    output = tmp_path / "redline"
    assert submission(["diff", str(old.folder), str(new.folder), "--output", str(output)]) == 1
    assert "CW-DOC-006 Software Requirements Specification: changed" in capsys.readouterr().out
    page = (tmp_path / "redline.html").read_text()
    assert "<del>do</del> <ins>refuse</ins>" in page
    assert "http" not in page.replace("http://www.w3.org", "")
    pages = PdfReader(tmp_path / "redline.pdf").pages
    text = " ".join(" ".join(one.extract_text() for one in pages).split())
    assert "[−do] [+refuse]" in text


def test_json_holds_the_same_and_writes_no_file(pair, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    old, new = pair
    assert submission(["diff", str(old.folder), str(new.folder), "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["old"]["manifest"] == old.digest
    assert {"CW-DOC-006"} <= {document["number"] for document in told["documents"]}
    assert list(tmp_path.iterdir()) == []


# --- small packages, made by hand -------------------------------------------------------------------------------------


def block(text: str, section: str = "one", kind: str = "paragraph", **more) -> Block:
    return Block(section=section, kind=kind, text=text, **more)


def package(
    folder: Path, documents: dict[str, list[Block]], commit: str = "a" * 40, claims=None, evidence=None
) -> Path:
    """A package of these texts, without PDFs."""
    listed, texts, held = [], {}, {}
    for number, blocks in documents.items():
        content = text_json(Text(number=number, title=f"Fictitious {number}", wide=False, blocks=tuple(blocks)))
        texts[f"text/{number}.json"] = put(folder / f"text/{number}.json", content)
        listed.append({"number": number, "title": f"Fictitious {number}", "revision": "1", "file": f"{number}.pdf",
                       "sha256": ""})  # fmt: skip
    for name, value in (evidence or {}).items():
        held[f"evidence/{name}"] = put(folder / "evidence" / name, json.dumps(value).encode())
    ledgers = {
        f"claims/{number}.json": put(
            folder / f"claims/{number}.json", json.dumps({"document": number, "claims": found}).encode()
        )
        for number, found in (claims or {}).items()
    }
    manifest = {"commit": commit, "commit_date": "2001-02-03", "state": "reference", "banners": ["FICTITIOUS"],
                "release": None, "documents": listed, "evidence": held, "text": texts, "claims": ledgers}  # fmt: skip
    digest = put(folder / "manifest.json", json.dumps(manifest).encode())
    (folder / "manifest.sha256").write_text(f"{digest}  manifest.json\n")
    return folder


def put(path: Path, content: bytes) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return hashlib.sha256(content).hexdigest()


def changes(tmp_path, was: list[Block], now: list[Block]):
    old = open_package(package(tmp_path / "old", {"CW-DOC-901": was}))
    new = open_package(package(tmp_path / "new", {"CW-DOC-901": now}, commit="b" * 40))
    documents = compare(old, new).documents
    return [change for document in documents for section in document.sections for change in section.changes]


def test_another_commit_is_no_change(tmp_path):
    assert changes(tmp_path, [block("One.")], [block("One.")]) == []


def test_documents_that_came_and_went_are_named(tmp_path):
    old = open_package(package(tmp_path / "old", {"CW-DOC-901": [block("a")], "CW-DOC-902": [block("b")]}))
    new = open_package(package(tmp_path / "new", {"CW-DOC-901": [block("a")], "CW-DOC-903": [block("c")]}))
    assert {(one.number, one.how) for one in compare(old, new).documents} == {
        ("CW-DOC-902", "removed"),
        ("CW-DOC-903", "added"),
    }


def test_a_removed_row_and_an_added_row_are_named_and_the_others_are_not(tmp_path):
    table = [("Step", "Images"), ("found", "800"), ("refused", "12"), ("kept", "788")]
    was = block("", kind="table", rows=tuple(table), heads=1)
    now = block("", kind="table", rows=(*table[:2], table[3], ("scored", "788")), heads=1)
    found = [(change.how, change.was or change.now) for change in changes(tmp_path, [was], [now])]
    assert found == [("removed", "refused | 12"), ("added", "scored | 788")]


def test_a_row_with_one_other_number_is_changed_in_that_number_alone(tmp_path):
    was = block("", kind="table", rows=(("Sensitivity of all images", "0.800", "0.700 to 0.900"),))
    now = block("", kind="table", rows=(("Sensitivity of all images", "0.810", "0.700 to 0.900"),))
    (change,) = changes(tmp_path, [was], [now])
    assert [(run.how, run.text) for run in change.runs if run.how != "kept"] == [
        ("removed", "0.800"),
        ("added", "0.810"),
    ]


def test_a_figure_drawn_anew_is_a_change_though_its_caption_is_the_same(tmp_path):
    was, now = (block("A curve", kind="figure", picture=digest * 64) for digest in "ab")
    (change,) = changes(tmp_path, [was], [now])
    assert change.kind == "figure"


def test_a_text_that_is_wholly_another_was_removed_and_added(tmp_path):
    found = changes(tmp_path, [block("Apples grow on trees.")], [block("No radiograph was read twice.")])
    assert [change.how for change in found] == ["removed", "added"]


def test_a_section_that_is_gone_is_removed_whole(tmp_path):
    gone = [block("Two", "two", "heading", level=2, number="2"), block("Text.", "two")]
    found = changes(tmp_path, [block("One."), *gone], [block("One.")])
    assert [(change.kind, change.how) for change in found] == [("heading", "removed"), ("paragraph", "removed")]


def claim(text: str, place: int) -> dict:
    return {"text": text, "file": "studies.json", "pointer": f"/estimates/{place}/value", "value": 0.0,
            "rule": "figure", "pages": [1]}  # fmt: skip


def test_claims_are_compared_by_what_they_come_from_though_its_place_moved(tmp_path):
    auroc, sensitivity = ({"metric": metric, "value": 0.0} for metric in ("auroc", "sensitivity"))
    old = package(
        tmp_path / "old", {}, claims={"CW-DOC-901": [claim("0.800", 0)], "CW-DOC-902": [claim("0.8", 0)]},
        evidence={"studies.json": {"estimates": [sensitivity]}},
    )  # fmt: skip
    commit = claim("bbbbbbbbbbbb", 0) | {"pointer": "/source/commit"}
    moved = claim("17", 0) | {"file": "manifest.json", "pointer": "/documents/3/sections/conclusion"}
    new = package(
        tmp_path / "new", {}, claims={"CW-DOC-901": [claim("0.900", 0), claim("0.810", 1), commit, moved]},
        evidence={"studies.json": {"estimates": [auroc, sensitivity]}},
    )  # fmt: skip
    found = {f.origin: (f.documents, f.was, f.now) for f in compare(open_package(old), open_package(new)).figures}
    start = "studies.json/estimates"
    assert found == {
        f"{start}/[sensitivity]/value": (("CW-DOC-901", "CW-DOC-902"), "0.8; 0.800", "0.810"),
        f"{start}/[auroc]/value": (("CW-DOC-901",), None, "0.900"),
    }


def test_a_reading_copy_in_one_of_two_packages_is_no_changed_figure(tmp_path):
    evidence = {"studies.json": {"estimates": [{"metric": "auroc", "value": 0.0}]}}
    found = claim("0.800", 0)
    old = package(tmp_path / "old", {}, claims={"CW-DOC-901": [found]}, evidence=evidence)
    copy = [found, found | {"file": "catalogue.json", "pointer": "/documents", "text": "49"}]
    new = package(tmp_path / "new", {}, claims={"CW-DOC-901": [found], "volume": copy}, evidence=evidence)
    assert compare(open_package(old), open_package(new)).figures == ()


def test_html_in_a_text_is_shown_not_obeyed(tmp_path):
    old = open_package(package(tmp_path / "old", {"CW-DOC-901": [block("a b c d <script>x</script>")]}))
    new = open_package(package(tmp_path / "new", {"CW-DOC-901": [block("a b c d <b>y</b>")]}))
    found = compare(old, new)
    page = render_page(found, old, new)
    assert "<del>&lt;script&gt;x&lt;/script&gt;</del>" in page
    assert print_redline(found, old, new) == print_redline(found, old, new)
    assert (
        PdfReader(BytesIO(print_redline(found, old, new))).metadata.title == "Redline: What changed between two builds"
    )


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda folder: shutil.rmtree(folder), "no such file, so "),
        (lambda folder: (folder / "manifest.sha256").unlink(), "manifest.sha256: no such file"),
        (lambda folder: (folder / "manifest.json").write_text("{}"), "not the manifest of a package"),
        (lambda folder: (folder / "manifest.json").write_bytes((folder / "manifest.json").read_bytes() + b" "),
         "it was changed; build the package again"),
        (lambda folder: (folder / "text/CW-DOC-901.json").unlink(), "text/CW-DOC-901.json: cannot be read"),
        (lambda folder: (folder / "text/CW-DOC-901.json").write_text("{}"), "the manifest says"),
        (lambda folder: (folder / "claims/CW-DOC-901.json").write_text("[]"), "the manifest says"),
    ],
)  # fmt: skip
def test_a_folder_that_is_no_whole_package_is_named_and_nothing_is_written(tmp_path, capsys, spoil, told):
    old, new = (
        package(tmp_path / name, {"CW-DOC-901": [block("One.")]}, claims={"CW-DOC-901": []}) for name in ("old", "new")
    )
    spoil(new)
    assert submission(["diff", str(old), str(new), "--output", str(tmp_path / "out" / "redline")]) == 2
    assert told in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_package_of_before_there_were_texts_is_named(tmp_path, capsys):
    old, new = (package(tmp_path / name, {"CW-DOC-901": [block("One.")]}) for name in ("old", "new"))
    manifest = json.loads((old / "manifest.json").read_text())
    del manifest["text"]
    digest = put(old / "manifest.json", json.dumps(manifest).encode())
    (old / "manifest.sha256").write_text(f"{digest}  manifest.json\n")
    assert submission(["diff", str(old), str(new)]) == 2
    assert "an earlier version of the build made it" in capsys.readouterr().err


def test_a_selection_of_neighbours_is_called_by_the_first_of_them():
    value = {"results": [{"id": "a"}, {"id": "b"}, {"id": "c"}]}
    assert _named(value, "/results[1:3]?status=passed") == "/results[b]…?status=passed"
    assert _named(value, "/results/2/line") == "/results/[c]/line"
    assert _named(value, "/results?status=passed") == "/results?status=passed"
    assert _named(None, "/results/2") == "/results/2"
