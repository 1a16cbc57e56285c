"""How loud a recording is, from moment to moment: for its waveform, and for the mouth that moves with it."""

from __future__ import annotations

from array import array

import numpy as np

from app.view_models.playhead import Playhead

STEP = 0.02  # seconds that one number stands for
_PER_BAR = 5  # steps in a bar of a waveform, a tenth of a second
_QUIET = 1e-3


class Envelope:
    """Peaks of every 20 ms of a recording that grows; each sample is looked at once."""

    def __init__(self, sample_rate: int) -> None:
        self.sample_rate = sample_rate
        self._width = max(1, round(sample_rate * STEP))
        self._peaks = array("f")  # 4 bytes a step, where a list takes 40: there is one for every message
        self._filled = self._width  # samples that the last peak stands for
        self._pieces = 0

    def take(self, pieces: list[np.ndarray]) -> None:
        """All pieces until now, float32; the ones that were there before are known."""
        for piece in pieces[self._pieces :]:
            self._add(np.abs(piece))
        self._pieces = max(self._pieces, len(pieces))

    def levels(self) -> np.ndarray:
        """Float32, one number per tenth of a second, scaled so that the loudest is 1."""
        peaks = np.array(self._peaks, np.float32)  # a copy: an array that somebody looks into cannot grow
        if not len(peaks):
            return peaks
        bars = np.maximum.reduceat(peaks, np.arange(0, len(peaks), _PER_BAR))
        return bars / max(float(bars.max()), _QUIET)

    def loudness(self, seconds: float) -> float:
        """How loud it is at this moment, from 0 to 1 (as loud as it ever is)."""
        index = int(seconds / STEP)
        if not 0 <= index < len(self._peaks):
            return 0.0
        return self._peaks[index] / max(max(self._peaks[max(0, index - 250) : index + 1]), 0.02)

    def _add(self, loud: np.ndarray) -> None:
        if len(loud) and self._filled < self._width:
            part = loud[: self._width - self._filled]
            self._peaks[-1] = max(self._peaks[-1], float(part.max()))
            self._filled += len(part)
            loud = loud[len(part) :]
        if len(loud):
            edges = np.arange(0, len(loud), self._width)
            self._peaks.extend(np.maximum.reduceat(loud, edges).tolist())
            self._filled = len(loud) - int(edges[-1])


def loudness_at(playhead: Playhead) -> float:
    """How loud what is heard is right now, where it is a message; a film's sound moves no mouth."""
    envelope = getattr(playhead.subject, "envelope", None)
    return envelope.loudness(playhead.seconds) if isinstance(envelope, Envelope) else 0.0
