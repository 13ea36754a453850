"""The wheel, the locks and the licenses are what pyproject.toml and the README promise."""

import ast
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import PackageNotFoundError, entry_points, metadata, packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PACKAGES = ("device", "verification", "submission")
LOCKS = ("runtime.lock", "suite.lock", "training.lock")

EXTRAS = {
    "runtime.lock": PYPROJECT["project"]["dependencies"],
    "suite.lock": PYPROJECT["project"]["optional-dependencies"]["suite"],
    "training.lock": PYPROJECT["project"]["optional-dependencies"]["training"],
}
OWNERS = packages_distributions()
DIRECT = [Requirement(line) for lines in EXTRAS.values() for line in lines]

# MPL-2.0 covers the files of tqdm itself, which is passed on unmodified; ai-edge-litert requires it.
WEAK_COPYLEFT_IN_THE_RUNTIME = {"tqdm": "MPL-2.0 AND MIT"}


def read_lock(name: str) -> dict[str, Requirement]:
    """Each locked requirement by its canonical name."""
    lines = (ROOT / name).read_text().splitlines()
    pinned = [Requirement(line.removesuffix("\\")) for line in lines if not line.startswith(" ")]
    return {canonicalize_name(requirement.name): requirement for requirement in pinned}


def version_of(requirement: Requirement) -> str:
    (specifier,) = requirement.specifier
    assert specifier.operator == "=="
    return specifier.version


def licence_of(name: str) -> str:
    """What the installed package says of its license: the SPDX expression, else the older fields."""
    fields = metadata(name)
    classifiers = [text for text in fields.get_all("Classifier") or [] if text.startswith("License ::")]
    return fields["License-Expression"] or " ".join([fields["License"] or "", *classifiers])


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_pins_every_requirement_with_hashes_and_names_no_place(name: str) -> None:
    text = (ROOT / name).read_text()
    for block in re.split(r"\n(?=\S)", text.strip()):
        assert re.match(r"[a-z0-9.-]+==\S+( ; [^\\]+)? \\\n    --hash=sha256:[0-9a-f]{64}", block), block[:80]
    assert not re.search(r"://|file:|--(extra-)?index|--find-links| @ ", text)


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_satisfies_pyproject(name: str) -> None:
    locked = read_lock(name)
    for requirement in map(Requirement, [*EXTRAS["runtime.lock"], *EXTRAS[name]]):
        assert version_of(locked[canonicalize_name(requirement.name)]) in requirement.specifier


def test_locks_agree_on_every_version() -> None:
    runtime, suite, training = (read_lock(name) for name in LOCKS)
    assert set(runtime) <= set(suite)
    assert set(runtime) <= set(training)
    for one, other in ((runtime, suite), (runtime, training), (suite, training)):
        for name in one.keys() & other.keys():
            assert version_of(one[name]) == version_of(other[name])


@pytest.mark.parametrize("name", ["suite.lock", "training.lock"])
def test_the_build_backend_is_locked(name: str) -> None:
    assert {canonicalize_name(line) for line in PYPROJECT["build-system"]["requires"]} <= set(read_lock(name))


def test_the_runtime_holds_no_tools() -> None:
    assert not {"hatchling", "pytest", "tensorflow-cpu", "weasyprint"} & set(read_lock("runtime.lock"))


def test_every_direct_dependency_says_why_it_is_here_and_under_which_licence() -> None:
    soup = PYPROJECT["tool"]["clearway"]["soup"]
    assert {canonicalize_name(name) for name in soup} == {canonicalize_name(r.name) for r in DIRECT}
    for line in soup.values():
        assert set(line) == {"purpose", "license"}
        assert all(value.strip() for value in line.values())


def test_the_stated_licences_are_the_packages_own() -> None:
    compared = 0
    for name, line in PYPROJECT["tool"]["clearway"]["soup"].items():
        try:
            expression = metadata(name)["License-Expression"]
        except PackageNotFoundError:  # of the extra `training`, which has an environment of its own
            continue
        if expression:
            assert line["license"] == expression, name
            compared += 1
    assert compared >= 5


def test_no_copyleft_in_the_runtime() -> None:
    for name, requirement in read_lock("runtime.lock").items():
        if requirement.marker and not requirement.marker.evaluate():
            continue
        licence = licence_of(name)
        if name in WEAK_COPYLEFT_IN_THE_RUNTIME:
            assert licence.strip() == WEAK_COPYLEFT_IN_THE_RUNTIME[name]
        else:
            assert not re.search(r"GPL|General Public|MPL|Mozilla|EUPL|CDDL|copyleft", licence, re.I), (name, licence)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (path,) = folder.glob("*.whl")
    return zipfile.ZipFile(path)


def test_the_wheel_holds_every_tracked_file_of_the_packages_and_nothing_else(wheel: zipfile.ZipFile) -> None:
    listing = subprocess.run(["git", "ls-files", "-z", *PACKAGES], cwd=ROOT, check=True, capture_output=True, text=True)
    tracked = {name for name in listing.stdout.split("\0") if name and (ROOT / name).exists()}
    held = set(wheel.namelist())
    assert tracked <= held
    assert {name.split("/")[0] for name in held} == {*PACKAGES, "clearway-0.1.0.dist-info"}
    assert {f"{package}/py.typed" for package in PACKAGES} <= held


def test_extras_add_dependencies_only(wheel: zipfile.ZipFile) -> None:
    text = wheel.read("clearway-0.1.0.dist-info/METADATA").decode()
    assert set(re.findall(r"^Provides-Extra: (\w+)", text, re.M)) == {"suite", "training"}
    required = [line for line in re.findall(r"^Requires-Dist: (.*)", text, re.M) if "extra ==" not in line]
    assert len(required) == len(EXTRAS["runtime.lock"])


def test_every_command_is_a_function_that_says_what_it_does() -> None:
    commands = entry_points(group="clearway.commands")
    assert {command.name for command in commands} == set(PYPROJECT["project"]["entry-points"]["clearway.commands"])
    for command in commands:
        assert (command.load().__doc__ or "").strip(), command.name


def test_every_public_name_of_the_device_is_there_and_loaded_on_demand() -> None:
    program = "import sys, device; before = 'pydicom' in sys.modules; print(before, [getattr(device, name) for name in "
    program += "device.__all__].index(device.gate), 'pydicom' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["False", str(import_module("device").__all__.index("gate")), "True"]


def find_names_from(path: Path, package: str) -> Iterator[str]:
    """Yield by which names a source file imports of a package, wherever in it; the package itself is named as such."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == package:
            yield from (alias.asname or alias.name for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] == package)


def test_there_is_one_list_of_the_devices_public_names() -> None:
    public = set(import_module("device").__all__)
    apis = [set(find_names_from(ROOT / path, "device")) for path in ("device/api.py", "device/node/api.py")]
    assert set.union(*apis) == public
    assert not set.intersection(*apis)
    assert set(find_names_from(ROOT / "verification/product/api.py", "device")) <= public
    for path in sorted((ROOT / "verification/steps").rglob("*.py")):
        assert set(find_names_from(path, "device")) <= {*public, "device"}, path


def test_verification_imports_the_device_in_one_place_and_in_the_steps_that_drive_it() -> None:
    importing = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "verification").rglob("*.py")
        if set(find_names_from(path, "device"))
    }
    assert {name for name in importing if not name.startswith("verification/steps/")} == {"verification/product/api.py"}


def test_what_the_one_place_hands_on_is_used() -> None:
    used = {
        node.id if isinstance(node, ast.Name) else node.attr
        for path in (ROOT / "verification").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Name | ast.Attribute)
    }
    assert set(find_names_from(ROOT / "verification/product/api.py", "device")) <= used


def find_imported(path: Path) -> Iterator[str]:
    """Yield the distributions that a source file imports from, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        for name in (name.split(".")[0] for name in names):
            if name not in {*sys.stdlib_module_names, *PACKAGES, "keras", "tensorflow"}:
                yield canonicalize_name(OWNERS[name][0])


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_imports_only_what_pyproject_declares(package: str) -> None:
    lines = [*EXTRAS["runtime.lock"], *(EXTRAS["suite.lock"] if package != "device" else [])]
    declared = {canonicalize_name(Requirement(line).name) for line in lines}
    for path in sorted((ROOT / package).rglob("*.py")):
        assert set(find_imported(path)) <= declared, path


def test_every_declared_dependency_is_imported() -> None:
    imported = {name for package in PACKAGES for path in (ROOT / package).rglob("*.py") for name in find_imported(path)}
    declared = {canonicalize_name(requirement.name) for requirement in DIRECT}
    # pydicom finds its decoders by itself; reqif is run as a program; TensorFlow has an environment of its own.
    assert declared - imported <= {"pyjpegls", "python-gdcm", "reqif", "tensorflow-cpu"}


@pytest.mark.parametrize(
    ("arguments", "environment", "says"),
    [
        ([], {}, "documents | tests"),
        (["documents"], {"PYTHON": "no-such-python"}, "no-such-python"),
    ],
)
def test_the_bootstrap_stops_with_what_to_do(arguments: list[str], environment: dict[str, str], says: str) -> None:
    command = ["sh", ".ci/bootstrap", *arguments]
    run = subprocess.run(command, cwd=ROOT, env=os.environ | environment, capture_output=True, text=True)
    assert run.returncode == 2
    assert says in run.stderr


def test_the_bootstrap_stops_on_an_old_python(tmp_path: Path) -> None:
    old = tmp_path / "python3.9"
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo Python 3.9.2 && exit 0\nexit 1\n')
    old.chmod(0o755)
    environment = os.environ | {"PYTHON": str(old)}
    run = subprocess.run(["sh", ".ci/bootstrap", "tests"], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert run.returncode == 2
    assert "Python 3.9.2 is too old" in run.stderr
