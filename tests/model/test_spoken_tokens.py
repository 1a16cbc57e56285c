"""What nano's ear says reaches its Thinker in the Thinker's own embeddings."""

from __future__ import annotations

import torch

from model.config import AudioEncoderConfig
from model.thinker.audio_encoder import AudioEncoder
from model.thinker.spoken_tokens import NEVER, SpokenTokens

SIZE = 16


def made() -> tuple[SpokenTokens, torch.Tensor]:
    """One that can say four of six tokens, the fourth of them the likelier by 3; and the embeddings."""
    torch.manual_seed(0)
    table = torch.randn(6, SIZE + 4)
    spoken = SpokenTokens(6, SIZE, lambda ids: table[ids])
    spoken.bias.copy_(torch.tensor([0, NEVER, 0, 3, NEVER, 0]))
    return spoken, table


def test_a_vector_becomes_the_embedding_that_it_is_nearest_to() -> None:
    spoken, table = made()
    x = torch.nn.functional.pad(9 * table[[0, 2, 5], :SIZE], (0, 4))
    said = spoken(x)
    assert torch.allclose(said[:, :SIZE], table[[0, 2, 5], :SIZE], atol=1e-3)
    assert not said[:, SIZE:].any(), "how a token sounds is nothing that was heard"


def test_between_two_it_is_as_much_of_each_as_is_likely_and_never_what_cannot_be_said() -> None:
    spoken, table = made()
    between = (table[0, :SIZE] + table[3, :SIZE]) / 2
    likely = torch.stack([2 * between @ row - row @ row for row in table[:, :SIZE]])
    likely = (likely + torch.tensor([0, -torch.inf, 0, 3, -torch.inf, 0])).softmax(0)
    said = spoken(torch.nn.functional.pad(between, (0, 4))[None])
    assert torch.allclose(said[0, :SIZE], likely @ table[:, :SIZE], atol=1e-5)
    assert likely[3] > likely[0] and likely[1] == 0


def test_an_official_ear_has_no_such_part() -> None:
    assert AudioEncoderConfig().spoken_size == 0
    with torch.device("meta"):
        assert AudioEncoder(AudioEncoderConfig(encoder_layers=1)).spoken is None
