"""Mixtures of two or three procedural families, as real backgrounds are."""

from .catalog import FAMILIES
from .dsp import db, hp, uni, unit

NAME, KIND, SPLIT = "scene_mix", "varying", "train"
_TRAIN = sorted(name for name, (_, _, split) in FAMILIES.items() if split == "train")


def microphone(x, rng):
    """Random low-frequency roll-off of the pickup: 40-200 Hz, in 3 of 4 clips."""
    return hp(x, uni(rng, 40, 200), int(rng.integers(1, 3))) if rng.random() < 0.75 else x


def scene_mix(n, rng):
    """Sum of 2-3 different train families at levels 0 to -15 dB."""
    names = rng.choice(_TRAIN, int(rng.integers(2, 4)), replace=False)
    return sum(unit(FAMILIES[k][0](n, rng) + 1e-9) * db(uni(rng, -15, 0)) for k in names)
