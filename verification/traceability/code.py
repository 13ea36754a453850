"""The functions, classes and constants of the device: where each is, and what it uses by name. Read, never imported."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias

from verification.evidence import Project
from verification.traceability.scan import CODE, digest_of, module_name

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_DEFINITIONS = (*_FUNCTIONS, ast.ClassDef)
_ASSIGNMENTS = (ast.Assign, ast.AnnAssign, ast.AugAssign)
_Names: TypeAlias = dict[str, str]
"""What a name of a module stands for: a dotted id."""


class Kind(StrEnum):
    """What a definition is."""

    MODULE = "module"
    CLASS = "class"
    FUNCTION = "function"
    CONSTANT = "constant"


@dataclass(frozen=True, slots=True)
class Definition:
    """A module, class, function (a method is one) or constant of a module, whether it claims something or not.

    `extent` is its first line, decorators included, and its last; `body` the first line that runs when it is called.
    `digest` is that of `scan`; a module has none, for its parts have.
    `uses` are the ids of what it names; some are no definition of the device.
    """

    id: str
    kind: Kind
    title: str
    file: str
    line: int
    extent: tuple[int, int]
    body: int
    digest: str
    uses: frozenset[str]

    @property
    def is_function(self) -> bool:
        """Whether it can be entered; a class is entered by its methods."""
        return self.kind is Kind.FUNCTION


@dataclass(frozen=True, slots=True)
class _Module:
    """What the definitions of a file have in common. A name stands for what it is given or imported as."""

    id: str
    package: str
    file: str
    names: _Names


def read_definitions(project: Project) -> tuple[Definition, ...]:
    """Read every definition of the device, an outer one before what is in it; `scan` reports a file that is no code."""
    found: list[Definition] = []
    for path in project.find_files(CODE):
        file = project.relative(path)
        try:
            tree = ast.parse(path.read_bytes(), filename=file)
        except (SyntaxError, ValueError):
            continue
        name = module_name(file)
        package = name if path.name == "__init__.py" else name.rpartition(".")[0]
        module = _Module(name, package, file, {each: f"{name}.{each}" for each in _defined(tree)})
        module.names.update(_imported(ast.walk(tree), module))
        found += _read_module(tree, module)
    return tuple(found)


def _read_module(tree: ast.Module, module: _Module) -> Iterator[Definition]:
    yield _definition(Kind.MODULE, module.id, tree, module, uses=frozenset())
    for statement in _statements(tree):
        if isinstance(statement, _DEFINITIONS):
            yield from _read_definition(statement, module.id, module)
        elif isinstance(statement, _ASSIGNMENTS):
            for name in _targets(statement):
                yield _definition(Kind.CONSTANT, f"{module.id}.{name}", statement, module)


def _read_definition(node: Any, owner: str, module: _Module) -> Iterator[Definition]:
    name = f"{owner}.{node.name}"
    yield _definition(Kind.FUNCTION if isinstance(node, _FUNCTIONS) else Kind.CLASS, name, node, module)
    for statement in _statements(node):
        if isinstance(statement, _DEFINITIONS):
            yield from _read_definition(statement, name, module)


def _definition(
    kind: Kind, identity: str, node: Any, module: _Module, uses: frozenset[str] | None = None
) -> Definition:
    docstring = None if kind is Kind.CONSTANT else ast.get_docstring(node)
    body = [] if kind is Kind.CONSTANT else node.body
    first = body[1] if docstring is not None and len(body) > 1 else body[0] if body else node
    return Definition(
        id=identity,
        kind=kind,
        title=(docstring or identity).strip().partition("\n")[0],
        file=module.file,
        line=getattr(node, "lineno", 1),
        extent=(_first_line(node), getattr(node, "end_lineno", None) or _last_line(node)),
        body=_first_line(first),
        digest="" if kind is Kind.MODULE else digest_of(node),
        uses=_uses(node, module) if uses is None else uses,
    )


def _first_line(node: Any) -> int:
    lines = [each.lineno for each in (node, *getattr(node, "decorator_list", ())) if hasattr(each, "lineno")]
    return min(lines, default=1)


def _last_line(tree: ast.Module) -> int:
    return max((statement.end_lineno or 1 for statement in tree.body), default=1)


def _statements(node: ast.AST) -> Iterator[ast.stmt]:
    """The statements of a body, those under `if` and `try` too, without those of the definitions in it."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.stmt):
            yield child
        if not isinstance(child, _DEFINITIONS) and not isinstance(child, ast.expr):
            yield from _statements(child)


# --- names ------------------------------------------------------------------------------------------------------------


def _uses(node: ast.AST, module: _Module) -> frozenset[str]:
    """What a definition names and does not bind itself, as ids: `device.gate.check_age`, `device.dicom.decode`."""
    nodes = list(ast.walk(node))
    names = module.names | _imported(nodes, module)
    for name in _bound(nodes):
        names.pop(name, None)
    found = set()
    for each in nodes:
        first, *rest = _dotted(each)
        if first in names:
            found.add(".".join([names[first], *rest]))
    return frozenset(found)


def _dotted(node: ast.AST) -> list[str]:
    """The parts of a dotted name; of anything else a part that no name equals."""
    if isinstance(node, ast.Attribute):
        return [*_dotted(node.value), node.attr]
    return [node.id] if isinstance(node, ast.Name) else [""]


def _bound(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """What some nodes give a value: arguments and variables."""
    for each in nodes:
        if isinstance(each, ast.arg):
            yield each.arg
        elif isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store):
            yield each.id


def _defined(tree: ast.Module) -> Iterator[str]:
    for statement in _statements(tree):
        if isinstance(statement, _DEFINITIONS):
            yield statement.name
        elif isinstance(statement, _ASSIGNMENTS):
            yield from _targets(statement)


def _targets(statement: Any) -> Iterator[str]:
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    for each in targets:
        yield from (name.id for name in ast.walk(each) if isinstance(name, ast.Name))


def _imported(nodes: Iterable[ast.AST], module: _Module) -> _Names:
    """What the imports among some nodes make known, by the name that they give it."""
    found: _Names = {}
    for each in nodes:
        if isinstance(each, ast.Import):
            found |= {(one.asname or one.name.partition(".")[0]): _meant(one) for one in each.names}
        elif isinstance(each, ast.ImportFrom):
            above = module.package.split(".")
            origin = [*above[: len(above) - each.level + 1], each.module] if each.level else [each.module]
            base = ".".join(part for part in origin if part)
            found |= {(one.asname or one.name): f"{base}.{one.name}" for one in each.names}
    return found


def _meant(name: ast.alias) -> str:
    return name.name if name.asname else name.name.partition(".")[0]
