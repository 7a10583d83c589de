"""What will be, and what was: plan, rehearsal and report agree with what ticks then do; and nobody is left in the dark."""

from __future__ import annotations

import csv
import http.server
import io
import threading

import pytest

from test_admin import at, join, job, member, paid, planned, tick
from world import World

ADA = "ada@customer.example"


def test_the_plan_and_the_rehearsal_say_what_the_ticks_then_charge(open_world: World):
    job(open_world, count=3)
    gold = join(open_world, member(open_world))
    open_world.dues("agreement", "skip", gold, "2027-04-01")
    expected = [("2027-03-01", 1099), ("2027-05-01", 1099)]
    assert planned(open_world, "2027-12-31") == expected
    totals = open_world.dues("plan", "--until", "2027-12-31", "--by-day").out
    assert "2 until 2027-12-31" in totals and "21.98 GBP" in totals, totals
    rehearsed = open_world.rows("rehearse", "--to", "2027-07-01")
    charged = [(row["at"][:10], row["amount"]) for row in rehearsed if row["what"] == "paid"]
    assert charged == expected
    assert open_world.rows("charge", "list") == [], "a rehearsal changes nothing"
    assert paid(open_world) == []
    tick(open_world)
    for day in ("2027-04-01 09:30", "2027-05-01 09:30", "2027-06-01 09:30"):
        at(open_world, day)
        tick(open_world)
    assert paid(open_world) == expected


def test_a_rehearsal_with_declines_retries_mails_and_gives_up(open_world: World):
    join(open_world, member(open_world))
    rows = open_world.rows("rehearse", "--to", "2027-04-15", "--declines", "1")
    what = [row["what"] for row in rows]
    assert "retry_planned" in what and "uncollectible" in what and "paid" not in what, what
    mails = [row["detail"]["kind"] for row in rows if row["what"] == "notice_sent"]
    assert mails == ["payment_failed", "reminder", "reminder", "final_notice"]
    again = open_world.rows("rehearse", "--to", "2027-04-15", "--declines", "1")
    assert [row["what"] for row in again] == what, "the same again"
    table = list(csv.DictReader(io.StringIO(open_world.dues("rehearse", "--to", "2027-04-15", "--declines", "1", "--csv").out)))
    assert len(table) == len(rows) and {row["currency"] for row in table if row["amount"]} == {"gbp"}
    for bad in (("--to", "2027-02-01"), ("--to", "2047-01-01"), ("--from", "2020-01-01", "--to", "2027-05-01")):
        open_world.dues("rehearse", *bad, expect=65)
    open_world.dues("rehearse", "--to", "2027-05-01", "--declines", "2", expect=64)


def test_the_report_adds_up(open_world: World):
    def charge(card: str, key: str, amount: int) -> str:
        customer = member(open_world, key, card=card)
        return open_world.ask(
            "charge", "enqueue", "--customer", customer, "--amount", str(amount), "--currency", "gbp",
            "--description", "Camp", "--key", key,
        )["id"]

    charge("pm_card_visa", "good", 1000)
    outside = charge("pm_card_sandboxDecline_expired_card", "outside", 2000)
    charge("pm_card_sandboxDecline_expired_card", "lost", 4000)
    tick(open_world)
    open_world.dues("charge", "settle", outside, "--note", "cash")
    month = open_world.ask("report")["months"][0]
    assert month["ends"]["open"] == {"count": 1, "amount": 4000} and "recovered_per_mille" not in month
    open_world.pass_time(days=31)
    tick(open_world)
    report = open_world.ask("report", "--from", "2027-03-01", "--to", "2027-03-31")
    month = report["months"][0]
    assert month["group"] == "2027-03" and month["failed"] == {"count": 2, "amount": 6000}
    assert sum(end["amount"] for end in month["ends"].values()) == 6000
    assert month["ends"]["outside"]["amount"] == 2000 and month["ends"]["lost"]["amount"] == 4000
    assert month["recovered_per_mille"] == 333
    assert [row["amount"] for row in report["paid_at_first_try"]] == [1000]
    assert report["definition"] in open_world.dues("report").out.replace("\n", " ")
    rows = list(csv.DictReader(io.StringIO(open_world.dues("report", "--csv").out)))
    assert {row["by"] for row in rows} == {"month", "job", "decline"}
    assert all(
        int(row["failed_amount"]) == sum(int(row[key]) for key in row if key.endswith("_amount") and key != "failed_amount")
        for row in rows
    )
    open_world.dues("report", "--from", "2027-04-01", "--to", "2027-03-01", expect=64)


def test_customers_hear_of_a_charge_ahead_and_not_at_night(open_world: World):
    open_world.config["notices"] = {"upcoming_charge": "3d", "quiet_hours": "21:00-08:00"}
    open_world.write_config()
    join(open_world, member(open_world), "--start", "2027-03-11")
    at(open_world, "2027-03-08 22:00")
    tick(open_world)
    assert open_world.mails(ADA) == [], "three days before, and it is night"
    at(open_world, "2027-03-09 08:05")
    tick(open_world)
    tick(open_world)
    [mail] = open_world.mails(ADA)
    assert "11 March 2027" in str(mail["Subject"]) or "March 11, 2027" in str(mail["Subject"])


@pytest.mark.parametrize(
    "section, key, value",
    [("notices", "quiet_hours", "always"), ("notices", "upcoming_charge", "soon"), ("retry", "hours", "8-20")],
)
def test_what_is_no_time_is_named_with_its_line(open_world: World, section: str, key: str, value: str):
    open_world.config.setdefault(section, {})[key] = value
    open_world.write_config()
    said = open_world.dues("check", expect=78)
    assert f"{section}.{key}" in said.out + said.err and "write" in said.out + said.err


def test_a_dead_timer_is_said_and_a_good_tick_calls_the_watcher(open_world: World):
    calls: list[str] = []

    class Watcher(http.server.BaseHTTPRequestHandler):
        def do_GET(self):  # noqa: N802
            calls.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Watcher)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        open_world.config["operator"] = {
            "ping_url": f"http://127.0.0.1:{server.server_port}/dues", "alert_email": "ops@acme.example",
        }
        open_world.config["limits"] = {"max_charge": {"gbp": 500}}
        open_world.write_config()
        join(open_world, member(open_world))
        open_world.dues("status")
        at(open_world, "2027-03-01 12:00")
        silent = open_world.ask("status", expect=1)
        assert [matter["what"] for matter in silent["needs_human"]] == ["timer_silent"]
        open_world.dues("tick", expect=1)
        assert calls == ["/dues"]
        assert len(open_world.mails("ops@acme.example")) == 1
        open_world.dues("tick")
        assert len(open_world.mails("ops@acme.example")) == 1 and calls == ["/dues", "/dues"]
    finally:
        server.shutdown()
        server.server_close()
