"""What a person at the command line changes: terms, periods, retries, settlements, files of agreements.

Each is judged by what the sandbox's Stripe has really been paid: nobody twice, nobody a wrong amount, nobody for a
period that was taken out.
"""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from test_cli import complains
from world import GOLD, Result, World, fetch

HEADER = "key,customer,job,start,amount,payment_method"


def member(world: World, name: str = "Ada", card: str | None = "pm_card_visa") -> str:
    return world.customer(name, f"{name.lower()}@customer.example", card=card)


def join(world: World, customer: str, *more: str, job: str = "gold") -> str:
    return world.ask("agreement", "add", "--customer", customer, "--job", job, *more)["id"]


def job(world: World, name: str = "gold", **changes) -> None:
    """Writes the job's file; `every`, `count`, `until`, `time_zone`, `at` belong to its schedule."""
    clock = {key: changes.pop(key) for key in ("every", "at", "time_zone", "count", "until", "missed") if key in changes}
    world.write_job(name, GOLD | {"schedule": GOLD["schedule"] | clock} | changes)


def at(world: World, moment: str) -> None:
    """Moves everybody's clock on to a moment, such as `2027-03-31 09:30`, in UTC."""
    wanted = datetime.fromisoformat(moment).replace(tzinfo=timezone.utc)
    assert wanted >= world.now, f"{moment} has passed"
    world.pass_time(seconds=(wanted - world.now).total_seconds())


def tick(world: World, times: int = 1) -> None:
    for _ in range(times):
        world.dues("tick", expect=None)


def paid(world: World, agreement: str | None = None) -> list[tuple[str, int]]:
    """Period and amount of all that Stripe was paid, as Stripe tells it."""
    intents = world.stripe("GET", "/v1/payment_intents?limit=100")["data"]
    return sorted(
        (intent["metadata"].get("dues_period", ""), intent["amount_received"])
        for intent in intents
        if intent["status"] == "succeeded" and agreement in (None, intent["metadata"].get("dues_agreement"))
    )


def planned(world: World, until: str) -> list[tuple[str, int]]:
    return [(row["due_at"][:10], row["amount"]) for row in world.rows("plan", "--until", until)]


def apply(world: World, start: str, *more: str, name: str = "gold", expect: int | None = 0) -> dict:
    result = world.dues("job", "apply", name, "--from", start, "--yes", "--json", *more, expect=expect)
    return result.json


def show(world: World, agreement: str) -> dict:
    return world.ask("agreement", "show", agreement)


# --- job apply --------------------------------------------------------------------------------------------------------


def test_a_new_amount_counts_from_its_date_and_a_31st_stays_a_31st(open_world: World):
    at(open_world, "2027-03-31 09:30")
    gold = join(open_world, member(open_world))
    tick(open_world)
    job(open_world, amount=1299)
    shown = open_world.dues("job", "apply", "gold", "--from", "2027-05-01", "--check").out
    assert gold in shown and "10.99 GBP" in shown and "12.99 GBP" in shown and "2027-05-31" in shown, shown
    assert show(open_world, gold)["amount"] == 1099
    unasked = open_world.dues("job", "apply", "gold", "--from", "2027-05-01", expect=64)
    assert "--yes" in unasked.err and show(open_world, gold)["amount"] == 1099, unasked
    assert apply(open_world, "2027-05-01") == {"moved": 1, "to_move": 1, "unchanged": 0, "refused": []}
    assert apply(open_world, "2027-05-01")["unchanged"] == 1
    expected = [("2027-04-30", 1099), ("2027-05-31", 1299), ("2027-06-30", 1299)]
    assert planned(open_world, "2027-07-01") == expected
    for day in ("2027-04-30 09:30", "2027-05-31 09:30", "2027-06-30 09:30"):
        at(open_world, day)
        tick(open_world, 2)
    assert paid(open_world) == [("2027-03-31", 1099), *expected]
    changed = open_world.dues("agreement", "show", gold).out
    assert "From 2027-05-01 on it is 12.99 GBP" in changed, changed


def test_terms_that_begin_before_what_is_charged_are_refused(open_world: World):
    gold = join(open_world, member(open_world))
    tick(open_world)
    job(open_world, amount=1299)
    for start in ("2027-03-01", "2027-02-01"):
        answer = apply(open_world, start)
        assert answer["moved"] == 0 and start in answer["refused"][0] and gold in answer["refused"][0], answer
    assert show(open_world, gold)["amount"] == 1099
    job(open_world, currency="usd")
    assert "gbp" in apply(open_world, "2027-05-01")["refused"][0].lower()
    complains(open_world.dues("job", "apply", "silver", "--from", "2027-05-01", "--yes", expect=65), "silver")
    complains(open_world.dues("job", "apply", "gold", "--from", "soon", "--yes", expect=64), "soon")
    complains(open_world.dues("job", "apply", "gold", "--from", "2027-02-30", "--yes", expect=64), "2027-02-30")
    complains(open_world.dues("job", "apply", "gold", "--yes", expect=64), "--from")
    job(open_world, amount=1)
    broken = open_world.dues("job", "apply", "gold", "--from", "2027-05-01", "--yes", expect=None)
    assert broken.code in (65, 78) and "amount" in broken.err, broken


def test_monthly_to_weekly_counts_from_the_date_and_leaves_no_day_twice(open_world: World):
    gold = join(open_world, member(open_world))
    tick(open_world)
    job(open_world, every="1 week", amount=300)
    apply(open_world, "2027-04-10")
    expected = [("2027-04-01", 1099), ("2027-04-10", 300), ("2027-04-17", 300)]
    assert planned(open_world, "2027-04-20") == expected
    for day in ("2027-04-01 09:30", "2027-04-10 09:30", "2027-04-17 09:30"):
        at(open_world, day)
        tick(open_world, 2)
    assert paid(open_world, gold) == [("2027-03-01", 1099), *expected]


def test_a_pause_is_not_billed_when_the_interval_changed_meanwhile(open_world: World):
    gold = join(open_world, member(open_world))
    tick(open_world)
    open_world.dues("agreement", "pause", gold)
    job(open_world, every="1 day", amount=100)
    apply(open_world, "2027-04-10")
    at(open_world, "2027-06-15 10:00")
    tick(open_world)
    open_world.dues("agreement", "resume", gold)
    tick(open_world, 4)
    assert paid(open_world, gold) == [("2027-03-01", 1099)], "the pause was billed"
    assert open_world.rows("charge", "list", "--state", "held") == []
    at(open_world, "2027-06-16 09:30")
    tick(open_world, 2)
    assert paid(open_world, gold)[1:] == [("2027-06-16", 100)]


def test_a_pause_is_not_billed_when_the_interval_changes_after_it(open_world: World):
    gold = join(open_world, member(open_world))
    tick(open_world)
    open_world.dues("agreement", "pause", gold)
    at(open_world, "2027-06-15 10:00")
    open_world.dues("agreement", "resume", gold)
    job(open_world, every="1 day", amount=100)
    # A date in the past: after the last charge, but in the pause.
    answer = open_world.dues("job", "apply", "gold", "--from", "2027-06-01", "--yes", expect=None)
    tick(open_world, 4)
    assert paid(open_world, gold) == [("2027-03-01", 1099)], f"the pause was billed after {answer}"
    assert open_world.rows("charge", "list", "--state", "held") == []


def test_a_skipped_period_is_not_billed_by_terms_that_begin_in_the_past(open_world: World):
    at(open_world, "2027-03-15 09:00")
    gold = join(open_world, member(open_world))
    tick(open_world)
    open_world.dues("agreement", "skip", gold, "2027-04-15")
    at(open_world, "2027-04-20 10:00")
    tick(open_world)
    job(open_world, every="1 week", amount=300)
    answer = open_world.dues("job", "apply", "gold", "--from", "2027-04-11", "--yes", expect=None)
    tick(open_world, 3)
    assert paid(open_world, gold) == [("2027-03-15", 1099)], f"the skipped time was billed after {answer}"


def test_planned_terms_that_are_taken_back_leave_the_old_days(open_world: World):
    """Weekly from 1 April, taken back before: the 31st is the day again."""
    at(open_world, "2027-03-31 09:30")
    gold = join(open_world, member(open_world))
    tick(open_world)
    job(open_world, every="1 week", amount=300)
    apply(open_world, "2027-04-20")
    job(open_world)
    apply(open_world, "2027-04-20")
    assert planned(open_world, "2027-06-01") == [("2027-04-30", 1099), ("2027-05-31", 1099)], show(open_world, gold)


def test_planned_terms_that_are_put_off_begin_at_the_later_date(open_world: World):
    gold = join(open_world, member(open_world))
    tick(open_world)
    job(open_world, amount=1299)
    apply(open_world, "2027-04-01")
    put_off = apply(open_world, "2027-06-01")
    expected = [("2027-04-01", 1099), ("2027-05-01", 1099), ("2027-06-01", 1299)]
    assert planned(open_world, "2027-06-02") == expected, (put_off, show(open_world, gold))


def test_planned_terms_that_are_brought_forward_or_put_off_while_planned(open_world: World):
    join(open_world, member(open_world))
    tick(open_world)
    job(open_world, amount=1299)
    apply(open_world, "2027-05-01")
    apply(open_world, "2027-06-01")
    assert planned(open_world, "2027-06-02") == [("2027-04-01", 1099), ("2027-05-01", 1099), ("2027-06-01", 1299)]
    apply(open_world, "2027-04-15")
    assert planned(open_world, "2027-06-02") == [("2027-04-01", 1099), ("2027-05-01", 1299), ("2027-06-01", 1299)]


def test_who_has_paid_all_instalments_is_not_charged_again_by_a_change(open_world: World):
    job(open_world, every="1 day", count=2)
    gold = join(open_world, member(open_world))
    tick(open_world)
    at(open_world, "2027-03-02 09:30")
    tick(open_world)
    assert len(paid(open_world, gold)) == 2 and show(open_world, gold)["next_due_at"] is None
    job(open_world, every="1 week", count=2, amount=2000)
    shown = open_world.dues("job", "apply", "gold", "--from", "2027-03-10", "--yes", expect=None)
    at(open_world, "2027-03-17 09:30")
    tick(open_world, 3)
    assert len(paid(open_world, gold)) == 2, f"charged again after its last instalment: {shown}"


def test_a_change_of_interval_does_not_make_more_instalments(open_world: World):
    job(open_world, every="1 month", count=3)
    gold = join(open_world, member(open_world))
    tick(open_world)
    at(open_world, "2027-04-01 09:30")
    tick(open_world)
    job(open_world, every="1 week", count=3)
    apply(open_world, "2027-04-08")
    rest = planned(open_world, "2027-12-31")
    assert len(paid(open_world, gold)) + len(rest) == 3, f"3 were agreed: {rest} are still to come"


@pytest.mark.parametrize("state", ["pending", "paused", "canceled"])
def test_new_terms_reach_whoever_is_not_active_as_well(open_world: World, state: str):
    customer = member(open_world, card=None if state == "pending" else "pm_card_visa")
    gold = join(open_world, customer)
    if state == "paused":
        open_world.dues("agreement", "pause", gold)
    if state == "canceled":
        open_world.dues("agreement", "cancel", gold)
    job(open_world, amount=1299)
    answer = apply(open_world, "2027-04-01")
    assert answer["moved"] == (0 if state == "canceled" else 1), answer
    tick(open_world)
    if state == "canceled":
        complains(open_world.dues("agreement", "update", gold, "--amount", "500", expect=65), gold, "canceled")
        complains(open_world.dues("agreement", "skip", gold, "2027-04-01", expect=65), gold, "canceled")
        complains(open_world.dues("agreement", "resume", gold, expect=65), gold, "canceled")
    if state == "pending":
        open_world.stripe("POST", "/v1/payment_methods/pm_card_visa/attach", {"customer": customer})
        method = open_world.stripe("GET", f"/v1/customers/{customer}/payment_methods")["data"][0]["id"]
        open_world.dues("agreement", "update", gold, "--payment-method", method)
        tick(open_world)
        assert paid(open_world, gold) == [("2027-03-01", 1099)], "due before the new terms begin"
    if state == "paused":
        open_world.dues("agreement", "resume", gold)
        at(open_world, "2027-04-01 09:30")
        tick(open_world)
        assert paid(open_world, gold) == [("2027-04-01", 1299)]


def test_the_same_length_in_other_words_does_not_move_the_day(open_world: World):
    """A year is 12 months: who pays on 1 March still does."""
    job(open_world, every="1 year")
    gold = join(open_world, member(open_world))
    tick(open_world)
    job(open_world, every="12 months", amount=1299)
    apply(open_world, "2027-07-01")
    assert planned(open_world, "2028-04-01") == [("2028-03-01", 1299)], show(open_world, gold)


# --- agreement update, skip, pause and resume -------------------------------------------------------------------------


def test_another_amount_is_of_what_follows_also_of_what_is_planned(open_world: World):
    gold = join(open_world, member(open_world))
    tick(open_world)
    assert open_world.ask("agreement", "update", gold, "--amount", "500")["amount"] == 500
    assert paid(open_world) == [("2027-03-01", 1099)]
    job(open_world, amount=1299)
    apply(open_world, "2027-05-01")
    open_world.ask("agreement", "update", gold, "--amount", "700")
    assert planned(open_world, "2027-05-02") == [("2027-04-01", 700), ("2027-05-01", 700)]
    for wrong in ("0", "29", "1000000000000"):
        complains(open_world.dues("agreement", "update", gold, "--amount", wrong, expect=65), "amount")
    complains(open_world.dues("agreement", "update", gold, "--amount", "9.99", expect=64), "9.99")
    complains(open_world.dues("agreement", "update", gold, expect=64), "--amount")
    complains(open_world.dues("agreement", "update", "agr_nothing", "--amount", "500", expect=65), "agr_nothing")
    assert show(open_world, gold)["amount"] == 700


def test_the_amount_of_now_said_again_is_kept_in_what_is_planned_too(open_world: World):
    """To spare one customer the new price, a person says the old one."""
    gold = join(open_world, member(open_world))
    tick(open_world)
    job(open_world, amount=1299)
    apply(open_world, "2027-04-15")
    open_world.dues("agreement", "update", gold, "--amount", "1099")
    assert planned(open_world, "2027-05-02") == [("2027-04-01", 1099), ("2027-05-01", 1099)]


def test_a_method_is_the_customers_own_and_retries_what_is_owed_once(open_world: World):
    ada = member(open_world, card="pm_card_chargeCustomerFail")
    other = open_world.ask(
        "charge", "enqueue", "--customer", member(open_world, "Grace"), "--amount", "500", "--currency", "gbp",
        "--description", "Towel", "--due", "2028-01-01")["payment_method"]
    gold = join(open_world, ada)
    tick(open_world)
    complains(open_world.dues("agreement", "update", gold, "--payment-method", other, expect=65), other)
    complains(open_world.dues("agreement", "update", gold, "--payment-method", "pm_nothing", expect=65), "pm_nothing")
    complains(open_world.dues("agreement", "update", gold, "--payment-method", "4242", expect=65), "4242")
    good = open_world.stripe("POST", "/v1/payment_methods/pm_card_visa/attach", {"customer": ada})["id"]
    for _ in range(2):
        assert open_world.ask("agreement", "update", gold, "--payment-method", good)["payment_method"] == good
    tick(open_world, 2)
    assert paid(open_world) == [("2027-03-01", 1099)]


def test_what_waits_is_charged_with_the_method_that_a_person_chose(open_world: World):
    """A period is held after an outage; the method is changed; then it is let go."""
    ada = member(open_world)
    gold = join(open_world, ada, "--start", "2027-02-20")
    tick(open_world)
    (held,) = open_world.rows("charge", "list", "--state", "held")
    old = show(open_world, gold)["payment_method"]
    new = open_world.stripe("POST", "/v1/payment_methods/pm_card_mastercard/attach", {"customer": ada})["id"]
    assert new != old
    open_world.dues("agreement", "update", gold, "--payment-method", new)
    open_world.dues("charge", "approve", held["id"])
    tick(open_world)
    (intent,) = open_world.stripe("GET", "/v1/payment_intents")["data"]
    assert intent["status"] == "succeeded" and intent["payment_method"] == new


def test_a_skipped_period_is_never_charged_and_the_others_keep_their_days(open_world: World):
    at(open_world, "2027-03-31 09:30")
    gold = join(open_world, member(open_world))
    tick(open_world)
    for _ in range(2):
        open_world.dues("agreement", "skip", gold, "2027-04-30")
    expected = [("2027-05-31", 1099), ("2027-06-30", 1099)]
    assert planned(open_world, "2027-07-01") == expected
    complains(open_world.dues("agreement", "skip", gold, "2027-03-31", expect=65), "2027-03-31", "charge")
    complains(open_world.dues("agreement", "skip", gold, "2027-05-30", expect=65), "2027-05-30", "2027-05-31")
    complains(open_world.dues("agreement", "skip", gold, "2027-02-28", expect=65), "2027-02-28")
    complains(open_world.dues("agreement", "skip", gold, "30.4.2027", expect=64), "30.4.2027")
    complains(open_world.dues("agreement", "skip", gold, "2027-04-31", expect=64), "2027-04-31")
    at(open_world, "2027-05-31 09:30")
    tick(open_world, 3)
    assert paid(open_world) == [("2027-03-31", 1099), ("2027-05-31", 1099)]
    assert open_world.rows("charge", "list", "--state", "held") == []


def test_a_skip_survives_new_terms_and_a_pause(open_world: World):
    gold = join(open_world, member(open_world))
    tick(open_world)
    open_world.dues("agreement", "skip", gold, "2027-05-01")
    job(open_world, amount=1299)
    apply(open_world, "2027-04-15")
    open_world.dues("agreement", "pause", gold)
    open_world.dues("agreement", "resume", gold)
    assert planned(open_world, "2027-06-02") == [("2027-04-01", 1099), ("2027-06-01", 1299)]


def test_skip_on_what_has_ended_says_so(open_world: World):
    job(open_world, count=1)
    gold = join(open_world, member(open_world))
    tick(open_world)
    result = open_world.dues("agreement", "skip", gold, "2027-04-01", expect=65)
    complains(result, gold)
    assert not result.err.rstrip().endswith("are"), f"the sentence has no end: {result.err}"


def test_a_pause_takes_its_periods_from_the_schedule_and_an_end_stays_an_end(open_world: World):
    job(open_world, every="1 day", until="2027-03-05")
    gold = join(open_world, member(open_world))
    tick(open_world)
    open_world.dues("agreement", "pause", gold)
    at(open_world, "2027-03-04 12:00")
    open_world.dues("agreement", "resume", gold)
    tick(open_world, 3)
    assert paid(open_world) == [("2027-03-01", 1099)]
    at(open_world, "2027-03-05 09:30")
    tick(open_world, 2)
    open_world.dues("agreement", "pause", gold)
    at(open_world, "2027-03-09 09:30")
    said = open_world.dues("agreement", "resume", gold).out
    tick(open_world, 2)
    assert paid(open_world) == [("2027-03-01", 1099), ("2027-03-05", 1099)]
    assert show(open_world, gold)["next_due_at"] is None
    assert "never" in said or "end" in said or "nothing" in said.lower(), f"nobody says that it never charges again: {said}"


@pytest.mark.parametrize(
    ("schedule", "words"),
    [
        ({"count": 0}, ["count"]), ({"count": -1}, ["count"]), ({"count": "12"}, ["count"]),
        ({"until": "2027-02-30"}, ["until", "2027-02-30"]), ({"until": "soon"}, ["until", "soon"]),
        ({"count": 3, "until": "2027-12-31"}, ["count", "until"]),
    ],
    ids=str,
)
def test_an_end_that_is_none_is_named(world: World, schedule: dict, words: list[str]):
    world.write_job("gold", GOLD | {"schedule": GOLD["schedule"] | schedule})
    result = world.dues("job", "check", expect=None)
    assert result.code in (65, 78), result
    for word in ["gold.toml", *words]:
        assert word in result.out + result.err, f"{word!r} is missing: {result}"


# --- charge retry, settle, approve ------------------------------------------------------------------------------------


def failed(world: World, card: str = "pm_card_sandboxDecline_insufficient_funds") -> tuple[str, str]:
    """A customer and the charge that failed."""
    customer = member(world, card=card)
    charge = world.ask(
        "charge", "enqueue", "--customer", customer, "--amount", "1099", "--currency", "gbp", "--description", "Fee")
    tick(world)
    assert world.ask("charge", "show", charge["id"])["state"] == "recovering"
    return customer, charge["id"]


def attempts(world: World, charge: str) -> int:
    return len(world.ask("charge", "show", charge)["attempts"])


def test_a_retry_keeps_the_24_hours_unless_forced_and_is_one_attempt(open_world: World):
    _, charge = failed(open_world)
    complains(open_world.dues("charge", "retry", charge, expect=65), charge, "24 hours", "--force")
    tick(open_world)
    assert attempts(open_world, charge) == 1
    for _ in range(3):
        open_world.dues("charge", "retry", charge, "--force")
    tick(open_world, 3)
    assert attempts(open_world, charge) == 2
    open_world.pass_time(hours=25)
    tick(open_world)
    assert attempts(open_world, charge) == 2, "the policy's next wait is three days"
    open_world.dues("charge", "retry", charge)
    tick(open_world, 2)
    assert attempts(open_world, charge) == 3
    complains(open_world.dues("charge", "retry", charge, expect=65), "24 hours")
    for word, code in (("chg_nothing", 65), ("", 64)):
        open_world.dues("charge", "retry", *([word] if word else []), expect=code)


def test_a_retry_ends_at_the_cards_budget_and_the_attempts_allowed(open_world: World):
    open_world.config["retry"] = {"max_per_card_30_days": 2}
    open_world.write_config()
    _, charge = failed(open_world)
    open_world.dues("charge", "retry", charge, "--force")
    tick(open_world)
    complains(open_world.dues("charge", "retry", charge, "--force", expect=65), "2 attempts", "max_per_card_30_days")
    tick(open_world)
    assert attempts(open_world, charge) == 2


def test_a_stopped_card_is_never_retried_even_by_force(open_world: World):
    _, charge = failed(open_world, "pm_card_sandboxDecline_lost_card")
    complains(open_world.dues("charge", "retry", charge, "--force", expect=65), "stopped")
    paid_one = open_world.ask(
        "charge", "enqueue", "--customer", member(open_world, "Grace"), "--amount", "1099", "--currency", "gbp",
        "--description", "Fee")["id"]
    complains(open_world.dues("charge", "retry", paid_one, "--force", expect=65), "scheduled")
    tick(open_world)
    complains(open_world.dues("charge", "retry", paid_one, "--force", expect=65), "paid")


def recovery_server(world: World) -> None:
    world.register_webhook()
    world.start_server()


def click(world: World, charge: str) -> str:
    """The customer opens the link and is led to a checkout; its id."""
    link = world.ask("recovery", "link", charge)["url"]
    answer = fetch(link + "/pay", "POST", b"")
    assert answer.status == 303, answer.text
    return next(part for part in answer.headers["location"].replace("?", "/").replace("#", "/").split("/")
                if part.startswith("cs_"))


def pay(world: World, session: str) -> int:
    return fetch(
        f"{world.sandbox_url}/_sandbox/sessions/{session}/complete", "POST", b"card=4242424242424242").status


def test_a_retry_beside_an_open_checkout_never_takes_the_money_twice(open_world: World):
    recovery_server(open_world)
    _, charge = failed(open_world)
    session = click(open_world, charge)
    open_world.dues("charge", "retry", charge, "--force")
    tick(open_world)
    assert attempts(open_world, charge) == 1, "the customer is paying just now"
    pay(open_world, session)
    tick(open_world, 2)
    assert [amount for _, amount in paid(open_world)] == [1099]
    assert open_world.ask("charge", "show", charge)["state"] == "paid"


def test_settled_is_paid_outside_once_and_nothing_more_is_taken(open_world: World):
    _, charge = failed(open_world)
    complains(open_world.dues("charge", "settle", charge, expect=64), "--note")
    for note in ("", " ", "a\nb", "x" * 501):
        complains(open_world.dues("charge", "settle", charge, "--note", note, expect=64), "--note")
    settled = open_world.ask("charge", "settle", charge, "--note", "cash, receipt 118")
    assert (settled["state"], settled["paid_by"]) == ("paid", "outside")
    complains(open_world.dues("charge", "settle", charge, "--note", "again", expect=65), charge, "paid")
    complains(open_world.dues("charge", "settle", "chg_nothing", "--note", "cash", expect=65), "chg_nothing")
    complains(open_world.dues("charge", "retry", charge, "--force", expect=65), "paid")
    assert "receipt 118" in open_world.dues("charge", "explain", charge).out
    tick(open_world)
    open_world.pass_time(days=5)
    tick(open_world, 2)
    assert paid(open_world) == [] and attempts(open_world, charge) == 1
    assert [mail["Subject"] for mail in open_world.mails("ada@customer.example")][2:] == []
    sessions = open_world.stripe("GET", "/v1/checkout/sessions")["data"]
    assert all(session["status"] == "expired" for session in sessions), sessions


def test_money_that_comes_after_a_settlement_is_said_aloud(open_world: World):
    recovery_server(open_world)
    _, charge = failed(open_world)
    session = click(open_world, charge)
    open_world.dues("charge", "settle", charge, "--note", "cash")
    assert pay(open_world, session) == 200
    result = open_world.dues("tick", expect=None)
    open_world.dues("sync", expect=None)
    tick(open_world)
    status = open_world.dues("status", "--json", expect=None)
    assert status.code == 1 and [matter["what"] for matter in status.json["needs_human"]] == ["second_payment"], (
        status, result)


def test_a_period_settled_before_it_is_sent_is_not_sent(open_world: World):
    gold = join(open_world, member(open_world), "--start", "2027-02-20")
    tick(open_world)
    (held,) = open_world.rows("charge", "list", "--state", "held")
    open_world.dues("charge", "settle", held["id"], "--note", "cash")
    complains(open_world.dues("charge", "approve", held["id"], expect=65), "paid")
    at(open_world, "2027-03-20 09:30")
    tick(open_world, 2)
    assert paid(open_world, gold) == [("2027-03-20", 1099)]


def test_approving_all_wants_a_reason_and_a_yes_and_says_the_sum(open_world: World):
    job(open_world, every="1 week")
    gold = join(open_world, member(open_world), "--start", "2027-02-05")
    job(open_world, "silver", every="1 week", amount=500)
    silver = join(open_world, member(open_world, "Grace"), "--start", "2027-02-19", job="silver")
    tick(open_world, 2)
    assert len(open_world.rows("charge", "list", "--state", "held")) == 4 + 2
    approve = ["charge", "approve", "--all"]
    complains(open_world.dues(*approve, expect=64), "--reason")
    complains(open_world.dues("charge", "approve", expect=64), "--all")
    complains(open_world.dues("charge", "approve", "chg_1", "--reason", "over_max_charge", expect=64), "--all")
    complains(open_world.dues(*approve, "--reason", "no_reason", expect=64), "older_than_catch_up")
    complains(open_world.dues(*approve, "--reason", "over_max_charge", "--yes", expect=65), "over_max_charge")
    reason = ["--reason", "older_than_catch_up"]
    unasked = open_world.dues(*approve, *reason, "--job", "gold", expect=64)
    assert "--yes" in unasked.err and "43.96 GBP" in unasked.err, unasked
    open_world.dues(*approve, *reason, "--job", "gold", "--yes")
    for _ in range(4):
        tick(open_world)
        open_world.pass_time(minutes=1)
    assert len(paid(open_world, gold)) == 4 and paid(open_world, silver) == [], "one of an agreement in each tick"
    complains(open_world.dues(*approve, *reason, "--job", "gold", "--yes", expect=65), "older_than_catch_up")


def test_what_was_just_let_go_is_not_overdue(open_world: World):
    job(open_world, every="1 week")
    join(open_world, member(open_world), "--start", "2027-02-12")
    tick(open_world)
    approve = ["charge", "approve", "--all", "--reason", "older_than_catch_up", "--yes"]
    open_world.dues(*approve)
    first = open_world.dues("tick", expect=None)
    assert first.code == 0 and "overdue" not in first.err, first


# --- agreement import -------------------------------------------------------------------------------------------------


def write(world: World, *rows: str, header: str = HEADER, mark: bytes = b"", end: str = "\n") -> str:
    path = world.directory / "members.csv"
    path.write_bytes(mark + (end.join([header, *rows]) + end).encode())
    return str(path)


def import_refused(result: Result, path: str, *lines: tuple[int, str]) -> None:
    assert result.json["imported"] == 0, result
    assert [error["line"] for error in result.json["errors"]] == [line for line, _ in lines], result
    for error, (line, words) in zip(result.json["errors"], lines, strict=True):
        assert words in error["message"], result
        assert f"{path}:{line}: " in result.err, result


def test_a_file_of_agreements_is_imported_once_and_charged_once(open_world: World):
    ada, grace, bare = member(open_world), member(open_world, "Grace"), member(open_world, "Joan", card=None)
    method = open_world.stripe("GET", f"/v1/customers/{grace}/payment_methods")["data"][0]["id"]
    path = write(
        open_world, f"m1,{ada},gold,,,", f'"m2",{grace},"gold",2027-03-31,500,{method}', f'"m,""3""",{bare},gold,,,',
        mark=b"\xef\xbb\xbf", end="\r\n")
    assert open_world.ask("agreement", "import", path, "--check") == {"imported": 0, "existing": 0, "errors": []}
    assert open_world.rows("agreement", "list") == []
    assert open_world.ask("agreement", "import", path) == {"imported": 3, "existing": 0, "errors": []}
    open_world.pass_time(days=1)
    assert open_world.ask("agreement", "import", path) == {"imported": 0, "existing": 3, "errors": []}
    found = {row["key"]: row for row in open_world.rows("agreement", "list")}
    assert {key: (row["state"], row["start"], row["amount"]) for key, row in found.items()} == {
        "m1": ("active", "2027-03-01", 1099), "m2": ("active", "2027-03-31", 500), 'm,"3"': ("pending", None, 1099)}
    tick(open_world, 2)
    assert open_world.ask("agreement", "import", path)["existing"] == 3
    tick(open_world)
    assert paid(open_world) == [("2027-03-01", 1099)]


def test_one_bad_row_and_no_agreement_is_imported(open_world: World):
    ada, grace = member(open_world), member(open_world, "Grace")
    graces = open_world.stripe("GET", f"/v1/customers/{grace}/payment_methods")["data"][0]["id"]
    lives = member(open_world, "Joan")
    live = join(open_world, lives)
    path = write(
        open_world,
        f"k1,{ada},gold,,,",
        f"k2,{grace},silver,,,",
        f"k3,{grace},gold,,29,",
        "k4,cus_nobody,gold,,,",
        f"k5,{grace},gold,2027-02-30,,",
        f"k6,{ada},gold,,,",
        f"k1,{grace},gold,,,",
        f"k7,{lives},gold,,,",
        f",{grace},gold,,,",
        f"k8,{grace},gold,,12.50,",
        f"k9,{grace},gold",
    )
    mistakes = [
        (3, "silver"), (4, "30"), (5, "cus_nobody"), (6, "2027-02-30"), (7, "line 2"), (8, "line 2"), (9, live),
        (10, "key"), (11, "12.50"), (12, "")]
    for options in ([], ["--check"]):
        import_refused(open_world.dues("agreement", "import", path, "--json", *options, expect=65), path, *mistakes)
    wrong = write(open_world, f"k1,{ada},gold,,,{graces}")
    import_refused(open_world.dues("agreement", "import", wrong, "--json", expect=65), wrong, (2, graces))
    assert [row["id"] for row in open_world.rows("agreement", "list")] == [live]


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        (b"", 1, "header"),
        (b"key;customer;job;start;amount;payment_method\n", 1, "header"),
        (b"key,customer,amount,currency,description,due_at,payment_method\n", 1, "header"),
        (HEADER.encode() + b'\nk1,cus_1,gold,,"5\n', 2, "never closed"),
        (HEADER.encode() + b"\nk\xfc,cus_1,gold,,,\n", 2, "not UTF-8"),
        (("\ufeff" + HEADER).encode("utf-16-le"), 1, ""),
    ],
    ids=["empty", "semicolons", "header of the other import", "open quote", "Latin-1", "UTF-16"],
)
def test_a_file_that_is_none_is_refused_by_its_line(open_world: World, content: bytes, line: int, words: str):
    path = open_world.directory / "members.csv"
    path.write_bytes(content)
    result = open_world.dues("agreement", "import", str(path), "--json", expect=65)
    assert f"{path}:{line}: " in result.err and words in result.err, result


def test_a_file_that_is_not_there_is_65(open_world: World):
    complains(open_world.dues("agreement", "import", "no-such.csv", expect=65), "no-such.csv")


def test_a_key_with_other_values_is_refused_and_canceled_stays_canceled(open_world: World):
    ada = member(open_world)
    assert open_world.ask("agreement", "import", write(open_world, f"k1,{ada},gold,,,"))["imported"] == 1
    for row, words in ((f"k1,{ada},gold,,500,", "amount"), (f"k1,{ada},gold,2027-03-05,,", "start")):
        path = write(open_world, row)
        import_refused(open_world.dues("agreement", "import", path, "--json", expect=65), path, (2, words))
    (gold,) = open_world.rows("agreement", "list")
    open_world.dues("agreement", "cancel", gold["id"])
    assert open_world.ask("agreement", "import", write(open_world, f"k1,{ada},gold,,,"))["existing"] == 1
    tick(open_world)
    assert paid(open_world) == [] and show(open_world, gold["id"])["state"] == "canceled"


def test_a_file_given_again_after_a_change_is_still_the_same_file(open_world: World):
    """Twice is once, also when the job has moved to another interval in between."""
    ada = member(open_world)
    path = write(open_world, f"k1,{ada},gold,2027-03-01,,")
    assert open_world.ask("agreement", "import", path)["imported"] == 1
    tick(open_world)
    job(open_world, every="1 week", amount=300)
    apply(open_world, "2027-03-08")
    again = open_world.dues("agreement", "import", path, "--json", expect=None)
    assert (again.code, again.json["existing"]) == (0, 1), again


def test_a_thousand_agreements_are_imported(open_world: World):
    open_world.config["stripe"] |= {"requests_per_second": 1000, "requests_per_second_per_endpoint": 1000}
    open_world.write_config()
    ada = member(open_world)
    # One live agreement for each customer and job: as many jobs as rows ask Stripe about one customer only.
    for number in range(50):
        job(open_world, f"job{number}")
    customers = [member(open_world, f"M{number}") for number in range(20)]
    rows = [f"{who}-{number},{customer},job{number},2027-04-01,{100 + number},"
            for who, customer in enumerate(customers) for number in range(50)]
    path = write(open_world, *rows)
    assert open_world.ask("agreement", "import", path) == {"imported": 1000, "existing": 0, "errors": []}
    assert open_world.ask("agreement", "import", path) == {"imported": 0, "existing": 1000, "errors": []}
    bad = write(open_world, *rows, f"last,{ada},job0,2027-04-01,1,")
    import_refused(open_world.dues("agreement", "import", bad, "--json", expect=65), bad, (1002, "30"))
    assert len(open_world.rows("agreement", "list")) == 1000
    assert len(open_world.rows("agreement", "list", "--limit", "7")) == 7
    total = open_world.dues("plan", "--until", "2027-04-01").out
    assert f"1000 until 2027-04-01 23:59: {sum(100 + n for n in range(50)) * 20 / 100:.2f} GBP." in total, total[-400:]


# --- agreement list ---------------------------------------------------------------------------------------------------


def test_agreements_are_listed_by_what_is_asked(open_world: World):
    ada, grace = member(open_world), member(open_world, "Grace")
    gold = join(open_world, ada)
    open_world.pass_time(days=2)
    job(open_world, "silver", amount=500)
    silver = join(open_world, grace, job="silver")
    open_world.dues("agreement", "pause", silver)

    def listed(*options: str) -> set[str]:
        return {row["id"] for row in open_world.rows("agreement", "list", *options)}

    assert listed() == {gold, silver}
    assert listed("--state", "paused") == listed("--job", "silver") == listed("--customer", grace) == {silver}
    assert listed("--email", "GRACE@customer.example") == listed("--since", "2027-03-02") == {silver}
    assert listed("--email", "nobody@customer.example") == set()
    assert listed("--state", "active", "--job", "silver") == set()
    assert len(listed("--limit", "1")) == 1
    complains(open_world.dues("agreement", "list", "--state", "asleep", expect=64), "asleep")
    complains(open_world.dues("agreement", "list", "--limit", "x", expect=64), "x")
    assert open_world.dues("agreement", "list", "--limit=-1", expect=None).code == 64
    complains(open_world.dues("agreement", "list", "--customer", "ada", expect=65), "ada")
    complains(open_world.dues("agreement", "list", "--since", "lately", expect=64), "lately")


# --- A wrong clock ----------------------------------------------------------------------------------------------------

AHEAD = "2027-05-20T10:00:00Z"
BEHIND = "2027-03-20T10:00:00Z"


@pytest.mark.parametrize("clock", [AHEAD, BEHIND])
def test_a_pause_ends_by_stripes_clock_when_this_one_is_wrong(open_world: World, clock: str):
    gold = join(open_world, member(open_world))
    tick(open_world)
    open_world.dues("agreement", "pause", gold)
    at(open_world, "2027-04-10 10:00")
    open_world.dues("agreement", "resume", gold, "--now", clock, clock=False)
    assert show(open_world, gold)["next_due_at"].startswith("2027-05-01"), "none skipped, and none of the pause"


@pytest.mark.parametrize("clock", [AHEAD, BEHIND])
def test_what_is_added_starts_by_stripes_clock_when_this_one_is_wrong(open_world: World, clock: str):
    ada = member(open_world)
    job(open_world, every="1 day", amount=100)
    at(open_world, "2027-04-10 10:00")
    wrong = {"clock": False}
    gold = open_world.ask("agreement", "add", "--customer", ada, "--job", "gold", "--now", clock, **wrong)
    assert gold["start"] == "2027-04-10"
    words = ["--customer", ada, "--amount", "500", "--currency", "usd", "--description", "Bell", "--now", clock]
    assert open_world.ask("charge", "enqueue", *words, **wrong)["due_at"].startswith("2027-04-10T10:0")
    # The same again is refused, however the clock was set in between.
    assert open_world.dues("charge", "enqueue", *words[:-2], expect=65).code == 65
    file = open_world.directory / "rows.csv"
    file.write_text(f"{HEADER}\nk1,{member(open_world, 'Grace')},gold,,,\n")
    open_world.dues("agreement", "import", str(file), "--now", clock, **wrong)
    assert {row["start"] for row in open_world.rows("agreement", "list")} == {"2027-04-10"}


def test_a_clock_behind_the_ledger_decides_nothing_while_stripe_is_silent(open_world: World):
    gold = join(open_world, member(open_world))
    at(open_world, "2027-04-10 10:00")
    tick(open_world)
    open_world.dues("agreement", "pause", gold)
    open_world.programs[0].stop()
    refused = open_world.dues("agreement", "resume", gold, "--now", BEHIND, clock=False, expect=75)
    complains(refused, "behind the ledger's last tick")
    # A clock that nothing contradicts is believed.
    open_world.dues("agreement", "resume", gold)
