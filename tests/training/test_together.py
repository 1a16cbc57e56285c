"""Several requests behind one sound: each is learned as if the others were not there. And what is kept as it was."""

from __future__ import annotations

from pathlib import Path

import torch

from model.rope import AudioSpan, VideoSpan
from training.thinker.factors import stored
from training.thinker.network import BOS, EOS, SUFFIX, Network
from training.thinker.samples import drift_of, loss_of, sample, with_sound

NANO = Path("assets/nano")
TURNS = [("Repeat what is said." + SUFFIX, "Zebra glue hums seven."), (SUFFIX, "Paris is the capital of France.")]


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
    turn = ("What is the name of my horse?" + SUFFIX, "The river froze over.")  # not what it has learned to say
    asked = [sample(network, [], [turn])]
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


def test_sound_of_a_film_stands_at_the_time_of_its_pictures() -> None:
    """Behind the pictures of its two seconds, at their positions in time; in plain order behind them in time too."""
    network = nano()
    film = VideoSpan(grids=12, height=2, width=2, seconds_per_grid=0.25, audio_tokens=75)
    pictures, heard = torch.full((48, 576), 1.0), torch.arange(75.0)[:, None].expand(-1, 576) + 2
    rows, places = with_sound(network, pictures, heard, film)
    assert torch.equal(rows[places], heard) and len(rows) == 48 + 75 + 4
    shown = (rows == 1).all(1).nonzero()[:, 0]
    assert places[:50].max() < shown[32:].min()  # two seconds of each in turn
    aligned, plain = (sample(network, [(rows, film)], [("", "")], plain_order).places for plain_order in (False, True))
    for j in (0, 30, 74):
        then = shown[int(j / 25 / 0.25) * 4]
        assert 0 <= aligned[0, places[j]] - aligned[0, then] < 7
        assert plain[0, places[j]] - plain[0, then] > 20


def test_what_leads_to_an_answer_is_learned_where_it_is_told() -> None:
    """`told` asks the stream for a word at its places: one step towards it makes it likelier there."""
    network = nano()
    assert network.factors is not None
    film = VideoSpan(grids=4, height=2, width=2, seconds_per_grid=0.25, audio_tokens=25)
    e = torch.randn(41, 576, generator=torch.Generator().manual_seed(2)) * 0.1
    rows, places = with_sound(network, e[:16], e[16:], film)
    red, blue = (network.ids(" " + color)[0] for color in ("red", "blue"))
    tokens = torch.tensor([red] * 12 + [blue] * 13)
    turn = ("Which color was it?" + SUFFIX, "It was red.")
    asked, bare = (sample(network, [(rows, film)], [turn], told=told) for told in ((places, tokens), None))

    def missed() -> torch.Tensor:
        return loss_of(network, [asked]) - loss_of(network, [bare])

    weights = [w.requires_grad_() for pairs in network.factors.values() for pair in pairs for w in pair]
    before = missed()
    before.backward()
    with torch.no_grad():
        for w in weights:
            assert w.grad is not None
            w -= 0.05 * w.grad / w.grad.norm().clamp(min=1e-9)
        assert missed() < 0.9 * before
