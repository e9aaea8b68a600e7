#!/usr/bin/env python3
"""Trains the two networks of src/barge_in/model: `train.py OUT SCENES=INPUTS...`.

SCENES is a folder made by fixtures/scenes.py, INPUTS what the example wrote of it (`barge_in SCENES --inputs INPUTS`): a file
a scene, eight little endian floats a frame: the model's seven inputs and whether the agent was heard. Writes OUT/begun.bin and
OUT/claims.bin. Needs numpy and scikit-learn (requirements.txt); set OMP_NUM_THREADS=1 to get the same bits again.
"""

import json
import sys
from pathlib import Path

import numpy as np
from sklearn.neural_network import MLPClassifier

FRAME_MS = 20
INPUTS = 7
BRIGHTNESS = 5  # tells a fricative, and of whole phrases only the telephone: `claims` does without
UNITS = 16
BEGUN, CLAIMS = 13, 26  # frames that the networks look at
VOICE, VOICED = 0.6, 8  # `claims` is asked from so many frames of voice on
SPEAKERS = ("interruption", "backchannel")


def scenes(pairs):
    """(labels, times of the frames' ends in ms, inputs, was the agent heard) of every scene."""
    for pair in pairs:
        folder, inputs = map(Path, pair.split("="))
        for file in sorted(inputs.glob("*.f32")):
            labels = json.loads((folder / file.stem / "tape.json").read_text(encoding="utf-8"))["caller"]
            frames = np.fromfile(file, "<f4").reshape(-1, INPUTS + 1)
            yield labels, (np.arange(len(frames)) + 1) * FRAME_MS, frames[:, :INPUTS], frames[:, INPUTS] > 0.5


def windows(x, frames):
    """The last so many frames, newest first, as one row."""
    padded = np.concatenate([np.zeros((frames - 1, x.shape[1]), x.dtype), x])
    return np.lib.stride_tricks.sliding_window_view(padded, (frames, x.shape[1]))[:, 0, ::-1].reshape(len(x), -1)


def voice(x, frames):
    """The voice detector's scores of the last so many frames."""
    return np.lib.stride_tricks.sliding_window_view(np.concatenate([np.zeros(frames - 1, x.dtype), x[:, 0]]), frames)


def within(t, label, after=0, before=0):
    return (t > label["start_ms"] + after) & (t <= label["end_ms"] + before)


def begun(pairs, rng):
    """Rows while the caller has been speaking for 60 to 340 ms, and rows while nobody speaks."""
    for labels, t, x, heard in scenes(pairs):
        mine, spoken = np.zeros(len(t), bool), np.zeros(len(t), bool)
        for label in labels:
            if label["kind"] != "noise":
                spoken |= within(t, label, before=500)
            if label["kind"] in SPEAKERS:
                mine |= within(t, label, 60, -40) & (t <= label["start_ms"] + 340)
        w = windows(x, BEGUN)
        # Most of the rest is silence: a twentieth of it will do.
        telling = (voice(x, BEGUN).max(1) > 0.1) | (rng.random(len(t)) < 0.05)
        keep = heard & (mine | ~spoken) & telling
        yield w[keep], mine[keep], np.where(mine, 4, 1)[keep]


def claims(pairs, _):
    """Rows while an interruption has lasted for 460 to 660 ms, and rows of everything else: those of a noise eight times, for they
    are the most diverse and the fewest, those of backchannels and side speech twice."""
    for labels, t, x, heard in scenes(pairs):
        mine, other, short, noise = np.zeros(len(t), bool), np.ones(len(t), bool), np.zeros(len(t), bool), np.zeros(len(t), bool)
        for label in labels:
            if label["kind"] == "turn":
                other &= ~within(t, label, before=600)
            if label["kind"] == "noise":
                noise |= within(t, label, before=600)
            if label["kind"] in ("backchannel", "side_speech"):
                short |= within(t, label, before=600)
            if label["kind"] == "interruption":
                mine |= within(t, label, 460) & (t <= label["start_ms"] + 660)
                other &= t <= label["start_ms"]
        w = windows(np.delete(x, BRIGHTNESS, 1), CLAIMS)
        keep = heard & (mine | other) & ((voice(x, CLAIMS) > VOICE).sum(1) >= VOICED)
        yield w[keep], mine[keep], np.where(noise, 8, np.where(short, 2, 1))[keep]


def fit(rows, alpha, rate, batch, epochs):
    x, y, times = (np.concatenate(part) for part in zip(*rows))
    again = np.repeat(np.arange(len(y)), times)
    net = MLPClassifier((UNITS,), activation="relu", alpha=alpha, learning_rate_init=rate, batch_size=batch, max_iter=epochs,
                        tol=0, n_iter_no_change=epochs, random_state=1)
    net.fit(x[again].astype(np.float32), y[again])
    print(f"{len(y)} rows, {y.mean():.1%} positive, loss {net.loss_:.4f}")
    return [net.coefs_[0], net.intercepts_[0], net.coefs_[1][:, 0], net.intercepts_[1]]


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    out, pairs = Path(sys.argv[1]), sys.argv[2:]
    rng = np.random.default_rng(1)
    for name, rows, how in [("begun", begun, (1e-3, 3e-3, 512, 8)), ("claims", claims, (3e-3, 2e-3, 256, 8))]:
        parts = fit(rows(pairs, rng), *how)
        if name == "claims":
            parts[0] = np.insert(parts[0].reshape(CLAIMS, INPUTS - 1, UNITS), BRIGHTNESS, 0, 1)
        (out / f"{name}.bin").write_bytes(b"".join(np.ascontiguousarray(part, "<f4").tobytes() for part in parts))


if __name__ == "__main__":
    main()
