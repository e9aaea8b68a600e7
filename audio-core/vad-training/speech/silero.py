"""Silero VAD as a teacher (MIT; the ONNX file inside the silero-vad wheel), without torch."""

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import onnxruntime

from .clip import HOP, RATE

WINDOW, CONTEXT = 256, 32  # samples at 8 kHz
LATENESS = 480  # samples by which its answer trails the sound (60 ms)
BEFORE, AFTER = 1600, 1024  # samples of silence it is given around a clip to settle


@lru_cache
def _session() -> onnxruntime.InferenceSession:
    package = find_spec("silero_vad").submodule_search_locations[0]
    options = onnxruntime.SessionOptions()
    options.inter_op_num_threads = options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(
        str(Path(package) / "data" / "silero_vad.onnx"), options, providers=["CPUExecutionProvider"]
    )


def probabilities(clips: list[np.ndarray]) -> list[np.ndarray]:
    """Speech probability (0..1) per HOP samples of each clip, moved earlier by its lateness.

    The clips run side by side, longest first, so that the batch only ever shrinks.
    """
    order = sorted(range(len(clips)), key=lambda i: -len(clips[i]))
    steps = [(BEFORE + len(clips[i]) + AFTER) // WINDOW for i in order]
    padded = np.zeros((len(clips), CONTEXT + WINDOW * max(steps)), dtype=np.float32)
    for row, i in enumerate(order):
        padded[row, CONTEXT + BEFORE : CONTEXT + BEFORE + len(clips[i])] = clips[i]
    session, rate = _session(), np.array(RATE, dtype=np.int64)
    state = np.zeros((2, len(clips), 128), dtype=np.float32)
    answers = np.zeros((len(clips), max(steps)), dtype=np.float32)
    for step in range(max(steps)):
        rows = sum(n > step for n in steps)
        piece = padded[:rows, step * WINDOW : step * WINDOW + CONTEXT + WINDOW]
        p, state = session.run(None, {"input": piece, "state": state[:, :rows], "sr": rate})
        answers[:rows, step] = p[:, 0]
    out = [np.zeros(0)] * len(clips)
    for row, i in enumerate(order):
        centres = np.arange(len(clips[i]) // HOP) * HOP + HOP // 2 + BEFORE + LATENESS
        out[i] = answers[row, np.minimum(centres // WINDOW, steps[row] - 1)]
    return out
