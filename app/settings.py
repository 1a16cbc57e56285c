"""What the person has chosen, as typed values in one small JSON file; owns where the program keeps its files.

`VISAVIS_HOME` puts everything into another folder: a throw-away profile, a test, a memory stick. A damaged file is kept
aside under another name and told of; it never ends the program and is never overwritten.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

import platformdirs

log = logging.getLogger(__name__)

HOME_VARIABLE = "VISAVIS_HOME"
THEMES = ("system", "light", "dark")
DEVICES = ("auto", "cpu", "cuda")
RETENTIONS = ("forever", "365", "90", "30", "7", "none")  # days
LANGUAGES = ("system", "en", "zh_CN")
CONTEXTS = ("auto", "2048", "4096", "8192", "16384", "32768")  # tokens
GLOBAL_KEYS = ("", "Ctrl+Alt+Space", "Ctrl+Shift+F12", "F12", "Pause")
PRECISIONS = ("auto", "fp32", "bf16", "int8", "nf4", "int4")
DEFAULT_MODEL = "nano"


@dataclass(frozen=True)
class Settings:
    """Every choice there is, with its default. Empty names of devices and voices mean: the system's, the model's.

    Attributes:
        barge_in: whether a voice stops an answer in hands-free conversation.
        context: tokens that the model may remember; "auto" is all that it can.
        engine: the address of a server that answers in our own engine's place; empty for none.
        face: whether a face is shown in calls; still: whether it, and the mark, keep from moving.
        captions: whether what is spoken is shown in large letters above the input.
        global_key: held to talk from every window, where the desktop allows it; empty for none.
        volume: of the voice, percent; tempo: the same, 100 is the voice's own.
        persona: who the model is to be, in the person's words; empty for nobody in particular.
        font_size: of the window's text, percent.
        tray: whether the program stays in the system's tray when its window is closed.
        retention: for how many days conversations are kept that are not pinned; "none" keeps no new ones.
        history_open: whether the list of conversations is shown.
        maximized: whether the window filled the screen.
        window: left, top, width, height of the window in pixels; empty until it has been moved.
    """

    model: str = DEFAULT_MODEL
    device: str = "auto"
    precision: str = "auto"
    context: str = "auto"
    engine: str = ""
    voice: str = ""
    microphone: str = ""
    speaker: str = ""
    camera: str = ""
    face: bool = True
    still: bool = False
    captions: bool = False
    global_key: str = ""
    volume: int = 100
    tempo: int = 100
    speak_answers: bool = True
    barge_in: bool = True
    persona: str = ""
    retention: str = "forever"
    history_open: bool = False
    theme: str = "system"
    language: str = "system"
    font_size: int = 100
    tray: bool = False
    draft: str = ""
    maximized: bool = False
    window: tuple[int, ...] = ()


_CHOICES: dict[str, tuple[str, ...]] = {"theme": THEMES, "device": DEVICES, "precision": PRECISIONS}
_CHOICES |= {"global_key": GLOBAL_KEYS, "language": LANGUAGES, "context": CONTEXTS, "retention": RETENTIONS}
_RANGES = {"volume": range(0, 101), "tempo": range(50, 201), "font_size": range(80, 201)}


def home() -> Path:
    """The folder of this person's files; not made here."""
    override = os.environ.get(HOME_VARIABLE)
    return Path(override) if override else Path(platformdirs.user_config_dir("visavis", appauthor=False))


class SettingsStore:
    """The settings in memory and on disk.

    Attributes:
        current: the settings now.
        problem: one sentence if the file could not be read or written, else None.
        fresh: whether there was no file yet: the program runs for the first time.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.path = (folder or home()) / "settings.json"
        self.problem: str | None = None
        self.fresh = False
        self.current = self._read()

    def change(self, **values: Any) -> Settings:
        """Change some values and save all."""
        self.current = replace(self.current, **values)
        self._write()
        return self.current

    def _read(self) -> Settings:
        try:
            stored = json.loads(self.path.read_text("utf-8"))
            if not isinstance(stored, dict):
                raise ValueError("not an object")
        except FileNotFoundError:
            self.fresh = True
            return Settings()
        except (OSError, ValueError) as error:
            self._keep_aside(error)
            return Settings()
        return from_json(stored)

    def _keep_aside(self, error: Exception) -> None:
        aside = self.path.with_suffix(".damaged.json")
        try:
            os.replace(self.path, aside)
        except OSError:
            aside = self.path
        log.warning("settings: %s", error)
        self.problem = f"The settings could not be read; they are kept in {aside}, and all choices begin anew."

    def _write(self) -> None:
        part = self.path.with_suffix(".part")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            part.write_text(json.dumps(asdict(self.current), indent=2, ensure_ascii=False) + "\n", "utf-8")
            os.replace(part, self.path)
        except OSError as error:
            self.problem = f"The settings cannot be saved ({error.strerror or error}); they hold until you leave."


def _allowed(name: str, value: Any) -> Sequence[Any]:
    return _CHOICES.get(name) or _RANGES.get(name) or (value,)


def from_json(stored: dict[str, Any]) -> Settings:
    """Settings from what a file says; values of another type or not on offer are left at their defaults, and logged."""
    values: dict[str, Any] = {}
    for field in fields(Settings):
        if field.name not in stored:
            continue
        value, default = stored[field.name], field.default
        if isinstance(default, tuple) and isinstance(value, list) and all(isinstance(n, int) for n in value):
            values[field.name] = tuple(value)
        elif type(value) is type(default) and value in _allowed(field.name, value):
            values[field.name] = value
        else:
            log.warning("settings: %s cannot be %r", field.name, value)
    return Settings(**values)
