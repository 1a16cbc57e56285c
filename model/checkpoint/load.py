"""From a name or a folder to an engine."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch
from torch import nn

from model.checkpoint.build import Builder, without_weights
from model.checkpoint.installed import EMBEDDED_NAME, find_model
from model.checkpoint.settings import read_front_ends, read_settings
from model.checkpoint.voices import Voice, read_voices
from model.config import OmniConfig, read_config
from model.engine import Engine
from model.errors import BadInputError, CannotRunError
from model.four_bits import bitsandbytes
from model.placement import PRECISIONS, placements
from model.processor import multiplies_bfloat16
from model.prompt.tokenizer import TextTokenizer, read_tokenizer
from model.talker import Talker
from model.thinker.thinker import Thinker
from model.token2wav.token2wav import Token2Wav


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
    placement = placements(precision, chosen.type == "cuda", multiplies_bfloat16())[0]
    tokenizer = read_tokenizer(folder)
    _check_ids(folder, config, tokenizer)
    settings = read_settings(folder, config, tokenizer.turn_end)
    mel_front_end, patch_front_end = read_front_ends(folder, config)
    voices = read_voices(folder)
    speech = speech and config.enable_audio_output
    if speech:
        _check_voices(folder, config, voices)
    builder = Builder(folder, config, placement, chosen)
    thinker = builder.thinker()
    talker = builder.talker() if speech else None
    token2wav = builder.token2wav() if speech else None
    builder.close()
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
    if name not in ("auto", *PRECISIONS):
        raise BadInputError(f'There is no precision "{name}"; give one of auto, {", ".join(PRECISIONS)}.')
    if name == "auto":
        if device.type == "cuda":
            return "bf16"
        return "int8"
    if name == "nf4" and device.type == "cuda":
        bitsandbytes()  # which multiplies it there
    return name
