"""Trying out a microphone, a loudspeaker and a camera, on threads of their own: nobody waits for a device."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from app.audio_devices import AudioError
from app.call.listener import loudness
from app.capture.camera import FrameSource
from app.capture.eye import Eye
from app.capture.microphone import SoundSource
from app.playback.speaker import Speaker

_RATE = 24_000
_NOTES = (523.25, 659.25, 783.99)  # Hz; a chord, note by note: what is missing or distorted is heard at once
_NOTE_SECONDS = 0.28
_EVERY = 0.04  # seconds between two looks at the microphone
_TEST_PIXELS = 640 * 360  # of a camera that is tried out
_LONGEST = 6.0  # seconds that a loudspeaker may take to play it


class MicrophoneTest:
    """Listens until it is told to stop; `on_problem` is called, on the thread of `post`, where that cannot be done.

    Attributes:
        level: how loud it is now, from 0 to 1.
        running: whether it listens.
    """

    def __init__(
        self,
        source: Callable[[str], SoundSource],
        post: Callable[[Callable[[], None]], None],
        on_problem: Callable[[str], None],
    ) -> None:
        self._source, self._post, self._on_problem = source, post, on_problem
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None
        self.level = 0.0

    @property
    def running(self) -> bool:
        """Whether it listens."""
        return self._thread is not None and not self._ended.is_set()

    def start(self, device: str) -> None:
        """Listen to this device, and no longer to another one."""
        self.stop()
        self._ended = threading.Event()
        self._thread = threading.Thread(
            target=self._listen, args=(device, self._ended), name="microphone-test", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Listen no more; returns at once."""
        self._ended.set()
        self.level = 0.0

    def _listen(self, device: str, ended: threading.Event) -> None:
        microphone = self._source(device)
        try:
            microphone.open()
            while not ended.wait(_EVERY):
                samples = microphone.read()
                if len(samples) and not ended.is_set():
                    self.level = loudness(samples)
        except AudioError as error:
            ended.set()
            problem = str(error)
            self._post(lambda: self._on_problem(problem))
        finally:
            microphone.close()


class CameraTest:
    """Looks until it is told to stop; `on_frame` (uint8 [H, W, 3]) and `on_problem` are called on `post`'s thread."""

    def __init__(
        self,
        look: Callable[[str, str], FrameSource],
        post: Callable[[Callable[[], None]], None],
        on_frame: Callable[[np.ndarray], None],
        on_problem: Callable[[str], None],
    ) -> None:
        self._look, self._post, self._on_frame, self._on_problem = look, post, on_frame, on_problem
        self._eye: Eye | None = None

    @property
    def running(self) -> bool:
        """Whether it looks."""
        return self._eye is not None

    def start(self, device: str) -> None:
        """Look through this camera, and no longer through another one."""
        self.stop()
        run: list[Eye] = []

        def tell(then: Callable[[Any], None], it: Any) -> None:
            self._post(lambda: then(it) if run and run[0] is self._eye else None)

        self._eye = Eye(
            self._look("camera", device), _TEST_PIXELS, partial(tell, self._on_frame), partial(tell, self._on_problem)
        )
        run.append(self._eye)

    def stop(self) -> None:
        """Look no more; returns at once."""
        if self._eye is not None:
            self._eye.close()
            self._eye = None


def play_test_sound(
    device: str,
    volume: float,
    post: Callable[[Callable[[], None]], None],
    on_problem: Callable[[str], None],
    make_speaker: Callable[[str], Speaker] = Speaker,
) -> None:
    """Play three notes on this device; returns at once."""
    threading.Thread(
        target=_play, args=(device, volume, post, on_problem, make_speaker), name="speaker-test", daemon=True
    ).start()


def chord() -> np.ndarray:
    """Float32 mono 24 kHz."""
    times = np.arange(int(_RATE * _NOTE_SECONDS)) / _RATE
    shape = np.minimum(1, times / 0.01) * np.exp(-times * 7)
    return np.concatenate([0.4 * shape * np.sin(2 * np.pi * note * times) for note in _NOTES]).astype(np.float32)


def _play(
    device: str,
    volume: float,
    post: Callable[[Callable[[], None]], None],
    on_problem: Callable[[str], None],
    make_speaker: Callable[[str], Speaker],
) -> None:
    speaker = make_speaker(device)
    speaker.volume = volume
    try:
        if speaker.open():
            speaker.begin()
            speaker.play(chord(), _RATE)
            speaker.finish()
            until = time.monotonic() + _LONGEST
            while speaker.playing and time.monotonic() < until:
                time.sleep(_EVERY)
        if speaker.problem is not None:
            problem = speaker.problem
            post(lambda: on_problem(problem))
    finally:
        speaker.close()
