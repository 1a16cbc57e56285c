"""The real window, the real engine process and its pipes; only the model and the sound card are stand-ins."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.application import Application
from app.view_models.conversation import Phase
from app.view_models.message import AttachmentState, MessageState, Role
from tests.app.media import media_files
from tests.app.rig.heartbeat import LONGEST_STALL, Heartbeat
from tests.app.sound_doubles import RecordedVoice


def type_and_send(qtbot: QtBot, application: Application, text: str) -> None:
    field = application.window.input.field
    field.clear()
    qtbot.keyClicks(field, text)
    qtbot.keyClick(field, Qt.Key.Key_Return)


def answered(application: Application) -> Callable[[], bool]:
    return lambda: (answer := application.shown.answer()) is not None and answer.state is MessageState.COMPLETE


def visible_texts(application: Application) -> list[str]:
    return [view._text.toPlainText() for view in application.window.conversation.views]


def drop(window: QWidget, paths: list[Path]) -> bool:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    copy, button, no_keys = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    center = window.rect().center()
    enter = QDragEnterEvent(center, copy, data, button, no_keys)
    QApplication.sendEvent(window, enter)
    if not enter.isAccepted():
        return False
    event = QDropEvent(QPointF(center), copy, data, button, no_keys)
    QApplication.sendEvent(window, event)
    return event.isAccepted()


def test_typed_question_is_answered_in_the_window(qtbot: QtBot, application: Application) -> None:
    type_and_send(qtbot, application, "hello there")
    qtbot.waitUntil(answered(application), timeout=15_000)
    qtbot.waitUntil(lambda: visible_texts(application)[-1:] == ["You said: hello there"], timeout=15_000)
    assert visible_texts(application)[0] == "hello there"
    assert application.window.input.field.toPlainText() == ""
    answer = application.shown.answer()
    assert answer is not None and answer.speech_seconds == pytest.approx(0.4)


def test_window_is_never_blocked_during_a_reply(qtbot: QtBot, application: Application) -> None:
    """A lecture in Markdown, 5000 letters (1024 tokens, the limit) at up to 200 words a second, spoken meanwhile."""
    worst, work = [], []
    for _ in range(3):
        heartbeat = Heartbeat(application.window)
        type_and_send(qtbot, application, "lecture")
        qtbot.waitUntil(answered(application), timeout=30_000)
        qtbot.wait(100)
        heartbeat.stop()
        worst.append(heartbeat.longest)
        work.append(heartbeat.work)
        print(f"reply: 99 % of the gaps below {heartbeat.percentile(0.99) * 1000:.0f} ms")
        answer = application.shown.messages[-1]
        assert len(answer.text) > 5000 and answer.speech_seconds > 10
        application.session.new_conversation()
        if worst[-1] < LONGEST_STALL:
            break
    print(f"busy at most {min(worst) * 1000:.0f} ms at a time, {min(work) * 1000:.0f} ms of them own work")
    assert min(worst) < LONGEST_STALL, f"the GUI thread was busy for {min(worst) * 1000:.0f} ms"


@pytest.mark.skipif(os.name != "posix", reason="waits for a POSIX system, which has SIGKILL")
def test_killed_engine_leaves_everything_but_itself(qtbot: QtBot, application: Application) -> None:
    type_and_send(qtbot, application, "first question")
    qtbot.waitUntil(answered(application), timeout=15_000)
    type_and_send(qtbot, application, "long question")
    qtbot.waitUntil(lambda: len(application.shown.messages[-1].text) > 30, timeout=15_000)
    qtbot.keyClicks(application.window.input.field, "not sent yet")
    heartbeat = Heartbeat(application.window)

    pid = application.session.engine.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    qtbot.waitUntil(application.window.banner.isVisible, timeout=15_000)

    assert "restart" in application.window.banner.text and "\n" not in application.window.banner.text
    assert application.shown.phase is Phase.FAILED
    assert application.shown.messages[-1].state is MessageState.FAILED
    assert "word0" in visible_texts(application)[-1]
    qtbot.keyClick(application.window.input.field, Qt.Key.Key_Return)  # asks in vain: nothing is lost by that
    assert application.window.input.field.toPlainText() == "not sent yet"

    qtbot.mouseClick(application.window.banner.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: application.shown.phase is Phase.IDLE, timeout=15_000)
    assert not application.window.banner.isVisible()
    assert application.window.input.field.toPlainText() == "not sent yet"
    assert visible_texts(application)[:2] == ["first question", "You said: first question"]
    assert heartbeat.longest < 0.25, "the window stood still while the engine died and came back"

    type_and_send(qtbot, application, "recite history")
    qtbot.waitUntil(answered(application), timeout=15_000)
    answer = application.shown.answer()
    assert answer is not None and "user: first question | assistant: You said: first question" in answer.text


def test_engine_that_dies_while_loading_can_be_started_again(qtbot: QtBot, application: Application) -> None:
    application.settings.change(model="dies")
    application.session.reload()
    qtbot.waitUntil(lambda: application.shown.phase is Phase.FAILED, timeout=10_000)
    application.settings.change(model="nano")
    application.session.restart()
    qtbot.waitUntil(lambda: application.shown.phase is Phase.IDLE, timeout=15_000)


def test_crash_in_the_middle_and_ask_again(qtbot: QtBot, application: Application) -> None:
    type_and_send(qtbot, application, "please crash now")
    qtbot.waitUntil(lambda: application.shown.phase is Phase.FAILED, timeout=15_000)
    application.session.restart()
    qtbot.waitUntil(lambda: application.shown.phase is Phase.IDLE, timeout=15_000)
    failed = application.shown.messages[0]
    failed.text = "a tame question"
    application.session.ask_again(failed)
    qtbot.waitUntil(answered(application), timeout=15_000)
    assert [m.text.strip() for m in application.shown.messages] == ["a tame question", "You said: a tame question"]


def test_stop_drops_what_still_comes(qtbot: QtBot, application: Application) -> None:
    type_and_send(qtbot, application, "long")
    qtbot.waitUntil(lambda: len(application.shown.messages[-1].text) > 30, timeout=15_000)
    stopped = application.shown.messages[-1]
    qtbot.mouseClick(application.window.input.stop, Qt.MouseButton.LeftButton)
    text = stopped.text
    type_and_send(qtbot, application, "and now")
    qtbot.waitUntil(answered(application), timeout=15_000)
    assert stopped.text == text and stopped.state is MessageState.INTERRUPTED
    assert application.shown.messages[-1].text.strip() == "You said: and now"


def test_refused_question_keeps_the_conversation(qtbot: QtBot, application: Application) -> None:
    type_and_send(qtbot, application, "refuse this")
    qtbot.waitUntil(lambda: application.shown.messages[-1].state is MessageState.FAILED, timeout=15_000)
    assert application.shown.messages[-1].reason == "This is too long; 100 tokens fit."
    type_and_send(qtbot, application, "bug")
    qtbot.waitUntil(lambda: application.shown.messages[-1].state is MessageState.FAILED, timeout=15_000)
    type_and_send(qtbot, application, "still there")
    qtbot.waitUntil(answered(application), timeout=15_000)


def test_only_spaces_are_not_sent(qtbot: QtBot, application: Application) -> None:
    type_and_send(qtbot, application, "   ")
    assert application.shown.messages == []
    assert not application.window.input.send.isEnabled()


def test_missing_model_is_told(qtbot: QtBot, application: Application) -> None:
    application.settings.change(model="none")
    application.session.reload()
    qtbot.waitUntil(lambda: application.shown.phase is Phase.FAILED, timeout=15_000)
    assert "models download" in application.window.banner.text
    type_and_send(qtbot, application, "anybody")
    assert application.window.input.field.toPlainText() == "anybody"
    application.settings.change(model="nano")
    application.session.reload()
    qtbot.waitUntil(lambda: application.shown.phase is Phase.IDLE, timeout=15_000)
    assert not application.window.banner.isVisible()


# files


def test_dropped_files_are_read_and_sent(qtbot: QtBot, application: Application, tmp_path: Path) -> None:
    files = [
        media_files.write_png(tmp_path / "a.png", 30, 20),
        media_files.write_wav(tmp_path / "b.wav", media_files.tone(0.5)),
        media_files.write_video(tmp_path / "c.mp4", seconds=1.0),
    ]
    assert drop(application.window, files)
    qtbot.waitUntil(lambda: len(application.window.input._chip_flow.widgets()) == 3)  # shown two at a time
    type_and_send(qtbot, application, "what is this")  # while they are still being read: the question waits for them
    qtbot.waitUntil(answered(application), timeout=20_000)
    expected = "You said: [picture 30×20] [sound 0.5 s] [video 2 frames] what is this"
    assert application.shown.messages[-1].text.strip() == expected
    assert application.window.input._chip_flow.widgets() == []


def test_every_bad_file_is_one_line(qtbot: QtBot, application: Application, tmp_path: Path) -> None:
    for what, path in media_files.bad_files(tmp_path).items():
        application.shown.set_notice(None)
        assert drop(application.window, [path])
        qtbot.waitUntil(application.window.banner.isVisible, timeout=20_000)
        assert application.window.banner.text.startswith(path.name), what
        assert "\n" not in application.window.banner.text
        assert application.shown.attachments == [], what
    assert application.shown.messages == []


def test_bad_file_in_a_sent_question(qtbot: QtBot, application: Application, tmp_path: Path) -> None:
    text = tmp_path / "notes.wav"
    text.write_text("no sound at all")
    drop(application.window, [text])
    type_and_send(qtbot, application, "what is this")
    qtbot.waitUntil(lambda: application.shown.messages[-1].state is MessageState.FAILED, timeout=10_000)
    assert application.shown.messages[-1].reason.startswith("notes.wav:")
    type_and_send(qtbot, application, "go on")
    qtbot.waitUntil(answered(application), timeout=15_000)


def test_removed_file_is_not_sent(qtbot: QtBot, application: Application, tmp_path: Path) -> None:
    drop(application.window, [media_files.write_png(tmp_path / "a.png", 30, 20)])
    qtbot.waitUntil(lambda: application.shown.attachments[0].state is AttachmentState.READY, timeout=10_000)
    application.session.files.detach(application.shown.attachments[0])
    assert not application.window.input._chips.isVisible()
    type_and_send(qtbot, application, "alone")
    qtbot.waitUntil(answered(application), timeout=15_000)
    assert application.shown.messages[-1].text.strip() == "You said: alone"


def test_text_is_not_taken_for_a_file(application: Application) -> None:
    data = QMimeData()
    data.setText("just words")
    event = QDragEnterEvent(
        application.window.rect().center(),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(application.window, event)
    assert not event.isAccepted()


# voice


def test_holding_the_microphone_asks(qtbot: QtBot, application: Application, voice: RecordedVoice) -> None:
    voice.say(media_files.tone(0.8))
    talk = application.window.input.talk
    qtbot.mousePress(talk, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: application.shown.phase is Phase.LISTENING, timeout=15_000)
    qtbot.wait(700)
    qtbot.mouseRelease(talk, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(answered(application), timeout=15_000)
    question = application.shown.messages[0]
    assert question.role is Role.USER and question.spoken
    assert 0.5 < question.speech_seconds < 10.0
    assert "[voice" in application.shown.messages[-1].text


def test_clicking_the_microphone_twice_asks(qtbot: QtBot, application: Application, voice: RecordedVoice) -> None:
    voice.say(media_files.tone(2.0))
    talk = application.window.input.talk
    qtbot.mouseClick(talk, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: application.shown.phase is Phase.LISTENING, timeout=15_000)
    qtbot.wait(600)
    qtbot.mouseClick(talk, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(answered(application), timeout=15_000)


def test_escape_forgets_what_is_being_said(qtbot: QtBot, application: Application, voice: RecordedVoice) -> None:
    application.session.start_talking()
    qtbot.waitUntil(lambda: application.shown.phase is Phase.LISTENING, timeout=15_000)
    qtbot.wait(400)
    application.window._escape()
    qtbot.waitUntil(lambda: application.shown.phase is Phase.IDLE, timeout=15_000)
    assert application.shown.messages == []


def test_talking_into_an_answer_stops_it(qtbot: QtBot, application: Application, voice: RecordedVoice) -> None:
    type_and_send(qtbot, application, "long")
    qtbot.waitUntil(lambda: application.shown.phase is Phase.SPEAKING, timeout=15_000)
    qtbot.wait(300)
    spoken_to = application.shown.messages[-1]
    application.session.start_talking()
    qtbot.waitUntil(lambda: application.shown.phase is Phase.LISTENING, timeout=15_000)
    assert spoken_to.state is MessageState.INTERRUPTED
    assert not application.session.sounding
    qtbot.wait(500)
    application.session.stop_talking()
    qtbot.waitUntil(answered(application), timeout=15_000)


def test_missing_microphone_is_told(
    qtbot: QtBot, application: Application, voice: RecordedVoice, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.audio_devices import AudioError

    def refuse() -> None:
        raise AudioError("No microphone could be opened; connect one.")

    monkeypatch.setattr(voice, "open", refuse)
    application.session.set_hands_free(True)
    qtbot.waitUntil(application.window.banner.isVisible, timeout=15_000)
    assert "microphone" in application.window.banner.text
    assert not application.window.input.hands_free.isChecked()


# settings


def test_choices_are_kept(qtbot: QtBot, application: Application) -> None:
    panel = application.window.panel
    application.window.toggle_panel()
    panel.voice.voice.setCurrentText("Ben")
    panel.voice.voice.textActivated.emit("Ben")
    panel.voice.speak.setChecked(False)
    type_and_send(qtbot, application, "which voice")
    qtbot.waitUntil(answered(application), timeout=15_000)
    answer = application.shown.answer()
    assert answer is not None and answer.text == "Ben" and not answer.speech
    from app.settings import SettingsStore

    kept = SettingsStore().current
    assert kept.voice == "Ben" and not kept.speak_answers


def test_voice_preview_is_heard_and_not_shown(qtbot: QtBot, application: Application) -> None:
    application.session.preview_voice("Ben")
    qtbot.waitUntil(lambda: application.session.sounding, timeout=15_000)
    assert application.shown.messages == []
    qtbot.waitUntil(lambda: application.shown.phase is Phase.IDLE, timeout=15_000)


def test_new_conversation_is_empty(qtbot: QtBot, application: Application) -> None:
    type_and_send(qtbot, application, "hello")
    qtbot.waitUntil(answered(application), timeout=15_000)
    application.session.new_conversation()
    assert application.window.conversation.views == []
    type_and_send(qtbot, application, "recite history")
    qtbot.waitUntil(answered(application), timeout=15_000)
    assert application.shown.messages[-1].text == "nothing"


def test_every_control_has_a_name(application: Application) -> None:
    from PySide6.QtWidgets import QAbstractButton, QComboBox, QTextEdit

    application.window.toggle_panel()
    for kind in (QAbstractButton, QComboBox, QTextEdit):
        for control in application.window.findChildren(kind):
            if control.isVisible():
                name = control.accessibleName() or (control.text() if isinstance(control, QAbstractButton) else "")
                assert name, f"{control} has no accessible name"


MARKDOWN = """# Heading

First *paragraph* with [a link](https://example.org) and ![a picture](file:///etc/hostname).

- one
- two

```python
print("code")
```

| a | b |
|---|---|
| 1 | 2 |

<b>no markup</b>"""


def test_markdown_grows_without_losing_the_selection(qtbot: QtBot, application: Application) -> None:
    from app.window.message_text import MessageText

    text = MessageText(application.theme)
    qtbot.addWidget(text)
    text.resize(500, 10)
    text.show()
    heights = []
    for end in range(1, len(MARKDOWN) + 1, 7):
        text.show_text(MARKDOWN[:end], markdown=True)
        heights.append(text.height())
        if end == 50:
            cursor = text.textCursor()
            cursor.setPosition(2)
            cursor.setPosition(6, cursor.MoveMode.KeepAnchor)
            text.setTextCursor(cursor)
    text.show_text(MARKDOWN, markdown=True)
    assert text.textCursor().selectedText() == "adin"
    assert heights[-1] > 200 and text.height() == int(text.document().size().height() + 0.5)
    assert "<b>no markup</b>" in text.toPlainText()


def test_themes(application: Application) -> None:
    application.theme.choose("dark")
    dark = application.window.grab().toImage().pixelColor(5, 300)
    application.theme.choose("light")
    light = application.window.grab().toImage().pixelColor(5, 300)
    assert dark.lightness() < 60 and light.lightness() > 200


def test_recording_is_played_again(qtbot: QtBot, application: Application) -> None:
    type_and_send(qtbot, application, "hello")
    qtbot.waitUntil(answered(application), timeout=15_000)
    qtbot.waitUntil(lambda: application.shown.phase is Phase.IDLE, timeout=15_000)
    answer = application.shown.messages[-1]
    application.session.replay(answer)
    qtbot.waitUntil(lambda: application.shown.phase is Phase.SPEAKING, timeout=15_000)
    application.session.stop()
    assert answer.state is MessageState.COMPLETE
    assert np.concatenate(answer.speech).dtype == np.float32
