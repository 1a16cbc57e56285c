"""Speech while its codes are still coming: chunks of whole DiT blocks with context on both sides, then the vocoder.

The DiT looks two blocks back and one ahead in a call (paper §2.4), so a chunk is solved together with the blocks beside
it and only its own frames are kept. Noise belongs to the absolute mel frame: neighbouring chunks solve the same frames
from the same noise and agree. The vocoder is a convolution; with enough frames on both sides its pieces join exactly.
"""

from __future__ import annotations

import collections
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import torch
from torch import Tensor

from model.checkpoint.settings import SpeechSettings
from model.checkpoint.voices import Voice
from model.lanes import Lane, Pending, to_host
from model.token2wav.ode import Solver
from model.token2wav.token2wav import Token2Wav


class _Stopped(Exception):
    """The reply was interrupted in the middle of a solve."""


class SpeechStream:
    """Codes in by `push`, samples out by `pull`, `finish` when no more codes come."""

    def __init__(
        self,
        token2wav: Token2Wav,
        voice: Voice,
        settings: SpeechSettings,
        seed: int,
        whole_utterance: bool = False,
        stopped: Callable[[], bool] = lambda: False,
    ) -> None:
        self._token2wav, self._settings, self._stopped = token2wav, settings, stopped
        self._whole = whole_utterance
        self._condition = token2wav.condition(voice)
        dit = token2wav.config.dit
        self._repeats, self._block = dit.repeats, dit.block_size
        self._noise = _Noise(seed, dit.mel_dim, token2wav.device)
        self._lane = Lane(token2wav.device)
        self._coming: collections.deque[Pending[Tensor]] = collections.deque()
        self._codes: list[int] = []
        self._complete = False
        self._blocks = settings.first_blocks  # of the next chunk
        self._growing = False
        self._mel = torch.zeros(1, 0, dit.mel_dim, device=token2wav.device)
        self._sounded = 0  # mel frames whose samples are out

    def push(self, code: int) -> None:
        """One more code."""
        self._codes.append(code)

    def grow(self) -> None:
        """The text is complete, so codes come faster than they are heard: from here on each chunk is one block longer,
        which costs less a block. Before, a longer chunk would come too late to follow the one that is playing."""
        if not self._growing and not self._mel.shape[1]:
            self._blocks += 1  # nothing sounds yet, and for two blocks there is hardly longer to wait
        self._growing = True

    def finish(self) -> None:
        """There will be no more codes."""
        self._complete = True

    def pull(self) -> Iterator[np.ndarray]:
        """What can be decoded now, as float32 samples; ends early when the reply is stopped."""
        try:
            if self._whole:
                yield from self._pull_whole()
                return
            while True:
                # before the end nobody waits for a chunk: the Talker goes on meanwhile
                while self._coming and (self._coming[0].ready or self._complete):
                    samples = self._coming.popleft().on_host().numpy()
                    if len(samples):
                        yield samples
                if (bounds := self._next_chunk()) is None:
                    if self._coming and self._complete:
                        continue
                    return
                self._coming.append(self._lane.submit(partial(self._decode, *bounds)))
        except _Stopped:
            return

    @property
    def mel(self) -> Tensor:
        """[1, frames, mel] decoded so far."""
        return self._mel

    def _pull_whole(self) -> Iterator[np.ndarray]:
        frames = len(self._codes) * self._repeats
        if not self._complete or not frames or self._mel.shape[1]:
            return
        self._mel = self.solve(0, frames, Solver.RK4, 10, 0.5)
        yield self._vocode().numpy()

    def _decode(self, begin: int, end: int, seen: int) -> Tensor:
        """Decode mel frames `begin` to `end`, with those up to `seen` in view; the samples that are ready then."""
        first = max(0, begin - self._settings.left_blocks * self._block)
        settings = self._settings
        chunk = self.solve(first, seen, settings.solver, settings.points, settings.guidance)
        self._mel = torch.cat([self._mel, chunk[:, begin - first : end - first]], dim=1)
        return self._vocode()

    def _next_chunk(self) -> tuple[int, int, int] | None:
        """Begin and end of one more chunk of mel, and what is seen for it; None when there are not enough codes for it,
        or all are begun."""
        begin, known = self._mel.shape[1], len(self._codes) * self._repeats
        end = begin + self._blocks * self._block
        seen = end + self._settings.right_blocks * self._block
        if self._complete and seen >= known:
            end = seen = known
        if seen > known or end <= begin:
            return None
        self._blocks = min(self._blocks + int(self._growing), self._settings.most_blocks)
        return begin, end, seen

    def solve(self, first: int, last: int, solver: Solver, points: int, guidance: float) -> Tensor:
        """Mel [1, last - first, bins] of frames `first` to `last`, which see nothing of what is around them."""
        codes = torch.tensor([self._codes[first // self._repeats : -(-last // self._repeats)]])
        noise = self._noise[first:last]
        velocity = self._token2wav.velocity(codes.to(noise.device), self._condition, guidance)

        def stoppable(time: Tensor, x: Tensor) -> Tensor:
            if self._stopped():
                raise _Stopped
            return velocity(time, x)

        return self._token2wav.solve(stoppable, noise, solver, points)

    def _vocode(self) -> Tensor:
        """Samples of the frames that have enough context now, on their way to the host."""
        have = self._mel.shape[1]
        done = self._complete and have == len(self._codes) * self._repeats
        end = have if done else max(self._sounded, have - self._condition.around)
        if end == self._sounded:
            return torch.zeros(0)
        first = max(0, self._sounded - self._condition.around)
        hop = self._token2wav.hop
        wave = self._token2wav.wave(self._mel[:, first:])
        samples = wave[(self._sounded - first) * hop : (end - first) * hop]
        self._sounded = end
        return to_host(samples.float())


class _Noise:
    """Standard normal noise by absolute mel frame, drawn as far as it is needed; frame n is the same in every draw."""

    _STEP = 240  # frames a draw; sixteen numbers a time make the generator's sequence independent of the draw's size

    def __init__(self, seed: int, mel: int, device: torch.device) -> None:
        self._generator = torch.Generator().manual_seed(seed)
        self._mel, self._device = mel, device
        self._drawn = torch.zeros(1, 0, mel)

    def __getitem__(self, frames: slice) -> Tensor:
        while self._drawn.shape[1] < frames.stop:
            more = torch.randn(1, self._STEP, self._mel, generator=self._generator)
            self._drawn = torch.cat([self._drawn, more], dim=1)
        return self._drawn[:, frames].to(self._device)
