"""What a power cut would leave: of each acknowledged object, what was flushed to disk before the answer was sent.

    python benchmarks/node/power.py [--studies 40]        (needs strace)

A node runs under strace while images come one after the other. For each, the calls between the first write of its file
and the next send on a socket must be, in this order: the file is flushed, renamed, its folder is flushed; the line of
the database is written ahead and flushed. What is not flushed then, a power cut may take; nothing of the object is.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.device.node.bench import CLEARWAY, Node, Pacs, is_open, make_image, send, wait_for

CALLS = "openat,openat2,write,pwrite64,fsync,fdatasync,rename,renameat,renameat2,sendto,sendmsg,close"
LINE = re.compile(r"^(\d+) +(\w+)\((.*)$")
STEPS = (
    ("the object's file is flushed", r"fsync\(\d+<[^>]*/incoming/[0-9a-f]{32}\.dcm>"),
    ("it is renamed", r'rename\w*\(.*/objects/[0-9a-f]{64}\.dcm"'),
    ("its folder is flushed", r"fsync\(\d+<[^>]*/objects>"),
    ("the line is written ahead", r"pwrite64\(\d+<[^>]*/node\.db-wal>"),
    ("the line is flushed", r"f(data)?sync\(\d+<[^>]*/node\.db-wal>"),
)
"""What must have happened, in this order, before an answer is sent."""


def record(folder: Path, studies: int) -> list[str]:
    """The calls of a node's processes while images come, a line each, in the order in which they ended."""
    pacs = Pacs()
    pacs.start()
    node, trace = Node(folder, pacs), folder / "trace.txt"
    command = ["strace", "-f", "-y", "-qq", "-e", f"trace={CALLS}", "-o", trace, CLEARWAY, "serve", node.configuration]
    with node.log.open("wb") as log:
        node.process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
    wait_for(lambda: is_open(node.port) and is_open(node.page), 60)
    answered = [send(node.port, make_image(folder)) for _ in range(studies)]
    if answered != [[0]] * studies:
        raise SystemExit(f"not every image was acknowledged: {answered}")
    wait_for(lambda: len(pacs.reports) == studies, 300)
    node.kill()
    pacs.stop()
    return trace.read_text("utf-8", errors="replace").splitlines()


def find_answers(lines: list[str]) -> list[list[str]]:
    """For each object, the calls from its file to its answer: data on a socket that accepted an association (PS3.8)."""
    found: list[list[str]] = []
    begun, taken = None, set()
    for number, line in enumerate(lines):
        if re.search(r"openat\(.*/incoming/[0-9a-f]{32}\.dcm.*O_EXCL", line):
            begun = number
        elif sent := re.search(r"sendto\(\d+<(\w+:\[\d+\])>, \"\\(\d)", line):
            if sent[2] == "2":  # A-ASSOCIATE-AC
                taken.add(sent[1])
            elif sent[2] == "4" and sent[1] in taken and begun is not None:  # P-DATA-TF
                found.append(lines[begun:number])
                begun = None
    return found


def is_flushed(calls: list[str]) -> bool:
    """Whether every step is there, each behind the one before."""
    at = 0
    for _, pattern in STEPS:
        matches = [number for number in range(at, len(calls)) if re.search(pattern, calls[number])]
        if not matches:
            return False
        at = matches[0] + 1
    return True


def main() -> None:
    """Count."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--studies", type=int, default=40)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        answers = find_answers(record(Path(name), options.studies))
    flushed = sum(map(is_flushed, answers))
    print(f"acknowledged {options.studies}, found in the record {len(answers)}, flushed before the answer {flushed}")
    for told, pattern in STEPS:
        print(f"  {told:<30} {sum(any(re.search(pattern, call) for call in calls) for calls in answers)}")


if __name__ == "__main__":
    main()
