"""What people reviewed is known by digests, so that these stay the same values from version to version."""

import ast
import hashlib
import json

import pytest

from verification.evidence import ItemKind
from verification.sources.scan import digest_of as digest_of_code
from verification.sources.subjects import PROTOCOL, find_protocol, find_subjects
from verification.specification.documents import Document
from verification.specification.items import Entry, Items, criteria_of, digest_of, whole_of
from verification.specification.reading import read_items

ITEM = {
    "id": "SRS-001", "title": "Tür “Süd”", "text": "The door\n  opens  at 10 °C.",
    "rationale": "why", "parents": ["SYS-001"],
    "criteria": [{"id": "AC1", "text": "It  opens\tin 1 s.", "method": "test"}],
}  # fmt: skip
CODE = '''
@cached
def open_door(seconds: float = 0.5, *names, key=None, **others) -> list[str]:
    """Open it."""
    "a bare text"
    found = {**others, "a": -1, 'b': b"\\x00", "c": 1j, "d": ...}
    async def later(): return [each async for each in key if each if not None]
    match found:
        case {"a": 1, **rest} | [_, *rest]: pass
        case _: del found[1:2], found
    return [f"{seconds!r:>{found}} {names}", lambda: (yield), "it's \\"so\\""]
'''


def test_the_digests_of_an_item_are_of_its_meaning():
    assert [digest_of(ITEM), whole_of(ITEM), *criteria_of(ITEM)] == [
        "4ceb8f2a7534bbec45065fa13a7f2c5768e137e3e11086a2b6cc6e8beb1e7735",
        "1eb71aa8fd72e9cd4110e8f8335d6f90e6cfbb104a92a629befa2c46f267f1b3",
        "ca2670be47d8d06ab0f3f0fb68ee033af63c8c8131d4a7dc65fe252d616e3315",
    ]


def test_the_digest_of_code_is_the_same_in_each_version():
    assert digest_of_code(ast.parse(CODE)) == "f0ad6883d42ab0b20248b99359269e560f2179708aa587006b3862702240b287"
    assert digest_of_code(ast.parse(CODE.replace("Open it", "Shut it").replace("0.5", "00.50"))) == digest_of_code(
        ast.parse(CODE)
    )
    assert digest_of_code(ast.parse(CODE.replace("0.5", "0.6"))) != digest_of_code(ast.parse(CODE))


def test_a_subject_is_the_digest_of_its_parts_as_json(checkout):
    items = read_items(checkout.project)
    subjects = find_subjects(items, (), ())
    assert len(subjects) == len(list(subjects)) > len(items.entries)
    for identity, subject in subjects.items():
        assert subject.id == identity
        said = json.dumps(subject.parts, sort_keys=True)
        assert subject.digest == hashlib.sha256(said.encode()).hexdigest()


def test_a_name_that_json_escapes_is_escaped_in_a_subject():
    names = ('SRS-00"1', "SRS-Ü\\")
    items = Items(
        {name: Entry(name, ItemKind.HAZARD, {}, Document("a"), True, "0" * 64, "1" * 64) for name in names}, {}, None
    )
    for name in names:
        said = json.dumps({name: "1" * 64})
        assert find_subjects(items, (), ())[name].digest == hashlib.sha256(said.encode()).hexdigest()


def test_the_order_in_which_subjects_of_a_cycle_are_asked_for_does_not_matter():
    names = ("SRS-003", "SRS-004")
    entries = {
        name: Entry(name, ItemKind.SOFTWARE_REQUIREMENT, {"parents": [other]}, Document("a"), True, "0" * 64, "1" * 64)
        for name, other in (names, names[::-1])
    }
    items = Items(entries, {}, None, [Document("a").issue("link-cycle", (), "a cycle", "remove one")])
    one, other = (find_subjects(items, (), ()) for _ in range(2))
    assert [one[name] for name in names] == [other[name] for name in names[::-1]][::-1]
    assert one["SRS-003"].parts.keys() == set(names)
    assert one["SRS-004"].parts.keys() == {"SRS-004"}


def test_what_is_no_subject_has_none(checkout):
    items = read_items(checkout.project)
    subjects = find_subjects(items, (), ())
    assert PROTOCOL not in subjects
    beside = subjects.beside(find_protocol(items, ()))
    assert beside[PROTOCOL].id == PROTOCOL
    assert set(beside) - set(subjects) == {PROTOCOL}
    with pytest.raises(KeyError):
        _ = subjects["SRS-999"]
