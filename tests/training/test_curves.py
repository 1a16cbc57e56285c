"""Losses are read from the logs that stages print, and drawn."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from training.curves import Curves, main

WALL = """56589 clips, 32.3 h, 8573 tokens
20 bell 0.4 spoken 3.5 minutes 1.00
   development WER em_alex 0.252
40 spoken 2.5 typed 0.2 minutes 2.00
40 spoken 2.4 typed 0.1 minutes 2.10
end: step 44, 2.2 min
"""
CPU = """resumed talker.pt at step 0, 0.0 CPU min
wall 0.4 cpu 0.38 step 5 loss 4.8630 norm 2.4075 ce 2.2392
wall 0.8 cpu 0.76 step 10 loss 4.7408 norm 2.7205 ce 2.3342
"""


def test_runs_are_read_one_behind_the_other() -> None:
    curves = Curves()
    curves.read(WALL)
    assert curves.points["spoken"] == [(20, 3.5), (40, 2.5), (40, 2.4)] and curves.points["bell"] == [(20, 0.4)]
    assert set(curves.points) == {"bell", "spoken", "typed"} and not curves.begun
    curves.read(CPU)
    assert curves.points["ce"] == [(45, 2.2392), (50, 2.3342)] and curves.begun == [40]
    assert "norm" not in curves.points and "cpu" not in curves.points


def test_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.log").write_text(WALL)
    command = ["curves", str(tmp_path / "out" / "a.png"), str(tmp_path / "a.log")]
    monkeypatch.setattr("sys.argv", command)
    main()
    with Image.open(tmp_path / "out" / "a.png") as picture:
        assert picture.width > 1000 and len(picture.convert("L").getcolors() or []) > 10
    monkeypatch.setattr("sys.argv", [*command, "--only", "nothing"])
    with pytest.raises(SystemExit):
        main()
    assert "name no nothing; they name bell, spoken, typed" in capsys.readouterr().err
