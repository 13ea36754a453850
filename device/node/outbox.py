"""Messages of HL7 version 2 that wait for their acknowledgment, apart from the deliveries that an archive is owed.

A message that was not acknowledged when its study gets another result is not sent any more: whoever takes messages
keeps the last, and must not be told the older result after the newer.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable

from device.node.configuration import Times
from device.node.events import Events, writing
from device.node.types import Message

MESSAGES = """
CREATE TABLE IF NOT EXISTS message (
    number INTEGER PRIMARY KEY, control_id TEXT NOT NULL UNIQUE, study_uid TEXT NOT NULL, content BLOB NOT NULL,
    made REAL NOT NULL, settled REAL, attempts INTEGER NOT NULL DEFAULT 0, next_try REAL NOT NULL);
CREATE INDEX IF NOT EXISTS message_waiting ON message (number) WHERE settled IS NULL;
"""


class Outbox:
    """The messages of a store.

    Implements: SRS-060
    """

    def __init__(self, database: sqlite3.Connection, events: Events, blind: Callable[[str], str], times: Times) -> None:
        self._database, self._events, self._blind, self._times = database, events, blind, times

    def put(self, message: Message) -> None:
        """Keep a message that is to be sent, in the transaction that is open; what its study still had waiting is not.

        Implements: SRS-060
        """
        now, study = time.time(), self._blind(message.study_uid)
        replaced = self._database.execute(
            "UPDATE message SET settled = ?, content = x'' WHERE study_uid = ? AND settled IS NULL"
            " RETURNING control_id",
            (now, message.study_uid),
        ).fetchall()
        for (control_id,) in replaced:
            self._events.append("message replaced", message=control_id, study=study)
        self._database.execute(
            "INSERT OR IGNORE INTO message (control_id, study_uid, content, made, next_try) VALUES (?, ?, ?, ?, ?)",
            (message.control_id, message.study_uid, message.content, now, now),
        )

    def find_due(self, most: int = 50) -> list[Message]:
        """Messages that are to be sent now, in the order of the results. A time far ahead shows a clock set back.

        Implements: SRS-060
        """
        now = time.time()
        rows = self._database.execute(
            "SELECT control_id, study_uid, content, attempts FROM message"
            " WHERE settled IS NULL AND (next_try <= ? OR next_try > ?) ORDER BY number LIMIT ?",
            (now, now + self._times.longest_retry_seconds + 1, most),
        )
        return [Message(*row) for row in rows]

    def settle(self, message: Message, failure: str | None) -> None:
        """Keep that a message was acknowledged, and its content no longer; or why not, and when it is tried again.

        Implements: SRS-060
        """
        now = time.time()
        with writing(self._database) as database:
            if failure:
                database.execute(
                    "UPDATE message SET attempts = attempts + 1, next_try = ? WHERE control_id = ?",
                    (now + self._times.find_wait(message.attempts), message.control_id),
                )
            else:
                database.execute(
                    "UPDATE message SET settled = ?, content = x'' WHERE control_id = ?", (now, message.control_id)
                )
            what, study = "message failed" if failure else "message delivered", self._blind(message.study_uid)
            self._events.append(what, message=message.control_id, study=study, said=failure)

    def wait(self, message: Message, why: str) -> None:
        """Keep that nobody was reached with a message, in one line; all others wait as long as it does.

        Implements: SRS-060
        """
        self.settle(message, why)
        with writing(self._database) as database:
            until = time.time() + self._times.find_wait(message.attempts)
            database.execute("UPDATE message SET next_try = ? WHERE settled IS NULL", (until,))

    def find_longest_wait(self) -> float:
        """For how many seconds the oldest message waits to be acknowledged.

        Implements: SRS-060
        """
        oldest = self._database.execute("SELECT MIN(made) FROM message WHERE settled IS NULL").fetchone()[0]
        return max(0.0, time.time() - oldest) if oldest else 0.0
