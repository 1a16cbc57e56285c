"""How every token sounds: the 64 columns beside the Thinker's own in its token embedding.

The Talker hears of the reply only through Thinker embeddings and hidden states. A small Thinker's states say little of
spelling, so its residual stream is widened by 64 columns, and the token table holds there how each token sounds: five
columns for each of its first twelve phonemes, and four for what else a reader sees. What the five say of a phoneme, or
of a mark such as a comma, is learned together with the Talker; the table is exported.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch import nn

from training.data.text import sentences
from training.mouth.pieces import said_in_words, symbols

WIDTH = 64
PHONEMES, COLUMNS = 12, 5  # of one token, and of one phoneme; of a thousand tokens in a text one is longer
FLAGS = WIDTH - PHONEMES * COLUMNS
SOUND_RMS = 0.002  # of the exported table
FILE = "pronunciation.safetensors"  # an exported table; where it lies, the Talker is trained with it as it is
MARKS = ".,?!;:\"()-—\n"
TEXTS = 60000  # sentences in which words are counted


def phoneme_table(tokenizer: Tokenizer, cache: Path) -> list[list[str]]:
    """Phonemes and marks of every token, made once (some minutes) and kept in ``cache``."""
    if cache.exists():
        return json.loads(cache.read_text(encoding="utf-8"))
    from hibari import Hibari

    voice = Hibari(voice="heart", threads=1)

    def phonemize(text: str) -> str:
        return "".join(voice.phonemize(text) or [])

    known = said_in_words(sentences(TEXTS), tokenizer, phonemize)
    table = []
    for token in range(tokenizer.get_vocab_size()):
        text = tokenizer.decode([token], skip_special_tokens=False)
        bare = text.strip(" ")
        if text.startswith("<|"):
            table.append([])
        elif token in known:
            table.append(known[token])
        elif any(c.isalnum() for c in bare) or bare in "%&+=$#@":
            table.append(symbols(phonemize(bare)))
        else:
            table.append([c for c in bare if c in MARKS])
    part = cache.with_suffix(".part")
    part.write_text(json.dumps(table, ensure_ascii=False), encoding="utf-8")
    os.replace(part, cache)
    return table


class Pronunciation(nn.Module):
    """Token ids [...] → [..., 64]."""

    def __init__(self, tokenizer: Tokenizer, cache: Path) -> None:
        super().__init__()
        table = phoneme_table(tokenizer, cache)
        number = {c: i + 1 for i, c in enumerate(sorted({c for row in table for c in row}))}
        said, flags = torch.zeros(len(table), PHONEMES, dtype=torch.long), torch.zeros(len(table), FLAGS)
        for token, row in enumerate(table):
            ids = [number[c] for c in row[:PHONEMES]]
            said[token, :len(ids)] = torch.tensor(ids, dtype=torch.long)
            text = tokenizer.decode([token], skip_special_tokens=False)
            flags[token] = torch.tensor([text.startswith(" "), text.strip()[:1].isupper(), text.strip()[:1].isdigit(),
                                         len(row) / 6])
        self.register_buffer("said", said, persistent=False)
        self.register_buffer("flags", flags, persistent=False)
        self.sound = nn.Embedding(len(number) + 1, COLUMNS, padding_idx=0)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        return torch.cat([self.sound(self.said[ids]).flatten(-2), self.flags[ids]], -1)

    @torch.no_grad()
    def table(self) -> torch.Tensor:
        """[vocabulary, 64] as the Talker was trained with it."""
        return self(torch.arange(len(self.said)))

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
