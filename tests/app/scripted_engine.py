"""An engine that follows a script in place of a model: same interface, same events, its own process, real pipes.

What it does is in the words it is given: "slow" takes 20 ms a word, "long" answers with many words, "lecture" with a
long text in Markdown, 5 ms a word; "forget" trims the context, "crash" dies in the middle by SIGKILL, "refuse" raises
BadInputError, "suspend" finds the device gone, "starve" finds the memory full until some is saved, "bug" raises
something else. Where VISAVIS_TEST_LOG names a folder, what it was told is written there, for tests from outside.
"""

from __future__ import annotations

import itertools
import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import soxr

from model.errors import BadInputError, CannotRunError
from model.events import ContextTrimmed, Done, ReplyEvent, SpeechChunk, TextDelta
from tests.app.sound_doubles import spoken

RATE = 24_000
# What a voice detector takes for speech: a program that heard its own loudspeaker would answer it.
VOICE = np.asarray(soxr.resample(spoken(8.0), 16_000, RATE), np.float32)
LECTURE = """## Why the sky is blue

Sunlight holds *all* colours, and the air scatters the **short, blue** waves much more than the long, red ones, as
[Lord Rayleigh](https://example.org) found. So wherever you look, it is the scattered blue that reaches your eyes:

1. light comes in from the sun,
2. molecules of the air throw it about, `1 / wavelength**4` of it,
   - much of the blue,
   - little of the red,
3. and your eye adds it up.

```python
def scattered(wavelength: float) -> float:
    return (400e-9 / wavelength) ** 4  # against violet
```

| colour | wavelength | scattered |
|--------|-----------:|----------:|
| violet | 400 nm | 1.00 |
| green | 530 nm | 0.32 |
| red | 700 nm | 0.11 |

In the evening the light comes in low and crosses far more air; what is left of it is yellow, orange and red. That is
the same effect, only with a longer path.

"""


class OutOfMemoryError(RuntimeError):
    """As PyTorch names its own."""


class ScriptedConversation:
    def __init__(self, engine: ScriptedEngine, voice: str | None, system: str | None) -> None:
        self.engine, self.voice, self.system = engine, voice or engine.default_voice, system
        self.items: list[str] = []
        self.heard = 0
        self.voice_pieces: list[np.ndarray] = []
        self.history: list[str] = []
        self.frames: list[float] = []
        self.paused: Any = None
        self.stopped = threading.Event()
        self.heard_seconds: float | None = None

    def __enter__(self) -> ScriptedConversation:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.stopped.set()

    def set_voice(self, voice: str) -> None:
        if voice not in self.engine.voices:
            raise BadInputError(f'There is no voice "{voice}".')
        self.voice = voice

    def hear(self, pcm: np.ndarray) -> None:
        assert pcm.dtype == np.float32
        self.heard += len(pcm)
        self.voice_pieces.append(pcm)

    def say(self, text: str) -> None:
        if not text.strip():
            raise BadInputError("There is no text in the question.")
        if "refuse" in text:
            raise BadInputError("This is too long; 100 tokens fit.")
        self.items.append(text)

    def add_audio(self, pcm: np.ndarray) -> None:
        self.items.append(f"[sound {len(pcm) / 16_000:.1f} s]")

    def add_image(self, rgb: np.ndarray) -> None:
        self.items.append(f"[picture {rgb.shape[1]}×{rgb.shape[0]}]")

    def add_video(self, frames: np.ndarray, fps: float, pcm: np.ndarray | None = None) -> None:
        self.items.append(f"[video {len(frames)} frames]")

    def see(self, rgb: np.ndarray, at: float) -> None:
        assert rgb.dtype == np.uint8 and rgb.ndim == 3
        if self.frames and at <= self.frames[-1]:
            raise BadInputError("Camera frames must come in order of time.")
        self.frames.append(at)

    def pause(self) -> None:
        if not self.items and not self.heard and not self.frames:
            raise BadInputError("Nothing is being heard that could pause; call hear() first.")
        self.paused = [*self.items], self.heard, [*self.voice_pieces], [*self.frames], len(self.history)

    def resume(self) -> None:
        if self.paused is None:
            raise BadInputError("There is no pause to resume from; call pause() first.")
        self.items, self.heard, self.voice_pieces, self.frames, history = self.paused
        del self.history[history:]

    def close_turn(self, role: str = "user") -> None:
        self.history += [f"{role}: {item}" for item in self.items]
        self.discard()

    def discard(self) -> None:
        self.items, self.heard, self.voice_pieces, self.frames = [], 0, [], []

    def interrupt(self, heard_seconds: float | None = None) -> None:
        self.heard_seconds = heard_seconds
        self.stopped.set()
        folder = os.environ.get("VISAVIS_TEST_LOG")
        if folder:
            Path(folder, "interrupted").write_text(str(time.monotonic()))

    def reply(self, seed: int | None = None, greedy: bool = False, speech: bool = True) -> Iterator[ReplyEvent]:
        items, heard, self.told_voice = self.items, self.heard, self.voice_pieces
        if self.frames:
            items = [*items, f"[{len(self.frames)} frames to {self.frames[-1]:.1f} s]"]
        self.discard()
        self.stopped.clear()
        if not items and not heard:
            raise BadInputError("There is nothing to answer yet.")
        said = " ".join([*items, *([f"[voice {heard / 16_000:.1f} s]"] if heard else [])])
        self._write_down(said)
        if "bug" in said:
            raise RuntimeError("scripted")
        if "suspend" in said:
            raise RuntimeError("CUDA error: unspecified launch failure")
        if "starve" in said and not self.engine.saving:
            raise OutOfMemoryError("CUDA out of memory")
        if "dice" in said:
            said = f"{said} {next(self.engine.dice)}"
        words = self._words(said)
        pause = 0.02 if "slow" in said or "long" in said else 0.005 if "lecture" in said else 0.0
        if "forget" in said:
            yield ContextTrimmed("exchange", 100)
        text, samples = "", 0
        began = time.perf_counter()
        for index, word in enumerate(words):
            if self.stopped.is_set():
                break
            if "crash" in said and index == 3:
                os.kill(os.getpid(), signal.SIGKILL)
            time.sleep(pause)
            text += word
            yield TextDelta(word, time.perf_counter() - began)
            if speech:
                piece = np.take(VOICE, range(samples, samples + RATE // 10), mode="wrap")
                yield SpeechChunk(piece, RATE, samples, time.perf_counter() - began)
                samples += RATE // 10
        if not self.stopped.is_set():
            self.history += [f"user: {said}", f"assistant: {text}"]
        total = time.perf_counter() - began
        yield Done(text, total, 10, [], [], RATE, samples, self.stopped.is_set(), {"total": total})

    def _write_down(self, said: str) -> None:
        folder = os.environ.get("VISAVIS_TEST_LOG")
        if folder:
            number = len(list(Path(folder).glob("*.txt"))) + 1
            np.save(Path(folder, f"{number}.npy"), np.concatenate([np.zeros(0, np.float32), *self.told_voice]))
            part = Path(folder, f"{number}.part")  # who waits for the file must never find it empty
            part.write_text(said, "utf-8")
            part.rename(part.with_suffix(".txt"))

    def _words(self, said: str) -> list[str]:
        if said.startswith("recite history"):
            return [" | ".join(self.history) or "nothing"]
        if said.startswith("which voice"):
            return [str(self.voice)]
        if "lecture" in said:
            return [f"{word} " for word in (LECTURE * 6).split(" ")]
        if "long" in said:
            return [f"word{n} " for n in range(400)]
        return ["You ", "said: ", *[f"{word} " for word in said.split()]]


class ScriptedEngine:
    default_voice = "Anna"
    voices = ("Anna", "Ben")
    sample_rate = RATE
    context_length = 2048
    saving = 0
    notes: tuple[str, ...] = ()

    def __init__(self, name: str, device: str, precision: str) -> None:
        self.dice = itertools.count(1)
        self.name, self.device, self.precision = name, "cpu" if device == "auto" else device, precision

    def conversation(self, voice: str | None = None, system: str | None = None) -> ScriptedConversation:
        return ScriptedConversation(self, voice, system)


def load(
    name: str,
    device: str = "auto",
    precision: str = "auto",
    speech: bool = True,
    context: int | None = None,
    saving: int = 0,
) -> ScriptedEngine:
    """What `model.load` is to the real engine."""
    if name == "none":
        raise CannotRunError("There is no model “none” here; install one with: models download nano.")
    if name == "dies":
        os.kill(os.getpid(), signal.SIGKILL)
    engine = ScriptedEngine(name, device, precision if precision != "auto" else "fp32")
    engine.context_length = (context or engine.context_length) >> saving
    engine.saving = saving
    if saving:
        engine.notes = (
            f"There was not enough memory; the model is loaded in {engine.precision}, with {engine.context_length} "
            "tokens of context.",
        )
    return engine
