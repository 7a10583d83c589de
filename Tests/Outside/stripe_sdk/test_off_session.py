"""Stripe's own SDK against the sandbox: off-session charges."""

from __future__ import annotations

from typing import Any

from stripe import CardError

from sdk import Shop, refused, script
from world import fetch, form


#: facts: the test card, whether it can be saved, code, decline code (with or without its repetition), advice (None: not
#: said; "": there is none).
DECLINES = [
    ("pm_card_chargeCustomerFail", True, "card_declined", "generic_decline", "try_again_later"),
    ("pm_card_visa_chargeDeclined", False, "card_declined", "generic_decline", "try_again_later"),
    ("pm_card_visa_chargeDeclinedInsufficientFunds", False, "card_declined", "insufficient_funds", "try_again_later"),
    ("pm_card_visa_chargeDeclinedLostCard", False, "card_declined", "lost_card", "do_not_try_again"),
    ("pm_card_visa_chargeDeclinedStolenCard", False, "card_declined", "stolen_card", "do_not_try_again"),
    ("pm_card_visa_chargeDeclinedVelocityLimitExceeded", False, "card_declined", "card_velocity_exceeded", None),
    ("pm_card_chargeDeclinedExpiredCard", False, "expired_card", "expired_card", "confirm_card_data"),
    ("pm_card_chargeDeclinedIncorrectCvc", False, "incorrect_cvc", "incorrect_cvc", "confirm_card_data"),
    ("pm_card_chargeDeclinedProcessingError", False, "processing_error", "processing_error", None),
    ("pm_card_chargeDeclinedFraudulent", False, ("card_declined", "fraudulent"), "fraudulent", ""),
    ("pm_card_radarBlock", False, "card_declined", None, "do_not_try_again"),
    ("pm_card_authenticationRequired", True, "authentication_required", "authentication_required", None),
    ("pm_card_authenticationRequiredOnSetup", True, "authentication_required", "authentication_required", None),
]


@script
def test_off_session_charges(shop: Shop):
    intents, charges = shop.v1.payment_intents, shop.v1.charges
    with shop.step("an off-session charge of a saved card succeeds"):
        ada, visa = shop.customer("pm_card_visa")
        paid = shop.charge(
            ada, visa, description="Gold membership", metadata={"dues_charge": "ch-1"}, expand=["latest_charge"]
        )
        assert (paid.status, paid.amount, paid.amount_received, paid.currency) == ("succeeded", 1099, 1099, "usd")
        assert (paid.customer, paid.payment_method, paid.metadata["dues_charge"]) == (ada, visa, "ch-1")
        assert paid.last_payment_error is None and paid.next_action is None
        charge = paid.latest_charge
        assert (charge.paid, charge.captured, charge.status, charge.amount) == (True, True, "succeeded", 1099)
        assert charge.payment_intent == paid.id and charge.payment_method == visa and charge.description
        assert (charge.outcome.type, charge.outcome.network_status) == ("authorized", "approved_by_network")
        assert not hasattr(paid, "charges") and not hasattr(paid, "invoice")
    with shop.step("off_session may say recurring or one_off"):
        for how in ("recurring", "one_off"):
            assert shop.charge(ada, visa, off_session=how).status == "succeeded"
    with shop.step("a card that is set up already charges off session"):
        customer, card = shop.customer("pm_card_authenticationRequiredSetupForOffSession")
        assert shop.charge(customer, card).status == "succeeded"

    for name, can_be_saved, code, decline, advice in DECLINES:
        with shop.step(f"{name} is refused with all that a CardError says"):
            customer, method = shop.customer(name) if can_be_saved else (None, name)
            error = refused(
                CardError, 402, lambda: shop.charge(customer, method, metadata={"dues_charge": name}),
                type="card_error",
            )
            body = error.json_body["error"]
            assert error.code == body["code"] and body["code"] in (code if isinstance(code, tuple) else (code,))
            # Where the code is the reason itself, the decline code may repeat it or be absent.
            if decline and (decline != code or code == "authentication_required"):
                assert body["decline_code"] == decline
            elif decline:
                assert body.get("decline_code") in (None, decline)
            if advice is not None:
                assert body.get("advice_code") == (advice or None), body.get("advice_code")
            assert error.user_message and body["doc_url"].startswith("https://") and body["request_log_url"]
            refused_method, intent = body["payment_method"], body["payment_intent"]
            assert refused_method["object"] == "payment_method" and refused_method["customer"] == customer
            assert intent["object"] == "payment_intent" and intent["status"] == "requires_payment_method"
            assert intent["payment_method"] is None and intent["amount_received"] == 0
            last = intent["last_payment_error"]
            assert last["code"] == body["code"] and last.get("decline_code") == body.get("decline_code")
            assert last["payment_method"]["id"] == refused_method["id"] and "payment_intent" not in last
            # The refused request has still made a PaymentIntent, and it is open.
            kept = intents.retrieve(intent["id"], params={"expand": ["latest_charge"]})
            assert (kept.status, kept.metadata["dues_charge"]) == ("requires_payment_method", name)
            assert kept.last_payment_error.code == body["code"]
            if name.startswith("pm_card_authenticationRequired"):
                continue
            assert body["charge"] == intent["latest_charge"] == kept.latest_charge.id
            failed = charges.retrieve(body["charge"])
            assert (failed.status, failed.paid, failed.failure_code) == ("failed", False, body["code"])
            if name == "pm_card_radarBlock":
                assert (failed.outcome.type, failed.outcome.network_status, failed.outcome.reason) == (
                    "blocked", "not_sent_to_network", "highest_risk_level",
                )
            else:
                assert (failed.outcome.type, failed.outcome.network_status) == (
                    "issuer_declined", "declined_by_network",
                )
                assert failed.outcome.advice_code == body.get("advice_code")

    with shop.step("a refused charge makes the events charge.failed and payment_intent.payment_failed"):
        grace, failing = shop.customer("pm_card_chargeCustomerFail")
        error = refused(
            CardError, 402, lambda: shop.charge(grace, failing, {"idempotency_key": "grace:1"}), code="card_declined"
        )
        intent = error.json_body["error"]["payment_intent"]["id"]
        event = shop.wait_for_event("payment_intent.payment_failed", intent)
        assert event.request.id == error.request_id and event.request.idempotency_key == "grace:1"
        assert event.data.object["last_payment_error"]["code"] == "card_declined"
        shop.wait_for_event("charge.failed", error.json_body["error"]["charge"])
    with shop.step("error_on_requires_action gives authentication_not_handled instead"):
        customer, card = shop.customer("pm_card_authenticationRequired")
        error = refused(
            CardError, 402, lambda: shop.charge(customer, card, off_session=False, error_on_requires_action=True),
            code="authentication_required", decline_code="authentication_not_handled",
        )
        assert error.json_body["error"]["payment_intent"]["status"] == "requires_payment_method"
    with shop.step("on session the same card waits for its customer, and then pays"):
        waiting = intents.create(
            params={
                "amount": 1099, "currency": "usd", "customer": customer, "payment_method": card, "confirm": True,
                "return_url": "https://shop.example/back",
            }
        )
        assert (waiting.status, waiting.next_action.type) == ("requires_action", "redirect_to_url")
        fetch(bank_page(waiting), "POST", form({"bank": "confirm"}))
        assert intents.retrieve(waiting.id).status == "succeeded"
    with shop.step("a customer who refuses leaves it open"):
        waiting = intents.create(
            params={
                "amount": 1099, "currency": "usd", "customer": customer, "payment_method": card, "confirm": True,
                "return_url": "https://shop.example/back",
            }
        )
        fetch(bank_page(waiting), "POST", form({"bank": "refuse"}))
        kept = intents.retrieve(waiting.id)
        assert kept.status == "requires_payment_method"
        assert kept.last_payment_error.code == "payment_intent_authentication_failure"


def bank_page(intent: Any) -> str:
    """Where the customer answers their bank."""
    action = intent.next_action
    return action.redirect_to_url.url if action.type == "redirect_to_url" else action.use_stripe_sdk["stripe_js"]
