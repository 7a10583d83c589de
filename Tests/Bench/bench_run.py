"""What every measure is given: where to work, how large, how often."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from process import Canned, Tools
from world import ANSWERS, World


class Bench:
    def __init__(self, tools: Tools, directory: Path, rounds: int, is_small: bool, is_large: bool):
        self.tools = tools
        self.directory = directory
        self.rounds = rounds
        self.is_small = is_small
        self.is_large = is_large
        directory.mkdir(parents=True, exist_ok=True)
        tools.most_requests_per_second = 1_000_000
        if not self._takes_rate(1_000_000):
            tools.most_requests_per_second = 1000

    def size(self, whole: int, small: int) -> int:
        return small if self.is_small else whole

    def canned(self) -> Canned:
        return Canned(self.tools, ANSWERS, self.directory)

    def world(self, name: str, canned: Canned, **config: dict) -> World:
        return World(self.tools, self.directory / name, canned.url, **config)

    def _takes_rate(self, rate: int) -> bool:
        """Whether the configuration may say so; if not, nothing can be faster than what it may say."""
        with tempfile.TemporaryDirectory(dir=self.directory) as directory:
            world = World(self.tools, Path(directory) / "rate", "http://127.0.0.1:9")
            done = subprocess.run(
                world.command("status", "--json"), env=world.environment, capture_output=True, cwd=world.directory
            )
        return done.returncode != 78
