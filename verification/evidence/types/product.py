"""`device.json`: facts of the product, read from it: releases, limits, refusals, report, interfaces.

And `report.json` of a training run, which made a release or is to make one.

This is the only file of the vocabulary that knows a chest radiograph: another device has another file in its place.
"""

from __future__ import annotations

from verification.evidence.types.network import NodeInterfaces
from verification.evidence.types.record import Gap, Record, Source
from verification.evidence.types.sources import Design, Development
from verification.evidence.types.supply import Soup
from verification.evidence.types.tables import Figure, Table

__all__ = [
    "Card",
    "CommandHelp",
    "ContentItem",
    "DeviceEvidence",
    "FittedOn",
    "GateLimits",
    "IntakeLimits",
    "Interfaces",
    "Measured",
    "NodeTiming",
    "Population",
    "RejectionCode",
    "ReleaseEvidence",
    "ReportElement",
    "ReportForm",
    "ScoredImage",
    "Timing",
    "TrainingRun",
    "TransferSyntax",
    "TuningScores",
]


class Population(Record, frozen=True):
    """Completed years, both limits included; no maximum is None."""

    description: str
    minimum_age_years: int
    maximum_age_years: int | None
    view_positions: tuple[str, ...]


class Card(Record, frozen=True, tag=True):
    """How a release's model came to be: what a competent practitioner needs to make it again.

    Weights that were not random have a digest; a license of theirs that is not stated is None. What the operating point
    gives on the tuning images is None where an earlier training did not say it. Of a network with a part that finds
    lungs: the images that taught that part, whole and with their lungs alone, for how many epochs, and its mean Dice
    coefficient on those of patients that were kept from it; None without such a part. The digest of their manifest is
    that of another training that the part was taken from, None if it was taught in this one.
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
    tuning_positive_images: int | None = None
    tuning_sensitivity: float | None = None
    tuning_specificity: float | None = None
    lung_pairs: int | None = None
    lung_epochs: int | None = None
    lung_pairs_checked: int | None = None
    lung_overlap: float | None = None
    lung_dataset_digest: str | None = None


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


class FittedOn(Record, frozen=True):
    """Images that a criterion of the gate was fitted on: the collection, which part of it, and how many."""

    collection: str
    part: str
    images: int


class GateLimits(Record, frozen=True, tag=True):
    """The gate's own configuration, which no option changes; ages and views are those of a release.

    `view_codes` maps a coded view to the projection it means. `least_contrast` is a share of the range of values for
    display, `most_at_an_end` the share of pixels at one end of it from which on an image is refused. `decoding_seconds`
    and `decoding_gib` bound what a codec may take for a frame and reserve. `fitted_on` are the images that made the
    criterion of what a picture looks like.
    """

    intakes: tuple[IntakeLimits, ...]
    body_part: str
    body_part_codes: tuple[str, ...]
    view_codes: dict[str, str]
    age_tolerance_years: int
    least_contrast: float
    most_at_an_end: float
    decoding_seconds: int
    decoding_gib: int
    fitted_on: tuple[FittedOn, ...] = ()


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


class Measured(Record, frozen=True):
    """What was measured on one computer, on one day: of which device and release, on which images, how long it took.

    The device and the release are those that were measured, and may be older than what is documented.
    `pictures` is how many different pictures the images had, `transfer_syntax` how those of their files are encoded.
    `load` is how many programs ran or waited for a processor, as the system counts it, over the minute before the end.
    """

    measured_on: str
    software_version: str
    release: str
    release_version: str
    release_digest: str
    images: int
    pictures: int
    transfer_syntax: str
    mean_file_bytes: int
    median_seconds: float
    percentile_95_seconds: float
    slowest_seconds: float
    processor: str
    processors: int
    memory_bytes: int
    system: str
    python: str
    load: float


class NodeTiming(Measured, frozen=True, tag=True):
    """Seconds from a study to its results in the archive, with the node, who sends and the archive on one computer.

    A study has one image. The clock begins when that begins to be sent, and ends when report and page are in the
    archive. `seconds_between` lie between two studies; `settle_seconds` the node waits, and they are part of the time.
    """

    seconds_between: float
    settle_seconds: float
    workers: int


_NODE_UNMEASURED = Gap(
    reason="the time from a study to its results in the archive has not been measured",
    closes="run `clearway time --node`",
)


class Timing(Measured, frozen=True, tag=True, omit_defaults=True):
    """Seconds from a file to its report on disk, one image after the other; `node` is of studies in a node."""

    node: NodeTiming | Gap = _NODE_UNMEASURED


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
    node: NodeInterfaces | Gap = _NOT_DESCRIBED
    design: Design | Gap = _NOT_DESCRIBED
    development: Development | Gap = _NOT_DESCRIBED
    requires_python: str | Gap = _NOT_DESCRIBED
    timing: Timing | Gap = _NOT_DESCRIBED


class ScoredImage(Record, frozen=True):
    """A tuning image: its name and what is known of it, its score, and a small picture (JPEG) if it can be read."""

    image: str
    label: int
    score: float
    kind: str
    source: str
    view: str
    picture: bytes | None


class TuningScores(Record, frozen=True, tag=True):
    """The scores of the tuning images. `threshold` and what it gives there are None before a release is made.

    `missed` are positive images with the lowest scores, `alarming` negative ones with the highest, worst first.
    `pictures` says where the pictures of these are from, or why there are none.
    """

    images: int
    positives: int
    threshold: float | None
    sensitivity: float | None
    specificity: float | None
    by_group: Table
    figures: tuple[Figure, ...]
    missed: tuple[ScoredImage, ...]
    alarming: tuple[ScoredImage, ...]
    pictures: str | Gap


class TrainingRun(Record, frozen=True):
    """A run of a training, as far as its folder holds it.

    `digest` is the recipe's, `manifest` that of the list of images (SHA-256).
    `rule` is the recipe's for the epoch that is exported, None for the last one. `exported` is that epoch, None before
    a release is made; `lowest_loss` and `highest_auroc` are those of the tuning images, None before the first epoch.
    """

    name: str
    version: str
    title: str
    digest: str
    dataset: str
    manifest: str | None
    machine: Table
    data: tuple[Table, ...] | Gap
    epochs: int
    planned: int
    rule: str | None
    patience: int | None
    exported: int | None
    lowest_loss: int | None
    highest_auroc: int | None
    curves: tuple[Figure, ...]
    scores: TuningScores | Gap
