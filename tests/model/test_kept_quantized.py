"""Weights in few bits: what they are rounded to, and how a model with them is loaded and kept for the next start."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from model import load
from model.checkpoint.saved import FOLDER
from model.engine import Engine
from model.errors import BadInputError
from model.events import Done
from model.four_bits import GROUP, Int4Linear, Nf4Linear, int4_levels, quantize_nf4
from model.quantized import Int8Linear

NANO = Path(__file__).parents[2] / "assets" / "nano"
pytestmark = pytest.mark.filterwarnings("ignore:Initializing zero-element tensors")


@pytest.fixture(scope="module")
def wide_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small random model whose layers are large enough to be worth quantizing."""
    from benchmarks.random_checkpoint import write_checkpoint

    sizes: dict[str, dict[str, Any]] = {
        "text_config": {
            "hidden_size": 128,
            "intermediate_size": 384,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "num_key_value_heads": 1,
            "head_dim": 64,
            "max_position_embeddings": 1024,
        },
        "audio_config": {
            "d_model": 64,
            "encoder_layers": 1,
            "encoder_attention_heads": 2,
            "encoder_ffn_dim": 128,
            "output_dim": 128,
        },
        "vision_config": {"depth": 2, "out_hidden_size": 128},
        "talker_config": {
            "embedding_size": 128,
            "hidden_size": 128,
            "num_hidden_layers": 1,
            "num_attention_heads": 2,
            "num_key_value_heads": 1,
            "head_dim": 64,
        },
        "dit_config": {
            "hidden_size": 64,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "head_dim": 32,
            "num_embeds": 1008,
        },
    }
    folder = tmp_path_factory.mktemp("wide") / "wide"
    write_checkpoint(folder, sizes, torch.bfloat16)
    return folder


def answer(engine: Engine) -> tuple[list[int], list[int]]:
    with engine.conversation() as talk:
        talk.say("hello")
        done = list(talk.reply(greedy=True, seed=0, max_text_tokens=6, max_speech_seconds=0.4))[-1]
    assert isinstance(done, Done)
    return done.text_tokens, done.speech_codes


# what weights are rounded to


def test_nf4_is_the_format_of_bitsandbytes() -> None:
    functional = pytest.importorskip("bitsandbytes", reason="waits for bitsandbytes, of the extra cuda").functional
    torch.manual_seed(0)
    for weight in (torch.randn(96, 192), torch.randn(70, 128).bfloat16()):
        theirs, state = functional.quantize_4bit(weight, quant_type="nf4", compress_statistics=True)
        ours = quantize_nf4(weight)
        assert torch.equal(ours["packed"], theirs.flatten())
        assert torch.equal(ours["nested"], state.state2.absmax) and torch.equal(ours["offset"], state.offset)
        # theirs is found by a coarse table, so that a value half-way between two levels may get the other one
        assert (ours["absmax"].int() - state.absmax.int()).abs().max() <= 1
        wide = functional.dequantize_4bit(theirs, state).float()
        assert (Nf4Linear(weight, None).weight(torch.float32) - wide).abs().max() <= 0.01 * float(wide.max())
    assert not Nf4Linear(torch.zeros(4, 64), None).weight(torch.float32).any()


def test_four_bits_are_near_and_eight_are_nearer() -> None:
    torch.manual_seed(1)
    linear = nn.Linear(256, 320).bfloat16()
    with torch.no_grad():
        linear.weight.normal_(0, 0.06)
    x = torch.randn(3, 40, 256).bfloat16()
    with torch.no_grad():
        exact = x.float() @ linear.weight.float().T + linear.bias.float()

        def error(layer: nn.Module) -> float:
            out = layer(x)
            assert out.shape == exact.shape and out.dtype == x.dtype
            rows = torch.stack([layer(row) for row in x[0]])  # one by one as when decoding
            assert (rows.float() - out[0].float()).abs().max() < 0.05
            return float((out.float() - exact).norm() / exact.norm())

        int8 = error(Int8Linear(linear.weight, linear.bias, copy=None))
        nf4, int4 = error(Nf4Linear(linear.weight, linear.bias)), error(Int4Linear(linear.weight, linear.bias))
    assert int8 < 0.02 and 0.05 < nf4 < 0.11 and 0.05 < int4 < 0.11


def test_eight_bits_with_and_without_a_copy_are_the_same_numbers() -> None:
    weight = torch.randn(64, 128).bfloat16()
    x = torch.randn(30, 128).bfloat16()
    assert torch.equal(Int8Linear(weight, None)(x), Int8Linear(weight, None, copy=None)(x))


def test_int4_from_levels_rounds_nothing_again() -> None:
    torch.manual_seed(2)
    weight = torch.randn(32, 4 * GROUP)
    levels, scale, minimum = int4_levels(weight)
    made = Int4Linear.of_levels(levels, scale, minimum, None)
    assert torch.equal(made.packed, Int4Linear(weight, None).packed)
    assert torch.equal(made.scales, Int4Linear(weight, None).scales)


# loading and keeping


@pytest.mark.parametrize(("precision", "kind"), [("int8", Int8Linear), ("nf4", Nf4Linear), ("int4", Int4Linear)])
def test_the_second_start_is_the_first_one(wide_model: Path, tmp_path: Path, precision: str, kind: type) -> None:
    folder = shutil.copytree(wide_model, tmp_path / "model")
    first = load(str(folder), device="cpu", precision=precision)
    assert isinstance(first.thinker.get_submodule("model.layers.0.mlp.gate_up_proj"), kind)
    assert first.talker is not None and isinstance(first.talker.get_submodule("model.layers.0.mlp.down_proj"), kind)
    kept = sorted(path.name for path in folder.glob(f"{FOLDER}/*/*"))
    assert kept == ["talker.safetensors", "thinker.safetensors"]
    path = folder / "model.safetensors"  # from here on without the weights of Thinker and Talker
    stat, tensors = path.stat(), load_file(path)
    emptied = {name: value if "token2wav." in name else torch.zeros_like(value) for name, value in tensors.items()}
    save_file(emptied, path, metadata={"format": "pt"})
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    second = load(str(folder), device="cpu", precision=precision)
    states = [engine.thinker.state_dict() for engine in (first, second)]
    assert states[0].keys() == states[1].keys()
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])
    assert answer(first) == answer(second)


def test_what_is_kept_is_not_used_for_another_model(wide_model: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(wide_model, tmp_path / "model")
    load(str(folder), device="cpu", precision="nf4", speech=False)
    path = folder / "model.safetensors"
    tensors = load_file(path)
    tensors["thinker.model.norm.weight"] += 1
    save_file(tensors, path)
    changed = load(str(folder), device="cpu", precision="nf4", speech=False)
    assert torch.equal(changed.thinker.model.norm.weight, tensors["thinker.model.norm.weight"])


def test_a_damaged_kept_form_is_made_anew(wide_model: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(wide_model, tmp_path / "model")
    whole = answer(load(str(folder), device="cpu", precision="nf4"))
    for path in folder.glob(f"{FOLDER}/*/*"):
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert answer(load(str(folder), device="cpu", precision="nf4")) == whole


# quantized by others


def in_words(numbers: torch.Tensor, order: tuple[int, ...]) -> torch.Tensor:
    """[rows, 8 n] numbers below 16 → int32 [rows, n], the k-th of eight in nibble order[k]."""
    eights = numbers.long().unflatten(1, (-1, 8))
    words = sum(eights[..., k] << (4 * order[k]) for k in range(8))
    return torch.as_tensor(np.asarray(words, dtype=np.int64).astype(np.uint32).view(np.int32))


@pytest.mark.parametrize("method", ["gptq", "awq"])
def test_layers_quantized_by_others_are_read(wide_model: Path, tmp_path: Path, method: str) -> None:
    folder = shutil.copytree(wide_model, tmp_path / "model")
    path = folder / "model.safetensors"
    tensors = load_file(path)
    torch.manual_seed(3)
    expected = {}
    for name in [n for n in tensors if n.startswith("thinker.model.layers.") and n.endswith("proj.weight")]:
        outputs, inputs = tensors.pop(name).shape
        levels, zeros = torch.randint(0, 16, (outputs, inputs)), torch.randint(1, 16, (inputs // 128, outputs))
        scales = (torch.rand(inputs // 128, outputs) * 0.02 + 0.001).half()
        groups = torch.arange(inputs) // 128
        expected[name] = (levels - zeros.T[:, groups]) * scales.float().T[:, groups]
        base = name.removesuffix(".weight")
        straight, awq = tuple(range(8)), (0, 4, 1, 5, 2, 6, 3, 7)
        if method == "gptq":
            tensors[f"{base}.qweight"] = in_words(levels, straight).T.contiguous()
            tensors[f"{base}.qzeros"] = in_words(zeros - 1, straight)
            tensors[f"{base}.g_idx"] = groups.int()
        else:
            tensors[f"{base}.qweight"] = in_words(levels.T.contiguous(), awq)
            tensors[f"{base}.qzeros"] = in_words(zeros, awq)
        tensors[f"{base}.scales"] = scales
    save_file(tensors, path)
    config = json.loads((folder / "config.json").read_text())
    config["quantization_config"] = {"quant_method": method, "bits": 4, "group_size": 128}
    (folder / "config.json").write_text(json.dumps(config))
    engine = load(str(folder), device="cpu", precision="fp32", speech=False)
    down = engine.thinker.get_parameter("model.layers.1.mlp.down_proj.weight")
    assert (down - expected["thinker.model.layers.1.mlp.down_proj.weight"]).abs().max() < 1e-6
    # in int4 the numbers stay what they are: only scales are rounded, to bfloat16
    packed = load(str(folder), device="cpu", precision="int4", speech=False).thinker
    layer = packed.get_submodule("model.layers.1.mlp.down_proj")
    assert isinstance(layer, Int4Linear) and layer.group == 128
    x = torch.randn(5, layer.in_features).bfloat16()
    exact = x.float() @ expected["thinker.model.layers.1.mlp.down_proj.weight"].T
    assert (layer(x).float() - exact).norm() / exact.norm() < 0.02


@pytest.mark.parametrize(("bfloat16", "near"), [(False, 0.03), (True, 0.05)])
def test_what_is_stored_in_four_bits_stays_what_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bfloat16: bool, near: float
) -> None:
    """nano's own 4-bit weights, and what fine-tuning changed beside them, are kept in nf4: rounded again, a sixth
    of its answers went wrong. A second start finds the same. On processors with and without bfloat16."""
    monkeypatch.setattr("model.checkpoint.load.multiplies_bfloat16", lambda: bfloat16)
    folder = tmp_path / "nano"
    folder.mkdir()
    for path in NANO.iterdir():
        if path.is_file():
            (folder / path.name).symlink_to(path)
    exact = load(str(folder), device="cpu", precision="fp32", speech=False).thinker
    positions = torch.arange(30).expand(3, -1)
    with torch.inference_mode():
        x = exact.embed(torch.arange(300, 330))[None]
        expected = exact.model(x, positions)
        for start in ("first", "second"):
            thinker = load(str(folder), device="cpu", precision="nf4", speech=False).thinker
            found = thinker.model(x.to(thinker.model.norm.weight.dtype), positions).float()
            distance = float((found - expected).norm() / expected.norm())
            assert distance < near, f"{start}: {distance}"
    layer = thinker.get_submodule("model.layers.1.mlp.down_proj")
    assert isinstance(layer, Int4Linear) and layer.low_rank_a is not None
    assert list((folder / FOLDER).glob("nf4-*/thinker.safetensors"))


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"quant_method": "fp8", "bits": 8}, "quantized by fp8"),
        ({"quant_method": "gptq", "bits": 8}, "to 8 bits"),
        ({"quant_method": "gptq", "bits": 4, "checkpoint_format": "marlin"}, "layout marlin"),
    ],
)
def test_other_quantizations_are_refused(wide_model: Path, tmp_path: Path, told: dict[str, Any], words: str) -> None:
    folder = shutil.copytree(wide_model, tmp_path / "model")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "quantization_config": told}))
    with pytest.raises(BadInputError, match=words):
        load(str(folder), device="cpu", precision="nf4", speech=False)
