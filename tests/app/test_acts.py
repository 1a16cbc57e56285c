"""What people do at the wrong moment: stop, ask, choose and close while an answer runs or somebody speaks."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.application import Application
from app.session import Session
from app.settings import SettingsStore
from app.view_models.conversation import Phase
from app.view_models.message import Message, MessageState, Role
from tests.app.media import media_files
from tests.app.real.speech import framed
from tests.app.rig.programs import end
from tests.app.sound_doubles import RecordedVoice, spoken
from tests.app.test_window import answered, drop, type_and_send, visible_texts


def is_speaking(application: Application) -> bool:
    return application.shown.phase is Phase.SPEAKING


def questions(application: Application) -> list[Message]:
    return [message for message in application.shown.messages if message.role is Role.USER]


def listen(qtbot: QtBot, application: Application) -> Session:
    application.window.input.hands_free.click()
    assert application.shown.hands_free
    qtbot.wait(200)
    return application.session


def press_escape(qtbot: QtBot, application: Application) -> None:
    qtbot.keyClick(application.window, Qt.Key.Key_Escape)


# hands-free


def test_hands_free_answers_turn_after_turn(qtbot: QtBot, application: Application, voice: RecordedVoice) -> None:
    listen(qtbot, application)
    for turn in (1, 2):
        voice.say(framed(spoken(1.0)))
        qtbot.waitUntil(lambda: len(application.shown.messages) == 2 * turn, timeout=15_000)  # noqa: B023
        qtbot.waitUntil(answered(application), timeout=15_000)
        qtbot.waitUntil(lambda: application.shown.phase is Phase.IDLE, timeout=15_000)
        qtbot.wait(400)  # the room falls silent
    assert all(question.spoken and question.speech_seconds > 1.0 for question in questions(application))


def test_escape_forgets_a_turn_and_listening_goes_on(
    qtbot: QtBot, application: Application, voice: RecordedVoice
) -> None:
    listen(qtbot, application)
    voice.say(spoken(1.5))
    qtbot.waitUntil(lambda: application.shown.phase is Phase.LISTENING, timeout=15_000)
    press_escape(qtbot, application)
    assert application.shown.messages == [] and application.shown.hands_free
    qtbot.wait(2200)  # the rest of it is not taken for a new turn
    assert application.shown.messages == []
    voice.say(framed(spoken(1.0)))
    qtbot.waitUntil(lambda: bool(application.shown.messages), timeout=15_000)
    qtbot.waitUntil(answered(application), timeout=15_000)


def test_click_ends_a_turn_and_listening_goes_on(qtbot: QtBot, application: Application, voice: RecordedVoice) -> None:
    listen(qtbot, application)
    voice.say(spoken(3.0))
    qtbot.waitUntil(lambda: application.shown.phase is Phase.LISTENING, timeout=3000)
    qtbot.wait(500)
    qtbot.mouseClick(application.window.input.talk, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(answered(application), timeout=1500)  # long before the voice falls silent
    assert application.shown.hands_free
    qtbot.wait(3000)
    assert len(questions(application)) == 1
    voice.say(framed(spoken(1.0)))
    qtbot.waitUntil(lambda: len(questions(application)) == 2, timeout=4000)


def test_refused_turn_leaves_hands_free_on(
    qtbot: QtBot, application: Application, voice: RecordedVoice, tmp_path: Path
) -> None:
    text = tmp_path / "notes.wav"
    text.write_text("no sound at all")
    session = listen(qtbot, application)
    voice.say(framed(spoken(1.0)))
    session.attach([text])
    qtbot.waitUntil(lambda: bool(application.shown.messages), timeout=15_000)
    qtbot.waitUntil(lambda: application.shown.phase is Phase.IDLE, timeout=15_000)
    before = len(questions(application))
    qtbot.wait(600)
    voice.say(framed(spoken(1.0)))
    qtbot.waitUntil(lambda: len(questions(application)) == before + 1, timeout=15_000)
    qtbot.waitUntil(answered(application), timeout=15_000)


def test_hands_free_while_the_button_is_held_keeps_what_was_said(
    qtbot: QtBot, application: Application, voice: RecordedVoice
) -> None:
    voice.say(spoken(0.8))
    application.session.start_talking()
    qtbot.waitUntil(lambda: application.shown.phase is Phase.LISTENING, timeout=15_000)
    qtbot.wait(700)
    application.session.set_hands_free(True)
    qtbot.waitUntil(answered(application), timeout=15_000)
    assert application.shown.hands_free and len(questions(application)) == 1


def test_another_microphone_in_the_middle_of_a_turn(
    qtbot: QtBot, application: Application, voice: RecordedVoice
) -> None:
    session = listen(qtbot, application)
    voice.say(spoken(1.2))
    qtbot.waitUntil(lambda: application.shown.phase is Phase.LISTENING, timeout=15_000)
    qtbot.wait(500)
    session.choices.choose("microphone", "Desk microphone")
    qtbot.waitUntil(answered(application), timeout=15_000)
    assert application.shown.hands_free
    qtbot.waitUntil(lambda: application.shown.phase is not Phase.LISTENING, timeout=15_000)


def test_voice_interrupts_only_where_it_may(qtbot: QtBot, application: Application, voice: RecordedVoice) -> None:
    application.settings.change(barge_in=False)
    session = listen(qtbot, application)
    type_and_send(qtbot, application, "long")
    qtbot.waitUntil(lambda: is_speaking(application), timeout=15_000)
    voice.say(spoken(1.5))
    qtbot.wait(1800)
    assert len(questions(application)) == 1 and is_speaking(application)  # deaf while the loudspeaker plays
    press_escape(qtbot, application)
    application.settings.change(barge_in=True)
    type_and_send(qtbot, application, "long")
    qtbot.waitUntil(lambda: is_speaking(application), timeout=15_000)
    voice.say(framed(spoken(4.0)))  # so long that it is still spoken when the test looks, on a busy machine too
    qtbot.waitUntil(lambda: application.shown.phase is Phase.LISTENING, timeout=15_000)
    qtbot.wait(600)  # sound of the stopped reply still comes through the pipe, and must not make deaf
    assert application.shown.phase is Phase.LISTENING and not session.sounding
    qtbot.waitUntil(answered(application), timeout=15_000)


# while an answer runs


def test_escape_stops_the_answer_at_once(qtbot: QtBot, application: Application) -> None:
    type_and_send(qtbot, application, "long")
    qtbot.waitUntil(lambda: is_speaking(application), timeout=15_000)
    press_escape(qtbot, application)
    assert not application.session.sounding
    assert application.shown.phase is Phase.IDLE and not application.window.input.stop.isVisible()
    stopped = application.shown.messages[-1]
    text, pieces = stopped.text, len(stopped.speech)
    qtbot.wait(400)
    assert (stopped.text, len(stopped.speech), stopped.state) == (text, pieces, MessageState.INTERRUPTED)


def test_question_stopped_before_its_answer_can_be_asked_again(qtbot: QtBot, application: Application) -> None:
    application.session.engine.close()  # dead without a word: a question would never be answered
    type_and_send(qtbot, application, "anybody there")
    assert application.shown.phase is Phase.THINKING
    press_escape(qtbot, application)
    assert [message.role for message in application.shown.messages] == [Role.USER]
    qtbot.waitUntil(lambda: application.window.conversation.settled, timeout=15_000)
    view = application.window.conversation.views[0]
    qtbot.waitUntil(view._reason.isVisible, timeout=15_000)  # type: ignore[attr-defined]
    application.session.restart()
    qtbot.waitUntil(lambda: application.shown.phase is Phase.IDLE, timeout=15_000)
    view._reason.button.click()  # type: ignore[attr-defined]
    qtbot.waitUntil(answered(application), timeout=15_000)
    assert [m.text.strip() for m in application.shown.messages] == ["anybody there", "You said: anybody there"]


def test_asking_while_answering(qtbot: QtBot, application: Application) -> None:
    type_and_send(qtbot, application, "long one")
    qtbot.waitUntil(lambda: is_speaking(application), timeout=15_000)
    type_and_send(qtbot, application, "next")
    qtbot.waitUntil(answered(application), timeout=15_000)
    states = [message.state for message in application.shown.messages]
    assert states == [MessageState.COMPLETE, MessageState.INTERRUPTED, MessageState.COMPLETE, MessageState.COMPLETE]
    assert application.shown.messages[-1].text.strip() == "You said: next"


def test_new_conversation_while_answering(qtbot: QtBot, application: Application) -> None:
    type_and_send(qtbot, application, "long one")
    qtbot.waitUntil(lambda: is_speaking(application), timeout=15_000)
    application.window.new_wanted.emit()
    assert application.shown.messages == [] and not application.session.sounding
    qtbot.wait(300)
    assert application.shown.messages == [] and application.shown.phase is Phase.IDLE
    type_and_send(qtbot, application, "recite history")
    qtbot.waitUntil(answered(application), timeout=15_000)
    assert application.shown.messages[-1].text == "nothing"


def test_another_voice_while_answering(qtbot: QtBot, application: Application) -> None:
    type_and_send(qtbot, application, "slow words here")
    qtbot.waitUntil(lambda: bool(application.shown.messages[-1].text), timeout=15_000)
    application.session.choices.choose("voice", "Ben")
    qtbot.waitUntil(answered(application), timeout=15_000)
    assert application.shown.messages[-1].text.strip() == "You said: slow words here"
    type_and_send(qtbot, application, "which voice")
    qtbot.waitUntil(answered(application), timeout=15_000)
    assert application.shown.messages[-1].text == "Ben"


def test_another_model_while_answering(qtbot: QtBot, application: Application) -> None:
    type_and_send(qtbot, application, "first")
    qtbot.waitUntil(answered(application), timeout=15_000)
    type_and_send(qtbot, application, "long")
    qtbot.waitUntil(lambda: is_speaking(application), timeout=15_000)
    application.settings.change(model="another")
    application.session.reload()
    assert not application.session.sounding
    type_and_send(qtbot, application, "recite history")  # while it is still being loaded
    qtbot.waitUntil(answered(application), timeout=15_000)
    assert application.shown.model is not None and application.shown.model.name == "another"
    assert application.shown.messages[-1].text.startswith("user: first | assistant: You said: first")


def test_escape_while_the_model_is_loading(qtbot: QtBot, application: Application) -> None:
    application.session.restart()
    type_and_send(qtbot, application, "too early")
    assert application.shown.phase is Phase.LOADING and application.window.input.stop.isVisible()
    press_escape(qtbot, application)
    qtbot.waitUntil(lambda: application.shown.phase is Phase.IDLE, timeout=15_000)
    qtbot.wait(200)
    assert [m.text for m in application.shown.messages] == ["too early"]


def test_typing_takes_the_place_of_speaking(
    qtbot: QtBot, application: Application, voice: RecordedVoice, tmp_path: Path
) -> None:
    drop(application.window, [media_files.write_png(tmp_path / "a.png", 30, 20)])
    voice.say(spoken(2.0))
    application.session.start_talking()
    qtbot.waitUntil(lambda: application.shown.phase is Phase.LISTENING, timeout=15_000)
    qtbot.wait(400)
    type_and_send(qtbot, application, "rather typed")
    qtbot.waitUntil(answered(application), timeout=15_000)
    expected = ["rather typed", "You said: [picture 30×20] rather typed"]
    qtbot.waitUntil(lambda: visible_texts(application) == expected, timeout=15_000)


def test_closing_the_window_while_answering(qtbot: QtBot, application: Application) -> None:
    type_and_send(qtbot, application, "long")
    qtbot.waitUntil(lambda: is_speaking(application), timeout=15_000)
    pid = application.session.engine.pid
    assert pid is not None
    began = time.monotonic()
    application.window.close()
    application.close()
    assert time.monotonic() - began < 8.0
    assert not psutil.pid_exists(pid)


def test_closing_does_not_wait_for_a_film(tmp_path: Path) -> None:
    """In a process of its own, because what keeps a program from ending is known only once it has ended."""
    film = tmp_path / "film.mp4"
    os.mkfifo(film)
    program = f"""
import sys, threading, time
from pathlib import Path
from app.application import Application
from app.program import make_qt
from app.settings import SettingsStore
from PySide6.QtCore import QTimer
import app.media.loader as loader
loader._check = Path  # a pipe that never says anything stands for a film that takes minutes
qt = make_qt()
application = Application(qt, SettingsStore(Path({str(tmp_path)!r})), "tests.app.scripted_engine:load")
application.start()
application.session.attach([Path({str(film)!r})])
QTimer.singleShot(1500, qt.quit)
qt.exec()
assert loader._children, "nothing is being decoded"
print("closing", flush=True)
application.close()
"""
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    child = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, env=environment)
    try:
        assert child.stdout is not None
        assert child.stdout.readline() == b"closing\n"
        assert child.wait(20.0) == 0  # a film would take minutes
    finally:
        for process in psutil.Process(child.pid).children() if child.poll() is None else []:
            process.kill()
        end(child)


def test_nothing_is_heard_without_a_loudspeaker(qtbot: QtBot, application: Application) -> None:
    speaker = application.session._answering._player._speaker
    speaker.problem = "No loudspeaker could be opened; connect one."  # what a Speaker says whose device is missing
    type_and_send(qtbot, application, "hello")
    qtbot.waitUntil(answered(application), timeout=15_000)
    qtbot.waitUntil(application.window.banner.isVisible, timeout=15_000)
    assert "loudspeaker" in application.window.banner.text
    application.shown.set_notice(None)
    qtbot.wait(200)
    assert application.shown.notice is None  # told once for each answer


def test_forgotten_beginning_is_told_once_in_a_conversation(qtbot: QtBot, application: Application) -> None:
    def ask(text: str) -> None:
        type_and_send(qtbot, application, text)
        answer = f"You said: {text}"
        qtbot.waitUntil(lambda: application.shown.messages[-1].text.strip() == answer, timeout=15_000)
        qtbot.waitUntil(answered(application), timeout=15_000)

    ask("forget")
    assert "forgotten its beginning" in application.window.banner.text
    application.shown.set_notice(None)
    ask("forget again")
    assert application.shown.notice is None, "in a long call it would come up again and again"
    application.session.new_conversation()
    ask("forget this")
    assert application.shown.notice is not None


def test_settings_survive_a_broken_file(profile: Path) -> None:
    profile.mkdir()
    (profile / "settings.json").write_text("{ not json")
    store = SettingsStore(profile)
    assert store.problem is not None and "\n" not in store.problem
    assert (profile / "settings.damaged.json").read_text() == "{ not json"
