"""Several requests behind one sound: each is learned as if the others were not there. And what is kept as it was."""

from __future__ import annotations

from pathlib import Path

import torch

from model.rope import AudioSpan
from training.thinker.factors import stored
from training.thinker.network import BOS, EOS, SUFFIX, Network
from training.thinker.samples import drift_of, loss_of, sample

NANO = Path("assets/nano")
TURNS = [("Repeat what is said." + SUFFIX, "Where is Paris?"), (SUFFIX, "Paris is the capital of France.")]


def nano() -> Network:
    state, factors = stored(NANO)
    network = Network(NANO, state=state)
    network.factors = factors
    return network


def test_requests_behind_one_sound_do_not_see_each_other() -> None:
    network = nano()
    heard = torch.randn(20, network.table.shape[1], generator=torch.Generator().manual_seed(1)) * 0.1
    parts: list[tuple[torch.Tensor, object]] = [
        (network.between(BOS, heard, EOS), AudioSpan(len(heard)))
    ]
    with torch.no_grad():
        each = [loss_of(network, [sample(network, parts, [turn])]) for turn in TURNS]
        both = loss_of(network, [sample(network, parts, TURNS)])
    tokens = [len(network.ids(reply)) + 1 for _, reply in TURNS]
    expected = sum(loss * n for loss, n in zip(each, tokens)) / sum(tokens)
    assert abs(both - expected) < 0.01 * expected
    assert abs(each[0] - each[1]) > 0.1 * expected  # else the test could not tell them apart


def test_drift_is_none_without_factors_and_teaches_the_way_back() -> None:
    network = nano()
    assert network.factors is not None
    asked = [sample(network, [], [("Write a sentence with the word river." + SUFFIX, "The river froze over.")])]
    weights = [w.requires_grad_() for pairs in network.factors.values() for pair in pairs for w in pair]
    far = drift_of(network, asked)
    far.backward()
    assert far > 0.1
    with torch.no_grad():
        for w in weights:
            assert w.grad is not None
            w -= 1e-3 * w.grad / w.grad.norm().clamp(min=1e-9)
        assert drift_of(network, asked) < far
        for b in weights[1::2]:
            b.zero_()
        assert drift_of(network, asked).abs() < 1e-4
