"""Stripe's own SDK against the sandbox: SetupIntents."""

from __future__ import annotations

from typing import Any

from stripe import CardError
from stripe import InvalidRequestError

from sdk import Shop, refused, script
from world import fetch, form
from test_off_session import bank_page


@script
def test_setup_intents(shop: Shop):
    setups = shop.v1.setup_intents
    ada, _ = shop.customer()

    def set_up(card: str, customer: str) -> Any:
        params = {
            "customer": customer, "payment_method": card, "confirm": True, "return_url": "https://shop.example/back",
        }
        return setups.create(params=params)

    with shop.step("a card is set up, attached and charged"):
        setup = set_up("pm_card_visa", ada)
        assert (setup.status, setup.usage) == ("succeeded", "off_session")
        assert shop.v1.payment_methods.retrieve(setup.payment_method).customer == ada
        assert shop.charge(ada, setup.payment_method).status == "succeeded"
    with shop.step("created first, updated and confirmed later"):
        setup = setups.create(params={"customer": ada, "metadata": {"job": "gold"}})
        assert setup.status == "requires_payment_method"
        setup = setups.update(setup.id, params={"description": "Gold", "payment_method": "pm_card_mastercard"})
        assert (setup.status, setup.description, setup.metadata["job"]) == ("requires_confirmation", "Gold", "gold")
        assert setups.confirm(setup.id, params={"return_url": "https://shop.example/"}).status == "succeeded"
    with shop.step("confirming or canceling one that is over is setup_intent_unexpected_state"):
        over = set_up("pm_card_visa", ada)
        for call in (lambda: setups.cancel(over.id), lambda: setups.confirm(over.id)):
            refused(InvalidRequestError, 400, call, code="setup_intent_unexpected_state")
    with shop.step("cancel one that is open"):
        open_one = setups.create(params={"customer": ada})
        canceled = setups.cancel(open_one.id, params={"cancellation_reason": "abandoned"})
        assert (canceled.status, canceled.cancellation_reason) == ("canceled", "abandoned")
        shop.wait_for_event("setup_intent.canceled", open_one.id)
    with shop.step("a card that declines is refused at setup, and the intent stays open"):
        error = refused(
            CardError, 402, lambda: set_up("pm_card_visa_chargeDeclined", ada),
            code="card_declined", decline_code="generic_decline",
        )
        refused_setup = error.json_body["error"]["setup_intent"]
        assert refused_setup["status"] == "requires_payment_method"
        assert refused_setup["last_setup_error"]["code"] == "card_declined"
        shop.wait_for_event("setup_intent.setup_failed", refused_setup["id"])
    with shop.step("a card that authenticates at setup waits for its customer, then charges off session"):
        setup = set_up("pm_card_authenticationRequiredOnSetup", ada)
        assert setup.status == "requires_action"
        shop.wait_for_event("setup_intent.requires_action", setup.id)
        fetch(bank_page(setup), "POST", form({"bank": "confirm"}))
        setup = setups.retrieve(setup.id, params={"expand": ["payment_method", "latest_attempt"]})
        assert setup.status == "succeeded" and setup.payment_method.customer == ada
        assert shop.charge(ada, setup.payment_method.id).status == "succeeded"
    with shop.step("a customer who refuses at setup saves nothing"):
        setup = set_up("pm_card_authenticationRequiredOnSetup", ada)
        fetch(bank_page(setup), "POST", form({"bank": "refuse"}))
        setup = setups.retrieve(setup.id)
        assert setup.status == "requires_payment_method"
        assert setup.last_setup_error.code == "setup_intent_authentication_failure"
    with shop.step("the card that always wants its customer does so also after setup"):
        setup = set_up("pm_card_authenticationRequired", ada)
        fetch(bank_page(setup), "POST", form({"bank": "confirm"}))
        method = setups.retrieve(setup.id).payment_method
        refused(CardError, 402, lambda: shop.charge(ada, method), code="authentication_required")
    with shop.step("the card without funds is declined after authentication"):
        setup = set_up("pm_card_authenticationRequiredChargeDeclinedInsufficientFunds", ada)
        fetch(bank_page(setup), "POST", form({"bank": "confirm"}))
        method = setups.retrieve(setup.id).payment_method
        refused(
            CardError, 402, lambda: shop.charge(ada, method), code="card_declined", decline_code="insufficient_funds"
        )
    with shop.step("list them by customer, and by method"):
        assert len(setups.list(params={"customer": ada, "limit": 100}).data) == 9
        found = setups.list(params={"payment_method": method}).data
        assert [it.payment_method for it in found] == [method]
