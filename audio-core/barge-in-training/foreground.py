#!/usr/bin/env python3
"""Trains the last answer of src/barge_in/model and changes nothing else: while the agent is silent, is a voice the caller's own or
one behind them? `foreground.py WEIGHTS.bin SCENES=INPUTS...`, folders as for train.py, whose network it asks.

A logistic regression of what the network remembers, the agent's silence heard in place of its speech; frames of voice alone, the
caller's weighing as much as all others. Needs what train.py needs.
"""

import argparse
import json
from pathlib import Path

import jax
import numpy as np
import train

VOICE = 0.4  # the voice detector's score (the first input) from which on a frame is of voice
CALLER = ("turn", "interruption", "backchannel")
ONSET, TAIL, LATE = 100, 120, 6_000  # frames that count: so many ms into the caller's speech and on, and between these after it
RIDGE, ROUNDS, BATCH = 1e-4, 25, 64


def frames(scenes, inputs, remember):
    """(what is remembered, is it the caller's?) of each frame of voice while the agent is silent."""
    files = sorted(inputs.glob("*.f32"))
    for n in range(0, len(files), BATCH):
        part = [np.fromfile(file, "<f4").reshape(-1, train.FRAME_BYTES // 4) for file in files[n : n + BATCH]]
        most = -(-max(map(len, part)) // 500) * 500
        x = np.zeros((most, len(part), part[0].shape[1]), np.float32)
        for scene, numbers in enumerate(part):
            x[: len(numbers), scene] = numbers
        own, state, silent = x[..., : train.INPUTS], x[..., train.INPUTS : -1], x[..., -1] < 0.5
        units = np.asarray(remember(own, np.round(state * 127), silent))
        for scene, file in enumerate(files[n : n + BATCH]):
            labels = json.loads((scenes / file.stem / "tape.json").read_text(encoding="utf-8"))["caller"]
            spoken = [(label["start_ms"], label["end_ms"]) for label in labels if label["kind"] in CALLER]
            t = (np.arange(len(part[scene])) + 1) * train.FRAME_MS
            callers, counts, since = np.zeros((3, len(t)))
            since += np.inf
            for start, end in spoken:
                inside = (t > start) & (t <= end)
                callers, counts = callers + inside, counts + (inside & (t > start + ONSET))
                since = np.where(t > end, np.minimum(since, t - end), since)
            counts = np.where(callers > 0, counts, (since > TAIL) & (since < LATE))
            rows = (counts > 0) & silent[: len(t), scene] & (own[: len(t), scene, 0] >= VOICE)
            yield units[: len(t), scene][rows], callers[rows] > 0


def fit(units, callers):
    """A weight a unit, and the bias: Newton's method (C. M. Bishop, 2006, 4.3.3), both classes as heavy, a ridge on the weights."""
    x = np.concatenate([units, np.ones((len(units), 1))], 1).astype(np.float64)
    heavy = np.where(callers, 0.5 / callers.mean(), 0.5 / (1 - callers.mean()))
    ridge = RIDGE * len(x) * np.append(np.ones(train.UNITS), 0)
    w = np.zeros(train.UNITS + 1)
    for _ in range(ROUNDS):
        p = 1 / (1 + np.exp(-x @ w))
        slope = x.T @ (heavy * (p - callers)) + ridge * w
        bend = (x * (heavy * p * (1 - p))[:, None]).T @ x + np.diag(ridge + 1e-6)
        w -= np.linalg.solve(bend, slope)
    odds = x @ w
    print(f"{len(x)} frames, {callers.mean():.0%} the caller's; missed {np.mean(odds[callers] < 0):.1%} of these, taken for them {np.mean(odds[~callers] > 0):.1%}")
    return w


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("weights", type=Path, metavar="WEIGHTS.bin", help="of train.py; the answer is written into it")
    p.add_argument("pairs", nargs="+", metavar="SCENES=INPUTS")
    a = p.parse_args()
    if unpaired := [pair for pair in a.pairs if "=" not in pair]:
        p.error(f"{unpaired[0]!r} is not SCENES=INPUTS")
    net = train.read(a.weights)
    remember = jax.jit(lambda *given: train.remembered(net, *given))
    known = [piece for pair in a.pairs for piece in frames(*map(Path, pair.split("=", 1)), remember)]
    units, callers = (np.concatenate(column) for column in zip(*known))
    a.weights.write_bytes(train.answered(a.weights.read_bytes(), fit(units, callers)))


if __name__ == "__main__":
    main()
