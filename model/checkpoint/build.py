"""A part of a model from its files, weight by weight: read, put where it belongs, joined and quantized, let go.

So memory never holds more than the finished part and what is being worked on. Where each weight goes and in which kind
is `model.placement`'s to say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import torch
from torch import Tensor, nn

from model.checkpoint.foreign import Levels
from model.checkpoint.weights import WeightFiles
from model.config import OmniConfig
from model.errors import BadInputError
from model.four_bits import Int4Linear
from model.layers import HostEmbedding
from model.placement import BF16, FP32, INT4, INT8, NF4, Placement, int4_fits
from model.quantized import NarrowLinear, quantized
from model.talker import Talker
from model.thinker.thinker import Thinker
from model.token2wav.token2wav import Token2Wav

M = TypeVar("M", bound=nn.Module)

_FLOATS = {FP32: torch.float32, BF16: torch.bfloat16}
# in official checkpoints, made by the code rather than learned
_COMPUTED = ("rotary_embed.inv_freq",)
_APART = "thinker.visual."  # whose products stay as they are
_JOINED = {"qkv_proj": ("q_proj", "k_proj", "v_proj"), "gate_up_proj": ("gate_proj", "up_proj")}


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


def empty(folder: Path, make: Callable[[], M]) -> M:
    """A part without its weights; sizes that no module can have are the config's fault."""
    try:
        with without_weights():
            return make()
    except (ArithmeticError, AssertionError, AttributeError, LookupError, RuntimeError, TypeError, ValueError) as error:
        raise BadInputError(f"{folder / 'config.json'} asks for a part that cannot be built ({error}).") from error


class Builder:
    """Builds the parts of one model."""

    def __init__(self, folder: Path, config: OmniConfig, placement: Placement, device: torch.device) -> None:
        self._folder, self._config, self._placement, self._device = folder, config, placement, device
        self._files = WeightFiles(folder)
        # what is only looked at in the file may stay there, unless its mapping would keep what is not needed
        self._views = placement.decoder in _FLOATS
        self._tied = config.thinker.text.tie_word_embeddings

    def thinker(self) -> Thinker:
        """Ear, eye and language model."""
        thinker = empty(self._folder, lambda: Thinker(self._config.thinker))
        self._build(thinker, "thinker.", "Thinker", ("lm_head.weight",) if self._tied else ())
        return thinker

    def talker(self) -> Talker:
        """The Talker."""
        talker = empty(self._folder, lambda: Talker(self._config.talker))
        self._build(talker, "talker.", "Talker")
        return talker

    def token2wav(self) -> Token2Wav:
        """DiT and vocoder."""
        token2wav = empty(self._folder, lambda: Token2Wav(self._config.token2wav))
        self._build(token2wav, "token2wav.", "Token2Wav")
        return token2wav

    def close(self) -> None:
        """All parts are there."""
        self._files.close()

    def _build(self, module: nn.Module, prefix: str, part: str, tied: tuple[str, ...] = ()) -> None:
        part = f"{self._folder}: its {part}"
        wanted = module.state_dict(keep_vars=True)
        there = {name.removeprefix(prefix) for name in self._files.names(prefix)}
        missing = [name for name in wanted if name not in there and name not in tied and not name.endswith(_COMPUTED)]
        if missing:
            raise BadInputError(f"{part} lacks {len(missing)} weights, the first is {missing[0]}.")
        for name, parameter in wanted.items():
            if name in there and (shape := self._files.shape(prefix + name)) is not None:
                _check_shape(part, name, shape, parameter)
        left_over = [name for name in sorted(there) if name not in wanted and not name.endswith(_COMPUTED)]
        if left_over:
            raise BadInputError(f"{part} has {len(left_over)} unknown weights, the first is {left_over[0]}.")
        with torch.no_grad():
            self._fill(module, prefix, part, "")
        module.requires_grad_(False).eval()

    def _fill(self, module: nn.Module, prefix: str, part: str, path: str) -> None:
        """Fill the module and what is in it, then join and quantize its layers. `path` is its name within the part."""
        for name, parameter in module.named_parameters(recurse=False):
            whole = prefix + path + name
            if whole == "thinker.lm_head.weight" and self._tied:
                continue
            passing = isinstance(module, nn.Linear) and self._kind(whole.rpartition(".")[0], module) not in _FLOATS
            weight = self._weight(whole, parameter, part, path + name, passing and name == "weight")
            module._parameters[name] = nn.Parameter(weight, requires_grad=False)
        for name, buffer in module.named_buffers(recurse=False):
            module._buffers[name] = buffer.to(self._device)
        for name, child in list(module.named_children()):
            self._fill(child, prefix, part, f"{path}{name}.")
        if isinstance(module, Thinker) and self._tied:
            table = module.model.embed_tokens.weight
            head = table.to(self._device)
            module.lm_head.weight = table if head is table else nn.Parameter(head, requires_grad=False)
        if (join := getattr(module, "join", None)) and not (prefix + path).startswith(_APART):
            join()
        for name, child in list(module.named_children()):
            if isinstance(child, nn.Linear):
                setattr(module, name, self._layer(child, prefix + path + name))
            elif isinstance(child, nn.Embedding) and self._placement.on_host(f"{prefix}{path}{name}.weight"):
                setattr(module, name, HostEmbedding(child.weight, self._device))

    def _weight(self, whole: str, wanted: nn.Parameter, part: str, name: str, passing: bool) -> Tensor:
        """One weight where it belongs. `passing`: it is needed only to be quantized, from as many bits as it has."""
        tensor = self._files.read(whole)
        _check_shape(part, name, tensor.shape, wanted)  # a packed one shows its shape only now
        device = torch.device("cpu") if self._placement.on_host(whole) else self._device
        if passing:
            return tensor.to(device)
        moved = tensor.to(device=device, dtype=_FLOATS[self._placement.float_kind(whole)])
        return moved.clone() if moved is tensor and not self._views else moved

    def _layer(self, linear: nn.Linear, name: str) -> nn.Module:
        """The Linear layer `name` in its kind."""
        kind = self._kind(name, linear)
        if kind in _FLOATS:
            return NarrowLinear(linear) if kind == BF16 and name.startswith("token2wav.") else linear
        ours = all(self._files.in_our_form(f"{stored}.weight") for stored in self._stored_names(name))
        if kind == INT4 or (kind == NF4 and ours):  # what is stored in few bits is not rounded to so few again
            if int4_fits(linear.weight.shape) and (levels := self._levels(name)) is not None:
                return self._stored(levels, linear.bias)
            if ours:
                kind = INT8
        return quantized(linear, kind)

    def _kind(self, name: str, linear: nn.Linear) -> str:
        return self._placement.kind(f"{name}.weight", (linear.out_features, linear.in_features))

    def _levels(self, name: str) -> Levels | None:
        """Of a layer that is stored in 4 bits."""
        found = [self._files.levels(f"{stored}.weight") for stored in self._stored_names(name)]
        parts = [one for one in found if one is not None and one.order is None]
        if len(parts) < len(found):
            return None
        columns = zip(*((one.levels, one.scale, one.minimum) for one in parts))
        levels, scale, minimum = (torch.cat(column).to(self._device) for column in columns)
        beside = [one.low_rank for one in parts if one.low_rank is not None]
        if beside and len(beside) < len(parts):
            return None
        low_rank = (torch.cat([a for a, _ in beside]), torch.block_diag(*(b for _, b in beside))) if beside else None
        return Levels(levels, scale, minimum, low_rank=low_rank)

    def _stored_names(self, name: str) -> list[str]:
        """Of the layers in the files that the Linear layer `name` is made of."""
        if name == "thinker.lm_head" and self._tied:
            return ["thinker.model.embed_tokens"]
        path, _, last = name.rpartition(".")
        return [f"{path}.{one}" for one in _JOINED.get(last, (last,))]

    def _stored(self, levels: Levels, bias: Tensor | None) -> Int4Linear:
        low_rank = levels.low_rank
        if low_rank is not None:
            floats = _FLOATS[self._placement.floats]
            low_rank = low_rank[0].to(self._device, floats), low_rank[1].to(self._device, floats)
        return Int4Linear.of_levels(levels.levels, levels.scale, levels.minimum, bias, low_rank)


def _check_shape(part: str, name: str, shape: tuple[int, ...], wanted: Tensor) -> None:
    if tuple(shape) != tuple(wanted.shape):
        raise BadInputError(
            f"{part}'s {name} has the shape {list(shape)}, but its config asks for {list(wanted.shape)}."
        )
