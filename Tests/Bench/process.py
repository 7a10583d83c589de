"""Commands that are measured, and servers that they talk to."""

from __future__ import annotations

import json
import os
import subprocess
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Used:
    """What one command took, as the kernel counts it for the whole process."""

    wall_s: float
    user_s: float
    system_s: float
    max_rss_kib: int
    out: str

    @property
    def cpu_s(self) -> float:
        return self.user_s + self.system_s

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    def as_dict(self) -> dict[str, Any]:
        return {
            "wall_s": round(self.wall_s, 6),
            "cpu_s": round(self.cpu_s, 6),
            "max_rss_kib": self.max_rss_kib,
        }


class Tools:
    """The peers that were compiled, and the program that is measured."""

    def __init__(self, directory: Path, dues: Path):
        self.directory = directory
        self.dues = dues
        self.canned = directory / "canned"
        self.bare = directory / "bare"
        self.load = directory / "load"
        self.empty = directory / "empty"
        self._measure = directory / "measure"

    def run(
        self, command: list[str | Path], cwd: Path, environment: dict[str, str] | None = None, expect: int = 0
    ) -> Used:
        """Runs a command to its end; an exit code that is not expected ends the bench."""
        result, out, err = cwd / "measured.json", cwd / "measured.out", cwd / "measured.err"
        with out.open("wb") as stdout, err.open("wb") as stderr:
            code = subprocess.run(
                [self._measure, result, *command],
                cwd=cwd,
                env=environment or dict(os.environ),
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
            ).returncode
        text = out.read_text(errors="replace")
        if code != expect:
            tail = err.read_text(errors="replace")[-2000:]
            raise SystemExit(f"{' '.join(map(str, command))} ended with {code}\n{text[-2000:]}\n{tail}")
        used = json.loads(result.read_text())
        return Used(used["wall_s"], used["user_s"], used["system_s"], used["max_rss_kib"], text)


class Server:
    """A program that listens; stopped by its own id."""

    def __init__(self, command: list[str | Path], cwd: Path, name: str, environment: dict[str, str] | None = None):
        self.log = cwd / f"{name}.log"
        self._log = self.log.open("wb")
        self.process = subprocess.Popen(
            command,
            cwd=cwd,
            env=environment or dict(os.environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self._log.close()

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: Any) -> None:
        self.stop()


class Canned(Server):
    """The Stripe that says the same to everybody (peer/canned.c)."""

    def __init__(self, tools: Tools, answers: Path, cwd: Path):
        super().__init__([tools.canned, "--answers", answers], cwd, "canned")
        assert self.process.stdout
        self.url = f"http://127.0.0.1:{int(self.process.stdout.readline())}"

    def __enter__(self) -> Canned:
        return self

    def set(self, delay_ms: int = 0, limit: int = 0) -> None:
        """Changes the mode, and counts anew."""
        fetch(f"{self.url}/bench/set?delay_ms={delay_ms}&limit={limit}")

    def stats(self) -> dict[str, Any]:
        return json.loads(fetch(f"{self.url}/bench/stats"))


_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def fetch(url: str, body: bytes | None = None) -> bytes:
    with _opener.open(urllib.request.Request(url, data=body), timeout=20) as response:
        return response.read()
