"""The judge of the Talker's replies lays phonemes along codes, and choices answer for what comes of them."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from training.mouth.codec import PHONEMES
from training.mouth.judge import Wanted, distances, misheard
from training.mouth.practise import AHEAD, MOST, consequences
from training.mouth.prefer import best_and_worst
from training.mouth.replies import Said

SURE = 10.0  # how much likelier, in nats, the judge finds what it hears than anything else


class _Clear(nn.Module):
    """A judge to whom code n tells phoneme n in both of its halves."""

    def forward(self, codes: torch.Tensor) -> torch.Tensor:
        heard = nn.functional.one_hot(codes.repeat_interleave(2, 1), len(PHONEMES)).float()
        return SURE * heard


def _codes(phonemes: str) -> list[int]:
    return [PHONEMES.index(phoneme) for phoneme in phonemes]


@pytest.mark.parametrize("said", ["bæd", "bbæædd", ".bæd.", "bæd..", "..bææd"])
def test_what_should_be_said_costs_nothing_however_long_it_takes(said: str) -> None:
    assert distances(_Clear(), [_codes(said)], [Wanted.of("bˈæd.")]) == [pytest.approx(0, abs=1e-3)]


@pytest.mark.parametrize(("said", "cost"), [("bæddɔɡz", 0), ("bæd.dɔɡz", 0), ("bæddɔ.ɡz", 2 * SURE)])
def test_a_pause_may_be_made_between_words_and_not_within_one(said: str, cost: float) -> None:
    (apart,) = misheard(_Clear(), [_codes(said)], [Wanted.of("bæd dɔɡz")])
    assert float(apart.sum()) == pytest.approx(cost, abs=0.01)


def test_what_is_misheard_is_found_where_it_is() -> None:
    wrong, whole = misheard(_Clear(), [_codes("bbæzdd"), _codes("bæd")], [Wanted.of("bæd"), Wanted.of("bæd")])
    assert wrong.tolist() == pytest.approx([0, 0, 0, 2 * SURE, 0, 0], abs=0.01)
    assert whole.tolist() == pytest.approx([0, 0, 0], abs=0.01), "a shorter reply is judged for its own length"


def test_a_reply_that_breaks_off_or_goes_on_is_far_from_its_text() -> None:
    wanted = [Wanted.of("bæd dɔɡ")] * 3
    right, cut, more = distances(_Clear(), [_codes("bæddɔɡ"), _codes("bæd"), _codes("bæddɔɡbæd")], wanted)
    assert right < 0.01 < 1 < cut
    assert more > 1


def test_consequences_fade_with_distance_and_end_with_the_reply() -> None:
    after = consequences([torch.tensor([0.0, 0.0, 2.0, 0.0]), torch.tensor([100.0])])
    assert after[0].tolist() == pytest.approx([2 * AHEAD**2, 2 * AHEAD, 2, 0])
    assert after[1].tolist() == pytest.approx([MOST, 0, 0, 0])


def test_pairs_are_of_replies_that_differ_and_the_better_one_has_an_end() -> None:
    near, far, endless = (Said([1], 1, [2], torch.tensor([apart]), ended)
                          for apart, ended in ((0.1, True), (3.0, True), (0.0, False)))  # fmt: skip
    assert best_and_worst([far, near, endless]) == [(near, far)]
    assert best_and_worst([endless, near]) == [(near, endless)]
    assert best_and_worst([near, near]) == []
    assert best_and_worst([endless, far]) == []
