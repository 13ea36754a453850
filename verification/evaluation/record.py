"""`clearway evaluate STUDY --record`: analyses of tables kept elsewhere, computed and kept in the study's folder."""

from __future__ import annotations

from pathlib import Path

from verification.analyses.table import ANALYSES
from verification.evaluation.reading import read_outside_material
from verification.evidence import Project
from verification.protocol.plan import StudyFolder, read_study
from verification.protocol.recorded import write_recorded


def record(project: Project, name: str, data: Path | None) -> str:
    """Compute a study's analyses from the outside files that its plan names, and record them in its folder.

    Returns:
        What was recorded, or that nothing changed, for a person to read.

    Raises:
        ValueError: there is no such study or it is not of that kind, its plan is not locked, or files are missing or
            are others.
    """
    study = _read_recordable(project, name)
    material = read_outside_material(project, study, data)
    path, changed = write_recorded(study, [one for registered in ANALYSES for one in registered.ask(material)])
    said = "recorded anew" if changed else "computed again, and nothing changed"
    return f"{name}: {', '.join(study.plan.inputs)}: {said}: {project.relative(path)}"


def _read_recordable(project: Project, name: str) -> StudyFolder:
    folder = project.root / "verification" / "studies" / name
    if not (folder / "plan.yaml").is_file():
        raise ValueError(f"study {name}: unknown; there is no {project.relative(folder)}/plan.yaml")
    study, issues = read_study(folder, project.relative(folder))
    if study is None or issues:
        raise ValueError("\n".join(f"{issue.where}: {issue.message}" for issue in issues))
    if not study.plan.inputs:
        raise ValueError(f"study {name}: is of kind {study.plan.kind}; open it with `clearway study open`")
    if study.locked != study.digest:
        raise ValueError(f"{study.where}: the plan is not locked as it stands: clearway study lock {name}")
    return study
