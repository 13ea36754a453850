"""Hazards and controls (ISO 14971): what is implemented, what is shown to be effective, what remains acceptable."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from verification.evidence import (
    DocumentationLevel,
    Gap,
    Hazard,
    ItemKind,
    LinkStatus,
    RarerHarm,
    RiskControl,
    RiskPolicy,
)
from verification.graph.standing import Standing, of_this, own_of, said_of, worst
from verification.specification.items import Entry, Items

_BY_PEOPLE = {"usability": "a usability evaluation", "analysis": "an analysis"}
ACCEPTABLE, UNACCEPTABLE = "acceptable", "unacceptable"
JUDGEMENTS = ("unknown", ACCEPTABLE, "reduce", UNACCEPTABLE)
"""The words of the policy's matrix, the best first; `unknown` without a policy."""


def find_risk_standings(
    items: Items, known: Mapping[str, Standing], tagged: Mapping[str, list[Standing]], release: str = ""
) -> dict[str, Standing]:
    """The standing of each control, hazard, threat, anomaly and deviation.

    Each control's two answers stand beside it, under `RC-001 implemented` and `RC-001 effective`.

    Args:
        items: what people wrote.
        known: standings of requirements, criteria and study criteria, by id.
        tagged: standings of the scenarios that tag each id.
        release: the one whose studies decide, if it is one.
    """
    found: dict[str, Standing] = {}
    for control in items.of(ItemKind.RISK_CONTROL):
        implemented, effective = _implemented(control, known), of_this(_effective(control, known, tagged), release)
        found |= {f"{control.id} implemented": implemented, f"{control.id} effective": effective}
        found[control.id] = worst([implemented, effective], "implemented, and shown to be effective")
    for hazard in items.of(ItemKind.HAZARD):
        found[hazard.id] = _hazard_standing(items, hazard, found)
    for anomaly in items.of(ItemKind.ANOMALY):
        found[anomaly.id] = Standing(LinkStatus.GAP, f"a known departure: {anomaly.value['disposition']}")
    for threat in items.of(ItemKind.THREAT):
        found[threat.id] = _threat_standing(threat, {**known, **found})
    for deviation in items.of(ItemKind.DEVIATION):
        found[deviation.id] = Standing(LinkStatus.GAP, f"not as the protocol says: {deviation.value['disposition']}")
    return found


def _implemented(control: Entry, known: Mapping[str, Standing]) -> Standing:
    parts = [_named(target, known) for target in control.ids("requirements")]
    if not parts:
        return Standing(LinkStatus.ORPHANED, f"no requirement implements {control.id}")
    return worst(parts, f"{', '.join(target for target in control.ids('requirements'))} cover")


def _effective(control: Entry, known: Mapping[str, Standing], tagged: Mapping[str, list[Standing]]) -> Standing:
    method = control.value["effectiveness"]["method"]
    named = list(control.ids("effectiveness.evidence"))
    if method in _BY_PEOPLE:
        return Standing(LinkStatus.GAP, f"no record of {_BY_PEOPLE[method]}")
    parts = [_named(target, known) for target in named]
    if method == "test":
        parts += tagged.get(control.id, [])
    if not parts:
        return Standing(LinkStatus.GAP, f"no {method} evidence is named")
    own = own_of(named, parts[: len(named)])
    return worst(parts, f"shown by {own or 'its scenarios'}")


def _named(target: str, known: Mapping[str, Standing]) -> Standing:
    missing = Standing(LinkStatus.ORPHANED, f"{target} does not exist")
    return said_of(target, known[target]) if target in known else missing


def _hazard_standing(items: Items, hazard: Entry, found: Mapping[str, Standing]) -> Standing:
    controls = list(hazard.ids("controls"))
    initial = judge_hazard(items, hazard)
    if not controls:
        covered = initial == ACCEPTABLE
        why = "acceptable without a control" if covered else f"no control against a risk to {initial}"
        if not covered and initial != UNACCEPTABLE and "benefit_risk" in hazard.value:
            return Standing(LinkStatus.GAP, "no control; weighed, by nobody yet, against the benefit")
        return Standing(LinkStatus.COVERS if covered else LinkStatus.ORPHANED, why)
    return worst((_named(control, found) for control in controls), f"controlled by {', '.join(controls)}")


def _threat_standing(threat: Entry, known: Mapping[str, Standing]) -> Standing:
    """By what is named against it; what is said to be open stays a gap whatever else holds."""
    named = [target for key in ("controls", "requirements") for target in threat.ids(key)]
    parts = [_named(target, known) for target in named]
    if threat.value["open"]:
        parts.append(Standing(LinkStatus.GAP, threat.value["open"]["reason"]))
    return worst(parts, f"answered by {', '.join(named)}")


def acceptability(items: Items, severity: int, probability: int) -> str:
    """What the policy's matrix says of a severity and a probability of harm, from 1; `unknown` without a policy."""
    if items.policy is None:
        return "unknown"
    return str(items.policy.value["matrix"][severity - 1][probability - 1])


def judge_worst(items: Items, harms: Iterable[tuple[int, int]]) -> str:
    """The worst that the matrix says of severities and probabilities of harm."""
    return max((acceptability(items, *each) for each in harms), key=JUDGEMENTS.index)


def judge_hazard(items: Items, hazard: Entry) -> str:
    """What the matrix says of a hazard before any control."""
    stated = [hazard.value, hazard.value["rarer"]] if "rarer" in hazard.value else [hazard.value]
    return judge_worst(items, [(each["severity"], each["probability_of_harm"]) for each in stated])


# --- as evidence ------------------------------------------------------------------------------------------------------


def find_hazards(items: Items, standings: Mapping[str, Standing], release: str = "") -> Iterator[Hazard]:
    """Yield every hazard with its acceptability before and after control, and what users of a release are told."""
    for entry in items.of(ItemKind.HAZARD):
        value = entry.value
        rarer = RarerHarm(**value["rarer"]) if "rarer" in value else None
        before = value["severity"], value["probability_of_harm"]
        after = value["residual"]["severity"], value["residual"]["probability_of_harm"]
        both = [before], [after]
        if rarer:
            both[0].append((rarer.severity, rarer.probability_of_harm))
            both[1].append((rarer.severity, rarer.residual_probability_of_harm))
        yield Hazard(
            id=entry.id,
            title=value["title"],
            hazard=value["hazard"],
            sequence_of_events=tuple(value["sequence_of_events"]),
            hazardous_situation=value["hazardous_situation"],
            harm=value["harm"],
            severity=before[0],
            probability_of_harm=before[1],
            acceptability=judge_worst(items, both[0]),
            controls=tuple(value["controls"]),
            residual_severity=after[0],
            residual_probability_of_harm=after[1],
            residual_acceptability=judge_worst(items, both[1]),
            disclosed=_told(value, release),
            rarer=rarer,
            residual_why=_why_not_shown(entry, standings),
            benefit_risk=value.get("benefit_risk"),
        )


def _told(value: Mapping[str, Any], release: str) -> str | None:
    """What users are told of a risk: of every release, and of this one; of all where none is asked about."""
    of_release: Mapping[str, str] = {each["id"]: each["text"] for each in value.get("disclosed_of", ())}
    told = [text for name, text in of_release.items() if name == release or not release]
    return " ".join([each for each in (value["disclosed"], *told) if each]) or None


def _why_not_shown(hazard: Entry, standings: Mapping[str, Standing]) -> str:
    """The controls on which a residual counts and that are not shown, each with the reason."""
    named = {target: standings.get(target) for target in hazard.ids("controls")}
    return "; ".join(
        f"{target}: {standing.why}"
        for target, standing in named.items()
        if standing and standing.status is not LinkStatus.COVERS
    )


def find_controls(items: Items, standings: Mapping[str, Standing]) -> Iterator[RiskControl]:
    """Yield every control with its hazards and its two answers."""
    hazards: dict[str, list[str]] = {}
    for hazard in items.of(ItemKind.HAZARD):
        for control in hazard.ids("controls"):
            hazards.setdefault(control, []).append(hazard.id)
    for entry in items.of(ItemKind.RISK_CONTROL):
        implemented, effective = standings[f"{entry.id} implemented"], standings[f"{entry.id} effective"]
        yield RiskControl(
            id=entry.id,
            title=entry.value["title"],
            text=entry.value["text"],
            kind=entry.value["type"],
            hazards=tuple(hazards.get(entry.id, ())),
            requirements=tuple(entry.value["requirements"]),
            implemented=implemented.status,
            implemented_why=implemented.why,
            effective=effective.status,
            effective_why=effective.why,
        )


def describe_policy(items: Items) -> RiskPolicy | Gap:
    """The acceptability policy, or that there is none that can be used."""
    if items.policy is None:
        return Gap(
            reason="risk/policy.yaml is missing or cannot be used", closes="see the issues of `clearway trace --check`"
        )
    value = items.policy.value
    return RiskPolicy(
        severities=tuple(value["severities"]),
        probabilities=tuple(value["probabilities"]),
        matrix=tuple(tuple(row) for row in value["matrix"]),
        assumptions=tuple(value["assumptions"]),
        exploitabilities=tuple(value["exploitabilities"]),
    )


def documentation_level(items: Items) -> DocumentationLevel | Gap:
    """Basic or Enhanced, from the hazards before any control, a failure of the software taken as certain.

    Enhanced where a failure could lead to death or serious injury prior to risk control (FDA, Content of Premarket
    Submissions for Device Software Functions, 2023; to be confirmed at source).
    """
    hazards = list(items.of(ItemKind.HAZARD))
    if items.policy is None or not hazards:
        reason = "no hazard is recorded" if items.policy else "there is no usable risk policy"
        return Gap(reason=reason, closes="complete risk/")
    step = items.policy.value["serious_from"]
    scale = items.policy.value["severities"][step - 1]
    serious = tuple(each.id for each in hazards if each.value["severity"] >= step)
    some = f"before any control, {', '.join(serious)} could lead to harm of severity {step} ({scale}) or worse"
    none = f"before any control, no hazard leads to harm of severity {step} ({scale}) or worse"
    return DocumentationLevel(level="Enhanced" if serious else "Basic", why=some if serious else none, hazards=serious)
