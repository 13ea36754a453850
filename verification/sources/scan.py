"""What the product's code claims: `Implements: SRS-003, RC-002` ends a docstring. Read, never imported."""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

from msgspec import Struct

from verification.evidence import Issue, Project, Severity
from verification.specification.cache import Shelf

_CLAIM = re.compile(r"Implements:\s*(?P<ids>[A-Z]+-\w+(?:,\s*[A-Z]+-\w+)*)\.?")
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


class Symbol(Struct, frozen=True):
    """A module, class, function or documented constant that claims to implement something.

    `digest` is of the normalized syntax tree, without docstrings and positions: layout and comments do not change it.
    `extent` is its first line, decorators included, and its last; of a module all lines (the last is 0).
    """

    id: str
    title: str
    file: str
    line: int
    implements: tuple[str, ...]
    digest: str
    extent: tuple[int, int] = (1, 0)


Found: TypeAlias = tuple[tuple[Symbol, ...], tuple[Issue, ...]]


def scan(project: Project) -> tuple[tuple[Symbol, ...], tuple[Issue, ...]]:
    """Find every symbol of the product that claims an item, and every claim that cannot be read."""
    symbols: list[Symbol] = []
    issues: list[Issue] = []
    with Shelf(project, "symbols") as shelf:
        for file in project.find_names(project.product.code):
            key = f"{file} {project.digest(file)}"
            found = shelf.recall(key, Found, partial(_scan_file, project, file))
            symbols += found[0]
            issues += found[1]
    return tuple(symbols), tuple(issues)


def _scan_file(project: Project, file: str) -> Found:
    symbols: list[Symbol] = []
    issues: list[Issue] = []
    try:
        tree = ast.parse(project.read(file), filename=file)
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", None) or 1
        return (), (_issue("code-unreadable", f"{file}:{line}", f"not Python: {error}", "mend the line"),)
    for name, node, docstring in _documented(tree, module_name(file)):
        line = getattr(node, "lineno", 1)
        claimed = _claimed(docstring)
        if claimed:
            title = docstring.strip().splitlines()[0]
            symbols.append(Symbol(name, title, file, line, claimed, digest_of(node), extent_of(node)))
        elif re.search(r"^\s*Implements\b", docstring, re.MULTILINE):
            message = (
                f"{name} has a claim that cannot be read, expected “Implements: SRS-001, SRS-002” as the last line"
            )
            issues.append(_issue("claim-malformed", f"{file}:{line}", message, "make it the docstring's last line"))
    return tuple(symbols), tuple(issues)


def extent_of(node: Any) -> tuple[int, int]:
    """The first line of a node, decorators included, and its last; (1, 0) for a module, which is all of its file."""
    if isinstance(node, ast.Module):
        return 1, 0
    return min(each.lineno for each in (node, *getattr(node, "decorator_list", ()))), node.end_lineno


def digest_of(node: ast.AST) -> str:
    """SHA-256 of what the code does, not of how it is laid out or described."""
    return hashlib.sha256(_spell(node).encode()).hexdigest()


def _spell(value: Any) -> str:
    """A node as pairs of its name and its fields, as Python writes tuples; empty fields are left out.

    Own form instead of `ast.dump`, whose text differs between versions of Python.
    """
    if not isinstance(value, ast.AST):
        return "None" if value is None else repr(repr(value))
    fields = []
    for name in value._fields:
        each = getattr(value, name, None)
        text = _spell_all(each) if isinstance(each, list) else _spell(each)
        if text not in ("None", "()") and name != "type_comment":
            fields.append(f"('{name}', {text})")
    return f"('{type(value).__name__}', {_in_brackets(fields)})"


def _spell_all(values: list[Any]) -> str:
    return _in_brackets([_spell(each) for each in values if not _is_text(each)])


def _in_brackets(parts: list[str]) -> str:
    return f"({', '.join(parts)}{',' if len(parts) == 1 else ''})"


def _is_text(node: Any) -> bool:
    """Whether a statement is a bare string: a docstring, or the description of the constant before it."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _documented(node: ast.Module | ast.stmt, name: str) -> Iterator[tuple[str, ast.AST, str]]:
    """Yield every symbol at or below a node that has a docstring: its name, its node, the text."""
    if isinstance(node, (ast.Module, *_DEFINITIONS)):
        docstring = ast.get_docstring(node)
        if docstring:
            yield name, node, docstring
        previous: ast.stmt | None = None
        for child in node.body:
            if isinstance(child, _DEFINITIONS):
                yield from _documented(child, f"{name}.{child.name}")
            elif _is_text(child) and isinstance(previous, ast.Assign | ast.AnnAssign):
                target = previous.targets[0] if isinstance(previous, ast.Assign) else previous.target
                yield f"{name}.{ast.unparse(target)}", previous, ast.literal_eval(child.value)  # type: ignore[attr-defined]
            previous = child


def _claimed(docstring: str) -> tuple[str, ...]:
    match = _CLAIM.fullmatch(docstring.strip().splitlines()[-1].strip()) if docstring.strip() else None
    return tuple(dict.fromkeys(re.split(r",\s*", match["ids"]))) if match else ()


def module_name(file: str) -> str:
    """The dotted name of the module that a file holds."""
    return Path(file).with_suffix("").as_posix().replace("/", ".").removesuffix(".__init__")


def _issue(code: str, where: str, message: str, hint: str) -> Issue:
    return Issue(code=code, severity=Severity.BLOCKING, where=where, message=message, hint=hint)
