"""An answer as it comes: chunks read on a thread of their own, so that whoever waits can stop at once; text and sound.

Sound comes in one of two forms: as OpenAI has it (`delta.audio`, with its transcript), or as vLLM-Omni has it (chunks
with `modality: "audio"` whose content is the sound). Either may hold WAV files or bare 16-bit samples.
"""

from __future__ import annotations

import base64
import binascii
import io
import queue
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import soundfile

from app.remote.failures import broken_off, explained

BARE_RATE = 24_000  # Hz, of samples that come without a header
_LOOK = 0.05  # seconds between looks at whether to stop
_END = object()


@dataclass(frozen=True)
class Sound:
    """A piece of speech: float32 mono."""

    samples: np.ndarray
    rate: int


def read(url: str, model: str, begin: Callable[[], Any], stop: threading.Event) -> Iterator[str | Sound]:
    """Texts and sounds in the order in which they come, until the answer ends or `stop` is set. `begin` asks the server
    and returns the client's stream. Raises CannotRunError and BadInputError."""
    arrived: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def pump() -> None:
        try:
            with explained(url, model), begin() as chunks:
                for chunk in chunks:
                    arrived.put(chunk)
                    if stop.is_set():
                        return  # leaving the stream ends the request, and with it the server's work
        except BaseException as error:  # handed to the thread that waits
            arrived.put(error)
        else:
            arrived.put(_END)

    threading.Thread(target=pump, name="remote-answer", daemon=True).start()
    ears, finished = _Ears(url), False
    while not stop.is_set():
        try:
            chunk = arrived.get(timeout=_LOOK)
        except queue.Empty:
            continue
        if chunk is _END:
            if not finished:
                raise broken_off(url)
            return
        if isinstance(chunk, BaseException):
            raise chunk
        with explained(url, model):
            try:
                finished = finished or any(choice.finish_reason for choice in chunk.choices or ())
                pieces = list(_pieces(chunk, ears))
            except (TypeError, AttributeError) as error:  # the client does not check what it is sent
                raise ValueError(f"a chunk of another form: {error}") from error
        yield from pieces


def _pieces(chunk: Any, ears: _Ears) -> Iterator[str | Sound]:
    for choice in chunk.choices or ():
        delta = choice.delta
        content = getattr(delta, "content", None)
        if getattr(chunk, "modality", None) == "audio":
            if content:
                yield from ears.hear(content)
            continue
        if content:
            yield str(content)
        audio = getattr(delta, "audio", None)
        if isinstance(audio, dict):
            if audio.get("transcript"):
                yield str(audio["transcript"])
            if audio.get("data"):
                yield from ears.hear(audio["data"])


class _Ears:
    """Base64 to samples; half a sample waits for its other half."""

    def __init__(self, url: str) -> None:
        self._url, self._rest = url, b""

    def hear(self, text: str) -> Iterator[Sound]:
        try:
            data = base64.b64decode(text, validate=True)
        except binascii.Error as error:
            raise ValueError(f"its sound is no base64: {error}") from error
        if data[:4] == b"RIFF":
            try:
                samples, rate = soundfile.read(io.BytesIO(data), dtype="float32", always_2d=True)
            except soundfile.LibsndfileError as error:
                raise ValueError(f"its sound is no WAV: {error}") from error
            if len(samples):
                yield Sound(samples.mean(axis=1), int(rate))
            return
        data = self._rest + data
        whole = len(data) - len(data) % 2
        self._rest = data[whole:]
        if whole:
            yield Sound(np.frombuffer(data[:whole], "<i2").astype(np.float32) / 32768.0, BARE_RATE)
