"""The loudspeaker: takes speech in pieces as it is made, plays it without gaps, and can stop within a blink.

Pieces are resampled on the caller's thread into a ring; the audio callback only copies from it. Playing starts once a
little is buffered (the jitter buffer), and starts over so after running dry, each time with twice as much: where the
engine is slower than speech, a few pauses are understood, and many are not.
"""

from __future__ import annotations

import logging
import threading
import time

import numpy as np
import soxr

from app import audio_devices
from app.capture.ring_buffer import RingBuffer
from app.playback.played import Played
from app.playback.tempo import Tempo

log = logging.getLogger(__name__)

_RATE = audio_devices.SAMPLE_RATE
_RING_SECONDS = 240  # the longest reply speaks 82 s, and all of it may be made before the first half is heard
_PREBUFFER = int(0.10 * _RATE)  # samples that must wait in the ring before the first one sounds
_LARGEST_PREBUFFER = int(1.6 * _RATE)  # the same, where the engine has been slow
_FADE = int(0.005 * _RATE)  # an abrupt end clicks
_FALL = np.linspace(1.0, 0.0, _FADE, dtype=np.float32)
_RISE = _FALL[::-1].copy()
_SAID_AGAIN = int(0.15 * _RATE)  # samples before the place where it was held: the half of a syllable says nothing
_LONGEST_BLOCK = 1 << 15  # samples that a device may want at a time


class Speaker:
    """The default output, or the one of that name. One reply after the other: `begin`, `play`…, `finish`; `stop` at any
    time.

    Attributes:
        instead: whether it is the system's default because the one of that name is not there.
        underruns: how often the ring ran dry in the middle of a reply.
        volume: from 0 to 1, as it is heard; takes effect at once.
        tempo: of the next reply, 1 is the voice's own.
        sounded_at: when the first sample of this reply reached the ear, on the monotonic clock; None until it has.
        played: what the device has been given, silence included.
        held: whether it waits, silent, for `carry_on`.
    """

    def __init__(self, device: str = "") -> None:
        self.device = device
        self._ring = RingBuffer(_RING_SECONDS * _RATE, kept=_SAID_AGAIN)
        self.played = Played(_RATE)
        self._lock = threading.Lock()  # between begin, play, finish and stop; the callback never takes it
        self._resampler: soxr.ResampleStream | None = None
        self._rate = 0
        self._stream: audio_devices.Stream | None = None
        self.instead = False
        self._why_not: str | None = None  # the device could not be opened
        self._origin = 0  # position in the ring where this reply began
        self._stop_at = 0  # everything in the ring before this position is to fade out
        self._complete = True  # no more pieces will come: play what there is, however little
        self._prebuffer = _PREBUFFER
        self._dry_before = 0  # underruns until this reply began
        self._flowing = False  # past the jitter buffer; changed by the callback while there is one
        self._stretching: Tempo | None = None
        self._pace = 1.0  # the tempo of this reply
        self._gain = 1.0  # with which the last block ended
        self._ramp = np.arange(1, _LONGEST_BLOCK + 1, dtype=np.float32)
        self._gains = np.empty(_LONGEST_BLOCK, np.float32)
        self.held = False
        self._silenced = False  # the callback has faded out for `held`
        self._rising = False  # the next block fades in
        self.underruns = 0
        self.volume = self.tempo = 1.0
        self.sounded_at: float | None = None

    @property
    def problem(self) -> str | None:
        """One sentence if there is no sound, else None."""
        if self._stream is not None and not self._stream.alive:
            return "The loudspeaker has gone; connect one, and the next answer will be spoken again."
        return self._why_not

    @property
    def gone(self) -> bool:
        """Whether a device that was open has gone while something of a reply still waits or will come."""
        stream = self._stream
        if stream is None or stream.alive:
            return False
        return not self._complete or self._ring.written > max(self._ring.consumed, self._stop_at)

    def open(self) -> bool:
        """Open the device if it is not open; may take some 100 ms. False if there is none: see `problem`."""
        if self._stream is not None and self._stream.alive:
            return True
        self.close()
        self._flowing = self._silenced = self.instead = False
        try:
            self._stream = audio_devices.open_output(self._fill, self.device)
            self._why_not = None
        except audio_devices.AudioError as error:
            self._why_not = str(error)
        if self._why_not is not None and self.device:
            self._open_default()
        return self._why_not is None

    def revive(self) -> bool:
        """The device has gone: go on with the reply on it or on another one, from where it was. Like `open`."""
        ring = self._ring
        self._free()  # from here on there is no callback, and the ring is ours
        with self._lock:
            ring.go_back(min(_SAID_AGAIN, ring.consumed - max(self._origin, self._stop_at)))
        return self.open()

    def _open_default(self) -> None:
        try:
            self._stream = audio_devices.open_output(self._fill)
            self.instead, self._why_not = True, None
        except audio_devices.AudioError:
            log.info("there is no other loudspeaker either")

    def close(self) -> None:
        """Fall silent and free the device."""
        self._free()
        with self._lock:
            self._resampler = self._stretching = None  # soxr complains of those that are left when the process ends

    def _free(self) -> None:
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.close()

    def begin(self) -> None:
        """A new reply starts; what still plays of the one before is faded out."""
        with self._lock:
            self._stop_at = self._origin = self._ring.written
            self._ring.start_over()  # a call has many short replies: they share the memory of the longest
            self.sounded_at = None
            self._resampler = self._stretching = None
            self._pace = self.tempo
            self._complete = self.held = False
            if self.underruns == self._dry_before:  # the last reply had no pause: try with less
                self._prebuffer = max(_PREBUFFER, self._prebuffer // 2)
            self._dry_before = self.underruns

    def play(self, samples: np.ndarray, sample_rate: int) -> None:
        """Append a piece of the reply: float32 mono in [-1, 1]."""
        with self._lock:
            if self._resampler is None or sample_rate != self._rate:
                self._rate = sample_rate
                # LQ delays by 1.2 ms only; speech has nothing near the band edge that it would harm.
                self._resampler = soxr.ResampleStream(sample_rate, _RATE, 1, dtype="float32", quality="LQ")
                self._stretching = Tempo(self._pace, sample_rate) if self._pace != 1.0 else None
            samples = np.asarray(samples, np.float32)
            if self._stretching is not None:
                samples = self._stretching.stretch(samples)
            self._write(self._resampler.resample_chunk(samples))

    def finish(self) -> None:
        """The reply is complete: play out what is buffered."""
        with self._lock:
            if self._resampler is not None:
                rest = self._stretching.end() if self._stretching is not None else np.zeros(0, np.float32)
                self._write(self._resampler.resample_chunk(rest, last=True))
                self._resampler = self._stretching = None
            self._complete = True

    def stop(self) -> float:
        """Fade out within 10 ms, forget the rest, and return the seconds of this reply that were heard."""
        with self._lock:
            heard = self.played_seconds
            self._stop_at = self._ring.written
            self._complete = True
            self.held = False
            self._resampler = self._stretching = None
            return heard

    def hold(self) -> None:
        """Fall silent within 10 ms and wait; nothing of the reply is lost. From any thread, without waiting."""
        self.held = True

    def carry_on(self) -> None:
        """Go on from where it was held, and a syllable before that."""
        self.held = False

    @property
    def device_latency(self) -> float:
        """Seconds that the open device holds of what it has been given; 0 without one."""
        return self._stream.latency if self._stream is not None else 0.0

    @property
    def played_seconds(self) -> float:
        """Seconds of this reply that have reached the listener's ear, counted as the voice has spoken them."""
        latency = self.device_latency if self.playing and not self._silenced else 0.0
        return max(0.0, (self._ring.consumed - self._origin) / _RATE - latency) * self._pace

    @property
    def playing(self) -> bool:
        """Whether something of this reply still waits to be heard."""
        stream = self._stream
        if stream is None or not stream.alive:
            return False  # a device that has gone plays nothing, however much waits
        return self._ring.written > max(self._ring.consumed, self._stop_at)

    def _write(self, samples: np.ndarray) -> None:
        if self._ring.write(samples) < len(samples):
            log.warning("the reply is longer than the playback buffer; its end will be missing")

    def _fill(self, block: np.ndarray) -> None:
        """On PortAudio's thread: copy, as loud as is wanted, or be silent. Allocates and locks nothing."""
        self._copy(block)
        gain = self.volume**2  # what ears take for half as loud is a good deal less than half
        if gain != self._gain:
            gains = self._gains[: len(block)]
            np.multiply(self._ramp[: len(block)], (gain - self._gain) / len(block), out=gains)
            gains += self._gain
            block *= gains
            self._gain = gain
        elif gain != 1.0:
            block *= gain
        stream = self._stream
        self.played.write(block, stream.block_time if stream is not None else time.monotonic())

    def _copy(self, block: np.ndarray) -> None:
        ring = self._ring
        if ring.consumed < self._stop_at:
            self._fade_out(block, self._stop_at - ring.consumed)
            ring.skip_to(self._stop_at)
            self._silenced = False
            return
        if self.held:
            self._be_silent(block)
            return
        if self._silenced:
            self._silenced = False
            ring.go_back(min(_SAID_AGAIN, ring.consumed - max(self._origin, self._stop_at)))
        waiting = len(ring)
        if not self._flowing and (waiting == 0 or (waiting < self._prebuffer and not self._complete)):
            block.fill(0.0)
            return
        if not self._flowing:
            self._flowing, self._rising = True, ring.consumed > self._origin  # the first sound has its own beginning
        if self.sounded_at is None:
            self.sounded_at = time.monotonic() + self.device_latency
        count = ring.read_into(block)
        block[count:] = 0.0
        if self._rising:
            short = min(count, _FADE)
            block[:short] *= _RISE[:short]
            self._rising = False
        if count < len(block):
            self._run_dry(block[:count])

    def _run_dry(self, last: np.ndarray) -> None:
        """Nothing is left; if more should have come, that is an underrun, and what there was is faded out."""
        self._flowing = False
        if not self._complete and self._ring.consumed > self._origin:  # not the end of the reply before
            self.underruns += 1
            self._prebuffer = min(_LARGEST_PREBUFFER, 2 * self._prebuffer)
            short = min(len(last), _FADE)
            last[len(last) - short :] *= _FALL[_FADE - short :]

    def _be_silent(self, block: np.ndarray) -> None:
        if not self._silenced:
            self._fade_out(block, len(self._ring))
            self._silenced = True
        else:
            block.fill(0.0)

    def _fade_out(self, block: np.ndarray, most: int) -> None:
        """Play a part of this block with a falling ramp; 5 ms and the device's own ramp suffice."""
        block.fill(0.0)
        if self._flowing:
            count = self._ring.read_into(block[: min(len(block), _FADE, most)])
            block[:count] *= _FALL[:count]
        self._flowing = False
