"""A conversation of a thousand turns: few widgets, a quick window, and what is read stays where it is."""

from __future__ import annotations

from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.application import Application
from app.view_models.conversation import What
from app.view_models.message import Message, MessageState, Role
from tests.app.rig.heartbeat import LONGEST_STALL, Heartbeat
from tests.app.scripted_engine import LECTURE


def fill(application: Application, turns: int) -> None:
    shown = application.shown
    for number in range(turns):
        shown.generation += 1
        question = Message(Role.USER, shown.generation, f"question {number} " * (1 + number % 9), MessageState.COMPLETE)
        text = LECTURE[: 200 + 97 * number % 1400]
        shown.messages += [question, Message(Role.ASSISTANT, shown.generation, text, MessageState.COMPLETE)]
    shown.tell(What.CLEARED)


def test_thousand_turns_are_scrolled_without_a_stall(qtbot: QtBot, application: Application) -> None:
    fill(application, 1000)
    conversation = application.window.conversation
    bar = conversation.verticalScrollBar()
    qtbot.waitUntil(lambda: len(conversation.views) > 1, timeout=15_000)
    worst = []
    for _ in range(3):
        heartbeat = Heartbeat(application.window)
        for _ in range(150):
            bar.setValue(bar.value() - 200)
            qtbot.wait(16)
        for part in (0.0, 0.5, 0.9, 0.1):
            bar.setValue(int(bar.maximum() * part))
            qtbot.wait(100)
        heartbeat.stop()
        worst.append(heartbeat.longest)
        print(f"scrolling: 99 % of the gaps below {heartbeat.percentile(0.99) * 1000:.0f} ms")
        qtbot.waitUntil(lambda: conversation.settled, timeout=15_000)
        assert 1 < len(conversation.views) < 40
        if worst[-1] < LONGEST_STALL:
            break
    print(f"scrolling: busy at most {min(worst) * 1000:.0f} ms at a time")
    assert min(worst) < LONGEST_STALL


def test_every_message_is_seen_where_it_belongs(qtbot: QtBot, application: Application) -> None:
    fill(application, 30)
    conversation = application.window.conversation
    bar = conversation.verticalScrollBar()
    seen: dict[int, str] = {}
    bar.setValue(0)
    while True:
        qtbot.waitUntil(lambda: conversation.settled, timeout=15_000)  # all in sight have their widgets
        tops = [view.y() for view in conversation.views]
        assert tops == sorted(tops)
        for above, below in zip(conversation.views, conversation.views[1:]):
            if below.message is application.shown.messages[application.shown.messages.index(above.message) + 1]:
                assert above.y() + above.height() < below.y(), "two messages overlap"
        seen |= {id(view.message): view._text.toPlainText() for view in conversation.views}
        if bar.value() == bar.maximum():
            break
        bar.setValue(bar.value() + conversation.viewport().height() // 2)
    assert all(seen[id(m)].startswith(m.text[:8].replace("## ", "")) for m in application.shown.messages)


def test_what_is_read_stays_in_place_while_an_answer_grows(qtbot: QtBot, application: Application) -> None:
    fill(application, 100)
    conversation = application.window.conversation
    bar = conversation.verticalScrollBar()
    bar.setValue(bar.maximum() // 2)
    qtbot.waitUntil(lambda: conversation.settled, timeout=15_000)
    watched = next(v for v in conversation.views if v.mapTo(conversation.viewport(), v.rect().topLeft()).y() > 0)
    place = watched.mapTo(conversation.viewport(), watched.rect().topLeft()).y()
    last = application.shown.messages[-1]
    for _ in range(5):
        last.text += LECTURE
        application.shown.changed(last)
        qtbot.wait(60)
    assert watched.mapTo(conversation.viewport(), watched.rect().topLeft()).y() == place
    assert conversation._to_end.isVisible()
    conversation.follow()
    qtbot.waitUntil(lambda: bar.value() == bar.maximum(), timeout=15_000)


def test_tab_goes_down_the_conversation(qtbot: QtBot, application: Application) -> None:
    fill(application, 30)
    conversation = application.window.conversation
    bar = conversation.verticalScrollBar()
    bar.setValue(0)  # the messages above get their widgets after those at the end
    qtbot.waitUntil(lambda: conversation.settled, timeout=15_000)
    first = conversation.views[0].controls()[0]
    first.setFocus()
    places = []
    for _ in range(12):
        focused = QApplication.focusWidget()
        assert focused is not None
        if not conversation.widget().isAncestorOf(focused):
            break
        places.append(focused.mapTo(conversation.widget(), focused.rect().topLeft()).y())
        application.window.focusNextChild()
    assert len(places) > 4 and places == sorted(places)
