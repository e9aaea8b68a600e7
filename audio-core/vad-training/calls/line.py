"""What a telephone line does to sound: band, tilt, room, clipping, lost packets, companding."""
import numpy as np
from scipy.signal import fftconvolve, firwin, firwin2

#: Pass bands in Hz and how often: the classic narrow band, handsets, wide analogue-free lines.
BANDS = [((300, 3400), 0.5), ((200, 3500), 0.15), ((350, 3000), 0.1), ((100, 3800), 0.15), ((400, 2700), 0.03),
         ((50, 3950), 0.07)]


def band(rng):
    """A linear-phase band pass of 129 taps with a random tilt; delay is taken out by `through`."""
    low, high = BANDS[rng.choice(len(BANDS), p=[p for _, p in BANDS])][0]
    low, high = low * rng.uniform(0.85, 1.15), min(high * rng.uniform(0.95, 1.05), 3950)
    taps = firwin(129, [low, high], pass_zero=False, fs=8000)
    if rng.random() < 0.6:
        tilt = rng.uniform(-8, 8)
        f = np.linspace(0, 4000, 9)
        bumps = tilt * np.log2(np.maximum(f, 125) / 1000) / 3 + rng.uniform(-3, 3, 9)
        taps = np.convolve(taps, firwin2(65, f, 10 ** (bumps / 20), fs=8000))
    return taps.astype(np.float32)


def through(x, taps):
    """Filters and keeps the timing."""
    return fftconvolve(x, taps)[len(taps) // 2:len(taps) // 2 + len(x)].astype(np.float32)


def room(rng):
    """A short room: direct sound and an exponential tail (reverberation time 0.1 to 0.6 s)."""
    rt = rng.uniform(0.1, 0.6)
    n = int(rt * 8000)
    tail = rng.standard_normal(n).astype(np.float32) * 10 ** (-3 * np.arange(n, dtype=np.float32) / n)
    tail[:int(rng.uniform(8, 60))] = 0
    tail *= 10 ** (rng.uniform(-14, -2) / 20) / (np.sqrt((tail ** 2).sum()) + 1e-9)
    tail[0] = 1
    return tail


def lose_packets(x, rng):
    """Frames of 20 ms that never came: silence, or the frame before again."""
    x = x.copy()
    rate, repeat = rng.uniform(0.005, 0.05), rng.random() < 0.5
    for frame in np.flatnonzero(rng.random(len(x) // 160) < rate):
        at = frame * 160
        x[at:at + 160] = x[at - 160:at] * 0.7 if repeat and frame else 0
    return x


def mu_law(x):
    """G.711 µ-law and back; int16."""
    x = np.clip(np.round(x * 32768), -32768, 32767).astype(np.int32)
    m = np.minimum(np.abs(x), 32635) + 132
    e = np.clip(np.floor(np.log2(m)).astype(np.int32) - 7, 0, 7)
    y = (((((m >> (e + 3)) & 15) << 3) + 132) << e) - 132
    return np.where(x < 0, -y, y).astype(np.int16)


def a_law(x):
    """G.711 A-law and back; int16."""
    x = np.clip(np.round(x * 32768), -32768, 32767).astype(np.int32)
    m = np.where(x < 0, -x - 1, x) >> 4
    e = np.where(m < 32, 1, np.floor(np.log2(np.maximum(m, 1))).astype(np.int32) - 4 + 1)
    e = np.clip(e - 1, 0, 6)
    y = ((m >> e) << e) * 16 + (8 << e)
    return np.where(x < 0, -y, y).astype(np.int16)


def digitise(x, rng):
    """What arrives: nearly always G.711."""
    kind = rng.random()
    if kind < 0.85:
        return mu_law(x)
    if kind < 0.95:
        return a_law(x)
    return np.clip(np.round(x * 32768), -32768, 32767).astype(np.int16)
