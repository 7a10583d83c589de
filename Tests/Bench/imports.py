"""Row 10: a file of one-offs, against the sqlite3 shell that reads the same file into a table like ours."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bench_run import Bench
from figures import Figure, median
from ledgers import write_csv
from process import Used
from world import World

#: Each is looked up at Stripe once, which the shell has not to do.
CUSTOMERS = 1_000
#: The indexes that a scheduled one-off stands in.
TABLE = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
CREATE TABLE charges (key TEXT PRIMARY KEY, customer TEXT NOT NULL, amount INTEGER NOT NULL, currency TEXT NOT NULL,
  description TEXT NOT NULL, due_at TEXT NOT NULL, payment_method TEXT NOT NULL);
CREATE INDEX charges_due ON charges (due_at, key);
CREATE INDEX charges_by_customer ON charges (customer, due_at);
CREATE INDEX charges_by_due ON charges (due_at);
CREATE INDEX charges_upcoming ON charges (due_at) WHERE amount > 0;
CREATE INDEX charges_expiring ON charges (due_at) WHERE amount > 0;
"""


def measure(bench: Bench) -> list[Figure]:
    few, many = (1_000, 10_000) if bench.is_small else (10_000, 100_000)
    rounds: list[dict[str, Any]] = []
    with bench.canned() as canned:
        world = bench.world("imports", canned)
        for rows in (few, many):
            write_csv(world.directory / f"{rows}.csv", rows, min(CUSTOMERS, few), "00000000")
        for _ in range(bench.rounds):
            rounds.append(
                {
                    "few": imported(world, few).as_dict(),
                    "many": imported(world, many).as_dict(),
                    "shell": by_the_shell(world, world.directory / f"{many}.csv").as_dict(),
                }
            )
    return [
        Figure(
            "10",
            f"charge import of {many:,} rows over sqlite3 .import",
            median([r["many"]["wall_s"] / r["shell"]["wall_s"] for r in rounds]),
            target=("<=", 6),
            floor=("<=", 60),
            runs=rounds,
        ),
        Figure("10", "  charge import", median([r["many"]["wall_s"] for r in rounds]), "s"),
        Figure("10", "  sqlite3 .import", median([r["shell"]["wall_s"] for r in rounds]), "s"),
        Figure(
            "10",
            f"its peak memory with {many:,} rows over {few:,}",
            median([r["many"]["max_rss_kib"] / r["few"]["max_rss_kib"] for r in rounds]),
            target=("<=", 1.3),
            note=f"{median([r['many']['max_rss_kib'] for r in rounds]) / 1024:.0f} MiB",
        ),
    ]


def imported(world: World, rows: int) -> Used:
    for file in world.ledger_files():
        file.unlink()
    used = world.dues("charge", "import", f"{rows}.csv", "--json")
    if used.json["imported"] != rows:
        raise SystemExit(f"{rows} rows: {used.out}")
    return used


def by_the_shell(world: World, file: Path) -> Used:
    database = world.directory / "shell.db"
    for leftover in world.directory.glob("shell.db*"):
        leftover.unlink()
    script = world.directory / "import.sql"
    script.write_text(f"{TABLE}.import --csv --skip 1 {file.name} charges\n")
    return world.tools.run(
        ["sqlite3", "-bail", "-init", script, database, "SELECT count(*) FROM charges"], world.directory
    )
