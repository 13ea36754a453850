"""Pages that are made of a built package and are none of its documents: a redline, a response, a list of signatures."""

from __future__ import annotations

from collections.abc import Sequence

from submission.content.catalogue import Entry
from submission.content.environment import make_environment
from submission.package.folder import Opened
from submission.setting.render import print_one


def render_sheet(entry: Entry, shown: Opened, sides: Sequence[tuple[str, Opened]], names: dict[str, object]) -> str:
    """A page as HTML.

    Args:
        entry: what it is called and set by; its template extends `_sheet.html`.
        shown: the package that it is made of, whose commit and banner it bears.
        sides: the packages that its cover tells of, by name.
        names: what its template knows beside these.
    """
    known = {"document": entry, "shown": shown, "sides": sides, **names}
    return make_environment().get_template(entry.template).render(known)


def print_sheet(entry: Entry, shown: Opened, sides: Sequence[tuple[str, Opened]], names: dict[str, object]) -> bytes:
    """The same as PDF.

    Raises:
        RenderError: as `render.Press`.
    """
    return print_one(entry, render_sheet(entry, shown, sides, names)).content
