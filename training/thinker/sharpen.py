"""Teaches the Thinker to answer simple questions correctly in one short sentence (text only, low rank, then merged).

Untrained, SmolLM2 rambles: half of its misses at simple questions are long talk around the point. What is typed right
is the ceiling of what can be heard right, and a typed sample costs a third of a spoken one. A seventh of the samples
are the model's own answers to other questions, so that it keeps what it knows.

    python -m training.thinker.sharpen --thinker runs/thinker --questions runs/data/questions.json \
        --out runs/thinker-sharp --minutes 9

Writes the merged weights and tokenizer into a folder of the same form, and answers.json: the correct answers, and the
sharpened model's own to as many of the other questions as asked for.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from torch import Tensor

from training.thinker.answers import RULES, HeldOut, pairs
from training.thinker.network import END, Network, new_lora, unfused

RANK = 16


def pack(
    network: Network, prompts: list[Tensor], answers: list[list[int]]
) -> tuple[Tensor, list[int], list[int], Tensor]:
    """Prompts [n_i, 576] with their answers behind them as right-padded rows.

    Returns x [B, T, 576], and for every answer token its row, the column that predicts it, and its number."""
    whole = [torch.cat([p, network.embed(a[:-1])]) if len(a) > 1 else p for p, a in zip(prompts, answers)]
    longest = max(len(w) for w in whole)
    x = torch.stack([F.pad(w, (0, 0, 0, longest - len(w))) for w in whole])
    rows = [i for i, a in enumerate(answers) for _ in a]
    columns = [len(p) - 1 + j for p, a in zip(prompts, answers) for j in range(len(a))]
    return x, rows, columns, torch.tensor([t for a in answers for t in a])


def shortened(text: str) -> str:
    """At most two sentences; a cut one is left out if a whole one stands before it."""
    ends = [i for i, c in enumerate(text) if c in ".!?" and (i + 1 == len(text) or text[i + 1] in " \n")]
    return text[: ends[min(1, len(ends) - 1)] + 1] if ends else text


def balanced(known: dict[str, str], most: int, rnd: random.Random) -> list[str]:
    """At most so many questions of each rule."""
    by_rule: dict[int, list[str]] = {}
    for question in known:
        rule = next(i for i, (pattern, _) in enumerate(RULES) if pattern.fullmatch(question))  # type: ignore[attr-defined]
        by_rule.setdefault(rule, []).append(question)
    return [q for group in by_rule.values() for q in rnd.sample(group, min(most, len(group)))]


def main() -> None:
    """Train, merge, answer."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("thinker", "questions", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=9)
    parser.add_argument("--rate", type=float, default=4e-4)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--own", type=int, default=256, help="the model's own answers to keep")
    parser.add_argument("--more", type=int, default=900, help="other questions to answer afterwards")
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    rnd = random.Random(3)
    network, held = Network(args.thinker), HeldOut()
    questions = json.loads(args.questions.read_text())["questions"]
    known = pairs(questions)
    others = [q for q in questions if q not in known and q not in held]
    args.out.mkdir(parents=True, exist_ok=True)
    own_file = args.out / "own.json"
    if not own_file.exists():
        asked = others[-args.own:]
        texts = network.answers([network.typed(q) for q in asked], 40, 128)
        own_file.write_text(json.dumps({q: shortened(t) for q, t in zip(asked, texts)}))
    own = json.loads(own_file.read_text())
    print(f"{len(known)} known, {len(others)} others, own {list(own.items())[:4]}", flush=True)
    lora = new_lora(RANK)
    network.lora = lora
    weights = [w for pair in lora.values() for w in pair]
    optimizer = torch.optim.AdamW(weights, lr=args.rate, betas=(0.9, 0.98), weight_decay=0.0)
    begun, step, queue, losses = time.time(), 0, [], []
    while (share := (time.time() - begun) / 60 / args.minutes) < 1:
        if not queue:
            pool = balanced(known, 45, rnd)
            pool += rnd.sample(list(own), min(len(own), len(pool) // 6))
            pool.sort(key=lambda q: len(q) + rnd.uniform(0, 8))
            queue = [pool[i: i + args.batch] for i in range(0, len(pool), args.batch)]
            rnd.shuffle(queue)
            print(f"pool {len(pool)}", flush=True)
        batch = queue.pop()
        for group in optimizer.param_groups:
            group["lr"] = args.rate * min(1.0, (step + 1) / 10) * min(1.0, max(0.03, 1.6 * (1 - share)))
        replies = [[*network.ids(known.get(q) or own[q]), END] for q in batch]
        x, rows, columns, targets = pack(network, [network.typed(q) for q in batch], replies)
        y, _, _ = network.forward(x, network.prefix())
        loss = F.cross_entropy(network.logits(y[rows, columns]), targets)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimizer.step()
        step += 1
        losses.append(loss.item())
        if step % 5 == 0:
            print(f"{step} loss {sum(losses[-5:]) / 5:.3f} minutes {(time.time() - begun) / 60:.2f}", flush=True)
    state = load_file(args.thinker / "thinker.safetensors")
    for name, (a, b) in unfused(lora).items():
        state[name] = state[name] + network.scale * (b @ a)
    save_file(state, args.out / "thinker.safetensors", metadata={"format": "pt"})
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copyfile(args.thinker / name, args.out / name)
    asked = others[: args.more]  # Kokoro speaks the first questions of the list
    network = Network(args.out)
    texts = network.answers([network.typed(q) for q in asked], 26, 96) if asked else []
    answers = known | {q: shortened(t) for q, t in zip(asked, texts)}
    (args.out / "answers.json").write_text(json.dumps(answers))
    print(f"done, {len(answers)} answers, {list(zip(asked, texts))[:8]}", flush=True)


if __name__ == "__main__":
    main()
