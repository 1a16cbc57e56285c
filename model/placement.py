"""How a model is kept: which part in which kind of weights, and what stays in the host's memory. Pure, no torch.

The loader does what is said here, and the plan counts with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

FP32, BF16 = "fp32", "bf16"
INT8 = "int8"
INT8_COPIED, INT8_COPIED_WIDE = "int8+bf16", "int8+fp32"  # with a copy for many rows at once (a processor's)
INT8_KINDS = {INT8: 1, INT8_COPIED: 3, INT8_COPIED_WIDE: 5}  # and the bytes of one weight
NF4, INT4 = "nf4", "int4"
PRECISIONS = ("fp32", "bf16", "int8", "nf4", "int4")

_SMALLEST = 1 << 14  # weights; less is read in no time
_BLOCK = 64  # inputs that nf4 and int4 keep together
_INT4_ROWS = 16  # outputs that torch's int4 kernel takes together
_INT4_COLUMNS = 128  # and inputs, on a card
_TOWERS = ("thinker.audio_tower.", "thinker.visual.")
_TIMES = (".time_embed.", ".attn_norm.", ".norm_out.")


@dataclass(frozen=True)
class Placement:
    """
    Attributes:
        floats: of whatever is in no other kind, in Thinker and Talker; in ear and eye it is that of `towers`, where
            that is one of floats.
        decoder, head, talker, talker_ends, towers: kinds of the Linear layers of the Thinker's language model, its
            head, the Talker's layers, what leads into and out of those, ear and eye.
        narrow: whether the DiT's layers multiply in bfloat16; everything else of token2wav is float32.
        embedding_on_host: the Thinker's embedding stays in host memory; a row is copied for each token.
        times_on_host: so do the DiT's weights that depend on nothing but the solver's few times.
    """

    precision: str
    floats: str
    decoder: str
    head: str
    talker: str
    talker_ends: str
    towers: str
    narrow: bool = False
    embedding_on_host: bool = False
    times_on_host: bool = False

    def kind(self, name: str, shape: tuple[int, ...]) -> str:
        """Of the Linear layer whose matrix has this official (or joined) name and shape."""
        wanted = self._wanted(name)
        outputs, inputs = shape
        if wanted in (FP32, BF16) or outputs * inputs < _SMALLEST:
            return self._floats(name)
        if wanted == NF4 and inputs % _BLOCK:
            return INT8
        if wanted == INT4 and not int4_fits(shape):
            return INT8
        return wanted

    def on_host(self, name: str) -> bool:
        """Whether the weight of this name stays in host memory."""
        if name == "thinker.model.embed_tokens.weight":
            return self.embedding_on_host
        return self.times_on_host and name.startswith("token2wav.") and any(part in name for part in _TIMES)

    def float_kind(self, name: str) -> str:
        """Of a weight that is no Linear layer's matrix."""
        return self._floats(name)

    def _floats(self, name: str) -> str:
        if name.startswith(_TOWERS) and self.towers in (FP32, BF16):
            return self.towers
        if not name.startswith("token2wav."):
            return self.floats
        layer = ".transformer_blocks." in name and (".attn." in name or ".ff." in name)
        return BF16 if self.narrow and layer else FP32

    def _wanted(self, name: str) -> str:
        if name.startswith("thinker.model.layers."):
            return self.decoder
        if name.startswith("thinker.lm_head."):
            return self.head
        if name.startswith(_TOWERS):
            return self.towers
        if name.startswith("talker.model.layers."):
            return self.talker
        if name.startswith("talker."):
            return self.talker_ends
        return self._floats(name)


def int4_fits(shape: Sequence[int]) -> bool:
    """Whether torch's int4 kernels take a matrix of this shape, on a processor and on a card."""
    outputs, inputs = shape
    return outputs % _INT4_ROWS == 0 and inputs % _INT4_COLUMNS == 0


def stored_bytes(kind: str, shape: tuple[int, ...]) -> int:
    """What a weight takes in a kind."""
    count = 1
    for size in shape:
        count *= size
    if kind == FP32:
        return 4 * count
    if kind == BF16:
        return 2 * count
    if kind in INT8_KINDS:
        return count * INT8_KINDS[kind] + 2 * shape[0]
    if kind == NF4:
        blocks = count // _BLOCK
        return count // 2 + blocks + 4 * -(-blocks // 256) + 4
    return count // 2 + count // _BLOCK * 4


def placements(precision: str, on_card: bool, bfloat16: bool = True) -> list[Placement]:
    """The ways to keep a model in a precision, the roomiest first; each next one gives up a little speed, the later
    ones a little accuracy too. `bfloat16`: whether the processor multiplies it in hardware."""
    floats = FP32 if precision == FP32 or not (on_card or bfloat16 or precision == BF16) else BF16
    if not on_card:
        narrow = precision != FP32 and bfloat16
        if precision == INT8:
            # float32 between them: what reads weights fastest for one row (model.few_rows) takes nothing else
            copied = INT8_COPIED if bfloat16 else INT8_COPIED_WIDE
            roomy = Placement(INT8, FP32, copied, copied, copied, FP32, floats, narrow)
            return [roomy, replace(roomy, decoder=INT8, head=INT8, talker=INT8)]
        ends = floats if precision in (NF4, INT4) else precision
        first = Placement(precision, floats, precision, precision, precision, ends, floats, narrow)
        return [first, replace(first, towers=INT8)] if precision in (NF4, INT4) else [first]
    first = Placement(
        precision, floats, precision, precision, precision, precision, floats, times_on_host=True
    )
    rungs = [first, replace(first, embedding_on_host=True)]
    if precision != FP32:
        rungs.append(replace(rungs[-1], narrow=True))
        if precision != BF16:
            rungs.append(replace(rungs[-1], towers=INT8))
        if precision == NF4:
            rungs.append(replace(rungs[-1], towers=NF4))
    return rungs
