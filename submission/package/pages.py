"""Evidence as one page of HTML: it needs no network and no other file, on a screen, light or dark, or on paper."""

from __future__ import annotations

import re
from collections.abc import Mapping

from markupsafe import Markup

from submission.browser.page import embed_fonts
from submission.content.environment import make_environment
from submission.drawings.figures import COLOURS
from submission.words.folders import HERE

STYLE = HERE / "pages.css"
COLOUR = re.compile(f'"({"|".join(COLOURS)})"')
"""A color of a drawing as an attribute: on such a page it is the page's own, light or dark."""


def render(template: str, names: Mapping[str, object]) -> str:
    """The page that a template makes of these names."""
    style = Markup(embed_fonts(STYLE.read_text()))  # noqa: S704  our own file
    page = make_environment().get_template(template).render({**names, "style": style})
    return COLOUR.sub(lambda match: f'"var(--{COLOURS[match[1]]})"', page)
