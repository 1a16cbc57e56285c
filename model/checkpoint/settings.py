"""What a model is used with besides its weights: sampling, system prompt, decoding of speech, front ends.

generation_config.json and preprocessor_config.json may say otherwise; the defaults are those of the official model.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from model.config import OFFICIAL_SYSTEM_PROMPT, OmniConfig, pick
from model.errors import BadInputError
from model.prompt.mel import MelFrontEnd
from model.prompt.patches import PatchFrontEnd
from model.sampling import Sampling
from model.token2wav.ode import Solver


@dataclass(frozen=True)
class SpeechSettings:
    """How codes become sound. `points` are the times of the solver, from noise to mel; `guidance` is that of
    classifier-free guidance; blocks are the DiT's (24 mel frames): chunks have `first` of them while the text is being
    written, then each is one block longer, up to `most`."""

    solver: Solver = Solver.EULER
    points: int = 10
    guidance: float = 0.5
    first_blocks: int = 1
    most_blocks: int = 4
    left_blocks: int = 2
    right_blocks: int = 1


@dataclass(frozen=True)
class Settings:
    """`end_after_repeats`: a reply ends once it has said the same so often in a row; 0: never, as the reference."""

    system_prompt: str
    thinker: Sampling
    talker: Sampling
    speech: SpeechSettings
    end_tokens: frozenset[int]
    end_after_repeats: int = 0


def read_settings(folder: Path, config: OmniConfig, turn_end: int) -> Settings:
    """generation_config.json, if there is one; keys of ours are "system_prompt", "thinker", "talker", "speech"
    and "end_after_repeats"."""
    path = folder / "generation_config.json"
    try:
        return _settings(_read_json(path), folder, config, turn_end)
    except (TypeError, ValueError, AttributeError, KeyError) as error:
        raise BadInputError(f"{path} holds a value that cannot be used: {error}.") from error


def _settings(raw: dict[str, Any], folder: Path, config: OmniConfig, turn_end: int) -> Settings:
    talker = {"temperature": 0.9, "top_k": 40, "top_p": 0.8, "repetition_penalty": 1.05, **raw.get("talker", {})}
    speech = dict(raw.get("speech", {}))
    if "solver" in speech:
        speech["solver"] = Solver(speech["solver"])
    ends = _read_json(folder / "config.json")["thinker_config"].get("eos_token_id")
    ends = raw.get("eos_token_id") if ends is None else ends
    ends = [ends] if isinstance(ends, int) else ends or []
    if not all(isinstance(end, int) for end in ends):
        raise TypeError(f'"eos_token_id" cannot be {ends}')
    system_prompt = raw.get("system_prompt", OFFICIAL_SYSTEM_PROMPT)
    if not isinstance(system_prompt, str):
        raise TypeError(f'"system_prompt" cannot be {system_prompt}')
    return Settings(
        system_prompt=system_prompt,
        thinker=pick(Sampling, raw.get("thinker", {})),
        talker=pick(Sampling, {**talker, "suppressed": _unspeakable(config)}),
        speech=pick(SpeechSettings, speech),
        end_tokens=frozenset([turn_end, *ends]),
        end_after_repeats=int(raw.get("end_after_repeats", 0)),
    )


def _unspeakable(config: OmniConfig) -> tuple[int, ...]:
    """Ids of the Talker that are neither a code the decoder knows nor an end; a trained Talker never says them."""
    talker, known = config.talker, config.token2wav.dit.num_embeds
    ids = {talker.codec_start, *range(known + 1, talker.decoder.vocab_size)} - {talker.codec_end, talker.codec_pad}
    return tuple(sorted(ids))


def read_front_ends(folder: Path, config: OmniConfig) -> tuple[MelFrontEnd, PatchFrontEnd]:
    """preprocessor_config.json, if there is one."""
    path, vision = folder / "preprocessor_config.json", config.thinker.vision
    renamed = {
        "min_pixels": "image_min_pixels", "max_pixels": "image_max_pixels", "image_mean": "mean", "image_std": "std",
    }
    sizes: dict[str, Any] = {
        "patch_size": vision.patch_size,
        "temporal_patch_size": vision.temporal_patch_size,
        "merge_size": vision.spatial_merge_size,
    }
    told = {renamed.get(key, key): value for key, value in _read_json(path).items() if value is not None}
    try:
        return MelFrontEnd(config.thinker.audio.num_mel_bins), pick(PatchFrontEnd, {**sizes, **told})
    except TypeError as error:
        raise BadInputError(f"{path} holds a value that cannot be used: {error}.") from error


def _read_json(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise BadInputError(f"{path} cannot be read: {error}.") from error
    return raw if isinstance(raw, dict) else {}
