"""Stripe's own SDK against the sandbox: idempotency."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import stripe
from stripe import APIError, CardError, IdempotencyError
from stripe import InvalidRequestError, RateLimitError

from sdk import Shop, refused, script
from world import wait_until


@script
def test_idempotency(shop: Shop):
    customers, intents = shop.v1.customers, shop.v1.payment_intents
    ada, visa = shop.customer("pm_card_visa")
    grace, declining = shop.customer("pm_card_chargeCustomerFail")

    def with_key(key: str, **params: Any):
        return customers.create(params=params, options={"idempotency_key": key})

    with shop.step("a first answer names itself as the original request"):
        first = with_key("replay", name="Ada")
        headers = first.last_response.headers
        assert headers["idempotency-key"] == "replay"
        assert headers["original-request"] == headers["request-id"] == first.last_response.request_id
        assert "idempotent-replayed" not in headers
    with shop.step("the same again is a replay"):
        again = with_key("replay", name="Ada")
        headers = again.last_response.headers
        assert again.to_dict() == first.to_dict()
        assert headers["idempotent-replayed"] == "true"
        assert headers["original-request"] == first.last_response.request_id
        assert len(customers.list(params={"limit": 100}).data) == 3
    with shop.step("a replay shows the first answer, though the object has changed and is gone"):
        customers.update(first.id, params={"name": "Grace"})
        assert with_key("replay", name="Ada").name == "Ada"
        customers.delete(first.id)
        assert with_key("replay", name="Ada").to_dict() == first.to_dict()
    with shop.step("a replay does not look at the version"):
        other = shop.client(version="2026-08-26.dahlia").v1.customers
        again = other.create(params={"name": "Ada"}, options={"idempotency_key": "replay"})
        assert again.id == first.id
    with shop.step("the same key with other parameters is an idempotency error, and changes nothing"):
        refused(
            IdempotencyError, 400, lambda: with_key("replay", name="Grace"),
            type="idempotency_error", code=None, param=None,
        )
        assert with_key("replay", name="Ada").id == first.id
    with shop.step("the same key at another address is one as well"):
        refused(
            IdempotencyError, 400,
            lambda: customers.update(ada, params={"name": "Ada"}, options={"idempotency_key": "replay"}),
            type="idempotency_error", code=None,
        )
    with shop.step("a declined charge is kept and replayed, and there is one PaymentIntent"):
        options = {"idempotency_key": "declined"}
        errors = [
            refused(CardError, 402, lambda: shop.charge(grace, declining, options), code="card_declined")
            for _ in range(2)
        ]
        assert errors[0].json_body == errors[1].json_body
        assert "idempotent-replayed" not in errors[0].headers
        assert errors[1].headers["idempotent-replayed"] == "true"
        assert errors[1].headers["original-request"] == errors[0].request_id
        assert len(intents.list(params={"customer": grace}).data) == 1
        assert len(shop.v1.charges.list(params={"customer": grace}).data) == 1
    with shop.step("a new key tries the charge anew"):
        refused(CardError, 402, lambda: shop.charge(grace, declining, {"idempotency_key": "declined:2"}))
        assert len(intents.list(params={"customer": grace}).data) == 2
    with shop.step("a refused parameter is not kept: the key is good for the mended request"):
        refused(InvalidRequestError, 400, lambda: with_key("mended", nmae="Ada"), code="parameter_unknown")
        mended = with_key("mended", name="Ada")
        assert "idempotent-replayed" not in mended.last_response.headers
    with shop.step("a 429 of a rate limiter is not kept"):
        shop.fault("429")
        refused(RateLimitError, 429, lambda: with_key("limited", name="Ada"))
        assert "idempotent-replayed" not in with_key("limited", name="Ada").last_response.headers
    with shop.step("a 500 is kept: the charge has happened, and the key says 500 for ever"):
        options = {"idempotency_key": "five hundred"}
        before = len(intents.list(params={"customer": ada}).data)
        shop.fault("500_after", "/v1/payment_intents")
        for _ in range(2):
            error = refused(APIError, 500, lambda: shop.charge(ada, visa, options), type="api_error")
        assert error.headers["idempotent-replayed"] == "true"
        made = intents.list(params={"customer": ada}).data
        assert len(made) == before + 1 and made[0].status == "succeeded"
    with shop.step("8 threads with one key make one PaymentIntent and one charge"):
        linus, card = shop.customer("pm_card_visa")
        start, conflicts = threading.Barrier(8), []

        def hit(_: int) -> str:
            start.wait()
            for _ in range(100):
                try:
                    return shop.charge(linus, card, {"idempotency_key": "eight"}).id
                except stripe.StripeError as error:
                    assert error.http_status == 409, error
                    conflicts.append(error)
                    time.sleep(0.02)
            raise AssertionError("409 for two seconds")

        with ThreadPoolExecutor(8) as threads:
            assert len(set(threads.map(hit, range(8)))) == 1
        assert len(intents.list(params={"customer": linus}).data) == 1
        assert len(shop.v1.charges.list(params={"customer": linus}).data) == 1
        succeeded = shop.v1.events.list(params={"type": "payment_intent.succeeded"}).data
        assert len([it for it in succeeded if it.data.object["customer"] == linus]) == 1
    with shop.step("while the first is running, the same key is 409"):
        # By whole seconds of its clock: of one, hardly anything may be left.
        shop.fault("slow", "/v1/customers", seconds=3)
        with ThreadPoolExecutor(1) as thread:
            running = thread.submit(with_key, "running", name="Ada")
            wait_until("it to run", lambda: "running" in keys_of_the_log(shop))
            error = refused(APIError, 409, lambda: with_key("running", name="Ada"), code="idempotency_key_in_use")
            assert error.headers["stripe-should-retry"] == "true"
            slow = running.result()
        again = wait_until("the key to be free", lambda: replayed(lambda: with_key("running", name="Ada")))
        assert again.id == slow.id
    with shop.step("the SDK's own retries get over a 409 and a 500"):
        patient = shop.client(retries=2)
        shop.fault("409", "/v1/customers")
        shop.fault("500_before", "/v1/customers")
        mark = len(shop.http.exchanges)
        patient.v1.customers.create(params={"name": "Patience"})
        sent = shop.http.exchanges[mark:]
        assert [it.status for it in sent] == [409, 500, 200]
        assert len({it.request_headers["Idempotency-Key"] for it in sent}) == 1
    with shop.step("a key of 255 characters is good, one of 256 is not"):
        with_key("k" * 255, name="Ada")
        refused(InvalidRequestError, 400, lambda: with_key("k" * 256, name="Ada"))
    with shop.step("a key lives for 24 hours; once pruned it makes a new request"):
        kept = with_key("old", name="Ada")
        shop.world.pass_time(hours=23)
        assert with_key("old", name="Ada").id == kept.id
        shop.world.pass_time(hours=2)
        assert with_key("old", name="Ada").id != kept.id


def keys_of_the_log(shop: Shop) -> list[str]:
    return [it["idempotency_key"] for it in shop.world.control("GET", "requests")["data"]]


def replayed(call: Any) -> Any:
    """The answer, if it comes; None while it is 409."""
    try:
        return call()
    except stripe.StripeError as error:
        assert error.http_status == 409, error
        return None
