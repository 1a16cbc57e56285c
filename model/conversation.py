"""One conversation: hear, see, say, then reply, with text and speech coming out while they are generated.

Owns the turns. A turn's input is collected until `reply`, and forgotten without a trace when it cannot be answered.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import torch

from model.context import Context
from model.errors import BadInputError, CannotRunError
from model.events import ReplyEvent
from model.prompt.mel import SAMPLE_RATE
from model.prompt.pieces import AudioPiece, ImagePiece, Piece, TextPiece, VideoPiece
from model.reply import Reply, ReplyOptions

if TYPE_CHECKING:
    from model.engine import Engine

_SHORTEST_SOUND = 0.1  # seconds; less is no utterance
_SILENCE = 1e-4  # peak amplitude

Item = str | np.ndarray | Piece  # text, sound, or something already made ready


@dataclass
class Turn:
    """What the person has given since the last reply, in order."""

    items: list[Item] = field(default_factory=list)
    hearing: bool = False  # whether the last item is sound that may go on
    seen: list[tuple[float, np.ndarray]] = field(default_factory=list)  # camera frames with their times


class Conversation:
    def __init__(self, engine: Engine, voice: str | None = None, system: str | None = None) -> None:
        self._engine = engine
        self.voice = engine.voice(voice)
        self._context = Context(engine.config, engine.thinker, engine.talker)
        self._turn = Turn()
        self._unread = self._system_ids(engine.settings.system_prompt if system is None else system)
        self._last: Reply | None = None

    def __enter__(self) -> Conversation:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop what runs and free the memory; the conversation is over."""
        self.interrupt()
        self._last = None
        self._context = Context(self._engine.config, self._engine.thinker, self._engine.talker)

    @property
    def tokens(self) -> int:
        """Tokens of context in use."""
        return self._context.length

    def set_voice(self, voice: str) -> None:
        """Answer in another voice from the next reply on."""
        self.voice = self._engine.voice(voice)

    # input

    def hear(self, pcm: np.ndarray) -> None:
        """Sound as it arrives: float32 mono 16 kHz, any length; successive calls are one utterance."""
        samples = _checked_sound(pcm)
        if self._turn.hearing:
            heard = self._turn.items[-1]
            assert isinstance(heard, np.ndarray)
            self._turn.items[-1] = np.concatenate([heard, samples])
        else:
            self._add(samples)
            self._turn.hearing = True

    def see(self, rgb: np.ndarray, at: float) -> None:
        """A camera frame, uint8 [H, W, 3], `at` seconds since the turn began."""
        self._turn.seen.append((at, _checked_pixels(rgb, 3)))

    def say(self, text: str) -> None:
        """Typed text."""
        if not text.strip():
            raise BadInputError("There is no text in the question.")
        self._add(text)

    def add_audio(self, pcm: np.ndarray) -> None:
        """A whole clip, float32 mono 16 kHz; unlike `hear`, never joined with another one."""
        samples = _checked_sound(pcm)
        _check_audible(samples)
        self._add(samples)

    def add_image(self, rgb: np.ndarray) -> None:
        """A picture, uint8 [H, W, 3]."""
        self._add(ImagePiece(*self._engine.patch_front_end.image(_checked_pixels(rgb, 3))))

    def add_video(self, frames: np.ndarray, fps: float, pcm: np.ndarray | None = None) -> None:
        """A film, uint8 [T, H, W, 3] at `fps`, with its sound (float32 mono 16 kHz) or without."""
        self._add(self._video(_checked_pixels(frames, 4), fps, pcm))

    def add_history(self, role: str, items: list[str | np.ndarray]) -> None:
        """An earlier turn of texts and sounds (float32 mono 16 kHz), as if it had happened here."""
        for item in items:
            if isinstance(item, str):
                self.say(item)
            else:
                self.add_audio(item)
        self.close_turn(role)

    def close_turn(self, role: str = "user") -> None:
        """Make what was given since the last reply a turn of the past, of the "user" or the "assistant"; no answer."""
        if role not in ("user", "assistant"):
            raise BadInputError(f'A turn is of the "user" or the "assistant", not of "{role}".')
        turn, self._turn = self._turn, Turn()
        if not turn.items:
            raise BadInputError("An earlier turn is empty.")
        with torch.inference_mode():
            pieces = self._turn_pieces(role, turn.items, self._closed())
            self._check_room(pieces)
            self._context.prefill(pieces)
        tokenizer = self._engine.tokenizer
        self._unread = [tokenizer.turn_end, *tokenizer.encode("\n")]

    def discard(self) -> None:
        """Forget what was heard, seen and said since the last reply."""
        self._turn = Turn()

    def _add(self, item: Item) -> None:
        self._turn.items.append(item)
        self._turn.hearing = False

    # output

    def reply(
        self,
        seed: int | None = None,
        greedy: bool = False,
        speech: bool = True,
        max_text_tokens: int = 1024,
        max_speech_seconds: float = 82.0,
        whole_utterance: bool = False,
    ) -> Iterator[ReplyEvent]:
        """Answer what was heard, seen and said: TextDelta and SpeechChunk as they come, then Done."""
        if speech and self._engine.talker is None:
            raise CannotRunError("This model was loaded without its voice; load it with speech to hear it.")
        options = ReplyOptions(seed, greedy, speech, max_text_tokens, max_speech_seconds, whole_utterance)
        begun = time.perf_counter()
        turn, self._turn = self._turn, Turn()
        if turn.seen:
            turn.items.insert(0, self._camera(turn.seen))
        if not turn.items:
            raise BadInputError("There is nothing to answer yet.")
        with torch.inference_mode():
            pieces = self._turn_pieces("user", turn.items, self._closed())
            tokenizer = self._engine.tokenizer
            closing = [tokenizer.turn_end, *tokenizer.encode("\n"), tokenizer.turn_start]
            pieces.append(TextPiece([*closing, *tokenizer.encode("assistant\n")]))
            self._check_room(pieces)
            encoded = time.perf_counter()
            hidden = self._context.prefill(pieces)
            self._unread = []
        reply = Reply(self._engine, self._context, self.voice, options, begun)
        reply.timings["encode"] = encoded - begun
        reply.timings["prefill"] = time.perf_counter() - encoded
        self._last = reply
        events = reply.events(hidden)
        while True:
            with torch.inference_mode():  # entered anew at each step: held across a yield it would leak to the caller
                event = next(events, None)
            if event is None:
                return
            yield event

    def interrupt(self, heard_seconds: float | None = None) -> None:
        """End the running reply within one step, from any thread. What was not heard is forgotten: of the reply's text
        as large a share is kept as `heard_seconds` is of the speech made so far."""
        if self._last is not None:
            self._last.heard_seconds = heard_seconds
            self._last.stop.set()

    # ChatML

    def _closed(self) -> list[int]:
        """Ids that the next turn must begin with: what is unread, after the last reply has become history."""
        reply, self._last = self._last, None
        if reply is not None:
            keep = reply.heard_items()
            with torch.inference_mode():
                self._context.settle_reply(reply.items, keep, reply.talker_length)
            rest = reply.tokens[len(reply.items) :] if keep == len(reply.items) and not reply.stop.is_set() else []
            tokenizer = self._engine.tokenizer
            spoken = [token for token in rest if token not in self._engine.end_tokens]
            self._unread = [*spoken, tokenizer.turn_end, *tokenizer.encode("\n")]
        return self._unread

    def _turn_pieces(self, role: str, items: list[Item], opening: list[int]) -> list[Piece]:
        """One turn without its end. Neighbouring text is tokenized together, as it would be in a whole prompt."""
        tokenizer = self._engine.tokenizer
        pieces: list[Piece] = []
        text = f"{role}\n"
        ids = [*opening, tokenizer.turn_start]
        for item in items:
            if isinstance(item, str):
                text += item
                continue
            if text or ids:
                pieces.append(TextPiece([*ids, *tokenizer.encode(text)]))
                text, ids = "", []
            pieces.append(self._sound(item) if isinstance(item, np.ndarray) else item)
        if text or ids:
            pieces.append(TextPiece([*ids, *tokenizer.encode(text)]))
        return pieces

    def _system_ids(self, system: str) -> list[int]:
        tokenizer = self._engine.tokenizer
        if not system:
            return []
        body = tokenizer.encode(f"system\n{system}")
        return [tokenizer.turn_start, *body, tokenizer.turn_end, *tokenizer.encode("\n")]

    def _check_room(self, pieces: list[Piece]) -> None:
        needed, room = self._context.tokens_of(pieces), self._context.capacity - self._context.length
        if needed >= room:
            raise BadInputError(
                f"This is {needed} tokens long, but only {max(0, room - 1)} of the model's {self._context.capacity} "
                f"are left; shorten it or begin a new conversation."
            )

    def _sound(self, samples: np.ndarray) -> AudioPiece:
        _check_audible(samples)
        return AudioPiece(self._engine.mel_front_end(samples))

    def _video(self, frames: np.ndarray, fps: float, pcm: np.ndarray | None) -> VideoPiece:
        front_end = self._engine.patch_front_end
        patches, grid = front_end.video(frames)
        audible = pcm is not None and len(pcm) >= _SHORTEST_SOUND * SAMPLE_RATE
        mel = self._engine.mel_front_end(_checked_sound(pcm)) if pcm is not None and audible else None
        return VideoPiece(patches, grid, front_end.temporal_patch_size / fps, mel)

    def _camera(self, seen: list[tuple[float, np.ndarray]]) -> VideoPiece:
        """Camera frames of a turn as one film, at the rate at which they came."""
        span = seen[-1][0] - seen[0][0]
        fps = (len(seen) - 1) / span if span > 0 else float(self._engine.patch_front_end.temporal_patch_size)
        return self._video(np.stack([frame for _, frame in seen]), fps, None)


def _checked_sound(pcm: np.ndarray) -> np.ndarray:
    samples = np.asarray(pcm, dtype=np.float32)
    if samples.ndim != 1:
        raise BadInputError(f"Sound must be mono; this has the shape {samples.shape}.")
    if not np.isfinite(samples).all():
        raise BadInputError("The sound holds values that are no numbers.")
    return samples


def _check_audible(samples: np.ndarray) -> None:
    if len(samples) < _SHORTEST_SOUND * SAMPLE_RATE:
        raise BadInputError(f"The sound is {len(samples) / SAMPLE_RATE:.2f} s long; there is nothing to hear.")
    if float(np.abs(samples).max()) < _SILENCE:
        raise BadInputError("The sound is silent; there is nothing to hear.")


def _checked_pixels(pixels: np.ndarray, dimensions: int) -> np.ndarray:
    if pixels.ndim != dimensions or pixels.shape[-1] != 3 or pixels.dtype != np.uint8:
        raise BadInputError(f"Pictures must be uint8 RGB; this has the shape {pixels.shape} of {pixels.dtype}.")
    return pixels
