"""A conversation with a server, by the acts of our own engine; with each question the server is told all of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from app.remote.parts import Part, content, film_parts, picture_part, sound_part, text_part
from app.remote.stream import Sound, read
from model.bounds import MOST_SPEECH_SECONDS
from model.errors import BadInputError
from model.events import Done, Remark, ReplyEvent, SpeechChunk, TextDelta
from model.given import (
    EMPTY_TURN,
    NO_PAUSE,
    NOTHING_ASKED,
    NOTHING_HEARD,
    SAMPLE_RATE,
    SHORTEST_SOUND,
    STILL_REPLYING,
    check_audible,
    checked_clip,
    checked_pixels,
    checked_sound,
    checked_text,
)

if TYPE_CHECKING:
    from app.remote.engine import RemoteEngine


Message = dict[str, Any]


@dataclass(frozen=True)
class RemoteVoice:
    """A voice is its name."""

    name: str


@dataclass
class _Turn:
    """What has been given since the last reply. `heard` and `seen` are one utterance and one look, still growing."""

    parts: list[Part] = field(default_factory=list)
    heard: list[np.ndarray] = field(default_factory=list)
    seen: list[np.ndarray] = field(default_factory=list)

    @property
    def empty(self) -> bool:
        return not (self.parts or self.heard or self.seen)

    def copy(self) -> _Turn:
        return _Turn([*self.parts], [*self.heard], [*self.seen])

    def message(self, role: str) -> Message:
        """As the server is told; what was seen and heard live comes first."""
        live = film_parts(self.seen)
        samples = np.concatenate([np.zeros(0, np.float32), *self.heard])
        if len(samples) >= SHORTEST_SOUND * SAMPLE_RATE:
            live.append(sound_part(samples))
        parts = live + self.parts
        if not parts:
            check_audible(len(samples), 1.0)
        return {"role": role, "content": content(parts)}


@dataclass
class _Said:
    """The last reply: where its question stands in the history, its text, and what came of its sound."""

    question: int
    text: str = ""
    seconds: float = 0.0
    stop: threading.Event = field(default_factory=threading.Event)
    heard_seconds: float | None = None
    over: bool = False

    def heard_text(self) -> str:
        """As large a share of the text as was heard of the speech, to a whole word."""
        if not self.stop.is_set() or self.heard_seconds is None or not self.seconds:
            return self.text
        share = min(1.0, self.heard_seconds / self.seconds)
        if share == 1.0:
            return self.text
        return self.text[: int(len(self.text) * share)].rpartition(" ")[0]


class RemoteConversation:
    """Calls come from one thread, except `interrupt`. Wrong input raises BadInputError and changes nothing."""

    def __init__(self, engine: RemoteEngine, voice: str | None, system: str | None) -> None:
        self._engine = engine
        self.voice: RemoteVoice | None = None
        if voice is not None or engine.voices:
            self.set_voice(voice or engine.default_voice)
        self._system: list[Message] = [{"role": "system", "content": system}] if system else []
        self._history: list[Message] = []
        self._turn = _Turn()
        self._paused: _Turn | None = None
        self._last: _Said | None = None

    def __enter__(self) -> RemoteConversation:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop what runs."""
        self.interrupt()

    def set_voice(self, voice: str) -> None:
        """Answer in another voice from the next reply on."""
        known = {name.lower(): name for name in self._engine.voices}
        if voice.lower() not in known:
            has = ", ".join(self._engine.voices) or "none"
            raise BadInputError(f'The model has no voice "{voice}"; its voices: {has}.')
        self.voice = RemoteVoice(known[voice.lower()])

    # input

    def hear(self, pcm: np.ndarray) -> None:
        """Sound as it arrives: float32 mono 16 kHz; successive calls are one utterance."""
        self._begin().heard.append(checked_sound(pcm).copy())

    def see(self, rgb: np.ndarray, at: float) -> None:
        """A camera frame, uint8 [H, W, 3], `at` seconds since the turn began."""
        self._begin().seen.append(checked_pixels(rgb, 3))

    def say(self, text: str) -> None:
        """Typed text."""
        self._begin().parts.append(text_part(checked_text(text)))

    def add_audio(self, pcm: np.ndarray) -> None:
        """A whole clip, float32 mono 16 kHz."""
        self._begin().parts.append(sound_part(checked_clip(pcm)))

    def add_image(self, rgb: np.ndarray) -> None:
        """A picture, uint8 [H, W, 3]."""
        self._begin().parts.append(picture_part(checked_pixels(rgb, 3)))

    def add_video(self, frames: np.ndarray, fps: float, pcm: np.ndarray | None = None) -> None:
        """A film, uint8 [T, H, W, 3] at `fps`, with its sound or without: as pictures and a sound."""
        pictures = film_parts(list(checked_pixels(frames, 4)))
        samples = checked_sound(np.zeros(0, np.float32) if pcm is None else pcm)
        audible = len(samples) >= SHORTEST_SOUND * SAMPLE_RATE
        self._begin().parts += [*pictures, sound_part(samples)] if audible else pictures

    def close_turn(self, role: str = "user") -> None:
        """Make what was given a turn of the past, of the "user" or the "assistant"."""
        if self._turn.empty:
            raise BadInputError(EMPTY_TURN)
        turn, self._turn = self._turn, _Turn()
        self._history.append(turn.message(role))

    def discard(self) -> None:
        """Forget what was given since the last reply."""
        self._turn, self._paused = _Turn(), None

    def pause(self) -> None:
        """The person may be done; `resume` takes back what is replied from here on."""
        if self._turn.empty:
            raise BadInputError(NOTHING_HEARD)
        self._paused = self._turn.copy()

    def resume(self) -> None:
        """They go on: what was replied since `pause` never happened, and the turn is open again."""
        if self._paused is None:
            raise BadInputError(NO_PAUSE)
        if self._last is not None:
            self._last.stop.set()
            del self._history[self._last.question :]
            self._last = None
        self._turn, self._paused = self._paused, None

    # output

    def reply(
        self,
        seed: int | None = None,
        greedy: bool = False,
        speech: bool = True,
        max_text_tokens: int = 1024,
        max_speech_seconds: float = MOST_SPEECH_SECONDS,
        whole_utterance: bool = False,
    ) -> Iterator[ReplyEvent]:
        """Answer what was heard, seen and said: TextDelta and SpeechChunk as they come, then Done. What fails is
        forgotten: the conversation goes on as if it had not been asked."""
        if self._turn.empty:
            raise BadInputError(NOTHING_ASKED)
        self._settle()
        turn, self._turn = self._turn, _Turn()
        speech = speech and self.voice is not None
        said = self._last = _Said(len(self._history))
        self._history.append(turn.message("user"))
        options = self._options(seed, greedy, speech, max_text_tokens)
        completed = False
        try:
            yield from self._events(said, options, speech, max_speech_seconds)
            completed = True
        finally:
            said.over = True
            if not completed and not said.stop.is_set() and self._last is said:
                del self._history[said.question :]
                self._last = None

    def interrupt(self, heard_seconds: float | None = None) -> None:
        """End the running reply, from any thread; as large a share of its text is kept as was heard of its speech."""
        if self._last is not None:
            self._last.heard_seconds = heard_seconds
            self._last.stop.set()

    def _begin(self) -> _Turn:
        if self._last is not None and not self._last.over and not self._last.stop.is_set():
            raise BadInputError(STILL_REPLYING)
        return self._turn

    def _settle(self) -> None:
        """Make the last reply history: what was heard of it."""
        last, self._last = self._last, None
        if last is not None:
            self._history.append({"role": "assistant", "content": last.heard_text() or "…"})

    def _options(self, seed: int | None, greedy: bool, speech: bool, tokens: int) -> dict[str, Any]:
        options: dict[str, Any] = {"model": self._engine.model, "stream": True, "max_tokens": tokens}
        options["messages"] = [*self._system, *self._history]
        if seed is not None:
            options["seed"] = seed
        if greedy:
            options["temperature"] = 0.0
        if speech and self.voice is not None:
            options["modalities"] = ["text", "audio"]
            options["audio"] = {"voice": self.voice.name, "format": "pcm16"}
            if self._engine.is_omni:
                options["extra_body"] = {"speaker": self.voice.name}  # where vLLM-Omni looks for the voice
        elif self._engine.voices:
            options["modalities"] = ["text"]
        return options

    def _events(self, said: _Said, options: dict[str, Any], speech: bool, most: float) -> Iterator[ReplyEvent]:
        engine = self._engine
        begun = time.perf_counter()
        done = Done("", 0.0, 0, [], [], engine.sample_rate, 0)
        create = engine.client.chat.completions.create
        for piece in read(engine.url, engine.model, lambda: create(**options), said.stop):
            at = time.perf_counter() - begun
            if isinstance(piece, str):
                done.timings.setdefault("first_text", at)
                said.text += piece
                yield TextDelta(piece, at)
            elif isinstance(piece, Sound) and speech:
                done.timings.setdefault("first_audio", at)
                start = done.samples
                done = replace(done, samples=start + len(piece.samples), sample_rate=piece.rate)
                said.seconds = done.samples / piece.rate
                yield SpeechChunk(piece.samples, piece.rate, start, at)
                if said.seconds >= most:
                    break
        if speech and not done.samples and not said.stop.is_set():
            yield Remark(f"The engine at {engine.url} answered without speech; does it serve the model with its voice?")
        at = time.perf_counter() - begun
        done.timings["total"] = at
        yield replace(done, text=said.text, at=at, interrupted=said.stop.is_set())
