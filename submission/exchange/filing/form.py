"""The form that FDA asks for (eSTAR): its sections as far as they are known, and what of a package goes into each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec
import yaml
from msgspec import Struct

from submission.package.folder import Answered, Opened
from submission.words.folders import HERE

FILE = HERE / "estar.yaml"
FORM = "estar"
"""The row of `standards.yaml` whose items are those of the form."""

UNPLACED = "In no section of the form that is known"


class FormError(Exception):
    """`estar.yaml` is not of its schema; the message names the place."""


class FormSection(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A section of the form; `mark` says how its name was come by, `absent` why nothing of the package goes there.

    `clauses` are those of the items that belong there.
    """

    name: str
    mark: str
    clauses: tuple[str, ...]
    absent: str = ""


class Form(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`estar.yaml`. `pasted` gives, by item, the sections of documents whose text the form takes.

    `unattached` are documents about the form, of which it takes no copy.
    """

    sections: tuple[FormSection, ...]
    unattached: tuple[str, ...]
    pasted: dict[str, tuple[str, ...]]


def read_form(path: Path = FILE) -> Form:
    """Read the sections of the form.

    Raises:
        FormError: the file is not of its schema.
    """
    try:
        return msgspec.convert(yaml.safe_load(path.read_text()), Form)
    except (OSError, yaml.YAMLError, msgspec.ValidationError) as error:
        raise FormError(f"{path}: {error}; mend the file") from error


def by_section(form: Form, package: Opened) -> Iterator[tuple[FormSection, tuple[Answered, ...]]]:
    """Yield each section of the form with the items of the package that belong there; last, what belongs in none."""
    items = [one for one in package.manifest.guidance if one.source == FORM]
    placed: Mapping[str, FormSection] = {clause: section for section in form.sections for clause in section.clauses}
    for section in form.sections:
        yield section, tuple(one for one in items if placed.get(one.clause) is section)
    strays = tuple(one for one in items if one.clause not in placed)
    if strays:
        yield FormSection(name=UNPLACED, mark="recalled", clauses=()), strays
