"""The microphone: 48 kHz from the sound card, 16 kHz to whoever reads; the callback only copies."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import soxr

from app import audio_devices
from app.capture.ring_buffer import RingBuffer

SAMPLE_RATE = 16_000  # Hz, what the model and the VAD hear
_RING_SECONDS = 10  # a reader that sleeps longer loses sound


class SoundSource(Protocol):
    """Anything that is listened to like a microphone."""

    def open(self) -> None: ...
    def read(self) -> np.ndarray: ...
    def close(self) -> None: ...


class Microphone:
    """The default input, or the one of that name; `open`, then `read` often."""

    def __init__(self, device: str = "") -> None:
        self.device = device
        self._stream: audio_devices.Stream | None = None
        self._ring = RingBuffer(_RING_SECONDS * audio_devices.SAMPLE_RATE)
        self._resampler = self._new_resampler()

    def open(self) -> None:
        """Start to capture; raises AudioError with one sentence when there is nothing to capture from."""
        self._ring = RingBuffer(_RING_SECONDS * audio_devices.SAMPLE_RATE)
        self._resampler = self._new_resampler()
        self._stream = audio_devices.open_input(self._ring.write, self.device)

    def read(self) -> np.ndarray:
        """What came since the last read: float32 mono 16 kHz, empty if nothing; AudioError once the device is gone."""
        samples = self._ring.read()
        if not len(samples) and self._stream is not None and not self._stream.alive:
            raise audio_devices.AudioError("The microphone has gone; connect it and try again.")
        heard: np.ndarray = self._resampler.resample_chunk(samples)
        return heard

    def close(self) -> None:
        """Stop to capture and free the device."""
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.close()

    @staticmethod
    def _new_resampler() -> soxr.ResampleStream:
        # MQ delays by 15 ms and does not alias, which the model's ear would notice.
        return soxr.ResampleStream(audio_devices.SAMPLE_RATE, SAMPLE_RATE, 1, dtype="float32", quality="MQ")
