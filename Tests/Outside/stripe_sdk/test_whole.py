"""The script as a whole."""

from __future__ import annotations

import pytest
from sdk import STEPS


def test_the_script_is_long_enough(request: pytest.FixtureRequest):
    """At least 45 steps, as the issue asks; counted where all tests of this folder were run."""
    others = {item.name for item in request.session.items if item.path.parent == request.path.parent} - {
        request.node.name
    }
    if not others <= {step.test for step in STEPS} or len(others) < 13:
        pytest.skip("only a part of the script was run")
    assert len(STEPS) >= 45, len(STEPS)
