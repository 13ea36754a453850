"""From a figure on a page to its record and the images behind it, with the package alone."""

import json

import pytest

from submission.cli import submission


def ask(folder, text, document="CW-DOC-003"):
    return submission(["figure", text, "--document", document, "--folder", str(folder)])


def figure_of(folder) -> dict:
    claims = json.loads((folder / "claims" / "CW-DOC-003.json").read_text())["claims"]
    return next(claim for claim in claims if claim["rule"] == "decimal 3" and "/estimate/" in claim["pointer"])


def test_a_figure_leads_to_its_record(good, capsys):
    claim = figure_of(good.folder)
    assert ask(good.folder, claim["text"]) == 0
    told = capsys.readouterr().out
    assert f"evidence/studies.json#{claim['pointer']}" in told
    assert repr(claim["value"]) in told
    assert "metric " in told


@pytest.mark.parametrize(
    ("text", "document", "said"),
    [("0.0001234", "CW-DOC-003", "has no claim '0.0001234'"), ("1", "CW-DOC-999", "no ledger of claims")],
)
def test_what_is_not_there_is_named(good, capsys, text, document, said):
    assert ask(good.folder, text, document) == 2
    assert said in capsys.readouterr().err
