"""What a conversation computes in: both KV caches and the decode steps captured over them.

A capture is bound to the memory it runs in, so conversations take a memory from the engine and give it back: the next
one finds its graphs ready.
"""

from __future__ import annotations

from functools import partial

from torch import Tensor

from model.captured import CapturedStep
from model.kv_cache import KVCache
from model.sampling import Sampling, choose
from model.talker import Talker
from model.thinker.thinker import Thinker


class Memory:
    """
    Attributes:
        thinker_cache, talker_cache: the second is None without speech.
    """

    def __init__(self, thinker: Thinker, talker: Talker | None, most_codes: int) -> None:
        self._thinker, self._talker = thinker, talker
        self.thinker_cache = thinker.model.new_cache()
        self.talker_cache: KVCache | None = None
        if talker is not None:
            # the Talker reads what the Thinker reads, and the codes of one reply behind it
            self.talker_cache = talker.model.new_cache(self.thinker_cache.capacity + most_codes + 2)
        self._thinker_steps: dict[Sampling, CapturedStep] = {}
        self._talker_steps: dict[Sampling, CapturedStep] = {}

    def clear(self) -> None:
        """Forget every token; buffers and captures stay."""
        self.thinker_cache.truncate(0)
        if self.talker_cache is not None:
            self.talker_cache.truncate(0)

    def thinker_step(
        self, sampling: Sampling, token: Tensor, positions: Tensor, used: Tensor, noise: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Read `token` [1] at `positions` [3, 1] → (its item for the Talker [1, hidden], the next token [1])."""
        cache = self.thinker_cache
        cache.reserve(1)
        step = self._thinker_steps.get(sampling)
        if step is None:
            step = self._thinker_steps[sampling] = CapturedStep(partial(_think, self._thinker, cache, sampling))
        # looked up outside of the capture: the table may be in the host's memory
        embeds = self._thinker.embed(token)
        item, following = step(cache.visible, embeds, positions, cache.rows(1, embeds.device), used, noise)
        cache.advance(1)
        return item, following

    def talker_step(
        self, sampling: Sampling, code: Tensor, item: Tensor, positions: Tensor, used: Tensor, noise: Tensor
    ) -> Tensor:
        """The code before [1] and one item of the reply [1, hidden] at `positions` [3, 1] → the next code [1]."""
        cache = self.talker_cache
        assert self._talker is not None and cache is not None
        cache.reserve(1)
        step = self._talker_steps.get(sampling)
        if step is None:
            step = self._talker_steps[sampling] = CapturedStep(partial(_speak, self._talker, cache, sampling))
        following: Tensor = step(cache.visible, code, item, positions, cache.rows(1, code.device), used, noise)
        cache.advance(1)
        return following


def _think(
    thinker: Thinker, cache: KVCache, sampling: Sampling, embeds: Tensor, positions: Tensor, rows: Tensor, used: Tensor,
    noise: Tensor,
) -> tuple[Tensor, Tensor]:
    hidden = thinker.model.run(embeds[None], positions, rows, cache)[0]
    return hidden + embeds, choose(thinker.logits(hidden[-1]), used, noise, sampling)


def _speak(
    talker: Talker, cache: KVCache, sampling: Sampling, code: Tensor, item: Tensor, positions: Tensor, rows: Tensor,
    used: Tensor, noise: Tensor,
) -> Tensor:
    inputs = talker.thinker_to_talker_proj(talker.embed(code) + item)
    hidden = talker.model.run(inputs[None], positions, rows, cache)[0]
    return choose(talker.logits(hidden[-1]), used, noise, sampling)
