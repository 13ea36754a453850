"""A package against what comes from elsewhere: a digest that was told, a certificate, a build of the same commit.

Whoever rewrites evidence, ledgers, pages and manifest alike has made another package, and nothing in it can tell. Each
of these three can.
"""

from __future__ import annotations

import hashlib
import json
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from submission.audit.names import MANIFEST
from submission.audit.signatures import LIST, signed_folder

Found = tuple[str, str, str]

SHOWN = 5
"""Pages of a document that are named as looking otherwise; there may be more."""
PIXELS = 1.0
"""Pixels for a point when two pages are held against each other."""
BUILD = (
    "import sys; sys.path.insert(0, sys.argv[1]); from submission.cli import submission; "
    "sys.exit(submission(sys.argv[2:]))"
)


class TrustError(Exception):
    """What a package was to be held against cannot be used; the message says why and what to do."""


def find_other_manifest(folder: Path, digest: str) -> Iterator[Found]:
    """Yield that the manifest is not the one of a digest that was told."""
    path = folder / MANIFEST
    found = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "no file"
    if found != digest.strip().lower():
        yield "manifest-other", MANIFEST, f"SHA-256 {found}, you were told {digest}: this is another package"


def find_other_signer(folder: Path, certificate: Path) -> Iterator[Found]:
    """Yield that a package is signed by nobody or by others than the holder of a certificate.

    That each signature is intact and of this package is looked at elsewhere.

    Raises:
        TrustError: the file is no certificate.
    """
    try:
        content = certificate.read_bytes()
        held = ssl.PEM_cert_to_DER_cert(content.decode()) if content.startswith(b"-----") else content
    except (OSError, ValueError) as error:
        raise TrustError(f"{certificate}: no certificate (PEM or DER): {error}") from error
    digest, signed = hashlib.sha256(held).hexdigest(), signed_folder(folder.resolve())
    path = signed / LIST
    try:
        lines = json.loads(path.read_bytes())["signatures"]
        others = sorted({line["certificate_sha256"] for line in lines} - {digest})
    except (OSError, ValueError, KeyError, TypeError) as error:
        yield (
            "signer-missing",
            f"{signed.name}/{LIST}",
            f"there is no list of signatures: {type(error).__name__} {error}",
        )
        return
    if not lines:
        yield "signer-missing", f"{signed.name}/{LIST}", "nobody has signed"
    for other in others:
        yield "signer-other", f"{signed.name}/{LIST}", f"signed with the certificate {other}, expected {digest}"


def find_in_rebuild(folder: Path, checkout: Path) -> Iterator[Found]:
    """Yield each file of a package that a build from the checkout does not give byte for byte, and how pages differ.

    The evidence is the checkout's own. Nothing is more final: builds of one commit and evidence are the same bytes.

    Raises:
        TrustError: the checkout is of another commit, or cannot be built.
    """
    manifest = json.loads((folder / MANIFEST).read_bytes())
    commit = _git(checkout, "rev-parse", "HEAD")
    if commit != manifest["commit"]:
        raise TrustError(
            f"{checkout}: is at commit {commit}, the package says {manifest['commit']}; check that out there"
        )
    with tempfile.TemporaryDirectory() as scratch:
        built = Path(scratch) / "package"
        _build(checkout, built, manifest)
        names = {
            path.relative_to(root).as_posix() for root in (folder, built) for path in root.rglob("*") if path.is_file()
        }
        for name in sorted(names):
            here, there = folder / name, built / name
            if not there.is_file() or not here.is_file():
                yield (
                    "rebuild-differs",
                    name,
                    f"is {'not ' if not here.is_file() else ''}here; built again, it is otherwise",
                )
            elif here.read_bytes() != there.read_bytes():
                said = _pages_that_differ(here.read_bytes(), there.read_bytes()) if name.endswith(".pdf") else ""
                yield "rebuild-differs", name, f"is not what commit {commit} and its evidence give{said}"


def _git(checkout: Path, *words: str) -> str:
    try:
        run = subprocess.run(["git", "-C", str(checkout), *words], capture_output=True, text=True, check=True)  # noqa: S607
    except (OSError, subprocess.CalledProcessError) as error:
        raise TrustError(f"{checkout}: no checkout that git can read: {error}") from error
    return run.stdout.strip()


def _build(checkout: Path, target: Path, manifest: dict[str, object]) -> None:
    """Build the package once more, by the code of the checkout, in a process of its own."""
    release = manifest["release"]
    words = ["build", "--project", str(checkout), "--output", str(target)]
    words += ["--release", str(release["name"])] if isinstance(release, dict) else []
    words += ["--volume"] if manifest["volume"] else []
    words += ["--blocked"] if manifest["blocking"] else []
    run = subprocess.run(
        [sys.executable, "-P", "-c", BUILD, str(checkout.resolve()), *words],
        cwd=checkout, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if not (target / MANIFEST).is_file():  # a blocked build ends with status 1 and is a package all the same
        told = [*run.stdout.strip().splitlines(), *run.stderr.strip().splitlines()][:2] or ["it said nothing"]
        raise TrustError(
            f"{checkout}: cannot be built ({' '.join(' '.join(told).split())}); make its evidence first, then try again"
        )


def _pages_that_differ(here: bytes, there: bytes) -> str:
    """Which pages of two documents look otherwise, as a person would see them."""
    from pypdfium2 import PdfDocument

    with PdfDocument(here) as one, PdfDocument(there) as other:
        if len(one) != len(other):
            return f"; it has {len(one)} pages instead of {len(other)}"
        pages = (
            number for number, (a, b) in enumerate(zip(one, other, strict=True), start=1) if _drawn(a) != _drawn(b)
        )
        found = [*islice(pages, SHOWN)]
    return f"; looks otherwise on page {', '.join(map(str, found))}" if found else "; its pages look the same"


def _drawn(page: object) -> bytes:
    bitmap = page.render(scale=PIXELS)  # type: ignore[attr-defined]
    return bytes(bitmap.buffer)
