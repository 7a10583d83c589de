"""Paying and saving a card without leaving our page, in a real browser: Stripe's form of a Checkout Session mounted there,
and the card that failed confirmed with its bank. Webhooks are off throughout: what Dues knows, it has asked for.

No page may break its own policy, write an error to the console, or fail axe. With DUES_SCREENSHOTS=DIR every state of every
page is left there as a picture.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, FrameLocator, Locator, Page, Request, Route, expect

from world import World, fetch, wait_until

GOOD_CARD = "4242424242424242"
DECLINED_CARD = "4000000000009995"
#: The bank asks at every charge, and again when it is saved.
ASKING_CARD = "4000002760003184"
FORMS = ["embedded_page", "elements"]
#: The bank asks at every charge of it.
ASKING = "pm_card_authenticationRequired"
DECLINING = "pm_card_chargeCustomerFail"

#: What pages say, by language.
SAYS = {
    "en": {
        "due": "Payment due", "pay": "Pay $10.99", "confirm": "Confirm $10.99", "paid": "Paid", "form": "Pay $10.99",
        "save": "Save a payment method", "saved": "Saved", "save button": "Save", "another": "Use another card",
    },
    "ja": {
        "due": "お支払いのお願い", "pay": "$10.99を支払う", "confirm": "$10.99のお支払いを確認する", "paid": "お支払い済み",
        "form": "$10.99のお支払い", "save": "お支払い方法の登録", "saved": "登録されました", "save button": "登録する",
        "another": "別のカードを使う",
    },
}

#: A refusal is written to the console by the browser itself, ours and those that Stripe's frames get.
REFUSED = {"the server responded with a status of 402", "the server responded with a status of 400"}
CUT = {"net::ERR_FAILED"}
VIOLATIONS = """
document.addEventListener('securitypolicyviolation', (event) =>
  console.error('against the policy: ' + event.violatedDirective + ' ' + event.blockedURI + ' in ' + event.documentURI));
"""


@dataclass
class Visitor:
    """A customer's browser, which remembers everything that went wrong in it."""

    context: BrowserContext
    #: Console errors that a test is about.
    expected: set[str]
    errors: list[str] = field(default_factory=list)

    def page(self, url: str | None = None) -> Page:
        page = self.context.new_page()
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda message: self.errors.append(message.text) if message.type == "error" else None)
        if url:
            page.goto(url)
        return page

    def is_content(self) -> None:
        unexpected = [error for error in self.errors if not any(known in error for known in self.expected)]
        assert unexpected == []


@pytest.fixture
def visit(browser: Browser):
    """Makes browsers with the viewport of a phone; at the end none of them may have complained."""
    visitors: list[Visitor] = []

    def make(javascript: bool = True, color_scheme: str = "light", expected: set[str] = frozenset()) -> Visitor:
        context = browser.new_context(
            viewport={"width": 360, "height": 740}, device_scale_factor=2, is_mobile=True, has_touch=True,
            java_script_enabled=javascript, color_scheme=color_scheme, locale="en-US",
        )
        context.set_default_timeout(15_000)
        context.add_init_script(VIOLATIONS)
        visitors.append(Visitor(context, set(expected)))
        return visitors[-1]

    yield make
    for visitor in visitors:
        visitor.context.close()
    for visitor in visitors:
        visitor.is_content()


@pytest.fixture
def shows():
    """Looks at a page as axe does, and keeps a picture of it for people."""
    directory = os.environ.get("DUES_SCREENSHOTS")

    def look(page: Page, name: str, axe: bool = True) -> None:
        if directory:
            Path(directory).mkdir(parents=True, exist_ok=True)
            page.screenshot(path=Path(directory) / f"{name}.png", full_page=True)
        if axe:
            assert page.evaluate("document.documentElement.scrollWidth") <= 360, "the page scrolls sideways"
            violations = Axe().run(page).response["violations"]
            assert not violations, [
                (found["id"], found["help"], [node["html"] for node in found["nodes"]]) for found in violations
            ]

    return look


# --- The world --------------------------------------------------------------------------------------------------------


def serve(world: World, ui: str = "hosted_page") -> World:
    world.speak_only(*SAYS)
    world.config["business"]["currency"] = "usd"
    world.config["stripe"]["publishable_key"] = "pk_test_0urPage"
    world.config["server"]["checkout_ui"] = ui
    world.write_config()
    world.write_job("gold", {
        "description": "Gold membership", "amount": 1099, "currency": "usd",
        "schedule": {"every": "1 month", "at": "09:00", "time_zone": "UTC"},
    })
    world.start_sandbox()
    world.start_server()
    return world


def owed(world: World, card: str = DECLINING, locale: str = "en") -> dict[str, Any]:
    """A charge that could not be made, and whose customer has a link."""
    customer = world.customer("Ada Lovelace", "ada@customer.example", locale=locale, card=card)
    charge = world.ask(
        "charge", "enqueue", "--customer", customer, "--amount", "1099", "--currency", "usd",
        "--description", "Gold membership",
    )
    world.ask("tick")
    charge = world.ask("charge", "show", charge["id"])
    assert charge["state"] == "recovering", charge
    return charge


def successes(world: World, charge: dict[str, Any]) -> list[dict[str, Any]]:
    """What Stripe has taken for the charge."""
    intents = world.stripe("GET", f"/v1/payment_intents?limit=100&customer={charge['customer']}")["data"]
    return [
        intent
        for intent in intents
        if intent["status"] == "succeeded" and intent["metadata"].get("dues_charge") == charge["id"]
    ]


def is_paid_once(world: World, charge: dict[str, Any], by: str) -> None:
    """After ticks that ask Stripe, ours and Stripe's books say the same: paid, once, this way."""
    counts = [world.ask("tick") for _ in range(2)]
    (success,) = successes(world, charge)
    assert success["amount_received"] == 1099
    now = world.ask("charge", "show", charge["id"])
    assert (now["state"], now["paid_by"]) == ("paid", by), now
    assert all(count["errors"] == 0 for count in counts), counts
    status = world.dues("status", "--json", expect=None).json
    assert status["needs_human"] == [], status


# --- What a customer does ---------------------------------------------------------------------------------------------


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def is_titled(page: Page, title: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    expect(page).to_have_title(f"{title} · Acme Gym")


def tab_to(page: Page, target: Locator) -> None:
    for _ in range(12):
        page.keyboard.press("Tab")
        if target.evaluate("(element) => element === element.ownerDocument.activeElement"):
            return
    raise AssertionError(f"Tab does not come to {target}")


def form_of(page: Page, ui: str) -> FrameLocator:
    return page.frame_locator("#stripe iframe" if ui == "elements" else "iframe[name=embedded-checkout]")


def fill(page: Page, ui: str, number: str) -> None:
    frame = form_of(page, ui)
    frame.get_by_label("Card number").fill(number)
    frame.get_by_label("Security code").fill("123")
    if ui == "elements":
        frame.get_by_label("Expiration date").fill("12 / 34")
        frame.get_by_label("ZIP code").fill("10001")
    else:
        frame.get_by_label("Expiry MM/YY").fill("12 / 34")
        frame.get_by_label("Name on card").fill("Ada Lovelace")


def send(page: Page, ui: str, name: str) -> Locator:
    """The button of the form: with Stripe's fields it is ours, else it is in Stripe's frame."""
    place = page if ui == "elements" else form_of(page, ui)
    return place.get_by_role("button", name=name, exact=True)


def bank(page: Page) -> FrameLocator:
    dialog = page.get_by_role("dialog", name="Your bank asks")
    expect(dialog).to_be_visible()
    return dialog.frame_locator("iframe")


def answer_bank(page: Page, answer: str) -> None:
    bank(page).get_by_role("button", name=answer, exact=True).click()


def status_of(page: Page) -> Locator:
    return page.get_by_role("status")


# --- Stripe's form on our page ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("color", ["light", "dark"])
@pytest.mark.parametrize("ui", FORMS)
def test_a_charge_is_paid_in_a_form_on_our_page(world: World, visit, shows, ui: str, color: str):
    charge = owed(serve(world, ui))
    name = f"{ui}-{color}"
    page = visit(color_scheme=color, expected=REFUSED).page(charge["recovery"]["url"])
    is_titled(page, "Payment due")
    shows(page, f"{name}-1-due")
    press(page, "Pay $10.99")
    is_titled(page, "Pay $10.99")
    assert page.url == charge["recovery"]["url"] + "/pay"
    button = send(page, ui, "Pay $10.99")
    expect(button).to_be_visible()
    expect(form_of(page, ui).get_by_label("Card number")).to_be_visible()
    shows(page, f"{name}-2-form")
    assert button.bounding_box()["height"] >= 44

    # A card that is refused: the form says so, keeps what was typed, and can be sent again.
    fill(page, ui, DECLINED_CARD)
    button.click()
    if ui == "elements":
        expect(status_of(page)).to_contain_text("insufficient funds")
        expect(status_of(page)).to_be_focused()
    else:
        expect(form_of(page, ui).get_by_role("alert")).to_contain_text("insufficient funds")
    expect(button).to_be_enabled()
    shows(page, f"{name}-3-declined")
    assert successes(world, charge) == []

    fill(page, ui, GOOD_CARD)
    button.dblclick()
    page.wait_for_url(f"{world.server_url}/done?session_id=cs_*")
    is_titled(page, "Paid")
    expect(page.locator("main")).to_contain_text("You have paid $10.99.")
    shows(page, f"{name}-4-paid")
    is_paid_once(world, charge, "checkout")


@pytest.mark.parametrize("ui", FORMS)
def test_a_form_that_nothing_was_typed_into_says_what_is_missing(world: World, visit, shows, ui: str):
    charge = owed(serve(world, ui))
    page = visit(expected=REFUSED).page(charge["recovery"]["url"])
    press(page, "Pay $10.99")
    send(page, ui, "Pay $10.99").click()
    if ui == "elements":
        expect(status_of(page)).to_contain_text("incomplete")
        expect(status_of(page)).to_be_focused()
        shows(page, "elements-nothing-typed")
    else:
        expect(form_of(page, ui).get_by_role("alert")).to_be_visible()
    fill(page, ui, GOOD_CARD)
    send(page, ui, "Pay $10.99").click()
    is_titled(page, "Paid")
    is_paid_once(world, charge, "checkout")


@pytest.mark.parametrize("ui", FORMS)
def test_a_form_reads_in_the_customers_language(world: World, visit, shows, ui: str):
    says = SAYS["ja"]
    charge = owed(serve(world, ui), locale="ja")
    page = visit().page(charge["recovery"]["url"])
    is_titled(page, says["due"])
    shows(page, f"{ui}-ja-1-due")
    press(page, says["pay"])
    is_titled(page, says["form"])
    button = send(page, ui, says["pay"]) if ui == "elements" else form_of(page, ui).locator("button[type=submit]")
    expect(button).to_be_visible()
    shows(page, f"{ui}-ja-2-form")
    fill(page, ui, GOOD_CARD)
    button.click()
    is_titled(page, says["paid"])
    shows(page, f"{ui}-ja-3-paid")
    is_paid_once(world, charge, "checkout")


@pytest.mark.parametrize("ui", FORMS)
def test_without_javascript_a_form_says_what_it_needs(world: World, visit, shows, ui: str):
    charge = owed(serve(world, ui))
    page = visit(javascript=False).page(charge["recovery"]["url"])
    press(page, "Pay $10.99")
    needs_script(page)
    shows(page, f"{ui}-without-javascript", axe=False)


def needs_script(page: Page) -> None:
    """It says so, shows no button that does nothing, and names a human."""
    expect(page.locator("noscript p")).to_be_visible()
    # The driver reads no text out of <noscript>, though the browser draws it.
    assert "This form needs JavaScript." in page.content()
    expect(page.locator("footer")).to_contain_text("help@acme.example")
    expect(page.get_by_role("button").filter(visible=True)).to_have_count(0)


@pytest.mark.parametrize("ui", FORMS)
def test_a_form_whose_script_does_not_come_says_so(world: World, visit, shows, ui: str):
    charge = owed(serve(world, ui))
    page = visit(expected=CUT).page(charge["recovery"]["url"])
    page.route(f"{world.sandbox_url}/**", lambda route: route.abort())
    press(page, "Pay $10.99")
    expect(status_of(page)).to_contain_text("That did not work.")
    expect(page.get_by_role("button").filter(visible=True)).to_have_count(0)
    shows(page, f"{ui}-without-stripe")
    # Reloading, as it advises, is the way back.
    page.unroute(f"{world.sandbox_url}/**")
    page.reload()
    is_titled(page, "Payment due")


def test_a_form_can_be_paid_by_keyboard_alone(world: World, visit):
    charge = owed(serve(world, "elements"))
    page = visit().page(charge["recovery"]["url"])
    tab_to(page, page.get_by_role("button", name="Pay $10.99"))
    page.keyboard.press("Enter")
    is_titled(page, "Pay $10.99")
    frame = form_of(page, "elements")
    for label, typed in [
        ("Card number", GOOD_CARD), ("Expiration date", "1234"), ("Security code", "123"), ("ZIP code", "10001")
    ]:
        expect(frame.get_by_label(label)).to_be_visible()
        tab_to(page, frame.get_by_label(label))
        page.keyboard.type(typed)
    button = page.get_by_role("button", name="Pay $10.99")
    tab_to(page, button)
    assert button.evaluate("(button) => getComputedStyle(button).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    is_titled(page, "Paid")
    is_paid_once(world, charge, "checkout")


@pytest.mark.parametrize("ui", FORMS)
def test_whoever_does_not_come_back_is_paid_by_the_tick(world: World, visit, ui: str):
    charge = owed(serve(world, ui))
    page = visit(expected=CUT).page(charge["recovery"]["url"])
    # The train enters a tunnel right after Stripe has the money.
    page.route("**/done?*", lambda route: route.abort())
    press(page, "Pay $10.99")
    fill(page, ui, GOOD_CARD)
    send(page, ui, "Pay $10.99").click()
    wait_until("Stripe to have the money", lambda: successes(world, charge))
    assert world.ask("charge", "show", charge["id"])["state"] == "recovering"
    is_paid_once(world, charge, "checkout")


# --- The worst moments ------------------------------------------------------------------------------------------------


def filled_in_two_tabs(world: World, visitor: Visitor, ui: str, charge: dict[str, Any]) -> list[Page]:
    tabs = [visitor.page(charge["recovery"]["url"]) for _ in range(2)]
    for tab in tabs:
        press(tab, "Pay $10.99")
        fill(tab, ui, GOOD_CARD)
    return tabs


@pytest.mark.parametrize("ui", FORMS)
def test_a_form_that_is_sent_after_it_was_paid_in_another_tab_takes_nothing(world: World, visit, shows, ui: str):
    charge = owed(serve(world, ui))
    first, second = filled_in_two_tabs(world, visit(expected=REFUSED), ui, charge)
    send(first, ui, "Pay $10.99").click()
    is_titled(first, "Paid")
    send(second, ui, "Pay $10.99").click()
    # Stripe's form leads on, as it does when it is paid in this tab; our own button finds that there is nothing to pay.
    is_titled(second, "Paid")
    at = f"{world.server_url}/done?session_id=cs_" if ui == "embedded_page" else charge["recovery"]["url"]
    assert second.url.startswith(at)
    shows(second, f"{ui}-second-tab")
    is_paid_once(world, charge, "checkout")


@pytest.mark.parametrize("ui", FORMS)
def test_a_tab_with_a_form_that_was_paid_elsewhere_says_so_when_it_is_seen_again(world: World, visit, ui: str):
    charge = owed(serve(world, ui))
    first, second = filled_in_two_tabs(world, visit(), ui, charge)
    second.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    second.wait_for_timeout(500)
    expect(form_of(second, ui).get_by_label("Card number")).to_have_value(GOOD_CARD)
    send(first, ui, "Pay $10.99").click()
    is_titled(first, "Paid")
    second.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    is_titled(second, "Paid")
    is_paid_once(world, charge, "checkout")


@pytest.mark.parametrize("ui", FORMS)
def test_a_form_that_is_sent_from_two_tabs_at_once_takes_the_money_once(world: World, visit, ui: str):
    charge = owed(serve(world, ui))
    tabs = filled_in_two_tabs(world, visit(expected=REFUSED), ui, charge)
    for tab in tabs:
        send(tab, ui, "Pay $10.99").click(no_wait_after=True)
    wait_until("Stripe to have the money", lambda: successes(world, charge))
    tabs[0].wait_for_timeout(1500)
    is_paid_once(world, charge, "checkout")
    for tab in tabs:
        tab.reload()
        is_titled(tab, "Paid")


@pytest.mark.parametrize("ui", FORMS)
def test_going_back_after_paying_finds_that_it_is_paid(world: World, visit, shows, ui: str):
    charge = owed(serve(world, ui))
    page = visit().page(charge["recovery"]["url"])
    press(page, "Pay $10.99")
    fill(page, ui, GOOD_CARD)
    send(page, ui, "Pay $10.99").click()
    is_titled(page, "Paid")
    page.go_back()
    shows(page, f"{ui}-back", axe=False)
    is_titled(page, "Paid")
    page.go_back()
    is_titled(page, "Paid")
    is_paid_once(world, charge, "checkout")


# --- Saving a card ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ui", FORMS)
@pytest.mark.parametrize("locale", ["en", "ja"])
def test_a_card_is_saved_in_a_form_on_our_page(world: World, visit, shows, ui: str, locale: str):
    says = SAYS[locale]
    serve(world, ui)
    customer = world.customer("Ada Lovelace", "ada@customer.example", locale=locale)
    link = world.ask("setup", "link", "--customer", customer, "--job", "gold")["url"]
    page = visit().page(link)
    is_titled(page, says["save"])
    shows(page, f"{ui}-save-{locale}-1-link")
    page.locator("form button").click()
    expect(form_of(page, ui).get_by_label("Card number")).to_be_visible()
    is_titled(page, says["save"])
    shows(page, f"{ui}-save-{locale}-2-form")
    fill(page, ui, GOOD_CARD)
    button = (
        page.get_by_role("button", name=says["save button"], exact=True)
        if ui == "elements" else form_of(page, ui).locator("button[type=submit]")
    )
    button.click()
    page.wait_for_url(f"{world.server_url}/done?session_id=cs_*")
    is_titled(page, says["saved"])
    shows(page, f"{ui}-save-{locale}-3-saved")
    world.ask("tick")
    (agreement,) = world.rows("agreement", "list")
    assert (agreement["state"], agreement["customer"]) == ("active", customer)
    assert agreement["payment_method"].startswith("pm_")


# --- The card that failed, confirmed with its bank --------------------------------------------------------------------


@pytest.mark.parametrize("locale", ["en", "ja"])
@pytest.mark.parametrize("color", ["light", "dark"])
def test_the_card_that_failed_is_confirmed_without_leaving_the_page(
    world: World, visit, shows, locale: str, color: str
):
    says = SAYS[locale]
    charge = owed(serve(world), ASKING, locale)
    assert charge["last_decline"]["remedy"] == "authenticate", charge["last_decline"]
    page = visit(color_scheme=color).page(charge["recovery"]["url"])
    is_titled(page, says["due"])
    shows(page, f"confirm-{locale}-{color}-1-due")
    page.get_by_role("button", name=says["confirm"], exact=True).dblclick()
    expect(bank(page).get_by_role("button", name="Complete")).to_be_visible()
    assert page.url == charge["recovery"]["url"]
    assert successes(world, charge) == []
    shows(page, f"confirm-{locale}-{color}-2-bank")
    answer_bank(page, "Complete")
    is_titled(page, says["paid"])
    assert page.url == charge["recovery"]["url"]
    shows(page, f"confirm-{locale}-{color}-3-paid")
    expect(page.get_by_role("button")).to_have_count(0)
    is_paid_once(world, charge, "on_session")


def refused_by_the_bank(world: World, visit, charge: dict[str, Any]) -> Page:
    page = visit(expected=REFUSED).page(charge["recovery"]["url"])
    press(page, "Confirm $10.99")
    answer_bank(page, "Fail")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(status_of(page)).to_contain_text("unable to authenticate")
    expect(status_of(page)).to_be_focused()
    # Nothing of the refused card is offered any more.
    expect(page.get_by_role("button", name="Confirm $10.99")).to_have_count(0)
    expect(page.get_by_role("button", name="Pay another way")).to_be_enabled()
    expect(card_field(page).locator("[name=cardnumber]")).to_be_visible()
    expect(status_of(page)).to_be_focused()
    return page


@pytest.mark.parametrize("ui", ["hosted_page", *FORMS])
def test_after_the_banks_no_checkout_is_still_a_way_to_pay(world: World, visit, shows, ui: str):
    charge = owed(serve(world, ui), ASKING)
    page = refused_by_the_bank(world, visit, charge)
    shows(page, "confirm-refused")
    # Our books know at once that this is over: nothing waits for an answer, and nothing was taken.
    shown = world.ask("charge", "show", charge["id"])
    assert [attempt["state"] for attempt in shown["attempts"]] == ["needs_customer", "needs_customer"]
    assert successes(world, charge) == []
    press(page, "Pay another way")
    if ui == "hosted_page":
        page.wait_for_url(f"{world.sandbox_url}/c/pay/cs_*")
        pay_hosted(page)
    else:
        is_titled(page, "Pay $10.99")
        choose_another(form_of(page, ui))
        fill(page, ui, GOOD_CARD)
        send(page, ui, "Pay $10.99").click()
    is_titled(page, "Paid")
    is_paid_once(world, charge, "checkout")


def test_after_the_banks_no_checkout_opens_at_once(world: World, visit):
    charge = owed(serve(world, "elements"), ASKING)
    page = refused_by_the_bank(world, visit, charge)
    answer = fetch(charge["recovery"]["url"] + "/pay", "POST", b"")
    assert answer.status == 200, answer.text
    press(page, "Pay another way")
    is_titled(page, "Pay $10.99")


def choose_another(place: Page | FrameLocator) -> None:
    """A card that is not saved yet."""
    expect(place.locator("form").first).to_be_visible()
    another = place.locator('input[type="radio"][value="new"]')
    if another.count():
        another.check()


def pay_hosted(page: Page) -> None:
    choose_another(page)
    page.get_by_label("Card number").fill(GOOD_CARD)
    page.get_by_label("Expiry MM/YY").fill("12 / 34")
    page.get_by_label("Security code").fill("123")
    page.get_by_label("Name on card").fill("Ada Lovelace")
    page.locator("button[type=submit]").click()


def test_a_connection_that_breaks_is_no_answer_and_the_button_asks_again(world: World, visit, shows):
    charge = owed(serve(world), ASKING)
    page = visit(expected=CUT).page(charge["recovery"]["url"])
    page.route("**/confirm", lambda route: route.abort())
    press(page, "Confirm $10.99")
    expect(status_of(page)).to_have_text("That did not work. Please reload this page before you try again.")
    expect(status_of(page)).to_be_focused()
    shows(page, "confirm-no-connection")
    page.unroute("**/confirm")
    press(page, "Confirm $10.99")
    answer_bank(page, "Complete")
    is_titled(page, "Paid")
    is_paid_once(world, charge, "on_session")


@pytest.mark.parametrize("ui", ["hosted_page", "embedded_page"])
def test_without_javascript_the_button_leads_to_checkout(world: World, visit, shows, ui: str):
    charge = owed(serve(world, ui), ASKING)
    page = visit(javascript=False).page(charge["recovery"]["url"])
    expect(page.get_by_role("button").filter(visible=True)).to_have_text(["Confirm $10.99"])
    expect(page.get_by_text("Use another card").filter(visible=True)).to_have_count(0)
    shows(page, "confirm-without-javascript", axe=False)
    press(page, "Confirm $10.99")
    if ui == "embedded_page":
        needs_script(page)
        return
    page.wait_for_url(f"{world.sandbox_url}/c/pay/cs_*")
    pay_hosted(page)
    is_titled(page, "Paid")
    is_paid_once(world, charge, "checkout")


def test_a_tick_while_the_bank_asks_leaves_the_question_open(world: World, visit):
    charge = owed(serve(world), ASKING)
    page = visit().page(charge["recovery"]["url"])
    press(page, "Confirm $10.99")
    expect(bank(page).get_by_role("button", name="Complete")).to_be_visible()
    for _ in range(2):
        world.ask("tick")
    assert successes(world, charge) == []
    answer_bank(page, "Complete")
    is_titled(page, "Paid")
    is_paid_once(world, charge, "on_session")


def test_whoever_leaves_after_the_banks_question_is_paid_by_the_tick(world: World, visit):
    charge = owed(serve(world), ASKING)
    page = visit(expected=CUT).page(charge["recovery"]["url"])
    press(page, "Confirm $10.99")
    expect(bank(page).get_by_role("button", name="Complete")).to_be_visible()
    page.route("**/confirm", lambda route: route.abort())
    answer_bank(page, "Complete")
    expect(status_of(page)).to_contain_text("That did not work.")
    page.close()
    # The browser has its minutes to come back; then it is collected without it.
    world.ask("tick")
    assert successes(world, charge) == []
    world.pass_time(minutes=6)
    is_paid_once(world, charge, "on_session")


def test_a_question_that_was_left_open_for_hours_takes_nothing(world: World, visit, shows):
    charge = owed(serve(world), ASKING)
    page = visit(expected=REFUSED).page(charge["recovery"]["url"])
    press(page, "Confirm $10.99")
    expect(bank(page).get_by_role("button", name="Complete")).to_be_visible()
    world.pass_time(hours=3)
    world.ask("tick")
    answer_bank(page, "Complete")
    expect(status_of(page)).not_to_have_text("One moment, please …")
    expect(status_of(page)).to_be_focused()
    shows(page, "confirm-hours-later")
    assert successes(world, charge) == []
    # The link is good for another try.
    press(page, "Pay another way")
    page.wait_for_url(f"{world.sandbox_url}/c/pay/cs_*")
    pay_hosted(page)
    is_titled(page, "Paid")
    is_paid_once(world, charge, "checkout")


def test_a_second_tab_while_the_bank_asks_goes_on_with_the_same_question(world: World, visit, shows):
    charge = owed(serve(world), ASKING)
    visitor = visit()
    first = visitor.page(charge["recovery"]["url"])
    press(first, "Confirm $10.99")
    expect(bank(first).get_by_role("button", name="Complete")).to_be_visible()
    second = visitor.page(charge["recovery"]["url"])
    shows(second, "confirm-second-tab")
    is_titled(second, "Payment due")
    press(second, "Confirm $10.99")
    answer_bank(second, "Complete")
    is_titled(second, "Paid")
    answer_bank(first, "Complete")
    is_titled(first, "Paid")
    is_paid_once(world, charge, "on_session")


@pytest.mark.parametrize("ui", ["hosted_page", *FORMS])
def test_checkout_is_not_opened_beside_the_banks_question(world: World, visit, ui: str):
    charge = owed(serve(world, ui), ASKING)
    visitor = visit()
    page = visitor.page(charge["recovery"]["url"])
    press(page, "Confirm $10.99")
    expect(bank(page).get_by_role("button", name="Complete")).to_be_visible()
    beside = fetch(charge["recovery"]["url"] + "/pay", "POST", b"")
    assert beside.status == 409 and "do not pay again" in beside.text
    answer_bank(page, "Complete")
    is_titled(page, "Paid")
    is_paid_once(world, charge, "on_session")


# --- Another card, typed into Stripe's field on the page --------------------------------------------------------------


def card_field(page: Page) -> FrameLocator:
    return page.frame_locator("#card iframe")


def type_card(page: Page, number: str) -> None:
    field = card_field(page)
    field.locator("[name=cardnumber]").fill(number)
    field.locator("[name=exp-date]").fill("12/34")
    field.locator("[name=cvc]").fill("123")
    field.locator("[name=postal]").fill("10001")


def take_another_card(page: Page, number: str, says: dict[str, str] = SAYS["en"]) -> None:
    press(page, says["another"])
    # Whoever asks for the field can type at once.
    expect(card_field(page).locator("[name=cardnumber]")).to_be_focused()
    type_card(page, number)


def posts(page: Page) -> list[str]:
    """Every payment method that the page asks to be charged."""
    methods: list[str] = []

    def note(request: Request) -> None:
        if request.url.endswith("/confirm") and "payment_method_id" in (request.post_data or ""):
            methods.append(request.post_data_json["payment_method_id"])

    page.on("request", note)
    return methods


@pytest.mark.parametrize(("locale", "color"), [("en", "light"), ("en", "dark"), ("ja", "light")])
def test_a_new_card_is_typed_and_paid_with_on_the_page(world: World, visit, shows, locale: str, color: str):
    says = SAYS[locale]
    charge = owed(serve(world), ASKING, locale)
    page = visit(color_scheme=color).page(charge["recovery"]["url"])
    name = f"new-card-{locale}-{color}"
    another = page.get_by_role("button", name=says["another"], exact=True)
    assert another.bounding_box()["height"] >= 44
    expect(page.get_by_role("button", name=says["pay"], exact=True)).to_have_count(0)
    take_another_card(page, GOOD_CARD, says)
    expect(another).to_have_count(0)
    # The card that failed is still there to be confirmed.
    expect(page.get_by_role("button", name=says["confirm"], exact=True)).to_be_enabled()
    shows(page, f"{name}-1-typed")
    methods = posts(page)
    page.get_by_role("button", name=says["pay"], exact=True).dblclick()
    is_titled(page, says["paid"])
    assert page.url == charge["recovery"]["url"]
    shows(page, f"{name}-2-paid")
    assert len(methods) == 1
    is_paid_once(world, charge, "on_session")
    # It is the one that is charged from now on.
    default = world.stripe("GET", f"/v1/payment_methods/{methods[0]}")
    assert (default["customer"], default["card"]["last4"]) == (charge["customer"], "4242")


def test_a_new_card_that_is_declined_makes_room_for_another(world: World, visit, shows):
    charge = owed(serve(world), ASKING)
    page = visit(expected=REFUSED).page(charge["recovery"]["url"])
    take_another_card(page, DECLINED_CARD)
    press(page, "Pay $10.99")
    expect(status_of(page)).to_have_text("The payment was declined by your bank.")
    expect(status_of(page)).to_be_focused()
    expect(page.get_by_role("button", name="Pay $10.99")).to_be_enabled()
    # What was typed is still there.
    expect(card_field(page).locator("[name=cardnumber]")).to_have_value(DECLINED_CARD)
    expect(card_field(page).locator("[name=cardnumber]")).to_be_enabled()
    shows(page, "new-card-declined")
    assert successes(world, charge) == []
    type_card(page, GOOD_CARD)
    press(page, "Pay $10.99")
    is_titled(page, "Paid")
    is_paid_once(world, charge, "on_session")


def test_a_card_that_is_not_whole_is_not_sent(world: World, visit, shows):
    charge = owed(serve(world), ASKING)
    page = visit().page(charge["recovery"]["url"])
    methods = posts(page)
    take_another_card(page, "42424242")
    press(page, "Pay $10.99")
    expect(status_of(page)).to_have_text("Your card number is incomplete.")
    expect(status_of(page)).to_be_focused()
    shows(page, "new-card-incomplete")
    assert methods == []
    type_card(page, GOOD_CARD)
    press(page, "Pay $10.99")
    is_titled(page, "Paid")
    is_paid_once(world, charge, "on_session")


def test_the_bank_of_a_new_card_asks_on_the_page(world: World, visit, shows):
    charge = owed(serve(world), ASKING)
    visitor = visit(expected=REFUSED)
    page = visitor.page(charge["recovery"]["url"])
    take_another_card(page, ASKING_CARD)
    press(page, "Pay $10.99")
    answer_bank(page, "Fail")
    expect(status_of(page)).to_contain_text("unable to authenticate")
    expect(status_of(page)).to_be_focused()
    shows(page, "new-card-refused-by-bank")
    assert successes(world, charge) == []
    press(page, "Pay $10.99")
    expect(bank(page).get_by_role("button", name="Complete")).to_be_visible()
    # Another tab goes on with this card's question, and not with the card that failed.
    second = visitor.page(charge["recovery"]["url"])
    methods = posts(second)
    press(second, "Confirm $10.99")
    answer_bank(second, "Complete")
    is_titled(second, "Paid")
    (asked,) = methods
    assert world.stripe("GET", f"/v1/payment_methods/{asked}")["card"]["last4"] == ASKING_CARD[-4:]
    answer_bank(page, "Complete")
    is_titled(page, "Paid")
    is_paid_once(world, charge, "on_session")


def test_after_the_banks_no_a_new_card_pays_where_the_customer_is(world: World, visit, shows):
    charge = owed(serve(world), ASKING)
    page = refused_by_the_bank(world, visit, charge)
    type_card(page, GOOD_CARD)
    shows(page, "confirm-refused-new-card")
    press(page, "Pay $10.99")
    is_titled(page, "Paid")
    is_paid_once(world, charge, "on_session")


def test_an_answer_that_is_lost_is_asked_for_with_the_same_card(world: World, visit):
    charge = owed(serve(world), ASKING)
    page = visit(expected=CUT).page(charge["recovery"]["url"])
    methods = posts(page)

    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route("**/confirm", lose)
    take_another_card(page, GOOD_CARD)
    press(page, "Pay $10.99")
    expect(status_of(page)).to_contain_text("That did not work.")
    wait_until("Stripe to have the money", lambda: successes(world, charge))
    page.unroute("**/confirm")
    press(page, "Pay $10.99")
    is_titled(page, "Paid")
    assert len(methods) == 2 and len(set(methods)) == 1
    is_paid_once(world, charge, "on_session")


def test_while_one_card_is_on_its_way_no_other_button_does_anything(world: World, visit):
    charge = owed(serve(world), ASKING)
    page = visit().page(charge["recovery"]["url"])
    methods = posts(page)
    press(page, "Use another card")
    type_card(page, GOOD_CARD)
    held: list[Route] = []
    page.route("**/confirm", lambda route: held.append(route))
    press(page, "Pay $10.99")
    wait_until("the page to ask", lambda: page.wait_for_timeout(50) or held)
    confirm = page.get_by_role("button", name="Confirm $10.99")
    expect(confirm).to_have_attribute("aria-disabled", "true")
    confirm.click(force=True)
    page.get_by_role("button", name="One moment, please …").click(force=True)
    expect(card_field(page).locator("[name=cardnumber]")).to_be_disabled()
    expect(status_of(page)).to_have_text("One moment, please …")
    held[0].continue_()
    is_titled(page, "Paid")
    assert len(held) == 1 and len(methods) == 1
    is_paid_once(world, charge, "on_session")


def test_a_new_card_can_be_paid_with_by_keyboard_alone(world: World, visit):
    charge = owed(serve(world), ASKING)
    page = visit().page(charge["recovery"]["url"])
    tab_to(page, page.get_by_role("button", name="Use another card"))
    page.keyboard.press("Enter")
    field = card_field(page)
    expect(field.locator("[name=cardnumber]")).to_be_focused()
    page.keyboard.type(GOOD_CARD)
    for name, typed in [("exp-date", "1234"), ("cvc", "123"), ("postal", "10001")]:
        tab_to(page, field.locator(f"[name={name}]"))
        page.keyboard.type(typed)
    tab_to(page, page.get_by_role("button", name="Pay $10.99"))
    page.keyboard.press("Enter")
    is_titled(page, "Paid")
    is_paid_once(world, charge, "on_session")


def test_what_else_a_new_card_pays_is_said_and_paid(world: World, visit, shows):
    charge = owed(serve(world), ASKING)
    other = world.ask(
        "charge", "enqueue", "--customer", charge["customer"], "--amount", "500", "--currency", "usd",
        "--description", "Locker 7",
    )
    world.ask("tick")
    page = visit().page(charge["recovery"]["url"])
    expect(page.locator("main")).to_contain_text("It will then also be charged for")
    expect(page.locator("main li")).to_have_text(["$5.00 for Locker 7"])
    take_another_card(page, GOOD_CARD)
    shows(page, "new-card-also-charged")
    press(page, "Pay $10.99")
    is_titled(page, "Paid")
    is_paid_once(world, charge, "on_session")
    assert world.ask("charge", "show", other["id"])["state"] == "paid"


def test_of_a_card_that_was_stopped_nothing_is_offered(world: World, visit):
    charge = owed(serve(world), "pm_card_sandboxDecline_stolen_card")
    page = visit().page(charge["recovery"]["url"])
    expect(page.locator("main")).to_contain_text("Please use another card or another way to pay.")
    expect(page.locator("#stripe")).to_have_count(0)
    expect(page.locator("main button")).to_have_text(["Pay $10.99"])
