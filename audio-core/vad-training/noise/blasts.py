"""Gunfire, explosions and fireworks (procedural)."""

import numpy as np

from .dsp import SR, adecay, bp, coloured, curve, hp, logu, lp, mix, onsets, place, room, uni, unit, white


def shot(rng, m, size, dist):
    """One shot: crack (noise burst), muzzle thump, low-passed with distance."""
    t = np.arange(m) / SR
    crack = white(m, rng) * np.exp(-t / (0.004 * size))
    blast = unit(coloured(m, rng, 5)) * adecay(m, 0.001, 0.03 * size)
    thump = np.sin(2 * np.pi * (90 / size) * t) * np.exp(-t / (0.04 * size))
    y = crack + uni(rng, 0.3, 1.5) * blast + uni(rng, 0, 1) * thump
    return lp(y, 3900 * (1 - dist) + 300 * dist, 1)


def _outdoor(y, n, rng):
    """Echoes off buildings/hills, then battlefield or street background."""
    for _ in range(int(rng.integers(0, 5))):
        k = int(logu(rng, 0.05, 1.2) * SR)
        if k < n:
            y[k:] += uni(rng, 0.05, 0.45) * lp(y, logu(rng, 400, 2500), 1)[: n - k]
    y = room(y, rng, (0, 0.4), (0.05, 0.8))
    return mix((y, 0), (coloured(n, rng, uni(rng, 2, 6)), uni(rng, -50, -14)))


def gun_single(n, rng):
    size, dist = logu(rng, 0.5, 4), rng.random()
    at = onsets(n, rng, logu(rng, 0.3, 3))
    return _outdoor(
        place(n, at, lambda i: logu(rng, 0.3, 1) * shot(rng, int(0.8 * SR), size * uni(rng, 0.8, 1.3), dist)),
        n,
        rng,
    )


def gun_bursts(n, rng):
    """Automatic fire: bursts at 5-20 shots per second, one or two weapons."""
    y = np.zeros(n)
    for _ in range(int(rng.integers(1, 3))):
        rate, size, dist = uni(rng, 5, 20), logu(rng, 0.5, 2.5), rng.random()
        at, t = [], uni(rng, 0, 1)
        while t < n / SR - 0.05:
            for _ in range(int(rng.integers(2, 25))):
                at.append(int((t + rng.normal(0, 0.003)) * SR))
                t += 1 / rate
            t += logu(rng, 0.15, 2.5)
        at = [a for a in at if 0 <= a < n - 100] or [0]
        y += logu(rng, 0.3, 1) * place(
            n, at, lambda i: uni(rng, 0.7, 1) * shot(rng, int(0.3 * SR), size, dist)
        )
    return _outdoor(y, n, rng)


def explosions(n, rng):
    def boom(i):
        m = int(uni(rng, 1, 4) * SR)
        y = unit(coloured(m, rng, uni(rng, 4, 9))) * adecay(m, logu(rng, 0.002, 0.05), logu(rng, 0.15, 1.2))
        y += white(m, rng) * adecay(m, 0.001, logu(rng, 0.01, 0.1)) * uni(rng, 0, 1.5)
        k = (rng.exponential(0.6, int(rng.integers(0, 40))) * SR).astype(int)
        return logu(rng, 0.2, 1) * (
            y
            + place(
                m,
                k[k < m - 200],
                lambda j: logu(rng, 0.03, 0.3) * white(150, rng) * adecay(150, 0.001, 0.006),
            )
        )

    return _outdoor(place(n, onsets(n, rng, logu(rng, 0.2, 1), 0.3), boom), n, rng)


def fireworks(n, rng):
    """Whistle up, bang, crackle shower."""

    def rocket(i):
        up = int(uni(rng, 0.3, 1.2) * SR)
        f = logu(rng, 600, 2000) * curve(up, [(0, 0.6), (1, uni(rng, 1, 1.8))])
        y = np.zeros(up + 2 * SR)
        y[:up] = (
            uni(rng, 0, 0.3) * np.sin(2 * np.pi * np.cumsum(f) / SR) * curve(up, [(0, 0.2), (0.8, 1), (1, 0)])
        )
        y[:up] += uni(rng, 0, 0.2) * hp(white(up, rng), 800)
        y[up : up + 6000] += shot(rng, 6000, logu(rng, 1, 5), rng.random()) * 1.5
        k = up + 800 + (rng.gamma(3, 0.15, int(rng.integers(0, 120))) * SR).astype(int)
        k = k[k < len(y) - 100]
        return logu(rng, 0.3, 1) * (
            y + place(len(y), k, lambda j: logu(rng, 0.05, 0.6) * white(90, rng) * adecay(90, 0.0005, 0.003))
        )

    return _outdoor(place(n, onsets(n, rng, logu(rng, 0.4, 2)), rocket), n, rng)


def battle(n, rng):
    """Distant battle: dense low-passed thuds, irregular, over rumble."""
    at = onsets(n, rng, logu(rng, 3, 12))
    y = place(n, at, lambda i: rng.pareto(2) * shot(rng, int(0.7 * SR), logu(rng, 1, 6), uni(rng, 0.6, 1)))
    return _outdoor(np.clip(y, -8, 8), n, rng)


def nail_gun(n, rng):
    """Pneumatic nailer, stapler, whip, balloon pop: crack then air release."""

    def fire(i):
        m = int(0.4 * SR)
        y = white(m, rng) * adecay(m, 0.0005, logu(rng, 0.002, 0.02))
        air = bp(white(m, rng), 900, 3900) * adecay(m, 0.02, logu(rng, 0.02, 0.12))
        return y + uni(rng, 0, 0.4) * air

    return _outdoor(place(n, onsets(n, rng, logu(rng, 0.5, 6), uni(rng, 0, 0.9)), fire), n, rng)
