"""Do our own tools do their work on this machine? Installed as released, and every seeded fault noticed.

Installation: what `clearway doctor` examines, and the files of the packages. Operation: each fault is put into a copy
of a small checkout (`sample`), and the command that a user would type must fail and name it; the same command on the
sound checkout must not.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import TypeAlias

from verification.evidence import Product, Project, ProjectError
from verification.evidence.types import Record
from verification.qualification.doctor import Check, examine
from verification.qualification.sample import commit, git, write_sample

Command: TypeAlias = tuple[str, ...]
Edit: TypeAlias = Callable[[Path], None]

PACKAGES = (Product().package, "verification", "submission")
SRS, OTHER = "requirements_spec/software/SRS-001.yaml", "requirements_spec/software/SRS-002.yaml"
DOOR, FEATURE, STEPS = "device/door.py", "verification/features/door.feature", "verification/test_features.py"
RESULTS, LISTED, LOG = "build/evidence/verification.json", "build/evidence/manifest.json", "docs/records/reviews.log"
PACKAGE = "build/package"

CHECK: Command = ("trace", "--check")
DEEP: Command = ("trace", "--check", "--deep")
VERIFY: Command = ("verify",)
AUDIT: Command = ("submission", "audit", PACKAGE)
REVIEW = ("--by", "Ada Example (fictitious)", "--meaning", "reviewed", "--reason")


class Outcome(Record, frozen=True):
    """A check: what was done, what had to be found, what was found. `passed` is None where it does not apply here."""

    part: str
    check: str
    command: str
    expected: str
    found: str
    passed: bool | None


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault, how it gets into the sample, and the words by which a command must name it (exit status 1).

    `again`: the change is committed and verified before the command is run, so that only the fault itself is left.
    """

    name: str
    edit: Edit
    command: Command
    expected: str
    again: bool = False


def find_outcomes(project: Project, work: Path) -> Iterator[Outcome]:
    """Yield the outcome of every check as it comes; those of the operation need some seconds each.

    Args:
        project: the checkout whose installation is qualified.
        work: an empty folder to work in.
    """
    for check in (*examine(project.root), check_files(project)):
        found = check.found if check.passed is not False else f"{check.found}; {check.hint}"
        yield Outcome(
            part="installation", check=check.name, command="clearway doctor", expected="sound", found=found,
            passed=check.passed,
        )  # fmt: skip
    sound = work / "sound"
    write_sample(sound, project.root)
    said: dict[Command, str] = {}
    for name, command in (("a sound run", VERIFY), ("a sound trace", CHECK), ("sound evidence made again", DEEP)):
        outcome, said[command] = _try_sound(sound, name, command)
        yield outcome
    _write_package(sound)
    _, said[AUDIT] = run(sound, *AUDIT)
    for number, fault in enumerate(FAULTS):
        yield _try_fault(fault, sound, work / str(number), said[fault.command])


def check_files(project: Project) -> Check:
    """The files of the packages are those of the release: by the installer's list, or by git in a checkout."""
    here = Path(__file__).resolve().parents[2]
    if here == project.root:
        try:
            changed = project.git("status", "--porcelain", "--", *PACKAGES).splitlines()
        except ProjectError as error:
            return Check("files", False, str(error), "work in a git clone")
        found = f"as committed ({project.commit()[0][:12]})" if not changed else f"{len(changed)} differ: {changed[0]}"
        return Check("files", not changed, found, "commit the changes, or take them back")
    wrong, listed = _find_wrong(), _recorded()
    found = f"{len(listed)} files as installed" if not wrong else f"{len(wrong)} differ: {wrong[0]}"
    return Check("files", bool(listed) and not wrong, found, "install the distribution again")


def run(root: Path, *command: str) -> tuple[int, str]:
    """Run a command of ours in a process of its own, as a shell would; its exit status, and all that it said."""
    program = Path(sys.executable).with_name("clearway")
    start = [str(program)] if program.is_file() else [sys.executable, "-P", "-c", _START]
    done = subprocess.run(
        [*start, *command], cwd=root, capture_output=True, text=True, check=False, errors="replace",
        env={key: value for key, value in os.environ.items() if key != "CLEARWAY_DEBUG"},
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


_START = "import sys; from verification.product.api import main; sys.exit(main(sys.argv[1:]))"


def _try_sound(sound: Path, name: str, command: Command) -> tuple[Outcome, str]:
    status, said = run(sound, *command)
    return Outcome(
        part="operation", check=name, command=f"clearway {' '.join(command)}", expected="exit status 0",
        found=f"exit status {status}" + (f": {_last(said)}" if status else ""), passed=status == 0,
    ), said  # fmt: skip


def _try_fault(fault: Fault, sound: Path, root: Path, said_of_sound: str) -> Outcome:
    shutil.copytree(sound, root, symlinks=True)
    fault.edit(root)
    if fault.again:
        commit(root)
        run(root, "verify")
    status, said = run(root, *fault.command)
    line = next((line.strip() for line in said.splitlines() if fault.expected in line), None)
    return Outcome(
        part="operation", check=fault.name, command=f"clearway {' '.join(fault.command)}",
        expected=f"exit status 1, “{fault.expected}”", found=f"exit status {status}, {line or _last(said)}"[:300],
        passed=status == 1 and line is not None and fault.expected not in said_of_sound,
    )  # fmt: skip


def _last(said: str) -> str:
    return said.strip().splitlines()[-1] if said.strip() else "nothing said"


# --- faults -----------------------------------------------------------------------------------------------------------


def _change(file: str, old: str, new: str) -> Edit:
    def edit(root: Path) -> None:
        path = root / file
        text = path.read_text(encoding="utf-8")
        if old not in text:
            raise ValueError(f"{file}: {old!r} is not in it; expected a sample that this fault fits")
        path.write_text(text.replace(old, new), encoding="utf-8")

    return edit


def _delete_requirement(root: Path) -> None:
    (root / OTHER).unlink()
    _change(DOOR, "\n\nImplements: SRS-002\n", "\n")(root)
    _change(FEATURE, "  @SRS-002/AC1\n", "")(root)


def _run_unsaved(root: Path) -> None:
    _change(DOOR, "angle + 1", "angle + 2")(root)
    run(root, "verify")


def _rewrite_review(root: Path) -> None:
    for identity, reason in (("SRS-001", "read"), ("SRS-002", "read")):
        run(root, "review", identity, *REVIEW, reason)
    commit(root)
    _change(LOG, '"reason":"read"', '"reason":"skimmed"')(root)


def _date_review_back(root: Path) -> None:
    """Add a line by hand, with the digest of the one before, that says it was written long ago."""
    run(root, "review", "SRS-001", *REVIEW, "read")
    commit(root)
    line = (root / LOG).read_bytes().splitlines()[-1]
    forged = json.loads(line) | {"date": "2001-02-03", "previous": hashlib.sha256(line).hexdigest()}
    (root / LOG).write_bytes(line + b"\n" + json.dumps(forged, separators=(",", ":")).encode() + b"\n")


def _hide_from_git(root: Path) -> None:
    _change(DOOR, "angle + 1", "angle + 2")(root)
    git(root, "update-index", "--assume-unchanged", DOOR)
    run(root, "verify")


def _edit_and_list(root: Path) -> None:
    _change(RESULTS, '"observed": "turned by 10"', '"observed": "turned by 99"')(root)
    listed = json.loads((root / LISTED).read_bytes()) | {"verification.json": _sha256(root / RESULTS)}
    (root / LISTED).write_text(json.dumps(listed), encoding="utf-8")


def _rename_item(root: Path) -> None:
    (root / OTHER).rename(root / f"{OTHER.removesuffix('.yaml')}.YAML")


def _lower_count(root: Path) -> None:
    """State one scenario fewer in a package, and let its digest fit: only counting finds it."""
    path = root / PACKAGE / "manifest.json"
    manifest = json.loads(path.read_bytes())
    manifest["counts"]["scenarios"] -= 1
    _write_manifest(path.parent, manifest)


_TWICE = '@then("it is shown to be good")\ndef never_asked(): pass\n\n'
_THREAD = """\
    import threading, uuid
    def fails(): assert False, "in a thread"
    thread = threading.Thread(target=fails)
    thread.start()
    thread.join()
"""

FAULTS = (
    Fault("a dropped link from code", _change(DOOR, "    Implements: SRS-001\n", ""), CHECK,
          "no code implements SRS-001", again=True),
    Fault("a dropped link from a scenario", _change(FEATURE, "@SRS-001 @SRS-001/AC2", "@SRS-001"), CHECK,
          "no scenario verifies SRS-001/AC2", again=True),
    Fault("a link to nothing", _change(SRS, "[SYS-001]", "[SYS-009]"), CHECK,
          "parents names SYS-009, which does not exist [link-dangling]"),
    Fault("a claim of an unknown id", _change(DOOR, "Implements: SRS-002", "Implements: SRS-404"), CHECK,
          "names SRS-404, which does not exist [id-unknown]"),
    Fault("a requirement deleted without a trace", _delete_requirement, CHECK,
          "SRS-002 once stood in requirements_spec/software/SRS-002.yaml and is gone without a tombstone", again=True),
    Fault("a file that is no YAML", _change(SRS, "title: Handle", "\ttitle: Handle"), CHECK,
          "requirements_spec/software/SRS-001.yaml:3: not YAML"),
    Fault("a stale digest of a requirement", _change(SRS, "shall turn the", "shall not turn the"), CHECK,
          "requirements_spec/software/SRS-001.yaml, which has changed since [verification-stale]"),
    Fault("a stale digest of code", _change(DOOR, "angle + 1", "angle + 2"), CHECK,
          "device/door.py, which has changed since [verification-stale]"),
    Fault("a run of files that nobody committed", _run_unsaved, CHECK, "from files that are not committed"),
    Fault("an edited result", _change(RESULTS, '"observed": "turned by 10"', '"observed": "turned by 99"'), CHECK,
          "the file was changed after it was written"),
    Fault("an edited manifest of the evidence", _change(LISTED, '"verification.json": "', '"verification.json": "0'),
          CHECK, "[evidence-unusable]"),
    Fault("a feature file that nothing binds", _change(STEPS, 'scenarios("features/door.feature")', ""), VERIFY,
          "not run  door/it-is-green"),
    Fault("a failing scenario", _change(STEPS, 'observe(f"turned by {angle}")', "assert angle < 20"), VERIFY,
          "failed  door/the-handle-turns-by-angle/2"),
    Fault("a skipped scenario", _change(FEATURE, "@SRS-001 @SRS-001/AC2", "@SRS-001 @SRS-001/AC2 @skip"), VERIFY,
          "skipped  door/the-handle-turns-back"),
    Fault("a step that nobody wrote", _change(FEATURE, "When the handle is turned", "When it is turned"), VERIFY,
          "undefined  door/the-handle-turns-by-angle/1"),
    Fault("a skipped scenario in the trace", _change(FEATURE, "@SRS-001 @SRS-001/AC2", "@SRS-001 @SRS-001/AC2 @skip"),
          CHECK, "door/the-handle-turns-back is skipped", again=True),
    Fault("a changed line of the review record", _rewrite_review, CHECK, "the SHA-256 of the line before [log-broken]"),
    Fault("a review that is dated back", _date_review_back, CHECK, "is dated 2001-02-03, and the line above it"),
    Fault("a file that git was told to take for unchanged", _hide_from_git, CHECK, "from files that are not committed"),
    Fault("an edited result that the manifest lists", _edit_and_list, DEEP,
          "observed is turned by 99, made again it is turned by 10"),
    Fault("a requirement in a file that is not read", _rename_item, CHECK, "[item-misplaced]"),
    Fault("a sentence that two steps know", _change(STEPS, '@then("it is shown', _TWICE + '@then("it is shown'), VERIFY,
          "of which one would run unseen"),
    Fault("an assertion that fails in a thread", _change(STEPS, "    import uuid\n", _THREAD), VERIFY, "in a thread"),
    Fault("a step that nothing awaits", _change(STEPS, "def turned", "async def turned"), VERIFY, "async"),
    Fault("a changed document of a package", _change(f"{PACKAGE}/sample.pdf", "Sample", "Simple"), AUDIT,
          "sample.pdf: SHA-256"),
    Fault("changed evidence of a package", _change(f"{PACKAGE}/evidence/verification.json", '"passed"', '"failed"'),
          AUDIT, "evidence/verification.json: SHA-256"),
    Fault("a wrong count in a package", _lower_count, AUDIT, "states 4 scenarios, the evidence holds 5"),
)  # fmt: skip


# --- the package that is audited --------------------------------------------------------------------------------------


def _write_package(root: Path) -> None:
    """A folder in the form of a built package: one document, the sample's evidence, the manifest of both."""
    folder = root / PACKAGE
    (folder / "evidence").mkdir(parents=True)
    shutil.copy(root / RESULTS, folder / "evidence")
    (folder / "sample.pdf").write_text("%PDF-1.7\n% Sample: stands for a document, its bytes alone are looked at\n")
    digests = {name: _sha256(folder / name) for name in ("sample.pdf", "evidence/verification.json")}
    results = json.loads((root / RESULTS).read_bytes())["results"]
    statuses = {"passed": sum(result["status"] == "passed" for result in results)}
    document = {"number": "SAMPLE-1", "title": "Sample", "set": "filed", "file": "sample.pdf", "pages": 1}
    _write_manifest(
        folder,
        {
            "format": 3, "commit": "0" * 40, "state": "draft", "banners": [], "blocking": [], "release": None,
            "counts": {"scenarios": len(results), "passed": statuses["passed"]}, "statuses": statuses,
            "claims": {}, "text": {}, "volume": None, "indications": {"text": "", "documents": []},
            "documents": [document | {"sha256": digests["sample.pdf"]}],
            "sets": {"filed": {"documents": 1, "pages": 1}},
            "evidence": {"evidence/verification.json": digests["evidence/verification.json"]},
        },
    )  # fmt: skip


def _write_manifest(folder: Path, manifest: dict[str, object]) -> None:
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    (folder / "manifest.sha256").write_text(f"{_sha256(folder / 'manifest.json')}  manifest.json\n", encoding="utf-8")


# --- files of an installation -----------------------------------------------------------------------------------------


def _recorded() -> dict[Path, str]:
    """The SHA-256 that the installer recorded of each file of the packages, as it writes it."""
    try:
        files = distribution("clearway").files or []
    except PackageNotFoundError:
        return {}
    inside = (file for file in files if file.parts[0] in PACKAGES and file.hash and file.hash.mode == "sha256")
    return {Path(str(file.locate())): file.hash.value for file in inside if file.hash}


def _find_wrong() -> list[str]:
    return [str(path) for path, expected in _recorded().items() if not path.is_file() or _of(path) != expected]


def _of(path: Path) -> str:
    digest = hashlib.sha256(path.read_bytes()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
