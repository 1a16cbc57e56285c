"""What the person says aloud, from the first sample to the question: owns the turn that is being heard.

Hearing tells of voices; here they become a question in the view model and commands for the engine, which hears and sees
a turn while it is being said.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

import numpy as np

from app import engine_protocol as protocol
from app.call.listener import Loudspeaker
from app.capture.microphone import SoundSource
from app.engine_line import EngineLine
from app.hearing import Hearing
from app.view_models.conversation import ConversationViewModel, Message, MessageState, Notice

_SHORTEST_TURN = 0.3  # seconds; a shorter press of the microphone button was a slip


class Asker(Protocol):
    """Whose questions these are: the session."""

    def engine_is_there(self) -> bool: ...
    def make_way(self) -> None: ...
    def begin_turn(self, text: str, spoken: bool) -> Message: ...
    def reply(self, asked: float | None = None) -> None: ...
    def reply_ahead(self, asked: float) -> bool: ...
    def take_back(self) -> Message | None: ...
    def show_phase(self) -> None: ...


class Speaking:
    """For the GUI thread.

    Attributes:
        turn: generation of the turn that is being heard, 0 if none; ahead: whether its answer is already being made, on
            the guess that it is over.
        hearing: the microphone.
    """

    def __init__(
        self,
        asker: Asker,
        shown: ConversationViewModel,
        line: EngineLine,
        source: Callable[[], SoundSource],
        post: Callable[[Callable[[], None]], None],
        loudspeaker: Loudspeaker,
        may_interrupt: Callable[[], bool],
    ) -> None:
        self._asker, self._shown, self._line = asker, shown, line
        self.hearing = Hearing(self, source, post, loudspeaker, may_interrupt)
        self.turn = 0
        self.ahead = False

    # acts

    def start(self) -> None:
        """The microphone button goes down."""
        if self.turn or not self._asker.engine_is_there():
            return
        self._asker.make_way()
        self.hearing.hold()
        self._shown.set_hands_free(False)
        self._asker.show_phase()

    def end(self) -> None:
        """The microphone button goes up: what was said is the question."""
        self.hearing.end_turn()

    def set_hands_free(self, on: bool) -> None:
        """Keep the microphone open and let the voice find the turns, or close it."""
        if on == self._shown.hands_free or (on and not self._asker.engine_is_there()):
            return
        self.mute(False)
        if on:
            self.hearing.open()
        else:
            self.hearing.close()
        self._shown.set_hands_free(on)
        self._asker.show_phase()

    def mute(self, muted: bool) -> None:
        """Hear nothing for now, or again; the call goes on."""
        self.hearing.mute(muted)
        self._shown.set_muted(muted)

    def drop(self) -> None:
        """Forget what is being said."""
        if self.turn or self.hearing.holding:
            self.hearing.drop_turn()
            self._take_back()
        elif self.hearing.hands_free:
            self.hearing.drop_turn()  # a voice that is just being listened to over an answer

    def fail(self) -> None:
        """The turn that is being said cannot be answered; what was said of it stays to be seen."""
        if self.turn:
            self.hearing.drop_turn()
        self._line.drop_turn()
        self.turn, self.ahead = 0, False

    def close_ears(self) -> None:
        """Nobody is there to be talked to."""
        self.ahead = False
        self.hearing.drop_turn()
        self.hearing.close()
        self._shown.set_hands_free(False)

    # what Hearing tells

    def voice_begins(self) -> None:
        """A turn is being said."""
        self._asker.make_way()
        self.turn = self._asker.begin_turn("", spoken=True).generation
        self._asker.show_phase()

    def voice_goes_on(self, samples: np.ndarray) -> None:
        """A piece of it, 16 kHz: the engine hears it at once."""
        question = self._shown.question()
        if not self.turn or question is None:
            return
        question.speech.append(samples)
        self._line.send_in_turn(protocol.Hear(self.turn, samples))
        self._shown.changed(question)

    def voice_pauses(self, silence: float) -> None:
        """The turn may be complete: its answer can be made, and is not shown or heard before it is."""
        question = self._shown.question()
        if self.turn and question is not None and question.speech_seconds >= _SHORTEST_TURN:
            self.ahead = self._asker.reply_ahead(time.monotonic() - silence)

    def voice_resumes(self) -> None:
        """The turn was not complete, although it may have been answered since; what was answered never happened."""
        if self.turn and not self.ahead:
            return  # nothing had been made of the pause
        self.ahead = False
        question = self._asker.take_back()
        if question is None:  # it cannot be taken back any more
            self.voice_begins()
            return
        self.turn = question.generation
        self._asker.show_phase()

    def voice_ends(self, silence: float) -> None:
        """The turn is complete; its last `silence` seconds only told that it was."""
        question = self._shown.question()
        if not self.turn or question is None:
            return
        self.ahead = False
        if question.speech_seconds < _SHORTEST_TURN:
            self._take_back()
            self._shown.set_notice(Notice("That was very short: hold the microphone button for as long as you speak."))
            return
        self.turn = 0
        question.state = MessageState.COMPLETE
        self._shown.changed(question)
        self._asker.reply(time.monotonic() - silence)

    def voice_tells(self, notice: str) -> None:
        """Something about the microphone that the person should know."""
        self._shown.set_notice(Notice(notice, "warning"))

    def voice_fails(self, problem: str) -> None:
        """The microphone cannot be heard, or no longer."""
        self._take_back()
        self._shown.set_hands_free(False)
        self._shown.set_notice(Notice(problem, "warning"))
        self._asker.show_phase()

    def _take_back(self) -> None:
        if not self.turn:
            return
        generation, self.turn = self.turn, 0
        if self.ahead:
            self.ahead = False
            self._asker.take_back()  # what is made of it stops; then it can be forgotten
        self._line.drop_turn()
        self._line.send(protocol.Discard(generation))
        question = self._shown.question()
        if question is not None:
            self._shown.remove(question)
        self._asker.show_phase()
