"""Two processes that train together take the same step, whatever each has seen."""

from __future__ import annotations

import os
import socket
import subprocess
import sys

PROGRAM = """
import torch
from training.side_by_side import agreed, average, first, join
rank = join()
one, other = torch.full((2, 3), float(rank)), torch.tensor([4.0 + 2 * rank])
average([one, other])
print(rank, first(), one.tolist(), other.item(), agreed(10.0 * rank))
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_two_processes_take_the_mean() -> None:
    together = os.environ | {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free_port())}
    running = [
        subprocess.Popen([sys.executable, "-c", PROGRAM], env=together | {"RANK": str(rank)}, stdout=-1, text=True)
        for rank in (0, 1)
    ]
    means = "[[0.5, 0.5, 0.5], [0.5, 0.5, 0.5]] 5.0 5.0"
    said = [process.communicate(timeout=120)[0].strip() for process in running]
    assert said == [f"0 True {means}", f"1 False {means}"]


def test_one_process_alone_is_left_as_it_is() -> None:
    alone = {name: value for name, value in os.environ.items() if name != "WORLD_SIZE"}
    said = subprocess.run([sys.executable, "-c", PROGRAM], env=alone, capture_output=True, text=True, timeout=120)
    assert said.stdout.strip() == "0 True [[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]] 4.0 0.0", said.stderr
