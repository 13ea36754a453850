"""What pyproject.toml says of the product, and what is said of one that it cannot be."""

import tomllib
from pathlib import Path

import pytest

from verification.evidence import Product, Project, ProjectError

ROOT = Path(__file__).resolve().parents[3]
TABLE = "[tool.clearway.product]\n"


def product_of(folder, text):
    (folder / "pyproject.toml").write_text(text)
    return Project(folder).product


def test_this_checkout_says_all_that_rooms_know_of_its_product():
    said = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["clearway"]["product"]
    product = Project(ROOT).product
    assert (product.package, list(product.development)) == (said["package"], said["development"])
    modules = {path.stem if path.is_file() else path.name for path in (ROOT / product.package).iterdir()}
    assert {*product.scoring, *product.development, product.entry.split(".")[0]} <= modules


def test_a_product_has_the_name_and_the_folders_that_the_checkout_says(tmp_path):
    product = product_of(tmp_path, f'{TABLE}package = "kettle"\ndevelopment = ["workshop"]\nscoring = ["heat"]\n')
    assert (product.files, product.code, product.releases) == ("kettle/**/*", "kettle/**/*.py", "kettle/releases")
    assert product.is_development("kettle/workshop/solder.py")
    assert not product.is_development("kettle/workshop.py")
    assert [product.scores_by(unit) for unit in ("kettle.heat.warm", "kettle.lid.lift", "device.heat.warm")] == [
        True, False, False
    ]  # fmt: skip


def test_nothing_is_development_where_nothing_is_said_to_be():
    assert not Product().is_development("device/door.py")
    assert not Product().scores_by("device.door.turn")


@pytest.mark.parametrize("text", ["", "[project]\n", "no = [toml"])
def test_where_nothing_is_said_the_package_is_device(tmp_path, text):
    assert product_of(tmp_path, text).package == "device"
    assert Project(tmp_path / "nowhere").product == Product()


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("package = 7", "Expected `str`, got `int`"),
        ('package = "src/kettle"', "package is 'src/kettle', expected the import name of a package"),
        ('packages = "kettle"', "unknown field `packages`"),
        ('development = "workshop"', "Expected `array`, got `str`"),
    ],
)
def test_what_no_product_has_is_refused_with_its_place(tmp_path, line, says):
    with pytest.raises(ProjectError) as refused:
        product_of(tmp_path, TABLE + line)
    assert "pyproject.toml: [tool.clearway.product]" in str(refused.value)
    assert says in str(refused.value)


@pytest.mark.parametrize("command", ["trace", "verify", "status"])
def test_a_command_of_a_checkout_whose_product_cannot_be_told_ends_at_once(checkout, command):
    checkout.edit("pyproject.toml", "[tool.clearway.soup]", f'{TABLE}package = "src/house"\n[tool.clearway.soup]')
    run = checkout.run(command)
    assert run.returncode == 2
    assert "pyproject.toml: [tool.clearway.product]: package is 'src/house'" in run.stderr
    assert not (checkout.root / "build").exists()
