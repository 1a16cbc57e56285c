"""A model that may remember less than it could."""

from __future__ import annotations

from pathlib import Path

import pytest

from model import load
from model.bounds import REMEMBERED, REMEMBERED_EXCHANGES
from model.errors import BadInputError
from model.events import ContextTrimmed


def test_context_is_what_was_asked_for_and_no_more_than_there_is(tiny_model: Path) -> None:
    whole = load(str(tiny_model), device="cpu")
    limited = load(str(tiny_model), device="cpu", context=256)
    assert limited.context_length == 256 < whole.context_length
    assert load(str(tiny_model), device="cpu", context=1 << 20).context_length == whole.context_length
    with limited.conversation() as talk, pytest.raises(BadInputError, match="of the model's 256"):
        talk.say("the quick brown fox " * 200)
        list(talk.reply(max_text_tokens=4))


def test_a_long_conversation_on_a_processor_forgets_its_oldest_exchanges_between_turns(tiny_model: Path) -> None:
    """Answers must not come later and later; what was said lately stays, however long it is."""
    engine = load(str(tiny_model), device="cpu", speech=False)
    with engine.conversation() as talk:
        begun, tokens, forgotten = talk.tokens, [], []
        for _ in range(30):
            talk.say("the quick brown fox " * 8)
            events = talk.reply(max_text_tokens=2, speech=False)
            forgotten.append([event.what for event in events if isinstance(event, ContextTrimmed)])
            tokens.append(talk.tokens - begun)
        first = next(number for number, what in enumerate(forgotten) if what)
        turn = tokens[0]
        assert REMEMBERED < tokens[first - 1] <= REMEMBERED + turn, "nothing is forgotten before there is too much"
        assert max(tokens) <= REMEMBERED + 2 * turn < engine.context_length
        assert {what for told in forgotten for what in told} == {"exchange"}
    with engine.conversation() as talk:
        for _ in range(REMEMBERED_EXCHANGES):
            talk.say("the quick brown fox " * 24)
            events = list(talk.reply(max_text_tokens=2, speech=False))
            assert not any(isinstance(event, ContextTrimmed) for event in events)
        assert talk.tokens > REMEMBERED
