"""Silero VAD v5 over a folder of recordings: `python -m peers.silero PREPARED/wav OUT.csv`.

The same columns as `examples/vad` writes. Silero (MIT, from PyPI: `pip install --no-deps
silero-vad==5.1.2`) runs through onnxruntime on 8 kHz audio, 256 samples a window with 32 samples
of context. Causal: a frame has the last score whose window ended with it or before.
"""
import importlib.util
import os
import sys
from functools import lru_cache

import numpy as np
import onnxruntime
import soundfile

WINDOW, CONTEXT = 256, 32


@lru_cache
def session():
    """The network of the silero-vad wheel, without torch; one a process."""
    folder = os.path.dirname(importlib.util.find_spec("silero_vad").origin)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(f"{folder}/data/silero_vad.onnx", options, providers=["CPUExecutionProvider"])


class Silero:
    """One detector; `scores` starts anew."""

    def __init__(self):
        self.session = session()

    def scores(self, x):
        """8 kHz floats -> one probability per 256 samples."""
        state = np.zeros((2, 1, 128), np.float32)
        context = np.zeros((1, CONTEXT), np.float32)
        rate = np.array(8000, np.int64)
        out = []
        for at in range(0, len(x) - WINDOW + 1, WINDOW):
            window = np.concatenate([context, x[None, at:at + WINDOW]], 1).astype(np.float32)
            p, state = self.session.run(None, {"input": window, "state": state, "sr": rate})
            context = window[:, -CONTEXT:]
            out.append(float(p[0, 0]))
        return np.array(out, np.float32)


def per_frame(scores, frames):
    """Scores per 256 samples -> what is known at the end of each 20 ms frame."""
    ready = 160 * (np.arange(frames) + 1) // WINDOW
    return np.concatenate([[0.0], scores])[np.minimum(ready, len(scores))]


def main():
    folder, out = sys.argv[1:3]
    names = sorted(os.path.relpath(os.path.join(d, f), folder)
                   for d, _, files in os.walk(folder) for f in files if f.endswith(".wav"))
    silero = Silero()
    with open(out, "w", encoding="utf-8") as f:
        f.write("file,frame_index,probability,speech\n")
        for n, name in enumerate(names):
            x, _ = soundfile.read(f"{folder}/{name}", dtype="float32")
            for i, p in enumerate(per_frame(silero.scores(x), len(x) // 160)):
                f.write(f"{name},{i},{p:.6f},{int(p >= 0.5)}\n")
            if (n + 1) % 100 == 0:
                print(f"{n + 1} of {len(names)} files", file=sys.stderr)


if __name__ == "__main__":
    main()
