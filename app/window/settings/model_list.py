"""The models that there are, a card for each: what it needs, how far it is, and what can be done with it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QMessageBox, QProgressBar, QPushButton, QVBoxLayout, QWidget

from app.view_models.models import ModelEntry, ModelFit, ModelState, ModelsViewModel
from app.window.messages import retell

_GIB = 1 << 30
_STEPS = 1000  # of the bar


class ModelList(QWidget):
    """
    Signals, each with the name of a model:
        download_wanted, pause_wanted, verify_wanted, remove_wanted.
        use_wanted: make it the one that is chosen.
    """

    download_wanted = Signal(str)
    pause_wanted = Signal(str)
    verify_wanted = Signal(str)
    remove_wanted = Signal(str)
    use_wanted = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.cards: dict[str, ModelCard] = {}
        self._chosen = ""
        self._waiting = QLabel(self.tr("Looking which models there are…"))
        self._waiting.setProperty("kind", "muted")
        self._rows = QVBoxLayout(self)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.setSpacing(8)
        self._rows.addWidget(self._waiting)

    def show_models(self, models: ModelsViewModel) -> None:
        """As they are now; cards are kept, so that focus stays where it is."""
        self._waiting.setVisible(not models.entries)
        for name in set(self.cards) - {entry.name for entry in models.entries}:
            card = self.cards.pop(name)
            self._rows.removeWidget(card)
            card.deleteLater()
        for row, entry in enumerate(models.entries, 1):
            if entry.name not in self.cards:
                self.cards[entry.name] = self._card(entry.name)
            card = self.cards[entry.name]
            if self._rows.indexOf(card) != row:
                self._rows.insertWidget(row, card)
            card.show_entry(entry)
        self.mark_chosen(self._chosen)

    def mark_chosen(self, name: str) -> None:
        """This one is used already."""
        self._chosen = name
        for card in self.cards.values():
            card.use.setEnabled(card.name != name)

    def _card(self, name: str) -> ModelCard:
        card = ModelCard(name)
        card.download.clicked.connect(lambda: self.download_wanted.emit(name))
        card.pause.clicked.connect(lambda: self.pause_wanted.emit(name))
        card.verify.clicked.connect(lambda: self.verify_wanted.emit(name))
        card.use.clicked.connect(lambda: self.use_wanted.emit(name))
        card.remove.clicked.connect(lambda: self._ask(name))
        return card

    def _ask(self, name: str) -> None:
        """A model of many gigabytes is not taken away by a slip of the hand."""
        box = QMessageBox(self)
        box.setIcon(QMessageBox.Icon.Question)
        box.setText(self.tr("Remove {name} from this computer?").format(name=name))
        box.setInformativeText(self.tr("It can be downloaded again."))
        gone = box.addButton(self.tr("Remove"), QMessageBox.ButtonRole.DestructiveRole)
        keep = box.addButton(self.tr("Keep"), QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(keep)
        box.setEscapeButton(keep)
        gone.clicked.connect(lambda: self.remove_wanted.emit(name))
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.open()


class ModelCard(QFrame):
    """One model."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name
        self.setProperty("kind", "card")
        self.setAccessibleName(name)
        self._name, self._size = QLabel(name), QLabel()
        self._name.setProperty("kind", "strong")
        self._size.setProperty("kind", "muted")
        head = QHBoxLayout()
        head.addWidget(self._name)
        head.addStretch(1)
        head.addWidget(self._size)
        self._words, self._told = QLabel(), QLabel()
        for label in (self._words, self._told):
            label.setProperty("kind", "muted")
            label.setWordWrap(True)
        self.bar = QProgressBar()
        self.bar.setRange(0, _STEPS)
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(6)
        self.bar.setAccessibleName(self.tr("Progress of {name}").format(name=name))
        self.use = QPushButton(self.tr("Use"))
        self.download = QPushButton(self.tr("Download"))
        self.pause = QPushButton(self.tr("Pause"))
        self.verify = QPushButton(self.tr("Check"))
        self.remove = QPushButton(self.tr("Remove"))
        buttons = QHBoxLayout()
        buttons.setSpacing(6)
        for button in (self.use, self.download, self.pause, self.verify, self.remove):
            button.setAccessibleDescription(name)
            buttons.addWidget(button)
        buttons.addStretch(1)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(12, 12, 12, 12)
        rows.setSpacing(6)
        rows.addLayout(head)
        rows.addWidget(self._words)
        rows.addWidget(self.bar)
        rows.addWidget(self._told)
        rows.addLayout(buttons)

    @property
    def words(self) -> str:
        """What it says about the model."""
        return self._joined(self._words.text(), self._told.text())

    def show_entry(self, entry: ModelEntry) -> None:
        """As it is now."""
        state = entry.state
        self._size.setText(self._gigabytes(entry.size))
        self._words.setText(self._state(entry))
        self._told.setText(retell(entry.told))
        self._told.setVisible(bool(entry.told))
        moving = state in (ModelState.COMING, ModelState.PARTIAL)
        self.bar.setVisible(moving or state is ModelState.CHECKING)
        share = entry.fetched / max(1, entry.size) if moving else entry.share
        self.bar.setValue(round(share * _STEPS))
        self.use.setVisible(state is ModelState.INSTALLED)
        self.download.setVisible(state in (ModelState.ABSENT, ModelState.PARTIAL))
        self.download.setText(self.tr("Go on") if state is ModelState.PARTIAL else self.tr("Download"))
        self.download.setEnabled(entry.fit is None or entry.fit.disk_needed <= entry.fit.disk_free)
        self.pause.setVisible(state is ModelState.COMING)
        self.verify.setVisible(state is ModelState.INSTALLED and not entry.embedded)
        self.remove.setVisible(state in (ModelState.INSTALLED, ModelState.PARTIAL) and not entry.embedded)

    def _state(self, entry: ModelEntry) -> str:
        match entry.state:
            case ModelState.COMING if entry.share:
                return self.tr("Checking what has come…")
            case ModelState.COMING if not entry.rate:
                return self.tr("{share} % · connecting…").format(share=self._percent(entry))
            case ModelState.COMING:
                told = self.tr("{share} % · {rate} MB a second · {left} left")
                rate = f"{entry.rate / 1e6:.{0 if entry.rate > 10e6 else 1}f}"
                return told.format(share=self._percent(entry), rate=rate, left=self._time(entry.seconds_left))
            case ModelState.PARTIAL:
                told = self.tr("Paused at {share} %.").format(share=self._percent(entry))
                return self._joined(told, self._fit(entry.fit))
            case ModelState.CHECKING:
                return self.tr("Checking every file…")
            case ModelState.REMOVING:
                return self.tr("Removing…")
            case ModelState.INSTALLED:
                told = self.tr("Installed.")
                return self._joined(told, self._fit(entry.fit))
            case _:
                return self._fit(entry.fit)

    def _fit(self, fit: ModelFit | None) -> str:
        if fit is None:
            return ""
        needed, free = f"{fit.needed / _GIB:.1f}", f"{fit.free / _GIB:.1f}"
        if fit.on_card:
            amounts = self.tr("{needed} GB of the card's memory, {free} are free").format(needed=needed, free=free)
        else:
            amounts = self.tr("{needed} GB of memory, {free} are free").format(needed=needed, free=free)
        if fit.fits:
            told = self.tr("Fits this computer in {precision}: it needs {amounts}.")
        else:
            told = self.tr("Too large for this computer: even in {precision} it needs {amounts}.")
        words = told.format(precision=fit.precision, amounts=amounts)
        if not fit.has_room:
            told = self.tr("The disk has no room: {needed} to download, {free} free.")
            sizes = {"needed": self._gigabytes(fit.disk_needed), "free": self._gigabytes(fit.disk_free)}
            words = self._joined(words, told.format(**sizes))
        return words

    def _joined(self, one: str, other: str) -> str:
        """Two sentences, as the language puts one behind the other."""
        return self.tr("{one} {other}").format(one=one, other=other) if one and other else one or other

    def _percent(self, entry: ModelEntry) -> int:
        return int(100 * entry.fetched / max(1, entry.size))

    def _time(self, seconds: float | None) -> str:
        if seconds is None:
            return "…"
        minutes = round(seconds / 60)
        if minutes < 1:
            return self.tr("less than a minute")
        return self.tr("%n minute(s)", "", minutes)

    def _gigabytes(self, size: int) -> str:
        if size >= 1e9:
            return self.tr("{size} GB").format(size=f"{size / 1e9:.1f}")
        return self.tr("{size} MB").format(size=f"{size / 1e6:.0f}")
