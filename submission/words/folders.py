"""Where the files of the documents lie, and what the files of a package are called."""

from pathlib import Path

HERE = Path(__file__).parents[1]
"""The folder `submission/`, with the YAML files and the style sheets."""

TEMPLATES, FONTS = HERE / "templates", HERE / "fonts"

CATALOGUE, MANIFEST = "catalogue.json", "manifest.json"
"""Files of a package that hold what its documents say of themselves."""

SIDECAR = "manifest.sha256"
"""The file of a package with the digest of its manifest."""
