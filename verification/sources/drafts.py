"""A new scenario as a form in a feature file: its tags, and a step of each kind for a person to write."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from verification.evidence import Project, write_atomically, write_new
from verification.sources.scenarios import read_scenarios
from verification.specification.hints import near
from verification.specification.kinds import REQUIREMENTS
from verification.specification.reading import read_items
from verification.specification.unwritten import TO_BE_WRITTEN

FOLDER = "verification/features"
_NAME = re.compile(r"[a-z0-9]+(_[a-z0-9]+)*")

FORM = f"""
  @{{item}} @{{criterion}}
  Scenario: {TO_BE_WRITTEN} ({{criterion}})
    # {{text}}
    Given {TO_BE_WRITTEN}
    When the device {TO_BE_WRITTEN}
    Then {TO_BE_WRITTEN}
"""


@dataclass(frozen=True, slots=True)
class Draft:
    """A scenario that is to be written: the name of its file, and the line on which its name stands."""

    file: str
    line: int


def write_scenario(project: Project, criterion: str, feature: str | None = None) -> Draft:
    """Write the form of a scenario for a criterion at the end of a feature file, whole or not at all.

    Args:
        project: the checkout.
        criterion: that it tests, `SRS-003/AC2`.
        feature: the name of a feature file, of a new one too; default the one that holds most of the requirement's.

    Raises:
        ValueError: there is no such criterion, a scenario cannot show it, no file is named and none is known, or a form
            for it is there already.
        OSError: the file cannot be written.
    """
    title, text = _find_criterion(project, criterion)
    item = criterion.partition("/")[0]
    file = f"{FOLDER}/{feature or _find_feature(project, item)}.feature"
    if feature and not _NAME.fullmatch(feature):
        raise ValueError(f"--feature {feature}: expected small letters and digits with single underscores between")
    path = project.root / file
    form = FORM.format(item=item, criterion=criterion, text=" ".join(text.split()))
    before = project.read(file).decode("utf-8") if path.is_file() else f"Feature: {title}\n"
    name = form.splitlines()[2]
    if name in before.splitlines():
        line = before.splitlines().index(name) + 1
        raise ValueError(f"{file}:{line}: holds a form for {criterion} already; write that one first")
    whole = f"{before.rstrip()}\n{form}"
    (write_atomically if path.is_file() else write_new)(path, whole.encode())
    return Draft(file, whole.splitlines().index(name) + 1)


def _find_criterion(project: Project, criterion: str) -> tuple[str, str]:
    """The title of the requirement and the text of a criterion that a scenario can show."""
    items = read_items(project)
    entry = items.entries.get(criterion.partition("/")[0])
    if criterion in items.retired:
        raise ValueError(f"{items.retired[criterion].said}; {items.retired[criterion].hint}")
    if entry and entry.kind in REQUIREMENTS and not entry.sound:
        raise ValueError(f"{entry.document.where()}: {entry.id} cannot be read; `clearway check` says why")
    found = {f"{one.id}/{each['id']}": each for one in items.of(*REQUIREMENTS) for each in one.value["criteria"]}
    if criterion not in found:
        own = [name for name in found if name.startswith(f"{criterion.partition('/')[0]}/")]
        hint = f"expected one of {', '.join(own)}" if own else near(criterion, found)
        raise ValueError(f"{criterion} is no criterion of a requirement; {hint}")
    if found[criterion]["method"] != "test":
        method = found[criterion]["method"]
        raise ValueError(f"{criterion} is shown by {method}, expected one that is shown by test; no scenario shows it")
    title = items.entries[criterion.partition("/")[0]].value["title"]
    return title, found[criterion]["text"]


def _find_feature(project: Project, item: str) -> str:
    """The name of the feature file that holds most scenarios of an item."""
    scenarios, _ = read_scenarios(project)
    files = Counter(each.file for each in scenarios if item in each.requirements)
    if not files:
        known = sorted({each.file.removeprefix(f"{FOLDER}/").removesuffix(".feature") for each in scenarios})
        raise ValueError(
            f"no feature file holds a scenario of {item}; name one with --feature: {', '.join(known)}, or a new one"
        )
    return files.most_common(1)[0][0].removeprefix(f"{FOLDER}/").removesuffix(".feature")
