"""Another engine in our own one's place: what it is sent, what comes of what it sends, and what goes wrong."""

from __future__ import annotations

import base64
import io
import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from pytestqt.qtbot import QtBot

from app import remote
from app.application import Application
from app.commands import main
from app.view_models.conversation import Phase
from model.errors import BadInputError, CannotRunError
from model.events import Done, Remark, SpeechChunk, TextDelta
from tests.app.media import media_files
from tests.app.remote.chat_server import MODEL, RATE, Chat, serve, tone
from tests.app.test_window import answered, type_and_send

ANSWER = "It is a red square."


@pytest.fixture
def chat() -> Iterator[Chat]:
    with serve(Chat()) as served:
        yield served


def events(talk: Any, **options: Any) -> tuple[str, np.ndarray, Done, list[str]]:
    """Text, speech, end and remarks of a reply; they fit together."""
    text, pieces, remarks, done = "", [np.zeros(0, np.float32)], [], None
    for event in talk.reply(**options):
        match event:
            case TextDelta():
                text += event.text
            case SpeechChunk():
                assert event.start == sum(map(len, pieces))
                pieces.append(event.samples)
            case Remark():
                remarks.append(event.sentence)
            case Done():
                done = event
    assert done is not None and done.text == text and done.samples == sum(map(len, pieces))
    return text, np.concatenate(pieces), done, remarks


@pytest.mark.parametrize("form", ["openai", "vllm"])
def test_text_and_speech_in_either_form(chat: Chat, form: str) -> None:
    chat.form = form
    engine = remote.load(chat.url)
    assert engine.voices == ("Chelsie", "Ethan") and engine.model == MODEL and engine.name == "Qwen2.5-Omni-7B"
    with engine.conversation(voice="ethan") as talk:
        talk.say("What is this?")
        text, speech, done, remarks = events(talk, seed=3, greedy=True)
    assert text == ANSWER and not remarks and not done.interrupted
    assert len(speech) == RATE and np.abs(speech - tone(1.0)).max() < 1e-3
    assert 0 < done.timings["first_text"] <= done.timings["total"] and "first_audio" in done.timings
    asked = chat.questions[0]
    assert asked["audio"]["voice"] == "Ethan" and asked["modalities"] == ["text", "audio"]
    assert asked["speaker"] == "Ethan"  # which is what vLLM-Omni reads
    assert asked["seed"] == 3 and asked["temperature"] == 0
    system, user = asked["messages"]
    assert system["role"] == "system" and "generating text and speech" in system["content"]
    assert user == {"role": "user", "content": "What is this?"}


def test_everything_that_is_given_arrives(chat: Chat) -> None:
    with remote.load(chat.url).conversation() as talk:
        picture = np.zeros((60, 80, 3), np.uint8)
        picture[:, 40:] = (255, 0, 0)
        talk.hear(tone(0.2)[::3].copy())
        talk.hear(tone(0.3)[::3].copy())
        talk.see(picture, 0.0)
        talk.add_image(picture)
        talk.add_video(np.stack([picture] * 100), 2.0, tone(1.5)[::3].copy())
        talk.say("And this?")
        events(talk)
    parts = chat.questions[0]["messages"][-1]["content"]
    assert [part["type"] for part in parts] == [
        *["image_url", "input_audio", "image_url"],
        *["image_url"] * 32,
        *["input_audio", "text"],
    ]
    heard, rate = soundfile.read(io.BytesIO(base64.b64decode(parts[1]["input_audio"]["data"])))
    assert rate == 16_000 and len(heard) == 4000  # both pieces, as one
    jpeg = base64.b64decode(parts[0]["image_url"]["url"].removeprefix("data:image/jpeg;base64,"))
    from PIL import Image

    seen = np.asarray(Image.open(io.BytesIO(jpeg)))
    assert seen.shape == (60, 80, 3) and seen[30, 70, 0] > 200 > 60 > seen[30, 10, 0]


def test_a_conversation_is_told_as_it_was_heard(chat: Chat) -> None:
    with remote.load(chat.url).conversation() as talk:
        talk.say("One")
        talk.close_turn("user")
        talk.say("Two")
        talk.close_turn("assistant")
        talk.say("Three")
        events(talk)
        talk.interrupt(heard_seconds=0.5)  # it was made, but only half of it was played
        talk.say("Four")
        talk.pause()
        events(talk)
        talk.resume()  # they go on: that answer never was
        talk.say("and more")
        events(talk, speech=False)
    told = [(message["role"], message["content"]) for message in chat.questions[-1]["messages"][1:]]
    assert told == [
        ("user", "One"),
        ("assistant", "Two"),
        ("user", "Three"),
        ("assistant", "It is a"),
        ("user", "Four\nand more"),
    ]
    assert chat.questions[-1]["modalities"] == ["text"]


def test_an_interrupt_ends_it_at_once_and_the_server_may_stop(chat: Chat) -> None:
    chat.words, chat.pause = [f"word{n} " for n in range(200)], 0.05
    with remote.load(chat.url).conversation() as talk:
        talk.say("Tell me a long story")
        threading.Timer(0.5, talk.interrupt, (0.01,)).start()
        text, _, done, remarks = events(talk)
        assert done.interrupted and len(text) < 1000 and not remarks
        end = time.monotonic() + 20
        while not chat.gone:
            assert time.monotonic() < end, "the request was left running"
            time.sleep(0.02)
        chat.words, chat.pause = ["Done."], 0.0
        talk.say("Another")
        assert events(talk)[0] == "Done."


def test_no_audio_in_the_answer_is_told(chat: Chat) -> None:
    chat.form = "none"
    with remote.load(chat.url).conversation() as talk:
        talk.say("Hello")
        text, speech, _, remarks = events(talk)
    assert text == ANSWER and not len(speech)
    assert len(remarks) == 1 and "answered without speech" in remarks[0]


def test_a_model_that_is_not_known_to_speak(chat: Chat) -> None:
    chat.models[0]["id"] = "some-llm"
    engine = remote.load(chat.url)
    assert engine.voices == () and not engine.speaks
    with engine.conversation() as talk:
        talk.say("Hello")
        assert events(talk)[0] == ANSWER
    assert "modalities" not in chat.questions[0] and len(chat.questions[0]["messages"]) == 1
    assert remote.load(chat.url, voice="alloy").voices == ("alloy",)
    chat.models[0] |= {"root": "Qwen/Qwen2.5-Omni-3B", "max_model_len": 8192}
    engine = remote.load(chat.url)
    assert engine.voices == ("Chelsie", "Ethan") and engine.context_length == 8192


# what goes wrong


def failure(chat: Chat, kind: type[Exception] = CannotRunError) -> str:
    """The sentence with which a question fails; the next one is answered, without a trace of it."""
    with remote.load(chat.url).conversation() as talk:
        talk.say("A question that fails")
        with pytest.raises(kind) as caught:
            events(talk)
        chat.status, chat.cut, chat.stop, chat.raw = 200, 0, 0, None
        talk.say("Again")
        assert events(talk)[0] == ANSWER
        assert [m["content"] for m in chat.questions[-1]["messages"][1:]] == ["Again"]
    assert chat.url in str(caught.value) and "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (401, CannotRunError, "VISAVIS_ENGINE_KEY"),
        (403, CannotRunError, "VISAVIS_ENGINE_KEY"),
        (404, CannotRunError, f"has no model “{MODEL}”"),
        (400, BadInputError, "scripted"),
        (422, BadInputError, "does not take this question"),
        (429, CannotRunError, "too much to do"),
        (500, CannotRunError, "has failed (500): scripted"),
        (503, CannotRunError, "has failed (503)"),
    ],
)
def test_refusals(chat: Chat, status: int, kind: type[Exception], words: str) -> None:
    chat.status = status
    assert words in failure(chat, kind)


def test_a_stream_that_breaks_off(chat: Chat) -> None:
    chat.cut = 4
    assert "broke off in the middle" in failure(chat)
    chat.stop = 4  # the line is closed properly, but the answer has no end
    assert "broke off in the middle" in failure(chat)


def test_an_error_in_the_middle_of_a_stream(chat: Chat) -> None:
    chat.raw = b'data: {"error": {"message": "out of memory", "type": "server_error"}}\n\n'
    assert "failed while it answered: out of memory" in failure(chat)


@pytest.mark.parametrize("raw", [b"data: <html>\n\n", b'data: {"choices": 3}\n\n'])
def test_what_is_no_stream(chat: Chat, raw: bytes) -> None:
    chat.raw = raw
    assert "no engine of this form" in failure(chat)


def test_sound_that_is_none(chat: Chat) -> None:
    bad = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": MODEL}
    bad["choices"] = [{"index": 0, "delta": {"audio": {"data": "*no base64*"}}, "finish_reason": None}]
    chat.raw = f"data: {json.dumps(bad)}\n\n".encode()
    assert "its sound is no base64" in failure(chat)


def test_a_server_that_is_not_there_or_no_engine(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CannotRunError, match=r"No engine answers at http://127\.0\.0\.1:9/v1"):
        remote.load("http://127.0.0.1:9")
    with pytest.raises(CannotRunError, match="mostly end in /v1"):
        remote.load(chat.url.removesuffix("/v1") + "/elsewhere")
    for url in ("ftp://here", "127.0.0.1:8000", "http://", "http://[::1", "http://a:b"):
        with pytest.raises(BadInputError, match="no address of an engine"):
            remote.load(url)
    chat.models = []
    with pytest.raises(CannotRunError, match="serves no model"):
        remote.load(chat.url)
    chat.key = "secret"
    monkeypatch.setenv("OPENAI_API_KEY", "secret")  # is for another address, and goes nowhere
    with pytest.raises(CannotRunError, match="VISAVIS_ENGINE_KEY"):
        remote.load(chat.url, "m")
    monkeypatch.setenv("VISAVIS_ENGINE_KEY", "secret")
    assert remote.load(chat.url, "m").model == "m"


def test_what_is_given_wrongly(chat: Chat) -> None:
    with remote.load(chat.url).conversation() as talk:
        for act in (lambda: talk.say(" "), lambda: list(talk.reply()), talk.pause, talk.resume, talk.close_turn):
            with pytest.raises(BadInputError):
                act()
        with pytest.raises(BadInputError, match="its voices: Chelsie, Ethan"):
            talk.set_voice("Zoe")


# from the outside


def test_ask(chat: Chat, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wav = tmp_path / "answer.wav"
    question = media_files.write_wav(tmp_path / "question.wav", media_files.tone(1.0))
    asked = ["ask", "--engine", chat.url, "--audio", str(question), "What?", "--json"]
    assert main([*asked, "--speech", str(wav), "--voice", "Ethan"]) == 0
    out, err = capsys.readouterr()
    lines = [json.loads(line) for line in out.splitlines()]
    assert [lines[0]["event"], lines[-1]["event"], err] == ["ready", "done", ""]
    assert lines[0]["model"] == "Qwen2.5-Omni-7B" and lines[0]["voice"] == "Ethan"
    assert lines[-1]["text"] == ANSWER and lines[-1]["samples"] == RATE
    assert soundfile.info(wav).duration == pytest.approx(1.0)
    chat.status = 500
    assert main([*asked, "--speech", str(tmp_path / "none.wav")]) == 1
    assert capsys.readouterr().err.count("\n") == 1 and not (tmp_path / "none.wav").exists()


def test_talk(chat: Chat, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    question = media_files.write_wav(tmp_path / "question.wav", media_files.tone(1.0))
    speech = tmp_path / "answers.wav"
    assert main(["talk", "--engine", chat.url, "--input", str(question), "--speech", str(speech)]) == 0
    assert ANSWER in capsys.readouterr().out and soundfile.info(speech).duration == pytest.approx(1.0)
    assert chat.questions[0]["messages"][-1]["content"][0]["type"] == "input_audio"


def test_the_window(qtbot: QtBot, application: Application, chat: Chat) -> None:
    application.settings.change(engine=chat.url, voice="Ethan")
    application.session.reload()
    qtbot.waitUntil(lambda: application.shown.phase is Phase.IDLE, timeout=15_000)
    model = application.shown.model
    assert model is not None and model.name == "Qwen2.5-Omni-7B" and model.voices == ("Chelsie", "Ethan")
    type_and_send(qtbot, application, "What is this?")
    qtbot.waitUntil(answered(application), timeout=15_000)
    answer = application.shown.messages[-1]
    assert answer.text == ANSWER and sum(map(len, answer.speech)) == RATE
    assert chat.questions[-1]["audio"]["voice"] == "Ethan"
    chat.form = "none"
    type_and_send(qtbot, application, "And without a voice?")
    qtbot.waitUntil(lambda: len(chat.questions) == 2 and application.window.banner.isVisible(), timeout=15_000)
    assert "without speech" in application.window.banner.text
    application.settings.change(engine="http://127.0.0.1:9/v1")
    application.session.reload()
    qtbot.waitUntil(lambda: "No engine answers" in application.window.banner.text, timeout=15_000)
