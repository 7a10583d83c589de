"""Stripe's own SDK against the sandbox: payment methods."""

from __future__ import annotations

import pytest
from stripe import CardError
from stripe import InvalidRequestError

from sdk import Shop, refused, script


@script
def test_payment_methods(shop: Shop):
    methods = shop.v1.payment_methods
    ada, _ = shop.customer()
    grace, _ = shop.customer()
    with shop.step("attaching a test id makes a method of its own"):
        visa = methods.attach("pm_card_visa", params={"customer": ada})
        again = methods.attach("pm_card_visa", params={"customer": ada})
        assert visa.id.startswith("pm_") and "card_visa" not in visa.id and visa.id != again.id
        assert (visa.customer, visa.type, visa.card.brand, visa.card.last4) == (ada, "card", "visa", "4242")
        assert visa.card.fingerprint == again.card.fingerprint
    with shop.step("create one of a token, update and attach it"):
        token = methods.create(
            params={"type": "card", "card": {"token": "tok_visa"}, "billing_details": {"name": "Ada Lovelace"}}
        )
        assert token.customer is None and token.billing_details.name == "Ada Lovelace"
        methods.attach(token.id, params={"customer": ada})
        changed = methods.update(
            token.id, params={"card": {"exp_year": 2040}, "allow_redisplay": "always", "metadata": {"a": "b"}}
        )
        assert (changed.card.exp_year, changed.allow_redisplay, changed.metadata["a"]) == (2040, "always", "b")
    with shop.step("list the methods of a customer, both ways, newest first"):
        ids = [token.id, again.id, visa.id]
        assert [it.id for it in methods.list(params={"customer": ada, "type": "card"}).data] == ids
        assert [it.id for it in shop.v1.customers.payment_methods.list(ada).data] == ids
        assert methods.list(params={"customer": ada, "type": "us_bank_account"}).data == []
        assert shop.v1.customers.payment_methods.retrieve(ada, visa.id).id == visa.id
    with shop.step("a method of somebody else is not charged"):
        refused(InvalidRequestError, 400, lambda: shop.charge(grace, visa.id))
    with shop.step("a saved method is not charged without its customer"):
        refused(InvalidRequestError, 400, lambda: shop.charge(None, visa.id))
    with shop.step("detach it"):
        assert methods.detach(visa.id).customer is None
        assert visa.id not in [it.id for it in methods.list(params={"customer": ada}).data]
    with shop.step("a detached method never comes back"):
        refused(InvalidRequestError, 400, lambda: methods.attach(visa.id, params={"customer": ada}), code=None)
    with shop.step("a charge of it is 400 and no card error"):
        refused(
            InvalidRequestError, 400, lambda: shop.charge(ada, visa.id), type="invalid_request_error", code=None
        )
    with shop.step("the card's network renews it in place, and an event tells"):
        old = token.card.exp_year
        shop.world.control("POST", f"payment_methods/{token.id}/update", {"month": 7, "year": old + 9})
        renewed = methods.retrieve(token.id)
        assert (renewed.card.exp_month, renewed.card.exp_year, renewed.customer) == (7, old + 9, ada)
        event = shop.wait_for_event("payment_method.automatically_updated", token.id)
        assert event.data.object["card"]["exp_year"] == old + 9 and event.request.id is None
    with shop.step("a card that declines at its issuer cannot be attached"):
        for card, code, decline, advice in (
            ("pm_card_visa_chargeDeclined", "card_declined", "generic_decline", "try_again_later"),
            ("pm_card_chargeDeclined", "card_declined", "generic_decline", "try_again_later"),
            ("pm_card_visa_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds", "try_again_later"),
            ("pm_card_visa_chargeDeclinedLostCard", "card_declined", "lost_card", "do_not_try_again"),
        ):
            error = refused(
                CardError, 402, lambda: methods.attach(card, params={"customer": ada}),
                code=code, decline_code=decline, advice_code=advice, param="",
            )
            assert error.code == code and error.param == ""
    with shop.step("an unknown method is 404, and an unknown customer is missed as well"):
        for unknown in ("abcd", "pm_nobody"):
            refused(
                InvalidRequestError, 404, lambda: methods.attach(unknown, params={"customer": ada}),
                code="resource_missing", param="payment_method",
            )
        with pytest.raises(InvalidRequestError) as raised:
            methods.attach("pm_card_visa", params={"customer": "cus_nobody"})
        assert raised.value.code == "resource_missing" and raised.value.param in ("id", "customer")
    with shop.step("a method once charged without a customer is used up"):
        single = methods.create(params={"type": "card", "card": {"token": "tok_visa"}})
        assert shop.charge(None, single.id, off_session=False).status == "succeeded"
        refused(InvalidRequestError, 400, lambda: shop.charge(None, single.id, off_session=False), code=None)
        refused(InvalidRequestError, 400, lambda: methods.attach(single.id, params={"customer": ada}), code=None)
