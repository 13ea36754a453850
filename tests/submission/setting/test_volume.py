"""The reading copy holds every document once, whole, with one contents, and every link in it leads somewhere."""

import hashlib
import json
import re
import shutil
from io import BytesIO

import pytest
from pypdf import PdfReader, PdfWriter

from submission.audit import audit
from submission.audit.names import VOLUME_LEDGER
from submission.audit.reading_copy import find_in_volume
from submission.content.environment import make_environment
from submission.content.reading import read_catalogue
from submission.package.build import build, text_content
from submission.setting.render import RenderError, print_one
from submission.setting.text import read_text
from submission.setting.volume import render_volume

pytestmark = pytest.mark.slow

BANNER = "REFERENCE RELEASE, NOT FOR SUBMISSION"
ENTRIES = {entry.number: entry for entry in read_catalogue().documents}


@pytest.fixture(scope="module")
def bound(make):
    return build(make().write(), "paediatric-reference", volume=True)


@pytest.fixture(scope="module")
def volume(bound):
    return PdfReader(bound.folder / "volume.pdf")


@pytest.fixture(scope="module")
def texts(volume) -> list[str]:
    """What each page says."""
    return [" ".join(page.extract_text().split()) for page in volume.pages]


def test_the_manifest_lists_the_volume_and_the_audit_accepts_it(bound, volume):
    listed = json.loads((bound.folder / "manifest.json").read_text())["volume"]
    assert listed["pages"] == len(volume.pages)
    assert [finding for finding in audit(bound.folder).findings if finding.code.startswith("file-")] == []
    content = bytearray((bound.folder / "volume.pdf").read_bytes())
    content[len(content) // 2] ^= 1
    (bound.folder / "volume.pdf").write_bytes(content)
    changed = [finding for finding in audit(bound.folder).findings if finding.code == "file-changed"]
    content[len(content) // 2] ^= 1
    (bound.folder / "volume.pdf").write_bytes(content)
    assert [finding.where for finding in changed] == ["volume.pdf"]


def test_every_page_of_the_volume_is_read_by_the_audit(bound, volume, tmp_path):
    folder = shutil.copytree(bound.folder, tmp_path / "package")
    of_volume = [finding for finding in audit(folder).findings if "volume" in finding.where]
    assert of_volume == []
    forged = PdfWriter()
    last = len(volume.pages) - 1
    for number, each in enumerate(volume.pages):
        forged.add_page(volume.pages[last - 1] if number == last else each)  # as many pages, one of them twice
    forged.write(folder / "volume.pdf")
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["volume"]["sha256"] = hashlib.sha256((folder / "volume.pdf").read_bytes()).hexdigest()
    content = json.dumps(manifest).encode()
    (folder / "manifest.json").write_bytes(content)
    (folder / "manifest.sha256").write_text(f"{hashlib.sha256(content).hexdigest()}  manifest.json\n")
    found = {(one.code, one.where) for one in audit(folder).findings if "volume" in one.where}
    assert ("page-differs", f"volume.pdf, page {last + 1}") in found


def test_a_claim_too_many_or_too_few_of_the_volume_is_found(bound):
    names = [f"claims/{number}.json" for number in ENTRIES]
    ledgers = {name: json.loads((bound.folder / name).read_text()) for name in (*names, VOLUME_LEDGER)}
    assert list(find_in_volume(ledgers)) == []
    volume = ledgers[VOLUME_LEDGER]
    last = volume["claims"].pop()
    (lacking,) = find_in_volume(ledgers)
    assert (lacking[0], lacking[2].split()[0]) == ("volume-differs", "lacks")
    volume["claims"] += [last, {**last, "pointer": "/elsewhere"}]
    (more,) = find_in_volume(ledgers)
    assert more[2].startswith("claims ")


def test_the_ledger_of_the_volume_holds_the_claims_of_all_documents(bound):
    def claims(name):
        held = json.loads((bound.folder / "claims" / name).read_text())["claims"]
        return {(claim["file"], claim["pointer"], claim["rule"], claim["text"]) for claim in held}

    of_documents = set().union(*(claims(f"{number}.json") for number in ENTRIES))
    assert len(of_documents) > 500
    assert of_documents - claims("volume.json") == set()


def test_every_page_counts_through_and_names_its_document(texts):
    pages = texts
    seen = []
    for number, page in enumerate(pages, start=1):
        assert f"Page {number} of {len(pages)}" in page
        assert BANNER in page
        seen.append(re.findall(r"CW-DOC-\d+|Reading copy", page)[-1])  # the margins come last
    assert list(dict.fromkeys(seen)) == ["Reading copy", *ENTRIES]


def test_bookmarks_and_contents_name_the_page_on_which_each_document_begins(volume, texts):
    marks = [mark for mark in volume.outline if not isinstance(mark, list)]
    assert [str(mark.title) for mark in marks[1:]] == [f"{e.number} {e.title}" for e in ENTRIES.values()]
    contents = " ".join(texts[: volume.get_destination_page_number(marks[1])])
    for mark in marks[1:]:
        page = volume.get_destination_page_number(mark) + 1
        assert re.search(rf"{re.escape(str(mark.title))} ?[. ]*{page}\b", contents), mark.title


def test_every_link_leads_to_a_place_of_its_own(volume):
    targets = volume.named_destinations
    links = [
        annotation.get_object()["/Dest"]
        for page in volume.pages
        for annotation in page.get("/Annots", ())
        if "/Dest" in annotation.get_object()
    ]
    assert len(links) > 100
    assert set(links) <= set(targets)


def test_a_document_that_names_another_links_to_it(volume, texts):
    starts = {f"cw-doc-{number:03}" for number in range(20)}
    number = next(
        n for n, text in enumerate(texts) if "what the labels are stand in the Clinical Performance Report" in text
    )
    found = {str(annotation.get_object().get("/Dest")) for annotation in volume.pages[number]["/Annots"]}
    assert {"cw-doc-011", "cw-doc-017", "cw-doc-016"} <= found & starts


def page(number: str, body: str) -> tuple:
    entry = ENTRIES[number]
    return (
        entry,
        f'<html><body>\n<div class="cover"><p class="number">{number}</p>\n<h1>{entry.title}</h1></div>'
        f'<div class="body">{body}</div>\n</body>',
    )


def shown(*pages) -> str:
    blank = ("standing", "standing_banner", "release_line", "release_digest_short")
    names = {
        **dict.fromkeys(blank, ""),
        **dict.fromkeys(("documents", "banners", "blocking"), ()),
        "source": {"commit": "c0" * 20, "commit_date": "2001-02-03"},
        "device_line": "Fictitia",
        "release": {"status": "", "digest": ""},
    }
    return render_volume(make_environment(), pages, names)


def test_one_name_in_two_documents_is_two_places_and_a_link_elsewhere_finds_the_one():
    html = shown(
        page("CW-DOC-006", '<h2 id="a"><span class="n">1</span>One</h2><p id="i-srs-901">x</p><a href="#a">a</a>'),
        page("CW-DOC-010", '<h2 id="a"><span class="n">1</span>Two</h2><span data-to="i-srs-901">it</span><!--to-->'),
    )
    ids = re.findall(r'\sid="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    assert '<a href="#cw-doc-006-a">a</a>' in html
    assert '<a class="ref" href="#cw-doc-006-i-srs-901">it</a>' in html


def test_a_document_does_not_link_to_itself_nor_within_a_link():
    html = shown(
        page("CW-DOC-006", "<p>CW-DOC-006, <a>CW-DOC-010</a></p>"), page("CW-DOC-010", "<p>see CW-DOC-006.</p>")
    )
    assert "<p>CW-DOC-006, <a>CW-DOC-010</a></p>" in html
    assert '<p>see <a class="ref" href="#cw-doc-006">CW-DOC-006</a>.</p>' in html


def test_the_evidence_can_be_taken_out_of_the_volume_again(bound, volume):
    evidence = bound.folder / "evidence"
    held = {
        path.relative_to(evidence).as_posix().replace("/", "-"): path.read_bytes()
        for path in evidence.rglob("*")
        if path.is_file()
    }
    assert {name: content[0] for name, content in volume.attachments.items()} == held


def attached(files):
    entry, html = page("CW-DOC-001", '<h2 id="a">One</h2>')
    head = '<head><meta charset="utf-8"><title>x</title><meta name="dcterms.created" content="2001-02-03"></head>'
    return print_one(entry, html.replace("<html>", f'<html lang="en">{head}') + "</html>", files).content


def test_a_document_carries_files_with_the_commits_date_and_the_same_bytes_each_time():
    files = [("claims.json", b'{"sensitivity": 0.8}', "What it states"), ("a.json", b"{}", "Another")]
    content = attached(files)
    assert content == attached(files[::-1])
    assert content != attached([("claims.json", b'{"sensitivity": 0.9}', "What it states"), files[1]])
    reader = PdfReader(BytesIO(content))
    assert {name: found[0] for name, found in reader.attachments.items()} == {f[0]: f[1] for f in files}
    related = [one.get_object() for one in reader.trailer["/Root"]["/AF"]]
    assert [(str(one["/UF"]), str(one["/AFRelationship"])) for one in related] == [
        ("a.json", "/Data"),
        ("claims.json", "/Data"),
    ]
    dates = {str(one["/EF"]["/F"].get_object()["/Params"]["/CreationDate"]) for one in related}
    assert dates == {"D:20010203000000Z"}


def test_a_pdf_says_that_it_is_meant_as_pdf_a_3a_and_pdf_ua_1_and_is_tagged():
    root = PdfReader(BytesIO(attached([]))).trailer["/Root"]
    stated = root["/Metadata"].get_object().get_data().decode()
    assert 'pdfaid:part="3" pdfaid:conformance="A"' in stated
    assert 'pdfuaid:part="1"' in stated
    assert root["/MarkInfo"]["/Marked"]
    assert str(root["/OutputIntents"][0].get_object()["/S"]) == "/GTS_PDFA1"


def test_the_text_file_of_a_document_holds_what_its_pdf_prints(good):
    for document in good.documents:
        reader = PdfReader(good.folder / document.entry.file)
        printed = "".join("".join(page.extract_text().split()) for page in reader.pages)
        stored = json.loads((good.folder / "text" / f"{document.entry.file[:-4]}.json").read_text())
        blocks = [block["text"] for block in stored["blocks"] if block["kind"] in ("heading", "item", "caption")]
        assert blocks
        lost = [text for text in blocks if len(text) < 80 and "".join(text.split()) not in printed]
        assert lost == [], document.entry.number


def test_the_text_of_a_document_has_sections_lists_and_tables_with_what_is_furniture():
    body = (
        '<h2 id="one"><span class="n">1</span>Purpose</h2><div class="note"><p>Read\nthis.</p></div>'
        '<ul><li>first <b>bold</b></li></ul><table><caption>T</caption><thead><tr><th>a</th><th>b</th></tr></thead>'
        '<tbody><tr><td>x<br>y</td><td><span class="furniture">7</span></td></tr></tbody></table>'
        '<figure><img alt="A line" src="data:x"><figcaption>F</figcaption></figure>'
    )  # fmt: skip
    blocks = read_text(*page("CW-DOC-001", body)).blocks
    assert [(block.section, block.kind, block.text) for block in blocks] == [
        ("one", "heading", "Purpose"),
        ("one", "paragraph", "Read this."),
        ("one", "item", "first bold"),
        ("one", "caption", "T"),
        ("one", "table", ""),
        ("one", "figure", "F\nA line"),
    ]
    assert blocks[1].style == "note"
    assert (blocks[4].rows, blocks[4].heads) == ((("a", "b"), ("x\ny", "7")), 1)


@pytest.mark.parametrize("body", ["<p>never closed", "<ul><li>one</ul>", "</b>"])
def test_an_element_that_a_template_leaves_open_is_named_with_its_document(body):
    with pytest.raises(RenderError, match=r"CW-DOC-001 \(indications_for_use\.html\): .*; close the element"):
        text_content(*page("CW-DOC-001", body))


def test_each_document_carries_its_claims_with_the_values_of_the_ledger(good):
    for document in good.documents:
        entry = document.entry
        ledger = json.loads((good.folder / entry.ledger).read_text())["claims"]
        (content,) = PdfReader(good.folder / entry.file).attachments[f"{entry.number}-claims.json"]
        held = json.loads(content)["claims"]
        parts = ("file", "pointer", "rule", "text", "value")
        assert [[claim[part] for part in parts] for claim in held] == [
            [claim[part] for part in parts] for claim in ledger
        ]
        assert held
