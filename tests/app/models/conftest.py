"""A hub on this machine with one small model in it, and a folder of models of the test's own."""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from app.models import download
from model.checkpoint.installed import EMBEDDED
from tests.app.models.hub_server import Hub, serve

REPO = "Someone/Tiny-Omni"
ROOT = Path(__file__).resolve().parents[3]


def model_files() -> dict[str, bytes]:
    """What a repository holds, by name: nano's small files, and weights of a few megabytes that nobody will load."""
    nano = EMBEDDED.iterdir()
    files = {path.name: path.read_bytes() for path in nano if path.suffix == ".json" and path.stat().st_size < 100_000}
    files["tokenizer.json"] = os.urandom(200_000)
    files["spk_dict.pt"] = os.urandom(30_000)
    files["model-1.safetensors"] = os.urandom(3 << 20)
    files["model-2.safetensors"] = os.urandom(2 << 20)
    files["README.md"] = b"not fetched"
    files[".gitattributes"] = b"nor this"
    files["figures/one.png"] = b"nor that"
    return files


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where models are kept."""
    folder = tmp_path / "models"
    monkeypatch.setenv("VISAVIS_MODELS", str(folder))
    return folder


@pytest.fixture
def hub(models: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """The hub that downloads in this process and its children come from."""
    with serve(Hub(REPO, model_files())) as served:
        monkeypatch.setenv("HF_ENDPOINT", served.url)
        monkeypatch.setenv("HF_HOME", str(models.parent / "hf-home"))
        monkeypatch.setenv("HF_HUB_DOWNLOAD_TIMEOUT", "1")
        monkeypatch.setattr(download, "_PAUSES", (0.01, 0.01))
        hurried = SimpleNamespace(**{**vars(time), "sleep": lambda _: None})  # it waits up to 23 s for a busy hub
        for module in ("huggingface_hub.file_download", "huggingface_hub.utils._http"):
            monkeypatch.setattr(importlib.import_module(module), "time", hurried)
        for name in ("HF_TOKEN", "http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "HF_HUB_OFFLINE"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)  # read once, when it was imported
        monkeypatch.setenv("no_proxy", "127.0.0.1,localhost")
        yield served


def whole(folder: Path, hub: Hub) -> bool:
    """Whether a model is there, byte by byte, with nothing beside it."""
    wanted = {name for name in hub.files if "/" not in name and name not in ("README.md", ".gitattributes")}
    there = {path.name for path in folder.iterdir()}
    same = all((folder / name).read_bytes() == hub.files[name] for name in wanted)
    record = json.loads((folder / "visavis-download.json").read_text())
    return same and there == wanted | {"visavis-download.json"} and record["commit"] == hub.commit


def command(*words: str) -> list[str]:
    """The command line of `models`, for a process of its own."""
    return [sys.executable, str(ROOT / "main.py"), "models", *words]
