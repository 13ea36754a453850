"""What lies between a file and its score is all that the pipeline leads through, so that no change of it is missed."""

import ast
from pathlib import Path

from verification.evidence import find_project

BESIDE_THE_SCORE = {
    "errors": "says that something failed",
    "release": "is read with the release, whose digest is compared",
    "report": "is written after the decision",
}


def find_imported(folder: Path, name: str) -> set[str]:
    """The modules of the device that one of them imports, directly or through others."""
    found, waiting = set(), [name]
    while waiting:
        tree = ast.parse((folder / f"{waiting.pop()}.py").read_text())
        nodes = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module]
        new = {part for node in nodes for part in node.module.split(".")[1:2] if node.module.startswith("device.")}
        waiting += new - found
        found |= new
    return found


def test_every_module_that_the_pipeline_leads_through_asks_for_new_scores():
    product = find_project().product
    through = find_imported(find_project().root / product.package, "pipeline") | {"pipeline"}
    assert len(through) > 10
    assert set(product.scoring) == through - BESIDE_THE_SCORE.keys()
