"""What the views of a question and of an answer have in common."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLabel, QPushButton, QWidget

from app.view_models.message import Attachment, Message
from app.view_models.playhead import Playhead
from app.window.message_acts import MessageActs
from app.window.messages import retell
from app.window.theme import Theme


class MessageView(QWidget):
    """What both sides have in common: `refresh` shows the message as it now is.

    Signals:
        reshaped: it may want another height.
    """

    reshaped = Signal(object)

    def __init__(self, theme: Theme, message: Message, acts: MessageActs, parent: QWidget) -> None:
        super().__init__(parent)  # from the beginning: to move a widget with all that is in it takes Qt a while
        self.theme, self.message, self.acts = theme, message, acts

    def refresh(self) -> None:
        """Show the message as it now is; each kind of message adds what it is made of."""
        self.update()

    def set_room(self, width: int) -> None:
        """How wide the conversation is."""

    def show_given(self, film: Attachment | None, picture: Attachment | None, limits: tuple[int, int]) -> None:
        """The newest film or sound, and picture, that were given until here; the model sees a picture as at least and
        at most so many pixels."""

    def show_playhead(self, playhead: Playhead | None, rate: float) -> None:
        """What the loudspeaker plays, if anything; `rate` is the letters a second of the voice that answers."""

    def choose_file(self) -> None:
        """Ask where the speech is to be saved."""
        name = self.tr("answer-%d.wav") % self.message.generation
        path, _ = QFileDialog.getSaveFileName(self, self.tr("Save as WAV"), name, self.tr("Sound (*.wav)"))
        if path:
            self.acts.save.emit(self.message, Path(path).with_suffix(".wav"))

    def height_for(self, width: int) -> int:
        """How high it is at this width, which it takes on; right once it is visible."""
        layout = self.layout()
        assert layout is not None
        height = -1
        for _ in range(3):  # a text that gets its width takes another height, which is a new layout
            layout.activate()
            depends = layout.hasHeightForWidth()
            needed = layout.totalHeightForWidth(width) if depends else layout.totalSizeHint().height()
            if (width, needed) == (self.width(), height):
                break
            height = needed
            self.resize(width, height)
        return height

    def controls(self) -> list[QWidget]:
        """Everything in it that Tab stops at, from top to bottom."""
        children = self.findChildren(QWidget)
        return [child for child in children if child.focusPolicy() & Qt.FocusPolicy.TabFocus]

    def event(self, event: QEvent) -> bool:
        """Tells when something in it has grown."""
        done = super().event(event)
        if event.type() == QEvent.Type.LayoutRequest:
            self.reshaped.emit(self)
        return done


class Reason(QWidget):
    """Why there is no answer, and a button to ask again."""

    def __init__(self, side: Qt.AlignmentFlag) -> None:
        super().__init__()
        self._label = QLabel()
        self._label.setWordWrap(True)
        self._label.setAlignment(Qt.AlignmentFlag.AlignVCenter | side)
        self._label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.button = QPushButton(self.tr("Ask again"))
        self.button.setProperty("kind", "link")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._label, 1)
        row.addWidget(self.button, 0, Qt.AlignmentFlag.AlignTop)

    def show_reason(self, reason: str, serious: bool = True) -> None:
        """Nothing at all if there is no reason."""
        self._label.setText(retell(reason))
        kind = "error" if serious else "muted"
        if self._label.property("kind") != kind:
            self._label.setProperty("kind", kind)
            self._label.style().unpolish(self._label)
            self._label.style().polish(self._label)
        self.setVisible(bool(reason))
