"""Signed copies checked by a stranger: each signature intact, each copy of the package, each line of the list true.

Whether a certificate may be trusted is not judged here: that needs an authority, and an auditor may be offline.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

from submission.audit.names import MANIFEST

Found = tuple[str, str, str]

LIST = "signatures.json"
SHEET = "signatures.pdf"


def signed_folder(folder: Path) -> Path:
    """Where the signed copies of a package stand: beside it, so that neither changes the other."""
    return folder.with_name(f"{folder.name}-signed")


def find_in_signatures(folder: Path) -> Iterator[Found]:
    """Yield what is wrong with the signed copies of a package; nothing where it has none."""
    signed = signed_folder(folder.resolve())
    if not signed.is_dir():
        return
    listed = _read_list(signed / LIST)
    if isinstance(listed, str):
        yield "signatures-unreadable", f"{signed.name}/{LIST}", listed
        return
    manifest = (folder / MANIFEST).read_bytes() if (folder / MANIFEST).is_file() else b""
    digest = hashlib.sha256(manifest).hexdigest()
    if listed["manifest"] != digest:
        message = f"is bound to manifest {listed['manifest']}, the package's is {digest}"
        yield "signature-of-other-package", f"{signed.name}/{LIST}", message
    yield from _find_in_files(signed, listed)
    for name in sorted({*listed["files"], *(line["file"] for line in listed["signatures"])} - {SHEET}):
        lines = [line for line in listed["signatures"] if line["file"] == name]
        if (signed / name).is_file():
            yield from _find_in_copy(folder, signed, name, lines, digest)


def _read_list(path: Path) -> Any:
    """The list of signatures; a text that says why it cannot be used."""
    try:
        listed = json.loads(path.read_bytes())
        texts = [listed["manifest"], *listed["files"], *listed["files"].values()]
        keys = ("document", "file", "field", "name", "date", "meaning", "reason", "certificate_sha256")
        texts += [line[key] for line in listed["signatures"] for key in keys]
        names = [*listed["files"], *(line["file"] for line in listed["signatures"])]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        return f"is no list of signatures: {type(error).__name__} {error}"
    if not all(isinstance(text, str) for text in texts) or any(Path(name).name != name for name in names):
        return "is no list of signatures: a name or digest is not what it should be"
    return listed


def _find_in_files(signed: Path, listed: dict[str, Any]) -> Iterator[Found]:
    here = {path.name for path in signed.iterdir()} - {LIST}
    for name, digest in sorted(listed["files"].items()):
        where = f"{signed.name}/{name}"
        if name not in here:
            yield "signed-copy-missing", where, f"{LIST} lists it and it is not here"
        elif (found := hashlib.sha256((signed / name).read_bytes()).hexdigest()) != digest:
            yield "signed-copy-changed", where, f"SHA-256 {found}, {LIST} says {digest}"
    for name in sorted(here - set(listed["files"])):
        yield "signed-copy-extra", f"{signed.name}/{name}", f"{LIST} does not list it; remove it"
    for name in sorted({line["file"] for line in listed["signatures"]} - set(listed["files"])):
        yield "signed-copy-missing", f"{signed.name}/{name}", "a signature is listed of a file that is not"


def _find_in_copy(folder: Path, signed: Path, name: str, lines: list[dict[str, str]], manifest: str) -> Iterator[Found]:
    where, content = f"{signed.name}/{name}", (signed / name).read_bytes()
    original = folder / name
    if not original.is_file() or not content.startswith(original.read_bytes()):
        yield "signed-copy-of-other-document", where, f"does not begin with the bytes of the package's {name}"
    try:
        embedded = _signatures(content)
    except Exception as error:  # pyHanko raises many kinds on a damaged file
        yield "signature-broken", where, f"no readable signed PDF: {type(error).__name__} {error}"
        return
    if len(embedded) != len(lines):
        yield "signature-count", where, f"holds {len(embedded)} signatures, {LIST} lists {len(lines)}"
    for signature, line in zip(embedded, lines, strict=False):
        yield from _find_in_signature(where, signature, line, manifest)


def _signatures(content: bytes) -> list[Any]:
    from pyhanko.pdf_utils.reader import PdfFileReader

    return list(PdfFileReader(BytesIO(content)).embedded_signatures)


def _find_in_signature(where: str, signature: Any, line: dict[str, str], manifest: str) -> Iterator[Found]:
    try:
        fault = _fault(signature)
    except Exception as error:  # as above
        fault = f"cannot be validated: {type(error).__name__} {error}"
    if fault:
        yield "signature-broken", where, f"{signature.field_name}: {fault}"
    values = signature.sig_object
    reason, certificate = str(values.get("/Reason", "")), hashlib.sha256(signature.signer_cert.dump()).hexdigest()
    stated = (
        ("field", signature.field_name),
        ("name", str(values.get("/Name", ""))),
        ("reason", reason),
        ("date", signature.self_reported_timestamp.isoformat()),
        ("certificate_sha256", certificate),
    )
    for key, found in stated:
        if line[key] != found:
            yield "signature-differs", where, f"{key}: the signature says {found!r}, {LIST} says {line[key]!r}"
    if manifest not in reason:
        yield "signature-of-other-package", where, f"{signature.field_name} is not bound to manifest {manifest}"
    if line["meaning"] not in reason:
        yield "signature-differs", where, f"meaning: {line['meaning']!r} is not in the signature's reason {reason!r}"


def _fault(signature: Any) -> str:
    """What is wrong with a signature in itself; an empty text if nothing is."""
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko_certvalidator import ValidationContext

    itself = ValidationContext(trust_roots=[signature.signer_cert], allow_fetching=False)
    status = validate_pdf_signature(signature, itself)
    if not status.intact:
        return "the signed bytes were changed"
    if not status.valid:
        return "it was not made with the key of its certificate"
    return "" if status.docmdp_ok else "the file was changed after it was signed"
