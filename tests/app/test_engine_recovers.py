"""What the engine cannot do: the device is gone, the memory is full. It comes back, smaller if need be, and says so."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from app.application import Application
from app.view_models.conversation import Phase
from app.view_models.message import MessageState
from tests.app.test_window import answered, type_and_send


def test_a_lost_device_brings_a_new_engine_and_the_conversation_goes_on(
    qtbot: QtBot, application: Application
) -> None:
    type_and_send(qtbot, application, "first question")
    qtbot.waitUntil(answered(application), timeout=60_000)
    before = application.session.engine.pid
    type_and_send(qtbot, application, "suspend yourself")
    qtbot.waitUntil(lambda: application.shown.messages[-1].state is MessageState.FAILED, timeout=60_000)
    qtbot.waitUntil(lambda: application.shown.phase is Phase.IDLE, timeout=60_000)
    assert application.session.engine.pid not in (None, before)
    assert "started again" in application.window.banner.text
    type_and_send(qtbot, application, "recite history")
    qtbot.waitUntil(answered(application), timeout=60_000)
    assert "user: first question" in application.shown.messages[-1].text


def test_a_device_that_is_lost_again_and_again_is_left_alone(qtbot: QtBot, application: Application) -> None:
    for _ in range(3):
        type_and_send(qtbot, application, "suspend")
        qtbot.waitUntil(lambda: application.shown.phase is Phase.IDLE, timeout=60_000)
        qtbot.waitUntil(lambda: "started again" in application.window.banner.text, timeout=60_000)
    type_and_send(qtbot, application, "suspend")
    qtbot.waitUntil(lambda: application.shown.phase is Phase.FAILED, timeout=60_000)
    assert "restart the engine" in application.window.banner.text


def test_a_full_memory_brings_a_smaller_model_and_says_so(qtbot: QtBot, application: Application) -> None:
    type_and_send(qtbot, application, "first question")
    qtbot.waitUntil(answered(application), timeout=60_000)
    type_and_send(qtbot, application, "starve")
    qtbot.waitUntil(lambda: application.shown.messages[-1].state is MessageState.FAILED, timeout=60_000)
    qtbot.waitUntil(lambda: application.shown.phase is Phase.IDLE, timeout=60_000)
    assert "loaded in fp32, with 1024 tokens" in application.window.banner.text
    type_and_send(qtbot, application, "starve recite history")
    qtbot.waitUntil(answered(application), timeout=60_000)
    type_and_send(qtbot, application, "recite history")
    qtbot.waitUntil(answered(application), timeout=60_000)
    assert "user: first question" in application.shown.messages[-1].text
