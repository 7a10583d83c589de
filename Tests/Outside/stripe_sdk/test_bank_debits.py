"""Stripe's own SDK against the sandbox: bank debits."""

from __future__ import annotations

from typing import Any

from stripe import InvalidRequestError

from sdk import Shop, refused, script


@script
def test_bank_debits(shop: Shop):
    intents, setups = shop.v1.payment_intents, shop.v1.setup_intents
    ada, _ = shop.customer()
    accepted = {"customer_acceptance": {"type": "offline"}}

    def save(method: str) -> Any:
        return setups.create(
            params={
                "customer": ada, "payment_method": method, "confirm": True, "mandate_data": accepted,
                "return_url": "https://shop.example/",
            }
        )

    def failed(intent: str) -> Any:
        kept = intents.retrieve(intent, params={"expand": ["latest_charge"]})
        assert (kept.status, kept.latest_charge.status) == ("requires_payment_method", "failed")
        shop.wait_for_event("payment_intent.payment_failed", intent)
        return kept

    with shop.step("a US bank account is set up with a mandate"):
        setup = setups.retrieve(save("pm_usBankAccount_success").id, params={"expand": ["mandate"]})
        assert setup.status == "succeeded"
        assert (setup.mandate.object, setup.mandate.status) == ("mandate", "active")
        assert setup.mandate.payment_method == setup.payment_method
    with shop.step("a debit of it is under way for days"):
        debit = shop.charge(ada, setup.payment_method, mandate=setup.mandate.id)
        assert (debit.status, debit.amount_received) == ("processing", 0)
        assert shop.v1.charges.retrieve(debit.latest_charge).status == "pending"
        shop.wait_for_event("payment_intent.processing", debit.id)
        shop.world.pass_time(hours=1)
        assert intents.retrieve(debit.id).status == "processing"
    with shop.step("meanwhile it is not confirmed again"):
        refused(
            InvalidRequestError, 400, lambda: intents.confirm(debit.id, params={"off_session": True}),
            code="payment_intent_unexpected_state",
        )
    with shop.step("and then it is paid"):
        shop.world.pass_time(days=7)
        paid = intents.retrieve(debit.id, params={"expand": ["latest_charge"]})
        assert (paid.status, paid.amount_received, paid.latest_charge.paid) == ("succeeded", 1099, True)
        shop.wait_for_event("payment_intent.succeeded", debit.id)
    with shop.step("the mandate of the setup is enough"):
        debit = shop.charge(ada, setup.payment_method)
        assert debit.status == "processing"
        shop.settle(debit.id, "succeed")
        assert intents.retrieve(debit.id).status == "succeeded"
    with shop.step("a debit without any mandate is refused"):
        method = shop.v1.payment_methods.create(
            params={
                "type": "us_bank_account", "billing_details": {"name": "Ada Lovelace", "email": "ada@customer.example"},
                "us_bank_account": {
                    "account_holder_type": "individual", "account_number": "000123456789",
                    "routing_number": "110000000",
                },
            }
        )
        shop.v1.payment_methods.attach(method.id, params={"customer": ada})
        refused(InvalidRequestError, 400, lambda: shop.charge(ada, method.id))
    for name, codes in (
        ("insufficientFunds", ("insufficient_funds",)),
        ("accountClosed", ("bank_account_closed", "account_closed")),
        ("noAccount", ("bank_account_invalid_details", "no_account")),
    ):
        with shop.step(f"pm_usBankAccount_{name} fails after days"):
            debit = shop.charge(ada, save(f"pm_usBankAccount_{name}").payment_method)
            assert debit.status == "processing"
            shop.world.pass_time(days=7)
            kept = failed(debit.id)
            assert kept.last_payment_error.code in codes, kept.last_payment_error.code
            assert kept.latest_charge.failure_code in codes
    with shop.step("a SEPA account is set up, debited and paid"):
        method = shop.v1.payment_methods.create(params=sepa("DE89370400440532013000"))
        setup = save(method.id)
        assert setup.status == "succeeded" and setup.mandate.startswith("mandate_")
        debit = shop.charge(ada, setup.payment_method, currency="eur")
        assert debit.status == "processing"
        shop.world.pass_time(days=15)
        assert intents.retrieve(debit.id).status == "succeeded"
    with shop.step("the other SEPA account fails"):
        setup = save(shop.v1.payment_methods.create(params=sepa("DE62370400440532013001")).id)
        debit = shop.charge(ada, setup.payment_method, currency="eur")
        assert debit.status == "processing"
        shop.world.pass_time(days=15)
        kept = failed(debit.id)
        assert kept.last_payment_error.code == "payment_intent_payment_attempt_failed"
        assert kept.latest_charge.failure_code == "incorrect_account_holder_name"
    with shop.step("a method can come along inline, with its mandate"):
        debit = intents.create(
            params={
                "amount": 1099, "currency": "eur", "confirm": True, "customer": ada, "mandate_data": accepted,
                "payment_method_data": sepa("DE89370400440532013000"), "return_url": "https://shop.example/",
            }
        )
        assert debit.status == "processing" and debit.payment_method.startswith("pm_")
    with shop.step("an account that awaits microdeposits is requires_action"):
        options = {"us_bank_account": {"verification_method": "microdeposits"}}
        method = shop.v1.payment_methods.create(
            params={
                "type": "us_bank_account", "billing_details": {"name": "Ada Lovelace", "email": "ada@customer.example"},
                "us_bank_account": {
                    "account_holder_type": "individual", "account_number": "000123456789",
                    "routing_number": "110000000",
                },
            }
        )
        setup = setups.create(
            params={
                "customer": ada, "payment_method": method.id, "confirm": True, "mandate_data": accepted,
                "payment_method_options": options, "return_url": "https://shop.example/",
            }
        )
        assert (setup.status, setup.next_action.type) == ("requires_action", "verify_with_microdeposits")


def sepa(iban: str) -> dict[str, Any]:
    return {
        "type": "sepa_debit", "sepa_debit": {"iban": iban},
        "billing_details": {"name": "Ada Lovelace", "email": "ada@customer.example"},
    }
