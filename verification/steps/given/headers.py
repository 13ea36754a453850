"""Given: one radiograph, and what its attributes say."""

from __future__ import annotations

from pydicom.uid import ExplicitVRLittleEndian
from pytest_bdd import given, parsers

from verification.steps import radiographs
from verification.steps.bench import Bench
from verification.steps.tables import Rows, records

PLAIN = str(ExplicitVRLittleEndian)


@given("a complete DX radiograph")
def dx(bench: Bench) -> None:
    """A DX image For Presentation of the `phantom`, 1024 x 1024 in 12 bits: the chest of a child of 3 years, AP."""
    bench.image = radiographs.radiograph()


@given("a complete CR radiograph")
def cr(bench: Bench) -> None:
    """A CR image of the same child, which states its view and its anatomy as text alone."""
    bench.image = radiographs.computed_radiograph()


@given(parsers.parse("a complete DX radiograph of a patient of {age}"))
def dx_of_age(bench: Bench, age: str) -> None:
    """The DX image with this Patient's Age (AS: 003Y, 018M) and no birth date that could contradict it."""
    bench.image = radiographs.radiograph(PatientBirthDate="")
    radiographs.set_value(bench.image, "PatientAge", age)


@given(parsers.parse("a complete DX radiograph of {rows:d} rows and {columns:d} columns"))
def dx_of_size(bench: Bench, rows: int, columns: int) -> None:
    """The DX image with a `phantom` of so many rows and columns."""
    bench.image = radiographs.radiograph(radiographs.phantom(rows, columns))


@given(parsers.re(r"its (?P<keyword>[A-Z]\w+) is (?P<value>.+)"))
def attribute(bench: Bench, keyword: str, value: str) -> None:
    """Give one attribute the value, `absent` or `empty`, as `radiographs.set_value` reads it."""
    radiographs.set_value(bench.image, keyword, value)


@given("its attributes are:")
def attributes(bench: Bench, datatable: Rows) -> None:
    """Give each attribute of the table (keyword, value) its value, in the same way."""
    for row in records(datatable):
        radiographs.set_value(bench.image, row["keyword"], row["value"])


@given(parsers.parse('its file states the transfer syntax "{stated}"'))
@given('its file states the transfer syntax ""')
def stated_transfer_syntax(bench: Bench, stated: str = "") -> None:
    """Write another Transfer Syntax UID, padded with zeros, over that of the file; the data set stays as it is."""
    path, plain = bench.file(), PLAIN.encode() + b"\x00"
    path.write_bytes(path.read_bytes().replace(plain, stated.encode().ljust(len(plain), b"\x00"), 1))


@given(parsers.parse("its coded view is modified as {code} {scheme}"))
def modified_view(bench: Bench, code: str, scheme: str) -> None:
    """Give the item of View Code Sequence one item of View Modifier Code Sequence (PS3.16 CID 4011)."""
    bench.image.ViewCodeSequence[0].ViewModifierCodeSequence = [radiographs.code(code, scheme, "as coded")]
