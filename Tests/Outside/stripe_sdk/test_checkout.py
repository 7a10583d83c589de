"""Stripe's own SDK against the sandbox: checkout."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import expect
from stripe import InvalidRequestError

from sdk import DAY, Shop, refused, script
from test_road import pay
from world import fetch


def line(amount: int = 1099, currency: str = "usd", name: str = "Gold membership", quantity: int = 1) -> dict[str, Any]:
    price = {"currency": currency, "unit_amount": amount, "product_data": {"name": name}}
    return {"quantity": quantity, "price_data": price}


def payment(shop: Shop, **params: Any) -> Any:
    whole = {
        "mode": "payment", "line_items": [line()],
        "success_url": shop.receiver.url + "/thanks?session={CHECKOUT_SESSION_ID}",
    }
    return shop.v1.checkout.sessions.create(params=whole | params)


def setup(shop: Shop, **params: Any) -> Any:
    whole = {
        "mode": "setup", "currency": "usd",
        "success_url": shop.receiver.url + "/thanks?session={CHECKOUT_SESSION_ID}",
    }
    whole |= params
    return shop.v1.checkout.sessions.create(params={name: it for name, it in whole.items() if it is not None})


@script
def test_checkout_sessions(shop: Shop):
    sessions = shop.v1.checkout.sessions
    ada, _ = shop.customer()
    with shop.step("a session for setup has its SetupIntent from the start"):
        session = setup(shop, customer=ada, setup_intent_data={"metadata": {"job": "gold"}}, metadata={"a": "b"})
        assert (session.mode, session.status, session.payment_status) == ("setup", "open", "no_payment_required")
        assert session.expires_at == session.created + DAY
        assert session.url.startswith(shop.world.sandbox_url) and session.ui_mode == "hosted_page"
        assert session.client_secret is None and session.customer == ada and session.metadata["a"] == "b"
        intent = shop.v1.setup_intents.retrieve(session.setup_intent)
        assert intent.metadata.to_dict() == {"job": "gold"} and intent.customer == ada
    with shop.step("setup wants a currency, or the types that are allowed"):
        refused(InvalidRequestError, 400, lambda: setup(shop, currency=None), param="currency")
        session = setup(shop, currency=None, allowed_payment_method_types=["card"])
        assert session.payment_method_types == ["card"]
    with shop.step("a session for payment has no PaymentIntent until it is paid"):
        session = payment(shop, customer=ada, client_reference_id="r" * 200)
        assert (session.status, session.payment_status, session.payment_intent) == ("open", "unpaid", None)
        assert (session.amount_total, session.currency) == (1099, "usd")
        assert session.client_reference_id == "r" * 200
        assert shop.v1.payment_intents.list(params={"customer": ada}).data == []
    with shop.step("payment wants line items"):
        refused(InvalidRequestError, 400, lambda: payment(shop, line_items=[]))
    with shop.step("line items are a list of their own, and can be expanded"):
        session = payment(shop, line_items=[line(500, name="Entry", quantity=2), line(99, name="Locker")])
        assert session.amount_total == 1099
        items = sessions.line_items.list(session.id)
        assert [(it.description, it.quantity, it.amount_total, it.price.unit_amount) for it in items.data] == [
            ("Entry", 2, 1000, 500), ("Locker", 1, 99, 99),
        ]
        first = sessions.line_items.list(session.id, params={"limit": 1})
        assert first.has_more and [it.description for it in first.auto_paging_iter()] == ["Entry", "Locker"]
        expanded = sessions.retrieve(session.id, params={"expand": ["line_items"]})
        assert [it.id for it in expanded.line_items.data] == [it.id for it in items.data]
        assert not hasattr(sessions.retrieve(session.id), "line_items")
    with shop.step("expires_at: 29 minutes and a second beyond 24 hours are refused"):
        for seconds in (29 * 60, 30 * 60 - 1, DAY + 1):
            shop.within_a_second(
                lambda now: refused(
                    InvalidRequestError, 400, lambda: payment(shop, expires_at=now + seconds), param="expires_at"
                )
            )
    with shop.step("expires_at: 30 minutes and 24 hours are good"):
        for seconds in (30 * 60, DAY):

            def is_good(now: int) -> None:
                session = payment(shop, expires_at=now + seconds)
                assert session.expires_at == session.created + seconds

            shop.within_a_second(is_good)
    with shop.step("limits of text: reference, description, suffix"):
        for params in (
            {"client_reference_id": "r" * 201},
            {"payment_intent_data": {"description": "d" * 1001}},
            {"payment_intent_data": {"statement_descriptor_suffix": "s" * 23}},
        ):
            refused(InvalidRequestError, 400, lambda: payment(shop, **params))
    with shop.step("the old names of ui_mode are refused"):
        for old in ("hosted", "embedded", "custom"):
            refused(InvalidRequestError, 400, lambda: payment(shop, ui_mode=old), param="ui_mode")
    with shop.step("an embedded page has a secret and no address, and no success_url"):
        embedded = sessions.create(
            params={
                "mode": "payment", "line_items": [line()], "ui_mode": "embedded_page",
                "return_url": "https://shop.example/back",
            }
        )
        assert embedded.url is None and embedded.client_secret
        refused(
            InvalidRequestError, 400,
            lambda: payment(shop, ui_mode="embedded_page", return_url="https://shop.example/back"),
        )
    with shop.step("expire a session, and its page says so"):
        session = payment(shop, customer=ada)
        url = session.url
        expired = sessions.expire(session.id)
        assert (expired.status, expired.url) == ("expired", None)
        shop.wait_for_event("checkout.session.expired", session.id)
        assert "expired" in fetch(url).text.lower()
        assert sessions.retrieve(session.id).status == "expired"
    with shop.step("expiring it twice is 400 and names the status"):
        error = refused(
            InvalidRequestError, 400, lambda: sessions.expire(session.id), type="invalid_request_error", code=None
        )
        assert '["open"]' in str(error) and "expired" in str(error)
    with shop.step("a session expires by itself"):
        session = payment(shop)
        shop.world.pass_time(hours=25)
        assert sessions.retrieve(session.id).status == "expired"
        shop.wait_for_event("checkout.session.expired", session.id)
    with shop.step("after_expiration: the recovery address makes a copy"):
        session = payment(shop, after_expiration={"recovery": {"enabled": True}})
        expired = sessions.expire(session.id)
        recovery = expired.after_expiration.recovery
        assert recovery.url and recovery.expires_at
        fetch(recovery.url)
        copy = next(it for it in sessions.list().data if it.recovered_from == session.id)
        assert (copy.status, copy.amount_total) == ("open", 1099) and copy.id != session.id
    with shop.step("update the metadata of a session"):
        session = payment(shop)
        assert sessions.update(session.id, params={"metadata": {"a": "b"}}).metadata["a"] == "b"
    with shop.step("list sessions by status and customer"):
        session = payment(shop, customer=ada)
        listed = sessions.list(params={"customer": ada, "status": "open"}).data
        assert [it.id for it in listed] == [session.id]
        assert all(it.status == "expired" for it in sessions.list(params={"status": "expired"}).data)
    with shop.step("a guest in setup becomes a customer, if the session is to create one"):
        session = setup(shop, customer_creation="always")
        shop.world.control("POST", f"sessions/{session.id}/complete", {"card": "4242424242424242"})
        session = sessions.retrieve(session.id, params={"expand": ["setup_intent"]})
        assert session.status == "complete" and session.customer.startswith("cus_")
        method = session.setup_intent.payment_method
        assert shop.v1.payment_methods.retrieve(method).customer == session.customer
    with shop.step("a session that is complete cannot be expired"):
        error = refused(InvalidRequestError, 400, lambda: sessions.expire(session.id), code=None)
        assert '["open"]' in str(error) and "complete" in str(error)


@script
def test_a_person_at_checkout(shop: Shop, phone, screenshot):
    sessions, receiver = shop.v1.checkout.sessions, shop.receiver
    page = phone().new_page()
    endpoint = shop.v1.webhook_endpoints.create(params={"url": receiver.url + "/hooks", "enabled_events": ["*"]})
    with shop.step("a person saves a card"):
        ada, _ = shop.customer()
        session = setup(shop, customer=ada)
        page.goto(session.url)
        pay(page, "4242 4242 4242 4242")
        page.wait_for_url(receiver.url + "/thanks?session=" + session.id)
    with shop.step("the shop knew before they were back"):
        (hook,) = receiver.received("/hooks", "checkout.session.completed")
        event = shop.stripe.construct_event(hook.raw, hook.signature, endpoint.secret)
        assert event.data.object["id"] == session.id
    with shop.step("the card is theirs, and is charged while they are away"):
        done = sessions.retrieve(session.id, params={"expand": ["setup_intent.payment_method"]})
        assert (done.status, done.payment_status, done.url) == ("complete", "no_payment_required", None)
        assert done.setup_intent.status == "succeeded"
        assert done.setup_intent.payment_method.customer == ada
        assert shop.charge(ada, done.setup_intent.payment_method.id).status == "succeeded"
    with shop.step("a declined card leaves the session open, and says why"):
        grace, _ = shop.customer()
        session = payment(
            shop, customer=grace, metadata={"of": "session"}, adaptive_pricing={"enabled": False},
            payment_intent_data={"setup_future_usage": "off_session", "metadata": {"of": "intent"}},
        )
        page.goto(session.url)
        expect(page.locator("body")).to_contain_text("10.99")
        expect(page.locator("body")).to_contain_text("Gold membership")
        pay(page, "4000 0000 0000 9995")
        expect(page.locator("body")).to_contain_text("insufficient funds")
        screenshot(page, "sandbox-declined")
        kept = sessions.retrieve(session.id)
        assert (kept.status, kept.payment_status, kept.payment_intent) == ("open", "unpaid", None)
    with shop.step("a lost card is not called so to whoever holds it"):
        pay(page, "4000 0000 0000 9987")
        expect(page.locator("body")).to_contain_text("declined")
        assert not re.search("lost|stolen|fraud", page.locator("form").first.inner_text(), re.IGNORECASE)
        assert sessions.retrieve(session.id).status == "open"
    with shop.step("another card pays"):
        pay(page, "5555 5555 5555 4444")
        page.wait_for_url(receiver.url + "/thanks?session=" + session.id)
        done = sessions.retrieve(session.id, params={"expand": ["payment_intent.payment_method"]})
        assert (done.status, done.payment_status, done.url) == ("complete", "paid", None)
        assert (done.payment_intent.status, done.payment_intent.amount_received) == ("succeeded", 1099)
    with shop.step("the metadata is that of the intent, and the new card is saved"):
        assert done.metadata.to_dict() == {"of": "session"}
        assert done.payment_intent.metadata.to_dict() == {"of": "intent"}
        method = done.payment_intent.payment_method
        assert (method.customer, method.card.brand, method.allow_redisplay) == (grace, "mastercard", "limited")
        assert shop.charge(grace, method.id).status == "succeeded"
    with shop.step("the paid PaymentIntent of a session is not to be confirmed or canceled"):
        for call in (shop.v1.payment_intents.confirm, shop.v1.payment_intents.cancel):
            refused(InvalidRequestError, 400, lambda: call(done.payment_intent.id))
    with shop.step("the bank asks; a person who refuses is back at the form"):
        session = payment(shop, customer=grace)
        page.goto(session.url)
        pay(page, "4000 0027 6000 3184")
        expect(page.locator("body")).to_contain_text("Your bank asks")
        page.get_by_role("button", name="Refuse").click()
        expect(page.locator('[autocomplete~="cc-number"]')).to_be_visible()
        assert sessions.retrieve(session.id).status == "open"
    with shop.step("the bank asks, a person confirms, and it is paid"):
        pay(page, "4000 0027 6000 3184")
        expect(page.locator("body")).to_contain_text("Your bank asks")
        screenshot(page, "sandbox-bank-asks")
        page.get_by_role("button", name="Confirm").click()
        page.wait_for_url(receiver.url + "/thanks?session=" + session.id)
        assert sessions.retrieve(session.id).payment_status == "paid"
    with shop.step("a delayed method completes the session unpaid"):
        session = payment(shop, customer=grace, line_items=[line(currency="eur")])
        page.goto(session.url)
        page.get_by_label(re.compile("SEPA account that pays")).check()
        page.locator('button[type="submit"]').first.click()
        page.wait_for_url(receiver.url + "/thanks?session=" + session.id)
        done = sessions.retrieve(session.id)
        assert (done.status, done.payment_status) == ("complete", "unpaid")
    with shop.step("…and is paid days later, by event"):
        shop.world.pass_time(days=15)
        assert sessions.retrieve(session.id).payment_status == "paid"
        shop.wait_for_event("checkout.session.async_payment_succeeded", session.id)
    with shop.step("a session that is complete says so to who comes back"):
        page.goto(shop.world.sandbox_url + "/c/pay/" + session.id)
        expect(page.locator('[autocomplete~="cc-number"]')).to_have_count(0)
