"""Programs of the system that tests cannot do without."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable
from typing import Any

import pytest


def program(name: str) -> str:
    """Where it is; a test that needs it fails where it is missing, since a skipped test proves nothing.

    Only where set-up had no right to install it, and has said so, it is skipped."""
    found = shutil.which(name)
    if found is None and os.environ.get("VISAVIS_TESTS_WITHOUT"):
        pytest.skip(f"waits for {name}, which could not be installed")
    if found is None:
        pytest.fail(f"{name} is not installed; run the tests with packaging/test.sh, which installs it.", pytrace=False)
    return found


def wait_for(condition: Callable[[], bool], what: str, seconds: float = 10.0) -> None:
    """Return once the condition holds; fail if it never does."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            pytest.fail(f"waited {seconds:.0f} seconds in vain: {what}", pytrace=False)
        time.sleep(0.02)


def end(child: subprocess.Popen[Any], patience: float = 3.0) -> None:
    """Ask a child to end, and see to it that it does."""
    child.terminate()
    try:
        child.wait(patience)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
