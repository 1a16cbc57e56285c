"""A conversation longer than what the window keeps in memory: nothing of it is lost, and nothing jumps."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app import earlier_turns, kept_messages
from app.application import Application
from app.history.records import Speech, StoredMessage
from app.history.sound import encode
from app.history.store import HistoryStore
from app.kept_messages import TURNS_IN_MEMORY
from app.media import MediaKind
from app.view_models.message import Message, MessageState, Role
from app.window.answer_view import AnswerView
from tests.app.conftest import Start
from tests.app.media import media_files
from tests.app.test_history import ask, titles, wait_for_titles
from tests.app.test_window import answered, drop

_TONE = np.sin(np.arange(4800) / 5).astype(np.float32)
_FEW = 8  # turns in memory, where a test makes all of them by asking


@pytest.fixture
def few_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    """A conversation is long after fewer turns than a test has time for."""
    for module in (earlier_turns, kept_messages):
        monkeypatch.setattr(module, "TURNS_IN_MEMORY", _FEW)
    monkeypatch.setattr(earlier_turns, "_LOOK_SECONDS", 0.05)


def write_conversation(profile: Path, turns: int) -> None:
    """One called "long", every seventh turn spoken, in the history of a program that does not run."""
    store = HistoryStore(profile / "history.sqlite")
    store._database.execute("PRAGMA synchronous = OFF")
    said = Speech(_TONE / 2, 16_000)
    for turn in range(1, turns + 1):
        store.save("long", StoredMessage(f"q{turn}", "user", turn, f"question {turn}", created=turn))
        store.save("long", StoredMessage(f"a{turn}", "assistant", turn, f"answer {turn} " * 20, created=turn))
        if turn % 7 == 0:
            store.add_recording(f"q{turn}", encode("user", said))
            store.add_recording(f"a{turn}", encode("assistant", Speech(said.samples, 24_000)))
    store.close()


def say_turns(application: Application, turns: int) -> None:
    """So many turns are had, as if by an engine that needs no time."""
    shown = application.shown
    first = shown.generation + 1
    for number in range(first, first + turns):
        shown.new_turn(f"question {number}")
        answer = shown.new_answer()
        answer.text, answer.state = f"answer {number} " * 20, MessageState.COMPLETE
        answer.speech, answer.sample_rate = [_TONE * min(0.5, number / 50)], 24_000
        shown.changed(answer)


def stored_texts(application: Application) -> list[str]:
    application.remembering.settle()
    store = HistoryStore(application.settings.path.with_name("history.sqlite"))
    texts = [message.text for message in store.messages(application.shown.conversation)]
    store.close()
    return texts


def questions(application: Application) -> list[str]:
    return [message.text for message in application.shown.messages if message.role is Role.USER]


def turns(application: Application) -> int:
    return len(questions(application))


def scroll_to_top(qtbot: QtBot, application: Application) -> None:
    """Up, and what is found there is loaded, until there is nothing more."""
    bar = application.window.conversation.verticalScrollBar()
    known = -1
    while known != len(application.shown.messages):
        known = len(application.shown.messages)
        bar.setValue(bar.minimum())
        qtbot.wait(60)
        application.remembering.settle()
        qtbot.wait(60)


def place_of(application: Application, message: Message) -> QPoint | None:
    conversation = application.window.conversation
    view = next((it for it in conversation.views if it.message is message), None)
    return view.mapTo(conversation.viewport(), QPoint(0, 0)) if view is not None else None


def messages_in_sight(application: Application) -> list[Message]:
    sight = application.window.conversation.viewport().rect()
    shown = application.window.conversation.views
    return [it.message for it in shown if sight.contains(place_of(application, it.message) or QPoint(-1, -1))]


def test_only_the_newest_turns_stay_in_memory_and_nothing_is_lost(
    qtbot: QtBot, application: Application, tmp_path: Path
) -> None:
    said = TURNS_IN_MEMORY + 20
    say_turns(application, said)
    qtbot.waitUntil(lambda: turns(application) == TURNS_IN_MEMORY, timeout=30_000)
    qtbot.wait(1500)
    assert turns(application) == TURNS_IN_MEMORY and questions(application)[-1] == f"question {said}"
    assert len(application.window.conversation._column.rows) == 2 * TURNS_IN_MEMORY
    kept = application.remembering._open
    assert len(kept.messages) == 2 * TURNS_IN_MEMORY and len(kept.turns) == len(kept.sounding) == TURNS_IN_MEMORY

    everything = [text for n in range(1, said + 1) for text in (f"question {n}", (f"answer {n} " * 20).strip())]
    assert stored_texts(application) == everything
    application.remembering.export(application.shown.conversation, tmp_path / "all.md")
    qtbot.waitUntil((tmp_path / "all.md").exists, timeout=15_000)
    written = (tmp_path / "all.md").read_text("utf-8")
    assert all(f"question {n}\n" in written for n in range(1, said + 1))
    application.remembering.search("question 3")
    qtbot.waitUntil(lambda: len(titles(application)) == 1, timeout=15_000)


@pytest.mark.usefixtures("few_turns")
def test_scrolling_up_brings_earlier_turns_back_with_their_sound(qtbot: QtBot, application: Application) -> None:
    say_turns(application, 40)
    qtbot.waitUntil(lambda: turns(application) == _FEW, timeout=30_000)
    scroll_to_top(qtbot, application)
    assert questions(application) == [f"question {n}" for n in range(1, 41)]
    assert len({it.key for it in application.shown.messages}) == 80
    generations = [it.generation for it in application.shown.messages]
    assert generations == sorted(generations) and len(set(generations)) == 40

    answer = application.shown.messages[5]
    qtbot.waitUntil(lambda: place_of(application, answer) is not None, timeout=15_000)
    view = next(it for it in application.window.conversation.views if it.message is answer)
    assert isinstance(view, AnswerView)
    qtbot.mouseClick(view._play, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: application.session.recordings.playing is answer, timeout=15_000)
    assert np.abs(np.concatenate(answer.speech)).max() == pytest.approx(3 / 50, rel=0.3)
    qtbot.mouseClick(view._copy, Qt.MouseButton.LeftButton)
    assert QApplication.clipboard().text() == ("answer 3 " * 20).strip()
    qtbot.waitUntil(lambda: application.shown.playhead is None, timeout=15_000)

    application.window.conversation.follow()
    qtbot.waitUntil(lambda: turns(application) == _FEW, timeout=30_000)  # nobody looks at them any more
    assert len(stored_texts(application)) == 80


@pytest.mark.usefixtures("few_turns")
def test_earlier_turn_that_came_back_is_answered_again_and_deleted(qtbot: QtBot, application: Application) -> None:
    for number in range(1, 12):
        ask(qtbot, application, f"matter {number}")
    qtbot.waitUntil(lambda: turns(application) == _FEW, timeout=30_000)
    acts, newest = application.window.conversation.acts, application.shown.messages[-1]
    acts.ask_again.emit(newest)  # it goes, and nothing of what is in the history alone goes with it
    qtbot.waitUntil(lambda: all(it is not newest for it in application.shown.messages), timeout=15_000)
    qtbot.waitUntil(answered(application), timeout=15_000)
    assert stored_texts(application)[::2] == [f"matter {n}" for n in range(1, 12)]

    scroll_to_top(qtbot, application)
    old_answer = application.shown.messages[3]
    assert old_answer.text.strip() == "You said: matter 2"
    acts.answer_again.emit(old_answer)
    qtbot.waitUntil(lambda: application.shown.messages[-1].text.strip() == "You said: matter 2", timeout=15_000)
    scroll_to_top(qtbot, application)
    acts.ask_again.emit(application.shown.messages[5])  # in its turn's place, at the end
    qtbot.waitUntil(lambda: application.shown.messages[-1].text.strip() == "You said: matter 3", timeout=15_000)
    expected = [1, 2, *range(4, 12), 2, 3]
    qtbot.waitUntil(lambda: stored_texts(application)[::2] == [f"matter {n}" for n in expected], timeout=15_000)


@pytest.mark.usefixtures("few_turns")
def test_nothing_in_sight_moves_when_turns_come_and_go(
    qtbot: QtBot, application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    conversation = application.window.conversation
    bar = conversation.verticalScrollBar()
    monkeypatch.setattr(earlier_turns, "_LOOK_SECONDS", 1e9)  # not before somebody looks back
    say_turns(application, 30)
    qtbot.wait(50)
    qtbot.waitUntil(lambda: conversation.settled, timeout=15_000)
    bar.setValue(bar.maximum() - 400)  # whoever looks back a little keeps all there is
    qtbot.waitUntil(lambda: conversation.settled, timeout=15_000)
    monkeypatch.setattr(earlier_turns, "_LOOK_SECONDS", 0.05)
    before = {it.key: place_of(application, it) for it in messages_in_sight(application)}
    assert before
    application.remembering.settle()
    qtbot.wait(500)
    assert turns(application) == 30
    assert {it.key: place_of(application, it) for it in messages_in_sight(application)} == before

    conversation.follow()
    qtbot.waitUntil(lambda: conversation.settled, timeout=15_000)
    before = {it.key: place_of(application, it) for it in messages_in_sight(application)}
    qtbot.waitUntil(lambda: turns(application) == _FEW, timeout=30_000)
    QApplication.processEvents()
    assert {it.key: place_of(application, it) for it in messages_in_sight(application)} == before

    bar.setValue(bar.minimum() + 150)
    first = application.shown.messages[0]
    places: set[int] = set()
    deadline = time.monotonic() + 15
    while turns(application) < 2 * _FEW and time.monotonic() < deadline:
        qtbot.wait(5)
        if (place := place_of(application, first)) is not None:
            places.add(place.y())
    qtbot.waitUntil(lambda: conversation.settled, timeout=15_000)
    assert turns(application) >= 2 * _FEW
    places.add(place_of(application, first).y())  # type: ignore[union-attr]
    assert len(places) == 1, f"it jumped: {places}"


@pytest.mark.usefixtures("few_turns")
def test_film_that_answers_speak_of_is_known_long_after_it_was_given(
    qtbot: QtBot, application: Application, tmp_path: Path
) -> None:
    drop(application.window, [media_files.write_png(tmp_path / "a.png", 300, 200)])
    ask(qtbot, application, "what is it")
    (picture,) = application.shown.messages[0].attachments
    assert picture.media is not None
    say_turns(application, 20)
    qtbot.waitUntil(lambda: turns(application) == _FEW, timeout=30_000)
    newest = application.shown.messages[-1]
    assert application.shown.given_before(newest, (MediaKind.IMAGE,)) is picture
    scroll_to_top(qtbot, application)
    assert application.shown.messages[0].attachments == [picture]
    assert application.shown.given_before(application.shown.messages[3], (MediaKind.IMAGE,)) is picture
    application.session.forget_senses(application.shown.messages[0])
    assert application.shown.given_before(newest, (MediaKind.IMAGE,)) is None


@pytest.mark.usefixtures("few_turns")
def test_turns_that_are_not_in_the_history_stay(
    qtbot: QtBot, application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper = application.remembering._keeper
    monkeypatch.setattr(keeper, "save_speech", lambda *_: None)  # as if it were still to be encoded
    say_turns(application, 20)
    qtbot.wait(500)
    assert turns(application) == 20

    application.remembering.set_private(True)
    say_turns(application, 20)
    qtbot.wait(500)
    assert turns(application) == 20, "nothing is kept of a private conversation, and so it is all there"


def test_reopened_conversation_shows_its_last_page_and_the_rest_when_wanted(
    qtbot: QtBot, start: Start, profile: Path
) -> None:
    write_conversation(profile, 300)
    application = start()
    wait_for_titles(qtbot, application, ["question 1"])
    began = time.perf_counter()
    application.remembering.open("long")
    qtbot.waitUntil(lambda: bool(application.shown.messages), timeout=15_000)
    QApplication.processEvents()
    print(f"opened after {1000 * (time.perf_counter() - began):.0f} ms")
    assert time.perf_counter() - began < 1.0
    newest = [f"question {n}" for n in range(301 - TURNS_IN_MEMORY, 301)]
    assert questions(application) == newest
    qtbot.wait(1500)
    assert questions(application) == newest
    scroll_to_top(qtbot, application)
    assert questions(application) == [f"question {n}" for n in range(1, 301)]
    spoken = application.shown.messages[13]
    assert spoken.text.startswith("answer 7 ") and spoken.spoken
    application.window.conversation.acts.play.emit(spoken, 0.0)
    qtbot.waitUntil(lambda: application.session.recordings.playing is spoken, timeout=15_000)

    ask(qtbot, application, "recite history")  # which leads back to the end; the engine knows the newest turns only
    assert "question 300" in application.shown.messages[-1].text
    qtbot.waitUntil(lambda: turns(application) == TURNS_IN_MEMORY, timeout=30_000)
    assert len(stored_texts(application)) == 602


def test_pages_with_deleted_turns_between_them(tmp_path: Path) -> None:
    store = HistoryStore(tmp_path / "history.sqlite")
    for turn in (1, 2, 50, 51, 90):
        store.save("c", StoredMessage(f"q{turn}", "user", turn, str(turn)))
    assert store.first_turn_of("c", 2) == 51
    assert store.first_turn_of("c", 2, 51) == 2
    assert store.first_turn_of("c", 2, 2) == 1
    assert store.first_turn_of("c", 2, 1) == store.first_turn_of("other", 2) == 0
    store.close()
