#!/usr/bin/env python3
"""Trains what src/barge_in/model knows: `train.py WEIGHTS.bin SCENES=INPUTS... [--seed N] [--steps N] [--teachers OTHER.bin... [--strange SCENES=INPUTS...]]`.

SCENES is a folder made by fixtures/scenes.py, INPUTS what the example wrote of it (`barge_in SCENES --inputs INPUTS`): a file
a scene, little endian floats: a frame's inputs, the voice detector's state and whether the agent was heard. Needs numpy
and jax (requirements.txt), and 95 bytes of memory a frame.
"""

import argparse
import json
import time
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

FRAME_MS = 20
INPUTS, STATE = 12, 64  # numbers of a frame, in this order, and then whether the agent was heard
FRAME_BYTES = 4 * (INPUTS + STATE + 1)
UNITS = 64
SPEAKERS = ("interruption", "backchannel")
WEIGHTS = {"noise": 16, "backchannel": 16, "side_speech": 6}  # of frames that could be taken for somebody who takes the floor
# …and of those between this long and that after the onset, in ms: what a listener says is told from a beginning there.
EARLY = {"interruption": (460, 640, 4), "backchannel": (420, 660, 28)}
FAR = {"noise": 1, "side_speech": 2}  # …and for the caller
FRAMES, BEFORE, MORE = 200, (15, 130), 0.3  # of a piece; of it before an event; pieces from anywhere, of those with an event
STEPS, BATCH, RATE, DECAY, SEED = 6_500, 96, 3e-3, 1e-5, 2
OWN = 0.3  # what the labels count for where there are teachers; the rest is their mean (G. Hinton, O. Vinyals and J. Dean, 2015)
ANSWERS = 3  # do they take the floor, have they begun, are they near
COUNTS = (1.0, 0.3, 0.1)  # what the loss of each counts for
HEARD, ANSWER, WEIGHT = 0, (1, 3, 5), (2, 4, 6)  # columns of what is known of a frame
LARGEST = ACTIVATION = 2_047.0  # weights and activations are whole numbers (src/recurrent)


def within(t, label, after=0, before=0):
    return (t > label["start_ms"] + after) & (t <= label["end_ms"] + before)


def known(labels, t, heard):
    """Each frame's answers. Do they take the floor: while an interruption has lasted for 460 to 1,600 ms, against frames of
    everything else. Has the caller begun to speak: while they have been speaking for 60 to 340 ms, against frames in
    which nobody speaks. Are they near: while they speak, against side speech and noise."""
    near, told = np.zeros(len(t), bool), np.zeros(len(t))
    begins, spoken = np.zeros((2, len(t)), bool)
    claims, other, weight = np.zeros(len(t), bool), np.ones(len(t), bool), np.ones(len(t))
    for label in sorted(labels, key=lambda label: -WEIGHTS.get(label["kind"], 0)):
        kind = label["kind"]
        if kind != "noise":
            spoken |= within(t, label, before=500)
        if kind in SPEAKERS:
            heard_well = within(t, label, 120, 60)
            near, told = near | heard_well, np.where(heard_well, 1, told)
            begins |= within(t, label, 60, -40) & (t <= label["start_ms"] + 340)
        if kind == "turn":
            other &= ~within(t, label, before=600)
        elif kind == "interruption":
            claims |= within(t, label, 460) & (t <= label["start_ms"] + 1_600)
            other &= t <= label["start_ms"]
        if kind in FAR:
            told = np.where(within(t, label, 120, 200), FAR[kind], told)
        if kind in WEIGHTS:
            weight = np.where((weight == 1) & within(t, label, before=600), WEIGHTS[kind], weight)
        if kind in EARLY:
            least, most, early = EARLY[kind]
            usual = weight == WEIGHTS.get(kind, 1)
            weight = np.where(usual & within(t, label, least, 1_000) & (t <= label["start_ms"] + most), early, weight)
    asked = (heard & (claims | other)) * weight
    begun = (heard & (begins | ~spoken)) * np.where(begins, 4, 1)
    return np.stack([heard, claims, asked, begins, begun, near, heard * told], 1).astype(np.int8)


class Scenes:
    """All frames in one piece; of each event, and of each scene without one, where the scene begins and ends in it and where the event begins (-1: none)."""

    def __init__(self, pairs, strange=()):
        """`strange`: those of the pairs about which teachers are not asked."""
        files = [(folder, file) for folder, inputs in [*strange, *pairs] for file in sorted(inputs.glob("*.f32"))]
        unasked = {inputs for _, inputs in strange}
        # A piece may end behind the last scene.
        total = sum(file.stat().st_size // FRAME_BYTES for _, file in files) + FRAMES
        self.x = np.zeros((total, INPUTS), np.float16)
        self.state = np.zeros((total, STATE), np.int8)
        self.answers = np.zeros((total, WEIGHT[-1] + 1), np.int8)
        places, at, self.first_asked = [], 0, 0
        for folder, file in files:
            labels = json.loads((folder / file.stem / "tape.json").read_text(encoding="utf-8"))["caller"]
            frames = np.fromfile(file, "<f4").reshape(-1, FRAME_BYTES // 4)
            here = slice(at, at + len(frames))
            self.x[here] = frames[:, :INPUTS]
            self.state[here] = np.round(frames[:, INPUTS : INPUTS + STATE] * 127)
            self.answers[here] = known(labels, (np.arange(len(frames)) + 1) * FRAME_MS, frames[:, -1] > 0.5)
            events = [label["start_ms"] // FRAME_MS for label in labels if label["kind"] != "turn"]
            places += [(at, here.stop, at + event) for event in events or [-1 - at]]
            at = here.stop
            if file.parent in unasked:
                self.first_asked = at
        self.places = np.array(places)
        self.taught = None

    def ask(self, teachers):
        """The mean of the teachers' log-odds of every frame."""
        ask = jax.jit(lambda *given: sum(log_odds(net, *given) for net in teachers) / len(teachers))
        self.taught = np.full((len(self.x), ANSWERS), np.nan, np.float16)
        scenes = np.unique(self.places[:, :2], axis=0)
        scenes = scenes[scenes[:, 0] >= self.first_asked]
        scenes = scenes[np.argsort(scenes[:, 1] - scenes[:, 0])]
        for n in range(0, len(scenes), BATCH):
            first, last = scenes[n : n + BATCH].T
            frames = -(-(last - first).max() // 250) * 250
            at = first + np.arange(frames)[:, None]
            inside = at < last
            at = np.minimum(at, len(self.x) - 1)
            odds = np.asarray(ask(self.x[at], self.state[at], (self.answers[at, HEARD] * inside).astype(np.float32)))
            self.taught[at[inside]] = np.clip(odds, -15, 15)[inside]

    def batches(self, rng):
        """Pieces (frames, BATCH, …) without end: in a round each event once, and pieces from anywhere."""
        first, last, event = self.places.T
        events = np.flatnonzero(event >= 0)
        while True:
            anywhere = rng.choice(len(first), int(len(first) * MORE))
            scene = np.concatenate([events, anywhere])
            room = np.maximum(last[anywhere] - first[anywhere] - FRAMES, 1)
            start = np.concatenate([event[events] - rng.integers(*BEFORE, len(events)), first[anywhere] + rng.integers(room)])
            start = np.maximum(start, first[scene])
            order = rng.permutation(len(scene))
            for n in range(0, len(order) - BATCH + 1, BATCH):
                row = order[n : n + BATCH]
                at = start[row] + np.arange(FRAMES)[:, None]
                inside = at < last[scene[row]]
                at = np.minimum(at, len(self.x) - 1)
                taught = None if self.taught is None else self.taught[at]
                yield self.x[at], self.state[at], self.answers[at] * inside[..., None], taught


def beginning(rng):
    """Weights before training: gates and what is fresh side by side, in the order of src/recurrent/gru.rs."""
    normal = lambda *shape: (rng.normal(size=shape) / np.sqrt(shape[0])).astype(np.float32)
    return {
        "input": normal(INPUTS + STATE, 3 * UNITS),
        "recurrent": normal(UNITS, 3 * UNITS),
        "bias": np.zeros(3 * UNITS, np.float32),
        "fresh_bias": np.zeros(UNITS, np.float32),
        "out": normal(UNITS, ANSWERS),
        "out_bias": np.array([-2, -2, 0], np.float32),
    }


def remembered(net, x, state, heard):
    """(frames, batch, UNITS). Of frames that are not heard nothing is."""
    z = jnp.concatenate([x.astype(jnp.float32), state.astype(jnp.float32) / 127], -1) @ net["input"] + net["bias"]
    update, reset, fresh = (slice(n * UNITS, (n + 1) * UNITS) for n in range(3))

    def step(units, given):
        z, heard = given
        kept = units @ net["recurrent"]
        u = jax.nn.sigmoid(z[:, update] + kept[:, update])
        r = jax.nn.sigmoid(z[:, reset] + kept[:, reset])
        f = jnp.tanh(z[:, fresh] + r * (kept[:, fresh] + net["fresh_bias"]))
        units = (u * units + (1 - u) * f) * heard[:, None]
        return units, units

    _, units = jax.lax.scan(step, jnp.zeros((x.shape[1], UNITS)), (z, heard.astype(jnp.float32)))
    return units


def log_odds(net, *given):
    """(frames, batch, ANSWERS). While the agent is not heard nothing is remembered."""
    return remembered(net, *given) @ net["out"] + net["out_bias"]


def fit(scenes, seed, steps):
    """All weights by Adam (D. P. Kingma and J. Ba, 2015); the rate rises for 200 steps and then falls along a cosine."""
    rng = np.random.default_rng(seed)
    net = beginning(rng)

    def loss(net, x, state, answers, taught):
        answers = answers.astype(jnp.float32)
        mine = jnp.stack([answers[..., n] for n in ANSWER], -1)
        if taught is not None:
            told = OWN * (mine > 0) + (1 - OWN) * jax.nn.sigmoid(taught.astype(jnp.float32))
            mine = jnp.where(jnp.isnan(taught), mine > 0, told)
        odds = log_odds(net, x, state, answers[..., HEARD])

        def mean(odds, mine, weight):
            return (weight * (jnp.logaddexp(0, odds) - mine * odds)).sum() / (weight.sum() + 1)

        losses = [mean(odds[..., n], mine[..., n], answers[..., WEIGHT[n]]) for n in range(ANSWERS)]
        decay = DECAY / 2 * sum((net[name] ** 2).sum() for name in ("input", "recurrent", "out"))
        return sum(count * loss for count, loss in zip(COUNTS, losses)) + decay, jnp.stack(losses)

    @jax.jit
    def step(net, first, second, batch, number):
        slopes, losses = jax.grad(loss, has_aux=True)(net, *batch)
        length = jnp.sqrt(sum((slope**2).sum() for slope in slopes.values()))
        slopes = jax.tree.map(lambda slope: slope / jnp.maximum(length, 1), slopes)
        now = RATE * jnp.minimum(number / 200, 1) * 0.5 * (1 + jnp.cos(jnp.pi * number / steps))
        first = jax.tree.map(lambda m, slope: 0.9 * m + 0.1 * slope, first, slopes)
        second = jax.tree.map(lambda v, slope: 0.999 * v + 0.001 * slope**2, second, slopes)
        moved = lambda p, m, v: p - now * (m / (1 - 0.9**number)) / (jnp.sqrt(v / (1 - 0.999**number)) + 1e-8)
        return jax.tree.map(moved, net, first, second), first, second, losses

    first, second = jax.tree.map(np.zeros_like, net), jax.tree.map(np.zeros_like, net)
    batches, seen, began = scenes.batches(rng), [], time.monotonic()
    for number in range(1, steps + 1):
        net, first, second, losses = step(net, first, second, next(batches), number)
        if number % 10 == 0:
            seen.append(np.asarray(losses))
        if number % 250 == 0:
            print(f"{number} of {steps} steps, {time.monotonic() - began:.0f} s: losses {np.mean(seen[-25:], axis=0).round(4)}", flush=True)
    return jax.tree.map(np.asarray, net)


def layer(weights, bias):
    """(inputs, rows) in whole numbers: rows of int16, a scale a row, a bias a row."""
    rows = weights.T.astype(np.float64)
    scale = np.maximum(np.abs(rows).max(1), 1e-9) / LARGEST
    whole = np.round(rows / scale[:, None]).astype("<i2")
    return whole.tobytes() + (scale / ACTIVATION).astype("<f4").tobytes() + np.asarray(bias, "<f4").tobytes()


def export(net):
    """As src/barge_in/model/network.rs reads it: that they have begun comes first there, and foreground.py's answer last. Until
    that is trained every voice is the caller's."""
    kept = np.concatenate([np.zeros(2 * UNITS, np.float32), net["fresh_bias"]])
    order = [1, 0, 2]
    out = np.concatenate([net["out"].T[order].ravel(), np.zeros(UNITS), net["out_bias"][order], [8]])
    return layer(net["input"], net["bias"]) + layer(net["recurrent"], kept) + out.astype("<f4").tobytes()


def answered(data, foreground):
    """What `export` wrote with another last answer: a weight a unit, and the bias."""
    out = np.frombuffer(data[-4 * (ANSWERS + 1) * (UNITS + 1) :], "<f4").copy()
    out[ANSWERS * UNITS : (ANSWERS + 1) * UNITS], out[-1] = foreground[:UNITS], foreground[UNITS]
    return data[: -out.nbytes] + out.tobytes()


def read(file):
    """What `export` wrote, without foreground.py's answer."""
    data, at = file.read_bytes(), 0

    def take(kind, *shape):
        nonlocal at
        numbers = np.frombuffer(data, kind, np.prod(shape), at).reshape(shape)
        at += numbers.nbytes
        return numbers

    def layer(inputs):
        whole, scale, bias = take("<i2", 3 * UNITS, inputs), take("<f4", 3 * UNITS), take("<f4", 3 * UNITS)
        return (whole * (scale * ACTIVATION)[:, None]).T, bias

    (given, bias), (recurrent, kept) = layer(INPUTS + STATE), layer(UNITS)
    order = [1, 0, 2]
    out, out_bias = take("<f4", ANSWERS + 1, UNITS)[order].T, take("<f4", ANSWERS + 1)[order]
    if at != len(data):
        raise ValueError(f"{file}: {len(data)} bytes in place of {at}")
    return {"input": given, "recurrent": recurrent, "bias": bias, "fresh_bias": kept[2 * UNITS :], "out": out, "out_bias": out_bias}


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("out", type=Path, metavar="WEIGHTS.bin")
    p.add_argument("pairs", nargs="+", metavar="SCENES=INPUTS")
    p.add_argument("--seed", type=int, default=SEED)
    p.add_argument("--steps", type=int, default=STEPS)
    p.add_argument("--teachers", type=Path, nargs="+", metavar="OTHER.bin", help="weights trained before, of which this network learns too")
    p.add_argument("--strange", nargs="+", default=[], metavar="SCENES=INPUTS", help="more scenes, of a kind that the teachers have not learned: their labels alone count")
    a = p.parse_args()
    if unpaired := [pair for pair in [*a.pairs, *a.strange] if "=" not in pair]:
        p.error(f"{unpaired[0]!r} is not SCENES=INPUTS")
    if twice := set(a.pairs) & set(a.strange):
        p.error(f"{twice.pop()!r} is strange to the teachers or is not")
    if a.strange and not a.teachers:
        p.error("--strange is of --teachers")
    folders = lambda pairs: [tuple(map(Path, pair.split("=", 1))) for pair in pairs]
    scenes = Scenes(folders(a.pairs), folders(a.strange))
    print(f"{len(scenes.places)} events and scenes without one, {len(scenes.x) * FRAME_MS / 3_600_000:.0f} h", flush=True)
    if a.teachers:
        scenes.ask([read(file) for file in a.teachers])
    a.out.write_bytes(export(fit(scenes, a.seed, a.steps)))


if __name__ == "__main__":
    main()
