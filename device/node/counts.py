"""How much the node holds, what became of it, and how long it has waited."""

from __future__ import annotations

import math
import sqlite3
import time

from device.node.configuration import Peer

LATEST_TIMES = 1000
"""Of so many of the last deliveries the times are told."""


class Counts:
    """What a store's tables count to.

    Implements: SRS-053
    """

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def count(self) -> dict[str, int]:
        """How many objects wait, studies are open, results wait to be delivered, and how many there were of each."""
        asked = {
            "objects_received": "object", "objects_waiting": "object WHERE judged IS NULL",
            "studies_received": "study", "studies_open": "study WHERE due IS NOT NULL",
            "results_made": "result", "deliveries_waiting": "delivery WHERE delivered IS NULL",
            "deliveries_made": "delivery WHERE delivered IS NOT NULL",
            "messages_waiting": "message WHERE settled IS NULL",
        }  # fmt: skip
        return {
            name: int(self._database.execute(f"SELECT COUNT(*) FROM {where}").fetchone()[0])  # noqa: S608
            for name, where in asked.items()
        }

    def count_outcomes(self) -> dict[str, dict[str, int]]:
        """How many objects and studies had each outcome, and how often the gate gave each reason."""
        objects = "SELECT COALESCE(record ->> '$.finding', record ->> '$.outcome'), COUNT(*) FROM object"
        asked = {
            "objects": f"{objects} WHERE record IS NOT NULL GROUP BY 1 ORDER BY 1",
            "studies": "SELECT summary, COUNT(DISTINCT study_uid) FROM result WHERE version ="
            " (SELECT version FROM study WHERE uid = study_uid) GROUP BY 1 ORDER BY 1",
            "reasons": "SELECT value ->> '$.code', COUNT(DISTINCT number) FROM object,"
            " json_each(record, '$.rejections') GROUP BY 1 ORDER BY 1",
        }
        return {name: dict(self._database.execute(query).fetchall()) for name, query in asked.items()}

    def find_longest_wait(self) -> float:
        """For how many seconds the oldest object waits to be judged."""
        oldest = self._database.execute("SELECT MIN(received) FROM object WHERE judged IS NULL").fetchone()[0]
        return max(0.0, time.time() - oldest) if oldest else 0.0

    def find_longest_delivery(self) -> float:
        """For how many seconds the oldest result waits to arrive."""
        statement = "SELECT MIN(made) FROM result JOIN delivery ON result_uid = uid WHERE delivered IS NULL"
        oldest = self._database.execute(statement).fetchone()[0]
        return max(0.0, time.time() - oldest) if oldest else 0.0

    def measure_time(self, study: str, now: float) -> float:
        """For how many seconds a study has waited for its result since the last of its objects came.

        Implements: SRS-054
        """
        row = self._database.execute("SELECT last FROM study WHERE uid = ?", (study,)).fetchone()
        return round(max(0.0, now - float(row[0])), 3)

    def find_times(self) -> dict[str, float]:
        """How long the last deliveries took from the last object of their study, in seconds; nothing if there are none.

        A result that a later one has taken the place of is left out: its study's last object came after it.

        Implements: SRS-054
        """
        statement = (
            "SELECT MAX(0, delivered - last) FROM delivery JOIN result ON result.uid = result_uid"
            " JOIN study ON study.uid = study_uid WHERE delivered IS NOT NULL AND result.version = study.version"
            " AND study.due IS NULL ORDER BY delivered DESC LIMIT ?"
        )
        times = sorted(row[0] for row in self._database.execute(statement, (LATEST_TIMES,)))
        if not times:
            return {}
        middle, most = (times[math.ceil(share * len(times)) - 1] for share in (0.5, 0.95))
        return {"deliveries": len(times), "median_seconds": round(middle, 3), "percentile_95_seconds": round(most, 3)}

    def count_waiting(self) -> int:
        """How many objects wait to be judged."""
        return int(self._database.execute("SELECT COUNT(*) FROM object WHERE judged IS NULL").fetchone()[0])

    def count_waiting_of(self, peer: Peer) -> int:
        """How many objects of a peer wait to be judged.

        Implements: SRS-049
        """
        statement = "SELECT COUNT(*) FROM object WHERE judged IS NULL AND peer = ? AND host = ?"
        return int(self._database.execute(statement, (peer.ae_title, peer.host)).fetchone()[0])

    def measure_held(self, peer: Peer) -> tuple[int, int]:
        """How many bytes of objects are on disk: of all peers, and of one.

        Implements: SRS-049
        """
        statement = (
            "SELECT COALESCE(SUM(bytes), 0), COALESCE(SUM(bytes) FILTER (WHERE peer = ? AND host = ?), 0)"
            " FROM object WHERE held"
        )
        of_all, of_peer = self._database.execute(statement, (peer.ae_title, peer.host)).fetchone()
        return int(of_all), int(of_peer)
