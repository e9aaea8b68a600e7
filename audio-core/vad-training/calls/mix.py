"""One synthetic call: a caller who talks and pauses, noise that comes and goes, a line, labels."""
from dataclasses import dataclass

import numpy as np
from scipy.signal import fftconvolve, resample_poly

from . import labels, line
from .corpus import STEP

#: Speed changes as fractions for the resampler; pitch moves with speed.
SPEEDS = [(1, 1), (1, 1), (1, 1), (20, 23), (10, 11), (20, 19), (10, 9), (20, 17), (8, 9)]


@dataclass
class Call:
    """16-bit PCM, a label in [0, 1] per 20 ms, and what the noise was."""
    pcm: np.ndarray
    label: np.ndarray
    noise: str
    snr: float


def rms(x):
    return float(np.sqrt(np.mean(np.square(x, dtype=np.float64)) + 1e-20))


def caller(n, speech, rng):
    """Speech at full band with an active level of -26 dBFS, and activity per STEP samples."""
    x, active = np.zeros(n, np.float32), np.zeros(n // STEP, np.float32)
    clips = speech.speaker(rng)
    other = speech.speaker(rng) if rng.random() < 0.15 else None
    # How talkative: from a word now and then to someone who hardly breathes.
    pause = np.exp(rng.uniform(np.log(0.12), np.log(2.5)))
    up, down = SPEEDS[rng.integers(len(SPEEDS))]
    # Most people keep their level; some fade away, and a second voice may be far off.
    spread, far = rng.choice([2.0, 5.0], p=[0.8, 0.2]), rng.uniform(-18, 0) if rng.random() < 0.5 else 0.0
    at = int(rng.exponential(1.2) * 8000) if rng.random() < 0.85 else 0
    while at < n:
        talker = other if other is not None and rng.random() < 0.3 else clips
        y, a = speech.clip(rng, talker)
        if len(y) < 10 * STEP:
            at += 800
            continue
        if up != down:
            y = resample_poly(y, up, down).astype(np.float32)
            a = np.interp(np.arange(len(y) // STEP) * (down / up), np.arange(len(a)), a).astype(np.float32)
        at = at // STEP * STEP
        m = min(len(a) * STEP, n - at) // STEP * STEP
        gain = 10 ** ((min(rng.normal(0, spread), 6) + (far if talker is other else 0)) / 20)
        x[at:at + m] += gain * y[:m]
        a = a[:m // STEP]
        active[at // STEP:at // STEP + len(a)] = np.maximum(active[at // STEP:at // STEP + len(a)], a)
        at += m + int(rng.lognormal(np.log(pause), 0.7) * 8000)
        if rng.random() < 0.06:
            at += int(rng.uniform(1.5, 5) * 8000)
    return x, active


def babble(n, speech, rng):
    """Four to ten voices at once: nobody in particular."""
    out = np.zeros(n, np.float32)
    for _ in range(int(rng.integers(4, 11))):
        x, _ = caller(n, speech, rng)
        out += np.roll(x, int(rng.integers(n))) * 10 ** (rng.uniform(-4, 4) / 20)
    return out


def background(n, speech, noise, rng, family=None):
    """Noise of one family, or of two; at times it starts, stops or swells."""
    if family == "babble" or (family is None and rng.random() < 0.08):
        x, name = babble(n, speech, rng), "babble"
    else:
        x, name = noise.take(rng, n, family)
    x = x / (rms(x) + 1e-9)
    if family is None and rng.random() < 0.25:
        more, second = noise.take(rng, n)
        x = x + more / (rms(more) + 1e-9) * 10 ** (rng.uniform(-12, 3) / 20)
        name = f"{name}+{second}"
    if rng.random() < 0.25:
        # Switched on or off, or swelling, at one moment.
        at, length = int(rng.integers(n)), int(np.exp(rng.uniform(np.log(80), np.log(16000))))
        ramp = np.clip((np.arange(n) - at) / length, 0, 1).astype(np.float32)
        low = 10 ** (rng.uniform(-40, -5) / 20)
        x *= low + (1 - low) * (ramp if rng.random() < 0.5 else 1 - ramp)
    return x, name


def floor(n, rng):
    """The line's own noise: coloured, -78 to -52 dBFS; now and then none at all."""
    if rng.random() < 0.08:
        return np.zeros(n, np.float32)
    x = rng.standard_normal(n).astype(np.float32)
    pole = rng.uniform(0, 0.95)
    spectrum = np.fft.rfft(x) / np.abs(1 - pole * np.exp(-1j * np.linspace(0, np.pi, n // 2 + 1)))
    x = np.fft.irfft(spectrum, n).astype(np.float32)
    return x / rms(x) * 10 ** (rng.uniform(-78, -52) / 20)


def call(n, speech, noise, rng, family=None, snr=None):
    """A call of `n` samples. `family` and `snr` fix the noise (for tests); else all is drawn."""
    silent = family is None and rng.random() < 0.2
    if silent:
        x, active, power = np.zeros(n, np.float32), np.zeros(n // STEP, np.float32), 10 ** -2.6
    else:
        x, active = caller(n, speech, rng)
        if rng.random() < 0.25:
            x = fftconvolve(x, line.room(rng))[:n].astype(np.float32)
        mask = np.repeat(active >= 0.5, STEP)
        power = float(np.mean(x[:len(mask)][mask] ** 2)) if mask.any() else 10 ** -2.6
        if rng.random() < 0.04:
            delay = int(rng.uniform(0.03, 0.35) * 8000)
            x[delay:] += x[:-delay] * 10 ** (rng.uniform(-30, -14) / 20)
    taps = line.band(rng)
    name = "none"
    if snr is None:
        snr = rng.uniform(-3, 30)
    if family is not None or silent or rng.random() < 0.85:
        y, name = background(n, speech, noise, rng, family)
        if rng.random() < 0.7:
            # Noise at the caller's end goes the caller's way; levels are those on the line.
            x, y = line.through(x, taps), line.through(y, taps)
            y = y / (rms(y) + 1e-9)
        else:
            x = line.through(x, taps)
        mask = np.repeat(active >= 0.5, STEP)
        if mask.any():
            power = float(np.mean(x[:len(mask)][mask] ** 2))
        x = x + y * np.float32(np.sqrt(power) * 10 ** (-snr / 20))
    else:
        x = line.through(x, taps)
    level = rng.normal(-26, 7) if rng.random() < 0.8 else rng.uniform(-50, -10)
    x *= np.float32(10 ** (level / 20) / np.sqrt(power))
    x += floor(n, rng)
    if rng.random() < 0.05:
        limit = np.float32(np.quantile(np.abs(x), rng.uniform(0.97, 0.999)) + 1e-6)
        x = np.clip(x, -limit, limit)
    if rng.random() < 0.06:
        x = line.lose_packets(x, rng)
    steps = labels.by_convention(active)
    return Call(line.digitise(np.clip(x, -1, 1), rng), labels.per_frame(steps), name, float(snr))
