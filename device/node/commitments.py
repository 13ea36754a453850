"""Requests for storage commitment that wait for their reports: on disk before they are answered, gone when reported."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Sequence

from device.node.configuration import Configuration
from device.node.events import Events, writing
from device.node.peers import Peers
from device.node.statuses import NO_ROOM_TO_ASK, RefusedError
from device.node.types import Commitment

COMMITMENTS = """
CREATE TABLE IF NOT EXISTS commitment (
    number INTEGER PRIMARY KEY, transaction_uid TEXT NOT NULL, asked TEXT NOT NULL, peer TEXT NOT NULL,
    host TEXT NOT NULL, received REAL NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, next_try REAL NOT NULL);
"""


class Commitments:
    """What the node has still to say of the objects that it was asked for.

    Implements: SRS-051
    """

    def __init__(self, database: sqlite3.Connection, events: Events, configuration: Configuration) -> None:
        self._database, self._events, self._times = database, events, configuration.times
        self._most = configuration.limits.waiting_commitments

    def add(
        self, transaction_uid: str, references: Sequence[tuple[str, str]], peer: str, host: str, peers: Peers
    ) -> None:
        """Keep a request; when this returns, it is safe.

        Args:
            transaction_uid: what the report is to name.
            references: class and identifier of each object.
            peer: AE title of who asks.
            host: the address that the request came from.
            peers: those of the node, of whom each may have its share of requests that wait.

        Raises:
            RefusedError: as many wait as may, or as many of the peer.

        Implements: SRS-051
        """
        now, asking = time.time(), peers.find(peer, host)
        addresses = peers.find_addresses(asking) if asking else [host]
        marks = ", ".join("?" * len(addresses))
        waiting = f"SELECT COUNT(*), COUNT(*) FILTER (WHERE peer = ? AND host IN ({marks})) FROM commitment"  # noqa: S608
        with writing(self._database) as database:
            of_all, of_peer = database.execute(waiting, (peer, *addresses)).fetchone()
            if of_all >= self._most:
                raise RefusedError(NO_ROOM_TO_ASK, "as many requests wait for their reports as may")
            if of_peer >= peers.count_share(self._most):
                why = f"{of_peer} requests of the peer wait for their reports, as many as its share"
                raise RefusedError(NO_ROOM_TO_ASK, why, "waiting_commitments")
            database.execute(
                "INSERT INTO commitment (transaction_uid, asked, peer, host, received, next_try)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (transaction_uid, json.dumps(references), peer, host, now, now),
            )
            self._events.append("commitment asked", peer=peer, host=host, objects=len(references))

    def find_due(self, most: int = 50) -> list[Commitment]:
        """Requests that are to be reported on now, the oldest first."""
        now = time.time()
        rows = self._database.execute(
            "SELECT number, transaction_uid, asked, peer, host, attempts, received FROM commitment"
            " WHERE next_try <= ? OR next_try > ? ORDER BY number LIMIT ?",
            (now, now + self._times.longest_retry_seconds + 1, most),
        )
        return [
            Commitment(number, uid, tuple((each[0], each[1]) for each in json.loads(asked)), *rest)
            for number, uid, asked, *rest in rows
        ]

    def settle(self, request: Commitment, failure: str | None) -> None:
        """Keep that a report has arrived, or why not and when it is tried again; after too long it is given up.

        Implements: SRS-051
        """
        now, times = time.time(), self._times
        wait = min(times.first_retry_seconds * 2 ** min(request.attempts, 30), times.longest_retry_seconds)
        over = failure is None or now - request.received > times.commitment_seconds
        what = "answered" if failure is None else "given up" if over else "failed"
        with writing(self._database) as database:
            if over:
                database.execute("DELETE FROM commitment WHERE number = ?", (request.number,))
            else:
                database.execute(
                    "UPDATE commitment SET attempts = attempts + 1, next_try = ? WHERE number = ?",
                    (now + wait, request.number),
                )
            objects = len(request.references)
            self._events.append(
                f"commitment {what}", peer=request.peer, host=request.host, objects=objects, said=failure
            )
