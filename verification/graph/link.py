"""The trace graph: items of every kind, the links that each claims, and whether each holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from verification.evidence import DOWNWARD, Criterion, Item, ItemKind, Link, LinkStatus, Method, Review
from verification.graph.changes import standing_of_change
from verification.graph.risk import find_risk_standings
from verification.graph.sections import Section
from verification.graph.specified import Code
from verification.graph.standing import Proof, Standing, of_this, own_of, said_of, worst
from verification.sources.scan import Symbol
from verification.sources.scenarios import Scenario
from verification.specification.items import Entry, Items
from verification.specification.kinds import LINKS, REQUIREMENTS

CLAIMABLE = (ItemKind.SYSTEM_REQUIREMENT, ItemKind.SOFTWARE_REQUIREMENT, ItemKind.RISK_CONTROL)
"""What code and scenarios may claim to implement and to verify."""


@dataclass(frozen=True, slots=True)
class Sources:
    """Everything that the graph is made of, as read. `controlled` is all that a risk control rests on."""

    items: Items
    symbols: tuple[Symbol, ...]
    scenarios: tuple[Scenario, ...]
    sections: tuple[Section, ...]
    proof: Proof
    code: Code
    reviews: Mapping[str, Review] = field(default_factory=dict)
    controlled: frozenset[str] = frozenset()


@dataclass(slots=True)
class TraceGraph:
    """Standing of each item and of each criterion by id, and what leads to it.

    `claims` are the standings of the links from code, by symbol and what it claims, `verified` those of the links from
    scenarios that were asked for; `functions_of` are the functions of each symbol below an item that was asked for.
    """

    sources: Sources
    standings: dict[str, Standing] = field(default_factory=dict)
    criteria: dict[str, Standing] = field(default_factory=dict)
    own: dict[str, Standing] = field(default_factory=dict)
    scenarios_of: dict[str, list[Scenario]] = field(default_factory=dict)
    symbols_of: dict[str, list[Symbol]] = field(default_factory=dict)
    children_of: dict[str, list[Entry]] = field(default_factory=dict)
    claims: dict[tuple[str, str], Standing] = field(default_factory=dict)
    verified: dict[tuple[str, str], Standing] = field(default_factory=dict)
    functions_of: dict[str, dict[str, frozenset[str]]] = field(default_factory=dict)


def link(sources: Sources) -> TraceGraph:
    """Join what was read, and judge every link by the evidence, from the scenarios upward."""
    graph = TraceGraph(sources)
    _gather(graph)
    for scenario in sources.scenarios:
        graph.standings[scenario.id] = sources.proof.of_scenario(scenario)
    for symbol in sources.symbols:
        graph.standings[symbol.id] = _symbol_standing(sources.items, symbol)
        for target in symbol.implements:
            graph.claims[symbol.id, target] = _claim_standing(graph, symbol, target)
    for unit in sources.code.unspecified:
        graph.standings[unit.id] = Standing(LinkStatus.UNSPECIFIED, "it serves no requirement")
    for kind in reversed(REQUIREMENTS):
        for entry in sources.items.of(kind):
            _judge_requirement(graph, entry)
    for identity in sources.items.study_criteria:
        graph.standings[identity] = sources.proof.of_study_criterion(identity)
    graph.standings |= find_risk_standings(
        sources.items, graph.standings | graph.criteria, _tagged(graph), sources.proof.release
    )
    for entry in sources.items.of(ItemKind.CHANGE):
        graph.standings[entry.id] = standing_of_change(entry, sources.reviews.get(entry.id, Review()))
    kinds = _kinds(sources)
    for section in sources.sections:
        graph.standings[section.id] = section.standing(graph.standings, kinds)
    return graph


def find_items(graph: TraceGraph) -> Iterator[Item]:
    """Yield every item as evidence: what people wrote, then code, scenarios and sections."""
    for entry in (*graph.sources.items.entries.values(), *graph.sources.items.study_criteria.values()):
        yield _entry_item(graph, entry)
    for symbol in graph.sources.symbols:
        place = (symbol.file, symbol.line)
        yield _made_item(graph, symbol.id, ItemKind.SYMBOL, symbol.title, "", place, symbol.digest)
    for unit in graph.sources.code.unspecified:
        place = (unit.file, unit.line)
        yield _made_item(graph, unit.id, ItemKind.SYMBOL, unit.id, "", place, unit.digest)
    for scenario in graph.sources.scenarios:
        place = (scenario.file, scenario.line)
        yield _made_item(graph, scenario.id, ItemKind.SCENARIO, scenario.name, scenario.feature, place, scenario.digest)
    for section in graph.sources.sections:
        place = (section.file, section.line)
        yield _made_item(graph, section.id, ItemKind.DOCUMENT_SECTION, section.title, "", place, section.digest)


def find_links(graph: TraceGraph) -> Iterator[Link]:
    """Yield every link, from the item that claims it to the item that it claims.

    A section that shows all items of a kind has one link, `shows_all`, whose target is the kind.
    """
    for entry in graph.sources.items.of(*LINKS):
        yield from _entry_links(graph, entry)
    yield from _made_links(graph)


def _entry_links(graph: TraceGraph, entry: Entry) -> Iterator[Link]:
    # A link down (to a control, to what implements it) holds as its target does; a link up as its source does.
    for key, relation, _ in LINKS[entry.kind]:
        for target in entry.ids(key):
            judged = target if relation in DOWNWARD else entry.id
            yield _link(entry.id, target, relation, graph.standings.get(judged))
    for _, target in entry.studied() if entry.kind in REQUIREMENTS else ():
        yield _link(entry.id, target, "shown_by", graph.standings.get(target))
    for target in entry.ids("effectiveness.evidence"):
        yield _link(entry.id, target, "shown_by", graph.criteria.get(target) or graph.standings.get(target))
    if entry.kind in (ItemKind.ANOMALY, ItemKind.DEVIATION):
        for target in entry.ids("scenarios"):
            yield _link(entry.id, target, "affects", graph.standings.get(target))


def _made_links(graph: TraceGraph) -> Iterator[Link]:
    sources = graph.sources
    known = {*sources.items.entries, *sources.items.criteria}
    for (source, target), standing in graph.claims.items():
        yield _link(source, target, "implements", standing if target in known else None)
    for scenario in sources.scenarios:
        for target in (*scenario.requirements, *scenario.criteria):
            standing = verifying(graph, scenario, target.partition("/")[0])
            yield _link(scenario.id, target, "verifies", standing if target in known else None)
    for section in sources.sections:
        for target in section.ids:
            yield _link(section.id, target, "shows", graph.standings.get(target))
        for kind in section.kinds:
            yield _link(section.id, kind, "shows_all", graph.standings[section.id])


# --- joining ----------------------------------------------------------------------------------------------------------


def _gather(graph: TraceGraph) -> None:
    for scenario in graph.sources.scenarios:
        for target in (*scenario.requirements, *scenario.criteria):
            graph.scenarios_of.setdefault(target, []).append(scenario)
    for symbol in graph.sources.symbols:
        for target in symbol.implements:
            graph.symbols_of.setdefault(target, []).append(symbol)
    for entry in graph.sources.items.of(*REQUIREMENTS):
        for parent in entry.ids("parents"):
            graph.children_of.setdefault(parent, []).append(entry)


def _tagged(graph: TraceGraph) -> dict[str, list[Standing]]:
    """The standings of the scenarios that tag each id."""
    return {
        target: [graph.standings[scenario.id] for scenario in scenarios]
        for target, scenarios in graph.scenarios_of.items()
    }


def _kinds(sources: Sources) -> dict[str, list[str]]:
    """The ids of each kind, for sections that show a kind."""
    found: dict[str, list[str]] = {}
    for entry in (*sources.items.entries.values(), *sources.items.study_criteria.values()):
        found.setdefault(entry.kind.value, []).append(entry.id)
    found[ItemKind.SYMBOL.value] = [symbol.id for symbol in sources.symbols]
    found[ItemKind.SCENARIO.value] = [scenario.id for scenario in sources.scenarios]
    return found


# --- judging ----------------------------------------------------------------------------------------------------------


def _judge_requirement(graph: TraceGraph, entry: Entry) -> None:
    """Software and system requirements by what they need; a user need is never green because its requirements are."""
    shown = [_criterion_standing(graph, entry, criterion) for criterion in entry.value["criteria"]]
    found = worst(_own_parts(graph, entry, shown), _shown(graph, entry))
    own = graph.own[entry.id] = of_this(found, graph.sources.proof.release)
    children = [said_of(child.id, graph.standings[child.id]) for child in graph.children_of.get(entry.id, [])]
    if entry.kind is ItemKind.SOFTWARE_REQUIREMENT:
        graph.standings[entry.id] = own
    elif not children and "study_criterion" in entry.value["needs"]:
        graph.standings[entry.id] = own  # of the release as it is, which no code of its own implements
    elif not children:
        graph.standings[entry.id] = Standing(LinkStatus.ORPHANED, f"no requirement derives from {entry.id}")
    elif entry.kind is ItemKind.SYSTEM_REQUIREMENT:
        graph.standings[entry.id] = worst([own, *children], "every requirement derived from it covers")
    else:
        covered = sum(child.status is LinkStatus.COVERS for child in children)
        why = f"no design validation with intended users; {covered} of its {len(children)} system requirements cover"
        graph.standings[entry.id] = worst([own, Standing(LinkStatus.GAP, why)], why)


def _shown(graph: TraceGraph, entry: Entry) -> str:
    """What is said of a requirement that covers: which criteria studies of another release judge, if some do."""
    names = (f"{entry.id}/{criterion['id']}" for criterion in entry.value["criteria"])
    others = [name for name in names if graph.criteria[name].status is LinkStatus.OTHER_RELEASE]
    if not others:
        return "implemented, and every criterion is shown"
    return f"every criterion of release {graph.sources.proof.release} is shown; of another release: {', '.join(others)}"


def _own_parts(graph: TraceGraph, entry: Entry, shown: list[Standing]) -> list[Standing]:
    parts: list[Standing] = []
    needs, symbols = entry.value["needs"], graph.symbols_of.get(entry.id, ())
    if "symbol" in needs and not symbols:
        parts.append(Standing(LinkStatus.ORPHANED, f"no code implements {entry.id}"))
    if symbols and scenarios_for(graph, entry.id):
        parts += [graph.claims[symbol.id, entry.id] for symbol in symbols]
    if "scenario" in needs or "study_criterion" in needs:
        parts += shown
        parts += [graph.standings[scenario.id] for scenario in graph.scenarios_of.get(entry.id, ())]
        if not shown:
            parts.append(Standing(LinkStatus.ORPHANED, f"{entry.id} has no criterion"))
    return parts


def _criterion_standing(graph: TraceGraph, entry: Entry, criterion: dict[str, Any]) -> Standing:
    name = f"{entry.id}/{criterion['id']}"
    standing = graph.criteria[name] = _how_shown(graph, entry, name, criterion)
    return standing


def _how_shown(graph: TraceGraph, entry: Entry, name: str, criterion: dict[str, Any]) -> Standing:
    method = criterion["method"]
    if method == Method.ANALYSIS and (named := criterion.get("evidence")):
        found = [graph.sources.proof.of_study_criterion(each) for each in named]
        return worst(found, f"shown by {own_of(named, found)}")
    if method != Method.TEST:
        return Standing(LinkStatus.GAP, f"no record of the {method} of {name}")
    scenarios = graph.scenarios_of.get(name, [])
    if not scenarios:
        return Standing(LinkStatus.ORPHANED, f"no scenario verifies {name}")
    unchanged = graph.sources.proof.of_requirement_text(entry.id, entry.digest)
    passed = f"{len(scenarios)} scenario{'s' if len(scenarios) > 1 else ''} passed"
    return worst([*[graph.standings[each.id] for each in scenarios], unchanged], passed)


def _claim_standing(graph: TraceGraph, symbol: Symbol, target: str) -> Standing:
    """Whether scenarios of what the symbol claims are seen to enter it."""
    proof = graph.sources.proof
    if graph.standings[symbol.id].status is not LinkStatus.COVERS:
        return graph.standings[symbol.id]
    scenarios = scenarios_for(graph, target)
    if not scenarios:
        return Standing(LinkStatus.UNPROVEN, f"no scenario verifies {target}")
    return proof.of_claim(symbol.id, graph.sources.code.running[symbol.id], [each.id for each in scenarios])


def scenarios_for(graph: TraceGraph, target: str) -> list[Scenario]:
    """The scenarios of an item; where it has none, those of what derives from it or implements it."""
    if own := graph.scenarios_of.get(target):
        return own
    below = (one for entry in _below(graph, target) for one in scenarios_for(graph, entry))
    return list({each.id: each for each in below}.values())


def verifying(graph: TraceGraph, scenario: Scenario, target: str) -> Standing:
    """Whether a scenario is seen to enter the code of what it says it verifies, or of what derives from that."""
    standing = graph.verified.get((scenario.id, target))
    if standing is None:
        standing, symbols = graph.standings[scenario.id], _functions_for(graph, target)
        if standing.status is LinkStatus.COVERS and symbols:
            standing = graph.sources.proof.of_verifying(scenario.id, symbols, target)
        graph.verified[scenario.id, target] = standing
    return standing


def _functions_for(graph: TraceGraph, target: str) -> dict[str, frozenset[str]]:
    """The symbols of an item and of what derives from it, each with the functions that are entered when it runs."""
    found = graph.functions_of.get(target)
    if found is None:
        running, below = graph.sources.code.running, _below(graph, target)
        found = {symbol.id: running[symbol.id] for symbol in graph.symbols_of.get(target, [])}
        for entry in below:
            found |= _functions_for(graph, entry)
        if below:
            graph.functions_of[target] = found
    return found


def _below(graph: TraceGraph, target: str) -> list[str]:
    """What derives from a requirement; of a risk control, the requirements that implement it."""
    entry = graph.sources.items.entries.get(target)
    if entry is not None and entry.kind is ItemKind.RISK_CONTROL:
        return list(entry.ids("requirements"))
    return [child.id for child in graph.children_of.get(target, [])]


def _symbol_standing(items: Items, symbol: Symbol) -> Standing:
    unknown = [target for target in symbol.implements if target not in items.entries]
    if unknown:
        return Standing(LinkStatus.ORPHANED, f"claims {', '.join(unknown)}, which does not exist")
    return Standing(LinkStatus.COVERS, f"implements {', '.join(symbol.implements)}")


# --- as evidence ------------------------------------------------------------------------------------------------------


def _link(source: str, target: str, relation: str, standing: Standing | None) -> Link:
    known = standing or Standing(LinkStatus.ORPHANED, f"{target} does not exist")
    return Link(source=source, target=target, relation=relation, status=known.status, why=known.why)


def _entry_item(graph: TraceGraph, entry: Entry) -> Item:
    value = entry.value if entry.sound else {}
    standing = graph.standings.get(entry.id, Standing(LinkStatus.STALE, "its file cannot be used: see the issues"))
    return Item(
        id=entry.id,
        kind=entry.kind,
        title=str(value.get("title") or _criterion_title(value) or entry.id),
        text=str(
            value.get("text")
            or value.get("hazard")
            or value.get("observed")
            or value.get("done")
            or value.get("reason")
            or value.get("rationale")
            or ""
        ),
        rationale=value.get("rationale"),
        source_clause=value.get("source"),
        file=entry.document.file,
        line=entry.line,
        criteria=tuple(_criteria(graph, entry, value)),
        safety_related=value.get("safety_related") is True,
        digest=entry.digest,
        status=standing.status,
        why=standing.why,
        review=graph.sources.reviews.get(entry.id, Review()),
    )


def _criteria(graph: TraceGraph, entry: Entry, value: dict[str, list[dict[str, Any]]]) -> Iterator[Criterion]:
    for criterion in value.get("criteria", ()):
        name = f"{entry.id}/{criterion['id']}"
        standing = graph.criteria[name]
        yield Criterion(
            id=criterion["id"],
            text=criterion["text"],
            method=Method(criterion["method"]),
            status=standing.status,
            why=standing.why,
            scenarios=_ids(graph.scenarios_of.get(name, ())),
            studied=tuple(criterion.get("evidence", ())),
        )


def _criterion_title(value: dict[str, object]) -> str:
    """A study criterion in a few words: `sensitivity lower >= 0.8 (all)`."""
    words = [str(value[key]) for key in ("metric", "limit", "comparison", "bound") if key in value]
    subgroup = f" ({value['subgroup']})" if value.get("subgroup") else ""
    return " ".join(words) + subgroup if words else ""


def _ids(scenarios: Iterable[Scenario]) -> tuple[str, ...]:
    return tuple(scenario.id for scenario in scenarios)


def _made_item(
    graph: TraceGraph, identity: str, kind: ItemKind, title: str, text: str, place: tuple[str, int], digest: str
) -> Item:
    standing = graph.standings[identity]
    return Item(
        id=identity,
        kind=kind,
        title=title,
        text=text,
        rationale=None,
        source_clause=None,
        file=place[0],
        line=place[1],
        criteria=(),
        safety_related=False,
        digest=digest,
        status=standing.status,
        why=standing.why,
        review=graph.sources.reviews.get(identity, Review()),
    )
