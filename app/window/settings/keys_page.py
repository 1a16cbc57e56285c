"""The keys that work in the window, to look them up."""

from __future__ import annotations

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QGridLayout, QLabel

from app.window.settings.page import SettingsPage
from app.window.theme import Theme

# Every key of the window and what it does.
SHORTCUTS = (
    ("Ctrl+Space", QT_TRANSLATE_NOOP("Keys", "Begin to talk; again: that was all")),
    ("Ctrl+H", QT_TRANSLATE_NOOP("Keys", "Hands-free conversation on or off")),
    ("Ctrl+M", QT_TRANSLATE_NOOP("Keys", "Mute the microphone of a hands-free conversation, or not")),
    ("Ctrl+E", QT_TRANSLATE_NOOP("Keys", "Let it see: a camera, a screen or a window")),
    ("F8", QT_TRANSLATE_NOOP("Keys", "The face of calls, or none")),
    ("F9", QT_TRANSLATE_NOOP("Keys", "What is spoken in large letters, or not")),
    ("Esc", QT_TRANSLATE_NOOP("Keys", "Stop the answer; else close what is open")),
    ("Return", QT_TRANSLATE_NOOP("Keys", "Send what is typed")),
    ("Shift+Return", QT_TRANSLATE_NOOP("Keys", "A new line")),
    ("Ctrl+O", QT_TRANSLATE_NOOP("Keys", "Add pictures, sounds and videos")),
    ("Ctrl+L", QT_TRANSLATE_NOOP("Keys", "Go to the text field")),
    ("Ctrl+N", QT_TRANSLATE_NOOP("Keys", "New conversation")),
    ("Ctrl+B", QT_TRANSLATE_NOOP("Keys", "List of conversations")),
    ("Ctrl+F", QT_TRANSLATE_NOOP("Keys", "Search conversations")),
    ("F2", QT_TRANSLATE_NOOP("Keys", "Rename a conversation in the list")),
    ("Del", QT_TRANSLATE_NOOP("Keys", "Delete a conversation in the list")),
    ("Ctrl+,", QT_TRANSLATE_NOOP("Keys", "Settings")),
    ("Ctrl+Q", QT_TRANSLATE_NOOP("Keys", "End the program")),
)


class KeysPage(SettingsPage):
    """A table; keys cannot be changed."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, "")
        self.title = self.tr("Keys")
        table = QGridLayout()
        table.setHorizontalSpacing(14)
        table.setVerticalSpacing(9)
        table.setColumnStretch(1, 1)
        for row, (keys, words) in enumerate(SHORTCUTS):
            key = QLabel(QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText))
            key.setProperty("kind", "key")
            words = QCoreApplication.translate("Keys", str(words))
            label = QLabel(words)
            label.setWordWrap(True)
            label.setAccessibleName(f"{key.text()}: {words}")
            table.addWidget(key, row, 0, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
            table.addWidget(label, row, 1, Qt.AlignmentFlag.AlignTop)
        self.column.addSpacing(8)
        self.column.addLayout(table)
        self.column.addStretch(1)
