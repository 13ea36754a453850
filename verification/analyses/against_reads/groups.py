"""A score against RSNA's reads within each group that the plan names."""

from __future__ import annotations

from verification.analyses.against_reads.frame import estimate_group, state
from verification.analyses.frame import HEADLINE
from verification.estimation.estimates import not_recorded
from verification.estimation.reads import Held
from verification.evidence import Analysis, Role


def analyse_groups(held: Held) -> Analysis:
    """The groups that the plan names, and those that the data do not allow."""
    plan = held.plan
    rows = [one for group in plan.subgroups for one in estimate_group(held, group, held.rsna, HEADLINE)]
    rows += [not_recorded(attribute, held.setting) for attribute in plan.not_recorded]
    return state(
        held, held.rsna, Role.SUBGROUP, "rsna", identity="subgroups", title="The groups that the plan names",
        statement="One threshold for all. A difference between groups is of patients, images and reads together; with "
        "few images of a class a group is descriptive. The mined label says which other findings a report states.",
        estimates=rows,
    )  # fmt: skip
