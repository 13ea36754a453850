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
    [
        ("0.0001234", "CW-DOC-003", "has no claim '0.0001234'"),
        ("1", "CW-DOC-999", "no document CW-DOC-999; it has CW-DOC-000, "),
    ],
)
def test_what_is_not_there_is_named(good, capsys, text, document, said):
    assert ask(good.folder, text, document) == 2
    assert said in capsys.readouterr().err


def test_a_document_may_be_named_short(good, capsys):
    text = figure_of(good.folder)["text"]
    told = []
    for number in ("CW-DOC-003", "cw-doc-003", "003", "3"):
        assert ask(good.folder, text, number) == 0
        told.append(capsys.readouterr().out)
    assert len(set(told)) == 1


def test_what_was_meant_is_offered(good, capsys):
    text = figure_of(good.folder)["text"]
    assert text.startswith("0.")
    assert ask(good.folder, f"{text[2:4]}.{text[4:]}") == 2  # as per cent
    assert f"it has {text}" in capsys.readouterr().err
    claims = [one["text"] for one in json.loads((good.folder / "claims" / "CW-DOC-003.json").read_text())["claims"]]
    first, second = list(dict.fromkeys(one for one in claims if one.isdigit()))[:2]
    assert ask(good.folder, f"{first}/{second}") == 2
    assert f"ask for {first} or {second}" in capsys.readouterr().err


def test_elsewhere_than_in_the_checkout_the_option_is_named(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert submission(["figure", "1", "--document", "3"]) == 2
    assert "no built package; ask in the checkout, or name the folder of one with --folder" in capsys.readouterr().err
