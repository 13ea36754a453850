"""The one Jinja environment: of the templates, and of the expressions with which the YAML files name evidence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

# their filters register themselves
from submission.content import answers, beside, labelling, mapped  # noqa: F401
from submission.drawings import charts, figures  # noqa: F401
from submission.drawings.diagrams import decisions, flows, layers, maps, needs, risks, stages, threats  # noqa: F401
from submission.words import analyses, components, repeats  # noqa: F401
from submission.words.filters import ABSENT, FILTERS, show
from submission.words.folders import TEMPLATES


class TotalEnvironment(Environment):
    """A Jinja environment in which what hangs on a gap is that gap, so that missing evidence cannot vanish.

    What does not apply is passed on in the same way.
    """

    def getattr(self, obj: Any, attribute: str) -> Any:
        """An attribute of a value; of a gap, the gap itself."""
        if isinstance(obj, ABSENT) and attribute not in obj.__struct_fields__:
            return obj
        return super().getattr(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """An element of a value; of a gap, the gap itself."""
        return obj if isinstance(obj, ABSENT) else super().getitem(obj, argument)


def make_environment(folder: Path = TEMPLATES) -> Environment:
    """The one environment of all templates."""
    environment = TotalEnvironment(
        loader=FileSystemLoader(folder),
        undefined=StrictUndefined,
        autoescape=True,
        finalize=show,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(FILTERS)
    environment.tests["gap"] = lambda value: isinstance(value, ABSENT)
    environment.globals["flow_chart"] = figures.flow_chart
    environment.globals["stage_chart"] = stages.stage_chart
    return environment
