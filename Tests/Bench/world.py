"""One operator's machine: a directory with configuration, jobs and ledger."""

from __future__ import annotations

import json
import os
import shutil
import socket
from pathlib import Path
from typing import Any

from process import Tools, Used

ROOT = Path(__file__).resolve().parents[2]
ANSWERS = Path(__file__).resolve().parent / "peer" / "answers"

SECRET_KEY = "sk_test_BenchKnowsThisKey0000000001"
WEBHOOK_SECRET = "whsec_BenchKnowsThisSecret00000001"
MERCHANT_SECRET = "whsec_QmVuY2hLbm93c1RoaXNTZWNyZXQwMQ=="

GOLD = """\
description = "Gold membership"
amount = 1099
currency = "usd"
[schedule]
every = "1 month"
at = "09:00"
time_zone = "UTC"
[recovery]
then = "continue"
while_recovering = "charge"
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def merged(base: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    return base | {
        name: base.get(name, {}) | value if isinstance(value, dict) else value for name, value in more.items()
    }


def toml(config: dict[str, dict[str, Any]]) -> str:
    return "\n".join(
        f"[{name}]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in table.items())
        for name, table in config.items()
    )


class World:
    """Where `dues` runs. Its ledger has a name of its own, so that it may be copied here from elsewhere."""

    def __init__(self, tools: Tools, directory: Path, stripe_url: str, **config: dict[str, Any]):
        self.tools = tools
        self.directory = directory
        self.ledger = directory / "dues.db"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        shutil.rmtree(directory, ignore_errors=True)
        (directory / "jobs").mkdir(parents=True)
        (directory / "outbox").mkdir()
        (directory / "jobs" / "gold.toml").write_text(GOLD)
        base = {
            "business": {"name": "Acme Gym", "support_email": "help@acme.example", "website": "https://acme.example"},
            "stripe": {
                "secret_key": SECRET_KEY,
                "webhook_secrets": [WEBHOOK_SECRET],
                "api_base": stripe_url,
                "requests_per_second": tools.most_requests_per_second,
                "requests_per_second_per_endpoint": tools.most_requests_per_second,
                "max_in_flight": 64,
            },
            "store": {"path": "dues.db", "instance": "bench"},
            "server": {
                "listen": f"127.0.0.1:{self.port}",
                "internal_listen": f"127.0.0.1:{free_port()}",
                "public_url": self.url,
                "link_secret": "0123456789abcdef" * 4,
            },
            "mail": {"from": "Acme Gym <billing@acme.example>", "outbox": "outbox"},
            "paths": {"jobs": "jobs", "templates": str(ROOT / "templates")},
        }
        self.config = merged(base, config)
        self.write_config()
        self.environment = {k: os.environ[k] for k in ("PATH", "HOME", "LD_LIBRARY_PATH") if k in os.environ} | {
            "TZ": "UTC"
        }

    def write_config(self) -> None:
        (self.directory / "config.toml").write_text(toml(self.config))

    def point_at(self, stripe_url: str) -> None:
        self.config["stripe"]["api_base"] = stripe_url
        self.write_config()

    def command(self, *arguments: str) -> list[str | Path]:
        return [self.tools.dues, *arguments, "--config", self.directory / "config.toml"]

    def dues(self, *arguments: str, expect: int = 0) -> Used:
        """Runs one command to its end, measured."""
        return self.tools.run(self.command(*arguments), self.directory, self.environment, expect)

    def tick(self, expect: int = 0) -> Used:
        """A tick; whoever calls looks at its counts."""
        return self.dues("tick", "--json", "--log-level", "error", expect=expect)

    def tick_that_pays(self, count: int) -> Used:
        """A tick in which exactly so many charges are paid; anything else ends the measure."""
        tick = self.tick()
        if tick.json["paid"] != count:
            raise SystemExit(f"{count} were due: {tick.out}")
        return tick

    def keep_ledger(self, name: str) -> Path:
        """Moves the ledger aside, to be put back as it was."""
        kept = self.directory / name
        kept.mkdir(exist_ok=True)
        for file in self.ledger_files():
            shutil.move(file, kept / file.name)
        return kept

    def put_back(self, kept: Path) -> None:
        """A copy of a ledger that was kept, and the file that says how far it had come."""
        for file in self.ledger_files():
            file.unlink()
        for file in kept.iterdir():
            copy(file, self.directory / file.name)

    def remove(self) -> None:
        """A large ledger takes gigabytes."""
        shutil.rmtree(self.directory)

    def ledger_files(self) -> list[Path]:
        return [file for file in self.directory.glob("dues.db*") if file.is_file()]


def copy(source: Path, target: Path) -> None:
    """With its bytes on the disk, so that a measured command does not wait for the writing of ours."""
    shutil.copyfile(source, target)
    with target.open("rb+") as file:
        os.fsync(file.fileno())
