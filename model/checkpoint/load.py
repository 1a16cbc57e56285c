"""From a name or a folder to an engine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import torch
from torch import nn

from model.checkpoint.installed import EMBEDDED_NAME, find_model
from model.checkpoint.settings import read_front_ends, read_settings
from model.checkpoint.voices import Voice, read_voices
from model.checkpoint.weights import fill, read_tensors, without_weights
from model.config import OmniConfig, read_config
from model.engine import Engine
from model.errors import BadInputError, CannotRunError
from model.layers import join_projections
from model.prompt.tokenizer import TextTokenizer, read_tokenizer
from model.quantized import Int8Linear, narrow, quantize
from model.talker import Talker
from model.thinker.thinker import Thinker
from model.token2wav.token2wav import Token2Wav

M = TypeVar("M", bound=nn.Module)

_FLOATS = {"fp32": torch.float32, "bf16": torch.bfloat16, "int8": torch.bfloat16}
_KNOWN_PRECISIONS = ("auto", "fp32", "bf16", "int8", "nf4")


def load(
    name: str = "nano",
    device: str = "auto",
    precision: str = "auto",
    speech: bool = True,
    context: int | None = None,
) -> Engine:
    """The engine of the embedded model ("nano") or of a model folder in the official layout.

    `context` is how many tokens of a conversation it may remember, where that is less than it could.
    Raises BadInputError for what cannot be read as a model, CannotRunError for what this machine cannot run.
    """
    folder = find_model(name)
    config = _within(read_config(folder), context)
    chosen = _device(device)
    precision = _precision(precision, chosen)
    dtype = _FLOATS[precision]
    tokenizer = read_tokenizer(folder)
    _check_ids(folder, config, tokenizer)
    settings = read_settings(folder, config, tokenizer.turn_end)
    mel_front_end, patch_front_end = read_front_ends(folder, config)
    thinker = load_thinker(folder, config, chosen, dtype)
    join_projections(thinker.model)
    if precision == "int8":
        quantize(thinker.model)
        thinker.lm_head = Int8Linear(thinker.lm_head)  # type: ignore[assignment]
    voices = read_voices(folder)
    talker = token2wav = None
    if speech and config.enable_audio_output:
        _check_voices(folder, config, voices)
        talker = _build(folder, lambda: Talker(config.talker))
        token2wav = _build(folder, lambda: Token2Wav(config.token2wav))
        fill(talker, read_tensors(folder, "talker."), chosen, dtype, f"{folder}: its Talker")
        join_projections(talker)
        if precision == "int8":
            quantize(talker.model)
        # like the reference, the decoder of the codes computes in float32; only products in the DiT's layers may not
        fill(token2wav, read_tensors(folder, "token2wav."), chosen, torch.float32, f"{folder}: its Token2Wav")
        layers = token2wav.code2wav_dit_model.transformer_blocks
        join_projections(layers)
        if precision != "fp32" and chosen.type == "cpu":
            for layer in layers:
                narrow(layer.get_submodule("attn"))
                narrow(layer.get_submodule("ff"))
    return Engine(
        name=name if name == EMBEDDED_NAME else folder.name,
        device=str(chosen),
        precision=precision,
        config=config,
        settings=settings,
        tokenizer=tokenizer,
        mel_front_end=mel_front_end,
        patch_front_end=patch_front_end,
        thinker=thinker,
        talker=talker,
        token2wav=token2wav,
        voices_by_name=voices,
    )


def _within(config: OmniConfig, context: int | None) -> OmniConfig:
    """The same model with a shorter memory."""
    text = config.thinker.text
    if context is None or context >= text.max_position_embeddings:
        return config
    return replace(config, thinker=replace(config.thinker, text=replace(text, max_position_embeddings=context)))


def load_thinker(folder: Path, config: OmniConfig, device: torch.device, dtype: torch.dtype) -> Thinker:
    """Ear, eye and language model."""
    thinker = _build(folder, lambda: Thinker(config.thinker))
    tensors = read_tensors(folder, "thinker.")
    tied = config.thinker.text.tie_word_embeddings
    if tied and "model.embed_tokens.weight" in tensors:
        tensors["lm_head.weight"] = tensors["model.embed_tokens.weight"]
    fill(thinker, tensors, device, dtype, f"{folder}: its Thinker")
    if tied:
        thinker.lm_head.weight = thinker.model.embed_tokens.weight
    return thinker


def official_names(config: OmniConfig) -> dict[str, tuple[int, ...]]:
    """Names and shapes of every weight a checkpoint with this config holds; takes no memory."""
    with without_weights():
        parts: dict[str, nn.Module] = {
            "thinker.": Thinker(config.thinker),
            "talker.": Talker(config.talker),
            "token2wav.": Token2Wav(config.token2wav),
        }
    names = {
        prefix + name: tuple(parameter.shape)
        for prefix, part in parts.items()
        for name, parameter in part.state_dict(keep_vars=True).items()
    }
    if config.thinker.text.tie_word_embeddings:
        del names["thinker.lm_head.weight"]
    return names


def _build(folder: Path, make: Callable[[], M]) -> M:
    """A part without its weights; sizes that no module can have are the config's fault."""
    try:
        with without_weights():
            return make()
    except (ArithmeticError, AssertionError, AttributeError, LookupError, RuntimeError, TypeError, ValueError) as error:
        raise BadInputError(f"{folder / 'config.json'} asks for a part that cannot be built ({error}).") from error


def _check_ids(folder: Path, config: OmniConfig, tokenizer: TextTokenizer) -> None:
    """The tokenizer must be this model's: no token of it may lie outside the embedding."""
    known, rows = tokenizer.vocabulary_size, config.thinker.text.vocab_size
    if known > rows:
        raise BadInputError(f"{folder}: its tokenizer has {known} tokens, but its config.json only {rows}.")


def _check_voices(folder: Path, config: OmniConfig, voices: dict[str, Voice]) -> None:
    """There must be one, and the decoder must be able to read it."""
    if not voices:
        raise BadInputError(f"{folder} has no voices: neither voices.safetensors nor spk_dict.pt.")
    dit, rows = config.token2wav.dit, config.thinker.text.vocab_size
    for name, voice in voices.items():
        cond, mel = tuple(voice.cond.shape), tuple(voice.ref_mel.shape)
        if cond != (1, dit.enc_emb_dim) or len(mel) != 3 or mel[0] != 1 or mel[2] != dit.mel_dim or not mel[1]:
            raise BadInputError(
                f'{folder}: the voice "{name}" has the shapes {list(cond)} and {list(mel)}, '
                f"but its config.json asks for [1, {dit.enc_emb_dim}] and [1, frames, {dit.mel_dim}]."
            )
        if not 0 <= voice.bos_token < rows:
            raise BadInputError(f'{folder}: the voice "{name}" begins with token {voice.bos_token} of only {rows}.')


def _device(name: str) -> torch.device:
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise BadInputError(f'There is no kind of device called "{name}"; give auto, cpu, cuda or cuda:N.') from error
    if device.type not in ("cpu", "cuda"):
        raise BadInputError(f'There is no kind of device called "{name}"; give auto, cpu, cuda or cuda:N.')
    if device.type == "cuda" and not torch.cuda.is_available():
        raise CannotRunError("There is no CUDA device here, or this build of torch cannot use it; use --device cpu.")
    if device.type == "cuda" and device.index is not None and device.index >= torch.cuda.device_count():
        raise CannotRunError(f"There are {torch.cuda.device_count()} CUDA devices here; {name} is not one of them.")
    return device


def _precision(name: str, device: torch.device) -> str:
    if name not in _KNOWN_PRECISIONS:
        raise BadInputError(f'There is no precision "{name}"; give one of {", ".join(_KNOWN_PRECISIONS)}.')
    if name == "auto":
        if device.type == "cuda":
            return "bf16"
        if not torch.ops.mkldnn._is_mkldnn_bf16_supported():
            return "fp32"  # this processor computes bfloat16 in slow motion
        return "int8"
    if name not in _FLOATS or (name == "int8" and device.type != "cpu"):
        raise CannotRunError(f"The precision {name} is not there yet on {device.type}; use fp32 or bf16.")
    return name
