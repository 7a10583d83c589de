"""Rows 4 and 5, and the growth of what people ask: the same work on a small ledger and on a large one."""

from __future__ import annotations

import sqlite3
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from bench_run import Bench
from figures import Figure, median
from ledgers import emptied, grow, settle, write_agreements, write_csv
from process import Canned, Used
from world import MERCHANT_SECRET, World, copy
from year import MONTHS, lived

#: Its agreements are due as soon as they are made.
TODAY = 'description = "Day pass"\namount = 1099\ncurrency = "usd"\n[schedule]\nevery = "1 month"\nat = "00:00"\n'
SEEDS = 50


def measure(bench: Bench) -> list[Figure]:
    sizes = [1_000, 100_000] if bench.is_small else [10_000, 1_000_000]
    with bench.canned() as canned:
        year = the_year(bench, canned, bench.size(MONTHS, 2))
        seed = what_is_due(bench, canned)
        figures = compare(bench, canned, year, seed, sizes)
        if bench.is_large:
            figures += compare(bench, canned, year, seed, [10_000, 10_000_000], suffix=" (large)")
    return figures


def the_year(bench: Bench, canned: Canned, months: int) -> Path:
    """A year's ledger of a few customers, with its merchant told and its mails sent."""
    world = bench.world("year", canned, fulfillment={"url": f"{canned.url}/merchant", "secret": MERCHANT_SECRET})
    lived(world, months)
    world.point_at(canned.url)
    world.tick()
    settle(world.ledger)
    return world.directory


def what_is_due(bench: Bench, canned: Canned) -> Path:
    """A few one-offs and a few agreements, all due today."""
    world = bench.world("seed", canned)
    (world.directory / "jobs" / "today.toml").write_text(TODAY)
    half = SEEDS // 2
    write_csv(world.directory / "due.csv", half, half, "00000000")
    world.dues("charge", "import", "due.csv")
    write_agreements(world.directory / "agreements.csv", half, "today", f"{datetime.now(timezone.utc):%Y-%m-%d}")
    world.dues("agreement", "import", "agreements.csv")
    settle(world.ledger)
    return world.ledger


def compare(bench: Bench, canned: Canned, year: Path, seed: Path, sizes: list[int], suffix: str = "") -> list[Figure]:
    worlds = {size: grown(bench, canned, year, size) for size in sizes}
    small, large = sizes
    due = bench.size(1_000, 200)
    sizing = size_of(worlds[large], suffix)
    rounds = [one_round(worlds, seed, due, number, not bench.is_small) for number in range(bench.rounds)]
    for world in worlds.values():
        world.remove()

    def ratio(what: str, key: str) -> float:
        return median([r[what][large][key] / r[what][small][key] for r in rounds])

    def steady(what: str) -> float:
        """In a short run with few rounds, of the fastest of each: a burst of something else is not growth."""
        if not bench.is_small:
            return ratio(what, "wall_s")
        return min(r[what][large]["wall_s"] for r in rounds) / min(r[what][small]["wall_s"] for r in rounds)

    def of(what: str, size: int, key: str) -> float:
        return median([r[what][size][key] for r in rounds])

    names = f"{large:,} charges over {small:,}{suffix}"
    figures = [
        Figure(
            "4",
            f"a tick with nothing due: {names}",
            steady("idle"),
            target=("<=", 1.2),
            floor=("<=", 2),
            runs=rounds,
        ),
        Figure(
            "4",
            f"  at {large:,}",
            of("idle", large, "wall_s") * 1e3,
            "ms",
            note=f"{of('idle', large, 'cpu_s') * 1e3:.0f} ms CPU",
        ),
        Figure("5", f"a tick with {due:,} due: {names}", ratio("due", "wall_s"), target=("<=", 1.3), floor=("<=", 3)),
        Figure("5", f"  at {large:,}", of("due", large, "wall_s") * 1e3, "ms"),
    ]
    for what in [key for key in rounds[0] if key not in ("idle", "due")]:
        bounded = what not in WITHOUT_BOUND
        figures.append(
            Figure(
                "growth",
                f"{what}: {names}",
                ratio(what, "wall_s"),
                target=("<=", 3) if bounded else None,
                note=f"{of(what, small, 'wall_s') * 1e3:.0f} ms, {of(what, large, 'wall_s') * 1e3:.0f} ms",
            )
        )
    return figures + sizing


def size_of(world: World, suffix: str) -> list[Figure]:
    """What a year leaves of each charge: attempts, payments, history, mails, events, and its share of the customer."""
    settle(world.ledger)
    db = sqlite3.connect(world.ledger)
    tables = [
        name
        for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    ]
    rows = {table: db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables}
    db.close()
    charges = rows["charges"]
    return [
        Figure(
            "sizing", f"bytes of the ledger's file for each charge{suffix}", world.ledger.stat().st_size / charges, "B"
        ),
        Figure(
            "sizing",
            f"rows for each charge{suffix}",
            sum(rows.values()) / charges,
            note=", ".join(f"{count / charges:.2f} {table}" for table, count in rows.items() if count * 50 > charges),
        ),
    ]


#: Told without a target: what it names grows with the ledger.
WITHOUT_BOUND = {"report of the last month"}


def grown(bench: Bench, canned: Canned, year: Path, size: int) -> World:
    """A ledger in which so many charges were settled in the course of a year, as in `year`."""
    world = bench.world(f"grown-{size}", canned)
    (world.directory / "jobs" / "today.toml").write_text(TODAY)
    emptied(year / "dues.db", world.ledger)
    copy(year / "dues.db.progress", world.directory / "dues.db.progress")
    grow(world.ledger, year / "dues.db", round(size / charges_in(year / "dues.db")))
    # The first one takes note of what has come.
    idle(world)
    return world


def charges_in(ledger: Path) -> int:
    db = sqlite3.connect(ledger)
    count = db.execute("SELECT count(*) FROM charges").fetchone()[0]
    db.close()
    return count


def one_round(worlds: dict[int, World], seed: Path, due: int, number: int, asks: bool) -> dict[str, dict[int, Any]]:
    result: dict[str, dict[int, Any]] = {}
    for size, world in worlds.items():
        result.setdefault("idle", {})[size] = idle(world).as_dict()
    for size, world in worlds.items():
        grow(world.ledger, seed, due // SEEDS, first=1_000_000 + number * 10_000)
        result.setdefault("due", {})[size] = world.tick_that_pays(due).as_dict()
    for size, world in worlds.items() if asks else ():
        for what, arguments in questions(world).items():
            result.setdefault(what, {})[size] = world.dues(*arguments, "--json").as_dict()
    return result


def idle(world: World) -> Used:
    tick = world.tick()
    if tick.json["attempted"] or tick.json["errors"]:
        raise SystemExit(f"nothing was due: {tick.out}")
    return tick


def questions(world: World) -> dict[str, list[str]]:
    """What people ask, about one customer, one charge, today."""
    db = sqlite3.connect(world.ledger)
    customer, email, charge = db.execute(
        "SELECT u.id, u.email, c.id FROM charges c JOIN customers u ON u.id = c.customer"
        " WHERE c.paid_by = 'checkout' LIMIT 1"
    ).fetchone()
    last = db.execute(
        "SELECT strftime('%Y-%m', max(due_at) / 1000, 'unixepoch') FROM charges WHERE job = 'gold'"
    ).fetchone()[0]
    db.close()
    today = f"{datetime.now(timezone.utc):%Y-%m-%d}"
    return {
        "charge list --email": ["charge", "list", "--email", email],
        "charge list --customer": ["charge", "list", "--customer", customer],
        "charge list --since today --limit 50": ["charge", "list", "--since", today, "--limit", "50"],
        "charge explain": ["charge", "explain", charge],
        "report of today": ["report", "--from", today, "--to", today],
        "report of the last month": ["report", "--from", f"{last}-01", "--to", f"{last}-28"],
        "status": ["status"],
    }
