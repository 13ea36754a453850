"""How far the record was told to who collects audit messages, and of which study a line of it is."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from device.node.events import Events, writing

TRAIL = """
CREATE TABLE IF NOT EXISTS trail (id INTEGER PRIMARY KEY CHECK (id = 1), position INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS named (digest TEXT PRIMARY KEY, study INTEGER NOT NULL UNIQUE) WITHOUT ROWID;
"""


class Trail:
    """The position in the record of a store, kept on disk.

    Implements: SRS-062
    """

    def __init__(self, database: sqlite3.Connection, events: Events, blind: Callable[[str], str]) -> None:
        self._database, self._events, self._blind = database, events, blind

    def read_next(self, most: int) -> list[dict[str, Any]]:
        """The first lines of the record that were not told yet.

        Implements: SRS-062
        """
        return list(islice(self._events.read(self.read_position()), most))

    def read_position(self) -> int:
        """The number of the last line that was told, or of which nothing is; 0 before the first."""
        return int(self._database.execute("SELECT COALESCE(MAX(position), 0) FROM trail").fetchone()[0])

    def move(self, position: int) -> None:
        """Keep that all lines up to a number were told.

        Implements: SRS-062
        """
        with writing(self._database) as database:
            kept = "INSERT INTO trail VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET position = excluded.position"
            database.execute(kept, (position,))

    def find_longest_wait(self, whats: Sequence[str]) -> float:
        """For how many seconds the oldest line of some kinds was not told.

        Implements: SRS-062
        """
        marks = ", ".join("?" * len(whats))
        statement = f"SELECT time FROM event WHERE number > ? AND what IN ({marks}) ORDER BY number LIMIT 1"  # noqa: S608
        row = self._database.execute(statement, (self.read_position(), *whats)).fetchone()
        return max(0.0, time.time() - row[0]) if row else 0.0

    def find_study(self, digest: str) -> str | None:
        """The Study Instance UID behind the keyed digest of a line; None if the node does not know it.

        Implements: SRS-062
        """
        self._name_studies()
        statement = "SELECT uid FROM named JOIN study ON study.rowid = named.study WHERE digest = ?"
        row = self._database.execute(statement, (digest,)).fetchone()
        return str(row[0]) if row else None

    def _name_studies(self) -> None:
        """Keep the digests of studies that came since this was asked for last."""
        new = self._database.execute(
            "SELECT rowid, uid FROM study WHERE rowid > (SELECT COALESCE(MAX(study), 0) FROM named)"
        ).fetchall()
        if new:
            with writing(self._database) as database:
                rows = [(self._blind(uid), number) for number, uid in new]
                database.executemany("INSERT OR IGNORE INTO named VALUES (?, ?)", rows)

    def find_file(self, study_uid: str, results: Path, objects: Path) -> Path | None:
        """A file that names the patient of a study: its newest result, or else its newest object that is still held.

        Implements: SRS-062
        """
        asked = (
            (results, "SELECT uid FROM result WHERE study_uid = ? ORDER BY version DESC, uid LIMIT 1"),
            (objects, "SELECT digest FROM object WHERE study_uid = ? AND held ORDER BY number DESC LIMIT 1"),
        )
        for folder, statement in asked:
            row = self._database.execute(statement, (study_uid,)).fetchone()
            if row and (path := folder / f"{row[0]}.dcm").is_file():
                return path
        return None
