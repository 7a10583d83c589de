"""Many at once, and at the wrong time: five ticks of one ledger, two copies of it, clocks that are wrong."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from test_fence import back_up
from world import DUES, World, rfc3339, wait_until

CHARGES = 24


def owe(world: World, charges: int = CHARGES) -> None:
    customers = [world.customer(f"N{n}", f"n{n}@customer.example", card="pm_card_visa") for n in range(charges)]
    rows = [f"k{n},{customer},500,usd,Bell,," for n, customer in enumerate(customers)]
    file = world.directory / "owed.csv"
    file.write_text("\n".join(["key,customer,amount,currency,description,due_at,payment_method", *rows]))
    assert world.ask("charge", "import", str(file))["imported"] == charges


def spawn(world: World, config: Path | None = None) -> subprocess.Popen:
    arguments = ["tick", "--json", "--config", str(config or world.directory / "config.toml"), "--now", world.clock]
    return subprocess.Popen(
        [str(DUES), *arguments], cwd=world.directory, env=world.environment(), stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def outcome(process: subprocess.Popen) -> tuple[int, dict, str]:
    out, err = process.communicate(timeout=150)
    return process.returncode, json.loads(out) if out.strip() else {}, err.decode()


def requests(world: World, path: str = "/v1/payment_intents") -> int:
    return sum(row["method"] == "POST" and row["path"] == path for row in world.control("GET", "requests")["data"])


def successes(world: World) -> Counter:
    """By charge, as Stripe tells it."""
    intents = world.stripe("GET", "/v1/payment_intents?limit=100")["data"]
    return Counter(it["metadata"]["dues_charge"] for it in intents if it["status"] == "succeeded")


def test_of_five_ticks_one_charges_also_after_it_was_killed(open_world: World):
    world = open_world
    world.config["stripe"]["requests_per_second_per_endpoint"] = 4
    world.write_config()
    owe(world)
    first = spawn(world)
    wait_until("the first tick to charge", lambda: requests(world) or first.poll() is not None)
    for code, report, err in map(outcome, [spawn(world) for _ in range(4)]):
        assert code == 75 and "tick" in err and not report, (code, report, err)
    assert first.poll() is None, "too fast for this test: it had ended before the others began"
    first.kill()
    first.communicate()
    assert 0 < requests(world) < CHARGES
    world.pass_time(minutes=2)
    world.config["stripe"]["requests_per_second_per_endpoint"] = 15
    world.write_config()
    ended = [outcome(process) for process in [spawn(world) for _ in range(5)]]
    assert {code for code, _, _ in ended} <= {0, 75}, ended
    assert sum(code == 0 for code, _, _ in ended) >= 1
    world.pass_time(minutes=2)
    world.dues("tick")
    assert successes(world) == Counter({row["id"]: 1 for row in world.rows("charge", "list")})
    assert world.ask("status")["charges"]["paid"] == CHARGES


def test_two_copies_that_tick_at_once_take_each_charge_once(open_world: World, tmp_path: Path):
    """The same machine, the same name (`store.instance`): only Stripe shows each what the other has done, and both stand back."""
    world = open_world
    world.config["store"] = {"path": str(world.directory / "dues.db"), "instance": "acme"}
    world.write_config()
    owe(world)
    copy = tmp_path / "copy"
    shutil.copytree(world.directory, copy, ignore=shutil.ignore_patterns("*.log", "dues.db*"))
    back_up(world, copy / "dues.db")
    shutil.copy(world.directory / "dues.db.progress", copy / "dues.db.progress")
    other = copy / "config.toml"
    other.write_text(other.read_text().replace(str(world.directory / "dues.db"), str(copy / "dues.db")))
    for _ in range(3):
        for code, _, err in [outcome(it) for it in (spawn(world), spawn(world, other))]:
            assert code in (0, 1), err
        world.pass_time(minutes=2)
    assert set(successes(world).values()) == {1}
    # The other is stopped; what it has taken is taken over, and what is left is charged.
    lift = world.dues("fence", "lift", "--yes", "--json", expect=None)
    assert lift.code == 0, lift
    for _ in range(2):
        world.pass_time(minutes=2)
        world.dues("tick", expect=None)
    taken = successes(world)
    assert len(taken) == CHARGES and set(taken.values()) == {1}
    assert world.ask("status")["charges"]["paid"] == CHARGES
    # What is owed after that, the other learns of when it wakes up.
    late = world.customer("Late", "late@customer.example", card="pm_card_visa")
    world.dues("charge", "enqueue", "--customer", late, "--amount", "500", "--currency", "usd", "--description", "Bell")
    world.dues("tick")
    before = requests(world)
    code, _, err = outcome(spawn(world, other))
    assert code in (0, 1), err
    status = world.dues("status", "--json", config=other, expect=1)
    assert status.json["fenced"] is True and requests(world) == before


@pytest.mark.parametrize("wrong", [{"hours": 3}, {"hours": -3}, {"days": 400}, {"days": -400}, {"days": 3653}])
def test_a_tick_by_a_wrong_clock_sends_nothing_and_the_next_right_one_charges_once(open_world: World, wrong: dict):


    world = open_world
    world.dues("tick")
    owe(world, 3)
    before = requests(world)
    clock = rfc3339(world.now + timedelta(**wrong))
    ticked = world.dues("tick", "--json", "--now", clock, clock=False, expect=1)
    assert requests(world) == before
    assert "clock" in ticked.err, ticked
    status = world.dues("status", "--json", expect=1).json
    assert [row["what"] for row in status["needs_human"]] == ["clock_wrong"], status
    assert world.ask("tick")["paid"] == 3
    assert set(successes(world).values()) == {1}
    assert world.dues("status", "--json").json["needs_human"] == []
    assert world.rows("charge", "list", "--state", "held") == []
