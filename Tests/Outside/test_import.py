"""`dues charge import`: a file of one-offs, all or none, and twice is once."""

from __future__ import annotations

import http.server
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from world import Result, World, fetch

HEADER = "key,customer,amount,currency,description,due_at,payment_method"


@pytest.fixture
def open_world(world: World) -> World:
    world.start_sandbox()
    return world


def write(world: World, *rows: str, header: str = HEADER, mark: bytes = b"", end: str = "\n") -> str:
    path = world.directory / "march.csv"
    path.write_bytes(mark + (end.join([header, *rows]) + end).encode())
    return str(path)


def lookups(world: World, customer: str) -> int:
    """How often the customer was read at Stripe."""
    rows = world.control("GET", "requests")["data"]
    return sum(row["method"] == "GET" and row["path"] == f"/v1/customers/{customer}" for row in rows)


def refused(result: Result, path: str, *lines: tuple[int, str]) -> None:
    """Each mistake is told with its line, on stderr and in the document; nothing was imported."""
    assert (result.json["imported"], result.json["existing"]) == (0, 0), result
    assert [error["line"] for error in result.json["errors"]] == [line for line, _ in lines], result
    for error, (line, words) in zip(result.json["errors"], lines, strict=True):
        assert words in error["message"], result
        assert f"{path}:{line}: {error['message']}" in result.err, result
    assert "dues: nothing was imported" in result.err, result


def test_a_file_is_imported_once_however_often_it_is_given(open_world: World):
    ada = open_world.customer("Ada Lovelace", "ada@customer.example", card="pm_card_visa")
    bare = open_world.customer("Grace Hopper", "grace@customer.example")
    rows = [
        f"k1,{ada},1099,gbp,Late fee,,",
        f'k2,{ada},500,jpy,"Key, lost",2027-03-31T09:00:00Z,',
        f'k3,{ada},700,gbp,"Locker ""7""",,',
        f"k4,{bare},900,usd,Towel,,",
    ]
    path = write(open_world, *rows, mark=b"\xef\xbb\xbf", end="\r\n")
    assert open_world.ask("charge", "import", path, "--check") == {"imported": 0, "existing": 0, "errors": []}
    assert open_world.rows("charge", "list") == []
    before = lookups(open_world, ada)
    assert open_world.ask("charge", "import", path) == {"imported": 4, "existing": 0, "errors": []}
    assert lookups(open_world, ada) - before == 1
    charges = {row["key"]: row for row in open_world.rows("charge", "list")}
    assert {key: (row["amount"], row["currency"], row["description"]) for key, row in charges.items()} == {
        "k1": (1099, "gbp", "Late fee"), "k2": (500, "jpy", "Key, lost"), "k3": (700, "gbp", 'Locker "7"'),
        "k4": (900, "usd", "Towel"),
    }
    assert charges["k2"]["due_at"] == "2027-03-31T09:00:00Z"
    assert charges["k1"]["payment_method"] and not charges["k4"]["payment_method"]

    asked = len(open_world.control("GET", "requests")["data"])
    open_world.pass_time(minutes=5)
    assert open_world.ask("charge", "import", path) == {"imported": 0, "existing": 4, "errors": []}
    longer = write(open_world, *rows, f"k5,{ada},100,gbp,Chalk,,")
    assert open_world.ask("charge", "import", longer) == {"imported": 1, "existing": 4, "errors": []}
    new = open_world.control("GET", "requests")["data"][asked:]
    assert sum(row["path"] == f"/v1/customers/{ada}" for row in new) == 1, "only the new row asks"
    assert open_world.dues("charge", "import", longer).out == "0 imported, 5 were there already.\n"
    assert open_world.ask("tick")["paid"] == 3


def test_one_bad_row_and_nothing_is_imported(open_world: World):
    ada = open_world.customer("Ada Lovelace", "ada@customer.example", card="pm_card_visa")
    grace = open_world.customer("Grace Hopper", "grace@customer.example", card="pm_card_visa")
    graces = open_world.stripe("GET", f"/v1/customers/{grace}/payment_methods")["data"][0]["id"]
    gone = open_world.customer("Nobody", "nobody@customer.example", card="pm_card_visa")
    open_world.stripe("DELETE", f"/v1/customers/{gone}")
    path = write(
        open_world,
        f"k1,{ada},1099,gbp,Late fee,,",
        f"k2,{ada},29,gbp,Late fee,,",
        "k3,cus_nobody,1099,gbp,Late fee,,",
        f'k4,{ada},1099,gbp,"Late\nfee",,',
        f"k5,{ada},1099,gbp,Late fee,,{graces}",
        f"k6,{gone},1099,gbp,Late fee,,",
        f"k1,{ada},1099,gbp,Late fee,,",
        "k7,cus_nobody,1099,gbp,Late fee,,",
    )
    mistakes = [
        (3, "below Stripe's minimum; write at least 30"), (4, "cus_nobody is not at Stripe"),
        (5, "is not a description"), (7, "is not attached to customer"), (8, "was deleted at Stripe"),
        (9, 'key "k1" stands on line 2 already'), (10, "cus_nobody is not at Stripe"),
    ]
    for options in ([], ["--check"]):
        before = lookups(open_world, "cus_nobody")
        refused(open_world.dues("charge", "import", path, "--json", *options, expect=65), path, *mistakes)
        assert lookups(open_world, "cus_nobody") - before == 1
    assert open_world.rows("charge", "list") == []
    assert open_world.ask("tick")["attempted"] == 0


def test_a_key_with_other_values_is_refused(open_world: World):
    ada = open_world.customer("Ada Lovelace", "ada@customer.example", card="pm_card_visa")
    first = open_world.ask("charge", "import", write(open_world, f"k1,{ada},1099,gbp,Late fee,,"))
    assert first["imported"] == 1
    path = write(open_world, f"k2,{ada},500,gbp,Late fee,,", f"k1,{ada},1100,gbp,Late fee,,")
    result = open_world.dues("charge", "import", path, "--json", expect=65)
    refused(result, path, (3, "with other values: amount is 10.99 GBP, not 11.00 GBP"))
    assert len(open_world.rows("charge", "list")) == 1


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        (b"", 1, "the header is not"),
        (b"customer,amount\ncus_1,5\n", 1, "the header is not"),
        (HEADER.encode() + b'\nk1,cus_1,1099,gbp,"Late fee,,\n', 2, "never closed"),
        (HEADER.encode() + b"\nk1,cus_1,1099,gbp,J\xfcrgen,,\n", 2, "not UTF-8"),
        (HEADER.encode() + b"\nk1,cus_1,1099,gbp,\x00,,\n", 2, "NUL"),
        (HEADER.encode() + b"\n" + b"x" * 100_000, 2, "longer than"),
        (b"\x89PNG\r\n\x1a\n" + b"\x00" * 1000, 1, "not UTF-8"),
    ],
    ids=["empty", "another header", "open quote", "latin-1", "NUL", "endless field", "a picture"],
)
def test_what_is_no_such_file_is_told_with_its_line(open_world: World, content: bytes, line: int, words: str):
    path = open_world.directory / "bad.csv"
    path.write_bytes(content)
    refused(open_world.dues("charge", "import", str(path), "--json", expect=65), str(path), (line, words))


def test_a_file_that_is_not_there_is_named(open_world: World):
    for path in (open_world.directory / "nowhere.csv", open_world.directory):
        result = open_world.dues("charge", "import", str(path), expect=65)
        assert result.out == "" and str(path) in result.err, result


def test_without_stripe_nothing_is_imported(world: World):
    path = write(world, "k1,cus_1,1099,gbp,Late fee,,")
    result = world.dues("charge", "import", path, expect=69)
    assert world.sandbox_url in result.err, result
    assert world.rows("charge", "list") == []


def test_a_large_file_is_imported_once(open_world: World):
    ada = open_world.customer("Ada Lovelace", "ada@customer.example", card="pm_card_visa")
    grace = open_world.customer("Grace Hopper", "grace@customer.example", card="pm_card_visa")
    count = 20_000
    path = write(
        open_world,
        *(
            f"k{number},{(ada, grace)[number % 2]},{100 + number},gbp,Late fee {number},2027-04-01,"
            for number in range(count)
        ),
    )
    assert open_world.ask("charge", "import", path) == {"imported": count, "existing": 0, "errors": []}
    assert open_world.ask("charge", "import", path) == {"imported": 0, "existing": count, "errors": []}
    assert lookups(open_world, ada) == lookups(open_world, grace) == 1


@contextmanager
def meddled_with(world: World, meddle: Callable[[], object]) -> Iterator[None]:
    """Stripe as it is, but that something happens here whenever a customer is looked up."""

    class Between(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path.startswith("/v1/customers/"):
                meddle()
            headers = {name: self.headers[name] for name in ("Authorization", "Stripe-Version") if self.headers[name]}
            answer = fetch(world.sandbox_url + self.path, headers=headers)
            self.send_response_only(answer.status)
            for name in ("Content-Type", "Date", "Request-Id", "Stripe-Version"):
                if answer.headers[name]:
                    self.send_header(name, answer.headers[name])
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Between)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    world.config["stripe"]["api_base"] = f"http://127.0.0.1:{server.server_port}"
    world.write_config()
    try:
        yield
    finally:
        world.config["stripe"]["api_base"] = world.sandbox_url
        world.write_config()
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.mark.parametrize("change", ["a row more", "another amount", "half of it"])
def test_a_file_that_is_written_to_while_it_is_checked_is_not_imported(open_world: World, change: str):
    ada = open_world.customer("Ada Lovelace", "ada@customer.example", card="pm_card_visa")
    path = Path(write(open_world, f"k1,{ada},1099,gbp,Late fee,,", f"k2,{ada},500,gbp,Late fee,,"))
    good = path.read_bytes()
    changed = {
        "a row more": good + f"k3,{ada},500,gbp,Late fee,,\n".encode(),
        "another amount": good.replace(b",1099,", b",9901,"),
        "half of it": good[: len(good) // 2],
    }[change]
    with meddled_with(open_world, lambda: path.write_bytes(changed)):
        result = open_world.dues("charge", "import", str(path), expect=65)
    assert "was changed after it was checked" in result.err and str(path) in result.err, result
    assert result.out == "", result
    assert open_world.rows("charge", "list") == []
    path.write_bytes(good)
    with meddled_with(open_world, lambda: None):
        assert open_world.ask("charge", "import", str(path)) == {"imported": 2, "existing": 0, "errors": []}


def test_a_pipe_is_imported_as_a_file_is(open_world: World):
    ada = open_world.customer("Ada Lovelace", "ada@customer.example", card="pm_card_visa")
    pipe = open_world.directory / "pipe"
    os.mkfifo(pipe)

    def ask(*rows: str, expect: int = 0) -> Result:
        content = "\n".join([HEADER, *rows]) + "\n"
        writer = threading.Thread(target=lambda: pipe.write_text(content), daemon=True)
        writer.start()
        result = open_world.dues("charge", "import", str(pipe), "--json", expect=expect)
        writer.join(10)
        return result

    rows = [f"k{number},{ada},{100 + number},gbp,Late fee,2027-04-01," for number in range(3000)]
    refused(ask(*rows, rows[0], expect=65), str(pipe), (3002, 'key "k0" stands on line 2 already'))
    assert open_world.rows("charge", "list", "--limit", "1") == []
    assert ask(*rows).json == {"imported": 3000, "existing": 0, "errors": []}
    assert ask(*rows[:10]).json == {"imported": 0, "existing": 10, "errors": []}
