"""A package that agrees with itself is held against a digest that was told, and against a certificate."""

import hashlib
import json
import shutil

import pytest

from submission.audit.trusted import TrustError, find_in_rebuild, find_other_manifest, find_other_signer


@pytest.fixture
def folder(tmp_path):
    package = tmp_path / "package"
    package.mkdir()
    (package / "manifest.json").write_text(
        json.dumps({"commit": "0" * 40, "release": None, "volume": None, "blocking": []})
    )
    return package


def test_another_manifest_than_the_one_that_was_told_is_found(folder):
    digest = hashlib.sha256((folder / "manifest.json").read_bytes()).hexdigest()
    assert list(find_other_manifest(folder, digest.upper())) == []
    assert [code for code, *_ in find_other_manifest(folder, "0" * 64)] == ["manifest-other"]


def test_a_package_that_nobody_or_another_signed_is_found(folder, tmp_path):
    certificate = tmp_path / "signer.der"
    certificate.write_bytes(b"\x30\x03fictitious")
    assert [code for code, *_ in find_other_signer(folder, certificate)] == ["signer-missing"]
    signed = tmp_path / "package-signed"
    signed.mkdir()
    own = hashlib.sha256(certificate.read_bytes()).hexdigest()
    for digests, codes in (((own,), []), ((own, "ab" * 32), ["signer-other"]), ((), ["signer-missing"])):
        lines = [{"certificate_sha256": digest} for digest in digests]
        (signed / "signatures.json").write_text(json.dumps({"signatures": lines}))
        assert [code for code, *_ in find_other_signer(folder, certificate)] == codes
    with pytest.raises(TrustError, match="no certificate"):
        list(find_other_signer(folder, tmp_path / "missing.pem"))


def test_a_checkout_of_another_commit_is_refused(folder, made):
    with pytest.raises(TrustError, match="check that out there"):
        list(find_in_rebuild(folder, made.project.root))
    with pytest.raises(TrustError, match="no checkout that git can read"):
        list(find_in_rebuild(folder, folder))


def test_a_document_that_was_changed_is_not_what_its_commit_gives(good, make, tmp_path, monkeypatch):
    copy, built = tmp_path / "received", tmp_path / "built"
    for target in (copy, built):
        shutil.copytree(good.folder, target)
    project = make().write()
    monkeypatch.setattr(
        "submission.audit.trusted._build", lambda _, target, __: shutil.copytree(built, target)
    )  # a whole build takes a minute; that it gives these bytes is tested where it is built
    assert list(find_in_rebuild(copy, project.root)) == []
    shutil.copy(copy / "CW-DOC-001-indications-for-use.pdf", copy / "CW-DOC-003-summary-510k.pdf")
    (found,) = find_in_rebuild(copy, project.root)
    assert found[:2] == ("rebuild-differs", "CW-DOC-003-summary-510k.pdf")
    assert "pages instead of" in found[2] or "looks otherwise on page 1" in found[2]


def test_a_checkout_that_gives_no_package_is_refused_with_the_reason(folder, make):
    project = make().write()
    told = json.loads((folder / "manifest.json").read_text()) | {"commit": project.commit()[0]}
    (folder / "manifest.json").write_text(json.dumps(told))
    shutil.rmtree(project.evidence)  # what was made there is gone, so that nothing is set
    with pytest.raises(TrustError, match=r"cannot be built \((?!it said nothing)"):
        list(find_in_rebuild(folder, project.root))
