"""What a person is told ahead: lists, plans and rehearsals by their words and sums, progress, advice, and what watchers see."""

from __future__ import annotations

import os
import pty
import re
import subprocess
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest

from test_admin import at, failed, job, join, member, planned, show, tick
from test_admin import write as write_agreements
from test_cli import complains, enqueue
from test_import import HEADER, refused
from test_import import write as write_charges
from world import DUES, GOLD, SECRETS, World, fetch

ADA = "ada@customer.example"

# --- charge list ------------------------------------------------------------------------------------------------------


def test_charges_are_listed_by_address_by_date_and_so_many(open_world: World):
    # Midnight there is five o'clock.
    open_world.config["business"]["time_zone"] = "America/New_York"
    open_world.write_config()
    ada, grace = member(open_world), member(open_world, "Grace")
    adas_other = open_world.customer("Ada, again", "ADA@customer.example", card="pm_card_visa")

    def owed(customer: str, due: str) -> str:
        return open_world.ask(*enqueue(customer, key=due, due=due))["id"]

    before = owed(ada, "2027-03-10T04:59:59Z")
    midnight = owed(grace, "2027-03-10T05:00:00Z")
    later = owed(ada, "2027-03-12T09:00:00Z")
    latest = owed(adas_other, "2027-03-20T09:00:00Z")

    def listed(*options: str, more: bool = False) -> list[str]:
        result = open_world.dues("charge", "list", "--json", *options)
        assert ("there are more" in result.err) == more, result
        return [row["id"] for row in result.lines]

    assert listed() == listed("--limit", "4") == [latest, later, midnight, before]
    assert listed("--email", ADA) == listed("--email", "ADA@Customer.Example") == [latest, later, before]
    assert listed("--email", "nobody@customer.example") == []
    assert listed("--since", "2027-03-10") == [latest, later, midnight]
    assert listed("--since", "2027-03-12T09:00:00Z") == [latest, later]
    assert listed("--since", "2027-03-12T09:00:01Z") == [latest]
    assert listed("--limit", "3", more=True) == [latest, later, midnight]
    together = ["--email", ADA, "--since", "2027-03-10", "--limit"]
    assert listed(*together, "2") == [latest, later]
    assert listed(*together, "1", more=True) == [latest]
    shown = open_world.dues("charge", "list", "--email", "grace@customer.example", "--since", "2027-03-10").out
    assert [line.split()[0] for line in shown.splitlines()] == ["CHARGE", midnight], shown


@pytest.mark.parametrize("option", ["--limit=0", "--limit=-1", "--limit=x", "--since=2027-02-30"])
def test_a_list_of_charges_by_nonsense_is_refused(world: World, option: str):
    complains(world.dues("charge", "list", option, expect=64), *option.split("="))


# --- plan -------------------------------------------------------------------------------------------------------------


def totals(text: str, title: str) -> dict[str, tuple[int, str]]:
    """A table of totals: the charges and the sum of each row."""
    _, _, rows = re.sub(" +", " ", text).partition(f"{title} CHARGES SUM\n")
    words = [row.split(maxsplit=2) for row in rows.split("\n\n")[0].splitlines()]
    return {name: (int(count), total) for name, count, total in words}


def test_totals_by_day_job_and_currency_are_right_to_the_cent(open_world: World):
    # Where the business is, it is still the day before.
    open_world.config["business"]["time_zone"] = "America/New_York"
    open_world.write_config()
    job(open_world, at="02:00")
    job(open_world, "silver", every="1 week", at="02:00", amount=333, currency="usd")
    for name, amount in (("Ada", "1099"), ("Grace", "1001"), ("Joan", "30")):
        join(open_world, member(open_world, name), "--start", "2027-03-04", "--amount", amount)
    join(open_world, member(open_world, "Edith"), "--start", "2027-03-04", job="silver")
    mary = member(open_world, "Mary")
    join(open_world, mary, "--start", "2027-03-05", "--amount", "50", job="silver")
    open_world.ask(*enqueue(mary, amount="1234567", currency="usd", due="2027-03-04T12:00:00Z"))

    until = ["--until", "2027-03-18"]
    said = open_world.dues("plan", *until, "--by-day").out
    assert totals(said, "DAY") == {
        "2027-03-03": (4, "21.30 GBP and 3.33 USD"),
        "2027-03-04": (2, "12346.17 USD"),
        "2027-03-10": (1, "3.33 USD"),
        "2027-03-11": (1, "0.50 USD"),
        "2027-03-17": (1, "3.33 USD"),
        "2027-03-18": (1, "0.50 USD"),
    }, said
    by_job = {"gold": (3, "21.30 GBP"), "one-offs": (1, "12345.67 USD"), "silver": (6, "11.49 USD")}
    last = "10 until 2027-03-18 23:59: 21.30 GBP and 12357.16 USD."
    assert totals(said, "JOB") == by_job and said.splitlines()[-1] == last, said

    said = open_world.dues("plan", *until).out
    assert totals(said, "JOB") == by_job and said.splitlines()[-1] == last and "DAY" not in said, said
    lines = said.split("\n\n")[0].splitlines()
    rows = open_world.rows("plan", *until)
    assert len(lines) == len(rows) == 10 and lines[0].startswith("2027-03-03 21:00 "), said
    sums: dict[tuple[str | None, str], int] = defaultdict(int)
    for row in rows:
        sums[row["job"], row["currency"]] += row["amount"]
    assert sums == {("gold", "gbp"): 2130, ("silver", "usd"): 1149, (None, "usd"): 1234567}
    assert [row["due_at"] for row in rows] == sorted(row["due_at"] for row in rows)


def test_an_agreement_of_fifty_years_hence_has_its_first_date_and_can_skip_it(open_world: World):
    job(open_world, time_zone="Europe/London")
    gold = join(open_world, member(open_world), "--start", "2076-01-31")
    assert planned(open_world, "2076-01-30") == []
    due = [row["due_at"] for row in open_world.rows("plan", "--until", "2076-04-30")]
    # A leap year, and from April on it is an hour earlier in UTC.
    assert due == ["2076-01-31T09:00:00Z", "2076-02-29T09:00:00Z", "2076-03-31T08:00:00Z", "2076-04-30T08:00:00Z"]
    assert show(open_world, gold)["next_due_at"] == due[0]
    complains(open_world.dues("agreement", "skip", gold, "2076-01-30", expect=65), "2076-01-30", "2076-01-31")
    open_world.dues("agreement", "skip", gold, "2076-01-31")
    assert [row["due_at"] for row in open_world.rows("plan", "--until", "2076-04-30")] == due[1:]
    assert show(open_world, gold)["next_due_at"] == due[1]


# --- rehearse ---------------------------------------------------------------------------------------------------------

CARDS = ["pm_card_visa", "pm_card_mastercard", "pm_card_amex", "pm_card_discover", "pm_card_diners", "pm_card_jcb"]


def log(text: str) -> list[tuple[str, str, str]]:
    """A rehearsal's log without its line breaks: the minute, what it is about, and the sentence."""
    return re.findall(r"^(\d{4}-\d\d-\d\d \d\d:\d\d)  (.*?): (.*)$", re.sub(r"\n {18}", " ", text), re.MULTILINE)


def summed(entries: list[tuple[str, str, str]], begin: str) -> str:
    """The money of the entries whose sentence begins so, as a person writes sums: `32.97 EUR and 10.99 USD`."""
    cents: Counter[str] = Counter()
    for _, about, sentence in entries:
        if sentence.startswith(begin):
            amount, currency = about.split()[:2]
            cents[currency] += int(amount.replace(".", ""))
    return " and ".join(f"{sum // 100}.{sum % 100:02} {name}" for name, sum in sorted(cents.items())) or "nothing"


def test_a_rehearsal_reads_as_a_log_and_its_summary_fits_the_lines(open_world: World):
    job(open_world, every="1 week")
    job(open_world, "silver", every="1 week", amount=333, currency="usd")
    # A card each: what one of them has had counts for none of the others.
    for number, card in enumerate(CARDS):
        name = ("gold", "silver")[number % 2]
        join(open_world, member(open_world, f"M{number}", card=card), "--start", f"2027-03-{5 + number:02}", job=name)
    logs = {}
    for declines in ("0", "0.5", "1"):
        said = open_world.dues("rehearse", "--from", "2027-03-05", "--to", "2027-04-30", "--declines", declines).out
        logs[declines] = entries = log(said)
        assert all(len(line) <= 80 for line in said.splitlines()), said
        minutes = [minute for minute, _, _ in entries]
        assert minutes == sorted(minutes) and minutes[0] == "2027-03-05 09:00" and minutes[-1][:10] <= "2027-04-30", said
        paid = sum(sentence.startswith("Paid ") for _, _, sentence in entries)
        declined = sum("was declined" in sentence for _, _, sentence in entries)
        mails = sum(re.match("The mail .* was sent to ", sentence) is not None for _, _, sentence in entries)
        first, second = said.splitlines()[-2:]
        assert first.startswith(f"Until 2027-04-30 23:59: {paid + declined} tries, {mails} mails, "), said
        assert second == f"Paid {summed(entries, 'Paid ')}; given up {summed(entries, 'Given up')}.", said
        assert (paid == 0, declined == 0) == (declines == "1", declines == "0"), said

    # Of the same tries, the other form tells the same.
    rows = open_world.rows("rehearse", "--from", "2027-03-05", "--to", "2027-04-30", "--declines", "0.5")
    told = sorted((row["at"][:10], row["charge"]) for row in rows if row["what"] == "paid")
    assert told == sorted(
        (minute[:10], about.split()[-1]) for minute, about, sentence in logs["0.5"] if sentence.startswith("Paid "))

    # Each is about an amount, a job and a charge; a retry comes when it was planned for.
    tries: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for minute, about, sentence in logs["0.5"]:
        if sentence.startswith(("Paid off session (pi_", "Attempt ", "A retry was planned for ")):
            assert re.fullmatch(r"(10\.99 GBP gold|3\.33 USD silver) chg_\w+", about), about
            tries[about].append((minute, sentence))
    retried = Counter()
    for story in tries.values():
        for (_, plan), (minute, sentence) in zip(story, story[1:], strict=False):
            if when := re.match(r"A retry was planned for ([\d-]+ [\d:]+) UTC, by the retry policy\.", plan):
                assert when[1] == minute, story
                retried[sentence.split()[0]] += 1
    assert retried["Paid"] > 0 and retried["Attempt"] > 0, retried
    minute, about, sentence = logs["1"][0]
    assert minute == "2027-03-05 09:00" and about.startswith("10.99 GBP gold chg_"), about
    assert re.fullmatch(r"Attempt 1 was declined \(.*insufficient_funds.*\); waiting may help\.", sentence), sentence
    assert (minute, about, "The mail payment_failed was sent to m0@customer.example.") in logs["1"]


# --- Progress ---------------------------------------------------------------------------------------------------------


def on_terminal(world: World, *arguments: str) -> str:
    """All that a terminal was sent by a command that has its output and its errors there."""
    terminal, end = pty.openpty()
    try:
        process = subprocess.Popen(
            [DUES, *arguments, "--config", str(world.directory / "config.toml"), "--now", world.clock],
            cwd=world.directory, env=world.environment(), stdin=subprocess.DEVNULL, stdout=end, stderr=end)
    finally:
        os.close(end)
    sent = b""
    try:
        while piece := os.read(terminal, 1 << 16):
            sent += piece
    except OSError:
        # Linux says so when nobody is left who could write to it.
        assert process.wait(60) == 0, sent
    finally:
        process.kill()
        process.wait()
        os.close(terminal)
    assert not any(secret in sent.decode() for secret in SECRETS)
    return sent.decode()


def left(sent: str) -> str:
    """What stands on the screen in the end."""
    lines = []
    for line in sent.split("\r\n"):
        stands = ""
        for piece in line.split("\r"):
            stands = piece[3:] if piece.startswith("\x1b[K") else piece + stands[len(piece) :]
        lines.append(stands)
    return "\n".join(lines)


@pytest.mark.parametrize("kind", ["charge", "agreement"])
def test_an_import_shows_how_far_it_is_on_a_terminal_only(open_world: World, kind: str):
    customers = [member(open_world, name) for name in ("Ada", "Grace", "Joan")]
    if kind == "charge":
        path = write_charges(open_world, *(f"{one},{one},1099,gbp,Fee,2027-04-01," for one in customers))
    else:
        path = write_agreements(open_world, *(f"{one},{one},gold,2027-04-01,," for one in customers))
    sent = on_terminal(open_world, kind, "import", path, "--check")
    assert sent.startswith("\rlooked up 1 of 3 …") and "written" not in sent, sent
    sent = on_terminal(open_world, kind, "import", path)
    assert re.match("\rlooked up 1 of 3 ….*\rwritten 1 of 3 …", sent), sent
    assert left(sent) == "3 imported.\n", sent
    for options in ([], ["--json"]):
        piped = open_world.dues(kind, "import", path, *options)
        assert piped.err == "" and "looked up" not in piped.out, piped


def test_a_plan_by_day_shows_how_far_it_is_on_a_terminal_only(open_world: World):
    job(open_world, every="1 day")
    for name in ("Ada", "Grace", "Joan", "Mary"):
        join(open_world, member(open_world, name), "--start", "2027-03-05")
    plan = ["plan", "--until", "2028-03-04", "--by-day"]
    sent = on_terminal(open_world, *plan)
    assert sent.startswith("\rplanned 1 …"), sent[:200]
    piped = open_world.dues(*plan)
    assert piped.err == "" and "planned" not in piped.out, piped
    assert left(sent) == piped.out and "1464 until 2028-03-04 23:59: 16089.36 GBP." in piped.out, piped


# --- What is refused, and what is advised -----------------------------------------------------------------------------


def test_an_agreement_over_less_than_the_currencys_minimum_is_refused(open_world: World):
    job(open_world, "silver", amount=999, currency="usd")
    ada = member(open_world)
    add = ["agreement", "add", "--customer", ada, "--job", "silver", "--amount"]
    for amount in ("29", "49"):
        complains(open_world.dues(*add, amount, expect=65), amount, "usd", "below Stripe's minimum; write at least 50")
    assert open_world.rows("agreement", "list") == []
    assert open_world.ask(*add, "50")["amount"] == 50


def test_a_first_day_that_can_only_be_a_slip_is_refused(open_world: World):
    ada = member(open_world)
    for start, words in (("1970-01-01", "more than 10 years ago"), ("9027-03-31", "more than 100 years from now")):
        add = ["agreement", "add", "--customer", ada, "--job", "gold", "--start", start]
        complains(open_world.dues(*add, expect=65), start, words)
        file = write_agreements(open_world, f"k1,{ada},gold,{start},,")
        complains(open_world.dues("agreement", "import", file, expect=65), start, words)
    assert open_world.rows("agreement", "list") == []


def test_the_preview_says_which_hour_and_zone_change(open_world: World):
    join(open_world, member(open_world), "--start", "2027-03-31")
    job(open_world, at="18:30", time_zone="America/New_York")
    shown = open_world.dues("job", "apply", "gold", "--from", "2027-05-01", "--check").out
    assert re.search(r"^Charged every month at 18:30 America/New_York; now every month at 09:00 \S+\.$", shown, re.M), shown
    assert "2027-05-31 18:30 America/New_York" in shown, shown


@pytest.mark.parametrize(
    ("encoding", "line"),
    [("utf-16", 1), ("utf-16-le", 1), ("utf-16-be", 1), ("latin-1", 3)],
    ids=["UTF-16", "UTF-16LE without a mark", "UTF-16BE without a mark", "Latin-1"],
)
def test_a_file_in_another_encoding_is_refused_and_nothing_is_written(open_world: World, encoding: str, line: int):
    ada = member(open_world)
    text = "\n".join([HEADER, f"k1,{ada},1099,gbp,Fee,,", f"k2,{ada},500,gbp,Gebühr für Jürgen,,", ""])
    path = open_world.directory / "march.csv"
    path.write_bytes(text.encode(encoding))
    for options in ([], ["--check"]):
        result = open_world.dues("charge", "import", str(path), "--json", *options, expect=65)
        refused(result, str(path), (line, "UTF-8"))
    assert open_world.rows("charge", "list") == []
    assert open_world.ask("tick")["attempted"] == 0
    path.write_text(text, encoding="utf-8")
    assert open_world.ask("charge", "import", str(path))["imported"] == 2


def advice(world: World, file: Path, key: str) -> list[str]:
    """What `dues check` says about a key of a file, with its line; nothing has to be mended."""
    place = "configuration" if file.name == "config.toml" else "jobs"
    written = [line.split(" = ")[0] for line in file.read_text().splitlines()]
    begin = f"{place}: {file}:{written.index(key) + 1}: "
    said = world.dues("check").out.splitlines()
    return [line.removeprefix(f"ok, but  {begin}") for line in said if line.startswith(f"ok, but  {begin}")]


@pytest.mark.parametrize("where", ["config", "job"])
@pytest.mark.parametrize(
    ("section", "changes", "said"),
    [
        ("retry", {"delays": ["5d", "5d", "5d"]},
         "retry.delays: the last retry would come 15d after the first failure, the end after 14d; shorten retry.delays, or "
         "raise recovery.give_up_after"),
        ("retry", {"delays": ["5d", "5d", "4d"]}, "retry.delays: the last retry would come 14d after the first failure, "),
        ("retry", {"delays": ["5d", "5d", "3d"]}, None),
        ("recovery", {"give_up_after": "13d"}, "recovery.give_up_after: the last retry would come 13d after the first "),
        ("recovery", {"reminders": ["3d", "20d"]},
         "recovery.reminders: the one after 20d would come after the final notice and is left out; write less than "
         "give_up_after less final_notice_before"),
        ("recovery", {"reminders": ["3d", "11d"]}, None),
    ],
    ids=["retries past the end", "retries at the end", "retries before it", "an end before the usual retries",
         "reminders past the end", "reminders before it"],
)
def test_a_policy_that_goes_on_past_its_end_is_advised_against(
    open_world: World, where: str, section: str, changes: dict[str, Any], said: str | None
):
    if where == "config":
        open_world.config[section] = changes
        file = open_world.write_config()
    else:
        file = open_world.write_job("gold", GOLD | {section: changes})
    (key,) = changes
    found = advice(open_world, file, key)
    assert len(found) == (0 if said is None else 1), found
    assert said is None or found[0].startswith(said), found


def test_a_jobs_retries_are_judged_by_the_end_that_the_configuration_sets(open_world: World):
    file = open_world.write_job("gold", GOLD | {"retry": {"delays": ["5d", "5d", "5d"]}})
    assert len(advice(open_world, file, "delays")) == 1
    open_world.config["recovery"] = {"give_up_after": "16d"}
    open_world.write_config()
    assert advice(open_world, file, "delays") == []


# --- What is left, and what waits -------------------------------------------------------------------------------------


def test_a_failed_charge_says_how_often_it_and_its_card_may_still_be_tried(open_world: World):
    customer, first = failed(open_world)
    second = open_world.ask(*enqueue(customer, amount="500", due="2027-06-01"))["id"]

    def says(charge: str) -> str:
        (line,) = [line for line in open_world.dues("charge", "show", charge).out.splitlines() if "attempts left" in line]
        return line.removeprefix("attempts left").strip()

    assert says(first) == "4 of this charge, 14 on this card within 30 days"
    open_world.dues("charge", "retry", first, "--force")
    tick(open_world)
    assert says(first) == "3 of this charge, 13 on this card within 30 days"
    assert says(second) == "5 of this charge, 13 on this card within 30 days"
    open_world.pass_time(days=31)
    assert says(second) == "5 of this charge, 15 on this card within 30 days"
    open_world.dues("charge", "settle", first, "--note", "cash")
    assert "attempts left" not in open_world.dues("charge", "show", first).out


@pytest.mark.parametrize("ticks", [0, 1], ids=["no tick ever", "no tick since"])
def test_watchers_see_what_has_been_due_for_three_hours(open_world: World, ticks: int):
    tick(open_world, ticks)
    job(open_world, at="09:30")
    ada = member(open_world)
    join(open_world, ada)
    open_world.ask(*enqueue(ada, due="2027-03-01T09:40:00Z"))
    at(open_world, "2027-03-01 12:40")
    open_world.start_server()
    inside = f"http://{open_world.config['server']['internal_listen']}"
    assert fetch(open_world.server_url + "/metrics").status == 404, "nobody outside"

    def health() -> dict[str, Any]:
        outer, inner = fetch(open_world.server_url + "/healthz"), fetch(inside + "/healthz")
        assert outer.status == inner.status == 200, "it serves, whatever the timer does"
        assert outer.json.keys() == inner.json.keys() and inner.json["status"] == "ok"
        return inner.json

    def metrics() -> dict[str, int]:
        answer = fetch(inside + "/metrics")
        assert answer.status == 200 and answer.headers["content-type"].startswith("text/plain; version=0.0.4")
        samples = [line.rsplit(" ", 1) for line in answer.text.splitlines() if not line.startswith("#")]
        return {name: int(value) for name, value in samples}

    def seconds(hour: int, minute: int) -> int:
        return int(open_world.now.replace(hour=hour, minute=minute, second=0, microsecond=0).timestamp())

    silent, seen = health(), metrics()
    if ticks:
        assert silent["last_tick_at"].startswith("2027-03-01T09:0") and 12_600 < silent["last_tick_age_s"] < 14_400
        assert seconds(9, 0) <= seen["dues_last_tick_timestamp_seconds"] < seconds(9, 10)
    else:
        assert silent["last_tick_at"] is silent["last_tick_age_s"] is None
        assert seen["dues_last_tick_timestamp_seconds"] == 0
    # Of the period that no tick has made a charge of yet.
    assert silent["oldest_due_at"] == "2027-03-01T09:30:00Z"
    assert seen["dues_oldest_due_timestamp_seconds"] == seconds(9, 30)
    assert seen['dues_matters{kind="timer_silent"}'] == 1 and seen["dues_fenced"] == 0
    assert seen["dues_charges_overdue"] == seen['dues_charges{state="scheduled"}'] == 1
    assert seen['dues_charges{state="paid"}'] == 0

    tick(open_world)
    well, seen = health(), metrics()
    assert well["last_tick_age_s"] < 600 and well["oldest_due_at"] is None
    assert seen["dues_last_tick_timestamp_seconds"] >= seconds(12, 40)
    assert seen["dues_oldest_due_timestamp_seconds"] == seen['dues_matters{kind="timer_silent"}'] == 0
    assert seen["dues_charges_overdue"] == 0 and seen['dues_charges{state="paid"}'] == 2
