"""What people write instead: a loop over due charges with Stripe's own SDK, a commit before and after each one.

    python3 script.py --stripe URL --charges N --threads N
    python3 script.py --stripe URL --charges N --processes N

The database is WAL with synchronous = FULL, as that of Dues is. Prints JSON.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor

import stripe


def connect(path: str) -> sqlite3.Connection:
    db = sqlite3.connect(path, isolation_level=None, timeout=60, check_same_thread=False)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    return db


def make(path: str, charges: int) -> None:
    for leftover in (path, f"{path}-wal", f"{path}-shm"):
        if os.path.exists(leftover):
            os.unlink(leftover)
    db = connect(path)
    db.execute(
        "CREATE TABLE charges (id TEXT PRIMARY KEY, customer TEXT NOT NULL, payment_method TEXT NOT NULL,"
        " amount INTEGER NOT NULL, currency TEXT NOT NULL, description TEXT NOT NULL, state TEXT NOT NULL,"
        " payment_intent TEXT)"
    )
    db.execute("BEGIN")
    db.executemany(
        "INSERT INTO charges VALUES (?, ?, ?, 1099, 'usd', 'Gold membership', 'scheduled', NULL)",
        ((f"chg_{n:026d}", f"cus_b{n:015d}", f"pm_b{n:015d}") for n in range(charges)),
    )
    db.execute("COMMIT")
    db.close()


def charge(db: sqlite3.Connection, row: tuple[str, str, str, int, str, str]) -> None:
    id, customer, method, amount, currency, description = row
    db.execute("UPDATE charges SET state = 'attempting' WHERE id = ?", [id])
    intent = stripe.PaymentIntent.create(
        amount=amount,
        currency=currency,
        customer=customer,
        payment_method=method,
        off_session=True,
        confirm=True,
        automatic_payment_methods={"enabled": True, "allow_redirects": "never"},
        allowed_payment_method_types=["card", "us_bank_account", "sepa_debit"],
        payment_method_options={"card": {"stored_credential_usage": "unscheduled"}},
        description=description,
        metadata={"charge": id},
        expand=["latest_charge"],
        idempotency_key=f"{id}:1",
    )
    if intent.status != "succeeded" or intent.amount_received != amount:
        raise SystemExit(f"{id} is {intent.status}")
    db.execute("UPDATE charges SET state = 'paid', payment_intent = ? WHERE id = ?", [intent.id, id])


def due(path: str, part: int, parts: int) -> list[tuple[str, str, str, int, str, str]]:
    db = connect(path)
    rows = db.execute(
        "SELECT id, customer, payment_method, amount, currency, description FROM charges"
        " WHERE state = 'scheduled' AND rowid % ? = ?",
        [parts, part],
    ).fetchall()
    db.close()
    return rows


def work(path: str, part: int, parts: int) -> None:
    db = connect(path)
    for row in due(path, part, parts):
        charge(db, row)
    db.close()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--stripe", required=True)
    parser.add_argument("--database", default="script.db")
    parser.add_argument("--charges", type=int, required=True)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--processes", type=int, default=0)
    parser.add_argument("--make", action="store_true", help="only makes the database")
    asked = parser.parse_args()
    stripe.api_key = "sk_test_BenchKnowsThisKey0000000001"
    stripe.api_base = asked.stripe
    if asked.make:
        make(asked.database, asked.charges)
        return
    started = time.monotonic()
    if asked.processes:
        parts = asked.processes
        workers = [multiprocessing.Process(target=work, args=(asked.database, part, parts)) for part in range(parts)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        failed = sum(worker.exitcode != 0 for worker in workers)
    else:
        with ThreadPoolExecutor(asked.threads) as pool:
            list(pool.map(lambda part: work(asked.database, part, asked.threads), range(asked.threads)))
        failed = 0
    paid = connect(asked.database).execute("SELECT count(*) FROM charges WHERE state = 'paid'").fetchone()[0]
    print(json.dumps({"paid": paid, "failed": failed, "seconds": time.monotonic() - started}))
    if paid != asked.charges or failed:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
