"""The real process, killed and starved: SIGKILL at any time and at any write, disks that fail, roads that lose.

`DUES_KILLS=500` makes the long run of `make torture`; without it, a bounded one. `DUES_SEED` chooses the chances; what the
machine does between two of them nobody chooses, so a seed repeats the plan, not the moment.
"""

from __future__ import annotations

import dataclasses
import json
import os
import random
import re
import sqlite3
import subprocess
import tempfile
import threading
import time
from contextlib import closing, suppress
from pathlib import Path

import pytest

from kill import WITHOUT_OVERRIDE, Tally, Town, has_strace, strace
from power import Disk, in_words
from world import DUES, SECRET_KEY, World, fetch

KILLS = int(os.environ.get("DUES_KILLS", "0"))
SEED = int(os.environ.get("DUES_SEED", "1"))
IS_LONG = KILLS > 0
TALLY = Tally()
LIMIT = 60 + 6 * KILLS if IS_LONG else 360
FOLK = {"pays": 14, "declines": 4, "asks": 2, "debit pays": 2, "debit fails": 2}
if not IS_LONG:
    FOLK = {"pays": 9, "declines": 2, "asks": 1, "debit pays": 1, "debit fails": 1}

pytestmark = pytest.mark.timeout(LIMIT)


@pytest.fixture(scope="module", autouse=True)
def told(tell_at_the_end):
    """Tells what was done."""
    yield
    tell_at_the_end("killed and starved", (TALLY.table() if IS_LONG else TALLY.line()).splitlines())


@pytest.fixture
def town(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest):
    """Makes towns, and stops them; told of only if the test has found something."""
    towns: list[Town] = []

    def make(seed: int, folk: dict[str, int], weeks: int, latency: int = 20) -> Town:
        made = Town(tmp_path_factory.mktemp("town"), TALLY, seed, folk, weeks, latency)
        towns.append(made)
        return made

    before = len(TALLY.violations)
    try:
        yield make
        if len(TALLY.violations) > before:
            for made in towns:
                made.tell()
    finally:
        for made in towns:
            made.stop()


@pytest.fixture(autouse=True)
def nothing_violated():
    """What a judge has found in a test fails it, at its end."""
    before = len(TALLY.violations)
    yield
    found = TALLY.violations[before:]
    assert not found, "\n".join(found)


needs_strace = pytest.mark.skipif(
    not has_strace() and not os.environ.get("CI"), reason="strace is not there, or may not trace")

PLACES = ["before Stripe sees it", "after Stripe acted", "after Stripe acted", "after the answer"]


def what_comes(town: Town) -> list[tuple[str, int]]:
    """Requests that the next tick will surely make, and how many."""
    left = town.unfinished()
    due = left.get("charges due", 0) + left.get("periods due", 0)
    coming = {
        "create intent": due,
        "confirm intent": left.get("retries due", 0),
        "open checkout": left.get("links wanted", 0),
        "cancel intent": left.get("intents closing", 0),
        "read": left.get("attempts in flight", 0) + left.get("events waiting", 0),
    }
    return [(kind, count) for kind, count in coming.items() if count]


def storm(town: Town, kills: int, writes: bool) -> None:
    """Kills ticks until there were so many kills; a week passes whenever nothing is left to kill."""
    goal = TALLY.killed + kills
    chance = town.chance
    while TALLY.killed < goal:
        coming = what_comes(town)
        if not coming:
            another_week(town)
            continue
        town.road.share_of_trouble = chance.choice([0, 0, 0, 0.02, 0.1] if IS_LONG else [0, 0, 0, 0, 0.02])
        if chance.random() < (0.2 if IS_LONG else 0.1):
            town.trouble_at_stripe()
        dice = chance.random()
        if dice < 0.4:
            killed = town.kill_by_clock(chance.uniform(0.03, 0.9 if IS_LONG else 0.6))
        elif dice < 0.85 or not writes:
            kind, count = chance.choice([it for it in coming for _ in range(3 if it[0] == "create intent" else 1)])
            killed = town.kill_by_ambush(kind, chance.randint(1, min(count, 8)), chance.choice(PLACES))
        else:
            call = chance.choice(["pwrite64", "pwrite64", "fdatasync"])
            killed = town.kill_by_write(call, chance.randint(1, chance.choice([5, 20, 80])))
        town.tally.missed += not killed
        town.pass_some_time()
        if TALLY.killed % 5 == 0:
            town.judge_now()


def another_week(town: Town) -> None:
    """Everybody rests, is judged, and owes again."""
    town.come_to_rest()
    town.judge_at_rest()
    for days in (3, 4):
        town.world.pass_time(days=days)
        if days == 3:
            town.come_to_rest()


def storm_with_server(town: Town, rounds: int) -> None:
    """Ticks and `serve` are killed while customers click, webhooks come and browsers land."""
    chance = town.chance
    for _ in range(rounds):
        town.road.share_of_trouble = chance.choice([0, 0, 0.05])
        town.start_server()
        clicks = threading.Thread(target=town.customers_click, args=(chance.randint(2, 6),))
        clicks.start()
        if chance.random() < 0.7:
            town.kill_by_clock(chance.uniform(0.1, 0.9))
        else:
            clicks.join(chance.uniform(0.05, 0.6))
        town.kill_server()
        clicks.join()
        town.pass_some_time()
        town.merchant.refuse_next = chance.choice([0, 0, 1, 3])
        if TALLY.killed % 5 == 0:
            town.judge_now()
    town.merchant.refuse_next = 0


def to_the_end(town: Town) -> None:
    """A rest, then the five days that a bank debit takes; then everything must have come out."""
    town.come_to_rest()
    town.judge_at_rest()
    town.world.pass_time(days=5)
    town.come_to_rest()
    town.judge_at_rest(final=True)


def test_a_killed_process_charges_once(town):
    goal = TALLY.killed + (KILLS + 5 if IS_LONG else 32)
    seed = SEED
    while goal - TALLY.killed > 4:
        latency = [20, 20, 60, 150][seed % 4] if IS_LONG else 20
        here = town(seed, FOLK, 6 if IS_LONG else 5, latency)
        share = min(goal - TALLY.killed, 110)
        with_server = share // 5
        storm(here, share - with_server, writes=has_strace())
        # Links are there once a tick has come to its end.
        here.come_to_rest()
        storm_with_server(here, with_server // 2)
        to_the_end(here)
        here.stop()
        seed += 1


@needs_strace
def test_a_process_killed_at_each_write_charges_once(town):
    """In turn at the 1st, 2nd, 3rd … write and sync of a thread of the tick; `when=` of strace counts in each thread."""
    here = town(SEED + 6000, {"pays": 10 if IS_LONG else 4, "declines": 1}, 6 if IS_LONG else 2, 20)
    sweep = {"pwrite64": range(1, 61), "fdatasync": range(1, 31)}
    if not IS_LONG:
        sweep = {"pwrite64": [1, 2, 4, 7], "fdatasync": [1, 3]}
    for call, numbers in sweep.items():
        for number in numbers:
            if not what_comes(here):
                another_week(here)
            TALLY.missed += not here.kill_by_write(call, number)
            here.pass_some_time()
            here.judge_now()
    to_the_end(here)


def test_what_a_killed_process_left_for_longer_than_a_key_lives_is_never_sent_again(town):
    """Killed while attempts are out, and started again when Stripe has forgotten their keys: only a person decides."""
    here = town(SEED + 5000, {"pays": 8 if IS_LONG else 4, "declines": 1}, 2, 60)
    chance = here.chance
    for _ in range(8 if IS_LONG else 1):
        for where in ("before Stripe sees it", "after Stripe acted"):
            if what_comes(here):
                here.kill_by_ambush("create intent", chance.randint(1, 6), where)
                here.world.pass_time(seconds=chance.choice([0, 30]))
        if what_comes(here):
            # Kept under its key: sending again says nothing more.
            fault = {"kind": "500_kept", "method": "POST", "path": "/v1/payment_intents", "count": 1}
            here.world.control("POST", "faults", fault)
            TALLY.stripe["500_kept"] += 1
            here.healthy_tick()
            # One that met nothing must not strike an attempt of the next day.
            here.world.control("DELETE", "faults")
        # What is late arrives within the second, not the next day.
        here.road.settle()
        sent = here.attempts_out()
        hours = chance.choice([21, 26, 30])
        here.world.pass_time(hours=hours)
        before = here.road.count()
        for _ in range(3):
            here.world.pass_time(minutes=2)
            here.healthy_tick()
        again = here.road.keys_since(before) & sent
        if again:
            here.violated(f"law 3: sent again after 20 hours: {again}")
        TALLY.judged["attempts older than 20 hours"] += len(sent)
        if hours < 25:
            # While its key may be alive nobody can know.
            here.a_person_decides(expect=65)
            here.world.pass_time(hours=26 - hours)
            here.healthy_tick()
        here.a_person_decides(expect=0)
        here.judge_now()
        if IS_LONG:
            another_week(here)
    to_the_end(here)


@needs_strace
def test_a_first_run_that_is_killed_at_a_write_begins_anew(tmp_path: Path):
    """The ledger is made, and killed while it is made, at each write and each sync in turn."""
    with World(tmp_path) as stripe:
        stripe.start_sandbox()
        for call in ("pwrite64", "fdatasync"):
            for number in range(1, 201) if IS_LONG else (1, 2, 4, 7) if call == "pwrite64" else (1, 2):
                directory = tmp_path / f"{call}-{number}"
                directory.mkdir()
                with World(directory) as world:
                    world.share_clock(stripe)
                    world.config["stripe"]["api_base"] = stripe.sandbox_url
                    world.write_config()
                    killed = world_tick_under(world, strace(directory / "strace.log", call, f"signal=KILL:when={number}"))
                    if killed != -9:
                        break
                    TALLY.kills[f"a first run, by its n-th {call}"] += 1
                    TALLY.between["in a first run"] += 1
                    world.ask("tick", environment=world.environment())
                    assert world.ask("status", expect=None)["needs_human"] == []


def world_tick_under(world: World, before: list[str]) -> int:
    return subprocess.run(
        [*before, str(DUES), "tick", "--config", str(world.directory / "config.toml"), "--now", world.clock],
        cwd=world.directory, env=world.environment(), stdin=subprocess.DEVNULL, capture_output=True, timeout=60,
    ).returncode


# --- The power --------------------------------------------------------------------------------------------------------


def a_moment(town: Town) -> tuple[str, int]:
    """A call that a tick makes, and which of them."""
    chance = town.chance
    if chance.random() < 0.4:
        town.fill_log()
        return chance.choice([("pwrite64", chance.randint(4, 30)), ("fdatasync", chance.randint(2, 8))])
    call = chance.choice(["pwrite64", "fdatasync", "sendto", "recvfrom"])
    return call, chance.randint(1, {"pwrite64": 60, "fdatasync": 12}.get(call, 25))


@needs_strace
def test_a_power_cut_leaves_what_was_synced_and_charges_once(town):
    """Between any two calls; of what was not synced, any sectors may be there."""
    here = town(SEED + 8000, {"pays": 8 if IS_LONG else 5, "declines": 2, "debit pays": 1}, 4, 20)
    for number in range(KILLS // 4 if IS_LONG else 14):
        if not what_comes(here):
            another_week(here)
        if number < 3:
            # Once surely while or after the log is copied, and with all lost that can be.
            here.fill_log()
            here.cut_power("pwrite64", 25 + number, share=0)
        else:
            here.cut_power(*a_moment(here))
        here.pass_some_time()
        here.judge_now()
        if here.found:
            return
    assert any("-wal" in what for _, what in TALLY.power), TALLY.power
    assert TALLY.power_copying, "the log was never copied"
    to_the_end(here)


@needs_strace
def test_a_first_run_whose_power_goes_begins_anew(tmp_path: Path):
    """The ledger is made, and the power goes while it is made; what it was when that was synced it stays."""
    chance = random.Random(SEED)
    numbers = {"pwrite64": range(1, 101), "fdatasync": range(1, 20)}
    if not IS_LONG:
        numbers = {"pwrite64": [1, 3, 14, 40], "fdatasync": [2, 3, 7, 9]}
    with World(tmp_path) as stripe:
        stripe.start_sandbox()
        for call, number in [(call, number) for call in numbers for number in numbers[call]]:
            directory = tmp_path / f"{call}-{number}"
            directory.mkdir()
            with World(directory) as world:
                world.share_clock(stripe)
                world.speak_only("en")
                world.config["stripe"]["api_base"] = stripe.sandbox_url
                world.write_config()
                disk = Disk(directory / "dues.db")
                if world_tick_under(world, disk.watching(call, number)) != -9:
                    continue
                disk.read_log()
                before = identity(directory / "dues.db", disk)
                lost = disk.cut(chance)
                TALLY.power[f"a first run, before a {call}", in_words(lost)] += 1
                world.ask("tick", environment=world.environment())
                assert world.ask("status", expect=None)["needs_human"] == []
                with closing(sqlite3.connect(directory / "dues.db")) as database:
                    assert before in (None, database.execute("SELECT id FROM ledger").fetchone()[0])


def identity(ledger: Path, disk: Disk) -> str | None:
    """The ledger's id by what was synced alone; None: it had none yet."""
    with tempfile.TemporaryDirectory() as other:
        for path, file in disk.files.items():
            if file.synced is not None:
                (Path(other) / path.name).write_bytes(file.synced)
        copy = Path(other) / ledger.name
        if not copy.exists():
            return None
        with closing(sqlite3.connect(copy)) as database:
            try:
                row = database.execute("SELECT id FROM ledger").fetchone()
            except sqlite3.DatabaseError:
                return None
        return row and row[0]


@needs_strace
def test_a_disk_that_lies_of_its_syncs_is_seen_by_the_judge(town):
    """The same cuts, and what was synced is lost as well: whoever sends only what is written cannot help it, and it shows."""
    here = town(SEED + 9000, {"pays": 4}, 3, 20)
    here.is_planted = True
    here.cut_power("sendto", 25, lies=True)
    here.judge_now()
    assert any("law 2" in it for it in here.found), here.found


# --- The disk ---------------------------------------------------------------------------------------------------------


def faults_of_the_disk() -> list[tuple[str, str, str]]:
    """Name, system calls, what happens to them."""
    ever = [1, 2, 3, 5, 8, 12, 20, 35, 60, 100] if IS_LONG else [8]
    once = [1, 2, 3, 4, 6, 9, 13, 18, 25, 40, 70] if IS_LONG else [9]
    found = []
    for number in ever:
        found.append(("disk full from the n-th write on", "pwrite64", f"error=ENOSPC:when={number}+"))
        found.append(("I/O error from the n-th sync on", "fsync,fdatasync", f"error=EIO:when={number}+"))
        found.append(("read-only from the n-th write on", "pwrite64", f"error=EROFS:when={number}+"))
        if IS_LONG:
            found.append(("I/O error from the n-th write on", "pwrite64", f"error=EIO:when={number}+"))
            found.append(("I/O error from the n-th read on", "pread64", f"error=EIO:when={number * 4}+"))
    for number in once:
        found.append(("one write that fails", "pwrite64", f"error=EIO:when={number}"))
        found.append(("one sync that fails", "fsync,fdatasync", f"error=EIO:when={number}"))
    return found


@needs_strace
def test_a_disk_that_fails_is_told_and_charges_nothing_unwritten(town):
    here = town(SEED + 1000, {"pays": 8 if IS_LONG else 3, "declines": 1, "debit pays": 1}, 2)
    log = here.world.directory / "strace.log"
    for name, calls, what in faults_of_the_disk():
        run = here.tick(*strace(log, calls, what))
        struck = log.read_text(errors="replace").count("(INJECTED)")
        if not struck:
            TALLY.disk_said[name][f"not reached ({what})"] += 1
        else:
            TALLY.disk[name] += 1
            TALLY.disk_said[name][said(run.code, run.err)] += 1
            # What was only put off and is tried again by itself (an event, a mail, one of many) is no error of the tick:
            # words are enough. One of many is counted as well.
            is_put_off = "one of many could not be done; the next tick tries again" in run.err
            if run.code < 0 or (run.code == 0 and json.loads(run.out)["errors"] and not is_put_off):
                here.violated(f"{name} ({calls}:{what}, {struck} failed): exit {run.code}: {run.out} {run.err[-800:]}")
            if not run.err.strip():
                here.violated(f"{name} ({calls}:{what}): not a word on stderr")
        here.judge_now()
        here.world.pass_time(seconds=61)
        if struck:
            # The next one, on a good disk, goes on.
            here.healthy_tick()
            here.judge_now()
        if not here.unfinished():
            another_week(here)
    to_the_end(here)


def said(code: int, err: str) -> str:
    """Exit code and last line, without what differs each time."""
    last = err.strip().splitlines()[-1] if err.strip() else ""
    last = re.sub(r"^\S+T\S+ ", "", re.sub(r"/[^ ]*/", "", last))
    last = re.sub(r"(evt|chg|msg|cus|cs|pi|agr)_\w+", r"\1_…", last)
    return f"exit {code}: {last if len(last) < 180 else last[:80] + ' … ' + last[-100:]}"


def test_a_directory_that_cannot_be_written_is_told_and_charges_nothing(town):
    here = town(SEED + 2000, {"pays": 3}, 1)
    directory = here.world.directory
    before = here.road.count()
    under = WITHOUT_OVERRIDE if os.geteuid() == 0 else []
    modes = {path: path.stat().st_mode for path in [*directory.glob("dues.db*"), directory]}
    try:
        for path in modes:
            path.chmod(0o555 if path == directory else 0o444)
        # What the test itself writes lies elsewhere.
        with tempfile.TemporaryDirectory() as other:
            here.outputs = Path(other)
            run = here.tick(*under)
    finally:
        here.outputs = directory
        for path, mode in modes.items():
            path.chmod(mode)
    TALLY.disk["a directory that is read-only"] += 1
    TALLY.disk_said["a directory that is read-only"][said(run.code, run.err)] += 1
    assert run.code > 1, run
    assert "dues.db" in run.err, run
    assert not any(it.kind != "read" for number, it in here.road.passages.items() if number >= before), run
    to_the_end(here)


# --- The road ---------------------------------------------------------------------------------------------------------


def test_a_road_that_loses_charges_once(town):
    for seed in range(SEED + 3000, SEED + 3000 + (max(1, KILLS // 100) if IS_LONG else 1)):
        here = town(seed, {"pays": 8 if IS_LONG else 4, "declines": 1, "debit pays": 1}, 2)
        for _ in range(6 if IS_LONG else 1):
            here.road.share_of_trouble = here.chance.choice([0.05, 0.15, 0.3])
            run = here.tick(seconds=120)
            if run.code not in (0, 1, 69):
                here.violated(f"a tick on a bad road ended with {run.code}: {run.err[-600:]}")
            here.judge_now()
            here.pass_some_time()
        to_the_end(here)
        here.stop()


@pytest.mark.parametrize("kind", ["drop_after", "502_after", "drop_running"])
def test_a_slow_sandbox_lets_go_of_a_key_whose_answer_was_lost(town, kind: str):
    """Stripe's own part in these tests: a key must not stay in use because its answer got lost."""
    here = town(SEED + 7000, {"pays": 1}, 1)
    here.world.control("POST", "faults", {"kind": kind, "method": "POST", "path": "/v1/customers", "count": 1})
    url, headers = here.world.sandbox_url + "/v1/customers", {
        "Authorization": f"Bearer {SECRET_KEY}", "Idempotency-Key": "lost", "Stripe-Version": "2026-10-28.endive",
    }
    with suppress(OSError):
        fetch(url, "POST", b"name=Ada", headers)
    here.world.pass_time(minutes=1)
    time.sleep(0.1)
    assert fetch(url, "POST", b"name=Ada", headers).status == 200


# --- The judge --------------------------------------------------------------------------------------------------------


def test_the_judge_bites(town):
    """What the judge is for, planted behind the back of Dues: each of it is seen."""
    here = town(SEED + 4000, {"pays": 2}, 1)
    here.come_to_rest()
    here.judge_at_rest(final=False)
    assert not here.found
    with closing(here.ledger()) as ledger:
        charge = dict(ledger.execute("SELECT * FROM charges ORDER BY id LIMIT 1").fetchone())

    def is_seen(what: str) -> None:
        before = len(here.found)
        here.judge_at_rest()
        assert any(what in it for it in here.found[before:]), (what, here.found[before:])

    here.is_planted = True
    delivery = here.merchant.told("charge.paid", charge["id"])[0]
    here.merchant.deliveries.append(dataclasses.replace(delivery, id="another"))
    is_seen("law 7")
    with closing(sqlite3.connect(here.world.directory / "dues.db")) as ledger:
        ledger.execute("UPDATE attempts SET body = CAST('amount=1' AS BLOB) WHERE charge = ?", (charge["id"],))
        ledger.execute("DELETE FROM history WHERE charge = ?", (charge["id"],))
        ledger.commit()
    is_seen("was sent as")
    assert any("law 9" in it for it in here.found)
    with closing(sqlite3.connect(here.world.directory / "dues.db")) as ledger:
        ledger.execute("UPDATE attempts SET idempotency_key = 'other' WHERE charge = ?", (charge["id"],))
        ledger.execute("UPDATE attempts SET state = 'unresolved' WHERE charge = ?", (charge["id"],))
        ledger.commit()
    is_seen("the ledger does not know it")
    assert any("law 3" in it for it in here.found)
    here.world.stripe(
        "POST",
        "/v1/payment_intents",
        {
            "amount": charge["amount"],
            "currency": charge["currency"],
            "customer": charge["customer"],
            "payment_method": charge["payment_method"],
            "confirm": True,
            "off_session": True,
            "metadata": {"dues_charge": charge["id"]},
        },
    )
    is_seen("CHARGED TWICE")
    with closing(sqlite3.connect(here.world.directory / "dues.db")) as ledger:
        (trigger,) = ledger.execute("SELECT sql FROM sqlite_schema WHERE name = 'paid_is_final'").fetchone()
        ledger.execute("DROP TRIGGER paid_is_final")
        ledger.execute(
            "UPDATE charges SET state = 'recovering', paid_at = NULL, paid_by = NULL WHERE id <> ?", (charge["id"],)
        )
        ledger.execute(trigger)
        ledger.commit()
    is_seen("LOST")
