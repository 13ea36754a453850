"""Kills a node at random instants under load, and counts what was acknowledged, answered, doubled and lost.

    python benchmarks/node/faults.py [--kills 200] [--seed 1] [--clock] [--outlets]

Studies of one or two images are sent without a pause, by two modalities, while the whole node is sent SIGKILL so often,
started and killed again; between, one of its processes alone; or the archive goes away, the disk takes nothing from any
of the processes, or a transfer is cut half-way; or, with --clock, the node's clock jumps by up to two days (needs cc).
At the end every study of which an image was acknowledged must have one result in the archive, and no study two.

With --outlets the results also go out as messages and the record as audit messages; the processes that send them are
killed, too, and who takes them goes away. At the end the newest message of every study, and every line of the record
that an audit message tells of, must have been taken at least once.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from pydicom.uid import generate_uid

from device.node.audit import KINDS
from tests.device.node.bench import (
    CLEARWAY,
    Node,
    Pacs,
    Relay,
    fill,
    find_port,
    find_processes,
    is_open,
    make_image,
    run_beside,
    send,
    wait_for,
)
from verification.steps.certificates import Party
from verification.steps.receivers import Collector, MessageReceiver, read_field


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--kills", type=int, default=200, help="so often the whole node is killed")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--clock", action="store_true", help="the node's clock jumps, too")
    parser.add_argument("--outlets", action="store_true", help="messages and audit messages go out, too")
    options = parser.parse_args()
    chance = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pacs, acknowledged, stop, counts = Pacs(), {}, [], Counter()
        pacs.start()
        outlets = Outlets(folder) if options.outlets else None
        node = Node(folder, pacs, **(outlets.stated if outlets else {}))
        if options.clock:
            node.environment = make_clock(folder)
        node.start()

        def load() -> None:
            while not stop:
                study, count = generate_uid(), chance.choice((1, 1, 2))
                images = [make_image(folder, study) for _ in range(count)]
                statuses = send(node.port, *images) if is_open(node.port) else [None] * count
                counts["sent"] += count
                counts["acknowledged"] += statuses.count(0)
                if any(status == 0 for status in statuses):
                    acknowledged[study] = statuses.count(0)
                for image in images:
                    image.unlink()
                if None in statuses:
                    time.sleep(0.05)

        threads = [run_beside(load), run_beside(load)]
        inject(options, node, pacs, chance, outlets, counts)
        stop.append(True)
        for thread in threads:
            thread.join()
        if node.process is None or not is_open(node.port):
            node.start()
        wait_for(lambda: all(pacs.find_reports(study) for study in acknowledged), 300)
        time.sleep(3)
        report(counts, acknowledged, pacs)
        if outlets:
            outlets.report(node, acknowledged)
        told = subprocess.run([CLEARWAY, "serve", "--log", node.configuration], capture_output=True, check=False)
        print(f"{'record':<28} {'whole' if told.returncode == 0 else 'BROKEN'}")
        node.stop()
        pacs.stop()


def inject(
    options: argparse.Namespace, node: Node, pacs: Pacs, chance: random.Random, outlets: Outlets | None, counts: Counter
) -> None:
    """One fault after the other, until the whole node was killed so often."""
    kinds = {"node": 6, "process": 1, "archive": 1, "disk": 1, "network": 1, "clock": int(bool(options.clock))}
    kinds |= {"outlet": 6, "receiver": 3, "collector": 3} if outlets else {}
    while counts["node taken away"] < options.kills:
        time.sleep(chance.uniform(0.05, 2.0))
        kind = chance.choices(list(kinds), list(kinds.values()))[0]
        counts[f"{kind} taken away"] += 1
        take_away(kind, node, pacs, chance, outlets)
        print(f"\r{counts['node taken away']} of {options.kills}", end="", file=sys.stderr, flush=True)


def make_clock(folder: Path) -> dict[str, str]:
    """A clock that can be set, for processes whose environment holds this."""
    library = folder / "clock.so"
    command = ["cc", "-shared", "-fPIC", "-O2", "-o", library, Path(__file__).with_name("clock.c"), "-ldl"]
    subprocess.run(command, check=True)
    set_clock(folder, 0)
    return {"LD_PRELOAD": str(library), "CLOCK_FILE": str(folder / "clock")}


def set_clock(folder: Path, seconds: float) -> None:
    """From now on the time of day is off by so much."""
    beside = folder / "clock.new"
    beside.write_text(f"{seconds:.0f}", "ascii")
    beside.replace(folder / "clock")


class TolerantCollector(Collector):
    """A collector to which a sender may be killed in the middle of a frame."""

    def hear(self, connection: socket.socket) -> None:
        with suppress(AssertionError):
            super().hear(connection)


class Outlets:
    """Who takes messages and who collects audit messages."""

    def __init__(self, folder: Path) -> None:
        party = Party(folder / "certificates")
        self.ends = {"receiver": MessageReceiver(find_port()), "collector": TolerantCollector(find_port())}
        self.ends["collector"].tls = party.make_server_context()
        hl7 = {"host": "127.0.0.1", "port": self.ends["receiver"].port}
        audit = {**party.stated, "host": "127.0.0.1", "port": self.ends["collector"].port}
        self.stated = {"hl7": hl7, "audit": audit}
        self.listening = {name: ExitStack() for name in self.ends}
        for name in self.ends:
            self.start(name)

    def start(self, name: str) -> None:
        self.listening[name].enter_context(self.ends[name].listening())

    def stop(self, name: str) -> None:
        self.listening[name].close()

    def report(self, node: Node, acknowledged: dict[str, int]) -> None:
        """Wait until all is told, and count what was taken, against what the node's database says that there was."""
        where = f"file:{node.folder / 'held' / 'node.db'}?mode=ro"
        with closing(sqlite3.connect(where, uri=True)) as database:

            def ask(statement: str) -> list[Any]:
                return database.execute(statement).fetchall()

            wait_for(lambda: ask("SELECT COUNT(*) FROM message WHERE settled IS NULL") == [(0,)], 300)
            told = "SELECT (SELECT MAX(number) FROM event) - (SELECT position FROM trail)"
            wait_for(lambda: ask(told) == [(0,)], 300)
            newest = dict(ask("SELECT study_uid, control_id FROM message ORDER BY number"))
            lines = {number for number, what in ask("SELECT number, what FROM event") if what in KINDS}
            ended = Counter(part for (part,) in ask("SELECT told ->> '$.part' FROM event WHERE what = 'process ended'"))
        messages = Counter(read_field(each, "MSH", 10) for each in self.ends["receiver"].heard)
        kept = self.ends["receiver"].kept
        audit = Counter(int(re.search(rb'sequenceId="(\d+)"', each)[1]) for each in self.ends["collector"].heard)
        for part, number in sorted(ended.items()):
            print(f"{part + ' ended':<28} {number}")
        print(f"{'messages taken':<28} {len(kept)}")
        print(f"{'messages sent more than once':<28} {sum(number > 1 for number in messages.values())}")
        lost = [study for study in acknowledged if newest.get(study) not in kept]
        print(f"{'studies without a message':<28} {len(lost)}")
        print(f"{'lines to be told':<28} {len(lines)}")
        print(f"{'lines not told':<28} {len(lines - audit.keys())}")
        print(f"{'lines told more than once':<28} {sum(number > 1 for number in audit.values())}")
        for name in self.ends:
            self.stop(name)


def find_outlets(node: Node) -> list[int]:
    """The processes of the node that send messages and audit messages."""
    return [pid for pid in find_processes(node)[1:] if Path(f"/proc/{pid}/comm").read_text().startswith("outlet")]


def take_away(kind: str, node: Node, pacs: Pacs, chance: random.Random, outlets: Outlets | None) -> None:
    """One fault."""
    if kind == "node":
        node.kill()
        node.start()
    elif kind == "process":
        children = Path(f"/proc/{node.process.pid}/task/{node.process.pid}/children").read_text().split()
        os.kill(int(chance.choice(children)), signal.SIGKILL)
    elif kind == "outlet":
        for pid in find_outlets(node):
            os.kill(pid, signal.SIGKILL)
    elif outlets and kind in outlets.ends:
        outlets.stop(kind)
        time.sleep(chance.uniform(0.2, 1.5))
        outlets.start(kind)
        outlets.ends["receiver"].codes += ["AE", "AR"]
    elif kind == "disk":
        give_room = fill(find_processes(node))
        time.sleep(chance.uniform(0.2, 1.5))
        give_room()
    elif kind == "clock":
        set_clock(node.folder, chance.uniform(-1, 1) * 2 * 86400)
    elif kind == "network":
        image = make_image(node.folder)
        send(Relay(node.port, most=chance.randrange(1_000, image.stat().st_size)).port, image)
        image.unlink()
    else:
        pacs.stop()
        time.sleep(chance.uniform(0.2, 1.5))
        pacs.start()


def report(counts: Counter, acknowledged: dict[str, int], pacs: Pacs) -> None:
    print(file=sys.stderr)
    for name, number in sorted(counts.items()):
        print(f"{name:<28} {number}")
    lost = [study for study in acknowledged if not pacs.find_reports(study)]
    print(f"{'studies acknowledged':<28} {len(acknowledged)}")
    print(f"{'studies answered':<28} {len(acknowledged) - len(lost)}")
    print(f"{'studies lost':<28} {len(lost)}")
    print(f"{'studies with two answers':<28} {sum(len(pacs.find_latest(study)) > 1 for study in acknowledged)}")
    print(f"{'results sent more than once':<28} {sum(number > 1 for number in pacs.sent.values())}, the same instance")


if __name__ == "__main__":
    main()
