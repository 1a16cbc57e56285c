"""Plays the speech of one reply at a time, told apart by generation; owns the loudspeaker in the window's process.

The engine's pieces arrive on a thread of their own, the person's "stop" on the GUI thread. The lock is held only for
memory copies: opening a device, which may take 100 ms and more, happens outside it and never on the GUI thread.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import numpy as np

from app.playback.played import Played
from app.playback.speaker import Speaker

GOES_ON = "The loudspeaker had gone; the answer goes on on the one that is there now."
INSTEAD = "The chosen loudspeaker is not there; the system's own plays."
_REVIVED_WITHIN = 4.0  # seconds
_TRY_AGAIN = 0.1  # seconds


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
        self._reviving: threading.Thread | None = None
        self._given_up = -1  # the reply for which no loudspeaker was found any more
        self._told_instead = ""
        self._news: str | None = None

    @property
    def problem(self) -> str | None:
        """One sentence if the reply cannot be heard, else None."""
        if self._opened_for != self._generation:
            return None
        if self._given_up != self._generation and (self._reviving is not None or self._speaker.gone):
            return None  # it is being looked for another one
        return self._speaker.problem

    def mind_device(self) -> str | None:
        """To be called often: where the loudspeaker has gone in the middle of a reply, go on on another one. One
        sentence where there is something to tell of that."""
        news, self._news = self._news, None
        speaker = self._speaker
        wanted = self._opened_for == self._generation != self._given_up
        if self._reviving is None and wanted and self._generation != -1 and speaker.gone:
            self._reviving = threading.Thread(target=self._revive, args=(speaker,), name="loudspeaker", daemon=True)
            self._reviving.start()
        return news

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
            if generation != self._generation or self.problem is not None:
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
            could_be_heard = self._opened_for == self._generation and self.problem is None
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
        if self._speaker.open():
            self._tell_instead()
        self._opened_for = generation

    def _revive(self, speaker: Speaker) -> None:
        """On a thread: for as long as somebody may still wait for the rest."""
        until, generation = time.monotonic() + _REVIVED_WITHIN, self._generation
        try:
            while speaker is self._speaker and not speaker.revive():
                if time.monotonic() > until:
                    self._given_up = generation
                    return
                time.sleep(_TRY_AGAIN)
            self._news = INSTEAD if speaker.instead else GOES_ON
        finally:
            self._reviving = None

    def _tell_instead(self) -> None:
        speaker = self._speaker
        if not speaker.instead:
            self._told_instead = ""
        elif self._told_instead != speaker.device:
            self._told_instead = speaker.device
            self._news = INSTEAD
