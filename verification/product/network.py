"""What the device does as a node of the network, read from the tables that it answers by and from its schema."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin

import msgspec

from verification.evidence import (
    AssociationRefusal,
    AssociationTerm,
    NetworkService,
    NetworkStatus,
    NodeInterfaces,
    NodeParameter,
    RecordLine,
    RegisteredUid,
)

PLAIN = {str: "text", bool: "true or false", Path: "a path"}
"""What is expected of a key whose schema says no more than a type."""


EMPTY = '""'
"""A text without a character, as YAML has it."""


def describe_node() -> NodeInterfaces:
    """The node's tables and its configuration, as evidence."""
    from verification.product import api

    return NodeInterfaces(
        services=tuple(map(_service, api.SERVICES)),
        statuses=tuple(map(_status, api.STATUSES)),
        terms=tuple(AssociationTerm(one.name, one.accepting, one.opening) for one in api.ASSOCIATION_TERMS),
        refusals=tuple(AssociationRefusal(one.answer, _codes(one.codes), one.why) for one in api.ASSOCIATION_REFUSALS),
        parameters=tuple(_find_parameters(api.NodeConfiguration)),
        lines=tuple(RecordLine(what, one.meaning, _audit(api, what)) for what, one in api.RECORD_LINES.items()),
        least_tls=api.LEAST_TLS.name.replace("v", " ").replace("_", "."),
    )


def _audit(api: Any, what: str) -> str | None:
    """The audit message that tells of such a line, in words."""
    message = api.AUDIT_MESSAGES.get(what)
    return message.describe() if message else None


def _service(one: Any) -> NetworkService:
    return NetworkService(
        name=one.name,
        operation=one.operation,
        role=str(one.role),
        opener=str(one.opener),
        sop_classes=tuple(_name(one.sop_classes)),
        transfer_syntaxes=tuple(_name(one.transfer_syntaxes)),
        occasion=one.occasion,
    )


def _name(uids: Iterable[str]) -> Iterator[RegisteredUid]:
    """UIDs with their names; a class that is newer than the dictionary of names has its keyword."""
    from pydicom.uid import UID

    from verification.product import api

    for uid in uids:
        name = UID(uid).name
        yield RegisteredUid(uid, api.SOP_CLASS_KEYWORDS.get(uid, uid) if name == uid else name)


def _status(one: Any) -> NetworkStatus:
    code = None if one.code is None else f"{one.code:04X}"
    return NetworkStatus(str(one.place), str(one.sender), code, str(one.kind), one.meaning, one.told)


def _codes(codes: tuple[int, int, int] | None) -> str | None:
    return "result {}, source {}, reason {}".format(*codes) if codes else None


# --- the schema -------------------------------------------------------------------------------------------------------


def _find_parameters(kind: type[msgspec.Struct], before: str = "") -> Iterator[NodeParameter]:
    """Every key of a schema, those of a mapping behind it; a mapping that is always there has no line of its own."""
    for field in msgspec.structs.fields(kind):
        key, meanings = f"{before}{field.encode_name}", _find_metas(field.type)
        inner = _find_struct(field.type)
        if title := next((each.title for each in meanings if each.title), None):
            yield NodeParameter(key, title, _expect(field.type), _default(field), field.required)
        if inner:
            yield from _find_parameters(inner, f"{key}[]." if get_origin(_open(field.type)) is tuple else f"{key}.")


def _open(kind: Any) -> Any:
    return get_args(kind)[0] if get_origin(kind) is Annotated else kind


def _find_metas(kind: Any) -> list[msgspec.Meta]:
    """What a type says of itself, and what the types say that it may be."""
    if get_origin(kind) is Annotated:
        return [*_find_metas(_open(kind)), *(each for each in get_args(kind)[1:] if isinstance(each, msgspec.Meta))]
    return [meta for each in get_args(kind) for meta in _find_metas(each)]


def _find_struct(kind: Any) -> type[msgspec.Struct] | None:
    kinds = (_open(kind), *get_args(_open(kind)))
    return next((each for each in kinds if isinstance(each, type) and issubclass(each, msgspec.Struct)), None)


def _expect(kind: Any) -> str:
    """What the schema expects, as a refusal of the configuration says it."""
    said = next((each.description for each in _find_metas(kind) if each.description), None)
    if said:
        return said
    kinds = (_open(kind), *get_args(_open(kind)))
    return next((PLAIN[each] for each in kinds if each in PLAIN), "a mapping of what follows")


def _default(field: Any) -> str | None:
    value = field.default
    if value is msgspec.NODEFAULT or value is None:
        return None
    if isinstance(value, float):
        return f"{value:g}"
    if value == "":
        return EMPTY
    return str(value).lower() if isinstance(value, bool) else str(value)
