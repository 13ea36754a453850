"""What reviews, anomalies and the kind of a run do to a package; what an approval of a document is bound to."""

import json
import shutil
import subprocess

import pytest

from submission.content.environment import make_environment
from submission.content.reading import read_catalogue
from submission.context.assemble import assemble
from submission.setting.render import content_digest, render_html
from submission.words.ledger import strip_claims
from verification import evidence as e
from verification.evidence import Project
from verification.records.recording import RefusedError, record

pytestmark = pytest.mark.slow

RELEASE = "paediatric-reference"
ADA = "Ada Example (fictitious)"
SUSPECT = e.Review(
    status=e.ReviewStatus.SUSPECT, why=f"SRS-901 changed since the review of 2001-02-03 by {ADA}", by=ADA,
    meaning="reviewed", date="2001-02-03",
)  # fmt: skip
REVIEWED = e.Review(
    status=e.ReviewStatus.REVIEWED, why=f"as approved, by {ADA} on 2001-02-03", by=ADA, meaning="approved",
    date="2001-02-03", meanings=("approved",),
)  # fmt: skip
ANOMALY = e.Anomaly(
    id="ANO-901", title="A fictitious anomaly", found_in="0.0.1", observed="one thing", expected="another",
    requirements=("SRS-901",), hazards=(), assessment="none", security_assessment="none", workaround="none",
    disposition="mended later", versions=("0.0.1", "0.0.2"), scenarios=("gate/case-4",), excuses=("gate/case-4",),
)  # fmt: skip
DEVIATION = e.Deviation(
    id="DEV-901", title="A fictitious deviation", scenarios=("gate/case-5",), planned="this", done="that",
    reason="because", effect="none", disposition="accepted",
)  # fmt: skip


def package_of(made):
    return assemble(made.write(), read_catalogue(), RELEASE)


def html_of(made, number):
    (html,) = htmls_of(made, [number]).values()
    return html


def htmls_of(made, numbers):
    """Documents by their numbers before they are set, from one reading of the evidence."""
    catalogue, package, environment = read_catalogue(), package_of(made), make_environment()
    pages = {entry.number: None for entry in catalogue.documents}
    entries = {entry.number: entry for entry in catalogue.documents}
    return {
        number: strip_claims(render_html(environment, entries[number], package, {"pages": pages})) for number in numbers
    }


def as_candidate(made, replace):
    device = made.parts["device"]
    card = replace(device.releases[0].card, initial_weights_licence="none needed")
    made.parts["device"] = replace(
        device, releases=(replace(device.releases[0], status="candidate", card=card), *device.releases[1:])
    )


def all_reviewed(made, replace, review=REVIEWED):
    trace = made.parts["trace"]
    made.parts["trace"] = replace(trace, items=tuple(replace(item, review=review) for item in trace.items))


def fail(made, replace, number, status="failed"):
    found = made.parts["verification"]
    bad = replace(found.results[number - 1], status=e.ResultStatus(status))
    results = tuple(bad if result.id == bad.id else result for result in found.results)
    made.parts["verification"] = replace(found, results=results)


def known(made, replace, *anomalies):
    made.parts["trace"] = replace(made.parts["trace"], anomalies=anomalies, deviations=(DEVIATION,))


# --- the kind of a run, and reviews -----------------------------------------------------------------------------------


def test_a_reference_release_declares_what_blocks_a_candidate(made, replace):
    trace = made.parts["trace"]
    issue = e.Issue(
        code="unreviewed", severity=e.Severity.ADVISORY, where="docs/records/reviews.log",
        message="not reviewed, by kind: user need: 1", hint="review them",
    )  # fmt: skip
    made.parts["trace"] = replace(trace, issues=(issue,))
    package = package_of(made)
    assert package.blocking == ()
    rows = {row.where: row for row in package.register}
    assert rows["verification.json"].severity == "critical"
    assert rows["docs/records/reviews.log"].severity == "major"
    assert [one.what for one in rows["docs/records/reviews.log"].found] == ["not reviewed, by kind: user need: 1"]


def test_an_engineering_run_and_unreviewed_safety_block_a_candidate(made, replace):
    as_candidate(made, replace)
    codes = {issue.code: issue for issue in package_of(made).blocking}
    assert codes.keys() == {"run-engineering", "unreviewed-safety-related"}
    assert "UN-901, SYS-901, SRS-901, SRS-902" in codes["unreviewed-safety-related"].message


def test_what_is_reviewed_and_run_formally_does_not_block_a_candidate(made, replace):
    as_candidate(made, replace)
    all_reviewed(made, replace)
    found = made.parts["verification"]
    made.parts["verification"] = replace(found, kind=e.RunKind.FORMAL, protocol_digest="cc" * 32, approval="dd" * 32)
    package = package_of(made)
    assert package.blocking == ()
    assert "verification.json" not in {row.where for row in package.register}
    assert "a formal run, by an approved protocol" in html_of(made, "CW-DOC-009")


def test_an_unreviewed_item_on_which_no_safety_depends_blocks_nobody(made, replace):
    as_candidate(made, replace)
    all_reviewed(made, replace)
    trace = made.parts["trace"]
    plain = replace(trace.items[-1], review=e.Review(), safety_related=False)
    made.parts["trace"] = replace(trace, items=(*trace.items[:-1], plain))
    assert {issue.code for issue in package_of(made).blocking} == {"run-engineering"}


def test_a_suspect_review_blocks_a_candidate_and_is_declared_by_a_reference(made, replace):
    trace = made.parts["trace"]
    issue = e.Issue(
        code="review-suspect", severity=e.Severity.ADVISORY, where="requirements_spec/x.yaml:1",
        message=f"SRS-901 was reviewed: {SUSPECT.why}", hint="review it again",
    )  # fmt: skip
    made.parts["trace"] = replace(trace, issues=(issue,))
    all_reviewed(made, replace, SUSPECT)
    package = package_of(made)
    assert package.blocking == ()
    (row,) = [row for row in package.register if "SRS-901" in row.where and row.id == "GAP-013"]
    assert [one.what for one in row.found] == [issue.message]
    as_candidate(made, replace)
    assert {found.code for found in package_of(made).blocking} == {"run-engineering", "review-suspect"}


def test_an_open_change_blocks_a_candidate_alone(made, replace):
    trace = made.parts["trace"]
    issue = e.Issue(
        code="change-open", severity=e.Severity.ADVISORY, where="docs/records/changes/CHG-001.yaml:1",
        message="CHG-001 is open: no decision", hint="see `clearway change check CHG-001`",
    )  # fmt: skip
    made.parts["trace"] = replace(trace, issues=(issue,))
    all_reviewed(made, replace)
    assert package_of(made).blocking == ()
    as_candidate(made, replace)
    assert {found.code for found in package_of(made).blocking} == {"run-engineering", "change-open"}


def test_the_review_stands_beside_the_status(made, replace):
    all_reviewed(made, replace, SUSPECT)
    html = html_of(made, "CW-DOC-006")
    assert '<span class="badge good">covers</span>' in html
    assert f'<span class="badge open">suspect</span> {SUSPECT.why}' in html


# --- anomalies and deviations -----------------------------------------------------------------------------------------


def test_a_failure_that_an_approved_anomaly_excuses_is_listed_and_does_not_block(made, replace):
    known(made, replace, ANOMALY)
    fail(made, replace, 4)
    assert package_of(made).blocking == ()
    html = " ".join(html_of(made, "CW-DOC-013").split())
    assert '<span class="id">gate/case-4</span></td><td><span class="badge bad">failed</span>' in html
    for part in ("ANO-901", "0.0.1, 0.0.2", "DEV-901", "that", "accepted"):
        assert part in html


@pytest.mark.parametrize(
    ("number", "status"), [(5, "failed"), (4, "error"), (4, "not_run"), (4, "undefined"), (4, "skipped")]
)
def test_nothing_else_is_excused(made, replace, number, status):
    known(made, replace, ANOMALY)
    fail(made, replace, number, status)
    (issue,) = package_of(made).blocking
    assert issue.code == f"scenario-{status}"


def test_an_anomaly_without_approval_excuses_nothing(made, replace):
    known(made, replace, replace(ANOMALY, excuses=()))
    fail(made, replace, 4)
    (issue,) = package_of(made).blocking
    assert issue.code == "scenario-failed"
    assert "no person has reviewed it" in html_of(made, "CW-DOC-013")


# --- approval of documents --------------------------------------------------------------------------------------------


def line(number, digest, **fields):
    values = {
        "event": "approve", "id": number, "by": ADA, "meaning": "approved", "reason": "for a test",
        "date": "2001-02-03", "digest": digest, "parts": {number: digest},
    }  # fmt: skip
    return e.ReviewLine(**values | fields)


def with_records(made, replace, *lines):
    made.parts["trace"] = replace(made.parts["trace"], records=lines)


def test_the_digest_of_the_content_depends_on_content_alone(made, replace):
    numbers = [entry.number for entry in read_catalogue().documents]
    before = {number: content_digest(html) for number, html in htmls_of(made, numbers).items()}
    assert len(set(before.values())) == len(numbers)
    with_records(made, replace, *(line(number, digest) for number, digest in before.items()))
    environment = {"GIT_AUTHOR_DATE": "2002-03-04T00:00:00Z", "GIT_COMMITTER_DATE": "2002-03-04T00:00:00Z"}
    (made.project.root / "other.txt").write_text("something else")
    who = ["-c", "user.name=nobody", "-c", "user.email=nobody@invalid", "-c", "commit.gpgsign=false"]
    for arguments in (["add", "."], [*who, "commit", "-q", "-m", "Other"]):
        subprocess.run(
            ["git", *arguments], cwd=made.project.root, check=True, env={"PATH": "/usr/bin:/bin"} | environment
        )
    source = made.project.source([made.project.root / "requirements_spec" / "SRS-901.yaml"])
    tested = made.parts["verification"].source  # the test report names the commit that was tested
    made.parts = {name: replace(part, source=source) for name, part in made.parts.items()}
    made.parts["verification"] = replace(made.parts["verification"], source=replace(source, commit=tested.commit))
    html = html_of(made, "CW-DOC-003")
    assert "2002-03-04" in html
    after = {number: content_digest(html) for number, html in htmls_of(made, numbers).items()}
    # One alone names the commit and the digest of each file of evidence.
    assert {number for number in numbers if after[number] != before[number]} == {"CW-DOC-031"}


def test_another_word_of_the_evidence_is_another_content(made, replace):
    before = content_digest(html_of(made, "CW-DOC-006"))
    trace = made.parts["trace"]
    other = replace(trace.items[2], text="The device shall do otherwise.")
    made.parts["trace"] = replace(trace, items=(*trace.items[:2], other, *trace.items[3:]))
    assert content_digest(html_of(made, "CW-DOC-006")) != before


def test_the_title_block_shows_the_approval_of_this_content_and_of_no_other(made, replace):
    assert "<b>not approved</b></td>" in html_of(made, "CW-DOC-006")
    digest = content_digest(html_of(made, "CW-DOC-006"))
    with_records(made, replace, line("CW-DOC-006", digest, by="<Ada> 水 (fictitious)"))
    assert "<b>recorded</b>, by &lt;Ada&gt; [U+6C34] (fictitious) on 2001-02-03; no signature" in html_of(
        made, "CW-DOC-006"
    )
    assert "<b>not approved</b></td>" in html_of(made, "CW-DOC-007")
    with_records(made, replace, line("CW-DOC-006", "0" * 64))
    assert "<b>not approved</b>; an approval was of other content" in html_of(made, "CW-DOC-006")
    with_records(made, replace, line("CW-DOC-006", digest), line("CW-DOC-006", digest, meaning="withdrawn"))
    assert "<b>not approved</b></td>" in html_of(made, "CW-DOC-006")


def test_a_blocked_document_shows_no_approval(made, replace):
    digest = content_digest(html_of(made, "CW-DOC-006"))
    with_records(made, replace, line("CW-DOC-006", digest))
    fail(made, replace, 4)
    html = html_of(made, "CW-DOC-006")
    assert "BLOCKED" in html
    assert "<b>recorded</b>" not in html


@pytest.fixture
def package(good, tmp_path):
    """A copy of the checkout with the good package."""
    shutil.copytree(good.folder.parent.parent, tmp_path / "checkout")
    return Project((tmp_path / "checkout").resolve())


def approve(project, number="CW-DOC-006"):
    said = {"by": ADA, "meaning": e.Meaning.APPROVED, "reason": "for a test", "date": "2001-02-03"}
    return record(project, "approve", [number], **said)


def test_a_document_is_approved_by_the_digest_of_the_content_that_was_built(package):
    manifest = json.loads((package.submission / "manifest.json").read_text())
    (row,) = (row for row in manifest["documents"] if row["number"] == "CW-DOC-006")
    (written,) = approve(package)
    assert written.digest == row["content_sha256"]
    assert len(written.digest) == 64


def change_manifest(project, change):
    import hashlib

    path = project.submission / "manifest.json"
    manifest = json.loads(path.read_text())
    change(manifest)
    path.write_text(json.dumps(manifest))
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    (project.submission / "manifest.sha256").write_text(f"{digest}  manifest.json\n")


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lambda p: (p.submission / "manifest.json").unlink(), "no package that can be read"),
        (lambda p: (p.submission / "manifest.json").write_bytes(b"\xff"), "no package that can be read"),
        (lambda p: (p.submission / "manifest.json").write_text("[]"), "no package that can be read"),
        (lambda p: (p.submission / "manifest.sha256").write_text("0  manifest.json\n"), "was changed after the build"),
        (lambda p: next(p.submission.glob("CW-DOC-006*")).write_bytes(b"x"), "is not the file that was built"),
        (lambda p: change_manifest(p, lambda m: m.update(state="blocked")), "the package is BLOCKED"),
        (lambda p: change_manifest(p, lambda m: m.update(commit="0" * 40)), "it was built at commit 000000000000"),
        (lambda p: change_manifest(p, lambda m: m.update(commit="--output=x")), "it was built at commit --output=x"),
    ],
)
def test_a_package_that_is_not_whole_cannot_be_approved(package, damage, told):
    damage(package)
    with pytest.raises(RefusedError, match=told):
        approve(package)
    assert not (package.root / "x").exists()
    assert not (package.root / "docs").exists()


def test_a_document_that_there_is_not_is_refused(package):
    with pytest.raises(RefusedError, match=r"has no such document; did you mean CW-DOC-0"):
        approve(package, "CW-DOC-066")
