"""Results that go to a web address, and the password that goes with them."""

import hashlib
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
import yaml

from device.errors import ConfigurationError
from device.node.configuration import read_configuration
from device.node.delivering import send_web
from device.node.types import Delivery


@pytest.fixture
def stated(tmp_path: Path) -> Callable[..., Path]:
    """A configuration that states an address for results, with a password unless there is to be none."""
    (tmp_path / "password").write_text("secret\n", "utf-8")

    def state(url: str, password: bool = True) -> Path:
        web = {"url": url, "user": "clearway", "password_file": str(tmp_path / "password")}
        content: dict[str, Any] = {
            "folder": str(tmp_path / "held"),
            "peers": [{"ae_title": "MODALITY", "host": "127.0.0.1"}],
            "web": web if password else {"url": url},
        }
        (tmp_path / "node.yaml").write_text(yaml.safe_dump(content), "utf-8")
        return tmp_path / "node.yaml"

    return state


@pytest.mark.parametrize(
    "url",
    [
        "http://pacs.example/dicom-web",
        "http://192.0.2.1:8042/dicom-web",
        "http://localhost.example/dicom-web",
        "http://127.0.0.1@192.0.2.1/dicom-web",
        "http:///dicom-web",
        "HTTP://pacs.example/dicom-web",
    ],
)
def test_a_password_for_another_computer_is_refused_without_encryption(stated, url):
    with pytest.raises(ConfigurationError, match="https://"):
        read_configuration(stated(url))


def test_the_refusal_says_what_was_found_and_what_to_do(stated):
    url = "http://pacs.example/dicom-web"
    with pytest.raises(ConfigurationError, match=re.escape(f"node.yaml: web.url: found {url} with a password; ")):
        read_configuration(stated(url))


@pytest.mark.parametrize(
    "url", ["https://pacs.example/dicom-web", "http://127.0.0.1:8042", "http://localhost:8042", "http://[::1]:8042"]
)
def test_a_password_goes_encrypted_or_to_the_same_computer(stated, url):
    assert read_configuration(stated(url)).web.url == url


def test_without_a_password_results_may_go_in_clear(stated):
    url = "http://pacs.example/dicom-web"
    assert read_configuration(stated(url, password=False)).web.url == url


class Elsewhere(BaseHTTPRequestHandler):
    """It answers that the result should go elsewhere, where anything is well."""

    asked: ClassVar[list[str]] = []
    followed: ClassVar[list[str]] = []

    def do_POST(self):
        self.asked.append(self.path)
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(302)
        self.send_header("Location", "/elsewhere")
        self.end_headers()

    def do_GET(self):
        self.followed.append(self.headers.get("Authorization", ""))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_):
        """It says nothing."""


@pytest.fixture
def elsewhere() -> Iterator[str]:
    """The address of one that answers so."""
    Elsewhere.asked.clear()
    Elsewhere.followed.clear()
    with HTTPServer(("127.0.0.1", 0), Elsewhere) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def result(tmp_path: Path) -> Delivery:
    """A result that is due."""
    (tmp_path / "result.dcm").write_bytes(b"DICM")
    digest = hashlib.sha256(b"DICM").hexdigest()
    return Delivery("1.2.3", "1.2.4", "1.2.5", "STOW-RS", 0, tmp_path / "result.dcm", digest)


def test_a_result_that_is_told_to_go_elsewhere_has_not_arrived_and_no_password_follows(stated, elsewhere, result):
    ((_, failure),) = send_web([result], read_configuration(stated(elsewhere)).web)
    assert (Elsewhere.asked, Elsewhere.followed) == (["/studies"], [])
    assert "302" in str(failure)


def test_a_proxy_that_the_environment_names_is_handed_no_result(stated, elsewhere, result):
    """Only the configuration says where results go; the environment is that of whoever starts the node."""
    program = f"""
from pathlib import Path
from device.node.configuration import read_configuration
from device.node.delivering import send_web
from device.node.types import Delivery
result = Delivery("1.2.3", "1.2.4", "1.2.5", "STOW-RS", 0, Path({str(result.path)!r}), {result.digest!r})
print(*send_web([result], read_configuration(Path({str(stated("http://192.0.2.1:9/", password=False))!r})).web))
"""
    named = dict.fromkeys(("http_proxy", "HTTP_PROXY", "all_proxy"), elsewhere)
    sent = subprocess.Popen([sys.executable, "-c", program], env=os.environ | named, stdout=subprocess.DEVNULL)
    try:
        sent.wait(5)  # that nobody is at that address may take longer to find out
    except subprocess.TimeoutExpired:
        sent.kill()
    assert Elsewhere.asked == []
