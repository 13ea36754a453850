"""What stands between evidence and a page: one function renders a value or a gap, and numbers pass only by a filter.

A bare number that reaches a page is an error: every figure is shown by one of the filters here, so that its rounding is
stated once. A `Gap` passes through every filter unchanged and is shown as what it is.

A file a subject. To import the package registers the filters of all of them for the templates; the names below are
those that are called from Python too.
"""

from submission.words.filters import product, scenarios  # noqa: F401  their filters are for templates alone
from submission.words.filters.choosing import NOT_HELD
from submission.words.filters.estimates import events_of, metric, operating_text, overall, rule_of, stated
from submission.words.filters.identifiers import first_digits, ident, refs
from submission.words.filters.marks import noticed, run_kind, tone_of
from submission.words.filters.numbers import count, count_or_dash, decimal, figure, percent, places_of
from submission.words.filters.registry import ABSENT, FILTERS, total
from submission.words.filters.tables import cells
from submission.words.filters.texts import shipped_characters, show, spell, ticked, words, yes_no

__all__ = [
    "ABSENT", "FILTERS", "NOT_HELD", "cells", "count", "count_or_dash", "decimal", "events_of", "figure",
    "first_digits", "ident", "metric", "noticed", "operating_text", "overall", "percent", "places_of", "refs",
    "rule_of", "run_kind", "shipped_characters", "show", "spell", "stated", "ticked", "tone_of", "total", "words",
    "yes_no",
]  # fmt: skip
