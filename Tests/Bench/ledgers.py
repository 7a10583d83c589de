"""Ledgers to measure on: a few things by the real commands, then as many as are wanted."""

from __future__ import annotations

import csv
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

from world import World, copy

GROW = Path(__file__).resolve().parent / "grow.py"


def grow(target: Path, source: Path, copies: int, first: int = 1) -> None:
    subprocess.run([sys.executable, GROW, target, source, str(copies), str(first)], check=True)
    with target.open("rb") as file:
        os.fsync(file.fileno())


def settle(ledger: Path) -> None:
    """Everything in the one file: nothing is left to be read from the log beside it."""
    db = sqlite3.connect(ledger)
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()


def emptied(ledger: Path, target: Path) -> None:
    """The same ledger, with nothing in it."""
    settle(ledger)
    copy(ledger, target)
    db = sqlite3.connect(target, isolation_level=None)
    triggers = db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for name, _ in triggers:
        db.execute(f"DROP TRIGGER {name}")
    for (table,) in db.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE '%STRICT%'"
    ).fetchall():
        if table not in ("ledger", "alerts"):
            db.execute(f"DELETE FROM {table}")
    for _, sql in triggers:
        db.execute(sql)
    db.execute("VACUUM")
    db.close()
    settle(target)


def tail(number: int) -> str:
    """What the ids of one customer have in common; the first eight characters become the copy's (grow.py)."""
    return f"00000000b{number:07d}"


def write_csv(path: Path, rows: int, customers: int, prefix: str) -> None:
    with path.open("w", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["key", "customer", "amount", "currency", "description", "due_at", "payment_method"])
        for row in range(rows):
            who = tail(row % customers)
            out.writerow([f"{prefix}{row:08d}", f"cus_{who}", 1099, "usd", "Gold membership", "", f"pm_{who}"])


def write_agreements(path: Path, rows: int, job: str, start: str) -> None:
    """Each of another customer, by the job's amount and the customer's own method."""
    with path.open("w", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["key", "customer", "job", "start", "amount", "payment_method"])
        for row in range(rows):
            out.writerow([f"00000000a{row:04d}", f"cus_00000000a{row:07d}", job, start, "", ""])


def one_offs_due(world: World, count: int) -> Path:
    """A ledger with so many one-offs that are due, each of another customer; put aside under its name."""
    seeds = 50
    if count % seeds:
        raise ValueError(f"{count} is no multiple of {seeds}")
    write_csv(world.directory / "due.csv", seeds, seeds, "00000000")
    world.dues("charge", "import", "due.csv")
    settle(world.ledger)
    source = world.directory / "seed.db"
    copy(world.ledger, source)
    emptied(source, world.ledger)
    grow(world.ledger, source, count // seeds)
    return world.keep_ledger(f"due-{count}")
