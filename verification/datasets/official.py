"""A publisher's own lists of images for training and for test, one name a line, as a split of a manifest."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from verification.datasets.manifest import BENCHMARK, SPLITS, Entry, blocking
from verification.datasets.tree import SUFFIXES
from verification.evidence import Issue, Severity

SHOWN = 3


@dataclass(frozen=True, slots=True)
class Lists:
    """The names of the images that a publisher gives to training and tuning, and to test."""

    training: frozenset[str]
    test: frozenset[str]

    @property
    def every(self) -> frozenset[str]:
        """The names on one of them."""
        return self.training | self.test

    def place(self, entries: Sequence[Entry]) -> list[Entry]:
        """The entries with the test list's in the split `benchmark`, the others in training and tuning.

        The tuning patients are those of the rule; its hold-out, whose place the test list takes, joins training.
        """
        joined = {SPLITS[2]: SPLITS[0]}
        return [
            replace(
                entry,
                split=BENCHMARK if Path(entry.image).name in self.test else joined.get(entry.split, entry.split),
            )
            for entry in entries
        ]


def read_lists(training: Path, test: Path) -> tuple[Lists, tuple[Issue, ...]]:
    """Read both lists and find every line that is no image's name."""
    issues: list[Issue] = []
    return Lists(_read(training, issues), _read(test, issues)), tuple(issues)


def _read(path: Path, issues: list[Issue]) -> frozenset[str]:
    hint = "name the list as it was published, an image's name a line"
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        issues.append(blocking("list-unreadable", str(path), str(error), hint))
        return frozenset()
    names = [(number, line.strip()) for number, line in enumerate(lines, start=1) if line.strip()]
    for number, name in names:
        if Path(name).name != name or Path(name).suffix.lower() not in SUFFIXES:
            issues.append(blocking("list-line", f"{path}:{number}", f"{name!r}; expected an image's name", hint))
    if not names:
        issues.append(blocking("list-empty", str(path), "names no image", hint))
    return frozenset(name for _, name in names)


def find_list_faults(lists: Lists, patients: Mapping[str, str], where: str) -> Iterator[Issue]:
    """Yield an issue for each patient on both lists, and one for the names that the table lacks.

    Args:
        lists: the lists.
        patients: of each image that the table lists, by its name.
        where: how issues name the lists.
    """
    training, test = ({patients[name] for name in each & patients.keys()} for each in (lists.training, lists.test))
    for patient in sorted(training & test):
        hint = "leave all of the patient's images out of one of them"
        yield blocking("patient-leak", where, f"patient {patient} is on both lists", hint)
    for name in sorted((lists.training & lists.test) - patients.keys()):
        yield blocking("patient-leak", where, f"{name} is on both lists", "leave it out of one of them")
    if unknown := sorted(lists.every - patients.keys()):
        message = f"{len(unknown)} names are in no row of the table: {_name(unknown)}"
        yield Issue(code="list-unknown", severity=Severity.ADVISORY, where=where, message=message,
                    hint="no action is needed if the table is the right one")  # fmt: skip
    if left := sorted(patients.keys() - lists.every):
        message = f"{len(left)} images of the table are on neither list, and left out: {_name(left)}"
        yield Issue(code="list-incomplete", severity=Severity.ADVISORY, where=where, message=message,
                    hint="no action is needed if they are rightly left out")  # fmt: skip


def _name(names: Collection[str]) -> str:
    shown = list(names)[:SHOWN]
    return ", ".join(shown) + (f" and {len(names) - len(shown)} more" if len(names) > len(shown) else "")
