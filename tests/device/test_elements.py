"""Where the elements of a file lie is found without reading a value, as an independent reader finds it."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom import Dataset, dcmread
from pydicom.dataset import FileMetaDataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset
from pydicom.uid import DeflatedExplicitVRLittleEndian

from device import dicom
from device.elements import DEEPEST, Encoding, Fault, Layout, find_elements
from device.errors import UnreadableFileError
from verification.steps.radiographs import code, phantom, radiograph, save

EXPLICIT, IMPLICIT = Encoding(implicit=False, little=True), Encoding(implicit=True, little=True)
BIG = Encoding(implicit=False, little=False)
ENCODINGS = [EXPLICIT, IMPLICIT, BIG]


def written(image: Dataset, encoding: Encoding, *, defined: bool = True) -> bytes:
    buffer = DicomBytesIO()
    buffer.is_little_endian, buffer.is_implicit_VR = encoding.little, encoding.implicit
    for element in image:
        if element.VR == "SQ":
            element.is_undefined_length = not defined
            for item in element.value:
                item.is_undefined_length_sequence_item = not defined
    write_dataset(buffer, image)
    return buffer.getvalue()


def find(content: bytes, encoding: Encoding = EXPLICIT) -> Layout:
    return find_elements(io.BytesIO(content), len(content), 0, encoding)


def element(tag: tuple[int, int], representation: str, value: bytes) -> bytes:
    return struct.pack("<HH2sH", *tag, representation.encode(), len(value)) + value


SHIPPED = sorted((Path(pydicom.__file__).parent / "data" / "test_files").glob("*.dcm"))
"""Files that pydicom's wheel holds, many of them broken on purpose."""

PATIENT = element((0x0010, 0x0020), "LO", b"ONE ")
PIXELS = struct.pack("<HH2s2xI", 0x7FE0, 0x0010, b"OW", 4) + bytes(4)


@pytest.mark.parametrize("defined", [True, False])
@pytest.mark.parametrize("encoding", ENCODINGS, ids=str)
def test_sequences_are_walked_through_in_every_encoding(encoding: Encoding, defined: bool) -> None:
    image = Dataset()
    image.PatientID = "ONE"
    image.ViewCodeSequence = [
        code("399348003", "SCT", "antero-posterior"),
        code("272479007", "SCT", "postero-anterior"),
    ]
    image.ViewCodeSequence[0].ViewModifierCodeSequence = [code("1", "SCT", "deep")]
    image.AcquisitionContextSequence = []
    image.Rows = 512
    image.add_new("PixelData", "OW", b"\1\2\3\4")
    content = written(image, encoding, defined=defined)
    layout = find(content, encoding)
    assert [each.tag for each in layout.elements] == sorted(image.keys())
    assert layout.faults == ()
    assert layout.end == len(content)
    assert layout.pixels is not None
    assert content[layout.pixels.at : layout.pixels.end] == b"\1\2\3\4"


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_the_files_of_another_project_are_found_as_their_own_reader_finds_them(path: Path) -> None:
    """Each is either read so, or said to be no DICOM file."""
    try:
        with dicom.open_regular(path) as file:
            image = dicom.read_header(file, path)
    except UnreadableFileError:
        return
    expected = dcmread(path, stop_before_pixels=True)
    assert image.layout.tags == set(expected.keys())
    deflated = expected.file_meta.get("TransferSyntaxUID") == DeflatedExplicitVRLittleEndian
    whole = dcmread(path)
    if image.layout.pixels and image.layout.pixels.end and not deflated:
        content = path.read_bytes()[image.layout.pixels.at : image.layout.pixels.end]
        assert content == whole.PixelData


def test_most_files_of_another_project_can_be_read() -> None:
    unreadable = set()
    for path in SHIPPED:
        try:
            with dicom.open_regular(path) as file:
                dicom.read_header(file, path)
        except UnreadableFileError as error:
            unreadable.add((path.name, str(error).partition(": ")[2]))
    assert len(SHIPPED) > 50
    assert len(unreadable) < 0.2 * len(SHIPPED), sorted(unreadable)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (PATIENT + PATIENT + PIXELS, "PatientID (0010,0020) twice"),
        (PATIENT + element((0x0008, 0x0060), "CS", b"DX"), "Modality (0008,0060) behind PatientID (0010,0020)"),
        (element((0x0002, 0x0010), "UI", b"1.2\0") + PATIENT, "TransferSyntaxUID (0002,0010) behind  (0002,FFFF)"),
        (PATIENT + PIXELS + b"\0", "1 bytes behind the pixel data"),
        (PATIENT + PIXELS + PIXELS, f"{len(PIXELS)} bytes behind the pixel data, of PixelData (7FE0,0010)"),
        (element((0x0029, 0x1001), "LO", b"ab") * 2, "(0029,1001) twice"),
    ],
)  # fmt: skip
def test_what_can_be_read_in_two_ways_is_a_fault(content: bytes, found: str) -> None:
    assert [" ".join(fault.found.split()) for fault in find(content).faults] == [" ".join(found.split())]


def test_a_fault_is_told_once() -> None:
    assert find(PATIENT * 50).faults == (Fault("PatientID (0010,0020) twice", "every data element once (PS3.5 7.1)"),)


def test_faults_lie_in_items_too() -> None:
    item = element((0x0008, 0x0104), "LO", b"one ") + element((0x0008, 0x0100), "SH", b"1 ")
    sequence = struct.pack("<HHI", 0xFFFE, 0xE000, len(item)) + item
    content = struct.pack("<HH2s2xI", 0x0054, 0x0220, b"SQ", len(sequence)) + sequence
    (fault,) = find(content).faults
    assert fault.found == "CodeValue (0008,0100) behind CodeMeaning (0008,0104)"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (PATIENT[:5], "5 bytes at byte 0 are no data element"),
        (PATIENT[:-2], "PatientID (0010,0020) at byte 8 has 4 bytes, the file 2 more"),
        (PATIENT.replace(b"LO", b"lo"), "has no value representation, but b'lo'"),
        (struct.pack("<HH2s", 0x0010, 0x0020, b"UT") + b"\0\0\1", "the file ends before its length"),
        (struct.pack("<HH2s2xI", 0x0054, 0x0220, b"SQ", 8) + PATIENT[:8], "not an item"),
        (struct.pack("<HH2s2xI", 0x0054, 0x0220, b"SQ", 0xFFFFFFFF), "does not end where it should"),
        (
            struct.pack("<HH2s2xI", 0x0054, 0x0220, b"SQ", 12) + struct.pack("<HHI", 0xFFFE, 0xE000, 9) + bytes(4),
            "4 bytes at byte 20 are no data element",
        ),
    ],
)  # fmt: skip
def test_what_is_no_element_says_where(content: bytes, words: str) -> None:
    with pytest.raises(ValueError, match=r".") as raised:
        find(content)
    assert words in str(raised.value)


def nested(depth: int) -> bytes:
    content = PATIENT
    for _ in range(depth):
        item = struct.pack("<HHI", 0xFFFE, 0xE000, len(content)) + content
        content = struct.pack("<HH2s2xI", 0x0054, 0x0220, b"SQ", len(item)) + item
    return content


def test_sequences_lie_in_each_other_only_so_deep() -> None:
    assert len(find(nested(DEEPEST)).elements) == 1
    with pytest.raises(ValueError, match=f"lies in more than {DEEPEST} sequences"):
        find(nested(DEEPEST + 1))
    with pytest.raises(ValueError, match="sequences"):
        find(nested(20_000))


def test_an_unknown_element_of_undefined_length_holds_implicit_elements() -> None:
    """PS3.5 6.2.2 note 2, and 7.5.1."""
    item = struct.pack("<HHI", 0x0010, 0x0020, 4) + b"ONE "
    sequence = struct.pack("<HHI", 0xFFFE, 0xE000, len(item)) + item + struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)
    content = struct.pack("<HH2s2xI", 0x0029, 0x1001, b"UN", 0xFFFFFFFF) + sequence
    layout = find(content + PIXELS)
    assert [each.tag for each in layout.elements] == [0x00291001, 0x7FE00010]
    assert layout.faults == ()


@pytest.mark.parametrize("end", [None, 8, 12])
def test_encapsulated_pixel_data_end_at_their_delimiter(end: int | None) -> None:
    fragments = struct.pack("<HHI", 0xFFFE, 0xE000, 0) + struct.pack("<HHI", 0xFFFE, 0xE000, 4) + b"abcd"
    content = struct.pack("<HH2s2xI", 0x7FE0, 0x0010, b"OB", 0xFFFFFFFF) + fragments
    content += struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)
    pixels = find(content[: None if end is None else -end]).pixels
    assert pixels is not None
    assert pixels.end == (12 + len(fragments) if end is None else None)


def test_implicit_lengths_that_look_like_letters_are_lengths(tmp_path: Path) -> None:
    """1031 x 1031 values of 16 bits take 0x207082 bytes: the second and third byte of that length are letters."""
    rows = 1031
    image = radiograph(phantom(rows, rows), TransferSyntaxUID=pydicom.uid.ImplicitVRLittleEndian)
    path = save(image, tmp_path / "image.dcm")
    with dicom.open_regular(path) as file:
        assert "PixelData" in dicom.read_header(file, path).header


def test_a_file_that_changes_while_it_is_read_is_unreadable(tmp_path: Path) -> None:
    path = save(radiograph(phantom(512, 512)), tmp_path / "image.dcm")
    reading = dicom.open_regular(path)
    reading.__enter__().read(10)
    path.write_bytes(path.read_bytes() + b"\0\0")
    with pytest.raises(UnreadableFileError, match="was changed while it was read"):
        reading.__exit__(None, None, None)


def test_a_file_that_is_replaced_while_it_is_read_is_the_first(tmp_path: Path) -> None:
    first = save(radiograph(phantom(512, 512), PatientID="ONE"), tmp_path / "first.dcm")
    second = save(radiograph(255 - phantom(512, 512), PatientID="TWO"), tmp_path / "second.dcm")
    with dicom.open_regular(first) as file:
        alone = dicom.decode(dicom.read_header(file, first))
    with dicom.open_regular(first) as file:
        image = dicom.read_header(file, first)
        second.replace(first)
        assert image.header.PatientID == "ONE"
        assert (dicom.decode(image) == alone).all()


def test_a_transfer_syntax_of_another_value_representation_is_read_all_the_same(tmp_path: Path) -> None:
    path = save(radiograph(phantom(512, 512)), tmp_path / "image.dcm")
    content = path.read_bytes()
    path.write_bytes(content.replace(b"\x02\x00\x10\x00UI", b"\x02\x00\x10\x00DS", 1))
    assert path.read_bytes() != content
    with dicom.open_regular(path) as file:
        assert isinstance(dicom.decode(dicom.read_header(file, path)), np.ndarray)


def test_file_meta_information_is_kept_with_the_header(tmp_path: Path) -> None:
    path = save(radiograph(phantom(512, 512)), tmp_path / "image.dcm")
    with dicom.open_regular(path) as file:
        header = dicom.read_header(file, path).header
    assert isinstance(header.file_meta, FileMetaDataset)
    assert header.file_meta == dcmread(path).file_meta
