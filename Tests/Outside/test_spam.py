"""Every mail in every language, as a spam filter reads it: SpamAssassin with its package's rules, without network."""

from __future__ import annotations

import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from world import World, bodies, well_made

MAILS = [
    "authentication_needed", "card_expiring", "final_notice", "payment_failed", "payment_recovered", "reminder",
    "setup_invitation", "upcoming_charge",
]
LANGUAGES = ["en", "de", "fr", "es", "ja"]
#: Filters put aside what has 5; a mail of ours has to leave room for what a filter holds against its sender.
ALLOWED = 2.0
#: What SpamAssassin's authors made so that a filter can be tried: it has 1000 points.
GTUBE = "XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"

pytestmark = pytest.mark.skipif(
    shutil.which("spamassassin") is None, reason="there is no spamassassin: apt-get install spamassassin"
)


@dataclass
class Judgment:
    points: float
    #: Its rules that hit, as "points NAME".
    rules: list[str]

    def __str__(self) -> str:
        return f"{self.points:g} ({', '.join(self.rules)})"


def judge(mails: list[Path], home: Path) -> list[Judgment]:
    """One run over all mails: most of its time goes into compiling the rules."""
    done = subprocess.run(
        # Not wrapped in a mail that carries the report, which would be printed twice.
        ["spamassassin", "--local", "--test-mode", "--cf=report_safe 0", *map(str, mails)],
        env={"PATH": "/usr/bin:/bin", "HOME": str(home), "LC_ALL": "C.UTF-8"},
        capture_output=True,
        timeout=240,
    )
    out = done.stdout.decode(errors="replace")
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    found = re.split(r"^Content analysis details: +\(", out, flags=re.MULTILINE)[1:]
    assert len(found) == len(mails), out[-3000:]
    judgments = []
    for report in found:
        # The report ends with an empty line; what follows it is the next mail.
        table = report.split("----\n", 1)[1].split("\n\n", 1)[0]
        rules = [" ".join(hit) for hit in re.findall(r"^ *(-?\d+(?:\.\d+)?) ([A-Z]\w+)", table, re.MULTILINE)]
        judgments.append(Judgment(float(report.split()[0]), rules))
    return judgments


def send(world: World, mail: str, language: str) -> None:
    """Into the outbox, with made-up values, to an address that names both."""
    world.dues("template", "send", mail, "--locale", language, "--to", f"{language}.{mail}@customer.example")


def delivered(raw: bytes) -> bytes:
    """The mail as it lies in a mailbox: the receiver's server has written on it where it came from."""
    date = str(well_made(raw)["Date"]).encode()
    return (
        b"Received: from mail.acme.example (mail.acme.example [93.184.216.34])\r\n"
        b"\tby mx.customer.example (Postfix) with ESMTPS id 4XyZ1B2c3Dz\r\n"
        b"\tfor <grace@customer.example>; " + date + b"\r\n" + raw
    )


@pytest.mark.timeout(300)
def test_no_mail_smells_of_spam(world: World, tmp_path: Path):
    assert {row["name"] for row in world.rows("template", "list")} == set(MAILS)

    names = [(mail, language) for mail in MAILS for language in LANGUAGES]
    send(world, *names[0])
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda name: send(world, *name), names[1:]))
    mailbox = tmp_path / "mailbox"
    mailbox.mkdir()
    paths = []
    for path in (world.directory / "outbox").glob("*.eml"):
        raw = path.read_bytes()
        language, mail = re.search(r"<?(\w\w)\.(\w+)@customer", well_made(raw)["To"]).groups()
        paths.append(mailbox / f"{mail}.{language}.eml")
        paths[-1].write_bytes(delivered(raw))
    assert sorted(path.name for path in paths) == sorted(f"{mail}.{language}.eml" for mail, language in names)

    # The filter is awake: it sees what is made to be seen.
    example = next(path for path in paths if path.name == "payment_failed.en.eml")
    text, _ = bodies(well_made(example.read_bytes()))
    bait = mailbox / "bait.eml"
    bait.write_bytes(example.read_bytes().replace(b"Hello", GTUBE.encode() + b"\r\n\r\nHello", 1))
    assert GTUBE in bodies(well_made(bait.read_bytes()))[0] and GTUBE not in text

    paths.sort()
    *judgments, caught = judge([*paths, bait], tmp_path)
    for path, judgment in zip(paths, judgments, strict=True):
        print(f"{path.stem:28} {judgment}")
    assert caught.points > 900, caught
    suspect = {path.stem: str(judgment) for path, judgment in zip(paths, judgments) if judgment.points >= ALLOWED}
    assert not suspect, suspect
