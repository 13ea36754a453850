"""Kills a node at random instants under load, and counts what was acknowledged, answered, doubled and lost.

    python benchmarks/node/faults.py [--kills 200] [--seed 1] [--clock]

Studies of one or two images are sent without a pause, by two modalities, while the whole node is sent SIGKILL so often,
started and killed again; between, one of its processes alone; or the archive goes away, the disk takes nothing from any
of the processes, or a transfer is cut half-way; or, with --clock, the node's clock jumps by up to two days (needs cc).
At the end every study of which an image was acknowledged must have one result in the archive, and no study two.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from pydicom.uid import generate_uid

from tests.device.node.bench import (
    CLEARWAY,
    Node,
    Pacs,
    Relay,
    fill,
    find_processes,
    is_open,
    make_image,
    run_beside,
    send,
    wait_for,
)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--kills", type=int, default=200, help="so often the whole node is killed")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--clock", action="store_true", help="the node's clock jumps, too")
    options = parser.parse_args()
    chance = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pacs, acknowledged, stop, counts = Pacs(), {}, [], Counter()
        pacs.start()
        node = Node(folder, pacs)
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
        kinds = {"node": 6, "process": 1, "archive": 1, "disk": 1, "network": 1, "clock": int(bool(options.clock))}
        while counts["node taken away"] < options.kills:
            time.sleep(chance.uniform(0.05, 2.0))
            kind = chance.choices(list(kinds), list(kinds.values()))[0]
            counts[f"{kind} taken away"] += 1
            take_away(kind, node, pacs, chance)
            print(f"\r{counts['node taken away']} of {options.kills}", end="", file=sys.stderr, flush=True)
        stop.append(True)
        for thread in threads:
            thread.join()
        if node.process is None or not is_open(node.port):
            node.start()
        wait_for(lambda: all(pacs.find_reports(study) for study in acknowledged), 300)
        time.sleep(3)
        report(counts, acknowledged, pacs)
        told = subprocess.run([CLEARWAY, "serve", "--log", node.configuration], capture_output=True, check=False)
        print(f"{'record':<28} {'whole' if told.returncode == 0 else 'BROKEN'}")
        node.stop()
        pacs.stop()


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


def take_away(kind: str, node: Node, pacs: Pacs, chance: random.Random) -> None:
    """One fault."""
    if kind == "node":
        node.kill()
        node.start()
    elif kind == "process":
        children = Path(f"/proc/{node.process.pid}/task/{node.process.pid}/children").read_text().split()
        os.kill(int(chance.choice(children)), signal.SIGKILL)
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
