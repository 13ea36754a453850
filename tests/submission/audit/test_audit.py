"""The audit finds what was changed in a built folder, names it, and finds nothing in an untouched one."""

import ast
import hashlib
import inspect
import io
import json
import re
import shutil
import zipfile
from itertools import pairwise
from pathlib import Path

import pytest

from submission.audit import audit
from submission.audit.exempt import find_in_exempt
from submission.audit.held.beyond import signs_of
from submission.audit.held.scores import find_in_scores
from submission.audit.held.workbook import find_in_workbook
from submission.audit.names import WORKBOOK, ledger_of, text_of
from submission.audit.said import body_of
from submission.audit.texts import squeeze
from submission.cli import submission


@pytest.fixture
def folder(good, tmp_path) -> Path:
    return Path(shutil.copytree(good.folder, tmp_path / "package"))


def codes(folder: Path) -> set[str]:
    return {finding.code for finding in audit(folder).findings}


REPEATED = {
    "evidence-changed", "claim-unfounded", "claim-value", "claim-differs", "page-differs", "ledger-malformed",
    "attachment-differs", "workbook-differs",
}  # fmt: skip
"""Codes of findings of what repeats the evidence, ledgers, attachments, workbook: nearly every forgery has one too."""


LOOKED = {"verdict-differs", "chart-differs", "curve-differs", "file-odd", "indications-differ", "document-leads"}
"""Codes of what else looks at the same thing by another way."""


def others(folder: Path) -> set[str]:
    """What is found beside the ledgers, which must find something too."""
    found = codes(folder)
    assert found & REPEATED
    return found - REPEATED - LOOKED


def flip(path: Path, place: float = 0.5) -> None:
    content = bytearray(path.read_bytes())
    content[int(len(content) * place)] ^= 1
    path.write_bytes(content)


def rewrite(folder: Path, change) -> None:
    """Change the manifest as a careful forger would: the sidecar agrees with it."""
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text())
    change(manifest)
    path.write_text(json.dumps(manifest))
    (folder / "manifest.sha256").write_text(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  manifest.json\n")


def rewrite_evidence(folder: Path, name: str, change) -> None:
    """Change an evidence file and the manifest with it."""
    path = folder / "evidence" / name
    value = json.loads(path.read_text())
    change(value)
    path.write_text(json.dumps(value))
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    rewrite(folder, lambda manifest: manifest["evidence"].update({f"evidence/{name}": digest}))


def test_an_untouched_package_has_no_findings(folder, capsys):
    assert audit(folder).findings == ()
    assert submission(["audit", str(folder)]) == 0
    assert "no findings" in capsys.readouterr().out


@pytest.mark.parametrize("place", [0.0, 0.3])
def test_one_flipped_byte_in_each_document_and_evidence_file_is_found_and_the_file_named(folder, place):
    files = sorted(
        path for path in folder.rglob("*") if path.suffix in (".pdf", ".json") and path.name != "manifest.json"
    )
    assert len(files) > 20
    for path in files:
        flip(path, place)
    changed = {finding.where for finding in audit(folder).findings if finding.code == "file-changed"}
    assert changed == {path.relative_to(folder).as_posix() for path in files}


@pytest.mark.parametrize("name", ["manifest.json", "manifest.sha256"])
@pytest.mark.parametrize("place", [0.1, 0.4])
def test_one_flipped_byte_in_the_manifest_or_its_digest_is_found(folder, name, place):
    flip(folder / name, place)
    assert "manifest-changed" in codes(folder)


def test_missing_extra_and_renamed_files_are_named(folder, capsys):
    (folder / "CW-DOC-001-indications-for-use.pdf").unlink()
    (folder / "CW-DOC-003-summary-510k.pdf").rename(folder / "summary.pdf")
    (folder / "notes.txt").write_text("by the way")
    assert submission(["audit", str(folder), "--json"]) == 1
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {(one["code"], one["where"]) for one in found} == {
        ("file-missing", "CW-DOC-001-indications-for-use.pdf"),
        ("file-renamed", "CW-DOC-003-summary-510k.pdf"),
        ("file-extra", "notes.txt"),
    }


def test_a_forged_two_by_two_table_does_not_add_up(folder):
    def forge(studies):
        studies["studies"][0]["confusion"]["true_positive"] += 1

    rewrite_evidence(folder, "studies.json", forge)
    assert others(folder) == {"two-by-two"}


def test_images_without_a_score_are_in_no_cell(folder):
    """One image more that the gate refused adds up; one that is said to be scored does not."""

    def refuse(studies):
        studies["studies"][0]["analysed"] = studies["studies"][0]["images"]
        studies["studies"][0]["images"] += 1

    def forge(studies):
        studies["studies"][0]["analysed"] += 1

    rewrite_evidence(folder, "studies.json", refuse)
    assert "two-by-two" not in others(folder)
    rewrite_evidence(folder, "studies.json", forge)
    assert "two-by-two" in others(folder)


def test_the_images_of_a_table_of_scores_are_counted_again(tmp_path):
    content = b"image,patient,label,score,not_analysed\na,p,1,0.9,\nb,q,0,0.1,\nc,r,0,,BLANK_IMAGE\n"
    (tmp_path / "evidence/scores").mkdir(parents=True)
    (tmp_path / "evidence/scores/x.csv").write_bytes(content)
    study = {
        "name": "x", "scores_sha256": hashlib.sha256(content).hexdigest(), "release": "r", "estimates": [],
        "openings": [], "images": 3, "analysed": 2,
    }  # fmt: skip
    assert list(find_in_scores(tmp_path, {"studies.json": {"studies": [study]}})) == []
    for key, forged in (("images", 2), ("analysed", 3)):
        (found,) = find_in_scores(tmp_path, {"studies.json": {"studies": [study | {key: forged}]}})
        assert found[0] == "scores-differ"
        assert f"the study states {forged}" in found[2]


def test_a_forged_sensitivity_does_not_follow_from_the_cells(folder):
    def forge(studies):
        studies["studies"][0]["estimates"][1]["value"] = 0.85

    rewrite_evidence(folder, "studies.json", forge)
    assert others(folder) == {"two-by-two"}


def test_a_missed_goal_cannot_be_called_met(folder):
    def forge(studies):
        studies["studies"][0]["criteria"][0]["met"] = True

    rewrite_evidence(folder, "studies.json", forge)
    assert others(folder) == {"verdict", "count-differs"}


def test_a_failure_edited_into_the_evidence_contradicts_the_state_of_the_package(folder):
    def forge(verification):
        verification["results"][0]["status"] = "failed"

    rewrite_evidence(folder, "verification.json", forge)
    assert others(folder) == {"blocking-hidden", "count-differs", "state-differs"}


def fail_criterion(trace):
    trace["items"][2]["criteria"][0]["status"] = "failed"


def drop_issue(trace):
    trace["issues"].clear()


def lower_risk(trace):
    trace["hazards"][0]["acceptability"] = "reduce"


def cut_link(trace):
    trace["links"][0]["target"] = "UN-902"


def forget_state(trace):
    trace["items"][1]["status"] = "stale"


def hide_blocking(trace):
    trace["issues"].append({"code": "x", "severity": "blocking", "where": "y", "message": "RC-901", "hint": "z"})


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (fail_criterion, "state-differs"),
        (drop_issue, "issue-missing"),
        (lower_risk, "risk-differs"),
        (cut_link, "link-loose"),
        (forget_state, "issue-missing"),
        (hide_blocking, "blocking-hidden"),
    ],
)
def test_a_trace_that_contradicts_itself_is_named(folder, change, code):
    rewrite_evidence(folder, "trace.json", change)
    assert others(folder) == {code}


def test_a_component_that_was_dropped_still_stands_in_the_bill(folder):
    rewrite_evidence(folder, "supply.json", lambda supply: supply["components"].pop())
    found = {(one.code, one.message) for one in audit(folder).findings}
    assert ("component-differs", "unseen 1.0 stands in the bill alone") in found


def test_a_scenario_that_failed_in_the_run_fails_in_the_trace(folder):
    def forge(trace):
        trace["items"][2]["criteria"][0]["scenarios"].append("gate/never-ran")

    rewrite_evidence(folder, "trace.json", forge)
    assert others(folder) == {"state-differs"}


def test_a_count_of_faults_is_that_of_the_faults_listed(folder):
    def forge(trace):
        strength = {"requirement": "SRS-901", "symbol": "device.gate.check", "scenarios": 2, "killed": 9}
        trace["strengths"] = [strength | {"survived": 1, "equivalent": 0, "elsewhere": 0, "mutants": []}]

    rewrite_evidence(folder, "trace.json", forge)
    assert others(folder) == {"count-differs"}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda m: m["counts"].update(scenarios=13), "count-differs"),
        (lambda m: m["statuses"].update(passed=13), "count-differs"),
        (lambda m: m["release"].update(digest="0" * 64), "release-differs"),
        (lambda m: m["banners"].append("BLOCKED"), "page-lacks"),
        (lambda m: m.update(banners=[]), "banner-missing"),
        (lambda m: m["documents"][2].update(pages=99), "pages-differ"),
        (lambda m: m["documents"].pop(), "file-extra"),
        (lambda m: m["claims"].update({"claims/CW-DOC-999.json": "0"}), "manifest-names"),
        (lambda m: m["text"].popitem(), "manifest-names"),
        (lambda m: m["evidence"].update(evidence=m["evidence"]["evidence/trace.json"]), "manifest-names"),
        (lambda m: m["documents"][1].update(number=m["documents"][0]["number"]), "manifest-names"),
        (lambda m: m.update(format=1), "manifest-unreadable"),
        (lambda m: m.pop("counts"), "manifest-unreadable"),
        (lambda m: m["documents"][0].update(file="/etc/passwd"), "manifest-unreadable"),
    ],
)
def test_a_forged_manifest_contradicts_the_folder(folder, change, code):
    rewrite(folder, change)
    assert code in codes(folder)


def test_a_page_swapped_from_another_document_is_found(folder):
    from pypdf import PdfReader, PdfWriter

    path = folder / "CW-DOC-006-software-requirements.pdf"
    writer = PdfWriter(clone_from=path)
    writer.insert_page(PdfReader(folder / "CW-DOC-007-hazard-analysis.pdf").pages[1], 1)
    writer.remove_page(2)
    writer.write(path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    rewrite(folder, lambda m: next(d for d in m["documents"] if d["number"] == "CW-DOC-006").update(sha256=digest))
    assert others(folder) == {"page-lacks"}


def test_a_document_that_is_no_pdf_is_named(folder):
    path = folder / "CW-DOC-006-software-requirements.pdf"
    path.write_bytes(path.read_bytes()[:5000])
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    rewrite(folder, lambda m: next(d for d in m["documents"] if d["number"] == "CW-DOC-006").update(sha256=digest))
    found = {(finding.code, finding.where) for finding in audit(folder).findings}
    assert found == {("document-unreadable", path.name), ("file-odd", path.name)}


# --- what a ledger calls no claim -------------------------------------------------------------------------------------


def of_kind(why: str, *texts: str, sections: tuple[int, ...] = ()) -> set[str]:
    """What is found in a document of two pages with these texts on the first, none of which a claim accounts for."""
    document = {"file": "x.pdf", "sections": dict(enumerate(sections))}
    pages = [[[text, None, why] for text in texts], [["Page 2 of 2", None, "structure"]]]
    return {code for code, *_ in find_in_exempt(document, pages, re.compile("SRS-014"))}


@pytest.mark.parametrize(
    "texts",
    [
        ("1", "Title", "1.1", "1.2", "2", "3"), ("1. ", "2. ", "1. "), ("1", "1.1", "1", "1.1"), ("Page 1 of 2",),
        ("SRS-014",), ("1", "1. ", "2. ", "2"),
    ],
)  # fmt: skip
def test_numbers_of_headings_items_and_pages_are_a_documents_own(texts):
    assert of_kind("structure", *texts) == set()


@pytest.mark.parametrize(
    "texts",
    [
        ("364",),
        ("1", "2", "93.3"),
        ("0.933",),
        ("2026-11-28",),
        ("1", "3"),
        ("2. ",),
        ("SRS-015",),
        ("a1a40",),
        ("1,234",),
    ],
)
def test_a_figure_numbers_nothing(texts):
    assert of_kind("structure", *texts) == {"free-numeral"}


@pytest.mark.parametrize("texts", [("Page 2 of 2",), ("Page 1 of 3",), (".  .  .  . 2 1.", ".  .  .  . 2")])
def test_a_wrong_number_of_a_page_is_found(texts):
    assert of_kind("structure", *texts, sections=(1, 2)) == {"page-misnumbered"}


def test_contents_lead_to_the_pages_of_the_sections():
    assert of_kind("structure", "1", ".  .  .  . 1 2.", ".  .  .  . 2", sections=(1, 2)) == {
        "free-numeral"
    }  # 2 is no item
    assert of_kind("structure", "1", ".  .  .  . 1 2", ".  .  .  . 2", sections=(2, 1)) == set()


@pytest.mark.parametrize(
    "text", ["0.0 0.2 0.4 0.6", "0 1,000 2,000 3,000", "−15 −10 −5 0 5", "0.0 0.0 0.5 0.5 1.0 1.0", "0 1 2 0.0 0.5 1.0"]
)
def test_marks_of_one_distance_are_a_scale(text):
    assert of_kind("scale", text) == set()


@pytest.mark.parametrize("text", ["0.933", "364", "0.0 0.2 0.5", "1 2", "0.855–0.983", "65/70", "0.0 0.2 0.4 364"])
def test_a_figure_is_no_scale(text):
    assert of_kind("scale", text) == {"free-numeral"}


def test_a_document_called_of_another_set_is_found(folder):
    rewrite(folder, lambda manifest: manifest["documents"][0].update(set="filed"))
    assert {"set-differs", "count-differs"} <= codes(folder)


@pytest.mark.parametrize(("old", "new"), [(b": passed", b": failed"), (b"SRS-901/AC1", b"SRS-901/AC9")])
def test_a_workbook_that_says_other_than_the_trace_is_found(folder, old, new):
    path, content = folder / "evidence" / WORKBOOK, io.BytesIO()
    with zipfile.ZipFile(path) as before, zipfile.ZipFile(content, "w") as after:
        for part in before.infolist():
            after.writestr(part, before.read(part).replace(old, new))
    assert content.getvalue() != path.read_bytes()
    assert list(find_in_workbook(folder, known(folder))) == []
    path.write_bytes(content.getvalue())
    assert {code for code, *_ in find_in_workbook(folder, known(folder))} == {"workbook-differs"}


def test_a_workbook_that_is_none_is_named(folder):
    (folder / "evidence" / WORKBOOK).write_bytes(b"no archive")
    assert [code for code, *_ in find_in_workbook(folder, known(folder))] == ["workbook-unreadable"]


def known(folder: Path) -> dict:
    return {name: json.loads((folder / "evidence" / name).read_text()) for name in ("trace.json", "verification.json")}


NUMBER = "CW-DOC-003"


def rewrite_file(folder: Path, part: str, name: str, change) -> None:
    """Change a JSON file of the package and the manifest with it."""
    path = folder / name
    value = json.loads(path.read_text())
    found = change(value)
    path.write_text(found if isinstance(found, str) else json.dumps(value))
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    rewrite(folder, lambda manifest: manifest[part].update({name: digest}))


def first_run(ledger, wanted) -> list:
    return next(run for said in ledger["pages"] for run in said if wanted(run))


@pytest.mark.parametrize("number", [9999, -1, "3", True])
def test_a_claim_that_there_is_not_is_found(folder, number):
    def change(ledger):
        first_run(ledger, lambda run: run[1] is not None)[1] = number

    rewrite_file(folder, "claims", f"claims/{NUMBER}.json", change)
    assert "claim-unknown" in codes(folder)


def test_spaces_that_the_page_does_not_print_are_found(folder):
    def change(ledger):
        run = first_run(ledger, lambda run: run[1] is not None and re.fullmatch(r"\d{2,}", run[0]))
        run[:] = [" ".join(run[0]), None, "structure"]

    rewrite_file(folder, "claims", f"claims/{NUMBER}.json", change)
    assert any("as one number" in finding.message for finding in audit(folder).findings)


def test_a_name_is_the_last_step_of_its_place_and_an_empty_text_prints_nothing():
    from submission.audit.texts import is_printed

    assert is_printed("v1.2", {}, "name", "/tags/v1.2") is True
    assert is_printed("0.999", {}, "name", "/tags/v1.2") is False
    assert is_printed("", "whole", "part", "/tags") is False


def test_a_hyphen_that_begins_a_number_may_be_printed_as_a_minus_and_no_other():
    from submission.audit.texts import is_printed

    assert is_printed("brightness −0.15", "brightness -0.15", "text") is True
    assert is_printed("under brightness −0.15", "Most flip under brightness -0.15: 3", "part") is True
    assert is_printed("brightness -0.15", "brightness −0.15", "text") is False
    assert is_printed("brightness 0.15", "brightness -0.15", "text") is False
    assert is_printed("SRS−015", "SRS-015", "text") is False


def test_a_paragraph_that_goes_on_overleaf_is_found_though_a_figure_is_shown_before_its_end(folder):
    """Of two blocks between which a page says what its figures show one is made, as if it went over the page."""
    merged = 0
    for document in json.loads((folder / "manifest.json").read_bytes())["documents"]:
        text = json.loads((folder / text_of(document)).read_bytes())
        pages = json.loads((folder / ledger_of(document)).read_bytes())["pages"]
        plain = "".join(sign for sign, _ in signs_of(pages, (folder / document["file"]).read_bytes()))
        for number, (one, other) in enumerate(pairwise(text["blocks"])):
            both = f"{one.get('text', '')} {other.get('text', '')}"
            texts = {one["kind"], other["kind"]} <= {"paragraph", "item"}
            if texts and squeeze(both) in plain and squeeze(both) not in body_of(pages):
                blocks = [*text["blocks"][:number], {**one, "text": both}, *text["blocks"][number + 2 :]]
                (folder / text_of(document)).write_text(json.dumps({**text, "blocks": blocks}))
                merged += 1
                break
    assert merged
    assert "text-differs" not in {finding.code for finding in audit(folder).findings}


def test_a_text_file_that_says_otherwise_is_found(folder):
    name = "text/CW-DOC-001-indications-for-use.json"

    def change(text):
        block = next(block for block in text["blocks"] if "does not diagnose" in block.get("text", ""))
        block["text"] = block["text"].replace("does not diagnose", "does diagnose")

    rewrite_file(folder, "text", name, change)
    assert ("text-differs", "CW-DOC-001-indications-for-use.pdf") in {found[:2] for found in audit(folder).findings}
    rewrite_file(folder, "text", name, lambda _: "[" * 200_000)
    assert ("text-malformed", name) in {found[:2] for found in audit(folder).findings}


def hide(path: Path, change) -> None:
    """Change the first page of a PDF by pypdf."""
    from pypdf import PdfWriter

    writer = PdfWriter(clone_from=path)
    change(writer)
    writer.write(path)


def test_what_is_laid_upon_a_page_or_read_instead_of_it_is_found(folder):
    from pypdf.annotations import FreeText
    from pypdf.generic import DecodedStreamObject, NameObject

    def note(writer):
        writer.add_annotation(0, FreeText(text="0.993", rect=(50, 50, 200, 80)))

    def instead(writer):
        page, stream = writer.pages[0], DecodedStreamObject()
        stream.set_data(b"/Span <</ActualText (0.933)>> BDC EMC " + page.get_contents().get_data())
        page[NameObject("/Contents")] = writer._add_object(stream)

    files = {"CW-DOC-003-summary-510k.pdf": note, "CW-DOC-001-indications-for-use.pdf": instead}
    for file, change in files.items():
        hide(folder / file, change)
    found = {finding.where for finding in audit(folder).findings if finding.code == "file-odd"}
    assert found == files.keys()


@pytest.mark.parametrize(
    "change",
    [
        lambda m: m.pop("indications"), lambda m: m.update(indications=None), lambda m: m.update(release="x"),
        lambda m: m.update(commit=5), lambda m: m.update(evidence=[]), lambda m: m.update(claims=None),
        lambda m: m.update(text=["a"]), lambda m: m.update(documents={}), lambda m: m["documents"].append(None),
    ],
)  # fmt: skip
def test_a_manifest_of_another_form_is_a_finding(folder, change):
    rewrite(folder, change)
    assert codes(folder) == {"manifest-unreadable"}


def test_a_document_without_its_sections_and_a_ledger_of_another_form_are_findings(folder):
    rewrite(folder, lambda manifest: manifest["documents"][0].pop("sections"))
    (folder / "claims" / "CW-DOC-003.json").unlink()
    (folder / "claims" / "CW-DOC-003.json").mkdir()
    (folder / "claims" / "CW-DOC-001.json").write_text("[" * 200_000)
    found = {finding[:2] for finding in audit(folder).findings}
    assert {("ledger-malformed", "claims/CW-DOC-000.json"), ("ledger-missing", "claims/CW-DOC-003.json")} <= found
    assert ("ledger-malformed", "claims/CW-DOC-001.json") in found


def test_the_claims_that_a_document_carries_are_its_ledgers(folder):
    path = folder / "claims" / "CW-DOC-003.json"
    ledger = json.loads(path.read_text())
    ledger["claims"][5]["rule"] = "part"  # true of the page too, but not what the PDF carries
    path.write_text(json.dumps(ledger))
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    rewrite(folder, lambda manifest: manifest["claims"].update({"claims/CW-DOC-003.json": digest}))
    assert ("attachment-differs", "CW-DOC-003-summary-510k.pdf") in {found[:2] for found in audit(folder).findings}


def test_a_folder_that_is_no_package_is_refused(tmp_path, capsys):
    assert submission(["audit", str(tmp_path)]) == 1
    assert "there is no manifest" in capsys.readouterr().out
    assert submission(["audit", str(tmp_path / "nonesuch")]) == 2


def test_the_auditor_shares_no_code_with_the_build():
    for path in Path(inspect.getfile(audit)).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom | ast.Import):
                names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names]
                ours = [name for name in names if name.split(".")[0] in ("submission", "verification", "device")]
                assert all(name.startswith("submission.audit") for name in ours), (path.name, ours)


def test_an_estimate_whose_interval_is_of_another_is_named_by_page(folder):
    places = ((path, find_estimate(path)) for path in sorted((folder / "claims").glob("CW-DOC-*.json")))
    path, (page, at) = next((path, place) for path, place in places if place)
    ledger = json.loads(path.read_text())
    run = ledger["pages"][page][at + 2]
    other = next(
        n for n, claim in enumerate(ledger["claims"]) if claim["pointer"] != ledger["claims"][run[1]]["pointer"]
    )
    run[1] = other
    path.write_text(json.dumps(ledger))
    assert "claim-torn" in codes(folder)


def find_estimate(path: Path) -> tuple[int, int] | None:
    """Page and run at which an estimate with its interval begins."""
    for number, said in enumerate(json.loads(path.read_text())["pages"]):
        for at in range(len(said) - 5):
            if said[at + 1][0].strip() == "(" and said[at + 3][0].strip() == "to" and said[at][1] is not None:
                return number, at
    return None
