"""The reference implementation (transformers) on the same folder, doing the same work: a comparison's other side."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import torch

from model.checkpoint.installed import find_model
from model.checkpoint.voices import read_voices
from model.checkpoint.weights import read_tensors
from model.engine import Engine
from model.errors import CannotRunError


class Reference:
    """transformers' own model with our folder's weights, in float32 on the processor."""

    def __init__(self, name: str, engine: Engine) -> None:
        try:
            from transformers import Qwen2_5OmniConfig, Qwen2_5OmniForConditionalGeneration
        except ImportError as error:
            raise CannotRunError("bench --against transformers needs transformers: pip install -e '.[test]'") from error
        folder = find_model(name)
        self._engine = engine
        config = Qwen2_5OmniConfig(**json.loads((Path(folder) / "config.json").read_text(encoding="utf-8")))
        config._attn_implementation = "sdpa"
        self.model: Any = Qwen2_5OmniForConditionalGeneration(config).float().eval()
        tensors = {key: value.float() for key, value in read_tensors(folder, "").items()}
        if engine.config.thinker.text.tie_word_embeddings:
            tensors["thinker.lm_head.weight"] = tensors["thinker.model.embed_tokens.weight"]
        missing, unexpected = self.model.load_state_dict(tensors, strict=False)
        wrong = [key for key in missing if not key.endswith("rotary_embed.inv_freq")]
        if wrong or unexpected:
            raise CannotRunError(f"transformers cannot load this model: {(wrong + list(unexpected))[:3]}.")
        self.model.speaker_map = {
            voice.name: {"bos_token": voice.bos_token, "cond": voice.cond, "ref_mel": voice.ref_mel}
            for voice in read_voices(folder).values()
        }

    @torch.inference_mode()
    def reply(self, question: str, text_tokens: int, codes: int) -> float:
        """Seconds for a whole reply of exactly so many tokens and codes; its wave is there only at the end."""
        engine = self._engine
        tokenizer = engine.tokenizer
        newline = tokenizer.encode("\n")
        ids: list[int] = []
        for role, text in (("system", engine.settings.system_prompt), ("user", question)):
            ids += [tokenizer.turn_start, *tokenizer.encode(f"{role}\n{text}"), tokenizer.turn_end, *newline]
        ids += [tokenizer.turn_start, *tokenizer.encode("assistant\n")]
        config = engine.config.talker
        torch.manual_seed(0)
        begun = time.perf_counter()
        _, wave = self.model.generate(
            input_ids=torch.tensor([ids]), attention_mask=torch.ones(1, len(ids), dtype=torch.long),
            speaker=engine.default_voice, thinker_max_new_tokens=text_tokens, thinker_min_new_tokens=text_tokens,
            thinker_do_sample=False, thinker_eos_token_id=sorted(engine.end_tokens), talker_max_new_tokens=codes + 1,
            talker_min_new_tokens=codes + 1, talker_do_sample=False,
            talker_eos_token_id=[config.codec_pad, config.codec_end], use_audio_in_video=False,
        )
        seconds = time.perf_counter() - begun
        expected = codes * engine.sample_rate / engine.codes_per_second
        if abs(wave.numel() - expected) > engine.sample_rate * 0.2:
            raise CannotRunError(f"transformers made {wave.numel()} samples in place of {expected:.0f}.")
        return seconds
