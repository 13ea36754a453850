"""The file of what a sponsor alone knows: read strictly, every fault with its line, in one pass."""

import shutil

import pytest

from submission.content.catalogue import CatalogueError
from submission.content.reading import read_catalogue
from submission.content.sponsor import FILE, Sponsor, entered, find_facts, find_missing, parse_sponsor, value_of
from submission.words.folders import HERE
from verification.evidence import Gap

ROLES = ("Quality assurance", "Regulatory affairs")
DEVICES = ("K111111", "K222222")


def parse(text: str):
    return parse_sponsor(text, ROLES, DEVICES)


def test_it_ships_with_every_fact_named_and_none_entered():
    catalogue = read_catalogue()
    facts = find_facts(catalogue.roles)
    assert {path: value_of(catalogue.sponsor, path) for path in facts} == dict.fromkeys(facts)
    assert catalogue.sponsor.references == ()
    assert set(catalogue.sponsor.owners) == set(catalogue.roles), "a role that owns documents is not in the file"


def test_every_scalar_is_the_text_that_was_written():
    sponsor, faults = parse(
        "applicant: {name: 007 Fictitious, telephone: 0301234567}\n"
        "owners: {Regulatory affairs: Fictitious Person}\n"
        "udi_di: 00812345678901\n"
        "predicate: K111111\nreferences: [K222222]\ndates: {summary: 2001-02-03, submission: 2001-02-03}\n"
    )
    assert faults == []
    assert (sponsor.applicant.name, sponsor.applicant.telephone) == ("007 Fictitious", "0301234567")
    assert (sponsor.udi_di, sponsor.dates.summary, sponsor.references) == ("00812345678901", "2001-02-03", ("K222222",))
    assert value_of(sponsor, "owners.Regulatory affairs") == "Fictitious Person"
    missing = find_missing(sponsor, ROLES)
    assert "owners.Quality assurance" in missing
    assert "owners.Regulatory affairs" not in missing
    assert "contact.title" not in missing, "an optional fact is no gap"


FAULTS = [
    ("applicant:\n  adress: x", "2: there is no applicant.adress; did you mean address?"),
    ("applicant: Fictitious Ltd", "1: applicant is 'Fictitious Ltd', expected a mapping of address, email, name"),
    ("applicant: {name: [a]}", "1: applicant.name is a list, expected text; write the applicant’s name on one line"),
    ("applicant: {telephone: call us}", "1: applicant.telephone is 'call us', expected a telephone number"),
    ("contact: {email: nobody}", "1: contact.email is 'nobody', expected an address with one @"),
    ("owners: {Quality asurance: A}", "1: there is no owners.Quality asurance; did you mean Quality assurance?"),
    ("names: {common: TBD}", "1: names.common is 'TBD', which holds a place; enter the common name, or leave it empty"),
    ("names: {common: '[common name]'}", "which holds a place"),
    ("names: {}\nnames: {}", "2: names stands twice, first on line 1; keep one"),
    ("udi_di: 00812345678902", "1: udi_di is '00812345678902', expected another last digit"),
    ("udi_di: 0081", "1: udi_di is '0081', expected 14 digits (GS1)"),
    ("predicate: K11111", "1: predicate is 'K11111', expected K or DEN and six digits"),
    (
        "predicate: K111112",
        "K111112, which is not in the devices of submission/equivalence.yaml; did you mean K111111?",
    ),
    ("references: K111111", "1: references is 'K111111', expected a list"),
    ("references: [K111111, K111111]", "1: references names K111111 twice; name it once"),
    ("predicate: K111111\nreferences: [K111111]", "2: K111111 is the predicate too"),
    ("dates: {summary: 3 February 2001}", "1: dates.summary is '3 February 2001', expected a day as 2001-02-03"),
    ("dates: {summary: 2001-02-30}", "expected a day as 2001-02-03"),
    (
        "dates:\n  summary: 2001-02-03\n  submission: 2001-02-02",
        "3: dates.submission is 2001-02-02, before the summary",
    ),
    ("pre_submission: 12", "1: pre_submission is '12', expected Q and six or seven digits"),
    ("applicant: {address: |\n  a\n  b\n}", "is not YAML"),
    ("applicant:\n  address: |\n    a\n    b", "2: applicant.address has more than one line, expected one"),
    ("[", "is not YAML"),
    ("- a", "1: the file is a list, expected a mapping of applicant"),
]


@pytest.mark.parametrize(("text", "told"), FAULTS)
def test_a_fault_names_file_and_line_what_was_found_and_what_was_expected(text, told):
    sponsor, faults = parse(text)
    assert sponsor == Sponsor()
    assert [fault for fault in faults if fault.startswith(FILE) and told in fault], faults


def test_all_faults_are_told_at_once_with_those_of_the_rest_of_the_catalogue(tmp_path):
    for path in HERE.glob("*.yaml"):
        shutil.copy(path, tmp_path)
    (tmp_path / "sponsor.yaml").write_text("aplicant: x\nudi_di: 1\n")
    equivalence = tmp_path / "equivalence.yaml"
    equivalence.write_text(equivalence.read_text().replace("k_number: K241620", "k_number: K999999"))
    with pytest.raises(CatalogueError) as told:
        read_catalogue(tmp_path)
    said = str(told.value)
    assert all(part in said for part in (f"{FILE}:1: there is no aplicant", f"{FILE}:2: udi_di", "K999999")), said
    (tmp_path / "sponsor.yaml").unlink()
    with pytest.raises(CatalogueError, match=f"{FILE}: cannot be read"):
        read_catalogue(tmp_path)


def test_a_template_sees_each_fact_as_its_value_or_as_a_gap_that_says_how_to_enter_it():
    facts = entered(parse("applicant: {name: Fictitious Ltd}\n")[0], ROLES)
    assert facts["applicant"]["name"] == "Fictitious Ltd"
    assert facts["predicate"] == Gap(
        reason="The predicate is not entered", closes="enter predicate in submission/sponsor.yaml"
    )
    assert facts["owners"]["Quality assurance"].closes == "enter owners.Quality assurance in submission/sponsor.yaml"
