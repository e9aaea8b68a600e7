"""Weather, water and fire (procedural)."""

import numpy as np

from .dsp import (
    SR,
    adecay,
    body,
    bp,
    chance,
    coloured,
    curve,
    db,
    hp,
    logu,
    lp,
    mix,
    onsets,
    place,
    random_spectrum,
    reson,
    shaped,
    uni,
    unit,
    white,
    wobble,
)


def wind(n, rng):
    """Gusts: noise whose level and bandwidth follow a slow random track."""
    gust = np.exp(
        uni(rng, 0.3, 1.2) * (wobble(n, rng, uni(rng, 0.15, 0.8)) + 0.4 * wobble(n, rng, uni(rng, 1, 5)))
    )
    low = coloured(n, rng, uni(rng, 4, 9))
    high = bp(white(n, rng), logu(rng, 200, 600), logu(rng, 700, 2500))
    y = mix((low * gust, 0), (high * gust**2, uni(rng, -25, -6)))
    if chance(rng, 0.5):  # whistling through a gap
        for _ in range(int(rng.integers(1, 4))):
            y = y + rmsx(y) * 0.3 * unit(bp(white(n, rng), *_narrow(rng)) * gust**3)
    return y


def _narrow(rng):
    f = logu(rng, 250, 2200)
    return f * 0.96, f * 1.06


def rmsx(x):
    return np.sqrt(np.mean(x * x))


def mic_buffet(n, rng):
    """Wind or breath hitting the microphone: clipped low-frequency thuds."""
    g = np.maximum(wobble(n, rng, uni(rng, 1.5, 9)) + uni(rng, -0.6, 0.6), 0) ** 2
    x = lp(coloured(n, rng, uni(rng, 5, 10)), logu(rng, 150, 900)) * g
    x = unit(x + 1e-9)
    return np.tanh(x * logu(rng, 0.5, 6)) + db(uni(rng, -45, -20)) * white(n, rng)


def rain(n, rng):
    """Rain hiss with individual drops on a random surface."""
    wash = shaped(n, rng, random_spectrum(rng, spread=8, tilt=(-4, 2)))
    f0, bw = logu(rng, 300, 2500), logu(rng, 80, 800)
    at = onsets(n, rng, logu(rng, 5, 150))
    drops = np.zeros(n)
    np.add.at(drops, at, rng.exponential(1, len(at)) ** 1.5)
    y = sum(reson(drops * rng.random(n), f0 * uni(rng, 0.6, 1.7), bw * uni(rng, 0.5, 2)) for _ in range(3))
    return mix((wash * (1 + 0.2 * wobble(n, rng, 0.5)), 0), (y + 1e-9, uni(rng, -12, 8)))


def sea(n, rng):
    """Waves: slow surf swells that brighten as they break."""
    y = coloured(n, rng, uni(rng, 3, 6)) * uni(rng, 0.05, 0.4)
    at = onsets(n + SR * 2, rng, logu(rng, 0.12, 0.6), 0.7)
    for a in at:
        m = int(uni(rng, 2, 7) * SR)
        rise = uni(rng, 0.2, 0.7)
        e = curve(m, [(0, 0), (rise, uni(rng, 0.6, 1.3)), (1, 0)]) ** uni(rng, 1, 3)
        w = unit(coloured(m, rng, uni(rng, 2, 5))) + e * unit(hp(white(m, rng), logu(rng, 400, 1500)))
        a = a - int(rise * m)
        lo, hi = max(a, 0), min(a + m, n)
        if hi > lo:
            y[lo:hi] += (w * e)[lo - a : hi - a]
    return y


def stream(n, rng):
    """Running water: many short bubble chirps over a hiss (tap, brook, shower)."""
    at = onsets(n, rng, logu(rng, 60, 400))
    base = logu(rng, 350, 1500)

    def bubble(i):
        m = int(uni(rng, 0.008, 0.06) * SR)
        t = np.arange(m) / SR
        f = base * np.exp(0.5 * rng.standard_normal())
        return (
            rng.exponential()
            * np.sin(2 * np.pi * (f * t + f * uni(rng, 1, 9) * t * t))
            * np.exp(-t * 5 * SR / m)
        )

    hiss = shaped(n, rng, random_spectrum(rng, spread=8, tilt=(-3, 2)))
    return mix((place(n, at, bubble), 0), (hiss * (1 + 0.2 * wobble(n, rng, 3)), uni(rng, -20, 2)))


def fill_vessel(n, rng):
    """Pouring into a vessel: noise through a resonance that slides upward."""
    k = int(rng.integers(1, 4))
    y = np.zeros(n)
    flow = hp(white(n, rng), 150) * np.maximum(1 + 0.5 * wobble(n, rng, uni(rng, 4, 20)), 0)
    step = 400
    f0, f1 = logu(rng, 150, 500), logu(rng, 600, 3000)
    for j in range(k):
        for a in range(0, n, step):  # piecewise-constant filter, cross-faded
            f = f0 * (f1 / f0) ** (a / n) * (1 + 1.6 * j)
            lo, hi = max(a - step, 0), min(a + step, n)
            y[lo:hi] += (reson(flow[lo:hi], f, 90) * np.hanning(2 * step)[: hi - lo]) / (1 + j)
    gl = np.maximum(wobble(n, rng, uni(rng, 3, 12)), 0.1)
    return mix((y * gl, 0), (flow, uni(rng, -25, -6)))


def fire(n, rng):
    """Fire: rumble, hiss, and sparse crackles of very different size."""
    at = onsets(n, rng, logu(rng, 3, 60))
    crack = place(
        n, at, lambda i: rng.pareto(1.3) * adecay(240, 0.0003, logu(rng, 0.0007, 0.006)) * white(240, rng)
    )
    crack = np.clip(crack, -25, 25)
    return mix(
        (body(crack, rng, 3, 400, 3500, (100, 900), 1), 0),
        (coloured(n, rng, 6) * (1 + 0.4 * wobble(n, rng, 4)), uni(rng, -20, 0)),
        (hp(white(n, rng), 1000), uni(rng, -35, -12)),
    )


def thunder(n, rng):
    """Thunder: crack and long irregular low roll, with rain behind it."""
    at = onsets(n, rng, uni(rng, 0.15, 0.4), 0.5)

    def roll(i):
        m = int(uni(rng, 2, 7) * SR)
        e = adecay(m, logu(rng, 0.005, 0.6), uni(rng, 0.6, 2)) * np.exp(0.8 * wobble(m, rng, uni(rng, 2, 8)))
        return e * unit(coloured(m, rng, uni(rng, 5, 10))) + adecay(m, 0.002, 0.06) * white(m, rng) * uni(
            rng, 0, 1.5
        )

    return place(n, at, roll) + uni(rng, 0.01, 0.2) * unit(coloured(n, rng, 2))
