"""The house: every file is in a room that a contract names, rooms are small, and each says what it knows."""

import ast
import subprocess
import tomllib
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
PACKAGES = ("device", "verification", "submission")
WITH_ROOMS = ("verification", "submission")
MOST_AT_THE_DOOR, MOST_IN_A_FOLDER, MOST_LINES, MOST_LINES_OF_A_FUNCTION = 6, 16, 400, 50

LARGE = {
    "device": "one room: siblings in the order of the pipeline, none of which imports another",
    "device/node": "one room: the parts of a node, which know each other by its store",
    "verification/evidence/types": "one vocabulary: a file a subject, and none is a part of another",
    "verification/evaluation": "one family: what a study goes through, from its opening to its estimates",
    "tests/device/node": "as the room that it tests",
    "verification/datasets": "one family: what is known of a collection, from its table to its splits",
}
"""Folders that hold more files, and why."""

LONG: dict[str, str] = {}
"""Files that are longer, and why."""


def find_files(*packages: str) -> list[str]:
    """The Python files of some packages, those that git does not know yet too."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z", "--", *packages]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    return sorted(name for name in listed if name.endswith(".py") and (ROOT / name).is_file())


def layers_of(package: str) -> list[str]:
    """The rooms of a package, from the top, as its contract names them."""
    (layers,) = (each["layers"] for each in CONTRACTS if each.get("containers") == [package])
    return [room.strip() for line in layers for room in line.replace(":", "|").split("|")]


def room_of(name: str) -> str:
    """The room of a file: its folder below the package, or the file itself where it stands at the door."""
    return name.split("/")[1].removesuffix(".py")


def describe(package: str, room: str) -> str:
    path = ROOT / package / room / "__init__.py"
    return (ast.get_docstring(ast.parse(path.read_text())) or "").split("\n")[0] if path.is_file() else ""


@pytest.mark.parametrize("package", PACKAGES)
def test_every_file_is_in_a_room_that_a_contract_names(package):
    rooms = layers_of(package)
    strangers = [name for name in find_files(package) if room_of(name) not in {*rooms, "__init__"}]
    choice = "\n".join(f"  {package}/{room}: {describe(package, room)}" for room in rooms if describe(package, room))
    assert strangers == [], (
        f"{', '.join(strangers)}: in no room of the layers contract of {package} (pyproject.toml). "
        f"Move it to one of these, or give it a room and a layer:\n{choice}"
    )


@pytest.mark.parametrize("package", PACKAGES)
def test_every_room_of_a_contract_is_there(package):
    there = {room_of(name) for name in find_files(package)}
    assert [room for room in layers_of(package) if room not in there] == []


def test_the_layers_name_every_room_at_once():
    exhaustive = {each["containers"][0]: each.get("exhaustive") for each in CONTRACTS if each.get("containers")}
    assert {package: exhaustive.get(package) for package in PACKAGES} == dict.fromkeys(PACKAGES, True)


@pytest.mark.parametrize("package", WITH_ROOMS)
def test_few_files_stand_at_the_door(package):
    door = [name for name in find_files(package) if name.count("/") == 1]
    assert len(door) <= MOST_AT_THE_DOOR, f"{package}: {', '.join(door)}; move some into the rooms that they belong to"


def test_a_folder_holds_about_fifteen_files():
    folders = Counter(str(Path(name).parent) for name in find_files(*PACKAGES, "tests"))
    large = {folder: number for folder, number in folders.items() if number > MOST_IN_A_FOLDER}
    assert large.keys() == LARGE.keys(), f"{large}: divide the folder by subject, or say in LARGE why it is one room"


def test_a_file_has_a_readable_length():
    lines = {name: len((ROOT / name).read_text().splitlines()) for name in find_files(*PACKAGES)}
    long = {name: number for name, number in lines.items() if number > MOST_LINES}
    assert long.keys() == LONG.keys(), f"{long}: find the seam and divide the file, or say in LONG why it is one"


@pytest.mark.parametrize("package", WITH_ROOMS)
def test_every_room_says_in_one_sentence_what_it_knows(package):
    folders = {str(Path(name).parent) for name in find_files(package)} - {package}
    silent = [folder for folder in sorted(folders) if not (ROOT / folder / "__init__.py").is_file()]
    assert silent == [], f"{silent}: add an __init__.py that says what the room knows and may not know"
    for folder in folders:
        said = ast.get_docstring(ast.parse((ROOT / folder / "__init__.py").read_text())) or ""
        assert said.split("\n\n")[0].rstrip().endswith((".", "?")), (
            f"{folder}/__init__.py: says no whole sentence of its room"
        )


def test_tests_stand_in_the_rooms_of_what_they_test():
    for package in WITH_ROOMS:
        rooms = {room_of(name) for name in find_files(package)}
        folders = {Path(name).parts[2] for name in find_files(f"tests/{package}") if name.count("/") > 2}
        assert folders <= rooms, f"tests/{package}: {sorted(folders - rooms)} mirror no room of {package}"


def test_a_function_can_be_read_at_a_glance():
    long: dict[str, int] = {}
    for name in find_files(*PACKAGES):
        for node in ast.walk(ast.parse((ROOT / name).read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                first = node.body[1:] if ast.get_docstring(node) else node.body
                lines = first[-1].end_lineno - first[0].lineno + 1 if first else 0
                long |= {f"{name}:{node.lineno} {node.name}": lines} if lines > MOST_LINES_OF_A_FUNCTION else {}
    assert long == {}, f"{long}: give its steps names of their own"
