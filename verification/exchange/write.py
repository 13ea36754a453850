"""Items to ReqIF. The XML is written here, for the library's own writer loses the line ends of a text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

from verification.evidence import Issue, ItemKind, Severity, Source
from verification.exchange.form import Field, Form, Shape, join_lines
from verification.specification.items import Entry

NAMESPACE = "http://www.omg.org/spec/ReqIF/20110401/reqif.xsd"
ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""Characters that XML 1.0 cannot hold."""

PART = "criterion"
"""What a part of an item is called: acceptance criteria are the only ones."""

_SIMPLE = {Shape.TEXT: "STRING", Shape.LINES: "STRING", Shape.TRUTH: "BOOLEAN", Shape.NUMBER: "INTEGER"}
_ATTRIBUTES = (*_SIMPLE, Shape.CHOICE, Shape.CHOICES)


def write_reqif(entries: list[Entry], forms: dict[ItemKind, Form], source: Source) -> bytes:
    """The items as a ReqIF file; the same items at the same commit give the same bytes."""
    stamp = f"{source.commit_date}T00:00:00Z"
    root = ElementTree.Element("REQ-IF", {"xmlns": NAMESPACE})
    _header(root, source, stamp)
    content = _child(_child(root, "CORE-CONTENT"), "REQ-IF-CONTENT")
    parts = [_child(content, name) for name in ("DATATYPES", "SPEC-TYPES", "SPEC-OBJECTS", "SPEC-RELATIONS")]
    datatypes, types, objects, relations = parts
    _write_datatypes(datatypes, forms, stamp)
    _write_types(types, forms, stamp)
    for entry in entries:
        _write_object(objects, forms[entry.kind], entry, stamp)
        _write_relations(relations, forms[entry.kind], entry, stamp)
    _write_specifications(_child(content, "SPECIFICATIONS"), entries, forms, stamp)
    ElementTree.indent(root)
    text = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'.encode()


def relation_name(form: Form, field: Field) -> str:
    """The type of the relations that a field of a kind holds."""
    return f"{form.kind.value}.{field.name}"


def find_unwritable(entries: list[Entry], forms: dict[ItemKind, Form]) -> Iterator[Issue]:
    """Yield an issue for each text that XML cannot hold."""
    for entry in entries:
        for field in forms[entry.kind].fields:
            found = ILLEGAL.search(str(field.of(entry.value)))
            if found:
                yield Issue(
                    code="reqif-character", severity=Severity.BLOCKING, where=entry.document.where(*field.path),
                    message=f"{field.name} holds U+{ord(found[0]):04X}, expected characters that XML can hold",
                    hint="delete the character",
                )  # fmt: skip


# --- parts of the file ------------------------------------------------------------------------------------------------


def _header(root: ElementTree.Element, source: Source, stamp: str) -> None:
    header = _child(_child(root, "THE-HEADER"), "REQ-IF-HEADER", IDENTIFIER="header")
    said = {
        "COMMENT": f"Commit {source.commit}. Nothing here says that a requirement is reviewed or met.",
        "CREATION-TIME": stamp,
        "REQ-IF-TOOL-ID": "Clearway",
        "REQ-IF-VERSION": "1.0",
        "SOURCE-TOOL-ID": "Clearway",
        "TITLE": "Needs, requirements and risks",
    }
    for name, text in said.items():
        _child(header, name).text = text


def _write_datatypes(parent: ElementTree.Element, forms: dict[ItemKind, Form], stamp: str) -> None:
    common = {
        "STRING": {"MAX-LENGTH": "2000000"},
        "BOOLEAN": {},
        "INTEGER": {"MIN": "-2147483648", "MAX": "2147483647"},
    }
    for name, limits in common.items():
        _named(parent, f"DATATYPE-DEFINITION-{name}", f"data.{name}", name.lower(), stamp, **limits)
    for owner, field in _owned(forms):
        if field.choices:
            key = f"data.{owner}.{field.name}"
            definition = _named(parent, "DATATYPE-DEFINITION-ENUMERATION", key, field.name, stamp)
            values = _child(definition, "SPECIFIED-VALUES")
            for number, choice in enumerate(field.choices):
                value = _named(values, "ENUM-VALUE", f"{key}.{choice}", choice, stamp)
                _child(_child(value, "PROPERTIES"), "EMBEDDED-VALUE", **{"KEY": str(number), "OTHER-CONTENT": ""})


def _owned(forms: dict[ItemKind, Form]) -> Iterator[tuple[str, Field]]:
    """Every field that is an attribute, with the type that has it; parts have a type that all kinds share."""
    seen: set[tuple[str, str]] = set()
    for form in forms.values():
        own = [(form.kind.value, field) for field in form.fields]
        own += [(PART, part) for field in form.fields for part in field.parts]
        for owner, field in own:
            if field.shape in _ATTRIBUTES and (owner, field.name) not in seen:
                seen.add((owner, field.name))
                yield owner, field


def _write_types(parent: ElementTree.Element, forms: dict[ItemKind, Form], stamp: str) -> None:
    fields: dict[str, list[Field]] = {}
    for owner, field in _owned(forms):
        fields.setdefault(owner, []).append(field)
    for owner, owned in fields.items():
        kind = _named(parent, "SPEC-OBJECT-TYPE", f"type.{owner}", owner, stamp)
        attributes = _child(kind, "SPEC-ATTRIBUTES")
        for field in owned:
            _write_definition(attributes, owner, field, stamp)
    for form in forms.values():
        for field in form.fields:
            if field.shape is Shape.LINKS:  # a kind may have two of one relation: the type tells which it is
                key = relation_name(form, field)
                _named(parent, "SPEC-RELATION-TYPE", f"type.{key}", key, stamp, DESC=field.relation)
    _named(parent, "SPECIFICATION-TYPE", "type.specification", "specification", stamp)


def _write_definition(parent: ElementTree.Element, owner: str, field: Field, stamp: str) -> None:
    name = _SIMPLE.get(field.shape, "ENUMERATION")
    more = {} if field.shape in _SIMPLE else {"MULTI-VALUED": "true" if field.shape is Shape.CHOICES else "false"}
    tag, key = f"ATTRIBUTE-DEFINITION-{name}", f"{owner}.{field.name}"
    definition = _named(parent, tag, key, field.name, stamp, **more)
    reference = f"data.{key}" if field.choices else f"data.{name}"
    _child(_child(definition, "TYPE"), f"DATATYPE-DEFINITION-{name}-REF").text = reference


def _write_object(parent: ElementTree.Element, form: Form, entry: Entry, stamp: str) -> None:
    _write_values(parent, entry.id, form.kind.value, form.fields, entry.value, stamp)
    for key, part, field in _parts(form, entry):
        _write_values(parent, key, PART, field.parts, part, stamp)


def _parts(form: Form, entry: Entry) -> Iterator[tuple[str, dict[str, Any], Field]]:
    """The parts of an item, each with the identifier of its object."""
    for field in form.fields:
        if field.shape is Shape.PARTS:
            for part in field.of(entry.value) or ():
                yield f"{entry.id}.{part['id']}", part, field


def _write_values(
    parent: ElementTree.Element, key: str, owner: str, fields: tuple[Field, ...], value: dict[str, Any], stamp: str
) -> None:
    element = _named(parent, "SPEC-OBJECT", key, str(value.get("title") or value.get("id") or key), stamp)
    values = _child(element, "VALUES")
    for field in fields:
        found = field.of(value)
        if field.shape in _ATTRIBUTES and found is not None:
            _write_value(values, owner, field, found)
    _child(_child(element, "TYPE"), "SPEC-OBJECT-TYPE-REF").text = f"type.{owner}"


def _write_value(parent: ElementTree.Element, owner: str, field: Field, found: Any) -> None:
    name, key = _SIMPLE.get(field.shape, "ENUMERATION"), f"{owner}.{field.name}"
    element = _child(parent, f"ATTRIBUTE-VALUE-{name}")
    if field.shape in _SIMPLE:
        element.set("THE-VALUE", _text(field, found))
    else:
        values = _child(element, "VALUES")
        for choice in found if field.shape is Shape.CHOICES else [found]:
            _child(values, "ENUM-VALUE-REF").text = f"data.{key}.{choice}"
    _child(_child(element, "DEFINITION"), f"ATTRIBUTE-DEFINITION-{name}-REF").text = key


def _text(field: Field, found: Any) -> str:
    if field.shape is Shape.LINES:
        return join_lines(found)
    return str(found).lower() if field.shape is Shape.TRUTH else str(found)


def _write_relations(parent: ElementTree.Element, form: Form, entry: Entry, stamp: str) -> None:
    for field in form.fields:
        for target in (field.of(entry.value) or ()) if field.shape is Shape.LINKS else ():
            key = f"{entry.id}.{field.name}.{target}"
            relation = _named(parent, "SPEC-RELATION", key, field.relation, stamp)
            _child(_child(relation, "TARGET"), "SPEC-OBJECT-REF").text = target
            _child(_child(relation, "SOURCE"), "SPEC-OBJECT-REF").text = entry.id
            _child(_child(relation, "TYPE"), "SPEC-RELATION-TYPE-REF").text = f"type.{relation_name(form, field)}"


def _write_specifications(
    parent: ElementTree.Element, entries: list[Entry], forms: dict[ItemKind, Form], stamp: str
) -> None:
    for kind, form in forms.items():
        name = kind.value.replace("_", " ").capitalize() + "s"
        specification = _named(parent, "SPECIFICATION", f"specification.{kind.value}", name, stamp)
        _child(_child(specification, "TYPE"), "SPECIFICATION-TYPE-REF").text = "type.specification"
        children = _child(specification, "CHILDREN")
        for entry in (entry for entry in entries if entry.kind is kind):
            place = _place(children, entry.id, stamp)
            parts = [key for key, _, _ in _parts(form, entry)]
            below = _child(place, "CHILDREN") if parts else place
            for key in parts:
                _place(below, key, stamp)


def _place(parent: ElementTree.Element, key: str, stamp: str) -> ElementTree.Element:
    place = _child(parent, "SPEC-HIERARCHY", **{"IDENTIFIER": f"place.{key}", "LAST-CHANGE": stamp})
    _child(_child(place, "OBJECT"), "SPEC-OBJECT-REF").text = key
    return place


def _named(
    parent: ElementTree.Element, tag: str, key: str, name: str, stamp: str, **attributes: str
) -> ElementTree.Element:
    """An element that ReqIF identifies: key, name, when it changed last."""
    return _child(parent, tag, **{"IDENTIFIER": key, "LAST-CHANGE": stamp, "LONG-NAME": name}, **attributes)


def _child(parent: ElementTree.Element, tag: str, **attributes: str) -> ElementTree.Element:
    return ElementTree.SubElement(parent, tag, attributes)
