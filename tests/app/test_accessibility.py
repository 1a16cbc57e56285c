"""Every widget, as somebody meets it who cannot see, who uses the keyboard alone, or who needs contrast."""

from __future__ import annotations

import dataclasses

import pytest
from PySide6.QtGui import QAccessible, QColor
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from app.application import Application
from app.view_models.conversation import What
from app.view_models.latency import Latency
from app.view_models.message import Message, MessageState, Role
from app.window.theme import DARK, LIGHT, Tokens
from tests.app.sound_doubles import spoken

ON = {  # what is written on what
    "window": ("text", "muted", "accent", "error"),
    "surface": ("text", "muted", "accent", "error"),
    "raised": ("text", "muted"),
    "tint": ("on_tint",),
    "accent": ("on_accent",),
    "error_tint": ("text", "error"),
    "warning_tint": ("text",),
    "info_tint": ("text",),
    "code": ("text",),
}


def luminance(color: str) -> float:
    def linear(value: float) -> float:
        return value / 12.92 if value <= 0.03928 else ((value + 0.055) / 1.055) ** 2.4

    red, green, blue, _ = QColor(color).getRgbF()
    return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=["light", "dark"])
def test_words_stand_out_from_what_is_behind_them(tokens: Tokens) -> None:
    colors = dataclasses.asdict(tokens)
    for behind, words in ON.items():
        for word in words:
            ratio = contrast(colors[word], colors[behind])
            assert ratio >= 4.5, f"{word} on {behind}: {ratio:.2f}"


@pytest.fixture
def full(qtbot: QtBot, application: Application) -> Application:
    """A window with something of everything in it."""
    shown = application.shown
    shown.generation += 1
    question = Message(Role.USER, shown.generation, "asked", MessageState.COMPLETE, speech=[spoken(1.0)])
    question.seen.add(spoken(0.01).astype("uint8").reshape(-1, 1, 1).repeat(3, 2)[:16], 0.0)
    answer = Message(Role.ASSISTANT, shown.generation, "Answered, with [a link](https://a.b).", MessageState.COMPLETE)
    answer.speech, answer.latency = [spoken(1.0)], Latency(0.0, 0.6, 0.7, 0.9, 1.0, 0.4, 10**9)
    shown.messages += [question, answer]
    shown.tell(What.CLEARED)
    shown.set_hands_free(True)
    qtbot.waitUntil(lambda: len(application.window.conversation.views) == 2, timeout=15_000)
    for button in application.window.conversation.findChildren(QAbstractButton):
        if button.isCheckable() and button.isVisible():
            button.click()
    application.window.resize(1400, 900)
    application.window.toggle_panel()
    qtbot.wait(200)
    return application


def visible(application: Application) -> list[QWidget]:
    return [widget for widget in application.window.findChildren(QWidget) if widget.isVisible()]


def reachable(application: Application) -> list[QWidget]:
    """What Tab stops at."""
    found, widget = [], application.window.nextInFocusChain()
    while widget is not application.window:
        if widget.isVisible() and widget.isEnabled() and widget.focusPolicy().value & 1 and not widget.focusProxy():
            found.append(widget)
        widget = widget.nextInFocusChain()
    return found


def test_every_control_has_a_name_and_a_role(full: Application) -> None:
    nameless = []
    for widget in reachable(full):
        interface = QAccessible.queryAccessibleInterface(widget)
        assert interface is not None
        name = interface.text(QAccessible.Text.Name)
        if not name.strip() and not (isinstance(widget, QLabel) and widget.text()):
            nameless.append(f"{type(widget).__name__} in {type(widget.parent()).__name__}")
        assert interface.role() is not QAccessible.Role.NoRole
    assert nameless == []


def test_every_button_is_reached_by_keyboard(full: Application) -> None:
    reached = set(map(id, reachable(full)))
    buttons = [w for w in visible(full) if isinstance(w, QAbstractButton) and w.isEnabled()]
    assert len(buttons) > 15
    groups = {id(group): group for b in buttons if (group := b.group()) is not None and group.exclusive()}
    for group in groups.values():
        assert any(id(button) in reached for button in group.buttons())  # the arrow keys go on from there
        reached |= set(map(id, group.buttons()))
    missed = [b.accessibleName() or b.text() for b in buttons if id(b) not in reached]
    assert missed == []


def test_tab_goes_through_everything_and_comes_back(full: Application) -> None:
    window = full.window
    window.activateWindow()
    window.input.field.setFocus()
    seen: list[int] = []
    for _ in range(400):
        window.focusNextChild()
        focused = QApplication.focusWidget()
        assert focused is not None
        if focused is window.input.field:
            break
        seen.append(id(focused))
    else:
        pytest.fail("Tab is caught somewhere")
    assert len(set(seen)) > 15
