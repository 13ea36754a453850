"""Hazards: the worst of their harms decides, a residual counts on its controls, what has none is weighed."""

import pytest

pytestmark = pytest.mark.slow

HAZARD = "risk/hazards/HAZ-001.yaml"
STEPS = "verification/test_features.py"


def hazard(checkout):
    (found,) = checkout.trace().hazards
    return found


def add_rarer(checkout, severity, before, after):
    rarer = (
        f"probability_of_harm: 3\nrarer: {{harm: The visitor dies., severity: {severity}, "
        f"probability_of_harm: {before}, residual_probability_of_harm: {after}}}\n"
    )
    return checkout.edit(HAZARD, "probability_of_harm: 3\n", rarer)


def test_the_worse_word_of_the_two_harms_counts(checkout):
    alone = hazard(checkout)
    assert (alone.acceptability, alone.residual_acceptability, alone.rarer) == ("reduce", "acceptable", None)
    both = hazard(add_rarer(checkout, 5, 3, 1))
    assert (both.acceptability, both.residual_acceptability) == ("unacceptable", "reduce")
    assert both.rarer.harm == "The visitor dies."
    assert "schema" not in "".join(checkout.codes())


@pytest.mark.parametrize(("severity", "before"), [(4, 2), (5, 4)])
def test_a_rarer_harm_is_worse_and_rarer(checkout, severity, before):
    add_rarer(checkout, severity, before, 1)
    (issue,) = (issue for issue in checkout.trace().issues if issue.code == "hazard-rarer")
    assert f"severity {severity} and probability {before}" in issue.message
    assert "expected a severity above 4, and a probability of 3 at most" in issue.hint


def test_a_residual_is_shown_while_its_controls_are(verified):
    assert hazard(verified).residual_why == ""
    verified.edit(STEPS, 'observe(f"turned by {angle}")', "assert angle < 20, 'it sticks'").commit()
    verified.run("verify")
    assert hazard(verified).residual_why.startswith("RC-001: ")


def test_a_hazard_without_a_control_is_an_issue_unless_it_is_weighed(checkout):
    checkout.edit(HAZARD, "controls: [RC-001]", "controls: []")
    assert "hazard-without-control" in checkout.codes("advisory")
    checkout.edit(HAZARD, "disclosed: null", "benefit_risk: Nobody lives there.\ndisclosed: null")
    assert "hazard-without-control" not in checkout.codes("advisory")
    assert checkout.item("HAZ-001").status.value == "gap"
    assert hazard(checkout).benefit_risk == "Nobody lives there."


def test_an_unacceptable_risk_without_a_control_is_never_weighed_away(checkout):
    checkout.edit(HAZARD, "controls: [RC-001]", "controls: []")
    checkout.edit(HAZARD, "probability_of_harm: 3", "probability_of_harm: 5")
    checkout.edit(HAZARD, "disclosed: null", "benefit_risk: Nobody lives there.\ndisclosed: null")
    assert "hazard-without-control" in checkout.codes()
