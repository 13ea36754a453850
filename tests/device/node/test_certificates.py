"""Files of certificates that cannot be used: a node does not start by them, and a process is not ready without them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from device.dispatch import FAILED
from tests.device.node.bench import CLEARWAY, Node, Pacs, find_port, find_processes, is_open, wait_for
from verification.steps.certificates import Party

pytestmark = pytest.mark.slow
UNREADABLE = "/proc/self/mem"
"""A file that is there, and that nobody can read from its beginning."""


@pytest.fixture
def party(tmp_path: Path) -> Party:
    return Party(tmp_path / "certificates")


def encrypt(key: Path) -> Path:
    """The same key, which asks for a password."""
    plain = load_pem_private_key(key.read_bytes(), None)
    form = (Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"a password"))
    key.with_suffix(".encrypted").write_bytes(plain.private_bytes(*form))
    return key.with_suffix(".encrypted")


@pytest.mark.parametrize("part", ["tls", "audit"])
@pytest.mark.parametrize("fault", ["unreadable", "empty", "encrypted", "of another"])
def test_a_node_does_not_start_by_certificates_that_it_cannot_use(tmp_path, pacs, party, part, fault):
    stated = dict(party.stated)
    if fault == "unreadable":
        stated["authority"] = UNREADABLE
    elif fault == "empty":
        (tmp_path / "empty").touch()
        stated["certificate"] = str(tmp_path / "empty")
    elif fault == "encrypted":
        stated["key"] = str(encrypt(Path(stated["key"])))
    else:
        stated["key"] = str(party.authority.make("another")[1])
    changes = {"tls": stated} if part == "tls" else {"audit": {**stated, "host": "127.0.0.1"}}
    node = Node(tmp_path, pacs, **changes)
    ended = subprocess.run(
        [CLEARWAY, "serve", str(node.configuration)],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30, check=False, start_new_session=True,
    )  # fmt: skip
    assert ended.returncode == FAILED
    assert f"node.yaml: {part}: certificate, key" in ended.stderr
    assert "pass phrase" not in ended.stderr
    assert not (tmp_path / "held").exists(), "nothing was begun"


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_node_does_not_start_with_a_password_that_it_cannot_read(tmp_path, pacs, content):
    path = tmp_path / "password"
    path.write_bytes(content or b"")
    web = {"url": "http://127.0.0.1:9/", "user": "node", "password_file": str(path) if content else UNREADABLE}
    node = Node(tmp_path, pacs, web=web)
    ended = subprocess.run([CLEARWAY, "serve", node.configuration], capture_output=True, text=True, check=False)
    assert ended.returncode == FAILED
    assert "web.password_file: cannot be read" in ended.stderr


def read_missing(node: Node) -> list[str]:
    """The processes that do not run, as the node says; that something waits meanwhile it says, too."""
    unwell = json.loads(node.read_page())["unwell"]
    return [each.removesuffix(" does not run") for each in unwell if each.endswith(" does not run")]


def test_a_process_that_cannot_read_its_certificates_any_more_is_not_taken_for_ready(tmp_path, pacs: Pacs, party):
    node = Node(
        tmp_path, pacs, tls=party.stated, workers=1,
        peers=[{"ae_title": "PACS", "host": "127.0.0.1", "port": find_port()}],
        destination={"tls": True}, hl7={"host": "127.0.0.1", "port": find_port(), "tls": True},
        audit={**party.stated, "host": "127.0.0.1", "port": find_port()},
    )  # fmt: skip
    node.start()
    wait_for(lambda: not read_missing(node))
    names = [Path(f"/proc/{each}/comm").read_text("utf-8").strip() for each in find_processes(node)[1:]]
    assert names[3:] == ["delivery C-STOR", "commitment", "outlet HL7", "outlet audit"], (
        "as far as the system takes them"
    )
    senders = ["commitment", "delivery C-STORE", "outlet HL7", "outlet audit"]
    certificate = Path(party.stated["certificate"])
    content = certificate.read_bytes()
    certificate.write_bytes(b"")
    for process in find_processes(node)[4:]:
        os.kill(process, signal.SIGKILL)
    wait_for(lambda: read_missing(node) == senders)
    wait_for(lambda: node.read_log().count("process ended") >= 3 * len(senders))
    assert read_missing(node) == senders
    assert is_open(node.port)
    certificate.write_bytes(content)
    wait_for(lambda: not read_missing(node))
    assert node.stop() == 0
