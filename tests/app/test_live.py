"""Camera, screen and microphone in a call: what is open is seen, what the model is given stays to be seen and deleted.

There is no camera on the machines that run this: a film takes its place, through the same code.
"""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from app.application import Application
from app.capture.camera import Camera, CameraError, _from_sysfs
from app.capture.eye import shrink
from app.engine_protocol import Hear, See
from app.live import told_again
from app.view_models.conversation import Phase
from app.view_models.live import Seen
from app.view_models.message import Message, MessageState, Role
from app.view_models.playhead import Playhead
from app.window.question_view import QuestionView
from tests.app.media import media_files
from tests.app.sound_doubles import RecordedVoice, spoken
from tests.app.test_answers import silent
from tests.app.test_window import answered, type_and_send


@pytest.fixture
def camera(tmp_path: Path) -> str:
    """Ten seconds; brighter by 20 with every one."""
    return str(media_files.write_video(tmp_path / "camera.mp4", seconds=10.0, fps=20, size=(320, 240)))


def look(qtbot: QtBot, application: Application, kind: str, device: str) -> None:
    application.window.input.look_wanted.emit(kind, device)
    qtbot.waitUntil(lambda: application.shown.view is not None, timeout=15_000)


def test_camera_is_seen_and_told(qtbot: QtBot, application: Application, camera: str) -> None:
    bar = application.window.input
    assert not bar.stage.isVisible() and bar.lamps.lit == []
    look(qtbot, application, "camera", camera)
    assert bar.lamps.lit == ["camera on"] and bar.lamps.isVisible()
    assert bar.stage.preview.isVisible() and bar.stage.face.isVisible() and bar.look.isChecked()
    assert application.settings.current.camera == camera
    first = application.shown.view
    assert first is not None and first.shape == (240, 320, 3)
    qtbot.waitUntil(lambda: (v := application.shown.view) is not None and v.mean() > first.mean() + 10, timeout=15_000)
    bar.look_wanted.emit("", "")
    assert application.shown.view is None and bar.lamps.lit == [] and not bar.stage.isVisible()
    qtbot.wait(300)
    assert application.shown.view is None, "a frame that was still on its way shows nothing"


def test_spoken_turn_is_given_what_changes(
    qtbot: QtBot, application: Application, voice: RecordedVoice, camera: str
) -> None:
    look(qtbot, application, "camera", camera)
    voice.say(media_files.tone(3.0))
    application.session.start_talking()
    qtbot.waitUntil(lambda: application.shown.phase is Phase.LISTENING, timeout=15_000)
    question = application.shown.messages[0]
    qtbot.waitUntil(lambda: len(question.seen.times) >= 5, timeout=15_000)
    application.session.stop_talking()
    qtbot.waitUntil(answered(application), timeout=15_000)
    times = question.seen.times
    gaps = sorted(b - a for a, b in itertools.pairwise(times))
    assert times[0] == 0.0 and gaps[0] > 0.4 and gaps[len(gaps) // 2] < 1.3, "the film changes every second"
    assert f"[{len(times)} frames to {times[-1]:.1f} s]" in application.shown.messages[-1].text
    levels = [frame.mean() for frame in question.seen.frames]
    assert levels == sorted(levels) and levels[-1] > levels[0] + 15, "each is of its own time"
    qtbot.waitUntil(lambda: not question.seen.frames[0].flags.writeable, timeout=15_000)  # it rests on disk


def test_typed_question_sees_what_there_is_now(qtbot: QtBot, application: Application, camera: str) -> None:
    type_and_send(qtbot, application, "blind")
    qtbot.waitUntil(answered(application), timeout=15_000)
    assert "frames" not in application.shown.messages[-1].text
    look(qtbot, application, "camera", camera)
    type_and_send(qtbot, application, "what do you see")
    qtbot.waitUntil(answered(application), timeout=15_000)
    assert "[1 frames to 0.0 s]" in application.shown.messages[-1].text
    assert application.shown.messages[-2].seen.times == [0.0]


def test_between_turns_nothing_is_sent(qtbot: QtBot, application: Application, camera: str) -> None:
    sent: list[object] = []
    process = application.session.engine
    send = process.send
    process.send = lambda command: (sent.append(command), send(command))[1]  # type: ignore[method-assign]
    look(qtbot, application, "camera", camera)
    qtbot.wait(1200)
    assert sent == []


def test_missing_camera_is_told(qtbot: QtBot, application: Application) -> None:
    application.window.input.look_wanted.emit("camera", "/dev/video99")
    qtbot.waitUntil(application.window.banner.isVisible, timeout=15_000)
    assert "No camera could be opened" in application.window.banner.text
    assert application.window.input.lamps.lit == [] and not application.window.input.look.isChecked()


def test_camera_that_goes_away_is_told(qtbot: QtBot, application: Application, tmp_path: Path) -> None:
    short = media_files.write_video(tmp_path / "short.mp4", seconds=1.0, fps=20)
    look(qtbot, application, "camera", str(short))
    qtbot.waitUntil(application.window.banner.isVisible, timeout=15_000)
    assert "camera has gone" in application.window.banner.text
    assert application.window.input.lamps.lit == [] and application.shown.view is None


def test_screen_is_looked_at(qtbot: QtBot, application: Application) -> None:
    if QGuiApplication.primaryScreen().grabWindow(0).isNull():
        pytest.skip("waits for a platform that can grab a screen")
    bar = application.window.input
    screens = [action for action in bar.look.choices if action.text().startswith("Screen")]
    assert len(screens) == len(QGuiApplication.screens())
    screens[0].trigger()
    qtbot.waitUntil(lambda: application.shown.view is not None, timeout=15_000)
    assert bar.lamps.lit == ["screen shared"]


def test_menu_names_the_cameras(qtbot: QtBot, application: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    from app.capture import camera as module

    found = [module.CameraInfo("Integrated Camera", "/dev/video0")]
    monkeypatch.setattr(module, "list_cameras", lambda: found)
    button = application.window.input.look
    button._menu.aboutToShow.emit()
    qtbot.waitUntil(lambda: any("Integrated Camera" in a.text() for a in button.choices), timeout=15_000)
    with qtbot.waitSignal(button.wanted) as told:
        button.choices[0].trigger()
    assert told.args == ["camera", "/dev/video0"]


def test_cameras_as_linux_lists_them(tmp_path: Path) -> None:
    for number, (name, index) in enumerate([("Cam A", 0), ("Cam A", 1), ("Cam B", 0)]):
        node = tmp_path / f"video{number}"
        node.mkdir()
        (node / "name").write_text(f"{name}\n")
        (node / "index").write_text(f"{index}\n")
    assert _from_sysfs(tmp_path) == []  # named, but without a device that may be read


def test_film_keeps_its_own_pace(camera: str) -> None:
    import time

    source = Camera(camera)
    source.open()
    began = time.monotonic()
    frames = [source.read() for _ in range(10)]
    assert 0.4 < time.monotonic() - began < 5.0  # a file that is read as fast as it can be takes 0.02 s
    assert all(frame is not None and frame.dtype == np.uint8 for frame in frames)
    source.close()
    with pytest.raises(CameraError):
        Camera("/nowhere").open()


def test_shrink() -> None:
    assert shrink(np.zeros((1080, 1920, 3), np.uint8), 100_352).shape == (237, 422, 3)
    small = np.zeros((10, 20, 3), np.uint8)
    assert shrink(small, 100_352) is small


def test_turn_is_told_again_in_the_order_of_time() -> None:
    message = Message(Role.USER, 1, speech=[np.ones(24_000, np.float32)], seen=Seen.nothing())
    for at in (0.0, 0.6, 1.1, 9.0):
        message.seen.add(np.zeros((2, 2, 3), np.uint8), at)
    told = told_again(message, 7)
    assert all(command.generation == 7 for command in told)  # type: ignore[union-attr]
    order = [c.at if isinstance(c, See) else len(c.samples) for c in told if isinstance(c, See | Hear)]
    assert order == [0.0, 8000, 8000, 0.6, 8000, 1.1, 9.0]


# the microphone


def test_muted_call_hears_nothing_and_goes_on(qtbot: QtBot, application: Application, voice: RecordedVoice) -> None:
    bar = application.window.input
    assert not bar.mute.isVisible()
    application.session.set_hands_free(True)
    assert bar.lamps.lit == ["microphone on"] and bar.mute.isVisible()
    qtbot.mouseClick(bar.mute, Qt.MouseButton.LeftButton)
    assert bar.lamps.lit == ["muted"] and "Muted" in bar.status.text()
    voice.say(spoken(1.5))
    qtbot.wait(2500)
    assert application.shown.messages == [] and application.session.level == 0.0
    qtbot.mouseClick(bar.mute, Qt.MouseButton.LeftButton)
    voice.say(spoken(1.5))
    qtbot.waitUntil(answered(application), timeout=15_000)
    application.session.set_hands_free(False)
    assert bar.lamps.lit == []


# what it saw and heard


def test_drawer_shows_and_deletes_what_was_given(
    qtbot: QtBot, application: Application, voice: RecordedVoice, camera: str
) -> None:
    look(qtbot, application, "camera", camera)
    voice.say(media_files.tone(2.0))
    application.session.start_talking()
    qtbot.wait(1500)
    application.session.stop_talking()
    qtbot.waitUntil(answered(application), timeout=15_000)
    application.session.stop()
    qtbot.waitUntil(lambda: silent(application), timeout=15_000)
    qtbot.waitUntil(lambda: application.window.conversation.settled, timeout=15_000)
    view = next(v for v in application.window.conversation.views if isinstance(v, QuestionView))
    qtbot.mouseClick(view._open_drawer, Qt.MouseButton.LeftButton)
    drawer = view._drawer
    assert drawer is not None and drawer.strip is not None
    count = len(view.message.seen.times)
    assert f"{count} frames" in drawer.strip._row.accessibleName()
    qtbot.mouseClick(drawer.delete, Qt.MouseButton.LeftButton)
    question = application.shown.messages[0]
    assert not question.seen and question.speech == [] and question.text == "(deleted)"
    qtbot.waitUntil(lambda: not view._open_drawer.isVisible(), timeout=15_000)
    application.window.input.look_wanted.emit("", "")
    type_and_send(qtbot, application, "recite history")
    qtbot.waitUntil(answered(application), timeout=15_000)
    assert application.shown.messages[-1].text.startswith("user: (deleted) | assistant: You said: [")


# the face


def test_mouth_follows_what_is_heard(qtbot: QtBot, application: Application) -> None:
    face = application.window.input.stage.face
    application.session.set_hands_free(True)
    application.shown.set_phase(Phase.SPEAKING)
    loud, quiet = np.full(24_000, 0.5, np.float32), np.zeros(24_000, np.float32)
    answer = Message(Role.ASSISTANT, 99, "word", MessageState.COMPLETE, speech=[quiet, loud, quiet], sample_rate=24_000)
    mouths = []
    for seconds in (0.5, 1.2, 1.5, 1.9, 2.2, 2.4, 2.8):
        application.shown.playhead = Playhead(answer, seconds, 3.0, True)
        application.window.input.stage.face.show_loudness(answer.envelope.loudness(seconds))
        mouths.append(face.mouth)
    assert mouths[0] == 0.0 and max(mouths) == mouths[3] > 0.9 and mouths[-1] < 0.2


def test_face_is_off_with_one_key_and_rests_without_motion(qtbot: QtBot, application: Application, camera: str) -> None:
    face = application.window.input.stage.face
    application.session.set_hands_free(True)
    qtbot.waitUntil(face.isVisible, timeout=15_000)
    assert face.eyes < 0.5
    look(qtbot, application, "camera", camera)
    qtbot.waitUntil(lambda: face.eyes > 0.9, timeout=15_000)
    face.show_phase(Phase.SPEAKING)
    assert face.moving
    face.set_still(True)
    assert not face.moving
    face.show_loudness(0.2)
    first = face.mouth
    face.show_loudness(0.9)
    assert face.mouth == first
    application.window.activateWindow()
    application.window.face_wanted.emit(False)
    assert not face.isVisible() and not application.settings.current.face
    assert application.window.input.stage.preview.isVisible()
    face.set_still(False)
    assert not face.moving, "what is not seen does not move"
