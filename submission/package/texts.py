"""The texts of the documents before they are set: every fault that can be told without a page, in one pass."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from submission.content.catalogue import CatalogueError
from submission.content.environment import make_environment
from submission.content.reading import read_catalogue
from submission.content.wording import find_faults
from submission.context.assemble import assemble
from submission.package.build import WORDING_HINT
from submission.package.typesetting import draft_documents
from submission.setting.render import RenderError
from submission.words.folders import TEMPLATES
from verification.evidence import Issue, Project, Severity

PLACE = re.compile(r"(?P<where>CW-DOC-\d+|\S+?)(?:, |: | )(?P<message>.*)", re.DOTALL)
"""How a fault is told: a document or a file with its line, then what is wrong."""


def find_text_issues(project: Project, release: str, templates: Path = TEMPLATES) -> Iterator[Issue]:
    """Yield what stops a build of a release's documents in their texts, rendered from the evidence that there is."""
    try:
        catalogue = read_catalogue()
        drafts = draft_documents(make_environment(templates), catalogue, assemble(project, catalogue, release))
    except (CatalogueError, RenderError) as error:
        code = "catalogue" if isinstance(error, CatalogueError) else "template"
        for line in str(error).splitlines():
            yield _issue(code, line, "mend the file")
        return
    for fault in find_faults(drafts.html.items(), catalogue, drafts.package.source.commit_date):
        yield _issue("wording", fault, WORDING_HINT)


def _issue(code: str, fault: str, hint: str) -> Issue:
    told = PLACE.fullmatch(fault)
    where, message = (told["where"], told["message"]) if told else ("submission", fault)
    return Issue(code=code, severity=Severity.BLOCKING, where=where, message=message, hint=hint)
