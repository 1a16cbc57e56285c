"""What can be done with a message, as signals of one object that all messages of a conversation share."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal


class MessageActs(QObject):
    """
    Signals:
        ask_again: the message whose question is to be asked once more.
        answer_again: the answer that is to be another one.
        play: the message, and from which second on.
        silence: what is heard is not wanted.
        save: the message whose speech is to be written, and where.
        watch: the attachment, and from which second on.
        senses_wanted: the question of which one wants to see what was seen, which may still be in the history.
        forget: the question whose frames, files and sound are to be deleted.
    """

    ask_again = Signal(object)
    answer_again = Signal(object)
    play = Signal(object, float)
    silence = Signal()
    save = Signal(object, object)
    watch = Signal(object, float)
    senses_wanted = Signal(object)
    forget = Signal(object)
