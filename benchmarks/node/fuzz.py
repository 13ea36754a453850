"""Says to a node, over real associations, what no peer should say, and looks at what it makes of it.

    python benchmarks/node/fuzz.py [--cases 20000] [--seed 1] [--connections 12] [--minutes N] [--only NUMBER]

Each case is one conversation with `clearway serve` on the loopback interface, made from its number and the seed:
mutated PDUs, association requests, fragments, command sets, messages out of order, and mutated data sets inside
C-STOREs that are otherwise right. After each batch the node must answer a C-ECHO, give a good study one result, have
all processes, nothing in `incoming`, and no thread, open file or memory more than before; its log must hold no line
that is not one of its own; every status must be one of the node's table; lines of refusals are counted;
at the end every acknowledged object must be in the store and its study answered. What is not so is a finding.

Exit status 1 if there is a finding.
"""

from __future__ import annotations

import argparse
import collections
import random
import re
import sqlite3
import sys
import tempfile
import time
import warnings
import zlib
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[2]))

import fuzz as files
from pydicom.uid import AllTransferSyntaxes

from device.node.services import Side
from device.node.statuses import FAULT, Place
from device.node.statuses import STATUSES as OURS
from tests.device.node import peer as dicom
from tests.device.node.bench import BRIGHT, Node, Pacs, make_image, send, wait_for
from tests.device.node.peer import COMMAND, COMMITMENT, DATA, IMPLICIT, LAST, VERIFICATION, Peer, fragment, pdu
from verification.steps.radiographs import read_published

DX = "1.2.840.10008.5.1.4.1.1.1.1"
SYNTAXES = [str(each) for each in AllTransferSyntaxes]
STATUSES = {f"{each.number:04X}" for each in OURS if each.place is Place.STORE and each.sender is Side.NODE}
STATUSES.discard(f"{FAULT.number:04X}")
"""What the node answers to a C-STORE, but for a fault of its own."""
LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z [a-z ]+( [a-z_]+=|$)")
ANSWER_SECONDS, QUIET_SECONDS, HANG_UP_SECONDS = 12.0, 0.15, 40.0
BATCH, STORES = 200, 30


class Image(files.Seed):
    """A small radiograph in one encoding; `start` is where its data set begins."""

    def __init__(self, syntax: str) -> None:
        super().__init__(syntax, read_published(BRIGHT)[:512:8, :512:8])
        self.syntax, self.start, self.meta = syntax, self.meta[-1].end, []


@lru_cache(maxsize=1)
def corpus() -> list[Image]:
    return [Image(syntax) for syntax in files.SYNTAXES]


class Case:
    """One conversation: what was said and heard. Identifiers come from the number of the case."""

    def __init__(self, number: int, seed: int, port: int) -> None:
        self.number, self.dice = number, random.Random(seed * 10**9 + number)
        self.sop_uid = f"2.25.{seed}.{number + 1}"
        self.study = f"2.25.{seed}.{number // 20 + 1}.7"
        self.port, self.heard, self.acknowledged, self.finding = port, [], [], ""
        self.kind = self.dice.choices(list(KINDS), [weight for _, weight in KINDS.values()])[0]

    def run(self) -> Case:
        self.peer = Peer(self.port)
        try:
            KINDS[self.kind][0](self)
            if not self.peer.closed and not self.peer.hang_up(HANG_UP_SECONDS):
                self.finding = "the connection stays open after the peer hung up"
        finally:
            self.peer.close()
        return self

    # --- pieces ------------------------------------------------------------------------------------------------------

    def make_data_set(self, one: Image | None = None) -> bytes:
        """A whole data set with the identifiers of the case; in the encoding of the image."""
        one = one or corpus()[1]
        return self.name(one.content)[one.start :]

    def name(self, content: bytes) -> bytes:
        """Put the identifiers of the case where the corpus has its own, of the same length."""
        for tag, value in ((b"\x08\x00\x18\x00", self.sop_uid), (b"\x20\x00\x0d\x00", self.study)):
            at = content.find(tag, 300)
            if at < 0:
                continue
            explicit = content[at + 4 : at + 6] == b"UI"
            length = int.from_bytes(content[at + 6 : at + 8] if explicit else content[at + 4 : at + 8], "little")
            if length >= len(value):
                padded = value + "1" * (length - len(value) - 1) + "1"
                content = content[: at + 8] + padded.encode() + content[at + 8 + length :]
        return content

    def ask(self, syntax: str = "1.2.840.10008.1.2.1") -> bytes:
        return dicom.ask([
            dicom.context(1, DX, [syntax]), dicom.context(3, VERIFICATION, [IMPLICIT]),
            dicom.context(5, COMMITMENT, [IMPLICIT]),
        ])  # fmt: skip

    def message(self, elements: dicom.Elements, content: bytes | None = None, number: int = 1) -> list[bytes]:
        """A message in fragments, each in a PDU of its own."""
        parts = [pdu(DATA, fragment(number, COMMAND | LAST, dicom.encode(elements)))]
        if content is not None:
            size = self.dice.choice((1000, 4000, 60000))
            cuts = [content[at : at + size] for at in range(0, len(content), size)] or [b""]
            parts += [pdu(DATA, fragment(number, 0, each)) for each in cuts[:-1]]
            parts.append(pdu(DATA, fragment(number, LAST, cuts[-1])))
        return parts

    def store(self, **changes: str) -> list[bytes]:
        content = self.make_data_set()
        return self.message(dicom.store(DX, changes.get("sop_uid", find_sop_uid(content))), content)

    def associate(self, request: bytes | None = None) -> bool:
        self.peer.send(request or self.ask())
        self.heard.append(self.peer.hear(ANSWER_SECONDS))
        return self.heard[-1] == "accepted"

    def say(self, *parts: bytes, seconds: float = QUIET_SECONDS) -> str:
        """Say something and hear all that is answered to it; the last of it."""
        self.peer.send(*parts)
        while True:
            heard = self.peer.hear(seconds)
            self.heard.append(heard)
            if heard in ("silent", "closed", "rejected", "aborted", "released"):
                return heard
            seconds = QUIET_SECONDS

    def require(self, *parts: bytes) -> str:
        """Say something whole, to which an answer is owed: a status, or the end of the association."""
        self.peer.send(*parts)
        self.heard.append(heard := self.peer.hear(ANSWER_SECONDS))
        if heard == "silent":
            self.finding = "a whole message gets no answer"
        return heard


def find_sop_uid(content: bytes) -> str:
    at = content.find(b"\x08\x00\x18\x00")
    length = int.from_bytes(
        content[at + 6 : at + 8] if content[at + 4 : at + 6] == b"UI" else content[at + 4 : at + 8], "little"
    )
    return content[at + 8 : at + 8 + length].decode("latin-1").rstrip("\0")


# --- kinds of cases ---------------------------------------------------------------------------------------------------


def pdu_head(case: Case) -> None:
    """Type or length of one PDU."""
    parts = [case.ask(), *case.store(), pdu(dicom.RELEASE, bytes(4))]
    at = case.dice.randrange(len(parts))
    head = bytearray(parts[at])
    if case.dice.random() < 0.5:
        head[0] = case.dice.randrange(256)
    else:
        length = int.from_bytes(head[2:6], "big")
        head[2:6] = case.dice.choice((0, 1, 3, 67, length - 1, length + 1, 0x7FFFFFFF, 0xFFFFFFFF)).to_bytes(4, "big")
    case.say(*parts[:at], bytes(head), *parts[at + 1 :])


def bytes_anywhere(case: Case) -> None:
    """Any byte of a whole conversation; all is said without waiting."""
    content = b"".join([case.ask(), *case.store(), *case.message(dicom.echo(2), number=3), pdu(5, bytes(4))])
    for _ in range(case.dice.choice((1, 2, 8))):
        at = case.dice.randrange(case.dice.choice((74, 400, len(content))))
        content = files.flip(content, at, case.dice)
    case.say(content)


def request_bytes(case: Case) -> None:
    """Bytes of the association request, taken out, put in, changed; its length fits."""
    content = case.ask()[6:]
    for _ in range(case.dice.choice((1, 1, 3))):
        change = case.dice.choice((files.anywhere, files.cut, files.inserted, files.taken))
        content = change(None, content, case.dice)
    case.associate(pdu(1, content)) and case.say(*case.message(dicom.echo(), number=3))


def request_contexts(case: Case) -> None:
    """Presentation contexts that are doubled, too many, even, empty, of unknown or odd UIDs."""
    dice, odd = case.dice, ("", "1", "../../etc/passwd", "9" * 200, "1.2.840.10008.1.2.1 ", "\0", "\udcff")
    contexts = []
    for _ in range(dice.choice((0, 1, 3, 128, 255))):
        abstract = dice.choice((DX, VERIFICATION, COMMITMENT, *odd[:-1]))
        syntaxes = dice.choices((*SYNTAXES, *odd[:-1]), k=dice.choice((0, 1, 1, 5)))
        contexts.append(dicom.context(dice.randrange(256), abstract, syntaxes))
    case.associate(dicom.ask(contexts)) and case.say(*case.store())


def request_user(case: Case) -> None:
    """User information: lengths, roles, windows, identities, extended negotiation, items that nobody knows."""
    dice, dx = case.dice, dicom.uid(DX)
    sized = len(DX).to_bytes(2, "big") + DX.encode()
    items = [
        lambda: dicom.item(0x51, dice.choice((0, 1, 7, 0xFFFFFFFF)).to_bytes(4, "big")),
        lambda: dicom.item(0x53, dice.randbytes(4)),
        lambda: dicom.item(0x54, sized + dice.randbytes(2)),
        lambda: dicom.item(0x55, dice.randbytes(dice.randrange(40))),
        lambda: dicom.item(0x56, sized + dice.randbytes(dice.randrange(9))),
        lambda: dicom.item(0x57, sized + sized + bytes(2)),
        lambda: dicom.item(0x58, bytes([dice.randrange(8), 1, 0, 4]) + b"user\0\4pass"),
        lambda: dicom.item(dice.randrange(256), dice.randbytes(dice.randrange(30))),
        lambda: dicom.item(0x54, dx),
    ]
    user = b"".join(dice.choice(items)() for _ in range(dice.choice((1, 2, 5))))
    request = dicom.ask([dicom.context(1, DX, [IMPLICIT]), dicom.context(3, VERIFICATION, [IMPLICIT])], user)
    case.associate(request) and case.say(*case.message(dicom.echo(), number=3))


def request_titles(case: Case) -> None:
    """AE titles that are wrong, empty, of other characters."""
    titles = (
        b"MODALITY",
        b"CLEARWAY",
        b"",
        b"../..",
        b"\xff" * 16,
        b"\0" * 16,
        b"MODALITY\n",
        b"STRANGER",
        b"a\\b",
        b'"\t',
    )
    request = dicom.ask(
        [dicom.context(3, VERIFICATION, [IMPLICIT])], called=case.dice.choice(titles), calling=case.dice.choice(titles)
    )
    case.associate(request) and case.say(*case.message(dicom.echo(), number=3))


def fragments(case: Case) -> None:
    """Fragments of a C-STORE in another order, left out, doubled, of other contexts, lengths and control bytes."""
    dice, parts = case.dice, case.store()
    if not case.associate():
        return
    if len(parts) < 4:
        parts[-1:] = [parts[-1], parts[-1]]
    at = dice.randrange(len(parts))
    whole = [each[6:] for each in parts]
    change = dice.randrange(8)
    if change == 0:
        dice.shuffle(whole)
    elif change == 1:
        del whole[at]
    elif change == 2:
        whole.insert(at, whole[at])
    elif change == 3:
        whole[at] = whole[at][:4] + bytes([dice.randrange(256)]) + whole[at][5:]
    elif change == 4:
        whole[at] = whole[at][:5] + bytes([dice.randrange(256)]) + whole[at][6:]
    elif change == 5:
        whole[at] = dice.choice((0, 1, 2, 3, 2**31, 2**32 - 1)).to_bytes(4, "big") + whole[at][4:]
    elif change == 6:
        whole = [b"".join(whole)]
    else:
        whole[at : at + 1] = [whole[at][:4] + whole[at][4:5] + b"", b""]
    case.say(*(pdu(DATA, each) for each in whole))


def command_set(case: Case) -> None:
    """A command set with elements missing, doubled, odd, of other values and lengths."""
    dice = case.dice
    content = case.make_data_set()
    elements = dice.choice((dicom.store(DX, find_sop_uid(content)), dicom.echo(), dicom.action()))
    for _ in range(dice.choice((1, 1, 2))):
        at = dice.randrange(len(elements))
        number, value = elements[at]
        elements[at : at + 1] = dice.choice((
            [], [elements[at]] * 2, [(number, b"")], [(number, value + dice.randbytes(1))],
            [(number, dice.randbytes(2))], [(number, dice.randbytes(64))], [(dice.randrange(65536), value)],
            [(number, b"\xff" * len(value))], [(number, value + value)],
        ))  # fmt: skip
    if dice.random() < 0.3:
        dice.shuffle(elements)
    if case.associate():
        whole = dict(elements).get(0x0800) == dicom.short(0x0101)
        case.say(*case.message(elements, None if whole else content, dice.choice((1, 1, 3, 5, 7))))


def no_data(case: Case) -> None:
    """A C-STORE whose command says that no data set comes, or whose data set is empty."""
    elements = dict(dicom.store(DX, case.sop_uid))
    content = b"" if case.dice.random() < 0.5 else None
    if content is None:
        elements[0x0800] = dicom.short(0x0101)
    if case.associate():
        case.require(*case.message(list(elements.items()), content))


def other_service(case: Case) -> None:
    """The operation of one service under the class of another: nothing may be acknowledged that is not stored."""
    dice, content = case.dice, case.make_data_set()
    field = dice.choice((0x01, 0x10, 0x20, 0x21, 0x30, 0x100, 0x110, 0x120, 0x130, 0x140, 0x150, 0xFFF, 0x8001, 0x8030))
    named = dicom.uid(dice.choice((DX, VERIFICATION, COMMITMENT, "1.2.840.10008.5.1.4.1.2.2.1", "1.2.3")))
    sop_uid = dicom.uid(find_sop_uid(content))
    elements = [(0x0002, named), (0x0003, named), (0x0100, dicom.short(field)), (0x0110, dicom.short(1)),
                (0x0120, dicom.short(1)), (0x0600, b"STRANGER"), (0x0700, dicom.short(0)), (0x0800, dicom.short(1)),
                (0x0900, dicom.short(0)), (0x1000, sop_uid), (0x1001, sop_uid), (0x1002, dicom.short(1)),
                (0x1008, dicom.short(1))]  # fmt: skip
    if not case.associate():
        return
    parts = case.message(elements, content, dice.choice((1, 3, 5)))
    heard = case.say(*parts) if field in (0xFFF, 0x8001, 0x8030) else case.require(*parts)
    if field == 0x01 and heard.endswith(" 0000") and not heard.startswith("8001"):
        case.finding = "a C-STORE gets the success of another service"


def actions(case: Case) -> None:
    """N-ACTION with odd transactions."""
    dice = case.dice
    element = lambda group, number, value: (  # noqa: E731
        group.to_bytes(2, "little") + number.to_bytes(2, "little") + len(value).to_bytes(4, "little") + value
    )
    odd = (b"", b"1.2.3", b"../", b"\xff" * 8, b"9" * 300, b"1.2\\1.3", case.sop_uid.encode())
    references = b"".join(
        element(0xFFFE, 0xE000, b"".join(
            element(8, number, dice.choice(odd)) for number in (0x1150, 0x1155) if dice.random() < 0.8
        )) for _ in range(dice.choice((0, 1, 1, 400)))
    )  # fmt: skip
    content = element(8, 0x1195, dice.choice(odd)) * (dice.random() < 0.9)
    content += element(8, 0x1199, dice.choice((references, references, dice.randbytes(50)))) * (dice.random() < 0.9)
    if dice.random() < 0.3:
        content = files.anywhere(None, content or b"\0", dice)
    elements = dict(dicom.action())
    elements[0x1008] = dicom.short(dice.choice((1, 1, 1, 2, 0)))
    if case.associate():
        case.require(*case.message(list(elements.items()), content, 5))


def interleaved(case: Case) -> None:
    """Two messages at once, or many before the first is answered."""
    dice, first, second = case.dice, case.store(), case.message(dicom.echo(2), number=3)
    if not case.associate():
        return
    if dice.random() < 0.5:
        at = dice.randrange(1, len(first))
        case.say(*first[:at], *second, *first[at:])
    else:
        case.say(*(first * dice.randrange(2, 6)), *second)


def ended(case: Case) -> None:
    """Release, abort or nothing more in mid-message."""
    parts = case.store()
    if case.associate():
        end = case.dice.choice(
            (pdu(dicom.RELEASE, bytes(4)), pdu(dicom.ABORT, bytes(4)), b"", pdu(6, bytes(4)), case.ask())
        )
        at = case.dice.randrange(len(parts))
        half = parts[at][: case.dice.randrange(len(parts[at]))] if case.dice.random() < 0.3 else b""
        case.say(*parts[:at], half, end)


def stores(case: Case) -> None:
    """Data sets with mutations, in the syntax that they are in or in one that does not fit; the command is right."""
    dice, one = case.dice, case.dice.choice(corpus())
    syntax = one.syntax if dice.random() < 0.7 else dice.choice(SYNTAXES)
    if not case.associate(case.ask(syntax)):
        return
    for _ in range(STORES):
        case.sop_uid = (
            f"{case.sop_uid.rpartition('.')[0]}.{dice.randrange(10**9)}" if dice.random() < 0.5 else case.sop_uid
        )
        whole = case.name(one.content)
        content = mutate(one, whole, dice)
        named = find_sop_uid(whole[one.start :])
        if syntax == "1.2.840.10008.1.2.1.99" and dice.random() < 0.8:
            deflated = zlib.compressobj(wbits=-15)
            content = deflated.compress(content) + deflated.flush()
            if dice.random() < 0.3:
                content = files.anywhere(one, content, dice)
        heard = case.require(*case.message(dicom.store(DX, named), content))
        if heard == "8001 0000":
            case.acknowledged.append(named)
        if heard in ("closed", "aborted", "silent"):
            return
    case.say(pdu(dicom.RELEASE, bytes(4)))


def mutate(one: Image, content: bytes, dice: random.Random) -> bytes:
    """The data set of a file, changed."""
    for _ in range(dice.choice((0, 1, 1, 2, 3))):
        change = dice.choice((*files.MUTATIONS.values(), *STRUCTURES))
        content = change(one, content, dice)
    return content[one.start :]


def nested(one: Image, content: bytes, dice: random.Random) -> bytes:
    """Sequences in sequences, of undefined lengths, some without their end."""
    depth = dice.choice((1, 3, 20, 300))
    begin = (
        b"\x40\x00\x55\x05"
        + (b"" if one.encoding.implicit else b"SQ\0\0")
        + b"\xff" * 4
        + b"\xfe\xff\x00\xe0"
        + b"\xff" * 4
    )
    end = b"\xfe\xff\x0d\xe0" + bytes(4) + b"\xfe\xff\xdd\xe0" + bytes(4)
    return insert(one, content, begin * depth + end * dice.choice((depth, depth, depth - 1, 0)), dice)


def long(one: Image, content: bytes, dice: random.Random) -> bytes:
    """An element that claims to be longer than all that there is."""
    length = dice.choice((0xFFFFFFFE, 0x7FFFFFFF, 0x01000000, 0xFFFFFFFF)).to_bytes(4, "little")
    return insert(one, content, b"\x42\x00\x11\x00" + (b"" if one.encoding.implicit else b"OB\0\0") + length, dice)


def characters(one: Image, content: bytes, dice: random.Random) -> bytes:
    """A character set that is unknown, or does not fit; names of other bytes."""
    value = dice.choice(
        (b"ISO_IR 192", b"ISO 2022 IR 87", b"\\ISO 2022 IR 149", b"NO SUCH SET ", b"\xff\xfe" * 3, b"\\" * 40)
    )
    name = dice.choice((b"\x1b$B;3ED^\x1b(B", b"\xff" * 64, b"=" * 9 + b" ", b"A^" * 2000, b"\0" * 8))
    for tag, kind, text in ((b"\x08\x00\x05\x00", b"CS", value), (b"\x10\x00\x10\x00", b"PN", name)):
        size = len(text).to_bytes(4, "little") if one.encoding.implicit else kind + len(text).to_bytes(2, "little")
        at = content.find(tag, one.start)
        if at >= 0:
            old = int.from_bytes(
                content[at + 4 : at + 8] if one.encoding.implicit else content[at + 6 : at + 8], "little"
            )
            content = content[:at] + tag + size + text + content[at + 8 + old :]
        else:
            content = content[: one.start] + tag + size + text + content[one.start :]
    return content


def insert(one: Image, content: bytes, what: bytes, dice: random.Random) -> bytes:
    at = dice.choice([each.start for each in one.elements])
    return content[:at] + what + content[at:]


STRUCTURES = (nested, long, characters)
KINDS: dict[str, tuple[Callable[[Case], None], int]] = {
    "type or length of a PDU": (pdu_head, 8), "bytes of a conversation": (bytes_anywhere, 8),
    "bytes of a request": (request_bytes, 8), "presentation contexts": (request_contexts, 4),
    "user information": (request_user, 6), "AE titles": (request_titles, 3), "fragments": (fragments, 10),
    "a command set": (command_set, 12), "a command without data": (no_data, 2),
    "another service": (other_service, 6), "a commitment": (actions, 6), "messages at once": (interleaved, 4),
    "an end in mid-message": (ended, 6), "data sets": (stores, 17),
}  # fmt: skip


# --- the node ---------------------------------------------------------------------------------------------------------


class Watch:
    """What must stay as it is, however the node is spoken to."""

    def __init__(self, node: Node, pacs: Pacs, folder: Path) -> None:
        self.node, self.pacs, self.folder = node, pacs, folder
        self.findings, self.read, self.before, self.most = Counter[str](), 0, {}, {}
        self.refused = 0

    def look(self) -> None:
        self._speak()
        self._read_log()
        incoming = self.folder / "held" / "incoming"
        self.findings["something is left in incoming"] += bool(list(incoming.iterdir()))
        self._measure()

    def _speak(self) -> None:
        peer = Peer(self.node.port)
        peer.send(dicom.ask([dicom.context(3, VERIFICATION, [IMPLICIT])]))
        heard = (
            peer.hear(10),
            peer.send(pdu(DATA, fragment(3, COMMAND | LAST, dicom.encode(dicom.echo())))),
            peer.hear(10),
        )
        peer.close()
        self.findings["a C-ECHO is not answered"] += heard[::2] != ("accepted", "8030 0000")
        image = make_image(self.folder)
        from pydicom import dcmread

        study = dcmread(image, stop_before_pixels=True).StudyInstanceUID
        good = send(self.node.port, image)
        self.findings["a good study is not acknowledged"] += good != [0]
        image.unlink()
        if good == [0]:
            wait_for(lambda: self.pacs.find_reports(study), 300)
            self.findings["a good study has two results"] += len(self.pacs.find_reports(study)) != 1

    def _read_log(self) -> None:
        """Every line is one of the node's own; a traceback counts once, by what was raised."""
        text = self.node.log.read_text("utf-8", "backslashreplace")
        lines, self.read = text[self.read :].splitlines(), len(text)
        for line in lines:
            self.refused += " object refused " in line and ' status="' in line
            self.findings["an object is refused without its name"] += (
                " object refused " in line and "object=" not in line
            )
            self.findings["a process ended"] += " process ended " in line
            if not LINE.match(line) and re.match(r"[A-Za-z_.]+(Error|Exception)\b", line):
                self.findings[f"a traceback: {line[:60]}"] += 1
            elif (
                not LINE.match(line)
                and not line.startswith((" ", "Traceback", "Exception in thread", "During", "\t"))
                and line
            ):
                self.findings[f"a line: {line[:60]}"] += 1

    def _measure(self) -> None:
        """Threads, open files and memory of the process that receives: after each batch as after the first."""
        assert self.node.process
        children = (
            Path(f"/proc/{self.node.process.pid}/task/{self.node.process.pid}/children").read_text("ascii").split()
        )
        self.findings["a process is not there"] += len(children) < 5
        receiver = children[0]
        for _ in range(100):
            status = Path(f"/proc/{receiver}/status").read_text("ascii")
            found = {
                "threads": int(re.search(r"Threads:\s+(\d+)", status)[1]),
                "files": len(list(Path(f"/proc/{receiver}/fd").iterdir())),
            }  # fmt: skip
            if not self.before or all(found[each] <= self.before[each] + 2 for each in found):
                break
            time.sleep(0.1)
        found["MB"] = int(re.search(r"VmRSS:\s+(\d+)", status)[1]) // 1024
        self.before = self.before or found
        self.most = {each: max(found[each], self.most.get(each, 0)) for each in found}
        for each, more in (("threads", 2), ("files", 2), ("MB", 150)):
            self.findings[f"{each} that stay"] += found[each] > self.before[each] + more
        self.now = found

    def end(self, acknowledged: set[str]) -> dict[str, int]:
        with sqlite3.connect(self.folder / "held" / "node.db", timeout=60) as database:
            wait_for(lambda: not database.execute("SELECT 1 FROM study WHERE due IS NOT NULL LIMIT 1").fetchone(), 120)
            wait_for(
                lambda: not database.execute("SELECT 1 FROM delivery WHERE delivered IS NULL LIMIT 1").fetchone(), 900
            )
            there = {row[0] for row in database.execute("SELECT sop_uid FROM object")}
            studies = [row[0] for row in database.execute("SELECT uid FROM study")]
        self.findings["an acknowledged object is not in the store"] += len(acknowledged - there)
        lost = sum(not self.pacs.find_reports(study) for study in studies)
        self.findings["an acknowledged study has no result"] += lost
        return {
            "objects acknowledged": len(acknowledged),
            "studies": len(studies),
            "studies answered": len(studies) - lost,
        }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--connections", type=int, default=12)
    parser.add_argument("--only", type=int)
    parser.add_argument("--minutes", type=float, default=1e9, help="begin no batch after so long")
    parser.add_argument("--log", type=Path, help="keep what the node printed")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    ends_at = time.monotonic() + 60 * options.minutes
    numbers = [options.only] if options.only is not None else list(range(options.cases))
    with tempfile.TemporaryDirectory() as name, ThreadPoolExecutor(options.connections) as pool:
        folder, pacs = Path(name), Pacs()
        pacs.start()
        peers = [{"ae_title": title, "host": "127.0.0.1", "port": pacs.port} for title in ("MODALITY", "PACS")]
        node = Node(folder, pacs, peers=peers, limits={"associations": 100, "idle_seconds": 20.0})
        node.start()
        corpus()
        watch, counts, acknowledged, executions = Watch(node, pacs, folder), Counter[tuple[str, str]](), set[str](), 0
        try:
            for at in range(0, len(numbers), BATCH):
                if time.monotonic() > ends_at:
                    break
                for case in pool.map(
                    lambda number: Case(number, options.seed, node.port).run(), numbers[at : at + BATCH]
                ):
                    executions += note(case, counts, watch.findings)
                    acknowledged.update(case.acknowledged)
                watch.look()
                told = ", ".join(f"{number} {each}" for each, number in watch.now.items())
                print(
                    f"{time.strftime('%X')} {min(at + BATCH, len(numbers))} of {len(numbers)}; {told}",
                    file=sys.stderr,
                    flush=True,
                )
            ends = watch.end(acknowledged)
            watch.look()
        finally:
            if options.log:
                options.log.write_bytes(node.log.read_bytes())
            node.stop()
            pacs.stop()
    report(counts, executions, ends, watch)
    return int(any(watch.findings.values()))


def note(case: Case, counts: collections.Counter[tuple[str, str]], findings: collections.Counter[str]) -> int:
    """Count what became of a case; how many executions it was."""
    said = [one for one in case.heard if one not in ("accepted", "silent")] or ["no more said"]
    for one in said if case.kind == "data sets" else said[-1:]:
        counts[case.kind, one] += 1
    for one in case.heard:
        if one.startswith("8001") and one[5:] not in STATUSES:
            findings[f"a status that the table does not have: {one[5:]}"] += 1
    if case.finding:
        findings[f"{case.finding} ({case.kind})"] += 1
        print(f"case {case.number}: {case.finding}: {', '.join(case.heard)}", file=sys.stderr, flush=True)
    return max(1, sum(one[:4] == "8001" for one in case.heard)) if case.kind == "data sets" else 1


def report(counts: collections.Counter[tuple[str, str]], executions: int, ends: dict[str, int], watch: Watch) -> None:
    print(f"{executions:8}  executions")
    for kind in KINDS:
        print(f"{sum(number for (one, _), number in counts.items() if one == kind):8}  {kind}")
        for (one, outcome), number in sorted(counts.items()):
            if one == kind:
                print(f"{'':8}  {number:8}  {outcome}")
    for name, number in {**ends, "refused with a line": watch.refused}.items():
        print(f"{number:8}  {name}")
    for each, most in watch.most.items():
        print(f"{most:8}  {each} of the process that receives, at most; {watch.before[each]} after the first batch")
    for name, number in sorted(watch.findings.items()):
        if number:
            print(f"{number:8}  FINDING: {name}")


if __name__ == "__main__":
    sys.exit(main())
