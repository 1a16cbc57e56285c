"""Pictures of how losses fell: reads the logs that the training stages print, one behind the other.

    python -m training.curves docs/figures/losses-ear.png runs/ear.log runs/ear-on.log --only loss spelling

Every value that a log names is drawn against the steps, in a panel of its own; a log whose steps begin anew goes on
where the one before it ended, with a line between them.
"""

from __future__ import annotations

import argparse
import re
from dataclasses import dataclass, field
from pathlib import Path

_PAIR = re.compile(r"([A-Za-z_]+) (-?\d+(?:\.\d+)?)(?=[ ,]|$)")
_COUNTED = ("step", "wall", "cpu", "minutes", "clips", "norm")  # no losses
_WIDTH, _HEIGHT, _COLUMNS = 4.0, 2.4, 3


@dataclass
class Curves:
    """Values over steps, by name; `begun` are the steps at which a log began that counts anew."""

    points: dict[str, list[tuple[int, float]]] = field(default_factory=dict)
    begun: list[int] = field(default_factory=list)
    _before: int = 0  # step of the line before
    _offset: int = 0  # steps of the runs before

    def read(self, text: str) -> None:
        """Go on with a log: lines "120 loss 1.5 minutes 3.1" (training.wall_clock) and "… step 120 loss 1.5"
        (training.mouth.loop); what is not of this form is passed over."""
        for line in text.splitlines():
            values = {name: float(value) for name, value in _PAIR.findall(line)}
            first = line.split(" ", 1)[0]
            step = int(first) if first.isdigit() else int(values.get("step", -1))
            losses = {name: value for name, value in values.items() if name not in _COUNTED}
            if step < 0 or not losses or ("minutes" not in values and "wall" not in values):
                continue
            if 4 * step < self._before:  # another run: one that is resumed goes back by less
                self._offset += self._before
                self.begun.append(self._offset)
            self._before = step
            for name, value in losses.items():
                self.points.setdefault(name, []).append((step + self._offset, value))


def draw(curves: Curves, only: list[str], out: Path) -> None:
    """A PNG with a panel for each of the names, or of all."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    names = only or sorted(curves.points)
    columns = min(_COLUMNS, len(names))
    rows = -(-len(names) // columns)
    figure, axes = pyplot.subplots(rows, columns, figsize=(_WIDTH * columns, _HEIGHT * rows), squeeze=False)
    for axis, name in zip(axes.flat, names):
        steps, values = zip(*curves.points[name])
        axis.plot(steps, values, color="#9fb8d9", linewidth=0.8)
        axis.plot(steps, _smooth(values), color="#1f4e8c", linewidth=1.6)
        for step in curves.begun:
            axis.axvline(step, color="#999999", linewidth=0.6, linestyle=":")
        axis.set_title(name, fontsize=9, loc="left")
        axis.set_ylim(min(0.0, *values), sorted(values)[int(0.98 * (len(values) - 1))] * 1.15)
        axis.tick_params(labelsize=7)
        axis.spines[["top", "right"]].set_visible(False)
    for axis in axes.flat[len(names) :]:
        axis.set_visible(False)
    for axis in axes[-1]:
        axis.set_xlabel("steps", fontsize=8)
    figure.tight_layout()
    out.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(out, dpi=110)


def _smooth(values: tuple[float, ...]) -> list[float]:
    """The mean of each value and those around it."""
    reach = max(1, len(values) // 30)
    around = [values[max(0, i - reach) : i + reach + 1] for i in range(len(values))]
    return [sum(some) / len(some) for some in around]


def main() -> None:
    """Read, draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, help="the picture, .png")
    parser.add_argument("logs", type=Path, nargs="+")
    parser.add_argument("--only", nargs="*", default=[], metavar="NAME", help="these values alone, in this order")
    args = parser.parse_args()
    curves = Curves()
    for log in args.logs:
        if not log.is_file():
            parser.error(f"{log}: there is no such log.")
        curves.read(log.read_text(encoding="utf-8", errors="replace"))
    if not curves.points:
        parser.error("The logs name no losses.")
    if missing := [name for name in args.only if name not in curves.points]:
        parser.error(f"The logs name no {', '.join(missing)}; they name {', '.join(sorted(curves.points))}.")
    draw(curves, args.only, args.out)


if __name__ == "__main__":
    main()
