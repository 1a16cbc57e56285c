"""The microphone: 48 kHz from the sound card, 16 kHz to whoever reads; the callback only copies."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import soxr

from app import audio_devices
from app.capture.ring_buffer import RingBuffer
from app.capture.sound_check import SoundCheck
from app.capture.sound_clock import SoundClock

SAMPLE_RATE = 16_000  # Hz, what the model and the VAD hear
_RING_SECONDS = 10  # a reader that sleeps longer loses sound


class SoundSource(Protocol):
    """Anything that is listened to like a microphone."""

    def open(self) -> None: ...
    def read(self) -> np.ndarray: ...
    def close(self) -> None: ...


class Microphone:
    """The default input, or the one of that name; `open`, then `read` often.

    Attributes:
        clock: when its samples were said, counted since `open`.
        check: what is wrong with its sound.
        instead: whether it is the system's default because the one of that name is not there.
    """

    def __init__(self, device: str = "") -> None:
        self.device = device
        self.instead = False
        self._stream: audio_devices.Stream | None = None
        self._resampler: soxr.ResampleStream | None = None
        self._prepare()

    def open(self) -> None:
        """Start to capture; raises AudioError with one sentence when there is nothing to capture from."""
        self._prepare()
        self._stream = self._open_device()

    def _open_device(self) -> audio_devices.Stream:
        self.instead = False
        try:
            return audio_devices.open_input(self._take, self.device)
        except audio_devices.AudioError:
            if not self.device:
                raise
            stream = audio_devices.open_input(self._take)
            self.instead = True
            return stream

    def read(self) -> np.ndarray:
        """What came since the last read: float32 mono 16 kHz, empty if nothing; AudioError once the device is gone."""
        _, captured = self.read_captured()
        if self._resampler is None:
            # MQ delays by 15 ms and does not alias, which the model's ear would notice.
            rate = self.clock.rate
            self._resampler = soxr.ResampleStream(rate, SAMPLE_RATE, 1, dtype="float32", quality="MQ")
        heard: np.ndarray = self._resampler.resample_chunk(captured)
        return heard

    def read_captured(self) -> tuple[int, np.ndarray]:
        """The same, as the device gave it at the rate of `clock`, behind the number of its first sample.

        A number that is none, as some drivers give them, would be everywhere behind a filter: it is silence.
        """
        position = self._ring.consumed
        samples = self._ring.read()
        self.check.push(samples)
        if not len(samples) and self._stream is not None and not self._stream.alive:
            raise audio_devices.AudioError("The microphone has gone; connect it and try again.")
        return position, np.nan_to_num(samples, copy=False, nan=0.0, posinf=1.0, neginf=-1.0)

    def close(self) -> None:
        """Stop to capture and free the device."""
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.close()
        self._resampler = None  # its library complains of those that are left when the process ends

    def _take(self, block: np.ndarray) -> None:
        """On PortAudio's thread: copy."""
        stream = self._stream
        if stream is not None:  # the first blocks come before `open_input` returns
            self.clock.note(self._ring.written, stream.block_time)
        self._ring.write(block)

    def _prepare(self) -> None:
        rate = audio_devices.SAMPLE_RATE
        self.clock, self.check = SoundClock(rate), SoundCheck(rate)
        self._ring = RingBuffer(_RING_SECONDS * rate)
        self._resampler = None  # made when it is needed
