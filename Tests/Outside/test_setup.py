"""The ways in, from the command line: lasting links, invitations, sessions that end in every way."""

from __future__ import annotations

from test_cli import complains
from world import World, bodies, fetch, form


def enter_bank(world: World, session: dict, account: str = "pm_usBankAccount_microdeposits") -> None:
    """Chooses a bank account on Stripe's page."""
    answer = fetch(
        session["url"],
        "POST",
        form({"method": account, "name": "Ada Lovelace", "email": "ada@customer.example"}),
        {"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert answer.status in (302, 303), answer.text


def test_a_lasting_link_is_printed_and_mailed_and_not_twice_by_mistake(open_world: World):
    world = open_world
    customer = world.customer("Ada Lovelace", "ada@customer.example")
    link = world.ask("setup", "link", "--customer", customer, "--job", "gold")
    assert list(link) == ["url"] and link["url"].startswith(world.server_url + "/s/")
    assert not world.mails("ada@customer.example")
    said = world.dues("setup", "link", "--customer", customer, "--job", "gold", "--send").out
    assert link["url"] in said and "Mailed to ada@customer.example." in said
    (mail,) = world.mails("ada@customer.example")
    text, html = bodies(mail)
    assert link["url"] in text and link["url"] in html and "Gold membership" in mail["Subject"]
    again = ["setup", "link", "--customer", customer, "--job", "gold", "--send"]
    complains(world.dues(*again, expect=65), "was invited", "--again")
    world.dues(*again, "--again")
    world.dues("tick")
    assert len(world.mails("ada@customer.example")) == 2
    world.start_server()
    page = fetch(link["url"])
    assert page.status == 200 and "Save a payment method" in page.text and "£10.99" in page.text


def test_a_link_that_cannot_be_is_refused_with_words(open_world: World):
    world = open_world
    customer = world.stripe("POST", "/v1/customers", {"name": "Nobody"})["id"]
    link = ["setup", "link", "--customer", customer]
    complains(world.dues(*link, "--send", expect=65), customer, "no email address")
    complains(world.dues("setup", "link", "--customer", "cus_nobody", expect=65), "cus_nobody")
    complains(world.dues(*link, "--job", "nothing", expect=65), "nothing")
    assert world.dues(*link, "--again", expect=64).out == ""
    outbox = world.config["mail"].pop("outbox")
    world.write_config()
    complains(world.dues(*link, "--send", expect=78), "mail")
    world.config["mail"]["outbox"] = outbox
    del world.config["server"]["public_url"], world.config["server"]["link_secret"]
    world.write_config()
    complains(world.dues(*link, expect=78), "server.public_url", "dues setup create")


def test_a_bank_account_is_pending_until_it_is_verified(open_world: World):
    world = open_world
    world.write_job("dollars", {
        "description": "Gold membership", "amount": 1099, "currency": "usd",
        "schedule": {"every": "1 month", "at": "09:00", "time_zone": "UTC"},
    })
    customer = world.customer("Ada Lovelace", "ada@customer.example")
    session = world.ask("setup", "create", "--customer", customer, "--job", "dollars")
    enter_bank(world, session)
    complains(world.dues("setup", "complete", session["session"], expect=75), "verifying", "/c/verify/")
    (agreement,) = world.rows("agreement", "list")
    assert (agreement["state"], agreement["payment_method"]) == ("pending", None)
    assert "has not verified yet" in world.dues("agreement", "show", agreement["id"]).out
    (setup,) = world.rows("setup", "list", "--state", "verifying")
    assert (setup["session"], setup["agreement"]) == (session["session"], agreement["id"])
    intent = world.stripe("GET", f"/v1/checkout/sessions/{session['session']}")["setup_intent"]
    world.control("POST", f"microdeposits/{intent}", {"outcome": "succeed"})
    done = world.ask("setup", "complete", session["session"])
    assert done == {
        "session": session["session"], "customer": customer, "payment_method": done["payment_method"],
        "agreement": agreement["id"],
    }
    (after,) = world.rows("agreement", "list")
    assert (after["state"], after["payment_method"]) == ("active", done["payment_method"])
    shown = world.dues("agreement", "show", agreement["id"]).out
    assert "The customer agreed to" in shown and "mandate" in shown


def test_a_bank_account_that_is_not_verified_is_65_and_stands_in_the_status(open_world: World):
    world = open_world
    customer = world.customer("Ada Lovelace", "ada@customer.example")
    session = world.ask("setup", "create", "--customer", customer, "--currency", "usd")
    enter_bank(world, session)
    world.dues("setup", "complete", session["session"], expect=75)
    intent = world.stripe("GET", f"/v1/checkout/sessions/{session['session']}")["setup_intent"]
    world.control("POST", f"microdeposits/{intent}", {"outcome": "fail"})
    complains(world.dues("setup", "complete", session["session"], expect=65), session["session"], "not verified")
    complains(world.dues("setup", "complete", session["session"], expect=65), session["session"], "not verified")
    status = world.dues("status", "--json", expect=1).json
    assert [matter["what"] for matter in status["needs_human"]] == ["setup_failed"]


def test_a_method_that_cannot_be_charged_later_is_65_with_why(open_world: World):
    world = open_world
    customer = world.customer("Ada Lovelace", "ada@customer.example")
    session = world.ask("setup", "create", "--customer", customer, "--currency", "usd")
    enter_bank(world, session, "pm_usBankAccount_success")
    # The operator has taken bank accounts off the list since.
    world.config["stripe"]["payment_methods"] = ["card"]
    world.write_config()
    complains(
        world.dues("setup", "complete", session["session"], expect=65), session["session"], "stripe.payment_methods",
        "dues setup link",
    )
    (setup,) = world.rows("setup", "list")
    assert setup["state"] == "refused"
