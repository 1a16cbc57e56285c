"""A server that is not ours: `transformers serve`, with a random model. It speaks the protocol, and no sense."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from app import remote
from app.commands import main
from model.errors import CannotRunError
from model.events import Done, TextDelta
from tests.app.remote.tiny_llm import save

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """Its address, and the name of the model that it has."""
    pytest.importorskip("accelerate", reason="waits for accelerate, of the extra test: transformers serve needs it")
    pytest.importorskip("fastapi", reason="waits for fastapi, of the extra test: transformers serve needs it")
    folder = save(tmp_path_factory.mktemp("served") / "tiny")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = shutil.which("transformers", path=str(Path(sys.executable).parent))
    assert program is not None
    child = subprocess.Popen(
        [program, "serve", "--host", "127.0.0.1", "--port", str(port), "--device", "cpu"],
        env={**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(folder.parent / "hf"), "OMP_NUM_THREADS": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        url = f"http://127.0.0.1:{port}/v1"
        end = time.monotonic() + 200
        while True:
            try:
                urllib.request.urlopen(f"{url}/models", timeout=5).close()
                break
            except OSError:
                assert child.poll() is None and time.monotonic() < end, "transformers serve did not start"
                time.sleep(0.2)
        yield url, str(folder)
    finally:
        child.kill()
        child.wait()


def test_a_conversation(server: tuple[str, str]) -> None:
    url, model = server
    engine = remote.load(url, model)
    with engine.conversation() as talk:
        for question in ("Hello", "And again"):
            talk.say(question)
            happened = list(talk.reply(seed=0, greedy=True, max_text_tokens=12))
            texts, done = happened[:-1], happened[-1]
            assert texts and all(isinstance(event, TextDelta) for event in texts)
            assert isinstance(done, Done) and done.text and done.timings["first_text"] <= done.timings["total"]
        assert len(talk._history) == 3


def test_ask(server: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    url, model = server
    question = ["ask", "Hello", "--engine", url, "--model", model, "--no-speech", "--max-text-tokens", "8"]
    assert main(question) == 0
    assert capsys.readouterr().out.strip()


def test_a_model_that_it_does_not_have(server: tuple[str, str]) -> None:
    with remote.load(server[0], "nobody/nothing").conversation() as talk:
        talk.say("Hello")
        with pytest.raises(CannotRunError, match=r"has failed|no model"):
            list(talk.reply())
