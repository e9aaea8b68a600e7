"""Silero VAD as a teacher (`peers.silero`), many clips at once."""

import numpy as np

from peers.silero import CONTEXT, WINDOW, session

from .clip import HOP, RATE

LATENESS = 480  # samples by which its answer trails the sound (60 ms)
BEFORE, AFTER = 1600, 1024  # samples of silence it is given around a clip to settle


def probabilities(clips: list[np.ndarray]) -> list[np.ndarray]:
    """Speech probability (0..1) per HOP samples of each clip, moved earlier by its lateness.

    The clips run side by side, longest first, so that the batch only ever shrinks.
    """
    order = sorted(range(len(clips)), key=lambda i: -len(clips[i]))
    steps = [(BEFORE + len(clips[i]) + AFTER) // WINDOW for i in order]
    padded = np.zeros((len(clips), CONTEXT + WINDOW * max(steps)), dtype=np.float32)
    for row, i in enumerate(order):
        padded[row, CONTEXT + BEFORE : CONTEXT + BEFORE + len(clips[i])] = clips[i]
    rate = np.array(RATE, dtype=np.int64)
    state = np.zeros((2, len(clips), 128), dtype=np.float32)
    answers = np.zeros((len(clips), max(steps)), dtype=np.float32)
    for step in range(max(steps)):
        rows = sum(n > step for n in steps)
        piece = padded[:rows, step * WINDOW : step * WINDOW + CONTEXT + WINDOW]
        p, state = session().run(None, {"input": piece, "state": state[:, :rows], "sr": rate})
        answers[:rows, step] = p[:, 0]
    out = [np.zeros(0)] * len(clips)
    for row, i in enumerate(order):
        centres = np.arange(len(clips[i]) // HOP) * HOP + HOP // 2 + BEFORE + LATENESS
        out[i] = answers[row, np.minimum(centres // WINDOW, steps[row] - 1)]
    return out
