"""Short words of people: `python -m speech.digits RECORDINGS OUT`.

RECORDINGS is the folder of that name of the Free Spoken Digit Dataset (github.com/Jakobovski/free-spoken-digit-dataset, CC
BY-SA 4.0): six speakers, ten digits, fifty times each, 0.25 to 0.6 s. OUT is a corpus (as of `speech.build`, all of it the
training part) for `fixtures/scenes.py --speech OUT --split train --varied`.
"""

import sys
from pathlib import Path

import numpy as np

from .audio import read
from .clip import HOP, RATE
from .phrases import write

AROUND = RATE // 4
SMOOTH = 8  # HOPs of a level
BELOW_DB, ABOVE_DB = 38, 8  # speech is as far as this below the loudest HOP, and above the softest twentieth
RMS = 2_000 / 32_767


def clip(path: Path) -> tuple[np.ndarray, np.ndarray] | None:
    """(samples, full scale 1; activity per HOP) of one digit, from its first loud HOP to its last; None of silence."""
    x = read(path).astype(float)
    hiss = np.random.default_rng(len(x) // HOP).normal(size=AROUND) / 32_767
    x = np.concatenate([hiss, x, hiss])
    x = x[: len(x) // HOP * HOP]
    power = np.convolve((x.reshape(-1, HOP) ** 2).mean(1), np.ones(SMOOTH) / SMOOTH, "same")
    db = 10 * np.log10(power + 1e-15)
    loud = np.flatnonzero(db > max(db.max() - BELOW_DB, np.percentile(db, 5) + ABOVE_DB))
    if not len(loud):
        return None
    marks = np.zeros(len(x) // HOP, np.uint8)
    marks[loud[0] : loud[-1] + 1] = 255
    said = x[np.repeat(marks, HOP) > 0]
    return np.clip(x * RMS / np.sqrt((said**2).mean()), -1, 1), marks


def main() -> None:
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    files = sorted(Path(sys.argv[1]).glob("*_*_*.wav"))
    if not files:
        sys.exit(f"{sys.argv[1]}: no recordings named DIGIT_SPEAKER_NUMBER.wav")
    clips = ((clip(path), path.stem.split("_")[1]) for path in files)
    write(Path(sys.argv[2]), [(*heard, "fsdd", "en", f"fsdd_{name}", "train") for heard, name in clips if heard])


if __name__ == "__main__":
    main()
