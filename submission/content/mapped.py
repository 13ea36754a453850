"""What is asked, as the rows of a map: a source with its items and their statuses."""

from __future__ import annotations

from collections.abc import Iterable

from submission.content.answers import Answer, of_source, sources_of, tally
from submission.content.catalogue import Standard
from submission.drawings.diagrams.maps import MapRow, Tile
from submission.words.filters import total


@total
def map_rows(answers: Iterable[Answer], standards: Iterable[Standard]) -> tuple[MapRow, ...]:
    """The items of each source as tiles of a map, the source by its designation."""
    known = {one.id: one.designation for one in standards}
    found = ((source, of_source(answers, source)) for source in sources_of(answers))
    return tuple(
        MapRow(known[source], tuple(Tile(item.id, item.status.value) for item in items), tally(items))
        for source, items in found
    )
