"""The parameter file of a pivotal study: strict, every fault at its line in one pass, blanks named."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from verification.protocol.pivotal import PIVOTAL, read_pivotal

SHIPPED = Path(__file__).parents[3] / "verification" / "studies" / "adult-pivotal"
WHERE = "verification/studies/adult-pivotal"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SHIPPED, tmp_path / "adult-pivotal"))


def edit(path: Path, *pairs: tuple[str, str]) -> None:
    text = path.read_text(encoding="utf-8")
    for before, after in pairs:
        assert before in text
        text = text.replace(before, after, 1)
    path.write_text(text, encoding="utf-8")


def line_of(path: Path, text: str) -> int:
    return next(n for n, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1) if text in line)


def found(folder: Path) -> dict[str, str]:
    """The messages of the issues by their places."""
    study, issues = read_pivotal(folder, WHERE)
    assert (study is None) == bool(issues)
    messages: dict[str, str] = {}
    for issue in issues:
        messages[issue.where] = "; ".join(filter(None, (messages.get(issue.where), issue.message)))
    return messages


def test_the_shipped_plan_is_sound_and_names_its_blanks(folder: Path) -> None:
    study, issues = read_pivotal(folder, WHERE)
    assert study is not None
    assert not issues
    assert {goal.metric for goal in study.goals} == {"auroc", "sensitivity", "specificity"}
    assert len(study.plan.blanks) == 2 * len(study.plan.roles)
    assert "roles, Statistician: name" in study.plan.blanks
    assert not any(one.name or one.signed_on for one in study.plan.roles)  # no person is invented


def test_every_fault_is_told_at_its_line_in_one_pass(folder: Path) -> None:
    path = folder / PIVOTAL
    edit(
        path,
        ("  count: 4\n", "  count: 2\n"),
        ("  positive_share: 0.4\n", "  positive_share: many\n"),
        ("  adjudicators: 1\n", "  adjudicator: 1\n"),
        ("label: a plan", "lable: a plan"),
        ("others: [K191556", "others: [191556"),
        ("role: Statistician, does", "role: Statistician, name: null, does"),
    )
    messages = found(folder)
    assert f"{WHERE}/{PIVOTAL}:{line_of(path, 'count: 2')}" in messages
    assert "expected number" in messages[f"{WHERE}/{PIVOTAL}:{line_of(path, 'positive_share: many')}"]
    assert messages[f"{WHERE}/{PIVOTAL}:{line_of(path, 'adjudicator: 1')}"].startswith("unknown key adjudicator")
    assert messages[f"{WHERE}/{PIVOTAL}:{line_of(path, 'lable: a plan')}"].startswith("unknown key lable")
    assert f"{WHERE}/{PIVOTAL}:{line_of(path, 'others: [191556')}" in messages
    assert "appears twice" in messages[f"{WHERE}/{PIVOTAL}:{line_of(path, 'role: Statistician')}"]


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("name: adult-pivotal", "name: another", "expected adult-pivotal, the folder's"),
        ("  in_us: 3", "  in_us: 5", "expected at most 4, the number of sites"),
        ("  images_per_patient: 1.2", "  images_per_patient: 3.5", "expected at most 3"),
        ("  for_truth: a little worse", "  for_truth: a bit worse", "expected one of as hoped, a little worse"),
        ("{name: women, of_positive: 0.48", "{name: PA, of_positive: 0.48", "PA is there twice"),
    ],
)
def test_parts_that_contradict_each_other_are_faults(folder: Path, before: str, after: str, said: str) -> None:
    edit(folder / PIVOTAL, (before, after))
    where = f"{WHERE}/{PIVOTAL}:{line_of(folder / PIVOTAL, after)}"
    assert said in found(folder)[where]


def test_criteria_are_the_three_lower_limits(folder: Path) -> None:
    path = folder / "criteria.yaml"
    edit(path, ("metric: auroc", "metric: sensitivity"), ("limit: lower", "limit: upper"), ("bound: 0.95", "bound: 95"))
    messages = "; ".join(found(folder).values()).split("; ")
    assert any("expected all, lower, >" in message for message in messages)
    assert any("bound 95, expected a share between 0 and 1" in message for message in messages)
    assert any("no criterion of auroc" in message for message in messages)


def test_both_files_are_read_though_one_cannot_be(folder: Path) -> None:
    (folder / PIVOTAL).write_text("name: [\n", encoding="utf-8")
    edit(folder / "criteria.yaml", ("bound: 0.95", "bond: 0.95"))
    where = {place.rpartition(":")[0] for place in found(folder)}
    assert where == {f"{WHERE}/{PIVOTAL}", f"{WHERE}/criteria.yaml"}


def test_a_study_without_criteria_is_a_fault(folder: Path) -> None:
    (folder / "criteria.yaml").unlink()
    assert "No such file" in found(folder)[f"{WHERE}/criteria.yaml:1"]
