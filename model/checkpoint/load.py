"""From a name or a folder to an engine."""

from __future__ import annotations

import gc
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import psutil
import torch
from torch import nn

from model.checkpoint.build import Builder, empty, without_weights
from model.checkpoint.installed import EMBEDDED_NAME, find_model
from model.checkpoint.saved import restore, save, saved_path
from model.checkpoint.settings import read_front_ends, read_settings
from model.checkpoint.voices import Voice, read_voices
from model.config import OmniConfig, read_config
from model.engine import Engine
from model.errors import BadInputError, CannotRunError
from model.failures import is_out_of_memory
from model.four_bits import bitsandbytes
from model.lanes import Lane
from model.placement import BF16, FP32, PRECISIONS, Placement
from model.plan import GIB, Plan, choose, plans
from model.processor import multiplies_bfloat16
from model.prompt.tokenizer import TextTokenizer, read_tokenizer
from model.quantized import prepare_few_rows
from model.talker import Talker
from model.thinker.lexicon import Lexicon, read_words
from model.thinker.spoken_words import SpokenWords
from model.thinker.thinker import Thinker
from model.token2wav.token2wav import Token2Wav

M = TypeVar("M", bound=nn.Module)


def load(
    name: str = "nano",
    device: str = "auto",
    precision: str = "auto",
    speech: bool = True,
    context: int | None = None,
    saving: int = 0,
) -> Engine:
    """The engine of the embedded model ("nano") or of a model folder in the official layout.

    `context` is how many tokens of a conversation it may remember, where that is less than it could. `saving`: how many
    steps more memory is to be saved than the plan says, after it turned out to be too little (`Engine.saving`).
    Raises BadInputError for what cannot be read as a model, CannotRunError for what this machine cannot run.
    """
    folder = find_model(name)
    config = _within(read_config(folder), context)
    chosen = find_device(device)
    _check_precision(precision, chosen)
    tokenizer = read_tokenizer(folder)
    _check_ids(folder, config, tokenizer)
    settings = read_settings(folder, config, tokenizer.turn_end)
    mel_front_end, patch_front_end = read_front_ends(folder, config)
    voices = read_voices(folder)
    speech = speech and config.enable_audio_output
    if speech:
        _check_voices(folder, config, voices)
    ways = _ways(name, config, precision, chosen, speech)
    notes: list[str] = []
    while True:
        if saving >= len(ways):
            raise CannotRunError(f"There is not enough memory for {name}, however it is kept; take a smaller model.")
        way = ways[saving]
        config = _within(config, way.context)
        try:
            keep = name != EMBEDDED_NAME
            thinker, talker, token2wav = _parts(folder, config, way.placement, chosen, speech, keep)
            if config.thinker.audio.letters:
                words = Lexicon(read_words(folder))
                size = config.thinker.audio.spoken_size
                thinker.audio_tower.spoken = SpokenWords(words, tokenizer.encode, thinker.embed, size)
            break
        except (MemoryError, RuntimeError) as error:
            if not is_out_of_memory(error):
                raise
        saving += 1
        release_memory(chosen)
    if saving:
        notes.append(_told(way))
    return Engine(
        name=name if name == EMBEDDED_NAME else folder.name,
        device=str(chosen),
        precision=way.precision,
        config=config,
        settings=settings,
        tokenizer=tokenizer,
        mel_front_end=mel_front_end,
        patch_front_end=patch_front_end,
        thinker=thinker,
        talker=talker,
        token2wav=token2wav,
        voices_by_name=voices,
        plan=way,
        saving=saving,
        notes=tuple(notes),
        encoders=Lane(chosen),
    )


def _ways(name: str, config: OmniConfig, precision: str, device: torch.device, speech: bool) -> list[Plan]:
    """Plans, the first of them the roomiest that fits; the later ones save more and more."""
    on_card = device.type == "cuda"
    release_memory(device)
    budget = torch.cuda.mem_get_info(device)[0] if on_card else psutil.virtual_memory().available
    ladder = list(plans(config, precision, on_card, speech, budget, multiplies_bfloat16()))
    for first, plan in enumerate(ladder):
        if plan.fits and plan.context == ladder[0].context:
            return ladder[first:]
    if on_card:
        told = choose(config, precision, True, None, None, speech, budget)
        raise CannotRunError(
            f"{name} needs {told.peak / GIB:.1f} GiB of the card's memory in {told.precision}, "
            f"and {budget / GIB:.1f} are free; what helps: {', or '.join(told.advice)}."
        )
    return ladder  # a processor's memory can be shared out anew, and be swapped: let it try


def _parts(
    folder: Path, config: OmniConfig, placement: Placement, device: torch.device, speech: bool, keep: bool
) -> tuple[Thinker, Talker | None, Token2Wav | None]:
    """The model's parts, from what was kept of them or from their weights. `keep`: for the next start."""
    keep = keep and placement.decoder not in (FP32, BF16)
    builder = Builder(folder, config, placement, device)

    def part(name: str, make: Callable[[], M], build: Callable[[], M]) -> M:
        if not keep:
            return build()
        path = saved_path(folder, name, placement, device)
        module = empty(folder, make)
        if path.is_file() and restore(module, path, f"{name}.", placement, device):
            return module
        built = build()
        save(built, path)
        return built

    try:
        thinker = part("thinker", lambda: Thinker(config.thinker), builder.thinker)
        prepare_few_rows(thinker)
        if not speech:
            return thinker, None, None
        talker = part("talker", lambda: Talker(config.talker), builder.talker)
        return thinker, talker, builder.token2wav()
    finally:
        builder.close()


def _told(plan: Plan) -> str:
    """What was given up for memory's sake."""
    kept = f"in {plan.precision}, with {plan.context} tokens of context"
    towers = ", ear and eye in fewer bits" if plan.placement.towers not in (FP32, BF16) else ""
    return f"There was not enough memory; the model is loaded {kept}{towers}."


def release_memory(device: torch.device) -> None:
    """Give back what nobody uses any more."""
    gc.collect()
    if device.type == "cuda":
        torch.cuda.empty_cache()


def _within(config: OmniConfig, context: int | None) -> OmniConfig:
    """The same model with a shorter memory, where it is one."""
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


def find_device(name: str) -> torch.device:
    """The device of that name; CannotRunError where there is none."""
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


def _check_precision(name: str, device: torch.device) -> None:
    if name not in ("auto", *PRECISIONS):
        raise BadInputError(f'There is no precision "{name}"; give one of auto, {", ".join(PRECISIONS)}.')
    if name == "nf4" and device.type == "cuda":
        bitsandbytes()  # which multiplies it there
