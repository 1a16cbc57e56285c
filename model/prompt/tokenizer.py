"""Text ↔ token ids, through the tokenizers library.

What a person types is never read as a control token: "<|im_end|>" in a question is plain text.
"""

from __future__ import annotations

import json
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers

from model.errors import BadInputError

_QWEN_SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)


class TextTokenizer:
    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._tokenizer.encode_special_tokens = True
        self.turn_start = self.id_of("<|im_start|>")
        self.turn_end = self.id_of("<|im_end|>")

    @property
    def vocabulary_size(self) -> int:
        """How many ids there are, control tokens included."""
        return int(self._tokenizer.get_vocab_size(with_added_tokens=True))

    def id_of(self, token: str) -> int:
        """Id of a control token; BadInputError where the tokenizer lacks it."""
        found = self._tokenizer.token_to_id(token)
        if found is None:
            raise BadInputError(f"The model's tokenizer has no {token}, so it cannot hold a conversation.")
        return int(found)

    def encode(self, text: str) -> list[int]:
        """Ids of plain text; control tokens in it are read as the characters they are written with."""
        return list(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def decode(self, ids: list[int]) -> str:
        """Text without control tokens."""
        return str(self._tokenizer.decode(ids, skip_special_tokens=True))


def read_tokenizer(folder: Path) -> TextTokenizer:
    """tokenizer.json, or else vocab.json with merges.txt and the added tokens of tokenizer_config.json."""
    try:
        if (folder / "tokenizer.json").is_file():
            return TextTokenizer(Tokenizer.from_file(str(folder / "tokenizer.json")))
        return TextTokenizer(_from_vocabulary(folder))
    except BadInputError:
        raise
    except Exception as error:  # the library raises bare Exception for any malformed file
        raise BadInputError(f"The tokenizer in {folder} cannot be read: {error}.") from error


def _from_vocabulary(folder: Path) -> Tokenizer:
    if not (folder / "vocab.json").is_file() or not (folder / "merges.txt").is_file():
        raise BadInputError(f"{folder} has no tokenizer: neither tokenizer.json nor vocab.json with merges.txt.")
    tokenizer = Tokenizer(models.BPE.from_file(str(folder / "vocab.json"), str(folder / "merges.txt")))
    tokenizer.normalizer = normalizers.NFC()
    split = pre_tokenizers.Split(Regex(_QWEN_SPLIT), behavior="isolated")
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [split, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    added: dict[str, dict[str, object]] = {}
    if (folder / "tokenizer_config.json").is_file():
        added = json.loads((folder / "tokenizer_config.json").read_text("utf-8")).get("added_tokens_decoder", {})
    for _, token in sorted(added.items(), key=lambda item: int(item[0])):
        content = AddedToken(str(token["content"]), special=bool(token.get("special", False)), normalized=False)
        (tokenizer.add_special_tokens if token.get("special") else tokenizer.add_tokens)([content])
    return tokenizer


class StreamingDetokenizer:
    """Turns ids that come one by one into pieces of text, holding back bytes of a character that is not complete."""

    def __init__(self, tokenizer: TextTokenizer) -> None:
        self._tokenizer = tokenizer
        self.ids: list[int] = []
        self._shown = ""

    def add(self, token: int) -> str:
        """The text that this token completes, possibly empty."""
        self.ids.append(token)
        text = self._tokenizer.decode(self.ids)
        if text.endswith("�"):
            return ""
        delta, self._shown = text[len(self._shown) :], text
        return delta

    def finish(self) -> str:
        """What was held back."""
        text = self._tokenizer.decode(self.ids)
        delta, self._shown = text[len(self._shown) :], text
        return delta
