"""The microphone without the loudspeaker in it: WebRTC's echo canceller and noise suppression around what is captured.

The canceller is given what the loudspeaker played at the moment at which the microphone captured, by the clocks of both
streams. What is left for it to find is the way through the room, a few milliseconds: it hardly lets through a syllable
of the first answer, where one that has to look for 100 ms of buffers lets through two seconds.

With headphones there is no echo, and the canceller takes five seconds of an answer to believe that; until then it
takes a voice over the answer for one. So it is left out while the microphone stays as quiet as the room meanwhile.
"""

from __future__ import annotations

import importlib
import logging
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
import soxr

from app.call.double_talk import DoubleTalk
from app.capture.microphone import SAMPLE_RATE, Microphone
from app.playback.played import Played

log = logging.getLogger(__name__)

_FRAME = SAMPLE_RATE // 100
_AHEAD = 0.015  # seconds by which the reference runs ahead: drivers' times are off by some milliseconds
_JUMP = 0.1  # seconds; more than this is no drift but another stream, or a gap in one
_PLAY = 0.004  # seconds that the clocks may be apart before the reference follows
_FOLLOW = 0.002  # of its speed, at most, by which it does: twice what a bad pair of clocks drifts apart
_WATCHED = 3.0  # seconds over which it is judged how quickly they drift
_PLAUSIBLE = 0.0015  # of their speed: what drifts more quickly is no crystal but a busy machine that tells wrong times
_NOISE_LEVEL = 1  # of four: 12 dB
_AUDIBLE = -45.0  # dBFS from which on a frame of an answer would be heard in the room
_NO_ROOM = -75.0  # dBFS; no room is more quiet
_MARGIN = 8.0  # dB above the room's own noise that are still nothing
_RISE = 0.02  # dB in 10 ms by which a room may become louder
_MEMORY = 1 / 40  # of 10 ms frames with an answer: half a second of them decides
_TAIL = 20  # frames behind an answer in which a room, and clocks that are a little off, still let it be heard

WITHOUT = "Without an echo canceller nothing is heard while an answer plays; install pywebrtc-audio"


def available() -> bool:
    """Whether an echo can be cancelled here."""
    try:
        importlib.import_module("pywebrtc_audio")
    except ImportError as error:
        log.info("no echo canceller: %s", error)
        return False
    return True


class Reference:
    """What the loudspeaker played while the microphone captured, sample for sample."""

    def __init__(self) -> None:
        self._played: Played | None = None
        self._shift: float | None = None  # seconds between the sample counts of the two
        self._following = False
        self._seen: deque[tuple[float, float]] = deque()  # when, and how far the clocks were apart, lately

    def during(self, played: Played | None, position: int, count: int, origin: float | None, rate: int) -> np.ndarray:
        """Float32 [count] at `rate`, for what was captured from `position` on; `origin` is when sample 0 was."""
        if not count:
            return np.zeros(0, np.float32)
        loudspeaker = played.clock.origin if played is not None else None
        if played is None or loudspeaker is None or origin is None:
            self._shift = None
            return np.zeros(count, np.float32)
        apart = origin - loudspeaker + _AHEAD
        if played is not self._played or self._shift is None or abs(apart - self._shift) > _JUMP:
            self._played, self._shift = played, apart
            self._seen.clear()
        plausible = self._drift(position / rate, apart) < _PLAUSIBLE
        caught_up = self._follow(apart - self._shift, count / rate) if plausible else 0.0
        speed = 1.0 + caught_up * rate / count
        first = (position / rate + self._shift) * played.clock.rate
        step = speed * played.clock.rate / rate
        begin = int(np.floor(first))
        there = played.read(begin, int(count * step) + 3)
        self._shift += caught_up
        return np.interp(first - begin + step * np.arange(count), np.arange(len(there)), there).astype(np.float32)

    def _drift(self, now: float, apart: float) -> float:
        """How quickly the clocks drift apart, of their speed; infinity until they have been watched for a while."""
        self._seen.append((now, apart))
        if now - self._seen[0][0] < _WATCHED:
            return np.inf
        while now - self._seen[1][0] >= _WATCHED:
            self._seen.popleft()
        begun, before = self._seen[0]
        return abs(apart - before) / (now - begun)

    def _follow(self, behind: float, seconds: float) -> float:
        """Seconds to catch up now. A canceller has to learn anew what moves: nothing does for the noise of clocks."""
        if abs(behind) > _PLAY:
            self._following = True
        elif abs(behind) < _PLAY / 8:
            self._following = False
        most = _FOLLOW * seconds
        return min(most, max(-most, behind)) if self._following else 0.0


class EchoWatch:
    """Whether the loudspeaker is heard in the microphone at all, from how loud both are every 10 ms.

    Attributes:
        absent: nothing of it is.
        echoing: it plays, or has until a moment ago: what is heard may be its own.
    """

    def __init__(self) -> None:
        self._room = 0.0  # dBFS of the microphone where nobody and nothing is heard
        self._quiet = 0.5  # share of the latest frames with an answer in which the microphone heard nothing else
        self._since = _TAIL  # frames in which nothing was played
        self.absent = False

    @property
    def echoing(self) -> bool:
        return self._since < _TAIL

    def push(self, near: np.ndarray, far: np.ndarray) -> None:
        """The next 10 ms of both, float32."""
        near_level, far_level = _decibels(near), _decibels(far)
        self._room = min(near_level, self._room + _RISE)
        answering = far_level >= _AUDIBLE
        self._since = 0 if answering else self._since + 1
        if not answering:
            return
        quiet = near_level < max(self._room, _NO_ROOM) + _MARGIN
        self._quiet += (float(quiet) - self._quiet) * _MEMORY
        # Between the two, it stays what it was: a voice over an answer does not make an echo of it.
        if self._quiet > 0.75:
            self.absent = True
        elif self._quiet < 0.25:
            self.absent = False


def _decibels(samples: np.ndarray) -> float:
    return 10.0 * float(np.log10(np.dot(samples, samples) / max(1, len(samples)) + 1e-12))


class EchoCanceller:
    """Echo and noise out of frames of 10 ms, float32 [160] at 16 kHz. The same frames give the same, bit for bit."""

    def __init__(self) -> None:
        self._watch = EchoWatch()
        self._double_talk = DoubleTalk()
        processor: Any = importlib.import_module("pywebrtc_audio").AudioProcessor
        options = {"sample_rate": SAMPLE_RATE, "noise_suppression": True, "ns_level": _NOISE_LEVEL}
        self._canceller = processor(echo_cancellation=True, **options)
        self._denoiser = processor(high_pass_filter=True, **options)  # as the canceller does

    def clean(self, near: np.ndarray, far: np.ndarray) -> np.ndarray:
        """What the microphone captured without what the loudspeaker played meanwhile."""
        self._watch.push(near, far)
        without_echo, as_it_is = self._canceller.process(near, far), self._denoiser.process(near)
        clean: np.ndarray = as_it_is if self._watch.absent else without_echo
        self._double_talk.push(near, far)
        return clean

    @property
    def interrupted(self) -> bool:
        """Whether something that is not the answer begins with the latest frame."""
        return self._double_talk.begins

    @property
    def echoing(self) -> bool:
        """Whether the loudspeaker plays, or has until a moment ago, as the microphone hears it."""
        return self._watch.echoing


class Tap(Protocol):
    """Who keeps what goes into the canceller."""

    def restarted(self) -> None: ...
    def frame(self, near: np.ndarray, far: np.ndarray) -> None: ...


class EchoFreeMicrophone:
    """A microphone, and what the loudspeaker plays; a `SoundSource`. `played` tells what plays now, or None."""

    def __init__(self, microphone: Microphone, played: Callable[[], Played | None], tap: Tap | None = None) -> None:
        self._microphone, self._played, self._tap = microphone, played, tap
        self._near: np.ndarray = np.zeros(0, np.float32)
        self._far: np.ndarray = np.zeros(0, np.float32)
        self._to_16k: list[soxr.ResampleStream] = []
        self.interruptions: list[int] = []  # samples of the last read with which something begins over the answer
        self.echoing = False  # whether anything of the last read may be the answer's own sound
        self._start()

    def open(self) -> None:
        """Start to capture; raises AudioError with one sentence when there is nothing to capture from."""
        self._start()
        if self._tap is not None:
            self._tap.restarted()
        self._microphone.open()

    def read(self) -> np.ndarray:
        """What came since the last read: float32 mono 16 kHz, without echo and with less noise, up to 20 ms late."""
        position, captured = self._microphone.read_captured()
        clock = self._microphone.clock
        played = self._reference.during(self._played(), position, len(captured), clock.origin, clock.rate)
        if not self._to_16k:  # both ways are the same, so that they stay in step
            rate = clock.rate
            self._to_16k = [soxr.ResampleStream(rate, SAMPLE_RATE, 1, dtype="float32", quality="MQ") for _ in range(2)]
        self._near = np.concatenate([self._near, self._to_16k[0].resample_chunk(captured)])
        self._far = np.concatenate([self._far, self._to_16k[1].resample_chunk(played)])
        cleaned = [np.zeros(0, np.float32)]
        self.interruptions = []
        self.echoing = self._canceller.echoing
        while len(self._near) >= _FRAME <= len(self._far):
            near, self._near = self._near[:_FRAME], self._near[_FRAME:]
            far, self._far = self._far[:_FRAME], self._far[_FRAME:]
            if self._tap is not None:
                self._tap.frame(near, far)
            cleaned.append(self._canceller.clean(near, far))
            self.echoing |= self._canceller.echoing
            if self._canceller.interrupted:
                self.interruptions.append(_FRAME * (len(cleaned) - 2))
        return np.concatenate(cleaned)

    def close(self) -> None:
        """Stop to capture and free the device."""
        self._microphone.close()
        self._to_16k.clear()  # soxr complains of those that are left when the process ends

    def _start(self) -> None:
        self._reference, self._canceller = Reference(), EchoCanceller()
        self._to_16k.clear()  # made when they are needed
        self._near = self._far = np.zeros(0, np.float32)
