"""Which scenarios a step's code drives, by the texts that its decorators name. Read, never imported."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from verification.evidence import Project
from verification.sources.scenarios import Scenario
from verification.sources.units import Unit, reach

STEP_CODE = ("verification/*.py", "verification/scenarios/*.py", "verification/steps/**/*.py")
"""What drives the scenarios, and what they share."""

RUNNER = ("verification/scenarios/plugin.py", "verification/test_features.py", "verification/scenarios/verify.py")
"""What runs every scenario, whatever its steps."""

_STEPS = ("given", "when", "then", "step")
UNREAD = "(a text that is put together when it runs)"


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence that a step's decorator names: its text as it stands there, what it does, and its place.

    The text is `UNREAD` where it is no text in the code. `used` is what the feature files say in its words, each once.
    """

    keyword: str
    text: str
    does: str
    file: str
    line: int
    used: tuple[str, ...]


def find_sentences(project: Project, scenarios: Iterable[Scenario]) -> Iterator[Sentence]:
    """Yield every sentence that the steps of a checkout know, by file; a file that is not Python has none.

    Args:
        project: the checkout.
        scenarios: that use the sentences.
    """
    said = dict.fromkeys(step.text for scenario in scenarios for step in scenario.steps)
    for file in project.find_names(*STEP_CODE):
        try:
            tree = ast.parse(project.read(file), filename=file)
        except (OSError, SyntaxError, ValueError):
            continue
        for function in ast.walk(tree):
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                does = (ast.get_docstring(function) or "").partition("\n")[0]
                for decorator in _step_decorators(function.decorator_list):
                    argument = decorator.args[0] if decorator.args else None
                    matches = _pattern(argument)
                    used = tuple(text for text in said if matches(text)) if _text(argument) else ()
                    yield Sentence(_called(decorator), _text(argument) or UNREAD, does, file, decorator.lineno, used)


def find_driven(
    units: Mapping[str, Unit], changed: Iterable[str], scenarios: Iterable[Scenario]
) -> Iterator[tuple[str, str]]:
    """Yield each scenario that has a step whose function is one of the changed units or uses one, and that function."""
    patterns = [(name, list(_patterns(units[name]))) for name in sorted(reach(units, changed)) if name in units]
    for scenario in scenarios:
        texts = [step.text for step in scenario.steps]
        for name, matching in patterns:
            if any(matches(text) for matches in matching for text in texts):
                yield scenario.id, name
                break


def find_functions(units: Mapping[str, Unit], scenarios: Iterable[Scenario]) -> Iterator[str]:
    """Yield the functions of steps that drive the scenarios, in the order of their names."""
    texts = {step.text for scenario in scenarios for step in scenario.steps}
    for name in sorted(units):
        if any(matches(text) for matches in _patterns(units[name]) for text in texts):
            yield name


def is_driving(units: Mapping[str, Unit], name: str) -> bool:
    """Whether a unit is a step's function, is used by one, or runs them all."""
    return units[name].file in RUNNER or any(
        next(_patterns(units[each]), None) for each in reach(units, [name]) if each in units
    )


def _patterns(unit: Unit) -> Iterator[Callable[[str], bool]]:
    """What says whether a text is the step's; a decorator that cannot be read may be of any text."""
    for decorator in _step_decorators(ast.parse(each, mode="eval").body for each in unit.decorators):
        yield _pattern(decorator.args[0] if decorator.args else None)


def _step_decorators(decorators: Iterable[ast.expr]) -> Iterator[ast.Call]:
    for decorator in decorators:
        if isinstance(decorator, ast.Call) and _called(decorator) in _STEPS:
            yield decorator


def _text(argument: ast.expr | None) -> str | None:
    """The text of a decorator's argument; None where it cannot be read."""
    inner = argument.args[0] if isinstance(argument, ast.Call) and argument.args else argument
    return inner.value if isinstance(inner, ast.Constant) and isinstance(inner.value, str) else None


def _pattern(argument: ast.expr | None) -> Callable[[str], bool]:
    from pytest_bdd import parsers

    kind = _called(argument) if isinstance(argument, ast.Call) else ""
    text = _text(argument)
    if text is None:
        return lambda _: True
    if not kind:
        return text.__eq__
    try:
        kinds: dict[str, Callable[[str], parsers.StepParser]] = {
            "re": parsers.re, "parse": parsers.parse, "cfparse": parsers.cfparse, "string": parsers.string
        }  # fmt: skip
        parser = kinds[kind](text)
        parser.is_matching("")
    except (re.error, ValueError, KeyError, NotImplementedError):
        return lambda _: True
    return parser.is_matching


def _called(node: ast.Call) -> str:
    return ast.unparse(node.func).rpartition(".")[2]
