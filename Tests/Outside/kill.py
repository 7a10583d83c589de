"""The machinery of the tests that kill the real process: a town of customers, a road that breaks, a disk that fails, a judge.

Nothing here is shared with Dues: the judge reads the sandbox by its API and `dues.db` with Python's own sqlite3.
"""

from __future__ import annotations

import http.client
import http.server
import json
import os
import random
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.parse
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from power import Disk, in_words
from world import DUES, World, bodies, fetch, well_made

#: From this length on the log is copied into the ledger; pages (`Ledger.makeDurable`).
COPIED_AT = 4000
#: What `stripe.timeout` says; seconds.
TIMEOUT = 2
WEEK = timedelta(days=7)


def kind_of(method: str, path: str) -> str:
    """What a request is about, in words: the rows of the table."""
    if method == "GET":
        return "read"
    match path.split("?")[0].strip("/").split("/"):
        case ["v1", "payment_intents"]:
            return "create intent"
        case ["v1", "payment_intents", _, "confirm"]:
            return "confirm intent"
        case ["v1", "payment_intents", _, "cancel"]:
            return "cancel intent"
        case ["v1", "checkout", "sessions"]:
            return "open checkout"
        case ["v1", "checkout", "sessions", _, "expire"]:
            return "expire checkout"
    return "other POST"


# --- The road ---------------------------------------------------------------------------------------------------------


@dataclass
class Passage:
    """One request on its way from Dues to Stripe and back."""

    kind: str
    path: str
    key: str | None
    body: bytes
    #: `sent` (Stripe has not seen it), `acting` (Stripe has it), `answered` (on its way back), `done`, `lost`.
    where: str = "sent"


@dataclass
class Ambush:
    """Kills when a request of a kind comes by for the n-th time: before Stripe sees it, after it acted, or after."""

    kind: str
    number: int
    where: str
    kill: Callable[[], None]
    sprung: bool = False


class Road:
    """A proxy between Dues and Stripe that sees every request, and loses, breaks, delays or doubles some by a seed."""

    FATES = ("drop before", "drop after", "truncate", "late", "double", "ghost")

    def __init__(self, upstream: str, tally: Tally, seed: int) -> None:
        self.tally = tally
        self.chance = random.Random(seed)
        self.share_of_trouble = 0.0
        self.fates: tuple[str, ...] = self.FATES
        self.ambush: Ambush | None = None
        self.lock = threading.Lock()
        self.passing: set[int] = set()
        self.passages: dict[int, Passage] = {}
        #: The POSTs by key: all bodies seen under it, with their paths.
        self.under_key: dict[str, set[tuple[str, bytes]]] = defaultdict(set)
        address = urllib.parse.urlsplit(upstream)
        self._upstream = (address.hostname or "127.0.0.1", address.port)
        self._ghosts: list[threading.Thread] = []
        road = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                try:
                    road._pass(self)
                except OSError:
                    self.close_connection = True

            do_POST = do_DELETE = do_GET

            def log_message(self, *_: Any) -> None:
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, *_: Any) -> None:
                pass

        self._server = Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def _pass(self, there: http.server.BaseHTTPRequestHandler) -> None:
        body = there.rfile.read(int(there.headers.get("content-length") or 0))
        method, path = there.command, there.path
        passage = Passage(kind_of(method, path), path, there.headers.get("idempotency-key"), body)
        with self.lock:
            number = len(self.passages)
            self.passages[number] = passage
            self.passing.add(number)
            if method == "POST" and passage.key:
                self.under_key[passage.key].add((path, body))
            trouble = self.chance.random() < self.share_of_trouble
            fate = self.chance.choice(self.fates) if trouble else ""
            if fate == "double" and method != "POST":
                fate = ""
        if fate:
            self.tally.proxy[fate] += 1
        headers = [(name, value) for name, value in there.headers.items() if name.lower() != "connection"]
        request = (method, path, body, headers)
        try:
            if self._strikes(passage, "before Stripe sees it"):
                fate = self.chance.choice(("drop before", "ghost"))
            if fate == "drop before":
                return self._lose(there, passage)
            if fate == "ghost":
                # Lost to the sender, and yet it arrives: later, perhaps after the next process has asked.
                ghost = threading.Thread(target=self._haunt, args=(request, self.chance.uniform(0.05, 1.5)), daemon=True)
                self._ghosts.append(ghost)
                ghost.start()
                return self._lose(there, passage)
            passage.where = "acting"
            status, reason, answer_headers, answer = self._forward(*request)
            passage.where = "answered"
            if self._strikes(passage, "after Stripe acted") or fate == "drop after":
                return self._lose(there, passage)
            if fate == "double":
                again = self._forward(*request)
                if self.chance.random() < 0.5:
                    status, reason, answer_headers, answer = again
            if fate == "late":
                time.sleep(TIMEOUT + 0.5)
            head = f"HTTP/1.1 {status} {reason}\r\n" + "".join(
                f"{name}: {value}\r\n"
                for name, value in answer_headers
                if name.lower() not in ("connection", "content-length", "transfer-encoding", "date")
            )
            date = next((value for name, value in answer_headers if name.lower() == "date"), None)
            head += f"Date: {date}\r\n" if date else ""
            whole = f"{head}Content-Length: {len(answer)}\r\n\r\n".encode() + answer
            if fate == "truncate":
                there.connection.sendall(whole[: -max(1, len(answer) // 2)])
                return self._lose(there, passage)
            there.connection.sendall(whole)
            passage.where = "done"
            self._strikes(passage, "after the answer")
        except OSError:
            passage.where = "lost"
            there.close_connection = True
        finally:
            with self.lock:
                self.passing.discard(number)

    def _strikes(self, passage: Passage, where: str) -> bool:
        with self.lock:
            ambush = self.ambush
            if not ambush or ambush.sprung or ambush.where != where or ambush.kind != passage.kind:
                return False
            ambush.number -= 1
            if ambush.number > 0:
                return False
            ambush.sprung = True
        ambush.kill()
        return True

    def _lose(self, there: http.server.BaseHTTPRequestHandler, passage: Passage) -> None:
        passage.where = "lost"
        there.close_connection = True
        try:
            there.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def _forward(self, method: str, path: str, body: bytes, headers: list[tuple[str, str]]):
        with closing(http.client.HTTPConnection(*self._upstream, timeout=30)) as connection:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            for name, value in headers:
                connection.putheader(name, value)
            connection.endheaders(body or None)
            try:
                response = connection.getresponse()
                return response.status, response.reason, response.getheaders(), response.read()
            except http.client.HTTPException as broken:
                raise ConnectionError(f"{method} {path}: {broken}") from broken

    def _haunt(self, request: tuple, seconds: float) -> None:
        time.sleep(seconds)
        try:
            self._forward(*request)
        except OSError:
            pass

    def in_flight(self) -> list[tuple[str, str]]:
        """Kind and place of what is on its way now."""
        with self.lock:
            return [(self.passages[it].kind, self.passages[it].where) for it in self.passing]

    def count(self) -> int:
        return len(self.passages)

    def keys_since(self, number: int) -> set[str]:
        """The idempotency keys of what has left Dues since then."""
        with self.lock:
            return {it.key for at, it in self.passages.items() if at >= number and it.key}

    def last_done(self, since: int) -> str:
        """The newest request after the `since`-th whose answer went back."""
        with self.lock:
            for number in range(len(self.passages) - 1, since - 1, -1):
                if self.passages[number].where == "done":
                    return self.passages[number].kind
        return "nothing"

    def settle(self) -> None:
        for ghost in self._ghosts:
            ghost.join(5)
        self._ghosts.clear()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


# --- What was done, counted -------------------------------------------------------------------------------------------


@dataclass
class Tally:
    kills: Counter = field(default_factory=Counter)
    #: By request and place: what the killed process had on its way.
    places: Counter = field(default_factory=Counter)
    #: By the last request that was answered, for kills with nothing on its way.
    between: Counter = field(default_factory=Counter)
    kills_with_flight: int = 0
    #: Plans that came too late: the tick had ended.
    missed: int = 0
    disk: Counter = field(default_factory=Counter)
    #: Power cuts, by where, and by whether something unsynced was lost.
    power: Counter = field(default_factory=Counter)
    #: Those of them before which the log was being copied into the ledger.
    power_copying: int = 0
    disk_said: dict[str, Counter] = field(default_factory=lambda: defaultdict(Counter))
    proxy: Counter = field(default_factory=Counter)
    stripe: Counter = field(default_factory=Counter)
    judged: Counter = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)
    worlds: int = 0
    judgments: int = 0
    started: float = field(default_factory=time.monotonic)

    @property
    def killed(self) -> int:
        return self.kills.total()

    @property
    def in_flight(self) -> int:
        return self.places.total()

    def line(self) -> str:
        return (
            f"{self.killed} kills, {self.in_flight} requests in flight when killed, "
            f"{self.power.total()} power cuts, {self.disk.total()} disk faults, {self.proxy.total()} proxy faults, {self.stripe.total()} faults at Stripe, "
            f"{self.judged['charges']} charges judged, {len(self.violations)} violations, "
            f"{time.monotonic() - self.started:.0f} s"
        )

    def table(self) -> str:
        """All of it, for people."""
        lines = [f"== {self.line()}; {self.worlds} worlds, {self.judgments} judgments, {self.missed} plans that came too late"]

        def section(title: str, counts: Counter) -> None:
            lines.append(f"\n{title}")
            for key, count in sorted(counts.items(), key=lambda it: str(it[0])):
                lines.append(f"  {count:6}  {' · '.join(key) if isinstance(key, tuple) else key}")

        section("kills, by what dealt them", self.kills)
        section("requests in flight when killed, by where they were", self.places)
        section("kills with nothing in flight, by the last answer before", self.between)
        section("power cuts, and the sectors of which files were lost", self.power)
        lines.append(f"  {self.power_copying:6}  of them while or after the log was copied into the ledger")
        section("disk faults", self.disk)
        for kind, said in sorted(self.disk_said.items()):
            section(f"  what the program said to: {kind}", said)
        section("faults on the way", self.proxy)
        section("faults at Stripe", self.stripe)
        section("judged", self.judged)
        lines.append(f"\nviolations: {len(self.violations)}")
        lines.extend(f"  {it}" for it in self.violations)
        return "\n".join(lines)


# --- The town ---------------------------------------------------------------------------------------------------------

#: Cards that pay, each with a fingerprint of its own: a card's budget is 15 attempts that have not succeeded.
CARDS_THAT_PAY = [
    f"pm_card_{country}"
    for country in (
        "ar br ca cl co cr ec mx pa py pe uy ae at be bg by hr cy cz dk ee fi fr de gi gr hu ie it lv li lt lu mt nl no pl"
    ).split()
]
#: What each customer's method does to a charge. By name: methods, and the job that charges them.
FOLK: dict[str, tuple[list[str], str]] = {
    "pays": (CARDS_THAT_PAY, "gold"),
    "declines": (["pm_card_chargeCustomerFail", "pm_card_sandboxDecline_insufficient_funds"], "gold"),
    "asks": (["pm_card_authenticationRequired"], "gold"),
    "debit pays": (["pm_usBankAccount_success"], "debit"),
    "debit fails": (["pm_usBankAccount_insufficientFunds"], "debit"),
}
MUST_PAY = {"pays", "debit pays"}
EVERY_WEEK = {"every": "1 week", "at": "09:00", "time_zone": "UTC", "missed": "all"}
JOBS = {
    "gold": {"description": "Gold membership", "amount": 1099, "currency": "gbp", "schedule": EVERY_WEEK},
    "debit": {"description": "Silver membership", "amount": 2350, "currency": "usd", "schedule": EVERY_WEEK},
}


@dataclass
class Run:
    """One start of a program and its end."""

    code: int
    killed: bool
    out: str
    err: str
    seconds: float
    #: What was on its way when it ended.
    flying: list[tuple[str, str]]

    def __str__(self) -> str:
        return f"exit {self.code} after {self.seconds:.2f} s\n{self.out}\n{self.err}"


class Town:
    """Customers who owe a few weeks each, a sandbox, the merchant, and a road that leads everything past us."""

    def __init__(
        self, directory: Path, tally: Tally, seed: int, folk: dict[str, int], weeks: int, latency: int = 20
    ) -> None:
        self.tally, self.seed, self.weeks = tally, seed, weeks
        self.chance = random.Random(seed)
        self.world = World(directory)
        self.world.speak_only("en")
        #: Where what a tick prints is kept.
        self.outputs = directory
        tally.worlds += 1
        self.sandbox = self.world.start(
            "sandbox", "sandbox", "--latency", f"{latency}ms",
            "--listen", self.world.sandbox_url.removeprefix("http://"),
        )
        self.sandbox.is_ready(self.world.sandbox_url + "/v1/customers?limit=1")
        self.road = Road(self.world.sandbox_url, tally, seed)
        self.server = None
        self._sandbox_keys: dict[str, tuple[str, str]] = {}
        self._log_since = 0
        #: Violations of this town, each once.
        self.found: list[str] = []
        #: Charges that a person has judged: their card is not charged again.
        self.decided: set[str] = set()
        #: From now on what is found was put there by the test.
        self.is_planted = False
        self.start_date = (self.world.now - WEEK * (weeks - 1)).date()
        config = self.world.config
        config["stripe"] |= {
            "api_base": self.road.url,
            "timeout": f"{TIMEOUT}s",
            "requests_per_second": 1000,
            "requests_per_second_per_endpoint": 1000,
        }
        config["limits"] = {"catch_up": "400d"}
        # One mail of a kind for each charge, so that a second one is told from a reminder.
        config["recovery"] = {
            "then": "continue", "while_recovering": "charge", "reminders": [], "give_up_after": "200d",
        }
        for name, job in JOBS.items():
            self.world.write_job(name, job)
        self.merchant = self.world.start_merchant()
        self.world.register_webhook()
        #: Of each customer, what their method does.
        self.folk: dict[str, str] = {}
        try:
            self._move_in(folk)
        except BaseException:
            self.stop()
            raise

    def _move_in(self, folk: dict[str, int]) -> None:
        everybody = [(what, number) for what, count in folk.items() for number in range(count)]

        def move_in(one: tuple[str, int]) -> tuple[str, str]:
            what, number = one
            methods, _ = FOLK[what]
            name = f"{what.title()} {number}"
            address = f"{what.replace(' ', '-')}-{number}@customer.example"
            return self._customer(name, address, methods[number % len(methods)]), what

        with ThreadPoolExecutor(4) as pool:
            self.folk = dict(pool.map(move_in, everybody))
        # The first opens, and makes, the ledger alone.
        first, *others = self.folk
        self._agree(first)
        with ThreadPoolExecutor(3) as pool:
            list(pool.map(self._agree, others))

    def _customer(self, name: str, address: str, method: str) -> str:
        if not method.startswith("pm_usBankAccount"):
            return self.world.customer(name, address, card=method)
        customer = self.world.customer(name, address)
        setup = self.world.stripe(
            "POST",
            "/v1/setup_intents",
            {
                "customer": customer,
                "payment_method": method,
                "allowed_payment_method_types": ["us_bank_account"],
                "confirm": True,
                "usage": "off_session",
                "mandate_data": {
                    "customer_acceptance": {"type": "online", "online": {"ip_address": "127.0.0.1", "user_agent": "town"}}
                },
            },
        )
        assert setup["status"] == "succeeded", setup
        self.world.stripe(
            "POST",
            f"/v1/customers/{customer}",
            {"invoice_settings": {"default_payment_method": setup["payment_method"]}},
        )
        return customer

    def _agree(self, customer: str) -> None:
        job = FOLK[self.folk[customer]][1]
        self.world.dues(
            "agreement", "add", "--customer", customer, "--job", job, "--start", self.start_date.isoformat()
        )

    # Programs

    def arguments(self, verb: str) -> list[str]:
        return [verb, "--config", str(self.world.directory / "config.toml"), "--now", self.world.clock]

    @contextmanager
    def spawned(self, *before: str) -> Iterator[tuple[subprocess.Popen, Path, Path]]:
        """A tick, perhaps under another program; ended with all that belongs to it."""
        stamp = time.monotonic_ns()
        out, err = (self.outputs / f"tick-{stamp}.{name}" for name in ("out", "err"))
        with out.open("wb") as out_file, err.open("wb") as err_file:
            process = subprocess.Popen(
                [*before, str(DUES), *self.arguments("tick"), "--json"],
                cwd=self.world.directory,
                env=self.world.environment(),
                stdin=subprocess.DEVNULL,
                stdout=out_file,
                stderr=err_file,
                start_new_session=True,
            )
        try:
            yield process, out, err
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            out.unlink()
            err.unlink()

    def tick(self, *before: str, seconds: float = 60) -> Run:
        """One tick to its end; `before` is what it runs under. One that does not end is killed and told."""
        started = time.monotonic()
        with self.spawned(*before) as (process, out, err):
            try:
                process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.violated(f"a tick did not end within {seconds:g} s: {err.read_text()[-600:]}")
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            flying = self.road.in_flight()
            code, seconds = process.returncode, time.monotonic() - started
            return Run(code, code == -signal.SIGKILL, out.read_text(), err.read_text(), seconds, flying)

    def healthy_tick(self) -> Run:
        """A tick on a good disk and a good road: it may say that somebody is wanted, and nothing worse."""
        run = self.tick()
        if run.code not in (0, 1):
            self.violated(f"a tick without any fault ended with {run.code}: {run.err[-600:]}")
        elif json.loads(run.out)["errors"]:
            self.violated(f"a tick without any fault had errors: {run.out} {run.err[-600:]}")
        return run

    def violated(self, what: str) -> None:
        if what in self.found:
            return
        self.found.append(what)
        if not self.is_planted:
            self.tally.violations.append(f"[seed {self.seed}, after {self.tally.killed} kills] {what}")

    # Kills

    def killed(self, how: str, process: subprocess.Popen, since: int) -> None:
        """Kills, and writes down where everything was."""
        flying = self.road.in_flight()
        process.kill()
        process.wait()
        self.tally.kills[how] += 1
        self._place(flying, since)

    def _place(self, flying: list[tuple[str, str]], since: int) -> None:
        words = {
            "sent": "not yet at Stripe",
            "acting": "at Stripe",
            "answered": "answered, not delivered",
            "done": "answered",
            "lost": "lost",
        }
        if flying:
            self.tally.kills_with_flight += 1
            for kind, where in flying:
                self.tally.places[(kind, words[where])] += 1
        else:
            self.tally.between[f"after {self.road.last_done(since)}"] += 1

    def kill_by_clock(self, seconds: float) -> bool:
        """Kills a tick after a time; False if it had ended before."""
        since = self.road.count()
        with self.spawned() as (process, _, err):
            try:
                process.wait(max(seconds, 0.01))
            except subprocess.TimeoutExpired:
                self.killed("by the clock", process, since)
                return True
            if process.returncode not in (0, 1, 69):
                self.violated(f"a tick ended with {process.returncode}: {err.read_text()[-600:]}")
            return False

    def kill_by_ambush(self, kind: str, number: int, where: str) -> bool:
        """Kills a tick when its n-th request of a kind is at a place."""
        since = self.road.count()
        done = threading.Event()
        with self.spawned() as (process, _, err):

            def kill() -> None:
                self.killed(f"{where}: {kind}", process, since)
                done.set()

            self.road.ambush = Ambush(kind, number, where, kill)
            try:
                deadline = time.monotonic() + 60
                while not done.is_set() and process.poll() is None and time.monotonic() < deadline:
                    time.sleep(0.005)
                with self.road.lock:
                    struck = self.road.ambush.sprung
                    self.road.ambush.sprung = True
                if struck:
                    done.wait(10)
                    return True
                if process.poll() is None:
                    self.violated(f"a tick did not end within 60 s: {err.read_text()[-600:]}")
                elif process.returncode not in (0, 1, 69):
                    self.violated(f"a tick ended with {process.returncode}: {err.read_text()[-600:]}")
                return False
            finally:
                self.road.ambush = None

    def kill_by_write(self, call: str, number: int) -> bool:
        """Kills a tick as one of its threads enters its n-th write or sync; the write does not happen."""
        since = self.road.count()
        log = self.world.directory / "strace.log"
        run = self.tick(*strace(log, call, f"signal=KILL:when={number}"))
        if not run.killed:
            return False
        calls = re.findall(rf"^\d+ +{call}\(", log.read_text(errors="replace"), re.MULTILINE)
        global_number = len(calls)
        reach = next(f"up to the {most}th" for most in (5, 10, 20, 50, 100, 200, 500, 10**9) if global_number <= most)
        self.tally.kills[f"by its n-th {call}: {reach.replace('1000000000th', 'last')}"] += 1
        self._place(run.flying, since)
        return True

    def cut_power(self, call: str, number: int, lies: bool = False, share: float | None = None) -> None:
        """The power goes as a tick enters its n-th call of a kind, or after its end if it makes fewer; what was not synced
        is lost, or some of it.

        `lies`: nor is there what the disk said that it had synced. `share`: how much of it is there; None: by chance.
        """
        since = self.road.count()
        disk = Disk(self.world.directory / "dues.db")
        run = self.tick(*disk.watching(call, number))
        if not run.killed and run.code not in (0, 1, 69):
            return self.violated(f"a tick before a power cut ended with {run.code}: {run.err[-600:]}")
        disk.read_log(lies)
        lost = disk.cut(self.chance, share=0 if lies else share)
        if self.is_planted:
            return
        self.tally.power[(f"before a {call}" if run.killed else "after its end", in_words(lost))] += 1
        self.tally.power_copying += disk.copies
        self._place(run.flying, since)

    def fill_log(self) -> None:
        """The ledger's log gets nearly as long as what is copied into the ledger: the next tick will."""
        write = (
            "import os, sqlite3, sys\n"
            "ledger = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
            "ledger.execute('PRAGMA wal_autocheckpoint = 0')\n"
            "ledger.execute('PRAGMA synchronous = OFF')\n"
            # From its beginning; each change of one row is one page in it.
            "ledger.execute('PRAGMA wal_checkpoint(TRUNCATE)').fetchall()\n"
            "for number in range(int(sys.argv[2])):\n"
            "    ledger.execute('UPDATE ledger SET last_commit_at = last_commit_at + ?', ((-1) ** number,))\n"
            # Closing would copy it.
            "os._exit(0)\n"
        )
        subprocess.run(
            [sys.executable, "-c", write, str(self.world.directory / "dues.db"), str(COPIED_AT - 6)], check=True, timeout=60
        )

    # Serve, and those who come to it

    def start_server(self) -> None:
        self.server = self.world.start_server()

    def kill_server(self) -> None:
        since = self.road.count()
        self.killed("serve, by the clock", self.server.process, since)
        self.world.programs.remove(self.server)
        self.server = None

    def links(self) -> list[str]:
        """The links of the mails, newest first: as customers find them."""
        found: dict[str, None] = {}
        pattern = re.compile(re.escape(self.world.server_url) + r"/r/[\w.~-]+")
        files = sorted((self.world.directory / "outbox").glob("*.eml"), key=lambda it: -it.stat().st_mtime_ns)
        for path in files:
            text = bodies(well_made(path.read_bytes()))[0]
            found.update(dict.fromkeys(pattern.findall(text)))
        return list(found)

    def customers_click(self, how_many: int, again: bool = True) -> None:
        """Some customers pay their links, each on a thread of their own; nobody minds a server that dies."""
        links = self.links()
        chosen = self.chance.sample(links, min(how_many, len(links)))
        with ThreadPoolExecutor(4) as pool:
            for link in chosen:
                pool.submit(self._pay_link, link)
                if again and self.chance.random() < 0.3:
                    pool.submit(self._pay_link, link)

    def _pay_link(self, link: str) -> None:
        try:
            answer = fetch(link + "/pay", "POST", b"")
            session = re.search(r"cs_\w+", answer.headers.get("location") or "")
            if answer.status != 303 or not session:
                self.tally.judged[f"clicks answered {answer.status}"] += 1
                return
            paid = fetch(
                f"{self.world.sandbox_url}/_sandbox/sessions/{session[0]}/complete", "POST", b"card=4242424242424242"
            )
            self.tally.judged[f"links paid, the page answered {paid.status}"] += 1
            fetch(f"{self.world.server_url}/done?session_id={session[0]}")
        except OSError:
            self.tally.judged["clicks on a dead server"] += 1

    # Trouble

    def trouble_at_stripe(self) -> None:
        kind = self.chance.choice(
            [
                "500_after", "500_after", "500_before", "502_after", "409", "429", "lock_timeout", "drop_after",
                "drop_running", "truncate",
            ]
        )
        path = self.chance.choice(["/v1/payment_intents", "/v1/payment_intents", "/v1/checkout/sessions"])
        count = self.chance.randint(1, 3)
        self.world.control("POST", "faults", {"kind": kind, "method": "POST", "path": path, "count": count})
        self.tally.stripe[kind] += count

    def pass_some_time(self) -> None:
        """Between two starts: none, over a minute (so that it is sent again), or up to three hours."""
        seconds = self.chance.choice([0, 61, 61, 61, 61, 130, 600, 3600, 10800])
        if seconds:
            self.world.pass_time(seconds=seconds)

    # Rest

    def ledger(self) -> sqlite3.Connection:
        database = sqlite3.connect(f"file:{self.world.directory / 'dues.db'}?mode=ro", uri=True, timeout=20)
        database.row_factory = sqlite3.Row
        return database

    def unfinished(self) -> dict[str, int]:
        """What the next tick has still to do, by what the ledger says."""
        now = self._now_ms()
        questions = {
            "attempts in flight": "SELECT count(*) FROM attempts WHERE state IN ('sending', 'unresolved')",
            "checkouts in flight": "SELECT count(*) FROM checkouts WHERE state IN ('opening', 'closing')",
            "intents closing": "SELECT count(*) FROM intents WHERE state = 'closing'",
            "charges due": f"SELECT count(*) FROM charges WHERE state IN ('scheduled', 'attempting') AND due_at <= {now}",
            "periods due": f"SELECT count(*) FROM agreements WHERE next_due_at <= {now}",
            "retries due": f"SELECT count(*) FROM recoveries WHERE ended_at IS NULL AND next_retry_at <= {now}",
            "links wanted": "SELECT count(*) FROM recoveries WHERE wants_link = 1",
            "events waiting": "SELECT count(*) FROM events WHERE state = 'waiting'",
            "messages queued": "SELECT count(*) FROM fulfillments WHERE state = 'queued'",
            "notices queued": "SELECT count(*) FROM notices WHERE state = 'queued'",
        }
        with closing(self.ledger()) as database:
            counts = {name: database.execute(sql).fetchone()[0] for name, sql in questions.items()}
        return {name: count for name, count in counts.items() if count}

    def attempts_out(self) -> set[str]:
        """The keys of attempts that nobody has an answer to."""
        with closing(self.ledger()) as database:
            return {
                row[0]
                for row in database.execute("SELECT idempotency_key FROM attempts WHERE state IN ('sending', 'unresolved')")
            }

    def a_person_decides(self, expect: int) -> None:
        """What stayed unknown is looked up at Stripe by a person, who says what they saw."""
        with closing(self.ledger()) as database:
            unknown = [row[0] for row in database.execute("SELECT id FROM charges WHERE state = 'unresolved'")]
        paid = {
            it["metadata"].get("dues_charge")
            for it in self.listed("/v1/payment_intents") if it["status"] == "succeeded"
        }
        for charge in unknown:
            if charge in paid:
                self.violated(f"law 3: Stripe shows a success of {charge}, and it is still unresolved")
            verdict = "paid" if charge in paid else "failed"
            self.world.dues("charge", "resolve", charge, "--as", verdict, "--note", "looked it up", expect=expect)
            self.tally.judged[f"attempts that a person decided, exit {expect}: {verdict}"] += 1
            if expect == 0:
                self.decided.add(charge)

    def come_to_rest(self, most: int = 12) -> None:
        """Healthy ticks, a few minutes apart, until nothing is left to do now."""
        self.road.share_of_trouble = 0
        self.road.ambush = None
        self.road.settle()
        self.world.control("DELETE", "faults")
        left: dict[str, int] = {}
        for _ in range(most):
            self.world.pass_time(minutes=6)
            self.healthy_tick()
            left = self.unfinished()
            if not left:
                return
        self.violated(f"not at rest after {most} healthy ticks: {left}")

    def stop(self) -> None:
        self.world.__exit__(None, None, None)
        self.road.stop()

    def tell(self) -> None:
        self.world.tell()

    # The judge

    def listed(self, path: str) -> list[dict[str, Any]]:
        """All of a list of Stripe's, page by page."""
        found: list[dict[str, Any]] = []
        while True:
            after = f"&starting_after={found[-1]['id']}" if found else ""
            page = self.world.stripe("GET", f"{path}{'&' if '?' in path else '?'}limit=100{after}")
            found += page["data"]
            if not page["has_more"]:
                return found

    def stripes_log(self) -> dict[str, tuple[str, str]]:
        """Of each idempotency key that reached Stripe, path and parameters; two different ones are a violation."""
        rows = self.world.control("GET", f"requests?method=POST&since={self._log_since}")["data"]
        for row in rows:
            self._log_since = max(self._log_since, row["at"])
            key = row["idempotency_key"]
            if not key:
                continue
            said = (row["path"], row["parameters"])
            if self._sandbox_keys.setdefault(key, said) != said:
                self.violated(f"key {key} reached Stripe with {self._sandbox_keys[key]} and with {said}")
        return self._sandbox_keys

    def judge_now(self) -> None:
        """What must hold at any moment, whoever was killed a moment ago."""
        self.tally.judgments += 1
        intents = self.listed("/v1/payment_intents")
        keys = self.stripes_log()
        with closing(self.ledger()) as database:
            (integrity,) = database.execute("PRAGMA integrity_check").fetchone()
            if integrity != "ok" or database.execute("PRAGMA foreign_key_check").fetchone():
                self.violated(f"the ledger is broken: {integrity}")
            written = {
                row["idempotency_key"]: (row["path"], bytes(row["body"]))
                for row in database.execute(
                    "SELECT idempotency_key, path, body FROM attempts UNION ALL SELECT idempotency_key, path, body FROM checkouts"
                )
            }
            charges = {row["id"]: row for row in database.execute("SELECT * FROM charges")}
        # Law 2: written before sent, and sent as it is written.
        for key, (path, parameters) in keys.items():
            if kind_of("POST", path) not in ("create intent", "confirm intent", "open checkout"):
                continue
            if key not in written:
                self.violated(f"law 2: {key} ({path}) reached Stripe, and the ledger does not know it")
            elif written[key][0] != path or (len(parameters) < 4096 and written[key][1].decode() != parameters):
                self.violated(f"law 2: {key} was sent as {path} {parameters}, and written as {written[key]}")
        with self.road.lock:
            for key, said in self.road.under_key.items():
                if len(said) > 1:
                    self.violated(f"key {key} left with different bodies: {said}")
        # Laws 1, 4 and 6.
        by_charge: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for intent in intents:
            by_charge[intent["metadata"].get("dues_charge", "")].append(intent)
        for charge, its in by_charge.items():
            succeeded = [it for it in its if it["status"] == "succeeded"]
            if len(succeeded) > 1:
                self.violated(f"CHARGED TWICE: {charge}: {[it['id'] for it in succeeded]}")
            open_ones = [
                it["id"] for it in its
                if "dues_attempt" in it["metadata"] and it["status"] not in ("canceled", "succeeded")
            ]
            if len(open_ones) > 1:
                self.violated(f"law 4: {charge} has {len(open_ones)} open off-session intents: {open_ones}")
            if charge not in charges:
                self.violated(f"law 1: {charge!r} has intents at Stripe, and is not in the ledger")
        for charge, row in charges.items():
            succeeded = [it for it in by_charge[charge] if it["status"] == "succeeded"]
            if row["state"] == "paid" and not succeeded:
                self.violated(f"law 6: {charge} is paid, and Stripe has no success")
            for it in succeeded:
                if (it["amount_received"], it["currency"]) != (row["amount"], row["currency"]):
                    self.violated(f"law 6: {charge} took {it['amount_received']} {it['currency']}")

    def judge_at_rest(self, final: bool = False) -> None:
        """What must hold when nothing is under way. `final`: a bank debit of five days ago has come to its end, too."""
        self.judge_now()
        charges_at_stripe = Counter(
            it["payment_intent"] for it in self.listed("/v1/charges") if it["status"] == "succeeded"
        )
        for intent, count in charges_at_stripe.items():
            if count > 1:
                self.violated(f"CHARGED TWICE: {intent} has {count} successful charges")
        successes = Counter(
            it["metadata"]["dues_charge"] for it in self.listed("/v1/payment_intents")
            if it["status"] == "succeeded"
        )
        sessions = self.listed("/v1/checkout/sessions")
        with closing(self.ledger()) as database:
            rows = database.execute("SELECT * FROM charges").fetchall()
            told = Counter(
                row[0] for row in database.execute("SELECT charge FROM fulfillments WHERE kind = 'charge.paid'")
            )
            payments = Counter(row[0] for row in database.execute("SELECT charge FROM payments WHERE is_extra = 0"))
            extra = database.execute("SELECT count(*) FROM payments WHERE is_extra = 1").fetchone()[0]
            now = self._now_ms()
            debits_on_their_way = {
                row[0]
                for row in database.execute(
                    "SELECT charge FROM attempts WHERE state = 'processing' AND written_at > ?", (now - 5 * 86_400_000,)
                )
            }
            live = database.execute("SELECT charge, state FROM attempts WHERE state IN ('sending', 'unresolved')").fetchall()
            silent = database.execute(
                "SELECT id FROM charges WHERE id NOT IN (SELECT charge FROM history WHERE charge IS NOT NULL)"
            ).fetchall()
            agreements = database.execute("SELECT id, customer FROM agreements").fetchall()
        if extra:
            self.violated(f"the ledger knows of {extra} second payments")
        for row in live:
            self.violated(f"law 3: {row['charge']} has an attempt left {row['state']}")
        for row in silent:
            self.violated(f"law 9: {row['id']} has no history")
        if len(agreements) != len(self.folk):
            self.violated(f"{len(self.folk)} agreements were added, and {len(agreements)} are there")
        periods = Counter((row["agreement"], row["period"]) for row in rows)
        if len(periods) != len(rows):
            self.violated("law 1: a period has two charges")
        expected = int((self.world.now - self._first_due()) / WEEK) + 1
        for row in agreements:
            there = sum(1 for agreement, _ in periods if agreement == row["id"])
            if there != expected:
                self.violated(f"{row['id']} has {there} periods, and {expected} were due")
        heard: dict[str, set[str]] = defaultdict(set)
        for delivery in list(self.merchant.deliveries):
            if not delivery.signed:
                self.violated(f"the merchant got {delivery.id} with a wrong signature")
            if delivery.body["type"] == "charge.paid":
                heard[delivery.body["data"]["charge"]["id"]].add(delivery.id)
        open_sessions = Counter(
            it["metadata"].get("dues_charge") for it in sessions if it["status"] == "open"
        )
        for row in rows:
            charge, state, what = row["id"], row["state"], self.folk[row["customer"]]
            paid = state == "paid"
            if paid != (successes[charge] == 1):
                self.violated(f"{charge} ({what}) is {state}, and Stripe has {successes[charge]} successes")
            may_wait = charge in self.decided or (what == "debit pays" and (not final or charge in debits_on_their_way))
            if what in MUST_PAY and not paid and not may_wait:
                self.violated(f"LOST: {charge} ({what}) is {state}")
            if state in ("attempting", "unresolved", "scheduled", "held"):
                self.violated(f"{charge} ({what}) was left {state} ({row['held_reason']})")
            if (told[charge], payments[charge], len(heard[charge])) != ((1, 1, 1) if paid else (0, 0, 0)):
                self.violated(
                    f"law 7: {charge} ({state}) has {told[charge]} messages, {payments[charge]} payments, "
                    f"and the merchant heard {heard[charge]}"
                )
            if open_sessions[charge] > (0 if paid else 1):
                self.violated(f"law 5: {charge} ({state}) has {open_sessions[charge]} open checkouts at Stripe")
        self._judge_mails()
        if final:
            self.tally.judged["charges"] += len(rows)
            for row in rows:
                self.tally.judged[f"charges of a customer who {self.folk[row['customer']]}: {row['state']}"] += 1

    def _now_ms(self) -> int:
        return int(datetime.fromisoformat(self.world.clock).timestamp() * 1000)

    def _first_due(self) -> datetime:
        return self.world.now.replace(
            year=self.start_date.year, month=self.start_date.month, day=self.start_date.day, hour=9, minute=0, second=0
        )

    def _judge_mails(self) -> None:
        """Each mail is whole; none of a kind goes out twice for one charge under two ids."""
        seen: dict[tuple[str, str], set[str]] = defaultdict(set)
        for path in (self.world.directory / "outbox").glob("*"):
            if path.suffix != ".eml":
                continue
            message = well_made(path.read_bytes())
            link = re.search(re.escape(self.world.server_url) + r"/r/[\w.~-]+", bodies(message)[0])
            if link:
                seen[(link[0], message["Subject"])].add(message["Message-ID"])
        for (link, subject), ids in seen.items():
            if len(ids) > 1:
                self.violated(f"{link} was mailed {len(ids)} times as {subject!r}")


# --- The disk ---------------------------------------------------------------------------------------------------------


def has_strace() -> bool:
    """Is it there, and may it trace?"""
    return bool(shutil.which("strace")) and subprocess.run(
        ["strace", "-f", "-o", "/dev/null", "true"], capture_output=True
    ).returncode == 0


def strace(log: Path, calls: str, what: str) -> list[str]:
    """Runs a program with something injected into its system calls. `when=` counts in each thread by itself."""
    return [
        "strace", "-f", "-q", "-o", str(log), "-e", f"trace={calls}", "-e", f"inject={calls}:{what}",
        "--",
    ]


#: Root without the right to write where nobody may.
WITHOUT_OVERRIDE = [
    "setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-dac_override,-dac_read_search",
]
