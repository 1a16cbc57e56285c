"""What each kind of work holds at a time beside weights and caches: arithmetic on a config, no torch.

Work comes in pieces of bounded size (`model.bounds`): these are the sizes of the largest pieces.
"""

from __future__ import annotations

from model.bounds import MEL_FRAMES, PATCHES, PREFILL, WEIGHTS_AT_ONCE
from model.config import DecoderConfig, OmniConfig
from model.placement import FP32, INT8_KINDS, NF4, Placement


def activations(
    config: OmniConfig, placement: Placement, on_card: bool, context: int, rows: int, patches: int | None, speech: bool
) -> dict[str, int]:
    """Bytes by kind of work: "prefill", "head", "forget", "ear", "eye", with `speech` "talker", "dit", "vocoder" too.

    `rows` are those of a cache for `context` tokens; `patches` those of a pair of a film's frames, None without one.
    """
    floats, sensing = (4 if placement.float_kind(part) == FP32 else 2 for part in ("thinker.model.", "thinker.visual."))
    thinker, talker = config.thinker, config.talker.decoder
    tokens = min(PREFILL, context)
    # a piece's embeddings, what the Talker adds to them, their sum, and the hidden states
    carried = 4 * tokens * thinker.text.hidden_size * floats
    work = {
        "prefill": carried + _decoder(thinker.text, tokens, rows, floats, on_card)
        + _widened(placement.decoder, _gated(thinker.text), on_card),
        "head": _head(placement, thinker.text, on_card),
        "forget": _forget(thinker.text, context),
        "ear": _ear(config, sensing),
    }
    pair = patches or PATCHES
    work["eye"] = _eye(config, max(1, PATCHES // pair) * pair, sensing, on_card)
    if speech:
        read = _decoder(talker, tokens, rows, floats, on_card)
        work["talker"] = carried + read + _widened(placement.talker, _gated(talker), on_card)
        work["dit"] = _dit(config)
        work["vocoder"] = _vocoder(config)
    return work


def _decoder(config: DecoderConfig, tokens: int, rows: int, floats: int, on_card: bool) -> int:
    """What a decoder holds while it reads so many tokens: the mask of all heads in a row, and one layer's states."""
    shared = config.num_attention_heads // config.num_key_value_heads
    mask = tokens * rows * (1 + shared * floats)
    making = tokens * rows * (1 + 2 * floats)
    heads = (config.num_attention_heads + 2 * config.num_key_value_heads) * config.head_dim
    attention = tokens * heads * floats * 6
    if not on_card and floats == 2:  # plain products of up to 2048 keys: scores twice, and keys and values in order
        keys = min(rows, 2048)
        attention += config.num_attention_heads * tokens * keys * floats * 2 + 2 * keys * heads * floats
    gated = 4 * tokens * config.intermediate_size * floats
    states = 4 * tokens * config.hidden_size * floats
    return mask + states + max(making, attention, gated)


def _widened(kind: str, count: int, on_card: bool) -> int:
    """A layer of `count` weights that is made wide again to be multiplied with many rows."""
    if kind == NF4:
        return 2 * count if on_card else min(count, WEIGHTS_AT_ONCE) * 10
    return min(count, WEIGHTS_AT_ONCE) * 4 if kind in INT8_KINDS else 0


def _gated(config: DecoderConfig) -> int:
    """Weights of a decoder's largest layer."""
    return 2 * config.hidden_size * config.intermediate_size


def _head(placement: Placement, config: DecoderConfig, on_card: bool) -> int:
    """The next token's logits, sorted and summed, and the head made wide where no kernel reads its few bits: for a
    single row a card has one for nf4, a processor one for 8 bits."""
    kind = placement.kind("thinker.lm_head.weight", (config.vocab_size, config.hidden_size))
    narrow = kind == NF4 if on_card else kind in INT8_KINDS
    wide = 0 if narrow else _widened(kind, config.vocab_size * config.hidden_size, on_card)
    return wide + config.vocab_size * 40


def _forget(config: DecoderConfig, context: int) -> int:
    """One layer's keys turned to their new positions, in float32."""
    return context * config.num_key_value_heads * config.head_dim * 20


def _ear(config: OmniConfig, floats: int) -> int:
    audio = config.thinker.audio
    convolved = MEL_FRAMES * (audio.num_mel_bins * 8 + 3 * audio.d_model * floats)
    layers = MEL_FRAMES // 2 * (6 * audio.d_model + 2 * audio.encoder_ffn_dim) * floats
    return max(convolved, layers)


def _eye(config: OmniConfig, patches: int, floats: int, on_card: bool) -> int:
    vision = config.thinker.vision
    size, inner = vision.hidden_size, vision.intermediate_size
    pixels = vision.in_channels * vision.temporal_patch_size * vision.patch_size**2
    turning = size * (5 * 4 + 5 * floats)  # queries are turned in float32
    gated = 4 * inner * floats + 3 * size * floats
    tables = 6 * 4 * size // vision.num_heads
    looking = pixels * (4 if floats == 4 else 6) + size * floats + tables + max(turning, gated)
    return patches * (looking if on_card else max(looking, 3 * 4 * pixels))  # scaling pictures is the host's work


def _dit(config: OmniConfig) -> int:
    dit = config.token2wav.dit
    frames = 7 * dit.block_size  # the longest chunk and what is seen around it
    inner = dit.num_attention_heads * dit.head_dim
    layers = 2 * frames * 4 * (4 * dit.hidden_size + max(3 * inner * 4, 3 * dit.hidden_size * dit.ff_mult))
    modulations = 16 * (6 * dit.num_hidden_layers + 2) * dit.hidden_size * 4
    return layers + modulations


def _vocoder(config: OmniConfig) -> int:
    vocoder, dit = config.token2wav.bigvgan, config.token2wav.dit
    frames = 4 * dit.block_size + 80
    most, length, width = 0, frames, vocoder.upsample_initial_channel
    for rate in vocoder.upsample_rates:
        length, width = length * rate, width // 2
        most = max(most, length * width)
    return most * 4 * (len(vocoder.resblock_kernel_sizes) + 14)
