"""A power cut: what a disk may hold after it, worked out from all that a process wrote and synced.

`strace` writes down each call that changes the ledger's files. What was not synced when the power went may be on the disk
whole, in part or not at all, by sectors; what was synced is there, and so is its name, as Linux's file systems promise. A
name that was taken away comes back unless its directory was synced since. What a process holds in memory (`-shm`) is gone.
What was there when it began counts as synced.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

#: What a disk writes whole or not at all; bytes.
SECTOR = 512
#: Of a ledger's files, those that last.
SUFFIXES = ("", "-wal", "-journal", ".progress")
UNDERSTOOD = ("openat", "pwrite64", "ftruncate", "unlink", "unlinkat", "fsync", "fdatasync")
#: What would change a file, too, and is met by none of them: a disk that met one would be another than this.
STRANGE = ("open", "creat", "write", "writev", "pwritev", "pwritev2", "truncate", "fallocate", "rename",
           "renameat", "renameat2", "link", "linkat", "sync_file_range", "copy_file_range")


@dataclass(eq=False)
class Change:
    """A write of bytes at a place, or (without bytes) a new length."""

    at: int
    data: bytes | None
    #: The call has come back.
    is_done: bool = False

    def parts(self) -> Iterator[Change]:
        """By sectors, as a disk may take them."""
        if self.data is None:
            yield self
            return
        start = self.at
        while start < self.at + len(self.data):
            end = min((start // SECTOR + 1) * SECTOR, self.at + len(self.data))
            yield Change(start, self.data[start - self.at : end - self.at])
            start = end

    def make(self, content: bytearray) -> None:
        end = self.at + len(self.data or b"")
        if len(content) < end:
            content.extend(bytes(end - len(content)))
        if self.data is None:
            del content[self.at :]
        else:
            content[self.at : end] = self.data


@dataclass
class File:
    #: What is on the disk; None: no file.
    synced: bytearray | None
    pending: list[Change] = field(default_factory=list)
    is_made: bool = False
    #: What was removed, and comes back unless the directory was synced since.
    removed: File | None = None

    def remove(self) -> None:
        self.removed = File(self.synced, self.pending, self.is_made, self.removed)
        self.synced, self.pending, self.is_made = None, [], False

    def left(self, chance: random.Random, share: float) -> tuple[bytearray | None, int]:
        """What a disk may hold of it if each sector that was not synced is there by this chance; and how many are not.

        Of a sector that was written several times, an earlier state may be there, and none without those before it.
        """
        content, lost = self.synced, 0
        if content is None and self.is_made and chance.random() < share:
            content = bytearray()
        torn: set[int | None] = set()
        for part in (part for change in self.pending for part in change.parts()):
            sector = None if part.data is None else part.at // SECTOR
            if content is None or sector in torn or chance.random() >= share:
                torn.add(sector)
                lost += 1
            else:
                part.make(content)
        if content is None and self.removed and chance.random() >= share:
            return self.removed.left(chance, share)
        return content, lost

    def whole(self, with_undone: bool) -> bytes | None:
        """What a process that reads it would see."""
        if self.synced is None and not self.is_made:
            return None
        content = bytearray(self.synced or b"")
        for change in self.pending:
            if change.is_done or with_undone:
                change.make(content)
        return bytes(content)


class Disk:
    """The files of a ledger while one process runs, from what `strace` says of it."""

    def __init__(self, ledger: Path) -> None:
        self.log = ledger.with_name("power.log")
        self.directory = ledger.parent
        self.files = {Path(f"{ledger}{suffix}"): File(None) for suffix in SUFFIXES}
        #: The process has written into the ledger itself, beside its log.
        self.copies = False
        self._memory = Path(f"{ledger}-shm")
        for path, file in self.files.items():
            if path.exists():
                file.synced = bytearray(path.read_bytes())

    def watching(self, call: str, number: int) -> list[str]:
        """What to run a program under: it dies as one of its threads enters its n-th call of this kind."""
        # Not every machine has all of them.
        traced = ",".join(f"?{name}" for name in dict.fromkeys([*UNDERSTOOD, *STRANGE, call]))
        return [
            "strace", "-f", "-q", "-y", "-xx", "-s", "1000000", "-o", str(self.log), "-e", f"trace={traced}",
            "-e", f"inject={call}:signal=KILL:when={number}", "--",
        ]

    def read_log(self, lies: bool = False) -> None:
        """Follows the process to its end. `lies`: the disk says that it has synced, and has not.

        Raises ValueError at what is not understood, and if the files are not what this should have made of them.
        """
        under_way: dict[str, tuple[str, str]] = {}
        marks: dict[str, tuple[File, list[Change]]] = {}
        for line in self.log.read_text().splitlines():
            thread, _, text = line.partition(" ")
            text = text.strip()
            if resumed := re.match(r"<\.\.\. (\w+) resumed>(.*)", text):
                call, begun = under_way.pop(thread)
                self._returned(thread, call, begun + resumed[2], marks, lies)
            elif begun := re.match(r"(\w+)\((.*?)(<unfinished \.\.\.>)?$", text):
                call, said = begun[1], begun[2]
                self._entered(thread, call, said, marks)
                if begun[3]:
                    under_way[thread] = (call, said)
                else:
                    self._returned(thread, call, said, marks, lies)
        for path, file in self.files.items():
            there = path.read_bytes() if path.exists() else None
            if there not in (file.whole(False), file.whole(True)):
                raise ValueError(f"{path} has {len(there or b'')} bytes, and the calls make others of it")

    def _path(self, said: str) -> Path | None:
        """What a call is about, by the first path that it names."""
        named = re.search(r'[<"]((?:\\x[0-9a-f]{2})+)[>"]', re.sub(r"^AT_FDCWD<[^>]*>, ", "", said))
        return Path(unhex(named[1]).decode()) if named else None

    def _file(self, said: str) -> File | None:
        return self.files.get(self._path(said))

    def _entered(self, thread: str, call: str, said: str, marks: dict) -> None:
        file = self._file(said)
        if file is None:
            return
        if call in STRANGE or call == "openat" and "O_TRUNC" in said:
            raise ValueError(f"{call}({said[:200]} is not understood")
        if call == "pwrite64":
            write = re.match(r'\d+<[^>]*>, "((?:\\x[0-9a-f]{2})*)", (\d+), (\d+)', said)
            data = unhex(write[1])
            if len(data) != int(write[2]):
                raise ValueError(f"a write of {write[2]} bytes of which {len(data)} were told")
            file.pending.append(Change(int(write[3]), data))
            self.copies |= self._path(said).suffix == ".db"
        elif call == "ftruncate":
            file.pending.append(Change(int(re.match(r"\d+<[^>]*>, (\d+)", said)[1]), None))
        elif call in ("fsync", "fdatasync"):
            # What was under way as the sync began need not be part of it.
            marks[thread] = (file, [change for change in file.pending if change.is_done])
            return
        if call in ("pwrite64", "ftruncate"):
            marks[thread] = (file, [file.pending[-1]])

    def _returned(self, thread: str, call: str, said: str, marks: dict, lies: bool) -> None:
        result = re.search(r"\) += (-?\d+|\?)", said)
        if not result or result[1] == "?":
            return
        worked = int(result[1]) >= 0
        if call in ("unlink", "unlinkat"):
            if worked and (file := self._file(said)):
                file.remove()
            return
        if call in ("fsync", "fdatasync") and self._path(said) == self.directory:
            for file in self.files.values() if worked and not lies else ():
                file.removed = None
                if file.is_made and file.synced is None:
                    file.synced = bytearray()
            return
        if call == "openat":
            if worked and "O_CREAT" in said and (file := self._file(said)) and file.synced is None:
                file.is_made = True
            return
        if thread not in marks:
            return
        file, changes = marks.pop(thread)
        if call in ("fsync", "fdatasync"):
            if not worked or lies:
                return
            file.synced = file.synced or bytearray()
            for change in changes:
                change.make(file.synced)
            file.pending = [change for change in file.pending if change not in changes]
        elif worked:
            changes[0].is_done = True
            if call == "pwrite64":
                changes[0].data = changes[0].data[: int(result[1])]
        else:
            file.pending.remove(changes[0])

    def cut(self, chance: random.Random, share: float | None = None) -> dict[str, int]:
        """The power goes: writes what is left into the files, and says how many sectors of which were lost.

        `share`: how many of those that were not synced are there; otherwise by chance.
        """
        share = chance.choice([0, 0, 0.5, 0.9, 1]) if share is None else share
        lost: dict[str, int] = {}
        for (path, file), suffix in zip(self.files.items(), SUFFIXES):
            content, missing = file.left(chance, share)
            if missing:
                lost[suffix or "the ledger"] = missing
            if content is None:
                path.unlink(missing_ok=True)
            else:
                path.write_bytes(content)
        self._memory.unlink(missing_ok=True)
        return lost


def in_words(lost: dict[str, int]) -> str:
    return "lost of " + " and ".join(sorted(lost)) if lost else "nothing lost"


def unhex(text: str) -> bytes:
    return bytes.fromhex(text.replace("\\x", ""))
