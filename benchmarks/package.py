"""Building the package: in full, with nothing changed, with one requirement changed, with ten times the requirements.

python benchmarks/package.py [--release NAME]

Works on the evidence of the checkout as it stands, in a folder of its own; prints seconds of the clock and of all
processors, largest memory, and pages a second beside one plain pass of WeasyPrint over the same markup in one process.
"""

import argparse
import json
import os
import resource
import shutil
import tempfile
import time
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from submission.cli import submission
from verification.evidence import Project, find_project, read_bundle, write_evidence


def measure(name: str, project: Project, release: str, output: Path) -> tuple[int, float]:
    """Build, print what it took, return pages and seconds of processors."""
    start, before = time.perf_counter(), os.times()
    with redirect_stdout(StringIO()) as told:
        submission(["build", "--project", str(project.root), "--release", release, "--output", str(output), "--json"])
    after = os.times()
    processors = sum(after[:4]) - sum(before[:4])
    pages = json.loads(told.getvalue())["pages"]
    memory = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 1024
    print(f"{name:28} {time.perf_counter() - start:7.1f} s  {processors:7.1f} CPU s  {pages:5} pages  {memory:6.0f} MB")
    return pages, processors


def copied(project: Project, folder: Path) -> Project:
    """The checkout at its commit, with its evidence."""
    root = folder / "checkout"
    os.system(f"git clone -q {project.root} {root}")
    shutil.copytree(project.evidence, root / "build" / "evidence")
    return Project(root)


GROWING = {"software_requirement", "system_requirement", "user_need"}


def again(item: Any, number: int) -> Any:
    """A requirement once more, under another id; 0 is itself."""
    if not number:
        return item
    identity = f"{item.id}{number}"
    criteria = [replace(each, id=each.id.replace(item.id, identity)) for each in item.criteria]
    return replace(item, id=identity, criteria=tuple(criteria))


def plain(project: Project, output: Path) -> float:
    """Seconds of processors of one pass of WeasyPrint over the same markup."""
    from weasyprint import CSS, HTML

    from submission.content.environment import make_environment
    from submission.content.reading import read_catalogue
    from submission.context.assemble import assemble
    from submission.setting.render import render_html
    from submission.words.folders import HERE

    catalogue = read_catalogue()
    package, environment = assemble(project, catalogue, "paediatric-reference"), make_environment()
    none = {"pages": dict.fromkeys((entry.number for entry in catalogue.documents), None)}
    pages = [render_html(environment, entry, package, none) for entry in catalogue.documents]
    style = CSS(filename=str(HERE / "style.css"))
    before = os.times()
    for page in pages:
        HTML(string=page, base_url=f"{HERE}/").write_pdf(output / "plain.pdf", stylesheets=[style])
    after = os.times()
    return sum(after[:4]) - sum(before[:4])


def main() -> None:
    """Measure in a temporary folder."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--release", default="paediatric-reference")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        os.environ["CLEARWAY_CACHE"] = str(folder / "cache")  # without earlier prints
        project = copied(find_project(None), folder)
        pages, full = measure("full", project, arguments.release, folder / "package")
        measure("nothing changed", project, arguments.release, folder / "package")
        trace: Any = read_bundle(project.evidence).trace
        first = next(item for item in trace.items if item.kind == "software_requirement")
        longer = replace(first, text=f"{first.text} In one word more.")
        items = tuple(longer if item is first else item for item in trace.items)
        write_evidence(project.evidence, "trace.json", replace(trace, items=items))
        measure("one requirement changed", project, arguments.release, folder / "package")
        once = plain(project, folder)
        times = [again(item, number) for number in range(10) for item in trace.items if item.kind in GROWING]
        others = [item for item in trace.items if item.kind not in GROWING]
        write_evidence(project.evidence, "trace.json", replace(trace, items=(*times, *others)))
        measure("ten times the requirements", project, arguments.release, folder / "package")
        print(f"pages a CPU second: {pages / full:.1f}; one plain pass of WeasyPrint: {pages / once:.1f}")


if __name__ == "__main__":
    main()
