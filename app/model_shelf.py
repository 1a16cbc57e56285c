"""Models in the window: listed, fetched, checked, removed, each by the command `models` in a process of its own.

So a download goes on with what the command line began and the other way round, nothing of it runs on the GUI thread,
and a pause is the end of a process. All methods are for the GUI thread and return at once; results come through `post`.
"""

from __future__ import annotations

import json
import logging
import math
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from app.view_models.models import ModelEntry, ModelFit, ModelState, ModelsViewModel

log = logging.getLogger(__name__)

_MAIN = Path(__file__).resolve().parent.parent / "main.py"
_STATES = {"download": ModelState.COMING, "verify": ModelState.CHECKING, "remove": ModelState.REMOVING}

_FRESH = 60.0  # seconds that what was seen holds: to look takes seconds of the processor's time

Post = Callable[[Callable[[], None]], None]


class ModelShelf:
    """One act at a time for each model."""

    def __init__(self, shown: ModelsViewModel, post: Post) -> None:
        self.shown, self._post = shown, post
        self._running: dict[str, subprocess.Popen[str]] = {}
        self._paused: set[str] = set()
        self._looking = False
        self._looked_at = -math.inf
        self._closed = False

    def look(self) -> None:
        """What is here, and what would fit; a few seconds later, and not again at once."""
        fresh = time.monotonic() - self._looked_at < _FRESH
        if not fresh and not self._looking and not self._closed:
            self._looking = True
            threading.Thread(target=self._look, name="models", daemon=True).start()

    def download(self, name: str) -> None:
        """Fetch it, or go on."""
        self._act("download", name)

    def verify(self, name: str) -> None:
        """Compare every byte with what the hub has told."""
        self._act("verify", name)

    def remove(self, name: str) -> None:
        """Take it from the disk."""
        self._act("remove", name)

    def pause(self, name: str) -> None:
        """Stop fetching; what is here stays."""
        child = self._running.get(name)
        if child is not None:
            self._paused.add(name)
            child.terminate()

    def close(self) -> None:
        """Stop everything; a download goes on where it was when it is asked for again."""
        self._closed = True
        for child in self._running.values():
            child.kill()

    def _act(self, act: str, name: str) -> None:
        entry = self.shown.entry(name)
        if entry is None or name in self._running or self._closed:
            return
        try:
            child = subprocess.Popen(
                [sys.executable, str(_MAIN), "models", act, name, "--json"],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                encoding="utf-8",
                errors="replace",
                env=_environment(),
            )
        except OSError as error:
            self.shown.change(replace(entry, told=f"The command models could not be started ({error})."))
            return
        self._running[name] = child
        self._paused.discard(name)
        self.shown.change(replace(entry, state=_STATES[act], share=0.0, rate=0.0, seconds_left=None, told=""))
        threading.Thread(target=self._follow, args=(act, name, child), name=f"models {act}", daemon=True).start()

    # on threads

    def _follow(self, act: str, name: str, child: subprocess.Popen[str]) -> None:
        assert child.stdout is not None and child.stderr is not None
        complaints: list[str] = []
        reader = threading.Thread(target=lambda: complaints.extend(child.stderr or ()), daemon=True)
        reader.start()
        for line in child.stdout:
            try:
                told = json.loads(line)
            except ValueError:
                continue  # something that a library has printed
            if isinstance(told, dict):
                self._post(partial(self._hear, name, told))
        code = child.wait()
        reader.join(timeout=5.0)
        words = complaints[-1].strip().removeprefix("visavis: ") if complaints else ""
        self._post(partial(self._ended, act, name, code, words))

    def _look(self) -> None:
        entries: list[ModelEntry] | None = None
        try:
            told = subprocess.run(
                [sys.executable, str(_MAIN), "models", "list", "--json"],
                capture_output=True,
                text=True,
                encoding="utf-8",
                timeout=180.0,
                env=_environment(),
            )
            entries = [read_entry(json.loads(line)) for line in told.stdout.splitlines()]
        except (OSError, subprocess.TimeoutExpired, ValueError, KeyError, TypeError) as error:
            log.warning("the models could not be looked at: %s", error)
        self._post(partial(self._looked, entries))

    # on the GUI thread again

    def _looked(self, entries: list[ModelEntry] | None) -> None:
        self._looking = False
        if entries is None:
            return
        busy = {entry.name: entry for entry in self.shown.entries if entry.name in self._running}
        told = {entry.name: entry.told for entry in self.shown.entries}
        self._looked_at = time.monotonic()
        self.shown.show([busy.get(entry.name) or replace(entry, told=told.get(entry.name, "")) for entry in entries])

    def _hear(self, name: str, told: dict[str, Any]) -> None:
        entry = self.shown.entry(name)
        if entry is None:
            return
        match told.get("event"):
            case "progress":
                checking = told["phase"] == "check"
                share = told["checked"] / max(1, told["checking"]) if checking else 0.0
                entry = replace(entry, fetched=told["done"], size=told["total"] or entry.size, share=share)
                self.shown.change(
                    replace(entry, rate=told["rate"], seconds_left=told["seconds_left"], told=told["trouble"])
                )
            case "file":
                self.shown.change(replace(entry, share=min(1.0, entry.share + told["size"] / max(1, entry.size))))

    def _ended(self, act: str, name: str, code: int, words: str) -> None:
        self._running.pop(name, None)
        entry = self.shown.entry(name)
        if self._closed or entry is None:
            return
        before = ModelState.INSTALLED if act == "verify" else ModelState.PARTIAL
        if code == 0:
            state = ModelState.ABSENT if act == "remove" else ModelState.INSTALLED
            words = "Every file is as the hub has it." if act == "verify" else ""
        else:
            state = before
            words = "" if name in self._paused else words or f"The command models has stopped (code {code})."
        self.shown.change(replace(entry, state=state, told=words, seconds_left=None, rate=0.0))
        self._looked_at = -math.inf
        self.look()


def read_entry(told: dict[str, Any]) -> ModelEntry:
    """A line of `models list --json`."""
    fetched = told["fetched"]
    state = ModelState.INSTALLED if told["installed"] else ModelState.ABSENT if fetched is None else ModelState.PARTIAL
    fit = told.get("fit")
    return ModelEntry(
        told["name"],
        state,
        int(told["size"]),
        embedded=not told["repo"],
        fetched=int(fetched or 0),
        fit=None if fit is None else ModelFit(**fit),
    )


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONIOENCODING": "utf-8"}
