"""How every token sounds: the 64 columns beside the Thinker's own in its token embedding.

The Talker hears of the reply only through Thinker embeddings and hidden states. A small Thinker's states say little of
spelling, so its residual stream is widened by 64 columns, and the token table holds there what this network makes of
each token: the phonemes of its text, flags such as a leading space, and a learned vector of its own (which corrects
pieces of words that sound otherwise inside a word). The network exists in training only; the table is exported.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch import nn

WIDTH = 64
SOUND_RMS = 0.002  # of the exported table
FILE = "pronunciation.safetensors"  # an exported table; where it lies, the Talker is trained with it as it is
PHONES = 14  # of one token; longer ones are cut
ENDINGS = {"s": "z", "t": "t", "re": "ɹ", "ll": "əl", "ve": "v", "m": "m", "d": "d"}
MARKS = ".,?!;:\"'()-—\n"
STRESS = "ˈˌ"


def spoken(text: str, voice) -> str:
    """Phonemes of one token's text; '' when it is not spoken."""
    bare = text.strip()
    if bare[:1] in "'’" and bare[1:].lower() in ENDINGS:
        return ENDINGS[bare[1:].lower()]
    if not any(c.isalnum() for c in bare) and bare not in "%&+=$#@":
        return ""
    parts = voice.phonemize(bare)
    return "".join(parts) if parts else ""


def phoneme_table(tokenizer: Tokenizer, cache: Path) -> list[str]:
    """Phonemes of every token, made once and kept in ``cache``."""
    if cache.exists():
        return json.loads(cache.read_text(encoding="utf-8"))
    from hibari import Hibari

    voice = Hibari(voice="heart", threads=1)
    table = []
    for token in range(tokenizer.get_vocab_size()):
        text = tokenizer.decode([token], skip_special_tokens=False)
        table.append("" if text.startswith("<|") else spoken(text, voice))
    part = cache.with_suffix(".part")
    part.write_text(json.dumps(table, ensure_ascii=False), encoding="utf-8")
    os.replace(part, cache)
    return table


def flags_of(text: str, phonemes: str) -> list[float]:
    """Leading space, capital, number of phonemes, first stress, and which marks the text contains."""
    bare = text.strip()
    stressed = next((1.0 if c == "ˈ" else 0.5 for c in phonemes if c in STRESS), 0.0)
    return [float(text[:1].isspace()), float(bare[:1].isupper()), len(phonemes) / 8, stressed,
            *(float(mark in text) for mark in MARKS)]


class Pronunciation(nn.Module):
    """Token ids [...] → [..., 64]."""

    def __init__(self, tokenizer: Tokenizer, cache: Path, hidden: int = 256) -> None:
        super().__init__()
        table = phoneme_table(tokenizer, cache)
        alphabet = sorted({c for row in table for c in row})
        number = {c: i + 1 for i, c in enumerate(alphabet)}
        phones = torch.zeros(len(table), PHONES, dtype=torch.long)
        flags = []
        for token, row in enumerate(table):
            ids = [number[c] for c in row[:PHONES]]
            phones[token, :len(ids)] = torch.tensor(ids, dtype=torch.long)
            flags.append(flags_of(tokenizer.decode([token], skip_special_tokens=False), row))
        self.register_buffer("phones", phones, persistent=False)
        self.register_buffer("flags", torch.tensor(flags), persistent=False)
        self.sound = nn.Embedding(len(alphabet) + 1, 24, padding_idx=0)
        self.mix = nn.Sequential(nn.Linear(PHONES * 24 + self.flags.shape[1], hidden), nn.GELU(),
                                 nn.Linear(hidden, hidden), nn.GELU(), nn.Linear(hidden, WIDTH))
        self.own = nn.Embedding(len(table), WIDTH)
        nn.init.zeros_(self.own.weight)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        tokens, back = ids.unique(return_inverse=True)
        sounds = self.sound(self.phones[tokens]).flatten(1)
        return (self.mix(torch.cat([sounds, self.flags[tokens]], 1)) + self.own(tokens))[back]

    @torch.no_grad()
    def table(self) -> torch.Tensor:
        """[vocabulary, 64] as the Talker was trained with it."""
        return torch.cat([self(torch.arange(i, min(i + 4096, len(self.phones))))
                          for i in range(0, len(self.phones), 4096)])

    def scale(self) -> float:
        """By what the table is multiplied in the token embedding."""
        return SOUND_RMS / float(self.table().square().mean().sqrt())


class FixedPronunciation(nn.Module):
    """The same from a table that was exported before and must stay as it is, since it is in the shipped embeddings."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.register_buffer("known", load_file(file)["pronunciation"].float() / SOUND_RMS, persistent=False)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        return self.known[ids]

    def table(self) -> torch.Tensor:
        return self.known

    def scale(self) -> float:
        return SOUND_RMS


def pronunciation_for(tokenizer: Tokenizer, runs: Path) -> Pronunciation | FixedPronunciation:
    """A fixed table where one lies among the runs, else one to be trained."""
    if (runs / FILE).exists():
        return FixedPronunciation(runs / FILE)
    return Pronunciation(tokenizer, runs / "phonemes.json")
