"""Every analysis that a study may have: what answers, from which parts of its material, and where that is printed.

A new analysis is a file here with a function `analyse_…`, a line of `ANALYSES`, and a section that prints it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from inspect import Parameter, signature

from verification.analyses.against_reads.adult_size import analyse_size
from verification.analyses.against_reads.agreement import analyse_labels
from verification.analyses.against_reads.baselines import analyse_patient_baselines
from verification.analyses.against_reads.comparator import (
    analyse_as_published,
    analyse_mined_threshold,
    analyse_other_scores,
    analyse_published,
)
from verification.analyses.against_reads.dropout import analyse_unanalysed
from verification.analyses.against_reads.groups import analyse_groups
from verification.analyses.against_reads.headline import (
    analyse_as_drawn,
    analyse_google,
    analyse_mined,
    analyse_weighted,
)
from verification.analyses.against_reads.patients import analyse_patients
from verification.analyses.beside import analyse_beside, analyse_beside_simple
from verification.analyses.context import analyse_context
from verification.analyses.dropout import analyse_dropout
from verification.analyses.lungs import analyse_lungs
from verification.analyses.out_of_scope import analyse_outside
from verification.analyses.perturbations import analyse_perturbations
from verification.analyses.power import analyse_power
from verification.analyses.prevalence import analyse_prevalence
from verification.analyses.shared_names import analyse_shared_names
from verification.analyses.shortcuts import analyse_shortcuts
from verification.analyses.thresholds import analyse_thresholds
from verification.analyses.triage import analyse_triage
from verification.analyses.units import analyse_units
from verification.estimation.material import Material
from verification.evidence import Analysis, Role


@dataclass(frozen=True, slots=True)
class Registered:
    """An analysis: the function that answers, the kind of each analysis that it may yield by its id, and its section.

    The function's parameters are the parts of the material that it needs, by their names. A study that lacks one is not
    asked, unless the parameter has a default. `section` is a template of the documents and an anchor in it.
    """

    answer: Callable[..., Analysis | Iterable[Analysis] | None]
    yields: Mapping[str, Role]
    section: str

    @property
    def needs(self) -> tuple[str, ...]:
        """The parts of the material that the function takes."""
        return tuple(signature(self.answer).parameters)

    def ask(self, material: Material) -> Iterator[Analysis]:
        """Yield what the function answers of a study; nothing if it lacks a part, or there is nothing to say.

        Raises:
            ValueError: a part cannot be used.
            TypeError: the answer is of an id or a kind that is not registered.
        """
        parts = {name: getattr(material, name) for name in self.needs}
        wanted = signature(self.answer).parameters.values()
        if any(one.default is Parameter.empty and _is_missing(parts[one.name]) for one in wanted):
            return
        answer = self.answer(**parts)
        for one in (answer,) if isinstance(answer, Analysis) else answer or ():
            if self.yields.get(one.id) is not one.role:
                raise TypeError(
                    f"{self.answer.__name__} yields “{one.id}” of kind {one.role.value}; its line in "
                    f"verification/analyses/table.py has {', '.join(self.yields)}: enter it there"
                )
            yield one


def _is_missing(part: object) -> bool:
    """Whether a study lacks a part: None, or a collection that is empty."""
    return part is None or (isinstance(part, tuple | Mapping) and not part)


def _of(role: Role, *identities: str) -> dict[str, Role]:
    return dict.fromkeys(identities, role)


REPORT, ROBUSTNESS, TRIAGE = "performance_report.html", "robustness_report.html", "triage_report.html"
LABELS, COMPARATOR, PLAN = "other_collections.html#agreement", "comparator_report.html", "validation_plan.html"
GROUPS = ("rsna-groups", "rsna-groups-raw", "google-groups")

ANALYSES = (
    # of a release's scores, which the repository holds
    Registered(analyse_units, _of(Role.SECONDARY, "patients"), f"{REPORT}#analyses"),
    Registered(analyse_thresholds, _of(Role.SECONDARY, "thresholds"), f"{REPORT}#analyses"),
    Registered(analyse_prevalence, _of(Role.SECONDARY, "prevalence"), f"{REPORT}#analyses"),
    Registered(analyse_power, _of(Role.SECONDARY, "power"), f"{REPORT}#analyses"),
    Registered(analyse_beside, _of(Role.SECONDARY, "beside"), f"{REPORT}#analyses"),
    Registered(analyse_beside_simple, _of(Role.BASELINE, "beside-simple"), f"{ROBUSTNESS}#shortcuts"),
    Registered(analyse_shared_names, _of(Role.SECONDARY, "shared-names"), f"{REPORT}#analyses"),
    Registered(analyse_dropout, _of(Role.ROBUSTNESS, "dropout"), f"{ROBUSTNESS}#robustness"),
    Registered(analyse_context, _of(Role.CONTEXT, "context"), f"{REPORT}#context"),
    Registered(
        analyse_shortcuts, _of(Role.BASELINE, "shortcut-baselines", "shortcut-strata"), f"{ROBUSTNESS}#shortcuts"
    ),
    Registered(analyse_perturbations, _of(Role.ROBUSTNESS, "perturbations", "occlusion"), f"{ROBUSTNESS}#robustness"),
    Registered(analyse_lungs, _of(Role.ROBUSTNESS, "lungs"), f"{ROBUSTNESS}#robustness"),
    Registered(analyse_triage, _of(Role.TRIAGE, "triage"), f"{TRIAGE}#simulation"),
    Registered(analyse_outside, _of(Role.OUT_OF_SCOPE, "out-of-scope"), f"{ROBUSTNESS}#out-of-scope"),
    # of the mined labels, against reads that are kept elsewhere
    Registered(
        analyse_labels,
        _of(Role.PRIMARY, "rsna-weighted")
        | _of(Role.SECONDARY, "rsna-raw", "google")
        | _of(Role.SUBGROUP, *GROUPS)
        | _of(Role.CONTEXT, "readers", "readers-google"),
        LABELS,
    ),
    # of a score, against reads that are kept elsewhere
    Registered(analyse_weighted, _of(Role.PRIMARY, "rsna-weighted"), f"{REPORT}#analyses"),
    Registered(analyse_as_drawn, _of(Role.SECONDARY, "rsna-raw"), f"{REPORT}#analyses"),
    Registered(analyse_google, _of(Role.SECONDARY, "google"), f"{REPORT}#analyses"),
    Registered(analyse_mined, _of(Role.SECONDARY, "mined"), f"{REPORT}#analyses"),
    Registered(analyse_groups, _of(Role.SUBGROUP, "subgroups"), f"{ROBUSTNESS}#subgroups"),
    Registered(
        analyse_patient_baselines,
        _of(Role.BASELINE, "baselines", "baselines-google", "baselines-mined", "within"),
        f"{ROBUSTNESS}#shortcuts",
    ),
    Registered(analyse_patients, _of(Role.SECONDARY, "patients"), f"{REPORT}#analyses"),
    Registered(analyse_unanalysed, _of(Role.ROBUSTNESS, "dropout"), f"{ROBUSTNESS}#robustness"),
    # of somebody else's model alone
    Registered(analyse_as_published, _of(Role.SECONDARY, "mined-all"), COMPARATOR),
    Registered(analyse_mined_threshold, _of(Role.SECONDARY, "mined-threshold"), COMPARATOR),
    Registered(analyse_other_scores, _of(Role.SECONDARY, "scores"), COMPARATOR),
    Registered(analyse_published, _of(Role.CONTEXT, "published"), COMPARATOR),
    Registered(analyse_size, _of(Role.SECONDARY, "adult-size"), f"{PLAN}#size"),
)
"""In the order in which a study states them."""
