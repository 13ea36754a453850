"""A drawing of layers holds what the import contract orders, and what a package in it imports from outside."""

import base64
import re

from submission.drawings.diagrams.layers import layer_diagram
from verification.evidence import Design, Gap, ImportContract, Module


def module(name: str, *libraries: str) -> Module:
    return Module(name=name, file=name, purpose="", imports=(), libraries=libraries, units=())


DESIGN = Design(
    modules=(
        module("device.cli", "above"),
        module("device.node"),
        module("device.node.cli", "inside"),
        module("device.node.store", "kept"),
        module("device.nodes", "beside"),
    ),
    contracts=(
        ImportContract(name="device", kind="layers", rule="", layers=("cli | node", "pipeline")),
        ImportContract(name="node", kind="layers", rule="", layers=("cli", "store")),
    ),
)


def texts(module: str) -> list[str]:
    """What stands in the drawing, from the uppermost row to the lowest."""
    drawn = str(layer_diagram(DESIGN, module))
    encoded = re.search(r"base64,([^\"]+)", drawn)
    assert encoded
    return re.findall(r"<text[^>]*>([^<]+)</text>", base64.b64decode(encoded[1]).decode())


def test_a_package_is_one_box_with_the_libraries_of_all_its_modules() -> None:
    assert texts("device.pipeline") == ["cli", "above", "node", "inside, kept", "pipeline"]


def test_the_layers_of_a_package_are_drawn_with_its_own_modules() -> None:
    assert texts("device.node.store") == ["cli", "inside", "store", "kept"]


def test_no_box_of_a_row_stands_over_the_libraries_of_another() -> None:
    drawn = re.search(r"base64,([^\"]+)", str(layer_diagram(DESIGN, "device.pipeline")))
    assert drawn
    picture = base64.b64decode(drawn[1]).decode()
    tops = {float(top) for top in re.findall(r'<rect x="[^"]*" y="([^"]*)"', picture)}
    told = dict(re.findall(r'<text x="[^"]*" y="([^"]*)"[^>]*>(above|inside, kept)<', picture))
    assert told
    assert not [y for y in told for top in tops if top <= float(y) <= top + 21]


def test_what_no_contract_orders_is_a_gap() -> None:
    assert isinstance(layer_diagram(DESIGN, "device.other"), Gap)
