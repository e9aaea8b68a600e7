"""Where a clip holds speech, from its energy and (for recordings) from a teacher.

Levels are in dB re full scale, in 10 ms windows every 2.5 ms. Activity is tight: pauses
and stop closures inside words are silence here; whoever mixes the corpus fills gaps.
"""

import numpy as np
from scipy.ndimage import binary_dilation
from scipy.signal import butter, sosfiltfilt

from .clip import HOP, RATE, Clip

STEP = 1000 * HOP / RATE  # ms per frame
RANGE_REAL, RANGE_SYNTHETIC, RANGE_HALL = 32.0, 35.0, 24.0  # dB below the active level still speech
NEAR, NEAR_HALL = 200, 60  # ms around the teacher's speech that may be speech
ABOVE_FLOOR = 8.0  # dB
MIN_CLEARANCE = 25.0  # dB between active level and floor for a recording to be usable
HUM = butter(4, 130, "high", fs=RATE, output="sos")  # mains hum must not hide a pause
SOFT = 3.0  # dB on either side of the threshold over which marks go from 0 to 255


def frame_levels(x: np.ndarray) -> np.ndarray:
    """Level of the 10 ms around each frame."""
    power = (x[: len(x) // HOP * HOP].reshape(-1, HOP).astype(np.float64) ** 2).mean(axis=1)
    smooth = np.convolve(np.pad(power, 2, mode="edge"), [0.125, 0.25, 0.25, 0.25, 0.125], mode="valid")
    return 10 * np.log10(smooth + 1e-12)


def active_level(levels: np.ndarray) -> float:
    """Mean power of the frames within 20 dB of the loud ones."""
    loud = levels[levels > np.percentile(levels, 95) - 20]
    return float(10 * np.log10(np.mean(10 ** (loud / 10))))


def runs(mask: np.ndarray) -> np.ndarray:
    """(start, end) of each run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], mask.astype(np.int8), [0]])))
    return edges.reshape(-1, 2)


def widen(mask: np.ndarray, ms: float) -> np.ndarray:
    """Grow True by `ms` to both sides."""
    reach = int(round(ms / STEP))
    return binary_dilation(mask, np.ones(2 * reach + 1))


def drop_clicks(marks: np.ndarray, shortest_ms: float = 30, lonely_ms: float = 150) -> None:
    """Silence marks of runs that are both very short and far from any other."""
    spans = runs(marks > 127)
    for i, (start, end) in enumerate(spans):
        before = start - spans[i - 1][1] if i else 1e9
        after = spans[i + 1][0] - end if i + 1 < len(spans) else 1e9
        if (end - start) * STEP < shortest_ms and min(before, after) * STEP > lonely_ms:
            marks[max(0, start - 4) : end + 4] = 0


def from_energy(levels: np.ndarray, threshold: float) -> np.ndarray:
    soft = (levels - threshold + SOFT) / (2 * SOFT)
    marks = np.round(np.clip(soft, 0, 1) * 255).astype(np.uint8)
    drop_clicks(marks)
    return marks


def mark(clip: Clip, p: np.ndarray | None) -> np.ndarray | None:
    """Activity of a levelled clip, 0..255 per frame, or None when the clip is unusable.

    p: the teacher's speech probability per frame; synthetic clips need none.
    """
    levels = frame_levels(clip.pcm if clip.kind == "synthetic" else sosfiltfilt(HUM, clip.pcm))
    if len(levels) < 40 or levels.max() < -60:
        return None
    level = active_level(levels)
    if clip.kind == "synthetic":
        return from_energy(levels, level - RANGE_SYNTHETIC)

    short = len(levels) * STEP < 600
    effects, hall = clip.kind in ("game", "hall"), clip.kind == "hall"
    if p.max() < (0.6 if effects else 0.3):
        if effects or not short:
            return None
        near = np.ones(len(levels), bool)
    else:
        near = widen(p > 0.2, NEAR_HALL if hall else NEAR)
    outside = levels[~widen(p > 0.1, 120)]
    has_pause = len(outside) * STEP > 150
    floor = float(np.percentile(levels, 3))
    if has_pause:
        floor = max(floor, float(np.percentile(outside, 20)))
    if level - floor < MIN_CLEARANCE:
        if has_pause or not short:
            return None
        floor = level - RANGE_REAL - ABOVE_FLOOR  # a short word cut so close that it shows no pause
    marks = from_energy(levels, max(level - (RANGE_HALL if hall else RANGE_REAL), floor + ABOVE_FLOOR))
    marks[~near] = 0
    return marks if (marks > 127).sum() * STEP > 60 else None
