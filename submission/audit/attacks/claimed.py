"""What is said without a figure changed everywhere alike: verdicts, whom a release is for, curves of the evidence."""

from __future__ import annotations

import re

from submission.audit.attacks.forgery import Attack, Forgery
from submission.audit.attacks.signs import draw, glyphs_of, opened, save
from submission.audit.names import text_of

VERDICT = re.compile(r"NOT (?=SUPPORTED|MET|ACCEPTED)")


def turn_verdict(forgery: Forgery) -> str | None:
    """A verdict turned on the page, in its ledger and in the text file alike: NOT becomes NOW."""
    documents = forgery.manifest()["documents"]
    stating = [one for one in documents if VERDICT.search((forgery.folder / text_of(one)).read_text())]
    if not stating:
        return None
    document = forgery.dice.choice(stating)
    edited = opened(forgery, document)
    for number, page in enumerate(edited.pages(), start=1):
        content, glyphs = glyphs_of(edited, page)
        shown = "".join(glyph.sign for glyph in glyphs)
        match = VERDICT.search(shown)
        if match is None or "W" not in (at := glyphs[match.start() + 2]).codes:
            continue
        draw(edited, page, content[: at.start] + at.codes["W"].encode() + content[at.start + 4 :])
        save(forgery, document["file"], edited)
        for name in (forgery.ledger(document), text_of(document)):
            value = (forgery.folder / name).read_text()
            (forgery.folder / name).write_text(VERDICT.sub("NOW ", value, count=1))
        forgery.sign()
        return f"{document['file']}, page {number}: {shown[match.start() : match.end() + 9]!r} says NOW"
    return None


def widen_use(forgery: Forgery) -> str | None:
    """A release for other patients than those whom it is labeled for, its digest as it was."""
    name = "evidence/device.json"
    value, manifest = forgery.read(name), forgery.manifest()
    release = next((one for one in value["releases"] if one["name"] == (manifest["release"] or {}).get("name")), None)
    if release is None:
        return None
    how = forgery.dice.choice(["older", "view", "card", "files"])
    people = release["population"]
    if how == "older":
        people["maximum_age_years"] = (people["maximum_age_years"] or 20) + 4
    elif how == "view":
        people["view_positions"] = ["AP", "PA", "LL"]
    elif how == "card":
        release["card"]["training_images"] = 10 * (release["card"].get("training_images") or 1)
    else:
        path = next(iter(sorted((forgery.folder / "evidence/releases").rglob("release.yaml"))), None)
        if path is None:
            return None
        path.write_text(path.read_text().replace("maximum_age_years: 5", "maximum_age_years: 9"))
    if how == "older":
        text = manifest["indications"]["text"]
        manifest["indications"]["text"] = re.sub(r"to \d+ years", f"to {people['maximum_age_years']} years", text)
    forgery.write(name, value)
    forgery.sign(manifest)
    return f"{name}: {how}"


def bend_curve(forgery: Forgery) -> str | None:
    """A point of a study's curve elsewhere, in the evidence."""
    name = "evidence/studies.json"
    if not (forgery.folder / name).is_file():
        return None
    value = forgery.read(name)
    studies = [one for one in value["studies"] if one["curve"].get("points")]
    if not studies:
        return None
    study = forgery.dice.choice(studies)
    point = forgery.dice.choice(study["curve"]["points"][1:])
    side = forgery.dice.choice(["sensitivity", "specificity"])
    point[side] = point[side] * 0.97 + 0.029
    forgery.write(name, value)
    forgery.sign()
    return f"{name}, study {study['name']}: another {side} at {point['threshold']}"


CLAIMED: dict[str, Attack] = {
    "a verdict, on a page, in ledger and text alike": turn_verdict,
    "whom a release is for, and its card": widen_use,
    "a point of a curve in the evidence": bend_curve,
}
"""Attacks on what is said without a figure."""
