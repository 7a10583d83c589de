"""Stripe's own SDK against the sandbox: trouble on the way."""

from __future__ import annotations

import pytest
from stripe import APIConnectionError, APIError
from stripe import RateLimitError

from sdk import VERSION, Shop, refused, script


@script
def test_faults(shop: Shop):
    customers = shop.v1.customers
    with shop.step("a rate limit is a RateLimitError, and says of which kind"):
        for reason in (
            "global-rate", "endpoint-rate", "global-concurrency", "endpoint-concurrency", "resource-specific",
        ):
            shop.fault("429", reason=reason)
            error = refused(RateLimitError, 429, lambda: customers.create(params={"name": "Ada"}))
            assert error.headers["stripe-rate-limited-reason"] == reason
        assert customers.list().data == []
    with shop.step("a lock timeout is one too, without a reason, and may be tried again"):
        shop.fault("lock_timeout")
        error = refused(RateLimitError, 429, lambda: customers.create(params={"name": "Ada"}), code="lock_timeout")
        assert "stripe-rate-limited-reason" not in error.headers
        assert error.headers["stripe-should-retry"] == "true"
    with shop.step("the SDK does not repeat a rate limit by itself, but a lock timeout it does"):
        mark = len(shop.http.exchanges)
        shop.fault("429")
        refused(RateLimitError, 429, lambda: shop.client(retries=2).v1.customers.list())
        assert len(shop.http.exchanges) == mark + 1
        shop.fault("lock_timeout")
        shop.client(retries=2).v1.customers.list()
        assert [it.status for it in shop.http.exchanges[mark + 1 :]] == [429, 200]
    with shop.step("a 500 before anything is done"):
        shop.fault("500_before", "/v1/customers")
        refused(APIError, 500, lambda: customers.create(params={"name": "Ada"}), type="api_error")
        assert customers.list().data == []
    with shop.step("a 500 after all is done"):
        shop.fault("500_after", "/v1/customers")
        refused(APIError, 500, lambda: customers.create(params={"name": "Ada"}), type="api_error")
        assert [it.name for it in customers.list().data] == ["Ada"]
    with shop.step("a connection that breaks before anything is done"):
        shop.fault("drop_before", "/v1/customers")
        with pytest.raises(APIConnectionError) as raised:
            customers.create(params={"name": "Grace"})
        assert raised.value.should_retry
        assert len(customers.list().data) == 1
    with shop.step("a connection that breaks after all is done: the key knows"):
        options = {"idempotency_key": "dropped"}
        shop.fault("drop_after", "/v1/customers")
        with pytest.raises(APIConnectionError):
            customers.create(params={"name": "Grace"}, options=options)
        made = customers.list().data
        assert [it.name for it in made] == ["Grace", "Ada"]
        again = customers.create(params={"name": "Grace"}, options=options)
        assert again.id == made[0].id and again.last_response.headers["idempotent-replayed"] == "true"
    with shop.step("a charge through a broken line happens once"):
        ada, visa = shop.customer("pm_card_visa")
        options = {"idempotency_key": "ada:1"}
        shop.fault("drop_after", "/v1/payment_intents", method="POST")
        with pytest.raises(APIConnectionError):
            shop.charge(ada, visa, options)
        assert shop.charge(ada, visa, options).status == "succeeded"
        assert len(shop.v1.charges.list(params={"customer": ada}).data) == 1
    with shop.step("POST answers carry the headers that Stripe's carry"):
        headers = customers.create(params={"name": "Ada"}, options={"idempotency_key": "headers"}).last_response.headers
        assert headers["request-id"].startswith("req_") and headers["original-request"] == headers["request-id"]
        assert headers["stripe-version"] == VERSION and headers["idempotency-key"] == "headers"
        assert headers["stripe-should-retry"] == "false"
