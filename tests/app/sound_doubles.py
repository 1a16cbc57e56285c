"""A microphone and a loudspeaker that need no device, and keep to the clock as real ones do."""

from __future__ import annotations

import time

import numpy as np


class RecordedVoice:
    """A microphone that gives what a test says into it, in real time, and silence in between."""

    def __init__(self) -> None:
        self._queue = np.zeros(0, np.float32)
        self._last = time.monotonic()
        self.opened = 0

    def say(self, samples: np.ndarray) -> None:
        """Speak from now on: float32 mono 16 kHz."""
        self._queue = np.concatenate([self._queue, samples.astype(np.float32)])

    def open(self) -> None:
        self.opened += 1
        self._last = time.monotonic()

    def read(self) -> np.ndarray:
        now = time.monotonic()
        count = int((now - self._last) * 16_000)
        self._last += count / 16_000
        said, self._queue = self._queue[:count], self._queue[count:]
        return np.concatenate([said, np.zeros(count - len(said), np.float32)])

    def close(self) -> None:
        pass


class TimedSpeaker:
    """A loudspeaker that plays into nothing, as fast as a real one."""

    def __init__(self, device: str = "") -> None:
        self.device = device
        self.problem: str | None = None
        self.volume = self.tempo = 1.0
        self.gone = self.instead = False
        self.played = None
        self.holds = 0  # how often it was held
        self._held_at: float | None = None
        self._seconds = 0.0
        self._began: float | None = None
        self._stopped_at: float | None = None

    def open(self) -> bool:
        return True

    def close(self) -> None:
        self.stop()

    def begin(self) -> None:
        self._seconds, self._began, self._stopped_at, self._held_at = 0.0, None, None, None

    def play(self, samples: np.ndarray, sample_rate: int) -> None:
        self._began = self._began or time.monotonic()
        self._seconds += len(samples) / sample_rate / self.tempo

    def finish(self) -> None:
        pass

    @property
    def held(self) -> bool:
        return self._held_at is not None

    def hold(self) -> None:
        self.holds += 1
        self._held_at = self._held_at or time.monotonic()

    def carry_on(self) -> None:
        if self._held_at is not None and self._began is not None:
            self._began += time.monotonic() - max(self._held_at, self._began)
        self._held_at = None

    def stop(self) -> float:
        heard = self.played_seconds
        self._stopped_at = heard if self._stopped_at is None else self._stopped_at
        return heard

    @property
    def sounded_at(self) -> float | None:
        return self._began if self._held_at is None else None

    @property
    def played_seconds(self) -> float:
        if self._stopped_at is not None:
            return self._stopped_at
        if self._began is None:
            return 0.0
        now = time.monotonic() if self._held_at is None else self._held_at
        return min(self._seconds, max(0.0, now - self._began)) * self.tempo

    @property
    def playing(self) -> bool:
        return self._stopped_at is None and self._began is not None and self.played_seconds < self._seconds * self.tempo


def spoken(seconds: float) -> np.ndarray:
    """Something that a voice detector takes for speech: a buzz at 120 Hz through the formants of vowels in turn,
    with the rise and fall of syllables; float32 mono 16 kHz."""
    rate, count = 16_000, int(seconds * 16_000)
    times = np.arange(count) / rate
    pitch = 120 + 15 * np.sin(2 * np.pi * 0.9 * times)
    phase = np.cumsum(pitch) / rate
    buzz = np.diff(np.floor(phase), prepend=0.0) + 0.003 * np.random.default_rng(0).standard_normal(count)
    vowels = ((730, 1090, 2440), (270, 2290, 3010), (300, 870, 2240), (530, 1840, 2480))
    voice = np.zeros(count)
    step = rate // 4
    for start in range(0, count, step):
        piece = buzz[start : start + step]
        for hertz in vowels[start // step % len(vowels)]:
            ring = np.exp(-np.pi * 80 * np.arange(800) / rate) * np.sin(2 * np.pi * hertz * np.arange(800) / rate)
            size = len(piece) + len(ring)
            rung = np.fft.irfft(np.fft.rfft(piece, size) * np.fft.rfft(ring, size), size)
            voice[start : start + step] += rung[: len(piece)]
    syllables = 0.25 + 0.75 * np.abs(np.sin(np.pi * 4 * times))
    voice *= syllables
    return (0.4 * voice / np.abs(voice).max()).astype(np.float32)


def through_room(samples: np.ndarray, response: np.ndarray) -> np.ndarray:
    """What a microphone hears of a loudspeaker, as long as that plays; by FFT, which takes a hundredth of the time."""
    size = 1 << (len(samples) + len(response)).bit_length()
    heard = np.fft.irfft(np.fft.rfft(samples, size) * np.fft.rfft(response, size), size)
    return np.asarray(heard[: len(samples)])
