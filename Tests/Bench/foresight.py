"""Row foresight: a year ahead, rehearsed for ten thousand agreements, and planned for a hundred thousand."""

from __future__ import annotations

import csv
from pathlib import Path

from bench_run import Bench
from figures import Figure
from ledgers import emptied, grow, settle, write_agreements
from world import World, copy

#: Agreements that are made by the real command; the others are copies of theirs.
SEEDS = 50


def measure(bench: Bench) -> list[Figure]:
    rehearsed, planned = bench.size(10_000, 200), bench.size(100_000, 1_000)
    with bench.canned() as canned:
        world = bench.world("foresight", canned, recovery={"give_up_after": "14d"})
        write_agreements(world.directory / "members.csv", SEEDS, "gold", "2026-10-01")
        world.dues("agreement", "import", "members.csv", "--now", "2026-09-30T12:00:00Z")
        settle(world.ledger)
        seed = world.directory / "seed.db"
        copy(world.ledger, seed)
        made_of(world, seed, rehearsed)
        year = ("--now", "2026-09-30T12:00:00Z", "--to", "2027-09-30")
        rehearsal = world.dues("rehearse", *year, "--declines", "0.05", "--csv")
        paid = sum(row["what"] == "paid" for row in csv.DictReader(rehearsal.out.splitlines()))
        made_of(world, seed, planned)
        plan = world.dues("plan", "--now", "2026-09-30T12:00:00Z", "--until", "2027-09-30", "--json")
    return [
        Figure(
            "foresight",
            f"a rehearsed year of {rehearsed:,} agreements",
            rehearsal.wall_s,
            "s",
            target=("<=", 300),
            runs=[rehearsal.as_dict()],
            note=f"{paid:,} paid, {rehearsal.max_rss_kib / 1024:.0f} MiB",
        ),
        Figure(
            "foresight",
            f"a planned year of {planned:,} agreements",
            plan.wall_s,
            "s",
            runs=[plan.as_dict()],
            note=f"{len(plan.out.splitlines()):,} lines, {plan.max_rss_kib / 1024:.0f} MiB",
        ),
    ]


def made_of(world: World, seed: Path, count: int) -> None:
    for file in world.ledger_files():
        file.unlink()
    emptied(seed, world.ledger)
    grow(world.ledger, seed, count // SEEDS)
