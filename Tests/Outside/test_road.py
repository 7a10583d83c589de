"""The road once, as its people walk it: the customer on a phone, the timer, the mail, the merchant's system."""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import datetime, timedelta, timezone

import html5lib
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from world import Program, World, bodies, fetch, wait_until

GOOD_CARD = "4242424242424242"
#: Can be saved; every later charge of it is declined.
DECLINES_LATER = "4000000000000341"


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_a_declined_charge_is_paid_through_the_link_in_the_mail(world: World, phone, screenshot, javascript: bool):
    # Two minutes before the hour at which the job charges.
    world.now = datetime(2027, 3, 1, 8, 58, tzinfo=timezone.utc)
    merchant = world.start_merchant()
    world.start_sandbox()
    world.register_webhook()
    server = world.start_server()
    context = phone(javascript=javascript)
    page = context.new_page()
    kind = "" if javascript else "-without-javascript"

    # Two customers save a card. Nobody is charged by that, and not before the hour.
    ada, ada_agreement = save_card(world, page, "Ada Lovelace", "ada@customer.example", GOOD_CARD)
    grace, grace_agreement = save_card(world, page, "Grace Hopper", "grace@customer.example", DECLINES_LATER)
    early = world.ask("tick")
    assert (early["attempted"], early["paid"], early["declined"]) == (0, 0, 0)

    # The hour comes. One charge succeeds, one is declined; a mail goes out, and one only.
    server = later(world, server, minutes=3)
    counts = world.ask("tick")
    assert (counts["planned"], counts["attempted"], counts["paid"], counts["declined"]) == (2, 2, 1, 1), counts
    assert counts["links_created"] == 1, counts
    # The server hears of the decline by webhook, and may be quicker with the mail than the tick.
    wait_until("the mail to Grace", lambda: world.mails("grace@customer.example"))
    assert counts["emails_sent"] <= 1, counts
    (paid,) = world.rows("charge", "list", "--state", "paid", "--customer", ada)
    assert (paid["agreement"], paid["paid_by"], paid["amount"]) == (ada_agreement["id"], "off_session", 1099)
    assert not world.mails("ada@customer.example")
    wait_until("the merchant to be told of Ada's payment", lambda: merchant.told("charge.paid", paid["id"]))

    (owed,) = world.rows("charge", "list", "--state", "recovering", "--customer", grace)
    assert owed["last_decline"]["code"] == "card_declined"
    assert owed["last_decline"]["remedy"] == "wait"
    assert [attempt["state"] for attempt in owed["attempts"]] == ["declined"]
    link = owed["recovery"]["url"]
    assert link.startswith(world.server_url + "/r/")
    assert world.ask("recovery", "link", owed["id"]) == {"url": link}

    # The mail says what it is about, and both its parts lead to the link.
    (mail,) = world.mails("grace@customer.example")
    assert "Gold membership" in mail["Subject"]
    assert "Acme Gym" in mail["From"]
    text, html = bodies(mail)
    assert link in text and f'href="{link}"' in html
    for part in (text, html):
        assert "£10.99" in part and "Gold membership" in part and "help@acme.example" in part
        assert owed["id"] not in part and owed["payment_intent"] not in part

    # The link shows what is owed, to whom and why, and one button; looking changes nothing.
    before = at_rest(world, owed["id"])
    page.goto(link)
    assert page.locator("html").get_attribute("lang") == "en"
    for said in ("Acme Gym", "£10.99", "Gold membership", "help@acme.example"):
        expect(page.locator("body")).to_contain_text(said)
    button = the_button(page)
    expect(button).to_contain_text("£10.99")
    box = button.bounding_box()
    assert box["y"] + box["height"] <= 640, f"the button is below the fold: {box}"
    assert box["height"] >= 44, f"the button is too small for a thumb: {box}"
    assert page.evaluate("document.documentElement.scrollWidth") <= 360, "the page scrolls sideways"
    screenshot(page, f"recovery{kind}")
    page.reload()
    is_well_formed(fetch(link).body)
    assert fetch(link, "HEAD").status in (200, 405), "as scanners of mail do"
    if javascript:
        is_accessible(page)
        page.emulate_media(color_scheme="dark")
        is_accessible(page)
        screenshot(page, "recovery-dark")
        page.emulate_media(color_scheme="light")
    assert traces(world, owed["id"]) == before

    # The button leads to the live checkout, however often it is pressed.
    checkouts = {fetch(link + "/pay", "POST", b"").headers["location"] for _ in range(2)}
    assert len(checkouts) == 1 and next(iter(checkouts)).startswith(world.sandbox_url), checkouts
    the_button(page).click()
    page.wait_for_url(world.sandbox_url + "/**")
    assert page.url in checkouts
    expect(page.locator("body")).to_contain_text("10.99")
    screenshot(page, f"checkout{kind}")
    pay(page, GOOD_CARD)

    # Back with us, the page says that it is paid, whatever the webhook is doing.
    page.wait_for_url(world.server_url + "/done?session_id=cs_*")
    expect(page).to_have_title(re.compile("paid", re.IGNORECASE))
    expect(page.locator("body")).to_contain_text("£10.99")
    expect(page.get_by_role("button")).to_have_count(0)
    is_well_formed(fetch(page.url).body)
    if javascript:
        is_accessible(page)
        page.emulate_media(color_scheme="dark")
        is_accessible(page)
        page.emulate_media(color_scheme="light")
    screenshot(page, f"paid{kind}")
    done = page.url
    for _ in range(2):
        assert fetch(done).status == 200

    # The ledger agrees, the merchant is told once, the old intent cannot be paid any more, the new card is kept.
    world.ask("tick")
    world.ask("tick")
    told = wait_until("the merchant to be told of Grace's payment", lambda: merchant.told("charge.paid", owed["id"]))
    recovered = wait_until(
        "the ledger to know it",
        lambda: (shown := world.ask("charge", "show", owed["id"]))["fulfillment"]["state"] == "delivered" and shown,
    )
    assert (recovered["state"], recovered["paid_by"]) == ("paid", "checkout")
    assert recovered["fulfillment"]["id"] == told[0].id
    session = re.search(r"session_id=(cs_\w+)", done).group(1)
    assert told[0].body["data"]["checkout_session"] == session
    (line,) = told[0].body["data"]["line_items"]
    assert line["amount_total"] == 1099
    assert world.stripe("GET", f"/v1/payment_intents/{owed['attempts'][0]['payment_intent']}")["status"] == "canceled"
    agreement = world.ask("agreement", "show", grace_agreement["id"])
    assert agreement["state"] == "active"
    assert agreement["payment_method"] not in (None, grace_agreement["payment_method"])

    # Nothing is left to do: another tick, another visit and another click move nothing.
    quiet = world.ask("tick")
    assert (quiet["attempted"], quiet["emails_sent"], quiet["fulfilled"], quiet["errors"]) == (0, 0, 0, 0), quiet
    page.goto(link)
    expect(page).to_have_title(re.compile("paid", re.IGNORECASE))
    expect(page.get_by_role("button")).to_have_count(0)
    again = fetch(link + "/pay", "POST", b"")
    assert not again.headers.get("location", "").startswith(world.sandbox_url)
    assert world.ask("fulfill", session)["state"] == "paid"
    assert world.ask("charge", "show", owed["id"])["fulfillment"] == recovered["fulfillment"]
    assert len(merchant.told("charge.paid", owed["id"])) == 1
    assert len(merchant.told("charge.paid", paid["id"])) == 1
    assert len(merchant.told("charge.recovering", owed["id"])) == 1

    # A month later both are charged while they are away, Grace by the card that she paid with.
    server = later(world, server, days=31)
    counts = world.ask("tick")
    assert (counts["attempted"], counts["paid"], counts["emails_sent"]) == (2, 2, 0), counts
    paid_again = world.rows("charge", "list", "--state", "paid", "--customer", grace)
    assert {row["period"]: (row["paid_by"], row["payment_method"]) for row in paid_again}["2027-04-01"] == (
        "off_session",
        agreement["payment_method"],
    )
    world.ask("tick")
    for row in paid_again:
        assert len(merchant.told("charge.paid", row["id"])) == 1
    assert all(delivery.signed for delivery in merchant.deliveries)
    assert server.stop() == 0


def later(world: World, server: Program, **units: float) -> Program:
    """Time passes for everybody: the sandbox is told, the server started anew."""
    server.stop()
    world.pass_time(**units)
    return world.start_server()


def traces(world: World, charge: str) -> tuple:
    """All that a visit could leave behind: the charge, its history, and what Stripe was asked to change."""
    changes = [row for row in world.control("GET", "requests")["data"] if row["method"] != "GET"]
    return (world.ask("charge", "show", charge), world.dues("charge", "explain", charge).out, len(changes))


def at_rest(world: World, charge: str) -> tuple:
    """The same, once `serve` has written down what a tick or a webhook left it to do."""

    def same() -> tuple | None:
        seen = traces(world, charge)
        return seen if seen == traces(world, charge) else None

    return wait_until("the books to rest", same)


def save_card(world: World, page: Page, name: str, address: str, card: str) -> tuple[str, dict]:
    """A new customer saves a card for the job; returns the customer and the agreement that comes of it."""
    customer = world.customer(name, address)
    setup = world.ask("setup", "create", "--customer", customer, "--job", "gold")
    assert setup["session"].startswith("cs_")
    page.goto(setup["url"])
    pay(page, card)
    page.wait_for_url(world.server_url + "/done?session_id=cs_*")
    expect(page.locator("body")).to_contain_text("Acme Gym")

    def active() -> dict | None:
        made = [row for row in world.rows("agreement", "list") if row["customer"] == customer]
        return made[0] if made and made[0]["state"] == "active" else None

    agreement = wait_until(f"the agreement of {name} to be active", active)
    assert (agreement["job"], agreement["amount"], agreement["currency"]) == ("gold", 1099, "gbp")
    assert agreement["payment_method"].startswith("pm_")
    return customer, agreement


def pay(page: Page, card: str) -> None:
    """Fills in the hosted page as a browser's autofill would find its fields, and submits it."""
    another = page.locator('input[type="radio"][value="new"]')
    if another.count():
        another.check()
    page.locator('[autocomplete~="cc-number"]').fill(card)
    page.locator('[autocomplete~="cc-exp"]').fill("12/34")
    page.locator('[autocomplete~="cc-csc"]').fill("123")
    page.locator('button[type="submit"], input[type="submit"]').first.click()


def the_button(page: Page):
    """The button that pays: the first; below it there may be another, which chooses a day."""
    button = page.get_by_role("button").first
    expect(button).to_have_class("button")
    return button


def is_accessible(page: Page) -> None:
    violations = Axe().run(page).response["violations"]
    assert not violations, "\n".join(
        f"{violation['id']}: {violation['help']}: {[node['html'] for node in violation['nodes']]}"
        for violation in violations
    )


def is_well_formed(page: bytes) -> None:
    parser = html5lib.HTMLParser()
    parser.parse(page, transport_encoding="utf-8")
    assert not parser.errors, parser.errors


# --- What comes from strangers ----------------------------------------------------------------------------------------


@pytest.fixture
def served(world: World) -> World:
    """A server and a sandbox, with one charge that was declined."""
    world.start_sandbox()
    world.register_webhook()
    world.start_server()
    return world


def test_a_webhook_counts_only_with_a_true_and_fresh_signature(served: World):
    body = (
        b'{"id":"evt_1","object":"event","type":"checkout.session.completed","created":1803891600,"livemode":false,'
        b'"data":{"object":{"id":"cs_test_1"}}}'
    )
    secret = served.config["stripe"]["webhook_secrets"][0]
    url = served.server_url + "/webhooks/stripe"

    def post(headers: dict[str, str], body: bytes = body) -> int:
        return fetch(url, "POST", body, {"Content-Type": "application/json"} | headers).status

    def signature(secret: str, time: datetime, body: bytes = body) -> dict[str, str]:
        return {"Stripe-Signature": stripe_signature(secret, time, body)}

    now = served.now
    assert post({}) == 400
    assert post({"Stripe-Signature": "t=,v1="}) == 400
    assert post(signature("whsec_ofsomebodyelse", now)) == 400
    assert post(signature(secret, now), body + b" ") == 400
    assert post(signature(secret, now - timedelta(minutes=20))) == 400
    assert post({"Stripe-Signature": stripe_signature(secret, now, body).replace("v1=", "v0=")}) == 400
    assert post(signature(secret, now)) == 200
    assert post(signature(secret, now)) == 200, "the same event again is nothing new, and no error"
    large = body + b" " * (600 * 1024)
    assert post(signature(secret, now, large), large) == 413
    # A second secret, as while one is being rolled: any that fits is enough.
    both = stripe_signature("whsec_old", now, body) + ",v1=" + stripe_signature(secret, now, body).split("v1=")[1]
    assert post({"Stripe-Signature": both}) == 200


def stripe_signature(secret: str, time: datetime, body: bytes) -> str:
    stamp = int(time.timestamp())
    digest = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={stamp},v1={digest}"


def test_strange_addresses_are_404_and_tell_nothing(served: World):
    customer = served.customer("Grace Hopper", "grace@customer.example", card="pm_card_chargeCustomerFail")
    charge = served.ask(
        "charge", "enqueue", "--customer", customer, "--amount", "1099", "--currency", "gbp",
        "--description", "Gold membership",
    )
    served.ask("tick")
    link = served.ask("recovery", "link", charge["id"])["url"]
    assert fetch(link).status == 200

    foreign = served.stripe(
        "POST",
        "/v1/checkout/sessions",
        {
            "mode": "payment",
            "success_url": "https://elsewhere.example/",
            "line_items": [
                {"quantity": 1, "price_data": {
                    "currency": "gbp", "unit_amount": 1099, "product_data": {"name": "Another shop's"}}}
            ],
        },
    )
    token = link.rsplit("/", 1)[1]
    swapped = token[:-1] + ("A" if token[-1] != "A" else "B")
    for path in (
        f"/r/{token[:-1]}",
        f"/r/{token[: len(token) // 2]}",
        f"/r/{swapped}",
        f"/r/{token}x",
        "/r/",
        "/r/..%2f..%2fdues.db",
        "/done",
        "/done?session_id=",
        "/done?session_id=cs_test_nobodyknows",
        f"/done?session_id={foreign['id']}",
        "/nothing-here",
    ):
        answer = fetch(served.server_url + path)
        assert answer.status == 404, f"{path}: {answer.status}"
        assert "help@acme.example" in answer.text, f"{path}: no human to turn to"
        assert "1099" not in answer.text and "10.99" not in answer.text, f"{path}: {answer.text}"
        assert charge["id"] not in answer.text and "cs_" not in answer.text, f"{path}: {answer.text}"
    assert fetch(f"{served.server_url}/r/{swapped}/pay", "POST", b"").status == 404
    shown = served.ask("charge", "show", charge["id"])
    assert shown["state"] == "recovering" and len(shown["attempts"]) == 1
    served.dues("fulfill", foreign["id"], expect=65)


def test_healthz_tells_the_age_of_the_last_tick(served: World):
    served.ask("tick")
    answer = fetch(served.server_url + "/healthz")
    assert answer.status == 200
    assert "tick" in answer.text
