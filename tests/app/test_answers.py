"""What one can do with an answer: hear it from anywhere, follow it, keep it, have another one; how long it took."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.application import Application
from app.view_models.conversation import Phase, What
from app.view_models.message import MessageState
from app.window.answer_view import AnswerView
from app.window.question_view import QuestionView
from tests.app.media import media_files
from tests.app.sound_doubles import RecordedVoice
from tests.app.test_window import answered, type_and_send


def answer_to(qtbot: QtBot, application: Application, text: str) -> AnswerView:
    type_and_send(qtbot, application, text)
    qtbot.waitUntil(answered(application), timeout=15_000)
    qtbot.wait(100)
    qtbot.waitUntil(lambda: application.window.conversation.settled, timeout=15_000)
    view = application.window.conversation.views[-1]
    assert isinstance(view, AnswerView)
    return view


def silent(application: Application) -> bool:
    return application.shown.phase is Phase.IDLE and application.shown.playhead is None


def unspoken(view: AnswerView) -> str | None:
    """The part of the text that is shown as not spoken yet; None where nothing is told apart."""
    marks = view._text.extraSelections()
    muted = view.theme.tokens.muted
    return next((m.cursor.selectedText() for m in marks if m.format.foreground().color().name() == muted), None)


def test_caption_follows_the_voice(qtbot: QtBot, application: Application) -> None:
    type_and_send(qtbot, application, "slow " + "and some more words " * 8)
    qtbot.waitUntil(lambda: len(application.window.conversation.views) == 2, timeout=15_000)
    qtbot.waitUntil(lambda: application.shown.playhead is not None, timeout=15_000)
    view = application.window.conversation.views[-1]
    assert isinstance(view, AnswerView)
    qtbot.waitUntil(answered(application), timeout=15_000)
    qtbot.waitUntil(lambda: view._text.toPlainText().count("some") == 8, timeout=15_000)
    qtbot.wait(100)  # the last words may have made what is unspoken longer
    lengths = []
    while not silent(application):
        rest = unspoken(view)
        if rest is not None:
            lengths.append(len(rest))
            assert view._text.toPlainText().endswith(rest.replace("\u2029", "\n"))
        qtbot.wait(50)
    assert len(set(lengths)) > 8 and lengths == sorted(lengths, reverse=True)
    assert unspoken(view) is None, "an answer that has been heard looks as any other"


def test_what_was_not_heard_of_a_stopped_answer_stays_told_apart(qtbot: QtBot, application: Application) -> None:
    type_and_send(qtbot, application, "long")
    qtbot.waitUntil(lambda: (p := application.shown.playhead) is not None and p.seconds > 0.6, timeout=15_000)
    application.session.stop()
    qtbot.wait(200)
    qtbot.waitUntil(lambda: application.window.conversation.settled, timeout=15_000)
    view = application.window.conversation.views[-1]
    assert isinstance(view, AnswerView)
    answer = application.shown.messages[-1]
    assert answer.state is MessageState.INTERRUPTED and answer.heard_seconds is not None
    rest = unspoken(view)
    assert rest is not None and 0 < len(rest) < len(view._text.toPlainText())


def test_click_on_a_sentence_plays_from_there(qtbot: QtBot, application: Application) -> None:
    view = answer_to(qtbot, application, "First sentence is here. Second one follows it. Third one ends it.")
    qtbot.waitUntil(lambda: silent(application), timeout=15_000)
    text = view._text
    begin = text.toPlainText().index("Third")
    cursor = QTextCursor(text.document())
    cursor.setPosition(begin + 2)
    place = text.cursorRect(cursor).center() + QPoint(2, 0)
    qtbot.mouseClick(text.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.waitUntil(lambda: application.shown.playhead is not None, timeout=15_000)
    playhead = application.shown.playhead
    assert playhead is not None and playhead.of(view.message)
    assert 0.5 < playhead.seconds / playhead.total < 0.95
    qtbot.mouseClick(view._play, Qt.MouseButton.LeftButton)  # the same button is the way to stop it
    assert not application.session.sounding
    qtbot.waitUntil(lambda: silent(application), timeout=15_000)
    assert view.message.state is MessageState.COMPLETE


def test_sentence_by_keyboard(qtbot: QtBot, application: Application) -> None:
    view = answer_to(qtbot, application, "First sentence is here. Second one follows it.")
    qtbot.waitUntil(lambda: silent(application), timeout=15_000)
    view._text.setFocus()
    cursor = view._text.textCursor()
    cursor.setPosition(view._text.toPlainText().index("Second") + 1)
    view._text.setTextCursor(cursor)
    qtbot.keyClick(view._text, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: application.shown.playhead is not None, timeout=15_000)
    assert application.shown.playhead is not None and application.shown.playhead.seconds > 0.3


def test_jumping_about_in_the_answer_that_is_heard_interrupts_nothing(qtbot: QtBot, application: Application) -> None:
    type_and_send(qtbot, application, "many words to hear " * 6)
    qtbot.waitUntil(answered(application), timeout=15_000)
    assert application.session.sounding
    application.session.replay(application.shown.messages[-1], 1.0)
    qtbot.wait(300)
    assert application.shown.messages[-1].state is MessageState.COMPLETE
    assert application.shown.playhead is not None and application.shown.playhead.seconds > 1.0


def test_answer_is_saved_as_it_sounds(qtbot: QtBot, application: Application, tmp_path: Path) -> None:
    view = answer_to(qtbot, application, "hello there")
    path = tmp_path / "kept.wav"
    application.window.conversation.acts.save.emit(view.message, path)
    qtbot.waitUntil(application.window.banner.isVisible, timeout=15_000)
    assert str(path) in application.window.banner.text
    samples, rate = soundfile.read(path, dtype="float32")
    assert rate == 24_000 and np.allclose(samples, np.concatenate(view.message.speech), atol=1e-4)
    application.session.recordings.save(view.message, tmp_path / "nowhere" / "kept.wav")
    qtbot.waitUntil(lambda: "does not exist" in application.window.banner.text, timeout=15_000)


def test_answer_is_copied(qtbot: QtBot, application: Application) -> None:
    view = answer_to(qtbot, application, "hello there")
    qtbot.mouseClick(view._copy, Qt.MouseButton.LeftButton)
    assert QApplication.clipboard().text().strip() == "You said: hello there"


def test_newest_answer_is_made_anew_in_its_place(qtbot: QtBot, application: Application) -> None:
    answer_to(qtbot, application, "before")
    view = answer_to(qtbot, application, "roll the dice")
    assert view.message.text.strip() == "You said: roll the dice 1"
    qtbot.mouseClick(view._again, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(answered(application), timeout=15_000)
    texts = [m.text.strip() for m in application.shown.messages]
    assert texts == ["before", "You said: before", "roll the dice", "You said: roll the dice 2"]
    type_and_send(qtbot, application, "recite history")
    qtbot.waitUntil(answered(application), timeout=15_000)
    assert "dice 2" in application.shown.messages[-1].text and "dice 1" not in application.shown.messages[-1].text


def test_older_answer_is_asked_for_again_at_the_end(qtbot: QtBot, application: Application) -> None:
    view = answer_to(qtbot, application, "roll the dice")
    answer_to(qtbot, application, "after")
    application.session.answer_again(view.message)
    qtbot.waitUntil(answered(application), timeout=15_000)
    texts = [m.text.strip() for m in application.shown.messages]
    assert texts[:4] == ["roll the dice", "You said: roll the dice 1", "after", "You said: after"]
    assert texts[4:] == ["roll the dice", "You said: roll the dice 2"]


def test_answer_again_with_a_new_engine(qtbot: QtBot, application: Application) -> None:
    view = answer_to(qtbot, application, "hello")
    application.session.restart()
    qtbot.waitUntil(lambda: application.shown.phase is Phase.IDLE, timeout=15_000)
    application.session.answer_again(view.message)
    qtbot.waitUntil(answered(application), timeout=15_000)
    assert [m.text.strip() for m in application.shown.messages][-2:] == ["hello", "You said: hello"]


def test_own_speech_is_replayed_from_where_one_clicks(
    qtbot: QtBot, application: Application, voice: RecordedVoice
) -> None:
    voice.say(media_files.tone(2.0))
    application.session.start_talking()
    qtbot.wait(1500)
    application.session.stop_talking()
    qtbot.waitUntil(answered(application), timeout=15_000)
    application.session.stop()
    qtbot.waitUntil(lambda: silent(application), timeout=15_000)
    qtbot.waitUntil(lambda: application.window.conversation.settled, timeout=15_000)
    view = next(v for v in application.window.conversation.views if isinstance(v, QuestionView))
    waveform = view._voice._waveform
    qtbot.mouseClick(waveform, Qt.MouseButton.LeftButton, pos=QPoint(waveform.width() // 2, 10))
    qtbot.waitUntil(lambda: application.shown.playhead is not None, timeout=15_000)
    playhead = application.shown.playhead
    assert playhead is not None and playhead.of(view.message) and playhead.seconds > 0.3 * playhead.total
    qtbot.waitUntil(lambda: silent(application), timeout=15_000)
    waveform.setFocus()
    qtbot.keyClick(waveform, Qt.Key.Key_Right)
    qtbot.waitUntil(lambda: application.shown.playhead is not None, timeout=15_000)


def test_speech_that_rests_on_disk_is_still_the_same(qtbot: QtBot, application: Application) -> None:
    view = answer_to(qtbot, application, "hello there")
    qtbot.waitUntil(lambda: len(view.message.speech) == 1, timeout=15_000)
    (samples,) = view.message.speech
    assert not samples.flags.writeable and view.message.speech_seconds == 0.4
    application.session.replay(view.message)
    qtbot.waitUntil(lambda: application.shown.playhead is not None, timeout=15_000)


def test_waterfall_shows_what_was_waited_for(qtbot: QtBot, application: Application) -> None:
    view = answer_to(qtbot, application, "hello there")
    latency = view.message.latency
    assert latency is not None and latency.first_text is not None
    qtbot.waitUntil(lambda: latency.first_sound is not None, timeout=15_000)  # noticed by the next tick
    assert latency.first_sound is not None and latency.asked < latency.first_text
    assert latency.asked < latency.first_sound
    assert latency.memory_bytes > 10_000_000 and latency.speech_seconds > 0
    before = view.height()
    qtbot.mouseClick(view._timing, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: view.height() > before + 40, timeout=15_000)
    assert view._waterfall is not None and "first sound at the device" in view._waterfall.accessibleName()


def test_playhead_is_told_only_while_something_plays(qtbot: QtBot, application: Application) -> None:
    told: list[What] = []
    application.shown.subscribe(lambda change: told.append(change.what))
    qtbot.wait(300)
    assert What.PLAYHEAD not in told


def test_captions_in_large_letters_follow_the_voice(qtbot: QtBot, application: Application) -> None:
    captions = application.window.input.captions
    assert not captions.isVisible()
    qtbot.keyClick(application.window, Qt.Key.Key_F9)
    assert captions.isVisible() and application.settings.current.captions
    assert captions.fontMetrics().height() > 1.7 * application.window.input.field.fontMetrics().height()
    type_and_send(qtbot, application, "First sentence of **four** words. Second one follows it. Third one ends it.")
    seen: list[str] = []

    def all_spoken() -> bool:
        if captions.words and captions.words not in seen:
            seen.append(captions.words)
        return silent(application) and answered(application)()

    qtbot.waitUntil(all_spoken, timeout=15_000)
    sentences = ["You said: First sentence of four words.", "Second one follows it.", "Third one ends it."]
    assert [words for words in seen if words in sentences] == sentences
    assert captions.accessibleName() == sentences[-1]
    qtbot.keyClick(application.window, Qt.Key.Key_F9)
    assert not captions.isVisible() and not application.settings.current.captions
