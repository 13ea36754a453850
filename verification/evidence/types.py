"""The vocabulary of the evidence: frozen, typed, strict when read back (an unknown or missing field is an error).

Everything here is a function of the commit and of the evidence files it names. Run times, hosts and tool versions
belong to the run record (`RunRecord`), which no digest covers and no document quotes.
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

__all__ = [
    "DOWNWARD", "Analysis", "AnomaliesReviewed", "Anomaly", "Bill", "Boundary", "Card", "Change", "ChangeNote",
    "CommandHelp", "Commit", "Component", "Confusion", "ContentItem", "Criterion", "Curve", "CurvePoint", "DataFlow",
    "Dataset", "DatasetsEvidence", "Design", "Development", "Deviation", "DeviceEvidence", "Disposition",
    "DocumentationLevel", "Estimate", "Excerpt", "Figure", "FigureKind", "FirstCommit", "FlowDiagram", "FlowElement",
    "Gap", "GateLimits", "Hazard", "History", "ImportContract", "IntakeLimits", "Interfaces", "Interval", "Issue",
    "Item", "ItemKind", "Licence", "Link", "LinkStatus", "Lookup", "Meaning", "Method", "Module", "Mutant",
    "MutantOutcome", "NotApplicable", "Opening", "PixelDescription", "Population", "RecordedAnalyses", "RejectionCode",
    "ReleaseEvidence", "ReportElement", "ReportForm", "ResultStatus", "Review", "ReviewLine", "ReviewStatus",
    "RiskControl", "RiskPolicy", "Role", "RunKind", "RunRecord", "ScanReport", "Screened", "Security", "SecurityAnswer",
    "SecurityView", "Series", "Severity", "Soup", "Source", "SourcesEvidence", "SplitCount", "StepResult", "Strength",
    "Stride", "StrideCell", "StudiesEvidence", "Study", "StudyCriterion", "StudyPlan", "SupplyEvidence", "Support",
    "Table", "Tag", "Threat", "TraceEvidence", "TransferSyntax", "Unit", "UseCase", "VerificationEvidence",
    "VerificationResult", "Vulnerability",
]  # fmt: skip


class Record(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=False):
    """What all evidence has in common: immutable, and strict when read."""


# --- shared ---------------------------------------------------------------------------------------------------------


class Severity(StrEnum):
    """`blocking` stops a build from being good; `advisory` is printed."""

    BLOCKING = "blocking"
    ADVISORY = "advisory"


class Issue(Record, frozen=True):
    """A value about evidence, yielded by a checker without side effects. `where` is `file:line` or an id."""

    code: str
    severity: Severity
    where: str
    message: str
    hint: str


class Gap(Record, frozen=True, tag=True):
    """Evidence that is not there: why, and what would close it. Rendered where the evidence would have stood."""

    reason: str
    closes: str


class Source(Record, frozen=True):
    """What a piece of evidence was made from.

    `commit_date` is the commit's own date (ISO 8601, day); `dirty` says that tracked files differed from the commit;
    `inputs` maps each file that was read, as a path relative to the checkout, to its SHA-256.
    """

    commit: str
    commit_date: str
    dirty: bool
    inputs: dict[str, str]


class RunRecord(Record, frozen=True):
    """Where and when a command ran. Outside every digest."""

    command: list[str]
    started: str
    finished: str
    seconds: float
    host: str
    python: str
    packages: dict[str, str]


class NotApplicable(Record, frozen=True, tag=True):
    """What does not apply, and why: nothing is missing."""

    reason: str


class Table(Record, frozen=True):
    """A table ready to be set: cells are text, or numbers that a filter formats."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str | int | float | None, ...], ...]


class FigureKind(StrEnum):
    """How a figure is drawn.

    `bars`: categories on x. `lines`: numbers on x. `intervals`: categories, each a point with its limits. `grid`: a
    series a row, x its columns, y the shade.
    """

    BARS = "bars"
    LINES = "lines"
    INTERVALS = "intervals"
    GRID = "grid"


class Series(Record, frozen=True):
    """Values of a figure, with limits where they have them; a value that is undefined is None."""

    name: str
    x: tuple[float | str, ...]
    y: tuple[float | None, ...]
    lower: tuple[float | None, ...] = ()
    upper: tuple[float | None, ...] = ()


class Figure(Record, frozen=True):
    """What a figure shows; how it looks is decided where it is drawn. Labels carry their units."""

    kind: FigureKind
    title: str
    x_label: str
    y_label: str
    series: tuple[Series, ...]


# --- device.json: facts of the product, read from it ------------------------------------------------------------------


class Population(Record, frozen=True):
    """Completed years, both limits included; no maximum is None."""

    description: str
    minimum_age_years: int
    maximum_age_years: int | None
    view_positions: tuple[str, ...]


class Card(Record, frozen=True, tag=True):
    """How a release's model came to be: what a competent practitioner needs to make it again.

    Weights that were not random have a digest; a licence of theirs that is not stated is None.
    """

    architecture: str
    parameters: int
    initial_weights: str
    recipe: str
    recipe_digest: str
    loss: str
    optimizer: str
    epochs: int
    batch_size: int
    augmentation: str
    seed: int
    dataset: str
    dataset_digest: str
    training_images: int
    training_patients: int
    tuning_images: int
    tuning_patients: int
    keras_litert_maximum_difference: float
    keras_litert_decision_flips: int
    history: tuple[Table, ...]
    initial_weights_sha256: str | None = None
    initial_weights_licence: str | None = None


class ReleaseEvidence(Record, frozen=True):
    """A release as its own files state it. `weights_sha256`, `threshold` and `card` are absent for an unbuilt one."""

    name: str
    version: str
    status: str
    title: str
    digest: str
    population: Population
    input_rows: int
    input_columns: int
    resampling: str
    keeps_aspect: bool
    weights_sha256: str | None
    weights_bytes: int | None
    threshold: float | None
    threshold_rule: str | None
    threshold_locked_on: str | None
    study: str | None
    limitations: tuple[str, ...]
    card: Card | Gap
    unbuilt_reason: str | None
    unbuilt_command: str | None


class RejectionCode(Record, frozen=True):
    """A row of the device's one table of reasons not to apply; it also prints the labeling."""

    code: str
    attribute: str
    requirement: str
    text: str


class TransferSyntax(Record, frozen=True):
    """A transfer syntax that the device reads."""

    uid: str
    name: str
    lossy: bool


class Soup(Record, frozen=True):
    """A locked dependency (software of unknown provenance, IEC 62304) and why it is there."""

    name: str
    version: str
    extra: str
    direct: bool
    purpose: str
    licence: str | None


class IntakeLimits(Record, frozen=True):
    """What one door of the device takes: SOP classes by UID with the modalities of each, bits, sides in pixels."""

    name: str
    sop_classes: dict[str, tuple[str, ...]]
    sop_class_names: dict[str, str]
    fewest_bits_stored: int
    most_bits_stored: int
    bits_allocated: int
    shortest_side_pixels: int
    longest_side_pixels: int


class GateLimits(Record, frozen=True, tag=True):
    """The gate's own configuration, which no option changes; ages and views are those of a release.

    `view_codes` maps a coded view to the projection it means. `least_contrast` is a share of the range of values for
    display, `most_at_an_end` the share of pixels at one end of it from which on an image is refused.
    """

    intakes: tuple[IntakeLimits, ...]
    body_part: str
    body_part_codes: tuple[str, ...]
    view_codes: dict[str, str]
    age_tolerance_years: int
    least_contrast: float
    most_at_an_end: float


class ReportElement(Record, frozen=True):
    """A top-level element of the structured report as it was written, and where its value comes from.

    `value` is None where the value is another in each report.
    """

    tag: str
    keyword: str
    vr: str
    origin: str
    value: str | None


class ContentItem(Record, frozen=True):
    """An item of the report's content tree, `depth` levels below its root; `value` as for an element."""

    depth: int
    relationship: str
    value_type: str
    concept: str
    value: str | None


class ReportForm(Record, frozen=True, tag=True):
    """The structured report, read back from reports that the device wrote about made-up images.

    `identity` are the attributes that it takes over from the image where the image has them. `findings` are the coded
    findings that were seen.
    """

    sop_class_uid: str
    sop_class_name: str
    transfer_syntaxes: tuple[str, ...]
    implementation_class_uid: str
    implementation_version: str
    character_sets: tuple[str, ...]
    elements: tuple[ReportElement, ...]
    content: tuple[ContentItem, ...]
    findings: tuple[str, ...]
    identity: tuple[str, ...]


class CommandHelp(Record, frozen=True):
    """A command of the device as it explains itself."""

    name: str
    text: str


class Interfaces(Record, frozen=True, tag=True):
    """How the device is called and what it gives back, from calling it.

    `about` is what it says of each release, by name; `json_fields` are those of a result, in order.
    """

    commands: tuple[CommandHelp, ...]
    about: dict[str, str]
    version: str
    json_fields: tuple[str, ...]
    outcomes: tuple[str, ...]
    report: ReportForm | Gap


class Unit(Record, frozen=True):
    """A function or class of the device as its docstring describes it; `implements` are ids of requirements."""

    id: str
    signature: str
    description: str
    implements: tuple[str, ...]
    line: int


class Module(Record, frozen=True):
    """A module of the device: what it is for, which of our modules and which outside libraries it imports."""

    name: str
    file: str
    purpose: str
    imports: tuple[str, ...]
    libraries: tuple[str, ...]
    units: tuple[Unit, ...]


class ImportContract(Record, frozen=True):
    """A rule on imports that a check of every change enforces, in a line of words.

    `layers` are in order, the uppermost first; modules of one layer are separated by a colon or, if none of them may
    import another, by a bar.
    """

    name: str
    kind: str
    rule: str
    layers: tuple[str, ...] = ()


class Design(Record, frozen=True, tag=True):
    """The device's modules, read from its source, and the rules on who may import whom."""

    modules: tuple[Module, ...]
    contracts: tuple[ImportContract, ...]


class Tag(Record, frozen=True):
    """A tag of the repository."""

    name: str
    date: str
    commit: str


class FirstCommit(Record, frozen=True):
    """The commit that first held a file or folder; None where no commit does."""

    path: str
    date: str | None
    commit: str | None


class ChangeNote(Record, frozen=True):
    """A note of a change that no numbered version holds yet; `kind` says whom it concerns."""

    name: str
    kind: str
    text: str


class Development(Record, frozen=True, tag=True):
    """What git says of how the software came about, up to the commit of the evidence.

    `reviewed` counts commits whose message has a trailer that names a reviewer, `merges` those that join two lines of
    work. Authors and committers are counted, not named.
    """

    commits: int
    first_date: str
    last_date: str
    authors: int
    committers: int
    merges: int
    reviewed: int
    tags: tuple[Tag, ...]
    firsts: tuple[FirstCommit, ...]
    notes: tuple[ChangeNote, ...]


_NOT_DESCRIBED = Gap(reason="device.json does not hold it", closes="run `clearway trace`")


class DeviceEvidence(Record, frozen=True):
    """`device.json`. What a product says of itself when it is called is a gap where nothing calls it."""

    source: Source
    name: str
    version: str
    releases: tuple[ReleaseEvidence, ...]
    rejections: tuple[RejectionCode, ...] | Gap
    transfer_syntaxes: tuple[TransferSyntax, ...] | Gap
    research_transfer_syntaxes: tuple[TransferSyntax, ...] | Gap
    statement: str | Gap
    soup: tuple[Soup, ...]
    gate: GateLimits | Gap = _NOT_DESCRIBED
    interfaces: Interfaces | Gap = _NOT_DESCRIBED
    design: Design | Gap = _NOT_DESCRIBED
    development: Development | Gap = _NOT_DESCRIBED
    requires_python: str | Gap = _NOT_DESCRIBED


# --- supply.json: what the device and its tools are made of -----------------------------------------------------------


class Licence(Record, frozen=True, tag=True):
    """A licence as an SPDX expression, where it was read, and what the policy says of it.

    `verdict` is allowed, weak_copyleft, refused or unlisted.
    """

    expression: str
    read_in: str
    verdict: str
    reason: str


class Support(Record, frozen=True, tag=True):
    """How a supplier supports a component: level, end of support (ISO 8601 or in words), where and when looked up."""

    level: str
    end_of_support: str | Gap
    source: str
    looked_up_on: str


class AnomaliesReviewed(Record, frozen=True, tag=True):
    """That a supplier's list of known anomalies was read: which, by whom, when, and what follows for the device."""

    source: str
    by: str
    reviewed_on: str
    conclusion: str


class Disposition(Record, frozen=True, tag=True):
    """What a vulnerability means here: state and justification as VEX has them, and whether it is known exploited."""

    state: str
    justification: str
    known_exploited: bool | Gap
    by: str
    date: str


class Vulnerability(Record, frozen=True):
    """A vulnerability that a report names, with what was decided of it."""

    id: str
    aliases: tuple[str, ...]
    description: str
    fixed_in: tuple[str, ...]
    disposition: Disposition | Gap


class Lookup(Record, frozen=True, tag=True):
    """That a component of this version was looked up: when, in which database, by which report."""

    date: str
    database: str
    report: str


class Component(Record, frozen=True):
    """A locked distribution. `part` is runtime, suite, development or training; `through` names what asks for it.

    `vulnerabilities` are those that a report names; that there is none says nothing unless there is a lookup.

    `installed` is the version in the environment that made this evidence, None where it is not there; `condition` is
    the marker under which alone it is installed. `hashes` are the SHA-256 that the lock accepts, one a file.
    """

    name: str
    version: str
    purl: str
    hashes: tuple[str, ...]
    part: str
    direct: bool
    through: tuple[str, ...] | Gap
    condition: str | None
    installed: str | None
    purpose: str
    supplier: str | Gap
    licence: Licence | Gap
    support: Support | Gap
    anomalies: AnomaliesReviewed | Gap
    lookup: Lookup | Gap
    vulnerabilities: tuple[Vulnerability, ...] = ()


class Screened(Record, frozen=True, tag=True):
    """That every component was looked up, in `databases`, first on the day `oldest`; only then is a count a finding."""

    components: int
    vulnerabilities: int
    databases: tuple[str, ...]
    oldest: str


class ScanReport(Record, frozen=True):
    """A scanner's report that was handed in, and how many components it audited.

    `skipped` are those that it names and did not audit, or audited in another version.
    """

    file: str
    format: str
    sha256: str
    database: str
    date: str
    audited: int
    skipped: tuple[str, ...]


class Bill(Record, frozen=True):
    """A software bill of materials as written: its file, its digest, and how many components it lists."""

    name: str
    file: str
    sha256: str
    components: int


class SupplyEvidence(Record, frozen=True):
    """`supply.json`. `vulnerabilities` is a gap until every component has been looked up."""

    source: Source
    components: tuple[Component, ...]
    reports: tuple[ScanReport, ...]
    vulnerabilities: Screened | Gap
    bills: tuple[Bill, ...]
    unlisted: tuple[Gap, ...]
    issues: tuple[Issue, ...]


# --- verification.json: what the scenarios showed ---------------------------------------------------------------------


class ResultStatus(StrEnum):
    """Only `passed` verifies."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    SKIPPED = "skipped"
    XFAILED = "xfailed"
    XPASSED = "xpassed"
    UNDEFINED = "undefined"
    NOT_RUN = "not_run"


class StepResult(Record, frozen=True):
    """A Gherkin step with its argument (a table, a docstring): what became of it, and what was observed."""

    keyword: str
    text: str
    status: ResultStatus
    observed: str | None
    table: tuple[tuple[str, ...], ...] = ()
    docstring: str | None = None


class VerificationResult(Record, frozen=True):
    """One scenario or outline row, as parsed from its feature file, with the outcome of running it.

    `tags` are its own and those it inherits, without the `@`; `requirements` are the ids of items among them (those of
    its criteria included), `criteria` the ids of criteria (`SRS-003/AC2`). `example` is the outline row, empty for a
    plain scenario. `digest` covers what a reader of the scenario reads, not where it stands. `entered` are the
    functions of the device that the run entered, as places in `VerificationEvidence.functions`; None where it was not
    watched.
    """

    id: str
    feature: str
    name: str
    file: str
    line: int
    example: dict[str, str]
    tags: tuple[str, ...]
    requirements: tuple[str, ...]
    criteria: tuple[str, ...]
    status: ResultStatus
    steps: tuple[StepResult, ...]
    message: str | None
    digest: str
    entered: tuple[int, ...] | None = None


class RunKind(StrEnum):
    """A formal run follows an approved protocol in a clean checkout; every other is an engineering run."""

    ENGINEERING = "engineering"
    FORMAL = "formal"


class VerificationEvidence(Record, frozen=True):
    """`verification.json`. `complete` is false for a selection (`--only`), which never supports a submission.

    `requirement_digests` are those of the requirements, `release_digests` (by release name) those of the releases that
    the scenarios ran against. `issues` are about the feature files and their collection. `functions` names every
    function of the device that was entered, sorted; `on_import` are the places in it of those that ran when the device
    was imported, before any scenario, which no scenario enters by that. `protocol_digest` is of all scenarios and of
    the requirements that they verify; `approval` is the SHA-256 of the line of the review record that approves it, for
    a formal run.
    """

    source: Source
    complete: bool
    selection: tuple[str, ...]
    results: tuple[VerificationResult, ...]
    requirement_digests: dict[str, str]
    release_digests: dict[str, str]
    issues: tuple[Issue, ...] = ()
    functions: tuple[str, ...] = ()
    on_import: tuple[int, ...] = ()
    kind: RunKind = RunKind.ENGINEERING
    protocol_digest: str = ""
    approval: str | None = None


# --- trace.json: items, links, risk -----------------------------------------------------------------------------------


class ItemKind(StrEnum):
    """What an item of the trace graph is."""

    USER_NEED = "user_need"
    SYSTEM_REQUIREMENT = "system_requirement"
    SOFTWARE_REQUIREMENT = "software_requirement"
    HAZARD = "hazard"
    RISK_CONTROL = "risk_control"
    ANOMALY = "anomaly"
    DEVIATION = "deviation"
    CHANGE = "change"
    THREAT = "threat"
    SYMBOL = "symbol"
    SCENARIO = "scenario"
    STUDY_CRITERION = "study_criterion"
    DOCUMENT_SECTION = "document_section"


class Method(StrEnum):
    """How a criterion is verified."""

    TEST = "test"
    ANALYSIS = "analysis"
    INSPECTION = "inspection"
    DEMONSTRATION = "demonstration"


class LinkStatus(StrEnum):
    """Whether something is covered is not a yes or no."""

    COVERS = "covers"
    FAILED = "failed"
    NOT_RUN = "not_run"
    STALE = "stale"
    UNREVIEWED = "unreviewed"
    SUSPECT = "suspect"
    ORPHANED = "orphaned"
    UNPROVEN = "unproven"
    UNSPECIFIED = "unspecified"
    GAP = "gap"


class ReviewStatus(StrEnum):
    """Whether a person has reviewed an item as it is now: never, since its last change, or before it."""

    UNREVIEWED = "unreviewed"
    REVIEWED = "reviewed"
    SUSPECT = "suspect"


class Meaning(StrEnum):
    """What a person says by a line of the review record.

    `reviewed`: I have read it and what it rests on, and found no fault that is not recorded. `adequate`: what stands
    below it suffices to show it (scenarios a requirement, evidence a risk control). `approved`: it may be used as it
    is. `withdrawn`: what was said of it before no longer counts.
    """

    REVIEWED = "reviewed"
    ADEQUATE = "adequate"
    APPROVED = "approved"
    WITHDRAWN = "withdrawn"


class Review(Record, frozen=True):
    """What the review record says of an item today. `by`, `meaning` and `date` are of the last review, if any.

    `meanings` are those of all lines that are about the item as it is now.
    """

    status: ReviewStatus = ReviewStatus.UNREVIEWED
    why: str = "no person has reviewed it"
    by: str | None = None
    meaning: str | None = None
    date: str | None = None
    meanings: tuple[str, ...] = ()


class ReviewLine(Record, frozen=True):
    """A line of the review record, `docs/records/reviews.log`: who reviewed or approved what, as it was then.

    `digest` is of the item and of all that it rests on; `parts` gives its own alone and that of each item directly
    below, by id, so that a later change can be named. `date` is that of the clock of who ran the command (UTC). It is
    evidence of review, no signature in the sense of 21 CFR part 11.
    """

    event: str
    id: str
    by: str
    meaning: str
    reason: str
    date: str
    digest: str
    parts: dict[str, str]
    previous: str | None = None


class MutantOutcome(StrEnum):
    """What became of a deliberate fault.

    Killed: a scenario of the requirement noticed it. Elsewhere: only a scenario of another requirement that the symbol
    implements did. Survived: none of these did. Equivalent: so, too, but it is declared to change nothing.
    """

    KILLED = "killed"
    ELSEWHERE = "elsewhere"
    SURVIVED = "survived"
    EQUIVALENT = "equivalent"


class Mutant(Record, frozen=True):
    """One deliberate fault in a symbol: the line, the code before and after, what became of it and by which scenario.

    `reason` is that of an exemption as equivalent, which awaits review.
    """

    line: int
    before: str
    after: str
    outcome: MutantOutcome
    by: str | None = None
    reason: str | None = None


class Strength(Record, frozen=True):
    """How many faults put into a symbol the scenarios of a requirement that it implements noticed.

    `mutants` are those that were not killed. A symbol without any place for a fault has counts of 0.
    """

    requirement: str
    symbol: str
    scenarios: int
    killed: int
    survived: int
    equivalent: int
    elsewhere: int = 0
    mutants: tuple[Mutant, ...] = ()


class Criterion(Record, frozen=True):
    """One acceptance criterion of a requirement, and where it stands."""

    id: str
    text: str
    method: Method
    status: LinkStatus
    why: str
    scenarios: tuple[str, ...]


class Item(Record, frozen=True):
    """A node of the trace graph. `status` sums up what its links show; `why` says it in words."""

    id: str
    kind: ItemKind
    title: str
    text: str
    rationale: str | None
    source_clause: str | None
    file: str
    line: int
    criteria: tuple[Criterion, ...]
    safety_related: bool
    digest: str
    status: LinkStatus
    why: str
    review: Review = Review()


DOWNWARD = ("controlled_by", "implemented_by", "shown_by")
"""Relations of a link whose source stands above its target; of all others the target stands above the source."""


class Link(Record, frozen=True):
    """An edge, from the item that claims it to the item it claims: `source` `relation` `target`."""

    source: str
    target: str
    relation: str
    status: LinkStatus
    why: str


class Hazard(Record, frozen=True):
    """The chain of ISO 14971, clause 5: hazard, sequence of events, hazardous situation, harm. Scales are 1 to 5.

    The probability of a software failure is taken as 1: `probability_of_harm` is the probability that the hazardous
    situation, once there, leads to harm.
    """

    id: str
    title: str
    hazard: str
    sequence_of_events: tuple[str, ...]
    hazardous_situation: str
    harm: str
    severity: int
    probability_of_harm: int
    acceptability: str
    controls: tuple[str, ...]
    residual_severity: int
    residual_probability_of_harm: int
    residual_acceptability: str
    disclosed: str | None


class RiskControl(Record, frozen=True):
    """A measure against hazards. Implemented is one question, effective another; each has its evidence or a gap."""

    id: str
    title: str
    text: str
    kind: str
    hazards: tuple[str, ...]
    requirements: tuple[str, ...]
    implemented: LinkStatus
    implemented_why: str
    effective: LinkStatus
    effective_why: str


class RiskPolicy(Record, frozen=True, tag=True):
    """The acceptability matrix: rows severity 1 to 5, columns probability 1 to 5; for malice, exploitability 1 to 5."""

    severities: tuple[str, ...]
    probabilities: tuple[str, ...]
    matrix: tuple[tuple[str, ...], ...]
    assumptions: tuple[str, ...]
    exploitabilities: tuple[str, ...] = ()


class DocumentationLevel(Record, frozen=True, tag=True):
    """Basic or Enhanced, computed from the hazards before any control, with the reasons."""

    level: str
    why: str
    hazards: tuple[str, ...]


class Anomaly(Record, frozen=True):
    """A known, unresolved departure from what was expected.

    `scenarios` are those that fail by it; `excuses` those of them whose failure does not block, since a person has
    approved the anomaly as it stands and no risk control rests on the scenario. They stay failed.
    """

    id: str
    title: str
    found_in: str
    observed: str
    expected: str
    requirements: tuple[str, ...]
    hazards: tuple[str, ...]
    assessment: str
    security_assessment: str
    workaround: str
    disposition: str
    versions: tuple[str, ...] = ()
    scenarios: tuple[str, ...] = ()
    excuses: tuple[str, ...] = ()


class Deviation(Record, frozen=True):
    """A departure of a run from the approved protocol: what was planned, what was done, and what that does to it."""

    id: str
    title: str
    scenarios: tuple[str, ...]
    planned: str
    done: str
    reason: str
    effect: str
    disposition: str


class Change(Record, frozen=True):
    """A change of the device under control (IEC 62304, 8.2): why, what it touches, what was verified again, decided."""

    id: str
    title: str
    reason: str
    base: str
    head: str
    impact_digest: str
    requirements: tuple[str, ...]
    scenarios: tuple[str, ...]
    verified: str | None
    risk_file_reviewed: str | None
    decision: str | None


class Stride(StrEnum):
    """The six kinds of threats that are asked of each element of a data-flow diagram."""

    SPOOFING = "spoofing"
    TAMPERING = "tampering"
    REPUDIATION = "repudiation"
    INFORMATION_DISCLOSURE = "information_disclosure"
    DENIAL_OF_SERVICE = "denial_of_service"
    ELEVATION_OF_PRIVILEGE = "elevation_of_privilege"


class Threat(Record, frozen=True):
    """A way in which somebody could make the device harm or fail. Exploitability is a step of a scale, 1 to 5.

    `severity` is that of the worst hazard that it can lead to, None where it leads to none; acceptability is that of
    severity and exploitability. `open` is what neither control nor requirement answers.
    """

    id: str
    title: str
    text: str
    elements: tuple[str, ...]
    stride: tuple[Stride, ...]
    ai: str | None
    many_patients: bool
    hazards: tuple[str, ...]
    controls: tuple[str, ...]
    requirements: tuple[str, ...]
    host: str | None
    open: Gap | None
    severity: int | None
    exploitability: int
    acceptability: str
    residual_exploitability: int
    residual_acceptability: str
    status: LinkStatus
    why: str


class FlowElement(Record, frozen=True):
    """A box of the data-flow diagram; `kind` is external, process or store; `row` is its place, from the top.

    `set_aside` says why a kind of threat that would be asked of it does not apply.
    """

    id: str
    kind: str
    title: str
    text: str
    boundary: str
    row: int
    set_aside: dict[str, str] = {}


class DataFlow(Record, frozen=True):
    """An arrow of the data-flow diagram."""

    id: str
    source: str
    target: str
    title: str
    set_aside: dict[str, str] = {}


class Boundary(Record, frozen=True):
    """A trust boundary: who rules what lies inside it."""

    id: str
    title: str
    text: str


class StrideCell(Record, frozen=True):
    """What answers one kind of threat for one element: threats, or the reason why it does not apply; else a gap."""

    element: str
    stride: Stride
    threats: tuple[str, ...]
    set_aside: str | None


class FlowDiagram(Record, frozen=True, tag=True):
    """The data-flow diagram, boundaries from left to right; its cells are what STRIDE asks and what answers it."""

    boundaries: tuple[Boundary, ...]
    elements: tuple[FlowElement, ...]
    flows: tuple[DataFlow, ...]
    cells: tuple[StrideCell, ...]


class SecurityAnswer(Record, frozen=True):
    """What is said to a question of security, and the items that show it. Where nothing is, `gap` says so."""

    id: str
    title: str
    text: str | None
    refs: tuple[str, ...]
    gap: Gap | NotApplicable | None


class SecurityView(Record, frozen=True):
    """An architecture view: statements, each with the elements and items that it is about."""

    id: str
    title: str
    statements: tuple[SecurityAnswer, ...]


class UseCase(Record, frozen=True):
    """A security use case: who does what, and what the device does at each step."""

    id: str
    title: str
    actor: str
    steps: tuple[str, ...]
    refs: tuple[str, ...]


class Security(Record, frozen=True, tag=True):
    """The security file: architecture views and use cases, answers to the control categories, tests, plan."""

    views: tuple[SecurityView, ...]
    use_cases: tuple[UseCase, ...]
    control_categories: tuple[SecurityAnswer, ...]
    testing: tuple[SecurityAnswer, ...]
    plan: tuple[SecurityAnswer, ...]


class TraceEvidence(Record, frozen=True):
    """`trace.json`. `records` are the lines of the review record, `strengths` what deliberate faults showed."""

    source: Source
    items: tuple[Item, ...]
    links: tuple[Link, ...]
    hazards: tuple[Hazard, ...]
    controls: tuple[RiskControl, ...]
    policy: RiskPolicy | Gap
    documentation_level: DocumentationLevel | Gap
    anomalies: tuple[Anomaly, ...]
    issues: tuple[Issue, ...]
    deviations: tuple[Deviation, ...] = ()
    changes: tuple[Change, ...] = ()
    strengths: tuple[Strength, ...] = ()
    records: tuple[ReviewLine, ...] = ()
    threats: tuple[Threat, ...] = ()
    data_flow: FlowDiagram | Gap = Gap(reason="there is no data-flow diagram", closes="write risk/dataflow.yaml")
    security: Security | Gap = Gap(reason="there is no security file", closes="write risk/security.yaml")


# --- sources.json: what the browser shows beside the trace ------------------------------------------------------------


class Excerpt(Record, frozen=True):
    """Lines of a file as they are: `text` is without the last line end, `line` the number of its first line."""

    line: int
    text: str


class Commit(Record, frozen=True):
    """A commit as a reader of a history knows it: its day (ISO 8601), twelve digits of its hash, its subject."""

    date: str
    hash: str
    subject: str


class History(Record, frozen=True, tag=True):
    """Commits, newest first, and for each file that holds an item the places in `commits` of those that touched it."""

    commits: tuple[Commit, ...]
    of_file: dict[str, tuple[int, ...]]


class SourcesEvidence(Record, frozen=True):
    """`sources.json`. No document reads it: a shallow clone has less history and must give the same documents.

    `excerpts` is the code of each symbol by its id.
    """

    source: Source
    excerpts: dict[str, Excerpt]
    history: History | Gap


# --- studies.json: clinical performance -------------------------------------------------------------------------------


class Interval(Record, frozen=True):
    """Two-sided limits, the level (0.95) and the method by name."""

    lower: float
    upper: float
    level: float
    method: str


class Estimate(Record, frozen=True, tag=True):
    """One figure of a study. An undefined metric has `value` None and a `reason`, never 0.

    `score` names what is held against the reference standard where it is not what the study is of. `positives` and
    `negatives` are images by the reference standard in the group; with fewer than 30 of either it is `descriptive`.
    The value of a `weighted` one counts images by sampling weights; `n` and `events` are images as they are.
    """

    metric: str
    value: float | None
    reason: str | None
    interval: Interval | None
    n: int
    events: int | None
    patients: int
    subgroup: str
    reference_standard: str
    decides: bool
    criterion: str | None
    met: bool | None
    release_digest: str
    dataset_digest: str
    score: str = ""
    positives: int | None = None
    negatives: int | None = None
    descriptive: bool = False
    weighted: bool = False


class StudyCriterion(Record, frozen=True):
    """An acceptance criterion fixed before scores existed: the named limit of the interval against a bound."""

    id: str
    metric: str
    subgroup: str
    limit: str
    comparison: str
    bound: float
    rationale: str
    estimate: Estimate | Gap
    met: bool | None


class Opening(Record, frozen=True):
    """A line of a study's log: a use of its data, or the lock of its plan.

    `event` is `prior_use` (known from elsewhere), `plan_locked`, `opened`, `scored`, `recorded` (computed from files
    kept elsewhere), `other_use` (outside the study) or `correction` (of a text that is locked or logged and stays as it
    is). `files` are the tables that it left, by name with their SHA-256.
    `code_digest` is of the modules that compute estimates, as they were; None in lines from before it was kept.
    `previous` is the SHA-256 of the line before, so that no line can be changed or taken out without every later one.
    """

    event: str
    date: str
    reason: str
    release: str = ""
    release_digest: str = ""
    dataset_digest: str = ""
    scores_sha256: str | None = None
    plan_digest: str | None = None
    code_digest: str | None = None
    files: dict[str, str] = {}
    previous: str | None = None


class Confusion(Record, frozen=True, tag=True):
    """The 2x2 table at the operating point, in images."""

    true_positive: int
    false_positive: int
    false_negative: int
    true_negative: int


class CurvePoint(Record, frozen=True):
    """A threshold and what it gives; positive means score >= threshold."""

    threshold: float | None
    sensitivity: float
    specificity: float


class Curve(Record, frozen=True, tag=True):
    """The operating points of the scores, thinned for drawing, in order of falling threshold."""

    points: tuple[CurvePoint, ...]
    operating: CurvePoint


class StudyPlan(Record, frozen=True):
    """What the plan fixes, in its own words; `parameters` are its figures and what it states of the images."""

    objective: str
    population: str
    unit: str
    reference_standard: str
    data: str
    exclusions: tuple[str, ...]
    threshold_rule: str
    interval_method: str
    subgroups: tuple[str, ...]
    sample_size: str
    limitations: tuple[str, ...]
    parameters: tuple[Table, ...] = ()


class Role(StrEnum):
    """What an analysis is for. Only a primary analysis decides a criterion."""

    PRIMARY = "primary"
    SECONDARY = "secondary"
    SUBGROUP = "subgroup"
    BASELINE = "baseline"
    ROBUSTNESS = "robustness"
    OUT_OF_SCOPE = "out_of_scope"
    TRIAGE = "triage"
    CONTEXT = "context"


class Analysis(Record, frozen=True):
    """A part of a study: what is held against one reference standard, under one weighting, and what that gives.

    `score` is what is judged (a release's score, a mined label, the size of a file); `weighting` says how images count;
    `statement` says what the figures mean and what they do not. `images`, `patients` and `positives` are of the whole.
    `post_hoc` says what of it the locked plan does not name; empty if it names all.
    """

    id: str
    title: str
    role: Role
    reference_standard: str
    score: str
    weighting: str
    statement: str
    images: int
    patients: int
    positives: int
    estimates: tuple[Estimate, ...]
    tables: tuple[Table, ...] = ()
    figures: tuple[Figure, ...] = ()
    post_hoc: str = ""


class RecordedAnalyses(Record, frozen=True, tag=True):
    """Analyses of tables that are not in the repository: what they were made from, and by which plan and code.

    `inputs` maps each outside file, by name, to its SHA-256; `code_digest` is of the modules that computed them.
    """

    plan_digest: str
    code_digest: str
    inputs: dict[str, str]
    analyses: tuple[Analysis, ...]


class Study(Record, frozen=True):
    """A study: its plan, its log and what its scores give.

    `kind` is `development`, `benchmark` (a public test set), `comparator` (somebody else's model), `reference_standard`
    (labels against readers) or `validation_plan` (no scores yet). `inputs` are the outside files that its analyses were
    recorded from.
    """

    name: str
    title: str
    kind: str
    label: str
    release: str
    release_version: str
    release_digest: str
    dataset_digest: str
    plan: StudyPlan
    plan_digest: str
    scores_sha256: str | None
    openings: tuple[Opening, ...]
    images: int | None
    patients: int | None
    confusion: Confusion | Gap | NotApplicable
    estimates: tuple[Estimate, ...]
    criteria: tuple[StudyCriterion, ...]
    curve: Curve | Gap | NotApplicable
    analyses: tuple[Analysis, ...] = ()
    inputs: dict[str, str] = {}


class StudiesEvidence(Record, frozen=True):
    """`studies.json`"""

    source: Source
    studies: tuple[Study, ...]
    issues: tuple[Issue, ...]


# --- datasets.json: what the data are ---------------------------------------------------------------------------------


class SplitCount(Record, frozen=True):
    """One part of a patient-disjoint split."""

    name: str
    images: int
    patients: int
    positives: int


class PixelDescription(Record, frozen=True, tag=True):
    """What the pixels of a collection are like, recorded where the images were: they are not in the repository.

    `list_digest` is of the manifest or metadata that listed the images; `images` is how many of them were read.
    """

    list_digest: str
    images: int
    tables: tuple[Table, ...]
    figures: tuple[Figure, ...]


class Dataset(Record, frozen=True):
    """A collection of images, described. Counts that are not recorded are rows that say so.

    `spectrum` says what kinds of patients the figures on it hold for; it is among the limitations as well.
    """

    name: str
    title: str
    origin: str
    terms: str
    role: str
    images: int
    patients: int
    digest: str
    tables: tuple[Table, ...]
    splits: tuple[SplitCount, ...]
    flow: tuple[Table, ...]
    limitations: tuple[str, ...]
    figures: tuple[Figure, ...] = ()
    pixels: PixelDescription | Gap | None = None
    spectrum: str | None = None


class DatasetsEvidence(Record, frozen=True):
    """`datasets.json`"""

    source: Source
    datasets: tuple[Dataset, ...]
    issues: tuple[Issue, ...]
