"""A small world around the program: its files, a sandbox Stripe, the web server, the merchant's own system."""

from __future__ import annotations

import base64
import email
import email.policy
import hashlib
import hmac
import http.client
import http.server
import itertools
import json
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from email.message import EmailMessage
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
DUES = Path(os.environ.get("DUES_BINARY", ROOT / ".build" / "debug" / "dues"))

SECRET_KEY = "sk_test_0utsideTestsKnowThisKey000001"
LINK_SECRET = "0123456789abcdef" * 4
FULFILLMENT_SECRET = "whsec_" + base64.b64encode(b"the merchant's system knows this").decode()
LIVE_KEY = "sk_live_0utsideTestsNeverSendThis0001"
#: Nothing of these may ever be printed, logged, mailed or shown.
SECRETS = [SECRET_KEY, LIVE_KEY, LINK_SECRET, FULFILLMENT_SECRET]

NINE_O_CLOCK = datetime(2027, 3, 1, 9, 0, tzinfo=timezone.utc)


def rfc3339(time: datetime) -> str:
    """To the millisecond, as Dues keeps time: to the second, each command's clock would start before the last one's end."""
    return time.astimezone(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


#: Where ports are looked for, by a worker's number: below those that Linux gives to connections (from 32768), because a
#: port is given out here long before a program listens there, and again after it has ended.
PORTS_OF_A_WORKER = 1000
_worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
_ports = itertools.cycle(
    range(16_000 + _worker % 16 * PORTS_OF_A_WORKER, 16_000 + (_worker % 16 + 1) * PORTS_OF_A_WORKER)
)
for _ in range(secrets.randbelow(PORTS_OF_A_WORKER)):
    # Somebody else on this machine may test, too.
    next(_ports)


def free_port() -> int:
    """A port that nobody listens on, and that no other worker gets; a port comes again only after all others."""
    for port in itertools.islice(_ports, PORTS_OF_A_WORKER):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("no port is free")


def wait_until(what: str, question: Callable[[], Any], seconds: float = 40) -> Any:
    """Asks again and again until the answer is truthy, and returns it; fails after the deadline."""
    deadline = time.monotonic() + seconds
    while True:
        answer = question()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds:g} s in vain for: {what}")
        time.sleep(0.05)


# --- Programs ---------------------------------------------------------------------------------------------------------


@dataclass
class Result:
    """What one command came to."""

    arguments: tuple[str, ...]
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        """The objects of a list, one a line."""
        return [json.loads(line) for line in self.out.splitlines() if line.strip()]

    def __str__(self) -> str:
        return f"dues {' '.join(self.arguments)}\nexit {self.code}\n--- stdout\n{self.out}\n--- stderr\n{self.err}"


class Program:
    """A started program: its output in a file, stopped by its process id."""

    def __init__(self, name: str, arguments: list[str], directory: Path, environment: dict[str, str]):
        self.name = name
        self.log = directory / f"{name}-{time.monotonic_ns()}.log"
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                [str(DUES), *arguments],
                cwd=directory,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def is_ready(self, url: str) -> None:
        """Waits until the address answers anything but a server error; fails at once if the program has ended."""

        def answers() -> bool:
            if self.process.poll() is not None:
                raise AssertionError(f"{self.name} ended with {self.process.returncode}:\n{self.tail()}")
            try:
                return fetch(url).status < 500
            except OSError:
                return False

        wait_until(f"{self.name} to answer at {url}", answers)

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise AssertionError(f"{self.name} did not stop within 10 s of SIGTERM:\n{self.tail()}") from None
        return self.process.returncode

    def kill(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def tail(self, lines: int = 40) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])


# --- HTTP -------------------------------------------------------------------------------------------------------------


@dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class _DoNotFollow(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


_opener = urllib.request.build_opener(_DoNotFollow, urllib.request.ProxyHandler({}))


def fetch(
    url: str, method: str = "GET", body: bytes | None = None, headers: dict[str, str] | None = None
) -> Answer:
    """One request, without following redirects; every status is an answer."""
    request = urllib.request.Request(url, data=body, headers=headers or {}, method=method)
    try:
        with _opener.open(request, timeout=20) as response:
            return Answer(response.status, response.headers, response.read())
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, error.headers, error.read())


def form(fields: dict[str, Any]) -> bytes:
    """Form encoding as Stripe reads it: nested dicts and lists in brackets."""
    pairs: list[tuple[str, str]] = []

    def add(name: str, value: Any) -> None:
        match value:
            case dict():
                for key, inner in value.items():
                    add(f"{name}[{key}]" if name else key, inner)
            case list():
                for index, inner in enumerate(value):
                    add(f"{name}[{index}]", inner)
            case bool():
                pairs.append((name, "true" if value else "false"))
            case _:
                pairs.append((name, str(value)))

    add("", fields)
    return urllib.parse.urlencode(pairs).encode()


# --- The merchant's own system ----------------------------------------------------------------------------------------


@dataclass
class Delivery:
    id: str
    body: dict[str, Any]
    signed: bool


class Merchant:
    """A local HTTP server that takes what Dues tells the merchant, and checks the Standard Webhooks signature."""

    def __init__(self, secret: str) -> None:
        self.deliveries: list[Delivery] = []
        self.refuse_next = 0
        key = base64.b64decode(secret.removeprefix("whsec_"))
        merchant = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["content-length"]))
                identity = self.headers.get("webhook-id", "")
                signed = f"{identity}.{self.headers.get('webhook-timestamp', '')}.".encode() + raw
                expected = "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
                good = any(
                    hmac.compare_digest(expected, given)
                    for given in self.headers.get("webhook-signature", "").split()
                )
                merchant.deliveries.append(Delivery(identity, json.loads(raw), good))
                status = 204 if merchant.refuse_next == 0 else 503
                merchant.refuse_next = max(0, merchant.refuse_next - 1)
                self.send_response(status)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/dues"

    def told(self, type: str, charge: str) -> list[Delivery]:
        return [
            delivery
            for delivery in list(self.deliveries)
            if delivery.body["type"] == type and delivery.body["data"]["charge"]["id"] == charge
        ]

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


# --- The world --------------------------------------------------------------------------------------------------------


def toml(table: dict[str, Any]) -> str:
    """A two-level dict as TOML."""

    def value(item: Any) -> str:
        match item:
            case bool():
                return "true" if item else "false"
            case str():
                return json.dumps(item, ensure_ascii=False)
            case list():
                return "[" + ", ".join(value(inner) for inner in item) + "]"
            case dict():
                return "{" + ", ".join(f"{key} = {value(inner)}" for key, inner in item.items()) + "}"
            case _:
                return str(item)

    lines: list[str] = []
    for name, inner in table.items():
        if isinstance(inner, dict):
            lines += ["", f"[{name}]"] + [f"{key} = {value(item)}" for key, item in inner.items()]
        else:
            lines.insert(0, f"{name} = {value(inner)}")
    return "\n".join(lines).strip() + "\n"


GOLD = {
    "description": "Gold membership",
    "amount": 1099,
    "currency": "gbp",
    "schedule": {"every": "1 month", "at": "09:00", "time_zone": "UTC"},
}


@dataclass
class World:
    """One operator's machine: a directory with configuration, jobs and templates, and the programs of one test."""

    directory: Path
    #: What `--now` says; moves on by `pass_time`.
    now: datetime = NINE_O_CLOCK
    programs: list[Program] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)
    sandbox_url: str = ""
    server_url: str = ""
    merchant: Merchant | None = None
    config: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._started = time.monotonic()
        self.sandbox_url = f"http://127.0.0.1:{free_port()}"
        self.server_url = f"http://127.0.0.1:{free_port()}"
        self.config = {
            "business": {
                "name": "Acme Gym",
                "support_email": "help@acme.example",
                "website": "http://127.0.0.1:9/acme",
                "currency": "gbp",
            },
            "stripe": {
                "secret_key": "env:STRIPE_SECRET_KEY",
                "webhook_secrets": [],
                "api_base": self.sandbox_url,
                "timeout": "10s",
            },
            "store": {"path": "dues.db"},
            "server": {
                "listen": self.server_url.removeprefix("http://"),
                "internal_listen": f"127.0.0.1:{free_port()}",
                "public_url": self.server_url,
                "link_secret": LINK_SECRET,
            },
            "mail": {"from": '"Acme Gym" <billing@acme.example>', "outbox": "outbox"},
            "paths": {"jobs": "jobs", "templates": "templates"},
        }
        shutil.copytree(ROOT / "templates", self.directory / "templates")
        (self.directory / "jobs").mkdir()
        (self.directory / "outbox").mkdir()
        self.write_job("gold", GOLD)
        self.write_config()

    def __enter__(self) -> World:
        return self

    def __exit__(self, *_: Any) -> None:
        for program in reversed(self.programs):
            try:
                program.stop()
            finally:
                program.kill()
        if self.merchant:
            self.merchant.stop()

    # Files

    def speak_only(self, *languages: str) -> None:
        """Takes the other languages out: each tick reads all templates, which takes longer than most of what it does."""
        for directory in self.directory.glob("templates/*/*/"):
            if directory.name not in languages:
                shutil.rmtree(directory)

    def write_config(self) -> Path:
        path = self.directory / "config.toml"
        path.write_text(toml(self.config))
        return path

    def write_job(self, name: str, job: dict[str, Any]) -> Path:
        path = self.directory / "jobs" / f"{name}.toml"
        path.write_text(toml(job))
        return path

    # Time

    @property
    def clock(self) -> str:
        """The virtual time now, as `--now` takes it: it runs on while the test does."""
        return rfc3339(self.now + timedelta(seconds=time.monotonic() - self._started))

    def share_clock(self, other: World) -> None:
        """It is as late here as there."""
        self.now, self._started = other.now, other._started

    def pass_time(self, **units: float) -> None:
        """Moves the clock of commands to come, and the sandbox's. A server that runs keeps its own: start it anew."""
        self.now += timedelta(**units)
        if any(program.name == "sandbox" for program in self.programs):
            self.control("POST", "clock", {"advance": int(timedelta(**units).total_seconds())})

    # Programs

    def environment(self, **more: str) -> dict[str, str]:
        kept = {key: os.environ[key] for key in ("PATH", "HOME", "LD_LIBRARY_PATH") if key in os.environ}
        return kept | {"STRIPE_SECRET_KEY": SECRET_KEY, "TZ": "Pacific/Auckland", "LC_ALL": "C.UTF-8"} | more

    def dues(
        self,
        *arguments: str,
        expect: int | None = 0,
        clock: bool = True,
        config: Path | None = None,
        environment: dict[str, str] | None = None,
    ) -> Result:
        """Runs one command to its end and expects its exit code (None: any)."""
        whole = [*arguments, "--config", str(config or self.directory / "config.toml")]
        if clock:
            whole += ["--now", self.clock]
        done = subprocess.run(
            [str(DUES), *whole],
            cwd=self.directory,
            env=self.environment() if environment is None else environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=150,
        )
        result = Result(tuple(whole), done.returncode, done.stdout.decode(), done.stderr.decode())
        self.results.append(result)
        for secret in SECRETS:
            assert secret not in result.out + result.err, f"a secret was printed: {result}"
        if expect is not None:
            assert result.code == expect, f"expected exit {expect}: {result}"
        return result

    def ask(self, *arguments: str, **options: Any) -> Any:
        """The same with `--json`, and its one JSON document."""
        return self.dues(*arguments, "--json", **options).json

    def rows(self, *arguments: str, **options: Any) -> list[Any]:
        """The objects of a list command."""
        return self.dues(*arguments, "--json", **options).lines

    def start(self, name: str, *arguments: str) -> Program:
        program = Program(name, [*arguments, "--now", self.clock], self.directory, self.environment())
        self.programs.append(program)
        return program

    def start_sandbox(self) -> Program:
        program = self.start("sandbox", "sandbox", "--listen", self.sandbox_url.removeprefix("http://"))
        program.is_ready(self.sandbox_url + "/v1/customers?limit=1")
        return program

    def start_server(self) -> Program:
        program = self.start("serve", "serve", "--config", str(self.directory / "config.toml"))
        program.is_ready(self.server_url + "/healthz")
        if inside := self.config["server"].get("internal_listen"):
            program.is_ready(f"http://{inside}/healthz")
        return program

    def start_merchant(self) -> Merchant:
        """Starts the merchant's own system, and names it in the configuration."""
        self.merchant = Merchant(FULFILLMENT_SECRET)
        self.config["fulfillment"] = {"url": self.merchant.url, "secret": FULFILLMENT_SECRET}
        self.write_config()
        return self.merchant

    def register_webhook(self) -> None:
        """Tells the sandbox where our webhook listens, and the configuration the secret that it answers with."""
        endpoint = self.stripe(
            "POST",
            "/v1/webhook_endpoints",
            {"url": self.server_url + "/webhooks/stripe", "enabled_events": ["*"]},
        )
        self.config["stripe"]["webhook_secrets"] = [endpoint["secret"]]
        self.write_config()

    def control(self, method: str, what: str, fields: dict[str, Any] | None = None) -> Any:
        """Does something to the sandbox that no client of Stripe can do to Stripe."""
        answer = fetch(f"{self.sandbox_url}/_sandbox/{what}", method, form(fields) if fields is not None else None)
        assert answer.status == 200, f"{method} {what}: {answer.status} {answer.text}"
        return answer.json

    # Stripe, as anybody would speak to it

    def stripe(self, method: str, path: str, fields: dict[str, Any] | None = None) -> Any:
        answer = fetch(
            self.sandbox_url + path,
            method,
            form(fields) if fields is not None else None,
            {
                "Authorization": f"Bearer {SECRET_KEY}",
                "Stripe-Version": "2026-10-28.endive",
                "Content-Type": "application/x-www-form-urlencoded",
            },
        )
        assert answer.status == 200, f"{method} {path}: {answer.status} {answer.text}"
        return answer.json

    def customer(self, name: str, address: str, locale: str = "en", card: str | None = None) -> str:
        """A new customer; with a test card by its `pm_card_…` name, attached and made the default."""
        customer = self.stripe(
            "POST", "/v1/customers", {"name": name, "email": address, "preferred_locales": [locale]}
        )["id"]
        if card:
            method = self.stripe("POST", f"/v1/payment_methods/{card}/attach", {"customer": customer})["id"]
            self.stripe(
                "POST",
                f"/v1/customers/{customer}",
                {"invoice_settings": {"default_payment_method": method}},
            )
        return customer

    # Mail in the outbox

    def mails(self, to: str) -> list[EmailMessage]:
        """The mails to one address, oldest first."""
        found = []
        for path in sorted((self.directory / "outbox").glob("*.eml"), key=lambda path: path.stat().st_mtime_ns):
            message = well_made(path.read_bytes())
            if to in message["To"]:
                found.append(message)
        return found

    def tell(self) -> None:
        """What happened here, for the report of a failed test."""
        print(f"\nThe world in {self.directory}", file=sys.stderr)
        for result in self.results[-3:]:
            print(f"\n{result}", file=sys.stderr)
        for program in self.programs:
            print(f"\n--- {program.name} (its last lines)\n{program.tail()}", file=sys.stderr)


# --- Mail -------------------------------------------------------------------------------------------------------------


def well_made(raw: bytes) -> EmailMessage:
    """The message, parsed; fails on anything that Python's parser or the standards find wrong with it."""
    message = email.message_from_bytes(raw, policy=email.policy.default)
    for part in message.walk():
        assert not part.defects, f"{part.get_content_type()}: {part.defects}"
    for name, value in message.items():
        assert not getattr(value, "defects", ()), f"{name}: {value.defects}"
        assert "\ufffd" not in value, f"{name}: {value!r}"
    for name in ("From", "To", "Subject", "Date", "Message-ID", "MIME-Version"):
        assert len(message.get_all(name, [])) == 1, f"{name} must be there once: {message.items()}"
    assert re.fullmatch(r"<[^<>@\s]+@[^<>@\s]+>", message["Message-ID"]), message["Message-ID"]
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    for line in raw.splitlines():
        assert len(line) <= 998, f"a line of {len(line)} bytes"
    head = raw.replace(b"\r\n", b"\n").split(b"\n\n", 1)[0]
    assert head.isascii(), "bytes beyond ASCII in the header"
    for part in message.iter_parts():
        assert part.get_content_charset() == "utf-8"
        assert "\ufffd" not in part.get_content() and "{{" not in part.get_content()
    return message


def bodies(message: EmailMessage) -> tuple[str, str]:
    """The plain text and the HTML."""
    text, html = message.iter_parts()
    return text.get_content(), html.get_content()
