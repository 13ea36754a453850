"""Is the installation sound? Checks that need nothing but the standard library until a check needs what it checks."""

from __future__ import annotations

import importlib
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from verification.sources.locks import LOCKS, distribution_name, read_lock

OLDEST_PYTHON = (3, 11)
FONTS = Path(__file__).parents[2] / "submission" / "fonts"


@dataclass(frozen=True, slots=True)
class Check:
    """What one check found. `passed` is None where it does not apply to this installation."""

    name: str
    passed: bool | None
    found: str
    hint: str = ""


def examine(root: Path | None) -> Iterator[Check]:
    """Yield the result of every check.

    Args:
        root: the checkout, or None where there is none: what needs one is then not checked.
    """
    yield check_python()
    yield from find_extras()
    yield from find_locked(root)
    yield from _guarded("releases", find_shipped)
    yield check_text_setting()
    yield check_fonts()
    yield check_git(root)
    yield from _guarded("location", lambda: iter([check_location(root)]))


def check_python() -> Check:
    """The interpreter is one that the project runs on."""
    found = ".".join(str(part) for part in sys.version_info[:3])
    expected = ".".join(str(part) for part in OLDEST_PYTHON)
    return Check("Python", sys.version_info >= OLDEST_PYTHON, found, f"install Python {expected} or later")


def find_extras() -> Iterator[Check]:
    """Yield for each set of dependencies whether all of it is installed; an extra may be wholly absent."""
    if _version("clearway") is None:
        yield Check("distribution", False, "clearway is not installed", "install it: pip install --no-deps -e .")
        return
    for extra in LOCKS:
        wanted = _direct(extra)
        missing = [name for name in wanted if _version(name) is None]
        if not missing:
            yield Check(extra, True, f"{len(wanted)} distributions")
        elif len(missing) == len(wanted) and extra != "runtime":
            yield Check(extra, None, "not installed")
        else:
            hint = f"install {extra}.lock again"
            yield Check(extra, False, f"{', '.join(missing)} missing", hint)


def find_locked(root: Path | None) -> Iterator[Check]:
    """Yield for each lock whether what is installed has the locked versions."""
    for extra in LOCKS:
        lock = [] if root is None else list(read_lock(root / f"{extra}.lock"))
        name = f"{extra}.lock"
        if not lock or not any(_version(direct) for direct in _direct(extra)):
            yield Check(name, None, "no lock file here" if not lock else f"{extra} is not installed")
            continue
        installed = {each.name: _version(each.name) for each in lock}
        wrong = [
            f"{each.name} {installed[each.name]}, expected {each.version}"
            for each in lock
            if installed[each.name] not in (each.version, None)
        ]
        absent = [each for each in lock if installed[each.name] is None]
        named = [f"{each.name} is {'for other systems' if each.conditional else 'missing'}" for each in absent[:4]]
        named += [f"{len(absent) - 4} more are not here"] if len(absent) > 4 else []
        counted = f"{len(lock) - len(absent)} of {len(lock)} installed, all as locked"
        found = "; ".join(wrong or [counted, *named])
        yield Check(name, not wrong, found, f"pip install --require-hashes -r {name}" if wrong else "")


def find_shipped() -> Iterator[Check]:
    """Yield for each release that the device ships whether it is byte for byte what was locked."""
    from verification.product.api import DeviceError, find_releases, read_release

    for name in find_releases():
        try:
            release = read_release(name)
        except DeviceError as error:
            yield Check(f"release {name}", False, str(error), "restore its folder")
        else:
            built = "" if release.weights else ", weights not built"
            yield Check(f"release {name}", True, f"{release.version}, digest {release.digest[:12]}{built}")


def check_text_setting() -> Check:
    """Pango, which sets the documents, loads; only where the suite is installed."""
    if _version("weasyprint") is None:
        return Check("Pango", None, "the suite is not installed")
    try:
        pango = importlib.import_module("weasyprint.text.ffi").pango
    except (OSError, ImportError, AttributeError) as error:
        hint = "install the system's Pango (Debian: libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0)"
        return Check("Pango", False, f"cannot be loaded: {str(error).splitlines()[0]}", hint)
    number = pango.pango_version()
    return Check("Pango", True, f"{number // 10000}.{number // 100 % 100}.{number % 100}")


def check_fonts() -> Check:
    """The documents' own typefaces are there, so that pages are the same everywhere."""
    found = [path for path in FONTS.glob("*") if path.suffix in (".woff2", ".ttf", ".otf")]
    return Check("fonts", bool(found), f"{len(found)} in submission/fonts", "install the project again")


def check_git(root: Path | None) -> Check:
    """Git is there and can describe the checkout."""
    program = shutil.which("git")
    if root is None:
        return Check("git", None, "no checkout here")
    if program is None:
        return Check("git", False, "no git program", "install git")
    command = [program, "-C", str(root), "log", "-1", "--format=%h"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    found = f"at commit {run.stdout.strip()}" if run.returncode == 0 else run.stderr.strip()
    return Check("git", run.returncode == 0, found, "work in a git clone with at least one commit")


def check_location(root: Path | None) -> Check:
    """The installed packages are those of this checkout, so that what runs is what is read; of another product's, not.

    Raises:
        ProjectError: pyproject.toml says something else of the product than a product has.
    """
    from verification.evidence import Product, Project

    here = Path(__file__).resolve().parents[2]
    if root is None:
        return Check("location", None, f"{here}, not a checkout")
    package = Project(root).product.package
    if package != Product().package:
        return Check("location", None, f"{here}; the checkout is of {package}, which is verified by what is installed")
    hint = "install this checkout: pip install --no-deps --no-build-isolation -e ."
    return Check("location", here == root.resolve(), f"the packages are in {here}", hint)


def _guarded(name: str, checks: Callable[[], Iterator[Check]]) -> Iterator[Check]:
    """A check that itself breaks is a failed check, not the end of the others."""
    try:
        yield from checks()
    except Exception as error:
        yield Check(name, False, f"{type(error).__name__}: {error}", "install the project and its lock again")


def _direct(extra: str) -> list[str]:
    """The distributions that an extra (`runtime`: none) names itself."""
    try:
        found = (requirement.partition("extra ==") for requirement in requires("clearway") or [])
    except PackageNotFoundError:
        return []
    return [distribution_name(name) for name, _, marker in found if (marker.strip(" '\"") or "runtime") == extra]


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
