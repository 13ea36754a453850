"""What a package says of its pages changed: ledgers of claims and text files."""

from __future__ import annotations

import re

from submission.audit.attacks.forgery import Attack, Forgery, is_number, other_digit


def change_ledger(forgery: Forgery) -> str | None:
    """A ledger that says otherwise of a claim, or leaves it out."""
    document = forgery.document()
    name = forgery.ledger(document)
    ledger = forgery.read(name)
    if not ledger["claims"]:
        return None
    at = forgery.dice.randrange(len(ledger["claims"]))
    claim, how = ledger["claims"][at], forgery.dice.choice(["text", "value", "pointer", "pages", "dropped"])
    if how == "text":
        claim["text"] = other_digit(claim["text"])
    elif how == "value":
        claim["value"] = f"{claim['value']}0"
    elif how == "pointer":
        claim["pointer"] += "/x"
    elif how == "pages":
        claim["pages"] = [*claim["pages"], 10_000]
    else:
        ledger["claims"].pop(at)
    forgery.write(name, ledger)
    forgery.sign()
    return f"{name}, claim {at}: {how}"


def change_alike(forgery: Forgery) -> str | None:
    """A ledger in which a figure reads otherwise, as claim and on each of its pages."""
    document = forgery.document()
    name = forgery.ledger(document)
    ledger = forgery.read(name)
    claims = [n for n, one in enumerate(ledger["claims"]) if is_number(one["value"]) and "?" not in one["pointer"]]
    if not claims:
        return None
    at = forgery.dice.choice(claims)
    claim = ledger["claims"][at]
    other = other_digit(claim["text"])
    for page in ledger["pages"]:
        for run in page:
            if run[1] == at:
                run[0] = run[0].replace(claim["text"], other)
    claim["text"] = other
    forgery.write(name, ledger)
    forgery.sign()
    return f"{name}: claim {at} and its pages read {other!r}"


def change_said(forgery: Forgery) -> str | None:
    """Another letter in a text file."""
    name = forgery.dice.choice(sorted(forgery.manifest()["text"]))
    text = forgery.read(name)
    blocks = [block for block in text["blocks"] if re.search(r"[a-z]", block.get("text", ""))]
    if not blocks:
        return None
    block = forgery.dice.choice(blocks)
    at = forgery.dice.choice([match.start() for match in re.finditer(r"[a-z]", block["text"])])
    block["text"] = f"{block['text'][:at]}{'x' if block['text'][at] != 'x' else 'y'}{block['text'][at + 1 :]}"
    forgery.write(name, text)
    forgery.sign()
    return f"{name}: {block['text'][:60]!r}"


LEDGERS: dict[str, Attack] = {
    "a claim in a ledger": change_ledger,
    "a claim in a ledger and its pages there": change_alike,
    "a letter in a text file": change_said,
}
"""Attacks on what is said of pages."""
