"""The product's modules and functions as their source describes them, and the rules on imports. It is not imported."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from typing import Any

from verification.evidence import Design, ImportContract, Module, Project, Unit
from verification.sources.scan import module_name

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def describe_design(project: Project, metadata: dict[str, Any]) -> Design:
    """Describe every module of the product that a user runs, whatever its folder, and every import contract.

    Args:
        project: the checkout.
        metadata: its pyproject.toml.
    """
    contracts = metadata.get("tool", {}).get("importlinter", {}).get("contracts", ())
    files = [file for file in project.find_names(project.product.code) if not project.product.is_development(file)]
    names = frozenset(map(module_name, files))
    return Design(
        modules=tuple(_describe(project, file, names) for file in files),
        contracts=tuple(_contract(contract) for contract in contracts),
    )


def _describe(project: Project, file: str, modules: frozenset[str]) -> Module:
    """Describe one of the product's modules.

    Args:
        project: the checkout.
        file: the name of the module's file.
        modules: the names of all of them, by which a module is told from what is imported out of one.
    """
    try:
        tree = ast.parse(project.read(file), filename=file)
    except (OSError, SyntaxError, ValueError, RecursionError) as error:  # the scan of claims makes it an issue
        tree = ast.parse(repr(f"cannot be read: {error}"))
    package = project.product.package
    imported = tuple(_find_imports(tree, modules))
    name = module_name(file)
    return Module(
        name=name,
        file=file,
        purpose=_purpose(tree),
        imports=tuple(sorted({each for each in imported if each.split(".")[0] == package} - {name})),
        libraries=tuple(sorted({each.split(".")[0] for each in imported} - {package, *sys.stdlib_module_names})),
        units=tuple(_find_units(tree, name)),
    )


def _purpose(tree: ast.Module) -> str:
    return " ".join((ast.get_docstring(tree) or "no docstring").partition("\n\n")[0].split())


def _find_imports(tree: ast.Module, modules: frozenset[str]) -> Iterator[str]:
    """Yield what a module imports anywhere in it: a module, or those of the product's that it names in a package."""
    for node in _find_statements(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            named = {f"{node.module}.{alias.name}" for alias in node.names}
            yield from named & modules
            yield from (node.module,) if named - modules else ()


def _find_statements(node: ast.AST) -> Iterator[ast.AST]:
    """Yield every statement below a node; in an expression there is none."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.expr):
            yield child
            yield from _find_statements(child)


def _find_units(node: ast.Module | ast.ClassDef, name: str) -> Iterator[Unit]:
    """Yield each function and class that has a docstring, in the order of the file."""
    for child in node.body:
        if isinstance(child, _DEFINITIONS):
            text = ast.get_docstring(child)
            if text:
                yield _unit(child, f"{name}.{child.name}", text)
            if isinstance(child, ast.ClassDef):
                yield from _find_units(child, f"{name}.{child.name}")


def _unit(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, name: str, text: str) -> Unit:
    description, _, claimed = text.partition("Implements:")
    signature = "class" if isinstance(node, ast.ClassDef) else _signature(node)
    ids = tuple(part.strip(" .") for part in claimed.split(",") if part.strip(" ."))
    return Unit(id=name, signature=signature, description=description.strip(), implements=ids, line=node.lineno)


def _signature(node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    return f"({ast.unparse(node.args)}){returns}"


def _contract(contract: dict[str, Any]) -> ImportContract:
    layers = tuple(contract.get("layers", ()))
    return ImportContract(name=contract["name"], kind=contract["type"], rule=_rule(contract), layers=layers)


def _rule(contract: dict[str, Any]) -> str:
    """What a contract of import-linter says, in a line."""
    names = {key: ", ".join(value) for key, value in contract.items() if isinstance(value, list)}
    if contract["type"] == "layers":
        return "each may import what stands right of it: " + " → ".join(contract["layers"])
    if contract["type"] == "protected":
        return f"{names['protected_modules']} is imported by {names.get('allowed_importers') or 'nothing'}"
    allowed = f", except {names['ignore_imports']}" if names.get("ignore_imports") else ""
    return f"{names['source_modules']} import none of {names['forbidden_modules']}{allowed}"
