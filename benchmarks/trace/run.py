"""The full check of the trace (`clearway trace --check`) at several sizes, and what other tools take, in one run.

python benchmarks/trace/run.py [--sizes 1000 5000 50000] [--peers-at 5000] [--folder DIR] [--peers doorstop ...]

Of each size: cold (no cache), warm (nothing changed), after one edit of a requirement, on another branch, and back. CPU
seconds are those of the command and of all that it started; of several runs of the same the shortest counts. With
`--beside CHECKOUT` the code of another checkout runs in turn with this one, each on what its own generator writes, and
the medians of `--times` runs are set side by side, as a ratio; no peer is run then. The
peers are installed from PyPI, each in an environment of its own below the folder, and read the same requirements in
their own form; one that cannot be installed is left out, with a line that says so. A temporary folder is removed.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml
from generate import generate, git

HERE = Path(__file__).resolve().parents[2]
CLEARWAY = [sys.executable, "-P", "-c", "import sys; from device.cli import main; sys.exit(main(sys.argv[1:]))"]

CHECK = [*CLEARWAY, "trace", "--check"]


@dataclass(frozen=True)
class Taken:
    """Seconds of CPU and of the clock, largest memory in MB, exit status."""

    cpu: float
    wall: float
    memory: float
    status: int


def measure(command: list[str], folder: Path, times: int = 1, code: Path = HERE) -> Taken:
    """Run a command with the code of a checkout; of several times the one with the least CPU seconds."""
    return min((_once(command, folder, code) for _ in range(times)), key=lambda taken: taken.cpu)


def _environment(code: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"PYTHONPATH": str(code)}


def _once(command: list[str], folder: Path, code: Path) -> Taken:
    start = time.perf_counter()
    with (folder.parent / "output.txt").open("wb") as output:
        process = subprocess.Popen(command, cwd=folder, stdout=output, stderr=output, env=_environment(code))
        _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - start
    return Taken(used.ru_utime + used.ru_stime, wall, used.ru_maxrss / 1024, process.returncode)


def ours(root: Path) -> Iterator[tuple[str, Taken]]:
    """Yield what the full check takes in each situation."""
    cold = min((_cold(root) for _ in range(3)), key=lambda taken: taken.cpu)
    if cold.status:
        raise SystemExit((root.parent / "output.txt").read_text()[-2000:])
    yield "cold", cold
    yield "warm", measure(CHECK, root, 5)
    _edit(root)
    yield "one edit", measure(CHECK, root)
    git(root, "switch", "--quiet", "--create", "other")
    git(root, "commit", "--quiet", "--all", "--message", "Edit")
    yield "branch", measure(CHECK, root)
    git(root, "switch", "--quiet", "-")
    yield "back", measure(CHECK, root)


def _cold(root: Path, code: Path = HERE) -> Taken:
    shutil.rmtree(root / "build/cache", ignore_errors=True)
    return measure(CHECK, root, code=code)


def _edit(root: Path) -> None:
    first = min((root / "requirements_spec/software").iterdir())
    first.write_text(first.read_text().replace("turns around", "turns round"))


def compare(size: int, folder: Path, other: Path, times: int) -> Iterator[str]:
    """Yield, of a cold check, of one with nothing changed and of one after an edit, how two checkouts compare."""
    codes = {"then": other, "now": HERE}
    found: dict[tuple[str, str], list[Taken]] = {}
    for name, code in codes.items():
        command = [sys.executable, code / "benchmarks/trace/generate.py", str(size), folder / f"{name}-{size}"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=_environment(code))
    for _ in range(times):
        for name, code in codes.items():
            root = folder / f"{name}-{size}"
            git(root, "checkout", "--quiet", ".")
            found.setdefault(("cold", name), []).append(_cold(root, code))
            found.setdefault(("warm", name), []).append(measure(CHECK, root, code=code))
            _edit(root)
            found.setdefault(("one edit", name), []).append(measure(CHECK, root, code=code))
    for situation in ("cold", "warm", "one edit"):
        then, now = (statistics.median(each.cpu for each in found[situation, name]) for name in codes)
        peaks = [max(each.memory for each in found[situation, name]) for name in codes]
        yield (
            f"{size:>13}  {situation:9}{then:8.2f}{now:8.2f}{now / then:7.2f}{peaks[0]:8.0f}{peaks[1]:8.0f}"
            f"{peaks[1] / peaks[0]:7.2f}"
        )


# --- others -----------------------------------------------------------------------------------------------------------


def read_requirements(root: Path) -> list[dict]:
    """Every requirement of a generated checkout, by one pass of PyYAML's C loader."""
    paths = sorted((root / "requirements_spec").glob("*/*.yaml"))
    return [yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader) for path in paths]


def pyyaml(root: Path, _: Path) -> list[list[str]]:
    """One pass of PyYAML's C loader over the requirements: nothing is checked."""
    program = "import sys, yaml\nfor name in sys.stdin: yaml.load(open(name.strip(), 'rb'), Loader=yaml.CSafeLoader)"
    names = f"find {root}/requirements_spec -name '*.yaml' | '{sys.executable}' -c \"{program}\""
    return [["sh", "-c", names]]


def doorstop(root: Path, folder: Path) -> list[list[str]]:
    """`doorstop`: the links of three documents checked."""
    for prefix, parent in (("UN", None), ("SYS", "UN"), ("SRS", "SYS")):
        settings = {"digits": 3, "prefix": prefix, "sep": "-"} | ({"parent": parent} if parent else {})
        (folder / prefix).mkdir()
        (folder / prefix / ".doorstop.yml").write_text(yaml.safe_dump({"settings": settings}))
    for n, item in enumerate(read_requirements(root), start=1):
        said = {"active": True, "derived": False, "header": "", "level": f"1.{n}", "normative": True, "ref": ""}
        said |= {"links": [{parent: None} for parent in item["parents"]], "reviewed": None, "text": item["text"]}
        (folder / item["id"].partition("-")[0] / f"{item['id']}.yml").write_text(yaml.safe_dump(said))
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "Generate")
    return [["doorstop"]]


def strictdoc(root: Path, folder: Path) -> list[list[str]]:
    """`strictdoc export`: the requirements as HTML, with their relations checked; once more with its cache."""
    rows = ["[DOCUMENT]\nTITLE: Measured\n"]
    for item in read_requirements(root):
        row = f"[REQUIREMENT]\nUID: {item['id']}\nTITLE: {item['title']}\nSTATEMENT: >>>\n{item['text']}\n<<<\n"
        parents = "".join(f"- TYPE: Parent\n  VALUE: {parent}\n" for parent in item["parents"])
        rows.append(row + (f"RELATIONS:\n{parents}" if parents else ""))
    (folder / "measured.sdoc").write_text("\n".join(rows))
    return [["strictdoc", "export", "."]] * 2


def sphinx_needs(root: Path, folder: Path) -> list[list[str]]:
    """`sphinx-build` with sphinx-needs: the requirements as HTML, with their links; once more with nothing changed."""
    (folder / "conf.py").write_text('project = "Measured"\nextensions = ["sphinx_needs"]\nneeds_id_regex = ".*"\n')
    rows = ["Measured\n========\n"]
    for item in read_requirements(root):
        links = f"   :links: {','.join(item['parents'])}\n" if item["parents"] else ""
        rows.append(f".. req:: {item['title']}\n   :id: {item['id']}\n{links}\n   {item['text']}\n")
    (folder / "index.rst").write_text("\n".join(rows))
    return [["sphinx-build", "-q", "-b", "html", ".", "out"]] * 2


PEERS: dict[str, Callable[[Path, Path], list[list[str]]]] = {
    "pyyaml": pyyaml, "doorstop": doorstop, "strictdoc": strictdoc, "sphinx-needs": sphinx_needs,
}  # fmt: skip


def peers(root: Path, folder: Path, names: list[str]) -> Iterator[tuple[str, Taken]]:
    """Yield what each run of each peer takes."""
    for name in names:
        home, work = folder / f"env-{name}", folder / f"with-{name}"
        work.mkdir()
        if name != "pyyaml" and not install(name, home):
            print(f"{name}: left out, for it cannot be installed here")
            continue
        for n, command in enumerate(PEERS[name](root, work)):
            program = str(home / "bin" / command[0]) if (home / "bin" / command[0]).exists() else command[0]
            yield f"{name}{', again' if n else ''}", measure([program, *command[1:]], work)


def install(name: str, home: Path) -> bool:
    """Install a package into an environment of its own."""
    venv.create(home, with_pip=True)
    command = [str(home / "bin/pip"), "install", "--quiet", "--disable-pip-version-check", "--no-input", name]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--sizes", type=int, nargs="*", default=[1000, 5000, 50000])
    parser.add_argument("--peers-at", type=int, default=5000, help="the size at which the peers are timed")
    parser.add_argument("--peers", nargs="*", choices=PEERS, default=list(PEERS))
    parser.add_argument("--folder", type=Path, help="where to work (default: a temporary folder)")
    parser.add_argument("--beside", type=Path, metavar="CHECKOUT", help="compare with the code of another checkout")
    parser.add_argument("--times", type=int, default=5, help="how often each is run beside the other")
    options = parser.parse_args()
    if options.beside:
        with tempfile.TemporaryDirectory(dir=options.folder) as temporary:
            print(f"{'requirements':>13}{'':11}{'CPU s':>8}{'now':>8}{'ratio':>7}{'MB':>8}{'now':>8}{'ratio':>7}")
            for size in options.sizes:
                for row in compare(size, Path(temporary), options.beside.resolve(), options.times):
                    print(row, flush=True)
        return
    with tempfile.TemporaryDirectory(dir=options.folder) as temporary:
        folder, full = Path(temporary), 0.0
        print(f"{'requirements':>13}{'':11}{'CPU s':>8}{'wall s':>8}{'MB':>7}{'CPU ms per requirement':>25}  exit")
        for size in dict.fromkeys([*options.sizes, options.peers_at] if options.peers else options.sizes):
            generate(size, folder / f"checkout-{size}")
            for situation, taken in ours(folder / f"checkout-{size}"):
                full = taken.cpu if (size, situation) == (options.peers_at, "cold") else full
                row = f"{size:>13}  {situation:9}{taken.cpu:8.2f}{taken.wall:8.2f}{taken.memory:7.0f}"
                print(f"{row}{1000 * taken.cpu / size:25.2f}  {taken.status}", flush=True)
        for name, taken in peers(folder / f"checkout-{options.peers_at}", folder, options.peers):
            print(
                f"{name:24}{taken.cpu:8.2f}{taken.wall:8.2f}{'':7}"
                f"   {taken.cpu / full:.1f} times our cold check  {taken.status}",
                flush=True,
            )


if __name__ == "__main__":
    main()
