"""What counts as speech: from tight acoustic activity to the labels that people give.

People who label by hand start a segment a moment before the sound and end it a moment after, and
do not mark the short gaps of plosives. Measured on hand-labelled telephone speech: 20 to 30 ms
early, about 20 ms late, no gap below 80 ms.
"""
import numpy as np

from .corpus import STEP

#: In steps of 2.5 ms.
GAP, BEFORE, AFTER = 36, 8, 8
#: Steps per 20 ms frame.
FRAME_STEPS = 160 // STEP


def runs(mask):
    """Start and end of every run of true values."""
    edges = np.diff(np.r_[0, mask.astype(np.int8), 0])
    return np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)


def by_convention(active, gap=GAP, before=BEFORE, after=AFTER):
    """Activity in [0, 1] per step -> labels in {0, 1} per step."""
    out = active >= 0.5
    starts, ends = runs(out)
    for end, start in zip(ends[:-1], starts[1:]):
        if start - end <= gap:
            out[end:start] = True
    starts, ends = runs(out)
    for start, end in zip(starts, ends):
        out[max(0, start - before):start] = True
        out[end:end + after] = True
    return out


def per_frame(steps):
    """Share of each 20 ms frame that is speech."""
    whole = len(steps) // FRAME_STEPS * FRAME_STEPS
    return steps[:whole].reshape(-1, FRAME_STEPS).mean(1).astype(np.float32)
