"""Builds a set of synthetic calls: `python -m calls.build SPEECH NOISE OUT --calls N [--test]`.

OUT/pcm.raw (int16, CALLS x SAMPLES), OUT/label.npy (float32, CALLS x FRAMES), OUT/calls.csv
(noise family and signal-to-noise ratio). Call i depends on the seed and on i alone, so any number
of processes gives the same set.
"""
import argparse
import csv
import multiprocessing
import os
import sys

import numpy as np

from . import mix
from .corpus import Noise, Speech

SECONDS = 16
SAMPLES = SECONDS * 8000
#: Signal-to-noise ratios of the test set, in dB.
TEST_SNRS = (20, 10, 5, 0)
STATE = {}


def one(i):
    rng = np.random.default_rng([STATE["seed"], i])
    speech, noise, families = STATE["speech"], STATE["noise"], STATE["families"]
    if families is None:
        c = mix.call(SAMPLES, speech, noise, rng)
    else:
        family = families[i // len(TEST_SNRS) % len(families)]
        c = mix.call(SAMPLES, speech, noise, rng, family, TEST_SNRS[i % len(TEST_SNRS)])
    return i, c


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("speech")
    p.add_argument("noise")
    p.add_argument("out")
    p.add_argument("--calls", type=int, default=6000)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--test", action="store_true", help="held-out speakers and noise families at fixed ratios")
    p.add_argument("--without", default="", help="comma-separated beginnings of speech sources to leave out")
    p.add_argument("--jobs", type=int, default=os.cpu_count())
    a = p.parse_args()
    split = "test" if a.test else "train"
    without = tuple(s for s in a.without.split(",") if s)
    speech, noise = Speech(a.speech, split, without), Noise(a.noise, split)
    print(f"{split}: {speech.speakers} speakers, {speech.hours:.1f} h; {len(noise.names)} noise families",
          file=sys.stderr)
    STATE.update(seed=a.seed + 1000 * a.test, speech=speech, noise=noise, families=noise.names if a.test else None)
    os.makedirs(a.out, exist_ok=True)
    label = np.zeros((a.calls, SAMPLES // 160), np.float32)
    with open(f"{a.out}/pcm.raw", "wb") as pcm, open(f"{a.out}/calls.csv", "w", newline="", encoding="utf-8") as f, \
            multiprocessing.get_context("fork").Pool(a.jobs) as pool:
        rows = csv.writer(f)
        rows.writerow(["call", "noise", "snr_db"])
        for i, c in pool.imap(one, range(a.calls), chunksize=16):
            pcm.write(c.pcm.tobytes())
            label[i] = c.label
            rows.writerow([i, c.noise, f"{c.snr:.1f}"])
            if (i + 1) % 500 == 0:
                print(f"{i + 1} of {a.calls} calls", file=sys.stderr)
    np.save(f"{a.out}/label.npy", label)
    print(f"speech in {100 * label.mean():.1f} % of the frames", file=sys.stderr)


if __name__ == "__main__":
    main()
