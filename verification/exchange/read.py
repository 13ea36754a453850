"""ReqIF to items, by the parser of the library `reqif`, not by what wrote the file; every fault in one pass."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from verification.evidence import Issue, ItemKind, Severity
from verification.exchange.form import Field, Form, Shape, split_lines
from verification.exchange.write import PART, relation_name
from verification.specification.documents import Document, Schema, find_schema_issues

LARGEST_BYTES = 200_000_000
_TRUTHS = {"true": True, "false": False}


@dataclass(slots=True)
class Exchange:
    """A ReqIF file as read: the value of each item by its id, with its kind; and what is wrong with it."""

    file: str
    values: dict[str, tuple[ItemKind, dict[str, Any]]] = field(default_factory=dict)
    issues: list[Issue] = field(default_factory=list)

    def fault(self, code: str, where: str, message: str, hint: str) -> None:
        """Note a blocking issue about an object of the file."""
        place = f"{self.file}: {where}" if where else self.file
        self.issues.append(Issue(code=code, severity=Severity.BLOCKING, where=place, message=message, hint=hint))


def read_reqif(path: Path, forms: dict[ItemKind, Form]) -> Exchange:
    """Read the items of a ReqIF file, and hold each against the schema of its kind."""
    exchange = Exchange(path.name)
    bundle = _parse(path, exchange)
    if bundle is not None:
        _read_objects(bundle, forms, exchange)
        for identity, (kind, value) in exchange.values.items():
            document = Document(f"{path.name}: {identity}", value=value)
            exchange.issues += find_schema_issues(document, Schema(forms[kind].schema))
    return exchange


def _parse(path: Path, exchange: Exchange) -> Any:
    from reqif.parser import ReqIFParser

    try:
        content = path.read_bytes()
        if len(content) > LARGEST_BYTES:
            raise ValueError(f"{len(content)} bytes, expected at most {LARGEST_BYTES}")
        text = content.decode("utf-8-sig")
        if "<!DOCTYPE" in text or "<!ENTITY" in text:  # entities could name other files, or grow without end
            raise ValueError("it declares a document type, which ReqIF has no use for")
        bundle: Any = ReqIFParser.parse_from_string(text)
        if bundle.core_content is None or bundle.core_content.req_if_content is None:
            raise ValueError("it has no content (CORE-CONTENT, REQ-IF-CONTENT)")
    except Exception as error:  # the library raises whatever comes to hand at what it does not expect
        exchange.fault("reqif-unreadable", "", f"not ReqIF: {error or type(error).__name__}", "export the file again")
        return None
    return bundle.core_content.req_if_content


def _read_objects(content: Any, forms: dict[ItemKind, Form], exchange: Exchange) -> None:
    types = {each.identifier: each for each in content.spec_types or ()}
    choices = {
        value.identifier: value.long_name
        for each in content.data_types or () for value in getattr(each, "values", None) or ()
    }  # fmt: skip
    relations, parts = _relations(content, types), _parts(content, types, forms, choices, exchange)
    for each in (one for one in content.spec_objects or () if _name_of(types, one) != PART):
        name = _name_of(types, each)
        if name not in forms:
            known = ", ".join(kind.value for kind in forms)
            message = f"found an object of the type {name}, expected one of {known}"
            exchange.fault("reqif-type", each.identifier, message, "give its type the name of a kind of items")
            continue
        form = forms[ItemKind(name)]
        value = _values(each, types, {one.name: one for one in form.fields}, choices, exchange)
        _complete(value, form, relations.get(each.identifier, {}), parts.get(each.identifier, []))
        _keep(exchange, each.identifier, form, value)


def _parts(
    content: Any, types: dict[str, Any], forms: dict[ItemKind, Form], choices: dict[str, str], exchange: Exchange
) -> dict[str, list[dict[str, Any]]]:
    """By the object that they stand below the parts of items, in the order of the specifications."""
    fields = {part.name: part for form in forms.values() for owner in form.fields for part in owner.parts}
    objects = {each.identifier: each for each in content.spec_objects or ()}
    found: dict[str, list[dict[str, Any]]] = {}
    todo = [(None, place) for one in content.specifications or () for place in one.children or ()]
    for above, place in todo:
        each = objects.get(place.spec_object)
        if above and each is not None and _name_of(types, each) == PART:
            found.setdefault(above, []).append(_values(each, types, fields, choices, exchange))
        todo += [(place.spec_object, below) for below in place.children or ()]
    return found


def _keep(exchange: Exchange, key: str, form: Form, value: dict[str, Any]) -> None:
    identity = str(value.get("id", key))
    if identity in exchange.values:
        exchange.fault("reqif-duplicate", key, f"the id {identity} stands twice", "keep one of the objects")
        return
    exchange.values[identity] = form.kind, _ordered(value, form)


def _name_of(types: dict[str, Any], spec_object: Any) -> str:
    found = types.get(spec_object.spec_object_type)
    return str(getattr(found, "long_name", None) or spec_object.spec_object_type)


def _relations(content: Any, types: dict[str, Any]) -> dict[str, dict[str, list[str]]]:
    """By source and by name of the relation the targets, in the order of the file."""
    found: dict[str, dict[str, list[str]]] = {}
    ids = {each.identifier: _id_of(each, types) for each in content.spec_objects or ()}
    for each in content.spec_relations or ():
        name = getattr(types.get(each.relation_type_ref), "long_name", None) or each.relation_type_ref
        found.setdefault(each.source, {}).setdefault(name, []).append(ids.get(each.target, each.target))
    return found


def _id_of(spec_object: Any, types: dict[str, Any]) -> str:
    """The id that an object states in its attribute `id`; tools may give its element another identifier."""
    definitions = getattr(types.get(spec_object.spec_object_type), "attribute_map", {})
    for attribute in spec_object.attributes or ():
        if getattr(definitions.get(attribute.definition_ref), "long_name", None) == "id":
            return str(attribute.value)
    return str(spec_object.identifier)


def _values(
    spec_object: Any, types: dict[str, Any], fields: dict[str, Field], choices: dict[str, str], exchange: Exchange
) -> dict[str, Any]:
    definitions = getattr(types.get(spec_object.spec_object_type), "attribute_map", {})
    value: dict[str, Any] = {}
    for attribute in spec_object.attributes or ():
        definition = definitions.get(attribute.definition_ref)
        name = str(getattr(definition, "long_name", None) or attribute.definition_ref)
        if name not in fields:
            message = f"found the attribute {name}, expected one of {', '.join(fields)}"
            exchange.fault("reqif-attribute", spec_object.identifier, message, "delete it or give it a known name")
            continue
        try:
            fields[name].put(value, _decoded(fields[name], attribute, choices))
        except ValueError as error:
            exchange.fault("reqif-value", spec_object.identifier, f"{name}: {error}", "correct the value")
    return value


def _decoded(one: Field, attribute: Any, choices: dict[str, str]) -> Any:
    found, value = attribute.attribute_type.name, attribute.value
    expected = {Shape.TEXT: "STRING", Shape.LINES: "STRING", Shape.TRUTH: "BOOLEAN", Shape.NUMBER: "INTEGER"}
    if found != expected.get(one.shape, "ENUMERATION"):
        raise ValueError(f"found {found}, expected {expected.get(one.shape, 'ENUMERATION')}")
    if one.shape is Shape.CHOICES:
        return [choices.get(each, each) for each in value]
    if one.shape is Shape.CHOICE:
        return choices.get(value[0], value[0]) if value else None
    if one.shape is Shape.TRUTH:
        if value not in _TRUTHS:
            raise ValueError(f"found {value!r}, expected true or false")
        return _TRUTHS[value]
    if one.shape is Shape.NUMBER:
        return int(value)
    return split_lines(value) if one.shape is Shape.LINES else value


def _complete(value: dict[str, Any], form: Form, relations: dict[str, list[str]], parts: list[dict[str, Any]]) -> None:
    """Add what no attribute holds: links, parts, and the required fields that are empty."""
    for one in form.fields:
        targets = relations.get(relation_name(form, one), [])
        if one.shape is Shape.LINKS and (targets or one.path[0] in form.required):
            one.put(value, targets)
        elif one.shape is Shape.PARTS and (parts or one.path[0] in form.required):
            one.put(value, parts)
        elif one.of(value) is None and one.path[0] in form.required:
            one.put(value, [] if one.shape in (Shape.LINES, Shape.CHOICES) else None)


def _ordered(value: dict[str, Any], form: Form) -> dict[str, Any]:
    """The fields in the order of the schema, as people write them."""
    order = list(dict.fromkeys(one.path[0] for one in form.fields))
    return {key: value[key] for key in order if key in value}


# --- against the items here -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that the file and the checkout have otherwise, or an item that only one of them has."""

    id: str
    field: str
    here: Any
    there: Any


def find_differences(exchange: Exchange, here: dict[str, dict[str, Any]]) -> Iterator[Difference]:
    """Yield what is different, by item and by field."""
    for identity, (_, there) in exchange.values.items():
        if identity not in here:
            yield Difference(identity, "", None, there)
            continue
        own = here[identity]
        for key in dict.fromkeys((*own, *there)):
            if own.get(key, _MISSING) != there.get(key, _MISSING):
                yield Difference(identity, key, own.get(key), there.get(key))
    for identity in here.keys() - exchange.values.keys():
        yield Difference(identity, "", here[identity], None)


_MISSING = object()
