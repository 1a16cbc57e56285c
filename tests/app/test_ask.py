"""`ask` on a small random model: what stands on stdout and in the WAV, and what every option changes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch
from PIL import Image

from app.commands import main
from model.checkpoint import build, load
from model.conversation import Conversation
from model.prompt.tokenizer import read_tokenizer
from model.talker import Talker
from tests.app.media import media_files

ROOT = Path(__file__).resolve().parents[2]
QUESTION = "what do you see?"
SHORT = ("--greedy", "--seed", "0", "--device", "cpu", "--max-text-tokens", "8", "--max-speech-seconds", "1")
TYPES: dict[str, dict[str, type | tuple[type, ...]]] = {
    "ready": {"model": str, "device": str, "precision": str, "voice": str, "load_seconds": float},
    "text": {"at": float, "delta": str},
    "audio": {"at": float, "start": int, "samples": int},
    "done": {
        "at": float, "text": str, "prompt_tokens": int, "text_tokens": list, "speech_codes": list, "sample_rate": int,
        "samples": int, "peak_memory_bytes": int, "timings": dict,
    },
}


@pytest.fixture
def ask(tiny_model: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """Run `ask … --json` in this process and return its lines; it must succeed."""

    def call(*arguments: str) -> list[dict[str, Any]]:
        code = main(["ask", "--model", str(tiny_model), "--json", *SHORT, *arguments])
        out, err = capsys.readouterr()
        assert code == 0, err
        return [json.loads(line) for line in out.splitlines()]

    return call


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("files")
    picture = folder / "picture.png"
    Image.fromarray(np.random.default_rng(1).integers(0, 256, (84, 112, 3), dtype=np.uint8)).save(picture)
    return {
        "image": picture,
        "audio": media_files.write_wav(folder / "question.wav", media_files.tone(1.3)),
        "video": media_files.write_video(folder / "clip.mp4", seconds=2.0),
    }


def program(*arguments: str, **settings: Any) -> subprocess.Popen[bytes]:
    environment = dict(os.environ, OMP_NUM_THREADS="1")
    command = [sys.executable, "main.py", *arguments]
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **settings
    )


def done(lines: list[dict[str, Any]]) -> dict[str, Any]:
    assert lines[-1]["event"] == "done"
    return lines[-1]


def test_the_program_answers_in_lines_and_sound(tiny_model: Path, tmp_path: Path) -> None:
    speech = tmp_path / "answer.wav"
    child = program("ask", QUESTION, "--model", str(tiny_model), "--speech", str(speech), "--json", *SHORT)
    out, err = child.communicate(timeout=120)
    assert child.returncode == 0 and err == b""
    lines = [json.loads(line) for line in out.decode().splitlines()]
    for line in lines:
        assert set(line) == {"event", *TYPES[line["event"]]}
        for name, kind in TYPES[line["event"]].items():
            assert type(line[name]) is kind, (name, line[name])
    kinds = [line["event"] for line in lines]
    assert kinds[0] == "ready" and kinds[-1] == "done" and {"text", "audio"} == set(kinds[1:-1])
    last = done(lines)
    times = [line["at"] for line in lines[1:]]
    assert times == sorted(times) and times[0] > 0
    assert "".join(line["delta"] for line in lines if line["event"] == "text") == last["text"]
    sounds = [line for line in lines if line["event"] == "audio"]
    assert [sound["start"] for sound in sounds] == list(np.cumsum([0, *(s["samples"] for s in sounds)])[:-1])
    assert sum(sound["samples"] for sound in sounds) == last["samples"] == 24_000
    assert last["sample_rate"] == 24_000
    assert set(last["timings"]) == {"encode", "prefill", "first_text", "first_audio", "total"}
    assert all(type(token) is int for token in last["text_tokens"] + last["speech_codes"])
    assert len(last["text_tokens"]) == 8 and len(last["speech_codes"]) == 50
    assert max(last["speech_codes"]) < 64, "control codes are no speech"
    with wave.open(str(speech)) as file:  # the standard library's reader is the strictest player
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (24_000, 1, 2)
        assert file.getnframes() == last["samples"]
        assert np.abs(np.frombuffer(file.readframes(24_000), np.int16)).max() > 100
    assert [path.name for path in tmp_path.iterdir()] == ["answer.wav"]


def test_plain_output_is_the_text(ask: Any, tiny_model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = done(ask(QUESTION, "--no-speech"))["text"]
    assert main(["ask", QUESTION, "--no-speech", "--model", str(tiny_model), *SHORT]) == 0
    assert capsys.readouterr().out == text + "\n"


def test_no_speech_loads_no_talker(ask: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def refuse(*_: object) -> Talker:
        raise AssertionError("the Talker was built")

    for module in (build, load):  # from its own weights, or from those kept for the next start
        monkeypatch.setattr(module, "Talker", refuse)
    lines = ask(QUESTION, "--no-speech")
    assert not [line for line in lines if line["event"] == "audio"]
    assert done(lines)["speech_codes"] == [] and done(lines)["samples"] == 0
    with pytest.raises(AssertionError, match="the Talker was built"):
        ask(QUESTION, "--speech", str(tmp_path / "a.wav"))


def test_the_same_seed_gives_the_same_speech(ask: Any, tmp_path: Path) -> None:
    replies, waves = [], []
    for name in ("one.wav", "two.wav"):
        replies.append(done(ask(QUESTION, "--speech", str(tmp_path / name))))
        waves.append((tmp_path / name).read_bytes())
    assert replies[0]["text_tokens"] == replies[1]["text_tokens"]
    assert replies[0]["speech_codes"] == replies[1]["speech_codes"]
    assert waves[0] == waves[1]


def test_another_seed_gives_other_speech(tiny_model: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    codes = []
    for seed in ("1", "1", "2"):
        speech = ("--speech", str(tmp_path / "a.wav"))
        limits = ("--max-text-tokens", "8", "--max-speech-seconds", "1")
        assert main(["ask", QUESTION, "--model", str(tiny_model), "--json", "--seed", seed, *speech, *limits]) == 0
        codes.append(json.loads(capsys.readouterr().out.splitlines()[-1])["speech_codes"])
    assert codes[0] == codes[1] != codes[2]


def test_files_stand_in_the_order_of_the_command_line(
    ask: Any, files: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    from model.conversation import Conversation

    order: list[str] = []
    for method in ("add_image", "add_audio", "add_video", "say"):
        give = getattr(Conversation, method)

        def note(talk: Any, *things: Any, give: Any = give, method: str = method) -> None:
            order.append(method.removeprefix("add_"))
            give(talk, *things)

        monkeypatch.setattr(Conversation, method, note)
    image, audio, video = (f"--{kind}={path}" for kind, path in files.items())
    one = done(ask(QUESTION, video, image, audio, image, "--no-speech"))
    assert order == ["video", "image", "audio", "image", "say"]
    other = done(ask(image, audio, image, QUESTION, video, "--no-speech"))
    assert order[5:] == ["image", "audio", "image", "video", "say"], "the text comes last, wherever it stands"
    assert one["prompt_tokens"] == other["prompt_tokens"]


def test_a_question_may_be_a_recording_alone(ask: Any, files: dict[str, Path]) -> None:
    spoken = done(ask("--audio", str(files["audio"]), "--no-speech"))
    both = done(ask("--audio", str(files["audio"]), QUESTION, "--no-speech"))
    assert spoken["text_tokens"] and both["prompt_tokens"] > spoken["prompt_tokens"]


def test_the_sound_of_a_video_can_be_left_out(ask: Any, files: dict[str, Path]) -> None:
    heard = done(ask("--video", str(files["video"]), QUESTION, "--no-speech"))
    mute = done(ask("--video", str(files["video"]), QUESTION, "--no-speech", "--no-audio-in-video"))
    assert heard["prompt_tokens"] - mute["prompt_tokens"] in range(50, 55)  # 25 tokens a second, and two markers


def test_history_is_part_of_the_prompt(ask: Any, files: dict[str, Path], tmp_path: Path) -> None:
    (tmp_path / "beside.wav").write_bytes(files["audio"].read_bytes())
    history = tmp_path / "history.json"
    user = [{"type": "text", "text": "say this:"}, {"type": "audio", "path": str(files["audio"])}]
    turns: list[dict[str, Any]] = [
        {"role": "user", "content": user},
        {"role": "assistant", "content": [{"type": "text", "text": "the lazy dog"}]},
    ]
    history.write_text(json.dumps(turns))
    plain = done(ask(QUESTION, "--no-speech"))["prompt_tokens"]
    told = done(ask(QUESTION, "--no-speech", "--history", str(history)))["prompt_tokens"]
    assert told > plain + 32 + 2
    user[1]["path"] = "beside.wav"
    history.write_text(json.dumps(turns))
    assert done(ask(QUESTION, "--no-speech", "--history", str(history)))["prompt_tokens"] == told
    history.write_text(json.dumps([{"role": "user", "content": "a fox"}, {"role": "assistant", "content": "jumps"}]))
    assert plain < done(ask(QUESTION, "--no-speech", "--history", str(history)))["prompt_tokens"] < told


def test_limits_end_text_and_speech(ask: Any, tmp_path: Path) -> None:
    speech = ("--speech", str(tmp_path / "a.wav"))
    reply = done(ask(QUESTION, *speech, "--max-text-tokens", "3", "--max-speech-seconds", "0.5"))
    assert len(reply["text_tokens"]) == 3 and len(reply["speech_codes"]) == 25 and reply["samples"] == 12_000


def test_reference_decoding_is_one_piece(ask: Any, tmp_path: Path) -> None:
    speech = tmp_path / "a.wav"
    streamed = ask(QUESTION, "--speech", str(speech))
    whole = ask(QUESTION, "--speech", str(speech), "--token2wav", "reference")
    pieces = [[line for line in lines if line["event"] == "audio"] for lines in (streamed, whole)]
    assert len(pieces[0]) > 1 and len(pieces[1]) == 1
    assert done(streamed)["speech_codes"] == done(whole)["speech_codes"]
    assert done(streamed)["samples"] == done(whole)["samples"] == soundfile.info(speech).frames


def test_voices_are_found_regardless_of_case(ask: Any, tmp_path: Path) -> None:
    lines = ask(QUESTION, "--voice", "fIRST", "--speech", str(tmp_path / "a.wav"))
    assert lines[0]["voice"] == "First"


def test_precision_is_kept(ask: Any, tmp_path: Path) -> None:
    lines = ask(QUESTION, "--precision", "bf16", "--speech", str(tmp_path / "a.wav"))
    assert lines[0]["precision"] == "bf16" and done(lines)["samples"] == 24_000


def test_another_system_message_is_warned_of(
    tiny_model: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    common = ["ask", QUESTION, "--model", str(tiny_model), *SHORT]
    assert main([*common, "--system", "you are a fox", "--speech", str(tmp_path / "a.wav")]) == 0
    err = capsys.readouterr().err
    assert "speech may suffer" in err and err.count("\n") == 1
    assert main([*common, "--system", "you are a fox", "--no-speech"]) == 0
    assert capsys.readouterr().err == "", "text does not suffer"


def test_without_a_loudspeaker_the_answer_is_text(
    tiny_model: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from app import audio_devices

    def refuse(*_: object) -> None:
        raise audio_devices.AudioError("No loudspeaker could be opened.")

    monkeypatch.setattr(audio_devices, "open_output", refuse)
    assert main(["ask", QUESTION, "--model", str(tiny_model), *SHORT]) == 0
    out, err = capsys.readouterr()
    assert out.strip() and "--speech FILE.wav" in err and err.count("\n") == 1


def test_a_link_is_written_through(ask: Any, tmp_path: Path) -> None:
    (tmp_path / "link.wav").symlink_to(tmp_path / "real.wav")
    samples = done(ask(QUESTION, "--speech", str(tmp_path / "link.wav")))["samples"]
    assert (tmp_path / "link.wav").is_symlink() and soundfile.info(tmp_path / "real.wav").frames == samples


@pytest.mark.skipif(os.name == "nt", reason="waits for signals that Windows does not have")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl+C", "SIGTERM"])
def test_interrupted_in_the_middle(tiny_model: Path, tmp_path: Path, number: signal.Signals) -> None:
    speech = ("--speech", str(tmp_path / "a.wav"))
    long = ("--greedy", "--max-text-tokens", "3000", "--max-speech-seconds", "80")
    child = program("ask", QUESTION, "--model", str(tiny_model), "--json", *speech, *long)
    assert child.stdout is not None
    for line in child.stdout:
        if json.loads(line)["event"] == "audio":
            break
    assert list(tmp_path.iterdir()), "the half-written file that must go"
    child.send_signal(number)
    out, err = child.communicate(timeout=60)
    assert b'"done"' not in out
    assert child.returncode == 1 and err == b"visavis: Interrupted.\n"
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(os.name == "nt", reason="waits for a limit of memory that Windows does not have")
def test_a_full_disk_is_told(tiny_model: Path, tmp_path: Path) -> None:
    def small_disk() -> None:
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))

    speech = ("--speech", str(tmp_path / "a.wav"))
    child = program("ask", QUESTION, "--model", str(tiny_model), *speech, *SHORT, preexec_fn=small_disk)
    out, err = child.communicate(timeout=60)
    assert child.returncode == 1 and b"a.wav: cannot be written" in err and err.count(b"\n") == 1
    assert out and out.endswith(b"\n"), "the complaint has a line of its own"
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(os.name == "nt", reason="waits for pipes that Windows does not have")
def test_a_reader_that_leaves_is_no_error(tiny_model: Path, tmp_path: Path) -> None:
    speech = ("--speech", str(tmp_path / "a.wav"))
    child = program("ask", QUESTION, "--model", str(tiny_model), *speech, "--greedy", "--max-text-tokens", "2000")
    assert child.stdout is not None and child.stderr is not None
    child.stdout.read(1)
    child.stdout.close()
    assert child.stderr.read() == b"" and child.wait(timeout=60) == 1
    assert not list(tmp_path.iterdir())


def test_the_tokens_are_those_of_the_text(ask: Any, tiny_model: Path) -> None:
    reply = done(ask(QUESTION, "--no-speech"))
    assert read_tokenizer(tiny_model).decode(reply["text_tokens"]) == reply["text"]
    assert torch.tensor(reply["text_tokens"]).max() < 320


def test_without_memory_it_is_asked_again_smaller_unless_its_answer_has_begun(
    tiny_model: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    real, loaded = Conversation.reply, []

    def reply(talk: Conversation, **options: Any) -> Iterator[Any]:
        loaded.append(talk)
        if len(loaded) == 1:
            raise MemoryError
        yield from real(talk, **options)

    monkeypatch.setattr(Conversation, "reply", reply)
    arguments = ("ask", QUESTION, "--no-speech", "--model", str(tiny_model), "--json", *SHORT)
    assert main([*arguments]) == 0
    out, err = capsys.readouterr()
    events = [json.loads(line)["event"] for line in out.splitlines()]
    assert events.count("ready") == events.count("done") == 1 and events[0] == "ready"
    assert len(loaded) == 2 and "There was not enough memory; the model is loaded" in err and err.count("\n") == 1

    def breaks(talk: Conversation, **options: Any) -> Iterator[Any]:
        loaded.append(talk)
        yield next(real(talk, **options))
        raise MemoryError

    monkeypatch.setattr(Conversation, "reply", breaks)
    assert main([*arguments]) == 1
    out, err = capsys.readouterr()
    assert len(loaded) == 3 and '"text"' in out and "not enough memory" in err and err.count("\n") == 1
