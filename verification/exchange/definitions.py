"""What a ReqIF file says of its types: which are ours, whatever a tool calls them, and which of ours each holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from verification.evidence import ItemKind
from verification.exchange.form import PART, Field, Form, matched
from verification.exchange.result import Exchange
from verification.exchange.tree import Element
from verification.exchange.values import decode


@dataclass(slots=True)
class Definition:
    """An attribute as the file defines it, the field that it holds (None: none of ours), and its default value."""

    name: str
    line: int
    field: Field | None = None
    default: Any = None


@dataclass(slots=True)
class ObjectType:
    """A type of objects: its name in the file; what it is, a kind or a part (empty: neither); its attributes."""

    name: str
    owner: str
    attributes: dict[str, Definition]

    @property
    def id(self) -> str:
        """The attribute that holds the id of an item or part; empty where none does."""
        return next((key for key, one in self.attributes.items() if one.field and one.field.name == "id"), "")


@dataclass(slots=True)
class Definitions:
    """The types of a file by identifier: of data their choices, of objects, and the names of all and of attributes."""

    datatypes: dict[str, dict[str, str]]
    objects: dict[str, ObjectType] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)

    def name(self, reference: str) -> str:
        """What the file calls a type or an attribute; its identifier, if the file does not define it."""
        return self.names.get(reference, reference)

    @property
    def choices(self) -> dict[str, str]:
        """The names of all choices."""
        return {key: name for each in self.datatypes.values() for key, name in each.items()}


def relation_name(form: Form, field: Field) -> str:
    """The type of the relations that a field of a kind holds."""
    return f"{form.kind.value}.{field.name}"


def fields_of(owner: str, forms: dict[ItemKind, Form]) -> tuple[Field, ...]:
    """The fields of a kind, or of parts, that are attributes."""
    own = [one for form in forms.values() for one in form.fields if form.kind.value == owner]
    if owner == PART:
        own = list({part.name: part for form in forms.values() for one in form.fields for part in one.parts}.values())
    return tuple(one for one in own if one.shape.datatype)


def read_definitions(content: Element, forms: dict[ItemKind, Form], exchange: Exchange) -> Definitions:
    """Read the types of a file; name attributes of our types that are not ours, for the others have no item."""
    datatypes = {each.identifier: dict(_choices(each)) for each in content.below("DATATYPES")}
    found = Definitions(datatypes)
    for each in content.below("SPEC-TYPES"):
        each.take("DESC")
        name = _name(each)
        found.names[each.identifier] = name
        definitions = each.below("SPEC-ATTRIBUTES")
        found.names |= {one.identifier: _name(one) for one in definitions}
        if each.name == "SPEC-OBJECT-TYPE":
            found.objects[each.identifier] = _object_type(each, definitions, forms, found, exchange)
        for one in definitions:
            one.take("DESC")
            one.reference("TYPE")
    return found


def _object_type(
    element: Element, definitions: list[Element], forms: dict[ItemKind, Form], known: Definitions, exchange: Exchange
) -> ObjectType:
    kinds = [*(kind.value for kind in forms), PART]
    found = ObjectType(_name(element), matched(_name(element), kinds), {})
    fields = fields_of(found.owner, forms)
    held = {id(one): each for one, each in _assigned(found.owner, fields, definitions)}
    for one in definitions:
        own = held.get(id(one))
        found.attributes[one.identifier] = Definition(_name(one), one.line, own)
        if own is not None:
            found.attributes[one.identifier].default = _default(own, one, known, exchange)
        elif found.owner:
            ours = ", ".join(each.name for each in fields)
            message = f"found the attribute {_name(one)} of a {found.owner}, expected one of {ours}; it is not read"
            exchange.notice("reqif-definition", one, message, "give it a known name if it holds what an item has")
    return found


def _default(own: Field, definition: Element, known: Definitions, exchange: Exchange) -> Any:
    """The default value; and say which choices are none of ours."""
    others = [name for name in known.datatypes.get(definition.reference("TYPE"), {}).values() if own.choices]
    for name in (name for name in others if not matched(name, own.choices)):
        message = (
            f"found the choice {name} of {own.name}, expected one of {', '.join(own.choices)}; no item can have it"
        )
        exchange.notice("reqif-definition", definition, message)
    for value in definition.below("DEFAULT-VALUE"):
        value.reference("DEFINITION")
        try:
            return decode(own, value, known.choices)
        except ValueError as error:
            exchange.fault("reqif-value", value, f"the default of {own.name}: {error}", "correct the value")
    return None


def _assigned(owner: str, fields: tuple[Field, ...], definitions: list[Element]) -> Iterator[tuple[Element, Field]]:
    """Yield the definition that holds each field: its name is our own, or one that tools know, or much the same."""
    free = list(definitions)
    for one in fields:
        *standard, own = one.names(owner)
        names = (own, *standard)
        order = [each for name in names for each in free if _name(each) == name]
        order += [each for name in names for each in free if matched(_name(each), [name])]
        if order:
            free.remove(order[0])
            yield order[0], one


def _choices(datatype: Element) -> Iterator[tuple[str, str]]:
    datatype.take("DESC")
    for value in datatype.below("SPECIFIED-VALUES"):
        value.take("DESC")
        key = next((one.take("KEY") for one in value.below("PROPERTIES")), "")
        yield value.identifier, value.attributes.get("LONG-NAME") or key


def _name(element: Element) -> str:
    return element.attributes.get("LONG-NAME") or element.identifier
