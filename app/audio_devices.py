"""The one place that touches sounddevice: imports it when first needed, and says in one sentence what is missing.

`import sounddevice` itself raises OSError where PortAudio is not installed, and a machine without sound is a machine
that can still type and read: nothing here may fail at import.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

SAMPLE_RATE = 48_000  # Hz; what sound cards speak natively
BLOCK = 480  # samples, 10 ms
LATENCY = 0.04  # seconds asked of the system, in each direction


class AudioError(Exception):
    """There is no sound here; the message is one sentence that says what to do."""


@dataclass(frozen=True)
class Devices:
    """Names of what PortAudio sees."""

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


def library() -> Any:
    """The sounddevice module, or AudioError where PortAudio is missing."""
    try:
        with _silent_libraries():
            return importlib.import_module("sounddevice")
    except (ImportError, OSError) as error:
        raise AudioError(
            "Sound needs the PortAudio library; on Debian or Ubuntu install it with: apt install libportaudio2"
        ) from error


@contextlib.contextmanager
def _silent_libraries() -> Iterator[None]:
    """While PortAudio looks for devices, ALSA and JACK print a page about each one that is not there."""
    loaded = sys.modules.get("sounddevice")
    if not sys.platform.startswith("linux") or (loaded is not None and loaded._initialized):
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
    """What there is; empty tuples where there is nothing."""
    found = library().query_devices()
    return Devices(
        inputs=tuple(d["name"] for d in found if d["max_input_channels"] > 0),
        outputs=tuple(d["name"] for d in found if d["max_output_channels"] > 0),
    )


def open_output(callback: Callable[..., None], on_end: Callable[[], None], device: str = "") -> Any:
    """A started mono float32 output stream; `on_end` is called when it ends, asked or not. "" is the default device."""
    return _open("OutputStream", "loudspeaker", callback, on_end, device)


def open_input(callback: Callable[..., None], on_end: Callable[[], None], device: str = "") -> Any:
    """A started mono float32 input stream; `on_end` is called when it ends, asked or not. "" is the default device."""
    return _open("InputStream", "microphone", callback, on_end, device)


def _open(kind: str, noun: str, callback: Callable[..., None], on_end: Callable[[], None], device: str) -> Any:
    sound = library()
    index = _index(device, noun) if device else None
    try:
        stream = getattr(sound, kind)(
            device=index,
            samplerate=SAMPLE_RATE,
            channels=1,
            dtype="float32",
            blocksize=BLOCK,
            latency=LATENCY,
            callback=callback,
            finished_callback=on_end,
        )
        stream.start()
        return stream
    except (sound.PortAudioError, ValueError) as error:
        # PortAudio reads the devices once; look again, so that one plugged in meanwhile is found at the next attempt.
        # That would end other streams of this process, so only when there is no device at all.
        if not sound.query_devices():
            with _silent_libraries():
                sound._terminate()
                sound._initialize()
        raise AudioError(
            f"No {noun} could be opened; connect one or allow this program to use it, then try again."
        ) from error


def _index(name: str, noun: str) -> int:
    """PortAudio's number of a device: names are what people choose, numbers change with every cable."""
    channels = "max_output_channels" if noun == "loudspeaker" else "max_input_channels"
    for index, found in enumerate(library().query_devices()):
        if found["name"] == name and found[channels] > 0:
            return index
    raise AudioError(f"The {noun} “{name}” is not connected; connect it or choose another one in the settings.")
