"""Writes the trained mouth under the names of the official checkpoint.

    python -m training.mouth.export          # runs/mouth/export/*.safetensors and configs.json

The Talker's inputs are folded into the official form, one projection of the sum of a Thinker item and a code
embedding, both 640 wide. Codes get columns 0..255: their embedding is multiplied by 2048 and the projection divided by
it, so that whatever the Thinker has in these columns counts for next to nothing. Text gets columns 576..639, where the
pronunciation is so small (rms 0.002) that it does not disturb the Thinker's norms; the projection scales it up again.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer

from training.mouth import dit, talker, vocoder
from training.mouth.mel import Corpus
from training.mouth.pronunciation import WIDTH

THINKER_WIDTH = 640
CODE_SCALE = 2048.0
TALKER, TOKEN2WAV = "talker.", "token2wav.code2wav_"


def folded_talker(net: talker.TrainedTalker) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
    """(tensors named as in the official checkpoint, pronunciation table [vocabulary, 64])."""
    table, scale = net.pronunciation.table(), net.pronunciation.scale()
    hidden, width = net.text.out_features, THINKER_WIDTH
    projection, codes = torch.zeros(hidden, width), torch.zeros(talker.SIZES.vocab_size, width)
    projection[:, :hidden] = torch.eye(hidden) / CODE_SCALE
    projection[:, width - WIDTH:] = net.text.weight / scale
    codes[:, :hidden] = net.code_table() * CODE_SCALE
    state = {f"{TALKER}model.{k}": v for k, v in net.decoder.state_dict().items()}
    state[f"{TALKER}model.embed_tokens.weight"] = codes
    state[f"{TALKER}thinker_to_talker_proj.weight"] = projection
    state[f"{TALKER}thinker_to_talker_proj.bias"] = net.text.bias
    state[f"{TALKER}codec_head.weight"] = net.code_head()
    return state, table * scale


def talker_config() -> dict:
    """``talker_config`` of config.json."""
    sizes = talker.SIZES
    return dict(
        model_type="qwen2_5_omni_talker", vocab_size=sizes.vocab_size, embedding_size=THINKER_WIDTH,
        hidden_size=sizes.hidden_size, intermediate_size=sizes.intermediate_size,
        num_hidden_layers=sizes.num_hidden_layers, num_attention_heads=sizes.num_attention_heads,
        num_key_value_heads=sizes.num_key_value_heads, head_dim=sizes.head_dim, hidden_act="silu",
        max_position_embeddings=8192, rms_norm_eps=sizes.rms_norm_eps, rope_theta=sizes.rope_theta,
        rope_scaling=dict(type="default", rope_type="default", mrope_section=list(sizes.mrope_section)),
        use_sliding_window=False, attention_dropout=0.0, use_cache=True, tie_word_embeddings=False,
        tts_codec_pad_token_id=talker.PAD, tts_codec_start_token_id=talker.BOS, tts_codec_end_token_id=talker.EOS,
        tts_codec_mask_token_id=talker.MASK, tts_text_pad_token_id=talker.TEXT_PAD, tts_text_start_token_id=11,
        tts_text_end_token_id=talker.TEXT_END, audio_token_index=3, image_token_index=8, video_token_index=9,
        audio_start_token_id=4, audio_end_token_id=5, vision_start_token_id=6, vision_end_token_id=7,
        position_id_per_seconds=25, seconds_per_chunk=2, spatial_merge_size=2,
    )


def token2wav_config() -> dict:
    """``token2wav_config`` of config.json."""
    flow, voice = dit.SIZES, vocoder.SIZES

    def listed(value):
        return [listed(item) for item in value] if isinstance(value, tuple) else value

    return dict(
        model_type="qwen2_5_omni_token2wav",
        dit_config=dict(model_type="qwen2_5_omni_dit", dropout=0.0,
                        **{k: listed(v) for k, v in vars(flow).items()}),
        bigvgan_config=dict(model_type="qwen2_5_omni_bigvgan", **{k: listed(v) for k, v in vars(voice).items()}),
    )


def export(runs: Path, data: Path, tokens: Path, out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)

    def write(tensors: dict[str, torch.Tensor], name: str) -> None:
        whole = {k: v.detach().clone().contiguous() for k, v in tensors.items()}
        part = out / f"{name}.part"
        save_file(whole, part, metadata={"format": "pt"})
        part.replace(out / f"{name}.safetensors")
        print(f"{name}: {len(whole)} tensors, {sum(v.numel() for v in whole.values()) / 1e6:.2f} M numbers")

    corpus = Corpus(data, runs / "mels")
    if (runs / "talker.pt").exists():
        state, table = folded_talker(talker.load_talker(runs, Tokenizer.from_file(str(tokens))))
        write(state, "talker")
        write({"pronunciation": table}, "pronunciation")
    if (runs / "dit.pt").exists() and (runs / "bigvgan.pt").exists():
        flow = {f"{TOKEN2WAV}dit_model.{k}": v for k, v in dit.load_dit(runs).state_dict().items()}
        size = dit.SIZES.head_dim  # a persistent buffer of the reference
        flow[f"{TOKEN2WAV}dit_model.rotary_embed.inv_freq"] = 1.0 / (
            10000 ** (torch.arange(0, size, 2).float() / size))
        wave = {f"{TOKEN2WAV}bigvgan_model.{k}": v for k, v in vocoder.load_bigvgan(runs).state_dict().items()}
        write(flow | wave, "token2wav")
    # The Talker speaks as heart in all of them, so its first token is the same; the DiT gives the voice.
    references = {"heart": dit.heart_reference(corpus)}
    references |= {voice.name: voice.reference() for voice in dit.other_voices(runs / "voices")}
    spoken: dict[str, torch.Tensor] = {}
    for number, (name, mel) in enumerate(references.items()):
        spoken |= {f"{name}.cond": dit.speaker_vector(number), f"{name}.ref_mel": mel,
                   f"{name}.bos_token": torch.tensor(talker.VOICE)}
    write(spoken, "spk")
    configs = {"talker_config": talker_config(), "token2wav_config": token2wav_config()}
    (out / "configs.json").write_text(json.dumps(configs, indent=1) + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=Path, default=Path("runs/mouth"))
    parser.add_argument("--data", type=Path, default=Path("runs/data"))
    parser.add_argument("--tokenizer", type=Path, default=Path("runs/thinker/tokenizer.json"))
    parser.add_argument("--out", type=Path, default=Path("runs/mouth/export"))
    args = parser.parse_args()
    torch.set_num_threads(1)
    export(args.runs, args.data, args.tokenizer, args.out)


if __name__ == "__main__":
    main()
