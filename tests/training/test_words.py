"""How words are taken apart: the ear's targets, and the sounds of the pieces that the mouth reads."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer

from model.checkpoint.packed import pack, unpack_all
from training.assemble import EMBEDDING, _with_sounds
from training.ear.ctc import COMMON, TokenTargets, common_tokens, fewest
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
    heard = made.table[[0, *(row for piece in rows for row in (piece, 0))]][None]
    assert made.read(heard, torch.tensor([heard.shape[1]])) == ["the thermometer begins"]


def test_pieces_that_only_rare_words_need_are_no_targets_themselves():
    """What is left is common when all else is spelled with it; any word can be written, by single letters at last."""
    texts = ["the conference begins"] * 99 + ["a thermometer", "the begins"]
    known = common_tokens(TOKENIZER, texts, 100)
    assert "Ġthe" in known and "Ġbegins" in known and "Ġconference" not in known
    assert all(count >= 100 for piece, count in known.items() if len(piece.lstrip("Ġ")) > 1)
    assert "".join(fewest("Ġzyzzyva", known)) == "Ġzyzzyva"


def test_a_word_is_spelled_with_the_fewest_pieces_and_of_these_the_commonest():
    known = {"Ġs": 9, "Ġsp": 5, "a": 9, "ade": 2, "de": 7, "ad": 4, "e": 9, "p": 9}
    assert fewest("Ġspade", known) == ["Ġsp", "ade"]
    assert fewest("Ġspad", known | {"ad": 4, "pad": 6}) == ["Ġs", "pad"]
    assert fewest("Ġspy", known) == []


def test_a_checkpoint_keeps_its_targets():
    made = targets(["the conference begins"] * COMMON)
    again = TokenTargets(torch.zeros(TOKENIZER.get_vocab_size(), 8), TOKENIZER, [], ids=made.ids.tolist())
    assert again.tokens("the unheard conference") == made.tokens("the unheard conference")


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


def test_everyday_questions_are_no_relation_of_held_out_ones() -> None:
    written = [line.partition("|")[0] for line in EVERYDAY_PAIRS.read_text(encoding="utf-8").splitlines()]
    taught = everyday()
    assert list(taught) == written and len(set(written)) == len(written) > 400  # none had to be dropped
    assert all(question.endswith("?") and answer.endswith(".") for question, answer in taught.items())
    assert "What do people wear on their hands when winter comes?" in HeldOut()  # so it tells relations


def test_the_article_is_that_of_the_first_sound() -> None:
    said = [with_article(word) for word in ("umbrella", "unicorn", "ukulele", "elephant", "uncle", "cat")]
    assert said == ["an umbrella", "a unicorn", "a ukulele", "an elephant", "an uncle", "a cat"]
