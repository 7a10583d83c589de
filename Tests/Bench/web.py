"""Rows 9 and 11: webhooks and the recovery page of `dues serve`, alone and beside a tick."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.parse
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from bench_run import Bench
from figures import Figure, median
from ledgers import grow, one_offs_due
from process import Server, fetch
from world import World, free_port
from year import Sandbox

EVENTS = Path(__file__).resolve().parent / "events.py"
CONNECTIONS = 32
#: Customers who open the page, in a second.
VISITS = 200


def measure(bench: Bench) -> list[Figure]:
    return webhooks(bench) + recovery_page(bench)


class Served:
    """`dues serve`, or the empty peer, until it is stopped."""

    def __init__(self, world: World, command: list[str | Path], port: int, ready: str):
        self._server = Server(command, world.directory, "served", world.environment)
        self.port = port
        for _ in range(200):
            if self._server.process.poll() is not None:
                break
            try:
                fetch(f"http://127.0.0.1:{port}{ready}")
                return
            except urllib.error.HTTPError:
                return
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.05)
        raise SystemExit(f"{command[0]} does not answer; see {self._server.log}")

    def __enter__(self) -> Served:
        return self

    def __exit__(self, *_: Any) -> None:
        self._server.stop()


def serve(world: World) -> Served:
    return Served(world, world.command("serve", "--log-level", "error"), world.port, "/healthz")


# --- Webhooks ---------------------------------------------------------------------------------------------------------


def webhooks(bench: Bench) -> list[Figure]:
    if not bench.tools.empty.exists():
        raise SystemExit("the empty handler is not built: swift build -c release --product bench-empty")
    count = bench.size(10_000, 1_000)
    rounds: list[dict[str, Any]] = []
    with bench.canned() as canned:
        world = bench.world("webhooks", canned)
        due = one_offs_due(bench.world("due", canned), bench.size(10_000, 1_000))
        for number in range(bench.rounds):
            world.put_back(due)
            with serve(world) as served:
                alone = load_events(bench, world, served.port, count, f"a{number}")
                stored(world, count)
                beside = load_events_during_tick(bench, world, served.port, count, f"b{number}")
                stored(world, 2 * count)
            with empty(bench, world) as served:
                peer = load_events(bench, world, served.port, count, f"c{number}")
            rounds.append({"alone": alone, "tick": beside, "empty": peer})

    def of(who: str, key: str) -> float:
        return median([r[who][key] for r in rounds])

    return [
        Figure(
            "9",
            "webhooks/s, verified and stored, over an empty Hummingbird handler",
            median([r["alone"]["per_s"] / r["empty"]["per_s"] for r in rounds]),
            target=(">=", 0.4),
            runs=rounds,
        ),
        Figure("9", "  dues serve", of("alone", "per_s"), "/s", note=f"p99 {of('alone', 'p99_ms'):.1f} ms"),
        Figure(
            "9", "  dues serve, during a tick", of("tick", "per_s"), "/s", note=f"p99 {of('tick', 'p99_ms'):.1f} ms"
        ),
        Figure("9", "  the empty handler", of("empty", "per_s"), "/s", note=f"p99 {of('empty', 'p99_ms'):.1f} ms"),
    ]


def empty(bench: Bench, world: World) -> Served:
    port = free_port()
    return Served(world, [bench.tools.empty, str(port)], port, "/")


def load_events(bench: Bench, world: World, port: int, count: int, prefix: str) -> dict[str, Any]:
    file = world.directory / "events.http"
    subprocess.run([sys.executable, EVENTS, file, str(count), prefix], check=True)
    command = [bench.tools.load, "--port", str(port), "--connections", str(CONNECTIONS), "--file", file]
    return bench.tools.run(command, world.directory).json


def stored(world: World, count: int) -> None:
    db = sqlite3.connect(world.ledger)
    there = db.execute("SELECT count(*) FROM events").fetchone()[0]
    db.close()
    if there != count:
        raise SystemExit(f"{count} events were sent, and {there} are stored")


def load_events_during_tick(bench: Bench, world: World, port: int, count: int, prefix: str) -> dict[str, Any]:
    """From the begin of a tick on; waits for its end."""
    tick = start_tick(world)
    result = load_events(bench, world, port, count, prefix)
    if tick.wait() != 0:
        raise SystemExit(f"a tick ended with {tick.returncode}")
    return result


def start_tick(world: World) -> subprocess.Popen:
    return subprocess.Popen(
        world.command("tick", "--json", "--log-level", "error"),
        cwd=world.directory,
        env=world.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )


# --- The recovery page ------------------------------------------------------------------------------------------------


def recovery_page(bench: Bench) -> list[Figure]:
    count = bench.size(10_000, 1_000)
    rounds: list[dict[str, Any]] = []
    with bench.canned() as canned:
        world = bench.world("page", canned)
        path = a_link(world)
        seed = one_offs_due(bench.world("due", canned), 50) / "dues.db"
        for number in range(bench.rounds):
            grow(world.ledger, seed, count // 50, first=1 + number * 10_000)
            with serve(world) as served:
                visit(bench, world, served.port, path, seconds=1)
                alone = visit(bench, world, served.port, path, seconds=5)
                beside = visit_during_tick(bench, world, served.port, path)
            rounds.append({"alone": alone, "tick": beside})
    return [
        Figure(
            "11",
            f"p99 of the recovery page during a tick of {count:,} over alone",
            median([r["tick"]["p99_ms"] / r["alone"]["p99_ms"] for r in rounds]),
            target=("<=", 2),
            runs=rounds,
            note=f"{VISITS} visits/s",
        ),
        Figure("11", "  alone", median([r["alone"]["p99_ms"] for r in rounds]), "ms"),
        Figure("11", "  during the tick", median([r["tick"]["p99_ms"] for r in rounds]), "ms"),
    ]


def a_link(world: World) -> str:
    """A charge that was declined, and the path of its recovery link."""
    stripe_url = world.config["stripe"]["api_base"]
    with Sandbox(world, datetime.now(timezone.utc)) as sandbox:
        world.point_at(sandbox.url)
        customer = sandbox.post("/v1/customers", name="Ann", email="ann@example.com")["id"]
        method = sandbox.post("/v1/payment_methods/pm_card_visa/attach", customer=customer)["id"]
        sandbox.control(f"payment_methods/{method}", decline="insufficient_funds")
        charge = world.dues(
            "charge",
            "enqueue",
            "--customer",
            customer,
            "--amount",
            "1099",
            "--currency",
            "usd",
            "--description",
            "Gold membership",
            "--payment-method",
            method,
            "--key",
            "one",
            "--json",
        ).json["id"]
        world.tick()
    world.point_at(stripe_url)
    url = world.dues("recovery", "link", charge, "--json").json["url"]
    return urllib.parse.urlsplit(url).path


def visits(bench: Bench, port: int, path: str) -> list[str | Path]:
    return [bench.tools.load, "--port", str(port), "--connections", "16", "--get", path, "--rate", str(VISITS)]


def visit(bench: Bench, world: World, port: int, path: str, seconds: int) -> dict[str, Any]:
    return bench.tools.run([*visits(bench, port, path), "--seconds", str(seconds)], world.directory).json


def visit_during_tick(bench: Bench, world: World, port: int, path: str) -> dict[str, Any]:
    """Visits from the begin of a tick to its end."""
    tick = start_tick(world)
    load = subprocess.Popen(visits(bench, port, path), stdout=subprocess.PIPE, text=True)
    code = tick.wait()
    load.send_signal(signal.SIGTERM)
    out, _ = load.communicate()
    if code != 0 or load.returncode != 0:
        raise SystemExit(f"the tick ended with {code}, the visits with {load.returncode}: {out}")
    return json.loads(out)
