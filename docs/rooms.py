"""Write the tables of rooms into architecture.md, from the layers in pyproject.toml and each room's own first sentence.

python docs/rooms.py           write them
python docs/rooms.py --check   exit 1 if they read otherwise
"""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs/architecture.md"
PACKAGES = ("verification", "submission")


def read_floors(package: str) -> Iterator[list[str]]:
    """Yield the names of the rooms of each floor of a package, the uppermost floor first, as its contract has them."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    for contract in contracts:
        if contract.get("containers") == [package]:
            yield from (re.split(r"\s*[|:]\s*", layer) for layer in contract["layers"])


def read_sentence(module: Path) -> str:
    """The first paragraph of the docstring of a room or a file, on one line."""
    file = module / "__init__.py" if module.is_dir() else module.with_suffix(".py")
    said = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    return " ".join(said.partition("\n\n")[0].split())


def make_table(package: str) -> str:
    """The table of a package: rooms of one floor have one number."""
    lines = ["| Floor | Room | What it is |", "|---|---|---|"]
    floors = list(read_floors(package))
    for number, rooms in zip(range(len(floors), 0, -1), floors, strict=True):
        for room in rooms:
            module = ROOT / package / room
            name = f"{room}/" if module.is_dir() else f"{room}.py"
            lines.append(f"| {number} | [`{name}`](../{package}/{name}) | {read_sentence(module)} |")
    return "\n".join(lines)


def rewrite(page: str) -> str:
    """The page with each table between its two marks as it should be."""
    for package in PACKAGES:
        before, mark, rest = page.partition(f"<!-- rooms of {package}: python docs/rooms.py -->\n")
        _, end, after = rest.partition("<!-- end -->")
        if not (mark and end):
            raise ValueError(f"{PAGE.name}: no marks for the rooms of {package}")
        page = f"{before}{mark}\n{make_table(package)}\n\n{end}{after}"
    return page


def main() -> int:
    """Write the tables, or check them: 0; 1 if they read otherwise."""
    written = PAGE.read_text(encoding="utf-8")
    wanted = rewrite(written)
    if "--check" not in sys.argv[1:]:
        PAGE.write_text(wanted, encoding="utf-8")
        return 0
    if written != wanted:
        print("docs/architecture.md: its rooms are not those of pyproject.toml; run `python docs/rooms.py`")
    return int(written != wanted)


if __name__ == "__main__":
    sys.exit(main())
