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
def table_of_steps(tell_at_the_end):
    """Tells each step and how it went."""
    yield
    steps = [f"{'FAILED' if it.error else 'ok':6}  {it.test.removeprefix('test_')}: {it.name}" for it in STEPS]
    tell_at_the_end("steps of Stripe's own SDK", steps + [f"unlisted: {warning}" for warning in WARNINGS])
