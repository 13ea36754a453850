"""Verdicts, curves and releases are found again from what they rest on."""

import hashlib
import json

import pytest

from submission.audit.again.curves import find_in_curve
from submission.audit.again.estimates import Image
from submission.audit.held.releases import find_in_releases
from submission.audit.held.verdicts import find_in_verdicts

IMAGES = [Image("a", True, 0.9), Image("b", False, 0.4), Image("c", True, 0.4), Image("d", False, 0.1)]


def point(threshold, sensitivity, specificity):
    return {"threshold": threshold, "sensitivity": sensitivity, "specificity": specificity}


def curve(*points, operating=None):
    return {"curve": {"type": "Curve", "points": [point(None, 0.0, 1.0), *points], "operating": operating}}


RIGHT = (point(0.9, 0.5, 1.0), point(0.4, 1.0, 0.5), point(0.1, 1.0, 0.0))


@pytest.mark.parametrize(
    ("points", "operating", "faults"),
    [
        (RIGHT, point(0.4, 1.0, 0.5), 0),
        ((point(0.9, 0.5, 1.0), point(0.4, 1.0, 0.51), point(0.1, 1.0, 0.0)), point(0.4, 1.0, 0.5), 1),
        (RIGHT[:2], point(0.4, 1.0, 0.5), 1),
        (RIGHT, point(0.4, 1.0, 0.6), 1),
        (RIGHT, point(0.9, 0.5, 1.0), 1),
        (RIGHT[::-1], point(0.4, 1.0, 0.5), 2),
    ],
)
def test_each_point_of_a_curve_follows_from_the_scores(points, operating, faults):
    found = list(find_in_curve("x", IMAGES, curve(*points, operating=operating), 0.4))
    assert len(found) == faults


def said(tmp_path, *blocks, **manifest):
    (tmp_path / "text").mkdir(exist_ok=True)
    (tmp_path / "text/x.json").write_text(json.dumps({"blocks": list(blocks)}))
    told = {"documents": [{"file": "x.pdf"}], "register": [], **manifest}
    evidence = {
        "studies.json": {
            "studies": [{"criteria": [{"id": "CRIT-X-1", "met": False}, {"id": "CRIT-X-2", "met": True}]}]
        },
        "trace.json": {"items": [{"id": "SRS-001", "status": "gap"}]},
    }
    return [code for code, *_ in find_in_verdicts(tmp_path, told, evidence)]


@pytest.mark.parametrize(
    ("block", "codes"),
    [
        ({"rows": [["CRIT-X-1", "0.9", "NOT MET"], ["CRIT-X-2", "0.9", "MET"]]}, []),
        ({"rows": [["CRIT-X-1", "0.9", "MET"]]}, ["verdict-differs"]),
        ({"rows": [["CRIT-X-1", "0.9", "NOW MET"]]}, ["verdict-unknown"]),
        ({"text": "CRIT-X-1 is NOT MET; CRIT-X-2 is MET"}, []),
        ({"text": "CRIT-X-1 is MET; CRIT-X-2 is MET"}, ["verdict-differs"]),
        ({"text": "SUBSTANTIAL EQUIVALENCE NOT SUPPORTED"}, []),
        ({"text": "SUBSTANTIAL EQUIVALENCE NOW SUPPORTED"}, ["verdict-unknown"]),
        ({"text": "OVERALL RESIDUAL RISK ACCEPTED"}, ["verdict-unknown"]),
        ({"text": "Every difference in the table is closed by evidence"}, ["verdict-differs"]),
        ({"rows": [["SRS-001", "gap"]]}, []),
        ({"rows": [["SRS-001", "covers"]]}, ["verdict-differs"]),
        ({"text": "DICOM and FOR PRESENTATION are no verdicts"}, []),
    ],
)
def test_a_verdict_is_one_that_the_evidence_has(tmp_path, block, codes):
    assert said(tmp_path, block) == codes


TEXT = "It reads in AP projection of patients whose completed age is 1 to 5 years. It works."
BOTH = {"release-differs", "indications-differ"}
RELEASE = b"name: r\npopulation:\n  minimum_age_years: 1\n  maximum_age_years: 5\n  view_positions:\n  - AP\n"
CARD = b"parameters: 7\nlonger: one line\n  and its end\nhistory:\n- rows:\n  - - 1\n    - 0.5\n"


def released(tmp_path, change=lambda release, manifest, home: None):
    home = tmp_path / "evidence/releases/r"
    home.mkdir(parents=True)
    lines = []
    for name, content in (("card.yaml", CARD), ("release.yaml", RELEASE)):
        (home / name).write_bytes(content)
        lines.append(f"{hashlib.sha256(content).hexdigest()}  {name}\n")
    (home / "SHA256SUMS").write_text("".join(lines))
    nothing = dict.fromkeys(("version", "status", "title", "study", "input_rows", "input_columns", "threshold"))
    card = {"type": "Card", "parameters": 7, "longer": "one line and its end", "history": [{"rows": [[1, 0.5]]}]}
    release = {
        **nothing, "name": "r", "weights_sha256": None, "card": card,
        "digest": hashlib.sha256((home / "SHA256SUMS").read_bytes()).hexdigest(),
        "population": {"minimum_age_years": 1, "maximum_age_years": 5, "view_positions": ["AP"]},
    }  # fmt: skip
    manifest = {"release": {"name": "r"}, "indications": {"text": TEXT}}
    change(release, manifest, home)
    return {code for code, *_ in find_in_releases(tmp_path, manifest, {"device.json": {"releases": [release]}})}


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        (lambda r, m, h: None, set()),
        (lambda r, m, h: r["population"].update(maximum_age_years=9), BOTH),
        (lambda r, m, h: r["population"].update(view_positions=["AP", "PA"]), BOTH),
        (lambda r, m, h: m["indications"].update(text="for all"), {"indications-differ"}),
        (lambda r, m, h: m["indications"].update(text=TEXT.replace("5", "9")), {"indications-differ"}),
        (lambda r, m, h: r["card"].update(parameters=8), {"release-differs"}),
        (lambda r, m, h: r["card"].update(longer="one line"), {"release-differs"}),
        (lambda r, m, h: r["card"]["history"][0]["rows"][0].append(3.0), {"release-differs"}),
        (lambda r, m, h: (h / "card.yaml").write_bytes(CARD + b"x: 1\n"), {"release-differs"}),
        (lambda r, m, h: (h / "SHA256SUMS").write_text("x"), {"release-differs"}),
        (lambda r, m, h: (h / "SHA256SUMS").unlink(), {"release-unbound"}),
    ],
)  # fmt: skip
def test_what_a_release_is_for_is_in_the_reach_of_its_digest(tmp_path, change, codes):
    assert released(tmp_path, change) == codes
