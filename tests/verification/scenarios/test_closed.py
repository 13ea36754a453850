"""What somebody's environment or an ignored file would bring into a run takes no part in it, or is told."""

import sys

import pytest

pytestmark = pytest.mark.slow


@pytest.fixture
def outside(tmp_path, monkeypatch):
    """A folder of modules of somebody's own, on the path of Python; each leaves its name in `took_part`."""
    folder = tmp_path / "outside"
    folder.mkdir()
    said = f"open({str(folder / 'took_part')!r}, 'a').write(__name__ + '\\n')\n"
    for name in ("sitecustomize", "usercustomize", "helper"):
        (folder / f"{name}.py").write_text(said)
    monkeypatch.setenv("PYTHONPATH", str(folder))
    return folder, said


def took_part(folder):
    path = folder / "took_part"
    return path.read_text().split() if path.is_file() else []


def test_no_variable_of_the_environment_brings_a_plugin_a_module_or_an_option(checkout, outside, monkeypatch):
    monkeypatch.setenv("PYTEST_PLUGINS", "helper")
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p helper --collect-only")
    monkeypatch.setenv("PYTHONSTARTUP", str(outside[0] / "helper.py"))
    assert checkout.run("verify").returncode == 0
    assert took_part(outside[0]) == []
    assert "helper" not in checkout.evidence()["packages"]


@pytest.mark.parametrize("name", ["conftest.py", "verification/conftest.py"])
def test_a_conftest_takes_no_part(checkout, outside, name):
    checkout.write(name, outside[1]).write(".git/info/exclude", "conftest.py\n")
    assert checkout.run("verify").returncode == 0
    assert took_part(outside[0]) == []


@pytest.mark.parametrize("name", ["pytest.ini", ".pytest.ini", "pytest.toml"])
def test_another_file_of_options_takes_no_part(checkout, outside, name):
    checkout.write(name, "[pytest]\naddopts = -p helper --collect-only\n").write(".git/info/exclude", name)
    assert checkout.run("verify").returncode == 0
    assert took_part(outside[0]) == []


def test_what_took_part_is_in_the_evidence(verified):
    evidence = verified.evidence()
    assert {"clearway-recorder", "verification.scenarios.plugin", "pytest_bdd.plugin"} <= set(evidence["plugins"])
    assert {"pytest", "pytest_bdd", "coverage"} <= set(evidence["packages"])
    assert not set(evidence["packages"]) & set(sys.stdlib_module_names)


def test_a_module_that_git_ignores_is_told_and_blocks(checkout):
    checkout.edit("verification/test_features.py", "import importlib.util", "import importlib.util\nimport hidden")
    checkout.commit()
    checkout.write("hidden.py", "").write(".git/info/exclude", "hidden.py\n")
    assert checkout.run("verify").returncode == 1
    (issue,) = checkout.evidence()["issues"]
    assert issue["code"] == "stranger-took-part"
    assert "hidden (hidden.py), which git ignores took part" in issue["message"]


def test_a_module_from_elsewhere_is_told_and_blocks(checkout, outside):
    reach = f"import sys\nsys.path.append({str(outside[0])!r})\nimport helper\nimport importlib.util"
    checkout.edit("verification/test_features.py", "import importlib.util", reach).commit()
    assert checkout.run("verify").returncode == 1
    (issue,) = checkout.evidence()["issues"]
    assert issue["code"] == "stranger-took-part"
    assert "helper (" in issue["message"]
    assert took_part(outside[0]) == ["helper"]
