"""What nano's ear spells becomes words of its lexicon, and reaches the Thinker in the Thinker's own embeddings."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from model.config import AudioEncoderConfig
from model.errors import BadInputError
from model.thinker.audio_encoder import AudioEncoder, audio_tokens
from model.thinker.lexicon import ALPHABET, Lexicon, read_words
from model.thinker.spoken_words import SpokenWords

LETTERS = 1 + len(ALPHABET)
COUNTS = {"the": 500, "clubs": 3, "close": 40, "see": 30, "sea": 10, "Paris": 5, "in": 90, "bell": 2, "so": 50}
SIZES = dict(num_mel_bins=80, encoder_layers=2, encoder_attention_heads=1, encoder_ffn_dim=256, d_model=64,
             output_dim=24, spoken_size=16)  # fmt: skip


def heard(text: str, sure: float = 0.95, unsure: dict[int, dict[str, float]] | None = None) -> np.ndarray:
    """Logarithms of likelihoods as an ear spells: three frames a letter, the last of them its own. unsure: of some
    letters of the text, by number, what else they may be."""
    out = np.full((3 * len(text), LETTERS), 1e-4)
    out[:, 0] = sure
    for i, letter in enumerate(text):
        out[3 * i + 2] = 1e-4
        for other, share in (unsure or {}).get(i, {letter: sure}).items():
            out[3 * i + 2, 1 + ALPHABET.index(other)] = share
    return np.log(out / out.sum(1, keepdims=True)).astype(np.float32)


def read(lexicon: Lexicon, log: np.ndarray) -> str:
    return " ".join(lexicon.words[word.words[0]] for word in lexicon.read(log))


def test_words_are_read_as_they_are_written() -> None:
    lexicon = Lexicon(COUNTS)
    assert read(lexicon, heard("so see paris in the sea")) == "so see Paris in the sea"
    assert read(lexicon, heard("so")) == "so", "nothing is left of what was read before"
    assert read(lexicon, heard("")[:0]) == "" and read(lexicon, np.log(np.eye(LETTERS)[[0] * 40] + 1e-9)) == ""


def test_a_misheard_word_becomes_the_likeliest_that_sounds_like_it() -> None:
    lexicon = Lexicon(COUNTS)
    assert read(lexicon, heard("the clobs")) == "the clubs"
    assert read(lexicon, heard("inthe see")) == "in the see", "a space that nobody hears is missed"
    either = heard("the sea", unsure={6: {"a": 0.5, "e": 0.5}})
    (_, word) = lexicon.read(either)
    assert [lexicon.words[w] for w in word.words[:2]] == ["see", "sea"], "as likely to hear, but said more often"
    assert word.shares[0] > word.shares[1] > 0.2 and sum(word.shares) == pytest.approx(1)


def test_what_was_said_before_tells_which_word_is_meant() -> None:
    either = heard("the sea", unsure={6: {"a": 0.5, "e": 0.5}})
    lexicon = Lexicon(COUNTS | {"the sea": 9, "so see": 20})
    assert lexicon.words == Lexicon(COUNTS).words, "pairs are no words"
    assert read(lexicon, either) == "the sea"
    (_, word) = lexicon.read(either)
    assert [lexicon.words[w] for w in word.words[:2]] == ["sea", "see"], "the other may still be meant"


def test_a_word_ends_where_it_is_heard_to_end() -> None:
    words = Lexicon(COUNTS).read(heard("in the sea"))
    assert [word.end for word in words] == [6, 18, 30]
    quiet = np.full((200, LETTERS), np.log(1e-4), np.float32)
    quiet[:, 0] = np.log(0.99)
    (so,) = Lexicon(COUNTS).read(np.concatenate([heard("so"), quiet]))
    assert so.end == 6, "and not with the silence behind it"


def test_a_bell_is_the_word_for_it() -> None:
    lexicon = Lexicon(COUNTS)
    rings = np.log(np.full((60, LETTERS), 1e-5))
    rings[:, 0] = np.log(0.999)
    rings[[20, 21, 22], 0], rings[[20, 21, 22], -1] = np.log(1e-3), np.log(0.999)
    (word,) = lexicon.read(rings.astype(np.float32))
    assert lexicon.words[word.words[0]] == "bell" and word.end == 21, "when it is struck"


def spoken(table: torch.Tensor) -> tuple[SpokenWords, Lexicon]:
    """Tokens: 0 is nothing, each word one, but "Paris" two."""
    lexicon = Lexicon(COUNTS)
    ids = {f" {word}": [i] for i, word in enumerate(lexicon.words, 1)} | {" ": [0], " Paris": [17, 18]}
    return SpokenWords(lexicon, ids.__getitem__, lambda some: table[some], 16), lexicon


def rows(said: torch.Tensor, table: torch.Tensor) -> list[int]:
    """The token that each of these vectors is nearest to."""
    return torch.cdist(said[:, :16], table[:, :16]).argmin(1).tolist()


def test_the_thinker_gets_its_own_embeddings_side_by_side_up_to_where_the_last_word_ends() -> None:
    torch.manual_seed(0)
    table = torch.randn(20, 24)
    words, lexicon = spoken(table)
    said = words(torch.from_numpy(heard("so paris")))
    assert said.shape == (12, 24) and not said[:, 16:].any(), "how a token sounds is nothing that was heard"
    assert torch.allclose(said[10, :16], table[17, :16], atol=0.05)
    assert rows(said, table) == [0] * 9 + [1 + lexicon.words.index("so"), 17, 18]


def test_what_was_said_long_before_stays_in_its_time_and_a_bell_in_its_own() -> None:
    torch.manual_seed(0)
    table = torch.randn(20, 24)
    words, lexicon = spoken(table)
    so, bell = 1 + lexicon.words.index("so"), max(i for i, word in enumerate(lexicon.words, 1) if word == "bell")
    nothing = np.full((40, LETTERS), np.log(1e-4), np.float32)
    nothing[:, 0] = np.log(0.99)
    late = rows(words(torch.from_numpy(np.concatenate([heard("so "), nothing, heard("so")]))), table)
    assert [i for i, token in enumerate(late) if token == so] == [2, 26], "0.9 s apart"
    rings = nothing[:24].copy()
    rings[20:23, 0], rings[20:23, -1] = np.log(1e-4), np.log(0.99)
    said = rows(words(torch.from_numpy(np.concatenate([heard("so "), rings, heard("so")]))), table)
    assert [token for token in said if token] == [so, bell, so]
    assert said[2] == said[-1] == so and said.index(bell) == 14


def test_alone_it_says_the_words_and_nothing_between() -> None:
    torch.manual_seed(0)
    table = torch.randn(20, 24)
    words, lexicon = spoken(table)
    log = torch.from_numpy(heard("so paris"))
    assert rows(words(log, alone=True), table) == [1 + lexicon.words.index("so"), 17, 18]
    assert words(torch.from_numpy(heard("")), alone=True).shape == (0, 24)


def test_where_two_words_may_be_meant_it_gets_their_mean() -> None:
    torch.manual_seed(0)
    table = torch.randn(20, 24)
    words, lexicon = spoken(table)
    log = heard("sea", unsure={2: {"a": 0.5, "e": 0.5}})
    (word,) = lexicon.read(log)
    mean = sum(share * table[1 + w, :16] for w, share in zip(word.words, word.shares))
    assert torch.allclose(words(torch.from_numpy(log))[-1, :16], mean, atol=1e-5)


def test_words_faster_than_tokens_lose_nothing_before_them() -> None:
    words, _ = spoken(torch.eye(20, 24))
    fast = torch.from_numpy(heard("so in see the sea")[2::3])  # a frame a letter
    assert len(words(fast)) == 8 and (words(fast)[:, 0] < 0.5).sum() == 5
    assert len(words(fast, alone=True)) == 5


def ear() -> AudioEncoder:
    torch.manual_seed(0)
    tower = AudioEncoder(AudioEncoderConfig(**SIZES, n_window=300, letters=LETTERS)).eval()
    tower.spoken = spoken(torch.randn(20, 24))[0]
    return tower


@pytest.mark.parametrize("frames", [3, 4, 6, 207, 600, 1203])
@torch.no_grad()
def test_it_says_as_many_vectors_as_an_official_ear(frames: int) -> None:
    blocks = [600] * (frames // 600) + [frames % 600] * (frames % 600 > 0)
    assert ear()(torch.randn(80, frames)).shape == (sum(audio_tokens(block) for block in blocks), 24)


@torch.no_grad()
def test_beside_nothing_it_says_no_silence() -> None:
    tower = ear()
    tower.spelling.head.bias.data[0] = 50.0  # nothing, at any time
    assert tower(torch.randn(80, 1200), alone=True).shape == (0, 24)
    assert len(tower(torch.randn(80, 1200))) == 300


def test_an_official_ear_spells_nothing() -> None:
    with torch.device("meta"):
        names = AudioEncoder(AudioEncoderConfig(encoder_layers=1)).state_dict()
    assert "proj.weight" in names and not any(name.startswith("spelling") for name in names)


@pytest.mark.parametrize(
    ("content", "told"),
    [(None, "nothing is heard"), ("", "holds no words"), ("5 the\nmany words\n", 'line 2: "many words"'),
     ("0 the\n", "line 1"), ("5 caf\u00e9\n", "line 1")],
)  # fmt: skip
def test_a_lexicon_that_is_none_is_told_in_one_line(tmp_path: Path, content: str | None, told: str) -> None:
    if content is not None:
        (tmp_path / "lexicon.txt").write_text(content, encoding="utf-8")
    with pytest.raises(BadInputError) as caught:
        read_words(tmp_path)
    assert told in str(caught.value) and "\n" not in str(caught.value)
