"""Where the files of this room's documents lie: templates, fonts, and what people write beside them."""

from pathlib import Path

HERE = Path(__file__).parents[1]
"""The folder `submission/`, with the YAML files and the style sheets."""

TEMPLATES, FONTS = HERE / "templates", HERE / "fonts"
