"""A year of a few customers, lived by real commands against the embedded sandbox: where a ledger's rows come from."""

from __future__ import annotations

import json
import sqlite3
import time
import urllib.error
import urllib.parse
import urllib.request
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from ledgers import settle
from process import Server, fetch
from world import SECRET_KEY, World, free_port

CUSTOMERS = 24
MONTHS = 12
#: Which customer's charge fails in which month, and how it ends: about 1 of 24 fails, most come back by a retry.
FAILS = {
    (month, (month * 7 + 3) % CUSTOMERS): ("link" if month % 4 == 1 else "never" if month == 6 else "retry")
    for month in range(MONTHS)
}


class Sandbox:
    """The embedded Stripe, with a clock of its own that is moved on."""

    def __init__(self, world: World, now: datetime):
        self.now = now
        self._port = free_port()
        self.url = f"http://127.0.0.1:{self._port}"
        self._world = world

    def __enter__(self) -> Sandbox:
        command = [self._world.tools.dues, "sandbox", "--listen", f"127.0.0.1:{self._port}", "--now", rfc3339(self.now)]
        self._server = Server(command, self._world.directory, "sandbox", self._world.environment)
        self._started = time.monotonic()
        for _ in range(200):
            try:
                fetch(f"{self.url}/_sandbox/clock")
                return self
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.05)
        raise SystemExit(f"the sandbox does not answer; see {self._server.log}")

    def __exit__(self, *_: Any) -> None:
        self._server.stop()

    def pass_time(self, to: datetime) -> None:
        self.control("clock", now=int(to.timestamp()))
        self.now = to
        self._started = time.monotonic()

    @property
    def clock(self) -> str:
        return rfc3339(self.now + timedelta(seconds=time.monotonic() - self._started))

    def control(self, what: str, **fields: Any) -> Any:
        return json.loads(fetch(f"{self.url}/_sandbox/{what}", urllib.parse.urlencode(fields).encode()))

    def post(self, path: str, **fields: Any) -> Any:
        request = urllib.request.Request(
            self.url + path,
            data=urllib.parse.urlencode(fields).encode(),
            headers={"Authorization": f"Bearer {SECRET_KEY}", "Stripe-Version": "2026-10-28.endive"},
        )
        with urllib.request.urlopen(request, timeout=20) as response:
            return json.load(response)


def rfc3339(moment: datetime) -> str:
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def months_after(start: datetime, months: int) -> datetime:
    month = start.month - 1 + months
    return start.replace(year=start.year + month // 12, month=month % 12 + 1)


def live(world: World, sandbox: Sandbox, start: datetime, months: int) -> None:
    """Customers, agreements, and every month's ticks. `start` is a day that every month has."""
    methods = []
    lines = ["key,customer,job,start,amount,payment_method"]
    for number in range(CUSTOMERS):
        who = f"00000000m{number:04d}"
        customer = sandbox.post("/v1/customers", name=f"Customer {number}", email=f"{who}@example.com")["id"]
        methods.append(sandbox.post("/v1/payment_methods/pm_card_visa/attach", customer=customer)["id"])
        lines.append(f"{who},{customer},gold,{start:%Y-%m-%d},,{methods[-1]}")
    (world.directory / "agreements.csv").write_text("\n".join(lines) + "\n")
    world.dues("agreement", "import", "agreements.csv", "--now", sandbox.clock)
    own_cards(world.ledger)
    for month in range(months):
        month_passes(world, sandbox, methods, months_after(start, month), month)


def month_passes(world: World, sandbox: Sandbox, methods: list[str], due: datetime, month: int) -> None:
    failing = {methods[number]: end for (when, number), end in FAILS.items() if when == month}
    for method in failing:
        sandbox.control(f"payment_methods/{method}", decline="insufficient_funds")
    tick(world, sandbox, due + timedelta(minutes=1))
    for method, end in failing.items():
        if end == "retry":
            sandbox.control(f"payment_methods/{method}")
        if end == "link":
            pay_link(world, sandbox)
    days = [1, 4, 8, 13, 15] if "never" in failing.values() else [1]
    for day in days:
        tick(world, sandbox, due + timedelta(days=day, minutes=5))
    for method in failing:
        sandbox.control(f"payment_methods/{method}")


def pay_link(world: World, sandbox: Sandbox) -> None:
    listed = world.dues("charge", "list", "--state", "recovering", "--json", "--now", sandbox.clock).out
    for line in listed.splitlines():
        session = json.loads(line)["recovery"]["checkout_session"]
        sandbox.control(f"sessions/{session}/complete", card="4242424242424242")


def tick(world: World, sandbox: Sandbox, to: datetime) -> None:
    sandbox.pass_time(to)
    world.dues("tick", "--json", "--now", sandbox.clock)


def lived(world: World, months: int = MONTHS) -> Path:
    """The ledger of such a year, or of fewer months, which ends a few days ago; nothing of it is due."""
    today = datetime.now(timezone.utc).replace(hour=9, minute=0, second=0, microsecond=0)
    begun = today - timedelta(days=18 + 365 * (months - 1) // 12)
    start = begun.replace(day=min(begun.day, 28))
    with Sandbox(world, start - timedelta(days=2)) as sandbox:
        world.point_at(sandbox.url)
        live(world, sandbox, start, months)
    settle(world.ledger)
    return world.ledger


def own_cards(ledger: Path) -> None:
    """The sandbox's test card has one fingerprint; in life each customer has a card of their own."""
    db = sqlite3.connect(ledger, isolation_level=None)
    db.execute("UPDATE payment_methods SET fingerprint = substr(id, 4, 16), budget_key = substr(id, 4, 16)")
    db.close()
