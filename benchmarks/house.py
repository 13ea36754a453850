"""What a checkout's rooms are like, in numbers and as a picture: `python benchmarks/house.py CHECKOUT... [--svg FILE]`.

A room is a folder of a package, or a file at the package's door. It stands on the floor above the highest room that it
imports; rooms that import each other, in a circle, stand on one floor, and what is imported among them runs back up.
"""

from __future__ import annotations

import argparse
import ast
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

PACKAGES = ("device", "verification", "submission")
WIDTH, HEIGHT, GAP, MARGIN = 132, 30, 14, 20

Graph = Mapping[str, set[str]]


@dataclass(frozen=True)
class House:
    """The modules of a checkout by name with their paths, what each imports, and the folder that each is in."""

    root: Path
    paths: Mapping[str, Path]
    imports: Graph

    def room(self, module: str) -> str:
        """The room of a module: its package's folder, or the module itself where it stands at the door."""
        parts = module.split(".")
        inside = len(parts) > 2 or self.paths[module].name == "__init__.py"
        return ".".join(parts[:2]) if inside else module

    def rooms(self, package: str) -> Graph:
        """What each room of a package imports of the others."""
        found: dict[str, set[str]] = {}
        for module, used in self.imports.items():
            if module.startswith(f"{package}."):
                others = {self.room(each) for each in used if each.startswith(f"{package}.")}
                found.setdefault(self.room(module), set()).update(others - {self.room(module)})
        return found


def read(root: Path) -> House:
    """Read every module of the packages of a checkout; nothing is imported."""
    paths = {}
    for package in PACKAGES:
        for path in sorted((root / package).rglob("*.py")):
            parts = path.relative_to(root).with_suffix("").parts
            paths[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return House(root, paths, {name: set(_find_imports(path, paths)) - {name} for name, path in paths.items()})


def _find_imports(path: Path, paths: Mapping[str, Path]) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                yield from (each for each in ([full] if full in paths else [node.module]) if each in paths)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in paths)


def find_circles(graph: Graph) -> list[set[str]]:
    """The groups of nodes that reach each other, a node alone where it is in no circle; lower ones first (Tarjan)."""
    number: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[set[str]] = []

    def visit(node: str) -> None:
        number[node] = low[node] = len(number)
        stack.append(node)
        for other in sorted(graph.get(node, ())):
            if other not in number:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in stack:
                low[node] = min(low[node], number[other])
        if low[node] == number[node]:
            at = stack.index(node)
            found.append(set(stack[at:]))
            del stack[at:]

    for node in sorted(graph):
        if node not in number:
            visit(node)
    return found


def find_floors(graph: Graph) -> dict[str, int]:
    """The floor of each node, 0 for one that imports none."""
    floors: dict[str, int] = {}
    for circle in find_circles(graph):
        below = {other for node in circle for other in graph.get(node, ())} - circle
        floors |= dict.fromkeys(circle, 1 + max((floors[other] for other in below if other in floors), default=-1))
    return floors


def count(house: House, package: str) -> Iterator[tuple[str, object]]:
    """Yield what is counted of a package."""
    own = {name: {each for each in used if each.startswith(f"{package}.")}
           for name, used in house.imports.items() if name.startswith(f"{package}.")}  # fmt: skip
    rooms = house.rooms(package)
    mutual = [circle for circle in find_circles(rooms) if len(circle) > 1]
    of = {room: place for place, circle in enumerate(mutual) for room in circle}
    back = sum(
        house.room(name) != house.room(each) and of.get(house.room(name), -1) == of.get(house.room(each), -2)
        for name, used in own.items() for each in used
    )  # fmt: skip
    folders = Counter(path.parent.relative_to(house.root).as_posix() for path in _paths(house, package))
    lines = {path: len(path.read_text().splitlines()) for path in _paths(house, package)}
    longest = max(lines, key=lambda path: lines[path])
    functions = sorted(_find_lengths(_paths(house, package)))
    yield "Python files", len(lines)
    yield "files at the door", folders[package]
    yield "largest folder", "{} ({})".format(*max(folders.items(), key=lambda item: item[1]))
    yield "folders of more than 15", sum(number > 15 for number in folders.values())
    yield "rooms and files at the door", len(rooms)
    yield "floors of rooms", 1 + max(find_floors(rooms).values())
    yield "floors of modules", 1 + max(find_floors(own).values())
    yield "groups of rooms that import each other", len(mutual)
    yield "imports that run back up between rooms", back
    yield "longest file", f"{lines[longest]} lines ({longest.relative_to(house.root)})"
    yield "files of more than 400 lines", sum(number > 400 for number in lines.values())
    yield (
        "code lines of functions: median, 95th percentile, longest",
        (f"{statistics.median(functions):.0f}, {functions[int(0.95 * len(functions))]}, {functions[-1]}"),
    )


def _paths(house: House, package: str) -> list[Path]:
    return [path for name, path in house.paths.items() if name.split(".")[0] == package]


def _find_lengths(paths: Iterable[Path]) -> Iterator[int]:
    """Yield the lines of each function from its first statement on, without its docstring."""
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef):
                body = node.body[1:] if ast.get_docstring(node) else node.body
                yield (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 1


def draw(houses: Iterable[House], package: str) -> str:
    """A package's rooms by floor, one picture a checkout, side by side; what runs back up is red."""
    parts, left, tallest = [], MARGIN, 0
    for house in houses:
        graph = house.rooms(package)
        floors, mutual = find_floors(graph), [circle for circle in find_circles(graph) if len(circle) > 1]
        by_floor: dict[int, list[str]] = defaultdict(list)
        for room in sorted(graph):
            by_floor[floors[room]].append(room)
        wide = max(map(len, by_floor.values()))
        top = max(by_floor)
        places = {
            room: (left + at * (WIDTH + GAP), MARGIN + (top - floor) * (HEIGHT + 2 * GAP))
            for floor, rooms in by_floor.items() for at, room in enumerate(rooms)
        }  # fmt: skip
        for room, used in graph.items():
            parts += [_line(places, room, other, any({room, other} <= circle for circle in mutual)) for other in used]
        parts += [_box(place, room.removeprefix(f"{package}.")) for room, place in places.items()]
        left += wide * (WIDTH + GAP) + 2 * MARGIN
        tallest = max(tallest, (top + 1) * (HEIGHT + 2 * GAP) + 2 * MARGIN)
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {left} {tallest}" font-family="sans-serif">'
    ground = f'<rect width="{left}" height="{tallest}" fill="#fff"/>'
    return "\n".join((head, ground, *sorted(parts, key=lambda part: "<g" in part), "</svg>", ""))


def _line(places: Mapping[str, tuple[int, int]], room: str, other: str, back: bool) -> str:
    (x, y), (to_x, to_y) = places[room], places[other]
    style = 'stroke="#c0392b" stroke-width="1.4"' if back else 'stroke="#9aa5b1" stroke-width="0.8"'
    return f'<path d="M{x + WIDTH // 2} {y + HEIGHT} L{to_x + WIDTH // 2} {to_y}" fill="none" {style}/>'


def _box(place: tuple[int, int], name: str) -> str:
    x, y = place
    box = f'<rect x="{x}" y="{y}" width="{WIDTH}" height="{HEIGHT}" rx="4" fill="#eef2f6" stroke="#52606d"/>'
    text = f'<text x="{x + WIDTH // 2}" y="{y + 20}" font-size="13" text-anchor="middle" fill="#1f2933">{name}</text>'
    return f"<g>{box}{text}</g>"


def main() -> None:
    """Print the numbers of each checkout side by side; draw one package if asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkouts", nargs="+", type=Path)
    parser.add_argument("--svg", type=Path, help="draw the package's rooms of every checkout into this file")
    parser.add_argument("--package", choices=PACKAGES, default="verification", help="which one is drawn")
    arguments = parser.parse_args()
    houses = [read(path.resolve()) for path in arguments.checkouts]
    for package in PACKAGES:
        print(f"\n{package}")
        for rows in zip(*(count(house, package) for house in houses), strict=True):
            print(f"  {rows[0][0]:58}" + "".join(f"{row[1]!s:>48}" for row in rows))
    if arguments.svg:
        arguments.svg.write_text(draw(houses, arguments.package))


if __name__ == "__main__":
    main()
