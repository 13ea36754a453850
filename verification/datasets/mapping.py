"""`mapping.yaml`: which column of somebody's table says what, and what the findings in it are called."""

from __future__ import annotations

from pathlib import Path

import msgspec

from verification.datasets.manifest import blocking
from verification.evidence import Issue

HINT = "see verification/datasets/nih/mapping.yaml for the keys"


class Mapping(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The columns of a table of images, each by its heading; what a table does not have is left out.

    `findings` holds names between `separator`s; `target` is the one that counts as positive, `normal` the word for none
    of them. With `known_findings` any other name is a fault. `published_images` and `published_patients` are what the
    whole table holds, by its publisher. Ages may carry Y, M, W or D (years, months, weeks, days).
    """

    image: str
    findings: str
    target: str
    patient: str | None = None
    separator: str = "|"
    normal: str | None = None
    known_findings: tuple[str, ...] = ()
    age_years: str | None = None
    sex: str | None = None
    sexes: dict[str, str] = msgspec.field(default_factory=lambda: {"F": "female", "M": "male"})
    view: str | None = None
    views: tuple[str, ...] = ("AP", "PA")
    follow_up: str | None = None
    width: str | None = None
    height: str | None = None
    spacing_x_mm: str | None = None
    spacing_y_mm: str | None = None
    published_images: int | None = None
    published_patients: int | None = None

    def columns(self) -> dict[str, str]:
        """The table's heading by our name, of every column that is mapped."""
        named = {name: getattr(self, name) for name in COLUMNS}
        return {name: heading for name, heading in named.items() if heading is not None}


NUMBERS = ("follow_up", "width", "height", "spacing_x_mm", "spacing_y_mm")
COLUMNS = ("image", "findings", "patient", "age_years", "sex", "view", *NUMBERS)


def read_mapping(path: Path, where: str | None = None) -> tuple[Mapping | None, tuple[Issue, ...]]:
    """Read a mapping strictly.

    Returns:
        The mapping, or None with the issue that says why not.
    """
    try:
        return msgspec.yaml.decode(path.read_bytes(), type=Mapping), ()
    except (OSError, msgspec.DecodeError) as error:
        return None, (blocking("mapping-unreadable", where or str(path), f"not a mapping: {error}", HINT),)
