"""What this machine can run, for the window: the command `doctor` in a process of its own, because it loads PyTorch."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

log = logging.getLogger(__name__)

_MAIN = Path(__file__).resolve().parent.parent / "main.py"
_PATIENCE = 180.0  # seconds; a busy machine takes long to load PyTorch


@dataclass(frozen=True)
class MachineReport:
    """What was found.

    Attributes:
        usable: whether a question can be answered here.
        verdicts: "ok", "missing" or "fatal" by the name of what was looked at.
        facts: numbers and names by the same name.
    """

    usable: bool
    verdicts: dict[str, str]
    facts: dict[str, dict[str, Any]]


def examine(tell: Callable[[MachineReport | None], None]) -> None:
    """Look, and tell on a thread of its own; None where that could not be done. Returns at once."""
    threading.Thread(target=lambda: tell(_examine()), name="machine", daemon=True).start()


def _examine() -> MachineReport | None:
    try:
        told = subprocess.run(
            [sys.executable, str(_MAIN), "doctor", "--json"],
            capture_output=True,
            timeout=_PATIENCE,
            env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        )
        return read(json.loads(told.stdout))
    except (OSError, subprocess.TimeoutExpired, ValueError, KeyError) as error:
        log.warning("the machine could not be looked at: %s", error)
        return None


def read(told: dict[str, Any]) -> MachineReport:
    """What `doctor --json` prints."""
    findings = told["findings"]
    return MachineReport(
        bool(told["main_job"]),
        {finding["name"]: finding["verdict"] for finding in findings},
        {finding["name"]: finding["facts"] or {} for finding in findings},
    )
