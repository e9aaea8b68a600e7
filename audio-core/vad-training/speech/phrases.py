"""Phrases of the labelled recordings in the `shared` folder: `python -m speech.phrases OUT`.

People in conversation and reading, one of them in Hebrew, for judging alone: OUT is a corpus (as of
`speech.build`, all of it the test part) for `fixtures/scenes.py --speech OUT --kinds interruption,side_speech`.
The ten_* files may be used for evaluation only, and nothing here may be trained on.
"""

import csv
import sys
from pathlib import Path
from typing import Iterator

import numpy as np

from .activity import runs
from .audio import level, read
from .clip import HOP, RATE
from .labelled import ROOT, UNHEARD

SOURCES = ("ten_",)  # never trained on; of the rest, what training left out
DIGITS = {"fsdd_jackson_0"}
LABEL = RATE // 50  # samples a label stands for; people's labels begin and end so much too far out
PAUSE = 300 * RATE // 1000  # a longer one ends a phrase
SHORTEST, LONGEST = 700 * RATE // 1000, 3_500 * RATE // 1000
CUT = (1_100 * RATE // 1000, 1_660 * RATE // 1000)  # where a phrase may be cut to be as long as an interruption
AROUND = RATE // 4
MARGIN = 15.9  # dB below the level while active, of what counts as active (ITU-T P.56); labels may begin long before


def phrases(spans: np.ndarray) -> Iterator[tuple[int, int]]:
    """First sample and one past the last of each, of the spans of speech."""
    start, end = spans[0]
    for a, b in spans[1:]:
        if a - end > PAUSE:
            yield start, end
            start = a
        end = b
    yield start, end


def softest(x: np.ndarray, start: int) -> int:
    """Where a phrase that begins at `start` is cut: at its softest 20 ms."""
    blocks = range(start + CUT[0], start + CUT[1], LABEL)
    return min(blocks, key=lambda at: float((x[at : at + LABEL] ** 2).sum()))


def audible(x: np.ndarray, start: int, end: int) -> int:
    """Where a phrase is first heard: labels begin up to 700 ms before the voice rises out of the room."""
    blocks = x[start : start + (end - start) // LABEL * LABEL].reshape(-1, LABEL)
    power = (blocks**2).mean(1) + 1e-12
    active = power[power > power.max() / 1_000].mean()
    return start + int(np.argmax(power > active / 10 ** (MARGIN / 10))) * LABEL


def clips(path: Path) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """(samples, full scale 1; activity per HOP) of each clip of a recording."""
    x = level(read(path))
    labels = (ROOT / "labels" / f"{path.stem}.lab").read_text()
    spans = runs(np.array([c == "1" for c in labels if c in "01"])) * LABEL
    active = np.zeros(len(x) // HOP + 1, np.uint8)
    for a, b in spans:
        active[(a + LABEL) // HOP : (b - LABEL) // HOP] = 255
    for start, end in phrases(spans):
        start = audible(x, start + LABEL, end - LABEL) - LABEL
        ends = []
        if end - start >= SHORTEST:
            ends.append((min(end, start + LONGEST - RATE // 2), end - start <= LONGEST))
        if end - start > CUT[1] + LABEL:
            ends.append((softest(x, start), False))
        for stop, whole in ends:
            first, last = max(0, start - AROUND) // HOP, min(len(x), stop + AROUND * whole) // HOP
            marks = active[first:last].copy()
            marks[(stop - first * HOP) // HOP :] = 0
            marks[: (start + LABEL - first * HOP) // HOP] = 0
            yield x[first * HOP : last * HOP], marks


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    out, rows, pcm, active, at = Path(sys.argv[1]), [], [], [], 0
    files = sorted(f for f in (ROOT / "clean").glob("*.wav") if f.stem.startswith(SOURCES) or f.stem in UNHEARD - DIGITS)
    if not files:
        sys.exit(f"{ROOT / 'clean'}: no recordings")
    for path in files:
        source = path.stem.split("_")[0]
        for x, marks in clips(path):
            rows.append([at, len(x), "phrases", "he" if source == "heb" else "", source if source == "heb" else path.stem, "test"])
            pcm.append(np.round(x * 32767).astype(np.int16))
            active.append(marks)
            at += len(x)
    out.mkdir(parents=True, exist_ok=True)
    np.save(out / "pcm.npy", np.concatenate(pcm))
    np.save(out / "active.npy", np.concatenate(active))
    with open(out / "index.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["start", "samples", "source", "language", "speaker", "split"])
        writer.writerows(rows)
    print(f"{len(rows)} clips of {len({row[4] for row in rows})} people, {at / RATE:.0f} s")


if __name__ == "__main__":
    main()
