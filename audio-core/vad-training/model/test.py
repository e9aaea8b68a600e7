"""How well a network does on held-out speakers in held-out noise: `python -m model.test MODEL.npz TEST`.

TEST is a set built with `calls.build --test`. Prints the area under the ROC curve by noise family
and by signal-to-noise ratio; the last row pools everything under one threshold. With
`--silero` Silero v5 hears the same calls.
"""
import argparse
import csv

import jax
import jax.numpy as jnp
import numpy as np

from . import net
from .metrics import auc, recall_at
from .train import load

#: Frames at a call's start that do not count: 0.5 s.
SKIP = 25


def scores(model, features, batch=64):
    """Probabilities (calls, frames)."""
    m = np.load(model)
    params = {k: jnp.array(m[k]) for k in m.files if k not in ("mean", "scale", "keep")}
    run = jax.jit(lambda x: jax.nn.sigmoid(net.logits(params, x)))
    parts = [features[i:i + batch] for i in range(0, len(features), batch)]
    return np.concatenate([np.array(run((p.astype(np.float32) / net.SCALE - m["mean"]) / m["scale"] * m["keep"]))
                           for p in parts])


def silero(folder, shape):
    from peers.silero import Silero, per_frame
    pcm = np.fromfile(f"{folder}/pcm.raw", "<i2").reshape(shape[0], -1).astype(np.float32) / 32768
    peer = Silero()
    return np.stack([per_frame(peer.scores(x), shape[1]) for x in pcm])


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("model")
    p.add_argument("test")
    p.add_argument("--silero", action="store_true")
    a = p.parse_args()
    features, label = load(a.test)
    dets = {"kav": scores(a.model, features)}
    if a.silero:
        dets["silero5"] = silero(a.test, label.shape)
    with open(f"{a.test}/calls.csv", encoding="utf-8") as f:
        calls = list(csv.DictReader(f))
    noise = np.array([c["noise"] for c in calls])
    snr = np.array([float(c["snr_db"]) for c in calls])
    groups = [(n, noise == n) for n in sorted(set(noise))]
    groups += [(f"{s:.0f} dB", snr == s) for s in sorted(set(snr))]
    groups.append(("all", np.ones(len(calls), bool)))
    print(f"{'group':28}" + "".join(f"{d + ' auc':>14}{'recall@5%':>11}" for d in dets))
    for name, pick in groups:
        y = label[pick][:, SKIP:].ravel() >= 0.5
        row = [(auc(y, s[pick][:, SKIP:].ravel()), recall_at(y, s[pick][:, SKIP:].ravel(), 0.05))
               for s in dets.values()]
        print(f"{name:28}" + "".join(f"{area:14.4f}{recall:11.3f}" for area, recall in row))
    each = [np.mean([auc(label[noise == n][:, SKIP:].ravel() >= 0.5, s[noise == n][:, SKIP:].ravel())
                     for n in sorted(set(noise))]) for s in dets.values()]
    print(f"{'mean over families':28}" + "".join(f"{area:14.4f}{'':11}" for area in each))


if __name__ == "__main__":
    main()
