"""What lies between a file and its score is all that the pipeline leads through, so that no change of it is missed."""

import ast
from pathlib import Path

from verification.evidence import find_project

BESIDE_THE_SCORE = {
    "errors": "says that something failed",
    "release": "is read with the release, whose digest is compared",
    "report": "is written after the decision",
}


def _name(node: ast.ImportFrom) -> set[str]:
    """The modules of the device that a statement imports."""
    if node.module == "device":
        return {alias.name for alias in node.names}
    return {node.module.split(".")[1]} if node.module and node.module.startswith("device.") else set()


def find_imported(folder: Path, name: str) -> set[str]:
    """The modules of the device that one of them imports, directly or through others."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        tree = ast.parse((folder / f"{waiting.pop()}.py").read_text())
        new = {part for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for part in _name(node)}
        waiting += new - found
        found |= new
    return found


def test_every_module_that_the_pipeline_leads_through_asks_for_new_scores():
    product = find_project().product
    through = find_imported(find_project().root / product.package, "pipeline") | {"pipeline"}
    assert len(through) > 10
    assert set(product.scoring) == through - BESIDE_THE_SCORE.keys()
