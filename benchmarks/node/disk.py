"""A power cut, at random instants: the disk as it may then be is made from the node's calls, and a node starts on it.

    python benchmarks/node/disk.py [--studies 20] [--cuts 100] [--seed 1]        (needs strace)

A node runs under strace while images come and results go. From the record each instant's disk is made again: what was
flushed is there; of what was not, as little as may be, or all, or what chance leaves, each write and each change of a
folder for itself. Then a node is started on it. Every study that was acknowledged by that instant must have one result
in the archive, which holds what had arrived there by then; no study two; and the chain of the record must be whole.
"""

from __future__ import annotations

import argparse
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[2]))

from pydicom.uid import generate_uid

from tests.device.node.bench import CLEARWAY, Node, Pacs, is_open, make_image, send, wait_for

CALLS = "openat,write,pwrite64,ftruncate,fsync,fdatasync,rename,renameat,renameat2,link,linkat,unlink,unlinkat,mkdir"
WHOLE = re.compile(r"^(\d+) +([\d.]+) (\w+)\((.*)\) += (-?\d+)")
BEGUN = re.compile(r"^(\d+) +[\d.]+ (\w+)\((.*) <unfinished \.\.\.>$")
ENDED = re.compile(r"^(\d+) +([\d.]+) <\.\.\. (\w+) resumed>(.*)\) += (-?\d+)")
TEXT = re.compile(r'[<"]((?:\\x[0-9a-f]{2})*)[>"]')


class Call(NamedTuple):
    """One call that was carried out: when it ended, what it was asked, and what it said."""

    when: float
    name: str
    asked: str
    said: int

    @property
    def texts(self) -> list[bytes]:
        """The paths and contents that stand in it."""
        return [bytes.fromhex(each.replace("\\x", "")) for each in TEXT.findall(self.asked)]


def read_calls(record: Path) -> Iterator[Call]:
    """The calls of a record, in the order in which they ended."""
    begun: dict[str, str] = {}
    with record.open(encoding="ascii") as lines:
        for line in lines:
            if found := WHOLE.match(line):
                yield Call(float(found[2]), found[3], found[4], int(found[5]))
            elif found := BEGUN.match(line):
                begun[found[1]] = found[3]
            elif found := ENDED.match(line):
                yield Call(float(found[2]), found[3], begun.pop(found[1]) + found[4], int(found[5]))


@dataclass
class File:
    """What a file holds, and what of it a power cut may take: each change since it was flushed."""

    flushed: bytes = b""
    since: list[tuple[int, bytes | None]] = field(default_factory=list)

    def hold(self, kept: list[tuple[int, bytes | None]]) -> bytes:
        """Its content with these changes: bytes at an offset, or an end there."""
        content = bytearray(self.flushed)
        for offset, written in kept:
            content.extend(bytes(max(0, offset - len(content))))
            if written is None:
                del content[offset:]
            else:
                content[offset : offset + len(written)] = written
        return bytes(content)

    def flush(self) -> None:
        """All of it is on disk."""
        self.flushed, self.since = self.hold(self.since), []


class Change(NamedTuple):
    """A change of names: those that are there from now on, and those that are not; all of it at once, or none."""

    there: dict[str, File]
    gone: tuple[str, ...]

    @property
    def names(self) -> set[str]:
        """The names that it changes."""
        return {*self.there, *self.gone}

    @property
    def folders(self) -> set[str]:
        """The folders in which it changes something."""
        return {name.rpartition("/")[0] for name in self.names}


class Disk:
    """The names and files below a folder, and what of their changes was flushed."""

    def __init__(self, folder: Path) -> None:
        self.folder = str(folder)
        self.names: dict[str, File] = {}
        self._flushed: dict[str, File] = {}
        self._since: list[Change] = []

    def apply(self, call: Call) -> None:
        """Do what a call did."""
        if call.said < 0 or not (texts := [text.decode("latin-1") for text in call.texts]):
            return
        named = [text.removesuffix(" (deleted)") for text in texts if (text + "/").startswith(self.folder + "/")]
        if not named or named[0].endswith("-shm"):  # which is memory, and made anew
            return
        if call.name in ("fsync", "fdatasync"):
            self._flush(named[0])
        elif call.name == "openat":
            self._open(named[0], call.asked)
        elif call.name.startswith("rename"):
            self._change({named[1]: self.names[named[0]]}, (named[0],))
        elif call.name.startswith("link"):
            self._change({named[1]: self.names[named[0]]}, ())
        elif call.name.startswith("unlink"):
            self._change({}, (named[0],))
        elif call.name == "mkdir":
            self._change({named[0]: File(flushed=b"folder")}, ())
        elif file := self.names.get(named[0]):
            self._write(file, call)

    def _open(self, name: str, asked: str) -> None:
        if "O_CREAT" in asked and name not in self.names:
            self._change({name: File()}, ())
        elif "O_TRUNC" in asked:
            self.names[name].since.append((0, None))

    def _flush(self, name: str) -> None:
        if name in self.names:
            self.names[name].flush()
        flushed: list[Change] = []
        for change in reversed(self._since):  # what a name was before it was changed cannot come back
            if name in change.folders or any(change.names & later.names for later in flushed):
                flushed.append(change)
        for change in reversed(flushed):
            _apply(change, self._flushed)
        self._since = [each for each in self._since if each not in flushed]

    def _write(self, file: File, call: Call) -> None:
        if call.name == "ftruncate":
            file.since.append((int(call.asked.rpartition(", ")[2]), None))
            return
        written = call.texts[1][: call.said]
        end = len(file.hold(file.since))  # nothing of the node's goes back in a file, but to a place that it names
        file.since.append((int(call.asked.rpartition(", ")[2]) if call.name == "pwrite64" else end, written))

    def _change(self, there: dict[str, File], gone: tuple[str, ...]) -> None:
        change = Change(there, gone)
        _apply(change, self.names)
        self._since.append(change)

    def cut(self, chance: random.Random, left: float) -> dict[str, bytes]:
        """What is there after a power cut that leaves each change that was not flushed with this probability."""
        names = dict(self._flushed)
        for change in self._since:
            if chance.random() < left:
                _apply(change, names)
        folders = {name for name, file in names.items() if file.flushed == b"folder"}
        reached = [name for name in names if all(part in folders for part in _above(name, self.folder))]
        contents = {}
        for name in reached:
            file = names[name]
            contents[name] = file.hold([each for each in file.since if chance.random() < left])
        return contents


def _apply(change: Change, names: dict[str, File]) -> None:
    for name in change.gone:
        names.pop(name, None)
    names.update(change.there)


def _above(name: str, folder: str) -> Iterator[str]:
    while (name := name.rpartition("/")[0]) != folder:
        yield name


class Record(NamedTuple):
    """What a node was seen to do: its calls, when each study was acknowledged, and what the archive has of it."""

    calls: list[Call]
    acknowledged: dict[str, float]
    pacs: Pacs


def record(folder: Path, studies: int, chance: random.Random) -> Record:
    """Run a node under strace while studies of one or two images come."""
    pacs = Pacs()
    pacs.start()
    node, trace = Node(folder / "watched", pacs), folder / "trace.txt"
    options = ["-f", "-y", "-ttt", "-xx", "-s", "100000000", "-qq", "-e", f"trace={CALLS}", "-o", trace]
    with node.log.open("wb") as log:
        command = ["strace", *options, CLEARWAY, "serve", node.configuration]
        node.process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
    wait_for(lambda: is_open(node.port) and is_open(node.page), 60)
    acknowledged = {}
    for _ in range(studies):
        study = generate_uid()
        statuses = send(node.port, *(make_image(folder, study) for _ in range(chance.choice((1, 1, 2)))))
        if set(statuses) != {0}:
            raise SystemExit(f"not acknowledged: {statuses}")
        acknowledged[study] = time.time()
        time.sleep(chance.uniform(0, 0.5))
    wait_for(lambda: all(pacs.find_reports(study) for study in acknowledged), 300)
    node.kill()
    pacs.stop()
    return Record(list(read_calls(trace)), acknowledged, pacs)


def check_model(disk: Disk, folder: Path) -> None:
    """The disk that was made from the calls must be, when nothing is lost, the disk that is there."""
    made = {name: content for name, content in disk.cut(random.Random(0), 1.0).items() if content != b"folder"}
    there = {str(path): path.read_bytes() for path in (folder / "held").rglob("*") if path.is_file()}
    there = {name: content for name, content in there.items() if not name.endswith("-shm")}
    if differ := sorted(name for name in made | there if made.get(name) != there.get(name)):
        raise SystemExit("the calls do not give the disk that is there: " + ", ".join(differ))


def start_on(contents: dict[str, bytes], seen: Record, when: float, folder: Path, watched: Path) -> Counter[str]:
    """Start a node on what a power cut at an instant left, and count."""
    (folder / "held").mkdir(parents=True)
    for name, content in sorted(contents.items()):
        path = folder / Path(name).relative_to(watched)
        path.mkdir(exist_ok=True) if content == b"folder" else path.write_bytes(content)
    pacs = Pacs()
    pacs.kept = {uid: one for uid, one in seen.pacs.kept.items() if seen.pacs.arrived[uid] <= when}
    pacs.start()
    node = Node(folder, pacs)
    node.start()
    owed = [study for study, then in seen.acknowledged.items() if then <= when]
    counts = Counter(acknowledged=len(owed), cuts=1)
    try:
        wait_for(lambda: all(pacs.find_reports(study) for study in owed), 20)
    except AssertionError:
        counts["lost"] = sum(not pacs.find_reports(study) for study in owed)
    time.sleep(1)  # for what should not come
    counts["doubled"] = sum(len(pacs.find_latest(study)) > 1 for study in owed)
    told = subprocess.run([CLEARWAY, "serve", "--log", node.configuration], capture_output=True, check=False)
    counts["record broken"] = int(told.returncode != 0)
    node.stop()
    pacs.stop()
    return counts


def main() -> None:
    """Cut, start, count."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--studies", type=int, default=20)
    parser.add_argument("--cuts", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    ways = {"as little as may be": lambda: 0.0, "all": lambda: 1.0, "what chance leaves": chance.random}
    counts: dict[str, Counter[str]] = {way: Counter() for way in ways}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        watched = folder / "watched"
        watched.mkdir()
        seen = record(folder, options.studies, chance)
        first = next(iter(seen.acknowledged.values()))
        instants = sorted(chance.uniform(first, seen.calls[-1].when) for _ in range(options.cuts))
        disk, number = Disk(watched), 0
        for call in [*seen.calls, None]:
            while number < len(instants) and (call is None or call.when > instants[number]):
                way = list(ways)[number % len(ways)]
                left, at = disk.cut(chance, ways[way]()), folder / "cut"
                counts[way] += start_on(left, seen, instants[number], at, watched)
                shutil.rmtree(at)
                number += 1
                print(f"\r{number} of {options.cuts}", end="", file=sys.stderr, flush=True)
            if call:
                disk.apply(call)
        check_model(disk, watched)
    print(file=sys.stderr)
    for way, found in counts.items():
        print(
            f"{way:<22}",
            *(f"{found[each]} {each}" for each in ("cuts", "acknowledged", "lost", "doubled", "record broken")),
            sep="  ",
        )


if __name__ == "__main__":
    main()
