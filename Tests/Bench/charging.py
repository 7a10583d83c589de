"""Rows 1 to 3: charging what is due, against libcurl alone and against a script with Stripe's SDK."""

from __future__ import annotations

import sqlite3
import sys
from pathlib import Path
from typing import Any

from bench_run import Bench
from figures import Figure, median
from ledgers import one_offs_due
from process import Canned, Used
from world import MERCHANT_SECRET, World

SCRIPT = Path(__file__).resolve().parent / "script.py"
WAYS = {"32 threads": ["--threads", "32"], "4 processes": ["--processes", "4"]}


def measure(bench: Bench) -> list[Figure]:
    count = bench.size(10_000, 1_000)
    with bench.canned() as canned:
        world = bench.world("charging", canned)
        telling = bench.world(
            "telling", canned, fulfillment={"url": f"{canned.url}/merchant", "secret": MERCHANT_SECRET}
        )
        due = one_offs_due(world, count)
        due_to_tell = one_offs_due(telling, count // 10)
        requests = frozen_requests(world, due)
        rounds: list[dict[str, Any]] = []
        for _ in range(bench.rounds):
            measured = one_round(bench, world, canned, due, requests, count)
            rounds.append(measured | {"telling": told(telling, due_to_tell, count // 10)})
    return figures(rounds, count)


def told(world: World, due: Path, count: int) -> dict[str, Any]:
    """A tick that tells the merchant's system of each charge as well."""
    world.put_back(due)
    tick = world.tick()
    if tick.json["fulfilled"] != count:
        raise SystemExit(f"the merchant was not told of every charge: {tick.out}")
    return per_charge(tick, count)


def frozen_requests(world: World, due: Path) -> Path:
    """A tick's own requests, so that the peer sends the same bytes. It is the warm-up as well."""
    world.put_back(due)
    world.tick()
    db = sqlite3.connect(world.ledger)
    path = world.directory / "requests.tsv"
    with path.open("w") as file:
        for key, body in db.execute("SELECT idempotency_key, body FROM attempts ORDER BY rowid"):
            file.write(f"{key}\t{body.decode()}\n")
    db.close()
    return path


def one_round(bench: Bench, world: World, canned: Canned, due: Path, requests: Path, count: int) -> dict[str, Any]:
    world.put_back(due)
    canned.set()
    tick = world.tick_that_pays(count)
    seen = canned.stats()
    if seen["charges"] != count:
        raise SystemExit(f"not every charge was paid once: {tick.out} {seen}")
    bare = bench.tools.run(
        [bench.tools.bare, "--url", f"{canned.url}/v1/payment_intents", "--requests", requests, "--concurrency", "64"],
        world.directory,
    )
    few = max(200, count // 10)
    scripts = {way: script(bench, world, canned, few, options) for way, options in WAYS.items()}
    result = {"tick": per_charge(tick, count), "bare": per_charge(bare, count)}
    return result | {way: per_charge(used, few) for way, used in scripts.items()}


def script(bench: Bench, world: World, canned: Canned, count: int, options: list[str]) -> Used:
    command = [sys.executable, SCRIPT, "--stripe", canned.url, "--charges", str(count)]
    bench.tools.run([*command, "--make"], world.directory, world.environment)
    return bench.tools.run([*command, *options], world.directory, world.environment)


def per_charge(used: Used, count: int) -> dict[str, Any]:
    return {"per_s": count / used.wall_s, "cpu_us": used.cpu_s / count * 1e6} | used.as_dict()


def figures(rounds: list[dict[str, Any]], count: int) -> list[Figure]:
    def over(one: str, other: str, key: str) -> float:
        return median([r[one][key] / r[other][key] for r in rounds])

    def of(who: str, key: str) -> float:
        return median([r[who][key] for r in rounds])

    result = [
        Figure(
            "1",
            f"charges/s of a tick over those of a bare libcurl loop ({count:,} due)",
            over("tick", "bare", "per_s"),
            target=(">=", 0.4),
            floor=(">=", 0.1),
            runs=rounds,
        ),
        Figure("1", "  a tick", of("tick", "per_s"), "/s"),
        Figure("1", "  a bare libcurl loop", of("bare", "per_s"), "/s"),
        Figure("1", "  a tick that also tells the merchant", of("telling", "per_s"), "/s"),
    ]
    for way in WAYS:
        result.append(
            Figure(
                "2",
                f"CPU a charge of a tick over that of a script, {way}",
                over("tick", way, "cpu_us"),
                target=("<=", 1 / 8),
            )
        )
        result.append(
            Figure("2", f"  the script with {way}", of(way, "per_s"), "/s", note=f"{of(way, 'cpu_us'):.0f} µs CPU")
        )
    result += [
        Figure(
            "3",
            "CPU a charge of a tick over that of a bare libcurl loop",
            over("tick", "bare", "cpu_us"),
            target=("<=", 4),
            floor=("<=", 12),
        ),
        Figure("3", "  a tick", of("tick", "cpu_us"), "µs CPU"),
        Figure("3", "  a bare libcurl loop", of("bare", "cpu_us"), "µs CPU"),
        Figure("sizing", "time for each charge in a tick", 1e3 / of("tick", "per_s"), "ms"),
    ]
    return result
