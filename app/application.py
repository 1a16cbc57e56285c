"""The window and what is behind it: makes the parts and joins them.

Widgets tell what the person wants by signals; the session does it and changes the view model; the view model tells the
widgets. Whoever speaks another language gets another window: it shows the same view model.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from app import translations
from app.capture.camera import Camera, FrameSource
from app.capture.microphone import Microphone
from app.garbage import Garbage
from app.main_thread import MainThread
from app.model_shelf import ModelShelf
from app.playback.speaker import Speaker
from app.push_to_talk import PushToTalk
from app.remembering import Remembering
from app.session import Session
from app.settings import SettingsStore
from app.trials import Trials
from app.view_models.conversation import ConversationViewModel, Notice, Phase
from app.view_models.envelope import loudness_at
from app.view_models.message import Message
from app.view_models.models import ModelsViewModel
from app.window.main_window import MainWindow
from app.window.pixels import to_pixels
from app.window.screen_source import ScreenSource, WindowSource
from app.window.settings.model_page import ModelPage
from app.window.theme import Theme
from app.window.tray import Tray
from app.window.wizard import Wizard

_TICK = 50  # milliseconds
_DRAFT_PAUSE = 800  # milliseconds without a key after which the draft is saved, should the machine stop


class Application(QObject):
    """The window and what is behind it.

    Attributes:
        shown: the view model; session: what acts; window: what is seen.
    """

    def __init__(
        self,
        qt: QApplication,
        settings: SettingsStore,
        engine_factory: str | None = None,
        make_speaker: Callable[[str], Speaker] = Speaker,
        **session_parts: Any,
    ) -> None:
        super().__init__()
        self._qt, self.settings = qt, settings
        self._pictures = 0  # that were pasted
        self.wizard: Wizard | None = None
        self.theme = Theme(qt, settings.current.theme, settings.current.font_size)
        self.shown = ConversationViewModel()
        self.shown.draft = settings.current.draft
        self._main_thread = MainThread()
        session_parts.setdefault("look", _frame_source)
        self.session = Session(self.shown, settings, self._main_thread.post, engine_factory, **session_parts)
        source = session_parts.get("source", Microphone)
        look = session_parts["look"]
        self.trials = Trials(settings, self.shown, self._main_thread.post, source, make_speaker, look)
        self.models = ModelsViewModel()
        self.shelf = ModelShelf(self.models, self._main_thread.post)
        self.remembering = Remembering(self.shown, settings, self.session, self._main_thread.post)
        self.window = self._make_window()
        self._place_window()
        self.tray: Tray | None = None
        self._show_tray(settings.current.tray)
        self._push_to_talk = PushToTalk(
            self._main_thread.post,
            lambda: self.window.input.press_talk(),
            lambda: self.window.input.release_talk(),
            lambda problem: self.window.panel.system.show_key(problem),
        )
        self._timer = QTimer(self, interval=_TICK)
        self._timer.timeout.connect(self._tick)
        self._draft_timer = QTimer(self, interval=_DRAFT_PAUSE, singleShot=True)
        self._draft_timer.timeout.connect(self._save_draft)
        if settings.problem is not None:
            self.shown.set_notice(Notice(settings.problem, "warning"))

    def _make_window(self) -> MainWindow:
        """In the language that is spoken now, connected to everything."""
        window = MainWindow(self.theme, self.shown, self.remembering.history, self.settings.current)
        window.input.field.setPlainText(self.shown.draft)
        window.input.dress(self.settings.current)
        self._connect(window)
        return window

    def _speak(self, choice: str) -> None:
        """Another language: another window in the place of the one there is, with all that it showed."""
        language = translations.language_of(choice)
        if language == translations.current():
            return
        translations.install(self._qt, language)
        old = self.window
        self.trials.remove(old.panel.devices, old.panel.model.machine)
        for view_model in (self.shown, self.remembering.history):
            view_model.unsubscribe(partial(_belongs_to, old))
        self.models.listeners.remove_where(partial(_belongs_to, old))
        self.window = self._make_window()
        self.window.take_place_of(old)
        old.deleteLater()
        self._show_tray(False)
        self.tray = None
        self._show_tray(self.settings.current.tray)

    def start(self) -> None:
        """Show the window, then start the engine behind it."""
        if self.settings.current.maximized:
            self.window.showMaximized()
        else:
            self.window.show()
        self._garbage = Garbage()
        self._timer.start()
        self._push_to_talk.choose(self.settings.current.global_key)
        self.remembering.start()
        notice = self.shown.notice
        self.session.start()
        if notice is not None:
            self.shown.set_notice(notice)

    def welcome(self) -> None:
        """The first run: a few checks, over the window."""
        wizard = Wizard(self.theme, self.settings.current, self.window)
        wizard.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        wizard.devices.changed.connect(self._change_setting)
        self.trials.add_devices(wizard.devices)
        self.trials.add_machine(wizard.machine)
        wizard.devices_wanted.connect(self.trials.look_for_devices)
        wizard.machine_wanted.connect(self.trials.look_at_machine)
        wizard.done_with.connect(self._end_welcome)
        self.wizard = wizard
        wizard.open()

    def _end_welcome(self) -> None:
        wizard, self.wizard = self.wizard, None
        if wizard is None:
            return
        self.trials.remove(wizard.devices, wizard.machine)
        self.settings.change()  # there is a file now: the next start is not the first
        self.window.input.field.setFocus()

    def raise_window(self) -> None:
        """In front of everything, wherever it is."""
        self.window.setWindowState(self.window.windowState() & ~Qt.WindowState.WindowMinimized)
        self.window.show()
        self.window.raise_()
        self.window.activateWindow()

    def close(self) -> None:
        """Keep what is to be kept and end the engine."""
        self._timer.stop()
        self._push_to_talk.close()
        self.trials.close()
        self.shelf.close()
        self.remembering.close()
        self._main_thread.close()
        area = self.window.normalGeometry()
        self._save_draft()
        place = (area.x(), area.y(), area.width(), area.height())
        self.settings.change(window=place, maximized=self.window.isMaximized())
        self.session.close()

    def _connect(self, window: MainWindow) -> None:
        session = self.session
        bar, panel, acts = window.input, window.panel, window.conversation.acts
        bar.sent.connect(self._send)
        bar.talk_started.connect(session.start_talking)
        bar.talk_ended.connect(session.stop_talking)
        bar.stopped.connect(session.stop)
        bar.hands_free_toggled.connect(self._set_hands_free)
        bar.files_chosen.connect(session.attach)
        bar.file_removed.connect(session.files.detach)
        bar.draft_changed.connect(self._keep_draft)
        window.files_dropped.connect(session.attach)
        window.new_wanted.connect(session.new_conversation)
        window.stop_wanted.connect(session.stop)
        window.restart_wanted.connect(session.restart)
        window.closing.connect(self._on_closing)
        window.quit_wanted.connect(self._qt.quit)
        acts.ask_again.connect(self._ask_again)
        acts.play.connect(self._replay)
        acts.silence.connect(session.stop)
        acts.save.connect(self._save_speech)
        acts.answer_again.connect(self._answer_again)
        acts.watch.connect(session.watch)
        acts.forget.connect(session.forget_senses)
        acts.senses_wanted.connect(lambda message: self.remembering.with_senses(message, lambda _: None))
        bar.muted.connect(session.speaking.mute)
        bar.look_wanted.connect(self._look)
        bar.cameras_wanted.connect(self._find_sources)
        window.face_wanted.connect(panel.look.face.setChecked)
        window.captions_wanted.connect(panel.look.captions.setChecked)
        bar.picture_pasted.connect(self._attach_picture)
        window.picture_dropped.connect(self._attach_picture)
        self._connect_history(window)
        panel.changed.connect(self._change_setting)
        panel.model.reload_wanted.connect(session.reload)
        panel.model.doctor_wanted.connect(self.trials.look_at_machine)
        self._connect_models(panel.model)
        panel.voice.preview_wanted.connect(session.preview_voice)
        panel.persona.persona_chosen.connect(partial(session.choices.choose, "persona"))
        panel.history.delete_all_wanted.connect(self.remembering.delete_all)
        panel.devices_wanted.connect(self.trials.look_for_devices)
        self.trials.add_devices(panel.devices)
        self.trials.add_machine(panel.model.machine)

    def _connect_models(self, page: ModelPage) -> None:
        page.models_wanted.connect(self.shelf.look)
        page.models.download_wanted.connect(self.shelf.download)
        page.models.pause_wanted.connect(self.shelf.pause)
        page.models.verify_wanted.connect(self.shelf.verify)
        page.models.remove_wanted.connect(self.shelf.remove)
        self.models.listeners.add(page.show_models)

    def _connect_history(self, window: MainWindow) -> None:
        kept, panel = self.remembering, window.history
        panel.searched.connect(kept.search)
        panel.opened.connect(kept.open)
        panel.renamed.connect(kept.rename)
        panel.pinned.connect(kept.pin)
        panel.deleted.connect(kept.delete)
        panel.exported.connect(kept.export)
        panel.private_wanted.connect(kept.set_private)
        window.conversation.earlier_wanted.connect(kept.read_earlier)
        window.history_toggled.connect(lambda shown: self.settings.change(history_open=shown))

    # a message may have to come out of the history first

    def _ask_again(self, message: Message) -> None:
        question = self.shown.question_of(message) or message
        self.remembering.with_senses(question, self.session.ask_again)

    def _answer_again(self, answer: Message) -> None:
        question = self.shown.question_of(answer) or answer
        self.remembering.with_senses(question, lambda _: self.session.answer_again(answer))

    def _replay(self, message: Message, begin: float) -> None:
        self.remembering.with_senses(message, lambda it: self.session.replay(it, begin))

    def _save_speech(self, message: Message, path: Path) -> None:
        self.remembering.with_senses(message, lambda it: self.session.recordings.save(it, path))

    def _send(self, text: str) -> None:
        if self.session.ask(text):
            self.shown.set_draft("")

    def _keep_draft(self, text: str) -> None:
        self.shown.draft = text
        self._draft_timer.start()

    def _save_draft(self) -> None:
        self._draft_timer.stop()
        draft = "" if self.remembering.history.private else self.shown.draft
        if draft != self.settings.current.draft:
            self.settings.change(draft=draft)

    def _attach_picture(self, image: QImage) -> None:
        """From the clipboard: as pixels on another thread, a large one takes a moment."""
        self._pictures += 1
        name = self.tr("picture %d") % self._pictures
        self.session.files.attach_picture(name, partial(to_pixels, image.copy()))

    def _set_hands_free(self, on: bool) -> None:
        self.session.set_hands_free(on)
        self.window.input.hands_free.setChecked(self.shown.hands_free)

    def _change_setting(self, name: str, value: Any) -> None:
        self.session.choices.choose(name, value)
        match name:
            case "microphone":
                self.trials.microphone_changed()
            case "camera":
                self.trials.camera_changed()
            case "global_key":
                self._push_to_talk.choose(value)
            case "tray":
                self._show_tray(value)
            case "face" | "still" | "captions" | "speak_answers":
                self.window.input.dress(self.settings.current)
            case "language":
                QTimer.singleShot(0, self, partial(self._speak, value))  # not while the old window is telling us
            case "theme":
                self.theme.choose(value)
            case "font_size":
                self.theme.set_size(value)
        if self.settings.problem is not None:
            self.shown.set_notice(Notice(self.settings.problem, "warning"))
            self.settings.problem = None

    def _find_sources(self) -> None:
        self.session.live.find_sources(lambda *found: self.window.input.look.show_sources(*found))

    def _look(self, kind: str, device: str) -> None:
        if kind == "camera":
            self.settings.change(camera=device)
        self.session.live.look(kind, device)

    def _show_tray(self, wanted: bool) -> None:
        """There or not; the program then ends with its window or does not."""
        shown = wanted and Tray.available()
        if shown and self.tray is None:
            self.tray = Tray()
            self.tray.window_wanted.connect(self.raise_window)
            self.tray.new_wanted.connect(self.session.new_conversation)
            self.tray.quit_wanted.connect(self._qt.quit)
        if self.tray is not None:
            self.tray.set_visible(shown)
        self._qt.setQuitOnLastWindowClosed(not shown)

    def _on_closing(self) -> None:
        """A program that only waits in the tray neither listens nor looks."""
        self.window.hide()
        self.session.set_hands_free(False)
        self.session.live.look("")

    def _tick(self) -> None:
        self.session.tick()
        self.trials.tick()
        self.remembering.tick()
        self.remembering.let_go(lambda: self.window.conversation.at_end)
        self.window.input.show_level(self.session.level)
        at = self.window.conversation.verticalScrollBar().value()
        self._garbage.tick((at, self.shown.draft, len(self.shown.messages)), self.shown.phase is Phase.IDLE)
        if self.shown.playhead is not None:
            self.window.input.stage.face.show_loudness(loudness_at(self.shown.playhead))

    def _place_window(self) -> None:
        """Where it was, if that is still on a screen."""
        place = self.settings.current.window
        if len(place) != 4:
            return
        left, top, width, height = place
        screens = [screen.availableGeometry() for screen in QApplication.screens()]
        if any(screen.contains(left + width // 2, top + 20) for screen in screens):
            self.window.setGeometry(left, top, width, height)


def _belongs_to(window: MainWindow, owner: object) -> bool:
    """Whether this is a part of the window."""
    while isinstance(owner, QObject) and owner is not window:
        owner = owner.parent()
    return owner is window


def _frame_source(kind: str, device: str) -> FrameSource:
    match kind:
        case "screen":
            return ScreenSource(device)
        case "window":
            return WindowSource(device)
    return Camera(device)
