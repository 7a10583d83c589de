"""Bad input at the command line: the exit code, and a message that says what is wrong, where, and what to do."""

from __future__ import annotations

import re
import socket
import sqlite3
import subprocess
import threading
from contextlib import contextmanager

import pytest

from world import DUES, GOLD, LIVE_KEY, Result, World, free_port, wait_until

COMMANDS = [
    "tick", "serve", "job list", "job check", "agreement add", "agreement list", "agreement show",
    "agreement pause", "agreement resume", "agreement cancel", "charge enqueue", "charge import", "charge list", "charge show",
    "charge explain", "charge cancel", "charge approve", "charge resolve", "charge refund",
    "setup create", "setup complete",
    "setup link", "setup list", "recovery link", "fulfill",
    "sync", "reconcile", "status", "check", "template list", "template preview", "template send", "sandbox", "demo",
]


def complains(result: Result, *words: str) -> None:
    """Nothing on stdout; on stderr, after what was logged, `dues: …` with all these words."""
    assert result.out == "", f"stdout is not empty: {result}"
    _, start, said = ("\n" + result.err).partition("\ndues: ")
    assert start, f"no line of stderr starts with 'dues: ': {result}"
    for word in words:
        assert word.lower() in said.lower(), f"{word!r} is missing: {result}"


def enqueue(customer: str, /, **changes: str | None) -> list[str]:
    """The arguments of a good enqueue, with some of them changed or (None) left out."""
    values = {"customer": customer, "amount": "1099", "currency": "gbp", "description": "Late fee"} | changes
    arguments = ["charge", "enqueue"]
    for name, value in values.items():
        option = f"--{name.replace('_', '-')}"
        if value is not None:
            # A value that looks like an option needs the equals sign; an empty one is only a value without it.
            arguments += [f"{option}={value}"] if value.startswith("-") else [option, value]
    return arguments


# --- Usage ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_with_an_example(world: World, command: str):
    done = subprocess.run([DUES, *command.split(), "--help"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done
    assert re.search("example", done.stdout, re.IGNORECASE), done.stdout
    assert f"dues {command}" in done.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["no-such-command"],
        ["charge", "enqueue", "--amount", "1099"],
        ["charge", "enqueue", "--customer", "cus_1", "--amount", "10.99", "--currency", "gbp", "--description", "x"],
        ["tick", "--no-such-option"],
        ["tick", "--now", "tomorrow"],
        ["charge", "show"],
        ["charge", "list", "--state", "sleeping"],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_64(world: World, arguments: list[str]):
    complains(world.dues(*arguments, clock="--now" not in arguments, expect=64))


# --- Charges and agreements -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"customer": "cus_nobody"}, ["cus_nobody"]),
        ({"payment_method": "pm_nothing"}, ["pm_nothing"]),
        ({"amount": "0"}, ["amount"]),
        ({"amount": "-5"}, ["amount"]),
        ({"amount": "29"}, ["30", "gbp"]),
        ({"amount": "49", "currency": "usd"}, ["50", "usd"]),
        ({"amount": "49", "currency": "jpy"}, ["50", "jpy"]),
        ({"amount": "1000000000000"}, ["amount"]),
        ({"currency": "xyz"}, ["xyz"]),
        ({"currency": "pounds"}, ["pounds"]),
        ({"description": ""}, ["description"]),
    ],
    ids=lambda value: " ".join(f"{k}={v}" for k, v in value.items()) if isinstance(value, dict) else "",
)
def test_a_charge_that_could_never_succeed_is_refused_when_it_is_enqueued(
    open_world: World, changes: dict[str, str], words: list[str]
):
    customer = open_world.customer("Ada Lovelace", "ada@customer.example", card="pm_card_visa")
    complains(open_world.dues(*enqueue(customer, **changes), expect=65), *words)
    assert open_world.rows("charge", "list") == []
    assert open_world.ask("tick")["attempted"] == 0


def test_what_has_been_due_for_too_long_is_said_to_be_held(open_world: World):
    customer = open_world.customer("Ada Lovelace", "ada@customer.example", card="pm_card_visa")
    said = open_world.dues(*enqueue(customer, due="2020-01-01T09:00:00Z")).out
    (charge,) = open_world.rows("charge", "list")
    assert f"dues charge approve {charge['id']}" in said, said
    assert open_world.dues("tick", "--json", expect=1).json["held"] == 1
    open_world.dues("charge", "approve", charge["id"])
    assert open_world.ask("tick")["paid"] == 1


def test_an_amount_in_a_currency_without_cents_is_taken_as_it_is(open_world: World):
    customer = open_world.customer("Sato Yuki", "sato@customer.example", card="pm_card_visa")
    charge = open_world.ask(*enqueue(customer, amount="1099", currency="jpy"))
    assert (charge["amount"], charge["currency"], charge["state"]) == (1099, "jpy", "scheduled")
    open_world.ask("tick")
    paid = open_world.ask("charge", "show", charge["id"])
    assert paid["state"] == "paid"
    assert open_world.stripe("GET", f"/v1/payment_intents/{paid['payment_intent']}")["amount"] == 1099


def test_a_payment_method_of_somebody_else_or_of_nobody_is_refused(open_world: World):
    ada = open_world.customer("Ada Lovelace", "ada@customer.example", card="pm_card_visa")
    grace = open_world.customer("Grace Hopper", "grace@customer.example", card="pm_card_visa")
    method = open_world.ask(*enqueue(grace))["payment_method"]
    complains(open_world.dues(*enqueue(ada, payment_method=method), expect=65), method)
    open_world.stripe("POST", f"/v1/payment_methods/{method}/detach", {})
    complains(open_world.dues(*enqueue(grace, payment_method=method, key="other"), expect=65), method)


def test_the_same_key_is_the_same_charge_or_a_refusal_that_names_the_difference(open_world: World):
    customer = open_world.customer("Ada Lovelace", "ada@customer.example", card="pm_card_visa")
    first = open_world.ask(*enqueue(customer, key="fee-1"))
    again = open_world.ask(*enqueue(customer, key="fee-1"))
    assert again["id"] == first["id"]
    complains(open_world.dues(*enqueue(customer, key="fee-1", amount="1100"), expect=65), "fee-1", "amount")
    complains(open_world.dues(*enqueue(customer, key="fee-1", currency="usd"), expect=65), "fee-1", "currency")
    assert [row["id"] for row in open_world.rows("charge", "list")] == [first["id"]]


def test_an_equal_charge_within_ten_minutes_wants_to_be_said_twice(open_world: World):
    customer = open_world.customer("Ada Lovelace", "ada@customer.example", card="pm_card_visa")
    first = open_world.ask(*enqueue(customer))
    complains(open_world.dues(*enqueue(customer), expect=65), "--again", first["id"])
    second = open_world.ask(*enqueue(customer), "--again")
    assert second["id"] != first["id"]
    open_world.pass_time(minutes=11)
    third = open_world.ask(*enqueue(customer))
    assert third["id"] not in (first["id"], second["id"])


def test_a_charge_is_canceled_once_and_a_paid_one_is_not(open_world: World):
    customer = open_world.customer("Ada Lovelace", "ada@customer.example", card="pm_card_visa")
    charge = open_world.ask(*enqueue(customer, due="2027-03-10T09:00:00Z"))
    open_world.dues("charge", "cancel", charge["id"])
    assert open_world.ask("charge", "show", charge["id"])["state"] == "canceled"
    open_world.pass_time(minutes=2)
    paid = open_world.ask(*enqueue(customer, key="now"))
    open_world.ask("tick")
    complains(open_world.dues("charge", "cancel", paid["id"], expect=65), paid["id"], "paid")


def test_what_is_not_there_is_65(open_world: World):
    customer = open_world.customer("Ada Lovelace", "ada@customer.example", card="pm_card_visa")
    for arguments in (
        ["charge", "show", "chg_nothing"],
        ["charge", "explain", "chg_nothing"],
        ["charge", "cancel", "chg_nothing"],
        ["agreement", "show", "agr_nothing"],
        ["agreement", "pause", "agr_nothing"],
        ["recovery", "link", "chg_nothing"],
        ["fulfill", "cs_test_nothing"],
        ["setup", "create", "--customer", "cus_nobody"],
        ["setup", "create", "--customer", customer, "--job", "nothing"],
        ["agreement", "add", "--customer", customer, "--job", "nothing"],
        ["agreement", "add", "--customer", "cus_nobody", "--job", "gold"],
    ):
        wrong = next(word for word in arguments if word.endswith(("nothing", "nobody")))
        complains(open_world.dues(*arguments, expect=65), wrong)


def test_a_second_agreement_for_the_same_job_wants_to_be_said_twice(open_world: World):
    customer = open_world.customer("Ada Lovelace", "ada@customer.example", card="pm_card_visa")
    add = ["agreement", "add", "--customer", customer, "--job", "gold"]
    first = open_world.ask(*add)
    assert (first["state"], first["start"]) == ("active", "2027-03-01")
    complains(open_world.dues(*add, expect=65), first["id"], "--again")
    assert open_world.ask(*add, "--again")["id"] != first["id"]


def test_the_same_key_is_the_same_agreement_also_on_another_day(open_world: World):
    customer = open_world.customer("Ada Lovelace", "ada@customer.example", card="pm_card_visa")
    add = ["agreement", "add", "--customer", customer, "--job", "gold", "--key", "crm-1"]
    first = open_world.ask(*add)
    open_world.pass_time(days=1)
    assert open_world.ask(*add) == first
    complains(open_world.dues(*add, "--amount", "500", expect=65), "crm-1", "amount", first["id"])
    assert open_world.rows("agreement", "list") == [first]


def test_an_agreement_without_a_card_is_pending_and_says_what_to_do(open_world: World):
    customer = open_world.customer("Ada Lovelace", "ada@customer.example")
    said = open_world.dues("agreement", "add", "--customer", customer, "--job", "gold").out
    assert "pending" in said and f"dues setup create --customer {customer} --job gold" in said, said
    (row,) = open_world.rows("agreement", "list")
    assert (row["state"], row["payment_method"], row["next_due_at"]) == ("pending", None, None)


def test_a_held_charge_is_told_once_stands_in_the_status_and_goes_when_it_is_approved(open_world: World):
    open_world.config["limits"] = {"max_charge": {"gbp": 500}}
    open_world.write_config()
    customer = open_world.customer("Ada Lovelace", "ada@customer.example", card="pm_card_visa")
    charge = open_world.ask(*enqueue(customer))
    first = open_world.dues("tick", "--json", expect=1)
    assert first.json["held"] == 1 and charge["id"] in first.err, first
    open_world.dues("tick", expect=0)
    status = open_world.dues("status", "--json", expect=1)
    assert (status.json["held"], status.json["charges"]["held"], status.json["fenced"]) == (1, 1, False)
    assert [matter["charge"] for matter in status.json["needs_human"]] == [charge["id"]]
    told = open_world.ask("charge", "explain", charge["id"])
    assert any("max_charge" in line["text"] for line in told["history"]), told
    assert any("approve" in line for line in told["next"]), told
    open_world.dues("charge", "approve", charge["id"])
    assert open_world.ask("tick")["paid"] == 1
    assert open_world.ask("status")["needs_human"] == []
    complains(open_world.dues("charge", "approve", charge["id"], expect=65), charge["id"], "paid")


def test_check_says_ok_or_what_to_mend(open_world: World):
    assert {row["state"] for row in open_world.rows("check")} <= {"ok", "note", "not_yet"}
    open_world.write_job("silver", GOLD | {"amount": 0})
    lines = open_world.dues("check", expect=78).out.splitlines()
    (mend,) = [line for line in lines if line.startswith("mend:")]
    assert "silver.toml" in mend and "amount" in mend
    assert any(line.startswith("ok ") and "acct_" in line for line in lines), lines


def test_check_is_69_when_only_stripe_is_away(world: World):
    result = world.dues("check", expect=69)
    assert world.sandbox_url in result.out, result


def test_a_template_is_shown_and_sent_with_made_up_values(world: World):
    shown = world.dues("template", "preview", "payment_failed", "--locale", "de", "--text").out
    assert shown.startswith("Subject: ") and "Acme Gym" in shown and "<html" not in shown
    assert "<html" in world.dues("template", "preview", "payment_failed", "--html").out
    world.dues("template", "send", "reminder", "--to", "ada@customer.example")
    assert len(world.mails("ada@customer.example")) == 1
    complains(world.dues("template", "preview", "remindr", expect=65), "remindr", "reminder")


# --- Configuration ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "right", "words"),
    [
        ("give_up_after = \"14d\"", "give_up_afer = \"14d\"", ["give_up_afer", "give_up_after"]),
        ("give_up_after = \"14d\"", "give_up_after = \"a fortnight\"", ["give_up_after", "3d"]),
        ("give_up_after = \"14d\"", "give_up_after = 14", ["give_up_after"]),
        ("then = \"pause\"", "then = \"forget\"", ["then", "forget", "pause"]),
        ("[recovery]", "[recoveries]", ["recoveries"]),
        ("[recovery]", "[recovery", []),
    ],
    ids=["unknown key", "bad duration", "wrong type", "unknown value", "unknown table", "not TOML"],
)
def test_a_wrong_configuration_is_78_and_named_by_file_line_and_key(
    world: World, wrong: str, right: str, words: list[str]
):
    path = world.write_config()
    good = path.read_text() + '\n[recovery]\ngive_up_after = "14d"\nthen = "pause"\n'
    path.write_text(good)
    world.dues("charge", "list")
    path.write_text(good.replace(wrong, right))
    line = 1 + path.read_text().splitlines().index(next(l for l in path.read_text().splitlines() if right in l))
    result = world.dues("charge", "list", expect=78)
    complains(result, "config.toml", *words)
    assert re.search(rf"config\.toml:{line}\b|line {line}\b", result.err), f"not line {line}: {result}"


def test_a_secret_that_is_not_there_is_78_and_named(world: World):
    environment = world.environment()
    del environment["STRIPE_SECRET_KEY"]
    complains(world.dues("tick", expect=78, environment=environment), "STRIPE_SECRET_KEY", "secret_key")
    world.config["stripe"]["secret_key"] = f"file:{world.directory}/no-such-file"
    world.write_config()
    complains(world.dues("tick", expect=78), "no-such-file", "secret_key")


def test_without_a_key_nothing_is_charged(world: World):
    del world.config["stripe"]["secret_key"]
    world.write_config()
    environment = world.environment()
    del environment["STRIPE_SECRET_KEY"]
    complains(world.dues("tick", expect=78, environment=environment), "secret_key")
    world.dues("charge", "list", environment=environment)


def test_a_live_key_never_goes_over_http_and_never_with_a_moved_clock(world: World):
    live = world.environment(STRIPE_SECRET_KEY=LIVE_KEY)
    result = world.dues("tick", expect=78, clock=False, environment=live)
    complains(result, "http", "api_base")
    world.config["stripe"]["api_base"] = "https://127.0.0.1:9"
    world.write_config()
    complains(world.dues("tick", expect=64, environment=live), "--now")


def test_no_command_moves_the_clock_of_a_live_ledger_even_without_its_key(world: World):
    del world.config["stripe"]["secret_key"]
    world.write_config()
    world.dues("status", expect=None)
    with sqlite3.connect(world.directory / "dues.db") as ledger:
        ledger.execute("UPDATE ledger SET stripe_account = 'acct_1', livemode = 1")
    keyless = {name: value for name, value in world.environment().items() if name != "STRIPE_SECRET_KEY"}
    complains(world.dues("charge", "list", expect=64, environment=keyless), "--now", "live")
    world.dues("charge", "list", clock=False, environment=keyless)


def test_a_configuration_that_cannot_be_read_is_78(world: World):
    missing = world.directory / "nowhere" / "config.toml"
    complains(world.dues("tick", expect=78, config=missing), str(missing))
    complains(world.dues("tick", expect=78, config=world.directory), str(world.directory))


def test_plain_http_to_another_machine_is_refused(world: World):
    world.config["stripe"]["api_base"] = "http://192.0.2.1:12111"
    world.write_config()
    complains(world.dues("tick", expect=78), "api_base", "https")


# --- Jobs and templates -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"amount": 0}, ["amount"]),
        ({"currency": "xyz"}, ["xyz"]),
        ({"colour": "gold"}, ["colour"]),
        ({"schedule": {"every": "1 fortnight", "at": "09:00"}}, ["fortnight"]),
        ({"schedule": {"every": "0 months", "at": "09:00"}}, ["0 months"]),
        ({"schedule": {"every": "1 month", "at": "25:00"}}, ["25:00"]),
        ({"schedule": {"every": "1 month", "at": "09:00", "time_zone": "Europe/Lundon"}}, ["Europe/Lundon"]),
    ],
    ids=lambda value: "",
)
def test_a_job_file_with_a_mistake_is_named_and_the_others_go_on(
    open_world: World, changes: dict, words: list[str]
):
    path = open_world.write_job("silver", GOLD | changes)
    result = open_world.dues("job", "check", expect=None)
    assert result.code in (65, 78), result
    assert "silver.toml" in result.out + result.err
    for word in words:
        assert word in result.out + result.err, f"{word!r} is missing: {result}"
    customer = open_world.customer("Ada Lovelace", "ada@customer.example", card="pm_card_visa")
    refused = open_world.dues("agreement", "add", "--customer", customer, "--job", "silver", expect=None)
    assert refused.code in (65, 78), refused
    complains(refused, "silver")
    open_world.ask("agreement", "add", "--customer", customer, "--job", "gold")
    assert open_world.dues("tick", "--json", expect=None).json["paid"] == 1
    path.unlink()
    open_world.dues("job", "check")


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [
        ("{{recovery_url}}", "{{recovery_link}}", "recovery_link"),
        ("{{recovery_url}}", "{{recovery_url", "not closed"),
    ],
    ids=["unknown variable", "not closed"],
)
def test_a_template_with_a_mistake_is_found_at_the_start(open_world: World, old: str, new: str, word: str):
    path = open_world.directory / "templates" / "email" / "en" / "payment_failed.mustache"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    complains(open_world.dues("tick", expect=78), "payment_failed.mustache", word)
    path.unlink()
    complains(open_world.dues("tick", expect=78), "payment_failed")


# --- What cannot be reached, and what is busy -------------------------------------------------------------------------


def test_a_stripe_that_cannot_be_reached_is_69(world: World):
    complains(world.dues("tick", expect=69), world.sandbox_url)
    complains(world.dues(*enqueue("cus_1"), expect=69), world.sandbox_url)


def test_a_ledger_that_cannot_be_opened_is_69(world: World):
    world.config["store"]["path"] = "no-such-directory/dues.db"
    world.write_config()
    complains(world.dues("charge", "list", expect=69), "no-such-directory/dues.db")
    world.config["store"]["path"] = "dues.db"
    world.write_config()
    (world.directory / "dues.db").write_text("This is not a database, and long enough to be read as one. " * 40)
    complains(world.dues("charge", "list", expect=69), "dues.db")


@contextmanager
def silent_server():
    """Accepts connections and never answers; yields its port and the connections so far."""
    connections: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            while True:
                try:
                    connections.append(listener.accept()[0])
                except OSError:
                    return

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        try:
            yield listener.getsockname()[1], connections
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(5)
            for connection in connections:
                connection.close()


def test_a_second_tick_is_75_and_the_lock_dies_with_the_first(world: World):
    with silent_server() as (port, connections):
        world.config["stripe"]["api_base"] = f"http://127.0.0.1:{port}"
        world.config["stripe"]["timeout"] = "60s"
        world.write_config()
        first = world.start("tick", "tick", "--config", str(world.directory / "config.toml"))
        wait_until("the first tick to ask Stripe", lambda: connections or first.process.poll() is not None)
        assert first.process.poll() is None, first.tail()
        complains(world.dues("tick", expect=75), "tick")
        world.rows("charge", "list")
        first.kill()
    world.config["stripe"]["api_base"] = f"http://127.0.0.1:{free_port()}"
    world.write_config()
    world.dues("tick", expect=69)


def test_a_setup_that_is_still_open_is_75(open_world: World):
    customer = open_world.customer("Ada Lovelace", "ada@customer.example")
    setup = open_world.ask("setup", "create", "--customer", customer, "--job", "gold")
    complains(open_world.dues("setup", "complete", setup["session"], expect=75), setup["session"])
    complains(open_world.dues("setup", "complete", "cs_test_nothing", expect=65), "cs_test_nothing")


def test_the_version_is_one_line(world: World):
    done = subprocess.run([DUES, "--version"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0
    assert re.fullmatch(r"(dues )?\d+\.\d+\.\d+\S*\n", done.stdout), done.stdout


def test_a_payment_is_given_back_only_after_a_yes_and_only_once(open_world: World):
    customer = open_world.customer("Ada", "ada@customer.example", card="pm_card_visa")
    charge = open_world.ask(
        "charge", "enqueue", "--customer", customer, "--amount", "1099", "--currency", "gbp", "--description", "Gold"
    )["id"]
    complains(open_world.dues("charge", "refund", charge, "--yes", expect=65), charge, "no payment")
    open_world.dues("tick")
    complains(open_world.dues("charge", "refund", charge, expect=64), "--yes", "10.99 GBP")
    assert open_world.stripe("GET", "/v1/refunds")["data"] == []
    complains(open_world.dues("charge", "refund", charge, "--amount", "1100", "--yes", expect=65), "less than")
    complains(
        open_world.dues("charge", "refund", charge, "--payment-intent", "pi_other", "--yes", expect=65), "pi_other"
    )
    part = open_world.ask("charge", "refund", charge, "--amount", "99", "--yes")
    assert (part["state"], part["amount_refunded"]) == ("paid", 99)
    whole = open_world.ask("charge", "refund", charge, "--yes")
    assert (whole["state"], whole["amount_refunded"]) == ("paid", 1099)
    complains(open_world.dues("charge", "refund", charge, "--yes", expect=65), "gone back whole")
    assert sorted(refund["amount"] for refund in open_world.stripe("GET", "/v1/refunds")["data"]) == [99, 1000]
    told = open_world.dues("charge", "explain", charge).out
    assert "has gone back" in told and "Stripe made refund 2" in told
