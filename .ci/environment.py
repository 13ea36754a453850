"""Make a folder an environment that holds what a lock file says, and nothing else.

    python3 .ci/environment.py LOCK FOLDER

pip installs each lock once for a user and a Python, hashes required, into a cache: `environments/` of the folder that
CLEARWAY_CACHE names, else of `clearway/` in the user's cache. FOLDER is then a copy of links to those files, so that a
second checkout, or the first again, waits for nothing. What is installed into FOLDER later stays there. An installation
that was interrupted, or a cached file that is not as it was installed, is made again. Deleting the cache does no harm.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

KEPT = 6
"""Environments in the cache; those unused for longest go first."""

SECONDS = 10
"""Between two lines of progress."""

MARK = "installed-from"
"""What an environment says it was made from; the last file that is written."""


def find_cache() -> Path:
    """The folder of environments that all checkouts of a user share."""
    named = os.environ.get("CLEARWAY_CACHE")
    mine = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return (Path(named) if named else mine / "clearway") / "environments"


def digest_of(lock: Path) -> str:
    """What tells an environment from others: the lock, the Python, and how it is made here."""
    parts = [lock.read_bytes(), sys.version.encode(), sys.base_prefix.encode(), Path(__file__).read_bytes()]
    return hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()


def say(text: str) -> None:
    """Print a line for whoever waits."""
    print(f"environment: {text}", file=sys.stderr, flush=True)


def make(lock: Path, folder: Path) -> None:
    """Make `folder` the environment of a lock, unless it is already."""
    digest = digest_of(lock)
    if _marked(folder) == digest:
        return
    started, cached = time.monotonic(), find_cache() / digest[:16]
    cached.parent.mkdir(parents=True, exist_ok=True)
    with _alone(cached):
        fault = _fault(cached, digest)
        if fault:
            say(f"installing {lock.name}, once for all checkouts: {fault}")
            _install(lock, cached)
            _mark(cached, digest)
        else:
            say(f"{lock.name} is installed in {cached}")
        os.utime(cached / MARK)
        _link(cached, folder, digest)
    _prune(cached.parent)
    say(f"{folder} is ready, {time.monotonic() - started:.0f} s")


# --- the cache --------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _alone(cached: Path) -> Iterator[None]:
    """Let one process at a time make or read a cached environment."""
    with cached.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _marked(folder: Path) -> str:
    try:
        return str(json.loads((folder / MARK).read_text())["digest"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _listed(folder: Path) -> dict[str, list[int]]:
    """Size and time of change of every file that pip has put there; Python's own caches come and go."""
    files = (path for path in _files(folder) if path.suffix != ".pyc" and path.name != MARK)
    stats = {str(path.relative_to(folder)): path.lstat() for path in files}
    return {name: [stat.st_size, stat.st_mtime_ns] for name, stat in stats.items()}


def _files(folder: Path) -> Iterator[Path]:
    for parent, _, names in os.walk(folder):
        yield from (Path(parent, name) for name in names)


def _mark(cached: Path, digest: str) -> None:
    (cached / MARK).write_text(json.dumps({"digest": digest, "files": _listed(cached)}))


def _fault(cached: Path, digest: str) -> str:
    """Why a cached environment cannot be used; empty if it can."""
    if not cached.is_dir():
        return "it is not in the cache"
    if _marked(cached) != digest:
        return "an earlier installation was interrupted"
    told, found = json.loads((cached / MARK).read_text()).get("files"), _listed(cached)
    if not isinstance(told, dict):
        return "its list of files is damaged"
    changed = sorted(name for name in told.keys() | found.keys() if told.get(name) != found.get(name))
    return f"{changed[0]} is not as it was installed" if changed else ""


def _prune(cache: Path) -> None:
    """Remove the environments that were used longest ago, but none that another process uses."""
    marks = sorted(cache.glob(f"*/{MARK}"), key=lambda path: path.stat().st_mtime, reverse=True)
    for mark in marks[KEPT:]:
        with mark.parent.with_suffix(".lock").open("w") as lock, contextlib.suppress(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(mark.parent, ignore_errors=True)


# --- installing -------------------------------------------------------------------------------------------------------


def _install(lock: Path, cached: Path) -> None:
    """Let pip install a lock; say now and then how far it is, and of a failure what pip said last."""
    shutil.rmtree(cached, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", str(cached)], check=True)
    pip = [str(cached / "bin/python"), "-m", "pip", "install", "--disable-pip-version-check", "--progress-bar", "off"]
    command = [*pip, "--require-hashes", "-r", str(lock)]
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            _watch(process, lock, log.fileno(), cached)
        finally:
            process.terminate()
            process.wait()
        if process.returncode:
            log.seek(0)
            say(f"pip has failed; its last lines:\n{''.join(log.readlines()[-20:])}")
            sys.exit(1)


def _watch(process: subprocess.Popen[bytes], lock: Path, log: int, cached: Path) -> None:
    """Say every few seconds how many packages of a lock are fetched and installed, until pip has ended."""
    started = time.monotonic()
    total = sum("==" in line for line in lock.read_text().splitlines())
    while process.poll() is None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(SECONDS)
        if process.returncode is None:
            fetched = os.pread(log, 1 << 24, 0).count(b"\nCollecting ")
            installed = len(list(cached.glob("lib/python*/site-packages/*.dist-info")))
            seconds = time.monotonic() - started
            say(f"{lock.name}: {fetched} of {total} packages found, {installed} installed, {seconds:.0f} s")


# --- linking ----------------------------------------------------------------------------------------------------------


def _link(cached: Path, folder: Path, digest: str) -> None:
    """Put links to the cached files where `folder` is, or copies where the cache is on another disk."""
    fresh = Path(f"{folder.absolute()}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    shutil.copytree(cached, fresh, symlinks=True, copy_function=_link_or_copy, ignore=shutil.ignore_patterns(MARK))
    for path in (fresh / "pyvenv.cfg", *(fresh / "bin").iterdir()):
        _rename(path, str(cached).encode(), str(folder.absolute()).encode())
    (fresh / MARK).write_text(json.dumps({"digest": digest}))
    shutil.rmtree(folder, ignore_errors=True)
    fresh.rename(folder)


def _link_or_copy(source: str, target: str) -> None:
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:
        shutil.copy2(source, target, follow_symlinks=False)


def _rename(path: Path, old: bytes, new: bytes) -> None:
    """Let a program name the folder that it is in; the cached file stays as it is."""
    if path.is_symlink() or not path.is_file():
        return
    content = path.read_bytes()
    if old in content and b"\0" not in content:
        mode = path.stat().st_mode
        path.unlink()
        path.write_bytes(content.replace(old, new))
        path.chmod(mode)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: python3 .ci/environment.py LOCK FOLDER")
    make(Path(sys.argv[1]), Path(sys.argv[2]))
