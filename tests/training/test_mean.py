"""The mean of two pairs of factors is that of what they add to a weight; that of two ears is that of their weights."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from training import mean as module
from training.ear.encoder import Encoder
from training.ear.letters import Letters
from training.mean import mean_of


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


def test_mean_of_two_ears(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    states = [Encoder(width=64, layers=1, out=32).state_dict() for _ in range(2)]
    letters = [Letters(64).state_dict() for _ in range(2)]
    for name, state, spelling in zip("ab", states, letters):
        torch.save(dict(encoder=state, letters=spelling), tmp_path / name)
    monkeypatch.setattr("sys.argv", ["mean", *(str(tmp_path / name) for name in "ab"), "--out", str(tmp_path / "c")])
    module.main()
    got = torch.load(tmp_path / "c", weights_only=False)
    for part, (one, other) in (("encoder", states), ("letters", letters)):
        assert all(torch.allclose(got[part][name], (one[name] + other[name]) / 2) for name in one)
    deeper = dict(encoder=Encoder(width=64, layers=2, out=32).state_dict(), letters=letters[0])
    with pytest.raises(SystemExit, match="differ in their layers"):
        module.mean_of_ears(got, deeper)


def test_an_ear_and_a_thinker_have_no_mean(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    torch.save(dict(encoder={}, letters={}), tmp_path / "ear")
    torch.save(dict(factors={}), tmp_path / "thinker")
    arguments = ["mean", *(str(tmp_path / name) for name in ("ear", "thinker")), "--out", str(tmp_path / "c")]
    monkeypatch.setattr("sys.argv", arguments)
    with pytest.raises(SystemExit):
        module.main()
    assert "One of the two is an ear" in capsys.readouterr().err and not (tmp_path / "c").exists()
