#!/usr/bin/env python3
"""Trains the two networks of src/barge_in/model: `train.py OUT [--only begun|claims] SCENES=INPUTS...`.

SCENES is a folder made by fixtures/scenes.py, INPUTS what the example wrote of it (`barge_in SCENES --inputs INPUTS`): a file
a scene, little endian floats: a frame's inputs and whether the agent was heard. Writes OUT/begun.bin and OUT/claims.bin.
Needs numpy (requirements.txt); set OMP_NUM_THREADS=1 to get the same bits again.
"""

import argparse
import json
from pathlib import Path

import numpy as np

FRAME_MS = 20
INPUTS = 12
VOICE, VOICED = 0.6, 8  # `claims` is asked from so many frames of voice on, of the last 520 ms
SPEAKERS = ("interruption", "backchannel")
FADED = 1e-12  # a smaller weight is none: processors are slow with numbers that are almost 0


def scenes(pairs):
    """(labels, times of the frames' ends in ms, inputs, was the agent heard) of every scene."""
    for folder, inputs in pairs:
        for file in sorted(inputs.glob("*.f32")):
            labels = json.loads((folder / file.stem / "tape.json").read_text(encoding="utf-8"))["caller"]
            frames = np.fromfile(file, "<f4").reshape(-1, INPUTS + 1)
            yield labels, (np.arange(len(frames)) + 1) * FRAME_MS, frames[:, :INPUTS], frames[:, INPUTS] > 0.5


def voice(x, frames):
    """The voice detector's scores of the last so many frames."""
    return np.lib.stride_tricks.sliding_window_view(np.concatenate([np.zeros(frames - 1, x.dtype), x[:, 0]]), frames)


def within(t, label, after=0, before=0):
    return (t > label["start_ms"] + after) & (t <= label["end_ms"] + before)


class Begun:
    """Has the caller begun to speak? Frames while they have been speaking for 60 to 340 ms, and frames while nobody speaks."""

    frames, inputs, units, kept = 13, range(7), 16, 16
    plain = 1.0  # part of the frames of weight 1 that an epoch sees
    fitting = {"epochs": 6, "rate": 3e-3, "l2": 1e-5, "seed": 1}

    def __init__(self):
        self.rng = np.random.default_rng(1)

    def rows(self, labels, t, x, heard):
        mine, spoken = np.zeros(len(t), bool), np.zeros(len(t), bool)
        for label in labels:
            if label["kind"] != "noise":
                spoken |= within(t, label, before=500)
            if label["kind"] in SPEAKERS:
                mine |= within(t, label, 60, -40) & (t <= label["start_ms"] + 340)
        # Most of the rest is silence: a twentieth of it will do.
        telling = (voice(x, self.frames).max(1) > 0.1) | (self.rng.random(len(t)) < 0.05)
        return heard & (mine | ~spoken) & telling, mine, np.where(mine, 4, 1)


class Claims:
    """Do they take the floor? Frames while an interruption has lasted for 460 to 660 ms, and frames of everything else. Those
    that could be taken for one weigh more."""

    frames, units, kept = 26, 64, 24
    inputs = [n for n in range(INPUTS) if n != 5]  # brightness tells of whole phrases only the telephone
    plain = 0.25
    fitting = {"epochs": 10, "rate": 3e-3, "l2": 3e-4, "seed": 1}
    weights = {"noise": 16, "backchannel": 5, "side_speech": 3}

    def rows(self, labels, t, x, heard):
        mine, other, weight = np.zeros(len(t), bool), np.ones(len(t), bool), np.ones(len(t))
        for label in sorted(labels, key=lambda label: -self.weights.get(label["kind"], 0)):
            kind = label["kind"]
            if kind == "turn":
                other &= ~within(t, label, before=600)
            elif kind == "interruption":
                mine |= within(t, label, 460) & (t <= label["start_ms"] + 660)
                other &= t <= label["start_ms"]
            elif kind in self.weights:
                weight = np.where((weight == 1) & within(t, label, before=600), self.weights[kind], weight)
        asked = (voice(x, self.frames) > VOICE).sum(1) >= VOICED
        return heard & (mine | other) & asked, mine, weight


class Rows:
    """What a network learns from: windows, oldest frame first, as views of one array."""

    def __init__(self, pairs, task):
        self.columns, self.frames = len(task.inputs), task.frames
        frames, at, labels, weights, length = [], [], [], [], 0
        for scene in scenes(pairs):
            keep, mine, weight = task.rows(*scene)
            keep = np.flatnonzero(keep)
            x = scene[2][:, task.inputs]
            frames += [np.zeros((task.frames - 1, self.columns), np.float32), x]
            at.append(length + keep)
            labels.append(mine[keep])
            weights.append(weight[keep])
            length += len(x) + task.frames - 1
        flat = np.concatenate(frames).reshape(-1)
        self.windows = np.lib.stride_tricks.sliding_window_view(flat, task.frames * self.columns)[:: self.columns]
        self.at = np.concatenate(at)
        self.labels, self.weights = (np.concatenate(part).astype(np.float32) for part in (labels, weights))


def fit(rows, units, plain, epochs, rate, l2, seed, batch=512):
    """A hidden layer of rectified units by Adam (D. P. Kingma and J. Ba, 2015), the rate falling along a cosine."""
    rng, columns = np.random.default_rng(seed), rows.windows.shape[1]
    limit = np.sqrt(6 / (columns + units))
    hidden = rng.uniform(-limit, limit, (columns, units)).astype(np.float32)
    net = [hidden, np.zeros(units, np.float32), rng.uniform(-0.5, 0.5, units).astype(np.float32), np.zeros(1, np.float32)]
    first, second = [np.zeros_like(p) for p in net], [np.zeros_like(p) for p in net]
    is_plain = (rows.weights == 1) & (rows.labels == 0)
    telling, others = np.flatnonzero(~is_plain), np.flatnonzero(is_plain)
    seen = int(len(others) * plain)
    steps, step = epochs * ((len(telling) + seen) // batch), 0
    for epoch in range(epochs):
        order = np.concatenate([telling, rng.choice(others, seen, replace=False)])
        rng.shuffle(order)
        loss = 0.0
        for start in range(0, len(order) - batch + 1, batch):
            row = order[start : start + batch]
            x, y = rows.windows[rows.at[row]], rows.labels[row]
            weight = np.where(is_plain[row], 1 / plain, rows.weights[row]).astype(np.float32)
            weight /= weight.mean()
            sums = x @ net[0] + net[1]
            active = np.maximum(sums, 0)
            odds = active @ net[2] + net[3]
            loss += float((weight * (np.logaddexp(0, odds) - y * odds)).mean())
            wrong = (1 / (1 + np.exp(-odds)) - y) * weight / batch
            back = (wrong[:, None] * net[2]) * (sums > 0)
            slopes = [x.T @ back + l2 * net[0], back.sum(0), active.T @ wrong + l2 * net[2], wrong.sum(keepdims=True)]
            step += 1
            now = rate * 0.5 * (1 + np.cos(np.pi * step / steps))
            for p, m, v, slope in zip(net, first, second, slopes):
                m += np.float32(0.1) * (slope - m)
                v += np.float32(0.001) * (slope**2 - v)
                p -= (now * (m / (1 - 0.9**step)) / (np.sqrt(v / (1 - 0.999**step)) + 1e-8)).astype(np.float32)
                if step % 20 == 0:
                    p[np.abs(p) < FADED] = m[np.abs(m) < FADED] = v[v < FADED**2] = 0
        print(f"epoch {epoch + 1}: loss {loss / (len(order) // batch):.4f}", flush=True)
    return net


def pruned(net, kept, greatest):
    """Those units that reach the answer farthest: the decay leaves little of the others. What they add while they see nothing
    stays. `greatest`: of each input, its greatest magnitude."""
    hidden, bias, out, last = net
    reach = (greatest[:, None] * np.abs(hidden)).sum(0) * np.abs(out)
    order = np.argsort(-reach, kind="stable")
    left, gone = np.sort(order[:kept]), order[kept:]
    print(f"{kept} of {len(out)} units kept; those left out are worth {reach[gone].sum():.1e} of the log-odds at most")
    constant = np.float32((np.maximum(bias[gone], 0) * out[gone]).sum())
    return [hidden[:, left], bias[left], out[left], last + constant]


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("out", type=Path)
    p.add_argument("pairs", nargs="+", metavar="SCENES=INPUTS")
    p.add_argument("--only", choices=["begun", "claims"])
    a = p.parse_args()
    pairs = [tuple(map(Path, pair.split("=", 1))) for pair in a.pairs]
    for name, task in [("begun", Begun()), ("claims", Claims())]:
        if a.only not in (None, name):
            continue
        rows = Rows(pairs, task)
        print(f"{name}: {len(rows.labels)} rows, {rows.labels.mean():.1%} of them it", flush=True)
        greatest = np.tile(np.abs(rows.windows[:, : rows.columns]).max(0), task.frames)
        net = pruned(fit(rows, task.units, task.plain, **task.fitting), task.kept, greatest)
        # Newest first, and no weights for the inputs that it does without.
        learned = net[0].reshape(task.frames, rows.columns, task.kept)[::-1]
        hidden = np.zeros((task.frames, max(task.inputs) + 1, task.kept), np.float32)
        hidden[:, list(task.inputs)] = learned
        parts = [np.where(np.abs(part) < FADED, 0, part) for part in [hidden, *net[1:]]]
        (a.out / f"{name}.bin").write_bytes(b"".join(np.ascontiguousarray(part, "<f4").tobytes() for part in parts))


if __name__ == "__main__":
    main()
