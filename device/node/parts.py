"""Which processes the node has, and which of them do not run: each says so itself when it is ready for work."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from device.node.events import writing

PARTS = "CREATE TABLE IF NOT EXISTS part (name TEXT PRIMARY KEY, runs INTEGER NOT NULL);"


class Parts:
    """The node's processes by name.

    Implements: SRS-053
    """

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def expect(self, names: Iterable[str]) -> None:
        """Have these processes and no others; none of them runs yet."""
        with writing(self._database) as database:
            database.execute("DELETE FROM part")
            database.executemany("INSERT INTO part VALUES (?, 0)", [(name,) for name in names])

    def note(self, name: str, *, runs: bool) -> None:
        """Note that a process is ready for work, or that it has ended."""
        with writing(self._database) as database:
            database.execute("UPDATE part SET runs = ? WHERE name = ?", (runs, name))

    def find_missing(self) -> list[str]:
        """The processes that do not run: that have ended, or have not come to work yet."""
        return [row[0] for row in self._database.execute("SELECT name FROM part WHERE NOT runs ORDER BY name")]
