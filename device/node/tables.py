"""The tables of what a node holds: objects, studies, results and deliveries."""

from __future__ import annotations

import sqlite3

SCHEMA = """
CREATE TABLE IF NOT EXISTS object (
    number INTEGER PRIMARY KEY, sop_uid TEXT NOT NULL, sop_class TEXT NOT NULL, study_uid TEXT NOT NULL,
    series_uid TEXT NOT NULL, digest TEXT NOT NULL, bytes INTEGER NOT NULL, peer TEXT NOT NULL, received REAL NOT NULL,
    claimed_by INTEGER, attempts INTEGER NOT NULL DEFAULT 0, judged REAL, record TEXT, held INTEGER NOT NULL DEFAULT 1,
    UNIQUE (sop_uid, digest));
CREATE INDEX IF NOT EXISTS object_of_study ON object (study_uid);
CREATE INDEX IF NOT EXISTS object_waiting ON object (number) WHERE judged IS NULL;
CREATE TABLE IF NOT EXISTS study (
    uid TEXT PRIMARY KEY, due REAL, version INTEGER NOT NULL DEFAULT 0, last REAL NOT NULL, claimed_by INTEGER);
CREATE INDEX IF NOT EXISTS study_due ON study (due) WHERE due IS NOT NULL;
CREATE TABLE IF NOT EXISTS result (
    uid TEXT PRIMARY KEY, sop_class TEXT NOT NULL, series_uid TEXT NOT NULL, study_uid TEXT NOT NULL,
    version INTEGER NOT NULL, made REAL NOT NULL, digest TEXT NOT NULL, summary TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS result_of_study ON result (study_uid, version);
CREATE TABLE IF NOT EXISTS delivery (
    result_uid TEXT NOT NULL REFERENCES result (uid), destination TEXT NOT NULL, delivered REAL,
    attempts INTEGER NOT NULL DEFAULT 0, next_try REAL NOT NULL, said TEXT, PRIMARY KEY (result_uid, destination));
CREATE INDEX IF NOT EXISTS delivery_waiting ON delivery (next_try) WHERE delivered IS NULL;
"""
LATER = {"manufacturer": "TEXT", "model": "TEXT", "host": "TEXT"}
"""Columns that objects of an older node do not have: theirs are null."""
OF_A_PEER = """
CREATE INDEX IF NOT EXISTS object_waiting_of_peer ON object (peer, host) WHERE judged IS NULL;
CREATE INDEX IF NOT EXISTS object_held_of_peer ON object (peer, host, bytes) WHERE held;
"""
SPELLED_OTHERWISE = """
BEGIN IMMEDIATE;
UPDATE object SET record = json_set(record, '$.outcome', replace(record ->> '$.outcome', 'analysed', 'analyzed'))
    WHERE record ->> '$.outcome' IN ('analysed', 'not_analysed');
UPDATE result SET summary = 'not_analyzed' WHERE summary = 'not_analysed';
DROP INDEX IF EXISTS object_analysed;
PRAGMA user_version = 1;
COMMIT;
"""
"""What becomes of the outcomes of an older node, which were spelled otherwise; its log stays as it was written."""


def make_tables(database: sqlite3.Connection) -> None:
    """Make what is not there yet, in a database of an older node too.

    Implements: SRS-049, SRS-056
    """
    database.executescript(SCHEMA)
    if _find_missing(database):
        database.execute("BEGIN IMMEDIATE")
        for name in _find_missing(database):  # another process may have been first
            database.execute(f"ALTER TABLE object ADD COLUMN {name} {LATER[name]}")
        database.execute("COMMIT")
    if database.execute("PRAGMA user_version").fetchone()[0] < 1:
        database.executescript(SPELLED_OTHERWISE)
    database.executescript(OF_A_PEER)


def _find_missing(database: sqlite3.Connection) -> list[str]:
    there = {row[1] for row in database.execute("PRAGMA table_info(object)")}
    return [name for name in LATER if name not in there]
