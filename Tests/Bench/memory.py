"""Row 8: the memory of a tick, whatever is due."""

from __future__ import annotations

from typing import Any

from bench_run import Bench
from figures import Figure, median
from ledgers import one_offs_due


def measure(bench: Bench) -> list[Figure]:
    few, many = (500, 3_000) if bench.is_small else (1_000, 100_000)
    rounds: list[dict[int, Any]] = []
    with bench.canned() as canned:
        world = bench.world("memory", canned)
        kept = {count: one_offs_due(world, count) for count in (few, many)}
        for _ in range(bench.rounds):
            run: dict[int, Any] = {}
            for count, due in kept.items():
                world.put_back(due)
                run[count] = world.tick_that_pays(count).as_dict()
            rounds.append(run)
    most = median([r[many]["max_rss_kib"] for r in rounds])
    return [
        Figure(
            "8",
            f"peak memory with {many:,} due over {few:,}",
            median([r[many]["max_rss_kib"] / r[few]["max_rss_kib"] for r in rounds]),
            target=("<=", 1.3),
            floor=("<=", 2),
            runs=rounds,
        ),
        Figure("8", f"  with {many:,}", most / 1024, "MiB", target=("<=", 100), floor=("<=", 300)),
    ]
