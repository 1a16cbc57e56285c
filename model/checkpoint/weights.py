"""Weights from safetensors into modules: every name and shape must fit, and nothing may be missing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from model.checkpoint.packed import unpack_all
from model.errors import BadInputError

_PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".pkl")
_VOICES = "spk_dict.pt"
_LARGEST_STUB = 1024  # bytes
# in official checkpoints, made by the code rather than learned
_COMPUTED = ("rotary_embed.inv_freq",)


@contextmanager
def without_weights() -> Iterator[None]:
    """Modules built inside have parameters of the right shape that take no memory; buffers are real."""
    register = nn.Module.register_parameter

    def register_empty(module: nn.Module, name: str, parameter: nn.Parameter | None) -> None:
        if parameter is not None:
            parameter = nn.Parameter(parameter.to("meta"), requires_grad=False)
        register(module, name, parameter)

    nn.Module.register_parameter = register_empty  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        nn.Module.register_parameter = register  # type: ignore[method-assign]


def read_tensors(folder: Path, prefix: str) -> dict[str, Tensor]:
    """All tensors of a model folder whose names begin with `prefix`, without it, unpacked."""
    found: dict[str, Tensor] = {}
    for path in weight_files(folder):
        try:
            with safe_open(path, framework="pt") as file:
                for name in file.keys():  # noqa: SIM118 - safe_open is not iterable
                    if name.startswith(prefix):
                        found[name.removeprefix(prefix)] = file.get_tensor(name)
        except (SafetensorError, OSError) as error:
            raise BadInputError(f"{path} cannot be read: {error}.") from error
    try:
        return unpack_all(found)
    except (KeyError, RuntimeError) as error:
        raise BadInputError(f"The packed weights in {folder} do not fit together: {error}.") from error


def fill(module: nn.Module, tensors: dict[str, Tensor], device: torch.device, dtype: torch.dtype, part: str) -> None:
    """Put tensors into the module's parameters; BadInputError names `part` and what is missing, left over or of
    another shape."""
    wanted = module.state_dict(keep_vars=True)
    missing = [name for name in wanted if name not in tensors and not name.endswith(_COMPUTED)]
    if missing:
        raise BadInputError(f"{part} lacks {len(missing)} weights, the first is {missing[0]}.")
    for name, parameter in wanted.items():
        if name in tensors and tuple(tensors[name].shape) != tuple(parameter.shape):
            raise BadInputError(
                f"{part}'s {name} has the shape {list(tensors[name].shape)}, "
                f"but its config asks for {list(parameter.shape)}."
            )
    left_over = [name for name in tensors if name not in wanted and not name.endswith(_COMPUTED)]
    if left_over:
        raise BadInputError(f"{part} has {len(left_over)} unknown weights, the first is {left_over[0]}.")
    ready = {name: tensor.to(device=device, dtype=dtype) for name, tensor in tensors.items() if name in wanted}
    module.load_state_dict(ready, assign=True, strict=False)
    module.to(device)
    module.requires_grad_(False).eval()


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
