"""The sandbox's `stripe.js` on a page of a shop's own, in a real browser, under the policy that a careful shop sets.

The page comes from another origin than the sandbox. Its policy lets the sandbox's script, frames and answers in, and
nothing else: no inline script, no inline style, no eval. A violation of it fails the test, as does anything that the
console calls an error.
"""

from __future__ import annotations

import http.server
import threading
import urllib.parse
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import FrameLocator, Page, expect

from world import World, fetch, form, wait_until

GOOD_CARD = "4242424242424242"
DECLINED_CARD = "4000000000009995"
#: The bank asks at every charge, and again when it is saved.
ASKING_CARD = "4000002760003184"
CODES_OF_REFUSALS = ("400", "401", "402", "403", "404")

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Shop</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="/icon.svg"><script src="{sandbox}{script}"></script><script src="/shop.js"></script></head>
<body><main><h1>Shop</h1><div id="stripe"></div></main></body></html>"""

#: What a test hands to `run` is written down here as a file of the shop's, since the policy forbids it anywhere else.
SHOP = """
window.violations = [];
document.addEventListener('securitypolicyviolation', (event) => violations.push(event.violatedDirective + ' ' + event.blockedURI));
"""


class Shop:
    """A page on a loopback port, with a strict policy."""

    def __init__(self, sandbox: str) -> None:
        self.script = "/endive/stripe.js"
        policy = (
            f"default-src 'none'; script-src 'self' {sandbox}; frame-src {sandbox}; connect-src {sandbox}; "
            "img-src 'self'; base-uri 'none'; form-action 'self'"
        )
        shop = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path = urllib.parse.urlsplit(self.path).path
                kind, body = {
                    "/shop.js": ("text/javascript", SHOP),
                    "/icon.svg": ("image/svg+xml", "<svg xmlns='http://www.w3.org/2000/svg'/>"),
                }.get(path, ("text/html", PAGE.format(sandbox=sandbox, script=shop.script)))
                self.send_response(200)
                self.send_header("content-type", kind)
                self.send_header("content-security-policy", policy)
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *_: Any) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def shop(world: World):
    world.start_sandbox()
    shop = Shop(world.sandbox_url)
    yield shop
    shop.stop()


@pytest.fixture
def page(shop: Shop, phone):
    """The shop's page on a phone, with a `stripe` in it; nothing may go against its policy."""
    page = phone().new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    # The browser itself writes a line for each refusal of the API; those are what a test is about.
    page.on(
        "console",
        lambda message: errors.append(message.text)
        if message.type == "error" and not any(f"status of {code}" in message.text for code in CODES_OF_REFUSALS)
        else None,
    )
    page.goto(shop.url + "/pay")
    run(page, "window.stripe = Stripe('pk_test_shop')")
    yield page
    assert run(page, "window.violations") == []
    assert errors == []


def run(page: Page, script: str, argument: Any = None) -> Any:
    """What the shop's own script does; a function is called and awaited."""
    return page.evaluate(script, argument)


def session(world: World, **fields: Any) -> dict[str, Any]:
    fields = {"mode": "payment", **fields}
    if fields["mode"] == "setup":
        fields.setdefault("currency", "gbp")
    else:
        product = {"currency": "gbp", "unit_amount": 1099, "product_data": {"name": "Gold membership"}}
        fields["line_items"] = [{"price_data": product, "quantity": 1}]
    fields.setdefault("customer", world.customer("Ada Lovelace", "ada@customer.example"))
    return world.stripe("POST", "/v1/checkout/sessions", fields)


def status(world: World, made: dict[str, Any]) -> tuple[str, str]:
    now = world.stripe("GET", f"/v1/checkout/sessions/{made['id']}")
    return now["status"], now["payment_status"]


def fill_hosted(frame: FrameLocator, number: str) -> None:
    frame.get_by_label("Card number").fill(number)
    frame.get_by_label("Expiry MM/YY").fill("12 / 34")
    frame.get_by_label("Security code").fill("123")
    frame.get_by_label("Name on card").fill("Ada Lovelace")


def fill_payment(page: Page, number: str) -> None:
    frame = page.frame_locator("#stripe iframe")
    frame.get_by_label("Card number").fill(number)
    frame.get_by_label("Expiration date").fill("12 / 34")
    frame.get_by_label("Security code").fill("123")
    frame.get_by_label("ZIP code").fill("10001")


def fill_card(page: Page, number: str) -> None:
    frame = page.frame_locator("#stripe iframe")
    frame.locator("[name=cardnumber]").fill(number)
    frame.locator("[name=exp-date]").fill("12/34")
    frame.locator("[name=cvc]").fill("123")
    frame.locator("[name=postal]").fill("10001")


def answer_bank(page: Page, answer: str) -> None:
    question = page.get_by_role("dialog", name="Your bank asks").frame_locator("iframe")
    question.get_by_role("button", name=answer, exact=True).click()
    expect(page.get_by_role("dialog")).to_have_count(0)


def begin(page: Page, script: str, argument: Any = None) -> None:
    """Starts what ends only when somebody has answered; `ended` says how."""
    run(
        page,
        f"(argument) => {{ window.ended = null; ({script})(argument)"
        ".then((result) => { window.ended = result }, (error) => { window.ended = {thrown: error.name, message: error.message} }) }",
        argument,
    )


def ended(page: Page) -> Any:
    return wait_until("the script to be through", lambda: run(page, "window.ended"))


def thrown(page: Page, script: str, argument: Any = None) -> dict[str, str]:
    """The error that the shop's programmer is told of."""
    begin(page, f"async (argument) => ({script})(argument)", argument)
    return ended(page)


def is_narrow(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") <= 360, "the page scrolls sideways"


# --- The script itself ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/stripe.js", "/v3/", "/v3", "/clover/stripe.js", "/endive/stripe.js"])
def test_every_name_of_the_script_serves_it(world: World, shop: Shop, path: str):
    answer = fetch(world.sandbox_url + path)
    assert (answer.status, answer.headers["content-type"]) == (200, "text/javascript; charset=utf-8")
    assert "window.Stripe = Stripe" in answer.text
    assert fetch(f"{world.sandbox_url}/a/b/stripe.js").status == 404


def test_what_a_programmer_does_wrong_is_thrown(world: World, page: Page):
    for key in ("sk_test_x", "pk_live_x", ""):
        assert thrown(page, "(key) => Stripe(key)", key)["thrown"] == "IntegrationError"
    for script in (
        "() => stripe.createToken()",
        "() => stripe.retrievePaymentIntent('pi_1')",
        "() => stripe.elements({mode: 'payment'})",
        "() => stripe.elements().create('iban')",
        "() => stripe.elements().create('payment')",
        "() => stripe.elements().create('card').mount('#nowhere')",
        "() => stripe.createPaymentMethod({type: 'card', card: stripe.elements().create('card')})",
    ):
        assert thrown(page, script)["thrown"] == "IntegrationError", script


# --- Embedded Checkout ------------------------------------------------------------------------------------------------

EMBEDDED = """async ({name, secret}) => {
  window.completed = 0;
  window.checkout = await stripe[name]({fetchClientSecret: async () => secret, onComplete: () => { completed += 1 }});
  checkout.mount('#stripe');
  return {};
}"""


def embed(page: Page, made: dict[str, Any], name: str = "createEmbeddedCheckoutPage") -> FrameLocator:
    run(page, EMBEDDED, {"name": name, "secret": made["client_secret"]})
    return page.frame_locator("iframe[name=embedded-checkout]")


@pytest.mark.parametrize("name", ["createEmbeddedCheckoutPage", "initEmbeddedCheckout"])
def test_an_embedded_page_pays_and_leads_back(world: World, shop: Shop, page: Page, screenshot, name: str):
    made = session(world, ui_mode="embedded_page", return_url=shop.url + "/done?s={CHECKOUT_SESSION_ID}")
    frame = embed(page, made, name)
    expect(frame.get_by_text("£10.99").first).to_be_visible()
    expect(frame.locator("header")).to_have_count(0)
    is_narrow(page)
    screenshot(page, "script-embedded")
    fill_hosted(frame, DECLINED_CARD)
    frame.get_by_role("button", name="Pay £10.99").click()
    expect(frame.get_by_role("alert")).to_contain_text("insufficient funds")
    assert status(world, made) == ("open", "unpaid")
    fill_hosted(frame, GOOD_CARD)
    frame.get_by_role("button", name="Pay £10.99").click()
    page.wait_for_url(f"{shop.url}/done?s={made['id']}")
    assert status(world, made) == ("complete", "paid")


@pytest.mark.parametrize("answer", ["Confirm", "Refuse"])
def test_the_bank_asks_inside_the_embedded_page(world: World, shop: Shop, page: Page, answer: str):
    made = session(world, ui_mode="embedded_page", mode="setup", return_url=shop.url + "/done?s={CHECKOUT_SESSION_ID}")
    frame = embed(page, made)
    fill_hosted(frame, ASKING_CARD)
    frame.get_by_role("button", name="Save card").click()
    frame.get_by_role("button", name=answer).click()
    if answer == "Confirm":
        page.wait_for_url(f"{shop.url}/done?s={made['id']}")
        assert status(world, made)[0] == "complete"
    else:
        expect(frame.get_by_role("alert")).to_contain_text("could not confirm")
        assert status(world, made)[0] == "open"


@pytest.mark.parametrize("back", [{"redirect_on_completion": "never"}, {"redirect_on_completion": "if_required"}])
def test_a_page_that_does_not_redirect_is_told_of_the_end(world: World, shop: Shop, page: Page, back):
    if back["redirect_on_completion"] == "if_required":
        back = {**back, "return_url": shop.url + "/done"}
    frame = embed(page, session(world, ui_mode="embedded_page", **back))
    fill_hosted(frame, GOOD_CARD)
    frame.get_by_role("button", name="Pay £10.99").click()
    expect(frame.get_by_text("You have paid £10.99.")).to_be_visible()
    wait_until("onComplete to be called", lambda: run(page, "window.completed") == 1)
    assert page.url == shop.url + "/pay"
    run(page, "checkout.destroy()")
    expect(page.locator("iframe")).to_have_count(0)


@pytest.mark.parametrize("back", ["always", "if_required", "never"])
def test_an_embedded_page_of_a_complete_session_leads_on(
    world: World, shop: Shop, page: Page, screenshot, back: str
):
    """One that was paid in another tab, or before the page was loaded again."""
    fields = {"redirect_on_completion": back} | (
        {} if back == "never" else {"return_url": shop.url + "/done?s={CHECKOUT_SESSION_ID}"}
    )
    made = session(world, ui_mode="embedded_page", **fields)
    frame = embed(page, made)
    fill_hosted(frame, GOOD_CARD)
    other = page.context.new_page()
    other.goto(shop.url + "/pay")
    run(other, "window.stripe = Stripe('pk_test_shop')")
    paid = embed(other, made)
    fill_hosted(paid, GOOD_CARD)
    paid.get_by_role("button", name="Pay £10.99").click()
    wait_until("the session to be complete", lambda: other.wait_for_timeout(50) or status(world, made)[0] == "complete")
    for again in (False, True):
        if again:
            page.goto(shop.url + "/pay")
            run(page, "window.stripe = Stripe('pk_test_shop')")
            embed(page, made)
        else:
            frame.get_by_role("button", name="Pay £10.99").click()
        if back == "always":
            page.wait_for_url(f"{shop.url}/done?s={made['id']}")
            continue
        expect(frame.get_by_text("You have paid £10.99.")).to_be_visible()
        wait_until("onComplete to be called", lambda: run(page, "window.completed") == 1)
        assert page.url == shop.url + "/pay"
    if back == "never":
        screenshot(page, "script-embedded-complete")
    (paid_once,) = world.stripe("GET", f"/v1/payment_intents?customer={made['customer']}")["data"]
    assert paid_once["status"] == "succeeded"


def test_an_embedded_page_needs_its_own_secret(world: World, shop: Shop, page: Page):
    made = session(world, ui_mode="embedded_page", redirect_on_completion="never")
    other = session(world, ui_mode="elements")
    for secret in (made["client_secret"] + "x", made["id"], other["client_secret"]):
        error = thrown(page, EMBEDDED, {"name": "createEmbeddedCheckoutPage", "secret": secret})
        assert error["thrown"] == "IntegrationError", error
    assert fetch(f"{world.sandbox_url}/c/embedded/{made['id']}?client_secret=wrong").status == 404
    assert fetch(f"{world.sandbox_url}/c/pay/{made['id']}").status == 404
    embed(page, made)
    second = thrown(page, EMBEDDED, {"name": "createEmbeddedCheckoutPage", "secret": made["client_secret"]})
    assert "multiple" in second["message"]


def saved_card(world: World) -> str:
    """A customer with a card that may be shown again."""
    customer = world.customer("Bea", "bea@customer.example")
    method = world.stripe("POST", "/v1/payment_methods/pm_card_mastercard/attach", {"customer": customer})["id"]
    details = {"name": "Bea", "email": "bea@customer.example", "address": {"country": "DE"}}
    world.stripe("POST", f"/v1/payment_methods/{method}", {"allow_redisplay": "limited", "billing_details": details})
    return customer


@pytest.mark.parametrize("ui_mode", ["hosted_page", "embedded_page", "elements"])
def test_saved_cards_are_offered_for_half_an_hour(world: World, shop: Shop, page: Page, ui_mode: str):
    back = {"success_url" if ui_mode == "hosted_page" else "return_url": shop.url + "/done"}
    filters = {"allow_redisplay_filters": ["always", "limited"]}
    made = session(world, ui_mode=ui_mode, customer=saved_card(world), saved_payment_method_options=filters, **back)
    if ui_mode == "hosted_page":
        page.goto(made["url"])
        place: Any = page
    elif ui_mode == "embedded_page":
        place = embed(page, made)
    else:
        compose(page, made)
        place = page.frame_locator("#stripe iframe")
    card = place.get_by_label("mastercard ending 4444")
    expect(card).to_be_checked()
    world.pass_time(minutes=30)
    if ui_mode == "hosted_page":
        page.reload()
        expect(place.get_by_label("Card number")).to_be_visible()
        expect(card).to_have_count(0)
        page.goto(shop.url + "/pay")
    elif ui_mode == "embedded_page":
        run(page, "checkout.destroy()")
        place = embed(page, made)
        expect(place.get_by_label("Card number")).to_be_visible()
        expect(card).to_have_count(0)
    else:
        # What was chosen in time still pays.
        page.get_by_role("heading", name="Shop").click()
        begin(page, "() => actions.confirm()")
        page.wait_for_url(shop.url + "/done")
        assert status(world, made) == ("complete", "paid")


# --- Checkout elements ------------------------------------------------------------------------------------------------

COMPOSED = """async ({name, secret, shows}) => {
  window.changes = [];
  window.checkout = stripe[name]({clientSecret: secret});
  checkout.on('change', (session) => changes.push(session.canConfirm));
  const loaded = await checkout.loadActions();
  if (loaded.type === 'error') return loaded;
  window.actions = loaded.actions;
  checkout.createPaymentElement().mount('#stripe');
  return shows ? {total: actions.getSession().total.total.amount} : {};
}"""


def compose(page: Page, made: dict[str, Any], name: str = "initCheckoutElementsSdk", shows: bool = True) -> Any:
    return run(page, COMPOSED, {"name": name, "secret": made["client_secret"], "shows": shows})


@pytest.mark.parametrize("name", ["initCheckoutElementsSdk", "initCheckout"])
def test_checkout_elements_show_the_total_decline_and_pay(
    world: World, shop: Shop, page: Page, screenshot, name: str
):
    made = session(world, ui_mode="elements", return_url=shop.url + "/done?s={CHECKOUT_SESSION_ID}")
    assert compose(page, made, name) == {"total": "£10.99"}
    view = run(page, "JSON.parse(JSON.stringify(actions.getSession()))")
    assert view["status"] == {"type": "open"} and view["minorUnitsAmountDivisor"] == 100
    assert (view["id"], view["email"], view["currency"]) == (made["id"], "ada@customer.example", "gbp")
    assert [item["name"] for item in view["lineItems"]] == ["Gold membership"]
    assert view["canConfirm"] is False

    incomplete = run(page, "() => actions.confirm()")
    assert incomplete == {"type": "error", "error": {"message": "Your card number is incomplete.", "code": None}}
    fill_payment(page, DECLINED_CARD)
    wait_until("the page to hear that it may confirm", lambda: run(page, "changes.at(-1)"))
    is_narrow(page)
    screenshot(page, "script-checkout-elements")
    declined = run(page, "() => actions.confirm()")
    assert declined["type"] == "error"
    assert declined["error"]["code"] == "paymentFailed"
    assert declined["error"]["paymentFailed"] == {"declineCode": "insufficient_funds"}
    assert "insufficient funds" in declined["error"]["message"]
    assert run(page, "actions.getSession().lastPaymentError.message") == declined["error"]["message"]
    assert status(world, made) == ("open", "unpaid")

    fill_payment(page, GOOD_CARD)
    begin(page, "() => actions.confirm()")
    page.wait_for_url(f"{shop.url}/done?s={made['id']}")
    assert status(world, made) == ("complete", "paid")


def test_checkout_elements_stay_where_nothing_has_to_redirect(world: World, shop: Shop, page: Page):
    made = session(world, ui_mode="elements")
    compose(page, made)
    fill_payment(page, GOOD_CARD)
    nowhere = thrown(page, "() => actions.confirm()")
    assert nowhere["thrown"] == "IntegrationError" and "returnUrl" in nowhere["message"]
    done = run(page, "async () => { const r = await actions.confirm({redirect: 'if_required'}); return [r.type, r.session.status] }")
    assert done == ["success", {"type": "complete", "paymentStatus": "paid"}]
    assert page.url == shop.url + "/pay"
    again = run(page, "() => actions.confirm({redirect: 'if_required'})")
    assert again["type"] == "error"


@pytest.mark.parametrize("mode", ["payment", "setup"])
@pytest.mark.parametrize("answer", ["Complete", "Fail"])
def test_the_bank_asks_over_checkout_elements(world: World, shop: Shop, page: Page, mode: str, answer: str):
    made = session(world, ui_mode="elements", mode=mode)
    compose(page, made)
    fill_payment(page, ASKING_CARD)
    begin(page, "() => actions.confirm({redirect: 'if_required'})")
    answer_bank(page, answer)
    result = ended(page)
    if answer == "Complete":
        assert result["type"] == "success"
        assert status(world, made) == ("complete", "paid" if mode == "payment" else "no_payment_required")
    else:
        assert result["type"] == "error"
        assert result["error"]["code"] == "paymentFailed"
        assert status(world, made)[0] == "open"


def test_checkout_elements_insist_on_what_stripe_insists_on(world: World, shop: Shop, page: Page):
    made = session(world, ui_mode="elements", customer=saved_card(world))
    compose(page, made, shows=False)
    fill_payment(page, GOOD_CARD)
    assert "total" in thrown(page, "() => actions.confirm({redirect: 'if_required'})")["message"]
    assert status(world, made) == ("open", "unpaid")
    page.reload()
    run(page, "window.stripe = Stripe('pk_test_shop')")
    for secret in (made["client_secret"] + "x", "cs_test_none_secret_x"):
        refused = run(page, COMPOSED, {"name": "initCheckoutElementsSdk", "secret": secret, "shows": True})
        assert refused["type"] == "error" and refused["error"]["message"]


def test_a_guest_says_who_they_are_before_they_pay(world: World, shop: Shop, page: Page):
    made = world.stripe(
        "POST",
        "/v1/checkout/sessions",
        {
            "mode": "payment", "ui_mode": "elements",
            "line_items": [{"price_data": {"currency": "jpy", "unit_amount": 500, "product_data": {"name": "Tea"}}}],
        },
    )
    assert compose(page, made) == {"total": "¥500"}
    fill_payment(page, GOOD_CARD)
    assert run(page, "() => actions.confirm({redirect: 'if_required'})")["type"] == "error"
    wrong = run(page, "() => actions.updateEmail('nobody')")
    assert wrong == {"type": "error", "error": {"message": "Your email is invalid.", "code": "invalidEmail"}}
    assert run(page, "async () => (await actions.updateEmail('guest@customer.example')).session.email")
    assert run(page, "async () => (await actions.confirm({redirect: 'if_required'})).type") == "success"
    now = world.stripe("GET", f"/v1/checkout/sessions/{made['id']}")
    assert now["customer_details"]["email"] == "guest@customer.example"


# --- Cards on a page of one's own -------------------------------------------------------------------------------------

CARD_ELEMENT = """() => {
  window.heard = [];
  window.card = stripe.elements().create('card');
  card.on('change', (event) => heard.push(event));
  card.mount('#stripe');
}"""
MAKE_CARD = "() => stripe.createPaymentMethod({type: 'card', card, billing_details: {name: 'Ada Lovelace'}})"


def make_card(page: Page, number: str) -> Any:
    run(page, CARD_ELEMENT)
    fill_card(page, number)
    return run(page, MAKE_CARD)


def confirm_on_server(world: World, method: str, **fields: Any) -> dict[str, Any]:
    """As a server does that wants the last word: by hand, and the card is to be kept."""
    return world.stripe(
        "POST",
        "/v1/payment_intents",
        {
            "amount": 1099, "currency": "gbp", "payment_method": method, "confirm": True,
            "customer": world.customer("Ada Lovelace", "ada@customer.example"),
            "confirmation_method": "manual", "setup_future_usage": "off_session", **fields,
        },
    )


def intent_of(world: World, made: dict[str, Any]) -> dict[str, Any]:
    return world.stripe("GET", f"/v1/payment_intents/{made['id']}")


def test_a_card_is_typed_into_a_frame_and_the_page_gets_its_id(world: World, page: Page, screenshot):
    run(page, CARD_ELEMENT)
    frame = page.frame_locator("#stripe iframe")
    for label in ("Credit or debit card number", "Credit or debit card expiration date", "Credit or debit card CVC/CVV"):
        expect(frame.get_by_label(label)).to_be_visible()
    is_narrow(page)
    screenshot(page, "script-card-element")
    assert run(page, MAKE_CARD)["error"]["code"] == "incomplete_number"
    fill_card(page, "4242424242424241")
    assert run(page, MAKE_CARD)["error"]["code"] == "invalid_number"
    fill_card(page, GOOD_CARD)
    wait_until("the page to hear that the card is complete", lambda: run(page, "heard.at(-1).complete"))
    method = run(page, MAKE_CARD)["paymentMethod"]
    assert (method["card"]["last4"], method["billing_details"]["name"]) == ("4242", "Ada Lovelace")
    # Nothing of the number has come to the page, in a message or otherwise.
    assert GOOD_CARD not in run(page, "JSON.stringify(heard) + document.documentElement.outerHTML")
    paid = confirm_on_server(world, method["id"])
    assert paid["status"] == "succeeded"
    run(page, "card.destroy()")
    expect(page.locator("iframe")).to_have_count(0)


def test_a_card_element_says_how_it_stands_and_can_be_disabled(world: World, page: Page):
    run(page, CARD_ELEMENT)
    number = page.frame_locator("#stripe iframe").locator("[name=cardnumber]")
    expect(page.locator("#stripe")).to_contain_class("StripeElement StripeElement--empty")
    run(page, "card.focus()")
    expect(number).to_be_focused()
    expect(page.locator("#stripe")).to_contain_class("StripeElement--focus")
    number.fill("4242424242424241")
    page.frame_locator("#stripe iframe").locator("[name=exp-date]").fill("12/34")
    expect(page.locator("#stripe")).to_contain_class("StripeElement--invalid")
    fill_card(page, GOOD_CARD)
    expect(page.locator("#stripe")).to_contain_class("StripeElement--complete")
    run(page, "card.update({disabled: true})")
    expect(number).to_be_disabled()
    # As a page does that disables it while the payment is under way.
    assert run(page, MAKE_CARD)["paymentMethod"]["card"]["last4"] == "4242"
    run(page, "card.update({disabled: false})")
    expect(number).to_be_enabled()
    expect(number).to_have_value(GOOD_CARD)


def test_a_number_that_the_page_itself_sends_is_refused(world: World, shop: Shop, page: Page):
    fields = "type=card&card[number]=4242424242424242&card[exp_month]=12&card[exp_year]=34"
    refused = run(
        page,
        """async ({url, fields}) => (await fetch(url + '/v1/payment_methods', {
            method: 'POST', body: new URLSearchParams(fields), headers: {Authorization: 'Bearer pk_test_shop'},
        })).status""",
        {"url": world.sandbox_url, "fields": fields},
    )
    assert refused == 402


@pytest.mark.parametrize("function", ["({client_secret}) => stripe.handleNextAction({clientSecret: client_secret})",
                                      "({client_secret}) => stripe.handleCardAction(client_secret)"],
                         ids=["handleNextAction", "handleCardAction"])
def test_the_bank_says_yes_and_the_server_collects(world: World, page: Page, screenshot, function: str):
    made = confirm_on_server(world, make_card(page, ASKING_CARD)["paymentMethod"]["id"])
    assert made["status"] == "requires_action" and made["next_action"]["type"] == "use_stripe_sdk"
    begin(page, function, made)
    dialog = page.get_by_role("dialog", name="Your bank asks")
    expect(dialog.frame_locator("iframe").get_by_role("button", name="Complete")).to_be_visible()
    is_narrow(page)
    violations = Axe().run(page).response["violations"]
    assert not violations, [(found["id"], found["nodes"][0]["html"]) for found in violations]
    screenshot(page, "script-challenge")
    page.keyboard.press("Escape")
    answer_bank(page, "Complete")
    shown = ended(page)["paymentIntent"]
    assert (shown["id"], shown["status"]) == (made["id"], "requires_confirmation")
    assert "customer" not in shown
    assert intent_of(world, made)["amount_received"] == 0
    paid = world.stripe("POST", f"/v1/payment_intents/{made['id']}/confirm", {})
    assert (paid["status"], paid["amount_received"]) == ("succeeded", 1099)
    # There is nothing to ask about any more, and the script says so by throwing.
    assert "requires_action" in thrown(page, function, made)["message"]
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_the_bank_says_no(world: World, page: Page):
    made = confirm_on_server(world, make_card(page, ASKING_CARD)["paymentMethod"]["id"])
    begin(page, "(secret) => stripe.handleNextAction({clientSecret: secret})", made["client_secret"])
    answer_bank(page, "Fail")
    error = ended(page)["error"]
    assert error["code"] == "payment_intent_authentication_failure"
    assert error["payment_intent"]["status"] == "requires_payment_method"
    assert "unable to authenticate" in error["message"]
    assert intent_of(world, made)["status"] == "requires_payment_method"


def test_a_wrong_secret_opens_nothing(world: World, page: Page):
    made = confirm_on_server(world, make_card(page, ASKING_CARD)["paymentMethod"]["id"])
    wrong = f"{made['id']}_secret_wrong"
    for function in ("(s) => stripe.retrievePaymentIntent(s)", "(s) => stripe.handleNextAction({clientSecret: s})",
                     "(s) => stripe.confirmCardPayment(s, {payment_method: 'pm_card_visa'})"):
        result = run(page, function, wrong)
        assert "client_secret" in result["error"]["message"], result
    expect(page.get_by_role("dialog")).to_have_count(0)
    # Nor does the frame by itself.
    frame = fetch(f"{world.sandbox_url}/js/challenge?client_secret={wrong}", "POST", form({"bank": "confirm"}))
    assert frame.status == 200 and intent_of(world, made)["status"] == "requires_action"
    # What is to be confirmed by hand is not the page's to confirm.
    by_page = run(page, "(s) => stripe.confirmCardPayment(s, {payment_method: 'pm_card_visa'})", made["client_secret"])
    assert "`confirmation_method` is set to `manual`" in by_page["error"]["message"]


@pytest.mark.parametrize(
    ("number", "answer", "status", "code"),
    [
        (GOOD_CARD, None, "succeeded", None),
        (DECLINED_CARD, None, "requires_payment_method", "card_declined"),
        (ASKING_CARD, "Complete", "succeeded", None),
        (ASKING_CARD, "Fail", "requires_payment_method", "payment_intent_authentication_failure"),
    ],
)
def test_a_page_confirms_by_itself(world: World, page: Page, number: str, answer: str | None, status: str, code: str | None):
    made = world.stripe("POST", "/v1/payment_intents", {"amount": 1099, "currency": "gbp"})
    run(page, CARD_ELEMENT)
    fill_card(page, number)
    begin(page, "(secret) => stripe.confirmCardPayment(secret, {payment_method: {card}})", made["client_secret"])
    if answer:
        answer_bank(page, answer)
    result = ended(page)
    assert (result.get("error") or {}).get("code") == code
    assert intent_of(world, made)["status"] == status
    if code is None:
        shown = run(page, "(secret) => stripe.retrievePaymentIntent(secret)", made["client_secret"])
        assert shown["paymentIntent"]["status"] == "succeeded"


def test_a_payment_element_before_there_is_an_intent(world: World, page: Page):
    run(
        page,
        """() => {
          window.group = stripe.elements({mode: 'payment', amount: 1099, currency: 'gbp', paymentMethodCreation: 'manual'});
          group.create('payment').mount('#stripe');
        }""",
    )
    early = thrown(page, "() => stripe.createPaymentMethod({elements: group})")
    assert "elements.submit()" in early["message"]
    assert run(page, "() => group.submit()")["error"]["code"] == "incomplete_number"
    frame = page.frame_locator("#stripe iframe")
    expect(frame.get_by_role("alert")).to_contain_text("incomplete")
    fill_payment(page, GOOD_CARD)
    assert run(page, "() => group.submit()") == {"selectedPaymentMethod": "card"}
    made = run(page, "() => stripe.createPaymentMethod({elements: group, params: {billing_details: {name: 'Ada'}}})")
    assert made["paymentMethod"]["billing_details"]["address"]["country"] == "US"
    assert confirm_on_server(world, made["paymentMethod"]["id"])["status"] == "succeeded"


def test_a_payment_element_confirms_and_leaves(world: World, shop: Shop, page: Page):
    made = world.stripe("POST", "/v1/payment_intents", {"amount": 1099, "currency": "gbp"})
    run(
        page,
        """(secret) => {
          window.group = stripe.elements({clientSecret: secret});
          group.create('payment').mount('#stripe');
        }""",
        made["client_secret"],
    )
    fill_payment(page, ASKING_CARD)
    begin(page, "(url) => stripe.confirmPayment({elements: group, confirmParams: {return_url: url}})", shop.url + "/done")
    answer_bank(page, "Complete")
    page.wait_for_url(shop.url + "/done?*")
    query = urllib.parse.parse_qs(urllib.parse.urlsplit(page.url).query)
    assert query["payment_intent"] == [made["id"]] and query["redirect_status"] == ["succeeded"]
    assert intent_of(world, made)["status"] == "succeeded"


@pytest.mark.parametrize(("answer", "status"), [("Complete", "succeeded"), ("Fail", "requires_payment_method")])
def test_a_setup_asks_the_bank(world: World, page: Page, answer: str, status: str):
    made = world.stripe(
        "POST", "/v1/setup_intents", {"customer": world.customer("Ada Lovelace", "ada@customer.example")}
    )
    run(page, CARD_ELEMENT)
    fill_card(page, ASKING_CARD)
    begin(page, "(secret) => stripe.confirmCardSetup(secret, {payment_method: {card}})", made["client_secret"])
    answer_bank(page, answer)
    result = ended(page)
    assert ("setupIntent" in result) == (answer == "Complete")
    assert world.stripe("GET", f"/v1/setup_intents/{made['id']}")["status"] == status
