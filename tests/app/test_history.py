"""The history as people use it: in the real window, over restarts, with a damaged file and in private."""

from __future__ import annotations

import json
import sqlite3
import time
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QFileDialog, QMessageBox
from pytestqt.qtbot import QtBot

from app.application import Application
from app.history.records import StoredMessage
from app.history.store import HistoryStore
from app.kept_messages import TURNS_IN_MEMORY
from app.settings import SettingsStore
from app.view_models.conversation import Notice
from app.view_models.message import AttachmentState, MessageState
from app.window.history_list import Heading
from app.window.history_panel import HistoryPanel
from app.window.question_view import QuestionView
from tests.app.conftest import Start
from tests.app.media import media_files
from tests.app.rig.heartbeat import LONGEST_STALL, Heartbeat
from tests.app.sound_doubles import RecordedVoice
from tests.app.test_window import answered, drop, type_and_send, visible_texts


def ask(qtbot: QtBot, application: Application, text: str) -> None:
    type_and_send(qtbot, application, text)
    qtbot.waitUntil(answered(application), timeout=15_000)


def titles(application: Application) -> list[str]:
    return [entry.title for entry in application.remembering.history.entries]


def wait_for_titles(qtbot: QtBot, application: Application, expected: list[str]) -> None:
    qtbot.waitUntil(lambda: titles(application) == expected, timeout=15_000)


def open_panel(application: Application) -> HistoryPanel:
    if not application.window.history.isVisible():
        application.window.toggle_history()
    return application.window.history


def click(qtbot: QtBot, application: Application, title: str) -> None:
    rows = application.window.history.list
    entry = next(entry for entry in application.remembering.history.entries if entry.title == title)
    where = rows.visualRect(rows.rows.index_of(entry.key)).center()
    qtbot.mouseClick(rows.viewport(), Qt.MouseButton.LeftButton, pos=where)
    qtbot.waitUntil(lambda: application.shown.conversation == entry.key, timeout=15_000)


def test_conversation_is_found_again_after_a_restart_and_gone_on_with(
    qtbot: QtBot, start: Start, voice: RecordedVoice
) -> None:
    first = start()
    ask(qtbot, first, "first question")
    voice.say(media_files.tone(1.0))
    qtbot.mousePress(first.window.input.talk, Qt.MouseButton.LeftButton)
    qtbot.wait(900)
    qtbot.mouseRelease(first.window.input.talk, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(answered(first), timeout=15_000)
    spoken = first.shown.messages[2].speech_seconds
    first.window.new_wanted.emit()
    ask(qtbot, first, "another matter")
    wait_for_titles(qtbot, first, ["another matter", "first question"])
    open_panel(first)

    second = start()
    panel = second.window.history
    assert panel.isVisible()  # as it was left
    wait_for_titles(qtbot, second, ["another matter", "first question"])
    assert second.shown.messages == []
    click(qtbot, second, "first question")
    assert [m.text for m in second.shown.messages[:3]] == ["first question", "You said: first question", ""]
    qtbot.waitUntil(lambda: "You said: first question" in visible_texts(second), timeout=15_000)
    question, answer = second.shown.messages[2:4]
    assert question.speech and question.speech_seconds == pytest.approx(spoken, abs=0.01)
    qtbot.waitUntil(lambda: bool(answer.speech), timeout=15_000)  # read from the history meanwhile
    assert answer.sample_rate == 24_000
    ask(qtbot, second, "recite history")
    recited = second.shown.messages[-1].text
    assert recited.startswith("user: first question | assistant: You said: first question | user: [sound ")
    assert "another matter" not in recited

    third = start()
    wait_for_titles(qtbot, third, ["first question", "another matter"])
    click(qtbot, third, "first question")
    assert [message.text for message in third.shown.messages[4:]] == ["recite history", recited.strip()]


def test_what_a_camera_saw_is_kept_until_it_is_deleted(
    qtbot: QtBot, start: Start, profile: Path, tmp_path: Path
) -> None:
    camera = media_files.write_video(tmp_path / "camera.mp4", seconds=10.0, fps=20, size=(320, 240))
    first = start()
    first.window.input.look_wanted.emit("camera", str(camera))
    qtbot.waitUntil(lambda: first.shown.view is not None, timeout=15_000)
    ask(qtbot, first, "what do you see")
    seen = np.array(first.shown.messages[0].seen.frames[0])
    first.window.input.look_wanted.emit("", "")

    second = start()
    wait_for_titles(qtbot, second, ["what do you see"])
    open_panel(second)
    click(qtbot, second, "what do you see")
    question = second.shown.messages[0]
    assert question.seen.times == [0.0]
    qtbot.waitUntil(lambda: not question.seen.resting, timeout=15_000)
    assert np.abs(np.asarray(question.seen.frames[0]).astype(int) - seen).max() < 8
    second.window.conversation.acts.ask_again.emit(second.shown.messages[1])  # the model sees it once more
    qtbot.waitUntil(answered(second), timeout=15_000)
    assert "[1 frames to 0.0 s]" in second.shown.messages[-1].text
    qtbot.waitUntil(lambda: second.window.conversation.settled, timeout=15_000)
    view = next(v for v in second.window.conversation.views if v.message is second.shown.messages[0])
    assert isinstance(view, QuestionView)
    qtbot.mouseClick(view._open_drawer, Qt.MouseButton.LeftButton)
    assert view._drawer is not None and view._drawer.strip is not None
    qtbot.mouseClick(view._drawer.delete, Qt.MouseButton.LeftButton)

    third = start()
    wait_for_titles(qtbot, third, ["what do you see"])
    open_panel(third)
    click(qtbot, third, "what do you see")
    assert not third.shown.messages[0].seen
    keeper = third.remembering._keeper
    rows = keeper._thread.submit(lambda: keeper._opened()._database.execute("SELECT count(*) FROM frame").fetchone())
    assert rows.result(60) == (0,)


def test_files_of_an_old_question_can_be_asked_about_again(qtbot: QtBot, start: Start, tmp_path: Path) -> None:
    first = start()
    drop(first.window, [media_files.write_png(tmp_path / "a.png", 30, 20)])
    ask(qtbot, first, "what is it")
    second = start()
    wait_for_titles(qtbot, second, ["what is it"])
    open_panel(second)
    click(qtbot, second, "what is it")
    attachment = second.shown.messages[0].attachments[0]
    assert attachment.thumbnail is not None and attachment.state is AttachmentState.READY
    second.window.conversation.acts.ask_again.emit(second.shown.messages[1])
    qtbot.waitUntil(answered(second), timeout=10_000)
    assert second.shown.messages[-1].text.strip() == "You said: [picture 30×20] what is it"

    wait_for_titles(qtbot, second, ["what is it"])  # the answer of before has been replaced in the history too
    third = start()
    wait_for_titles(qtbot, third, ["what is it"])
    assert third.remembering.history.entries[0].messages == 2


def test_search_rename_pin_and_delete(
    qtbot: QtBot, start: Start, profile: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    application = start()
    panel = open_panel(application)
    assert panel.empty.isVisible() and not panel.list.isVisible()
    for text in ("plum dumplings", "blue skies", "zqxjkv secret"):
        ask(qtbot, application, text)
        application.session.new_conversation()
    wait_for_titles(qtbot, application, ["zqxjkv secret", "blue skies", "plum dumplings"])

    application.window.search_history()
    qtbot.keyClicks(panel.search, "DUMP")
    wait_for_titles(qtbot, application, ["plum dumplings"])
    assert "dumplings" in panel.list.rows.detail(application.remembering.history.entries[0])
    panel.search.setText("never said")
    qtbot.waitUntil(panel.empty.isVisible, timeout=15_000)
    assert "never said" in panel.empty.text()
    panel.search.clear()
    wait_for_titles(qtbot, application, ["zqxjkv secret", "blue skies", "plum dumplings"])

    rows = panel.list.rows
    plum = application.remembering.history.entries[2]
    panel.list.rename(plum.key)
    editor = QApplication.focusWidget()
    assert editor is not None
    qtbot.keyClicks(editor, "Dinner")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    wait_for_titles(qtbot, application, ["zqxjkv secret", "blue skies", "Dinner"])

    actions = {action.text(): action for action in panel.menu(plum).actions()}
    actions["Pin to the top"].trigger()
    wait_for_titles(qtbot, application, ["Dinner", "zqxjkv secret", "blue skies"])
    assert isinstance(rows.rows[0], Heading) and rows.title(rows.rows[0]) == "Pinned"
    assert "pinned" in str(rows.data(rows.index(1), Qt.ItemDataRole.AccessibleTextRole))

    secret = application.remembering.history.entries[1]
    panel.list.setCurrentIndex(rows.index_of(secret.key))
    qtbot.keyClick(panel.list, Qt.Key.Key_Delete)
    box = panel.findChild(QMessageBox)
    assert box is not None and "zqxjkv secret" in box.text()
    next(button for button in box.buttons() if button.text() == "Delete").click()
    wait_for_titles(qtbot, application, ["Dinner", "blue skies"])
    application.remembering.settle()
    assert all(b"zqxjkv" not in path.read_bytes() for path in profile.rglob("*") if path.is_file())


def test_deleting_the_open_conversation_while_it_is_answered(qtbot: QtBot, start: Start, profile: Path) -> None:
    application = start()
    type_and_send(qtbot, application, "long zqxjkv")
    qtbot.waitUntil(lambda: len(titles(application)) == 1, timeout=15_000)
    application.remembering.delete(application.shown.conversation)
    assert application.shown.messages == []
    wait_for_titles(qtbot, application, [])
    application.remembering.settle()
    assert all(b"zqxjkv" not in path.read_bytes() for path in profile.rglob("*") if path.is_file())
    ask(qtbot, application, "and on")
    wait_for_titles(qtbot, application, ["and on"])


def test_private_conversation_leaves_no_trace(qtbot: QtBot, start: Start, profile: Path) -> None:
    application = start()
    panel = open_panel(application)
    ask(qtbot, application, "kept")
    assert not application.window._private.isVisible()
    panel.private.click()
    assert application.shown.messages == [] and application.window._private.isVisible()
    ask(qtbot, application, "zqxjkv between us")
    qtbot.keyClicks(application.window.input.field, "zqxjkv draft")
    qtbot.wait(1000)  # drafts are saved after a pause
    panel.private.click()
    assert application.shown.messages == [] and not application.window._private.isVisible()
    application.window.input.field.clear()
    ask(qtbot, application, "kept too")
    wait_for_titles(qtbot, application, ["kept too", "kept"])
    start()
    assert all(b"zqxjkv" not in path.read_bytes() for path in profile.rglob("*") if path.is_file())


def test_nothing_is_kept_where_nothing_is_to_be_kept(qtbot: QtBot, start: Start, profile: Path) -> None:
    SettingsStore(profile).change(retention="none")
    application = start()
    ask(qtbot, application, "hello")
    application.session.new_conversation()
    qtbot.wait(200)
    assert titles(application) == [] and application.window._private.isVisible()


def test_old_conversations_are_deleted_at_the_start(qtbot: QtBot, start: Start, profile: Path) -> None:
    application = start()
    ask(qtbot, application, "old")
    application.session.new_conversation()
    ask(qtbot, application, "new")
    wait_for_titles(qtbot, application, ["new", "old"])
    database = sqlite3.connect(profile / "history.sqlite")
    database.execute("UPDATE conversation SET updated = updated - 8 * 86400 WHERE title = 'old'")
    database.commit()
    database.close()
    application.settings.change(retention="7")
    application = start()
    wait_for_titles(qtbot, application, ["new"])


def test_draft_survives_a_machine_that_stops(qtbot: QtBot, start: Start, profile: Path) -> None:
    application = start()
    qtbot.keyClicks(application.window.input.field, "not sent yet")
    stored = profile / "settings.json"
    qtbot.waitUntil(
        lambda: stored.exists() and json.loads(stored.read_text())["draft"] == "not sent yet", timeout=15_000
    )
    assert start().window.input.field.toPlainText() == "not sent yet"


def test_damaged_history_is_told_and_what_is_open_is_kept_again(qtbot: QtBot, start: Start, profile: Path) -> None:
    application = start()
    ask(qtbot, application, "said before the accident")
    wait_for_titles(qtbot, application, ["said before the accident"])
    keeper = application.remembering._keeper

    def damage() -> None:  # on the keeper's thread: nothing that it still has to write comes in between
        keeper._close()
        (profile / "history.sqlite").write_bytes(b"\0" * 5000 + b"damage" * 1000)

    keeper._thread.submit(damage).result(60)
    ask(qtbot, application, "said after it")
    qtbot.waitUntil(application.window.banner.isVisible, timeout=15_000)
    assert "history.damaged-1.sqlite" in application.window.banner.text
    application = start()
    wait_for_titles(qtbot, application, ["said before the accident"])
    assert application.remembering.history.entries[0].messages == 4


def test_answer_that_runs_when_the_program_ends_is_kept(qtbot: QtBot, start: Start) -> None:
    application = start()
    type_and_send(qtbot, application, "long")
    qtbot.waitUntil(lambda: len(application.shown.messages[-1].text) > 30, timeout=15_000)
    application = start()
    wait_for_titles(qtbot, application, ["long"])
    open_panel(application)
    click(qtbot, application, "long")
    answer = application.shown.messages[-1]
    assert answer.state is MessageState.INTERRUPTED and answer.text.startswith("word0 word1")


def test_answer_that_runs_is_kept_as_far_as_it_has_come(qtbot: QtBot, start: Start, profile: Path) -> None:
    """Without a goodbye: what a display or a machine that goes away would leave."""
    application = start()
    type_and_send(qtbot, application, "long")
    keeper = application.remembering._keeper

    def kept() -> list[tuple[str, str]]:
        wanted = "SELECT state, text FROM message WHERE role = 'assistant'"
        return keeper._thread.submit(lambda: keeper._opened()._database.execute(wanted).fetchall()).result(60)

    qtbot.waitUntil(lambda: bool(kept()), timeout=15_000)
    assert application.shown.messages[-1].state is MessageState.GROWING
    ((state, text),) = kept()
    assert state == "interrupted" and text.startswith("word0")
    qtbot.waitUntil(answered(application), timeout=30_000)
    qtbot.waitUntil(lambda: kept()[0][0] == "complete", timeout=15_000)
    assert kept()[0][1].endswith("word399")


def test_export(qtbot: QtBot, start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    application = start()
    ask(qtbot, application, "hello / there: you?")
    qtbot.waitUntil(lambda: len(titles(application)) == 1, timeout=15_000)
    entry = application.remembering.history.entries[0]
    panel = open_panel(application)
    offered: list[str] = []

    def choose(_parent: object, _caption: str, where: str, _filter: str) -> tuple[str, str]:
        offered.append(where)
        return str(tmp_path / "mine"), ""

    monkeypatch.setattr(QFileDialog, "getSaveFileName", choose)
    for action in panel.menu(entry).actions():
        if "Export" in action.text():
            application.shown.set_notice(None)
            action.trigger()
            qtbot.waitUntil(application.window.banner.isVisible, timeout=15_000)
            assert str(tmp_path / "mine") in application.window.banner.text
    assert (tmp_path / "mine.md").read_text("utf-8").startswith("# hello / there: you?")
    assert (tmp_path / "mine.zip").stat().st_size > 500
    assert [Path(name).name for name in offered] == ["hello there you.md", "hello there you.zip"]

    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "no" / "x.md"), ""))
    application.shown.set_notice(None)
    panel._export(entry, ".md")
    qtbot.waitUntil(application.window.banner.isVisible, timeout=15_000)
    assert "cannot be written" in application.window.banner.text


def test_that_nothing_can_be_kept_is_told_for_as_long_as_it_is_so(qtbot: QtBot, start: Start) -> None:
    """Of all that may be told meanwhile, it is what somebody would miss most."""
    application = start()
    ask(qtbot, application, "hello")
    keeper, shown = application.remembering._keeper, application.shown
    keeper.settle()
    pages = "PRAGMA max_page_count = {}"
    keeper._opened()._database.execute(pages.format(1))  # SQLite's own "disk is full"; no less than there are
    ask(qtbot, application, "and more")  # its answer, with its sound, needs more pages
    qtbot.waitUntil(lambda: "cannot be kept" in application.window.banner.text, timeout=15_000)
    told = application.window.banner.text
    shown.set_notice(Notice("The loudspeaker had gone; the answer goes on on the one that is there now."))
    ask(qtbot, application, "is it still told")
    assert application.window.banner.isVisible() and application.window.banner.text == told
    shown.set_notice(Notice("The microphone has gone; connect it and try again.", "warning"))
    assert "microphone" in application.window.banner.text
    ask(qtbot, application, "and now")
    assert application.window.banner.text == told, "a warning that is over makes room for it again"

    keeper._opened()._database.execute(pages.format(100_000))
    keeper.retry()
    qtbot.waitUntil(lambda: "kept again" in application.window.banner.text, timeout=15_000)
    while shown.notice is not None:
        assert "cannot be kept" not in shown.notice.text
        shown.set_notice(None)


def test_narrow_window_shows_the_list_alone(qtbot: QtBot, start: Start) -> None:
    application = start()
    ask(qtbot, application, "hello")
    application.session.new_conversation()
    wait_for_titles(qtbot, application, ["hello"])
    window = application.window
    window.resize(480, 700)
    qtbot.keyClick(window, Qt.Key.Key_B, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: window.history.width() == 480, timeout=15_000)
    assert not window.input.isVisible()
    click(qtbot, application, "hello")
    assert window.input.isVisible() and not window.history.isVisible()
    window.resize(900, 700)
    window.toggle_history()
    assert window.history.isVisible() and window.input.isVisible()
    window.toggle_panel()  # not room for all three
    assert window.panel.isVisible() and not window.history.isVisible()


def test_long_history_does_not_stop_the_window(qtbot: QtBot, start: Start, profile: Path) -> None:
    """2000 conversations in the list: shown, scrolled and searched without a stall."""
    store = HistoryStore(profile / "history.sqlite")
    store._database.execute("PRAGMA synchronous = OFF")
    for number in range(2000):
        store.save(f"c{number}", StoredMessage(f"m{number}", "user", 1, f"talk number {number}", created=number * 9e4))
    store.close()
    application = start()
    qtbot.waitUntil(lambda: len(titles(application)) == 2000, timeout=15_000)
    expected = [number for number in range(2000) if "19" in str(number)]
    worst = []
    for _ in range(3):
        heartbeat = Heartbeat(application.window)
        panel = open_panel(application)
        qtbot.wait(100)
        for value in range(0, panel.list.verticalScrollBar().maximum(), 8000):
            panel.list.verticalScrollBar().setValue(value)
            qtbot.wait(10)
        panel.search.setText("number 19")
        qtbot.waitUntil(lambda: len(titles(application)) == len(expected), timeout=15_000)
        panel.search.clear()
        qtbot.waitUntil(lambda: len(titles(application)) == 2000, timeout=15_000)
        heartbeat.stop()
        worst.append(heartbeat.longest)
        application.window.toggle_history()
    print(f"busy at most {min(worst) * 1000:.0f} ms at a time")
    assert min(worst) < LONGEST_STALL


def test_conversation_of_ten_thousand_turns_opens_at_once(qtbot: QtBot, start: Start, profile: Path) -> None:
    """150 ms from the click to the newest turns; the earlier ones follow whoever scrolls up, all of them."""
    store = HistoryStore(profile / "history.sqlite")
    store.save("long", StoredMessage("first", "user", 1, "the beginning"))
    rows = [(f"m{n}", n // 2 + 1, ("user", "assistant")[n % 2], f"number {n} " * 12) for n in range(1, 20_000)]
    database = store._database
    database.execute("BEGIN")
    database.executemany(
        "INSERT INTO message (conversation, key, turn, role, state, text, reason, created, timings)"
        " VALUES (1, ?, ?, ?, 'complete', ?, '', 0, '{}')",
        rows,
    )
    database.execute("COMMIT")
    store.close()
    application = start()
    wait_for_titles(qtbot, application, ["the beginning"])
    seconds, worst = [], []

    def is_all_there() -> bool:
        application.window.conversation.verticalScrollBar().setValue(0)
        return len(application.shown.messages) == 20_000

    for _ in range(3):
        heartbeat = Heartbeat(application.window)
        began = time.perf_counter()
        application.remembering.open("long")
        qtbot.waitUntil(lambda: bool(application.shown.messages), timeout=15_000)
        QApplication.processEvents()
        seconds.append(time.perf_counter() - began)
        assert application.shown.messages[-1].text.startswith("number 19999 ")
        assert len(application.shown.messages) == 2 * TURNS_IN_MEMORY
        qtbot.waitUntil(is_all_there, timeout=60_000)
        assert application.shown.messages[0].text == "the beginning"
        assert len({message.key for message in application.shown.messages}) == 20_000
        qtbot.wait(100)
        heartbeat.stop()
        worst.append(heartbeat.longest)
        application.session.new_conversation()
    print(f"opened after {min(seconds) * 1000:.0f} ms, busy at most {min(worst) * 1000:.0f} ms at a time")
    assert min(seconds) < 0.150
    application.remembering.open("long")
    qtbot.waitUntil(lambda: bool(application.shown.messages), timeout=15_000)
    ask(qtbot, application, "recite history")
    assert "number 19999" in application.shown.messages[-1].text
    store = HistoryStore(profile / "history.sqlite")
    qtbot.waitUntil(lambda: store.last_turn("long") == 10_001, timeout=15_000)
    store.close()


def test_what_was_heard_can_be_deleted_by_itself(qtbot: QtBot, start: Start, profile: Path) -> None:
    application = start()
    ask(qtbot, application, "hello")
    answer = application.shown.messages[1]
    keeper = application.remembering._keeper

    def recorded() -> bool:
        return keeper._thread.submit(lambda: keeper._opened().recording(answer.key) is not None).result(60)

    qtbot.waitUntil(recorded, timeout=15_000)
    answer.speech = []
    application.shown.changed(answer)
    assert not recorded()
