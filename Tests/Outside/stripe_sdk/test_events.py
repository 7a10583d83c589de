"""Stripe's own SDK against the sandbox: events and webhooks."""

from __future__ import annotations

import pytest
import stripe
from stripe import InvalidRequestError, SignatureVerificationError

from sdk import VERSION, Shop, refused, script
from world import wait_until


@script
def test_events(shop: Shop):
    events, customers = shop.v1.events, shop.v1.customers
    ada = customers.create(params={"name": "Ada"}, options={"idempotency_key": "ada"})
    customers.update(ada.id, params={"name": "Ada Lovelace"})
    with shop.step("an event says what happened, by which request and in which version"):
        created = shop.wait_for_event("customer.created", ada.id)
        assert created.api_version == VERSION and created.livemode is False
        assert created.request.id == ada.last_response.request_id
        assert created.request.idempotency_key == "ada"
        assert created.data.object.to_dict() == ada.to_dict()
    with shop.step("an update tells the values before"):
        updated = shop.wait_for_event("customer.updated", ada.id)
        assert updated.data.previous_attributes.to_dict() == {"name": "Ada"}
        assert updated.data.object["name"] == "Ada Lovelace"
    with shop.step("retrieve one"):
        assert events.retrieve(created.id).to_dict() == created.to_dict()
    with shop.step("list by type, by wildcard and by several types"):
        shop.v1.setup_intents.create(params={})
        assert {it.type for it in events.list(params={"type": "customer.created"}).data} == {"customer.created"}
        both = {"customer.created", "customer.updated"}
        assert {it.type for it in events.list(params={"type": "customer.*"}).data} == both
        types = ["customer.updated", "setup_intent.created"]
        assert {it.type for it in events.list(params={"types": types}).data} == set(types)
        many = [f"customer.{number}" for number in range(21)]
        refused(InvalidRequestError, 400, lambda: events.list(params={"types": many}))
    with shop.step("what could not be delivered is listed by delivery_success=false"):
        shop.receiver.failing["/broken"] = 100
        shop.v1.webhook_endpoints.create(
            params={"url": shop.receiver.url + "/broken", "enabled_events": ["customer.created"]}
        )
        lost = customers.create(params={"name": "Lost"})
        wait_until("the delivery", lambda: shop.receiver.received("/broken"))
        undelivered = events.list(params={"delivery_success": False}).data
        assert [it.data.object["id"] for it in undelivered] == [lost.id]
        assert undelivered[0].pending_webhooks == 1
        delivered = events.list(params={"delivery_success": True, "type": "customer.created"}).data
        assert lost.id not in [it.data.object["id"] for it in delivered]
    with shop.step("events are kept for 30 days"):
        shop.world.pass_time(days=31)
        assert events.list(params={"type": "customer.created"}).data == []


@script
def test_webhooks(shop: Shop):
    endpoints, receiver = shop.v1.webhook_endpoints, shop.receiver
    with shop.step("an endpoint tells its secret when it is created"):
        all_events = endpoints.create(
            params={
                "url": receiver.url + "/all", "enabled_events": ["*"], "api_version": VERSION,
                "description": "everything", "metadata": {"a": "b"},
            }
        )
        only_new = endpoints.create(
            params={
                "url": receiver.url + "/new", "enabled_events": ["customer.created", "payment_intent.succeeded"],
            }
        )
        assert all_events.secret.startswith("whsec_") and only_new.secret.startswith("whsec_")
        assert all_events.secret != only_new.secret
        assert (all_events.status, all_events.api_version, all_events.description) == (
            "enabled", VERSION, "everything",
        )
    with shop.step("…and never again"):
        assert not hasattr(endpoints.retrieve(all_events.id), "secret")
        assert all(not hasattr(it, "secret") for it in endpoints.list().data)
        assert {it.id for it in endpoints.list().data} == {all_events.id, only_new.id}
    with shop.step("each gets what it asked for, signed with its own secret"):
        ada = shop.v1.customers.create(params={"name": "Ada"})
        shop.v1.customers.update(ada.id, params={"name": "Ada Lovelace"})
        wait_until("both events", lambda: len(receiver.received("/all")) >= 2)
        (hook,) = wait_until("the event", lambda: receiver.received("/new"))
        event = shop.stripe.construct_event(hook.raw, hook.signature, only_new.secret)
        assert (event.type, event.data.object["id"]) == ("customer.created", ada.id)
        (other,) = receiver.received("/all", "customer.created")
        same = stripe.Webhook.construct_event(other.raw, other.signature, all_events.secret)
        assert same.id == event.id and other.signature != hook.signature
        assert len(receiver.received("/all", "customer.updated")) == 1
    with shop.step("an event arrives whole: what is delivered is what is listed"):
        listed = shop.v1.events.retrieve(event.id).to_dict()
        assert listed | {"pending_webhooks": 0} == event.to_dict() | {"pending_webhooks": 0}
    with shop.step("a forged event is refused by the SDK"):
        forged = hook.raw.replace(b"Ada", b"Eve")
        for raw, signature, secret in (
            (forged, hook.signature, only_new.secret),
            (hook.raw, hook.signature, all_events.secret),
            (hook.raw, hook.signature.replace("v1=", "v0="), only_new.secret),
        ):
            with pytest.raises(SignatureVerificationError):
                shop.stripe.construct_event(raw, signature, secret)
    with shop.step("a stale one as well"):
        shop.world.pass_time(minutes=5, seconds=1)
        with pytest.raises(SignatureVerificationError, match="tolerance"):
            shop.stripe.construct_event(hook.raw, hook.signature, only_new.secret)
        shop.stripe.construct_event(hook.raw, hook.signature, only_new.secret, tolerance=0)
    with shop.step("after a 500 it is sent again, with a new time and signature"):
        receiver.failing["/new"] = 1
        grace = shop.v1.customers.create(params={"name": "Grace"})
        wait_until("the refused one", lambda: len(receiver.received("/new")) == 2)
        assert shop.wait_for_event("customer.created", grace.id).pending_webhooks >= 1
        wait_until(
            "the refusal to be heard",
            lambda: any(it["answer"] == "500" for it in shop.world.control("GET", "deliveries")["data"]),
        )
        shop.world.pass_time(hours=3)
        again = wait_until("the second try", lambda: receiver.received("/new")[2:])[0]
        first = receiver.received("/new")[1]
        assert again.raw and again.event["id"] == first.event["id"] and again.signature != first.signature
        shop.stripe.construct_event(again.raw, again.signature, only_new.secret)
        event = again.event["id"]
        wait_until("it to be settled", lambda: shop.v1.events.retrieve(event).pending_webhooks == 0)
    with shop.step("an endpoint that is away is tried again over some hours, not for ever"):
        receiver.failing["/new"] = 1000
        before = len(receiver.received("/new"))
        shop.v1.customers.create(params={"name": "Linus"})

        def given_up() -> bool:
            shop.world.pass_time(hours=1)
            deliveries = shop.world.control("GET", "deliveries")["data"]
            return any(it["state"] == "abandoned" for it in deliveries)

        wait_until("it to be given up", given_up)
        assert len(receiver.received("/new")) - before in (3, 4)
        receiver.failing["/new"] = 0
    with shop.step("update an endpoint: other events, another address, disabled"):
        changed = endpoints.update(
            only_new.id, params={"enabled_events": ["customer.deleted"], "url": receiver.url + "/changed"}
        )
        assert changed.enabled_events == ["customer.deleted"] and not hasattr(changed, "secret")
        shop.v1.customers.delete(grace.id)
        hook = wait_until("the event", lambda: receiver.received("/changed", "customer.deleted"))[0]
        shop.stripe.construct_event(hook.raw, hook.signature, only_new.secret)
        assert endpoints.update(only_new.id, params={"disabled": True}).status == "disabled"
    with shop.step("delete an endpoint, and nothing more arrives there"):
        gone = endpoints.delete(only_new.id)
        assert (gone.id, gone.deleted) == (only_new.id, True)
        refused(InvalidRequestError, 404, lambda: endpoints.retrieve(only_new.id), code="resource_missing")
        count = len(receiver.received("/changed"))
        shop.v1.customers.delete(ada.id)

        def told_elsewhere() -> bool:
            deleted = receiver.received("/all", "customer.deleted")
            return any(it.event["data"]["object"]["id"] == ada.id for it in deleted)

        wait_until("the other endpoint", told_elsewhere)
        assert len(receiver.received("/changed")) == count
    with shop.step("a charge tells its whole story in events"):
        customer, card = shop.customer("pm_card_visa")
        paid = shop.charge(customer, card, {"idempotency_key": "story"})
        hook = wait_until(
            "payment_intent.succeeded", lambda: receiver.received("/all", "payment_intent.succeeded")
        )[0]
        assert hook.event["data"]["object"]["id"] == paid.id
        assert hook.event["request"]["idempotency_key"] == "story"
        told = {it.event["type"] for it in receiver.received("/all")}
        assert {"payment_method.attached", "payment_intent.created", "charge.succeeded"} <= told, told
    with shop.step("an endpoint needs an address and events"):
        refused(
            InvalidRequestError, 400, lambda: endpoints.create(params={"enabled_events": ["*"]}),
            code="parameter_missing", param="url",
        )
        refused(
            InvalidRequestError, 400, lambda: endpoints.create(params={"url": "nowhere", "enabled_events": ["*"]}),
            param="url",
        )
        refused(InvalidRequestError, 400, lambda: endpoints.create(params={"url": receiver.url}))
    with shop.step("there are at most 16 endpoints"):
        params = {"url": receiver.url + "/many", "enabled_events": ["customer.deleted"]}
        for _ in range(15):
            endpoints.create(params=params)
        refused(InvalidRequestError, 400, lambda: endpoints.create(params=params))
