"""A kettle, with nothing of our device in it, is verified, traced, proven and printed by the rooms that do it for ours.

Its files and commands are those of `docs/your_device.md`, as they stand there.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from openpyxl import load_workbook

from submission.content.environment import make_environment
from submission.content.reading import read_catalogue
from submission.context.assemble import assemble
from submission.setting.render import render_html
from submission.words.ledger import strip_claims
from tests.docs.test_tutorials import find_commands, plain
from verification.evidence import DeviceEvidence, Gap, Project, TraceEvidence, read_evidence

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs/your_device.md"
FILE = re.compile(r"`([\w/.-]+)`:\n\n```(?!console)\w+\n(.*?)```", re.DOTALL)
LOADED = """\
import sys
from device.cli import main
for command in (["verify", "--only", "SRS-001"], ["trace"], ["status"]):
    assert main(command) == 0, command
print("loaded:", sorted({"device.pipeline", "verification.product.api", "pydicom"} & set(sys.modules)))
"""


def run(checkout, *command):
    """Run a program where the kettle is, with this suite and nothing of our checkout but what is installed."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = os.environ | {"PATH": path, "PYTHONPATH": str(ROOT), "CLEARWAY": str(ROOT), "COLUMNS": "200"}
    return subprocess.run(command, cwd=checkout, env=environment, capture_output=True, text=True)


@pytest.fixture(scope="module")
def kettle(tmp_path_factory):
    """The checkout that the page describes, after all of its commands; what they printed has been looked at."""
    root = tmp_path_factory.mktemp("toy") / "kettle"
    for name, text in FILE.findall(PAGE.read_text()):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    for command in find_commands(PAGE):
        done = run(root, "sh", "-c", command.text)
        said = plain(done.stdout + done.stderr)
        where = f"{PAGE.name}:{command.line}: $ {command.text}"
        assert done.returncode == command.exit, f"{where}\n{done.stdout}{done.stderr}"
        for line in command.output:
            assert plain(line) in said, f"{where}\nexpected {line!r} in\n{done.stdout}{done.stderr}"
    return Project(root.resolve())


def test_there_is_nothing_of_our_device_in_it(kettle):
    files = [path.relative_to(kettle.root).as_posix() for path in kettle.root.rglob("*") if ".git/" not in str(path)]
    assert "kettle/__init__.py" in files
    assert not [file for file in files if re.search(r"(^|/)(device|releases|studies|datasets)(/|$)", file)]
    written = (path for path in (kettle.root / "build/evidence").glob("*.json") if path.name != "manifest.json")
    assert not [path.name for path in written if re.search(r"[Cc]hest|radiograph|\bdevice[./]\w", path.read_text())]


def test_it_is_verified_and_traced(kettle):
    trace = read_evidence(kettle.evidence, "trace.json", TraceEvidence)
    statuses = {item.id: item.status.value for item in trace.items}
    assert {name: statuses[name] for name in ("SYS-001", "SRS-001", "kettle.heating.is_on", "KETTLE-1/tests")} == {
        "SYS-001": "covers", "SRS-001": "covers", "kettle.heating.is_on": "covers", "KETTLE-1/tests": "covers",
    }  # fmt: skip
    assert statuses["UN-001"] == "gap", "a user need is never green because its requirements are"
    (claim,) = (link for link in trace.links if link.relation == "implements")
    assert (claim.source, claim.target, claim.status.value) == ("kettle.heating.is_on", "SRS-001", "covers")


def test_it_is_proven(kettle):
    (strength,) = read_evidence(kettle.evidence, "trace.json", TraceEvidence).strengths
    assert (strength.symbol, strength.killed, strength.survived) == ("kettle.heating.is_on", 3, 0)
    assert json.loads((kettle.root / "verification/strength.json").read_text())


def test_its_matrix_is_printed_as_workbook_page_and_document(kettle):
    book = load_workbook(kettle.root / "build/matrix.xlsx", read_only=True)
    cells = {str(cell) for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row}
    assert {"SRS-001", "SYS-001", "UN-001"} <= cells
    assert any("kettle.heating.is_on" in cell for cell in cells)
    assert any("Kettle 0.1.0" in cell for cell in cells)
    assert "kettle.heating.is_on" in (kettle.root / "build/trace.html").read_text()
    catalogue = read_catalogue()
    entry = next(entry for entry in catalogue.documents if entry.title == "Traceability Matrix")
    html = render_html(make_environment(), entry, assemble(kettle, catalogue, kettle.product.release), {})
    page = plain(re.sub("<[^>]+>", " ", strip_claims(html)))
    for shown in ("Kettle 0.1.0", "SRS-001", "Boil water"):
        assert shown in page


def test_what_nothing_asks_it_is_a_declared_gap(kettle):
    device = read_evidence(kettle.evidence, "device.json", DeviceEvidence)
    asked = ("rejections", "transfer_syntaxes", "research_transfer_syntaxes", "statement", "gate", "interfaces")
    for name in asked:
        gap = getattr(device, name)
        assert isinstance(gap, Gap), name
        assert "the package kettle" in gap.reason
    first, second = device.design.modules
    assert (first.name, first.purpose, first.imports, first.libraries) == (
        "kettle", "A kettle.", ("kettle.heating",), ()
    )  # fmt: skip
    assert (second.name, second.units[0].implements, device.releases) == ("kettle.heating", ("SRS-001",), ())
    assert {"kettle/__init__.py", "kettle/heating.py"} <= device.source.inputs.keys()
    assert device.development.firsts[-1].path == "kettle"
    assert msgspec.to_builtins(device)["name"] == "Kettle"


def test_our_device_is_not_loaded_for_it(kettle):
    shutil.rmtree(kettle.root / "build/cache")  # so that nothing is answered from memory
    done = run(kettle.root, sys.executable, "-c", LOADED)
    assert done.stdout.splitlines()[-1] == "loaded: []", done.stdout + done.stderr
