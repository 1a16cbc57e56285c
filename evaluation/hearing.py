"""How well a model in training hears: held-out questions, typed and spoken by voices that no training has heard.

A question counts as right if its greedy answer (40 tokens) holds one of the accepted words. The figure of merit is the
share of the questions right when typed that are right when spoken too; beside it the word error rate of what the
model writes when asked to repeat.

    python -m evaluation.hearing --trained runs/ear/stage_b.pt --thinker runs/thinker-sharp
    python -m evaluation.hearing --thinker runs/thinker --questions evaluation/everyday.json     (typed only)

A finished model is measured by the command `eval` (evaluation.suites), which uses the product's engine.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np

from evaluation.words import right, word_errors

QUESTIONS = Path(__file__).with_name("questions.json")
REPEAT = "Repeat what I said word for word."


def report(questions: list[dict], typed: list[str], spoken: dict[str, list[str]], repeated: dict[str, list[str]],
           heard: dict[str, list[str]], show: int = 0) -> dict:
    """Prints the table and returns its figures."""
    can = [right(t, q["answers"]) for t, q in zip(typed, questions)]
    out: dict = {"questions": len(questions), "typed_right": sum(can)}
    print(f"typed right {sum(can)}/{len(can)}")
    both = 0
    for voice, answers in spoken.items():
        did = [right(a, q["answers"]) for a, q in zip(answers, questions)]
        agree = sum(a and b for a, b in zip(can, did))
        both += agree
        out[voice] = {"right": sum(did), "right_of_typed_right": agree, "ratio": agree / max(1, sum(can))}
        for name, texts in (("wer_repeated", repeated.get(voice)), ("wer_ctc", heard.get(voice))):
            if texts:
                errors = [word_errors(q["question"], t) for q, t in zip(questions, texts)]
                out[voice][name] = sum(e for e, _ in errors) / sum(n for _, n in errors)
        print(voice, " ".join(f"{k} {v:.3f}" if isinstance(v, float) else f"{k} {v}" for k, v in out[voice].items()))
        for i in range(0, len(questions), max(1, len(questions) // show) if show else len(questions) + 1):
            said = f" | {heard[voice][i]}" if heard.get(voice) else ""
            if show:
                print(f"   {int(can[i])}{int(did[i])} {questions[i]['question']}{said} -> {answers[i][:110]!r}")
    if spoken:
        out["ratio"] = both / max(1, sum(can) * len(spoken))
        print(f"ratio {out['ratio']:.3f}")
    return out


def rounded(network, lora: dict | None) -> None:
    """Puts into a training network what the product will store: low-rank factors merged, linears as int4 with scale and
    minimum for every 32 inputs, embeddings as int8 with a scale a row (in place)."""
    import torch

    def grid(w: torch.Tensor, group: int, levels: int) -> torch.Tensor:
        blocks = w.reshape(len(w), -1, group)
        low, high = blocks.amin(-1, keepdim=True), blocks.amax(-1, keepdim=True)
        scale = ((high - low) / levels).clamp(min=1e-8)
        return (((blocks - low) / scale).round() * scale + low).reshape(w.shape)

    for i, layer in enumerate(network.layers):
        for part in ("qkv", "o", "gate_up", "down"):
            weight = layer[part]
            if lora is not None:
                a, b = lora[f"{i}.{part}"]
                weight = weight.float() + network.scale * (b @ a)
            layer[part] = grid(weight.float(), 32, 15)
    scale = network.table.abs().amax(1, keepdim=True) / 127
    network.table = network.head = (network.table / scale).round() * scale
    network.lora = None


def trained_form(thinker: Path, trained: Path | None, clips: dict[str, list[np.ndarray]], questions: list[dict],
                 repeat: bool, int4: bool = False) -> tuple:
    """Answers of the training's own network, in the shape `report` wants."""
    import torch

    from training.ear.stage_b import Ear, fused_lora
    from training.thinker.network import SUFFIX, Network

    network = Network(thinker)
    spoken, repeated, heard = {}, {}, {}
    if trained:
        state = torch.load(trained, map_location="cpu", weights_only=False)
        network.lora = fused_lora(state)
        if int4:
            rounded(network, network.lora)
        ear = Ear(network, state)
        for voice, sounds in clips.items():
            vectors, heard[voice] = ear.hear(sounds)
            plain, ask = network.embed(network.ids(SUFFIX)), network.embed(network.ids(REPEAT + SUFFIX))
            spoken[voice] = network.answers([torch.cat([v, plain]) for v in vectors], together=70)
            if repeat:
                repeated[voice] = network.answers([torch.cat([v, ask]) for v in vectors], 20, together=70)
    typed = network.answers([network.typed(q["question"]) for q in questions], together=70)
    return typed, spoken, repeated, heard


def main() -> None:
    """Evaluate one model and print, or with --json also write, the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--thinker", type=Path, default=Path("runs/thinker"))
    parser.add_argument("--trained", type=Path, help="checkpoint of training.ear.stage_b")
    parser.add_argument("--questions", type=Path, default=QUESTIONS, help="with the words that count as answers")
    parser.add_argument("--clips", type=Path, default=Path("runs/data/test-kokoro"))
    parser.add_argument("--every", type=int, default=1, help="only every n-th question")
    parser.add_argument("--repeat", action="store_true", help="also ask for a repetition and measure its words")
    parser.add_argument("--int4", action="store_true", help="round the weights as the product stores them")
    parser.add_argument("--show", type=int, default=0, help="how many answers to print")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    import torch

    from training.data.clips import read_clips
    from training.ear.sound import plain

    torch.set_num_threads(args.threads)
    questions = json.loads(args.questions.read_text())[:: args.every]
    clips: dict[str, list[np.ndarray]] = {}
    if args.trained:
        rows = {(r["voice"], r["text"]): r for r in read_clips(args.clips)}
        for voice in sorted({v for v, _ in rows}):
            clips[voice] = [plain(rows[voice, q["question"]]).numpy() for q in questions]
    begun = time.time()
    typed, *rest = trained_form(args.thinker, args.trained, clips, questions, args.repeat, args.int4)
    out = report(questions, typed, *rest, show=args.show)
    if not rest[0] and args.show:
        for i in range(0, len(questions), max(1, len(questions) // args.show)):
            question = questions[i]
            print(f"   {int(right(typed[i], question['answers']))} {question['question']} -> {typed[i][:120]!r}")
    print(f"{time.time() - begun:.0f} s")
    if args.json:
        args.json.write_text(json.dumps(out, indent=1) + "\n")


if __name__ == "__main__":
    main()
