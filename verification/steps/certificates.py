"""Certificates of two made-up authorities, for associations by TLS; nothing of them leaves the scenario's folder."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

OURS, OTHER, EXPIRED, NONE = (
    "a certificate of the authority", "one of another authority", "one that has expired", "none",
)  # fmt: skip

LOOPBACK = ip_address("127.0.0.1")
"""Where all parties are; their certificates say so."""


class Authority:
    """An authority with a key of its own."""

    def __init__(self, folder: Path, name: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.name = folder, _name(name)
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.file = folder / f"{name}.pem"
        self.file.write_bytes(self._sign(self.name, self.key.public_key(), days=1, ca=True))

    def make(self, name: str, days: int = 1) -> tuple[Path, Path]:
        """Certificate and key of a party, valid for so many days from yesterday; of 0, until yesterday."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate, secret = self.folder / f"{name}.crt", self.folder / f"{name}.key"
        certificate.write_bytes(self._sign(_name(name), key.public_key(), days, ca=False))
        secret.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return certificate, secret

    def _sign(self, name: x509.Name, key: ec.EllipticCurvePublicKey, days: int, *, ca: bool) -> bytes:
        now = datetime.now(UTC)
        built = x509.CertificateBuilder().subject_name(name).issuer_name(self.name).public_key(key)
        built = built.serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=2))
        built = built.not_valid_after(now + timedelta(days=days) if days else now - timedelta(days=1))
        built = built.add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        if not ca:
            built = built.add_extension(x509.SubjectAlternativeName([x509.IPAddress(LOOPBACK)]), critical=False)
        return built.sign(self.key, hashes.SHA256()).public_bytes(Encoding.PEM)


class Party:
    """What a node's configuration says of its TLS, and the certificates that others show it."""

    def __init__(self, folder: Path) -> None:
        self.authority, self._other = Authority(folder / "ours", "authority"), Authority(folder / "other", "stranger")
        certificate, key = self.authority.make("node")
        self.stated = {"certificate": str(certificate), "key": str(key), "authority": str(self.authority.file)}

    def make_context(self, shown: str) -> ssl.SSLContext:
        """TLS of a peer that shows one of the certificates above."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.load_verify_locations(self.authority.file)
        if shown != NONE:
            authority = self._other if shown == OTHER else self.authority
            context.load_cert_chain(*authority.make("peer", days=0 if shown == EXPIRED else 1))
        return context

    def make_server_context(self) -> ssl.SSLContext:
        """TLS of an archive, which asks for a certificate of the authority."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(self.authority.file)
        context.load_cert_chain(*self.authority.make("archive"))
        return context


def _name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
