"""The trace page of a fictitious bundle, in a window of a real Chromium."""

from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from submission.cli import submission
from verification import evidence as e
from verification.evidence import Project, write_evidence

HOSTILE = "<script>document.title='taken'</script><!-- <b onclick=x> </script> \u2028 & \"quoted\" `code`"
WHO = "Ada Example (fictitious)"
PAINTED = """() => new Promise((yes, no) => {
  const look = () => document.body.dataset.painted === location.hash ? yes() : setTimeout(look, 5);
  setTimeout(() => no(Error(`painted ${document.body.dataset.painted}, not ${location.hash}`)), 5000); look(); })"""


@dataclass
class Opened:
    """A page, and everything that it said or asked for beside itself."""

    window: Page
    file: Path
    said: list[str]

    @property
    def page(self) -> Page:
        """The page, once it has painted its address: a page is told of a new address only after it stands there."""
        self.window.evaluate(PAINTED)
        return self.window

    def go(self, address: str) -> Page:
        self.window.goto(f"file://{self.file}{address}")
        return self.page

    def text(self, selector: str) -> str:
        return " ".join(self.page.inner_text(selector).split())

    def rows(self, selector: str = "#list .entry .id") -> list[str]:
        return self.page.locator(selector).all_inner_texts()


@pytest.fixture(scope="session")
def trace_page(make, replace) -> Path:
    """The page of the fictitious bundle, with strengths, a review, a record, code and a history."""
    made = make()
    made.parts["trace"] = rich(made.parts["trace"], replace)
    found = made.parts["verification"]
    results = tuple(replace(each, entered=(0,)) for each in found.results)
    made.parts["verification"] = replace(found, results=results, functions=("device.gate.check",))
    project = made.write()
    write_evidence(project.evidence, "sources.json", sources(made.parts["trace"].source))
    return written(project)


def rich(trace: e.TraceEvidence, replace) -> e.TraceEvidence:
    lived = e.Mutant(line=8, before="a < b", after="a <= b", outcome=e.MutantOutcome.SURVIVED)
    strength = e.Strength(
        requirement="SRS-901", symbol="device.gate.check", scenarios=2, killed=6, survived=1, equivalent=0,
        mutants=(lived,),
    )  # fmt: skip
    review = e.Review(status=e.ReviewStatus.REVIEWED, why="as it is now", by=WHO, meaning="adequate", date="2001-02-03")
    line = e.ReviewLine(
        event="review", id="SRS-901", by=WHO, meaning="adequate", reason="a fictitious reason", date="2001-02-03",
        digest="bb" * 32, parts={},
    )  # fmt: skip
    items = [replace(item, review=review) if item.id == "SRS-901" else item for item in trace.items]
    items = [replace(item, text=HOSTILE) if item.id == "SRS-902" else item for item in items]
    odd = replace(items[-1], id="gate/case-1", kind=e.ItemKind.SCENARIO, title="Case 1 is judged", text="Gate")
    links = [*trace.links, e.Link(source=odd.id, target="SRS-901/AC1", relation="verifies", status="covers", why="")]
    return replace(trace, items=(*items, odd), links=tuple(links), strengths=(strength,), records=(line,))


def sources(source: e.Source) -> e.SourcesEvidence:
    code = "def check(a, b):\n    return a < b  # </script>"
    commit = e.Commit(date="2001-02-03", hash="0" * 12, subject="Write a fictitious gate")
    history = e.History(commits=(commit,), of_file={"device/gate.py": (0,)})
    excerpts = {"device.gate.check": e.Excerpt(line=7, text=code)}
    return e.SourcesEvidence(source=source, excerpts=excerpts, history=history)


def written(project: Project, file: str = "trace.html") -> Path:
    path = project.root / "build" / file
    assert submission(["trace", "--project", str(project.root), "--output", str(path)]) == 0
    return path


@pytest.fixture
def opened(chromium: Browser, trace_page: Path):
    """The page in a window of its own; at the end it has asked for nothing and complained of nothing."""
    yield from opening(chromium, trace_page)


def opening(chromium: Browser, file: Path, **options):
    context = chromium.new_context(**{"viewport": {"width": 1440, "height": 900}} | options)
    context.set_default_timeout(5_000)
    said: list[str] = []
    context.on("request", lambda asked: said.append(asked.url) if not asked.url.startswith(f"file://{file}") else None)
    context.on("console", lambda message: said.append(message.text))
    context.on("weberror", lambda error: said.append(str(error.error)))
    yield Opened(context.new_page(), file, said)
    context.close()
    assert [each for each in said if not each.startswith(("data:", "blob:"))] == []  # both are in the page
