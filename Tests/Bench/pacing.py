"""Rows 6 and 7: as fast as Stripe permits, and as fast as its answers allow."""

from __future__ import annotations

from typing import Any

from bench_run import Bench
from figures import Figure, median
from ledgers import one_offs_due

PER_SECOND = 20
DELAY_MS = 300
IN_FLIGHT = 64


def measure(bench: Bench) -> list[Figure]:
    return paced(bench) + delayed(bench)


def paced(bench: Bench) -> list[Figure]:
    """Permitted are 20 in any second; the server refuses what comes too early."""
    count = bench.size(250, 50)
    rate = {"requests_per_second": PER_SECOND, "requests_per_second_per_endpoint": PER_SECOND}
    rounds: list[dict[str, Any]] = []
    with bench.canned() as canned:
        due = one_offs_due(bench.world("due", canned), count)
        world = bench.world("paced", canned, stripe=rate)
        for _ in range(bench.rounds):
            world.put_back(due)
            canned.set(limit=PER_SECOND)
            tick = world.tick_that_pays(count)
            seen = canned.stats()
            rounds.append({"per_s": (count - 1) / seen["arriving_s"], "limited": seen["limited"]} | tick.as_dict())
    achieved = median([r["per_s"] for r in rounds])
    return [
        Figure(
            "6",
            f"achieved over permitted, {PER_SECOND}/s",
            achieved / PER_SECOND,
            target=(">=", 0.95),
            runs=rounds,
            note=f"{achieved:.2f}/s",
        ),
        Figure("6", f"answers 429 in all {bench.rounds} runs", sum(r["limited"] for r in rounds), target=("<=", 0)),
    ]


def delayed(bench: Bench) -> list[Figure]:
    """Each answer takes 300 ms; nothing else bounds the rate but how many may be on the way."""
    count = IN_FLIGHT * bench.size(50, 25)
    rounds: list[dict[str, Any]] = []
    with bench.canned() as canned:
        due = one_offs_due(bench.world("due", canned), count)
        world = bench.world("delayed", canned)
        for _ in range(bench.rounds):
            world.put_back(due)
            canned.set(delay_ms=DELAY_MS)
            tick = world.tick_that_pays(count)
            seen = canned.stats()
            rounds.append(
                {"per_s": count / seen["working_s"], "most_in_flight": seen["most_in_flight"]} | tick.as_dict()
            )
    achieved = median([r["per_s"] for r in rounds])
    possible = IN_FLIGHT / (DELAY_MS / 1e3)
    return [
        Figure(
            "7",
            f"achieved over possible, {DELAY_MS} ms an answer, {IN_FLIGHT} in flight",
            achieved / possible,
            target=(">=", 0.95),
            runs=rounds,
            note=f"{achieved:.1f}/s of {possible:.1f}",
        )
    ]
