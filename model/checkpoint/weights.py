"""Weights from safetensors, one at a time, whatever form they are stored in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from torch import Tensor

from model.checkpoint.foreign import Levels, quantization_of
from model.checkpoint.packed import stored_levels, unpack_all, weight_of
from model.errors import BadInputError

_PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".pkl")
_VOICES = "spk_dict.pt"
_LARGEST_STUB = 1024  # bytes
_LONGEST_VIEW = 64 << 20  # bytes read through one mapping of a file before it is given back to the system


class WeightFiles:
    """All weights of a model folder by their official names, read one at a time through memory-mapped files.

    However a weight is stored (`model.checkpoint.packed`, `model.checkpoint.foreign`), `read` gives its numbers. What a
    mapping has brought into memory counts as ours until it is closed, so it is closed every 64 MB.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._paths: dict[str, Path] = {}  # stored names
        self._open: dict[Path, Any] = {}
        self._read = 0
        for path in weight_files(folder):
            with _readable(path), safe_open(path, framework="pt") as file:
                self._paths |= dict.fromkeys(file.keys(), path)
        self._stored: dict[str, list[str]] = {}
        for key in self._paths:
            self._stored.setdefault(weight_of(key, self._paths), []).append(key)
        self._foreign = quantization_of(folder, self._paths)

    def names(self, prefix: str = "") -> list[str]:
        """Names of the weights that begin with `prefix`, whole."""
        return [name for name in self._stored if name.startswith(prefix)]

    def read(self, name: str) -> Tensor:
        """One weight: as it is stored (a view of the file) or, where it was packed, float32."""
        keys = self._stored[name]
        tensors = {key: self._tensor(key) for key in keys}
        if keys == [name]:
            return tensors[name]
        try:
            if self._foreign is not None and (levels := self._foreign.levels(name, tensors)) is not None:
                return levels.weight()
            return unpack_all(tensors)[name]
        except (KeyError, RuntimeError, ValueError) as error:
            raise BadInputError(f"The packed weights in {self.folder} do not fit together: {error}.") from error

    def shape(self, name: str) -> tuple[int, ...] | None:
        """Of a weight as its file's header has it; None where it is packed."""
        if self._stored[name] != [name]:
            return None
        path = self._paths[name]
        with _readable(path):
            return tuple(self._file(path).get_slice(name).get_shape())

    def in_our_form(self, name: str) -> bool:
        """Whether a weight is stored in 4 or 8 bits as `model.checkpoint.packed` has them."""
        return any(key.startswith(f"{name}.packed") for key in self._stored.get(name, ()))

    def levels(self, name: str) -> Levels | None:
        """A weight that is stored in 4 bits as the numbers it is made of; None for others."""
        keys = self._stored.get(name, [name])
        if keys == [name]:
            return None
        tensors = {key: self._tensor(key) for key in keys}
        foreign = self._foreign.levels(name, tensors) if self._foreign is not None else None
        return foreign or stored_levels(name, tensors)

    def _tensor(self, key: str) -> Tensor:
        path = self._paths[key]
        if self._read > _LONGEST_VIEW:
            self.close()
        with _readable(path):
            tensor: Tensor = self._file(path).get_tensor(key)
        self._read += tensor.nbytes
        return tensor

    def _file(self, path: Path) -> Any:
        if path not in self._open:
            self._open[path] = safe_open(path, framework="pt").__enter__()
        return self._open[path]

    def close(self) -> None:
        """Give the mappings back; tensors that are still used keep theirs."""
        for file in self._open.values():
            file.__exit__(None, None, None)
        self._open.clear()
        self._read = 0


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except (SafetensorError, OSError) as error:
        raise BadInputError(f"{path} cannot be read: {error}.") from error


def read_tensors(folder: Path, prefix: str) -> dict[str, Tensor]:
    """All tensors of a model folder whose names begin with `prefix`, without it, unpacked."""
    files = WeightFiles(folder)
    return {name.removeprefix(prefix): files.read(name) for name in files.names(prefix)}


def weight_files(folder: Path) -> list[Path]:
    """The files that hold a model's weights; BadInputError where one is missing."""
    index = folder / "model.safetensors.index.json"
    if index.is_file():
        try:
            names = sorted(set(json.loads(index.read_text("utf-8"))["weight_map"].values()))
        except (json.JSONDecodeError, UnicodeDecodeError, KeyError, TypeError, AttributeError) as error:
            raise BadInputError(f"{index} cannot be read: {error}.") from error
        for name in names:
            if not _is_plain(name):
                raise BadInputError(f"{index} names a file outside of its folder ({name}); such a model is not read.")
        missing = [name for name in names if not (folder / name).is_file()]
        if missing:
            raise BadInputError(f"{folder} is incomplete: {missing[0]} is missing.{_what_to_do(folder)}")
        return [_checked(folder / name) for name in names]
    files = sorted(path for path in folder.glob("*.safetensors") if path.name != "voices.safetensors")
    if not files:
        pickles = sorted(path.name for path in folder.iterdir() if path.suffix in _PICKLES and path.name != _VOICES)
        if pickles:
            raise BadInputError(
                f"{folder} holds its weights as pickles only ({pickles[0]}), which can run any code when they are "
                "read; get the model as safetensors."
            )
        raise BadInputError(f"{folder} holds no weights: it has no .safetensors file.{_what_to_do(folder)}")
    return [_checked(path) for path in files]


def _is_plain(name: object) -> bool:
    """Whether it is a file's name and leads nowhere else, on any system. Links may: those of the hub's cache do."""
    return isinstance(name, str) and name not in ("", "..") and not set(name) & set("/\\:\0")


def _what_to_do(folder: Path) -> str:
    half = any(folder.glob("*.part")) or any(folder.glob("*.incomplete")) or folder.name.endswith(".partial")
    return " Its download has not ended; go on with: visavis models download." if half else ""


def _checked(path: Path) -> Path:
    """The same path; BadInputError for the stub that git leaves where large files were not fetched."""
    if path.stat().st_size < _LARGEST_STUB and path.read_bytes().startswith(b"version https://git-lfs"):
        raise BadInputError(f"{path} is only a pointer to the weights; fetch them with: git lfs pull")
    return path
