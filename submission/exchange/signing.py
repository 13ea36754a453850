"""Signed copies of a package's documents, with the user's own certificate (PKCS#12), by PAdES baseline B-B.

A signature names who signed, when and what it means, and carries the digest of the package's manifest; the copies
stand beside the package, which stays as it is. This is a signature of files and no quality system: see `LIMITS`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from submission.audit.signatures import LIST, SHEET, find_in_signatures, signed_folder
from submission.content.catalogue import unlisted
from submission.content.reading import read_catalogue
from submission.exchange.sheets import print_sheet
from submission.package.folder import Listed, Opened, find_document, open_package, read_listed
from verification.evidence import held, replacing

if TYPE_CHECKING:
    from pyhanko.sign.signers import SimpleSigner

LIMITS = (
    "These signatures show that each file is as it was when the key named here signed it. They are not a system for "
    "electronic records and signatures. That a person is who the certificate says, that nobody else can use the key, "
    "who may sign what and in which order, the audit trail and the keeping of records belong to the quality system "
    "that takes the signed files over. Nothing in this package counts a signature as an approval."
)
ENTRY = unlisted("Signatures", "Signatures of the package", "_signatures.html", "quality assurance", wide=True)


class SigningError(Exception):
    """The documents cannot be signed; the message says why. What was signed before is untouched."""


@dataclass(frozen=True, slots=True)
class Signature:
    """A line of `signatures.json`. `reason` is as the signature states it; `date` is of the clock at signing (UTC)."""

    document: str
    title: str
    file: str
    field: str
    name: str
    date: str
    meaning: str
    reason: str
    certificate: str
    certificate_sha256: str


def sign(
    folder: Path, key: Path, password: bytes, name: str, meaning: str, numbers: Sequence[str]
) -> tuple[Signature, ...]:
    """Sign documents of a package by number, and write the copies beside it; a copy may be signed again by another.

    Raises:
        FolderError: the folder is no package, or a file of it was changed.
        SigningError: the package is blocked, the key cannot be used, or what was signed before is not whole.
    """
    folder = folder.resolve()
    package = open_package(folder)
    if package.manifest.state == "blocked":
        raise SigningError(f"{folder}: the package is BLOCKED and is not signed; {_first(package)}")
    chosen = [find_document(package, number) for number in dict.fromkeys(numbers)]
    signer = _read_key(key, password, name)
    with held(folder):  # two at once sign one after the other
        content, before = _signed_before(package)
        made = [_sign_one(package, document, content, signer, name, meaning) for document in chosen]
        signatures = (*before, *made)
        content[SHEET] = _sheet(package, signatures)
        content[LIST] = _list(package, content, signatures)
        _put(signed_folder(folder), content)
    return tuple(made)


def _first(package: Opened) -> str:
    return package.manifest.blocking[0] if package.manifest.blocking else "its pages say why"


def _read_key(path: Path, password: bytes, name: str) -> SimpleSigner:
    from pyhanko.sign.signers import SimpleSigner

    try:
        content = path.read_bytes()
    except OSError as error:
        raise SigningError(f"{path}: cannot be read: {error.strerror}; name a PKCS#12 file with --key") from error
    try:
        signer: SimpleSigner = SimpleSigner.load_pkcs12_data(content, other_certs=(), passphrase=password)
    except ValueError as error:
        raise SigningError(f"{path}: cannot be opened with this password, or is no PKCS#12 file") from error
    certificate = signer.signing_cert
    named = certificate.subject.native.get("common_name") if certificate else None
    if certificate is None or named != name:
        raise SigningError(
            f"{path}: its certificate is that of {named!r}, --name says {name!r}; nobody signs for another"
        )
    if not certificate.not_valid_before <= datetime.now(UTC) <= certificate.not_valid_after:
        until = f"{certificate.not_valid_before:%Y-%m-%d} to {certificate.not_valid_after:%Y-%m-%d}"
        raise SigningError(f"{path}: its certificate is valid from {until}, which is not now")
    return signer


def _signed_before(package: Opened) -> tuple[dict[str, bytes], tuple[Signature, ...]]:
    """What was signed before: files by name, and the list.

    Raises:
        SigningError: it is not whole, or is of another build.
    """
    signed = signed_folder(package.folder)
    if not signed.exists():
        return {}, ()
    for _, where, message in find_in_signatures(package.folder):
        raise SigningError(f"{where}: {message}; move {signed} away and sign again")
    if not signed.is_dir():
        raise SigningError(f"{signed}: is a file, expected a folder for the signed copies; move it away")
    listed = json.loads((signed / LIST).read_bytes())
    content = {name: (signed / name).read_bytes() for name in listed["files"]}
    return content, tuple(Signature(**line) for line in listed["signatures"])


def _sign_one(
    package: Opened, document: Listed, content: dict[str, bytes], signer: SimpleSigner, name: str, meaning: str
) -> Signature:
    """Sign a document, or its copy if that was signed before; put the copy in `content`."""
    original = read_listed(package, document.file, document.sha256)
    reason = f"{package.banner}: {meaning}; package manifest SHA-256 {package.digest}"
    try:
        copy = _signed(content.get(document.file, original), signer, name, reason)
        written = _last(copy)
    except Exception as error:  # pyHanko raises many kinds on what is no PDF
        raise SigningError(f"{package.folder / document.file}: cannot be signed: {error}") from error
    content[document.file] = copy
    certificate = written.signer_cert
    return Signature(
        document=document.number,
        title=document.title,
        file=document.file,
        field=written.field_name,
        name=name,
        date=written.self_reported_timestamp.isoformat(),
        meaning=meaning,
        reason=reason,
        certificate=certificate.subject.human_friendly,
        certificate_sha256=hashlib.sha256(certificate.dump()).hexdigest(),
    )


def _signed(content: bytes, signer: SimpleSigner, name: str, reason: str) -> bytes:
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign.fields import SigFieldSpec, SigSeedSubFilter
    from pyhanko.sign.signers import PdfSignatureMetadata, sign_pdf

    writer = IncrementalPdfFileWriter(BytesIO(content))
    field = f"Signature{len(writer.prev.embedded_signatures) + 1}"
    meta = PdfSignatureMetadata(
        field_name=field, md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES, name=name, reason=reason
    )
    spec = SigFieldSpec(field, readable_field_name=f"Signature of {name}")  # what PDF/UA-1 asks of a field, 7.18.4
    output: Any = sign_pdf(writer, meta, signer, new_field_spec=spec)
    return bytes(output.getbuffer())


def _last(content: bytes) -> Any:
    from pyhanko.pdf_utils.reader import PdfFileReader

    return PdfFileReader(BytesIO(content)).embedded_signatures[-1]


def _sheet(package: Opened, signatures: Sequence[Signature]) -> bytes:
    """A page for people and for paper: every signature with name, date and meaning."""
    rule = next(standard for standard in read_catalogue().standards if standard.id == "21cfr11")
    return print_sheet(ENTRY, package, (), {"signatures": signatures, "limits": LIMITS, "rule": rule})


def _list(package: Opened, content: dict[str, bytes], signatures: Sequence[Signature]) -> bytes:
    files = {name: hashlib.sha256(part).hexdigest() for name, part in content.items() if name != LIST}
    listed = {
        "manifest": package.digest,
        "banners": list(package.manifest.banners),
        "limits": LIMITS,
        "files": files,
        "signatures": [asdict(signature) for signature in signatures],
    }
    return json.dumps(listed, indent=1, ensure_ascii=False).encode() + b"\n"


def _put(target: Path, content: dict[str, bytes]) -> None:
    try:
        with replacing(target) as fresh:
            for name, part in content.items():
                (fresh / name).write_bytes(part)
    except OSError as error:
        raise SigningError(f"{target}: cannot be written: {error}; what was signed before is untouched") from error
