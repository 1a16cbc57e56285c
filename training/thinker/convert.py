"""SmolLM2-135M-Instruct (GGUF, Q4_1) -> float32 weights and tokenizer under the names of Qwen2.5-Omni's Thinker.

    python -m training.thinker.convert MODEL.gguf runs/thinker

Writes thinker.safetensors (hidden size still 576), tokenizer.json and tokenizer_config.json.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

LAYERS, HEADS, KV_HEADS = 30, 9, 3
SPECIAL = (
    "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|AUDIO|>", "<|audio_bos|>", "<|audio_eos|>", "<|vision_bos|>",
    "<|vision_eos|>", "<|IMAGE|>", "<|VIDEO|>", "<|tts_text_pad|>", "<|tts_text_start|>", "<|tts_text_end|>",
    "<|voice_heart|>",
)  # ids 0 to 13
SYSTEM = "You are a helpful voice assistant. Answer in one or two short sentences."


def unpermute(weight: torch.Tensor, heads: int) -> torch.Tensor:
    """Undo the row order that llama.cpp gives q and k: pairs (even, odd) back to halves, [heads * 64, in]."""
    rows, columns = weight.shape
    return weight.reshape(heads, rows // heads // 2, 2, columns).swapaxes(1, 2).reshape(rows, columns)


def weights(reader) -> dict[str, torch.Tensor]:
    """State dict with transformers' names below "thinker."; the head is tied and not written."""
    import gguf

    raw = {
        t.name: torch.from_numpy(np.array(gguf.quants.dequantize(t.data, t.tensor_type), dtype=np.float32))
        for t in reader.tensors
    }
    out = {"model.embed_tokens.weight": raw["token_embd.weight"], "model.norm.weight": raw["output_norm.weight"]}
    for i in range(LAYERS):
        a, b = f"blk.{i}.", f"model.layers.{i}."
        out[b + "self_attn.q_proj.weight"] = unpermute(raw[a + "attn_q.weight"], HEADS)
        out[b + "self_attn.k_proj.weight"] = unpermute(raw[a + "attn_k.weight"], KV_HEADS)
        out[b + "self_attn.v_proj.weight"] = raw[a + "attn_v.weight"]
        for name, size in (("q", 576), ("k", 192), ("v", 192)):  # Qwen2 has these biases, Llama has not
            out[b + f"self_attn.{name}_proj.bias"] = torch.zeros(size)
        out[b + "self_attn.o_proj.weight"] = raw[a + "attn_output.weight"]
        for name in ("gate", "up", "down"):
            out[b + f"mlp.{name}_proj.weight"] = raw[a + f"ffn_{name}.weight"]
        out[b + "input_layernorm.weight"] = raw[a + "attn_norm.weight"]
        out[b + "post_attention_layernorm.weight"] = raw[a + "ffn_norm.weight"]
    return {"thinker." + k: v.contiguous() for k, v in out.items()}


def tokenizer(reader) -> Tokenizer:
    """SmolLM2's byte-level BPE with our names for the special tokens 0 to 13; the other special ones keep theirs."""
    field = lambda key: reader.fields[key].contents()  # noqa: E731
    tokens, kinds = list(field("tokenizer.ggml.tokens")), field("tokenizer.ggml.token_type")
    special = [i for i, kind in enumerate(kinds) if kind == 3]
    tokens[: len(SPECIAL)] = SPECIAL
    merges = [tuple(m.split(" ")) for m in field("tokenizer.ggml.merges")]
    result = Tokenizer(models.BPE(vocab={t: i for i, t in enumerate(tokens)}, merges=merges))
    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    result.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), byte_level])
    result.decoder = decoders.ByteLevel()
    result.add_special_tokens([AddedToken(tokens[i], special=True, normalized=False) for i in special])
    assert [result.token_to_id(t) for t in SPECIAL] == list(range(len(SPECIAL)))
    return result


def main() -> None:
    """Convert one file."""
    import gguf

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("gguf", type=Path)
    parser.add_argument("out", type=Path)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    reader = gguf.GGUFReader(args.gguf)
    save_file(weights(reader), args.out / "thinker.safetensors")
    tokenizer(reader).save(str(args.out / "tokenizer.json"))
    about = {"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": "<|im_end|>", "pad_token": "<|endoftext|>",
             "bos_token": "<|im_start|>", "model_max_length": 8192, "clean_up_tokenization_spaces": False}
    (args.out / "tokenizer_config.json").write_text(json.dumps(about, indent=1) + "\n")


if __name__ == "__main__":
    main()
