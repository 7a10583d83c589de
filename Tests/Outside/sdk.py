"""What the tests with Stripe's own SDK share: a client that judges each exchange, a receiver of webhooks, and steps."""

from __future__ import annotations

import functools
import http.server
import json
import re
import threading
import traceback
import urllib.parse
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests
import stripe

from openapi import Findings, OpenAPI
from world import SECRET_KEY, World, wait_until

#: Seconds.
DAY = 86_400
VERSION = "2026-10-28.endive"
JUDGE = OpenAPI()


# --- The client -------------------------------------------------------------------------------------------------------


@dataclass
class Exchange:
    """One request of the SDK and its answer."""

    method: str
    path: str
    form: str
    request_headers: dict[str, str]
    status: int
    headers: Any
    body: Any

    def judged(self) -> Findings:
        """A request that breaks the document must be refused; an answer may never break it."""
        request = JUDGE.request(self.method, self.path, self.form)
        answer = JUDGE.answer(self.method, self.path, self.status, self.body)
        if request.violations and self.status != 404:
            answer.violations += [] if self.status == 400 else [f"taken although {it}" for it in request.violations]
        for event in events_in(self.body):
            answer += judged_event(event)
        if not self.headers.get("request-id", "").startswith("req_"):
            answer.violations.append("the answer has no Request-Id")
        key = self.request_headers.get("Idempotency-Key")
        if self.method == "POST" and self.status == 200:
            for name, expected in (("Idempotency-Key", key), ("Stripe-Version", None), ("Original-Request", None)):
                given = self.headers.get(name)
                if not given or (expected and given != expected):
                    answer.violations.append(f"the answer's {name} is {given!r}")
        where = f"{self.method} {self.path.split('?')[0]} -> {self.status}: "
        return Findings([where + it for it in answer.violations], [where + it for it in answer.warnings])


def events_in(body: Any) -> list[dict[str, Any]]:
    if isinstance(body, dict):
        found = [body, *body.get("data", [])] if isinstance(body.get("data"), list) else [body]
        return [it for it in found if isinstance(it, dict) and it.get("object") == "event"]
    return []


def judged_event(event: dict[str, Any]) -> Findings:
    """The event by `event`, what it is about by the schema of its `object`."""
    findings = JUDGE.object("event", event)
    about = event["data"]["object"]
    findings += JUDGE.object(about["object"], about)
    where = f"event {event['type']}: "
    return Findings([where + it for it in findings.violations], [where + it for it in findings.warnings])


class WatchedClient(stripe.RequestsClient):
    """The SDK's own HTTP client, with a memory."""

    def __init__(self) -> None:
        self.session = requests.Session()
        self.session.trust_env = False
        super().__init__(timeout=30, session=self.session)
        self.exchanges: list[Exchange] = []

    def request(self, method: str, url: str, headers: Any, post_data: Any = None) -> Any:
        body, status, answered = super().request(method, url, headers, post_data)
        address = urllib.parse.urlsplit(url)
        form = post_data.decode() if isinstance(post_data, bytes) else post_data
        self.exchanges.append(
            Exchange(
                method=method.upper(),
                path=address.path,
                form=(form or "") if method.upper() == "POST" else address.query,
                request_headers=dict(headers or {}),
                status=status,
                headers=answered,
                body=json.loads(body),
            )
        )
        return body, status, answered

    @property
    def last(self) -> Exchange:
        return self.exchanges[-1]


# --- Webhooks ---------------------------------------------------------------------------------------------------------


@dataclass
class Hook:
    path: str
    raw: bytes
    signature: str

    @property
    def event(self) -> dict[str, Any]:
        return json.loads(self.raw)


class Receiver:
    """The shop's own server: it takes webhooks at any path, and has a page to come back to."""

    def __init__(self) -> None:
        self.hooks: list[Hook] = []
        #: Paths whose next so many webhooks are answered by a 500.
        self.failing: dict[str, int] = {}
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["content-length"]))
                receiver.hooks.append(Hook(self.path, raw, self.headers.get("stripe-signature", "")))
                left = receiver.failing.get(self.path, 0)
                receiver.failing[self.path] = max(0, left - 1)
                self.answer(500 if left else 200, b"")

            def do_GET(self) -> None:
                self.answer(200, b"<!doctype html><title>The shop</title><h1>Thank you</h1>")

            def answer(self, status: int, body: bytes) -> None:
                self.send_response(status)
                self.send_header("content-type", "text/html")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def received(self, path: str, type: str | None = None) -> list[Hook]:
        return [it for it in list(self.hooks) if it.path == path and type in (None, it.event["type"])]

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


# --- Steps ------------------------------------------------------------------------------------------------------------


@dataclass
class Step:
    test: str
    name: str
    error: str | None = None


#: Of all tests of this run, in order.
STEPS: list[Step] = []
WARNINGS: dict[str, None] = {}


def script(test: Callable[..., None]) -> Callable[..., None]:
    """A test of many steps: one that fails lets the others go on, and all are told at the end."""

    @functools.wraps(test)
    def whole(**fixtures: Any) -> None:
        test(**fixtures)
        fixtures["shop"].conclude()

    return whole


@dataclass
class Shop:
    """A merchant with a sandbox of their own and the official SDK."""

    world: World
    test: str
    http: WatchedClient = field(default_factory=WatchedClient)
    steps: list[Step] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.receiver = Receiver()
        self.stripe = self.client()
        self.v1 = self.stripe.v1

    def client(self, key: str = SECRET_KEY, version: str = VERSION, retries: int = 0) -> stripe.StripeClient:
        return stripe.StripeClient(
            key,
            base_addresses={"api": self.world.sandbox_url},
            max_network_retries=retries,
            stripe_version=version,
            http_client=self.http,
        )

    def ask(self, method: str, path: str, form: str = "", **headers: str) -> Exchange:
        """A request as another client than the SDK would write it; the form goes where the method wants it."""
        sent = {"Authorization": f"Bearer {SECRET_KEY}", "Stripe-Version": VERSION}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        url = self.world.sandbox_url + path
        if method == "POST":
            sent["Content-Type"] = "application/x-www-form-urlencoded"
            self.http.request("post", url, sent, form)
        else:
            self.http.request(method.lower(), url + ("?" + form if form else ""), sent)
        return self.http.last

    # Steps

    @contextmanager
    def step(self, name: str):
        step = Step(self.test, name)
        self.steps.append(step)
        STEPS.append(step)
        try:
            yield
        except (Exception, pytest.fail.Exception) as error:
            frames = [it for it in traceback.extract_tb(error.__traceback__) if it.name != "step"]
            mine = [it for it in frames if "/Outside/" in it.filename] or frames
            at = "\n".join(f"    {it.filename.rpartition('/')[2]}:{it.lineno}: {it.line}" for it in mine)
            step.error = f"{type(error).__name__}: {error}\n{at}"

    def conclude(self) -> None:
        with self.step("every request, answer and event is Stripe's"):
            findings = Findings()
            for exchange in self.http.exchanges:
                findings += exchange.judged()
            for hook in self.receiver.hooks:
                findings += judged_event(hook.event)
            WARNINGS.update(dict.fromkeys(findings.warnings))
            unlike = list(dict.fromkeys(anonymous(it) for it in findings.violations))
            assert not unlike, f"{len(unlike)} violations\n  " + "\n  ".join(unlike)
        failed = [step for step in self.steps if step.error]
        assert not failed, "".join(f"\n\n✗ {step.name}\n{step.error}" for step in failed)

    # The world

    @property
    def now(self) -> int:
        return self.world.control("GET", "clock")["now"]

    def within_a_second(self, question: Callable[[int], Any]) -> Any:
        """Asks with the sandbox's time; again, if it went wrong while the clock ticked."""
        while True:
            now = self.now
            try:
                return question(now)
            except (Exception, pytest.fail.Exception):
                if self.now == now:
                    raise

    def fault(self, kind: str, path: str = "/v1/", count: int = 1, **more: Any) -> None:
        self.world.control("POST", "faults", {"kind": kind, "path": path, "count": count} | more)

    def settle(self, intent: str, outcome: str) -> None:
        self.world.control("POST", f"bank_debits/{intent}", {"outcome": outcome})

    def wait_for_event(self, type: str, object: str) -> stripe.Event:
        """The event of a type about an object, which may have to happen first."""

        def found() -> stripe.Event | None:
            listed = self.v1.events.list(params={"type": type, "limit": 100})
            return next((it for it in listed.data if it.data.object["id"] == object), None)

        return wait_until(f"{type} about {object}", found)

    # What many steps begin with

    def customer(self, card: str | None = None, **params: Any) -> tuple[str, str | None]:
        """A customer, and the id of the test card that they saved."""
        customer = self.v1.customers.create(params={"email": "ada@customer.example", "name": "Ada"} | params)
        if card is None:
            return customer.id, None
        method = self.v1.payment_methods.attach(card, params={"customer": customer.id})
        return customer.id, method.id

    def charge(self, customer: str | None, method: str, options: Any = None, **params: Any) -> stripe.PaymentIntent:
        """The off-session charge of facts.md §2."""
        whole: dict[str, Any] = {
            "amount": 1099, "currency": "usd", "payment_method": method, "off_session": True, "confirm": True,
            "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
        }
        if customer:
            whole["customer"] = customer
        return self.v1.payment_intents.create(params=whole | params, options=options)

    def close(self) -> None:
        self.receiver.stop()
        self.http.session.close()


def anonymous(violation: str) -> str:
    """The same violation of two objects is one: ids and indices are taken out."""
    return re.sub(r"\[\d+\]", "[n]", re.sub(r"\b([a-z]+)_(?=\w*\d)\w+", r"\1_…", violation))


# --- Refusals ---------------------------------------------------------------------------------------------------------


def refused(kind: type[stripe.StripeError], status: int, call: Callable[[], Any], **expected: Any) -> Any:
    """The call raises exactly this error of the SDK, with these members in `error` (None: left out)."""
    with pytest.raises(stripe.StripeError) as raised:
        call()
    error = raised.value
    assert type(error) is kind, f"{type(error).__name__} instead of {kind.__name__}: {error.json_body}"
    assert error.http_status == status, error.json_body
    assert error.request_id and error.request_id.startswith("req_")
    assert error.headers["request-id"] == error.request_id
    body = error.json_body["error"]
    assert body["message"]
    for name, value in expected.items():
        assert body.get(name) == value, f"{name} is {body.get(name)!r} instead of {value!r}: {body}"
    return error
