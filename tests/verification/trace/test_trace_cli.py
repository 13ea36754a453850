import json

import pytest

from verification.evidence import Project, find_stale, read_bundle

pytestmark = pytest.mark.slow


def lines(run):
    return [json.loads(line) for line in run.stdout.splitlines()]


def test_trace_writes_both_files_and_shows_the_dashboard(verified):
    run = verified.run("trace")
    assert run.returncode == 0, run.stderr
    assert "blocking issues: 0" in run.stdout
    assert "documentation level: Enhanced" in run.stdout
    manifest = verified.evidence("manifest.json")
    assert {"trace.json", "device.json", "verification.json"} <= manifest.keys()
    inputs = verified.evidence("trace.json")["source"]["inputs"]
    assert "build/evidence/verification.json" in inputs
    assert "device/door.py" in inputs


def test_an_item_is_shown_up_to_need_and_hazard_and_down_to_code_and_scenarios(verified):
    text = verified.run("trace", "SRS-001").stdout
    for expected in (
        "SRS-001  Handle  (software requirement, safety-related)",
        "SYS-001  Doors open",
        "  UN-001  Doors",
        "RC-001  A handle that turns",
        "  HAZ-001  Shut in",
        "device/door.py:6  device.door.turn",
        "passed    verification/features/door.feature:16  The handle turns by 10",
        "DOC-1/handle  The handle",
        "DOC-1/requirements  Requirements",
    ):
        assert expected in text
    assert "next" not in text


def test_an_item_that_does_not_cover_says_why_and_what_is_next(checkout):
    text = checkout.run("trace", "SRS-001").stdout
    assert "NOT RUN: verification.json has not been made" in text
    assert "next  run `clearway verify`" in text


def test_a_criterion_is_shown_with_its_requirement(verified):
    assert verified.run("trace", "SRS-001/AC2").stdout.startswith("SRS-001  Handle")


def test_an_unknown_id_suggests_near_ones(verified):
    run = verified.run("trace", "SRS-003")
    assert run.returncode == 2
    assert "SRS-003 does not exist; did you mean SRS-001 or SRS-002" in run.stderr


def test_an_id_in_other_letters_is_named(verified):
    assert "did you mean SRS-001?" in verified.run("trace", "srs-001").stderr


def test_a_file_is_shown_with_everything_that_its_change_touches(verified):
    text = verified.run("trace", "verification/features/door.feature").stdout
    assert text.startswith("verification/features/door.feature  (scenario: ")
    for expected in ("SRS-001  Handle", "SYS-001  Doors open", "UN-001  Doors", "HAZ-001  Shut in", "DOC-1/handle"):
        assert expected in text
    assert " passed  verification/features/door.feature" in text
    assert {each["file"] for each in lines(verified.run("trace", "verification/features/door.feature", "--json"))} == {
        "verification/features/door.feature"
    }
    alone = verified.run("trace", "requirements_spec/software/SRS-001.yaml").stdout
    assert alone == verified.run("trace", "SRS-001").stdout


def test_check_fails_on_blocking_issues_and_prints_all(verified):
    assert verified.run("trace", "--check").returncode == 0
    verified.edit("device/door.py", "Implements: SRS-001", "Implements: SRS-404")
    run = verified.run("trace", "--check")
    assert run.returncode == 1
    assert "blocking  device/door.py:6: device.door.turn names SRS-404, which does not exist [id-unknown]" in run.stdout
    assert "need-not-validated" in run.stdout
    assert verified.run("trace").returncode == 0


def test_json_is_one_object_a_line(verified):
    assert {item["id"] for item in lines(verified.run("trace", "--json"))} >= {"SRS-001", "device.door.turn"}
    assert {issue["severity"] for issue in lines(verified.run("trace", "--check", "--json"))} == {"advisory"}
    (one,) = lines(verified.run("trace", "SRS-001", "--json"))
    assert set(one["above"]) == {"SYS-001", "RC-001"}
    assert {"status", "why", "file", "line"} <= one["item"].keys()


def test_the_same_commit_elsewhere_gives_the_same_bytes(verified, checkout):
    checkout.run("verify")
    for each in (verified, checkout):
        assert each.run("trace").returncode == 0
    for name in ("trace.json", "device.json"):
        here, there = ((each.root / "build/evidence" / name).read_bytes() for each in (verified, checkout))
        assert here == there, name


def test_device_facts_come_from_the_device_and_the_locks(verified):
    from device import REJECTION_CODES, STATEMENT

    verified.run("trace")
    device = verified.evidence("device.json")
    assert device["statement"] == STATEMENT
    assert {row["code"] for row in device["rejections"]} == set(REJECTION_CODES)
    soup = {row["name"]: row for row in device["soup"]}
    assert soup["numpy"] == {
        "name": "numpy",
        "version": "2.4.6",
        "extra": "runtime",
        "direct": True,
        "purpose": "counts",
        "licence": "BSD-3-Clause",
    }
    assert soup["jinja2"]["extra"] == "suite"
    issues = [issue["message"] for issue in verified.evidence("trace.json")["issues"]]
    assert "PyYAML has no purpose" in issues
    assert "jinja2 has no purpose" not in issues


def test_a_damaged_release_is_named_and_hides_no_other(verified, project_root):
    import shutil

    for name in ("adult-nih", "other"):
        shutil.copytree(project_root / "device/releases/adult-nih", verified.root / "device/releases" / name)
    path = verified.root / "device/releases/other/release.yaml"
    path.write_bytes(path.read_bytes().replace(b"adult", b"adulT", 1))
    assert verified.run("trace", "--check").returncode == 1
    assert [release["name"] for release in verified.evidence("device.json")["releases"]] == ["adult-nih"]
    (issue,) = [each for each in verified.evidence("trace.json")["issues"] if each["code"] == "release-unreadable"]
    assert issue["where"] == "device/releases/other"
    assert "release.yaml: SHA-256 is" in issue["message"]


# --- the other commands -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", [["verify"], ["trace"], ["status"], ["evaluate"], ["data", "explore"]])
def test_outside_a_checkout_a_command_says_so(tmp_path, checkout, command):
    checkout.root = tmp_path
    run = checkout.run(*command)
    assert run.returncode == 2
    assert "not inside a Clearway checkout" in run.stderr
    assert "Traceback" not in run.stderr


def test_an_action_takes_its_options_before_or_after(checkout, tmp_path):
    before = checkout.run("data", "--project", str(tmp_path / "nowhere"), "explore")
    after = checkout.run("data", "explore", "--project", str(tmp_path / "nowhere"))
    assert before.returncode == after.returncode == 2
    assert "nowhere: not inside a Clearway checkout" in before.stderr
    assert before.stderr == after.stderr


def test_a_checkout_can_be_named(checkout, tmp_path):
    assert checkout.run("trace", "--project", str(checkout.root / "device")).returncode == 0


def test_a_checkout_that_git_cannot_describe_is_a_wrong_use(checkout):
    import shutil

    shutil.rmtree(checkout.root / ".git")
    run = checkout.run("trace")
    assert run.returncode == 2
    assert "expected a git clone with at least one commit" in run.stderr


def test_verify_of_an_unknown_id_suggests_near_ones(checkout):
    run = checkout.run("verify", "--only", "SRS-005")
    assert run.returncode == 2
    assert "no scenario is named by SRS-005" in run.stderr
    assert "did you mean SRS-00" in run.stderr
    assert not (checkout.root / "build/evidence/verification.partial.json").exists()


def test_verify_of_nothing_blocks(checkout):
    (checkout.root / "verification/features/door.feature").unlink()
    run = checkout.run("verify")
    assert run.returncode == 1
    assert "there is no scenario" in run.stderr


def test_verify_shows_the_step_that_failed_and_records_the_run(checkout):
    checkout.edit("verification/test_features.py", 'observe(f"turned by {angle}")', "assert angle < 20, 'it sticks'")
    run = checkout.run("verify")
    assert run.returncode == 1
    assert "failed  door/the-handle-turns-by-angle/2  verification/features/door.feature:17" in run.stdout
    assert "    failed   When the handle is turned by 20" in run.stdout
    assert "it sticks" in run.stdout
    assert "SRS-001: 2 of 3 scenarios passed" in run.stdout
    assert "5 scenarios of 3 items: 4 passed, 1 failed" in run.stdout
    record = checkout.evidence("verify.run.json")
    assert record["command"] == ["clearway", "verify"]
    assert record["packages"]["pytest-bdd"]
    assert "verify.run.json" not in checkout.evidence("manifest.json")


def test_verify_as_json_is_a_scenario_a_line(checkout):
    results = lines(checkout.run("verify", "--json"))
    assert [result["status"] for result in results] == ["passed"] * 5


@pytest.mark.parametrize("command", ["verify", "evaluate", "data", "trace", "status", "doctor"])
def test_help_has_an_example(checkout, command):
    run = checkout.run(command, "--help")
    assert run.returncode == 0
    assert f"example: clearway {command}" in run.stdout


# --- status -----------------------------------------------------------------------------------------------------------


def test_status_tells_each_role_what_is_next(checkout):
    checkout.edit("device/door.py", "Implements: SRS-001", "Implements: SRS-404")
    steps = lines(checkout.run("status", "--json"))
    by_role = {role: [step["what"] for step in steps if step["role"] == role] for role in {s["role"] for s in steps}}
    assert any("SRS-404, which does not exist" in what for what in by_role["engineer"])
    assert any("verification.json: no such evidence" in what for what in by_role["engineer"])
    assert any("studies.json" in what for what in by_role["ML engineer"])
    assert any("no record of the inspection of SRS-002/AC2" in what for what in by_role["QA"])
    assert any("no design validation" in what for what in by_role["regulatory affairs"])
    text = checkout.run("status").stdout
    assert text.index("blocking") < text.index("gap")


def test_status_forgets_what_has_been_done(verified):
    text = verified.run("status").stdout
    assert "verification.json" not in text
    assert "studies.json" in text


@pytest.mark.parametrize(
    "query", [("trace", "SRS-001"), ("trace", "SRS-001", "--check"), ("trace", "device/door.py"), ("status",)]
)
@pytest.mark.parametrize("traced", [False, True])
def test_a_query_writes_nothing(verified, query, traced):
    if traced:
        verified.run("trace")

    def files():
        paths = (path for path in verified.root.rglob("*") if path.is_file() and ".git" not in path.parts)
        return {path: (path.stat().st_mtime_ns, path.stat().st_ino) for path in paths}

    before = files()
    run = verified.run(*query)
    assert run.returncode in (0, 1), run.stderr
    assert run.stdout
    assert files() == before


def test_status_of_a_product_with_documents_is_what_blocks_and_the_list_of_the_gap_register(verified):
    left = [step for step in lines(verified.run("status", "--json")) if not step["blocking"]]
    assert left
    assert all("id" not in step for step in left), "a product without documents has its evidence alone"
    named = '[tool.clearway.product]\nrelease = "nonesuch"\n\n[tool.clearway.soup]'
    verified.edit("pyproject.toml", "[tool.clearway.soup]", named).commit()
    told = lines(verified.run("status", "--json"))
    assert [step for step in told if not step["blocking"]] == lines(verified.run("submission", "left", "--json"))
    assert [step["what"] for step in told if step["blocking"]]
    rows = [step for step in told if not step["blocking"]]
    assert [row["number"] for row in rows] == list(range(1, len(rows) + 1))
    text = verified.run("status").stdout
    before, _, _ = text.partition("as in the Gap Register")
    assert "blocking" in before
    assert "nothing to do" not in before


@pytest.mark.parametrize("file", ["sponsor.yaml", "gaps.yaml", "equivalence.yaml", "wording.yaml"])
def test_no_evidence_is_older_for_a_fact_or_a_word_of_the_documents(verified, file):
    verified.write(f"submission/{file}", "before: entered\n").commit()
    assert verified.run("trace").returncode == 0
    verified.write(f"submission/{file}", "after: entered\n").commit()
    project = Project(verified.root)
    assert list(find_stale(read_bundle(project.evidence), project)) == []


def test_evidence_is_asked_for_in_the_order_in_which_it_is_made(checkout):
    steps = lines(checkout.run("status", "--json"))
    for role, made in (("engineer", ["verify", "supply"]), ("ML engineer", ["evaluate", "data explore"])):
        own = [step["how"] for step in steps if step["role"] == role and step["blocking"]]
        assert own[: len(made)] == [f"run `clearway {command}`" for command in made]
    assert len({(step["role"], step["what"]) for step in steps}) == len(steps)


def test_what_a_run_of_a_selection_showed_is_said_and_is_no_evidence(checkout):
    checkout.edit(
        "verification/test_features.py", 'observe(f"turned by {angle}")', "assert angle < 20, 'it sticks'"
    ).commit()
    checkout.run("verify", "--only", "SRS-001")
    text = checkout.run("trace", "SRS-001").stdout
    assert "NOT RUN" in text
    assert "2 of 3 scenarios passed when SRS-001 alone was run; no evidence" in text
    assert "failed  door/the-handle-turns-by-angle/2  verification/features/door.feature:" in text
    assert "it sticks" in text
    assert "partial run" not in checkout.run("trace", "SRS-002").stdout
    checkout.edit("device/door.py", "angle + 1", "angle + 2")
    assert "partial run" not in checkout.run("trace", "SRS-001").stdout  # it is of other code
