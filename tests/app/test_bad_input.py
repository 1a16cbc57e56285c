"""What cannot be answered: one line on stderr that names the input and the cause, a code, and no file left behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from app import commands
from app.commands import main
from tests.app.media import media_files
from tests.app.media.test_media import BAD

ROOT = Path(__file__).resolve().parents[2]
KINDS = {"png": "--image", "jpg": "--image", "wav": "--audio", "mp4": "--video", "xyz": "--image"}


@pytest.fixture(scope="module")
def bad(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return media_files.bad_files(tmp_path_factory.mktemp("bad"))


@pytest.fixture
def told(tiny_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """Ask, expect a refusal with this code, and return its line."""

    def call(code: int, *arguments: str, model: str | Path = tiny_model, speech: bool = True) -> str:
        before = sorted(tmp_path.iterdir())
        sound = ("--speech", str(tmp_path / "answer.wav")) if speech else ()
        try:
            got = main(["ask", "--model", str(model), "--device", "cpu", *sound, *arguments])
        except SystemExit as exit:  # argparse's own way out
            got = int(str(exit.code))
        out, err = capsys.readouterr()
        assert got == code, err
        assert out == "" and err.startswith("visavis") and err.count("\n") == 1 and err.endswith("\n"), err
        assert "Traceback" not in err and "went wrong" not in err, err
        assert sorted(tmp_path.iterdir()) == before, "something was left behind"
        return str(err)

    return call


@pytest.mark.parametrize("what", BAD)
def test_files(told: Any, bad: dict[str, Path], what: str) -> None:
    path = bad[what]
    line = told(2, KINDS[path.suffix[1:]], str(path), "what is this?")
    assert path.name in line


@pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="waits for /proc/self/status, which tells what a process has used"
)
def test_a_huge_picture_costs_no_memory(bad: dict[str, Path]) -> None:
    """20000×20000 pixels would be 1.2 GB; told from the header alone, neither we nor the decoder take any of it."""
    script = (
        "import resource, sys\n"
        "from app.media import load_image\n"
        "from model.errors import BadInputError\n"
        "try:\n    load_image(sys.argv[1])\n"
        "except BadInputError:\n    pass\n"
        "else:\n    sys.exit('it was read')\n"
        "own = int(open('/proc/self/status').read().split('VmHWM:')[1].split()[0])\n"
        "print(max(own, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) // 1024)\n"
    )
    command = [sys.executable, "-c", script, str(bad["20000×20000 image"])]
    out = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, timeout=60)
    assert int(out.stdout) < 150, "MiB"


def test_text(told: Any) -> None:
    assert "no text" in told(2, "  \n\t ")
    assert "There is no question" in told(2)
    assert "not valid Unicode" in told(2, "caf\udce9")


def test_text_longer_than_the_context_says_how_much_fits(told: Any) -> None:
    line = told(2, "the quick brown fox " * 3000)
    assert "of the model's 4096" in line
    fits = int(line.split("only ")[1].split()[0])
    assert 3500 < fits < 4096


def test_voice(told: Any) -> None:
    line = told(2, "hello", "--voice", "Zoe")
    assert '"Zoe"' in line and "First" in line


def test_options(told: Any) -> None:
    assert "--frobnicate" in told(2, "hello", "--frobnicate")
    assert "--sys" in told(2, "hello", "--sys", "short forms are refused")
    assert "0 is not above zero" in told(2, "hello", "--max-text-tokens", "0")
    assert "--max-text-tokens" in told(2, "hello", "--max-text-tokens", "many")
    for value in ("0", "-1", "nan", "inf"):
        assert "not above zero" in told(2, "hello", f"--max-speech-seconds={value}")
    assert "--seed" in told(2, "hello", "--seed", "-1")
    assert "--seed" in told(2, "hello", "--seed", str(2**64))
    assert "not allowed with" in told(2, "hello", "--no-speech")
    assert "--token2wav" in told(2, "hello", "--token2wav", "magic")
    assert "--precision" in told(2, "hello", "--precision", "fp12")


def test_devices(told: Any) -> None:
    assert "toaster" in told(2, "hello", "--device", "toaster")
    assert '"mps"' in told(2, "hello", "--device", "mps")
    import torch

    if not torch.cuda.is_available():
        assert "--device cpu" in told(1, "hello", "--device", "cuda")
        assert "--device cpu" in told(1, "hello", "--device", "cuda:3")


def test_precisions(told: Any) -> None:
    assert "fp64" in told(2, "hello", "--precision", "fp64")


def test_where_speech_cannot_go(told: Any, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    for target, cause in {
        str(tmp_path / "nowhere" / "a.wav"): "does not exist",
        str(tmp_path / "folder"): "no file that may be written",
        os.devnull: "no file that may be written",
        str(tmp_path / ("a" * 300 + ".wav")): "cannot be written here",
    }.items():
        line = told(2, "hello", "--speech", target, speech=False)
        assert target in line and cause in line
    assert not list((tmp_path / "folder").iterdir())


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="waits for /proc/self, a folder in which nobody can write")
def test_where_nobody_can_write(told: Any) -> None:
    assert "/proc/a.wav" in told(2, "hello", "--speech", "/proc/a.wav", speech=False)


def test_an_earlier_answer_is_kept_when_the_next_one_fails(told: Any, tmp_path: Path) -> None:
    speech = media_files.write_wav(tmp_path / "answer.wav", media_files.tone(0.5))
    before = speech.read_bytes()
    told(2, "hello", "--voice", "Zoe")
    assert speech.read_bytes() == before


HISTORIES: dict[str, tuple[str, str]] = {
    "not JSON": ("turn one: hello", "is no JSON text"),
    "no list": ('{"role": "user"}', "is no list of turns"),
    "no turn": ('["hello"]', "turn 1"),
    "unknown role": ('[{"role": "user", "content": "hi"}, {"role": "narrator", "content": "hi"}]', "turn 2"),
    "no content": ('[{"role": "user"}]', '"content"'),
    "empty content": ('[{"role": "user", "content": []}]', '"content"'),
    "only spaces": ('[{"role": "user", "content": "  "}]', "no text"),
    "unknown kind": ('[{"role": "user", "content": [{"type": "smell", "path": "x"}]}]', '"type"'),
    "a number for a path": ('[{"role": "user", "content": [{"type": "image", "path": 3}]}]', '"path"'),
    "a missing file inside": ('[{"role": "user", "content": [{"type": "audio", "path": "gone.wav"}]}]', "gone.wav"),
    "a nul inside": ('[{"role": "user", "content": [{"type": "audio", "path": "a\\u0000.wav"}]}]', "turn 1"),
    "half a character": ('[{"role": "user", "content": "\\ud800"}]', "not valid Unicode"),
    "a picture by the assistant": (
        '[{"role": "assistant", "content": [{"type": "image", "path": "x.png"}]}]',
        "text only",
    ),
    "too long": (json.dumps([{"role": "user", "content": "the quick brown fox " * 3000}]), "of the model's 4096"),
}


@pytest.mark.parametrize("what", HISTORIES)
def test_histories(told: Any, tmp_path: Path, what: str) -> None:
    text, cause = HISTORIES[what]
    history = tmp_path / "history.json"
    history.write_text(text)
    line = told(2, "hello", "--history", str(history))
    assert "history.json" in line and cause in line


def test_histories_that_cannot_be_read(told: Any, tmp_path: Path) -> None:
    assert "no such file" in told(2, "hello", "--history", str(tmp_path / "gone.json"))
    assert "cannot be read" in told(2, "hello", "--history", str(tmp_path))
    (tmp_path / "latin.json").write_bytes('["café"]'.encode("latin-1"))
    assert "is no JSON text" in told(2, "hello", "--history", str(tmp_path / "latin.json"))
    (tmp_path / "deep.json").write_text("[" * 100_000)
    assert "is no JSON text" in told(2, "hello", "--history", str(tmp_path / "deep.json"))


def test_models(told: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from model.checkpoint import installed

    (tmp_path / "empty").mkdir()
    (tmp_path / "notes.txt").write_text("no model")
    assert "is not a model folder" in told(2, "hello", model=tmp_path / "empty")
    assert "is not a model folder" in told(2, "hello", model=tmp_path / "notes.txt")
    assert "no such folder" in told(2, "hello", model=tmp_path / "gone")
    assert "visavis models download 7b" in told(1, "hello", model="7b")
    assert "models download Qwen/Qwen2.5-Omni-3B" in told(1, "hello", model="Qwen/Qwen2.5-Omni-3B")
    monkeypatch.setattr(installed, "EMBEDDED", tmp_path / "assets" / "nano")
    assert "embedded model is missing" in told(1, "hello", model="nano")


def test_a_model_without_a_voice(told: Any, tiny_model: Path, tmp_path: Path) -> None:
    mute = tmp_path / "mute"
    mute.mkdir()
    for file in tiny_model.iterdir():
        (mute / file.name).symlink_to(file)
    config = json.loads((tiny_model / "config.json").read_text())
    config["enable_audio_output"] = False
    (mute / "config.json").unlink()
    (mute / "config.json").write_text(json.dumps(config))
    assert "--no-speech" in told(1, "hello", model=mute)


def test_debug_shows_where(told: Any, tiny_model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    common = ["--model", str(tiny_model), "--no-speech", "--voice", "Zoe"]
    for arguments in (["ask", "--debug", "hello", *common], ["--debug", "ask", "hello", *common]):
        assert main(arguments) == 2
        err = capsys.readouterr().err
        assert "Traceback (most recent call last)" in err and "BadInputError" in err
        assert err.splitlines()[-1].startswith("visavis: ")


def test_defects_and_lack_of_memory_are_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from app import doctor

    for error, words in (
        (ZeroDivisionError("division\nby zero"), "ZeroDivisionError: division by zero"),
        (MemoryError(), "not enough memory"),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried"), "not enough memory"),
    ):

        def fail(_: Any, error: Exception = error) -> int:
            raise error

        monkeypatch.setattr(doctor, "run", fail)
        assert main(["doctor"]) == 1
        err = capsys.readouterr().err
        assert words in err and err.count("\n") == 1


def test_words_of_commands(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["frobnicate"], ["--frobnicate"], ["--model", "nano", "doctor"], ["--theme", "pink"]):
        with pytest.raises(SystemExit) as exit:
            main(arguments)
        err = capsys.readouterr().err
        assert exit.value.code == 2 and err.count("\n") == 1 and arguments[0] in err


def test_help_is_quick() -> None:
    """No help imports torch, Qt or sound, and the first one not even what the commands stand on."""
    script = (
        "import sys\n"
        "from app.commands import COMMANDS, main\n"
        "def helped(*words):\n"
        "    try:\n        main([*words, '--help'])\n"
        "    except SystemExit as exit:\n        assert exit.code == 0\n"
        "helped()\n"
        "assert 'numpy' not in sys.modules\n"
        "for word in COMMANDS:\n    helped(word)\n"
        "heavy = {'torch', 'PySide6', 'sounddevice', 'onnxruntime', 'transformers', 'av', 'cv2'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    out = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, timeout=60)
    assert out.returncode == 0, out.stderr.decode()
    help_text = out.stdout.decode()
    for word in commands.COMMANDS:
        assert f"usage: visavis {word}" in help_text
