"""Stripe's own SDK against the sandbox: refunds and disputes."""

from __future__ import annotations

from typing import Any

import pytest
from stripe import InvalidRequestError

from sdk import Shop, refused, script
from world import wait_until


@script
def test_refunds_and_disputes(shop: Shop):
    refunds, charges = shop.v1.refunds, shop.v1.charges
    ada, visa = shop.customer("pm_card_visa")
    paid = shop.charge(ada, visa)
    with shop.step("refund a part"):
        part = refunds.create(params={"payment_intent": paid.id, "amount": 400, "metadata": {"why": "late"}})
        assert (part.status, part.amount, part.currency) == ("succeeded", 400, "usd")
        assert (part.payment_intent, part.charge, part.metadata["why"]) == (paid.id, paid.latest_charge, "late")
        charge = charges.retrieve(paid.latest_charge)
        assert (charge.amount_refunded, charge.refunded) == (400, False)
    with shop.step("more than is left is refused"):
        refused(
            InvalidRequestError, 400, lambda: refunds.create(params={"charge": paid.latest_charge, "amount": 700})
        )
        assert charges.retrieve(paid.latest_charge).amount_refunded == 400
    with shop.step("refund the rest, as a duplicate"):
        rest = refunds.create(params={"payment_intent": paid.id, "reason": "duplicate"})
        assert (rest.amount, rest.reason) == (699, "duplicate")
        charge = charges.retrieve(paid.latest_charge)
        assert (charge.amount_refunded, charge.refunded) == (1099, True)
        assert shop.v1.payment_intents.retrieve(paid.id).status == "succeeded"
    with shop.step("what is given back whole is not given back again"):
        refused(
            InvalidRequestError, 400, lambda: refunds.create(params={"payment_intent": paid.id}),
            code="charge_already_refunded",
        )
    with shop.step("list and retrieve refunds"):
        assert [it.id for it in refunds.list(params={"payment_intent": paid.id}).data] == [rest.id, part.id]
        assert [it.id for it in refunds.list(params={"charge": paid.latest_charge, "limit": 1}).data] == [rest.id]
        assert refunds.retrieve(part.id).amount == 400
    with shop.step("refunds make events"):
        shop.wait_for_event("charge.refunded", paid.latest_charge)
        shop.wait_for_event("refund.created", part.id)
        shop.wait_for_event("refund.created", rest.id)
    with shop.step("a refund wants a charge or a PaymentIntent that is paid"):
        refused(InvalidRequestError, 400, lambda: refunds.create(params={"amount": 400}))
        with pytest.raises(InvalidRequestError) as raised:
            refunds.create(params={"charge": "ch_nobody"})
        assert raised.value.code == "resource_missing"
        unpaid = shop.v1.payment_intents.create(params={"amount": 1099, "currency": "usd"})
        refused(InvalidRequestError, 400, lambda: refunds.create(params={"payment_intent": unpaid.id}))
    with shop.step("pm_card_createDispute is paid and then disputed"):
        grace, card = shop.customer("pm_card_createDispute")
        disputed = shop.charge(grace, card)
        assert disputed.status == "succeeded"

        def dispute() -> Any:
            events = shop.v1.events.list(params={"type": "charge.dispute.created"}).data
            return next((it for it in events if it.data.object["charge"] == disputed.latest_charge), None)

        event = wait_until("the dispute", dispute)
        about = event.data.object
        assert (about["object"], about["amount"], about["status"]) == ("dispute", 1099, "needs_response")
        assert about["payment_intent"] == disputed.id and about["reason"] == "fraudulent"
        assert charges.retrieve(disputed.latest_charge).disputed is True
