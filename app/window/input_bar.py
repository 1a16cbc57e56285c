"""Where questions are made: files, words, voice. Owns the draft's field and the keys that work in it."""

from __future__ import annotations

import time
from pathlib import Path

from PySide6.QtCore import QMimeData, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QResizeEvent, QTextOption
from PySide6.QtWidgets import (
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QSizePolicy,
    QTextEdit,
    QVBoxLayout,
    QWidget,
)

from app.media import FILE_SUFFIXES
from app.settings import Settings
from app.view_models.conversation import Change, ConversationViewModel, Phase, What
from app.view_models.message import Attachment
from app.window.captions import Captions
from app.window.controls import IconButton
from app.window.file_chip import FileChip
from app.window.flow_layout import FlowLayout
from app.window.lamps import Lamps
from app.window.look_button import LookButton
from app.window.orb import Orb
from app.window.stage import Stage
from app.window.theme import COLUMN, Theme
from app.window.waveform import LevelMeter

_HOLD = 0.35  # seconds: a shorter press of the microphone is a click, and the next click ends the turn
_MOST_LINES = 7
_CHIPS_AT_ONCE = 2


class InputBar(QWidget):
    """Tells what the person does; knows nothing of what comes of it but what the view model shows.

    Signals:
        sent: the text in the field.
        talk_started, talk_ended: the microphone button, held or clicked twice.
        stopped: the answer is not wanted any more.
        muted: whether hands-free listening is to hear nothing for now.
        look_wanted: "camera", "screen" or "", and which one.
        files_chosen: paths, from the button or the clipboard.
        picture_pasted: a QImage from the clipboard.
    """

    sent = Signal(str)
    talk_started = Signal()
    talk_ended = Signal()
    stopped = Signal()
    hands_free_toggled = Signal(bool)
    muted = Signal(bool)
    look_wanted = Signal(str, str)
    cameras_wanted = Signal()
    files_chosen = Signal(list)
    picture_pasted = Signal(object)
    file_removed = Signal(object)
    draft_changed = Signal(str)

    def __init__(self, theme: Theme, shown: ConversationViewModel) -> None:
        super().__init__()
        self._theme, self._shown = theme, shown
        self._pressed_at = 0.0
        self._make_controls()
        self._lay_out()
        self._connect()
        shown.subscribe(self._on_change)
        self._show_phase()
        self._show_files()

    def _make_controls(self) -> None:
        theme = self._theme
        self.orb = Orb(theme, 22)
        self.status = QLabel()
        self.status.setProperty("kind", "status")
        self.status.setAccessibleName(self.tr("State"))
        self.meter = LevelMeter(theme)
        self.field = DraftField(self.tr("Ask something, or drop a file here"))
        self.attach = IconButton(theme, "attach", self.tr("Add a picture, sound or video (Ctrl+O)"), "round")
        self.hands_free = IconButton(theme, "hands-free", self.tr("Hands-free conversation (Ctrl+H)"), "round")
        self.hands_free.setCheckable(True)
        self.mute = IconButton(theme, "mute", self.tr("Mute the microphone; the call goes on (Ctrl+M)"), "round")
        self.mute.setCheckable(True)
        self.look = LookButton(theme, self._shown)
        self.lamps = Lamps(theme, self._shown)
        self.stage = Stage(theme, self._shown)
        self.captions = Captions(theme, self._shown)
        self.talk = IconButton(theme, "microphone", self.tr("Hold to talk, or click (Ctrl+Space)"), "round")
        self.talk.setCheckable(True)
        self.send = IconButton(theme, "send", self.tr("Send (Enter)"), "send")
        self.stop = IconButton(theme, "stop", self.tr("Stop (Esc)"), "round")
        for button in (self.attach, self.look, self.mute, self.hands_free, self.talk, self.send, self.stop):
            button.setFixedSize(40, 40)

    def _lay_out(self) -> None:
        state = QHBoxLayout()
        state.setContentsMargins(10, 0, 10, 0)
        state.setSpacing(10)
        state.addWidget(self.orb)
        state.addWidget(self.status)
        state.addWidget(self.meter)
        state.addStretch(1)
        state.addWidget(self.lamps)

        inner = QWidget()
        inner.setObjectName("chips")
        self._chip_flow = FlowLayout(inner, spacing=8)
        self._chips = ChipArea(inner, self._chip_flow)
        buttons = QHBoxLayout()
        buttons.setSpacing(6)
        buttons.addWidget(self.attach)
        buttons.addWidget(self.look)
        buttons.addStretch(1)
        for button in (self.mute, self.hands_free, self.talk, self.stop, self.send):
            buttons.addWidget(button)

        self._card = QFrame()
        self._card.setObjectName("composer")
        inside = QVBoxLayout(self._card)
        inside.setContentsMargins(12, 12, 10, 10)
        inside.setSpacing(6)
        inside.addWidget(self._chips)
        inside.addWidget(self.field)
        inside.addLayout(buttons)

        column = QWidget()
        column.setMaximumWidth(COLUMN)
        rows = QVBoxLayout(column)
        rows.setContentsMargins(16, 4, 16, 16)
        rows.setSpacing(8)
        rows.addWidget(self.captions)
        rows.addWidget(self.stage)
        rows.addLayout(state)
        rows.addWidget(self._card)
        around = QHBoxLayout(self)
        around.setContentsMargins(0, 0, 0, 0)
        around.addStretch(1)
        around.addWidget(column, 1000)
        around.addStretch(1)
        # Not Maximum: that would keep the height of one row of files, where a narrow window needs more rows.
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)

    def _connect(self) -> None:
        self.field.submitted.connect(self._submit)
        self.field.files_pasted.connect(self.files_chosen)
        self.field.picture_pasted.connect(self.picture_pasted)
        self.field.focused.connect(self._show_focus)
        self.field.textChanged.connect(self._on_text)
        self.send.clicked.connect(self._submit)
        self.stop.clicked.connect(self.stopped)
        self.attach.clicked.connect(self.choose_files)
        self.hands_free.clicked.connect(self.hands_free_toggled)
        self.mute.clicked.connect(self.muted)
        self.look.wanted.connect(self.look_wanted)
        self.look.cameras_wanted.connect(self.cameras_wanted)
        self.talk.pressed.connect(self.press_talk)
        self.talk.released.connect(self.release_talk)

    # acts

    def choose_files(self) -> None:
        """Ask for files with the system's dialog."""
        patterns = " ".join(f"*{suffix}" for suffixes in FILE_SUFFIXES.values() for suffix in suffixes)
        names, _ = QFileDialog.getOpenFileNames(
            self, self.tr("Add files"), "", self.tr("Pictures, sounds and videos") + f" ({patterns})"
        )
        if names:
            self.files_chosen.emit([Path(name) for name in names])

    def toggle_talk(self) -> None:
        """By key: the first press begins, the second one ends what is said."""
        if self._shown.phase is Phase.LISTENING:
            self.talk_ended.emit()
        else:
            self.talk_started.emit()

    def _submit(self) -> None:
        self.sent.emit(self.field.toPlainText())

    def press_talk(self) -> None:
        """The microphone's button, or the key that stands for it, goes down."""
        if self._shown.phase is Phase.LISTENING:
            self._pressed_at = 0.0  # the second click, or one in a hands-free turn: its release ends the turn
            return
        self._pressed_at = time.monotonic()
        self.talk_started.emit()

    def release_talk(self) -> None:
        """It goes up: held until now, or only clicked."""
        if time.monotonic() - self._pressed_at > _HOLD:
            self.talk_ended.emit()

    # what is shown

    def _on_change(self, change: Change) -> None:
        match change.what:
            case What.PHASE | What.HANDS_FREE:
                self._show_phase()
            case What.ATTACHMENTS:
                self._show_files()
            case What.DRAFT:
                if self.field.toPlainText() != self._shown.draft:
                    self.field.setPlainText(self._shown.draft)
                    self.field.moveCursor(self.field.textCursor().MoveOperation.End)

    def _on_text(self) -> None:
        self.send.setEnabled(self._sendable())
        self.draft_changed.emit(self.field.toPlainText())

    def _sendable(self) -> bool:
        return bool(self.field.toPlainText().strip() or self._shown.attachments)

    def _show_phase(self) -> None:
        phase, hands_free = self._shown.phase, self._shown.hands_free
        listening = phase is Phase.LISTENING
        self.orb.show_phase(phase)
        self.status.setText(self._words(phase, hands_free))
        self.meter.setVisible(listening or (hands_free and phase is Phase.IDLE))
        self.talk.setChecked(listening and not hands_free)
        self.hands_free.setChecked(hands_free)
        self.mute.setVisible(hands_free)
        self.mute.setChecked(self._shown.muted)
        self.stop.setVisible(self._shown.stoppable)
        self.send.setEnabled(self._sendable())

    def _words(self, phase: Phase, hands_free: bool) -> str:
        match phase:
            case Phase.LOADING:
                return self.tr("Loading the model… you can already ask")
            case Phase.LISTENING:
                return self.tr("Listening…")
            case Phase.THINKING:
                return self.tr("Thinking…")
            case Phase.ANSWERING:
                return self.tr("Answering…")
            case Phase.SPEAKING:
                return self.tr("Speaking…")
            case Phase.FAILED:
                return self.tr("The engine is not running")
        if hands_free and self._shown.muted:
            return self.tr("Muted: it does not hear you")
        return self.tr("Hands-free: just speak") if hands_free else self.tr("Ready")

    def dress(self, settings: Settings) -> None:
        """With a face in calls or without, moving or not, with large captions or none."""
        self.stage.want_face(settings.face)
        self.stage.face.set_still(settings.still)
        self.orb.set_still(settings.still)
        self.captions.want(settings.captions, settings.speak_answers)

    def show_level(self, level: float) -> None:
        """The microphone's level now, from 0 to 1."""
        if self.meter.isVisible():
            self.meter.push(level)
        self.orb.show_level(level)

    def _show_files(self) -> None:
        wanted = {id(a): a for a in self._shown.attachments}
        for chip in self._chip_flow.widgets():
            assert isinstance(chip, FileChip)
            if wanted.pop(id(chip.attachment), None) is None:
                self._chip_flow.removeWidget(chip)
                chip.hide()
                chip.deleteLater()
            else:
                chip.refresh()
        for attachment in list(wanted.values())[:_CHIPS_AT_ONCE]:
            self._add_chip(attachment)
        if len(wanted) > _CHIPS_AT_ONCE:
            QTimer.singleShot(0, self, self._show_files)  # the window stays quick with many, too
        self._chips.setVisible(bool(self._shown.attachments))
        self._chips.fit()
        self.send.setEnabled(self._sendable())

    def _add_chip(self, attachment: Attachment) -> None:
        chip = FileChip(self._theme, attachment, removable=True)
        chip.removed.connect(self.file_removed)
        self._chip_flow.addWidget(chip)

    def _show_focus(self, focused: bool) -> None:
        self._card.setProperty("focused", focused)
        self._card.style().unpolish(self._card)
        self._card.style().polish(self._card)


class ChipArea(QScrollArea):
    """The files that wait: as high as they need, and from five rows on to be scrolled."""

    _HIGHEST = 248  # points

    def __init__(self, inner: QWidget, flow: FlowLayout) -> None:
        super().__init__()
        self._flow = flow
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setWidget(inner)

    def fit(self) -> None:
        """Be as high as the files."""
        self.setFixedHeight(max(1, min(self._HIGHEST, self._flow.heightForWidth(self.viewport().width()))))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another width makes other rows; after the layout that is being made, which would not hear of it."""
        super().resizeEvent(event)
        QTimer.singleShot(0, self, self.fit)


class DraftField(QTextEdit):
    """A text field that grows with its lines. Enter sends, Shift+Enter begins a new line, pasted files are files."""

    submitted = Signal()
    files_pasted = Signal(list)
    picture_pasted = Signal(object)
    focused = Signal(bool)

    def __init__(self, placeholder: str) -> None:
        super().__init__()
        self.setPlaceholderText(placeholder)
        self.setAccessibleName(self.tr("Message"))
        self.setAcceptRichText(False)
        self.setAcceptDrops(False)  # the whole window takes drops
        self.setTabChangesFocus(True)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.document().setDocumentMargin(4)
        self.document().documentLayout().documentSizeChanged.connect(self._fit)
        self._fit()

    def _fit(self) -> None:
        line = self.fontMetrics().lineSpacing()
        height = int(self.document().size().height()) + 2
        most = _MOST_LINES * line + 10
        policy = Qt.ScrollBarPolicy.ScrollBarAsNeeded if height > most else Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        self.setVerticalScrollBarPolicy(policy)
        self.setFixedHeight(max(line + 12, min(height, most)))

    def minimumSizeHint(self) -> QSize:
        """It may become narrow."""
        return QSize(80, 24)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter sends."""
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if enter and not event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.submitted.emit()
            return
        super().keyPressEvent(event)

    def canInsertFromMimeData(self, source: QMimeData) -> bool:
        """Pictures too."""
        return source.hasImage() or source.hasUrls() or super().canInsertFromMimeData(source)

    def insertFromMimeData(self, source: QMimeData) -> None:
        """Copied files and pictures become attachments, text becomes text."""
        paths = [Path(url.toLocalFile()) for url in source.urls() if url.isLocalFile()]
        if paths:
            self.files_pasted.emit(paths)
        elif source.hasImage() and not source.hasText():  # a table copied from a spreadsheet is both, and meant as text
            self.picture_pasted.emit(source.imageData())
        else:
            super().insertFromMimeData(source)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """The card shows it."""
        super().focusInEvent(event)
        self.focused.emit(True)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """The card shows it."""
        super().focusOutEvent(event)
        self.focused.emit(False)
