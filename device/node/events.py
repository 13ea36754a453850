"""What happened, line by line: a chain, in which each line holds the digest of the one before; none is ever changed.

`LINES` has every kind of line: the record holds no other, and the conformance statement prints them.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from typing import Any

EVENTS = """
CREATE TABLE IF NOT EXISTS event (
    number INTEGER PRIMARY KEY, time REAL NOT NULL, what TEXT NOT NULL, told TEXT NOT NULL, digest TEXT NOT NULL);
CREATE TRIGGER IF NOT EXISTS event_kept BEFORE UPDATE ON event
    BEGIN SELECT RAISE(ABORT, 'events are appended only'); END;
CREATE TRIGGER IF NOT EXISTS event_there BEFORE DELETE ON event
    BEGIN SELECT RAISE(ABORT, 'events are appended only'); END;
"""
SHARE = "CASE WHEN json_valid(told) THEN told ->> '$.share' END"
"""Of what a peer had its share, in a line that tells that it was refused for that; null in every other."""
EVENTS += f"CREATE INDEX IF NOT EXISTS event_of_share ON event (number) WHERE {SHARE} IS NOT NULL;"


@dataclass(frozen=True, slots=True)
class Line:
    """A kind of line: what it tells of, and whether it is trouble."""

    meaning: str
    trouble: bool = False


LINES = {
    "node started": Line("the node was started, by the configuration file and the release of these digests"),
    "node stopped": Line("it was asked to end, and did"),
    "process ended": Line("one of its processes ended and is started again", trouble=True),
    "clock set": Line("the clock of the computer was set"),
    "association refused": Line("an association did not come about", trouble=True),
    "connection refused": Line("it is of no peer, shows no valid certificate, or there were too many", trouble=True),
    "association broken off": Line("an association ended before it was released", trouble=True),
    "received": Line("an object is on disk"),
    "received again": Line("the same object came again"),
    "received with other content": Line("other content of an object is on disk"),
    "object refused": Line("an object was not taken", trouble=True),
    "judged": Line("an object was judged"),
    "concluded": Line("a study has its results"),
    "no result": Line("the results of a study could not be made; it is tried again", trouble=True),
    "delivered": Line("a result has arrived"),
    "delivery failed": Line("a result has not arrived; it is sent again", trouble=True),
    "message delivered": Line("the message of a result was acknowledged"),
    "message failed": Line("the message of a result was not acknowledged; it is sent again", trouble=True),
    "message replaced": Line("the message of a result was not sent, since a later result takes its place"),
    "audit failed": Line("lines were not told to the collector of audit messages; they are told later", trouble=True),
    "commitment asked": Line("a request for commitment is on disk"),
    "commitment refused": Line("a request for commitment was not taken", trouble=True),
    "commitment answered": Line("a report of commitment has arrived"),
    "commitment failed": Line("a report of commitment has not arrived; it is sent again", trouble=True),
    "commitment given up": Line("a report of commitment has not arrived for too long", trouble=True),
    "pixels deleted": Line("pixels whose time is over were deleted"),
    "drift alarm": Line("an alarm of drift begins", trouble=True),
    "drift alarm ended": Line("it ends"),
    "drift baseline": Line("the site has the baseline of drift begin anew"),
}
"""By what a line says of itself."""


@contextmanager
def writing(database: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """A transaction: on disk when it ends, or not there at all.

    Implements: SRS-049
    """
    with closing(database.cursor()) as cursor:
        cursor.execute("BEGIN IMMEDIATE")
        try:
            yield database
        except BaseException:
            cursor.execute("ROLLBACK")
            raise
        cursor.execute("COMMIT")


def say(text: str) -> None:
    """Write a line to standard error; where that cannot be written either, nothing more can be done."""
    with suppress(OSError, ValueError):
        print(text, file=sys.stderr, flush=True)


class Events:
    """The lines of a database.

    Implements: SRS-052
    """

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def append(self, what: str, **told: str | float | None) -> None:
        """Add a line, in the transaction that is open: it is there if, and only if, what it tells is.

        Raises:
            ValueError: it is of no kind that the record has.
        """
        if what not in LINES:
            raise ValueError(f"what: found {what!r}, expected one of {', '.join(LINES)}")
        row = self._database.execute("SELECT number, digest FROM event ORDER BY number DESC LIMIT 1").fetchone()
        number, before = (row[0] + 1, row[1]) if row else (1, "")
        when, text = time.time(), json.dumps(told, sort_keys=True)
        values = (number, when, what, text, _chain(before, number, when, what, text))
        self._database.execute("INSERT INTO event VALUES (?, ?, ?, ?, ?)", values)

    def read(self, after: int = 0) -> Iterator[dict[str, Any]]:
        """The lines behind a number, each with its time in seconds since 1970."""
        statement = "SELECT number, time, what, told, digest FROM event WHERE number > ? ORDER BY number"
        for number, when, what, told, digest in self._database.execute(statement, (after,)):
            yield {"number": number, "time": when, "what": what, **json.loads(told), "digest": digest}

    def read_last(self, whats: tuple[str, ...], most: int) -> list[dict[str, Any]]:
        """The last lines of some kinds, the newest first."""
        marks = ", ".join("?" * len(whats))
        statement = f"SELECT time, what, told FROM event WHERE what IN ({marks}) ORDER BY number DESC LIMIT ?"  # noqa: S608
        rows = self._database.execute(statement, (*whats, most))
        return [{"time": when, "what": what, **json.loads(told)} for when, what, told in rows]

    def count_refused(self) -> list[tuple[str, str, str, int]]:
        """How often each peer was refused because it had its share: AE title, host, of what, and the number.

        Of connections only the host is known.

        Implements: SRS-053
        """
        return self._database.execute(
            f"SELECT COALESCE(told ->> '$.peer', ''), told ->> '$.host', {SHARE},"  # noqa: S608
            f" SUM(COALESCE(told ->> '$.times', 1)) FROM event WHERE {SHARE} IS NOT NULL"
            " GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
        ).fetchall()

    def find_last(self) -> int:
        """The number of the last line."""
        return int(self._database.execute("SELECT COALESCE(MAX(number), 0) FROM event").fetchone()[0])

    def find_broken(self) -> int | None:
        """The number of the first line that is not as it was written, or does not follow the one before."""
        before, last = "", 0
        rows = self._database.execute("SELECT number, time, what, told, digest FROM event ORDER BY number")
        for number, when, what, told, digest in rows:
            if number != last + 1 or digest != _chain(before, number, when, what, told):
                return int(number)
            before, last = digest, number
        return None


def _chain(before: str, number: int, when: float, what: str, told: str) -> str:
    return hashlib.sha256(f"{before}\n{number}\n{when!r}\n{what}\n{told}".encode()).hexdigest()
