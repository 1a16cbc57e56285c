"""8-bit linears: the kernel and the product of many rows compute with the same rounded weights."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from model.checkpoint.packed import pack, stored_levels, unpack_all
from model.config import DecoderConfig
from model.context import line
from model.kv_cache import KVCache
from model.layers import Decoder, DecoderLayer
from model.quantized import Int8Linear, NarrowLinear
from training.assemble import stored_tuned


def test_few_and_many_rows_agree_with_the_weights() -> None:
    torch.manual_seed(0)
    linear = nn.Linear(128, 48)
    with torch.no_grad():
        linear.weight.normal_(0, 0.1)
        linear.to(torch.bfloat16)
        int8 = Int8Linear(linear.weight, linear.bias)
        x = torch.randn(40, 128, dtype=torch.bfloat16)
        many = int8(x).float()
        few = torch.cat([int8(row[None]).float() for row in x])
        exact = x.float() @ linear.weight.float().T + linear.bias.float()
    scale = exact.abs().mean()
    assert (many - exact).abs().mean() / scale < 0.01
    assert (few - exact).abs().mean() / scale < 0.01


def test_narrow_products_are_near_the_wide_ones_with_and_without_a_bias() -> None:
    torch.manual_seed(2)
    for bias in (True, False):
        wide = nn.Linear(64, 32, bias=bias)
        x = torch.randn(5, 64)
        with torch.no_grad():
            out, exact = NarrowLinear(wide)(x), wide(x)
        assert out.dtype == torch.float32
        assert (out - exact).abs().max() < 0.02


def test_what_fine_tuning_changed_survives_storage() -> None:
    torch.manual_seed(1)
    base = unpack_all(pack("w", torch.randn(96, 128) * 0.1, bits=4, group=32))["w"]
    change = torch.randn(96, 4) @ torch.randn(4, 128) * 0.002
    kept = stored_tuned("w", base + change, base)
    assert all(tensor.dtype in (torch.uint8, torch.float16) for tensor in kept.values())
    error = unpack_all(kept)["w"] - (base + change)
    assert error.norm() / change.norm() < 0.05


@pytest.mark.parametrize(("rows", "columns"), [(0, 64), (32, 0), (32, 32), (96, 128)])
@pytest.mark.parametrize("bits", [4, 8])
def test_zeros_behind_a_weight_are_not_stored_and_come_back(rows: int, columns: int, bits: int) -> None:
    weight = torch.randn(96, 128)
    weight[96 - rows :], weight[:, 128 - columns :] = 0, 0
    weight[0] *= columns < 128  # a zero row that is not the last
    kept = pack("w", weight, bits, group=32)
    codes = kept[f"w.packed{bits}"]
    assert codes.shape == (max(1, 96 - rows), max(32, 128 - columns) * bits // 8)
    back = unpack_all(kept)["w"]
    assert back.shape == weight.shape and not back[96 - rows :].any() and not back[:, 128 - columns :].any()
    assert (back - weight).abs().max() <= weight.abs().max() / (2**bits - 1)
    levels = stored_levels("w", kept)
    assert (levels is None) == (bits == 8)
    assert levels is None or torch.equal(levels.weight(), back)


@pytest.mark.parametrize("rows", [1, 3])
def test_few_rows_on_few_cores_are_exact(rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(3)
    int8 = Int8Linear(torch.randn(70, 96) * 0.1, torch.randn(70), torch.float32)
    assert int8.weight is not None
    x = torch.randn(2, rows, 96)[:, ::2]  # not in one piece
    monkeypatch.setattr(torch, "get_num_threads", lambda: 2)
    with torch.inference_mode():
        torch.testing.assert_close(int8(x), x @ int8.weight.T + int8.bias, rtol=1e-5, atol=1e-5)


def test_a_layer_of_one_row_in_one_function_is_that_layer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "get_num_threads", lambda: 1)
    torch.manual_seed(4)
    decoder = Decoder(DecoderConfig(32, 48, 80, 2, 6, 2, 8, 512, 1e-6, 10000.0, (2, 1, 1)))
    for weight in decoder.parameters():
        weight.data.normal_(0.0, 0.3)
    for layer in decoder.layers:
        for part in (layer.self_attn, layer.mlp):
            part.join()
            for name, linear in list(part.named_children()):
                setattr(part, name, Int8Linear(linear.weight, linear.bias, torch.float32))
    x = torch.randn(1, 7, 48)

    def read() -> tuple[torch.Tensor, KVCache]:
        cache = decoder.new_cache()
        with torch.inference_mode():
            out = [decoder(x[:, :5], line(0, 5, x.device), cache)]
            out += [decoder(x[:, i : i + 1], line(3 * i, 1, x.device), cache) for i in (5, 6)]
        return torch.cat(out, dim=1), cache

    used = []
    step = DecoderLayer._row_step
    monkeypatch.setattr(DecoderLayer, "_row_step", lambda layer: used.append(layer) or step(layer))
    together, cache = read()
    assert len(used) == 4
    monkeypatch.setattr(DecoderLayer, "_row_step", lambda layer: None)
    singly, expected = read()
    torch.testing.assert_close(together, singly, rtol=1e-4, atol=1e-5)
    for ours, theirs in zip(cache.state(), expected.state()):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-5)
