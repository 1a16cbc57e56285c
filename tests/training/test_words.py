"""How words are taken apart: the ear's targets, and the sounds of the pieces that the mouth reads."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer

from model.checkpoint.packed import pack, unpack_all
from training.assemble import EMBEDDING, _same_sounds, _with_sounds
from training.ear.ctc import COMMON, TokenTargets
from training.mouth.pieces import laid_along, learned, symbols
from training.thinker.answers import EVERYDAY_PAIRS, HeldOut, everyday, with_article

TOKENIZER = Tokenizer.from_file(str(Path(__file__).parents[2] / "assets" / "nano" / "tokenizer.json"))
WORDS = {
    "nation": "nˈAʃən", "station": "stˈAʃən", "motion": "mˈOʃən", "ten": "tˈɛn", "tin": "tˈɪn", "stone": "stˈOn",
    "son": "sˈʌn", "not": "nˈɑt", "net": "nˈɛt", "nine": "nˈIn", "mine": "mˈIn", "tone": "tˈOn", "mat": "mˈæt",
}  # fmt: skip


def targets(texts: list[str]) -> TokenTargets:
    return TokenTargets(torch.randn(TOKENIZER.get_vocab_size(), 8), TOKENIZER, texts)


def written(made: TokenTargets, text: str) -> list[str]:
    return [TOKENIZER.decode([int(made.ids[row])]) for row in made.tokens(text)]


def test_a_word_that_training_hardly_holds_is_spelled_and_read_again_as_itself():
    made = targets(["the conference begins"] * COMMON + ["a thermometer"])
    assert written(made, "the conference") == [" the", " conference"]
    spelled = written(made, "thermometer")
    assert len(spelled) > 1 and "".join(spelled) == " thermometer"
    rows = made.tokens("the thermometer begins")
    heard = made.table[[0, *rows, 0]][None]
    assert made.read(heard, torch.tensor([heard.shape[1]])) == ["the thermometer begins"]


def test_a_checkpoint_keeps_its_targets():
    made = targets(["the conference begins"] * COMMON)
    again = TokenTargets(torch.zeros(TOKENIZER.get_vocab_size(), 8), TOKENIZER, [], ids=made.ids.tolist())
    assert again.tokens("the unheard conference") == made.tokens("the unheard conference")


def test_what_the_ear_says_reaches_the_thinker_in_its_own_embeddings():
    """However far a vector is from every embedding; where two are as near, half of each."""
    alone = TokenTargets(torch.eye(TOKENIZER.get_vocab_size(), 8) * 4, TOKENIZER, [], ids=[0, 1])
    one, far = alone.table[[1]], torch.tensor([[0.0, 9, 0, 0, 0, 30, 0, 0]])
    assert torch.allclose(alone.meant(far), one, atol=1e-4) and (far - one).norm() > 20
    assert torch.allclose(alone.meant(torch.zeros(1, 8)), alone.table.mean(0, keepdim=True))


def test_phonemes_go_to_the_letters_that_say_them():
    words = {word: symbols(said) for word, said in WORDS.items()}
    assert words["nation"] == ["n", "ˈA", "ʃ", "ə", "n"], "a stress mark belongs to its vowel"
    likely = learned(words)
    chunks = laid_along("station", words["station"], likely)
    assert chunks is not None and [p for chunk in chunks for p in chunk] == words["station"]
    begin = [p for chunk in chunks[:3] for p in chunk]
    assert begin == ["s", "t", "ˈA"], "the piece 'sta' is said so"
    assert laid_along("a", ["b", "c", "d"], likely) is None, "three phonemes do not fit one letter"


def test_a_new_mouth_changes_only_the_columns_that_tell_how_tokens_sound(tmp_path: Path):
    whole = pack(EMBEDDING, torch.randn(50, 640), bits=8, group=64)
    save_file({"pronunciation": torch.randn(50, 64) * 0.002}, tmp_path / "pronunciation.safetensors")
    before, after = (unpack_all(kept)[EMBEDDING] for kept in (whole, _with_sounds(whole, tmp_path)))
    assert torch.equal(before[:, :576], after[:, :576])
    sounds = load_file(tmp_path / "pronunciation.safetensors")["pronunciation"]
    assert (after[:, 576:] - sounds).abs().max() < 0.01 * sounds.abs().max()
    assert not _same_sounds(whole, tmp_path)
    save_file({"pronunciation": before[:, 576:].contiguous()}, tmp_path / "pronunciation.safetensors")
    assert _same_sounds(whole, tmp_path), "then nothing has to be written"


def test_everyday_questions_are_no_relation_of_held_out_ones() -> None:
    written = [line.partition("|")[0] for line in EVERYDAY_PAIRS.read_text(encoding="utf-8").splitlines()]
    taught = everyday()
    assert list(taught) == written and len(set(written)) == len(written) > 400  # none had to be dropped
    assert all(question.endswith("?") and answer.endswith(".") for question, answer in taught.items())
    assert "What do people wear on their hands when winter comes?" in HeldOut()  # so it tells relations


def test_the_article_is_that_of_the_first_sound() -> None:
    said = [with_article(word) for word in ("umbrella", "unicorn", "ukulele", "elephant", "uncle", "cat")]
    assert said == ["an umbrella", "a unicorn", "a ukulele", "an elephant", "an uncle", "a cat"]
