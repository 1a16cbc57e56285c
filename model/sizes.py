"""Every weight of a model by its config alone: official name, shape, and whether it multiplies. Needs no torch.

What plans, downloads and the window's model page count with. That it agrees with the modules is tested.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod

from model.config import BigVGANConfig, DecoderConfig, DiTConfig, OmniConfig

_TIME_SIZE = 256  # sinusoids that describe the DiT's time


@dataclass(frozen=True)
class Weight:
    """
    Attributes:
        linear: whether it is the matrix of a Linear layer.
        joins: name of the matrix that it becomes a part of when it is loaded, its own where it stays as it is.
    """

    name: str
    shape: tuple[int, ...]
    linear: bool = False
    joins: str = ""

    @property
    def count(self) -> int:
        """Numbers in it."""
        return prod(self.shape)


def weights(config: OmniConfig, speech: bool = True) -> Iterator[Weight]:
    """All weights of a checkpoint with this config; without `speech` only the Thinker's."""
    thinker = config.thinker
    yield from _audio(config)
    yield from _vision(config)
    yield from _decoder("thinker.model", thinker.text, thinker.text.hidden_size)
    if not thinker.text.tie_word_embeddings:
        yield from _linear("thinker.lm_head", thinker.text.hidden_size, thinker.text.vocab_size, bias=False)
    if not speech:
        return
    talker = config.talker
    size = talker.decoder.hidden_size
    yield from _linear("talker.thinker_to_talker_proj", talker.embedding_size, size)
    yield from _decoder("talker.model", talker.decoder, talker.embedding_size)
    yield from _linear("talker.codec_head", size, talker.decoder.vocab_size, bias=False)
    yield from _dit("token2wav.code2wav_dit_model", config.token2wav.dit)
    yield from _bigvgan("token2wav.code2wav_bigvgan_model", config.token2wav.bigvgan)


def _linear(name: str, inputs: int, outputs: int, bias: bool = True, joins: str = "") -> Iterator[Weight]:
    yield Weight(f"{name}.weight", (outputs, inputs), True, f"{joins or name}.weight")
    if bias:
        yield Weight(f"{name}.bias", (outputs,), False, f"{joins or name}.bias")


def _vectors(name: str, size: int, *kinds: str) -> Iterator[Weight]:
    for kind in kinds:
        yield Weight(f"{name}.{kind}", (size,), joins=f"{name}.{kind}")


def _conv(name: str, inputs: int, outputs: int, *kernel: int, bias: bool = True) -> Iterator[Weight]:
    yield Weight(f"{name}.weight", (outputs, inputs, *kernel), joins=f"{name}.weight")
    if bias:
        yield from _vectors(name, outputs, "bias")


def _decoder(name: str, config: DecoderConfig, embedding: int) -> Iterator[Weight]:
    size, inner, head = config.hidden_size, config.intermediate_size, config.head_dim
    yield Weight(f"{name}.embed_tokens.weight", (config.vocab_size, embedding), joins=f"{name}.embed_tokens.weight")
    for index in range(config.num_hidden_layers):
        layer = f"{name}.layers.{index}"
        heads = {"q": config.num_attention_heads, "k": config.num_key_value_heads, "v": config.num_key_value_heads}
        for part, count in heads.items():
            yield from _linear(
                f"{layer}.self_attn.{part}_proj", size, count * head, joins=f"{layer}.self_attn.qkv_proj"
            )
        yield from _linear(f"{layer}.self_attn.o_proj", heads["q"] * head, size, bias=False)
        for part in ("gate", "up"):
            yield from _linear(f"{layer}.mlp.{part}_proj", size, inner, bias=False, joins=f"{layer}.mlp.gate_up_proj")
        yield from _linear(f"{layer}.mlp.down_proj", inner, size, bias=False)
        yield from _vectors(f"{layer}.input_layernorm", size, "weight")
        yield from _vectors(f"{layer}.post_attention_layernorm", size, "weight")
    yield from _vectors(f"{name}.norm", size, "weight")


def _audio(config: OmniConfig) -> Iterator[Weight]:
    audio, name = config.thinker.audio, "thinker.audio_tower"
    size = audio.d_model
    yield from _conv(f"{name}.conv1", audio.num_mel_bins, size, 3)
    yield from _conv(f"{name}.conv2", size, size, 3)
    yield Weight(f"{name}.audio_bos_eos_token.weight", (2, audio.output_dim))
    for index in range(audio.encoder_layers):
        layer = f"{name}.layers.{index}"
        for part in ("k", "v", "q", "out"):
            yield from _linear(f"{layer}.self_attn.{part}_proj", size, size, bias=part != "k")
        yield from _vectors(f"{layer}.self_attn_layer_norm", size, "weight", "bias")
        yield from _linear(f"{layer}.fc1", size, audio.encoder_ffn_dim)
        yield from _linear(f"{layer}.fc2", audio.encoder_ffn_dim, size)
        yield from _vectors(f"{layer}.final_layer_norm", size, "weight", "bias")
    if audio.letters:
        yield from _vectors(f"{name}.spelling.norm", size, "weight", "bias")
        yield from _linear(f"{name}.spelling.head", size, audio.letters)
    else:
        yield from _vectors(f"{name}.ln_post", size, "weight", "bias")
        yield from _linear(f"{name}.proj", size, audio.output_dim)


def _vision(config: OmniConfig) -> Iterator[Weight]:
    vision, name = config.thinker.vision, "thinker.visual"
    size, inner = vision.hidden_size, vision.intermediate_size
    patch = (vision.temporal_patch_size, vision.patch_size, vision.patch_size)
    yield from _conv(f"{name}.patch_embed.proj", vision.in_channels, size, *patch, bias=False)
    for index in range(vision.depth):
        block = f"{name}.blocks.{index}"
        yield from _vectors(f"{block}.norm1", size, "weight")
        yield from _vectors(f"{block}.norm2", size, "weight")
        for part in ("q", "k", "v", "proj"):
            yield from _linear(f"{block}.attn.{part}", size, size)
        yield from _linear(f"{block}.mlp.gate_proj", size, inner)
        yield from _linear(f"{block}.mlp.up_proj", size, inner)
        yield from _linear(f"{block}.mlp.down_proj", inner, size)
    merged = size * vision.spatial_merge_size**2
    yield from _vectors(f"{name}.merger.ln_q", size, "weight")
    yield from _linear(f"{name}.merger.mlp.0", merged, merged)
    yield from _linear(f"{name}.merger.mlp.2", merged, vision.out_hidden_size)


def _dit(name: str, config: DiTConfig) -> Iterator[Weight]:
    size, inner = config.hidden_size, config.num_attention_heads * config.head_dim
    yield from _linear(f"{name}.time_embed.time_mlp.0", _TIME_SIZE, size)
    yield from _linear(f"{name}.time_embed.time_mlp.2", size, size)
    yield Weight(f"{name}.text_embed.codec_embed.weight", (config.num_embeds + 1, config.emb_dim))
    width = config.mel_dim + config.enc_dim + config.enc_emb_dim + config.emb_dim
    yield from _linear(f"{name}.input_embed.proj", width, size)
    yield from _speaker_encoder(f"{name}.input_embed.spk_encoder", config)
    for index in range(config.num_hidden_layers):
        block = f"{name}.transformer_blocks.{index}"
        yield from _linear(f"{block}.attn_norm.linear", size, 6 * size)
        for part in ("q", "k", "v"):
            yield from _linear(f"{block}.attn.to_{part}", size, inner, joins=f"{block}.attn.to_qkv")
        yield from _linear(f"{block}.attn.to_out.0", inner, size)
        yield from _linear(f"{block}.ff.ff.0", size, size * config.ff_mult)
        yield from _linear(f"{block}.ff.ff.3", size * config.ff_mult, size)
    yield from _linear(f"{name}.norm_out.linear", size, 2 * size)
    yield from _linear(f"{name}.proj_out", size, config.mel_dim)


def _speaker_encoder(name: str, config: DiTConfig) -> Iterator[Weight]:
    channels, kernels, scale = config.enc_channels, config.enc_kernel_sizes, config.enc_res2net_scale
    yield from _conv(f"{name}.blocks.0.conv", config.mel_dim, channels[0], kernels[0])
    for index, (channel, kernel) in enumerate(list(zip(channels, kernels))[1:-1], 1):
        block, part = f"{name}.blocks.{index}", channel // scale
        yield from _conv(f"{block}.tdnn1.conv", channel, channel, 1)
        for inner in range(scale - 1):
            yield from _conv(f"{block}.res2net_block.blocks.{inner}.conv", part, part, kernel)
        yield from _conv(f"{block}.tdnn2.conv", channel, channel, 1)
        yield from _conv(f"{block}.se_block.conv1", channel, config.enc_se_channels, 1)
        yield from _conv(f"{block}.se_block.conv2", config.enc_se_channels, channel, 1)
    last = channels[-1]
    yield from _conv(f"{name}.mfa.conv", sum(channels[1:-1]), last, kernels[-1])
    yield from _conv(f"{name}.asp.tdnn.conv", 3 * last, config.enc_attention_channels, 1)
    yield from _conv(f"{name}.asp.conv", config.enc_attention_channels, last, 1)
    yield from _conv(f"{name}.fc", 2 * last, config.enc_dim, 1)


def _bigvgan(name: str, config: BigVGANConfig) -> Iterator[Weight]:
    widths = [config.upsample_initial_channel // 2**i for i in range(len(config.upsample_rates) + 1)]
    yield from _conv(f"{name}.conv_pre", config.mel_dim, widths[0], 7)
    for index, kernel in enumerate(config.upsample_kernel_sizes):
        up = f"{name}.ups.{index}.0"
        yield Weight(f"{up}.weight", (widths[index], widths[index + 1], kernel))
        yield from _vectors(up, widths[index + 1], "bias")
    kinds = list(zip(config.resblock_kernel_sizes, config.resblock_dilation_sizes))
    for stage, width in enumerate(widths[1:]):
        for which, (kernel, dilations) in enumerate(kinds):
            block = f"{name}.resblocks.{stage * len(kinds) + which}"
            for index in range(len(dilations)):
                yield from _conv(f"{block}.convs1.{index}", width, width, kernel)
                yield from _conv(f"{block}.convs2.{index}", width, width, kernel)
            for index in range(2 * len(dilations)):
                yield from _vectors(f"{block}.activations.{index}.act", width, "alpha", "beta")
    yield from _vectors(f"{name}.activation_post.act", widths[-1], "alpha", "beta")
    yield from _conv(f"{name}.conv_post", widths[-1], 1, 7, bias=False)
