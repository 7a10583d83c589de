"""`dues reconcile`: what was paid twice, or past Dues, is loud, and only what is proven goes back."""

from __future__ import annotations

from typing import Any

from world import World


def charge(world: World, card: str) -> dict[str, Any]:
    ada = world.customer("Ada Lovelace", "ada@customer.example", card=card)
    made = world.ask(
        "charge", "enqueue", "--customer", ada, "--amount", "1099", "--currency", "usd", "--description", "Key")
    world.ask("tick")
    return world.ask("charge", "show", made["id"])


def pay_past_dues(world: World, owed: dict[str, Any], amount: int = 1099, method: str | None = None, **metadata: str) -> str:
    """Somebody in the dashboard, or another program with the same key."""
    fields = {
        "amount": amount, "currency": "usd", "customer": owed["customer"],
        "payment_method": method or owed["payment_method"], "off_session": "true", "confirm": "true",
    }
    made = world.stripe("POST", "/v1/payment_intents", fields | {f"metadata[{k}]": v for k, v in metadata.items()})
    assert made["status"] == "succeeded"
    return made["id"]


def needs(world: World, code: int) -> list[tuple[str, str]]:
    status = world.dues("status", "--json", expect=code)
    return [(row["what"], row["charge"]) for row in status.json["needs_human"]]


def test_what_was_paid_twice_stands_before_a_person_and_goes_back_once(open_world: World):
    paid = charge(open_world, "pm_card_visa")
    first = open_world.stripe("GET", f"/v1/payment_intents/{paid['payment_intent']}")
    second = pay_past_dues(
        open_world, paid, dues_ledger=first["metadata"]["dues_ledger"], dues_charge=paid["id"])
    found = open_world.dues("reconcile", "--json", expect=1).json
    assert [(row["payment_intent"], row["proven"], row.get("refund")) for row in found["duplicates"]] == [(second, True, None)]
    assert needs(open_world, 1) == [("second_payment", paid["id"])]

    unasked = open_world.dues("reconcile", "--refund-duplicates", expect=64)
    assert "--yes" in unasked.err
    assert open_world.stripe("GET", "/v1/refunds")["data"] == []
    for _ in range(2):
        open_world.dues("reconcile", "--refund-duplicates", "--yes")
    refunds = open_world.stripe("GET", "/v1/refunds")["data"]
    assert [(row["payment_intent"], row["amount"]) for row in refunds] == [(second, 1099)]
    assert needs(open_world, 0) == []
    assert open_world.ask("charge", "show", paid["id"])["amount_refunded"] == 0


def test_a_second_payment_of_another_amount_is_not_proven_and_stays(open_world: World):
    paid = charge(open_world, "pm_card_visa")
    first = open_world.stripe("GET", f"/v1/payment_intents/{paid['payment_intent']}")
    pay_past_dues(
        open_world, paid, amount=500, dues_ledger=first["metadata"]["dues_ledger"], dues_charge=paid["id"])
    open_world.dues("reconcile", "--refund-duplicates", "--yes", expect=1)
    assert open_world.stripe("GET", "/v1/refunds")["data"] == []
    assert [charge for _, charge in needs(open_world, 1)] == [paid["id"]]


def test_what_may_have_been_paid_outside_is_shown_until_somebody_says_so(open_world: World):
    owed = charge(open_world, "pm_card_chargeCustomerFail")
    assert owed["state"] == "recovering"
    card = open_world.stripe("POST", "/v1/payment_methods/pm_card_visa/attach", {"customer": owed["customer"]})["id"]
    intent = pay_past_dues(open_world, owed, method=card)
    said = open_world.dues("reconcile", expect=1)
    assert owed["id"] in said.out and intent in said.out, said
    assert needs(open_world, 1) == [("perhaps_paid", owed["id"])]
    open_world.dues("charge", "settle", owed["id"], "--note", "paid in the dashboard")
    assert open_world.ask("charge", "show", owed["id"])["state"] == "paid"
    assert needs(open_world, 0) == []
