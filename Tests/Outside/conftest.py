"""What the tests from outside share: the programs started as an operator would start them, and always stopped.

The tests know Dues by its commands, files and addresses only. Time is virtual: all programs of one world start with
`--now`, and a test moves on by saying a later one.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from world import DUES, ROOT, World

SCREENSHOTS = ROOT / ".build" / "screenshots"
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")


def pytest_sessionstart(session: pytest.Session) -> None:
    if not DUES.exists():
        pytest.exit(f"{DUES} is not there: run `make build` first, or name another in DUES_BINARY", returncode=2)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo):
    """Leaves word of a failure where the `world` fixture can read it."""
    outcome = yield
    report = outcome.get_result()
    if report.when == "call":
        item.stash[FAILED] = report.failed


FAILED = pytest.StashKey[bool]()


@pytest.fixture
def world(tmp_path: Path, request: pytest.FixtureRequest):
    """An empty world of its own: a place for files, and nothing started yet."""
    with World(tmp_path) as world:
        yield world
        if request.node.stash.get(FAILED, False):
            world.tell()


@pytest.fixture(scope="session")
def browser():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=[
                "--no-sandbox",
                "--disable-dev-shm-usage",
                "--disable-quic",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
            ],
        )
        yield browser
        browser.close()


@pytest.fixture
def phone(browser: Browser):
    """Makes browser contexts with the viewport of a small phone, and closes them."""
    contexts = []

    def make(javascript: bool = True, color_scheme: str = "light", locale: str = "en-GB"):
        context = browser.new_context(
            viewport={"width": 360, "height": 640},
            device_scale_factor=2,
            is_mobile=True,
            has_touch=True,
            java_script_enabled=javascript,
            color_scheme=color_scheme,
            locale=locale,
        )
        context.set_default_timeout(15_000)
        contexts.append(context)
        return context

    yield make
    for context in contexts:
        context.close()


@pytest.fixture
def screenshot():
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)

    def take(page, name: str) -> None:
        page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)

    return take
