"""Combustion and rotor engines (procedural; all parameters random per clip).

Firing pulses at 12-250 Hz excite a random exhaust/body filter; rpm tracks idle,
wander, accelerate or shift gears.
"""

import numpy as np

from .dsp import (
    SR,
    adecay,
    body,
    bp,
    chance,
    coloured,
    curve,
    cycles,
    harmonics,
    hp,
    logu,
    lp,
    mix,
    pulses,
    uni,
    white,
    wobble,
)


def _rpm(n, rng, base, wander, style=None):
    """Firing-rate track in Hz around base."""
    style = style or rng.choice(["idle", "rise", "gears", "revs", "steady"])
    f = np.full(n, base)
    if style == "rise":
        f = curve(
            n, [(0, base * uni(rng, 0.5, 0.9)), (uni(rng, 0.4, 0.9), base * uni(rng, 1.1, 2.2)), (1, base)]
        )
    elif style == "gears":
        steps = int(rng.integers(2, 5))
        edges = np.sort(rng.random(steps))
        u = np.linspace(0, 1, n)
        saw = np.interp(
            u,
            np.r_[0, np.repeat(edges, 2) + np.tile([0, 1e-2], steps), 1.05],
            np.r_[0.7, np.tile([1.6, 0.9], steps), 1.5],
        )
        f = base * saw
    elif style == "revs":
        f = base * (1 + uni(rng, 0.2, 0.9) * np.maximum(wobble(n, rng, uni(rng, 0.5, 2)), 0))
    return np.maximum(f * (1 + wander * wobble(n, rng, uni(rng, 1, 8))), 4)


def _firing(f, rng, cylinders, jitter=0.02):
    """Firing pulses with a fixed imbalance between cylinders."""
    ph = cycles(f, start=rng.random() * 9)
    idx = np.floor(ph).astype(int)
    hit = np.flatnonzero(np.diff(idx) > 0)
    gains = uni(rng, 0.5, 1.0) + rng.random(cylinders) * uni(rng, 0.1, 0.9)
    y = np.zeros(len(f))
    y[hit] = gains[idx[hit] % cylinders] * (1 + jitter * 5 * rng.standard_normal(len(hit)))
    return y


def car_engine(n, rng):
    f = _rpm(n, rng, logu(rng, 22, 120), uni(rng, 0.003, 0.03))
    p = _firing(f, rng, int(rng.choice([3, 4, 6, 8])))
    y = body(p, rng, int(rng.integers(3, 7)), 50, 1500, (30, 250))
    air = bp(white(n, rng), logu(rng, 80, 500), logu(rng, 900, 3500)) * (0.3 + p_env(p))
    return mix((y, 0), (air, uni(rng, -25, -6)))


def p_env(p):
    """Fast envelope of a pulse train, about unit mean."""
    e = lp(np.abs(p), 60, 1)
    return np.maximum(e, 0) / (e.mean() + 1e-9)


def diesel(n, rng):
    f = _rpm(
        n, rng, logu(rng, 14, 60), uni(rng, 0.005, 0.04), rng.choice(["idle", "rise", "steady", "gears"])
    )
    p = _firing(f, rng, int(rng.choice([4, 6])), 0.05)
    low = body(p, rng, 3, 40, 250, (20, 90))
    burst = p_env(lp(p, 400, 1)) ** 2 * white(n, rng)
    knock = body(burst, rng, 4, 700, 3500, (80, 500))
    whine = harmonics(f * uni(rng, 20, 60), [1, 0.3]) if chance(rng, 0.4) else white(n, rng) * 0.01
    return mix((low, 0), (knock, uni(rng, -18, 0)), (whine, uni(rng, -34, -20)))


def motorcycle(n, rng):
    f = _rpm(n, rng, logu(rng, 35, 220), uni(rng, 0.005, 0.03), rng.choice(["rise", "gears", "revs", "idle"]))
    p = _firing(f, rng, int(rng.choice([1, 2, 2, 4])), 0.04)
    y = np.tanh(body(p, rng, 4, 90, 2500, (60, 400), 0.5) * uni(rng, 1, 12))
    return mix((y, 0), (coloured(n, rng, 4), uni(rng, -35, -12)))


def tank(n, rng):
    """Tracked vehicle: 20-60 Hz firing, track-link clatter, squeal, rumble."""
    f = _rpm(n, rng, uni(rng, 20, 60), uni(rng, 0.01, 0.05), rng.choice(["idle", "rise", "gears", "revs"]))
    p = _firing(f, rng, int(rng.choice([6, 8, 12])), 0.06)
    eng = body(p, rng, 5, 40, 700, (15, 120))
    speed = logu(rng, 4, 22) * (1 + 0.2 * wobble(n, rng, 0.5))
    links = pulses(np.maximum(speed, 1), rng, 0.12, 0.6)
    clank = body(
        np.convolve(links, adecay(400, 0.001, uni(rng, 0.004, 0.03)))[:n] * white(n, rng),
        rng,
        6,
        250,
        3300,
        (20, 300),
    )
    squeal = harmonics(logu(rng, 500, 1800) * (1 + 0.05 * wobble(n, rng, 4)), [1, 0.5, 0.3]) * np.maximum(
        wobble(n, rng, 1.5), 0
    )
    return mix(
        (eng, 0),
        (clank, uni(rng, -14, 2)),
        (coloured(n, rng, 6), uni(rng, -15, -4)),
        (squeal + 1e-6, uni(rng, -35, -14)),
    )


def tractor(n, rng):
    """Slow one/two-cylinder engine with loose metal parts and hitch rattle."""
    f = _rpm(n, rng, logu(rng, 6, 25), uni(rng, 0.01, 0.06), rng.choice(["idle", "steady", "revs"]))
    p = _firing(f, rng, int(rng.choice([1, 2])), 0.06)
    y = body(
        np.convolve(p, adecay(500, 0.003, uni(rng, 0.005, 0.03)))[:n] * (0.4 + np.abs(white(n, rng))),
        rng,
        5,
        60,
        1500,
        (30, 200),
    )
    rattle = body(pulses(np.full(n, logu(rng, 15, 70)), rng, 0.3, 0.8), rng, 5, 900, 3500, (40, 250))
    return mix((y, 0), (rattle, uni(rng, -25, -4)), (coloured(n, rng, 5), uni(rng, -25, -10)))


def helicopter(n, rng):
    f = np.full(n, logu(rng, 8, 30)) * (1 + 0.01 * wobble(n, rng, 0.5))
    w = uni(rng, 0.004, 0.02)
    slap = np.convolve(pulses(f, rng, 0.01, 0.15), np.hanning(int(w * SR) | 1))[:n]
    thump = body(hp(slap, 15), rng, 3, 60, 700, (30, 200))
    wash = bp(white(n, rng), 100, logu(rng, 600, 3500)) * (0.3 + lp(slap, 60, 1))
    turbine = harmonics(logu(rng, 700, 3200) * (1 + 0.004 * wobble(n, rng, 1)), [1, 0.4])
    dist = curve(n, [(0, uni(rng, 0.2, 1)), (uni(rng, 0.2, 0.8), 1), (1, uni(rng, 0.2, 1))])
    return dist * mix((thump, 0), (wash, uni(rng, -12, 3)), (turbine, uni(rng, -38, -16)))


def propeller(n, rng):
    f = np.full(n, logu(rng, 45, 220)) * (1 + 0.02 * wobble(n, rng, 0.7))
    k = np.arange(1, 40)
    y = harmonics(f, k ** -uni(rng, 0.3, 1.3) * (0.3 + rng.random(len(k))), rng)
    if chance(rng, 0.5):  # second engine beats with the first
        y = y + harmonics(f * uni(rng, 0.97, 1.03), k ** -uni(rng, 0.3, 1.3), rng)
    return mix((y, 0), (coloured(n, rng, uni(rng, 2, 6)), uni(rng, -20, 0)))


def jet(n, rng):
    """Jet or turbine: broadband roar with drifting whine and a fly-by."""
    roar = coloured(n, rng, uni(rng, 2, 7)) * (1 + 0.3 * wobble(n, rng, uni(rng, 2, 20)))
    f = logu(rng, 600, 3000) * curve(n, [(0, uni(rng, 0.8, 1.2)), (0.5, 1), (1, uni(rng, 0.6, 1.2))])
    fly = curve(n, [(0, uni(rng, 0.05, 1)), (uni(rng, 0.3, 0.7), 1), (1, uni(rng, 0.05, 1))])
    return fly * mix((roar, 0), (harmonics(f, [1, 0.5, 0.2]), uni(rng, -30, -8)))


def chainsaw(n, rng):
    f = _rpm(n, rng, logu(rng, 60, 190), 0.02, "revs")
    p = _firing(f, rng, 1, 0.08)
    y = np.tanh(body(p, rng, 5, 150, 3300, (80, 500), 0.6) * uni(rng, 3, 20))
    cut = bp(white(n, rng), 800, 3600) * np.maximum(wobble(n, rng, 1), 0)
    return mix((y, 0), (cut + 1e-6, uni(rng, -25, -6)))


def mower(n, rng):
    f = np.full(n, logu(rng, 22, 55)) * (1 + 0.03 * wobble(n, rng, 2))
    p = _firing(f, rng, 1, 0.06)
    y = body(p, rng, 5, 70, 1800, (40, 300), 0.3)
    blade = harmonics(f * 4, [1, 0.6, 0.4, 0.2], rng)
    return mix((y, 0), (blade, uni(rng, -25, -8)), (bp(white(n, rng), 200, 3000), uni(rng, -15, -2)))
