"""Which earlier turns a new engine is told, so that a conversation outlives the engine it began with."""

from __future__ import annotations

import itertools

import numpy as np

from app.engine_protocol import Recall
from app.view_models.message import Message, MessageState, Role

_CONSENT = "All right. That is who I am from now on."
TURNS = 12  # questions with their answers; older ones would cost the new engine more time than they are worth
SPEECH_SECONDS = 60.0  # of the person's own voice in all, newest first; what was said before that is left out


def persona(words: str) -> list[Recall]:
    """Who the model is to be, as a first exchange: with a system prompt that is not its own it loses its voice."""
    if not words.strip():
        return []
    return [Recall("user", words.strip()), Recall("assistant", _CONSENT)]


def turns_to_recall(messages: list[Message]) -> list[Recall]:
    """The newest answered questions, oldest first; pictures and films are not told again, the words about them are.

    A spoken question whose sound is still in the history ends it, as one that is too long does.
    """
    recalled: list[list[Recall]] = []
    speech_left = SPEECH_SECONDS
    for question, answer in reversed(_answered(messages)):
        if len(recalled) == TURNS:
            break
        if question.spoken and (question.speech_seconds > speech_left or not question.speech):
            break
        if question.spoken:
            speech_left -= question.speech_seconds
        recalled.append([_question(question), Recall("assistant", answer.text)])
    return [turn for pair in reversed(recalled) for turn in pair]


def _question(message: Message) -> Recall:
    if message.spoken:
        return Recall("user", samples=np.concatenate(message.speech))
    names = ", ".join(attachment.path.name for attachment in message.attachments)
    return Recall("user", message.text or f"({names})")


def _answered(messages: list[Message]) -> list[tuple[Message, Message]]:
    pairs = []
    for question, answer in itertools.pairwise(messages):
        of_one_turn = question.generation == answer.generation
        complete = answer.state in (MessageState.COMPLETE, MessageState.INTERRUPTED)
        if of_one_turn and question.role is Role.USER and complete and answer.text:
            pairs.append((question, answer))
    return pairs
