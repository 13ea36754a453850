"""Threats: where in the data-flow diagram each acts, what it can lead to, and what no threat answers yet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from verification.evidence import (
    Boundary,
    DataFlow,
    FlowDiagram,
    FlowElement,
    Gap,
    Issue,
    ItemKind,
    NotApplicable,
    Security,
    SecurityAnswer,
    SecurityView,
    Severity,
    Stride,
    StrideCell,
    Threat,
    UseCase,
)
from verification.graph.risk import acceptability
from verification.graph.standing import Standing
from verification.specification.documents import Document, Where
from verification.specification.hints import near
from verification.specification.items import Entry, Items

ASKED = {
    "external": (Stride.SPOOFING, Stride.REPUDIATION),
    "process": tuple(Stride),
    "store": (Stride.TAMPERING, Stride.REPUDIATION, Stride.INFORMATION_DISCLOSURE, Stride.DENIAL_OF_SERVICE),
    "flow": (Stride.TAMPERING, Stride.INFORMATION_DISCLOSURE, Stride.DENIAL_OF_SERVICE),
}
"""Which kinds of threats are asked of which kind of element."""

AI = ("poisoning", "inversion_or_stealing", "evasion", "leakage", "induced_bias", "drift")
"""Kinds of threats to machine learning: each needs a threat."""

VIEWS = {
    "global_system": "Global system",
    "multi_patient_harm": "Multi-patient harm",
    "updateability": "Updateability and patchability",
}
"""The architecture views that statements make; the fourth are the use cases."""

UNUSABLE = "see the issues of `clearway trace --check`"


# --- as evidence ------------------------------------------------------------------------------------------------------


def find_threats(items: Items, standings: Mapping[str, Standing]) -> Iterator[Threat]:
    """Yield every threat with the severity of the worst hazard that it can lead to, before and after control."""
    for entry in items.of(ItemKind.THREAT):
        value, standing = entry.value, standings[entry.id]
        severity = _severity(items, entry)
        before, after = value["exploitability"], value["residual_exploitability"]
        yield Threat(
            id=entry.id,
            title=value["title"],
            text=value["text"],
            elements=tuple(value["elements"]),
            stride=tuple(Stride(each) for each in value["stride"]),
            ai=value["ai"],
            many_patients=value["many_patients"],
            hazards=tuple(value["hazards"]),
            controls=tuple(value["controls"]),
            requirements=tuple(value["requirements"]),
            host=value["host"],
            open=_gap(value["open"]),
            severity=severity,
            exploitability=before,
            acceptability=_judge(items, severity, before),
            residual_exploitability=after,
            residual_acceptability=_judge(items, severity, after),
            status=standing.status,
            why=standing.why,
        )


def _severity(items: Items, entry: Entry) -> int | None:
    hazards = [items.entries.get(target) for target in entry.ids("hazards")]
    return max((each.value["severity"] for each in hazards if each is not None and each.sound), default=None)


def _judge(items: Items, severity: int | None, exploitability: int) -> str:
    return "no hazard" if severity is None else acceptability(items, severity, exploitability)


def describe_data_flow(items: Items) -> FlowDiagram | Gap:
    """The data-flow diagram with what STRIDE asks of it, or that there is none that can be used."""
    if items.data_flow is None:
        return Gap(reason="risk/dataflow.yaml is missing or cannot be used", closes=UNUSABLE)
    value = items.data_flow.value
    return FlowDiagram(
        boundaries=tuple(Boundary(**each) for each in value["boundaries"]),
        elements=tuple(FlowElement(**each) for each in value["elements"]),
        flows=tuple(DataFlow(**each) for each in value["flows"]),
        cells=tuple(_find_cells(items, value)),
    )


def _find_cells(items: Items, value: dict[str, Any]) -> Iterator[StrideCell]:
    """Yield what STRIDE asks of each element, with the threats that answer it or the reason why it does not apply."""
    threats = list(items.of(ItemKind.THREAT))
    for each in (*value["elements"], *value["flows"]):
        for stride in ASKED[each.get("kind", "flow")]:
            answering = (t.id for t in threats if each["id"] in t.value["elements"] and stride in t.value["stride"])
            set_aside = each.get("set_aside", {}).get(stride.value)
            yield StrideCell(element=each["id"], stride=stride, threats=tuple(answering), set_aside=set_aside)


def describe_security(items: Items) -> Security | Gap:
    """The security file, or that there is none that can be used."""
    if items.security is None:
        return Gap(reason="risk/security.yaml is missing or cannot be used", closes=UNUSABLE)
    value = items.security.value
    views = (
        SecurityView(id=name, title=VIEWS[name], statements=_answers(statements))
        for name, statements in value["views"].items()
    )
    return Security(
        views=tuple(views),
        use_cases=tuple(
            UseCase(**each | {"steps": tuple(each["steps"]), "refs": tuple(each["refs"])})
            for each in value["use_cases"]
        ),
        control_categories=tuple(one for answers in value["control_categories"].values() for one in _answers(answers)),
        testing=_answers(value["testing"]),
        plan=_answers(value["plan"]),
    )


def _answers(values: Iterable[dict[str, Any]]) -> tuple[SecurityAnswer, ...]:
    return tuple(
        SecurityAnswer(
            id=each["id"],
            title=each["title"],
            text=each.get("text"),
            refs=tuple(each.get("refs", ())),
            gap=NotApplicable(reason=each["not_applicable"]) if "not_applicable" in each else _gap(each.get("gap")),
        )
        for each in values
    )


def _gap(value: dict[str, str] | None) -> Gap | None:
    return Gap(**value) if value else None


# --- issues -----------------------------------------------------------------------------------------------------------


def find_threat_issues(items: Items) -> Iterator[Issue]:
    """Yield what does not resolve (blocking), and what the threat model leaves unanswered (advisory)."""
    document = items.data_flow
    kinds = _kinds(document)
    if document is not None:
        yield from _find_bad_flows(document, kinds)
        yield from _find_unanswered(items, document)
    for entry in items.of(ItemKind.THREAT):
        # Where the diagram itself cannot be used, that is the issue, not each place that is named in it.
        yield from _find_bad_places(entry, kinds) if document is not None else ()
        if entry.value["open"]:
            message = f"{entry.id} is open: {entry.value['open']['reason']}"
            yield _advisory("threat-open", _where(entry), message, entry.value["open"]["closes"])
    if document is None and any(items.of(ItemKind.THREAT)):
        yield _missing(items)
    if document is not None and items.security is not None:
        yield from _find_bad_refs(items.security, items.named | kinds.keys())


def _kinds(document: Document | None) -> dict[str, str]:
    """The kind of each element and flow by its id; of a boundary `boundary`."""
    if document is None:
        return {}
    value = document.value
    kinds = {each["id"]: each["kind"] for each in value["elements"]}
    kinds |= {each["id"]: "flow" for each in value["flows"]}
    return kinds | {each["id"]: "boundary" for each in value["boundaries"]}


def _missing(items: Items) -> Issue:
    threat = next(items.of(ItemKind.THREAT))
    message = f"no risk/dataflow.yaml that can be used, which {threat.id} is about"
    return threat.document.issue("dataflow-missing", ("elements",), message, "write it, or mend what its issues say")


def _find_bad_flows(document: Document, kinds: Mapping[str, str]) -> Iterator[Issue]:
    boxes = {name for name, kind in kinds.items() if kind in ("external", "process", "store")}
    boundaries = {name for name, kind in kinds.items() if kind == "boundary"}
    seen: set[str] = set()
    for part, keys, known in (
        ("boundaries", (), boundaries),
        ("elements", ("boundary",), boundaries),
        ("flows", ("source", "target"), boxes),
    ):
        for number, each in enumerate(document.value[part]):
            if each["id"] in seen:
                yield document.issue("item-duplicate", (part, number, "id"), f"{each['id']} stands twice", "rename one")
            seen.add(each["id"])
            for key in keys:
                if each[key] not in known:
                    yield _dangling(document, (part, number, key), f"{each['id']}: {key}", each[key], known)


def _find_bad_places(entry: Entry, kinds: Mapping[str, str]) -> Iterator[Issue]:
    """Elements that are not there, or of which none of the threat's kinds is asked."""
    for place, target in entry.targets("elements"):
        if target not in kinds:
            yield _dangling(entry.document, place, "elements", target, kinds)
            continue
        asked = ASKED.get(kinds[target], ())
        if not set(asked) & set(entry.value["stride"]):
            named = ", ".join(entry.value["stride"])
            message = f"{named} is not asked of {target}, a {kinds[target]}, expected {', '.join(asked) or 'nothing'}"
            yield entry.document.issue("stride-not-asked", place, message, "name another element or kind of threat")


def _find_unanswered(items: Items, document: Document) -> Iterator[Issue]:
    places = {
        each["id"]: (part, number) for part in ("elements", "flows") for number, each in enumerate(document.value[part])
    }
    for cell in _find_cells(items, document.value):
        where, kind = places[cell.element], cell.stride.value.replace("_", " ")
        if cell.threats and cell.set_aside:
            message = f"{cell.element}: {kind} is set aside, and {', '.join(cell.threats)} answers it"
            yield document.issue("stride-contradiction", where, message, "delete one of them")
        elif not cell.threats and not cell.set_aside:
            message = f"{cell.element}: no threat answers {kind}, and it is not set aside"
            hint = "write the threat, or the reason under set_aside"
            yield _advisory("stride-unanswered", document.where(*where), message, hint)
    answered = {entry.value["ai"] for entry in items.of(ItemKind.THREAT)}
    for kind in AI:
        if kind not in answered:
            message = f"no threat is of the kind {kind.replace('_', ' ')}"
            yield _advisory("ai-threat-unanswered", "risk/threats", message, "write the threat")


def _find_bad_refs(document: Document, known: Iterable[str]) -> Iterator[Issue]:
    known = set(known)
    for path, part in _parts(document.value, ()):
        for number, target in enumerate(part.get("refs", ())):
            if target not in known:
                yield _dangling(document, (*path, "refs", number), f"{part['id']}: refs", target, known)


def _parts(value: Any, path: Where) -> Iterator[tuple[Where, dict[str, Any]]]:
    """Yield every part of a file that has an id, with its place."""
    if isinstance(value, dict):
        if "id" in value:
            yield path, value
        for key, inner in value.items():
            yield from _parts(inner, (*path, key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _parts(inner, (*path, number))


def _dangling(document: Document, place: Where, said: str, target: str, known: Iterable[str]) -> Issue:
    message = f"{said} names {target}, which does not exist"
    return document.issue("link-dangling", place, message, near(target, set(known)))


def _where(entry: Entry) -> str:
    return f"{entry.document.file}:{entry.line}"


def _advisory(code: str, where: str, message: str, hint: str) -> Issue:
    return Issue(code=code, severity=Severity.ADVISORY, where=where, message=message, hint=hint)
