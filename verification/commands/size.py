"""`clearway study size`: how many images a pivotal study needs, why, and how likely it passes if less is true."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from verification.evaluation.sizing import Sized
    from verification.evidence import Project, Table

METHODS = (
    "Each hypothesis is tested by the lower limit of a two-sided 95 % interval. All have to be met, so no level is "
    "divided (Berger 1982).",
    "AUROC: normal approximation with the variance of Hanley and McNeil (1982); beside it that of two normal "
    "distributions of one spread (Obuchowski and McClish 1997), which is smaller: the number is on the safe side.",
    "Sensitivity and specificity: the exact binomial probability that Wilson's lower limit lies above the bound.",
    "Patients with several images: independent images times the design effect, the squared ratio of the widths of "
    "the intervals with patients as they are and as if independent, for the planned images of a patient.",
    "All together: each may miss with a third of what all may miss with, whatever their dependence (Fréchet).",
)


def add_action(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `size`."""
    said = "compute and explain how many images a pivotal study needs, and its power if less is true than hoped"
    parser = actions.add_parser("size", help=said, description=said)
    parser.add_argument("study", help="the pivotal study's name")
    parser.add_argument("--for", dest="truth", metavar="TRUTH", help="size it for another truth of the plan, by name")


def act(project: Project, arguments: argparse.Namespace) -> Iterator[str]:
    """Yield the size in lines, from the plan as it stands and the intervals in `studies.json`.

    Raises:
        ValueError: the plan has faults, a truth is unknown, or the evidence is not there; all is named.
    """
    from dataclasses import replace

    from msgspec import structs

    from verification.evaluation.pivotal import require_pivotal
    from verification.evaluation.sizing import size
    from verification.evidence import EvidenceError, StudiesEvidence, read_evidence

    study = require_pivotal(project, arguments.study)
    if arguments.truth:
        known = [truth.name for truth in study.plan.size.truths]
        if arguments.truth not in known:
            raise ValueError(f"--for {arguments.truth}: unknown; expected one of {', '.join(known)}")
        sized_for = structs.replace(study.plan.size, for_truth=arguments.truth)
        study = replace(study, plan=structs.replace(study.plan, size=sized_for))
    try:
        evidence = read_evidence(project.evidence, "studies.json", StudiesEvidence)
    except (FileNotFoundError, EvidenceError) as error:
        raise ValueError(f"studies.json, for the design effects: {error}; run `clearway evaluate`") from error
    yield from _explain(size(study, evidence.studies), evidence.source.commit)


def _explain(sized: Sized, commit: str) -> Iterator[str]:
    from verification.evaluation.sizing import say_size, size_tables

    plan = sized.study.plan
    yield f"{plan.title}: {say_size(sized)}"
    for goal in sized.study.goals:
        yield f"  {goal.id}: {goal.limit} limit of {goal.metric} {goal.comparison} {goal.bound:g}"
    for table in size_tables(sized):
        yield ""
        yield from _lay_out(table)
    yield ""
    yield from (f"- {line}" for line in METHODS)
    yield f"- Design effects are of studies.json at commit {commit[:12]}."
    if blanks := len(plan.blanks) + len(sized.study.unwritten):
        yield f"- The plan is a draft: {blanks} blanks (texts, names, dates of signature) are left; it is not locked."


def _lay_out(table: Table) -> Iterator[str]:
    """Yield a table as text: its title, heads over columns, numbers to the right."""
    cells = [[_show(value) for value in row] for row in table.rows]
    widths = [max(len(line[at]) for line in (table.columns, *cells)) for at in range(len(table.columns))]
    numeric = [not any(isinstance(row[at], str) for row in table.rows) for at in range(len(table.columns))]
    yield table.title
    for line in (table.columns, *cells):
        parts = zip(line, widths, numeric, strict=True)
        yield (
            "  " + "  ".join(text.rjust(width) if right else text.ljust(width) for text, width, right in parts).rstrip()
        )


def _show(value: str | float | None) -> str:
    if value is None:
        return "none"
    return f"{value:.3f}" if isinstance(value, float) else str(value)
