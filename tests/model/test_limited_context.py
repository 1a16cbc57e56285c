"""A model that may remember less than it could."""

from __future__ import annotations

from pathlib import Path

import pytest

from model import load
from model.errors import BadInputError


def test_context_is_what_was_asked_for_and_no_more_than_there_is(tiny_model: Path) -> None:
    whole = load(str(tiny_model), device="cpu")
    limited = load(str(tiny_model), device="cpu", context=256)
    assert limited.context_length == 256 < whole.context_length
    assert load(str(tiny_model), device="cpu", context=1 << 20).context_length == whole.context_length
    with limited.conversation() as talk, pytest.raises(BadInputError, match="of the model's 256"):
        talk.say("the quick brown fox " * 200)
        list(talk.reply(max_text_tokens=4))
