"""Building the package: in full, with nothing changed, with one requirement changed, with ten times the requirements.

python benchmarks/package.py [--release NAME] [--beside CHECKOUT] [--rows full,nothing,one,ten,plain]

Works on the evidence of the checkout as it stands, in a folder of its own; prints seconds of the clock and of all
processors, largest memory, and pages a second beside one plain pass of WeasyPrint over the same markup in one process.
Beside another checkout, which has an environment of its own, the full build is of each in turn.
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from verification.evidence import Project, find_project, read_bundle, write_evidence

ROWS = ("full", "nothing", "one", "plain", "ten")


def measure(name: str, project: Project, release: str, output: Path, python: str = sys.executable) -> tuple[int, float]:
    """Build in a process of its own, print what it took, return pages and seconds of processors."""
    start, before = time.perf_counter(), os.times()
    asked = ["--project", str(project.root), "--release", release, "--output", str(output), "--json"]
    asked += ["--blocked"] if python == sys.executable else []  # the other may set a blocked package unasked
    code = f"import sys; from submission.cli import submission; sys.exit(submission({['build', *asked]!r}))"
    run = subprocess.run([python, "-c", code], cwd=Path(python).parents[2], stdout=subprocess.PIPE, text=True)
    after = os.times()
    processors = sum(after[:4]) - sum(before[:4])
    pages = json.loads(run.stdout)["pages"]
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
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
    parser.add_argument("--beside", type=Path, metavar="CHECKOUT", help="build in full by this one's code too")
    parser.add_argument("--rows", default=",".join(ROWS), help="what to measure (%(default)s)")
    arguments = parser.parse_args()
    rows = set(arguments.rows.split(","))
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        project = copied(find_project(None), folder)

        def built(name: str, cache: str = "cache", python: str = sys.executable) -> tuple[int, float]:
            os.environ["CLEARWAY_CACHE"] = str(folder / cache)  # without the prints of others
            return measure(name, project, arguments.release, folder / "package", python)

        pages, full = built("full")
        if arguments.beside:
            _, before = built("full, by the other checkout", "other", str(arguments.beside / ".venv/bin/python"))
            print(f"{'':28} {full / before:.2f} of its CPU s")
        if "nothing" in rows:
            built("nothing changed")
        trace: Any = read_bundle(project.evidence).trace
        if "one" in rows:
            first = next(item for item in trace.items if item.kind == "software_requirement")
            longer = replace(first, text=f"{first.text} In one word more.")
            items = tuple(longer if item is first else item for item in trace.items)
            write_evidence(project.evidence, "trace.json", replace(trace, items=items))
            _, one = built("one requirement changed")
            print(f"{'':28} {one / full:.2f} of the full build")
        if "plain" in rows:
            once = plain(project, folder)
            print(f"pages a CPU second: {pages / full:.1f}; one plain pass of WeasyPrint: {pages / once:.1f}")
        if "ten" in rows:
            times = [again(item, number) for number in range(10) for item in trace.items if item.kind in GROWING]
            others = [item for item in trace.items if item.kind not in GROWING]
            write_evidence(project.evidence, "trace.json", replace(trace, items=(*times, *others)))
            more, ten = built("ten times the requirements", "ten")
            print(f"{'':28} {ten / full:.2f} of the full build, with {more / pages:.2f} of its pages")


if __name__ == "__main__":
    main()
