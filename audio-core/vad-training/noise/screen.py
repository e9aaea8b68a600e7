"""Speech screen: the share of a recording that Silero VAD (`peers.silero`) calls speech."""

import numpy as np

from peers.silero import WINDOW, Silero

LIMIT = 0.05  # drop a file when more of its windows than this exceed 0.5
LEAD = 800  # samples of silence before the recording


class Screen:
    def __init__(self):
        self.silero = Silero()

    def share(self, x):
        """Share of windows above 0.5; x is 8 kHz float, level set to -20 dBFS."""
        x = x / (np.sqrt(np.mean(x * x)) + 1e-9) * 0.1
        x = np.clip(x, -1, 1).astype(np.float32)
        x = np.concatenate([np.zeros(LEAD, np.float32), x, np.zeros(WINDOW, np.float32)])
        return float((self.silero.scores(x) > 0.5).mean())
