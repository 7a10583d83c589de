"""What the tests from outside share: the programs started as an operator would start them, and always stopped.

The tests know Dues by its commands, files and addresses only. Time is virtual: all programs of one world start with
`--now`, and a test moves on by saying a later one.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect, sync_playwright
from xdist.scheduler import LoadScopeScheduling

from world import DUES, ROOT, World

SCREENSHOTS = ROOT / ".build" / "screenshots"
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
#: Features of Chromium that are switched off. Of two such switches the last counts, so what Playwright 1.65 leaves out is
#: left out here, too; then the two pages of the address bar, which nobody sees and which take a second with each context, and the process that is
#: kept in reserve.
FEATURES_OFF = [
    "AvoidUnnecessaryBeforeUnloadCheckSync", "DestroyProfileOnBrowserClose", "HttpsUpgrades",
    "HttpsFirstBalancedModeAutoEnable", "LensOverlay", "MediaRouter", "PaintHolding", "ThirdPartyStoragePartitioning",
    "AvoidCorsURLLoaderRestartOnRedirect", "OptimizationHints", "NetworkTimeServiceQuerying", "AimEnabled",
    "PreconnectToSearch",
    "WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "SpareRendererForSitePerProcess",
]

# Others run beside: what is a moment alone may take long.
expect.set_options(timeout=15_000)


# --- Workers ----------------------------------------------------------------------------------------------------------

#: What one worker runs, one after the other: they share what takes long to set up, or, in the first, a tally and a machine
#: that they are hard enough on.
TOGETHER = [
    "test_kill.py::", "test_bad_input.py::", "test_every_page.py::test_a_page_says_what_is_true_", "test_api_surface.py::",
    "stripe_sdk/", "test_install.py::",
]
#: Run first, in this order: what takes long would be waited for by one worker alone at the end.
LONG = ["test_kill.py", "test_bad_input.py", "test_every_page.py", "test_import.py", "test_spam.py", "test_our_page.py"]


class Scheduling(LoadScopeScheduling):
    """Each test to whoever is free, but for those that belong together.

    `--dist loadgroup` would be this, and does nothing with pytest 9.2 (pytest-xdist 3.8, issue 1386).
    """

    def _split_scope(self, nodeid: str) -> str:
        return next((prefix for prefix in TOGETHER if prefix in nodeid), nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Scheduling:
    config.option.loadscopereorder = False
    return Scheduling(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    rank = {name: number for number, name in enumerate(LONG)}
    items.sort(key=lambda item: rank.get(item.path.name, len(rank)))


# --- At start, and at each test's end ---------------------------------------------------------------------------------


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


# --- What is told at the end ------------------------------------------------------------------------------------------

TOLD = pytest.StashKey[dict[str, list[str]]]()


@pytest.fixture(scope="session")
def tell_at_the_end(request: pytest.FixtureRequest):
    """Tells lines under a title after all tests, however pytest captures and whichever worker this is."""
    told = request.config.stash.setdefault(TOLD, {})

    def tell(title: str, lines: list[str]) -> None:
        told.setdefault(title, []).extend(lines)

    return tell


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker of pytest-xdist has no terminal: what it has to tell goes to the one who has."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["told"] = session.config.stash.get(TOLD, {})


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    told = node.config.stash.setdefault(TOLD, {})
    # One that crashed has left nothing.
    for title, lines in getattr(node, "workeroutput", {}).get("told", {}).items():
        told.setdefault(title, []).extend(lines)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for title, lines in config.stash.get(TOLD, {}).items():
        terminalreporter.section(title)
        for line in lines:
            terminalreporter.write_line(line)


# --- Fixtures ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def world(tmp_path: Path, request: pytest.FixtureRequest):
    """An empty world of its own: a place for files, and nothing started yet."""
    with World(tmp_path) as world:
        yield world
        if request.node.stash.get(FAILED, False):
            world.tell()


@pytest.fixture
def open_world(world: World) -> World:
    """One with a Stripe, in English."""
    world.speak_only("en")
    world.start_sandbox()
    return world


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
                f"--disable-features={','.join(FEATURES_OFF)}",
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
