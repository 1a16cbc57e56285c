"""The one place that touches sounddevice: imports it when first needed, and says in one sentence what is missing.

`import sounddevice` itself raises OSError where PortAudio is not installed, and a machine without sound is a machine
that can still type and read: nothing here may fail at import.
"""

from __future__ import annotations

import contextlib
import ctypes
import ctypes.util
import importlib
import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import soxr

log = logging.getLogger(__name__)

SAMPLE_RATE = 48_000  # Hz; what sound cards speak natively
LATENCY = 0.04  # seconds asked of the system, in each direction
_LARGEST_BLOCK = 1 << 15  # samples
_PORTAUDIO = "libportaudio.so.2"  # on Linux
_SILENT_SECONDS = 0.7  # no block for so long means that the device is gone, even where nobody says so
_LOOK_EVERY = 10.0  # seconds between two looks that interrupt what plays
_PATIENCE = 1.0  # seconds that closing may take
_WAKING_SECONDS = 5.0  # the same before the first block: a Bluetooth headset changes its profile first


class AudioError(Exception):
    """There is no sound here; the message is one sentence that says what to do."""


@dataclass(frozen=True)
class Devices:
    """Names of what PortAudio sees."""

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


class Stream:
    """An open device. PortAudio tells of a device that has gone by a callback, or by falling silent, or not at all.

    Attributes:
        alive: whether it still plays or captures; False at once where the system says so, else after a second.
        block_time: when the first sample of the block at hand is heard, or was said, on the monotonic clock.
    """

    def __init__(self, use: Callable[[np.ndarray], object], plays: bool) -> None:
        self._use, self._plays = use, plays
        self._mono = np.zeros(_LARGEST_BLOCK, np.float32)
        self._ended = False
        self._blocks = 0
        self._last_block = self.block_time = time.monotonic()
        self.portaudio: Any = None

    @property
    def alive(self) -> bool:
        """Whether blocks still come and go."""
        silent = time.monotonic() - self._last_block
        return not self._ended and silent < (_SILENT_SECONDS if self._blocks else _WAKING_SECONDS)

    @property
    def latency(self) -> float:
        """Seconds between the program and the ear, or the mouth and the program."""
        return float(self.portaudio.latency)

    def close(self) -> None:
        """Stop at once and free the device.

        PortAudio up to 19.7 may hang in this for ever once a device has gone (its issue 1037): then the stream is left
        alone, and whoever closes it goes on after a second.
        """
        with _Open.lock:
            if self not in _Open.streams:
                return
            closing = threading.Thread(target=self._close, daemon=True)
            closing.start()
            closing.join(_PATIENCE)
            if closing.is_alive():
                log.warning("PortAudio hangs in closing a device that has gone; leaving it alone")
                library()._initialized = 0  # it must not be ended, not at exit either: that would wait for the stream
                _Open.stuck = True
                _Open.streams.discard(self)
            else:
                _Open.streams.discard(self)

    def _close(self) -> None:
        self.portaudio.abort()
        self.portaudio.close()

    def on_block(self, block: np.ndarray, _frames: int, clock: Any, _status: Any) -> None:
        """On PortAudio's thread, every 10 ms."""
        self._blocks += 1
        now = self._last_block = time.monotonic()
        # PortAudio's own clock is another one on each system, and some drivers leave its times at zero.
        there = clock.outputBufferDacTime if self._plays else clock.inputBufferAdcTime
        self.block_time = now + (there - clock.currentTime) if there > 0 < clock.currentTime else now
        if block.shape[1] == 1:
            self._use(block[:, 0])
        elif self._plays:
            self._use(block[:, 0])
            block[:, 1:] = block[:, :1]
        else:
            mono = self._mono[: len(block)]
            np.add(block[:, 0], block[:, 1], out=mono)
            mono *= 0.5
            self._use(mono)

    def on_end(self) -> None:
        """On PortAudio's thread: no block will come any more."""
        self._ended = True


class _Open:
    """The streams of this process that are open, and the lock around everything that PortAudio must not do twice at a
    time: it keeps one global list of devices and one of streams, and crashes where two threads change them."""

    lock = threading.RLock()
    streams: ClassVar[set[Stream]] = set()
    looked = -60.0  # when devices were last looked for although a stream was open
    stuck = False  # PortAudio hangs in closing one: it can open others, but would never come back from being ended


def library() -> Any:
    """The sounddevice module, or AudioError where PortAudio is missing."""
    try:
        with _Open.lock, _silent_libraries(), _portaudio_where_the_loader_looks():
            return importlib.import_module("sounddevice")
    except (ImportError, OSError) as error:
        raise AudioError(
            "Sound needs the PortAudio library; on Debian or Ubuntu install it with: apt install libportaudio2"
        ) from error


@contextlib.contextmanager
def _portaudio_where_the_loader_looks() -> Iterator[None]:
    """sounddevice asks `find_library`, which sees what lies on LD_LIBRARY_PATH only with a compiler's help."""
    find = ctypes.util.find_library

    def find_or_load(name: str) -> str | None:
        found = find(name)
        if found is None and name == "portaudio" and sys.platform.startswith("linux"):
            with contextlib.suppress(OSError):
                ctypes.CDLL(_PORTAUDIO)
                return _PORTAUDIO
        return found

    ctypes.util.find_library = find_or_load
    try:
        yield
    finally:
        ctypes.util.find_library = find


@contextlib.contextmanager
def _silent_libraries() -> Iterator[None]:
    """While PortAudio looks for devices, it, ALSA and JACK print a page about each one that is not there."""
    if not sys.platform.startswith("linux"):
        yield
        return
    stderr = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)
        os.close(nowhere)


def list_devices() -> Devices:
    """What there is now; empty tuples where there is nothing. May take a second: not for the GUI thread."""
    with _Open.lock:
        _look_again()
        found = library().query_devices()
    return Devices(
        inputs=tuple(d["name"] for d in found if d["max_input_channels"] > 0),
        outputs=tuple(d["name"] for d in found if d["max_output_channels"] > 0),
    )


def open_output(fill: Callable[[np.ndarray], object], device: str = "") -> Stream:
    """A started output; `fill` writes every block of it, float32 mono 48 kHz. "" is the default device."""
    return _open("OutputStream", "loudspeaker", fill, device)


def open_input(take: Callable[[np.ndarray], object], device: str = "") -> Stream:
    """A started input; `take` gets every block of it, float32 mono 48 kHz. "" is the default device."""
    return _open("InputStream", "microphone", take, device)


def _look_again(whatever_plays: bool = False) -> bool:
    """Make PortAudio see what has been plugged in since it looked. That ends every stream: it is done while none is
    open, or, now and then, `whatever_plays`: those who have one notice, and open it again."""
    sound = library()
    if _Open.stuck:
        return False  # the devices that it knows, and the system's default, can still be opened
    if any(stream.alive for stream in _Open.streams):
        now = time.monotonic()
        if not whatever_plays or now < _Open.looked + _LOOK_EVERY:
            return False
        _Open.looked = now
    for stream in list(_Open.streams):
        stream.on_end()
        stream.close()
    sound._terminate()
    with _silent_libraries():
        sound._initialize()
    return True


def _open(kind: str, noun: str, use: Callable[[np.ndarray], object], device: str) -> Stream:
    with _Open.lock:
        stream = _try_to_open(kind, noun, use, device)
        if stream is None and _look_again(whatever_plays=not device):
            stream = _try_to_open(kind, noun, use, device)
        if stream is not None:
            _Open.streams.add(stream)
            return stream
    if device:
        raise AudioError(f"The {noun} “{device}” cannot be opened; connect it or choose another one in the settings.")
    raise AudioError(f"No {noun} could be opened; connect one or allow this program to use it, then try again.")


def _try_to_open(kind: str, noun: str, use: Callable[[np.ndarray], object], device: str) -> Stream | None:
    sound = library()
    index = _index(device, noun) if device else None
    if device and index is None:
        return None
    plays = kind == "OutputStream"
    for channels, rate in _forms(sound, kind, index):
        stream = Stream(use if rate == SAMPLE_RATE else converted(use, rate, plays), plays)
        try:
            with _silent_libraries():
                stream.portaudio = getattr(sound, kind)(
                    device=index,
                    samplerate=rate,
                    channels=channels,
                    dtype="float32",
                    blocksize=rate // 100,
                    latency=LATENCY,
                    callback=stream.on_block,
                    finished_callback=stream.on_end,
                )
                stream.portaudio.start()
            return stream
        except (sound.PortAudioError, ValueError) as error:
            log.info("%s, %d channels, %d Hz: %s", noun, channels, rate, error)
    return None


def converted(use: Callable[[np.ndarray], object], rate: int, plays: bool) -> Callable[[np.ndarray], None]:
    """What `use`, which fills or takes blocks of 48 kHz, is to a device with another rate. Such devices are rare; their
    callbacks are the only ones that allocate memory."""
    resampler = soxr.ResampleStream(
        SAMPLE_RATE if plays else rate, rate if plays else SAMPLE_RATE, 1, dtype="float32", quality="LQ"
    )
    block = np.zeros(SAMPLE_RATE // 100, np.float32)
    waiting = np.zeros(0, np.float32)

    def fill(out: np.ndarray) -> None:
        nonlocal waiting
        while len(waiting) < len(out):
            use(block)
            waiting = np.concatenate([waiting, resampler.resample_chunk(block)])
        out[:], waiting = waiting[: len(out)], waiting[len(out) :]

    def take(captured: np.ndarray) -> None:
        use(resampler.resample_chunk(captured))

    return fill if plays else take


def _forms(sound: Any, kind: str, index: int | None) -> list[tuple[int, int]]:
    """Channels and rates to be tried: ours, then the device's own; most systems convert, some do not."""
    way = "output" if kind == "OutputStream" else "input"
    try:
        with _silent_libraries():
            own = sound.query_devices(index, way)
    except (sound.PortAudioError, ValueError):
        return [(1, SAMPLE_RATE)]
    rates = list(dict.fromkeys([SAMPLE_RATE, int(own["default_samplerate"])]))
    return [(channels, rate) for rate in rates for channels in (1, 2) if channels <= own[f"max_{way}_channels"]]


def _index(name: str, noun: str) -> int | None:
    """PortAudio's number of a device: names are what people choose, numbers change with every cable."""
    channels = "max_output_channels" if noun == "loudspeaker" else "max_input_channels"
    for index, found in enumerate(library().query_devices()):
        if found["name"] == name and found[channels] > 0:
            return index
    return None
