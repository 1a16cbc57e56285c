"""How long conversations are kept."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QMessageBox

from app.settings import RETENTIONS, Settings
from app.window.settings.page import SettingsPage
from app.window.theme import Theme


class HistoryPage(SettingsPage):
    """`delete_all_wanted`: every conversation, for good."""

    delete_all_wanted = Signal()

    def __init__(self, theme: Theme, settings: Settings) -> None:
        super().__init__(theme, "")
        self.title = self.tr("Conversations")
        self.column.addSpacing(8)
        titles = {
            "forever": self.tr("For ever"),
            "365": self.tr("One year"),
            "90": self.tr("90 days"),
            "30": self.tr("30 days"),
            "7": self.tr("Seven days"),
            "none": self.tr("Not at all"),
        }
        titles = {value: titles[value] for value in RETENTIONS}
        self.retention = self.choice(self.tr("Keep them"), "retention", titles, settings.retention)
        self.note(
            self.tr(
                "Older ones are deleted for good, within the hour and whenever the program starts, unless they are"
                " pinned. “Not at all” keeps no new ones; what is there already stays until you delete it."
            )
        )
        self.note(self.tr("Everything is kept on this computer only."))
        self.section(self.tr("Delete"))
        self.delete_all = self.button(self.tr("Delete all conversations…"))
        self.delete_all.clicked.connect(self._ask)
        self.column.addStretch(1)

    def _ask(self) -> None:
        question = QMessageBox(self)
        question.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        question.setIcon(QMessageBox.Icon.Warning)
        question.setWindowTitle(self.tr("Delete for good"))
        question.setText(self.tr("Delete all conversations, the pinned ones too?"))
        question.setInformativeText(self.tr("Their words and their sound are erased and cannot be brought back."))
        delete = question.addButton(self.tr("Delete all"), QMessageBox.ButtonRole.DestructiveRole)
        keep = question.addButton(self.tr("Keep"), QMessageBox.ButtonRole.RejectRole)
        question.setDefaultButton(keep)
        question.setEscapeButton(keep)
        delete.clicked.connect(self.delete_all_wanted)
        question.open()
