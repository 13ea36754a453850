"""Code as the names that its modules bind: what each does, and which other names it uses. Read, never imported.

The uses are found by name alone: what a name may mean it is taken to mean, so that too much is reached, not too little.
What is called by a text (`getattr`, an entry point) is not seen.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from typing import Any

from verification.evidence import Project
from verification.sources.scan import Symbol, digest_of, module_name
from verification.specification.cache import recall


class Kind(StrEnum):
    """What a unit is: a class without its methods, a function or method, what is left of a module."""

    MODULE = "module"
    CLASS = "class"
    FUNCTION = "function"
    CONSTANT = "constant"
    IMPORT = "import"


_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_KINDS = {
    ast.Module: Kind.MODULE,
    ast.ClassDef: Kind.CLASS,
    ast.FunctionDef: Kind.FUNCTION,
    ast.AsyncFunctionDef: Kind.FUNCTION,
    ast.Import: Kind.IMPORT,
}
_EMPTY = digest_of(ast.Module(body=[], type_ignores=[]))


@dataclass(frozen=True, slots=True)
class Unit:
    """A function, a method, a class without its methods, a constant or an import; or what is left of a module.

    `digest` is of the normalized syntax tree; `uses` are the ids of the units that its names may mean; `decorators` are
    those of a function, as Python. `is_empty` says that it is a module in which nothing is left. `lines` are those that
    run when a function is called (what is defined in it is a part of it), from `start` to before `end`; of anything
    else they are its own.
    """

    id: str
    kind: Kind
    file: str
    line: int
    digest: str
    start: int = 0
    end: int = 0
    uses: frozenset[str] = frozenset()
    decorators: tuple[str, ...] = ()
    is_empty: bool = False

    @property
    def lines(self) -> range:
        """The lines that run when it is called."""
        return range(self.start, self.end)

    @property
    def is_import(self) -> bool:
        """Whether it is a name that is taken from elsewhere."""
        return self.kind is Kind.IMPORT

    @property
    def is_function(self) -> bool:
        """Whether it can be entered; a class is entered by its methods."""
        return self.kind is Kind.FUNCTION


@dataclass(slots=True)
class _Module:
    """A module while it is read: its units' nodes by id, what its imports lead to, and which functions are fixtures."""

    name: str
    file: str
    nodes: dict[str, list[ast.AST]] = field(default_factory=dict)
    imports: dict[str, str] = field(default_factory=dict)


def read_units(project: Project, *patterns: str) -> dict[str, Unit]:
    """Read the units of every module that the patterns name; one that is not Python has none."""
    files = list(project.find_names(*patterns))
    said = "\n".join(f"{file} {project.digest(file)}" for file in files)
    key = hashlib.sha256(said.encode()).hexdigest()
    return recall(project, "units", key, dict[str, Unit], partial(_read_units, project, files))


def _read_units(project: Project, files: Iterable[str]) -> dict[str, Unit]:
    modules = []
    for file in files:
        try:
            tree = ast.parse((project.root / file).read_bytes(), filename=file)
        except (SyntaxError, ValueError):
            continue
        module = _Module(module_name(file), file)
        _split(module, module.name, tree)
        modules.append(module)
    return _resolve(modules)


def reach(units: Mapping[str, Unit], start: Iterable[str], stop: Iterable[str] = ()) -> set[str]:
    """The units that use some units, directly or through others; nothing is looked for beyond those in `stop`."""
    users: dict[str, list[str]] = {}
    for unit in units.values():
        for used in unit.uses:
            users.setdefault(used, []).append(unit.id)
    stop, found, waiting = set(stop), set(start), list(start)
    while waiting:
        new = set(users.get(waiting.pop(), ())) - found
        found |= new
        waiting += new - stop
    return found


def code_digest(units: Mapping[str, Unit], names: Iterable[str]) -> str:
    """SHA-256 of what some units do, with all that they use; one that does not exist does nothing."""
    found, waiting = set(names), list(names)
    while waiting:
        unit = units.get(waiting.pop())
        new = unit.uses - found if unit else frozenset()
        found |= new
        waiting += new
    said = [f"{name} {units[name].digest}" for name in sorted(found) if name in units and not units[name].is_empty]
    return hashlib.sha256("\n".join(said).encode()).hexdigest()


def claims_of(units: Mapping[str, Unit], symbols: Iterable[Symbol]) -> dict[str, tuple[str, ...]]:
    """What each unit claims to implement: by its own docstring, by that of what encloses it or of what it encloses."""
    found: dict[str, list[str]] = {}
    within: dict[str, list[str]] = {}
    for name in units:
        outer = name
        while "." in outer:
            outer = outer.rpartition(".")[0]
            within.setdefault(outer, []).append(name)
    for symbol in symbols:
        inside = symbol.id
        while inside not in units and "." in inside:
            inside = inside.rpartition(".")[0]
        enclosed = within.get(symbol.id, []) if symbol.id in units else []
        for name in (inside, *enclosed):
            found.setdefault(name, []).extend(symbol.implements)
    return {name: tuple(dict.fromkeys(targets)) for name, targets in found.items()}


# --- what a module binds ----------------------------------------------------------------------------------------------


def _split(module: _Module, name: str, node: ast.Module | ast.ClassDef) -> None:
    """Give each function, class and constant at or below a node its own unit; the rest is the node's."""
    rest: list[ast.stmt] = []
    for child in _statements(node):
        if isinstance(child, _FUNCTIONS):
            module.nodes.setdefault(f"{name}.{child.name}", []).append(child)
        elif isinstance(child, ast.ClassDef):
            _split(module, f"{name}.{child.name}", child)
        elif isinstance(node, ast.Module) and isinstance(child, ast.Import | ast.ImportFrom):
            _import(module, child)
        elif isinstance(node, ast.Module) and (bound := _bound(child)):
            for target in bound:
                module.nodes.setdefault(f"{name}.{target}", []).append(child)
        else:
            rest.append(child)
            _split_under(module, name, child)
            for target in _bound_under(child) if isinstance(node, ast.Module) else ():
                module.nodes.setdefault(f"{name}.{target}", []).append(child)
    shell: ast.AST = ast.Module(body=rest, type_ignores=[])
    if isinstance(node, ast.ClassDef):
        shell = ast.ClassDef(**{**dict(ast.iter_fields(node)), "body": rest})
        ast.copy_location(shell, node)
    module.nodes.setdefault(name, []).append(shell)


def _split_under(module: _Module, name: str, statement: ast.AST) -> None:
    """Give what is defined under a condition (`if`, `try`) its own unit, too."""
    for child in ast.iter_child_nodes(statement):
        if isinstance(child, _FUNCTIONS):
            module.nodes.setdefault(f"{name}.{child.name}", []).append(child)
        elif isinstance(child, ast.ClassDef):
            _split(module, f"{name}.{child.name}", child)
        elif isinstance(child, ast.stmt | ast.excepthandler):
            _split_under(module, name, child)


def _statements(node: ast.Module | ast.ClassDef) -> Iterator[ast.stmt]:
    """The statements, those among them that only a type checker reads as well."""
    for child in node.body:
        if isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING" and not child.orelse:
            yield from child.body
        else:
            yield child


def _import(module: _Module, node: ast.Import | ast.ImportFrom) -> None:
    """An import is a unit of its own: a name that is taken from elsewhere changes whoever uses it."""
    for name, target in _imported(node):
        module.imports[name] = target
        unit = ast.Import(names=[ast.alias(name=target, asname=name)])
        module.nodes.setdefault(f"{module.name}.{name}", []).append(ast.copy_location(unit, node))


def _imported(node: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, str]]:
    """The names that an import binds, and what each leads to."""
    for alias in node.names:
        name = alias.asname or alias.name.partition(".")[0]
        source = f"{node.module}." if isinstance(node, ast.ImportFrom) and node.module else ""
        yield name, f"{source}{alias.name}" if source or alias.asname else name


def _bound(node: ast.AST) -> list[str]:
    """The names that a statement binds or changes: by assignment, or by a call of one of their methods."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        changed = node.value.func
        targets: list[ast.expr] = [changed.value] if isinstance(changed, ast.Attribute) else []
    elif isinstance(node, ast.Assign):
        targets = node.targets
    else:
        targets = [node.target] if isinstance(node, ast.AnnAssign | ast.AugAssign) else []
    return list(dict.fromkeys(each.id for one in targets for each in ast.walk(one) if isinstance(each, ast.Name)))


def _bound_under(statement: ast.stmt) -> list[str]:
    """The names that are bound or changed under a condition or in a loop; the whole statement says how."""
    found: list[str] = []
    waiting: list[ast.AST] = [statement]
    while waiting:
        each = waiting.pop()
        if not isinstance(each, (*_FUNCTIONS, ast.ClassDef)):
            found += _bound(each)
            waiting += ast.iter_child_nodes(each)
    return list(dict.fromkeys(found))


# --- what each uses ---------------------------------------------------------------------------------------------------


def _resolve(modules: list[_Module]) -> dict[str, Unit]:
    names = {module.name for module in modules}
    for module in modules:  # a package's import of a name that one of its modules has is not that module
        for name in [name for name in module.nodes if name in names - {module.name}]:
            del module.nodes[name]
    known = {name for module in modules for name in module.nodes}
    methods = _methods(modules)
    fixtures = {
        name.rpartition(".")[2]: name
        for module in modules
        for name, nodes in module.nodes.items()
        if any("fixture" in ast.unparse(each) for each in _decorators(nodes))
    }
    return {
        name: _unit(module, name, frozenset(_uses(module, name, nodes, known, methods, fixtures)) - {name})
        for module in modules
        for name, nodes in module.nodes.items()
    }


def _unit(module: _Module, name: str, uses: frozenset[str]) -> Unit:
    nodes = module.nodes[name]
    digest, lines = _digest(nodes), _lines(nodes[-1])
    return Unit(
        id=name,
        kind=next((kind for form, kind in _KINDS.items() if isinstance(nodes[0], form)), Kind.CONSTANT),
        file=module.file,
        line=getattr(nodes[0], "lineno", 1),
        digest=digest,
        start=lines.start,
        end=lines.stop,
        uses=uses,
        decorators=tuple(map(ast.unparse, _decorators(nodes))),
        is_empty=digest == _EMPTY,
    )


def _lines(node: Any) -> range:
    """From the first statement of a function, its docstring left out, to the end of the node."""
    body = getattr(node, "body", None) or [node]
    first = body[1:2] or body if isinstance(node, _FUNCTIONS) and ast.get_docstring(node) is not None else body
    starts = [each.lineno for each in (first[0], *getattr(first[0], "decorator_list", ())) if hasattr(each, "lineno")]
    return range(min(starts, default=1), (getattr(node, "end_lineno", None) or 0) + 1)


def _digest(nodes: list[ast.AST]) -> str:
    """That of the node; of several that bind one name, one over all."""
    digests = [digest_of(node) for node in nodes]
    return digests[0] if len(digests) == 1 else hashlib.sha256("".join(digests).encode()).hexdigest()


def _methods(modules: list[_Module]) -> dict[str, list[str]]:
    """The methods of all classes by their name: what `.name` of some object may mean."""
    found: dict[str, list[str]] = {}
    for module in modules:
        classes = [name for name, nodes in module.nodes.items() if isinstance(nodes[0], ast.ClassDef)]
        for name, nodes in module.nodes.items():
            owner, _, method = name.rpartition(".")
            if owner in classes and isinstance(nodes[0], _FUNCTIONS):
                found.setdefault(method, []).append(name)
    return found


def _decorators(nodes: list[ast.AST]) -> tuple[ast.expr, ...]:
    return tuple(each for node in nodes if isinstance(node, _FUNCTIONS) for each in node.decorator_list)


def _uses(
    module: _Module,
    name: str,
    nodes: list[ast.AST],
    known: set[str],
    methods: dict[str, list[str]],
    fixtures: dict[str, str],
) -> Iterator[str]:
    yield module.name  # what a module does when it is imported, all in it depend on
    owner = name.rpartition(".")[0]
    if owner in module.nodes:
        yield owner
    if isinstance(nodes[0], ast.ClassDef):  # operators and construction name no method
        yield from (each for each in module.nodes if each.startswith(f"{name}.__"))
    imports = dict(module.imports)
    for node in (each for one in nodes for each in ast.walk(one)):
        if isinstance(node, ast.Name):
            yield from _meaning(module, node.id, known)
        elif isinstance(node, ast.arg) and node.arg in fixtures:
            yield fixtures[node.arg]
        elif isinstance(node, ast.Import | ast.ImportFrom):
            local = dict(_imported(node))
            imports |= local
            yield from known.intersection(local.values())
        elif isinstance(node, ast.Attribute):
            base = node.value.id if isinstance(node.value, ast.Name) else ""
            target = f"{imports.get(base, base)}.{node.attr}"
            yield from [target] if target in known else methods.get(node.attr, ())


def _meaning(module: _Module, name: str, known: set[str]) -> Iterator[str]:
    if f"{module.name}.{name}" in known:
        yield f"{module.name}.{name}"
    if module.imports.get(name) in known:
        yield module.imports[name]
