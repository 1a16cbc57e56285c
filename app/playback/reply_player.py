"""Plays the speech of one reply at a time, told apart by generation; owns the loudspeaker in the window's process.

The engine's pieces arrive on a thread of their own, the person's "stop" on the GUI thread. The lock is held only for
memory copies: opening a device, which may take 100 ms and more, happens outside it and never on the GUI thread.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np

from app.playback.played import Played
from app.playback.speaker import Speaker


class ReplyPlayer:
    """One loudspeaker; `begin` and `stop` from the GUI thread, `play` and `finish` from the engine's, `hold` and
    `carry_on` from whoever listens."""

    def __init__(self, make_speaker: Callable[[str], Speaker] = Speaker, device: str = "") -> None:
        self._make_speaker = make_speaker
        self._speaker = make_speaker(device)
        self._device = device
        self._volume = self._tempo = 1.0
        self._lock = threading.Lock()
        self._generation = -1
        self._opened_for = -1

    @property
    def problem(self) -> str | None:
        """One sentence if the reply cannot be heard, else None."""
        return self._speaker.problem if self._opened_for == self._generation else None

    def wants(self, generation: int) -> bool:
        """Whether pieces of this reply would be played."""
        return generation == self._generation

    def use_device(self, device: str) -> None:
        """Play on another device from the next reply on."""
        self._device = device

    def set_volume(self, volume: float) -> None:
        """Be as loud as this from now on, from 0 to 1."""
        self._volume = self._speaker.volume = volume

    def set_tempo(self, tempo: float) -> None:
        """Speak as fast as this from the next reply on; 1 is the voice's own tempo."""
        self._tempo = tempo

    @property
    def played(self) -> Played | None:
        """What the device has been given; None before the first sound."""
        return self._speaker.played

    def begin(self, generation: int, held: bool = False) -> None:
        """The reply of this generation is wanted; whatever comes of another one is dropped. `held`: let nothing of it
        be heard before `carry_on`."""
        with self._lock:
            self._generation = generation
            self._speaker.tempo = self._tempo
            self._speaker.begin()
            if held:
                self._speaker.hold()

    def hold(self) -> None:
        """Fall silent at once, and keep what is still to be said."""
        self._speaker.hold()

    def carry_on(self) -> None:
        """Go on from where it was held."""
        self._speaker.carry_on()

    def play(self, generation: int, samples: np.ndarray, sample_rate: int) -> bool:
        """A piece of a reply; False if nobody wants it or there is no device, see `problem`."""
        if generation != self._generation:
            return False
        if self._opened_for != generation:
            self._open(generation)
        with self._lock:
            if generation != self._generation or self._speaker.problem is not None:
                return False
            self._speaker.play(samples, sample_rate)
            return True

    def finish(self, generation: int) -> None:
        """No more pieces will come of this reply."""
        with self._lock:
            if generation == self._generation:
                self._speaker.finish()

    def stop(self) -> float | None:
        """Fall silent; the seconds that were heard, or None where nothing could be."""
        with self._lock:
            could_be_heard = self._opened_for == self._generation and self._speaker.problem is None
            self._generation = -1
            heard = self._speaker.stop()
            return heard if could_be_heard else None

    @property
    def playing(self) -> bool:
        """Whether something still waits to be heard."""
        return self._speaker.playing

    @property
    def played_seconds(self) -> float:
        """Seconds of this reply that have been heard."""
        return self._speaker.played_seconds

    @property
    def sounded_at(self) -> float | None:
        """When the first sample of this reply reached the ear, on the monotonic clock; None until it has."""
        return self._speaker.sounded_at

    def close(self) -> None:
        """Free the device."""
        self._speaker.close()

    def _open(self, generation: int) -> None:
        """Once per reply, so that a missing loudspeaker does not cost 100 ms with every piece."""
        if self._speaker.device != self._device:
            self._speaker.close()
            replacement = self._make_speaker(self._device)
            replacement.volume, replacement.tempo = self._volume, self._tempo
            replacement.begin()
            if self._speaker.held:
                replacement.hold()
            self._speaker = replacement
        self._speaker.open()
        self._opened_for = generation
