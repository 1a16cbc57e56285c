"""What the eye says: at every merged patch the sum of the embeddings of what is there, in the Thinker's own tokens.

Where a red star stands, " red" + " star" + " small"; where a thing that fills the picture is, its name; elsewhere the
embedding of " ", which the language model reads past most easily (as the ear's blank, training.ear.ctc). A sentence
laid over the patches in reading order was tried first and cannot be learned: the encoder knows only relative positions,
so the patches of a plain ground all say the same.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
import torch.nn.functional as F
from tokenizers import Tokenizer
from torch import Tensor, nn

from training.data.drawings import COLORS, SHAPES

GROUPS: dict[str, tuple[str, ...]] = {
    "size": ("big", "small"),
    "amount": ("two", "three", "four", "five", "six"),
    "color": tuple(COLORS),
    "shape": tuple(SHAPES),
    "place": ("left", "right", "top", "bottom", "middle"),
    "way": ("left", "right", "up", "down"),
    "light": ("dark", "bright", "on", "off"),
}
MOVING = "moving"  # beside every "way", since places have the same words
_SURE = 16.0  # nats between the direction of a name and one at right angles to it
Said = dict[str, str]  # group ("name" for a thing's) → word; empty where there is nothing


class Words(nn.Module):
    """Targets, losses and reading. The vectors of all names and words come from the Thinker's table."""

    def __init__(self, embeddings: Tensor, tokenizer: Tokenizer, names: Iterable[str]):
        super().__init__()

        def vector(word: str) -> Tensor:
            return embeddings[tokenizer.encode(f" {word}").ids].float().sum(0)

        self.names = list(names)
        self.blank = embeddings[tokenizer.encode(" ").ids[0]].float()
        self.words = {group: {word: vector(word) for word in words} for group, words in GROUPS.items()}
        if self.names:
            self.words["name"] = {name: vector(name) for name in self.names}
        self.moving = vector(MOVING)
        self.tables = {group: torch.stack(list(words.values())) for group, words in self.words.items()}
        self.index = {group: {word: i for i, word in enumerate(words)} for group, words in self.words.items()}
        self.size = float(self.tables["color"].pow(2).sum(-1).mean())

    def target(self, said: Said) -> Tensor:
        """[576] of one patch."""
        if not said:
            return self.blank
        total = sum((self.words[group][word] for group, word in said.items()), torch.zeros_like(self.blank))
        return total + self.moving if "way" in said else total

    def targets(self, said: list[list[Said]]) -> Tensor:
        """[pictures, patches, 576]."""
        return torch.stack([torch.stack([self.target(patch) for patch in picture]) for picture in said])

    def places(self, said: list[list[Said]]) -> dict[str, tuple[Tensor, Tensor, Tensor]]:
        """Where words of each group are said: pictures, patches, and which word."""
        found: dict[str, list[tuple[int, int, int]]] = {}
        for i, picture in enumerate(said):
            for j, patch in enumerate(picture):
                for group, word in patch.items():
                    found.setdefault(group, []).append((i, j, self.index[group][word]))
        return {group: tuple(torch.tensor(at).T) for group, at in found.items()}  # type: ignore[misc]

    def compare(self, e: Tensor, said: list[list[Said]]) -> tuple[Tensor, dict[str, float]]:
        """Mean squared distance of e [pictures, patches, 576] to the targets, in parts of a word's own; and how often,
        with all else right, the right word of a group is the nearest."""
        target = self.targets(said)
        nothing = torch.tensor([[not patch for patch in picture] for picture in said])
        share = torch.where(nothing, 0.5, 1.0)
        distance = ((e - target).pow(2).sum(-1) * share).sum() / share.sum() / self.size
        right = {}
        for group, (rows, columns, answer) in self.places(said).items():
            table = self.tables[group]
            rest = (e[rows, columns] - target[rows, columns] + table[answer]).detach()
            scores = 2 * rest @ table.T - table.pow(2).sum(-1)
            right[group] = float((scores.argmax(-1) == answer).float().mean())
        return distance, right

    def likeness(self, e: Tensor) -> Tensor:
        """[..., names and last silence]: as scores, by direction alone, as a normalised stream has it; the names are of
        one to four tokens and so of different lengths."""
        table = F.normalize(torch.cat([self.tables["name"], self.blank[None]]), dim=-1)
        return _SURE * F.normalize(e, dim=-1) @ table.T

    def mistaken(self, e: Tensor, said: list[list[Said]]) -> Tensor:
        """How uncertain it is which thing a patch names, in nats. e: [pictures, patches, 576]. In the distance of
        `compare` halfway to a name is nearly there, where many other names lie as near."""
        found = self.places(said).get("name")
        if found is None:
            return torch.zeros(())
        rows, columns, answer = found
        return F.cross_entropy(self.likeness(e[rows, columns]), answer)

    @torch.no_grad()
    def name(self, e: Tensor) -> list[str]:
        """The name that the patches [pictures, patches, 576] together say."""
        best = self.likeness(e).softmax(-1)[..., :-1].sum(1).argmax(-1)
        return [self.names[int(i)] for i in best]
