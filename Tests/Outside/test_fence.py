"""Copies and backups: they read and report, and send nothing until somebody lifts the fence."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

from world import World


def back_up(world: World, to: Path) -> None:
    """As docs/OPERATING.md says: a consistent copy, without stopping anything."""
    source = sqlite3.connect(world.directory / "dues.db")
    target = sqlite3.connect(to)
    with target:
        source.backup(target)
    source.close()
    target.close()


def restore(world: World, backup: Path) -> None:
    for suffix in ("-wal", "-shm"):
        (world.directory / f"dues.db{suffix}").unlink(missing_ok=True)
    shutil.copy(backup, world.directory / "dues.db")


def posts(world: World) -> int:
    return sum(row["method"] == "POST" for row in world.control("GET", "requests")["data"])


def successes(world: World, charge: str) -> int:
    intents = world.stripe("GET", "/v1/payment_intents?limit=100")["data"]
    return sum(intent["metadata"].get("dues_charge") == charge and intent["status"] == "succeeded" for intent in intents)


def enqueue(world: World, customer: str, key: str) -> str:
    return world.ask(
        "charge", "enqueue", "--customer", customer, "--amount", "1099", "--currency", "usd", "--description", "Key",
        "--key", key)["id"]


@pytest.mark.parametrize("has_progress_file", [True, False])
def test_a_restored_backup_charges_nothing_twice(open_world: World, tmp_path: Path, has_progress_file: bool):
    world = open_world
    ada = world.customer("Ada Lovelace", "ada@customer.example", card="pm_card_visa")
    charge = enqueue(world, ada, "k1")
    back_up(world, tmp_path / "backup.db")
    assert world.ask("tick")["paid"] == 1
    forgotten = enqueue(world, ada, "k2")
    assert world.ask("tick")["paid"] == 1
    assert (world.directory / "dues.db.progress").read_text().startswith("dues led_")

    world.pass_time(hours=30)
    restore(world, tmp_path / "backup.db")
    if not has_progress_file:
        (world.directory / "dues.db.progress").unlink()
    before = posts(world)
    tick = world.dues("tick", expect=None)
    assert tick.code == 1 and "dues fence lift" in tick.err, tick
    assert world.dues("tick", expect=None).code == 0, "told once; status goes on"
    status = world.dues("status", "--json", expect=None)
    assert status.code == 1 and status.json["fenced"] is True, status
    checkup = world.dues("check", expect=78)
    assert [line for line in checkup.out.splitlines() if line.startswith("mend:    fence:") and "dues fence lift" in line], checkup
    assert posts(world) == before

    refused = world.dues("fence", "lift", expect=None)
    assert refused.code == 64 and "--yes" in refused.err, refused
    lift = world.dues("fence", "lift", "--yes", "--json", expect=None)
    assert lift.code == 0 and lift.json["lifted"] is True, lift
    assert {row["charge"]: row["state"] for row in lift.json["adopted"]}[forgotten] == "paid"
    assert posts(world) == before
    for _ in range(2):
        assert world.ask("tick")["attempted"] == 0
    for each in (charge, forgotten):
        assert world.ask("charge", "show", each)["state"] == "paid"
        assert successes(world, each) == 1
    assert world.dues("status", "--json").json["fenced"] is False
    again = world.dues("fence", "lift", "--yes", expect=None)
    assert again.code == 0 and "no fence" in again.out, again


def test_a_copy_elsewhere_is_fenced_and_one_with_a_name_may_move(open_world: World, tmp_path: Path):
    world = open_world
    ada = world.customer("Ada Lovelace", "ada@customer.example", card="pm_card_visa")
    enqueue(world, ada, "k1")
    here = world.directory / "dues.db"
    there = tmp_path / "moved.db"
    back_up(world, there)
    world.config["store"] = {"path": str(there)}
    world.write_config()
    status = world.dues("status", expect=None)
    assert status.code == 1 and "belongs to" in status.out, status
    assert world.dues("tick", expect=None).code == 1
    world.config["store"] = {"path": str(here)}
    world.write_config()
    assert world.ask("tick")["paid"] == 1

    world.config["store"] = {"path": str(here), "instance": "acme"}
    world.write_config()
    assert world.dues("status", expect=None).code == 0
    shutil.copy(str(here) + ".progress", str(there) + ".progress")
    back_up(world, there)
    world.config["store"]["path"] = str(there)
    world.write_config()
    enqueue(world, ada, "k2")
    assert world.ask("tick")["paid"] == 1
