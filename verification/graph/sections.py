"""The sections of the documents and what each shows, read as data from the submission's content map."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from verification.evidence import Issue, ItemKind, LinkStatus, Project
from verification.graph.standing import Standing
from verification.specification.documents import Document, Places, read_document

CONTENT_MAP = "submission/content_map.yaml"
_MAY_BE_NONE = (ItemKind.ANOMALY.value, ItemKind.DEVIATION.value)
_KINDS = frozenset(kind.value for kind in ItemKind)


@dataclass(frozen=True, slots=True)
class Section:
    """A section of a document. `kinds` are shown whole; `ids` are single items."""

    id: str
    title: str
    file: str
    line: int
    kinds: tuple[str, ...]
    ids: tuple[str, ...]

    @property
    def digest(self) -> str:
        """SHA-256 of what the content map says of the section."""
        said = [self.id, self.title, self.kinds, self.ids]
        return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()

    def standing(self, known: Mapping[str, Standing], of_kind: Mapping[str, list[str]]) -> Standing:
        """Whether there is something to show. That what it shows holds is said by each item itself."""
        empty = [kind.replace("_", " ") for kind in self.kinds if not of_kind.get(kind) and kind not in _MAY_BE_NONE]
        unknown = [target for target in self.ids if target not in known]
        if unknown:
            return Standing(LinkStatus.ORPHANED, f"shows {', '.join(unknown)}, which does not exist")
        if empty:
            return Standing(LinkStatus.GAP, f"there is no {', no '.join(empty)} to show")
        return Standing(LinkStatus.COVERS, "what it shows is there")


def read_sections(project: Project) -> tuple[tuple[Section, ...], tuple[Issue, ...]]:
    """Read the content map; an entry that is not of its form is an issue, as is a map that is not there."""
    path = project.root / CONTENT_MAP
    if not path.is_file():
        document = Document(CONTENT_MAP, known=Places())
        return (), (document.issue("sections-missing", (), "no such file", "restore it from the repository"),)
    document = read_document(path, CONTENT_MAP)
    listed = document.value.get("sections") if isinstance(document.value, dict) else document.value
    prefix = ("sections",) if isinstance(document.value, dict) else ()
    sections: list[Section] = []
    issues = list(document.issues)
    for n, value in enumerate(listed if isinstance(listed, list) else []):
        section = _section(value, CONTENT_MAP, document.places.lines.get((*prefix, n), 1))
        if section is None:
            message = "a section has the keys section, title and shows (a list of texts)"
            issues.append(document.issue("section-malformed", (*prefix, n), message, "complete it"))
        else:
            sections.append(section)
    return tuple(sections), tuple(issues)


def _section(value: Any, file: str, line: int) -> Section | None:
    if not isinstance(value, dict) or not isinstance(value.get("shows"), list):
        return None
    identity, title = value.get("section"), value.get("title")
    if not isinstance(identity, str) or not isinstance(title, str):
        return None
    shows = [str(each) for each in value["shows"]]
    kinds = tuple(each for each in shows if each in _KINDS)
    return Section(identity, title, file, line, kinds, tuple(each for each in shows if each not in _KINDS))
