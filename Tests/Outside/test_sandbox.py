"""`dues sandbox` as a stranger uses it: the README's own words, its pages, its state file, its options."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from world import DUES, ROOT, World, fetch, form, wait_until

README = (ROOT / "README.md").read_text()
KEY = {"Authorization": "Bearer sk_test_stranger"}


def make_customer(url: str, name: str) -> str:
    answer = fetch(f"{url}/v1/customers", "POST", form({"name": name}), KEY)
    assert answer.status == 200, answer.text
    return answer.json["id"]


def test_the_python_of_the_readme_runs_by_changing_the_base_url_alone(world: World):
    world.start_sandbox()
    (program,) = re.findall(r"```python\n(import stripe.*?)```", README, re.DOTALL)
    assert "http://127.0.0.1:12111" in program
    done = subprocess.run(
        [sys.executable, "-c", program.replace("http://127.0.0.1:12111", world.sandbox_url)],
        capture_output=True, text=True, timeout=30,
    )
    assert (done.returncode, done.stdout) == (0, "card_declined generic_decline\n"), done.stderr


def test_the_curl_of_the_readme_is_answered(world: World):
    world.start_sandbox()
    (line,) = re.findall(r"^(curl http://127.0.0.1:12111/v1/customers -u sk_test_any: .*)$", README, re.MULTILINE)
    done = subprocess.run(
        ["bash", "-c", line.replace("http://127.0.0.1:12111", world.sandbox_url).replace("curl ", "curl -s ")],
        capture_output=True, text=True, timeout=30,
    )
    assert json.loads(done.stdout)["name"] == "Ada Lovelace", done.stderr


def test_a_killed_sandbox_goes_on_where_its_state_file_is(world: World):
    port = world.sandbox_url.rsplit(":", 1)[1]
    file = world.directory / "stripe.json"
    options = ["sandbox", "--listen", f"127.0.0.1:{port}", "--state", str(file)]
    first = world.start("sandbox", *options)
    first.is_ready(world.sandbox_url + "/_sandbox/clock")
    kept = make_customer(world.sandbox_url, "Kept")
    before = fetch(f"{world.sandbox_url}/_sandbox/clock").json["now"]
    fetch(f"{world.sandbox_url}/_sandbox/clock", "POST", form({"advance": 86_400}))

    def is_written() -> bool:
        text = file.read_text() if file.exists() else "{}"
        return kept in text and json.loads(text)["ahead"] == 86_400

    wait_until("the state file to know the customer and the day", is_written)
    first.kill()

    second = world.start("sandbox-again", *options)
    second.is_ready(world.sandbox_url + "/_sandbox/clock")
    found = fetch(f"{world.sandbox_url}/v1/customers/{kept}", headers=KEY)
    assert found.json["name"] == "Kept"
    assert fetch(f"{world.sandbox_url}/_sandbox/clock").json["now"] >= before + 86_400


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--listen", "0.0.0.0:0"], 64, "loopback only"),
        (["--listen", "nowhere"], 64, "is not a host and a port"),
        (["--latency", "soon"], 64, "write it like 300ms"),
        (["--latency", "-1ms"], 64, ""),
        (["--state", "{file}"], 65, "it is no state file of a sandbox"),
        (["--state", "{directory}"], 65, "cannot be read"),
    ],
)
def test_options_that_cannot_be_are_refused_with_words(world: World, arguments, code, words):
    (world.directory / "other.json").write_text('{"hello": 1}')
    places = {"file": str(world.directory / "other.json"), "directory": str(world.directory)}
    done = subprocess.run(
        [str(DUES), "sandbox", *(argument.format(**places) for argument in arguments)],
        capture_output=True, text=True, timeout=30, stdin=subprocess.DEVNULL,
    )
    assert done.returncode == code, done
    assert words in done.stderr


def test_a_live_key_is_refused(world: World):
    world.start_sandbox()
    answer = fetch(f"{world.sandbox_url}/v1/customers", headers={"Authorization": "Bearer sk_live_" + "x" * 24})
    assert answer.status == 401
    assert "refuses live keys" in answer.json["error"]["message"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_show_and_move_everything(world: World, phone, screenshot, scheme: str):
    world.start_sandbox()
    session = world.stripe(
        "POST",
        "/v1/checkout/sessions",
        {
            "mode": "setup",
            "currency": "usd",
            "customer": world.customer("Ada", "ada@customer.example"),
            "success_url": "https://shop.example/",
        },
    )
    page = phone(color_scheme=scheme).new_page()
    page.goto(world.sandbox_url)
    clean(page)
    screenshot(page, f"sandbox-index-{scheme}")
    before = world.control("GET", "clock")["now"]
    page.get_by_role("button", name="a day").click()
    wait_until("the day to pass", lambda: world.control("GET", "clock")["now"] >= before + 86_400)
    expect(page.get_by_role("link", name=session["id"][:24])).to_be_visible()
    page.get_by_role("link", name=session["id"][:24]).click()
    expect(page.locator("pre")).to_contain_text('"object": "checkout.session"')
    clean(page)


def test_an_account_is_verified_on_its_page(world: World, phone, screenshot):
    world.start_sandbox()
    session = world.stripe(
        "POST",
        "/v1/checkout/sessions",
        {
            "mode": "setup",
            "currency": "usd",
            "customer": world.customer("Bea", "bea@customer.example"),
            "success_url": world.sandbox_url + "/",
        },
    )
    page = phone().new_page()
    page.goto(session["url"])
    page.get_by_label("US bank account that small deposits must verify").check()
    page.get_by_role("button", name="Save card").click()
    expect(page).to_have_title("Sandbox")
    page.get_by_role("link", name="verify").click()
    expect(page.get_by_role("button", name="Verify")).to_be_visible()
    clean(page)
    screenshot(page, "sandbox-verify")
    page.get_by_label("Code").fill("SM0000")
    page.get_by_role("button", name="Verify").click()
    expect(page.get_by_role("alert")).to_contain_text("not the code")
    page.get_by_label("Code").fill("SM11AA")
    page.get_by_role("button", name="Verify").click()
    expect(page).to_have_title("Verified")
    intent = world.stripe("GET", f"/v1/setup_intents/{session['setup_intent']}")
    assert (intent["status"], bool(intent["mandate"])) == ("succeeded", True)


def clean(page) -> None:
    """No axe violations, and nothing wider than the phone."""
    violations = Axe().run(page).response["violations"]
    assert not violations, [(found["id"], found["nodes"][0]["html"]) for found in violations]
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
