"""A picture of the real window with a short made-up conversation, in a throw-away profile; starts no engine.

Pages: `conversation` (the default), `welcome`, `settings` and `settings-` with the name of a page of them, `wizard`,
`wizard-devices`, `wizard-machine`, `history`, `listening`, `files`, `media` (boxes in a picture, a film's frames),
`live` (a call with the camera, the face, what it saw), `captions` (the same in large letters), `waterfall`,
`engine-stopped`.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication

from app import translations
from app.application import Application
from app.history.records import Entry
from app.machine import MachineReport
from app.media import Audio, Image, MediaKind, Video, thumbnail
from app.program import make_qt
from app.settings import HOME_VARIABLE, SettingsStore
from app.view_models.conversation import ConversationViewModel, ModelInfo, Notice, Phase
from app.view_models.envelope import Envelope
from app.view_models.latency import Latency
from app.view_models.live import Looking, Seen
from app.view_models.message import Attachment, AttachmentState, Message, MessageState
from app.view_models.models import ModelEntry, ModelFit, ModelState
from app.view_models.playhead import Playhead
from app.window.controls import IconButton
from app.window.main_window import MainWindow
from model.errors import BadInputError

SETTINGS = (
    "settings",
    *(f"settings-{name}" for name in ("devices", "model", "persona", "history", "look", "system", "keys")),
)
WIZARD = ("wizard", "wizard-devices", "wizard-machine")
PAGES = (
    *("conversation", "welcome", *SETTINGS, *WIZARD, "history", "listening", "files", "media", "live"),
    *("captions", "waterfall", "engine-stopped"),
)
_DEFAULT_SIZE = "1080x900"
# What is said in the pictures, for those who read Chinese.
_CHINESE = {
    "Why is the sky blue, in two sentences?": "天空为什么是蓝色的？请用两句话回答。",
    "Sunlight holds all colours, and the air scatters the short, **blue** waves much more than the long, red "
    "ones. So wherever you look, away from the sun, it is the scattered blue that reaches your eyes.": "阳光里有"
    "所有的颜色，"
    "空气对波长短的**蓝光**的散射远强于波长长的红光。所以无论您往哪里看，只要不是太阳的方向，进入眼睛的都是散射的蓝光。",
    "In the evening the light comes in low and crosses *far more* air:\n\n"
    "- most of the blue is lost on the way,\n"
    "- what is left is yellow, orange and red.\n\n"
    "That is the same effect, only with a longer path.": "傍晚，阳光斜射进来，要穿过*多得多*的空气：\n\n"
    "- 大部分蓝光在路上散失了，\n- 剩下的是黄色、橙色和红色。\n\n道理相同，只是路程更长。",
    "Which of these was recorded at sea?": "其中哪一个是在海上录的？",
    "And why are clouds white?": "那云为什么是白色的？",
    "Their drops are large enough to scatter all colours alike, and all of them make white.": "云里的水滴足够大，"
    "对各种颜色的散射都一样，合起来就是白色。",
    "A cloud is made of drops, and each drop is large enough to scatter all colours alike, so that": "云由水滴组成，"
    "每一滴都大到足以同样地散射所有颜色，所以",
    "Where is the sun?": "太阳在哪里？",
    "Low over the sea, with its reflection below:": "低低地挂在海面上，下面是它的倒影：",
    "sun": "太阳",
    "its reflection": "倒影",
    "When does the sun touch the water?": "太阳什么时候碰到水面？",
    "It comes down all the while, touches the water at 0:07 and is gone at 0:10.": "它一直在下落，在 0:07 碰到水面，"
    "在 0:10 消失。",
    "You are at the sea, and the sun is about to touch the water. In a minute it will be gone.": "您在海边，"
    "太阳就要碰到水面了。再过一分钟它就会消失。",
    "Recipe for plum dumplings": "李子团子的做法",
    "How do I say “nice to meet you” in Chinese?": "“很高兴认识你”用英语怎么说？",
    "Read me the letter in this picture": "读一读这张图片里的信",
    "Names for a small boat": "给小船起个名字",
    "What did the speaker say about tides?": "讲者关于潮汐说了什么？",
    "A plan for learning the cello": "学大提琴的计划",
}
# how loud a voice is, in frames of the meter
_LEVELS = tuple(float(level) for level in ".1 .3 .75 .85 .6 .7 .9 .5 .3 .65 .8 .95 .7 .4 .55 .85 .75 .6".split())
_SETTLE = 400  # milliseconds for layouts and timers
_LONGEST = 10_000  # milliseconds until everything in sight has its widget, on a machine with much else to do


def screenshot(
    path: str | Path,
    theme: str = "light",
    language: str = "en",
    size: str | None = None,
    page: str | None = None,
) -> None:
    """Save what the window shows to a PNG; size as "1080x900"."""
    width, height = _parse_size(size or _DEFAULT_SIZE)
    page = page or "conversation"
    if page not in PAGES:
        raise BadInputError(f"--page {page}: the pages are {', '.join(PAGES)}.")
    path = Path(path)
    if not path.resolve().parent.is_dir():
        raise BadInputError(f"{path}: the folder it should be saved to does not exist.")
    if not any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY")):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")  # a picture needs no display
    qt = make_qt()
    translations.install(qt, language)
    with tempfile.TemporaryDirectory() as profile:
        os.environ[HOME_VARIABLE] = profile
        settings = SettingsStore(Path(profile))
        settings.change(theme=theme, captions=page == "captions", still=True)  # what moves looks otherwise every time
        application = Application(qt, settings)
        window = application.window
        window.resize(width, height)
        window.show()
        _play(application.shown, page)
        if page.startswith("settings"):
            _offer(application)
            window.toggle_panel()
            window.panel.show_page(page.partition("-")[2] or "voice")
        elif page in WIZARD:
            _welcome(application, WIZARD.index(page))
        elif page == "history":
            window.toggle_history()
            _remember(application)
        (window.panel if page.startswith("settings") else window.conversation).setFocus()  # no frame around a button
        if page in ("live", "captions"):
            window.input.stage.face.show_loudness(0.9)
        if page == "live":
            _wait(_SETTLE)
            _press(window, "eye")
        if page == "waterfall":
            _wait(_SETTLE)
            _press(window, "clock")
        if page == "listening":
            for level in _LEVELS:
                window.input.show_level(level)
        _wait(_SETTLE)
        for _ in range(_LONGEST // _SETTLE):
            if window.conversation.settled:
                break
            _wait(_SETTLE)
        picture = (application.wizard or window).grab()
        window.hide()
        application.remembering.close()
        application.session.close()
        window.deleteLater()
    if not picture.save(str(path), "PNG"):
        raise BadInputError(f"{path}: cannot be written.")


def _press(window: MainWindow, icon: str) -> None:
    """The newest button with this icon in the conversation."""
    buttons = [it for it in window.conversation.findChildren(IconButton) if it.icon_name == icon and it.isVisible()]
    max(buttons, key=lambda it: it.mapTo(window, it.rect().center()).y()).click()


def _parse_size(size: str) -> tuple[int, int]:
    match = re.fullmatch(r"(\d{3,4})x(\d{3,4})", size)
    if match is None:
        raise BadInputError(f"--size {size}: give it as width and height, like 1080x900.")
    return int(match[1]), int(match[2])


def _wait(milliseconds: int) -> None:
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()
    QApplication.processEvents()


def _play(shown: ConversationViewModel, page: str) -> None:
    """Bring the view model into the state that the page shows."""
    shown.set_model(ModelInfo("nano", "cpu", "bf16", ("heart", "henry", "imogen", "oliver"), "heart", 4096))
    shown.set_phase(Phase.IDLE)
    if page == "welcome":
        return
    if page == "media":
        _play_media(shown)
        return
    if page in ("live", "captions"):
        _play_live(shown)
        return
    _say(shown, "Why is the sky blue, in two sentences?")
    _answer(
        shown,
        "Sunlight holds all colours, and the air scatters the short, **blue** waves much more than the long, red "
        "ones. So wherever you look, away from the sun, it is the scattered blue that reaches your eyes.",
        9.4,
    )
    _speak(shown, 3.2)
    _answer(
        shown,
        "In the evening the light comes in low and crosses *far more* air:\n\n"
        "- most of the blue is lost on the way,\n"
        "- what is left is yellow, orange and red.\n\n"
        "That is the same effect, only with a longer path.",
        12.1,
    )
    if page == "waterfall":
        return
    if page == "files":
        for attachment in (_picture(), _sound(), _being_read()):
            shown.attach(attachment)
        shown.set_draft(_told("Which of these was recorded at sea?"))
        return
    _say(shown, "And why are clouds white?")
    if page == "engine-stopped":
        question = shown.question()
        assert question is not None
        question.state, question.reason = MessageState.FAILED, "The engine stopped before the answer was complete."
        shown.changed(question)
        shown.set_phase(Phase.FAILED)
        text = "The engine has stopped (signal 9). Your conversation is kept; restart the engine to go on."
        shown.set_notice(Notice(text, "error", "restart"))
        return
    if page == "listening":
        _answer(shown, "Their drops are large enough to scatter all colours alike, and all of them make white.", 4.8)
        _speak(shown, 2.1).state = MessageState.GROWING
        shown.set_phase(Phase.LISTENING, stoppable=True)
        return
    answer = shown.new_answer()
    answer.text = _told("A cloud is made of drops, and each drop is large enough to scatter all colours alike, so that")
    answer.speech = [_voice(4.0, 24_000, seed=5)]
    shown.changed(answer)
    shown.set_phase(Phase.SPEAKING, stoppable=True)
    shown.set_playhead(Playhead(answer, 3.4, 4.0, complete=False))


def _welcome(application: Application, step: int) -> None:
    """The wizard, on a machine like many."""
    application.welcome()
    wizard = application.wizard
    assert wizard is not None
    wizard.machine_wanted.disconnect()
    wizard.show_step(step)
    told: dict[str, dict[str, Any]] = {
        "Model nano": {"needed_gib": 1.83},
        "Processor": {"usable": 4},
        "Memory": {"available": 9.2e9, "total": 16.6e9},
        "Graphics card": {},
        "Microphone": {"names": ["Built-in microphone"]},
        "Loudspeaker": {"names": ["Built-in loudspeaker", "Headphones"]},
        "Camera": {},
        "Disk": {"free": 71e9},
    }
    verdicts = {name: "ok" for name in told} | {"Graphics card": "missing", "Camera": "missing"}
    wizard.machine.show_report(MachineReport(True, verdicts, told))


def _offer(application: Application) -> None:
    """Models as on a machine with a card of 12 GB: one that came with the program, one that is here, one on its way."""
    application.window.panel.model.models_wanted.disconnect()  # what this machine has would be looked up
    gib = 1 << 30
    fits = ModelFit(True, "bf16", 32_768, on_card=True, needed=int(9.6 * gib), free=int(11.2 * gib))
    tight = ModelFit(
        True, "nf4", 8192, on_card=True, needed=int(9.1 * gib), free=int(11.2 * gib), disk_needed=22 * 10**9
    )
    application.models.show(
        [
            ModelEntry("nano", ModelState.INSTALLED, 152 * 10**6, embedded=True),
            ModelEntry("3b", ModelState.INSTALLED, 11 * 10**9, fit=fits),
            ModelEntry(
                "7b",
                ModelState.COMING,
                22 * 10**9,
                fetched=8 * 10**9,
                rate=48e6,
                seconds_left=290,
                fit=replace(tight, disk_free=71 * 10**9),
            ),
        ]
    )


def _remember(application: Application) -> None:
    """A few conversations of the last weeks, as if they had been had."""
    now, history = time.time(), application.remembering.history
    titles = [
        ("Recipe for plum dumplings", 40, True),
        ("Why is the sky blue, in two sentences?", 0.01, False),
        ("evening.jpg, gulls.wav", 0.2, False),
        ("How do I say “nice to meet you” in Chinese?", 1.1, False),
        ("Read me the letter in this picture", 3, False),
        ("Names for a small boat", 5, False),
        ("What did the speaker say about tides?", 21, False),
        ("A plan for learning the cello", 33, False),
    ]
    entries = [
        Entry(str(number), _told(title), pinned, now - days * 86_400, 2 * number + 2)
        for number, (title, days, pinned) in enumerate(titles)
    ]
    entries[1] = replace(entries[1], key=application.shown.conversation)
    history.show(entries)


def _play_media(shown: ConversationViewModel) -> None:
    """Questions about a picture and a film, with boxes and times in their answers."""
    shown.attach(_picture())
    _say(shown, "Where is the sun?")
    found = [
        {"bbox_2d": [360, 205, 440, 276], "label": _told("sun")},
        {"point_2d": [400, 330], "label": _told("its reflection")},
    ]
    boxes = json.dumps(found, ensure_ascii=False)
    _answer(shown, f"{_told('Low over the sea, with its reflection below:')}\n\n```json\n{boxes}\n```", 3.1)
    film = _film()
    shown.attach(film)
    _say(shown, "When does the sun touch the water?")
    _answer(shown, "It comes down all the while, touches the water at 0:07 and is gone at 0:10.", 4.6)
    shown.set_playhead(Playhead(film, 7.1, film.seconds, complete=True))


def _play_live(shown: ConversationViewModel) -> None:
    """A call with the camera on, in the middle of an answer."""
    film = _film().media
    assert isinstance(film, Video)
    shown.set_hands_free(True)
    shown.set_looking(Looking("camera", "0"))
    shown.show_view(film.frames[9])
    question = _speak(shown, 2.4)
    question.seen = Seen(list(film.frames[5:10]), [0.0, 0.5, 1.0, 1.5, 2.0])
    shown.changed(question)
    answer = shown.new_answer()
    answer.text = _told("You are at the sea, and the sun is about to touch the water. In a minute it will be gone.")
    answer.speech, answer.sample_rate = [_voice(5.0, 24_000, seed=5)], 24_000
    shown.changed(answer)
    shown.set_phase(Phase.SPEAKING, stoppable=True)
    shown.set_playhead(Playhead(answer, 2.6, 5.0, complete=True))


def _told(text: str) -> str:
    """The same in the language of the window."""
    return _CHINESE.get(text, text) if translations.current() == "zh_CN" else text


def _say(shown: ConversationViewModel, text: str) -> Message:
    return shown.new_turn(_told(text))


def _speak(shown: ConversationViewModel, seconds: float) -> Message:
    message = shown.new_turn("", spoken=True)
    message.speech = [_voice(seconds, message.sample_rate, seed=int(seconds * 10))]
    message.state = MessageState.COMPLETE
    shown.changed(message)
    return message


def _answer(shown: ConversationViewModel, text: str, seconds: float) -> None:
    message = shown.new_answer()
    message.text, message.state, message.sample_rate = _told(text), MessageState.COMPLETE, 24_000
    message.speech = [_voice(seconds, 24_000, seed=1)]
    message.latency = Latency(0.0, 0.0, 0.08, 0.42, seconds, 0.33 * seconds, 1_100_000_000)
    shown.changed(message)


def _voice(seconds: float, rate: int, seed: int) -> np.ndarray:
    """Noise with the rise and fall of speech: enough for its waveform."""
    random = np.random.default_rng(seed)
    knots = max(2, int(seconds * 5))
    envelope = np.interp(
        np.linspace(0, knots, int(seconds * rate)), np.arange(knots + 1), random.random(knots + 1) ** 1.6
    )
    return (0.5 * envelope * random.uniform(-1, 1, len(envelope))).astype(np.float32)


def _picture() -> Attachment:
    """A sea at evening, painted with a few lines of arithmetic."""
    height, width = 480, 640
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    sky = np.stack([90 + 160 * y, 110 + 70 * y, 170 - 60 * y], -1)
    sun = np.exp(-(((x - 0.62) * 1.333) ** 2 + (y - 0.5) ** 2) / 0.0022)[..., None]
    glow = np.exp(-(((x - 0.62) * 1.333) ** 2 + (y - 0.5) ** 2) / 0.09)[..., None]
    scene = sky + glow * [70, 30, -30] + sun * [120, 110, 60]
    ripple = 0.5 + 0.5 * np.sin(y**2.2 * 260 + 3 * np.sin(x * 9 + y * 40))
    path = np.exp(-(((x - 0.62) / (0.03 + 0.16 * (y - 0.55).clip(0))) ** 2))
    sea = np.stack([30 + 40 * y, 60 + 35 * y, 92 + 20 * y], -1) + (ripple * (12 + 150 * path))[..., None] * [
        1,
        0.78,
        0.5,
    ]
    pixels = np.where((y > 0.58)[..., None], sea, scene).clip(0, 255).astype(np.uint8)
    image = Image(Path("evening.jpg"), pixels)
    return Attachment(image.path, MediaKind.IMAGE, AttachmentState.READY, image, thumbnail(image))


def _being_read() -> Attachment:
    return Attachment(Path("holiday.mp4"), MediaKind.VIDEO, progress=0.43)


def _film() -> Attachment:
    """The same sea, while the sun goes down."""
    y, x = np.mgrid[0:1:270j, 0:1:480j]
    frames = []
    for step in np.linspace(0.0, 1.0, 24):
        dusk, height = 1.0 - 0.6 * step, 0.2 + 0.55 * step
        sun = np.exp(-(((x - 0.5) * 1.78) ** 2 + (y - height) ** 2) / 0.003) * (y < 0.58)
        sky = np.stack([190 - 60 * y, 150 - 20 * y, 150 + 40 * y], -1) * dusk
        sea = np.stack([30 + 60 * y, 60 + 40 * y, 92 + 20 * y], -1) * dusk
        scene = np.where((y > 0.58)[..., None], sea, sky) + sun[..., None] * [130, 110, 60]
        frames.append(scene.clip(0, 255).astype(np.uint8))
    film = Video(Path("sunset.mp4"), np.stack(frames), 2.0, _voice(12.0, 16_000, seed=4))
    envelope = Envelope(16_000)
    envelope.take([_voice(12.0, 16_000, seed=4)])
    ready = AttachmentState.READY
    return Attachment(film.path, MediaKind.VIDEO, ready, film, thumbnail(film), envelope.levels())


def _sound() -> Attachment:
    sound = Audio(Path("gulls.wav"), _voice(7.0, 16_000, seed=9))
    return Attachment(sound.path, MediaKind.AUDIO, AttachmentState.READY, sound)
