#!/usr/bin/env python3
"""Trains what src/barge_in/model knows: `train.py OUT SCENES=INPUTS...`.

SCENES is a folder made by fixtures/scenes.py, INPUTS what the example wrote of it (`barge_in SCENES --inputs INPUTS`): a file
a scene, little endian floats: a frame's inputs, the voice detector's state and whether the agent was heard. Writes
OUT/gist.bin, OUT/begun.bin and OUT/claims.bin. Needs numpy and jax (requirements.txt) and some 10 GB of memory.
"""

import argparse
import json
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

FRAME_MS = 20
OWN, GIST, PITCH, STATE = 7, 8, 5, 64  # numbers of a frame, in this order, and then whether the agent was heard
VOICE, VOICED = 0.6, 8  # `claims` is asked from so many frames of voice on, of the last 520 ms
SPEAKERS = ("interruption", "backchannel")
FADED = 1e-12  # a smaller weight is none: processors are slow with numbers that are almost 0
STEPS, BATCH, RATE, SEED = 24_000, 512, 3e-3, 1
LONGEST = 26  # frames that a network looks at, at most


def scenes(pairs):
    """(labels, times of the frames' ends in ms, own inputs and pitch, state in parts of 127, was the agent heard) of every scene."""
    for folder, inputs in pairs:
        for file in sorted(inputs.glob("*.f32")):
            labels = json.loads((folder / file.stem / "tape.json").read_text(encoding="utf-8"))["caller"]
            frames = np.fromfile(file, "<f4").reshape(-1, OWN + GIST + PITCH + STATE + 1)
            own, _, pitch, state, heard = np.split(frames, np.cumsum([OWN, GIST, PITCH, STATE]), axis=1)
            x = np.concatenate([own, pitch], axis=1).astype(np.float16)
            yield labels, (np.arange(len(frames)) + 1) * FRAME_MS, x, np.round(state * 127).astype(np.int8), heard[:, 0] > 0.5


def voice(x, frames):
    """The voice detector's scores of the last so many frames."""
    return np.lib.stride_tricks.sliding_window_view(np.concatenate([np.zeros(frames - 1, x.dtype), x[:, 0]]), frames)


def within(t, label, after=0, before=0):
    return (t > label["start_ms"] + after) & (t <= label["end_ms"] + before)


class Begun:
    """Has the caller begun to speak? Frames while they have been speaking for 60 to 340 ms, and frames while nobody speaks."""

    frames, inputs, units = 13, np.arange(OWN), 16
    plain = 0.5  # part of the frames of weight 1 that a round sees
    decay = 1e-5

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
    """Do they take the floor? Frames while an interruption has lasted for 460 ms to a second, and frames of everything else. Those
    that could be taken for one weigh more."""

    frames, units = 26, 32
    inputs = np.array([n for n in range(OWN + PITCH) if n != 5])  # brightness tells of whole phrases only the telephone
    plain = 0.25
    decay = 1e-4
    weights = {"noise": 24, "backchannel": 8, "side_speech": 6}

    def rows(self, labels, t, x, heard):
        mine, other, weight = np.zeros(len(t), bool), np.ones(len(t), bool), np.ones(len(t))
        for label in sorted(labels, key=lambda label: -self.weights.get(label["kind"], 0)):
            kind = label["kind"]
            if kind == "turn":
                other &= ~within(t, label, before=600)
            elif kind == "interruption":
                mine |= within(t, label, 460) & (t <= label["start_ms"] + 1_000)
                other &= t <= label["start_ms"]
            elif kind in self.weights:
                weight = np.where((weight == 1) & within(t, label, before=600), self.weights[kind], weight)
        asked = (voice(x, self.frames) > VOICE).sum(1) >= VOICED
        return heard & (mine | other) & asked, mine, weight


class Rows:
    """What the networks learn from: all frames in one piece, and where the windows of each task end."""

    def __init__(self, pairs, tasks):
        x, state, at = [], [], 0
        rows = {name: ([], [], []) for name in tasks}
        for labels, t, own, memory, heard in scenes(pairs):
            x += [np.zeros((LONGEST - 1, own.shape[1]), own.dtype), own]
            state += [np.zeros((LONGEST - 1, STATE), memory.dtype), memory]
            at += LONGEST - 1
            for name, task in tasks.items():
                keep, mine, weight = task.rows(labels, t, own, heard)
                keep = np.flatnonzero(keep)
                for part, values in zip(rows[name], (at + keep, mine[keep], weight[keep])):
                    part.append(values)
            at += len(t)
        self.x, self.state = np.concatenate(x), np.concatenate(state)
        self.rows = {name: tuple(map(np.concatenate, parts)) for name, parts in rows.items()}

    def batches(self, name, task, rng):
        """(inputs, states, labels, weights) without end; a round sees every telling frame and part of the others."""
        at, mine, weight = self.rows[name]
        is_plain = (weight == 1) & ~mine
        telling, others = np.flatnonzero(~is_plain), np.flatnonzero(is_plain)
        ago = np.arange(-task.frames + 1, 1)
        while True:
            order = np.concatenate([telling, rng.choice(others, int(len(others) * task.plain), replace=False)])
            rng.shuffle(order)
            for start in range(0, len(order) - BATCH + 1, BATCH):
                row = order[start : start + BATCH]
                frames = at[row][:, None] + ago
                weights = np.where(is_plain[row], 1 / task.plain, weight[row]).astype(np.float32)
                x = self.x[frames][..., task.inputs].astype(np.float32)
                yield x, self.state[frames], mine[row].astype(np.float32), weights / weights.mean()


def beginning(tasks, rng):
    """Weights before training."""
    normal = lambda *shape: rng.normal(size=shape).astype(np.float32)
    net = {"gist": (normal(STATE, GIST) * np.sqrt(1 / STATE), np.zeros(GIST, np.float32))}
    for name, task in tasks.items():
        columns = task.frames * (len(task.inputs) + GIST)
        hidden = normal(columns, task.units) * np.sqrt(2 / columns)
        out = normal(task.units) * np.sqrt(1 / task.units)
        net[name] = (hidden, np.zeros(task.units, np.float32), out, np.zeros((), np.float32))
    return net


def log_odds(net, name, x, state):
    weights, bias = net["gist"]
    gist = state.astype(jnp.float32) / 127 @ weights + bias
    gist /= 1 + jnp.abs(gist)
    hidden, bias, out, last = net[name]
    window = jnp.concatenate([x, gist], axis=-1).reshape(len(x), -1)
    return jax.nn.relu(window @ hidden + bias) @ out + last


def fit(rows, tasks):
    """All weights together by Adam (D. P. Kingma and J. Ba, 2015), the rate falling along a cosine."""
    rng = np.random.default_rng(SEED)
    net = beginning(tasks, rng)

    def loss(net, batches):
        losses = {}
        for name, (x, state, mine, weight) in batches.items():
            odds = log_odds(net, name, x, state)
            losses[name] = (weight * (jnp.logaddexp(0, odds) - mine * odds)).mean()
        decay = Claims.decay * (net["gist"][0] ** 2).sum()
        for name, task in tasks.items():
            decay += task.decay * ((net[name][0] ** 2).sum() + (net[name][2] ** 2).sum())
        return sum(losses.values()) + decay / 2, losses

    @jax.jit
    def step(net, first, second, batches, number):
        slopes, losses = jax.grad(loss, has_aux=True)(net, batches)
        now = RATE * 0.5 * (1 + jnp.cos(jnp.pi * number / STEPS))
        first = jax.tree.map(lambda m, slope: 0.9 * m + 0.1 * slope, first, slopes)
        second = jax.tree.map(lambda v, slope: 0.999 * v + 0.001 * slope**2, second, slopes)
        moved = lambda p, m, v: p - now * (m / (1 - 0.9**number)) / (jnp.sqrt(v / (1 - 0.999**number)) + 1e-8)
        return jax.tree.map(moved, net, first, second), first, second, losses

    first, second = jax.tree.map(np.zeros_like, net), jax.tree.map(np.zeros_like, net)
    streams = {name: rows.batches(name, task, rng) for name, task in tasks.items()}
    seen = {name: [] for name in tasks}
    for number in range(1, STEPS + 1):
        batches = {name: next(stream) for name, stream in streams.items()}
        net, first, second, losses = step(net, first, second, batches, number)
        if number % 10 == 0:
            [seen[name].append(float(loss)) for name, loss in losses.items()]
        if number % 2_000 == 0:
            print(f"{number} of {STEPS} steps: loss", {name: round(float(np.mean(l[-200:])), 4) for name, l in seen.items()}, flush=True)
    return jax.tree.map(np.asarray, net)


def write(path, *parts):
    kept = [np.where(np.abs(part) < FADED, 0, part) for part in parts]
    path.write_bytes(b"".join(np.ascontiguousarray(part, "<f4").tobytes() for part in kept))


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("out", type=Path)
    p.add_argument("pairs", nargs="+", metavar="SCENES=INPUTS")
    a = p.parse_args()
    tasks = {"begun": Begun(), "claims": Claims()}
    rows = Rows([tuple(map(Path, pair.split("=", 1))) for pair in a.pairs], tasks)
    for name, (at, mine, _) in rows.rows.items():
        print(f"{name}: {len(at)} rows, {mine.mean():.1%} of them it", flush=True)
    net = fit(rows, tasks)
    write(a.out / "gist.bin", *net["gist"])
    for name, task in tasks.items():
        # Newest first, as the detector has them: own inputs, gist, pitch; no weights for what a network does without.
        learned = net[name][0].reshape(task.frames, len(task.inputs) + GIST, task.units)[::-1]
        hidden = np.zeros((task.frames, OWN + GIST + (PITCH if max(task.inputs) >= OWN else 0), task.units), np.float32)
        hidden[:, [n if n < OWN else n + GIST for n in task.inputs]] = learned[:, : len(task.inputs)]
        hidden[:, OWN : OWN + GIST] = learned[:, len(task.inputs) :]
        write(a.out / f"{name}.bin", hidden, *net[name][1:])


if __name__ == "__main__":
    main()
