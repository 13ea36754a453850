"""What the auditor's own copy of the generator says: its templates, its code and its data, read as data, never run.

Whoever changes a package changes none of these. They are those of the package only if that was built by the same
sources: a digest over all of them tells.
"""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from html import unescape
from pathlib import Path
from typing import Any

HERE = Path(__file__).parents[2]
"""The folder of the generator, in a checkout or installed."""
CODE = ("words", "context", "content", "drawings", "setting", "package")
"""Its rooms that write words."""
VOCABULARY = HERE.parent / "verification" / "evidence"
"""The names that evidence has for what it tells."""
HOLE, CHOICE = "\1", "\2"
"""Stand where a template prints a value, and where it decides something or repeats."""
LINE = re.compile(
    r"<!--.*?-->|</?(?:p|li|dt|dd|h[1-6]|td|th|tr|div|ul|ol|dl|table|thead|tbody|caption|figcaption|figure|br|section"
    r"|article|aside|colgroup|col)\b[^>]*>",
    re.DOTALL,
)
"""What begins a line of its own."""
REPEATING = {"if", "for", "call", "macro", "filter"}
"""What decides whether and how often something is said."""
SEVERAL = 3
"""Spaces in a stretch that is a sentence or a part of one."""
TAG = re.compile(r"<[^>]*>", re.DOTALL)
OTHERS = re.compile(r"""["'](\w+\.html)["']""")
HEAD_ROW = re.compile(r"<tr[^>]*>[\s\1\2]*((?:<th[^>]*>(?:(?!</?t[hdr]).)*</th>[\s\1\2]*)+)</tr>", re.DOTALL)
TABLE = re.compile(r"<table.*?</table>", re.DOTALL)
ROW_HEAD = re.compile(r'<th scope="row">([^<\1\2]*)</th>')
HOLES = re.compile(r"[\1\2]")
HEAD = re.compile(r"<th[^>]*>(.*?)</th>", re.DOTALL)
UNPRINTED = re.compile("[\u00ad\u200b\u2060`•]")


@dataclass(slots=True)
class Said:
    """What sources say: stretches of text, each whole; those that join values; names side by side, and in a column."""

    stretches: set[str] = field(default_factory=set)
    joints: set[str] = field(default_factory=set)
    rows: set[tuple[str, ...]] = field(default_factory=set)
    labels: set[tuple[str, ...]] = field(default_factory=set)
    filtered: set[tuple[str, ...]] = field(default_factory=set)
    """Names in a column of which some may be left out."""

    def __ior__(self, other: Said) -> Said:
        """Say what another says too."""
        self.stretches |= other.stretches
        self.joints |= other.joints
        self.rows |= other.rows
        self.labels |= other.labels
        self.filtered |= other.filtered
        return self


def plain(text: str) -> str:
    """A text with single spaces, without marks of code and signs that nobody sees."""
    return " ".join(UNPRINTED.sub("", text).split())


def _files() -> Iterator[Path]:
    yield from sorted(HERE.glob("templates/*.html"))
    yield from sorted(HERE.glob("*.yaml"))
    for folder in (*(HERE / name for name in CODE), VOCABULARY):
        yield from sorted(folder.rglob("*.py"))


@cache
def digest_of_sources() -> str:
    """SHA-256 over every file from which documents have their words, by name."""
    told = hashlib.sha256()
    for path in _files():
        told.update(
            f"{path.relative_to(HERE.parent).as_posix()}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode()
        )
    return told.hexdigest()


# --- templates --------------------------------------------------------------------------------------------------------


@cache
def said_in_template(name: str) -> Said:
    """What a template says, with those that it takes in."""
    found, names = Said(), [name]
    for one in names:  # grows
        path = HERE / "templates" / one
        if path.is_file():
            source = path.read_text()
            names += [other for other in OTHERS.findall(source) if other not in names]
            found |= _said_in_markup(source)
    return found


@cache
def always_said_in(name: str) -> tuple[str, ...]:
    """The stretches of several words that a template says whatever the evidence is, in its order."""
    from jinja2 import Environment

    path = HERE / "templates" / name
    markup, open_, before = [], 0, ""
    environment = Environment(trim_blocks=True, lstrip_blocks=True)  # noqa: S701  nothing is rendered
    for _, kind, value in environment.lex(path.read_text()) if path.is_file() else ():
        if kind == "name" and before == "block_begin":
            open_ += (value in REPEATING) - (value in {f"end{one}" for one in REPEATING})
        if kind == "data" and not open_:
            markup.append(value)
        elif kind in ("variable_end", "block_end"):
            markup.append(HOLE)
        before = before if kind == "whitespace" else kind
    pieces = (plain(unescape(piece)) for line in LINE.split("".join(markup)) for piece in TAG.sub("", line).split(HOLE))
    return tuple(piece for piece in pieces if piece.count(" ") >= SEVERAL)


@cache
def _said_in_markup(source: str) -> Said:
    from jinja2 import Environment

    environment = Environment(trim_blocks=True, lstrip_blocks=True)  # noqa: S701  nothing is rendered
    markup, found = [], Said()
    for _, kind, value in environment.lex(source):
        if kind == "data":
            markup.append(value)
        elif kind in ("variable_end", "block_end"):
            markup.append(HOLE if kind == "variable_end" else CHOICE)
        elif kind == "string":
            _add_pattern(found, ast.literal_eval(value))
    page = "".join(markup)
    for line in LINE.split(page):
        pieces = [unescape(piece) for piece in HOLES.split(TAG.sub("", line))]
        (found.joints if len(pieces) > 1 else found.stretches).update(pieces)
    for row in HEAD_ROW.findall(page):
        cells = [unescape(TAG.sub("", cell)) for cell in HEAD.findall(row)]
        found.rows |= {*_stretches_of([None if HOLES.search(cell) else cell for cell in cells])}
    for table in TABLE.findall(page):
        names = tuple(plain(unescape(name)) for name in ROW_HEAD.findall(table))
        if names:
            (found.filtered if CHOICE in table else found.labels).add(names)
    _add_rows(found, environment.parse(source))
    return found


def _add_rows(said: Said, tree: Any) -> None:
    """Add the rows of names in the expressions of a template, and the labels of tables of pairs."""
    from jinja2 import nodes

    filtered = {id(one.node) for one in tree.find_all(nodes.Filter)}
    for node in tree.find_all((nodes.Tuple, nodes.List)):
        values = [one.value if isinstance(one, nodes.Const) else None for one in node.items]
        said.rows |= {row for row in _stretches_of(values) if len(row) > 1}
        pairs = [one.items[0] if isinstance(one, nodes.Tuple) and len(one.items) == 2 else one for one in node.items]
        names = [one.value for one in pairs if isinstance(one, nodes.Const) and isinstance(one.value, str)]
        if len(names) == len(node.items) and None in values:
            (said.filtered if id(node) in filtered else said.labels).add(tuple(map(plain, names)))


def _stretches_of(values: Iterable[object]) -> Iterator[tuple[str, ...]]:
    """The longest stretches of neighbors that are texts."""
    row: list[str] = []
    for value in (*values, None):
        if isinstance(value, str):
            row.append(_head(value))
        elif row:
            yield tuple(row)
            row = []


def _head(text: str) -> str:
    """The head of a column as it is printed; a sign before it says that its cells are numbers."""
    return plain(text.removeprefix("#"))


def _add_pattern(said: Said, text: str) -> None:
    """Add what a text says; of a pattern the stretches between the places for its values, which join these."""
    parts = re.split(r"\{\w*\}|%[sd]", text.removeprefix("#"))
    (said.joints if len(parts) > 1 else said.stretches).update(unescape(TAG.sub("", part)) for part in parts)


# --- code and data ----------------------------------------------------------------------------------------------------


@cache
def said_in_code() -> Said:
    """What the code of the generator says, but for what it says to its readers; and the names of the evidence."""
    found = Said()
    for folder in (HERE / name for name in CODE):
        for path in sorted(folder.rglob("*.py")):
            found |= _said_in_module(path.read_text())
    for path in sorted(VOCABULARY.rglob("*.py")):
        found.stretches |= {text.replace("_", " ") for text in _said_in_module(path.read_text()).stretches}
    return found


def _said_in_module(source: str) -> Said:
    tree, found = ast.parse(source), Said()
    unsaid = {id(node) for part in ast.walk(tree) for node in _unsaid_in(part)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr == "join" and isinstance(node.value, ast.Constant):
            found.joints.add(str(node.value.value))
        elif isinstance(node, ast.JoinedStr):
            parts = [str(part.value) for part in node.values if isinstance(part, ast.Constant)]
            found.joints.update(unescape(TAG.sub("", part)) for part in parts)
            unsaid |= {id(part) for part in node.values}
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in unsaid:
            _add_pattern(found, node.value)
        elif isinstance(node, ast.Tuple | ast.List):
            values = [one.value if isinstance(one, ast.Constant) else None for one in node.elts]
            found.rows |= {row for row in _stretches_of(values) if len(row) > 1}
    return found


def _unsaid_in(part: ast.AST) -> Iterator[ast.AST]:
    """Texts of a module that it does not print: descriptions, what it compares with, its public names."""
    if isinstance(part, ast.Expr):
        yield part.value
    elif isinstance(part, ast.Compare):
        yield from (node for side in (part.left, *part.comparators) for node in ast.walk(side))
    elif isinstance(part, ast.Assign) and any(
        isinstance(one, ast.Name) and one.id == "__all__" for one in part.targets
    ):
        yield from ast.walk(part.value)


@cache
def named_in_templates() -> frozenset[str]:
    """What templates ask for by a name: a gap may quote it in any document."""
    pages = (path.read_text() for path in sorted(HERE.glob("templates/*.html")))
    return frozenset(name for page in pages for name in re.findall(r"""\("([\w-]+)"[,)]""", page))


@cache
def said_in_data() -> frozenset[str]:
    """Every text of the files of data."""
    import yaml

    return frozenset(
        text for path in sorted(HERE.glob("*.yaml")) for text in texts_of(yaml.safe_load(path.read_text()))
    )


NAMED = ("example", "figures", "inputs", "sources")
"""Parts of records in which names are told, and no fields."""
FIELD = re.compile("[a-z_]+")


def texts_of(value: Any, part: str = "") -> Iterator[str]:
    """Every text in a value that stands in a part of a record, and the names that it tells by."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from (str(name) for name in value if part in NAMED or not FIELD.fullmatch(str(name)))
        for name, inner in value.items():
            yield from texts_of(inner, str(name))
    elif isinstance(value, list):
        for inner in value:
            yield from texts_of(inner, part)
