"""Components, licenses, lookups and bills, from made-up locks and environments; and the state that is shipped."""

import base64
import hashlib
import json
import shutil
from pathlib import Path

import pytest

from verification.commands.supply import supply
from verification.evidence import Gap, Licence, Lookup, Project, Screened, SupplyEvidence, read_evidence
from verification.sources.locks import LOCKS, read_lock
from verification.supply.installed import read_environment
from verification.supply.licences import judge
from verification.supply.sbom import find_faults
from verification.supply.supply import describe, write_supply

ROOT = Path(__file__).resolve().parents[3]
DIGEST = "5a" * 32
MIT = ("License-Expression: MIT",)
FOUND = {
    "numpy": ("2.4.6", ("License-Expression: BSD-3-Clause", "Author: Ada Example (fictitious) <ada@example.invalid>")),
    "PyYAML": ("6.0.3", ("License: MIT", "Author: See AUTHORS")),
    "jinja2": ("3.1.6", ("Classifier: License :: OSI Approved :: BSD License", "Requires-Dist: numpy")),
    "pip": ("1.0", MIT),
}
"""What the sample's locks ask for, as it would be installed."""


@pytest.fixture
def sample(checkout):
    """The small checkout with the license policy and the declarations of the real one."""
    for name in ("licences", "vulnerabilities"):
        shutil.copy(ROOT / f"risk/{name}.yaml", checkout.root / f"risk/{name}.yaml")
    text = (checkout.root / "risk/licences.yaml").read_text().partition("\nread:")[0] + "\nread: {}\n"
    checkout.write("risk/licences.yaml", text)
    checkout.write("risk/support.yaml", "components: {}\n")
    checkout.edit(
        "pyproject.toml",
        "[tool.clearway.soup]",
        '[project.optional-dependencies]\nsuite = ["jinja2"]\n\n[tool.clearway.soup]',
    )
    return checkout.edit("runtime.lock", "sha256:00", f"sha256:{DIGEST}")


def installed(folder, changes=None):
    """An environment with these distributions, as their metadata stand on disk; None leaves one out."""
    for name, found in (FOUND | (changes or {})).items():
        if found is not None:
            version, lines = found
            place = folder / "site" / f"{name}-{version}.dist-info"
            place.mkdir(parents=True)
            (place / "METADATA").write_text(
                "\n".join(["Metadata-Version: 2.4", f"Name: {name}", f"Version: {version}", *lines, "", ""])
            )
    return read_environment([str(folder / "site")])


def described(sample, tmp_path, changes=None) -> SupplyEvidence:
    return describe(sample.project, installed(tmp_path, changes))[0]


def by_name(evidence):
    return {each.name: each for each in evidence.components}


def issues(evidence, severity="blocking"):
    return [(issue.code, issue.message) for issue in evidence.issues if issue.severity == severity]


# --- components -------------------------------------------------------------------------------------------------------


def test_every_locked_package_is_listed_once_with_what_is_known_of_it(sample, tmp_path):
    evidence = described(sample, tmp_path)
    found = by_name(evidence)
    assert list(found) == ["jinja2", "numpy", "pyyaml"]
    assert {name: (each.part, each.direct, each.through) for name, each in found.items()} == {
        "jinja2": ("suite", True, ()), "numpy": ("runtime", True, ("jinja2",)), "pyyaml": ("runtime", True, ()),
    }  # fmt: skip
    assert found["numpy"].purl == "pkg:pypi/numpy@2.4.6"
    assert found["numpy"].hashes == (DIGEST,)
    assert found["numpy"].supplier == "Ada Example (fictitious)"
    assert isinstance(found["pyyaml"].supplier, Gap)  # “See AUTHORS” is nobody
    assert found["pyyaml"].condition == "sys_platform != 'none'"
    assert issues(evidence) == []


@pytest.mark.parametrize(
    ("changes", "code", "says"),
    [
        ({"numpy": ("2.4.5", MIT)}, "component-differs", "numpy: found 2.4.5, expected 2.4.6 as in runtime.lock"),
        ({"jinja2": None}, "component-missing", "jinja2: found none, expected 3.1.6 as in suite.lock"),
        ({"made-up": ("9.9", MIT)}, "component-unlocked", "made-up: found 9.9, expected none: no lock holds it"),
    ],
)
def test_a_difference_from_the_locks_blocks_and_names_the_package(sample, tmp_path, changes, code, says):
    assert issues(described(sample, tmp_path, changes)) == [(code, says)]


def test_what_is_for_other_systems_is_not_missing(sample, tmp_path):
    sample.edit("suite.lock", "jinja2==3.1.6", "jinja2==3.1.6 ; sys_platform == 'none'")
    assert issues(described(sample, tmp_path, {"jinja2": None})) == []


def test_locks_that_disagree_block(sample, tmp_path):
    sample.edit("training.lock", "2.4.6", "2.4.7")
    assert [code for code, _ in issues(described(sample, tmp_path))] == ["locks-differ"]


def test_what_a_wheels_own_bill_names_is_listed_by_release_and_stands_in_ours(sample, tmp_path):
    bill = {
        "components": [
            {"name": "numpy", "version": "2.4.6", "purl": "pkg:pypi/numpy@2.4.6?file_name=x.whl"},
            {"name": "libgomp", "version": "8.5.0-28", "purl": "pkg:rpm/almalinux/libgomp@8.5.0-28"},
            {"name": "shim", "purl": "not one"},
            {"name": "pybind", "version": "3", "scope": "excluded"},
        ]
    }
    place = tmp_path / "site" / "numpy-2.4.6.dist-info"
    installed(tmp_path)
    for name, content in (("auditwheel.cdx.json", json.dumps(bill)), ("broken.json", "{")):
        (place / "sboms").mkdir(exist_ok=True)
        (place / "sboms" / name).write_text(content)
    lines = [
        f"numpy-2.4.6.dist-info/{name},," for name in ("METADATA", "sboms/auditwheel.cdx.json", "sboms/broken.json")
    ]
    (place / "RECORD").write_text("\n".join(lines) + "\n")
    evidence, bills = describe(sample.project, read_environment([str(tmp_path / "site")]))
    found = by_name(evidence)["numpy"].bundled
    assert [(each.name, each.version) for each in found] == [("libgomp", "8.5.0-28"), ("shim", "")]
    (numpy,) = (each for each in json.loads(bills["runtime"])["components"] if each["name"] == "numpy")
    inside = {each["name"]: each.get("purl") for each in numpy["components"]}
    assert inside == {"libgomp": "pkg:rpm/almalinux/libgomp@8.5.0-28", "shim": None}
    assert list(find_faults(bills["runtime"])) == []


def test_a_lookup_that_tells_no_level_of_support_is_a_gap_with_its_source(sample, tmp_path):
    row = '{level: null, end_of_support: null, source: a registry, looked_up_on: "2026-11-30"}'
    sample.write("risk/support.yaml", f"components:\n  numpy:\n    support: {row}\n")
    support = by_name(described(sample, tmp_path))["numpy"].support
    assert isinstance(support.level, Gap)
    assert support.source == "a registry"


def test_libraries_inside_a_wheel_are_listed_with_the_digests_of_its_record(sample, tmp_path):
    content, digest = b"a library", hashlib.sha256(b"a library")
    record = base64.urlsafe_b64encode(digest.digest()).decode().rstrip("=")
    files = {
        "numpy.libs/libblas-0a1b2c3d-0a1b2c3d.so.1.1.1k": "1.1.1k", "numpy/.dylibs/libfast.3.dylib": "",
        "numpy/libsame.so": "", "numpy/core.cpython-311-x86_64-linux-gnu.so": "own", "numpy/liberal.py": "own",
    }  # fmt: skip
    installed(tmp_path)
    place = tmp_path / "site" / "numpy-2.4.6.dist-info"
    (place / "RECORD").write_text("".join(f"{name},sha256={record},{len(content)}\n" for name in files))
    evidence, bills = describe(sample.project, read_environment([str(tmp_path / "site")]))
    libraries = by_name(evidence)["numpy"].libraries
    assert {each.file: each.version for each in libraries} == {k: v for k, v in files.items() if v != "own"}
    assert {each.sha256 for each in libraries} == {digest.hexdigest()}
    assert [each.name for each in libraries] == ["libblas", "libfast.3", "libsame"]
    (numpy,) = (each for each in json.loads(bills["runtime"])["components"] if each["name"] == "numpy")
    assert [each["name"] for each in numpy["components"]] == ["libblas", "libfast.3", "libsame"]
    assert not list(find_faults(bills["runtime"]))


def test_nothing_is_known_of_what_is_not_installed(sample, tmp_path):
    sample.write("training.lock", "numpy==2.4.6\nmade-up==9.9\n")
    found = by_name(described(sample, tmp_path))["made-up"]
    assert (found.part, found.installed) == ("training", None)
    assert all(isinstance(each, Gap) for each in (found.licence, found.supplier, found.through, found.lookup))


# --- licenses ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expression", "verdict"),
    [
        ("MIT", "allowed"),
        ("MIT AND MPL-2.0", "weak_copyleft"),
        ("GPL-3.0-only OR MIT", "allowed"),
        ("GPL-3.0-only AND MIT", "refused"),
        ("MIT OR (GPL-3.0-only AND MPL-2.0)", "allowed"),
        ("(MIT OR GPL-3.0-only) AND MPL-2.0", "weak_copyleft"),
        ("EUPL-1.2", "unlisted"),
        ("GPL-2.0-only WITH Classpath-exception-2.0", "unlisted"),
    ],
)
def test_and_takes_the_worst_and_or_the_best(expression, verdict):
    policy = {"allowed": ["MIT"], "weak_copyleft": {"MPL-2.0": "why"}, "refused": {"GPL-3.0-only": "why"}}
    assert judge(expression, policy)[0] == verdict


@pytest.mark.parametrize(
    ("lines", "expression"),
    [
        (("License-Expression: mit", "License: GPL"), "MIT"),
        (("License: Apache 2.0",), "Apache-2.0"),
        (("Classifier: License :: OSI Approved :: MIT License",), "MIT"),
        (("Classifier: License :: OSI Approved :: BSD License",), None),  # with two clauses or three?
        (("Classifier: License :: OSI Approved :: MIT License", "Classifier: License :: Other"), None),  # and, or or?
        (("License: a license of our own",), None),
        ((), None),
    ],
)
def test_a_licence_is_read_or_it_is_a_gap_and_never_guessed(sample, tmp_path, lines, expression):
    licence = by_name(described(sample, tmp_path, {"jinja2": ("3.1.6", lines)}))["jinja2"].licence
    assert (licence.expression if isinstance(licence, Licence) else None) == expression


def test_what_was_read_in_a_licence_file_holds_for_that_version_alone(sample, tmp_path):
    sample.edit("risk/licences.yaml", "read: {}", "read: {jinja2: {version: 3.1.6, licence: BSD-3-Clause, file: L}}")
    assert by_name(described(sample, tmp_path / "a"))["jinja2"].licence.read_in == "L of the package"
    sample.edit("risk/licences.yaml", "3.1.6", "3.1.5")
    later = described(sample, tmp_path / "b")
    assert isinstance(by_name(later)["jinja2"].licence, Gap)
    said = "the license of jinja2 was read in 3.1.5, the lock has 3.1.6"
    assert ("licence-outdated", said) in issues(later, "advisory")


def test_a_refused_licence_blocks_and_names_the_component(sample, tmp_path):
    evidence = described(sample, tmp_path, {"jinja2": ("3.1.6", ("License-Expression: GPL-3.0-only",))})
    ((code, said),) = issues(evidence)
    assert code == "licence-refused"
    assert said.startswith("jinja2 3.1.6 (suite): GPL-3.0-only")


# --- support ----------------------------------------------------------------------------------------------------------

SUPPORT = """components:
  numpy:
    support: {level: actively maintained, end_of_support: null, source: made up, looked_up_on: "2001-02-03"}
    anomalies: {version: VERSION, source: made up, by: Ada Example (fictitious), reviewed_on: "2001-02-03", conclusion: none}
"""  # noqa: E501


def test_what_was_looked_up_is_shown_and_anomalies_hold_for_their_version(sample, tmp_path):
    sample.write("risk/support.yaml", SUPPORT.replace("VERSION", "2.4.6"))
    found = by_name(described(sample, tmp_path / "a"))
    assert found["numpy"].support.level == "actively maintained"
    assert isinstance(found["numpy"].support.end_of_support, Gap)
    assert found["numpy"].anomalies.conclusion == "none"
    assert found["jinja2"].support.reason == "not looked up"
    sample.write("risk/support.yaml", SUPPORT.replace("VERSION", "2.4.5"))
    assert isinstance(by_name(described(sample, tmp_path / "b"))["numpy"].anomalies, Gap)


def test_a_fault_in_what_people_declare_names_the_line_and_hides_nothing_else(sample, tmp_path):
    sample.write("risk/support.yaml", "components:\n  numpy:\n    support: {level: fine}\n")
    sample.write("risk/vulnerabilities.yaml", "reports: []\ndispositions: maybe\n")
    evidence = described(sample, tmp_path)
    places = [issue.where for issue in evidence.issues if issue.severity == "blocking"]
    assert "risk/support.yaml:3" in places
    assert "risk/vulnerabilities.yaml:2" in places
    assert len(evidence.components) == 3


# --- lookups ----------------------------------------------------------------------------------------------------------


def hand_in(sample, report, form="pip-audit", dispositions="[]"):
    text = report if isinstance(report, str) else json.dumps(report)
    sample.write("risk/scans/report.json", text)
    row = f'{{file: report.json, format: {form}, database: a made-up one, date: "2001-02-03"}}'
    sample.write("risk/vulnerabilities.yaml", f"reports:\n  - {row}\ndispositions: {dispositions}\n")


def audited(name, version, *vulnerabilities):
    return {"name": name, "version": version, "vulns": [{"id": each} for each in vulnerabilities]}


ALL = [audited("numpy", "2.4.6"), audited("pyyaml", "6.0.3"), audited("jinja2", "3.1.6")]
SKIPPED = [
    {"name": "numpy", "skip_reason": "Dependency not found on PyPI and could not be audited: numpy (2.4.6)"},
    {"name": "PyYAML", "version": "6.0.3"},
]


def test_a_report_that_skipped_nearly_everything_never_says_that_nothing_is_known(sample, tmp_path, capsys):
    hand_in(sample, {"dependencies": [*SKIPPED, audited("jinja2", "3.1.6")], "fixes": []})
    evidence = described(sample, tmp_path)
    assert isinstance(evidence.vulnerabilities, Gap)
    assert evidence.vulnerabilities.reason.startswith("2 of 3 components have not been looked up")
    assert evidence.reports[0].audited == 1
    assert len(evidence.reports[0].skipped) == 2
    assert {name for name, each in by_name(evidence).items() if isinstance(each.lookup, Lookup)} == {"jinja2"}
    supply(["--project", str(sample.root)])
    said = capsys.readouterr().out.lower()
    assert "no known" not in said
    assert "no vulnerabilit" not in said
    assert "vulnerabilities looked up: 1 of 3" in said


@pytest.mark.parametrize(
    "report",
    [
        [],
        ALL[1:],
        [audited("numpy", "2.4.5"), *ALL[1:]],
        [{"name": "numpy", "version": "2.4.6", "skip_reason": "no"}, *ALL[1:]],
    ],
    ids=["nothing", "one is not named", "another version", "skipped with a version"],
)
def test_one_component_that_was_not_audited_keeps_the_whole_a_gap(sample, tmp_path, report):
    hand_in(sample, {"dependencies": report})
    evidence = described(sample, tmp_path)
    assert isinstance(evidence.vulnerabilities, Gap)
    assert isinstance(by_name(evidence)["numpy"].lookup, Gap)
    assert evidence.reports[0].audited == len(report and ALL[1:])


def test_only_a_report_of_every_component_allows_a_count(sample, tmp_path):
    hand_in(sample, {"dependencies": ALL})
    known = described(sample, tmp_path).vulnerabilities
    assert known == Screened(components=3, vulnerabilities=0, databases=("a made-up one",), oldest="2001-02-03")


DISPOSITION = (
    "[{vulnerability: FICT-1, component: NumPy, version: 2.4.6, state: not_affected, justification: made up, "
    'known_exploited: null, by: Ada Example (fictitious), date: "2001-02-03"}]'
)


def test_a_vulnerability_blocks_until_somebody_has_assessed_it(sample, tmp_path):
    report = {"dependencies": [audited("numpy", "2.4.6", "FICT-1"), *ALL[1:]]}
    hand_in(sample, report)
    found = described(sample, tmp_path / "a")
    assert found.vulnerabilities.vulnerabilities == 1
    said = "FICT-1 is reported of numpy 2.4.6 and nobody has assessed it"
    assert issues(found) == [("vulnerability-unassessed", said)]
    hand_in(sample, report, dispositions=DISPOSITION)
    assessed = described(sample, tmp_path / "b")
    assert issues(assessed) == []
    (one,) = by_name(assessed)["numpy"].vulnerabilities
    assert one.disposition.state == "not_affected"
    assert isinstance(one.disposition.known_exploited, Gap)


def test_a_disposition_of_what_no_report_finds_blocks(sample, tmp_path):
    hand_in(sample, {"dependencies": ALL}, dispositions=DISPOSITION)
    assert [code for code, _ in issues(described(sample, tmp_path))] == ["disposition-dangling"]


def test_statements_of_a_vex_find_and_dispose_and_look_nothing_up(sample, tmp_path):
    analysis = {"state": "not_affected", "detail": "it is made up"}
    statement = {"id": "FICT-2", "affects": [{"ref": "pkg:pypi/numpy@2.4.6"}], "analysis": analysis}
    undecided = {"id": "FICT-3", "affects": [{"ref": "a"}]}
    part = {"name": "PyYAML", "version": "6.0.3", "bom-ref": "a"}
    hand_in(sample, {"components": [part], "vulnerabilities": [statement, undecided]}, "cyclonedx")
    evidence = described(sample, tmp_path)
    assert all(isinstance(each.lookup, Gap) for each in evidence.components)
    assert isinstance(evidence.vulnerabilities, Gap)
    assert by_name(evidence)["numpy"].vulnerabilities[0].disposition.justification == "it is made up"
    assert [said.split()[0] for _, said in issues(evidence)] == ["FICT-3"]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"dependencies": 1}', "No known vulnerabilities found"])
def test_a_report_that_cannot_be_read_blocks_at_its_line_and_looks_nothing_up(sample, tmp_path, text):
    hand_in(sample, text)
    evidence = described(sample, tmp_path)
    assert [(i.code, i.where) for i in evidence.issues] == [("scan-unreadable", "risk/vulnerabilities.yaml:2")]
    assert all(isinstance(each.lookup, Gap) for each in evidence.components)


# --- bills ------------------------------------------------------------------------------------------------------------


def test_a_bill_is_of_its_schema_and_lists_what_is_installed(sample, tmp_path):
    evidence, bills = describe(sample.project, installed(tmp_path))
    assert [fault for content in bills.values() for fault in find_faults(content)] == []
    whole, runtime = (json.loads(bills[name]) for name in ("whole", "runtime"))
    assert {each["purl"] for each in whole["components"]} == {each.purl for each in evidence.components}
    assert {each["name"] for each in runtime["components"]} == {"numpy", "pyyaml"}
    assert whole["metadata"]["timestamp"].startswith(evidence.source.commit_date)
    edges = {each["ref"]: each.get("dependsOn", []) for each in whole["dependencies"]}
    assert edges["pkg:pypi/jinja2@3.1.6"] == ["pkg:pypi/numpy@2.4.6"]
    numpy = next(each for each in whole["components"] if each["name"] == "numpy")
    assert numpy["licenses"] == [{"expression": "BSD-3-Clause"}]
    assert numpy["supplier"] == {"name": "Ada Example (fictitious)"}


def test_the_same_components_give_the_same_bytes_and_others_another_serial_number(sample, tmp_path):
    first, again = (describe(sample.project, installed(tmp_path / name))[1] for name in "ab")
    assert first == again
    other = describe(sample.project, installed(tmp_path / "c", {"jinja2": ("3.1.6", MIT)}))[1]
    serials = {json.loads(bills["whole"])["serialNumber"] for bills in (first, other)}
    assert len(serials) == 2
    assert first["runtime"] == other["runtime"]


def test_a_bill_that_is_not_of_the_schema_is_found_out(sample, tmp_path):
    content = json.loads(describe(sample.project, installed(tmp_path))[1]["whole"])
    content["components"][0]["type"] = "wish"
    assert any("wish" in fault for fault in find_faults(json.dumps(content).encode()))


def test_evidence_and_bills_are_written_and_read_back(sample, tmp_path):
    evidence = write_supply(sample.project, installed(tmp_path))
    assert read_evidence(sample.project.evidence, "supply.json", SupplyEvidence) == evidence
    for bill in evidence.bills:
        content = (sample.project.evidence / bill.file).read_bytes()
        assert hashlib.sha256(content).hexdigest() == bill.sha256


def test_the_command_writes_a_bill_where_it_is_asked_to(sample, tmp_path, capsys):
    supply(["--project", str(sample.root), "--sbom", str(tmp_path / "out.json"), "--part", "runtime"])
    assert {each["name"] for each in json.loads((tmp_path / "out.json").read_bytes())["components"]} == {
        "numpy",
        "pyyaml",
    }
    (tmp_path / "file").write_text("")
    assert supply(["--project", str(sample.root), "--sbom", str(tmp_path / "file" / "x.json")]) == 2
    assert "cannot be written" in capsys.readouterr().err


# --- as shipped -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shipped():
    return describe(Project(ROOT), read_environment())


def test_the_bills_hold_what_the_locks_hold_and_what_is_installed(shipped):
    evidence, bills = shipped
    locked = {name: {each.name.lower() for each in read_lock(ROOT / f"{name}.lock")} for name in LOCKS}
    parts = {each["name"] for each in json.loads(bills["runtime"])["components"] if each["type"] == "library"}
    assert {name.replace(".", "-").replace("_", "-") for name in locked["runtime"]} == parts
    assert len(evidence.components) == len({name.replace("_", "-") for found in locked.values() for name in found})
    assert issues(evidence) == []
    assert [fault for content in bills.values() for fault in find_faults(content)] == []


def test_support_of_the_runtime_alone_was_looked_up_and_every_component_says_so(shipped):
    evidence, _ = shipped
    assert isinstance(evidence.vulnerabilities, Gap)
    assert {type(each.lookup) for each in evidence.components} == {Gap}
    looked_up = {each.name for each in evidence.components if not isinstance(each.support, Gap)}
    assert looked_up == {each.name for each in evidence.components if each.part == "runtime"}
    assert {type(each.anomalies) for each in evidence.components} == {Gap}


def test_no_licence_in_the_device_is_refused_or_unknown(shipped):
    evidence, _ = shipped
    verdicts = {each.name: each.licence.verdict for each in evidence.components if each.part == "runtime"}
    assert set(verdicts.values()) <= {"allowed", "weak_copyleft"}
