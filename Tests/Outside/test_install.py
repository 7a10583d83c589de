"""`make install`: what an operator finds on the machine afterwards."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from world import DUES, ROOT

COMMANDS = ["tick", "serve", "charge", "agreement", "setup", "fence", "rehearse"]


def run(script: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [ROOT / "scripts" / script], env=os.environ | environment, capture_output=True, text=True, timeout=600
    )


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("root")
    for script in ("manual.sh", "install.sh"):
        done = run(script, BINARY=str(DUES), DESTDIR=str(root))
        assert done.returncode == 0, done.stderr
    return root


def test_the_program_and_its_units_are_there_and_the_operators_files_are_left_alone(installed: Path):
    program = installed / "usr/local/bin/dues"
    version = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=60)
    assert version.returncode == 0 and version.stdout.strip(), version
    for unit in ("dues-tick.service", "dues-tick.timer", "dues-web.service"):
        assert (installed / "usr/local/lib/systemd/system" / unit).is_file()
    mine = installed / "etc/dues/templates/email/en/reminder.mustache"
    mine.write_text("Subject: Mine\n\nMine.\n")
    again = run("install.sh", BINARY=str(DUES), DESTDIR=str(installed))
    assert again.returncode == 0 and mine.read_text() == "Subject: Mine\n\nMine.\n", again.stderr


def test_the_manual_tells_every_command(installed: Path):
    page = (installed / "usr/local/share/man/man1/dues.1").read_text()
    assert page.startswith(".") and "\n.Nm dues\n" in page
    for command in COMMANDS:
        assert f"\n.It Em {command}\n" in page, command
    assert "dues charge list --state held" in page


@pytest.mark.parametrize(
    "place",
    ["bash-completion/completions/dues", "zsh/site-functions/_dues", "fish/vendor_completions.d/dues.fish"],
)
def test_shells_complete_every_command(installed: Path, place: str):
    script = (installed / "usr/local/share" / place).read_text()
    assert [command for command in COMMANDS if command not in script] == []


def test_nothing_is_installed_before_it_is_built(tmp_path: Path):
    refused = run("install.sh", BINARY=str(tmp_path / "dues"), DESTDIR=str(tmp_path / "root"))
    assert refused.returncode == 1 and "make release" in refused.stderr, refused
    assert not (tmp_path / "root").exists()
