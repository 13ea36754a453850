"""The wheel in an environment that holds runtime.lock and nothing else: what a hospital would install.

`sh .ci/bootstrap runtime` makes that environment and names its folder of programs in CLEARWAY_RUNTIME.
"""

import json
import os
import subprocess
from pathlib import Path

import pydicom
import pytest
from pynetdicom import AE

from tests.device.node.bench import find_port, is_open, wait_for
from verification.steps.radiographs import radiograph, save

pytestmark = pytest.mark.runtime

NOT_OF_THE_RUNTIME = ("jinja2", "pandas", "pytest", "scipy", "tensorflow", "weasyprint")


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("image") / "child.dcm"
    save(radiograph(), path)
    return path


def run(program: str, *arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(os.environ["CLEARWAY_RUNTIME"]) / program), *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


def test_the_wheel_analyses_an_image(image: Path, tmp_path: Path) -> None:
    ran = run("clearway", "analyze", "--json", "--output", str(tmp_path / "results"), str(image), folder=tmp_path)
    assert ran.returncode == 0, ran.stderr
    result = json.loads(ran.stdout)
    assert result["outcome"] == "analyzed"
    assert result["finding"] in ("flagged", "not_flagged")
    (report,) = (tmp_path / "results").iterdir()
    assert pydicom.dcmread(report).Modality == "SR"


def test_the_device_alone_is_a_module(image: Path, tmp_path: Path) -> None:
    ran = run("python", "-m", "device", "gate", str(image), folder=tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert "accepted" in ran.stdout


def test_the_device_comes_from_the_wheel_and_loads_nothing_else_of_ours(tmp_path: Path) -> None:
    program = "import device, json, sys; print(json.dumps([device.__file__, *sys.modules]))"
    file, *modules = json.loads(run("python", "-I", "-c", program, folder=tmp_path).stdout)
    assert "site-packages" in file
    assert not {"verification", "submission", "device.training", *NOT_OF_THE_RUNTIME} & set(modules)


def test_the_node_of_the_wheel_is_asked_and_ends_when_it_is_told_to(tmp_path: Path) -> None:
    port, page = find_port(), find_port()
    (tmp_path / "node.yaml").write_text(
        f"folder: {tmp_path / 'held'}\nrelease: paediatric-reference\n"
        f"listen: {{host: 127.0.0.1, port: {port}}}\npage: {{port: {page}}}\n"
        "peers: [{ae_title: PACS, host: 127.0.0.1}]\ndestination: {ae_title: PACS, host: 127.0.0.1, port: 104}\n"
        "limits: {free_bytes: 1}\n", "utf-8",
    )  # fmt: skip
    node = subprocess.Popen([Path(os.environ["CLEARWAY_RUNTIME"]) / "clearway", "serve", "node.yaml"], cwd=tmp_path)
    try:
        wait_for(lambda: is_open(port))
        asking = AE(ae_title="PACS")
        asking.add_requested_context("1.2.840.10008.1.1")
        association = asking.associate("127.0.0.1", port, ae_title="CLEARWAY")
        assert association.is_established
        assert association.send_c_echo().Status == 0
        association.release()
    finally:
        node.terminate()
        assert node.wait(60) == 0


def test_nothing_but_the_runtime_is_installed(tmp_path: Path) -> None:
    program = f"import importlib.util as u; print([n for n in {NOT_OF_THE_RUNTIME} if u.find_spec(n)])"
    assert run("python", "-I", "-c", program, folder=tmp_path).stdout == "[]\n"


def test_help_lists_what_there_is_and_a_slip_is_answered(tmp_path: Path) -> None:
    ran = run("clearway", "--help", folder=tmp_path)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert {"PACS administrator:", "everyone:"} <= set(ran.stdout.splitlines())
    assert "\n  analyze        Gate files" in ran.stdout
    ran = run("clearway", "analyse", "image.dcm", folder=tmp_path)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "did you mean analyze?" in ran.stderr


def test_a_shell_completes_what_there_is(tmp_path: Path) -> None:
    ran = run("clearway", "completion", "bash", folder=tmp_path)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "'analyze '*) offered=\"$offered --help --release --intake" in ran.stdout


@pytest.mark.parametrize(("command", "extra"), [("submission", "suite"), ("train", "training")])
def test_a_command_without_its_extra_names_it(command: str, extra: str, tmp_path: Path) -> None:
    arguments = {
        "submission": ["build", "--project", str(Path(__file__).parents[1])],
        "train": ["paediatric-reference"],
    }
    ran = run("clearway", command, *arguments[command], folder=tmp_path)
    assert ran.returncode == 2, ran.stdout + ran.stderr
    assert f"[{extra}]" in ran.stderr
