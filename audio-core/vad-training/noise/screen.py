"""Speech screen: the share of a recording that Silero VAD calls speech.

Silero VAD 5.1.2 (MIT; `pip install --no-deps silero-vad==5.1.2`), 8 kHz path:
windows of 256 samples with 32 samples of context, 32 ms each.
"""

import importlib.util
from pathlib import Path

import numpy as np
import onnxruntime as ort

WINDOW, CONTEXT = 256, 32
LIMIT = 0.05  # drop a file when more of its windows than this exceed 0.5


class Screen:
    def __init__(self):
        root = Path(importlib.util.find_spec("silero_vad").origin).parent
        opts = ort.SessionOptions()
        opts.intra_op_num_threads = opts.inter_op_num_threads = 1
        self.net = ort.InferenceSession(
            str(root / "data" / "silero_vad.onnx"), opts, providers=["CPUExecutionProvider"]
        )

    def share(self, x):
        """Share of windows above 0.5; x is 8 kHz float, level set to -20 dBFS."""
        x = x / (np.sqrt(np.mean(x * x)) + 1e-9) * 0.1
        x = np.clip(x, -1, 1).astype(np.float32)
        x = np.concatenate([np.zeros(CONTEXT + 800, np.float32), x, np.zeros(WINDOW, np.float32)])
        state, rate = np.zeros((2, 1, 128), np.float32), np.array(8000, np.int64)
        above = total = 0
        for a in range(CONTEXT, len(x) - WINDOW + 1, WINDOW):
            p, state = self.net.run(
                None, {"input": x[None, a - CONTEXT : a + WINDOW], "state": state, "sr": rate}
            )
            above += p[0, 0] > 0.5
            total += 1
        return above / max(total, 1)
