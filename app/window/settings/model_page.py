"""Which model answers, and how it is computed: chosen first, then loaded together."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFileDialog, QLineEdit

from app.settings import CONTEXTS, DEVICES, PRECISIONS, Settings
from app.view_models.conversation import Change, ConversationViewModel, Phase, What
from app.view_models.models import ModelState, ModelsViewModel
from app.window.machine_view import MachineView
from app.window.settings.model_list import ModelList
from app.window.settings.page import SettingsPage
from app.window.theme import Theme

_BUILT_IN = "nano"


class ModelPage(SettingsPage):
    """
    Signals:
        reload_wanted: load the model as it is now chosen.
        doctor_wanted: tell what this machine can run.
        models_wanted: look which models there are.
    """

    reload_wanted = Signal()
    doctor_wanted = Signal()
    models_wanted = Signal()

    def __init__(self, theme: Theme, shown: ConversationViewModel, settings: Settings) -> None:
        super().__init__(theme, "")
        self.title = self.tr("Model")
        self._shown = shown
        self._loaded: tuple[str, ...] = ()  # the choices with which the model was loaded that is there
        self.models = ModelList()
        self.model = self.combo(self.tr("Model"))
        self.model.addItem(self.tr("nano (built in)"), _BUILT_IN)
        if settings.model != _BUILT_IN:
            self._add_model(settings.model)
        self.model.addItem(self.tr("A folder on this computer…"), None)
        self._show_chosen_model(settings.model)
        self.model.activated.connect(self._model_chosen)
        self.column.addSpacing(8)
        self.column.addWidget(self.model)
        automatic = self.tr("Automatic")
        places = {"auto": automatic, "cpu": self.tr("Processor"), "cuda": self.tr("Graphics card")}
        places = {value: places[value] for value in DEVICES}
        self.computed_on = self.choice(self.tr("Computed on"), "device", places, settings.device)
        precisions = {value: automatic if value == "auto" else value for value in PRECISIONS}
        self.precision = self.choice(self.tr("Precision"), "precision", precisions, settings.precision)
        contexts = {value: self._context(value) for value in CONTEXTS}
        self.context = self.choice(self.tr("Context"), "context", contexts, settings.context)
        for combo in (self.computed_on, self.precision, self.context):
            combo.activated.connect(self._offer_to_load)
        self.load = self.button(self.tr("Load this model"))
        self.load.clicked.connect(self.reload_wanted)
        self._told = self.note("")
        self.section(self.tr("Models"))
        self.models.use_wanted.connect(self._use)
        self.column.addWidget(self.models)
        self._add_engine(settings)
        self.section(self.tr("This machine"))
        self.doctor = self.button(self.tr("What can this machine run?"))
        self.doctor.clicked.connect(self._look)
        self.machine = MachineView(theme)
        self.machine.hide()
        self.column.addSpacing(6)
        self.column.addWidget(self.machine)
        self.column.addStretch(1)
        shown.subscribe(self._on_change)
        self._show_model()

    def _add_engine(self, settings: Settings) -> None:
        """A server in our own engine's place."""
        self.section(self.tr("Another engine"))
        self.engine = QLineEdit(settings.engine)
        self.engine.setPlaceholderText(self.tr("Address"))
        self.engine.setClearButtonEnabled(True)
        self.engine.setAccessibleName(self.tr("Address of another engine"))
        self.engine.editingFinished.connect(self._engine_chosen)
        self.column.addWidget(self.engine)
        self.note(
            self.tr(
                "A server that answers in place of this computer. What you say and show then goes there. "
                "Empty for none."
            )
        )

    def _engine_chosen(self) -> None:
        self.changed.emit("engine", self.engine.text().strip())
        self._offer_to_load()

    def showEvent(self, event: QShowEvent) -> None:
        """Somebody looks at it: what is installed may have changed."""
        super().showEvent(event)
        self.models_wanted.emit()

    def show_models(self, models: ModelsViewModel) -> None:
        """The models that there are; those that are installed can be chosen."""
        self.models.show_models(models)
        for entry in models.entries:
            if entry.state is ModelState.INSTALLED and self.model.findData(entry.name) < 0:
                self.model.insertItem(self.model.count() - 1, entry.name, entry.name)

    def _use(self, name: str) -> None:
        """Choose an installed model, and load it where another one is there."""
        self._chosen_model = name
        self.changed.emit("model", name)
        self._show_chosen_model(name)
        self._offer_to_load()
        if self.load.isEnabled():
            self.reload_wanted.emit()

    def _look(self) -> None:
        self.machine.show()
        self.doctor_wanted.emit()

    def _context(self, value: str) -> str:
        if value == "auto":
            return self.tr("All it can")
        return self.tr("{count} tokens").format(count=value)

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
        self.models.mark_chosen(name)
        self.model.setCurrentIndex(self.model.findData(name))
        self.model.setToolTip(name)

    def _choices_of_model(self) -> tuple[str, ...]:
        choices = (self.computed_on, self.precision, self.context)
        return self._chosen_model, self.engine.text().strip(), *(combo.currentData() for combo in choices)

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
        self._loaded = self._choices_of_model() if model is not None else ()
        self._offer_to_load()
        if model is None:
            self._told.setText(self.tr("No model is loaded yet."))
            return
        told = self.tr("Loaded: {name} on {device}, {precision}; it can remember {count} tokens.")
        self._told.setText(
            told.format(name=model.name, device=model.device, precision=model.precision, count=model.context_length)
        )
