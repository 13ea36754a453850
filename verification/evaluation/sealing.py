"""A custodian's signature of a result: made with a key of the custodian's own, and held against the file it is of."""

from __future__ import annotations

import asyncio
import getpass
import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyhanko.sign.signers import SimpleSigner

PASSWORD = "CLEARWAY_KEY_PASSWORD"  # noqa: S105  the name of a variable


def read_key(path: Path) -> SimpleSigner:
    """Open a key with its certificate (PKCS#12); the password is read from CLEARWAY_KEY_PASSWORD, else asked for.

    Raises:
        ValueError: the key cannot be used.
    """
    from pyhanko.sign.signers import SimpleSigner

    given = os.environ.get(PASSWORD)
    password = (getpass.getpass("password of the key: ") if given is None else given).encode()
    try:
        signer: SimpleSigner = SimpleSigner.load_pkcs12_data(path.read_bytes(), other_certs=(), passphrase=password)
    except (OSError, ValueError) as error:
        raise ValueError(f"{path}: cannot be opened with this password, or is no PKCS#12 file") from error
    return signer


def seal(content: bytes, signer: SimpleSigner) -> bytes:
    """Sign bytes, detached, as CMS (RFC 5652)."""
    signed = asyncio.run(signer.async_sign_general_data(content, "sha256", detached=True))
    return bytes(signed.dump())


def read_seal(content: bytes, signature: bytes, where: str) -> str:
    """Whose certificate signed these bytes: its subject and the SHA-256 of it.

    Whether the certificate may be trusted is for people to judge who know the custodian.

    Raises:
        ValueError: it is no signature, or not of these bytes.
    """
    from asn1crypto.cms import ContentInfo
    from pyhanko.sign.general import extract_certificate_info, extract_signer_info
    from pyhanko.sign.validation.errors import SignatureValidationError
    from pyhanko.sign.validation.generic_cms import validate_sig_integrity

    again = "ask the custodian for the folder anew"
    try:
        signed = ContentInfo.load(signature, strict=True)["content"]
        signer = extract_signer_info(signed)
        certificate = extract_certificate_info(signed).signer_cert
        algorithm = signer["digest_algorithm"]["algorithm"].native
        digest = hashlib.new(algorithm, content).digest()
        intact, valid = validate_sig_integrity(signer, certificate, "data", digest)
    except (ValueError, TypeError, KeyError, SignatureValidationError) as error:
        raise ValueError(f"{where}: is no signature: {error}; {again}") from error
    if not (intact and valid):
        raise ValueError(f"{where}: the signature is not of this file; {again}")
    return f"{certificate.subject.human_friendly}, certificate SHA-256 {certificate.sha256.hex()}"
