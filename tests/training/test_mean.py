"""The mean of two pairs of factors is that of what they add to a weight."""

from __future__ import annotations

import torch

from training.thinker.mean import mean_of


def test_mean_of_two_products_in_the_rank_of_each() -> None:
    torch.manual_seed(3)
    a, b = torch.randn(4, 16), torch.randn(24, 4)
    near_a, near_b = a + 0.01 * torch.randn_like(a), b + 0.01 * torch.randn_like(b)
    wanted = (b @ a + near_b @ near_a) / 2
    got_a, got_b = mean_of((a, b), (near_a, near_b))
    assert got_a.shape == a.shape and got_b.shape == b.shape
    assert (got_b @ got_a - wanted).norm() < 2e-3 * wanted.norm()
    assert (wanted - b @ a).norm() > 3e-3 * wanted.norm()  # it is not one of them


def test_mean_of_one_with_itself_is_itself() -> None:
    a, b = torch.randn(4, 16), torch.randn(24, 4)
    got_a, got_b = mean_of((a, b), (a, b))
    assert torch.allclose(got_b @ got_a, b @ a, atol=1e-4)
