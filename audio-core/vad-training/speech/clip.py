"""What a source hands over: one recording, and who speaks it."""

from dataclasses import dataclass

import numpy as np

RATE = 8000  # samples a second of everything in the corpus
HOP = 20  # samples per activity value (2.5 ms)


@dataclass
class Clip:
    """One recording of one speaker.

    pcm: float32, 8 kHz mono, full scale 1.0.
    kind: "synthetic" (digital silence between words, no teacher needed), "real" (a
        prompt or letter: speech is expected), "game" (may be an effect instead) or "hall"
        (the same with added reverberation, whose tail is not speech).
    active: uint8 per HOP samples when the source brings its own labels.
    """

    pcm: np.ndarray
    source: str
    language: str
    speaker: str
    kind: str = "real"
    active: np.ndarray | None = None
