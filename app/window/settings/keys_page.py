"""The keys that work in the window, to look them up."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QGridLayout, QLabel

from app.window.settings.page import SettingsPage
from app.window.theme import Theme


class KeysPage(SettingsPage):
    """A table; keys cannot be changed."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, "")
        self.title = self.tr("Keys")
        table = QGridLayout()
        table.setHorizontalSpacing(14)
        table.setVerticalSpacing(9)
        table.setColumnStretch(1, 1)
        for row, (keys, words) in enumerate(shortcuts()):
            key = QLabel(QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText))
            key.setProperty("kind", "key")
            label = QLabel(words)
            label.setWordWrap(True)
            label.setAccessibleName(f"{key.text()}: {words}")
            table.addWidget(key, row, 0, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
            table.addWidget(label, row, 1, Qt.AlignmentFlag.AlignTop)
        self.column.addSpacing(8)
        self.column.addLayout(table)
        self.column.addStretch(1)


def shortcuts() -> list[tuple[str, str]]:
    """Every key of the window and what it does."""

    def tr(words: str) -> str:
        return QCoreApplication.translate("Keys", words)

    return [
        ("Ctrl+Space", tr("Begin to talk; again: that was all")),
        ("Ctrl+H", tr("Hands-free conversation on or off")),
        ("Ctrl+M", tr("Mute the microphone of a hands-free conversation, or not")),
        ("Ctrl+E", tr("Let it see: a camera or a screen")),
        ("F8", tr("The face of calls, or none")),
        ("Esc", tr("Stop the answer; else close what is open")),
        ("Return", tr("Send what is typed")),
        ("Shift+Return", tr("A new line")),
        ("Ctrl+O", tr("Add pictures, sounds and videos")),
        ("Ctrl+L", tr("Go to the text field")),
        ("Ctrl+N", tr("New conversation")),
        ("Ctrl+B", tr("List of conversations")),
        ("Ctrl+F", tr("Search conversations")),
        ("F2", tr("Rename a conversation in the list")),
        ("Del", tr("Delete a conversation in the list")),
        ("Ctrl+,", tr("Settings")),
        ("Ctrl+Q", tr("End the program")),
    ]
