"""ReqIF to items: every fault in one pass, and everything that becomes no part of an item is named.

What is read is taken out of the tree; whatever is left in the end is named too, so that nothing depends on a list of
all that a tool may write.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from verification.evidence import ItemKind
from verification.exchange.archive import read_content
from verification.exchange.definitions import ObjectType, read_definitions, relation_name
from verification.exchange.form import PART, Field, Form, Shape, matched
from verification.exchange.result import Exchange
from verification.exchange.tree import Element, find_rest, find_twice, parse
from verification.exchange.values import decode, find_lost, shown
from verification.specification.documents import Document, Places, Schema, find_schema_issues


def read_reqif(path: Path, forms: dict[ItemKind, Form]) -> Exchange:
    """Read the items of a ReqIF file, or of the one in an archive, and hold each against the schema of its kind."""
    exchange = Exchange(path.name)
    try:
        content, others = read_content(path)
        root = parse(content)
        for element, line in find_twice(root):
            message = f"the identifier {element.identifier} stands twice, first at line {line}"
            exchange.fault("reqif-duplicate", element, message, "keep one of the two")
        reader = _Reader(_content(root), forms, exchange)
    except (OSError, ValueError) as error:
        exchange.fault("reqif-unreadable", 0, f"not ReqIF: {error}", "export the file again")
        return exchange
    reader.read()
    for name in others:
        exchange.notice("reqif-file", 0, f"found the file {name} in the archive, which no item has; it is not read")
    for element, within, what in find_rest(root):
        message = f"{within}: found {what}, which no item has; it is not read" if within else f"found {what}; not read"
        exchange.notice("reqif-rest", element, message)
    exchange.sort()
    return exchange


def _content(root: Element) -> Element:
    root.taken = True
    root.child("TOOL-EXTENSIONS")
    core = root.child("CORE-CONTENT") if root.name == "REQ-IF" else None
    content = None if core is None else core.child("REQ-IF-CONTENT")
    if content is None:
        raise ValueError(f"found {root.name}, expected REQ-IF with its content (CORE-CONTENT, REQ-IF-CONTENT)")
    return content


@dataclass(slots=True, eq=False)
class _Object:
    """An object of the file: its element; what it is (empty: nothing of ours); its value; where its fields stand."""

    element: Element
    owner: str
    value: dict[str, Any] = field(default_factory=dict)
    lines: dict[tuple[str | int, ...], int] = field(default_factory=dict)
    parts: list[dict[str, Any]] = field(default_factory=list)
    targets: dict[str, list[str]] = field(default_factory=dict)
    places: int = 0

    @property
    def id(self) -> str:
        """The id of the item; tools may give its element another identifier."""
        return str(self.value.get("id") or self.element.identifier)

    @property
    def said(self) -> str:
        """What messages call it: the id of an item; of a part, whose id others have too, the identifier with it."""
        return f"{self.element.identifier} ({PART} {self.id})" if self.owner == PART else self.id


class _Reader:
    """Reads the content of a file, part after part."""

    def __init__(self, content: Element, forms: dict[ItemKind, Form], exchange: Exchange) -> None:
        self.content, self.forms, self.exchange = content, forms, exchange
        self.known = read_definitions(content, forms, exchange)
        self.choices = self.known.choices
        self.schemas = {kind: Schema(form.schema) for kind, form in forms.items()}
        self.objects: dict[str, _Object] = {}

    def read(self) -> None:
        """Read objects, their places and their relations; then make items of them."""
        for element in self.content.below("SPEC-OBJECTS", "SPEC-OBJECT"):
            self._read_object(element)
        for element in self.content.below("SPECIFICATIONS", "SPECIFICATION"):
            self._read_specification(element)
        for element in self.content.below("SPEC-RELATIONS", "SPEC-RELATION"):
            self._read_relation(element)
        self.content.child("SPEC-RELATION-GROUPS")
        for each in self.objects.values():
            if each.owner in self.forms:
                self._keep(each, self.forms[ItemKind(each.owner)])
            elif each.owner and not each.places:
                message = f"{each.said}: stands in no specification"
                self.exchange.fault("reqif-place", each.element, message, "give it a place below its requirement")

    # --- objects ------------------------------------------------------------------------------------------------------

    def _read_object(self, element: Element) -> None:
        reference, name = element.reference("TYPE"), element.attributes.get("LONG-NAME", "")
        kind = self.known.objects.get(reference) or ObjectType(reference, "", {})
        found = _Object(element, kind.owner)
        self.objects[element.identifier] = found
        if not kind.owner:
            known = ", ".join((*self.forms, PART))
            said = f"{element.identifier}: found an object of the type {kind.name or 'none'}"
            said += f" with the name {name!r}" if name else ""
            self.exchange.notice("reqif-type", element, f"{said}, expected one of {known}; it is not read")
            element.drop()
            return
        self._read_values(found, kind)
        if name and name not in (element.identifier, found.id, found.value.get("title")):
            message = f"{found.said}: found the name {name!r}, which is neither its id nor its title; it is not read"
            self.exchange.notice("reqif-name", element, message, "a title is read from the attribute title")

    def _read_values(self, found: _Object, kind: ObjectType) -> None:
        given: dict[str, int] = {}
        values = [(value, value.reference("DEFINITION")) for value in found.element.below("VALUES")]
        for value, reference in sorted(values, key=lambda each: each[1] != kind.id):  # the id first: messages name it
            definition = kind.attributes.get(reference)
            if definition is None:
                message = (
                    f"{found.said}: found a value of the attribute {reference!r}, which the type {kind.name} lacks"
                )
                self.exchange.fault("reqif-attribute", value, message, "delete it, or define the attribute")
                value.drop()
            elif definition.field is None:
                self._say_unread(found.said, value, definition.name)
            elif reference in given:
                message = f"{found.said}: {definition.field.name} stands twice, first at line {given[reference]}"
                self.exchange.fault("reqif-twice", value, message, "keep one of the values")
                value.drop()
            else:
                given[reference] = value.line
                self._read_value(found, definition.field, value)
        for key, definition in kind.attributes.items():
            if definition.field and definition.default is not None and key not in given:
                definition.field.put(found.value, definition.default)
                message = (
                    f"{found.said}: has no {definition.field.name}, so that the default {definition.default!r} applies"
                )
                self.exchange.notice("reqif-default", definition.line, message, "give it the value, or none a default")

    def _read_value(self, found: _Object, one: Field, value: Element) -> None:
        for element, what in find_lost(value):
            message = f"{found.said}: found {what} in {one.name}, expected text alone; only the text is read"
            self.exchange.notice("reqif-markup", element, message)
        try:
            decoded = decode(one, value, self.choices)
        except ValueError as error:
            self.exchange.fault("reqif-value", value, f"{found.said}: {one.name}: {error}", "correct the value")
            return
        if decoded is not None:
            one.put(found.value, decoded)
            found.lines[one.path] = value.line
            self.exchange.used["values"] += 1

    def _say_unread(self, owner: str, value: Element, name: str) -> None:
        """Name a value that no item has, unless it is empty."""
        files = [what for _, what in find_lost(value)]
        try:
            text = shown(value, self.choices)
        except ValueError as error:
            text = str(error)
        if text or files:
            said = " with ".join([repr(text), *files])
            message = f"{owner}: found the attribute {name} {said}, which no item has; it is not read"
            self.exchange.notice("reqif-attribute", value, message)
        value.drop()

    # --- places -------------------------------------------------------------------------------------------------------

    def _read_specification(self, specification: Element) -> None:
        specification.reference("TYPE")
        self._say_values(specification)
        todo: list[tuple[_Object | None, Element]] = [(None, each) for each in specification.below("CHILDREN")]
        for above, place in todo:
            reference = place.reference("OBJECT")
            found = self.objects.get(reference)
            if found is None:
                self._say_missing(place, "the object", reference)
            else:
                found.places += 1
                self._read_place(above, found, place)
            todo += [(found, each) for each in place.below("CHILDREN")]

    def _read_place(self, above: _Object | None, found: _Object, place: Element) -> None:
        if found.owner == PART:
            if above is None or not self._has_parts(above) or found.places > 1:
                message = f"{found.said}: stands {_place(above, found)}"
                self.exchange.fault("reqif-place", place, message, "give it one place, below its requirement")
                return
            if any(part.get("id") == found.value.get("id") for part in above.parts):
                message = f"{found.said}: {above.id} has the {PART} {found.value.get('id')} twice"
                self.exchange.fault("reqif-duplicate", found.element, message, "keep one of the objects")
            above.lines["criteria", len(above.parts)] = found.element.line
            above.parts.append(found.value)
            self.exchange.used["criteria"] += 1
        elif found.owner and (found.places > 1 or (above is not None and above.owner)):
            where = "at a second place" if above is None or not above.owner else f"below {above.id}"
            message = f"{found.id}: stands {where}, which says nothing of an item; the place is not read"
            self.exchange.notice("reqif-place", place, message, "what it derives from is a relation")

    def _has_parts(self, above: _Object) -> bool:
        form = self.forms.get(ItemKind(above.owner)) if above.owner in self.forms else None
        return form is not None and any(one.shape is Shape.PARTS for one in form.fields)

    # --- relations ----------------------------------------------------------------------------------------------------

    def _read_relation(self, relation: Element) -> None:
        self._say_values(relation)
        reference, ends = relation.reference("TYPE"), (relation.reference("SOURCE"), relation.reference("TARGET"))
        source, target = map(self.objects.get, ends)
        if source is None or target is None:
            for end, what, found in zip(ends, ("the source", "the target"), (source, target), strict=True):
                if found is None:
                    self._say_missing(relation, what, end)
            return
        keys = {relation_name(form, one) for form in self.forms.values() for one in form.fields if one.relation}
        there = self.known.name(reference)
        name = matched(there, keys)
        said = f"{relation.identifier}: found a relation {there} from {source.said} to {target.said}"
        if not name:
            known = ", ".join(sorted(keys))
            self.exchange.notice("reqif-relation", relation, f"{said}, expected one of {known}; it is not read")
        elif name.partition(".")[0] != source.owner or target.owner not in self.forms:
            self.exchange.notice("reqif-relation", relation, f"{said}, which can have none; it is not read")
        elif target.id in source.targets.setdefault(name, []):
            self.exchange.notice("reqif-relation", relation, f"{said} a second time; one is read", "keep one of them")
        else:
            source.targets[name].append(target.id)
            self.exchange.used["links"] += 1

    def _say_missing(self, element: Element, what: str, reference: str) -> None:
        message = f"{element.identifier}: {what} is {reference!r}, expected the identifier of an object in the file"
        self.exchange.fault("reqif-dangling", element, message, "export the object with it, or delete it")

    def _say_values(self, element: Element) -> None:
        for value in element.below("VALUES"):
            reference = value.reference("DEFINITION")
            self._say_unread(element.identifier, value, self.known.name(reference))

    # --- items --------------------------------------------------------------------------------------------------------

    def _keep(self, found: _Object, form: Form) -> None:
        if not found.places:
            message = f"{found.id}: stands in no specification, which in some tools means deleted; it is read"
            self.exchange.notice("reqif-place", found.element, message, "if it is deleted, delete the object")
        _complete(found, form)
        value = _ordered(found.value, form)
        if found.id in self.exchange.values:
            message = f"the id {found.id} stands twice"
            self.exchange.fault("reqif-duplicate", found.element, message, "keep one of the objects")
            return
        self.exchange.values[found.id] = form.kind, value
        self.exchange.used["items"] += 1
        places = Places(lines={(): found.element.line, **found.lines})
        for issue in find_schema_issues(
            Document(self.exchange.file, value=value, known=places), self.schemas[form.kind]
        ):
            said = msgspec.structs.replace(issue, message=f"{found.id}: {issue.message}")
            self.exchange.issues.append(said)


def _place(above: _Object | None, found: _Object) -> str:
    if found.places > 1:
        return "at a second place"
    return "below no requirement" if above is None else f"below {above.id}, which has none"


def _complete(found: _Object, form: Form) -> None:
    """Add what no attribute holds: links, parts, and the required fields that are empty."""
    value = found.value
    for one in form.fields:
        targets = found.targets.get(relation_name(form, one), [])
        if one.shape is Shape.LINKS and (targets or one.path[0] in form.required):
            one.put(value, targets)
        elif one.shape is Shape.PARTS and (found.parts or one.path[0] in form.required):
            one.put(value, found.parts)
        elif one.of(value) is None and one.path[0] in form.required:
            one.put(value, [] if one.shape in (Shape.LINES, Shape.CHOICES) else None)


def _ordered(value: dict[str, Any], form: Form) -> dict[str, Any]:
    """The fields in the order of the schema, as people write them."""
    order = list(dict.fromkeys(one.path[0] for one in form.fields))
    return {key: value[key] for key in order if key in value}
