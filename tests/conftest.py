"""What the tests of all rooms share; which of them are slow by nature, and that these start first."""

import os
import pickle
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from verification.evidence import write_atomically
from verification.evidence.files import held

hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")  # how long an example takes says how busy the computer is

SLOW = {"good": "a whole package", "verified": "the scenarios of a small checkout", "chromium": "a browser"}
"""Fixtures that take long, and what they make or run; whoever uses one is marked `slow`, as a file can mark itself."""

LONGEST = ("test_tutorials.py", "test_team.py", "test_attacks.py", "test_build.py", "test_qualify.py", "test_volume.py")
"""Files that take longest: these are begun first, so that no processor waits for the last of them."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is slow, before pytest selects by marks; put the longest files first, then the slow."""
    for item in items:
        if SLOW.keys() & set(getattr(item, "fixturenames", ())):
            item.add_marker("slow")
    files = {item.path: LONGEST.index(item.path.name) for item in items if item.path.name in LONGEST}
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: (files.get(item.path, len(LONGEST)), item.path not in slow))


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """A test is named the same in every process that collects it: bytes, which may hold a time, by their argument."""
    return argname if isinstance(val, bytes | bytearray) else None


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Callable[[], Any]], Any]:
    """Make a thing once for all processes of a run: `once(name, make)` is what `make` gave the first that asked."""
    folder = tmp_path_factory.getbasetemp()
    folder = (folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder) / "shared"

    def making(name: str, make: Callable[[], Any]) -> Any:
        path = folder / name / "made.pickle"
        path.parent.mkdir(parents=True, exist_ok=True)
        with held(path.parent):
            if not path.is_file():
                write_atomically(path, pickle.dumps(make()))
        return pickle.loads(path.read_bytes())  # noqa: S301 - this run has written it

    return making


@pytest.fixture(scope="session")
def make_key() -> Callable[..., Path]:
    """Makes a key (PKCS#12, password x) with a certificate that it signs itself, of a person who does not exist."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
    from cryptography.x509.oid import NameOID

    def make(path: Path, name: str, days: int = 30) -> Path:
        key = ec.generate_private_key(ec.SECP256R1())
        person = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        now = datetime.now(UTC)
        made = x509.CertificateBuilder().subject_name(person).issuer_name(person).public_key(key.public_key())
        made = (
            made.serial_number(1).not_valid_before(now - timedelta(days=60)).not_valid_after(now + timedelta(days=days))
        )
        certificate = made.sign(key, hashes.SHA256())
        path.write_bytes(
            pkcs12.serialize_key_and_certificates(b"key", key, certificate, None, BestAvailableEncryption(b"x"))
        )
        return path

    return make
