"""Grows a ledger: every row of a source, so many times, each time about other customers.

    python3 grow.py TARGET SOURCE COPIES FIRST

A process of its own, because it takes memory. Eight characters of every id, right after its prefix, become the number
of the copy, scattered over 32 bits: ids stay unique, keep their length, and come in no order, as real ones do. Rows of
a table stand in the order of the source, so that what happened at one time lies together.
"""

from __future__ import annotations

import sqlite3
import sys

#: Columns that name something which each copy has of its own. All others are copied as they are.
OWN = {
    "customers": ["id", "email"],
    "payment_methods": ["id", "customer", "fingerprint", "budget_key"],
    "agreements": ["id", "customer", "payment_method", "key"],
    "charges": ["id", "customer", "agreement", "key", "payment_method", "payment_intent"],
    "attempts": ["charge", "idempotency_key", "payment_method", "budget_key", "payment_intent"],
    "checkouts": ["charge", "idempotency_key", "session"],
    "intents": ["id", "charge"],
    "payments": ["payment_intent", "charge"],
    "recoveries": ["charge", "agreement"],
    "notices": ["id", "charge", "agreement", "customer", "to_address"],
    "fulfillments": ["id", "charge", "agreement"],
    "events": ["id", "object"],
    "history": ["charge", "agreement"],
}
#: Numbered by the database.
NUMBERED = {"history": "number"}


def copied(table: str, column: str) -> str:
    if column not in OWN[table]:
        return f"s.{column}"
    return f"substr(s.{column}, 1, instr(s.{column}, '_')) || k.text || substr(s.{column}, instr(s.{column}, '_') + 9)"


def is_empty(db: sqlite3.Connection) -> bool:
    return db.execute("SELECT 1 FROM main.charges LIMIT 1").fetchone() is None


def grow(target: str, source: str, copies: int, first: int) -> None:
    db = sqlite3.connect(target, isolation_level=None)
    db.execute("PRAGMA cache_size = -1000000")
    # Only what the bench makes beforehand: it is synced at the end.
    db.execute("PRAGMA synchronous = OFF")
    was_empty = is_empty(db)
    if was_empty:
        db.execute("PRAGMA journal_mode = OFF").fetchall()
    db.execute("ATTACH ? AS source", [source])
    db.execute("BEGIN")
    db.execute("CREATE TEMP TABLE k (text TEXT NOT NULL)")
    db.executemany(
        "INSERT INTO k VALUES (?)", ((f"{number * 2654435761 % 2**32:08x}",) for number in range(first, first + copies))
    )
    # What the triggers look for cannot be in a copy of what passed them, and indexes are faster made at the end.
    kinds = ("trigger", "index") if was_empty else ("trigger",)
    later = [
        (kind, name, sql)
        for kind, name, sql in db.execute("SELECT type, name, sql FROM main.sqlite_master WHERE sql IS NOT NULL")
        if kind in kinds
    ]
    for kind, name, _ in later:
        db.execute(f"DROP {kind} {name}")
    for table in OWN:
        columns = [row[1] for row in db.execute(f"PRAGMA main.table_info({table})") if row[1] != NUMBERED.get(table)]
        selected = ", ".join(copied(table, column) for column in columns)
        db.execute(
            f"INSERT INTO main.{table} ({', '.join(columns)}) SELECT {selected}"
            f" FROM (SELECT * FROM source.{table} ORDER BY rowid) s CROSS JOIN k"
        )
    for _, _, sql in later:
        db.execute(sql)
    db.execute("COMMIT")
    db.execute("DETACH source")
    db.execute("PRAGMA synchronous = FULL")
    db.execute("PRAGMA journal_mode = WAL").fetchall()
    # The last to close brings the log into the file.
    db.close()


if __name__ == "__main__":
    grow(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
