"""Other scores beside a release's: models and simple measures apart, and the first that is named decides."""

import numpy as np
import pytest
from msgspec import structs
from sklearn.metrics import roc_auc_score

from verification.analyses.beside import analyse_beside, analyse_beside_simple
from verification.estimation.estimates import Digests, Setting
from verification.evidence import Role, find_project
from verification.protocol.plan import read_study
from verification.protocol.scores import Scored

COUNT = 80


@pytest.fixture(scope="module")
def found():
    folder = find_project().root / "verification/studies/adult-nih-open"
    study, issues = read_study(folder, "open")
    assert issues == ()
    dice = np.random.default_rng(2)
    labels = np.arange(COUNT) % 2
    scores = labels + dice.normal(0, 1.0, COUNT)
    beside = {name: labels * n / 9 + dice.normal(0, 1.0, COUNT) for n, name in enumerate(study.plan.custody.beside)}
    known = {
        "view_position": np.array(["PA", "AP"] * (COUNT // 2)), "sex": np.array(["F", "F", "M", "M"] * (COUNT // 4)),
        "age_years": np.linspace(22, 90, COUNT),
    }  # fmt: skip
    known["view_position"] = np.roll(known["view_position"].repeat(2)[:COUNT], 1)
    rows = [Scored(f"i{n}", f"p{n}", int(labels[n]), float(scores[n])) for n in range(COUNT)]
    plan = structs.replace(study.plan, replicates=50)
    setting = Setting(50, 1, "r", Digests("r", "d"))
    given = rows, beside, known, plan, study.goals, setting
    analyses = {one.id: one for one in (analyse_beside(*given), analyse_beside_simple(*given))}
    return analyses, beside, labels, scores


def test_models_and_simple_measures_stand_apart(found):
    analyses, beside, *_ = found
    assert {name: one.role for name, one in analyses.items()} == {
        "beside": Role.SECONDARY, "beside-simple": Role.BASELINE,
    }  # fmt: skip
    told = {name: [row[0] for row in one.tables[0].rows] for name, one in analyses.items()}
    assert told["beside"] == ["CheXNet reproduction", "paediatric-reference"]
    assert told["beside-simple"] == ["projection", "32-pixel linear model", "file size", "borders", "sharpness"]
    assert [*told["beside"], *told["beside-simple"]] == list(beside)


def test_each_reaches_what_a_public_library_says_on_the_same_images(found):
    analyses, beside, labels, scores = found
    for analysis in analyses.values():
        for row in analysis.estimates:
            if (row.metric, row.subgroup) == ("auroc", "all"):
                given = beside.get(row.score, scores)
                assert row.value == pytest.approx(roc_auc_score(labels, given))


def test_a_goal_is_decided_beside_the_score_that_the_plan_names_first(found):
    deciding = [row for one in found[0].values() for row in one.estimates if row.criterion]
    assert {(row.criterion, row.subgroup) for row in deciding} == {("CRIT-OP-1", "PA"), ("CRIT-OP-2", "AP")}
    assert all(row.score.endswith("less CheXNet reproduction") for row in deciding)
