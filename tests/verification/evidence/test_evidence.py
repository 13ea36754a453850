import hashlib

import msgspec
import pytest

from verification.evidence import (
    EvidenceError,
    Gap,
    Issue,
    ProjectError,
    Severity,
    StudiesEvidence,
    find_changes,
    find_project,
    find_stale,
    read_bundle,
    read_evidence,
    read_manifest,
    write_atomically,
    write_evidence,
)


@pytest.fixture
def written(checkout):
    source = checkout.project.source([checkout.project.root / "device/door.py"])
    write_evidence(checkout.project.evidence, "studies.json", StudiesEvidence(source=source, studies=(), issues=()))
    return checkout


def read(checkout):
    return read_evidence(checkout.project.evidence, "studies.json", StudiesEvidence)


def test_what_is_written_is_read_back(written):
    assert read(written).source.inputs.keys() == {"device/door.py"}
    assert read(written).source.commit_date == "2026-01-02"


def test_one_changed_byte_is_named_with_both_digests(written):
    path = written.project.evidence / "studies.json"
    path.write_bytes(path.read_bytes().replace(b"2026-01-02", b"2026-01-03"))
    with pytest.raises(EvidenceError, match=r"studies\.json: SHA-256 [0-9a-f]{64}, expected [0-9a-f]{64} as in"):
        read(written)


def test_evidence_that_no_manifest_lists_is_no_evidence(written):
    (written.project.evidence / "manifest.json").unlink()
    with pytest.raises(EvidenceError, match="expected an entry"):
        read(written)


class Empty(msgspec.Struct):
    pass


class Tagged(msgspec.Struct, tag=True):
    numbers: tuple[int, ...]


class Wide(msgspec.Struct, rename={"renamed": "a name"}):
    renamed: str
    numbers: tuple[int, ...]
    listed: list[dict[str, list[int | str]]]
    nothing: tuple[int, ...] = ()
    nested: Tagged | None = None


@pytest.mark.parametrize(
    "value",
    [
        Empty(),
        Tagged(tuple(range(2001))),
        *(Wide("1\n2", tuple(range(n)), [{"b": [], "a": [n]}] * n, nested=Tagged((n,))) for n in (1, 1000)),
    ],
)
def test_a_file_is_indented_and_sorted(tmp_path, value):
    path = write_evidence(tmp_path, "a.json", value)
    whole = msgspec.json.format(msgspec.json.encode(value, order="sorted"), indent=1) + b"\n"
    assert path.read_bytes() == whole
    assert read_manifest(tmp_path) == {"a.json": hashlib.sha256(whole).hexdigest()}


@pytest.mark.parametrize("count", [1001, 2000, 3500])
def test_a_long_list_is_a_record_a_line(tmp_path, count):
    value = Wide("1\n2", tuple(range(count)), [{"b": ["1\n2"], "a": [n]} for n in range(count)], nested=Tagged((1,)))
    content = write_evidence(tmp_path, "a.json", value).read_bytes()
    assert msgspec.json.decode(content, type=Wide) == value
    assert list(msgspec.json.decode(content)) == ["a name", "listed", "nested", "nothing", "numbers"]
    assert content.splitlines()[3] == b'  {"a":[0],"b":["1\\n2"]},'
    assert content.count(b'\n  {"a":[') == count
    assert content.endswith(b"\n  %d\n ]\n}\n" % (count - 1))
    assert read_manifest(tmp_path) == {"a.json": hashlib.sha256(content).hexdigest()}


def test_an_unknown_field_and_a_missing_one_are_errors(written):
    class Other(msgspec.Struct):
        studies: tuple[str, ...]
        surplus: int

    write_evidence(written.project.evidence, "studies.json", Other(studies=(), surplus=1))
    with pytest.raises(EvidenceError, match="not StudiesEvidence"):
        read(written)


def test_a_damaged_manifest_says_what_to_do(written):
    (written.project.evidence / "manifest.json").write_text("{not json")
    with pytest.raises(EvidenceError, match="make the evidence again"):
        read(written)
    assert all("not a manifest" in issue.message for issue in read_bundle(written.project.evidence).issues[3:4])


def test_a_bundle_is_total(written):
    bundle = read_bundle(written.project.evidence)
    assert isinstance(bundle.studies, StudiesEvidence)
    assert isinstance(bundle.verification, Gap)
    assert bundle.verification.closes == "run `clearway verify`"
    assert {issue.hint for issue in bundle.issues} >= {"run `clearway verify`", "run `clearway trace`"}


def test_evidence_goes_stale_with_its_inputs_and_with_nothing_else(written):
    def messages():
        return [issue.message for issue in find_stale(read_bundle(written.project.evidence), written.project)]

    assert messages() == []
    written.edit("device/door.py", "angle + 1", "angle + 2")
    assert messages() == ["was made from device/door.py, which has changed since"]
    written.commit()
    assert messages() == ["was made from device/door.py, which has changed since"]
    written.edit("device/door.py", "angle + 2", "angle + 1").commit()
    assert messages() == []
    (written.root / "device/door.py").unlink()
    assert "was made from device/door.py, which is gone" in messages()


def test_dirty_means_that_the_tree_is_not_the_commit(checkout):
    assert checkout.project.source(()).dirty is False
    checkout.write("verification/features/new.feature", "Feature: New\n")
    assert checkout.project.source(()).dirty is True
    assert checkout.commit().project.source(()).dirty is False


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path):
    class Unserialisable(msgspec.Struct):
        value: object

    write_atomically(tmp_path / "a.json", b"old")
    with pytest.raises(TypeError):
        write_evidence(tmp_path, "a.json", Unserialisable(object()))
    with pytest.raises(TypeError):
        write_atomically(tmp_path / "a.json", "no bytes")
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]
    assert (tmp_path / "a.json").read_bytes() == b"old"


def test_a_project_is_found_upward_and_nowhere_else(checkout, tmp_path):
    assert find_project(checkout.root / "verification" / "features").root == checkout.root.resolve()
    with pytest.raises(ProjectError, match="--project DIR"):
        find_project(tmp_path)


def test_files_are_found_without_caches_and_dot_files(checkout):
    for file in ("device/__pycache__/door.pyc", "device/.door.py.swp", "device/door.pyc"):
        checkout.write(file, "")
    found = [path.name for path in checkout.project.find_files("device/**/*")]
    assert found == ["door.py", "sealed.py"]


def test_an_issue_is_immutable():
    issue = Issue(code="a", severity=Severity.BLOCKING, where="b", message="c", hint="d")
    with pytest.raises(AttributeError):
        issue.code = "e"  # type: ignore[misc]


def test_evidence_goes_stale_with_a_file_that_comes_and_with_the_code_that_made_it(checkout):
    source = checkout.project.source(patterns=("device/*.py",), code=("verification/evidence/*.py",))
    assert "device/door.py" in source.inputs
    assert list(find_changes(source, checkout.project)) == []
    checkout.write("device/window.py", "")
    assert list(find_changes(source, checkout.project)) == ["was made without device/window.py, which was added since"]
    other = msgspec.structs.replace(source, code={"verification/evidence/*.py": "0" * 64}, patterns=())
    assert list(find_changes(other, checkout.project)) == [
        "was made by other code: verification/evidence/*.py has changed since"
    ]
