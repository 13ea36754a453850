"""The pages say what is there: rooms, paths, decisions, pictures."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ARCHITECTURE = ROOT / "docs/architecture.md"
FOLDERS = ("device", "verification", "submission", "requirements_spec", "risk", "docs", "tests", "benchmarks", ".ci")


def links(page: Path) -> set[Path]:
    found = re.findall(r"\]\(([^)#\s]+)", page.read_text())
    return {(page.parent / target).resolve() for target in found if "://" not in target}


def check_rooms(root: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "docs/rooms.py", "--check"], cwd=root, capture_output=True, text=True)


def test_the_architecture_names_each_room_by_its_own_sentence() -> None:
    checked = check_rooms(ROOT)
    assert checked.returncode == 0, checked.stdout


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A copy of what the tables of rooms are made from."""
    for file in (ROOT / "pyproject.toml", ARCHITECTURE, ROOT / "docs/rooms.py", *ROOT.glob("[vs]*/**/*.py")):
        copy = tmp_path / file.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(file.read_bytes())
    return tmp_path


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("pyproject.toml", '"graph | product",', '"graph",\n    "product",'),
        ("verification/statistics/__init__.py", "Arrays in, numbers out", "Numbers in, arrays out"),
    ],
)
def test_a_room_that_moved_or_says_otherwise_is_seen(house: Path, file: str, old: str, new: str) -> None:
    assert check_rooms(house).returncode == 0
    text = (house / file).read_text()
    assert old in text
    (house / file).write_text(text.replace(old, new))
    checked = check_rooms(house)
    assert checked.returncode == 1
    assert "docs/architecture.md" in checked.stdout
    subprocess.run([sys.executable, "docs/rooms.py"], cwd=house, check=True)
    assert check_rooms(house).returncode == 0


def test_the_drawing_shows_each_room() -> None:
    written = re.findall(r">([^<]+)</text>", (ROOT / "docs/architecture.svg").read_text())
    shown = {word for text in written for word in re.findall(r"\w+", text)}
    rooms = set(re.findall(r"^\| \d+ \| \[`(\w+)/`\]", ARCHITECTURE.read_text(), re.M))
    assert len(rooms) > 20
    assert rooms <= shown


def test_the_drawing_has_each_room_on_its_floor() -> None:
    drawing = (ROOT / "docs/architecture.svg").read_text()
    parts = re.findall(r"<!-- rooms of (\w+).*?(\|.*?)<!-- end -->", ARCHITECTURE.read_text(), re.S)
    assert [package for package, _ in parts] == ["verification", "submission"]
    for package, part in parts:
        drawn = drawing.split(f">{package}</text>")[1].split('class="name"')[0]
        heights = {name: int(height) for height, name in re.findall(r'y="(\d+)">(\w+)</text>', drawn)}
        floors = [(int(floor), name) for floor, name in re.findall(r"^\| (\d+) \| \[`(\w+)/`\]", part, re.M)]
        rooms = [(floor, name) for floor, name in floors if name not in ("steps", "audit")]  # drawn as what they are
        assert len(rooms) > 5
        for floor, name in rooms:
            beside = {heights[other] for at, other in rooms if at == floor}
            above = {heights[other] for at, other in rooms if at > floor}
            assert beside == {heights[name]}, f"{name} is not drawn beside the rooms of its floor"
            assert all(height < heights[name] for height in above), f"{name} is drawn above a room that uses it"


@pytest.mark.parametrize("page", ["README.md", "docs/architecture.md", "docs/tutorials/engineer.md"])
def test_every_path_of_the_repository_that_a_page_names_exists(page: str) -> None:
    named = re.findall(rf"`((?:{'|'.join(map(re.escape, FOLDERS))})/[\w./-]*)`", (ROOT / page).read_text())
    assert named
    made_by_a_command = {"docs/records/reviews.log"}
    assert [name for name in named if name not in made_by_a_command and not (ROOT / name).exists()] == []


def test_the_index_leads_to_every_page_and_the_list_of_decisions_to_every_decision() -> None:
    pages = {*ROOT.glob("docs/*.md"), *ROOT.glob("docs/tutorials/*.md"), *ROOT.glob("docs/*/README.md")}
    assert pages - {ROOT / "docs/index.md"} <= links(ROOT / "docs/index.md")
    decisions = set(ROOT.glob("docs/decisions/0*.md"))
    assert decisions == links(ROOT / "docs/decisions/README.md")


PICTURE = re.compile(r'<img src="([^"]+)" width="\d+" alt="([^"]+)">')


def test_the_readmes_pictures_are_there_described_and_small() -> None:
    written = (ROOT / "README.md").read_text()
    shown = dict(PICTURE.findall(written))
    assert len(shown) == written.count("<img")
    assert {ROOT / name for name in shown} == set((ROOT / "docs/pictures").glob("*.png"))
    assert all(len(described.split()) >= 10 for described in shown.values())
    assert sum((ROOT / name).stat().st_size for name in shown) < 600_000


@pytest.mark.browser
def test_a_browser_shows_the_readmes_pictures_in_their_proportions(tmp_path: Path) -> None:
    tags = re.findall(r"<img[^>]+>", (ROOT / "README.md").read_text())
    tell = "[...document.images].map(one => [one.naturalWidth, one.naturalHeight, one.width, one.height])"
    page = tmp_path / "pictures.html"
    page.write_text(
        f"<!doctype html><base href='{ROOT.as_uri()}/'>{''.join(tags)}"
        f"<script>onload = () => document.body.textContent = JSON.stringify({tell})</script>"
    )
    chromium = os.environ.get("CLEARWAY_CHROMIUM", "/usr/bin/chromium")
    options = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}/profile", "--dump-dom"]
    shown = subprocess.run([chromium, *options, page.as_uri()], check=True, capture_output=True, text=True).stdout
    sizes = json.loads(re.search(r"<body>(.*)</body>", shown).group(1))
    assert len(sizes) == len(tags) == 3
    for whole_width, whole_height, width, height in sizes:
        assert whole_width > width > 500
        assert height == pytest.approx(width * whole_height / whole_width, abs=1)
