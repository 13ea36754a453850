"""What the node holds, on disk: objects received, what was judged of them, results, deliveries, and what happened.

One SQLite database beside two folders of files. A change and the line that tells of it are one transaction, so they
cannot disagree. The lines are a chain: each holds the digest of the one before, and none is ever changed.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
import sqlite3
import time
from collections import Counter
from pathlib import Path
from typing import Any

from device.errors import StoreError
from device.node.commitments import COMMITMENTS, Commitments
from device.node.configuration import Configuration
from device.node.counts import Counts
from device.node.disk import flush_folder, make_folder, read_key
from device.node.drift import DriftMonitor, prepare
from device.node.events import EVENTS, Events, say, writing
from device.node.outbox import MESSAGES, Outbox
from device.node.parts import PARTS, Parts
from device.node.tables import make_tables
from device.node.trail import TRAIL, Trail
from device.node.types import Added, Delivery, Held, Message, Received, Result, Study

DATABASE, OBJECTS, RESULTS, INCOMING, KEY = "node.db", "objects", "results", "incoming", "log.key"
MOST_ATTEMPTS = 2
"""How often an image is tried whose worker ends: then it fails, and holds up no other."""


class Store:
    """The node's memory. Every process, and every thread, opens its own.

    Implements: SRS-049
    """

    def __init__(self, configuration: Configuration) -> None:
        self._settle, self._times = configuration.times.settle_seconds, configuration.times
        self._keep, self.folder = configuration.keep, configuration.folder
        try:
            for name in (OBJECTS, RESULTS, INCOMING):
                make_folder(self.folder / name)
            self._key = read_key(configuration.log_key_file or self.folder / KEY)
            self._database = sqlite3.connect(self.folder / DATABASE, timeout=30, isolation_level=None)
            self._database.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;")
            self._database.executescript(EVENTS + COMMITMENTS + PARTS + MESSAGES + TRAIL)
            make_tables(self._database)
            prepare(self._database)
            self.events, self.counts = Events(self._database), Counts(self._database)
            self.drift = DriftMonitor(self._database, self.events, configuration.drift)
            self.commitments = Commitments(self._database, self.events, configuration)
            self.parts = Parts(self._database)
            self.outbox = Outbox(self._database, self.events, self.blind, self._times)
            self.trail = Trail(self._database, self.events, self.blind)
        except (OSError, sqlite3.Error) as error:
            raise StoreError(f"{self.folder}: cannot be used as the node's folder: {error}") from error

    def close(self) -> None:
        """Let go of the database."""
        self._database.close()

    def tell(self, what: str, **told: str | float | None) -> None:
        """Append a line to what happened; where there is no room for it, it goes to standard error alone."""
        try:
            with writing(self._database):
                self.events.append(what, **told)
        except sqlite3.Error as error:
            say(f"clearway serve: {what}: not recorded: {error}")

    def blind(self, identifier: str) -> str:
        """An identifier as the log has it: a keyed digest, the same for the same identifier."""
        return hmac.new(self._key, identifier.encode(), hashlib.sha256).hexdigest()[:16] if identifier else ""

    # --- objects -----------------------------------------------------------------------------------------------------

    def add(self, received: Received, file: Path) -> Added:
        """Take over a file that is flushed to disk; when this returns, the object is safe, and its study owes a result.

        The same content again is nothing new. Other content of the same SOP Instance UID counts from now on, and its
        study gets another result.

        Implements: SRS-049
        """
        now, path = time.time(), self._locate(received.digest)
        known = "SELECT digest FROM object WHERE sop_uid = ?"
        digests = {row[0] for row in self._database.execute(known, (received.sop_uid,))}
        if received.digest not in digests:
            file.replace(path)
            flush_folder(path.parent)
        with writing(self._database) as database:
            digests = {row[0] for row in database.execute(known, (received.sop_uid,))}
            added = Added.AGAIN if received.digest in digests else Added.OTHER if digests else Added.NEW
            if added is not Added.AGAIN:
                database.execute(
                    "INSERT INTO object (sop_uid, sop_class, study_uid, series_uid, digest, bytes, peer, received,"
                    " manufacturer, model, host) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (received.sop_uid, received.sop_class, received.study_uid, received.series_uid, received.digest,
                     received.bytes, received.peer, now, received.manufacturer, received.model, received.host),
                )  # fmt: skip
                database.execute(
                    "INSERT INTO study (uid, due, last) VALUES (?, ?, ?)"
                    " ON CONFLICT (uid) DO UPDATE SET due = excluded.due, last = excluded.last",
                    (received.study_uid, now + self._settle, now),
                )
            blind = {"object": self.blind(received.sop_uid), "study": self.blind(received.study_uid)}
            self.events.append(added, **blind, peer=received.peer, host=received.host, bytes=received.bytes)
        file.unlink(missing_ok=True)
        return added

    def holds(self, sop_uid: str) -> bool:
        """Say whether an object's file is here."""
        statement = "SELECT 1 FROM object WHERE sop_uid = ? AND held"
        return self._database.execute(statement, (sop_uid,)).fetchone() is not None

    def claim_object(self, worker: int) -> Held | None:
        """The oldest object that nobody is at, for a worker."""
        with writing(self._database) as database:
            row = database.execute(
                "UPDATE object SET claimed_by = ?, attempts = attempts + 1 WHERE number = (SELECT number FROM object"
                " WHERE judged IS NULL AND claimed_by IS NULL ORDER BY number LIMIT 1)"
                " RETURNING number, sop_uid, sop_class, series_uid, digest, record",
                (worker,),
            ).fetchone()
        return self._make_held(row) if row else None

    def judge(self, number: int, record: dict[str, Any]) -> None:
        """Keep what was judged of an object."""
        with writing(self._database) as database:
            database.execute(
                "UPDATE object SET judged = ?, record = ?, claimed_by = NULL WHERE number = ? AND judged IS NULL",
                (time.time(), json.dumps(record), number),
            )
            row = database.execute("SELECT sop_uid FROM object WHERE number = ?", (number,)).fetchone()
            reasons = ",".join(sorted(each["code"] for each in record["rejections"]))
            told = {"outcome": record["finding"] or record["outcome"], "reasons": reasons or None}
            self.events.append("judged", object=self.blind(row[0]), **told)

    def let_go(self, worker: int) -> None:
        """Let go of what a worker is at that goes on: what it could not keep was no fault of the object."""
        with writing(self._database) as database:
            database.execute(
                "UPDATE object SET claimed_by = NULL, attempts = attempts - 1 WHERE claimed_by = ? AND judged IS NULL",
                (worker,),
            )
            database.execute("UPDATE study SET claimed_by = NULL WHERE claimed_by = ?", (worker,))

    def give_back(self, worker: int | None = None) -> list[Held]:
        """Let go of what a worker that has ended, or any, was at.

        Returns:
            The objects that have ended as many workers as may be: they are to fail.
        """
        whose, values = ("claimed_by = ?", (worker,)) if worker is not None else ("claimed_by IS NOT NULL", ())
        with writing(self._database) as database:
            rows = database.execute(
                f"SELECT {_COLUMNS} FROM object WHERE {whose} AND judged IS NULL AND attempts >= {MOST_ATTEMPTS}",  # noqa: S608
                values,
            ).fetchall()
            database.execute(f"UPDATE object SET claimed_by = NULL WHERE {whose}", values)  # noqa: S608
            database.execute(f"UPDATE study SET claimed_by = NULL WHERE {whose}", values)  # noqa: S608
        return [self._make_held(row) for row in rows]

    # --- studies and results -----------------------------------------------------------------------------------------

    def claim_study(self, worker: int) -> Study | None:
        """A study that is whole: nothing of it came for a while, and all of it is judged.

        A time that lies further ahead than any that is given shows that the clock was set back: it is past.

        Implements: SRS-050
        """
        now = time.time()
        with writing(self._database) as database:
            row = database.execute(
                "UPDATE study SET claimed_by = ? WHERE uid = (SELECT uid FROM study WHERE claimed_by IS NULL"
                " AND due IS NOT NULL AND (due <= ? OR due > ?) AND NOT EXISTS (SELECT 1 FROM object"
                " WHERE study_uid = study.uid AND judged IS NULL) ORDER BY due LIMIT 1) RETURNING uid, version, last",
                (worker, now, now + max(self._settle, self._times.longest_retry_seconds) + 1),
            ).fetchone()
            if row is None:
                return None
            objects = database.execute(
                f"SELECT {_COLUMNS} FROM object WHERE number IN (SELECT MAX(number) FROM object"  # noqa: S608
                " WHERE study_uid = ? GROUP BY sop_uid) ORDER BY sop_uid",
                (row[0],),
            ).fetchall()
        return Study(row[0], row[1], tuple(map(self._make_held, objects)), row[2])

    def conclude(
        self, study: Study, results: tuple[Result, ...], destinations: tuple[str, ...], summary: str,
        message: Message | None = None,
    ) -> bool:  # fmt: skip
        """Keep the results of a study, whole on disk before anything tells of them; from then on they are delivered.

        Returns:
            Whether they count: they do not if something of the study came in the meantime.

        Implements: SRS-050, SRS-060
        """
        for result in results:
            self._write(result)
        flush_folder(self.folder / RESULTS)
        now = time.time()
        with writing(self._database) as database:
            closed = database.execute(
                "UPDATE study SET due = NULL, claimed_by = NULL, version = ? WHERE uid = ? AND last = ?",
                (study.version + 1, study.uid, study.last),
            )
            if not closed.rowcount:
                database.execute("UPDATE study SET claimed_by = NULL WHERE uid = ?", (study.uid,))
                return False
            for result in results:
                digest = hashlib.sha256(result.content).hexdigest()
                row = (result.uid, result.sop_class, result.series_uid, study.uid, study.version + 1, now, digest)
                database.execute("INSERT OR IGNORE INTO result VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (*row, summary))
                for destination in destinations:
                    values = (result.uid, destination, now)
                    statement = "INSERT OR IGNORE INTO delivery (result_uid, destination, next_try) VALUES (?, ?, ?)"
                    database.execute(statement, values)
            if message:
                self.outbox.put(message)
            self.events.append("concluded", study=self.blind(study.uid), outcome=summary, version=study.version + 1)
        return True

    def postpone(self, study: Study, why: str) -> None:
        """Keep why a study has no results yet; it is tried again after the longest wait."""
        with writing(self._database) as database:
            due = time.time() + self._times.longest_retry_seconds
            database.execute("UPDATE study SET claimed_by = NULL, due = ? WHERE uid = ?", (due, study.uid))
            self.events.append("no result", study=self.blind(study.uid), said=why)

    def read_results(self, study: str, version: int) -> list[tuple[str, str, str]]:
        """SOP class, SOP Instance and Series Instance UID of the results of one version of a study."""
        statement = "SELECT sop_class, uid, series_uid FROM result WHERE study_uid = ? AND version = ? ORDER BY uid"
        return list(self._database.execute(statement, (study, version)))

    def _write(self, result: Result) -> None:
        path = self.folder / RESULTS / f"{result.uid}.dcm"
        beside = self.folder / INCOMING / f"{secrets.token_hex(16)}.result"
        with beside.open("xb") as file:
            file.write(result.content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)

    # --- deliveries --------------------------------------------------------------------------------------------------

    def find_due(self, destination: str, most: int = 50) -> list[Delivery]:
        """Results that are to go to a destination now, the oldest first."""
        now = time.time()
        rows = self._database.execute(
            "SELECT result_uid, sop_class, study_uid, destination, attempts, digest"
            " FROM delivery JOIN result ON result.uid = result_uid"
            " WHERE destination = ? AND delivered IS NULL AND (next_try <= ? OR next_try > ?)"
            " ORDER BY made, result_uid LIMIT ?",
            (destination, now, now + self._times.longest_retry_seconds + 1, most),
        )
        results = self.folder / RESULTS
        return [
            Delivery(uid, sop_class, study, where, attempts, results / f"{uid}.dcm", digest)
            for uid, sop_class, study, where, attempts, digest in rows
        ]

    def settle(self, delivery: Delivery, failure: str | None) -> None:
        """Keep that a result has arrived, or why not and when it is tried again.

        Implements: SRS-051
        """
        now, times = time.time(), self._times
        took = None if failure else self.counts.measure_time(delivery.study_uid, now)
        wait = times.find_wait(delivery.attempts)
        with writing(self._database) as database:
            database.execute(
                "UPDATE delivery SET delivered = ?, attempts = attempts + 1, next_try = ?, said = ?"
                " WHERE result_uid = ? AND destination = ? AND delivered IS NULL",
                (None if failure else now, now + wait, failure, delivery.result_uid, delivery.destination),
            )
            told = {
                "study": self.blind(delivery.study_uid),
                "destination": delivery.destination,
                "said": failure,
                "seconds": took,
            }
            self.events.append(
                "delivery failed" if failure else "delivered", result=self.blind(delivery.result_uid), **told
            )

    # --- the whole ---------------------------------------------------------------------------------------------------

    def sweep(self) -> int:
        """Delete the pixels of studies whose results have arrived everywhere, when their time is over.

        Returns:
            How many files were deleted.

        Implements: SRS-052
        """
        if self._keep.pixel_days is None:
            return 0
        before = time.time() - self._keep.pixel_days * 86400
        with writing(self._database) as database:
            rows = database.execute(
                "SELECT number, digest, study_uid FROM object WHERE held AND judged <= ?"
                " AND study_uid IN (SELECT uid FROM study WHERE due IS NULL)"
                " AND NOT EXISTS (SELECT 1 FROM result JOIN delivery ON result_uid = result.uid"
                " WHERE result.study_uid = object.study_uid AND delivered IS NULL) LIMIT 1000",
                (before,),
            ).fetchall()
            database.executemany("UPDATE object SET held = 0 WHERE number = ?", [(row[0],) for row in rows])
            for study, objects in Counter(row[2] for row in rows).items():
                self.events.append("pixels deleted", study=self.blind(study), objects=objects)
        for _, digest, _ in rows:
            self._locate(digest).unlink(missing_ok=True)
        return len(rows)

    def tidy(self) -> int:
        """Delete files that no line speaks of: what a node that was ended had written, or had still to delete.

        To be called while nothing else is at the folder.

        Returns:
            How many files were deleted.

        Implements: SRS-052
        """
        known = {self._locate(row[0]) for row in self._database.execute("SELECT digest FROM object WHERE held")}
        known |= {self.folder / RESULTS / f"{row[0]}.dcm" for row in self._database.execute("SELECT uid FROM result")}
        found = [path for folder in (OBJECTS, RESULTS) for path in (self.folder / folder).iterdir()]
        left = [path for path in (*found, *(self.folder / INCOMING).iterdir()) if path not in known]
        for path in left:
            path.unlink()
        return len(left)

    def watch_drift(self) -> None:
        """Compare what was judged last, and tell of each alarm that begins or ends.

        Implements: SRS-056
        """
        found = self.drift.compare()
        if self.drift.is_changed(found):
            with writing(self._database):
                self.drift.keep(found)

    def begin_baseline(self) -> None:
        """Have the baseline of drift begin with what comes from now on.

        Implements: SRS-056
        """
        with writing(self._database):
            self.drift.begin()

    def _locate(self, digest: str) -> Path:
        return self.folder / OBJECTS / f"{digest}.dcm"

    def _make_held(self, row: tuple[Any, ...]) -> Held:
        number, sop_uid, sop_class, series_uid, digest, record = row
        path = self._locate(digest)
        return Held(number, sop_uid, sop_class, series_uid, digest, path, json.loads(record) if record else None)


_COLUMNS = "number, sop_uid, sop_class, series_uid, digest, record"
