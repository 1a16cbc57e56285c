"""The flight recorder of a call: everything that decided when somebody spoke, so that the call can be run again.

    FOLDER/near.wav    what the microphone captured, float32 mono 16 kHz
    FOLDER/far.wav     what the loudspeaker played meanwhile, the same
    FOLDER/call.jsonl  a line for what was chosen, and for every change: `frame` counts 32 ms of sound, `sample` is in
                       near.wav; "sounding", "echoing", "expected" and "deaf" are what the ears were told,
                       "by_hand" what a person did, "told" what came of it, "answer" what was said

Nothing leaves the machine. Written by the thread that listens, and by the one that answers.
"""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from app.capture.microphone import SAMPLE_RATE
from model.errors import BadInputError, CannotRunError

FLAGS = ("sounding", "echoing", "expected", "deaf")


class CallRecorder:
    """Writes into a folder that is new or empty."""

    def __init__(self, folder: Path, chosen: dict[str, Any]) -> None:
        self.folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if any(folder.iterdir()):
                raise BadInputError(f"{folder}: is not empty; name a new folder for the recording.")
            self._near, self._far = (
                soundfile.SoundFile(folder / name, "w", SAMPLE_RATE, 1, "FLOAT") for name in ("near.wav", "far.wav")
            )
            self._lines = (folder / "call.jsonl").open("w", encoding="utf-8", buffering=1)
        except (OSError, soundfile.SoundFileError) as error:
            raise BadInputError(f"{folder}: a call cannot be recorded there ({error}).") from error
        self._lock = threading.Lock()
        self._flags: dict[str, object] = {}
        self._samples = 0
        self.write(chosen=chosen)

    def restarted(self) -> None:
        """The microphone has been opened, or once more."""
        self.write(restarted=True, sample=self._samples)

    def frame(self, near: np.ndarray, far: np.ndarray) -> None:
        """The next 10 ms."""
        try:
            self._near.write(near)
            self._far.write(far)
        except (OSError, soundfile.SoundFileError) as error:
            raise CannotRunError(f"{self.folder}: cannot be written ({error}); is the disk full?") from error
        self._samples += len(near)

    def note(self, frame: int, **what: object) -> None:
        """Something about a frame of the ears; of flags, only what has changed is written."""
        if what.keys() <= set(FLAGS):
            what = {name: value for name, value in what.items() if self._flags.get(name) != value}
            self._flags |= what
        if what:
            self.write(frame=frame, **what)

    def write(self, **line: object) -> None:
        """One line."""
        with self._lock:
            if not self._lines.closed:
                self._lines.write(json.dumps(line, ensure_ascii=False) + "\n")

    def close(self) -> None:
        """The call is over."""
        with self._lock:
            self._lines.close()
        self._near.close()
        self._far.close()
