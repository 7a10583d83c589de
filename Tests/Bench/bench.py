"""Measures what must be fast, against the targets of docs/BENCH.md. scripts/bench.sh starts it."""

from __future__ import annotations

import argparse
import importlib
import os
import platform
import sys
import time
from pathlib import Path

from bench_run import Bench
from figures import Figure, as_json, holds, table
from process import Tools

#: The modules that measure, and the rows of the table that each one fills.
MEASURES = {
    "charging": ["1", "2", "3", "sizing"],
    "growth": ["4", "5", "growth", "sizing"],
    "foresight": ["foresight"],
    "pacing": ["6", "7"],
    "memory": ["8"],
    "web": ["9", "11"],
    "imports": ["10"],
}
SMALL = ["1", "2", "3", "4", "5", "8", "10"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dues", type=Path, required=True, help="the program, built with -c release")
    parser.add_argument("--tools", type=Path, required=True, help="where the compiled peers are")
    parser.add_argument("--work", type=Path, required=True, help="a directory on a real disk, for ledgers")
    parser.add_argument("--json", type=Path, help="where to write every run")
    parser.add_argument("--only", default="", help="rows, such as 1,3,growth")
    parser.add_argument("--rounds", type=int, help="5 if not said, 2 with --small")
    parser.add_argument("--small", action="store_true", help="tiny sizes; fails only at a collapse")
    parser.add_argument("--large", action="store_true", help="rows 4 and 5 with ten million charges as well")
    asked = parser.parse_args()

    rows = asked.only.split(",") if asked.only else SMALL if asked.small else sum(MEASURES.values(), [])
    rounds = asked.rounds or (2 if asked.small else 5)
    tools = Tools(asked.tools.resolve(), asked.dues.resolve())
    bench = Bench(tools, asked.work.resolve(), rounds, asked.small, asked.large)
    figures: list[Figure] = []
    failed: list[str] = []
    for module, fills in MEASURES.items():
        if not set(rows) & set(fills):
            continue
        started = time.monotonic()
        try:
            measured = importlib.import_module(module).measure(bench)
        except SystemExit as failure:
            print(f"{module}: {failure}", file=sys.stderr, flush=True)
            failed.append(module)
            continue
        figures += [figure for figure in measured if figure.row in rows]
        print(f"{module}: {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)
    print(table(figures))
    if asked.json:
        asked.json.write_text(as_json(figures, machine(bench)))
    collapsed = [figure for figure in figures if figure.floor and not holds(figure.value, figure.floor)]
    if asked.small:
        for figure in collapsed:
            print(f"collapsed: {figure.what}: {figure.value:g}, not {figure.floor}", file=sys.stderr)
    if failed:
        print(f"not measured: {', '.join(failed)}", file=sys.stderr)
    if failed or (asked.small and collapsed):
        raise SystemExit(1)


def machine(bench: Bench) -> dict[str, object]:
    return {
        "processors": os.cpu_count(),
        "kernel": platform.release(),
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "most_requests_per_second": bench.tools.most_requests_per_second,
    }


if __name__ == "__main__":
    main()
