"""Items to ReqIF. The XML is written here, for the library's own writer loses the line ends of a text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

from verification.evidence import Issue, ItemKind, Severity, Source
from verification.exchange.definitions import relation_name
from verification.exchange.form import PART, Field, Form, Shape
from verification.exchange.texts import entries, paragraphs
from verification.specification.items import Entry

NAMESPACE = "http://www.omg.org/spec/ReqIF/20110401/reqif.xsd"
ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""Characters that XML 1.0 cannot hold."""

XHTML = "http://www.w3.org/1999/xhtml"


def write_reqif(items: list[Entry], forms: dict[ItemKind, Form], source: Source) -> bytes:
    """The items as a ReqIF file; the same items at the same commit give the same bytes."""
    stamp = f"{source.commit_date}T00:00:00Z"
    root = ElementTree.Element("REQ-IF", {"xmlns": NAMESPACE, "xmlns:xhtml": XHTML})
    _header(root, source, stamp)
    content = _child(_child(root, "CORE-CONTENT"), "REQ-IF-CONTENT")
    parts = [_child(content, name) for name in ("DATATYPES", "SPEC-TYPES", "SPEC-OBJECTS", "SPEC-RELATIONS")]
    datatypes, types, objects, relations = parts
    _write_datatypes(datatypes, forms, stamp)
    _write_types(types, forms, stamp)
    for entry in items:
        _write_object(objects, forms[entry.kind], entry, stamp)
        _write_relations(relations, forms[entry.kind], entry, stamp)
    _write_specifications(_child(content, "SPECIFICATIONS"), items, forms, stamp)
    ElementTree.indent(root)
    text = ElementTree.tostring(root, encoding="unicode").replace(
        "\r", "&#13;"
    )  # bare, a parser takes it for a line end
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'.encode()


def find_unwritable(items: list[Entry], forms: dict[ItemKind, Form]) -> Iterator[Issue]:
    """Yield an issue for each text that XML cannot hold."""
    for entry in items:
        for field in forms[entry.kind].fields:
            found = ILLEGAL.search("".join(_texts(field.of(entry.value))))
            if found:
                yield Issue(
                    code="reqif-character", severity=Severity.BLOCKING, where=entry.document.where(*field.path),
                    message=f"{field.name} holds U+{ord(found[0]):04X}, expected characters that XML can hold",
                    hint="delete the character",
                )  # fmt: skip


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _texts(each)


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
        "XHTML": {},
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
            if field.shape.datatype and (owner, field.name) not in seen:
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
                _named(parent, "SPEC-RELATION-TYPE", key, key, stamp, DESC=field.relation)
    _named(parent, "SPECIFICATION-TYPE", "type.specification", "specification", stamp)


def _write_definition(parent: ElementTree.Element, owner: str, field: Field, stamp: str) -> None:
    name = field.shape.datatype
    more = {"MULTI-VALUED": "true" if field.shape is Shape.CHOICES else "false"} if field.choices else {}
    tag, key = f"ATTRIBUTE-DEFINITION-{name}", f"{owner}.{field.name}"
    definition = _named(parent, tag, key, field.names(owner)[0], stamp, **more)
    reference = f"data.{key}" if field.choices else f"data.{name}"
    _child(_child(definition, "TYPE"), f"DATATYPE-DEFINITION-{name}-REF").text = reference


def _write_object(parent: ElementTree.Element, form: Form, entry: Entry, stamp: str) -> None:
    own = {one: one.of(entry.value) for one in form.fields if one.of(entry.value) is not None}
    implied = [one for one, found in own.items() if found == [] and one.path[0] in form.required]
    for one in implied:  # some tools cannot read the empty text that they make of an empty list
        del own[one]
    _write_values(parent, entry.id, form.kind.value, own, stamp)
    for key, part, field in _parts(form, entry):
        _write_values(parent, key, PART, {one: one.of(part) for one in field.parts if one.of(part) is not None}, stamp)


def _parts(form: Form, entry: Entry) -> Iterator[tuple[str, dict[str, Any], Field]]:
    """The parts of an item, each with the identifier of its object."""
    for field in form.fields:
        if field.shape is Shape.PARTS:
            for part in field.of(entry.value) or ():
                yield f"{entry.id}.{part['id']}", part, field


def _write_values(parent: ElementTree.Element, key: str, owner: str, own: dict[Field, Any], stamp: str) -> None:
    name = next((str(found) for field, found in own.items() if field.name == "id"), key)
    element = _named(parent, "SPEC-OBJECT", key, name, stamp)
    values = _child(element, "VALUES")
    for field, found in own.items():
        if field.shape.datatype:
            _write_value(values, owner, field, found)
    _child(_child(element, "TYPE"), "SPEC-OBJECT-TYPE-REF").text = f"type.{owner}"


def _write_value(parent: ElementTree.Element, owner: str, field: Field, found: Any) -> None:
    name, key = field.shape.datatype, f"{owner}.{field.name}"
    element = _child(parent, f"ATTRIBUTE-VALUE-{name}")
    if name == "XHTML":
        block = _child(_child(element, "THE-VALUE"), "xhtml:div")
        for tag, text in entries(found) if field.shape is Shape.LINES else paragraphs(found):
            _child(block, f"xhtml:{tag}").text = text
    elif field.choices:
        values = _child(element, "VALUES")
        for choice in found if field.shape is Shape.CHOICES else [_text(found)]:
            _child(values, "ENUM-VALUE-REF").text = f"data.{key}.{choice}"
    else:
        element.set("THE-VALUE", _text(found))
    _child(_child(element, "DEFINITION"), f"ATTRIBUTE-DEFINITION-{name}-REF").text = key


def _text(found: Any) -> str:
    return str(found).lower() if isinstance(found, bool) else str(found)


def _write_relations(parent: ElementTree.Element, form: Form, entry: Entry, stamp: str) -> None:
    for field in form.fields:
        for target in (field.of(entry.value) or ()) if field.shape is Shape.LINKS else ():
            key = f"{entry.id}.{field.name}.{target}"
            relation = _named(parent, "SPEC-RELATION", key, field.relation, stamp)
            _child(_child(relation, "TARGET"), "SPEC-OBJECT-REF").text = target
            _child(_child(relation, "SOURCE"), "SPEC-OBJECT-REF").text = entry.id
            _child(_child(relation, "TYPE"), "SPEC-RELATION-TYPE-REF").text = relation_name(form, field)


def _write_specifications(
    parent: ElementTree.Element, items: list[Entry], forms: dict[ItemKind, Form], stamp: str
) -> None:
    for kind, form in forms.items():
        name = re.sub("ys$", "ies", kind.value.replace("_", " ").capitalize() + "s")
        specification = _named(parent, "SPECIFICATION", f"specification.{kind.value}", name, stamp)
        _child(_child(specification, "TYPE"), "SPECIFICATION-TYPE-REF").text = "type.specification"
        children = _child(specification, "CHILDREN")
        for entry in (entry for entry in items if entry.kind is kind):
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
