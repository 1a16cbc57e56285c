"""Whether the Thinker still knows what SmolLM2 knew: which of four words a definition of WordNet's belongs to.

    python -m evaluation.definitions

Nothing it was tuned with looks like this. For each of the four words it is asked what the word means, the definition
is the reply, and the word under which it is likeliest is the one chosen (chance: 25 %). SmolLM2 is the same weights
without what was learned since (the low-rank factors), in the same run. Needs WordNet (Debian's `wordnet-base`).
"""

from __future__ import annotations

import argparse
import json
import random
import re
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F

from evaluation.results import Result, share, table
from training.thinker.factors import factors_of, stored
from training.thinker.network import Network

_WORD, _DEFINITION = re.compile(r"^[a-z]{4,12}$"), re.compile(r"^[a-z][a-z ,'-]*$")
_SEED = 20


@dataclass(frozen=True)
class Item:
    """The first of the words is the defined one."""

    definition: str
    words: tuple[str, ...]


def items(folder: Path, number: int) -> list[Item]:
    """So many nouns that people use, in their first sense, each among three others; the same every time."""
    glosses = {}
    for line in (folder / "data.noun").read_text(errors="ignore").splitlines():
        head, _, gloss = line.partition(" | ")
        glosses[head.split(" ")[0]] = gloss.split(";")[0].split("(")[0].strip()
    known = {}
    for line in (folder / "index.noun").read_text().splitlines():
        if line.startswith(" "):
            continue
        word, _, _, pointers, *rest = line.split()
        _, met, first = rest[int(pointers) :][:3]  # senses, those met in texts, the commonest one
        text = glosses[first]
        plain = _WORD.match(word) and _DEFINITION.match(text) and 4 <= len(text.split()) <= 14
        if plain and int(met) and word[:4] not in text:
            known[word] = text
    rnd = random.Random(_SEED)
    words = sorted(known)
    chosen = rnd.sample(words, number)
    return [Item(known[w], (w, *rnd.sample([o for o in words if o != w], 3))) for w in chosen]


@torch.no_grad()
def right(network: Network, item: Item) -> bool:
    """Whether the definition is likelier as the answer about its own word than about the others."""
    reply = network.ids(item.definition[0].upper() + item.definition[1:] + ".")
    past, likely = network.prefix(), []
    for word in item.words:
        prompt = network.typed(f"What does the word {word} mean?")
        hidden, _, _ = network.forward(torch.cat([prompt, network.embed(reply[:-1])])[None], past)
        told = network.logits(hidden[0, len(prompt) - 1 :])
        likely.append(-F.cross_entropy(told, torch.tensor(reply)).item())
    return likely.index(max(likely)) == 0


def main() -> None:
    """Both, with 95 % intervals."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=Path("assets/nano"))
    parser.add_argument("--factors", type=Path, help="a checkpoint of training.thinker.together")
    parser.add_argument("--wordnet", type=Path, default=Path("/usr/share/wordnet"))
    parser.add_argument("--number", type=int, default=300)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    network = Network(args.model, state=stored(args.model)[0])
    factors = factors_of(args.factors or args.model)
    asked = items(args.wordnet, args.number)
    result = Result([], note="chance is one in four")
    for name, own in (("SmolLM2", None), ("with what was learned since", factors)):
        network.factors = own
        result.rows.append(share(name, [right(network, item) for item in asked], chance=0.25))
    print(table("definitions", result))
    if args.json:
        args.json.write_text(json.dumps(result.as_json(), indent=1) + "\n")


if __name__ == "__main__":
    main()
