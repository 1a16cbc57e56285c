"""Recordings at rest: the same as before, read only, in few files, and in memory where there is no disk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import psutil
import pytest

from app.playback import spool
from app.playback.spool import frames_to_disk, to_disk


def test_recordings_come_back_and_share_a_file(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    before = psutil.Process().num_handles() if hasattr(psutil.Process, "num_handles") else psutil.Process().num_fds()
    said = [[rng.standard_normal(n).astype(np.float32) for n in (n1, 7)] for n1 in range(1, 300)]
    kept = [to_disk(pieces, tmp_path) for pieces in said]
    frame = rng.integers(0, 255, (3, 5, 3), np.uint8)
    (seen,) = frames_to_disk([frame], tmp_path)
    after = psutil.Process().num_handles() if hasattr(psutil.Process, "num_handles") else psutil.Process().num_fds()
    assert after - before < 10, "an open file for each"
    for pieces, (whole,) in zip(said, kept):
        assert np.array_equal(whole, np.concatenate(pieces)) and whole.dtype == np.float32
        assert not whole.flags.writeable
    assert np.array_equal(seen, frame)


def test_long_recordings_and_full_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool, "_SIZE", 4096)
    kept = [(n, to_disk([np.full(n, n, np.float32)], tmp_path)[0]) for n in (400, 400, 400, 5000, 100)]
    for n, whole in kept:
        assert len(whole) == n and (whole == n).all()


def test_no_disk_is_no_loss(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    (whole,) = to_disk([np.arange(3, dtype=np.float32), np.arange(2, dtype=np.float32)], tmp_path / "file")
    assert list(whole) == [0, 1, 2, 0, 1]
    assert to_disk([], tmp_path) == []
