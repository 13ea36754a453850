"""The texts of the documents before they are set: every fault that can be told without a page, in one pass."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from msgspec.structs import replace

from submission.content.catalogue import CatalogueError
from submission.content.environment import make_environment
from submission.content.reading import read_catalogue
from submission.content.wording import find_faults
from submission.context.assemble import assemble
from submission.package.build import WORDING_HINT
from submission.package.typesetting import draft_documents
from submission.setting.render import RenderError
from submission.words.folders import TEMPLATES
from verification.evidence import Issue, Project, Severity, find_stale, read_bundle

PLACE = re.compile(r"(?P<where>CW-DOC-\d+|\S+?)(?:, |: | )(?P<message>.*)", re.DOTALL)
"""How a fault is told: a document or a file with its line, then what is wrong."""


def find_text_issues(project: Project, release: str, templates: Path = TEMPLATES) -> Iterator[Issue]:
    """Yield what stops a build of a release's documents in their texts, rendered from the evidence that there is.

    Where that is older than what it is made from, this is told first: texts of today need not fit evidence of then.
    """
    found = list(_find_issues(project, release, templates))
    older = list(_find_older(project)) if found else []
    yield from older
    then = "make the older evidence again; if this is still told, " if older else ""
    yield from (replace(issue, hint=f"{then}{issue.hint}") for issue in found)


def _find_older(project: Project) -> Iterator[Issue]:
    """Yield each file of the evidence that is older than what it is made from, with the command that makes it."""
    stale = groupby(find_stale(read_bundle(project.evidence), project), key=lambda issue: (issue.where, issue.hint))
    for (where, hint), issues in stale:
        first, *more = (issue.message for issue in issues)
        beside = f" (and {len(more)} more like it)" if more else ""
        message = f"is older than the texts, which need not fit it: {first}{beside}"
        yield Issue(code="evidence-stale", severity=Severity.BLOCKING, where=where, message=message, hint=hint)


def _find_issues(project: Project, release: str, templates: Path) -> Iterator[Issue]:
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
