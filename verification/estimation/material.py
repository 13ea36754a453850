"""What a study rests on, read once, as one value: every analysis is a question to parts of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from verification.datasets.description import Description, SplitRule
from verification.datasets.manifest import Entry
from verification.estimation.estimates import Cases, Setting
from verification.estimation.foreign_scores import Foreign
from verification.estimation.reads import Held, Reads
from verification.estimation.tuning import Tuning
from verification.evidence import Analysis, Issue
from verification.product.api import Release
from verification.protocol.plan import Goal, Plan, StudyFolder, TriageAssumptions
from verification.protocol.scores import Scored
from verification.protocol.subgroups import Known
from verification.statistics.metrics import Floats


@dataclass(frozen=True)
class Material:
    """All that a study rests on; a part that it lacks is None or empty.

    `rows` are all lines of the table of scores, `cases` those images that were analyzed, `known` what is known of each
    row. `entries` are the images of the manifest, `training` those that a baseline was fitted on. `tuning` is what the
    release's threshold was chosen on. `baselines` and `perturbed` are further scores of the cases by name; of all rows
    `beside` are the ranks of other scores, and `lungs` the release's scores with a part hidden, or moved. `outside` and
    `outside_data` are what was found on images out of scope, and where these are from.

    Against tables that are kept elsewhere, and read only to be recorded: `labels` are the mined labels beside what was
    read, `held` is a release's score held against the reads, `foreign` somebody else's; `planned` is the plan of the
    same release and collection, `rule` how the collection's patients are divided.

    `files` are all that was read, `issues` what is wrong with them.
    """

    study: StudyFolder
    setting: Setting
    release: Release | None = None
    entries: tuple[Entry, ...] = ()
    rows: tuple[Scored, ...] = ()
    cases: Cases | None = None
    known: Known = field(default_factory=dict)
    tuning: Tuning | None = None
    training: tuple[Entry, ...] = ()
    baselines: Mapping[str, Floats] = field(default_factory=dict)
    perturbed: Mapping[str, Floats] = field(default_factory=dict)
    beside: Mapping[str, Floats] = field(default_factory=dict)
    lungs: Mapping[str, Floats] = field(default_factory=dict)
    outside: Analysis | None = None
    outside_data: Description | None = None
    labels: Reads | None = None
    held: Held | None = None
    foreign: Foreign | None = None
    planned: StudyFolder | None = None
    rule: SplitRule | None = None
    files: tuple[Path, ...] = ()
    issues: tuple[Issue, ...] = ()

    @property
    def plan(self) -> Plan:
        """The study's plan."""
        return self.study.plan

    @property
    def goals(self) -> tuple[Goal, ...]:
        """The study's criteria."""
        return self.study.goals

    @property
    def triage(self) -> TriageAssumptions | None:
        """What the plan assumes of a worklist."""
        return self.study.plan.triage
