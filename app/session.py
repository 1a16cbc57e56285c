"""One person, one engine, one conversation: what a click, a key, a voice or an event of the engine leads to.

The only one that changes the view model. Knows no Qt: whatever happens on another thread comes back through `post`,
which runs a function on the GUI thread, later. Nothing here waits: processes start, files are read and devices open on
threads of their own.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import numpy as np

from app import engine_protocol as protocol
from app.answering import Answering
from app.capture.microphone import Microphone, SoundSource
from app.engine_line import EngineLine, EngineState
from app.engine_process import EngineProcess
from app.file_reader import FileReader
from app.hearing import Hearing
from app.playback.reply_player import ReplyPlayer
from app.recall import turns_to_recall
from app.settings import SettingsStore
from app.view_models.conversation import (
    Attachment,
    ConversationViewModel,
    Message,
    MessageState,
    ModelInfo,
    Notice,
    Phase,
)

log = logging.getLogger(__name__)
Post = Callable[[Callable[[], None]], None]

_SHORTEST_TURN = 0.3  # seconds; a shorter press of the microphone button was a slip


class Session:
    """Acts of the person are its methods, called on the GUI thread; results appear in the view model.

    Attributes:
        shown: the view model.
        settings: the store that choices are kept in.
    """

    def __init__(
        self,
        shown: ConversationViewModel,
        settings: SettingsStore,
        post: Post,
        engine_factory: str | None = None,
        source: Callable[[str], SoundSource] = Microphone,
        player: ReplyPlayer | None = None,
    ) -> None:
        self.shown, self.settings, self._post = shown, settings, post
        self._line = EngineLine(self._on_event, self._on_start_failed, post, engine_factory)
        self._hearing = Hearing(self, lambda: source(settings.current.microphone), post)
        player = player or ReplyPlayer(device=settings.current.speaker)
        self._answering = Answering(shown, settings, self._line, player, self._hearing.deafen, post)
        self._files = FileReader(shown, self._line, self._fail_turn, post)
        self._turn = 0  # generation of the turn that is being heard, 0 if none

    @property
    def engine(self) -> EngineProcess:
        """The engine's process."""
        return self._line.process

    @property
    def level(self) -> float:
        """How loud the microphone is, from 0 to 1."""
        return self._hearing.level

    @property
    def sounding(self) -> bool:
        """Whether the loudspeaker plays."""
        return self._answering.sounding

    # the engine's life

    def start(self) -> None:
        """Start the engine and load the model that the settings name."""
        self._load(self._line.start)

    def restart(self) -> None:
        """A new engine in place of one that has died or hangs; the conversation goes on where it was."""
        self._drop_turn()
        self._answering.stop(MessageState.FAILED, "The engine was restarted.")
        self.start()

    def reload(self) -> None:
        """Load the model anew, as the settings now have it; the conversation goes on."""
        self.stop()
        if not self._line.usable and not self.engine.alive:
            self.restart()
        else:
            self._load(self._line.load)

    def close(self) -> None:
        """End everything; takes half a second at most."""
        self._answering.close()
        self._hearing.shut_down()
        self._files.close()
        self._line.close()

    def _load(self, tell: Callable[[list[protocol.Command]], None]) -> None:
        self.shown.set_notice(None)
        self.shown.set_model(None)
        chosen = self.settings.current
        load = protocol.LoadModel(chosen.model, chosen.device, chosen.precision, voice=chosen.voice or None)
        tell([load, *turns_to_recall(self.shown.messages)])
        self._show_phase()

    def _on_start_failed(self, reason: str) -> None:
        self.shown.set_notice(Notice(reason, "error", "restart"))
        self._fail_turn(reason)
        self._show_phase()

    # asking

    def ask(self, text: str) -> bool:
        """Send what was typed, with the files that wait; False if that cannot be done now, and nothing has changed."""
        text = text.strip()
        if (not text and not self.shown.attachments) or not self._engine_is_there():
            return False
        self._drop_turn()  # whoever types and sends has changed their mind about what they were saying
        self._make_way()
        self._begin_turn(text, spoken=False)
        if text:
            self._line.send_in_turn(protocol.Say(self.shown.generation, text))
        self._reply()
        return True

    def ask_again(self, message: Message) -> None:
        """Ask the question of a turn that failed once more: the same words, voice and files."""
        question = next(m for m in self.shown.messages if m.generation == message.generation)
        if not self._engine_is_there():
            return
        self.stop()
        self.shown.set_notice(None)
        waiting, self.shown.attachments = self.shown.attachments, question.attachments
        again = self._begin_turn(question.text, spoken=False)
        self.shown.attachments = waiting
        self.shown.attachments_changed()
        again.speech = question.speech
        self.shown.changed(again)
        for samples in question.speech:
            self._line.send_in_turn(protocol.Hear(again.generation, samples))
        if question.text:
            self._line.send_in_turn(protocol.Say(again.generation, question.text))
        self._reply()
        self.shown.forget(question.generation)

    def stop(self) -> None:
        """Stop the answer, be it thinking, writing or speaking, and what is being said."""
        self._drop_turn()
        self._answering.stop(MessageState.INTERRUPTED)
        self._show_phase()

    def new_conversation(self) -> None:
        """Forget everything said so far."""
        self.stop()
        self._line.send(protocol.StartConversation(self.settings.current.voice or None))
        self.shown.clear()
        self._show_phase()

    def replay(self, message: Message) -> None:
        """Play what was said in a message once more."""
        self.stop()
        self._answering.replay(message)

    def _engine_is_there(self) -> bool:
        """Whether a question would find an engine; where not, the person is told what to do."""
        if self._line.usable:
            return True
        if not self.engine.alive:
            self.shown.set_notice(Notice("The engine is not running; restart it, then ask again.", "error", "restart"))
        elif self.shown.notice is None:
            self.shown.set_notice(Notice("No model is loaded; choose one in the settings.", "error", "settings"))
        return False

    def _make_way(self) -> None:
        """Whoever asks anew does not want to hear the rest of the last answer."""
        self._answering.stop(MessageState.INTERRUPTED)
        self.shown.set_notice(None)

    def _begin_turn(self, text: str, spoken: bool) -> Message:
        message = self.shown.new_turn(text, spoken)
        self._files.begin_turn(message)
        return message

    def _reply(self) -> None:
        self._answering.begin()
        self._show_phase()

    # files

    def attach(self, paths: list[Path]) -> None:
        """Read files for the next question; each shows at once and becomes ready or failed."""
        self._files.attach(paths)

    def detach(self, attachment: Attachment) -> None:
        """Leave a file out of the next question."""
        self.shown.detach(attachment)

    # speaking

    def start_talking(self) -> None:
        """The microphone button goes down."""
        if self._turn or not self._engine_is_there():
            return
        self._make_way()
        self._hearing.hold()
        self.shown.set_hands_free(False)
        self._show_phase()

    def stop_talking(self) -> None:
        """The microphone button goes up: what was said is the question."""
        self._hearing.end_turn()

    def set_hands_free(self, on: bool) -> None:
        """Keep the microphone open and let the voice find the turns, or close it."""
        if on == self.shown.hands_free or (on and not self._engine_is_there()):
            return
        if on:
            self._hearing.open()
        else:
            self._hearing.close()
        self.shown.set_hands_free(on)
        self._show_phase()

    def voice_begins(self) -> None:
        """A turn is being said."""
        self._make_way()
        self._turn = self._begin_turn("", spoken=True).generation
        self._show_phase()

    def voice_goes_on(self, samples: np.ndarray) -> None:
        """A piece of it, 16 kHz: the engine hears it at once."""
        question = self.shown.question()
        if not self._turn or question is None:
            return
        question.speech.append(samples)
        self._line.send_in_turn(protocol.Hear(self._turn, samples))
        self.shown.changed(question)

    def voice_ends(self) -> None:
        """The turn is complete."""
        question = self.shown.question()
        if not self._turn or question is None:
            return
        if question.speech_seconds < _SHORTEST_TURN:
            self._take_back_turn()
            self.shown.set_notice(Notice("That was very short: hold the microphone button for as long as you speak."))
            return
        self._turn = 0
        question.state = MessageState.COMPLETE
        self.shown.changed(question)
        self._reply()

    def voice_fails(self, problem: str) -> None:
        """The microphone cannot be heard, or no longer."""
        self._take_back_turn()
        self.shown.set_hands_free(False)
        self.shown.set_notice(Notice(problem, "warning"))
        self._show_phase()

    def _drop_turn(self) -> None:
        """Forget what is being said."""
        if self._turn or self._hearing.holding:
            self._hearing.drop_turn()
            self._take_back_turn()

    def _take_back_turn(self) -> None:
        if not self._turn:
            return
        generation, self._turn = self._turn, 0
        self._line.drop_turn()
        self._line.send(protocol.Discard(generation))
        question = self.shown.question()
        if question is not None:
            self.shown.remove(question)
        self._show_phase()

    # choices

    def choose_voice(self, voice: str) -> None:
        """Answer in this voice from the next answer on."""
        self.settings.change(voice=voice)
        if self.shown.model is not None:
            self._line.send(protocol.SetVoice(voice))

    def preview_voice(self, voice: str) -> None:
        """Let a voice introduce itself."""
        self.stop()
        self._answering.preview(voice)
        self._show_phase()

    def choose_speaker(self, device: str) -> None:
        """Play on this device from the next answer on."""
        self.settings.change(speaker=device)
        self._answering.use_speaker(device)

    def choose_microphone(self, device: str) -> None:
        """Listen to this device from now on."""
        self.settings.change(microphone=device)
        if self.shown.hands_free:
            self._hearing.open()

    # events

    def _on_event(self, event: protocol.Event) -> None:
        """On the engine's reading thread: sound is played at once, everything else happens on the GUI thread."""
        self._answering.hear(event)
        self._post(lambda: self._handle(event))

    def _handle(self, event: protocol.Event) -> None:
        self._line.take(event)
        match event:
            case protocol.Loaded():
                self._on_loaded(event)
            case protocol.LoadFailed(reason):
                self.shown.set_notice(Notice(reason, "error", "settings"))
                self._close_ears()
                self._fail_turn(reason)
            case protocol.EngineDied(exit_code, last_words):
                self._on_death(exit_code, last_words)
            case protocol.Failed(0, reason):
                if self._line.usable:
                    self.shown.set_notice(Notice(reason, "warning"))
            case protocol.Failed(generation, reason):
                if self._answering.take_failure(generation, reason):
                    self._fail_turn(reason)
            case protocol.Text() | protocol.Speech() | protocol.Trimmed() | protocol.ReplyDone():
                self._answering.take(event)
        self._show_phase()

    def _on_loaded(self, event: protocol.Loaded) -> None:
        self.shown.set_model(ModelInfo(event.name, event.device, event.precision, event.voices, event.voice))
        if not event.voices:
            self.shown.set_notice(Notice(f"{event.name} has no voice; its answers are text only."))
            return
        wanted = self.settings.current.voice
        if wanted and wanted != event.voice:
            self.settings.change(voice="")
            self.shown.set_notice(Notice(f"{event.name} has no voice “{wanted}”; {event.voice} speaks.", "info"))

    def _on_death(self, exit_code: int, last_words: str) -> None:
        log.warning("engine ended with %d; its last words:\n%s", exit_code, last_words)
        self._close_ears()
        self._turn = 0
        self._answering.engine_died()
        cause = f"signal {-exit_code}" if exit_code < 0 else f"code {exit_code}"
        text = f"The engine has stopped ({cause}). Your conversation is kept; restart the engine to go on."
        self.shown.set_notice(Notice(text, "error", "restart"))

    def _close_ears(self) -> None:
        """Nobody is there to be talked to."""
        self._hearing.drop_turn()
        self._hearing.close()
        self.shown.set_hands_free(False)

    def _fail_turn(self, reason: str) -> None:
        """The newest question gets no answer, or no complete one; it can be asked again."""
        if self._turn:
            self._hearing.drop_turn()
        self._line.drop_turn()
        self._turn = 0
        self._answering.fail(reason)

    # time

    def tick(self) -> None:
        """To be called about 20 times a second: notices what happens to the loudspeaker."""
        answering = self._answering
        answers = bool(answering.running or answering.previewing)
        deafens = not self.settings.current.interrupt_by_voice
        self._hearing.mind_loudspeaker(deafens and answering.sounding, deafens and answers)
        answering.tell_of_silence()
        self._show_phase()

    def _show_phase(self) -> None:
        self.shown.set_phase(self._phase(), bool(self._turn) or self._answering.going_on)

    def _phase(self) -> Phase:
        if self._turn:
            return Phase.LISTENING
        if self._line.state is EngineState.BROKEN:
            return Phase.FAILED
        if self._answering.sounding:
            return Phase.SPEAKING
        if self._line.state is EngineState.LOADING:
            return Phase.LOADING
        if self._answering.running or self._answering.previewing:
            answer = self.shown.answer()
            return Phase.ANSWERING if answer is not None and answer.text else Phase.THINKING
        return Phase.IDLE
