"""Downloads from a hub that misbehaves: resumed or refused with the cause; never a bad file accepted."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from app.commands import main
from app.models import download as downloads
from app.models import store
from app.models.download import Cancelled, Progress, download
from model.checkpoint.installed import find_model
from model.errors import BadInputError, CannotRunError
from tests.app.models.conftest import REPO, command, whole
from tests.app.models.hub_server import Hub, failing, git_sha1, log_in_page

BIG = "model-1.safetensors"


def installed(models: Path) -> Path:
    return models / "Someone" / "Tiny-Omni"


def partial(models: Path) -> Path:
    return models / "Someone" / ".Tiny-Omni.partial"


def refused(kind: type[Exception] = CannotRunError) -> str:
    """The sentence with which a download ends; nothing is installed then."""
    with pytest.raises(kind) as caught:
        download(REPO)
    assert not store.folder_of(REPO).exists()
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_model_comes_whole_and_can_be_used(hub: Hub, models: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "download", REPO]) == 0
    assert whole(installed(models), hub)
    assert find_model(REPO) == installed(models)
    out = capsys.readouterr().out
    assert "is installed" in out and f"--model {REPO}" in out
    assert main(["models", "list"]) == 0
    listed = capsys.readouterr().out
    assert f"commit {hub.commit[:8]}" in listed and "3b" in listed and "visavis models download 7b" in listed
    assert main(["models", "download", REPO]) == 0  # nothing to do
    assert "installed already" in capsys.readouterr().out
    assert not any("README" in path or "figures" in path for _, path, _ in hub.asked)


def test_only_what_is_missing_comes_after_a_cancel(hub: Hub, models: Path) -> None:
    hub.rate = 4 << 20
    progress = Progress()

    def cancel_half_way() -> None:
        while progress.done < 2 << 20:
            time.sleep(0.005)
        progress.cancelled.set()

    threading.Thread(target=cancel_half_way, daemon=True).start()
    with pytest.raises(Cancelled):
        download(REPO, progress=progress)
    assert not installed(models).exists()
    shown = next(model for model in store.stored() if model.repo == REPO)
    assert shown.fetched is not None and 2 << 20 <= shown.fetched < shown.size and not shown.installed
    hub.rate = 0
    sent = sum(hub.sent.values())
    download(REPO)
    assert whole(installed(models), hub)
    size = sum(len(data) for name, data in hub.files.items() if name in hub.sent)
    assert sum(hub.sent.values()) <= size + (2 << 20), "bytes that were there have been fetched again"
    assert sent < size


def test_the_commit_that_was_begun_is_the_one_that_is_finished(hub: Hub, models: Path) -> None:
    hub.faults = [failing(500, at="/cdn/")]
    refused()
    begun = hub.commit
    hub.faults, hub.commit = [], "f" * 40  # main has moved on
    download(REPO)
    asked = [path for _, path, _ in hub.asked if "/resolve/" in path]
    assert all(f"/resolve/{begun}/" in path for path in asked)
    record = json.loads((installed(models) / "visavis-download.json").read_text())
    assert record["commit"] == begun


def test_cuts_and_silences_are_bridged(hub: Hub, models: Path) -> None:
    hub.cut_after = [100_000, 1 << 20, 1, 70_000]
    hub.stall_after = [500_000]
    download(REPO)
    assert whole(installed(models), hub)
    assert any(asked.startswith("bytes=") for _, _, asked in hub.asked)


def test_a_server_without_ranges(hub: Hub, models: Path) -> None:
    hub.ranges = False
    hub.cut_after = [1 << 20]
    download(REPO)
    assert whole(installed(models), hub)


def test_a_line_that_stays_dead_is_told_and_nothing_is_lost(hub: Hub, models: Path) -> None:
    hub.faults = [failing(503, at="/cdn/" + BIG)]
    sentence = refused()
    assert "503" in sentence and "goes on from there" in sentence
    fetched = store.stored()
    assert next(model for model in fetched if model.repo == REPO).fetched
    hub.faults = []
    download(REPO)
    assert whole(installed(models), hub)


def test_a_damaged_file_is_fetched_again(hub: Hub, models: Path) -> None:
    hub.corrupt = {BIG: 1, "config.json": 1}
    download(REPO)
    assert whole(installed(models), hub)


@pytest.mark.parametrize("name", [BIG, "tokenizer.json"])  # the hub knows small ones by their git hash
def test_a_file_that_stays_damaged_is_refused(hub: Hub, models: Path, name: str) -> None:
    hub.corrupt = {name: 99}
    assert f"{name} is damaged" in refused()
    assert not (partial(models) / name).exists()


def test_damage_on_the_disk_is_found_before_the_model_is_installed(hub: Hub, models: Path) -> None:
    hub.faults = [failing(500, at="/cdn/" + BIG)]
    refused()
    (partial(models) / f"{BIG}.part").write_bytes(b"x" * 1000)  # not what the hub has
    (partial(models) / "model-2.safetensors").write_bytes(b"y" * (2 << 20))  # whole by its size, and never checked
    hub.faults = []
    download(REPO)
    assert whole(installed(models), hub)


def test_more_than_there_can_be_is_begun_anew(hub: Hub, models: Path) -> None:
    hub.faults = [failing(500, at="/cdn/" + BIG)]
    refused()
    (partial(models) / f"{BIG}.part").write_bytes(hub.files[BIG] + b"and more")
    hub.faults = []
    download(REPO)
    assert whole(installed(models), hub)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (failing(401, X_Error_Code="RepoNotFound"), "check the name, or set HF_TOKEN"),
        (failing(403, X_Error_Code="GatedRepo"), "accept its conditions"),
        (failing(403), "accept its conditions"),
        (failing(404, X_Error_Code="RepoNotFound"), "check the name"),
        (failing(404, X_Error_Code="RevisionNotFound"), "no such revision"),
        (failing(429, Retry_After="3000"), "try again in 3000 s"),
        (failing(500), "trouble of its own (500)"),
        (log_in_page(), "does not answer as a hub"),
    ],
)
@pytest.mark.parametrize("at", ["/api/", "/resolve/", "/cdn/"])
def test_refusals_are_told(hub: Hub, models: Path, fault: Any, words: str, at: str) -> None:
    hub.faults = [lambda handler: at in handler.path and fault(handler)]
    sentence = refused()
    if at == "/cdn/" and "hub" in words:
        words = ""  # a page in place of the bytes: found by its size or its hash
    assert words in sentence or (at == "/cdn/" and "404" in words)
    if at == "/api/":
        assert not partial(models).exists()
    hub.faults = []
    download(REPO)
    assert whole(installed(models), hub)


def test_a_hub_that_is_busy_is_waited_for(hub: Hub, models: Path) -> None:
    hub.faults = [failing(429, times=1, at="/api/", Retry_After="0"), failing(503, times=2, at="/resolve/")]
    download(REPO)
    assert whole(installed(models), hub)


def test_nobody_there(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    assert "127.0.0.1:9 fails" in refused()


def test_offline(hub: Hub) -> None:
    code, _, err = run("download", REPO, HF_HUB_OFFLINE="1")
    assert code == 1 and "HF_HUB_OFFLINE" in err and err.count("\n") == 1


def test_the_token_goes_to_the_hub_and_not_to_its_cdn(hub: Hub, models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.needs_token = "hf_secret"
    assert "HF_TOKEN" in refused()
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    download(REPO)
    assert whole(installed(models), hub)
    assert hub.tokens_at_cdn and not any(hub.tokens_at_cdn)


def test_a_proxy(hub: Hub, models: Path) -> None:
    """Our server can be asked as a proxy is: with the whole address of a hub that nobody can reach directly."""
    hub.cdn = "http://cdn.invalid"
    code, _, err = run("download", REPO, HF_ENDPOINT="http://hub.invalid", http_proxy=hub.url, no_proxy="")
    assert code == 0, err
    assert whole(installed(models), hub)
    assert all(path.startswith("http://") for _, path, _ in hub.asked)
    shutil.rmtree(models)
    code, _, err = run("download", REPO, HF_ENDPOINT="http://hub.invalid", http_proxy="http://127.0.0.1:9", no_proxy="")
    assert code == 1 and "proxy" in err and err.count("\n") == 1


def test_a_mirror_that_tells_no_sizes(hub: Hub, models: Path) -> None:
    hub.listed = [{"rfilename": name} for name in hub.files]
    download(REPO)
    assert whole(installed(models), hub)


# what is not fetched at all


def change_listing(hub: Hub, *names: str, without: str = "") -> None:
    hub.listed = None
    told = [entry for entry in hub.info()["siblings"] if not without or not entry["rfilename"].endswith(without)]
    hub.listed = told + [{"rfilename": name, "size": 4, "blobId": git_sha1(b"data")} for name in names]


@pytest.mark.parametrize(
    "name", ["../evil.json", "/etc/evil.json", "a/../../evil.json", "C:\\evil.json", "..\\evil.json"]
)
def test_a_name_that_leads_out_of_the_folder(hub: Hub, models: Path, name: str) -> None:
    change_listing(hub, name)
    assert "outside of its folder" in refused(BadInputError)
    assert not partial(models).exists()


def test_pickles_only(hub: Hub, models: Path) -> None:
    change_listing(hub, "pytorch_model.bin", without=".safetensors")
    assert "pickles only (pytorch_model.bin)" in refused(BadInputError)
    change_listing(hub, without=".safetensors")
    assert "holds no weights" in refused(BadInputError)
    assert not partial(models).exists()


def test_another_architecture_is_told_before_its_weights_come(hub: Hub, models: Path) -> None:
    hub.files["config.json"] = b'{"model_type": "llama", "hidden_size": 64}'
    assert "another architecture (llama)" in refused(BadInputError)
    assert not partial(models).exists()
    assert not any("/cdn/" in path for _, path, _ in hub.asked)


@pytest.mark.parametrize("name", ["no name", "a/b/c", "../x", "a/..", "nano", "-x/y"])
def test_what_is_no_name(models: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "download", "--", name]) == 2
    assert "OWNER/NAME" in capsys.readouterr().err


# the disk


def test_no_room_is_told_before_anything_large_comes(hub: Hub, models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(models.parent)
    monkeypatch.setattr(downloads.shutil, "disk_usage", lambda _: usage._replace(free=1 << 20))
    sentence = refused()
    assert "needs 0.3 GB" in sentence and "VISAVIS_MODELS" in sentence
    assert not hub.sent


@pytest.mark.parametrize(
    ("number", "words"),
    [(errno.ENOSPC, "is full"), (errno.EFBIG, "no file as large"), (errno.EROFS, "cannot be written to")],
)
def test_a_disk_that_gives_out_on_the_way(
    hub: Hub, models: Path, monkeypatch: pytest.MonkeyPatch, number: int, words: str
) -> None:
    def full(*_: Any) -> int:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr(downloads._Sink, "write", full)
        assert words in refused()
    download(REPO)
    assert whole(installed(models), hub)


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="waits for root, who alone can mount a small disk"
)
def test_a_small_disk(hub: Hub, models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    models.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(models)], capture_output=True).returncode:
        pytest.skip("waits for a system that mounts tmpfs")
    try:
        monkeypatch.setattr(downloads, "_SPARE", -(64 << 20))  # the look beforehand is blind
        assert "is full" in refused()
        subprocess.run(["mount", "-o", "remount,size=64m", str(models)], check=True)
        download(REPO)
        assert whole(installed(models), hub)
    finally:
        subprocess.run(["umount", str(models)], check=True)


def test_a_place_that_cannot_be_written(hub: Hub, models: Path) -> None:
    models.write_text("a file in the folder's place")
    assert "cannot be written to" in refused()


# more than one process, and those that die


def run(*words: str, **environment: str) -> tuple[int, str, str]:
    done = subprocess.run(command(*words), capture_output=True, text=True, env={**os.environ, **environment})
    return done.returncode, done.stdout, done.stderr


def start(*words: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command(*words), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def wait_until(met: Any, seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


def test_two_at_once_are_refused_and_a_killed_one_lets_go(hub: Hub, models: Path) -> None:
    hub.rate = 1 << 20
    first = start("download", REPO)
    try:
        wait_until(lambda: hub.sent)
        code, _, err = run("download", REPO)
        assert code == 1 and "already, elsewhere" in err
        code, _, err = run("remove", REPO)
        assert code == 1 and "already, elsewhere" in err
    finally:
        first.kill()
        first.wait()
    hub.rate = 0
    download(REPO)
    assert whole(installed(models), hub)


def test_a_download_that_is_killed_goes_on(hub: Hub, models: Path) -> None:
    """Three times here; `python -m benchmarks.downloads` does it twenty times."""
    moments = random.Random(1)
    hub.rate = 3 << 20
    size = sum(len(hub.files[name]) for name in hub.large)
    for number in (1, 2, 3):
        child = start("download", REPO)
        aim = moments.uniform(number / 4, (number + 0.5) / 4) * size
        wait_until(lambda: sum(hub.sent.values()) > aim or child.poll() is not None)  # noqa: B023
        child.send_signal(signal.SIGKILL)
        child.wait()
        assert not installed(models).exists()
    hub.rate = 0
    download(REPO)
    assert whole(installed(models), hub)
    assert sum(hub.sent.values()) < 2 * size


def test_ctrl_c_ends_it_politely(hub: Hub, models: Path) -> None:
    hub.rate = 1 << 20
    child = subprocess.Popen(command("download", REPO, "--json"), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert child.stdout is not None
    first = child.stdout.readline()
    child.send_signal(signal.SIGTERM)
    out, err = child.communicate(timeout=30)
    assert child.returncode == 1 and b"go on with" in err and b"Traceback" not in err
    told = [json.loads(line) for line in (first + out).splitlines()]
    assert told and all(line["event"] == "progress" for line in told)
    assert partial(models).is_dir() and not installed(models).exists()


# afterwards


def test_verify_and_remove(hub: Hub, models: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "verify", REPO]) == 1
    assert "not installed" in capsys.readouterr().err
    download(REPO)
    assert main(["models", "verify", REPO]) == 0
    assert "is whole" in capsys.readouterr().out
    path = installed(models) / BIG
    data = bytearray(path.read_bytes())
    data[1234] ^= 1
    path.write_bytes(data)
    assert main(["models", "verify", REPO]) == 1
    out, err = capsys.readouterr()
    assert f"✗ {BIG}" in out and "damaged" in err and err.count("\n") == 1
    path.unlink()
    assert main(["models", "verify", REPO]) == 1
    assert "is missing" in capsys.readouterr().err
    assert main(["models", "remove", REPO]) == 0
    assert "freed" in capsys.readouterr().out
    assert not installed(models).exists() and not [*models.rglob("*.safetensors")]
    assert main(["models", "remove", REPO]) == 1
    assert main(["models", "remove", "nano"]) == 2
    assert main(["models", "verify"]) == 2


def test_what_is_half_there_can_be_removed(hub: Hub, models: Path) -> None:
    hub.faults = [failing(500, at="/cdn/" + BIG)]
    refused()
    assert store.remove(REPO) > 0
    assert not partial(models).exists()


def test_a_copy_that_the_hubs_own_cache_has_is_not_fetched_again(hub: Hub, models: Path) -> None:
    digest = hashlib.sha256(hub.files[BIG]).hexdigest()
    cache = models.parent / "hf-home" / "hub" / "models--Someone--Tiny-Omni"
    (cache / "blobs").mkdir(parents=True)
    (cache / "blobs" / digest).write_bytes(hub.files[BIG])
    snapshot = cache / "snapshots" / hub.commit
    snapshot.mkdir(parents=True)
    (snapshot / BIG).symlink_to(cache / "blobs" / digest)
    code, _, err = run("download", REPO)
    assert code == 0, err
    assert whole(installed(models), hub) and BIG not in hub.sent
    assert not (installed(models) / BIG).is_symlink()


def test_another_revision_begins_anew(hub: Hub, models: Path) -> None:
    hub.faults = [failing(500, at="/cdn/" + BIG)]
    refused()
    hub.faults, hub.commit = [], "a" * 40
    download(REPO, revision="a" * 40)
    assert whole(installed(models), hub)
