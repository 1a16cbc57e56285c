"""The choices, as a drawer on the right: each takes effect at once, except the model's, which are loaded together."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app.settings import DEVICES, PRECISIONS, THEMES, Settings
from app.view_models.conversation import Change, ConversationViewModel, Phase, What
from app.window.controls import Choice, IconButton, Switch
from app.window.theme import Theme

PANEL_WIDTH = 340  # points
_BUILT_IN = "nano"


class SettingsPanel(QFrame):
    """Shows settings and tells of changes; stores nothing.

    Signals:
        changed: the name of a field of Settings, and its new value.
        reload_wanted: load the model as it is now chosen.
        preview_wanted: let this voice be heard.
    """

    changed = Signal(str, object)
    reload_wanted = Signal()
    preview_wanted = Signal(str)
    devices_wanted = Signal()
    closed = Signal()

    def __init__(self, theme: Theme, shown: ConversationViewModel, settings: Settings) -> None:
        super().__init__()
        self._theme, self._shown = theme, shown
        self._loaded: tuple[str, ...] = ()  # the choices with which the model was loaded that is there
        self.setObjectName("drawer")
        self.setFixedWidth(PANEL_WIDTH)
        self._column = QVBoxLayout()
        self._column.setContentsMargins(22, 8, 22, 22)
        self._column.setSpacing(8)
        self._make_voice(settings)
        self._make_sound(settings)
        self._make_model(settings)
        self._make_appearance(settings)
        self._column.addStretch(1)
        self._lay_out()
        shown.subscribe(self._on_change)
        self._show_model()

    def _lay_out(self) -> None:
        title = QLabel(self.tr("Settings"))
        title.setObjectName("wordmark")
        close = IconButton(self._theme, "close", self.tr("Close the settings (Esc)"))
        close.clicked.connect(self.closed)
        head = QHBoxLayout()
        head.setContentsMargins(22, 12, 12, 4)
        head.addWidget(title, 1)
        head.addWidget(close)
        page = QWidget()
        page.setObjectName("drawerPage")
        page.setLayout(self._column)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(page)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addLayout(head)
        rows.addWidget(scroll, 1)

    # sections

    def _make_voice(self, settings: Settings) -> None:
        self._section(self.tr("Voice"))
        self.voice = self._combo(self.tr("Voice of the answers"))
        self.voice.textActivated.connect(lambda name: self.changed.emit("voice", name))
        self.preview = IconButton(self._theme, "play", self.tr("Hear this voice"), "round", 18)
        self.preview.setFixedSize(40, 40)
        self.preview.clicked.connect(lambda: self.preview_wanted.emit(self.voice.currentText()))
        row = QHBoxLayout()
        row.addWidget(self.voice, 1)
        row.addWidget(self.preview)
        self._column.addLayout(row)
        self.speak = self._switch(self.tr("Speak the answers"), "speak_answers", settings.speak_answers)

    def _make_sound(self, settings: Settings) -> None:
        self._section(self.tr("Sound"))
        self.microphone = self._device(self.tr("Microphone"), "microphone", settings.microphone)
        self.speaker = self._device(self.tr("Loudspeaker"), "speaker", settings.speaker)
        self.interrupt = self._switch(
            self.tr("Let my voice interrupt"), "interrupt_by_voice", settings.interrupt_by_voice
        )
        self._note(self.tr("In hands-free conversation. Use headphones, or it will hear itself."))

    def _make_model(self, settings: Settings) -> None:
        self._section(self.tr("Model"))
        self.model = self._combo(self.tr("Model"))
        self.model.addItem(self.tr("nano (built in)"), _BUILT_IN)
        if settings.model != _BUILT_IN:
            self._add_model(settings.model)
        self.model.addItem(self.tr("A folder on this computer…"), None)
        self._show_chosen_model(settings.model)
        self.model.activated.connect(self._model_chosen)
        self._column.addWidget(self.model)
        places = {"auto": self.tr("Automatic"), "cpu": self.tr("Processor"), "cuda": self.tr("Graphics card")}
        self.device = self._choice(self.tr("Computed on"), "device", DEVICES, settings.device, places)
        automatic = {"auto": self.tr("Automatic")}
        self.precision = self._choice(self.tr("Precision"), "precision", PRECISIONS, settings.precision, automatic)
        for combo in (self.device, self.precision):
            combo.activated.connect(self._offer_to_load)
        self.load = QPushButton(self.tr("Load this model"))
        self.load.clicked.connect(self.reload_wanted)
        self._column.addSpacing(4)
        self._column.addWidget(self.load)
        self._model_note = self._note("")

    def _make_appearance(self, settings: Settings) -> None:
        self._section(self.tr("Appearance"))
        titles = {"system": self.tr("Like the system"), "light": self.tr("Light"), "dark": self.tr("Dark")}
        self.theme_choice = self._choice(self.tr("Theme"), "theme", THEMES, settings.theme, titles)

    # parts

    def _section(self, title: str) -> None:
        if self._column.count():
            line = QFrame()
            line.setProperty("kind", "line")
            line.setFixedHeight(1)
            self._column.addSpacing(10)
            self._column.addWidget(line)
        label = QLabel(title)
        label.setProperty("kind", "section")
        self._column.addSpacing(8)
        self._column.addWidget(label)

    def _note(self, words: str) -> QLabel:
        label = QLabel(words)
        label.setProperty("kind", "muted")
        label.setWordWrap(True)
        self._column.addWidget(label)
        return label

    def _combo(self, name: str) -> QComboBox:
        combo = Choice(self._theme)
        combo.setAccessibleName(name)
        combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        combo.setMinimumContentsLength(6)
        return combo

    def _labelled(self, name: str, control: QWidget) -> None:
        label = QLabel(name)
        label.setBuddy(control)
        row = QHBoxLayout()
        row.addWidget(label, 2)
        row.addWidget(control, 3)
        self._column.addLayout(row)

    def _choice(
        self, name: str, field: str, values: tuple[str, ...], current: str, titles: dict[str, str] | None = None
    ) -> QComboBox:
        combo = self._combo(name)
        for value in values:
            combo.addItem((titles or {}).get(value, value), value)
        combo.setCurrentIndex(combo.findData(current))
        combo.activated.connect(lambda index: self.changed.emit(field, combo.itemData(index)))
        self._labelled(name, combo)
        return combo

    def _device(self, name: str, field: str, current: str) -> QComboBox:
        combo = self._combo(name)
        _fill(combo, self.tr("System default"), (), current)
        combo.activated.connect(lambda index: self.changed.emit(field, combo.itemData(index)))
        self._labelled(name, combo)
        return combo

    def _switch(self, name: str, field: str, on: bool) -> Switch:
        switch = Switch(self._theme, name)
        switch.setChecked(on)
        switch.toggled.connect(lambda value: self.changed.emit(field, value))
        self._column.addWidget(switch)
        return switch

    # acts and changes

    def open(self) -> None:
        """Show it; the devices are looked up anew."""
        self.show()
        self.devices_wanted.emit()
        self.voice.setFocus()

    def show_devices(self, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> None:
        """What is plugged in; a chosen one that is not stays on the list."""
        _fill(self.microphone, self.tr("System default"), inputs, self.microphone.currentData())
        _fill(self.speaker, self.tr("System default"), outputs, self.speaker.currentData())

    def _model_chosen(self, index: int) -> None:
        name = self.model.itemData(index)
        if name is None:
            name = QFileDialog.getExistingDirectory(self, self.tr("Folder of a model"))
            if name and self.model.findData(name) < 0:
                self._add_model(name, index)
        if name:
            self._chosen_model = name
            self.changed.emit("model", name)
        self._show_chosen_model(self._chosen_model)
        self._offer_to_load()

    def _add_model(self, name: str, index: int = 1) -> None:
        """A folder is called by its last name; where it is stands in its tool tip."""
        self.model.insertItem(index, Path(name).name or name, name)
        self.model.setItemData(index, name, Qt.ItemDataRole.ToolTipRole)

    def _show_chosen_model(self, name: str) -> None:
        self._chosen_model = name
        self.model.setCurrentIndex(self.model.findData(name))
        self.model.setToolTip(name)

    def _choices_of_model(self) -> tuple[str, ...]:
        return self._chosen_model, self.device.currentData(), self.precision.currentData()

    def _offer_to_load(self) -> None:
        """Only where the choices are others than those of the model that is there."""
        offered = self._shown.model is None or self._loaded != self._choices_of_model()
        self.load.setEnabled(offered and self._shown.phase is not Phase.LOADING)
        self.load.setProperty("kind", "primary" if self.load.isEnabled() else "")
        self.load.style().unpolish(self.load)
        self.load.style().polish(self.load)

    def _on_change(self, change: Change) -> None:
        if change.what is What.MODEL:
            self._show_model()
        elif change.what is What.PHASE:
            self._offer_to_load()

    def _show_model(self) -> None:
        model = self._shown.model
        self.voice.clear()
        self.voice.addItems(model.voices if model is not None else ())
        if model is not None:
            self.voice.setCurrentText(model.voice)
        self.voice.setEnabled(model is not None and bool(model.voices))
        self.preview.setEnabled(self.voice.isEnabled())
        self._loaded = self._choices_of_model() if model is not None else ()
        self._offer_to_load()
        self._model_note.setText(
            self.tr("Loaded: %s on %s, %s") % (model.name, model.device, model.precision)
            if model is not None
            else self.tr("No model is loaded yet.")
        )


def _fill(combo: QComboBox, default: str, names: tuple[str, ...], current: str | None) -> None:
    combo.clear()
    combo.addItem(default, "")
    for name in names:
        combo.addItem(name, name)
    if current and current not in names:
        combo.addItem(current, current)
    combo.setCurrentIndex(max(0, combo.findData(current or "")))
