"""What the pages of the settings have in common: headings, notes, and controls that tell of a change by its field."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from app.window.controls import Choice, Switch
from app.window.theme import Theme


class SettingsPage(QScrollArea):
    """A column of controls.

    Signals:
        changed: the name of a field of Settings, and its new value.
    """

    changed = Signal(str, object)

    def __init__(self, theme: Theme, title: str) -> None:
        super().__init__()
        self.theme, self.title = theme, title
        self.column = QVBoxLayout()
        self.column.setContentsMargins(22, 4, 22, 22)
        self.column.setSpacing(8)
        page = QWidget()
        page.setObjectName("drawerPage")
        page.setLayout(self.column)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setWidget(page)

    def section(self, title: str) -> None:
        """A heading; a line above it, unless it is the first thing on the page."""
        if self.column.count():
            line = QFrame()
            line.setProperty("kind", "line")
            line.setFixedHeight(1)
            self.column.addSpacing(10)
            self.column.addWidget(line)
        label = QLabel(title)
        label.setProperty("kind", "section")
        self.column.addSpacing(8)
        self.column.addWidget(label)

    def note(self, words: str) -> QLabel:
        """A remark in small letters."""
        label = QLabel(words)
        label.setProperty("kind", "muted")
        label.setWordWrap(True)
        self.column.addWidget(label)
        return label

    def button(self, words: str) -> QPushButton:
        """A button as wide as the page."""
        made = QPushButton(words)
        self.column.addWidget(made)
        return made

    def combo(self, name: str) -> QComboBox:
        """A combo box that is not in the page yet; `name` is for screen readers."""
        made = Choice(self.theme)
        made.setAccessibleName(name)
        made.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        made.setMinimumContentsLength(6)
        return made

    def labelled(self, name: str, control: QWidget) -> QLabel:
        """A control with its name on its left."""
        label = QLabel(name)
        label.setBuddy(control)
        row = QHBoxLayout()
        row.addWidget(label, 2)
        row.addWidget(control, 3)
        self.column.addLayout(row)
        return label

    def choice(self, name: str, field: str, titles: Mapping[str, str], current: str) -> QComboBox:
        """One of several values; `titles` are what they are called."""
        made = self.combo(name)
        for value, title in titles.items():
            made.addItem(title, value)
        made.setCurrentIndex(made.findData(current))
        made.activated.connect(lambda index: self.changed.emit(field, made.itemData(index)))
        self.labelled(name, made)
        return made

    def device(self, name: str, field: str, default: str, current: str) -> QComboBox:
        """One of the devices that are plugged in, as wide as the page: its section's heading names it."""
        made = self.combo(name)
        fill(made, default, (), current)
        made.activated.connect(lambda index: self.changed.emit(field, made.itemData(index)))
        self.column.addWidget(made)
        return made

    def switch(self, name: str, field: str, on: bool) -> Switch:
        """Something that is on or off."""
        made = Switch(self.theme, name)
        made.setChecked(on)
        made.toggled.connect(lambda value: self.changed.emit(field, value))
        self.column.addWidget(made)
        return made

    def percent(self, name: str, field: str, least: int, most: int, step: int, current: int) -> QSlider:
        """A share of a hundred, in steps; it stands beside the slider."""
        slider = QSlider(Qt.Orientation.Horizontal)
        slider.setRange(least // step, most // step)
        slider.setPageStep(2)
        slider.setAccessibleName(name)
        value = QLabel()
        value.setMinimumWidth(value.fontMetrics().horizontalAdvance("200 %"))
        value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)

        def show() -> None:
            value.setText(f"{slider.value() * step} %")
            slider.setAccessibleDescription(value.text())

        slider.setValue(current // step)
        show()
        slider.valueChanged.connect(show)
        slider.valueChanged.connect(lambda steps: self.changed.emit(field, steps * step))
        row = QHBoxLayout()
        row.addWidget(slider, 1)
        row.addWidget(value)
        both = QWidget()
        both.setLayout(row)
        row.setContentsMargins(0, 0, 0, 0)
        self.labelled(name, both).setBuddy(slider)
        return slider


def fill(combo: QComboBox, default: str, names: tuple[str, ...], current: str | None) -> None:
    """Offer the system's default and these; the current one stays on the list, even if it has gone."""
    fill_pairs(combo, default, [(name, name) for name in names], current)


def fill_pairs(combo: QComboBox, default: str, pairs: list[tuple[str, str]], current: str | None) -> None:
    """The same where a device is called otherwise than it is opened: the name, then what opens it."""
    combo.clear()
    combo.addItem(default, "")
    for name, device in pairs:
        combo.addItem(name, device)
    if current and all(current != device for _, device in pairs):
        combo.addItem(current, current)
    combo.setCurrentIndex(max(0, combo.findData(current or "")))
