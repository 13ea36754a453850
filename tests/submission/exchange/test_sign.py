"""Signed copies: bound to their package, checked again by the audit, which finds whatever was changed since."""

import hashlib
import json
import shutil
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pypdf import PdfReader

from submission.audit import audit
from submission.audit.signatures import find_in_signatures
from submission.cli import submission
from submission.exchange.cli import PASSWORD
from submission.exchange.signing import sign

ADA, BEN = "Ada Example (fictitious)", "Ben Example (fictitious)"
ONE, TWO = "CW-DOC-001", "CW-DOC-013"
ONE_FILE = "CW-DOC-001-indications-for-use.pdf"


@pytest.fixture(scope="module")
def keys(tmp_path_factory, make_key) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("keys")
    return {name: make_key(folder / f"{name[:3]}.p12", name) for name in (ADA, BEN)}


@pytest.fixture
def package(good, tmp_path) -> Path:
    return Path(shutil.copytree(good.folder, tmp_path / "package"))


@pytest.fixture
def signed(package, keys) -> Path:
    sign(package, keys[ADA], b"x", ADA, "review", [ONE, TWO])
    return package.with_name("package-signed")


def codes(package: Path) -> set[str]:
    return {code for code, _, _ in find_in_signatures(package)}


def listed(signed: Path) -> dict:
    return json.loads((signed / "signatures.json").read_text())


def test_a_signature_says_who_when_and_what_it_means_and_binds_the_manifest(package, signed):
    field = PdfReader(signed / ONE_FILE).get_fields()["Signature1"]["/V"]
    manifest = hashlib.sha256((package / "manifest.json").read_bytes()).hexdigest()
    assert field["/Name"] == ADA
    assert field["/Reason"] == f"REFERENCE RELEASE, NOT FOR SUBMISSION: review; package manifest SHA-256 {manifest}"
    assert field["/SubFilter"] == "/ETSI.CAdES.detached"
    line = listed(signed)["signatures"][0]
    assert (line["name"], line["meaning"], line["document"]) == (ADA, "review", ONE)
    assert abs(datetime.now(UTC) - datetime.fromisoformat(line["date"])) < timedelta(hours=1)


def test_the_field_of_a_signature_takes_no_room_on_its_page_and_has_a_name_for_people(signed):
    pages = PdfReader(signed / ONE_FILE).pages
    found = [(page, note.get_object()) for page in pages for note in page.get("/Annots", ())]
    ((page, field),) = [(page, note) for page, note in found if note["/Subtype"] == "/Widget"]
    assert list(field["/Rect"]) == [0, 0, 0, 0]
    assert field["/TU"] == f"Signature of {ADA}"
    assert str(page["/Tabs"]) == "/S"


def test_signing_leaves_the_package_as_it_was_and_the_signatures_hold(good, package, signed):
    before = {path.relative_to(good.folder): path.read_bytes() for path in good.folder.rglob("*") if path.is_file()}
    after = {path.relative_to(package): path.read_bytes() for path in package.rglob("*") if path.is_file()}
    assert after == before
    assert codes(package) == set()
    assert sorted(path.name for path in signed.iterdir()) == [
        ONE_FILE,
        "CW-DOC-013-anomalies.pdf",
        "signatures.json",
        "signatures.pdf",
    ]


def test_the_sheet_names_every_signature_and_where_a_quality_system_takes_over(signed):
    text = " ".join(" ".join(page.extract_text() for page in PdfReader(signed / "signatures.pdf").pages).split())
    assert text.count(ADA) == 2
    assert "REFERENCE RELEASE, NOT FOR SUBMISSION" in text
    assert "belong to the quality system that takes the signed files over" in text


def test_a_second_person_signs_the_same_copy_and_both_hold(package, signed, keys):
    sign(package, keys[BEN], b"x", BEN, "approval", [ONE])
    assert codes(package) == set()
    lines = [line for line in listed(signed)["signatures"] if line["document"] == ONE]
    assert [(line["name"], line["field"]) for line in lines] == [(ADA, "Signature1"), (BEN, "Signature2")]


def flip(path: Path, place: int | bytes) -> None:
    content = bytearray(path.read_bytes())
    content[place if isinstance(place, int) else content.rindex(place) + 15] ^= 1
    path.write_bytes(content)


def relist(signed: Path, change=lambda listed: None) -> None:
    """Change the list as a careful forger would: its digests agree with the files."""
    told = listed(signed)
    told["files"] = {name: hashlib.sha256((signed / name).read_bytes()).hexdigest() for name in told["files"]}
    change(told)
    (signed / "signatures.json").write_text(json.dumps(told))


@pytest.mark.parametrize("place", [2000, b"/Reason", b"/ByteRange", b"/Contents <"])
def test_a_changed_byte_after_signing_is_found_even_if_the_list_is_forged(package, signed, place):
    flip(signed / ONE_FILE, place)
    assert "signed-copy-changed" in codes(package)
    relist(signed)
    assert codes(package) & {"signature-broken", "signed-copy-of-other-document", "signature-differs"}


def test_something_added_after_signing_is_found(package, signed):
    from pypdf import PdfWriter

    writer = PdfWriter(signed / ONE_FILE, incremental=True)
    writer.add_metadata({"/Title": "Another"})
    writer.pages[0].merge_page(writer.pages[1])
    writer.write(signed / ONE_FILE)
    relist(signed)
    assert codes(package) == {"signature-broken"}


def test_another_manifest_is_found(package, signed):
    manifest = json.loads((package / "manifest.json").read_text())
    manifest["gaps"] += 1
    content = json.dumps(manifest).encode()
    (package / "manifest.json").write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    (package / "manifest.sha256").write_text(f"{digest}  manifest.json\n")
    assert codes(package) == {"signature-of-other-package"}
    relist(signed, lambda told: told.update(manifest=digest))
    assert codes(package) == {"signature-of-other-package"}


def test_a_replaced_document_is_found(package, signed, keys):
    """The signed copy of another document under this one's name, with a list that agrees."""
    shutil.copy(signed / "CW-DOC-013-anomalies.pdf", signed / ONE_FILE)
    relist(signed)
    assert "signed-copy-of-other-document" in codes(package)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda told: told["signatures"][0].update(name=BEN), "signature-differs"),
        (lambda told: told["signatures"][0].update(date="2001-02-03T04:05:06+00:00"), "signature-differs"),
        (lambda told: told["signatures"][0].update(meaning="approval"), "signature-differs"),
        (lambda told: told["signatures"][0].update(certificate_sha256="0" * 64), "signature-differs"),
        (lambda told: told["signatures"].pop(0), "signature-count"),
        (lambda told: told["signatures"].append(told["signatures"][0]), "signature-count"),
        (lambda told: told.pop("manifest"), "signatures-unreadable"),
        (lambda told: told["signatures"][0].update(file="../package/manifest.json"), "signatures-unreadable"),
    ],
)
def test_a_forged_list_contradicts_the_signatures(package, signed, change, code):
    relist(signed, change)
    assert code in codes(package)


def test_missing_and_extra_copies_are_named(package, signed):
    (signed / ONE_FILE).unlink()
    (signed / "note.txt").write_text("by the way")
    assert codes(package) == {"signed-copy-missing", "signed-copy-extra"}


def run(package: Path, key: Path, *more: str, name: str = ADA, document: str = ONE) -> int:
    return submission(
        ["sign", str(package), "--key", str(key), "--name", name, "--meaning", "review", "--document", document, *more]
    )


def test_the_command_signs_all_and_says_what_it_signed(package, keys, capsys, monkeypatch):
    monkeypatch.setenv(PASSWORD, "x")
    assert run(package, keys[ADA], document="all") == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(json.loads((package / "manifest.json").read_text())["documents"])
    assert all("REFERENCE RELEASE, NOT FOR SUBMISSION: review" in line for line in lines)
    assert codes(package) == set()


def test_the_audit_of_the_package_names_what_is_wrong_beside_it(package, signed):
    flip(signed / ONE_FILE, 2000)
    found = {finding.where for finding in audit(package).findings if finding.code.startswith("sign")}
    assert found == {f"package-signed/{ONE_FILE}"}


def spoil_state(package: Path) -> None:
    manifest = json.loads((package / "manifest.json").read_text())
    manifest |= {"state": "blocked", "blocking": ["evidence-stale: fictitious"]}
    content = json.dumps(manifest).encode()
    (package / "manifest.json").write_bytes(content)
    (package / "manifest.sha256").write_text(f"{hashlib.sha256(content).hexdigest()}  manifest.json\n")


@pytest.mark.parametrize(
    ("spoil", "options", "password", "told"),
    [
        (spoil_state, {}, "x", "the package is BLOCKED and is not signed; evidence-stale: fictitious"),
        (lambda p: flip(p / ONE_FILE, 100), {}, "x", "it was changed"),
        (lambda p: None, {}, "wrong", "cannot be opened with this password"),
        (lambda p: None, {"name": BEN}, "x", "nobody signs for another"),
        (lambda p: None, {"document": "CW-DOC-999"}, "x", "CW-DOC-999: no document of"),
        (lambda p: (p.with_name("package-signed")).write_text("mine"), {}, "x", "expected a folder"),
        (lambda p: p.with_name("package-signed").mkdir(), {}, "x", "is no list of signatures"),
        (lambda p: (p / "manifest.json").unlink(), {}, "x", "is no package"),
    ],
)
def test_what_cannot_be_signed_is_named_and_nothing_is_written(
    package, keys, capsys, monkeypatch, spoil, options, password, told
):
    monkeypatch.setenv(PASSWORD, password)
    spoil(package)
    before = sorted(package.parent.rglob("*"))
    assert run(package, keys[ADA], **options) in (1, 2)
    assert told in capsys.readouterr().err
    assert sorted(package.parent.rglob("*")) == before


def test_an_expired_certificate_a_missing_key_and_no_key_are_named(package, tmp_path, capsys, monkeypatch, make_key):
    monkeypatch.setenv(PASSWORD, "x")
    assert run(package, make_key(tmp_path / "old.p12", ADA, days=-1)) == 1
    assert "which is not now" in capsys.readouterr().err
    assert run(package, tmp_path / "nothing.p12") == 1
    assert "nothing.p12: cannot be read" in capsys.readouterr().err
    (tmp_path / "text.p12").write_text("no key")
    assert run(package, tmp_path / "text.p12") == 1
    assert "is no PKCS#12 file" in capsys.readouterr().err


def test_signatures_of_an_earlier_build_are_not_overwritten(package, signed, keys, capsys, monkeypatch):
    monkeypatch.setenv(PASSWORD, "x")
    before = {path.name: path.read_bytes() for path in signed.iterdir()}
    manifest = (package / "manifest.json").read_bytes() + b"\n"
    (package / "manifest.json").write_bytes(manifest)
    (package / "manifest.sha256").write_text(f"{hashlib.sha256(manifest).hexdigest()}  manifest.json\n")
    assert run(package, keys[ADA]) == 1
    assert f"move {signed} away" in capsys.readouterr().err
    assert {path.name: path.read_bytes() for path in signed.iterdir()} == before


def test_two_who_sign_at_once_both_end_up_in_the_list(package, keys):
    threads = [
        threading.Thread(target=sign, args=(package, keys[name], b"x", name, "review", [ONE])) for name in (ADA, BEN)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {line["name"] for line in listed(package.with_name("package-signed"))["signatures"]} == {ADA, BEN}
    assert codes(package) == set()
