"""The scenarios as the feature files state them, parsed with Gherkin's own parser, whatever pytest collects of them."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cached_property, partial
from typing import Any, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from verification.evidence import Issue, Project, Severity
from verification.specification.cache import Shelf
from verification.specification.unwritten import TO_BE_WRITTEN

FEATURES = "verification/features/**/*.feature"
_INPUTS = (
    "requirements_spec/**/*", "verification/*.py", "verification/features/**/*", "verification/scenarios/*",
    "verification/steps/**/*", "tests/data/**/*", "pyproject.toml", "runtime.lock",
)  # fmt: skip

_ITEM_TAG = re.compile(r"[A-Z]+(?:-[A-Za-z0-9]+)+(?:/AC\d+)?")


class Step(Struct, frozen=True):
    """A step with its outline row filled in; `table` and `docstring` are its argument."""

    keyword: str
    text: str
    table: tuple[tuple[str, ...], ...]
    docstring: str | None


class Scenario(Struct, frozen=True, dict=True):
    """A scenario, or one row of an outline. `line` is where the reader finds it (the row's line).

    `defined_at` and `row` (from 0, over all example tables; None for a plain scenario) identify it toward pytest-bdd.
    `digest` is the SHA-256 of what it says, not of where it says it: names, tags, steps with their arguments, row.
    `defect` says why no run of it can verify anything.
    """

    id: str
    feature: str
    name: str
    file: str
    line: int
    defined_at: int
    row: int | None
    example: dict[str, str]
    tags: tuple[str, ...]
    steps: tuple[Step, ...]
    digest: str
    defect: str | None = None

    @property
    def key(self) -> tuple[str, int, int | None]:
        """What pytest-bdd and the feature file agree on: file, line of the scenario, number of the row."""
        return self.file, self.defined_at, self.row

    @cached_property
    def criteria(self) -> tuple[str, ...]:
        """The criteria that its tags name."""
        return tuple(tag for tag in self.tags if _ITEM_TAG.fullmatch(tag) and "/" in tag)

    @cached_property
    def requirements(self) -> tuple[str, ...]:
        """The items that its tags name, directly or by one of their criteria."""
        items = (tag.partition("/")[0] for tag in self.tags if _ITEM_TAG.fullmatch(tag))
        return tuple(dict.fromkeys(items))

    def is_named_by(self, selector: str) -> bool:
        """Whether a selection means this scenario: its id or the front of it, an item or a criterion that it tags."""
        return selector in (self.id, *self.requirements, *self.criteria) or self.id.startswith(f"{selector}/")


Found: TypeAlias = tuple[tuple[Scenario, ...], tuple[Issue, ...]]


def inputs_of(project: Project) -> tuple[str, ...]:
    """The patterns of what a verification run depends on: the product, what is asked of it, what drives it."""
    return (project.product.files, *_INPUTS)


def read_scenarios(project: Project) -> tuple[tuple[Scenario, ...], tuple[Issue, ...]]:
    """Read every scenario of every feature file, and everything that is wrong with the files, in one pass."""
    scenarios: list[Scenario] = []
    issues: list[Issue] = []
    with Shelf(project, "scenarios") as shelf:
        for file in project.find_names(FEATURES):
            key = f"{file} {project.digest(file)}"
            found = shelf.recall(key, Found, partial(_read_file, project, file))
            scenarios += found[0]
            issues += found[1]
    return tuple(scenarios), (*issues, *_find_unread(project))


def _find_unread(project: Project) -> Iterator[Issue]:
    """Files that look like a feature file and are read as none."""
    read = set(project.find_names(FEATURES))
    for file in project.find_names(f"{FEATURES.partition('/')[0]}/**/*"):
        if ".feature" in file.rpartition("/")[2].casefold() and file not in read:
            message = f"found a file that looks like a feature file and is read as none, expected {FEATURES}"
            yield _issue("feature-misplaced", f"{file}:1", message, "move or rename it")


def _read_file(project: Project, file: str) -> Found:
    from gherkin.errors import CompositeParserException, ParserError

    try:
        found = _with_distinct_ids(_read_feature(project.read(file).decode("utf-8"), file))
    except CompositeParserException as error:
        return (), tuple(_syntax_error(file, each) for each in error.errors)
    except (OSError, UnicodeDecodeError, ParserError) as error:
        return (), (_issue("feature-unreadable", f"{file}:1", f"not a Gherkin file: {error}", "mend the file"),)
    return tuple(found), tuple(_find_issues(found))


def _read_feature(text: str, file: str) -> Iterator[Scenario]:
    from gherkin.dialect import Dialect
    from gherkin.parser import Parser
    from gherkin.pickles.compiler import Compiler

    document: Any = Parser().parse(text) | {"uri": file}
    feature = document.get("feature")
    if feature is None:
        return
    stem = re.sub(r"^verification/features/|\.feature$", "", file)
    pickles: dict[str, list[Any]] = {}
    for pickle in Compiler().compile(document):
        pickles.setdefault(pickle["astNodeIds"][0], []).append(pickle)
    dialect = Dialect.for_name(feature["language"])
    outlines = dialect.scenario_outline_keywords if dialect else ()
    keywords = {step["id"]: step["keyword"].strip() for step in _find_steps(feature)}
    for scenario in _find_scenarios(feature):
        rows = _rows(scenario)
        number_of = {row_id: n for n, (row_id, _) in enumerate(rows)}
        own = pickles.get(scenario["id"], [])
        for pickle in own or [_empty_outline(feature, scenario)]:
            row = next((number_of[each] for each in pickle["astNodeIds"] if each in number_of), None)
            example = {} if row is None else rows[row][1]
            tags = tuple(dict.fromkeys(tag["name"].lstrip("@") for tag in pickle["tags"]))
            steps = tuple(_step(step, keywords) for step in pickle["steps"])
            yield Scenario(
                id="/".join([stem, _slug(scenario["name"]), *([] if row is None else [str(row + 1)])]),
                feature=feature["name"],
                name=pickle["name"],
                file=file,
                line=pickle["location"]["line"],
                defined_at=scenario["location"]["line"],
                row=row,
                example=example,
                tags=tags,
                steps=steps,
                digest=_digest([feature["name"], pickle["name"], sorted(tags), sorted(example.items())], steps),
                defect=_defect(scenario, own, outlines),
            )


def _find_scenarios(feature: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for child in feature["children"]:
        if "scenario" in child:
            yield child["scenario"]
        elif "rule" in child:
            yield from _find_scenarios(child["rule"])


def _find_steps(feature: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for child in feature["children"]:
        if "rule" in child:
            yield from _find_steps(child["rule"])
        else:
            yield from next(iter(child.values()))["steps"]


def _rows(scenario: dict[str, Any]) -> list[tuple[str, dict[str, str]]]:
    """Each example row's node id and its values by column, over all tables, in order."""
    rows = []
    for table in scenario["examples"]:
        columns = [cell["value"] for cell in table.get("tableHeader", {"cells": []})["cells"]]
        for row in table.get("tableBody", []):
            values = (cell["value"] for cell in row["cells"])
            rows.append((row["id"], dict(zip(columns, values, strict=True))))
    return rows


def _empty_outline(feature: dict[str, Any], scenario: dict[str, Any]) -> dict[str, Any]:
    """What Gherkin compiles to nothing still has to appear."""
    tags = feature["tags"] + scenario["tags"]
    return {"astNodeIds": [], "name": scenario["name"], "location": scenario["location"], "tags": tags, "steps": []}


def _defect(scenario: dict[str, Any], pickles: list[dict[str, Any]], outlines: Sequence[str]) -> str | None:
    if not pickles or (scenario["keyword"] in outlines and not scenario["examples"]):
        return "an outline without example rows checks nothing"
    if not scenario["steps"]:
        return "a scenario without steps checks nothing"
    if unwritten := list(_find_unwritten(scenario)):
        return f"yet to be written: {', '.join(unwritten)}"
    headers = (table.get("tableHeader", {"cells": []})["cells"] for table in scenario["examples"])
    columns = [{cell["value"] for cell in header} for header in headers]
    wanted = {name for step in scenario["steps"] for name in re.findall(r"<([^<>]+)>", step["text"])}
    missing = sorted(name for name in wanted if not all(name in each for each in columns))
    return f"<{missing[0]}> stands for no column of its examples" if columns and missing else None


def _find_unwritten(scenario: dict[str, Any]) -> Iterator[str]:
    """Yield what of a scenario a form left to a person."""
    if TO_BE_WRITTEN in scenario["name"]:
        yield "its name"
    for step in scenario["steps"]:
        if TO_BE_WRITTEN in step["text"]:
            yield f"“{step['keyword']}{step['text']}” in line {step['location']['line']}"


def _step(step: dict[str, Any], keywords: dict[str, str]) -> Step:
    argument = step.get("argument", {})
    rows = argument.get("dataTable", {"rows": []})["rows"]
    return Step(
        keyword=keywords[step["astNodeIds"][0]],
        text=step["text"],
        table=tuple(tuple(cell["value"] for cell in row["cells"]) for row in rows),
        docstring=argument.get("docString", {"content": None})["content"],
    )


def _digest(said: list[Any], steps: Sequence[Step]) -> str:
    spelt = [[_words(step.keyword), _words(step.text), step.table, step.docstring] for step in steps]
    return hashlib.sha256(json.dumps([said, spelt], ensure_ascii=False).encode()).hexdigest()


def _with_distinct_ids(scenarios: Iterator[Scenario]) -> list[Scenario]:
    """Tell apart scenarios whose names give one id, so that none hides another."""
    found: list[Scenario] = []
    seen: Counter[str] = Counter()
    for scenario in scenarios:
        seen[scenario.id] += 1
        count = seen[scenario.id]
        found.append(scenario if count == 1 else replace(scenario, id=f"{scenario.id}~{count}"))
    return found


def _find_issues(scenarios: list[Scenario]) -> Iterator[Issue]:
    named: dict[str, int] = {}
    rows: dict[tuple[int, str], int] = {}
    for scenario in scenarios:
        where = f"{scenario.file}:{scenario.line}"
        if scenario.defect:
            yield _issue("scenario-empty", where, f"“{scenario.name}”: {scenario.defect}", "complete it or delete it")
        template = re.sub(r"/\d+(~\d+)?$", "", scenario.id) if scenario.row is not None else scenario.id.split("~")[0]
        first = named.setdefault(template, scenario.defined_at)
        if first != scenario.defined_at and not scenario.row:
            message = f"“{scenario.name}” has the name of the scenario at line {first}; only one of them can run"
            yield _issue("scenario-duplicate", where, message, "give each scenario of a file its own name")
        row = scenario.defined_at, json.dumps(scenario.example, sort_keys=True)
        if scenario.row is not None and rows.setdefault(row, scenario.line) != scenario.line:
            message = f"this row repeats the row at line {rows[row]}"
            yield _issue("row-duplicate", where, message, "delete one of them", Severity.ADVISORY)


def _syntax_error(file: str, error: Exception) -> Issue:
    line = (getattr(error, "location", None) or {}).get("line", 1)
    return _issue("feature-syntax", f"{file}:{line}", f"not Gherkin: {error}", "mend the line; none of the file ran")


def _issue(code: str, where: str, message: str, hint: str, severity: Severity = Severity.BLOCKING) -> Issue:
    return Issue(code=code, severity=severity, where=where, message=message, hint=hint)


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "unnamed"


def _words(text: str) -> str:
    return " ".join(text.split())
