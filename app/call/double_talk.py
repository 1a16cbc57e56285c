"""Whether there is more in the microphone than the loudspeaker explains: from spectra alone, every 10 ms, sooner than a
detector of voices can tell in what an echo canceller leaves of a voice.

For each band of frequencies the echo is at most as loud as what was played lately, fading as a room does, times a gain
that is learned: the one that 90 % of the frames stay below. A voice that begins exceeds it in many bands at once; a
noise that lasts is learned, and so is a loudspeaker that was turned up.
"""

from __future__ import annotations

import numpy as np

from app.capture.microphone import SAMPLE_RATE

_FRAME = SAMPLE_RATE // 100
_HERTZ = np.array(
    [150, 250, 350, 450, 560, 680, 810, 960, 1130, 1320, 1540, 1800, 2100, 2450, 2900, 3400, 4000, 4700, 5600, 7000]
)
_EDGES = np.round(_HERTZ / 50).astype(int)  # in bins of a spectrum of 20 ms
_WINDOW = np.hanning(2 * _FRAME + 2)[1:-1].astype(np.float32)
_SPREAD = 3  # frames: how far what is heard may be behind what was played, beyond the reference's own delay
_DECAY = 1.2  # dB in 10 ms, the tail of a room that takes half a second to be silent
_AUDIBLE = -25.0  # dB of a band of what is played from which on its echo is learned
_LEARNED = 50  # frames with something played that it takes to know a room
_BELOW = 0.9  # share of the frames that the gain is to bound
_STEP = 0.6  # dB in 10 ms by which the gain moves; more in the first second
_NO_ROOM = -54.0  # dB of a band; no room is more quiet
_RISE = 0.02  # dB in 10 ms by which a room may become louder
_UNEXPLAINED_RISE = (
    0.2  # the same where it is louder than an echo: a voice falls silent between two syllables, a fan not
)
_NOISE_MARGIN = 10.0  # dB above the room's own noise that are still nothing
_MARGIN = 3.0  # dB above the bound that are still nothing
_MOST = 12.0  # dB that one band may say
_ENOUGH = 0.5  # dB of excess, on average over bands and three frames


class DoubleTalk:
    """One microphone and one loudspeaker.

    Attributes:
        now: whether there is more than the echo in the last 30 ms.
        begins: whether that is so since this frame.
    """

    def __init__(self) -> None:
        bands = len(_EDGES) - 1
        self._near, self._far = np.zeros(2 * _FRAME, np.float32), np.zeros(2 * _FRAME, np.float32)
        self._lately = np.full((_SPREAD, bands), _NO_ROOM)  # dB of what was played
        self._echo = np.full(bands, _NO_ROOM)  # the same, with the tail of the room
        self._gain = np.full(bands, np.nan)
        self._frames = np.zeros(bands)  # that the gain was learned by
        self._smooth = np.full(bands, 10 ** (_NO_ROOM / 10))
        self._room = np.full(bands, np.inf)  # dB of the microphone where nobody and nothing is heard
        self._excess = np.zeros(3)
        self._played = 0  # frames with something of an answer in it
        self.now = self.begins = False

    def push(self, near: np.ndarray, far: np.ndarray) -> None:
        """The next 10 ms of what was captured, and of what was played meanwhile, float32 [160] at 16 kHz."""
        captured = _bands(self._near, near)
        heard = _decibels(captured)
        self._lately = np.roll(self._lately, 1, axis=0)
        self._lately[0] = _decibels(_bands(self._far, far))
        self._echo = np.maximum(self._lately.max(0), self._echo - _DECAY)
        echo = self._echo + np.nan_to_num(self._gain, nan=np.inf)
        self._smooth += 0.2 * (captured - self._smooth)
        rise = np.where(heard > echo + _MARGIN, _UNEXPLAINED_RISE, _RISE)
        self._room = np.minimum(_decibels(self._smooth), self._room + rise)
        bound = np.maximum(echo, self._room + _NOISE_MARGIN)
        self._excess = np.roll(self._excess, 1)
        self._excess[0] = np.clip(heard - bound - _MARGIN, 0.0, _MOST).mean()
        self._learn(heard)
        was, self.now = self.now, bool(self._played >= _LEARNED and self._excess.mean() > _ENOUGH)
        self.begins = self.now and not was

    def _learn(self, heard: np.ndarray) -> None:
        audible = self._echo > _AUDIBLE
        self._played += int(audible.sum() > 3)
        above = heard - self._echo
        new = audible & np.isnan(self._gain)
        self._gain[new] = above[new] + 6.0
        step = _STEP * np.maximum(1.0, 4.0 * np.exp(-self._frames / 60))
        self._gain += np.where(audible, step * np.where(above > self._gain, _BELOW, _BELOW - 1.0), 0.0)
        self._frames += audible


def _bands(last: np.ndarray, frame: np.ndarray) -> np.ndarray:
    """Mean power of a bin in each band, of the last 20 ms, which `last` keeps."""
    last[:_FRAME] = last[_FRAME:]
    last[_FRAME:] = frame
    spectrum = np.fft.rfft(last * _WINDOW)
    power = spectrum.real**2 + spectrum.imag**2
    return np.add.reduceat(power, _EDGES)[:-1] / np.diff(_EDGES)


def _decibels(power: np.ndarray) -> np.ndarray:
    return 10.0 * np.log10(power + 10 ** (_NO_ROOM / 10))
