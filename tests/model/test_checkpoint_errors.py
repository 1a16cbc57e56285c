"""Model folders that are broken, one thing at a time: each gets one sentence that names the folder and the cause."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
import torch
from safetensors.torch import load_file, save_file

from model import load
from model.checkpoint.packed import pack
from model.checkpoint.voices import read_voices
from model.errors import BadInputError

pytestmark = pytest.mark.filterwarnings("ignore:Initializing zero-element tensors")

QUERY = "thinker.model.layers.0.self_attn.q_proj.weight"


@pytest.fixture
def folder(tiny_model: Path, tmp_path: Path) -> Path:
    """A whole model that a test may break."""
    made_by_loading = shutil.ignore_patterns("voices.safetensors", "quantized")
    return shutil.copytree(tiny_model, tmp_path / "broken", ignore=made_by_loading)


def refusal(folder: Path, speech: bool = True) -> str:
    with pytest.raises(BadInputError) as caught:
        load(str(folder), device="cpu", precision="fp32", speech=speech)
    sentence = str(caught.value)
    assert str(folder) in sentence and "\n" not in sentence
    return sentence


def shard_of(folder: Path, name: str) -> Path:
    index = json.loads((folder / "model.safetensors.index.json").read_text())
    return folder / str(index["weight_map"][name])


def change_weights(folder: Path, name: str, change: Callable[[dict[str, Any]], None]) -> None:
    """Rewrite the shard that holds this weight."""
    path = shard_of(folder, name)
    tensors = load_file(path)
    change(tensors)
    save_file(tensors, path)


def change_json(path: Path, change: Callable[[Any], Any]) -> None:
    raw = json.loads(path.read_text()) if path.exists() else {}
    path.write_text(json.dumps(change(raw) or raw))


def test_the_unbroken_one_loads(folder: Path) -> None:
    assert load(str(folder), device="cpu", precision="fp32").voices == ("First",)


# weights


def test_missing_shard(folder: Path) -> None:
    shard = shard_of(folder, QUERY)
    shard.unlink()
    assert f"{shard.name} is missing" in refusal(folder)


def test_no_weights_at_all(folder: Path) -> None:
    for path in folder.glob("model*"):
        path.unlink()
    assert "no .safetensors file" in refusal(folder)


@pytest.mark.parametrize("size", [0, 5, 1000])
def test_cut_shard(folder: Path, size: int) -> None:
    shard = shard_of(folder, QUERY)
    shard.write_bytes(shard.read_bytes()[:size])
    assert f"{shard.name} cannot be read" in refusal(folder)


@pytest.mark.parametrize("text", ["", "[]", '{"weight_map": 3}', "{}", "\x00\x01"])
def test_broken_index(folder: Path, text: str) -> None:
    (folder / "model.safetensors.index.json").write_text(text)
    assert "index.json cannot be read" in refusal(folder)


def test_missing_weight(folder: Path) -> None:
    change_weights(folder, QUERY, lambda tensors: tensors.pop(QUERY))
    assert "Thinker lacks 1 weights, the first is model.layers.0.self_attn.q_proj.weight" in refusal(folder)


def test_weight_of_another_shape(folder: Path) -> None:
    change_weights(folder, QUERY, lambda tensors: tensors.update({QUERY: torch.zeros(3, 5)}))
    sentence = refusal(folder)
    assert "q_proj.weight has the shape [3, 5], but its config asks for [64, 64]" in sentence


def test_unknown_weight(folder: Path) -> None:
    change_weights(folder, QUERY, lambda tensors: tensors.update({"thinker.extra.weight": torch.zeros(1)}))
    assert "unknown weights, the first is extra.weight" in refusal(folder)


def test_talker_that_does_not_fit_is_told_only_when_it_is_wanted(folder: Path) -> None:
    name = "talker.codec_head.weight"
    change_weights(folder, name, lambda tensors: tensors.update({name: torch.zeros(2, 2)}))
    assert "Talker's codec_head.weight" in refusal(folder)
    assert load(str(folder), device="cpu", precision="fp32", speech=False).talker is None


def test_packed_weight_without_its_scale(folder: Path) -> None:
    def pack_badly(tensors: dict[str, Any]) -> None:
        packed = pack(QUERY, tensors.pop(QUERY), bits=4, group=32)
        del packed[f"{QUERY}.scale"]
        tensors.update(packed)

    change_weights(folder, QUERY, pack_badly)
    assert "packed weights" in refusal(folder)


@pytest.mark.parametrize("name", ["../secret.safetensors", "/etc/x.safetensors", "a/b.safetensors", "..\\x", "C:x"])
def test_path_that_leads_out(folder: Path, name: str) -> None:
    (folder.parent / "secret.safetensors").write_bytes(shard_of(folder, QUERY).read_bytes())

    def lead_out(raw: Any) -> None:
        raw["weight_map"][QUERY] = name

    change_json(folder / "model.safetensors.index.json", lead_out)
    assert f"outside of its folder ({name})" in refusal(folder)


def test_pickles_only(folder: Path) -> None:
    for path in folder.glob("model*"):
        path.unlink()
    torch.save({}, folder / "pytorch_model.bin")
    assert "pickles only (pytorch_model.bin)" in refusal(folder)


def test_half_downloaded(folder: Path) -> None:
    shard = shard_of(folder, QUERY)
    shard.rename(shard.with_name(shard.name + ".part"))
    assert "models download" in refusal(folder)


def test_pointer_in_place_of_the_weights(folder: Path) -> None:
    shard_of(folder, QUERY).write_bytes(b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 12\n")
    assert "git lfs pull" in refusal(folder)


def lie(folder: Path, change: Callable[[Any], None], length: int | None = None) -> str:
    """Rewrite the header of a shard, its data as they are, and load it."""
    shard = shard_of(folder, QUERY)
    data = shard.read_bytes()
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + size])
    change(header)
    text = json.dumps(header).encode()
    shard.write_bytes((length or len(text)).to_bytes(8, "little") + text + data[8 + size :])
    return refusal(folder)


@pytest.mark.parametrize(
    "lies",
    [
        {"shape": [1 << 40, 1 << 20]},
        {"shape": [64, 65]},
        {"shape": [-64, 64]},
        {"data_offsets": [0, 1 << 60]},
        {"data_offsets": [0, 0]},
        {"data_offsets": [-8, 100]},
        {"dtype": "F64"},
        {"dtype": "NONE"},
    ],
    ids=json.dumps,
)
def test_header_that_lies(folder: Path, lies: dict[str, Any]) -> None:
    assert "cannot be read" in lie(folder, lambda header: header[QUERY].update(lies))


def test_tensors_that_overlap(folder: Path) -> None:
    def overlap(header: Any) -> None:
        other = next(name for name in header if name not in (QUERY, "__metadata__"))
        header[QUERY]["data_offsets"] = header[other]["data_offsets"]

    assert "cannot be read" in lie(folder, overlap)


@pytest.mark.parametrize("length", [1, 1 << 30, 1 << 62])
def test_header_of_another_length(folder: Path, length: int) -> None:
    assert "cannot be read" in lie(folder, lambda _: None, length)


# config.json


@pytest.mark.parametrize("text", ["", "{", "[]", "3", "null", '{"thinker_config": 3}', '{"thinker_config": []}'])
def test_config_that_is_none(folder: Path, text: str) -> None:
    (folder / "config.json").write_text(text)
    assert "config.json" in refusal(folder)


def test_config_of_another_model(folder: Path) -> None:
    (folder / "config.json").write_text('{"model_type": "llama", "hidden_size": 64}')
    assert "has no 'thinker_config'" in refusal(folder)


@pytest.mark.parametrize("value", [128, 0, -64, "64", 64.5, True, [64], {"a": 1}, 10**9])
def test_sizes_that_do_not_fit(folder: Path, value: Any) -> None:
    def change(raw: Any) -> None:
        raw["thinker_config"]["text_config"]["hidden_size"] = value

    change_json(folder / "config.json", change)
    sentence = refusal(folder)
    assert "config" in sentence and "went wrong" not in sentence


@pytest.mark.parametrize(
    ("part", "key", "value"),
    [
        ("talker_config", "num_attention_heads", 0),
        ("talker_config", "vocab_size", -1),
        ("talker_config", "tts_codec_pad_token_id", "pad"),
        ("token2wav_config.dit_config", "num_hidden_layers", "four"),
        ("token2wav_config.dit_config", "enc_channels", [16]),
        ("token2wav_config.bigvgan_config", "upsample_rates", []),
        ("token2wav_config.bigvgan_config", "upsample_rates", ["a"]),
        ("token2wav_config.bigvgan_config", "upsample_kernel_sizes", [1]),
        ("thinker_config.audio_config", "d_model", 0),
        ("thinker_config.vision_config", "patch_size", "x"),
        ("thinker_config.text_config", "rope_scaling", "default"),
        ("thinker_config.text_config", "rope_scaling", {"mrope_section": [4, 4, 4]}),
        ("thinker_config", "audio_token_index", "x"),
    ],
)
def test_other_values_that_cannot_be(folder: Path, part: str, key: str, value: Any) -> None:
    def change(raw: Any) -> None:
        for name in part.split("."):
            raw = raw[name]
        raw[key] = value

    change_json(folder / "config.json", change)
    assert "config" in refusal(folder)


# tokenizer, voices, settings


@pytest.mark.parametrize("data", [b"", b"{}", b"[1, 2]", b"\xff\xfe\x00\x00", b'{"model": {"type": "BPE"}}'])
def test_broken_tokenizer(folder: Path, data: bytes) -> None:
    (folder / "tokenizer.json").write_bytes(data)
    assert "tokenizer" in refusal(folder)


def test_no_tokenizer(folder: Path) -> None:
    (folder / "tokenizer.json").unlink()
    assert "has no tokenizer" in refusal(folder)


def test_tokenizer_without_turns(folder: Path) -> None:
    text = (folder / "tokenizer.json").read_text()
    (folder / "tokenizer.json").write_text(text.replace("<|im_start|>", "<|start|>"))
    with pytest.raises(BadInputError, match=r"no <\|im_start\|>"):
        load(str(folder), device="cpu")


def test_tokenizer_of_a_larger_model(folder: Path) -> None:
    def grow(raw: Any) -> None:
        raw["model"]["vocab"].update({f"word{n}": 1000 + n for n in range(50)})

    change_json(folder / "tokenizer.json", grow)
    assert "config.json only 320" in refusal(folder)


@pytest.mark.parametrize("data", [b"", b"no pickle", b"PK\x03\x04 no zip either", b"\x80\x02K\x01."])
def test_broken_voices(folder: Path, data: bytes) -> None:
    (folder / "spk_dict.pt").write_bytes(data)
    assert "voices" in refusal(folder)


def test_voices_run_no_code(folder: Path, tmp_path: Path) -> None:
    class Evil:
        def __reduce__(self) -> tuple[Any, ...]:
            return (Path.touch, (tmp_path / "evil",))

    torch.save({"First": Evil()}, folder / "spk_dict.pt")
    assert "voices" in refusal(folder)
    assert not (tmp_path / "evil").exists()


def test_no_voices(folder: Path) -> None:
    (folder / "spk_dict.pt").unlink()
    assert "has no voices" in refusal(folder)
    assert load(str(folder), device="cpu", speech=False).voices == ()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("cond", torch.zeros(1, 9)), ("cond", torch.zeros(8)), ("ref_mel", torch.zeros(50, 80)),
        ("ref_mel", torch.zeros(1, 50, 100)), ("ref_mel", torch.zeros(1, 0, 80)), ("bos_token", 999),
        ("bos_token", "x"), ("cond", None),
    ],
)
def test_voice_of_another_model(folder: Path, key: str, value: Any) -> None:
    voices = torch.load(folder / "spk_dict.pt", weights_only=True)
    voices["First"][key] = value
    torch.save(voices, folder / "spk_dict.pt")
    assert "voice" in refusal(folder)


def test_voices_of_a_pickle_are_kept_as_safetensors(folder: Path) -> None:
    voices = torch.load(folder / "spk_dict.pt", weights_only=True)
    voices = {"Zoe": voices["First"], "Anna": {**voices["First"], "bos_token": 7}}
    torch.save(voices, folder / "spk_dict.pt")
    first = read_voices(folder)
    assert list(first) == ["Zoe", "Anna"] and not list(folder.glob(".voices*"))
    with patch.object(torch, "load", side_effect=AssertionError("the pickle was read again")):
        again = read_voices(folder)
    assert list(again) == ["Zoe", "Anna"] and again["Anna"].bos_token == 7
    for name in first:
        assert torch.equal(first[name].cond, again[name].cond) and torch.equal(first[name].ref_mel, again[name].ref_mel)
    torch.save({"Carl": voices["Zoe"]}, folder / "spk_dict.pt")  # another pickle: what was made of the old one is old
    assert list(read_voices(folder)) == ["Carl"] == list(read_voices(folder))
    (folder / "spk_dict.pt").unlink()
    assert list(read_voices(folder)) == ["Carl"]


def test_voices_in_a_folder_that_cannot_be_written(folder: Path) -> None:
    with patch("model.checkpoint.voices.save_file", side_effect=PermissionError("read-only")):
        assert list(read_voices(folder)) == ["First"]
    assert not (folder / "voices.safetensors").exists()


def test_broken_voices_in_safetensors(folder: Path) -> None:
    (folder / "voices.safetensors").write_bytes(b"no safetensors")
    assert "voices" in refusal(folder)
    save_file({"First.cond": torch.zeros(1, 8)}, folder / "voices.safetensors")
    with pytest.raises(BadInputError, match="voices"):
        read_voices(folder)


@pytest.mark.parametrize(
    "raw",
    [
        {"talker": {"temperature": "hot"}}, {"talker": {"top_k": 2.5}}, {"talker": 3}, {"thinker": "greedy"},
        {"speech": {"solver": "magic"}}, {"speech": {"points": "ten"}}, {"speech": 3}, {"eos_token_id": "x"},
        {"system_prompt": 3},
    ],
    ids=json.dumps,
)
def test_settings_that_cannot_be(folder: Path, raw: dict[str, Any]) -> None:
    change_json(folder / "config.json", lambda config: config["thinker_config"].pop("eos_token_id") and None)
    (folder / "generation_config.json").write_text(json.dumps(raw))
    assert "generation_config.json" in refusal(folder)


@pytest.mark.parametrize("text", ["{", '{"patch_size": "x"}', '{"image_mean": 0.5}', '{"max_pixels": [1]}'])
def test_front_end_that_cannot_be(folder: Path, text: str) -> None:
    (folder / "preprocessor_config.json").write_text(text)
    assert "preprocessor_config.json" in refusal(folder)
