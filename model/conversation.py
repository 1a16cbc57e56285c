"""One conversation: hear, see, say, then reply, with text and speech coming out while they are generated.

Owns the turns: which one is open, which reply is the last, what becomes history. Everything is read as it comes
(`model.turn`), so little is left to do when a turn ends; a turn that cannot be answered is forgotten without a trace.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np
import torch

from model.bounds import MOST_SPEECH_SECONDS
from model.context import Context, Place
from model.errors import BadInputError, CannotRunError
from model.events import ReplyEvent
from model.given import (
    EMPTY_TURN,
    NO_PAUSE,
    NOTHING_ASKED,
    NOTHING_HEARD,
    SAMPLE_RATE,
    SHORTEST_SOUND,
    STILL_REPLYING,
    checked_clip,
    checked_pixels,
    checked_sound,
    checked_text,
)
from model.prompt.pieces import AudioPiece, ImagePiece, Piece, TextPiece, VideoPiece, encode_piece
from model.reply import Reply, ReplyOptions
from model.turn import Turn

if TYPE_CHECKING:
    from model.engine import Engine


class Conversation:
    """Calls come from one thread, except `interrupt`. Wrong input raises BadInputError and changes nothing."""

    def __init__(self, engine: Engine, voice: str | None = None, system: str | None = None) -> None:
        self._engine = engine
        self.voice = engine.voice(voice)
        self._prepare_voice()
        self._memory = engine.take_memory()
        self._context = Context(engine.config, engine.thinker, engine.talker, self._memory)
        self._open = True
        self._turn: Turn | None = None
        self._begun: Place | None = None  # where the open turn began
        self._last: Reply | None = None
        self._paused: tuple[Turn, Place] | None = None
        if system := engine.settings.system_prompt if system is None else system:
            tokenizer = engine.tokenizer
            body = tokenizer.encode(f"system\n{system}")
            self._read([tokenizer.turn_start, *body, tokenizer.turn_end, *tokenizer.encode("\n")])

    def __enter__(self) -> Conversation:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop what runs and give the memory back; the conversation is over."""
        self.interrupt()
        if self._open:
            self._open = False
            self._turn = self._last = self._paused = None
            self._engine.return_memory(self._memory)

    @property
    def tokens(self) -> int:
        """Tokens of context in use."""
        return self._context.length

    def set_voice(self, voice: str) -> None:
        """Answer in another voice from the next reply on."""
        self.voice = self._engine.voice(voice)
        self._prepare_voice()

    # input

    def hear(self, pcm: np.ndarray, sample_rate: int = SAMPLE_RATE) -> None:
        """Sound as it arrives: float32 mono 16 kHz, any length; successive calls are one utterance."""
        samples = checked_sound(pcm, sample_rate)
        self._change(lambda turn: turn.hear(samples))

    def see(self, rgb: np.ndarray, at: float) -> None:
        """A camera frame, uint8 [H, W, 3], `at` seconds since the turn began."""
        frame = checked_pixels(rgb, 3)
        self._change(lambda turn: turn.see(frame, at))

    def say(self, text: str) -> None:
        """Typed text."""
        checked_text(text)
        self._change(lambda turn: turn.say(text))

    def add_audio(self, pcm: np.ndarray, sample_rate: int = SAMPLE_RATE) -> None:
        """A whole clip, float32 mono 16 kHz; unlike `hear`, never joined with another one."""
        self._add(AudioPiece(self._engine.mel_front_end(checked_clip(pcm, sample_rate))))

    def add_image(self, rgb: np.ndarray) -> None:
        """A picture, uint8 [H, W, 3]."""
        self._add(ImagePiece(*self._engine.patch_front_end.image(checked_pixels(rgb, 3))))

    def add_video(self, frames: np.ndarray, fps: float, pcm: np.ndarray | None = None) -> None:
        """A film, uint8 [T, H, W, 3] at `fps`, with its sound (float32 mono 16 kHz) or without."""
        front_end = self._engine.patch_front_end
        pairs, grid = front_end.video(checked_pixels(frames, 4))
        samples = None if pcm is None else checked_sound(pcm)
        audible = samples is not None and len(samples) >= SHORTEST_SOUND * SAMPLE_RATE
        mel = self._engine.mel_front_end(samples) if samples is not None and audible else None
        self._add(VideoPiece(pairs, grid, front_end.temporal_patch_size / fps, mel))

    def add_history(self, role: str, items: list[str | np.ndarray]) -> None:
        """An earlier turn of texts and sounds (float32 mono 16 kHz), as if it had happened here."""
        for item in items:
            if isinstance(item, str):
                self.say(item)
            else:
                self.add_audio(item)
        self.close_turn(role)

    def close_turn(self, role: str = "user") -> None:
        """Make what was given since the last reply a turn of the past, of the "user" or the "assistant"; no answer.
        A turn of the assistant can hold text only."""
        if role not in ("user", "assistant"):
            raise BadInputError(f'A turn is of the "user" or the "assistant", not of "{role}".')
        turn = self._turn
        if turn is None or turn.empty:
            raise BadInputError(EMPTY_TURN)
        tokenizer = self._engine.tokenizer
        try:
            with torch.inference_mode():
                turn.close(role)
                self._read([tokenizer.turn_end, *tokenizer.encode("\n")])
        except BadInputError:
            self.discard()
            raise
        self._end_turn()

    def discard(self) -> None:
        """Forget what was heard, seen and said since the last reply."""
        if self._turn is not None and self._begun is not None:
            self._forget_pause()
            self._context.go_back(self._begun)
            self._context.cancel_exchange()
            self._end_turn()

    # a pause that may be the end

    def pause(self) -> None:
        """The person may be done: a reply may begin, and `resume` takes it back if they go on."""
        if self._turn is None:
            raise BadInputError(NOTHING_HEARD)
        self._forget_pause()
        self._paused = self._turn.copy(), self._context.mark()

    def resume(self) -> None:
        """They go on: whatever was replied since `pause` never happened, and the turn is open again."""
        if self._paused is None:
            raise BadInputError(NO_PAUSE)
        turn, place = self._paused
        if self._last is not None:
            self._last.stop.set()
            self._context.release(self._last.place)
            self._last = None
            self._context.mark(turn.begun)
        self._context.go_back(place)
        self._forget_pause()
        self._turn, self._begun = turn, turn.begun

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
        """Answer what was heard, seen and said: TextDelta and SpeechChunk as they come, then Done."""
        self._check_open()
        if speech and self._engine.talker is None:
            raise CannotRunError("This model was loaded without its voice; load it with speech to hear it.")
        if max_speech_seconds > MOST_SPEECH_SECONDS:
            raise BadInputError(f"A reply is spoken for {MOST_SPEECH_SECONDS:.0f} s at most; lower max_speech_seconds.")
        options = ReplyOptions(seed, greedy, speech, max_text_tokens, max_speech_seconds, whole_utterance)
        begun = time.perf_counter()
        turn = self._turn
        if turn is None or turn.empty:
            raise BadInputError(NOTHING_ASKED)
        tokenizer = self._engine.tokenizer
        closing = [tokenizer.turn_end, *tokenizer.encode("\n"), tokenizer.turn_start, *tokenizer.encode("assistant\n")]
        try:
            with torch.inference_mode():
                sensed = turn.end_senses()
                hidden = turn.finish(closing)
        except BadInputError:
            self.discard()
            raise
        reply = Reply(self._engine, self._context, self.voice, options, begun)
        reply.timings["encode"] = sensed
        reply.timings["prefill"] = time.perf_counter() - begun - sensed
        self._last = reply
        self._end_turn()
        yield from self._events(reply, hidden)

    def _events(self, reply: Reply, hidden: torch.Tensor) -> Iterator[ReplyEvent]:
        trimmed, self._context.trimmed = self._context.trimmed, []
        yield from trimmed
        events = reply.events(hidden)
        try:
            while True:
                with torch.inference_mode():  # entered anew at each step: held across a yield it would leak out
                    event = next(events, None)
                if event is None:
                    return
                yield event
        finally:
            reply.over = True

    def interrupt(self, heard_seconds: float | None = None) -> None:
        """End the running reply within one step, from any thread. What was not heard is forgotten: of the reply's text
        as large a share is kept as `heard_seconds` is of the speech made so far."""
        if self._last is not None:
            self._last.heard_seconds = heard_seconds
            self._last.stop.set()

    # turns

    def _prepare_voice(self) -> None:
        if self.voice is not None and self._engine.token2wav is not None:
            self._engine.token2wav.condition(self.voice)  # so that the first reply does not wait for it

    def _check_open(self) -> None:
        if not self._open:
            raise BadInputError("This conversation is over; begin a new one.")
        if self._last is not None and not self._last.over and not self._last.stop.is_set():
            raise BadInputError(STILL_REPLYING)

    def _change(self, change: Callable[[Turn], None]) -> None:
        """Give the open turn something, or a new one; what fails leaves the turn as it was, or none."""
        self._check_open()
        fresh = self._turn is None
        with torch.inference_mode():
            if self._turn is None:
                self._settle()
                self._context.begin_exchange()
                self._turn = Turn(self._engine, self._context)
                self._begun = self._turn.begun
            elif self._paused is not None:
                self._forget_pause()  # nobody replied
            try:
                change(self._turn)
            except BadInputError:
                if fresh:
                    self.discard()
                raise

    def _add(self, piece: Piece) -> None:
        self._change(lambda turn: turn.add(piece))

    def _end_turn(self) -> None:
        if self._begun is not None:
            self._context.release(self._begun)
        self._turn = self._begun = None

    def _forget_pause(self) -> None:
        if self._paused is not None:
            self._context.release(self._paused[1])
            self._paused = None

    def _settle(self) -> None:
        """Make the last reply history: what was heard of it, and the end of its turn."""
        self._forget_pause()
        reply, self._last = self._last, None
        if reply is None:
            return
        keep = reply.heard_items()
        self._context.settle_reply(reply.items, reply.place, keep)
        self._context.release(reply.place)
        rest = reply.tokens[len(reply.items) :] if keep == len(reply.items) and not reply.stop.is_set() else []
        tokenizer = self._engine.tokenizer
        said = [token for token in rest if token not in self._engine.end_tokens]
        self._read([*said, tokenizer.turn_end, *tokenizer.encode("\n")])

    def _read(self, ids: list[int]) -> None:
        with torch.inference_mode():
            self._context.make_room(len(ids) + 1)
            self._context.read([encode_piece(self._engine.thinker, TextPiece(ids), self._context.position)])
