"""Golden probabilities for the Rust test: `python -m model.golden MODEL.npz FEATURES.raw OUT.csv`.

The network in floating point as it was trained, on features that Rust made of one recording
(8 kHz, 16 bit). tests/kav_vad.rs holds the shipped whole-number network against it.
"""
import sys

import numpy as np

from .export import shift
from .net import INPUTS
from .test import scores


def main():
    model, features, out = sys.argv[1:4]
    x = np.fromfile(features, "<i2").reshape(1, -1, INPUTS)
    with open(out, "w", encoding="utf-8") as f:
        f.write("frame,probability\n")
        for i, p in enumerate(scores(model, x)[0]):
            if i % 5 == 0:
                f.write(f"{i},{1 / (1 + (1 - p) / p * np.exp(-shift())):.5f}\n")


if __name__ == "__main__":
    main()
