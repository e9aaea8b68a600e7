"""Reading sound files as 8 kHz mono floats, and levelling them."""

import io
from math import gcd
from pathlib import Path

import numpy as np
import soundfile as sf
from scipy.signal import resample_poly

from .clip import RATE

def to_rate(x: np.ndarray, rate: int) -> np.ndarray:
    """Resample to 8 kHz keeping the full band below 4 kHz."""
    if rate == RATE:
        return x
    g = gcd(rate, RATE)
    return resample_poly(x, RATE // g, rate // g).astype(np.float32)


def decode(data: bytes) -> np.ndarray:
    """A whole sound file held in memory (wav, ogg, mp3) as 8 kHz mono."""
    x, rate = sf.read(io.BytesIO(data), dtype="float32", always_2d=True)
    return to_rate(x.mean(axis=1), rate)


def read(path: Path) -> np.ndarray:
    """A sound file of any kind as 8 kHz mono."""
    if path.suffix == ".gsm":
        return sf.read(path, dtype="float32", format="RAW", subtype="GSM610", samplerate=RATE, channels=1)[0]
    return decode(path.read_bytes())


def read_raw16(path: Path, rate: int = RATE) -> np.ndarray:
    """Headerless signed 16-bit little-endian samples as 8 kHz mono."""
    return to_rate(np.fromfile(path, dtype="<i2").astype(np.float32) / 32768, rate)


def level(x: np.ndarray, target_db: float = -26.0) -> np.ndarray:
    """Remove DC and bring the RMS of the active part to `target_db` (dBFS), peaks below 0.99."""
    x = x - x.mean()
    blocks = x[: len(x) // 80 * 80].reshape(-1, 80)
    power = (blocks**2).mean(axis=1)
    if not len(power) or power.max() < 1e-9:
        return x
    loud = power[power > np.percentile(power, 95) / 100]
    gain = 10 ** (target_db / 20) / np.sqrt(loud.mean())
    return x * min(gain, 0.99 / np.abs(x).max())
