"""The engine's life as the person sees it: started, loaded, broken, dead, and what can be done about it.

Decides what a new engine is told first (model, persona, the newest turns) and which sentence stands over the window.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from app import engine_protocol as protocol
from app.answering import Answering
from app.engine_line import EngineLine, model_info
from app.recall import persona, turns_to_recall
from app.settings import SettingsStore
from app.speaking import Speaking
from app.view_models.conversation import ConversationViewModel, Notice
from app.view_models.message import MessageState

log = logging.getLogger(__name__)

_LOST_AT_MOST, _LOST_WITHIN = 3, 300.0  # times in so many seconds


class EngineLife:
    """For the GUI thread; `fail_turn` ends the newest question, for the reason given."""

    def __init__(
        self,
        shown: ConversationViewModel,
        settings: SettingsStore,
        line: EngineLine,
        answering: Answering,
        speaking: Speaking,
        fail_turn: Callable[[str], None],
    ) -> None:
        self._shown, self._settings, self._line = shown, settings, line
        self._answering, self._speaking, self._fail_turn = answering, speaking, fail_turn
        self._saving = 0  # steps of memory that the loaded model saves beyond its plan
        self._lost_at: list[float] = []  # when the graphics device was lost
        self._came_back = False

    def is_there(self) -> bool:
        """Whether a question would find an engine; where not, the person is told what to do."""
        if self._line.usable:
            return True
        if not self._line.process.alive:
            text = "The engine is not running; restart it, then ask again."
            self._shown.set_notice(Notice(text, "error", "restart"))
        elif self._shown.notice is None:
            self._shown.set_notice(Notice("No model is loaded; choose one in the settings.", "error", "settings"))
        return False

    def start(self) -> None:
        """Start the engine and load the model that the settings name."""
        self._line.start(self._first_words())

    def restart(self) -> None:
        """A new engine in place of one that has died or hangs; the conversation goes on where it was."""
        self._speaking.drop()
        self._answering.stop(MessageState.FAILED, "The engine was restarted.")
        self.start()

    def out_of_memory(self, saving: int) -> None:
        """A question needed more memory than there is: have the model loaded smaller; the conversation goes on."""
        self.reload(saving)

    def reload(self, saving: int = 0) -> None:
        """Load the model anew, as the settings now have it; the conversation goes on."""
        self._saving = saving
        self._speaking.drop()
        self._answering.stop(MessageState.INTERRUPTED)
        if not self._line.usable and not self._line.process.alive:
            self.restart()
        else:
            self._line.load(self._first_words())

    def _first_words(self) -> list[protocol.Command]:
        self._shown.clear_notice()
        self._shown.set_model(None)
        self._answering.repeatable = 0
        chosen = self._settings.current
        context = 0 if chosen.context == "auto" else int(chosen.context)
        if chosen.engine:  # a voice is chosen when it has told which ones it has
            load = protocol.LoadModel("", voice=None, context=context, engine=chosen.engine)
        else:
            voice = chosen.voice or None
            load = protocol.LoadModel(
                chosen.model, chosen.device, chosen.precision, voice=voice, context=context, saving=self._saving
            )
        return [load, *persona(chosen.persona), *turns_to_recall(self._shown.messages)]

    # what the engine tells about itself

    def start_failed(self, reason: str) -> None:
        """There is no process to talk to."""
        self._shown.set_notice(Notice(reason, "error", "restart"))
        self._fail_turn(reason)

    def loaded(self, event: protocol.Loaded) -> None:
        """The model can be asked."""
        self._shown.set_model(model_info(event))
        if self._came_back:
            self._came_back = False
            self._shown.set_notice(Notice("The graphics device was lost; the engine was started again.", "info"))
        if event.note:
            self._shown.set_notice(Notice(event.note, "info"))
        if not event.voices:
            self._shown.set_notice(Notice(f"{event.name} has no voice; its answers are text only."))
            return
        wanted = self._settings.current.voice
        if wanted in event.voices and wanted != event.voice:
            self._line.send(protocol.SetVoice(wanted))
        elif wanted and wanted != event.voice:
            self._settings.change(voice="")
            self._shown.set_notice(Notice(f"{event.name} has no voice “{wanted}”; {event.voice} speaks.", "info"))

    def load_failed(self, reason: str) -> None:
        """There is an engine, but no model in it."""
        self._shown.set_notice(Notice(reason, "error", "settings"))
        self._speaking.close_ears()
        self._fail_turn(reason)

    def died(self, exit_code: int, last_words: str) -> None:
        """Nobody is there; what was said stays."""
        log.warning("engine ended with %d; its last words:\n%s", exit_code, last_words)
        self._speaking.close_ears()
        self._speaking.turn = 0
        self._answering.engine_died()
        if exit_code == protocol.DEVICE_LOST and self._may_come_back():
            self._came_back = True
            self.start()
            return
        cause = f"signal {-exit_code}" if exit_code < 0 else f"code {exit_code}"
        text = f"The engine has stopped ({cause}). Your conversation is kept; restart the engine to go on."
        self._shown.set_notice(Notice(text, "error", "restart"))

    def _may_come_back(self) -> bool:
        """Whether a device that is lost is looked for again: not when it is lost again and again."""
        now = time.monotonic()
        self._lost_at = [*(at for at in self._lost_at if now - at < _LOST_WITHIN), now]
        return len(self._lost_at) <= _LOST_AT_MOST
