"""Files in the window: read with progress, given up, seen as frames, heard, pointed into by answers; and bad ones."""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt
from PySide6.QtGui import QImage, QTextCursor
from pytestqt.qtbot import QtBot

from app.application import Application
from app.file_reader import MOST_FILES
from app.media import Image, Video
from app.media import loader as loader_module
from app.view_models.message import Attachment, AttachmentState, MessageState
from app.window.answer_view import AnswerView
from app.window.film_player import FilmPlayer
from app.window.film_strip import moment
from app.window.pixels import to_image, to_pixels
from app.window.question_view import QuestionView
from tests.app.media import media_files
from tests.app.rig.heartbeat import LONGEST_STALL, Heartbeat
from tests.app.test_answers import silent
from tests.app.test_window import answered, drop, type_and_send


def all_ready(application: Application) -> bool:
    return all(a.state is AttachmentState.READY for a in application.shown.attachments)


def ask_about(qtbot: QtBot, application: Application, path: Path, text: str) -> tuple[QuestionView, AnswerView]:
    drop(application.window, [path])
    qtbot.waitUntil(lambda: all_ready(application), timeout=20_000)
    type_and_send(qtbot, application, text)
    qtbot.waitUntil(answered(application), timeout=10_000)
    qtbot.waitUntil(lambda: silent(application), timeout=10_000)
    qtbot.waitUntil(lambda: application.window.conversation.settled, timeout=15_000)
    question, answer = application.window.conversation.views[-2:]
    assert isinstance(question, QuestionView) and isinstance(answer, AnswerView)
    return question, answer


def player_of(question: QuestionView) -> FilmPlayer:
    (player,) = question._players
    return player


def test_progress_is_told_while_a_film_is_read(qtbot: QtBot, application: Application, tmp_path: Path) -> None:
    film = media_files.write_video(tmp_path / "long.mp4", seconds=30.0, fps=25, size=(320, 240))
    seen: list[tuple[float, str]] = []

    def note(_change: object) -> None:
        for chip in application.window.input._chip_flow.widgets():
            seen.append((chip.attachment.progress, chip._detail.text()))  # type: ignore[attr-defined]

    application.shown.subscribe(note)
    drop(application.window, [film])
    qtbot.waitUntil(lambda: all_ready(application), timeout=30_000)
    shares = [share for share, _ in seen]
    assert shares == sorted(shares) and len({s for s in shares if 0 < s < 1}) >= 10
    assert any("%" in words for _, words in seen)


def test_file_that_is_read_can_be_given_up(qtbot: QtBot, application: Application, tmp_path: Path) -> None:
    film = media_files.write_video(tmp_path / "long.mp4", seconds=20.0, fps=25, size=(320, 240))
    picture = media_files.write_png(tmp_path / "a.png", 30, 20)
    drop(application.window, [film, picture])
    qtbot.waitUntil(lambda: bool(loader_module._children), timeout=15_000)
    (chip, _) = application.window.input._chip_flow.widgets()
    qtbot.mouseClick(chip.remove, Qt.MouseButton.LeftButton)  # type: ignore[attr-defined]
    qtbot.waitUntil(lambda: len(application.shown.attachments) == 1 and all_ready(application), timeout=10_000)
    assert application.shown.attachments[0].path == picture and application.shown.notice is None


def test_strip_shows_the_frames_with_their_times(qtbot: QtBot, application: Application, tmp_path: Path) -> None:
    film = media_files.write_video(tmp_path / "film.mp4", seconds=3.0)
    question, _ = ask_about(qtbot, application, film, "what is this")
    player = player_of(question)
    assert isinstance(player._film, Video) and player._strip is not None
    assert len(player._film.frames) == 6 and "6 frames" in player._strip._row.accessibleName()
    assert [moment(t) for t in player._strip._row._times] == ["0:00", "0:00.5", "0:01", "0:01.5", "0:02", "0:02.5"]
    # every second of the film is brighter by 20: the cells show what was sent, in order
    picture = player._strip._row.grab().toImage()
    scale = picture.width() / player._strip._row.width()
    levels = [
        picture.pixelColor(int(player._strip._row.cell(i).center().x() * scale), int(20 * scale)).lightness()
        for i in range(6)
    ]
    assert np.allclose(levels, [20, 20, 40, 40, 60, 60], atol=4)


def test_click_on_a_frame_plays_from_it(qtbot: QtBot, application: Application, tmp_path: Path) -> None:
    film = media_files.write_video(tmp_path / "film.mp4", seconds=3.0)
    question, _ = ask_about(qtbot, application, film, "what is this")
    player = player_of(question)
    assert player._strip is not None
    row = player._strip._row
    qtbot.mouseClick(row, Qt.MouseButton.LeftButton, pos=row.cell(3).center())
    qtbot.waitUntil(lambda: application.shown.playhead is not None, timeout=15_000)
    playhead = application.shown.playhead
    assert playhead is not None and playhead.of(player.attachment) and playhead.seconds > 1.4
    qtbot.waitUntil(lambda: row._chosen >= 4, timeout=15_000)  # the picture goes on with the sound
    row.setFocus()
    qtbot.keyClick(row, Qt.Key.Key_Left)
    qtbot.keyClick(row, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: application.shown.playhead is not None, timeout=15_000)


def test_film_without_sound_plays_too(qtbot: QtBot, application: Application, tmp_path: Path) -> None:
    film = media_files.write_video(tmp_path / "film.mp4", seconds=2.0, sound=False)
    question, _ = ask_about(qtbot, application, film, "what is this")
    player = player_of(question)
    qtbot.mouseClick(player._row.play, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: (p := application.shown.playhead) is not None and p.seconds > 1.0, timeout=15_000)


def test_time_in_an_answer_jumps_the_player(qtbot: QtBot, application: Application, tmp_path: Path) -> None:
    film = media_files.write_video(tmp_path / "film.mp4", seconds=3.0)
    _, answer = ask_about(qtbot, application, film, "what is at 0:02 and at 9:59")
    text = answer._text
    links = [text.anchorAt(text.cursorRect(_cursor(text, text.toPlainText().index(t) + 2)).center()) for t in TIMES]
    assert links == ["moment:2", ""], "only what lies within the film is a link"
    place = text.cursorRect(_cursor(text, text.toPlainText().index("0:02") + 2)).center()
    qtbot.mouseClick(text.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.waitUntil(lambda: application.shown.playhead is not None, timeout=15_000)
    playhead = application.shown.playhead
    assert playhead is not None and isinstance(playhead.subject, Attachment) and playhead.seconds > 1.9


TIMES = ("0:02", "9:59")


def _cursor(text: object, position: int) -> QTextCursor:
    cursor = QTextCursor(text.document())  # type: ignore[attr-defined]
    cursor.setPosition(position)
    return cursor


def test_film_that_is_out_of_sight_plays_in_the_corner(qtbot: QtBot, application: Application, tmp_path: Path) -> None:
    film = media_files.write_video(tmp_path / "film.mp4", seconds=3.0)
    ask_about(qtbot, application, film, "what is this")
    type_and_send(qtbot, application, "lecture")
    qtbot.waitUntil(answered(application), timeout=30_000)
    application.session.stop()
    attachment = application.shown.messages[0].attachments[0]
    application.session.watch(attachment, 1.0)
    floating = application.window.conversation._floating
    qtbot.waitUntil(floating.isVisible, timeout=15_000)
    application.window.conversation.verticalScrollBar().setValue(0)
    qtbot.waitUntil(lambda: not floating.isVisible(), timeout=15_000)


def test_boxes_are_drawn_where_they_belong(qtbot: QtBot, application: Application, tmp_path: Path) -> None:
    picture = media_files.write_png(tmp_path / "a.png", 280, 140)
    box = '[{"bbox_2d": [28, 14, 140, 70], "label": "cat"}]'
    _, answer = ask_about(qtbot, application, picture, f"mark it {box}")
    marked = answer._marked
    assert marked is not None and marked.isVisible() and "cat" in marked.accessibleName()
    (mark,) = marked.shown
    # The model saw 280×140, a multiple of 28 each: the box spans a tenth to a half of either side.
    expected = [share * side for share, side in zip((0.1, 0.1, 0.5, 0.5), (marked.width(), marked.height()) * 2)]
    assert np.allclose(mark.place, expected, atol=0.5)
    image = marked.grab().toImage()
    scale = image.width() / marked.width()
    left, bottom = QPoint(round(mark.place[0]), round(mark.place[3])).toTuple()
    on_the_edge = image.pixelColor(round(left * scale), round((bottom - 10) * scale))
    inside = image.pixelColor(round((left + 30) * scale), round((bottom - 10) * scale))
    assert on_the_edge.saturation() > 80 and inside.lightness() < 10


def test_picture_is_pasted(qtbot: QtBot, application: Application) -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (37, 53, 3), np.uint8)
    data = QMimeData()
    data.setImageData(to_image(pixels))
    field = application.window.input.field
    assert field.canInsertFromMimeData(data)
    field.insertFromMimeData(data)
    assert drop_image(application, pixels)
    qtbot.waitUntil(lambda: len(application.shown.attachments) == 2 and all_ready(application), timeout=15_000)
    for attachment in application.shown.attachments:
        assert isinstance(attachment.media, Image) and (attachment.media.pixels == pixels).all()
    assert len({a.path.name for a in application.shown.attachments}) == 2
    type_and_send(qtbot, application, "what is this")
    qtbot.waitUntil(answered(application), timeout=15_000)
    assert "[picture 53×37]" in application.shown.messages[-1].text


def drop_image(application: Application, pixels: np.ndarray) -> bool:
    application.window.picture_dropped.emit(to_image(pixels))
    return True


def test_pixels_there_and_back() -> None:
    pixels = np.random.default_rng(1).integers(0, 255, (5, 7, 3), np.uint8)  # 21 bytes a line: Qt pads to 24
    assert (to_pixels(to_image(pixels)) == pixels).all()
    clear = QImage(3, 2, QImage.Format.Format_ARGB32)
    clear.fill(Qt.GlobalColor.transparent)
    assert (to_pixels(clear) == 255).all()


# what people drop by mistake


def test_two_hundred_pictures_at_once(qtbot: QtBot, application: Application, tmp_path: Path) -> None:
    paths = [media_files.write_png(tmp_path / f"{number:03}.png", 40, 30) for number in range(200)]
    worst = []
    for _ in range(2):
        heartbeat = Heartbeat(application.window)
        assert drop(application.window, paths)
        assert len(application.shown.attachments) == MOST_FILES
        assert "168 were left out, from 032.png on" in application.window.banner.text
        qtbot.waitUntil(lambda: all_ready(application), timeout=60_000)
        heartbeat.stop()
        worst.append(heartbeat.longest)
        if worst[-1] < LONGEST_STALL:
            break
        for attachment in application.shown.attachments:
            application.session.files.detach(attachment)
    print(f"200 pictures: busy at most {min(worst) * 1000:.0f} ms at a time")
    assert min(worst) < LONGEST_STALL
    assert application.window.input.height() < 0.6 * application.window.height()
    drop(application.window, paths[:1])
    assert "take some out" in application.window.banner.text


@pytest.mark.skipif(os.name != "posix", reason="waits for a POSIX system, whose files can be sparse")
def test_huge_file_folder_and_vanished_file(qtbot: QtBot, application: Application, tmp_path: Path) -> None:
    huge = tmp_path / "huge.mp4"
    with huge.open("wb") as file:
        file.truncate(4 << 30)
    folder = tmp_path / "folder.mp4"
    folder.mkdir()
    vanished = media_files.write_video(tmp_path / "vanished.mp4")
    first = media_files.write_video(tmp_path / "first.mp4", seconds=5.0)
    for path, words in ((huge, "is not a video that can be read"), (folder, "is a folder")):
        application.shown.set_notice(None)
        drop(application.window, [path])
        qtbot.waitUntil(application.window.banner.isVisible, timeout=20_000)
        assert path.name in application.window.banner.text and words in application.window.banner.text
    application.shown.set_notice(None)
    drop(application.window, [first, vanished])
    vanished.unlink()  # while the first is still being read
    qtbot.waitUntil(application.window.banner.isVisible, timeout=20_000)
    assert "vanished.mp4: there is no such file" in application.window.banner.text
    assert [a.path.name for a in application.shown.attachments] == ["first.mp4"]


def test_film_that_is_cut_off_while_it_is_read(qtbot: QtBot, application: Application, tmp_path: Path) -> None:
    film = media_files.write_video(tmp_path / "film.mp4", seconds=20.0, fps=25, size=(320, 240), faststart=True)
    drop(application.window, [film])
    qtbot.waitUntil(lambda: bool(loader_module._children), timeout=15_000)
    os.truncate(film, 20_000)
    qtbot.waitUntil(lambda: not application.shown.attachments or all_ready(application), timeout=20_000)
    if not application.shown.attachments:  # else it had been read already
        assert "film.mp4" in application.window.banner.text and "\n" not in application.window.banner.text


def test_reading_a_film_never_stops_the_window(qtbot: QtBot, application: Application, tmp_path: Path) -> None:
    film = media_files.write_video(tmp_path / "film.mp4", seconds=30.0, fps=25, size=(640, 360))
    worst = []
    for _ in range(3):
        heartbeat = Heartbeat(application.window)
        began = time.monotonic()
        drop(application.window, [film])
        type_and_send(qtbot, application, "what is this")
        qtbot.waitUntil(answered(application), timeout=60_000)
        heartbeat.stop()
        worst.append(heartbeat.longest)
        print(f"film: 99 % of the gaps below {heartbeat.percentile(0.99) * 1000:.0f} ms")
        assert application.shown.messages[-1].state is MessageState.COMPLETE
        if worst[-1] < LONGEST_STALL:
            break
    print(f"film of 30 s in {time.monotonic() - began:.1f} s: busy at most {min(worst) * 1000:.0f} ms at a time")
    assert min(worst) < LONGEST_STALL
