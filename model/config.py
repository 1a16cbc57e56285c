"""Typed sizes and ids of every part, read from a checkpoint's config.json.

Owns: what a config.json may say and the official defaults where it is silent. Knows nothing of weights.
Every default is the official 7B value, except where the class defaults of the reference differ from its checkpoint.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

from model.errors import BadInputError

T = TypeVar("T")

# without it, word for word, the official models speak badly
OFFICIAL_SYSTEM_PROMPT = (
    "You are Qwen, a virtual human developed by the Qwen Team, Alibaba Group, capable of perceiving auditory and "
    "visual inputs, as well as generating text and speech."
)


@dataclass(frozen=True)
class AudioEncoderConfig:
    num_mel_bins: int = 128
    encoder_layers: int = 32
    encoder_attention_heads: int = 20
    encoder_ffn_dim: int = 5120
    d_model: int = 1280
    max_source_positions: int = 1500
    n_window: int = 100  # half a block: 2 * 100 mel frames = 2 s
    output_dim: int = 3584
    # nano's alone:
    letters: int = 0  # that the ear spells with, none among them (model/thinker/spelling.py)
    spoken_size: int = 0  # numbers of an embedding that say which token it is (model/thinker/spoken_words.py)


@dataclass(frozen=True)
class VisionEncoderConfig:
    depth: int = 32
    hidden_size: int = 1280
    intermediate_size: int = 3420
    num_heads: int = 16
    in_channels: int = 3
    patch_size: int = 14
    spatial_merge_size: int = 2
    temporal_patch_size: int = 2
    window_size: int = 112  # pixels
    out_hidden_size: int = 3584
    fullatt_block_indexes: tuple[int, ...] = (7, 15, 23, 31)


@dataclass(frozen=True)
class DecoderConfig:
    """A Qwen2 decoder: the Thinker's and the Talker's."""

    vocab_size: int = 152064
    hidden_size: int = 3584
    intermediate_size: int = 18944
    num_hidden_layers: int = 28
    num_attention_heads: int = 28
    num_key_value_heads: int = 4
    head_dim: int = 128
    max_position_embeddings: int = 32768
    rms_norm_eps: float = 1e-6
    rope_theta: float = 1e6
    mrope_section: tuple[int, ...] = (16, 24, 24)
    tie_word_embeddings: bool = False


@dataclass(frozen=True)
class TokenIds:
    """Ids of the tokens that structure a prompt; the official ones by default."""

    audio: int = 151646
    audio_start: int = 151647
    audio_end: int = 151648
    vision_start: int = 151652
    vision_end: int = 151653
    image: int = 151655
    video: int = 151656


@dataclass(frozen=True)
class ThinkerConfig:
    text: DecoderConfig
    audio: AudioEncoderConfig
    vision: VisionEncoderConfig
    tokens: TokenIds
    position_id_per_seconds: int = 25
    seconds_per_chunk: int = 2


@dataclass(frozen=True)
class TalkerConfig:
    decoder: DecoderConfig
    embedding_size: int = 3584
    codec_start: int = 8293
    codec_end: int = 8294
    codec_pad: int = 8292
    codec_mask: int = 8296
    text_start: int = 151860
    text_end: int = 151861
    text_pad: int = 151859


@dataclass(frozen=True)
class DiTConfig:
    hidden_size: int = 1024
    num_hidden_layers: int = 22
    num_attention_heads: int = 16
    head_dim: int = 64
    ff_mult: int = 2
    emb_dim: int = 512
    block_size: int = 24  # mel frames
    look_ahead_layers: tuple[int, ...] = (10,)
    look_backward_layers: tuple[int, ...] = (0, 20)
    repeats: int = 2  # mel frames a code
    num_embeds: int = 8193
    mel_dim: int = 80
    enc_emb_dim: int = 192
    enc_dim: int = 128
    enc_channels: tuple[int, ...] = (256, 256, 256, 256, 768)
    enc_kernel_sizes: tuple[int, ...] = (5, 3, 3, 3, 1)
    enc_dilations: tuple[int, ...] = (1, 2, 3, 4, 1)
    enc_attention_channels: int = 64
    enc_res2net_scale: int = 2
    enc_se_channels: int = 64


@dataclass(frozen=True)
class BigVGANConfig:
    mel_dim: int = 80
    upsample_initial_channel: int = 1536
    resblock_kernel_sizes: tuple[int, ...] = (3, 7, 11)
    resblock_dilation_sizes: tuple[tuple[int, ...], ...] = ((1, 3, 5), (1, 3, 5), (1, 3, 5))
    upsample_rates: tuple[int, ...] = (5, 3, 2, 2, 2, 2)
    upsample_kernel_sizes: tuple[int, ...] = (11, 7, 4, 4, 4, 4)


@dataclass(frozen=True)
class Token2WavConfig:
    dit: DiTConfig = field(default_factory=DiTConfig)
    bigvgan: BigVGANConfig = field(default_factory=BigVGANConfig)


@dataclass(frozen=True)
class OmniConfig:
    thinker: ThinkerConfig
    talker: TalkerConfig
    token2wav: Token2WavConfig
    enable_audio_output: bool = True


def _freeze(value: Any) -> Any:
    return tuple(_freeze(item) for item in value) if isinstance(value, list) else value


def pick(kind: type[T], raw: dict[str, Any], **overrides: Any) -> T:
    """The dataclass with those of its values that `raw` has; unknown keys are ignored, TypeError for another type."""
    chosen: dict[str, Any] = {}
    for field_ in fields(kind):  # type: ignore[arg-type]
        value = _freeze(raw.get(field_.name))
        if value is None:
            continue
        wanted = int | float if isinstance(field_.default, float) else type(field_.default)
        if not isinstance(value, wanted) or (isinstance(value, bool) and wanted is not bool):
            raise TypeError(f'"{field_.name}" cannot be {json.dumps(raw[field_.name])}')
        chosen[field_.name] = value
    return kind(**{**chosen, **overrides})


def _decoder(raw: dict[str, Any], defaults: dict[str, Any]) -> DecoderConfig:
    raw = {**defaults, **{key: value for key, value in raw.items() if value is not None}}
    rope = raw.get("rope_scaling") or raw.get("rope_parameters") or {}
    raw["head_dim"] = raw.get("head_dim") or raw["hidden_size"] // raw["num_attention_heads"]
    raw |= {key: rope[key] for key in ("mrope_section", "rope_theta") if key in rope}
    config = pick(DecoderConfig, raw)
    if 2 * sum(config.mrope_section) != config.head_dim:
        raise ValueError(f"mrope_section {list(config.mrope_section)} is not half of head_dim {config.head_dim}")
    return config


def parse_config(raw: dict[str, Any]) -> OmniConfig:
    """config.json as a dictionary → typed config. Unknown keys are ignored; missing ones get the 7B's values."""
    thinker_raw = raw["thinker_config"]
    talker_raw = raw.get("talker_config") or {}
    token2wav_raw = raw.get("token2wav_config") or {}

    def token(name: str, default: int) -> int:
        for suffix in ("_token_id", "_token_index"):
            if thinker_raw.get(name + suffix) is not None:
                return int(thinker_raw[name + suffix])
        if talker_raw.get(name + "_token_id") is not None:
            return int(talker_raw[name + "_token_id"])
        return default

    tokens = TokenIds(
        audio=token("audio", 151646),
        audio_start=token("audio_start", 151647),
        audio_end=token("audio_end", 151648),
        vision_start=token("vision_start", 151652),
        vision_end=token("vision_end", 151653),
        image=token("image", 151655),
        video=token("video", 151656),
    )
    text_defaults = {f.name: f.default for f in fields(DecoderConfig) if f.name != "head_dim"}
    talker_defaults = {**text_defaults, "hidden_size": 896, "num_hidden_layers": 24, "num_attention_heads": 12,
                       "num_key_value_heads": 4, "head_dim": 128, "vocab_size": 8448}
    talker = pick(
        TalkerConfig,
        {
            "embedding_size": talker_raw.get("embedding_size"),
            **{f"codec_{word}": talker_raw.get(f"tts_codec_{word}_token_id") for word in "start end pad mask".split()},
            **{f"text_{word}": talker_raw.get(f"tts_text_{word}_token_id") for word in "start end pad".split()},
        },
        decoder=_decoder(talker_raw, talker_defaults),
    )
    thinker = pick(
        ThinkerConfig,
        {key: thinker_raw.get(key) for key in ("position_id_per_seconds", "seconds_per_chunk")},
        text=_decoder(thinker_raw.get("text_config") or {}, text_defaults),
        audio=pick(AudioEncoderConfig, thinker_raw.get("audio_config") or {}),
        vision=pick(VisionEncoderConfig, thinker_raw.get("vision_config") or {}),
        tokens=tokens,
    )
    token2wav = Token2WavConfig(
        dit=pick(DiTConfig, token2wav_raw.get("dit_config") or {}),
        bigvgan=pick(BigVGANConfig, token2wav_raw.get("bigvgan_config") or {}),
    )
    rates, kernels = token2wav.bigvgan.upsample_rates, token2wav.bigvgan.upsample_kernel_sizes
    if len(rates) != len(kernels):
        raise ValueError(f"its vocoder has {len(rates)} upsample_rates, but {len(kernels)} upsample_kernel_sizes")
    return OmniConfig(thinker, talker, token2wav, raw.get("enable_audio_output", True))


def read_config(folder: Path) -> OmniConfig:
    """The config of a model folder; BadInputError where the folder holds no Qwen2.5-Omni model."""
    path = folder / "config.json"
    if not path.is_file():
        raise BadInputError(f"{folder} is not a model folder: it has no config.json.")
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        return parse_config(raw)
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise BadInputError(f"{path} cannot be read: {error}.") from error
    except KeyError as error:
        raise BadInputError(f"{path} does not describe a Qwen2.5-Omni model: it has no {error}.") from error
    except (TypeError, ValueError, AttributeError, ArithmeticError) as error:
        raise BadInputError(f"{path} does not describe a Qwen2.5-Omni model ({error}).") from error
