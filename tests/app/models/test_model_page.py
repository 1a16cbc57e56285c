"""The models in the window: what is said of each, and a download from its first byte to its use."""

from __future__ import annotations

import json
import queue
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox, QPushButton
from pytestqt.qtbot import QtBot

from app.application import Application
from app.model_shelf import ModelShelf
from app.view_models.models import ModelEntry, ModelFit, ModelState, ModelsViewModel
from app.window.settings.model_list import ModelCard, ModelList
from tests.app.models.conftest import REPO, whole
from tests.app.models.hub_server import Hub, failing

GIB = 1 << 30


def fit(fits: bool = True, **change: Any) -> ModelFit:
    told = {"fits": fits, "precision": "nf4", "context": 8192, "on_card": True, "needed": 9 * GIB, "free": 12 * GIB}
    return ModelFit(**{**told, "disk_needed": 22 * 10**9, "disk_free": 80 * 10**9, **change})


def shown(qtbot: QtBot, *entries: ModelEntry) -> ModelList:
    widget, models = ModelList(), ModelsViewModel()
    qtbot.addWidget(widget)
    models.listeners.add(widget.show_models)
    widget.show()
    models.show(list(entries))
    return widget


def offered(card: ModelCard) -> list[str]:
    return [button.text() for button in card.findChildren(QPushButton) if not button.isHidden()]


def test_what_is_said_before_a_download(qtbot: QtBot) -> None:
    widget = shown(
        qtbot,
        ModelEntry("nano", ModelState.INSTALLED, 150 * 10**6, embedded=True),
        ModelEntry("3b", ModelState.ABSENT, 11 * 10**9, fit=fit()),
        ModelEntry("7b", ModelState.ABSENT, 22 * 10**9, fit=fit(False, on_card=False, needed=11 * GIB, free=10 * GIB)),
        ModelEntry("x/y", ModelState.ABSENT, 22 * 10**9, fit=fit(disk_free=10**9)),
    )
    cards = widget.cards
    assert offered(cards["nano"]) == ["Use"]
    assert offered(cards["3b"]) == ["Download"] and cards["3b"].download.isEnabled()
    assert "Fits this computer in nf4" in cards["3b"].words
    assert "9.0 GB of the card's memory, 12.0 are free" in cards["3b"].words
    assert "Too large" in cards["7b"].words and "11.0 GB of memory, 10.0 are free" in cards["7b"].words
    assert cards["7b"].download.isEnabled()  # a larger card may come
    assert "no room: 22.0 GB to download, 1.0 GB free" in cards["x/y"].words
    assert not cards["x/y"].download.isEnabled()


def test_a_download_as_it_goes(qtbot: QtBot) -> None:
    coming = ModelEntry("7b", ModelState.COMING, 20 * 10**9, fetched=5 * 10**9, rate=50e6, seconds_left=300.0)
    widget = shown(qtbot, coming)
    card = widget.cards["7b"]
    assert offered(card) == ["Pause"] and card.bar.value() == 250
    assert card.words.startswith("25 % · 50 MB a second · 5 minute")
    paused = ModelEntry("7b", ModelState.PARTIAL, 20 * 10**9, fetched=5 * 10**9, told="The disk is full.")
    models = ModelsViewModel()
    models.show([paused])
    widget.show_models(models)
    assert offered(card) == ["Go on", "Remove"] and "Paused at 25 %." in card.words and "disk is full" in card.words
    assert widget.cards["7b"] is card  # whoever stands on its button stays there


def test_to_remove_is_asked_first(qtbot: QtBot) -> None:
    widget = shown(qtbot, ModelEntry("7b", ModelState.INSTALLED, 22 * 10**9))
    removed: list[str] = []
    widget.remove_wanted.connect(removed.append)
    for words, gone in (("Keep", []), ("Remove", ["7b"])):
        widget.cards["7b"].remove.click()
        box = widget.findChild(QMessageBox)
        assert box is not None
        next(button for button in box.buttons() if button.text() == words).click()
        assert removed == gone
        qtbot.waitUntil(lambda: widget.findChild(QMessageBox) is None, timeout=5000)


@pytest.fixture
def page(qtbot: QtBot, application: Application, hub: Hub, models: Path) -> Any:
    """The page of the models with one on its way, on a hub of our own."""
    from app.models.download import download
    from model.errors import CannotRunError

    hub.faults = [failing(500, at="/cdn/")]
    with pytest.raises(CannotRunError):
        download(REPO)
    hub.faults = []
    application.window.toggle_panel()
    application.window.panel.show_page("model")
    qtbot.waitUntil(lambda: application.models.entry(REPO) is not None, timeout=60_000)
    return application.window.panel.model


def test_from_the_first_byte_to_its_use(
    qtbot: QtBot, application: Application, page: Any, hub: Hub, models: Path
) -> None:
    def state() -> ModelState:
        entry = application.models.entry(REPO)
        assert entry is not None
        return entry.state

    def wait(met: Callable[[], bool]) -> None:
        qtbot.waitUntil(met, timeout=60_000)

    card = page.models.cards[REPO]
    assert state() is ModelState.PARTIAL and page.model.findData(REPO) < 0
    hub.rate = 1 << 20
    card.download.click()
    assert state() is ModelState.COMING and offered(card) == ["Pause"]
    wait(lambda: card.bar.value() > 100)
    card.pause.click()
    wait(lambda: state() is ModelState.PARTIAL)
    assert "Paused at" in card.words and "Stopped" not in card.words
    hub.rate = 0
    card.download.click()
    wait(lambda: state() is ModelState.INSTALLED)
    assert whole(models / REPO, hub)
    wait(lambda: page.model.findData(REPO) >= 0)
    card.verify.click()
    wait(lambda: "as the hub has it" in card.words)
    (models / REPO / "model-1.safetensors").write_bytes(b"short")
    card.verify.click()
    wait(lambda: "is damaged" in card.words)
    card.use.click()
    assert application.settings.current.model == REPO and page.model.currentData() == REPO
    application.shelf.remove(REPO)
    wait(lambda: not (models / REPO).exists())


def test_a_hub_that_refuses_is_told(qtbot: QtBot, application: Application, page: Any, hub: Hub) -> None:
    hub.faults = [failing(403, at="/resolve/")]
    page.models.cards[REPO].download.click()
    qtbot.waitUntil(lambda: "accept its conditions" in page.models.cards[REPO].words, timeout=60_000)
    assert application.models.entry(REPO).state is ModelState.PARTIAL  # type: ignore[union-attr]


def test_another_engine_is_chosen(qtbot: QtBot, application: Application, models: Path) -> None:
    page = application.window.panel.model
    application.window.toggle_panel()
    application.window.panel.show_page("model")
    qtbot.keyClicks(page.engine, "http://127.0.0.1:9/v1")
    qtbot.keyClick(page.engine, Qt.Key.Key_Return)
    assert application.settings.current.engine == "http://127.0.0.1:9/v1"
    assert page.load.isEnabled()


def test_closing_ends_what_runs(hub: Hub, models: Path) -> None:
    posted: list[Callable[[], None]] = []
    shown = ModelsViewModel()
    shelf = ModelShelf(shown, posted.append)
    shown.show([ModelEntry(REPO, ModelState.ABSENT, 1)])
    hub.rate = 1 << 18
    shelf.download(REPO)
    end = time.monotonic() + 60
    while not hub.sent:
        assert time.monotonic() < end
        time.sleep(0.02)
    child = shelf._running[REPO]
    shelf.close()
    assert child.wait(timeout=10) != 0
    shelf.download(REPO)
    assert len(shelf._running) <= 1


def test_looking_again_soon_asks_nobody(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []

    def answer(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        asked.append(command)
        nano = {"name": "nano", "installed": True, "fetched": None, "size": 1, "repo": ""}
        return subprocess.CompletedProcess(command, 0, json.dumps(nano), "")

    monkeypatch.setattr("app.model_shelf.subprocess.run", answer)
    posted: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
    shelf = ModelShelf(ModelsViewModel(), posted.put)
    for _ in range(2):  # the page is opened, and once more
        shelf.look()
        if not shelf.shown.entries:
            posted.get(timeout=20)()
    assert [entry.name for entry in shelf.shown.entries] == ["nano"] and len(asked) == 1
    shelf._ended("remove", "nano", 0, "")  # what was seen holds no more
    posted.get(timeout=20)()
    assert len(asked) == 2
