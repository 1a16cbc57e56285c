"""Devices that are not as they should be: told in one sentence, and the call goes on where it can."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from app import audio_devices
from app.audio_devices import SAMPLE_RATE, AudioError
from app.call.echo import Reference
from app.capture.microphone import Microphone
from app.capture.sound_clock import SoundClock
from app.playback.played import Played
from app.playback.speaker import Speaker

BLOCK = SAMPLE_RATE // 100


class PortAudio:
    """In place of the sounddevice module: devices of which some are held by another program."""

    class PortAudioError(Exception):
        pass

    def __init__(self, held: set[int | None]) -> None:
        self._held = held
        self.opened: list[int | None] = []
        self.InputStream = self.OutputStream = self._open

    def query_devices(self, index: int | None = None, kind: str = "") -> Any:
        found = [
            {"name": name, "max_input_channels": 1, "max_output_channels": 1, "default_samplerate": SAMPLE_RATE}
            for name in ("Desk", "Headset")
        ]
        return found if not kind else found[index or 0]

    def _open(self, device: int | None, **_: object) -> PortAudio:
        if device in self._held:
            raise self.PortAudioError("Device unavailable")
        self.opened.append(device)
        return self

    def start(self) -> None:
        pass

    abort = close = _terminate = _initialize = start
    latency = 0.04


@pytest.fixture
def busy(monkeypatch: pytest.MonkeyPatch) -> set[int | None]:
    """Numbers of the devices that another program holds; None is the default."""
    held: set[int | None] = set()
    sound = PortAudio(held)
    monkeypatch.setattr(audio_devices, "library", lambda: sound)
    monkeypatch.setattr(audio_devices._Open, "streams", set())
    return held


def test_headset_that_another_program_holds_is_replaced_by_the_default(busy: set[int | None]) -> None:
    busy.add(1)
    microphone, speaker = Microphone("Headset"), Speaker("Headset")
    microphone.open()
    assert microphone.instead
    assert speaker.open() and speaker.instead
    microphone.close()
    speaker.close()


def test_everything_held_is_one_sentence(busy: set[int | None]) -> None:
    busy |= {0, 1, None}
    with pytest.raises(AudioError, match="No microphone could be opened") as told:
        Microphone("Headset").open()
    assert "\n" not in str(told.value)
    speaker = Speaker()
    assert not speaker.open() and speaker.problem is not None and "No loudspeaker could be opened" in speaker.problem


def test_what_is_no_number_is_silence_behind_the_microphone(busy: set[int | None]) -> None:
    microphone = Microphone()
    microphone.open()
    block = np.full(BLOCK, 0.5, np.float32)
    block[7], block[8] = np.nan, np.inf
    microphone._take(block)
    _, captured = microphone.read_captured()
    assert np.isfinite(captured).all() and captured[7] == 0.0 and len(captured) == BLOCK
    assert microphone.check.complaint() is not None
    microphone.close()


def streams(lateness: dict[int, float]) -> tuple[Played, list[tuple[int, float]]]:
    """A loudspeaker that plays a ramp, and the times that a microphone's blocks tell, some of them late."""
    played = Played(SAMPLE_RATE)
    for start in range(0, 3 * SAMPLE_RATE, BLOCK):
        played.write(np.arange(start, start + BLOCK, dtype=np.float32), start / SAMPLE_RATE)
    return played, [(n * BLOCK, n * 0.01 + lateness.get(n, 0.0)) for n in range(200)]


def test_callback_that_comes_late_moves_nothing() -> None:
    """Its samples were captured in time, whatever its clock says."""
    played, blocks = streams({100: 0.08, 101: 0.07, 140: 0.1})
    clock, reference, worst = SoundClock(SAMPLE_RATE), Reference(), 0.0
    for position, seconds in blocks:
        clock.note(position, seconds)
        heard = reference.during(played, position, BLOCK, clock.origin, SAMPLE_RATE)
        worst = max(worst, abs(float(heard[0]) - position - 0.015 * SAMPLE_RATE))
    assert worst < 0.002 * SAMPLE_RATE


def test_sleep_of_the_machine_is_followed() -> None:
    clock = SoundClock(SAMPLE_RATE)
    for n in range(100):
        clock.note(n * BLOCK, n * 0.01)
    clock.note(100 * BLOCK, 1.0 + 30.0)
    assert clock.origin == pytest.approx(30.0, abs=0.01)
