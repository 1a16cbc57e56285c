"""What the Thinker is taught with: something seen or heard, requests about it, and their replies; and its loss."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from model.rope import Span, VideoSpan, interleave_counts, span_positions
from training.ear.ctc import PER_SECOND
from training.thinker.network import BOS, END, EOS, LOOK, LOOKED, Network

CHUNK = 2  # seconds of pictures and sound in turn
MIDDLE = 14  # layers below the stream that is to tell what leads to an answer
TOLD = 0.3  # weight of that


@dataclass(frozen=True)
class Sample:
    """What is seen or heard behind the system message, and what may be asked about it: each request with its reply goes
    on from there as if there were no other, so that a long sound is read once for all of them."""

    shared: Tensor  # [n, 576]
    places: Tensor  # [3, n], positions from the system message's end
    after: int  # position of what follows
    asked: list[list[int]]
    replies: list[list[int]]
    told: tuple[Tensor, Tensor] | None = None  # places in `shared`, and the tokens that the stream is to tell there

    def __len__(self) -> int:
        return len(self.shared) + sum(len(a) + len(r) - 1 for a, r in zip(self.asked, self.replies))

    def positions(self) -> Tensor:
        """[3, len(self)]."""
        each = [self.after + torch.arange(len(a) + len(r) - 1) for a, r in zip(self.asked, self.replies)]
        return torch.cat([self.places, *(at.expand(3, -1) for at in each)], 1)

    def branches(self) -> Tensor:
        """[len(self)]: 0 for what is shared, 1, 2, … for the requests with their replies."""
        sizes = [len(self.shared), *(len(a) + len(r) - 1 for a, r in zip(self.asked, self.replies))]
        return torch.arange(len(sizes)).repeat_interleave(torch.tensor(sizes))

    def said_at(self) -> tuple[list[int], list[int]]:
        """Where each token of the replies must be told, and the tokens."""
        at, start = [], len(self.shared)
        for asked, reply in zip(self.asked, self.replies):
            at += [start + len(asked) - 1 + j for j in range(len(reply))]
            start += len(asked) + len(reply) - 1
        return at, [token for reply in self.replies for token in reply]


def unseen(branches: Tensor, before: int) -> Tensor:
    """[B, 1, T, before + T] to be added to the scores: what comes later and other branches are not seen.
    branches [B, T]; `before` are the cached positions, which all see."""
    time = branches.shape[1]
    own = (branches[:, None] == 0) | (branches[:, None] == branches[:, :, None])
    seen = own & torch.ones(time, time, dtype=torch.bool).tril()
    return F.pad(torch.zeros(seen.shape).masked_fill(~seen, -1e4), (before, 0))[:, None]


def sample(
    network: Network, parts: Sequence[tuple[Tensor, Span]], turns: Sequence[tuple[str, str]], plain_order: bool = False,
    told: tuple[Tensor, Tensor] | None = None,
) -> Sample:
    """parts: embeddings [n, 576], each with the span that tells its positions; turns: requests, each with what ends
    it, and their replies. `plain_order`: positions as those of text. `told`: as in Sample."""
    start, places = 0, [torch.zeros(3, 0, dtype=torch.long)]
    for _, span in parts:
        at, start = span_positions(span, start, PER_SECOND, CHUNK)
        places.append(at)
    shared, place = torch.cat([network.table[:0], *(e for e, _ in parts)]), torch.cat(places, 1)
    if plain_order:
        place, start = torch.arange(len(shared)).expand(3, -1), len(shared)
    assert place.shape[1] == len(shared), (place.shape, shared.shape)
    asked = [network.ids(text) for text, _ in turns]
    return Sample(shared, place, start, asked, [[*network.ids(reply), END] for _, reply in turns], told)


def with_sound(network: Network, pictures: Tensor, heard: Tensor, film: VideoSpan) -> tuple[Tensor, Tensor]:
    """A film and its sound in turn, two seconds each, between their markers: [n, 576], and where in it the sound is.
    pictures [merged patches, 576], heard [film.audio_tokens, 576]."""
    rows, places, seen_at, heard_at = [network.embed([LOOK, BOS])], [torch.arange(0)], 0, 0
    for seen, sounds in interleave_counts(film, PER_SECOND, CHUNK):
        rows += [pictures[seen_at : seen_at + seen], heard[heard_at : heard_at + sounds]]
        places.append(2 + seen_at + seen + heard_at + torch.arange(sounds))
        seen_at, heard_at = seen_at + seen, heard_at + sounds
    return torch.cat([*rows, network.embed([EOS, LOOKED])]), torch.cat(places)


def loss_of(network: Network, samples: list[Sample]) -> Tensor:
    """Cross entropy of the replies. Where a sample tells what leads to them (what is seen while something is heard),
    the stream in the middle must tell it: the reply alone asks for it once in a film, and teaches it more slowly."""
    said, wanted, middle = _said(network, samples)
    loss = F.cross_entropy(said, wanted)
    told = [(i, *s.told) for i, s in enumerate(samples) if s.told is not None]
    if told:
        stream = torch.cat([middle[i, places] for i, places, _ in told])
        words, which = torch.cat([tokens for *_, tokens in told]).unique(return_inverse=True)
        loss = loss + TOLD * F.cross_entropy(network.logits(network.normed(stream), words), which)
    return loss


def drift_of(network: Network, samples: list[Sample]) -> Tensor:
    """How far the replies' tokens are told otherwise than without what was learned (the network's factors), in nats a
    token: what is not to change."""
    factors, network.factors = network.factors, None
    with torch.no_grad():
        as_it_was, _, _ = _said(network, samples)
    network.factors = factors
    said, _, _ = _said(network, samples)
    return F.kl_div(said.log_softmax(-1), as_it_was.log_softmax(-1), reduction="batchmean", log_target=True)


def _said(network: Network, samples: list[Sample]) -> tuple[Tensor, Tensor, Tensor]:
    """(logits [n, vocabulary] at which the replies' tokens are told, the tokens [n], the stream [B, T, 576] behind
    MIDDLE layers)."""
    past = network.prefix()
    before, longest = past[0][0].shape[2], max(map(len, samples))
    x = torch.zeros(len(samples), longest, network.table.shape[1])
    positions = torch.zeros(3, len(samples), longest, dtype=torch.long)
    branches = torch.zeros(len(samples), longest, dtype=torch.long)
    rows, columns, wanted = [], [], []
    for i, s in enumerate(samples):
        inputs = [network.embed(a + r[:-1]) for a, r in zip(s.asked, s.replies)]
        x[i, : len(s)] = torch.cat([s.shared, *inputs])
        positions[:, i, : len(s)] = before + s.positions()
        branches[i, : len(s)] = s.branches()
        at, tokens = s.said_at()
        rows, columns, wanted = rows + [i] * len(at), columns + at, wanted + tokens
    y, _, (middle,) = network.forward(x, past, positions, unseen(branches, before), keep=(MIDDLE,))
    return network.logits(y[rows, columns]), torch.tensor(wanted), middle
