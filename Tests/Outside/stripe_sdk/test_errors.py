"""Stripe's own SDK against the sandbox: errors."""

from __future__ import annotations

import pytest
import stripe
from stripe import AuthenticationError
from stripe import InvalidRequestError

from sdk import VERSION, Shop, refused, script


@script
def test_errors(shop: Shop):
    customers, intents = shop.v1.customers, shop.v1.payment_intents
    with shop.step("401 for a key that is none"):
        for key in ("sk_nonsense", "pk_test_publishable0001"):
            error = refused(
                AuthenticationError, 401, lambda: shop.client(key).v1.customers.list(), type="invalid_request_error"
            )
            assert key not in str(error)
    with shop.step("401 for a live key"):
        refused(AuthenticationError, 401, lambda: shop.client("sk_live_neverHere0001").v1.customers.list())
    with shop.step("the key is taken as the user of Basic authentication, as curl sends it"):
        answer = shop.ask("GET", "/v1/customers", "limit=1", Authorization="Basic c2tfdGVzdF9hbnk6")
        assert answer.status == 200
    with shop.step("404 for an id that nobody has"):
        refused(
            InvalidRequestError, 404, lambda: customers.retrieve("cus_nobody"),
            type="invalid_request_error", code="resource_missing", param="id",
        )
        for call in (
            lambda: intents.retrieve("pi_nobody"),
            lambda: shop.v1.payment_methods.retrieve("pm_nobody"),
            lambda: shop.v1.setup_intents.retrieve("seti_nobody"),
            lambda: shop.v1.checkout.sessions.retrieve("cs_test_nobody"),
            lambda: shop.v1.charges.retrieve("ch_nobody"),
            lambda: shop.v1.refunds.retrieve("re_nobody"),
            lambda: shop.v1.events.retrieve("evt_nobody"),
            lambda: shop.v1.webhook_endpoints.retrieve("we_nobody"),
        ):
            refused(InvalidRequestError, 404, call, code="resource_missing")
    with shop.step("404 for an address that Stripe has not"):
        refused(
            InvalidRequestError, 404, lambda: shop.stripe.raw_request("get", "/v1/nothing_here"),
            type="invalid_request_error", code=None,
        )
    with shop.step("400 for a parameter that Stripe does not know, also a nested one"):
        refused(
            InvalidRequestError, 400, lambda: customers.create(params={"nmae": "Ada"}),
            type="invalid_request_error", code="parameter_unknown", param="nmae",
        )
        refused(
            InvalidRequestError, 400, lambda: customers.create(params={"address": {"town": "London"}}),
            code="parameter_unknown", param="address[town]",
        )
        refused(
            InvalidRequestError, 400, lambda: customers.list(params={"name": "Ada"}),
            code="parameter_unknown", param="name",
        )
    with shop.step("400 for a parameter that is missing"):
        refused(
            InvalidRequestError, 400, lambda: intents.create(params={"currency": "usd"}),
            code="parameter_missing", param="amount",
        )
        refused(
            InvalidRequestError, 400, lambda: intents.create(params={"amount": 1099}),
            code="parameter_missing", param="currency",
        )
    with shop.step("400 for a number that is none, and for an amount of nothing"):
        for amount in ("ten", "10.99", 0, -5):
            refused(
                InvalidRequestError, 400, lambda: intents.create(params={"amount": amount, "currency": "usd"}),
                code="parameter_invalid_integer", param="amount",
            )
    with shop.step("400 for an amount below the minimum of its currency"):
        for amount, currency in ((49, "usd"), (29, "gbp"), (49, "jpy"), (174_99, "huf")):
            refused(
                InvalidRequestError, 400, lambda: intents.create(params={"amount": amount, "currency": currency}),
                code="amount_too_small",
            )
        for amount, currency in ((50, "usd"), (30, "gbp"), (50, "jpy"), (175_00, "huf")):
            intents.create(params={"amount": amount, "currency": currency})
    with shop.step("400 without a code for a version that does not exist"):
        for version in ("nonsense", "2026-13-45.endive", "2026-10-28.nonsense"):
            refused(
                InvalidRequestError, 400, lambda: shop.client(version=version).v1.customers.list(),
                type="invalid_request_error", code=None,
            )
    with shop.step("the version is echoed, also an older one"):
        for version in (VERSION, "2026-08-26.dahlia", "2023-08-16"):
            shop.client(version=version).v1.customers.list(params={"limit": 1})
            assert shop.http.last.headers["stripe-version"] == version
    with shop.step("payment_method_types is no longer taken"):
        for call in (
            lambda types: intents.create(params={"amount": 1099, "currency": "usd"} | types),
            lambda types: shop.v1.setup_intents.create(params=types),
            lambda types: shop.v1.checkout.sessions.create(
                params={"mode": "setup", "currency": "usd", "success_url": "https://shop.example/"} | types
            ),
        ):
            refused(
                InvalidRequestError, 400, lambda: call({"payment_method_types": ["card"]}),
                code="payment_method_types_no_longer_supported",
            )
    with shop.step("…and is still to be read"):
        assert "card" in intents.create(params={"amount": 1099, "currency": "usd"}).payment_method_types
    with shop.step("the number of a raw card is refused by 402 without being a card error"):
        card = {"number": "4242424242424242", "exp_month": 12, "exp_year": 2034, "cvc": "123"}
        with pytest.raises(stripe.StripeError) as raised:
            shop.v1.payment_methods.create(params={"type": "card", "card": card})
        assert raised.value.http_status == 402
        assert raised.value.json_body["error"]["type"] == "invalid_request_error"
    with shop.step("off_session, error_on_requires_action, mandate and return_url want confirm=true"):
        for params in (
            {"off_session": True}, {"error_on_requires_action": True}, {"return_url": "https://shop.example/"},
        ):
            refused(
                InvalidRequestError, 400, lambda: intents.create(params={"amount": 1099, "currency": "usd"} | params)
            )
    with shop.step("stored_credential_usage is taken, but not together with setup_future_usage"):
        customer, card = shop.customer("pm_card_visa")
        usage = {"payment_method_options": {"card": {"stored_credential_usage": "recurring"}}}
        assert shop.charge(customer, card, **usage).status == "succeeded"
        params = {"amount": 1099, "currency": "usd", "setup_future_usage": "off_session"} | usage
        refused(InvalidRequestError, 400, lambda: intents.create(params=params))
