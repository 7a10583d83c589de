"""The table of bad input: what people type and what strangers send, how it is refused, and that it does no harm.

Every row is thrown at one running shop: a sandbox, the server, one customer with a good card, one who owes. Afterwards
nothing was charged at Stripe, and the ledger is as it was.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from world import GOLD, World, fetch

# --- The shop ---------------------------------------------------------------------------------------------------------


@dataclass
class Shop:
    """A world that many rows share, and the ids in it by name."""

    world: World
    names: dict[str, str] = field(default_factory=dict)
    #: The ledger when it was last looked at.
    seen: list[Any] = field(default_factory=list)

    def furnish(self) -> None:
        world, names = self.world, self.names
        world.start_sandbox()
        world.register_webhook()
        names["ada"] = world.customer("Ada Lovelace", "ada@customer.example", card="pm_card_visa")
        names["grace"] = world.customer("Grace Hopper", "grace@customer.example", card="pm_card_chargeCustomerFail")
        names["gone"] = world.customer("Nobody", "nobody@customer.example", card="pm_card_visa")
        world.stripe("DELETE", f"/v1/customers/{names['gone']}")
        names["graces_card"] = world.stripe("GET", f"/v1/customers/{names['grace']}/payment_methods")["data"][0]["id"]
        detached = world.stripe("POST", "/v1/payment_methods/pm_card_visa/attach", {"customer": names["ada"]})["id"]
        names["detached"] = world.stripe("POST", f"/v1/payment_methods/{detached}/detach", {})["id"]
        names["loose"] = world.stripe("POST", "/v1/payment_methods", {"type": "card", "card": {"token": "tok_visa"}})["id"]
        owed = world.ask(*enqueue(customer="{grace}").words(names))
        world.ask("tick")
        names["owed"] = owed["id"]
        names["token"] = world.ask("recovery", "link", owed["id"])["url"].rsplit("/", 1)[1]
        names["foreign_token"] = self.foreign_token(owed["id"])
        names["foreign_session"] = self.foreign_session()
        names["open_session"] = world.ask("setup", "create", "--customer", names["ada"])["session"]
        world.start_server()
        self.look()

    def foreign_token(self, charge: str) -> str:
        """The same link, signed with a secret that is not ours."""
        ours, config = self.world.config["server"]["link_secret"], self.world.directory / "other.toml"
        config.write_text(self.world.write_config().read_text().replace(ours, "fedcba9876543210" * 4))
        return self.world.ask("recovery", "link", charge, config=config)["url"].rsplit("/", 1)[1]

    def foreign_session(self) -> str:
        price = {"currency": "gbp", "unit_amount": 1099, "product_data": {"name": "Another shop's"}}
        return self.world.stripe(
            "POST",
            "/v1/checkout/sessions",
            {
                "mode": "payment",
                "success_url": "https://elsewhere.example/",
                "line_items": [{"quantity": 1, "price_data": price}],
            },
        )["id"]

    def charged(self) -> list[dict[str, Any]]:
        """Every request so far that may have moved money."""
        return [
            row
            for row in self.world.control("GET", "requests")["data"]
            if row["method"] == "POST" and row["path"].startswith("/v1/payment_intents")
        ]

    def look(self) -> bool:
        """Looks at the ledger; is it as it was?"""
        before, self.seen = self.seen, [self.world.rows("charge", "list"), self.world.rows("agreement", "list")]
        return self.seen == before

    def sign(self, body: bytes, late: timedelta = timedelta(), secret: str | None = None) -> dict[str, str]:
        stamp = int((datetime.fromisoformat(self.world.clock) - late).timestamp())
        key = (secret or self.world.config["stripe"]["webhook_secrets"][0]).encode()
        return {"Stripe-Signature": f"t={stamp},v1={hmac.new(key, b'%d.' % stamp + body, hashlib.sha256).hexdigest()}"}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with World(tmp_path_factory.mktemp("shop")) as world:
        shop = Shop(world)
        shop.furnish()
        yield shop
        # Whatever was refused left nothing behind that is charged later.
        assert world.ask("tick")["attempted"] == 0


# --- Ways to ask ------------------------------------------------------------------------------------------------------


@dataclass
class Said:
    """An exit code or a status, and the words with it."""

    code: int
    text: str


Ask = Callable[[Shop], Said]


@dataclass
class Command:
    """A command; `{name}` stands for an id of the shop."""

    arguments: list[str]

    def words(self, names: dict[str, str]) -> list[str]:
        return [argument.format(**names) if "{" in argument else argument for argument in self.arguments]

    def __call__(self, shop: Shop) -> Said:
        result = shop.world.dues(*self.words(shop.names), expect=None)
        assert result.out == "", f"stdout is not empty: {result}"
        assert "\ndues: " in "\n" + result.err, f"no line of stderr starts with 'dues: ': {result}"
        return Said(result.code, result.err)


def command(line: str) -> Command:
    return Command(line.split())


def options(words: list[str], values: dict[str, str | None]) -> Command:
    arguments = list(words)
    for name, value in values.items():
        option = f"--{name.replace('_', '-')}"
        if value is not None:
            # A value that looks like an option needs the equals sign; an empty one is only a value without it.
            arguments += [f"{option}={value}"] if value.startswith("-") else [option, value]
    return Command(arguments)


def enqueue(**changes: str | None) -> Command:
    """A good enqueue, with some of it changed or (None) left out."""
    good = {"customer": "{ada}", "amount": "1099", "currency": "gbp", "description": "Late fee"}
    return options(["charge", "enqueue"], good | changes)


def agree(**changes: str | None) -> Command:
    return options(["agreement", "add"], {"customer": "{ada}", "job": "gold"} | changes)


def job(**changes: Any) -> Ask:
    """A job file with a mistake, and an agreement that would be made by it."""
    def ask(shop: Shop) -> Said:
        path = shop.world.write_job("silver", GOLD | changes)
        try:
            checked = shop.world.dues("job", "check", expect=78)
            said = agree(job="silver")(shop)
        finally:
            path.unlink()
        assert "silver.toml" in checked.out + checked.err and "silver.toml" in said.text, f"{checked}\n{said}"
        return said

    return ask


def job_text(text: bytes) -> Ask:
    def ask(shop: Shop) -> Said:
        path = shop.world.directory / "jobs" / "silver.toml"
        path.write_bytes(text)
        try:
            return agree(job="silver")(shop)
        finally:
            path.unlink()

    return ask


def template(old: str, new: str) -> Ask:
    """A mail with a mistake, and a tick that would send it."""
    def ask(shop: Shop) -> Said:
        path = shop.world.directory / "templates" / "email" / "en" / "payment_failed.mustache"
        good = path.read_text()
        assert old in good
        path.write_text(good.replace(old, new))
        try:
            said = command("tick")(shop)
        finally:
            path.write_text(good)
        assert "payment_failed.mustache" in said.text, said
        return said

    return ask


EVENT = json.dumps(
    {
        "id": "evt_bad", "object": "event", "type": "checkout.session.completed", "created": 1803891600,
        "livemode": False, "data": {"object": {"id": "cs_test_nobodyknows", "object": "checkout.session"}},
    }
).encode()


def webhook(
    body: bytes = EVENT, signed: bytes | None = None, late: timedelta = timedelta(), secret: str | None = None,
    header: str | None = None, method: str = "POST",
) -> Ask:
    """An event as a stranger sends it: with another body than was signed, late, with another secret or header."""
    def ask(shop: Shop) -> Said:
        headers = shop.sign(body if signed is None else signed, late, secret)
        if header is not None:
            headers = {"Stripe-Signature": header} if header else {}
        answer = fetch(shop.world.server_url + "/webhooks/stripe", method, body if method == "POST" else None, headers)
        return Said(answer.status, f"{answer.text}\nAllow: {answer.headers.get('Allow')}")

    return ask


def page(path: str, method: str = "GET", **headers: str) -> Ask:
    def ask(shop: Shop) -> Said:
        url = shop.world.server_url + path.format(**shop.names, cut=shop.names["token"][:-1], swapped=swapped(shop))
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = fetch(url, method, b"" if method == "POST" else None, sent)
        for secret in (shop.names["owed"], "10.99", "cs_test", "Grace"):
            assert secret not in answer.text, f"it tells {secret}: {answer.text}"
        return Said(answer.status, answer.text)

    return ask


def swapped(shop: Shop) -> str:
    token = shop.names["token"]
    return ("B" if token[0] == "A" else "A") + token[1:]


# --- The table --------------------------------------------------------------------------------------------------------

#: What is asked, the exit code (below 100) or status, and a phrase of what is said.
TABLE: dict[str, tuple[Ask, int, str]] = {
    # The customer.
    "unknown customer": (enqueue(customer="cus_nobody"), 65, "cus_nobody is not at Stripe"),
    "deleted customer": (enqueue(customer="{gone}"), 65, "was deleted at Stripe"),
    "no id of a customer": (enqueue(customer="ada"), 65, "is not a customer's id"),
    "a path for a customer": (enqueue(customer="cus_../account"), 65, "is not a customer's id"),
    "no customer at all": (enqueue(customer=""), 65, "is not a customer's id"),
    "agreement with an unknown customer": (agree(customer="cus_nobody"), 65, "cus_nobody is not at Stripe"),
    "agreement with a deleted customer": (agree(customer="{gone}"), 65, "was deleted at Stripe"),
    "setup for an unknown customer": (command("setup create --customer cus_nobody"), 65, "cus_nobody"),
    # The payment method.
    "unknown method": (enqueue(payment_method="pm_nothing"), 65, "pm_nothing cannot be charged"),
    "no id of a method": (enqueue(payment_method="visa"), 65, "is not a payment method's id"),
    "another customer's method": (enqueue(payment_method="{graces_card}"), 65, "is not attached to customer"),
    "detached method": (enqueue(payment_method="{detached}"), 65, "is not attached to customer"),
    "method of nobody": (enqueue(payment_method="{loose}"), 65, "is not attached to customer"),
    "agreement with a detached method": (agree(payment_method="{detached}"), 65, "is not attached to customer"),
    "agreement with another's method": (agree(payment_method="{graces_card}"), 65, "is not attached to customer"),
    # The amount.
    "amount 0": (enqueue(amount="0"), 65, "charges nothing; write a positive amount"),
    "negative amount": (enqueue(amount="-5"), 65, "is negative; write a positive one"),
    "below the minimum": (enqueue(amount="29"), 65, "below Stripe's minimum; write at least 30"),
    "below the minimum of usd": (enqueue(amount="49", currency="usd"), 65, "write at least 50"),
    "above the maximum": (enqueue(amount="1000000000000"), 65, "more than 12 digits; write at most 999999999999"),
    "as large as can be written": (enqueue(amount=str(2**63 - 1)), 65, "more than 12 digits"),
    "larger than can be written": (enqueue(amount=str(2**63)), 64, "--amount"),
    "as negative as can be written": (enqueue(amount=str(-(2**63))), 65, "is negative"),
    "decimals": (enqueue(amount="10.99"), 64, "--amount"),
    "an exponent": (enqueue(amount="1e3"), 64, "--amount"),
    "Arabic digits": (enqueue(amount="١٠٩٩"), 64, "--amount"),
    "no amount": (enqueue(amount=None), 64, "--amount"),
    "agreement over nothing": (agree(amount="0"), 65, "charges nothing"),
    "agreement over less than nothing": (agree(amount="-1"), 65, "is negative"),
    # The currency.
    "unknown currency": (enqueue(currency="xyz"), 65, '"xyz" is not a currency that Stripe charges in'),
    "a word for a currency": (enqueue(currency="pounds"), 65, '"pounds" is not a currency'),
    "no currency": (enqueue(currency=""), 65, "is not a currency"),
    "upper case": (enqueue(currency="GBP"), 65, 'is not lower case; write "gbp"'),
    "yen below the minimum": (enqueue(amount="49", currency="jpy"), 65, "write at least 50"),
    "króna with aurar": (enqueue(amount="12345", currency="isk"), 65, "is not a multiple of 100; write 12300 or 12400"),
    "shilling with cents": (enqueue(amount="50", currency="ugx"), 65, "is not a multiple of 100; write 100"),
    "dinar with a third decimal": (enqueue(amount="1234", currency="kwd"), 65, "is not a multiple of 10"),
    "a single fils": (enqueue(amount="1", currency="bhd"), 65, "is not a multiple of 10"),
    # The rest of a charge.
    "no description": (enqueue(description=""), 65, "is not a description"),
    "a blank description": (enqueue(description="  "), 65, "is not a description"),
    "a description of two lines": (enqueue(description="Late\nBcc: x@evil.example"), 65, "is not a description"),
    "a description of a page": (enqueue(description="x" * 251), 65, "at most 250 characters"),
    "a blank key": (enqueue(key=" "), 65, "is not a key"),
    "a key of a page": (enqueue(key="x" * 256), 65, "1 to 255 characters"),
    "no date": (enqueue(due="tomorrow"), 64, "--due"),
    "metadata of ours": (enqueue(metadata="dues_charge=chg_1"), 65, "are ours; choose another"),
    "metadata with a long key": (enqueue(metadata="k" * 41 + "=v"), 65, "Stripe takes 40"),
    "metadata with a long value": (enqueue(metadata="k=" + "v" * 501), 65, "Stripe takes 500"),
    "metadata without a value": (enqueue(metadata="k="), 65, "the value is empty"),
    "metadata that is no pair": (enqueue(metadata="k"), 64, "--metadata"),
    # What is not there.
    "unknown charge": (command("charge show chg_nothing"), 65, "is not in the ledger"),
    "a word for a charge": (command("charge cancel all"), 65, "is not a charge's id"),
    "unknown agreement": (command("agreement cancel agr_nothing"), 65, "is not in the ledger"),
    "unknown job": (agree(job="platinum"), 65, "platinum"),
    "a path for a job": (agree(job="../jobs/gold"), 65, "../jobs/gold"),
    "fulfill a session that is not ours": (command("fulfill {foreign_session}"), 65, "{foreign_session}"),
    "fulfill no session": (command("fulfill pi_1"), 65, "is not a Checkout Session's id"),
    "complete a session that is not ours": (command("setup complete {foreign_session}"), 65, "{foreign_session}"),
    "complete an open session": (command("setup complete {open_session}"), 75, "{open_session}"),
    # Job files. The mistake is in a file of configuration.
    "job over nothing": (job(amount=0), 78, "amount"),
    "job over a text": (job(amount="1099"), 78, "is a text, not a whole number"),
    "job below the minimum": (job(amount=29), 78, "write at least 30"),
    "job in no currency": (job(currency="xyz"), 78, '"xyz" is not a currency'),
    "job in yen below the minimum": (job(currency="jpy", amount=49), 78, "write at least 50"),
    "job with an unknown key": (job(colour="gold"), 78, "unknown key"),
    "job every fortnight": (job(schedule={"every": "1 fortnight"}), 78, "fortnight"),
    "job every 0 months": (job(schedule={"every": "0 months"}), 78, "0 months"),
    "job without a rhythm": (job(schedule={"at": "09:00"}), 78, "every"),
    "job at 25 o'clock": (job(schedule={"every": "1 month", "at": "25:00"}), 78, "25:00"),
    "job in no zone": (job(schedule={"every": "1 month", "time_zone": "Europe/Lundon"}), 78, "Europe/Lundon"),
    "job without a description": (job(description=""), 78, "description"),
    "job from the environment": (job(description="env:STRIPE_SECRET_KEY"), 78, "which a job file may not"),
    "job that is not TOML": (job_text(b"amount = = 1\n"), 78, "silver.toml:1"),
    "job that is not UTF-8": (job_text(b'description = "\xff"\n'), 78, "is not UTF-8"),
    "job with a NUL": (job_text(b'description = "a\0b"\n'), 78, "is not UTF-8 text"),
    "job that is nested without end": (job_text(b"amount = " + b"[" * 100_000), 78, "silver.toml:1"),
    "job with a key without end": (job_text(b"a." * 100_000 + b"a = 1\n"), 78, "silver.toml"),
    # Templates.
    "unknown variable": (template("{{recovery_url}}", "{{recovery_link}}"), 78, 'unknown variable "recovery_link"'),
    "tag that is not closed": (template("{{recovery_url}}", "{{recovery_url"), 78, "not closed with }}"),
    "unescaped value": (template("{{recovery_url}}", "{{{charge.description}}}"), 78, "unescaped"),
    "no subject": (template("Subject:", "Betreff:"), 78, 'the first line must be "Subject: …"'),
    # Webhooks.
    "unsigned": (webhook(header=""), 400, "unreadable signature"),
    "garbled signature": (webhook(header="t=,v1=zz"), 400, "unreadable signature"),
    "wrong secret": (webhook(secret="whsec_ofsomebodyelse"), 400, "wrong signature"),
    "another body": (webhook(signed=EVENT + b" "), 400, "wrong signature"),
    "stale signature": (webhook(late=timedelta(minutes=6)), 400, "stale signature"),
    "signature from the future": (webhook(late=timedelta(hours=-1)), 400, "stale signature"),
    "signed, but no event": (webhook(b"hello"), 400, "not an event"),
    "signed, but a list": (webhook(b"[" + EVENT + b"]"), 400, "not an event"),
    "signed, but without an id": (webhook(EVENT.replace(b'"id": "evt_bad", ', b"")), 400, "not an event"),
    "signed, but nested without end": (webhook(b'{"id":' + b"[" * 200_000), 400, "not an event"),
    "signed, but too large": (webhook(EVENT + b" " * (600 << 10)), 413, "too large"),
    "far too large": (webhook(b" " * (3 << 20)), 413, "too large"),
    "a GET": (webhook(method="GET"), 405, "Allow: POST"),
    # Links.
    "cut token": (page("/r/{cut}"), 404, "help@acme.example"),
    "half a token": (page("/r/AT"), 404, "help@acme.example"),
    "token with a letter changed": (page("/r/{swapped}"), 404, "help@acme.example"),
    "token with a letter more": (page("/r/{token}x"), 404, "help@acme.example"),
    "token of another secret": (page("/r/{foreign_token}"), 404, "help@acme.example"),
    "token of another kind": (page("/s/{token}"), 404, "help@acme.example"),
    "paying by a cut token": (page("/r/{cut}/pay", "POST"), 404, "help@acme.example"),
    "paying by a token of another secret": (page("/r/{foreign_token}/pay", "POST"), 404, "help@acme.example"),
    "saving by a cut token": (page("/s/{cut}", "POST"), 404, "help@acme.example"),
    "no token": (page("/r/"), 404, "help@acme.example"),
    "a way out": (page("/r/..%2f..%2fdues.db"), 404, "help@acme.example"),
    "a token without end": (page("/r/" + "A" * 4000), 404, "help@acme.example"),
    # Landings.
    "landing without a session": (page("/done"), 404, "help@acme.example"),
    "landing with an empty session": (page("/done?session_id="), 404, "help@acme.example"),
    "landing with a session of nobody": (page("/done?session_id=cs_test_nobodyknows"), 404, "help@acme.example"),
    "landing with a session that is not ours": (page("/done?session_id={foreign_session}"), 404, "help@acme.example"),
    "landing with no session's id": (page("/done?session_id=..%2faccount"), 404, "help@acme.example"),
    # What a browser says.
    "a language of hyphens": (page("/r/{cut}", Accept_Language="-"), 404, "help@acme.example"),
    "a language liked without end": (page("/r/{cut}", Accept_Language=f"de;q={2**63 - 1}"), 404, "help@acme.example"),
    "a language without end": (page("/r/{cut}", Accept_Language="a-" * 8000), 404, "help@acme.example"),
    "nothing here": (page("/admin"), 404, "help@acme.example"),
}


@pytest.mark.parametrize("name", TABLE)
def test_bad_input_is_refused_and_does_no_harm(shop: Shop, name: str):
    ask, code, phrase = TABLE[name]
    charged = shop.charged()
    said = ask(shop)
    is_as_it_was = shop.look()
    assert said.code == code, f"expected {code}: {said}"
    phrase = phrase.format(**shop.names) if "session}" in phrase else phrase
    assert phrase.lower() in said.text.lower(), f"{phrase!r} is missing: {said}"
    assert is_as_it_was, "the ledger is not as it was"
    assert shop.charged() == charged, "something was charged"


@pytest.mark.parametrize(
    ("amount", "currency"),
    [
        (30, "gbp"), (50, "usd"), (999_999_999_999, "usd"),
        (50, "jpy"), (1099, "jpy"), (1, "bif"),
        (100, "isk"), (12300, "isk"), (100, "ugx"),
        (10, "kwd"), (1230, "bhd"),
    ],
)
def test_what_is_just_good_enough_is_taken_as_it_is(shop: Shop, amount: int, currency: str):
    wanted = enqueue(amount=str(amount), currency=currency, key=f"edge-{amount}-{currency}", due="2027-12-01T09:00:00Z")
    charge = shop.world.ask(*wanted.words(shop.names))
    assert (charge["amount"], charge["currency"], charge["state"]) == (amount, currency, "scheduled")
    shop.world.dues("charge", "cancel", charge["id"])
    shop.look()


def test_an_event_about_a_session_that_is_not_ours_is_taken_and_changes_nothing(shop: Shop):
    body = EVENT.replace(b"cs_test_nobodyknows", shop.names["foreign_session"].encode())
    answer = fetch(shop.world.server_url + "/webhooks/stripe", "POST", body, shop.sign(body))
    assert answer.status == 200, answer
    shop.world.ask("tick")
    assert shop.look(), "the ledger is not as it was"
