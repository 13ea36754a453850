"""A document taken apart and written again as ours are, so that no finding comes of how a forger's library writes."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass, field

from submission.audit.page.file import BEGIN, END, HEAD, read_file

REFERENCE = re.compile(rb"(\d+) 0 R")
FONT = re.compile(rb"/([A-Z]{6}) (\d+) 0 R")
CODE = re.compile(rb"<([0-9a-f]{4})> <([0-9a-f]{4})>\n")


@dataclass(slots=True)
class Edited:
    """The objects of a document by their numbers; those that hold something beside, with that."""

    root: int
    info: int
    objects: dict[int, bytes]
    streams: dict[int, bytes] = field(default_factory=dict)
    identity: bytes = b""

    def pages(self) -> list[int]:
        """The objects of the pages, in order."""
        return self._numbers(self.objects[self.number(self.root, b"/Pages")], b"/Kids [")

    def content(self, page: int) -> int:
        """The object that holds what a page draws."""
        return self.number(page, b"/Contents")

    def codes(self, page: int) -> dict[str, dict[str, str]]:
        """By font of a page: the code of each sign."""
        fonts = self.number(self.number(page, b"/Resources"), b"/Font")
        return {
            name.decode(): {
                chr(int(sign, 16)): code.decode()
                for code, sign in CODE.findall(self.streams[self.number(int(font), b"/ToUnicode")])
            }
            for name, font in FONT.findall(self.objects[fonts])
        }

    def fonts(self) -> list[int]:
        """The fonts, as those who draw with them name them."""
        return [number for number, raw in self.objects.items() if raw.startswith(b"<</Type /Font/Subtype /Type0")]

    def add(self, raw: bytes, stream: bytes | None = None) -> int:
        """One object more; its number."""
        number = max(self.objects) + 1
        self.objects[number] = raw
        if stream is not None:
            self.streams[number] = stream
        return number

    def replace(self, number: int, old: bytes, new: bytes) -> None:
        """Exchange a part of an object once.

        Raises:
            LookupError: it has no such part.
        """
        if old not in self.objects[number]:
            raise LookupError(f"object {number} has no {old!r}")
        self.objects[number] = self.objects[number].replace(old, new, 1)

    def written(self) -> bytes:
        """The document, written as ours are."""
        content, places = bytearray(HEAD), {}
        for number, stream in sorted(self.streams.items()):
            places[number] = (1, len(content), 0)
            content += _stream(number, self.objects[number], stream)
        packed = [number for number in sorted(self.objects) if number not in self.streams]
        last = max(self.objects)
        free = [number for number in range(1, last) if number not in self.objects]  # of those that were packed there
        home = free[0] if free else last + 1
        table = max(last, home) + 1
        heads, body = [], b""
        for index, number in enumerate(packed):
            heads += [number, len(body)]
            body += self.objects[number] + b"\n"
            places[number] = (2, home, index)
        head = " ".join(map(str, heads)).encode() + b"\n"
        places[home] = (1, len(content), 0)
        kept = f"<</Type /ObjStm/N {len(packed)}/First {len(head)}>>".encode()
        content += _stream(home, kept, head + body[:-1])
        places[table] = (1, len(content), 0)
        rows = b"".join(
            a.to_bytes(1) + b.to_bytes(4) + c.to_bytes(3)
            for a, b, c in (places.get(n, (0, 0, 65535)) for n in range(table + 1))
        )
        told = f"<</Type /XRef/Index [0 {table + 1}]/W [1 4 3]/Size {table + 1}"
        told += f"/Root {self.root} 0 R/Info {self.info} 0 R/ID "
        start = len(content)
        content += _stream(table, told.encode() + self.identity + b">>", rows)
        return bytes(content) + b"startxref\n%d\n%%%%EOF\n" % start

    def number(self, of: int, key: bytes) -> int:
        """The object to which a part of another refers.

        Raises:
            LookupError: it has no such part.
        """
        match = re.search(re.escape(key) + rb" (\d+) 0 R", self.objects[of])
        if match is None:
            raise LookupError(f"object {of} has no {key!r}")
        return int(match[1])

    def _numbers(self, raw: bytes, key: bytes) -> list[int]:
        return [int(number) for number in REFERENCE.findall(raw.partition(key)[2].partition(b"]")[0])]


def _stream(number: int, raw: bytes, stream: bytes) -> bytes:
    packed = zlib.compress(stream)
    told = raw[:-2] + b"/Filter /FlateDecode/Length %d>>" % len(packed)
    return b"%d 0 obj\n" % number + told + BEGIN + packed + END


def edit(content: bytes) -> Edited:
    """Take a document apart."""
    file = read_file(content)
    found = Edited(file.root, file.info, {})
    for number, held in file.objects.items():
        if held.kind == "table":
            found.identity = held.raw.partition(b"/ID ")[2].partition(b"]")[0] + b"]"
        if held.kind in ("packed", "table"):
            continue
        found.objects[number] = re.sub(rb"/Filter /FlateDecode/Length \d+>>$", b">>", held.raw)
        if number in file.streams:
            found.streams[number] = file.streams[number]
    return found
