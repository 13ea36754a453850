"""Given: how the data elements of a file stand: twice, out of order, behind its pixels; what its file meta states."""

from __future__ import annotations

import struct
from pathlib import Path

from pydicom import Dataset, dcmread
from pydicom.datadict import tag_for_keyword
from pydicom.encaps import encapsulate, get_frame
from pydicom.tag import Tag
from pydicom.uid import ImplicitVRLittleEndian
from pytest_bdd import given, parsers

from verification.steps import radiographs
from verification.steps.bench import Bench

PIXEL_DATA = struct.pack("<HH", 0x7FE0, 0x0010)


@given(parsers.parse("its {keyword} stands twice, the second time as {value}"))
def twice(bench: Bench, keyword: str, value: str) -> None:
    """Insert a second element of that tag, with another value, behind the first one of the written file."""
    insert(bench.file(), keyword, element(keyword, value))


@given(parsers.parse("its {keyword} stands behind its {other}"))
def behind(bench: Bench, keyword: str, other: str) -> None:
    """Take an element out of the data set, and insert it behind one with a higher tag."""
    value = str(bench.image[keyword].value)
    del bench.image[keyword]
    insert(bench.file(), other, element(keyword, value))


@given(parsers.parse("the item of its {sequence} states its {keyword} twice"))
def twice_in_item(bench: Bench, sequence: str, keyword: str) -> None:
    """Insert a second element into the one item of a sequence of the written file, whose lengths grow with it."""
    path = bench.file()
    whole, tag = path.read_bytes(), Tag(tag_for_keyword(sequence) or 0)
    start = whole.index(struct.pack("<HH2s", tag.group, tag.element, b"SQ"), 132)
    again = element(keyword, str(bench.image[sequence].value[0][keyword].value))
    end = whole.index(again, start) + len(again)
    lengths = (start + 8, start + 16)  # of the sequence, and of its item behind that
    grown = bytearray(whole[:end] + again + whole[end:])
    for at in lengths:
        grown[at : at + 4] = (int.from_bytes(whole[at : at + 4], "little") + len(again)).to_bytes(4, "little")
    path.write_bytes(grown)


def element(keyword: str, value: str) -> bytes:
    """A data element of text in explicit VR, little endian, padded to even length."""
    tag = Tag(tag_for_keyword(keyword) or 0)
    image = Dataset()
    radiographs.set_value(image, keyword, value)
    content = bytes(image.get_item(tag).value)
    return struct.pack("<HH2sH", tag.group, tag.element, representation(keyword), len(content)) + content


def representation(keyword: str) -> bytes:
    """The value representation of an attribute, as explicit VR writes it."""
    image = Dataset()
    radiographs.set_value(image, keyword, "1")
    return str(image.get_item(Tag(tag_for_keyword(keyword) or 0)).VR).encode()


def insert(path: Path, keyword: str, content: bytes) -> None:
    """Insert bytes into a file in explicit VR, little endian, behind the element with this keyword."""
    whole, tag = path.read_bytes(), Tag(tag_for_keyword(keyword) or 0)
    start = whole.index(struct.pack("<HH2s", tag.group, tag.element, representation(keyword)), 132)
    end = start + 8 + int.from_bytes(whole[start + 6 : start + 8], "little")
    path.write_bytes(whole[:end] + content + whole[end:])


@given(parsers.parse("its file goes on behind its pixel data with {what}"))
def goes_on(bench: Bench, what: str) -> None:
    """Append to the written file, which ends with its pixel data."""
    path = bench.file()
    whole = path.read_bytes()
    again = whole[whole.rindex(PIXEL_DATA) :]
    padding = struct.pack("<HH2s2xI", 0xFFFC, 0xFFFC, b"OB", 64) + bytes(64)
    content = {
        "100 zero bytes": bytes(100),
        "3 zero bytes": bytes(3),
        "a second PixelData": again,
        "another PatientID": element("PatientID", "OTHER"),
        "another PhotometricInterpretation": element("PhotometricInterpretation", "MONOCHROME1"),
        "a second data set": whole[whole.index(struct.pack("<HH", 0x0008, 0x0005), 132) :],
        "64 bytes of padding": padding,
        "64 bytes of padding that claim to be 100": padding.replace(b"\x40\x00\x00\x00", b"\x64\x00\x00\x00", 1),
        "padding followed by another PatientID": padding + element("PatientID", "OTHER"),
    }[what]
    path.write_bytes(whole + content)


@given(parsers.parse("its pixel data are shifted from their middle on, in bytes by {count:d}"))
def inserted(bench: Bench, count: int) -> None:
    """Shift the second half of the pixel data by so many bytes; their element keeps its length."""
    whole = bench.file().read_bytes()
    middle = (whole.rindex(PIXEL_DATA) + len(whole)) // 2
    bench.file().write_bytes(whole[:middle] + bytes(count) + whole[middle:])


@given(parsers.parse("its file meta information states {what}"))
def other_meta(bench: Bench, what: str) -> None:
    """Write other file meta information before the data set of the written file."""
    path = bench.file()
    whole = path.read_bytes()
    if what == "2 bytes more of itself":
        length = int.from_bytes(whole[140:144], "little") + 2
        path.write_bytes(whole[:140] + length.to_bytes(4, "little") + whole[144:])
        return
    keyword, _, value = what.partition(" ")
    image = dcmread(path)
    setattr(image.file_meta, keyword, value)
    image.save_as(path, implicit_vr=False, little_endian=True, enforce_file_format=False)


@given("its data set is written in implicit VR, which its file meta information does not say")
def not_as_stated(bench: Bench) -> None:
    """Write the data set in implicit VR behind file meta information that states explicit VR."""
    head, tail = (bench.folder / name for name in ("explicit.dcm", "implicit.dcm"))
    radiographs.save(bench.image, head)
    bench.image.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    radiographs.save(bench.image, tail)
    parts = [path.read_bytes() for path in (head, tail)]
    ends = [144 + int.from_bytes(part[140:144], "little") for part in parts]
    bench.path = bench.images / "image.dcm"
    bench.path.write_bytes(parts[0][: ends[0]] + parts[1][ends[1] :])


@given(parsers.parse("{count:d} MiB of private data stand before its pixel data"))
def private_data(bench: Bench, count: int) -> None:
    """Insert a private element of so many MiB of zeros, which the file need not hold on the disk."""
    whole, size = bench.file().read_bytes(), count * 2**20
    at = whole.rindex(PIXEL_DATA)
    creator = struct.pack("<HH2sH", 0x7FDF, 0x0010, b"LO", 14) + b"CLEARWAY TEST "
    with bench.file().open("wb") as file:
        file.write(whole[:at] + creator + struct.pack("<HH2s2xI", 0x7FDF, 0x1001, b"OB", size))
        file.seek(size, 1)
        file.write(whole[at:])


@given("its compressed pixel data hold a second codestream")
def second_codestream(bench: Bench) -> None:
    """Put a second whole codestream behind the first, in a fragment of its own; Number of Frames is absent."""
    image = dcmread(bench.file())
    frame = get_frame(image.PixelData, 0, number_of_frames=1)
    image.PixelData = encapsulate([frame, frame], has_bot=False)
    image.pop("NumberOfFrames", None)
    image.save_as(bench.file())


@given("the values of its codestream are signed")
def signed_codestream(bench: Bench) -> None:
    """Set the sign bit (Ssiz, ISO/IEC 15444-1 A.5.1) of the component of the JPEG 2000 codestream."""
    image = dcmread(bench.file())
    frame = get_frame(image.PixelData, 0, number_of_frames=1)
    image.PixelData = encapsulate([frame[:42] + bytes([frame[42] | 0x80]) + frame[43:]])
    image.save_as(bench.file())
