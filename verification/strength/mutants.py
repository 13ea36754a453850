"""Deliberate small faults in a symbol: each is one change of its code, found by its syntax, the same in every run.

What the code says to people is left alone: docstrings, texts with a space in them, f-strings that are such texts. So
are annotations, decorators and imports. What is left is what the code does.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeAlias

Change: TypeAlias = tuple[int, int, str]
"""From which byte of the file to which, and what stands there instead."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: the line, the text that stood there and that stands there now, and the whole file with it."""

    line: int
    before: str
    after: str
    source: str


COMPARISONS: dict[type[ast.cmpop], tuple[str, tuple[str, ...]]] = {
    ast.Lt: ("<", ("<=", ">=")),
    ast.LtE: ("<=", ("<", ">")),
    ast.Gt: (">", (">=", "<=")),
    ast.GtE: (">=", (">", "<")),
    ast.Eq: ("==", ("!=",)),
    ast.NotEq: ("!=", ("==",)),
    ast.Is: ("is", ("is not",)),
    ast.IsNot: (r"is\s+not", ("is",)),
    ast.In: ("in", ("not in",)),
    ast.NotIn: (r"not\s+in", ("in",)),
}
"""Each comparison, as it is found, and what it becomes: its limit moved, and its opposite."""

ARITHMETIC: dict[type[ast.operator], tuple[str, str]] = {
    ast.Add: (r"\+", "-"),
    ast.Sub: ("-", "+"),
    ast.Mult: (r"\*", "/"),
    ast.Div: ("/", "*"),
    ast.FloorDiv: ("//", "/"),
    ast.Mod: ("%", "//"),
    ast.Pow: (r"\*\*", "*"),
    ast.LShift: ("<<", ">>"),
    ast.RShift: (">>", "<<"),
    ast.BitAnd: ("&", "|"),
    ast.BitOr: (r"\|", "&"),
    ast.BitXor: (r"\^", "|"),
}
CALLS = {"min": "max", "max": "min", "any": "all", "all": "any", "startswith": "endswith", "endswith": "startswith"}
_SIMPLE = (ast.Name, ast.Call, ast.Attribute, ast.Subscript, ast.Constant)
_SYMBOLS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Assign, ast.AnnAssign)
_TOLD = ("annotation", "returns", "decorator_list", "type_comment")


def find_faults(source: str, line: int, apart: frozenset[int] = frozenset()) -> Iterator[Fault]:
    """Yield every fault of the symbol that is defined at a line, in the order of the text.

    Args:
        source: the whole file.
        line: the first line of the symbol's definition (that of `def`, not of a decorator).
        apart: lines at which other symbols are defined; those within this one are left out.
    """
    tree, text = ast.parse(source), _Text(source)
    found = (node for node in ast.walk(tree) if isinstance(node, _SYMBOLS) and node.lineno == line)
    root: ast.AST = next(found, tree)
    seen: set[str] = set()
    for node in _walk(root, apart - {line}):
        find = _OPERATORS.get(type(node))
        for start, end, instead in find(text, node) if find else ():
            fault = text.fault(start, end, instead)
            if fault.source not in seen and _is_python(fault.source):
                seen.add(fault.source)
                yield fault


def _is_python(source: str) -> bool:
    try:
        with warnings.catch_warnings(action="ignore"):
            compile(source, "mutant", "exec", dont_inherit=True)
    except SyntaxError:
        return False
    return True


def _walk(node: ast.AST, apart: frozenset[int]) -> Iterator[ast.AST]:
    """Yield the nodes whose change is a change of what the code does."""
    yield node
    if isinstance(node, ast.JoinedStr):
        return  # Python before 3.12 does not say where its parts stand
    for name, value in ast.iter_fields(node):
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and name not in _TOLD and not _is_left_alone(node, child, apart):
                yield from _walk(child, apart)


def _is_left_alone(parent: ast.AST, node: ast.AST, apart: frozenset[int]) -> bool:
    if isinstance(node, _SYMBOLS):
        return node.lineno in apart
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)  # a docstring, or `...`
    if isinstance(node, ast.If):
        return isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
    if isinstance(parent, ast.Call) and isinstance(parent.func, ast.Name) and parent.func.id == "cast":
        return node is parent.args[0]
    return isinstance(node, ast.Import | ast.ImportFrom) or (isinstance(node, ast.JoinedStr) and _is_prose(node))


def _is_prose(node: ast.JoinedStr | ast.Constant) -> bool:
    """Whether a text is for people to read: there is a space in it, or nothing of its own."""
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    own = "".join(str(part.value) for part in parts if isinstance(part, ast.Constant))
    return bool(re.search(r"\s", own)) or (isinstance(node, ast.JoinedStr) and not own)


class _Text:
    """A file's text, and where in it the nodes of its syntax stand."""

    def __init__(self, source: str) -> None:
        self.content = source.encode()
        self.starts = [0]
        for line in self.content.splitlines(keepends=True):
            self.starts.append(self.starts[-1] + len(line))

    def span(self, node: Any) -> tuple[int, int]:
        """The bytes of a node: from the first to behind the last."""
        return self.starts[node.lineno - 1] + node.col_offset, self.starts[node.end_lineno - 1] + node.end_col_offset

    def of(self, node: ast.AST) -> str:
        """What stands there."""
        start, end = self.span(node)
        return self.content[start:end].decode()

    def between(self, left: ast.AST, right: ast.AST, pattern: str, instead: str) -> Iterator[Change]:
        """Replace the operator that stands between two operands; brackets and line ends may stand there as well."""
        start, end = self.span(left)[1], self.span(right)[0]
        found = re.search(rf"(?<![\w<>=*/]){pattern}(?![\w<>=*/])", self.content[start:end].decode())
        if found:
            yield start + found.start(), start + found.end(), instead

    def fault(self, start: int, end: int, instead: str) -> Fault:
        """The file with something else between two bytes, and the line of it before and after."""
        changed = self.content[:start] + instead.encode() + self.content[end:]
        line = self.content.count(b"\n", 0, start)
        before, after = (each.splitlines()[line].decode().strip() for each in (self.content, changed))
        return Fault(line + 1, before, after, changed.decode())


# --- operators: what may be wrong at a node ---------------------------------------------------------------------------


def _comparison(text: _Text, node: ast.Compare) -> Iterator[Change]:
    for operator, (left, right) in zip(node.ops, pairwise([node.left, *node.comparators]), strict=True):
        pattern, instead = COMPARISONS[type(operator)]
        for other in instead:
            yield from text.between(left, right, pattern, other)


def _boolean(text: _Text, node: ast.BoolOp) -> Iterator[Change]:
    """`and` for `or`, everywhere in the expression."""
    word, other = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
    start, end = text.span(node)
    changes = [next(text.between(*pair, word, other)) for pair in pairwise(node.values)]
    instead, at = "", start
    for begin, behind, put in changes:
        instead, at = instead + text.content[at:begin].decode() + put, behind
    yield start, end, instead + text.content[at:end].decode()


def _sign(text: _Text, node: ast.UnaryOp) -> Iterator[Change]:
    """`not x`, `-x`, `~x` become `x`."""
    operand = text.of(node.operand)
    yield *text.span(node), operand if isinstance(node.operand, _SIMPLE) else f"({operand})"


def _arithmetic(text: _Text, node: ast.BinOp) -> Iterator[Change]:
    texts = (ast.JoinedStr,)
    if any(isinstance(each, texts) or _is_text(each) for each in (node.left, node.right)):
        return  # nothing but `+` is defined for texts
    yield from text.between(node.left, node.right, *ARITHMETIC[type(node.op)])


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _augmented(text: _Text, node: ast.AugAssign) -> Iterator[Change]:
    pattern, instead = ARITHMETIC[type(node.op)]
    start, end = text.span(node.target)[1], text.span(node.value)[0]
    found = re.search(pattern, text.content[start:end].decode())
    if found:
        yield start + found.start(), start + found.end(), instead
    yield from _removal(text, node)


def _constant(text: _Text, node: ast.Constant) -> Iterator[Change]:
    """A number one more, or, with a fraction, a tenth more; a truth turned round; another name. No text for people."""
    value, instead = node.value, ""
    if isinstance(value, bool):
        instead = str(not value)
    elif isinstance(value, int):
        instead = str(value + 1)
    elif isinstance(value, float):
        instead = repr(round(value * 1.1, 12) or 0.1)
    elif isinstance(value, bytes) or (isinstance(value, str) and not _is_prose(node)):
        yield from _name(text, node)
    if instead:
        yield *text.span(node), instead


def _name(text: _Text, node: ast.Constant | ast.JoinedStr) -> Iterator[Change]:
    start, _ = text.span(node)
    if quote := re.match(rb"""\w*("{3}|'{3}|"|')""", text.content[start:]):
        yield start + quote.end(), start + quote.end(), "X"


def _condition(text: _Text, node: ast.If | ast.While | ast.IfExp) -> Iterator[Change]:
    yield from _negation(text, node.test)


def _filter(text: _Text, node: ast.comprehension) -> Iterator[Change]:
    for test in node.ifs:
        yield from _negation(text, test)


def _negation(text: _Text, test: ast.expr) -> Iterator[Change]:
    if (isinstance(test, ast.Compare) and len(test.ops) == 1) or isinstance(test, ast.UnaryOp):
        return  # its own operators turn it round
    said = text.of(test)
    yield *text.span(test), f"(not {said})" if isinstance(test, _SIMPLE) else f"(not ({said}))"


def _result(text: _Text, node: ast.Return) -> Iterator[Change]:
    if node.value is not None and not isinstance(node.value, ast.Constant):
        yield *text.span(node.value), "None"


def _removal(text: _Text, node: ast.stmt) -> Iterator[Change]:
    yield *text.span(node), "pass"


def _assignment(text: _Text, node: ast.Assign) -> Iterator[Change]:
    """What is assigned to a part of something; a name without its only value fails wherever it is read."""
    if not all(isinstance(target, ast.Name | ast.Tuple) for target in node.targets):
        yield from _removal(text, node)


def _jump(text: _Text, node: ast.stmt) -> Iterator[Change]:
    yield *text.span(node), "continue" if isinstance(node, ast.Break) else "break"


def _loop(text: _Text, node: ast.For) -> Iterator[Change]:
    yield *text.span(node.iter), "()"


def _handler(text: _Text, node: ast.ExceptHandler) -> Iterator[Change]:
    if not (len(node.body) == 1 and isinstance(node.body[0], ast.Raise) and node.body[0].exc is None):
        yield text.span(node.body[0])[0], text.span(node.body[-1])[1], "raise"


def _call(text: _Text, node: ast.Call) -> Iterator[Change]:
    name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
    if name in CALLS:
        _, end = text.span(node.func)
        yield end - len(name), end, CALLS[name]


_OPERATORS: dict[type[ast.AST], Callable[[_Text, Any], Iterator[Change]]] = {
    ast.Compare: _comparison,
    ast.BoolOp: _boolean,
    ast.UnaryOp: _sign,
    ast.BinOp: _arithmetic,
    ast.AugAssign: _augmented,
    ast.Constant: _constant,
    ast.JoinedStr: _name,
    ast.If: _condition,
    ast.While: _condition,
    ast.IfExp: _condition,
    ast.comprehension: _filter,
    ast.Return: _result,
    ast.Expr: _removal,
    ast.Raise: _removal,
    ast.Delete: _removal,
    ast.Assign: _assignment,
    ast.Break: _jump,
    ast.Continue: _jump,
    ast.For: _loop,
    ast.ExceptHandler: _handler,
    ast.Call: _call,
}
