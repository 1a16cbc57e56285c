"""An ear rounded to 4 bits: less changes than by rounding each weight, and what is stored is what was rounded."""

from __future__ import annotations

import torch

from model.checkpoint.packed import pack, pack_levels, unpack_all
from training.ear.encoder import Encoder
from training.ear.rounding import products_of, rounded, value_of

NAME = "layers.0.fc1.weight"


def layer_and_inputs() -> tuple[torch.Tensor, torch.Tensor]:
    """Inputs that go together, as those of a trained network do."""
    torch.manual_seed(2)
    return torch.randn(48, 128) / 8, torch.randn(500, 16) @ torch.randn(16, 128) + 0.1 * torch.randn(500, 128)


def test_outputs_change_less_than_with_each_weight_rounded_alone() -> None:
    weight, inputs = layer_and_inputs()
    plain = unpack_all(pack("w", weight, bits=4, group=64))["w"]
    chosen = value_of(rounded(weight, inputs.T @ inputs))

    def change(other: torch.Tensor) -> float:
        return float((inputs @ (weight - other).T).norm())

    assert change(chosen) < 0.5 * change(plain)


def test_what_is_stored_is_what_was_rounded() -> None:
    weight, inputs = layer_and_inputs()
    parts = rounded(weight, inputs.T @ inputs)
    assert torch.equal(unpack_all(pack_levels("w", *parts, bits=4))["w"], value_of(parts))


def test_inputs_of_every_matrix_of_the_layers_are_counted() -> None:
    torch.manual_seed(2)
    encoder = Encoder(width=64, layers=1, out=32)
    sound = torch.randn(16000) * 0.1
    products = products_of(encoder, [sound, sound])
    assert set(products) == {n for n, p in encoder.named_parameters() if n.startswith("layers.") and p.dim() == 2}
    once = products_of(encoder, [sound])
    assert (products[NAME] - 2 * once[NAME]).abs().max() < 1e-4 * products[NAME].abs().max()
