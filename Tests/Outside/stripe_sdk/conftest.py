"""Stripe's own SDK against the sandbox: one long script in a handful of tests, each step named in a table at the end.

What is asserted is what is known of Stripe (docs/STRIPE.md), not what the sandbox happens to do.
"""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import stripe

from sdk import STEPS, WARNINGS, Shop
from world import World


@pytest.fixture
def shop(world: World, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch):
    world.start_sandbox()
    shop = Shop(world, request.node.name)
    # The SDK judges the age of a signature by the clock of this world.
    monkeypatch.setattr(stripe._webhook, "time", SimpleNamespace(time=lambda: shop.now))
    yield shop
    shop.close()


@pytest.fixture(scope="session", autouse=True)
def table_of_steps(request: pytest.FixtureRequest):
    """Tells each step and how it went, however pytest captures."""
    yield
    plugins = request.config.pluginmanager
    out = plugins.get_plugin("terminalreporter")
    with plugins.get_plugin("capturemanager").global_and_fixture_disabled():
        out.ensure_newline()
        for number, step in enumerate(STEPS, 1):
            how = "FAILED" if step.error else "ok"
            out.write_line(f"{number:4}  {how:6}  {step.test.removeprefix('test_')}: {step.name}")
        for warning in WARNINGS:
            out.write_line(f"  unlisted: {warning}")
