"""Which study a package shows where several could be meant: that of its release, or a gap that names them."""

import pytest

from submission.context.studied import own_pivotal, studied
from verification.evidence import Gap, read_bundle

NAME = "paediatric-reference"


@pytest.fixture
def chosen(made, replace):
    """What is chosen for the release, where the evidence holds studies of a kind with these names and releases."""

    def choosing(kind, *named, **fields):
        studies = made.parts["studies"]
        plan = next(one for one in studies.studies if one.kind == "validation_plan")
        added = tuple(replace(plan, name=name, release=release, kind=kind, **fields) for name, release in named)
        made.parts["studies"] = replace(studies, studies=(*studies.studies, *added))
        bundle = read_bundle(made.write().evidence)
        release = next(one for one in bundle.device.releases if one.name == NAME)
        return bundle, release, studied(bundle, release, bundle.studies.studies[0])

    return choosing


def test_of_two_pivotal_studies_that_of_the_release_is_shown_wherever_it_stands(chosen):
    bundle, release, found = chosen("pivotal", ("for-others", "adult-nih"), ("own", NAME))
    assert found.pivotal.name == found.own_pivotal.name == "own"
    assert own_pivotal(bundle, release).name == "own"


def test_the_only_pivotal_study_is_shown_though_it_is_of_another_release(chosen):
    _, _, found = chosen("pivotal", ("for-others", "adult-nih"))
    assert found.pivotal.name == "for-others"
    assert "no plan of a pivotal study of release" in found.own_pivotal.reason


@pytest.mark.parametrize("releases", [(NAME, NAME), ("adult-nih", "another")])
def test_where_nothing_tells_which_pivotal_study_is_meant_a_gap_names_them(chosen, releases):
    _, _, found = chosen("pivotal", *zip(("one", "two"), releases, strict=True))
    assert isinstance(found.pivotal, Gap)
    assert f"one of release {releases[0]}, two of release {releases[1]}" in found.pivotal.reason
    assert isinstance(found.own_pivotal, Gap)


def test_without_a_release_the_only_pivotal_study_is_shown(chosen):
    bundle, _, _ = chosen("pivotal", ("for-others", "adult-nih"))
    unknown = Gap(reason="unknown", closes="name one")
    assert studied(bundle, unknown, unknown).pivotal.name == "for-others"


def test_the_development_study_is_the_one_that_states_goals(chosen, replace):
    _, _, found = chosen("development", ("a-question", NAME), criteria=())
    assert found.development.name == "a-question"
    _, _, found = chosen("development", ("goals", NAME))
    assert found.development.name == "goals"
    _, _, found = chosen("development", ("other-goals", NAME))
    assert "goals of release" in found.development.reason


def test_of_two_studies_of_the_lungs_none_is_taken_but_that_of_the_headline(chosen, made, replace):
    analysis = replace(made.parts["studies"].studies[0].analyses[0], id="lungs")
    _, _, found = chosen("development", ("one", NAME), ("two", NAME), analyses=(analysis,))
    assert isinstance(found.looking, Gap)
    assert "one of release" in found.looking.reason
    studies = made.parts["studies"]
    first = replace(studies.studies[0], analyses=(analysis,))
    made.parts["studies"] = replace(studies, studies=(first, *studies.studies[1:]))
    _, _, found = chosen("development")
    assert found.looking.study.name == first.name
    assert found.looking.elsewhere == ()
