"""The Thinker in training form: what its factors give and are taught is what plain arithmetic gives."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from training.thinker.network import _Tuned

SIZES = (24, 8, 8)  # outputs of the pieces side by side, as of queries, keys and values


@pytest.mark.parametrize("precision, most", [(torch.float32, 1e-5), (torch.bfloat16, 2e-2)])
@pytest.mark.parametrize("first", [False, True], ids=["a layer", "the first layer"])
def test_factors_beside_a_frozen_weight(precision: torch.dtype, most: float, first: bool) -> None:
    """Outputs and gradients; below the first layer nothing is learned, so its input gets none."""
    torch.manual_seed(4)
    weight = torch.randn(sum(SIZES), 16) / 4
    factors = [f for n in SIZES for f in (torch.randn(4, 16) / 4, torch.randn(n, 4) / 2)]
    x, toward = torch.randn(2, 5, 16), torch.randn(2, 5, sum(SIZES))

    def run(fast: bool) -> list[torch.Tensor]:
        own, learned = x.clone(), [f.clone().requires_grad_() for f in factors]
        own.requires_grad_(not first)
        if fast:
            y = _Tuned.apply(own, weight.to(precision), *learned)
        else:
            pairs = zip(learned[::2], learned[1::2])
            y = F.linear(own, weight) + torch.cat([F.linear(F.linear(own, a), b) for a, b in pairs], -1)
        assert y.dtype == torch.float32
        (y * toward).sum().backward()
        return [y.detach(), *([] if first else [own.grad]), *(f.grad for f in learned)]

    for got, wanted in zip(run(True), run(False), strict=True):
        assert (got - wanted).norm() / wanted.norm() < most
