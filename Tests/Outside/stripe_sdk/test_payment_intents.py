"""Stripe's own SDK against the sandbox: PaymentIntents."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import stripe
from stripe import CardError
from stripe import InvalidRequestError

from sdk import Shop, refused, script


@script
def test_payment_intents(shop: Shop):
    intents = shop.v1.payment_intents
    ada, visa = shop.customer("pm_card_visa")
    grace, failing = shop.customer("pm_card_chargeCustomerFail")
    with shop.step("another card pays the PaymentIntent that was refused"):
        error = refused(CardError, 402, lambda: shop.charge(grace, failing), code="card_declined")
        open_one = error.json_body["error"]["payment_intent"]["id"]
        good = shop.v1.payment_methods.attach("pm_card_mastercard", params={"customer": grace}).id
        paid = intents.confirm(open_one, params={"payment_method": good, "off_session": True})
        assert (paid.id, paid.status, paid.payment_method, paid.amount_received) == (open_one, "succeeded", good, 1099)
        assert paid.last_payment_error is None
        tries = shop.v1.charges.list(params={"payment_intent": open_one}).data
        assert [(it.status, it.payment_method) for it in tries] == [("succeeded", good), ("failed", failing)]
    with shop.step("confirming it again is refused with the paid PaymentIntent inside"):
        for call in (
            lambda: intents.confirm(open_one, params={"payment_method": good, "off_session": True}),
            lambda: intents.cancel(open_one),
        ):
            error = refused(
                InvalidRequestError, 400, call, type="invalid_request_error", code="payment_intent_unexpected_state"
            )
            inside = error.json_body["error"]["payment_intent"]
            assert (inside["id"], inside["status"]) == (open_one, "succeeded")
        assert len(shop.v1.charges.list(params={"payment_intent": open_one}).data) == 2
    with shop.step("two confirmations at once: one pays, the other is refused"):
        error = refused(CardError, 402, lambda: shop.charge(grace, failing))
        contested = error.json_body["error"]["payment_intent"]["id"]

        def confirm(_: int) -> str:
            try:
                return intents.confirm(contested, params={"payment_method": good, "off_session": True}).status
            except stripe.StripeError as error:
                return error.code or str(error.http_status)

        with ThreadPoolExecutor(2) as threads:
            outcomes = sorted(threads.map(confirm, range(2)))
        assert outcomes == ["payment_intent_unexpected_state", "succeeded"]
        paid_ones = [it for it in shop.v1.charges.list(params={"payment_intent": contested}).data if it.paid]
        assert len(paid_ones) == 1
    with shop.step("last_payment_error goes with the next update"):
        error = refused(CardError, 402, lambda: shop.charge(grace, failing))
        marked = error.json_body["error"]["payment_intent"]["id"]
        assert intents.retrieve(marked).last_payment_error.code == "card_declined"
        assert intents.update(marked, params={"metadata": {"a": "b"}}).last_payment_error is None
    with shop.step("cancel one that was refused, and it can never be paid"):
        canceled = intents.cancel(marked, params={"cancellation_reason": "abandoned"})
        assert (canceled.status, canceled.cancellation_reason) == ("canceled", "abandoned")
        assert canceled.canceled_at
        for call in (
            lambda: intents.confirm(marked, params={"payment_method": good, "off_session": True}),
            lambda: intents.cancel(marked),
        ):
            error = refused(InvalidRequestError, 400, call, code="payment_intent_unexpected_state")
            assert error.json_body["error"]["payment_intent"]["status"] == "canceled"
        shop.wait_for_event("payment_intent.canceled", marked)
    with shop.step("a reason of one's own is no reason"):
        fresh = intents.create(params={"amount": 1099, "currency": "usd"})
        refused(
            InvalidRequestError, 400, lambda: intents.cancel(fresh.id, params={"cancellation_reason": "because"}),
            param="cancellation_reason",
        )
    with shop.step("created, updated, then confirmed: each state in its turn"):
        assert fresh.status == "requires_payment_method" and fresh.latest_charge is None
        fresh = intents.update(
            fresh.id, params={"amount": 2000, "customer": ada, "payment_method": visa, "description": "Two months"}
        )
        assert (fresh.status, fresh.amount, fresh.description) == ("requires_confirmation", 2000, "Two months")
        fresh = intents.confirm(fresh.id, params={"off_session": True})
        assert (fresh.status, fresh.amount_received) == ("succeeded", 2000)
        refused(InvalidRequestError, 400, lambda: intents.update(fresh.id, params={"amount": 3000}))
    with shop.step("manual confirmation"):
        manual = intents.create(
            params={
                "amount": 1099, "currency": "usd", "customer": ada, "payment_method": visa,
                "confirmation_method": "manual",
            }
        )
        assert (manual.status, manual.confirmation_method) == ("requires_confirmation", "manual")
        params = {"return_url": "https://shop.example/"}
        assert intents.confirm(manual.id, params=params).status == "succeeded"
    with shop.step("manual capture: the money is held"):
        held = shop.charge(ada, visa, capture_method="manual", expand=["latest_charge"])
        assert (held.status, held.amount_capturable, held.amount_received) == ("requires_capture", 1099, 0)
        assert held.latest_charge.captured is False
        shop.wait_for_event("payment_intent.amount_capturable_updated", held.id)
    with shop.step("…taken whole"):
        taken = intents.capture(held.id)
        assert (taken.status, taken.amount_received, taken.amount_capturable) == ("succeeded", 1099, 0)
        assert shop.v1.charges.retrieve(held.latest_charge.id).captured is True
        refused(
            InvalidRequestError, 400, lambda: intents.capture(held.id), code="payment_intent_unexpected_state"
        )
    with shop.step("…taken in part, and not more than is held"):
        held = shop.charge(ada, visa, capture_method="manual")
        refused(InvalidRequestError, 400, lambda: intents.capture(held.id, params={"amount_to_capture": 1100}))
        taken = intents.capture(held.id, params={"amount_to_capture": 600})
        assert (taken.status, taken.amount, taken.amount_received) == ("succeeded", 1099, 600)
    with shop.step("…or given back by canceling"):
        held = shop.charge(ada, visa, capture_method="manual")
        assert intents.cancel(held.id).status == "canceled"
    with shop.step("allowed and excluded method types are filters that are read back"):
        filtered = intents.create(
            params={"amount": 1099, "currency": "usd", "allowed_payment_method_types": ["card"]}
        )
        assert filtered.allowed_payment_method_types == ["card"] and filtered.payment_method_types == ["card"]
        without = {"amount": 1099, "currency": "usd", "excluded_payment_method_types": ["us_bank_account"]}
        assert "us_bank_account" not in intents.create(params=without).payment_method_types
    with shop.step("a charge with setup_future_usage saves the method"):
        linus, _ = shop.customer()
        paid = shop.charge(linus, "pm_card_visa", off_session=False, setup_future_usage="off_session")
        assert shop.v1.payment_methods.retrieve(paid.payment_method).customer == linus
        assert shop.charge(linus, paid.payment_method).status == "succeeded"
