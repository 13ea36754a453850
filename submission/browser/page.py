"""The browser's page put together: skeleton, style with its fonts, script, data, and a policy that forbids the rest."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path
from string import Template

from markupsafe import escape

from submission.browser.data import as_json, describe
from submission.context.head import read_head
from submission.words.folders import FONTS
from verification.evidence import Gap, Project, read_sources

HERE = Path(__file__).parent
SCRIPTS = (
    "data", "dom", "reasons", "list", "graph", "item", "overview", "matrix", "differences", "compare", "csv", "app",
)  # fmt: skip
"""The parts of the script, in the order in which they build on one another."""


class BrowserError(Exception):
    """There is no trace to browse; the message says what to do."""


def render_browser(project: Project, release: str) -> str:
    """The page of a checkout's trace as it now stands in evidence.

    Raises:
        BrowserError: there is no trace, or it cannot be used.
    """
    head = read_head(project, release)
    trace = head.bundle.trace
    if isinstance(trace, Gap):
        raise BrowserError(f"{trace.reason}; {trace.closes}")
    data = describe(head, trace, read_sources(project.evidence, trace))
    style = embed_fonts((HERE / "style.css").read_text()) + _furniture(head.banners)
    script = "\n".join((HERE / f"{name}.js").read_text() for name in SCRIPTS)
    device = data["head"]["device"]
    return Template((HERE / "page.html").read_text()).substitute(
        title=escape(f"Trace of {device}" if device else "Trace"),
        device=escape(device),
        banners=escape(" · ".join(head.banners)),
        policy=_policy(style, script),
        style=style,
        script=script,
        data=as_json(data),
    )


def embed_fonts(style: str) -> str:
    """A style with the fonts that it names in it, so that it needs no other file."""

    def embedded(match: re.Match[str]) -> str:
        content = base64.b64encode((FONTS / match[1]).read_bytes()).decode()
        return f'url("data:font/woff2;base64,{content}")'

    return re.sub(r'url\("fonts/([^"]+)"\)', embedded, style)


def _furniture(banners: tuple[str, ...]) -> str:
    """The head of every printed page."""
    said = " · ".join(banners).replace("\\", "").replace('"', "'")
    return f'\n@page {{ @top-right {{ content: "{said}" }} }}\n'


def _policy(style: str, script: str) -> str:
    """What the page may do: its own script and style by their digests, embedded fonts, and nothing from any network."""

    def digest(text: str) -> str:
        return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

    return (
        f"default-src 'none'; script-src {digest(script)}; style-src {digest(style)}; font-src data:; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
