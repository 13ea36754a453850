"""Environments from locks: installed once, then linked; whatever is half-made or damaged is made again."""

import hashlib
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

MAKE = Path(__file__).resolve().parents[1] / ".ci" / "environment.py"
WHEEL = {
    "fictitia.py": "def main(): print('one')\n",
    "fictitia-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: fictitia\nVersion: 1.0\n",
    "fictitia-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nGenerator: nobody\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    "fictitia-1.0.dist-info/entry_points.txt": "[console_scripts]\nfictitia = fictitia:main\n",
    "fictitia-1.0.dist-info/RECORD": "",
}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with a lock of one made-up package, which is in no registry."""
    folder = tmp_path_factory.mktemp("environments")
    wheel = folder / "fictitia-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, text in WHEEL.items():
            archive.writestr(name, text)
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    (folder / "one.lock").write_text(f"--no-index\n--find-links {folder}\nfictitia==1.0 --hash=sha256:{digest}\n")
    assert make(folder, "first").returncode == 0
    return folder


def make(folder, name, lock="one.lock"):
    command = [sys.executable, str(MAKE), str(folder / lock), str(folder / name)]
    environment = os.environ | {"CLEARWAY_CACHE": str(folder / "cache")}
    return subprocess.run(command, env=environment, capture_output=True, text=True)


def says(folder, name):
    return subprocess.run([str(folder / name / "bin/fictitia")], capture_output=True, text=True, check=True).stdout


def cached(folder):
    """The module as it lies in the cache."""
    (path,) = (folder / "cache/environments").glob("*/lib/python*/site-packages/fictitia.py")
    return path


def test_a_second_environment_is_linked_and_its_programs_are_its_own(place):
    run = make(place, "second")
    assert "is installed in" in run.stderr
    assert "installing" not in run.stderr
    for name in ("first", "second"):
        assert says(place, name) == "one\n"
        assert (place / name / "bin/fictitia").read_text().startswith(f"#!{place}/{name}/bin/python")
        assert str(place / "cache") not in (place / name / "pyvenv.cfg").read_text()
    assert make(place, "second").stderr == ""  # it is there


def test_what_is_installed_later_stays_where_it_is(place):
    assert make(place, "changed").returncode == 0
    pip = [str(place / "changed/bin/python"), "-m", "pip", "uninstall", "--quiet", "--yes", "fictitia"]
    assert subprocess.run(pip, check=False).returncode == 0
    assert not (place / "changed/bin/fictitia").exists()
    assert make(place, "other").returncode == 0
    assert says(place, "other") == says(place, "first") == "one\n"


def damage(path):
    path.unlink()
    path.write_text("def main(): print('two')\n")


def interrupt(path):
    path.unlink()
    (path.parents[3] / "installed-from").unlink()


@pytest.mark.parametrize(
    ("how", "why"),
    [(damage, "fictitia.py is not as it was installed"), (interrupt, "an earlier installation was interrupted")],
)
def test_what_is_not_as_it_was_installed_is_installed_again(place, how, why):
    how(cached(place))
    run = make(place, how.__name__)
    assert "installing one.lock" in run.stderr
    assert why in run.stderr
    assert says(place, how.__name__) == "one\n"


def test_another_digest_than_that_of_the_lock_installs_nothing(place):
    text = (place / "one.lock").read_text()
    (place / "wrong.lock").write_text(text[:-5] + "0000\n")
    run = make(place, "wrong", "wrong.lock")
    assert run.returncode == 1
    assert "HASH" in run.stderr
    assert not (place / "wrong").exists()
