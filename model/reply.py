"""One reply while it is generated: Thinker and Talker in turns, one step each, and the decoder behind them.

The Talker starts once the Thinker has read its own first token and uses one item of it per code, so it sounds long
before the text is complete; after the text the Talker goes on alone (paper §2.2; order of inputs: anatomy §1.8).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from model.bounds import MOST_SPEECH_SECONDS
from model.context import Context, line
from model.events import Done, ReplyEvent, SpeechChunk, TextDelta
from model.prompt.tokenizer import StreamingDetokenizer
from model.sampling import Sampler
from model.token2wav.streaming import SpeechStream

if TYPE_CHECKING:
    from model.checkpoint.voices import Voice
    from model.engine import Engine

_SPOKEN_TOKENS_PER_SECOND = 4.0  # of text, in fluent speech
LEAST_CIRCLE = 12  # tokens of a phrase said again and again: "no, no, no" is none


@dataclass(frozen=True)
class ReplyOptions:
    """Choices and limits of one reply; `whole_utterance` decodes speech in one piece, as the reference does."""

    seed: int | None = None
    greedy: bool = False
    speech: bool = True
    max_text_tokens: int = 1024
    max_speech_seconds: float = MOST_SPEECH_SECONDS
    whole_utterance: bool = False


def goes_in_circles(tokens: Sequence[int], times: int) -> bool:
    """Whether `tokens` end with the same phrase so many times in a row, LEAST_CIRCLE tokens of it at least."""
    for length in range(-(-LEAST_CIRCLE // times), len(tokens) // times + 1):
        end = tokens[-length * times :]
        if all(end[i] == end[i - length] for i in range(length, len(end))):
            return True
    return False


class TalkerSteps:
    """The Talker of one reply: each step takes the next item of the Thinker's reply and gives the next code."""

    def __init__(
        self, engine: Engine, context: Context, voice: Voice, greedy: bool, generator: torch.Generator
    ) -> None:
        assert engine.talker is not None
        self._talker, self._context = engine.talker, context
        config = self._config = engine.talker.config
        sampling = engine.settings.talker.greedy() if greedy else engine.settings.talker
        used = (config.codec_mask, config.codec_pad, config.codec_start)
        self._sampler = Sampler(sampling, config.decoder.vocab_size, used, generator, context.device)

        def text(token: int) -> Tensor:
            return engine.thinker.embed(torch.tensor([token], device=context.device))

        self._speaker = text(voice.bos_token) + self._codec(config.codec_pad)
        self._after_text = iter([text(config.text_end)])
        self._pad = text(config.text_pad)
        self._code = torch.tensor([config.codec_start], device=context.device)
        self._position = 0

    def begin(self) -> None:
        """Read the voice's token, behind the prompt."""
        cache = self._context.memory.talker_cache
        assert cache is not None
        self._position = self._context.position
        self._talker(self._speaker, line(self._position, 1, self._context.device), cache)
        self._position += 1

    def step(self, item: Tensor | None) -> int | None:
        """`item` [1, hidden], or None once the text is over → a code, or None when the speech is complete."""
        if item is None:
            item = next(self._after_text, self._pad)
        sampler = self._sampler
        self._code = self._context.memory.talker_step(
            sampler.sampling, self._code, item, line(self._position, 1, item.device), sampler.used, sampler.noise()
        )
        sampler.mark(self._code)
        self._position += 1
        code = int(self._code)
        return None if code in (self._config.codec_end, self._config.codec_pad) else code

    def _codec(self, code: int) -> Tensor:
        return self._talker.embed(torch.tensor([code], device=self._context.device))


@dataclass
class Reply:
    """
    Attributes:
        items: [1, hidden] per token that the Thinker has read of its own reply.
        tokens: generated ids; the last one is never read.
        heard_seconds: of the speech, once it was interrupted.
    """

    engine: Engine
    context: Context
    voice: Voice | None
    options: ReplyOptions
    begun: float
    prompt_tokens: int = 0
    items: list[Tensor] = field(default_factory=list)
    tokens: list[int] = field(default_factory=list)
    codes: list[int] = field(default_factory=list)
    samples: int = 0
    text: str = ""
    heard_seconds: float | None = None
    stop: threading.Event = field(default_factory=threading.Event)
    timings: dict[str, float] = field(default_factory=dict)
    complete: bool = False
    over: bool = False  # nothing more will come of it

    def __post_init__(self) -> None:
        self.place = self.context.mark()  # where it begins

    def events(self, hidden: Tensor) -> Iterator[ReplyEvent]:
        """From the hidden states [S, hidden] of the prompt's end to Done."""
        self.prompt_tokens = self.context.length
        seed = self.options.seed if self.options.seed is not None else int(time.time_ns() % 2**31)
        generator = torch.Generator().manual_seed(seed)
        if self.options.speech:
            yield from self._speak(hidden, generator, seed)
        else:
            for delta, _ in self._think(hidden, generator):
                if delta:
                    yield TextDelta(delta, self._elapsed())
        self.complete = not self.stop.is_set()
        yield Done(
            text=self.text,
            at=self._elapsed(),
            prompt_tokens=self.prompt_tokens,
            text_tokens=list(self.tokens),
            speech_codes=list(self.codes),
            sample_rate=self.engine.sample_rate,
            samples=self.samples,
            interrupted=not self.complete,
            timings={**self.timings, "total": self._elapsed()},
        )

    def _think(self, hidden: Tensor, generator: torch.Generator) -> Iterator[tuple[str, Tensor | None]]:
        """Pieces of text as soon as they are chosen, and behind each token the Talker's item for it."""
        engine = self.engine
        sampling = engine.settings.thinker.greedy() if self.options.greedy else engine.settings.thinker
        context, memory = self.context, self.context.memory
        sampler = Sampler(sampling, engine.config.thinker.text.vocab_size, (), generator, context.device)
        words = StreamingDetokenizer(engine.tokenizer)
        most = min(self.options.max_text_tokens, context.capacity - context.length)
        chosen = sampler.choose(engine.thinker.logits(hidden[-1]))
        while not self.stop.is_set():
            token = int(chosen)
            self.tokens.append(token)
            if token in engine.end_tokens:
                break
            delta = words.add(token)
            if delta:
                self.text += delta
                self.timings.setdefault("first_text", self._elapsed())
                yield delta, None
            repeats = engine.settings.end_after_repeats
            if len(self.tokens) >= most or (repeats and goes_in_circles(self.tokens, repeats)):
                break
            position = line(context.position, 1, context.device)
            item, chosen = memory.thinker_step(sampling, chosen, position, sampler.used, sampler.noise())
            sampler.mark(chosen)
            context.position += 1
            self.items.append(item)
            yield "", item
        if rest := words.finish():
            self.text += rest
            yield rest, None

    def _speak(self, hidden: Tensor, generator: torch.Generator, seed: int) -> Iterator[ReplyEvent]:
        engine, options = self.engine, self.options
        assert self.voice is not None and engine.token2wav is not None
        talker = TalkerSteps(engine, self.context, self.voice, options.greedy, generator)
        talker.begin()
        stream = SpeechStream(
            engine.token2wav, self.voice, engine.settings.speech, seed, options.whole_utterance, self.stop.is_set
        )
        most_codes = int(options.max_speech_seconds * engine.codes_per_second)
        thinking: Iterator[tuple[str, Tensor | None]] | None = self._think(hidden, generator)
        speaking = True
        while (thinking is not None or speaking) and not self.stop.is_set():
            item = None
            if thinking is not None:
                step = next(thinking, None)
                if step is None:
                    thinking = None
                    stream.grow()
                    if not self.items:  # not a word was said
                        return
                else:
                    delta, item = step
                    if delta:
                        yield TextDelta(delta, self._elapsed())
                    if item is None:
                        continue
            if not speaking:
                continue
            code = talker.step(item)
            if code is not None:
                self.codes.append(code)
                stream.push(code)
            if code is None or len(self.codes) >= most_codes:
                speaking = False
                stream.finish()
            for samples in stream.pull():
                self.timings.setdefault("first_audio", self._elapsed())
                start, self.samples = self.samples, self.samples + len(samples)
                yield SpeechChunk(samples, engine.sample_rate, start, self._elapsed())

    def heard_items(self) -> int:
        """How many items of the text count as heard: all, unless the speech was cut short.

        Nothing aligns text and codes, so of a whole reply the share that was heard is kept, and of one that was still
        being made as much as is said in that time."""
        if self.heard_seconds is None or not self.options.speech:
            return len(self.items)
        if self.complete and self.samples:
            share = min(1.0, self.heard_seconds * self.engine.sample_rate / self.samples)
            return round(share * len(self.items))
        return min(len(self.items), round(self.heard_seconds * _SPOKEN_TOKENS_PER_SECOND))

    def _elapsed(self) -> float:
        return time.perf_counter() - self.begun
