"""Small signal toolbox shared by the procedural families.

Units: sample rate SR = 8000 Hz, frequencies in Hz, times in seconds, signals
are float64 with arbitrary scale (build.py normalises every clip).
"""

import numpy as np
from scipy.signal import butter, lfilter, sosfilt

SR = 8000
NYQ = SR / 2


def uni(rng, lo, hi):
    """Uniform random number."""
    return rng.uniform(lo, hi)


def logu(rng, lo, hi):
    """Log-uniform random number."""
    return float(np.exp(rng.uniform(np.log(lo), np.log(hi))))


def chance(rng, p):
    return rng.random() < p


def db(x):
    """Decibel to amplitude."""
    return 10.0 ** (np.asarray(x) / 20)


def _edge(f):
    return min(max(f, 5.0), NYQ * 0.985)


def lp(x, f, order=2):
    return sosfilt(butter(order, _edge(f), "low", fs=SR, output="sos"), x)


def hp(x, f, order=2):
    return sosfilt(butter(order, _edge(f), "high", fs=SR, output="sos"), x)


def bp(x, lo, hi, order=2):
    lo, hi = _edge(lo), _edge(hi)
    if hi < lo * 1.1:
        lo = hi / 1.1
    return sosfilt(butter(order, [lo, hi], "band", fs=SR, output="sos"), x)


def reson(x, f, bw):
    """Two-pole resonator with unit peak gain, centre f, bandwidth bw."""
    f = _edge(f)
    r = np.exp(-np.pi * bw / SR)
    w = 2 * np.pi * f / SR
    g = (1 - r) * np.sqrt(1 - 2 * r * np.cos(2 * w) + r * r)
    return lfilter([g], [1, -2 * r * np.cos(w), r * r], x)


def body(x, rng, count, lo, hi, bw=(20, 300), dry=0.2):
    """Random resonant body: parallel resonators plus some dry signal."""
    y = dry * x
    for _ in range(count):
        f = logu(rng, lo, hi)
        y = y + uni(rng, 0.3, 1) * reson(x, f, logu(rng, *bw)) * 3
    return y


def white(n, rng):
    return rng.standard_normal(n)


def coloured(n, rng, slope):
    """Noise whose power falls `slope` dB per octave above 20 Hz."""
    m = 1 << int(np.ceil(np.log2(max(n, 16))))
    spec = np.fft.rfft(rng.standard_normal(m))
    f = np.maximum(np.fft.rfftfreq(m, 1 / SR), 20.0)
    return np.fft.irfft(spec * (f / 1000) ** (-slope / 6.02), m)[:n]


def shaped(n, rng, points):
    """Noise with a piecewise spectrum: points = [(Hz, dB), ...] on log axis."""
    m = 1 << int(np.ceil(np.log2(max(n, 16))))
    spec = np.fft.rfft(rng.standard_normal(m))
    f = np.log(np.maximum(np.fft.rfftfreq(m, 1 / SR), 10.0))
    px, py = zip(*points)
    return np.fft.irfft(spec * db(np.interp(f, np.log(px), py)), m)[:n]


def random_spectrum(rng, lo=60, hi=3900, knots=7, spread=12, tilt=(-9, 0)):
    """Random smooth spectrum as points for `shaped`."""
    f = np.geomspace(lo, hi, knots)
    t = uni(rng, *tilt)
    g = rng.normal(0, spread / 2, knots) + t * np.log2(f / 500)
    return list(zip(f, g))


def wobble(n, rng, rate):
    """Smooth random control signal, about unit variance, `rate` knots/s."""
    k = max(int(np.ceil(n / SR * rate)) + 3, 4)
    knots = rng.standard_normal(k)
    t = np.arange(n) * (rate / SR) + rng.random()
    i = np.minimum(t.astype(int), k - 2)
    u = t - i
    u = u * u * (3 - 2 * u)
    return (knots[i] * (1 - u) + knots[i + 1] * u) * 1.2


def curve(n, points):
    """Piecewise-linear control over the clip: points = [(0..1, value), ...]."""
    x, y = zip(*points)
    return np.interp(np.linspace(0, 1, n), x, y)


def cycles(f, n=None, start=0.0):
    """Running phase in cycles of a frequency (scalar with n, or an array)."""
    if np.ndim(f) == 0:
        return start + np.arange(n) * (f / SR)
    return start + np.cumsum(f) / SR


def sine(f, n=None, start=0.0):
    return np.sin(2 * np.pi * cycles(f, n, start))


def harmonics(f, amps, rng=None):
    """Sum of harmonics of the frequency track f, silent above Nyquist."""
    f = np.asarray(f, float)
    ph = 2 * np.pi * cycles(f)
    y = np.zeros(len(f))
    fmax, fmin = f.max(), max(f.min(), 1.0)
    for k, a in enumerate(amps, 1):
        if fmin * k > 3950:
            break
        s = a * np.sin(k * ph + (rng.uniform(0, 6.28) if rng is not None else 0))
        y += s if fmax * k < 3950 else s * (f * k < 3950)
    return y


def voiced(f, formants, tilt=-9.0, limit=40):
    """Harmonic source through moving formants.

    formants: list of (centre track or scalar, bandwidth, gain); tilt: dB/oct.
    """
    f = np.asarray(f, float)
    ph = 2 * np.pi * cycles(f)
    y = np.zeros(len(f))
    for k in range(1, min(limit, int(3900 / max(f.min(), 30))) + 1):
        fk = k * f
        a = sum(g / (1 + ((fk - c) / b) ** 2) for c, b, g in formants)
        y += (a + 0.02) * k ** (tilt / 6.02) * np.sin(k * ph) * (fk < 3900)
    return y


def pulses(f, rng, jitter=0.0, weak=0.0):
    """Unit impulses at the rate track f, random amplitude spread `weak`."""
    ph = cycles(np.asarray(f, float), start=rng.random())
    at = np.flatnonzero(np.diff(np.floor(ph)) > 0)
    y = np.zeros(len(ph))
    if len(at) == 0:
        return y
    if jitter:
        gap = SR / max(float(np.mean(f)), 0.1)
        at = at + (rng.normal(0, jitter, len(at)) * gap).astype(int)
        at = at[(at >= 0) & (at < len(y))]
    np.add.at(y, at, np.maximum(1 + weak * rng.standard_normal(len(at)), 0.05))
    return y


def adecay(n, attack, tau):
    """Envelope: linear attack then exponential decay with time constant tau."""
    t = np.arange(n) / SR
    return np.minimum(t / max(attack, 1e-4), 1) * np.exp(-np.maximum(t - attack, 0) / tau)


def bump(n, attack=0.1, release=0.3):
    """Flat-top envelope with raised-cosine ends, given as clip fractions."""
    u = np.linspace(0, 1, n)
    a = np.clip(u / max(attack, 1e-3), 0, 1)
    r = np.clip((1 - u) / max(release, 1e-3), 0, 1)
    return (0.5 - 0.5 * np.cos(np.pi * a)) * (0.5 - 0.5 * np.cos(np.pi * r))


def onsets(n, rng, rate, regular=0.0):
    """Event times (samples): Poisson-like, or nearly regular as regular -> 1."""
    k = int(n / SR * rate * 2) + 4
    gaps = regular + (1 - regular) * rng.exponential(1, k)
    at = (np.cumsum(gaps) - gaps[0] * rng.random()) * SR / rate
    at = at[at < n - 80].astype(int)
    return at if len(at) else np.array([int(rng.integers(0, max(n // 2, 1)))])


def place(n, at, make):
    """Overlay events: make(i) -> array, placed at sample at[i]."""
    y = np.zeros(n)
    for i, a in enumerate(at):
        e = make(i)[: n - a]
        y[a : a + len(e)] += e
    return y


def room(x, rng, wet=(0.0, 0.5), tau=(0.03, 0.4)):
    """Cheap random reverberation: exponentially decaying sparse noise tail."""
    w = uni(rng, *wet)
    t = logu(rng, *tau)
    m = int(min(t * 4, 1.2) * SR)
    h = rng.standard_normal(m) * np.exp(-np.arange(m) / (t * SR))
    h /= np.sqrt(np.sum(h * h))
    k = len(x) + m - 1
    k = 1 << int(np.ceil(np.log2(k)))
    tail = np.fft.irfft(np.fft.rfft(x, k) * np.fft.rfft(h, k), k)[: len(x)]
    return x + w * lp(tail, logu(rng, 1200, 3900))


def rms(x):
    return float(np.sqrt(np.mean(np.square(x))) + 1e-12)


def unit(x):
    return x / rms(x)


def mix(*pairs):
    """Sum of unit-RMS signals with given levels in dB: (signal, dB), ..."""
    return sum(unit(x) * db(level) for x, level in pairs)


def scene(y, n, rng, lo=-50, hi=-14):
    """Room or field around the calls."""
    return mix((room(y, rng, (0, 0.5)), 0), (coloured(n, rng, uni(rng, 1, 6)), uni(rng, lo, hi)))


def bouts(n, rng, gap, pause, group):
    """Grouped onsets: `group` calls `gap` s apart, then `pause` s of silence."""
    at, t = [], uni(rng, 0, 0.6)
    while t < n / SR - 0.2:
        for _ in range(int(rng.integers(group[0], group[1] + 1))):
            at.append(int(t * SR))
            t += uni(rng, 0.8, 1.25) * gap
        t += logu(rng, *pause)
    return [a for a in at if a < n - 200] or [0]
