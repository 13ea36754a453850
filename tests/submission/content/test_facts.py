"""One fact everywhere: what a sponsor enters is in the documents, and none of them still calls it missing."""

import re
import shutil
from html import unescape

import pytest
import yaml

from submission.content.environment import make_environment
from submission.content.reading import read_catalogue
from submission.content.sponsor import REFERENCES, find_facts
from submission.content.wording import find_faults
from submission.context.assemble import assemble
from submission.package.typesetting import draft_documents
from submission.words.folders import HERE

pytestmark = pytest.mark.slow

RELEASE = "paediatric-reference"

ENTERED = {
    "applicant.name": "Fictitious Imaging LLC, Approved",
    "applicant.address": "1 Invented Street, Nowhere, XQ 00000, NOLAND",
    "applicant.telephone": "+1 555 0100",
    "applicant.email": "office@fictitious.invalid",
    "contact.name": "Ada Invented",
    "contact.title": "Head of Nothing",
    "contact.telephone": "+1 555 0101",
    "contact.email": "ada@fictitious.invalid",
    "correspondent.company": "Made-up Consulting",
    "correspondent.name": "Bob Madeup",
    "correspondent.address": "2 Invented Street, Nowhere, XX",
    "correspondent.telephone": "+1 555 0102",
    "correspondent.email": "bob@fictitious.invalid",
    "establishment.registration": "3000000000",
    "signatory.name": "Cy Fictional",
    "signatory.position": "Keeper of the Seal",
    "names.trade": "Fictiview",
    "names.common": "fictitious triage software",
    "names.classification": "fictitious prioritization software",
    "udi_di": "00812345678901",
    "user_fee": "MD0000000-000000",
    "pre_submission": "Q010000",
    "predicate": "K232410",
    "dates.summary": "2001-02-03",
    "dates.submission": "2001-02-04",
}
"""A sponsor that does not exist, fact by fact; owners beside."""

LACKS = {
    "applicant.name": r"applicant’s name|no (?:submitter|applicant|manufacturer(?! recorded)|maker|organization)\b"
    r"|of a maker are missing",
    "applicant.address": r"applicant’s address|no address\b|name and address of a maker",
    "applicant.telephone": r"applicant’s telephone|no telephone",
    "contact.name": r"contact person’s name|no (?:submitter, address, telephone or )?contact person",
    "contact.telephone": r"the contact person’s telephone",
    "contact.email": r"the contact person’s e-mail",
    "establishment.registration": r"establishment’s registration number is|no establishment",
    "signatory.name": r"signatory’s name|nobody is named who signs",
    "signatory.position": r"signatory’s position",
    "names.common": r"the common name(?:,| is)|no common name",
    "names.classification": r"the classification name is|no classification name",
    "udi_di": r"identifier is (?:not|assigned)|no (?:unique device )?identifier\b",
    "user_fee": r"payment number is not|the sponsor obtains the number",
    "pre_submission": r"number of the pre-submission is not|there has been none|no pre-submission",
    "predicate": r"the predicate is not|no predicate|choose a predicate|has to choose|closed by: a predicate",
    "dates.summary": r"the summary was prepared is not",
    "dates.submission": r"day of submission is not|no submission has been made",
}
"""How a document would call a fact missing, ours and as people have written it before."""


def written(path: str, value: str) -> dict:
    front, _, name = path.partition(".")
    return {front: {name: value} if name else value}


def merged(*parts: dict) -> dict:
    found: dict = {}
    for part in parts:
        for name, value in part.items():
            found[name] = found.get(name, {}) | value if isinstance(value, dict) else value
    return found


@pytest.fixture
def documents(made, tmp_path):
    """The texts of all documents, with what was entered in a tree of one's own."""

    def texts(entered: dict) -> dict[str, str]:
        for path in HERE.glob("*.yaml"):
            shutil.copy(path, tmp_path)
        (tmp_path / "sponsor.yaml").write_text(yaml.safe_dump(entered))
        catalogue = read_catalogue(tmp_path)
        drafts = draft_documents(make_environment(), catalogue, assemble(made.write(), catalogue, RELEASE))
        assert list(find_faults(drafts.html.items(), catalogue, drafts.package.source.commit_date)) == []
        return {entry.number: plain(page) for entry, page in drafts.html.items()}

    return texts


def plain(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split()).replace(" ,", ",")


def calls_missing(texts: dict[str, str], path: str) -> list[str]:
    found = ((number, re.search(LACKS[path], text, re.IGNORECASE)) for number, text in texts.items())
    return [f"{number}: {hit.string[max(0, hit.start() - 60) : hit.end() + 60]}" for number, hit in found if hit]


def test_every_fact_of_the_file_is_tried():
    catalogue = read_catalogue()
    named = {path for path in find_facts(catalogue.roles) if not path.startswith("owners.")}
    assert named == set(ENTERED)
    assert {path for path, fact in find_facts(catalogue.roles).items() if not fact.optional} - set(LACKS) == {
        f"owners.{role}" for role in catalogue.roles
    }


def test_as_it_ships_every_fact_is_called_missing(documents):
    texts = documents({})
    assert [path for path in LACKS if not calls_missing(texts, path)] == []


@pytest.mark.parametrize("path", LACKS)
def test_a_fact_that_is_entered_is_in_the_documents_and_none_calls_it_missing(documents, path):
    texts = documents(written(path, ENTERED[path]))
    assert any(ENTERED[path] in text for text in texts.values()), "no document says it"
    assert calls_missing(texts, path) == []


def test_with_all_facts_no_document_calls_any_missing_and_the_register_is_without_them(documents):
    roles = read_catalogue().roles
    owners = {"owners": {role: f"Person {at} Fictitious" for at, role in enumerate(roles)}, REFERENCES: ["K241620"]}
    texts = documents(merged(*(written(*each) for each in ENTERED.items()), owners))
    assert [path for path, value in ENTERED.items() if not any(value in text for text in texts.values())] == []
    assert [hit for path in LACKS for hit in calls_missing(texts, path)] == []
    assert [number for number, text in texts.items() if "not entered" in text or "no owner by name" in text] == []
    assert "enter a fact" not in texts["CW-DOC-014"]
    assert "Predicate Milvue SmartChest, K232410" in texts["CW-DOC-025"]
    assert "Person 4 Fictitious" in texts["CW-DOC-000"]
    assert "Device Fictiview" in texts["CW-DOC-041"]


def test_the_statement_of_truth_names_its_signatory_and_stays_unsigned(documents):
    signed = merged(*(written(path, ENTERED[path]) for path in ("signatory.name", "signatory.position")))
    text = documents(signed)["CW-DOC-028"]
    assert "Signature Printed name Cy Fictional Position Keeper of the Seal Company Date" in text
