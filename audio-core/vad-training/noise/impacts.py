"""Everyday impacts, rattles and rustles (procedural modal synthesis)."""

import numpy as np

from .dsp import (
    SR,
    adecay,
    body,
    bp,
    chance,
    coloured,
    hp,
    logu,
    mix,
    onsets,
    place,
    pulses,
    reson,
    room,
    uni,
    unit,
    white,
    wobble,
)


def modal(m, rng, count, lo, hi, tau, noise=0.5, ntau=0.006, soft=0.0):
    """One strike: `count` decaying modes in lo..hi Hz plus a noise tick."""
    t = np.arange(m) / SR
    f = np.exp(rng.uniform(np.log(lo), np.log(hi), count))
    d = np.exp(rng.uniform(np.log(tau[0]), np.log(tau[1]), count))
    a = rng.random(count) * np.exp(-soft * f / 1000)
    y = (a[:, None] * np.sin(2 * np.pi * f[:, None] * t + 0.3) * np.exp(-t / d[:, None])).sum(0)
    return y + noise * white(m, rng) * np.exp(-t / ntau)


def _floor(y, n, rng, lo=-55, hi=-18):
    """Impulses in a quiet room: reverberation and a low background."""
    return mix((room(y, rng), 0), (coloured(n, rng, uni(rng, 0, 6)), uni(rng, lo, hi)))


def knocks(n, rng):
    """Knocking on a door or table in groups."""
    at = []
    t = uni(rng, 0, 0.5) * SR
    while t < n - 400:
        gap = uni(rng, 0.12, 0.4) * SR
        for _ in range(int(rng.integers(1, 7))):
            at.append(int(t + rng.normal(0, 0.01) * SR))
            t += gap
        t += logu(rng, 0.2, 2) * SR
    at = [a for a in at if 0 <= a < n - 300] or [0]
    seed, lo = int(rng.integers(1 << 30)), logu(rng, 70, 300)
    hi, tau = lo * uni(rng, 3, 12), logu(rng, 0.01, 0.06)
    return _floor(
        place(
            n,
            at,
            lambda i: (
                uni(rng, 0.5, 1)
                * modal(
                    1600, np.random.default_rng(seed), 8, lo, hi, (tau / 2, tau), uni(rng, 0.1, 0.8), 0.003
                )
            ),
        ),
        n,
        rng,
    )


def hammering(n, rng):
    at = onsets(n, rng, logu(rng, 0.7, 5), uni(rng, 0.6, 1))
    seed, ring = int(rng.integers(1 << 30)), logu(rng, 0.01, 0.35)
    lo = logu(rng, 150, 900)
    return _floor(
        place(
            n,
            at,
            lambda i: (
                logu(rng, 0.3, 1)
                * modal(4800, np.random.default_rng(seed), 12, lo, 3800, (ring / 4, ring), 1.0, 0.004)
            ),
        ),
        n,
        rng,
    )


def door_slam(n, rng):
    def slam(i):
        y = modal(
            5600, rng, 8, 40, logu(rng, 200, 900), (0.03, 0.25), uni(rng, 0.3, 1.5), logu(rng, 0.01, 0.07)
        )
        rattle = np.zeros(5600)
        k = onsets(5600, rng, logu(rng, 15, 60))
        rattle[k] = np.exp(-k / 2000) * rng.standard_normal(len(k))
        return y + body(rattle, rng, 4, 300, 3500, (50, 400)) * uni(rng, 0, 2)

    return _floor(place(n, onsets(n, rng, logu(rng, 0.25, 1.2), 0.4), slam), n, rng)


def footsteps(n, rng):
    rate = logu(rng, 1.2, 3.5)
    at = onsets(n, rng, rate, uni(rng, 0.85, 0.99))
    lo, hi = logu(rng, 60, 500), logu(rng, 700, 3800)
    hard, grit = logu(rng, 0.003, 0.03), uni(rng, 0, 1)

    def step(i):
        m = int(0.35 * SR)
        heel = modal(m, rng, 6, lo, hi, (0.005, 0.05), 0.8, hard, 0.4)
        k = int(uni(rng, 0.04, 0.12) * SR)
        scrape = np.zeros(m)
        w = min(m - k, int(uni(rng, 0.05, 0.2) * SR))
        scrape[k : k + w] = np.hanning(w) * bp(white(w, rng), 700, 3800) * np.abs(wobble(w, rng, 80))
        return uni(rng, 0.6, 1) * heel + grit * scrape

    return _floor(place(n, at, step), n, rng)


def dishes(n, rng):
    """Dish and cutlery clatter: clusters of bright inharmonic rings."""
    at = onsets(n, rng, logu(rng, 2, 14))
    return _floor(
        place(
            n,
            at,
            lambda i: (
                rng.exponential()
                * modal(3200, rng, 7, logu(rng, 500, 2000), 3900, (0.01, logu(rng, 0.03, 0.3)), 0.4, 0.002)
            ),
        ),
        n,
        rng,
    )


def coins_keys(n, rng):
    """Keys, coins, chains: dense tiny metallic ticks in shaken groups."""
    shake = np.maximum(wobble(n, rng, uni(rng, 2, 9)), 0)
    h = np.zeros(n)
    at = onsets(n, rng, logu(rng, 25, 150))
    h[at] = shake[at] * rng.exponential(1, len(at))
    y = sum(reson(h * (rng.random(n) < 0.6), logu(rng, 1400, 3900), logu(rng, 15, 150)) for _ in range(9))
    return _floor(y + 0.02 * hp(white(n, rng), 1500) * shake, n, rng)


def glass_break(n, rng):
    def crash(i):
        m = int(1.5 * SR)
        y = 2 * adecay(m, 0.001, logu(rng, 0.02, 0.12)) * hp(white(m, rng), 600)
        k = (rng.exponential(0.25, int(rng.integers(15, 70))) * SR).astype(int)
        return y + place(
            m,
            k[k < m - 200],
            lambda j: logu(rng, 0.05, 0.8) * modal(900, rng, 4, 1200, 3900, (0.005, 0.06), 0.2, 0.001),
        )

    return _floor(place(n, onsets(n, rng, uni(rng, 0.25, 0.7), 0.4), crash), n, rng)


def typing(n, rng):
    """Keyboard: press/release click pairs in bursts, occasional space bar."""
    burst = wobble(n, rng, uni(rng, 0.4, 1.5)) > uni(rng, -1.5, 0.3)
    at = onsets(n, rng, logu(rng, 3, 12), 0.4)
    at = at[burst[at]] if burst[at].any() else at
    f, tau = logu(rng, 500, 2500), logu(rng, 0.002, 0.012)

    def key(i):
        m = 1400
        low = 0.4 if chance(rng, 0.12) else 1.0
        y = modal(m, rng, 4, f * low, min(f * 3, 3900), (tau, tau * 4), 0.7, tau)
        k = int(uni(rng, 0.05, 0.12) * SR)
        y[k:] += 0.4 * modal(m - k, rng, 3, f, 3900, (tau / 2, tau * 2), 0.5, tau / 2)
        return y * uni(rng, 0.4, 1)

    return _floor(place(n, at, key), n, rng, -45, -12)


def clicks(n, rng):
    """Mouse clicks, switches, pen clicks, finger snaps."""
    at = onsets(n, rng, logu(rng, 0.6, 5), uni(rng, 0, 0.7))
    f, tau = logu(rng, 600, 3000), logu(rng, 0.0008, 0.01)

    def click(i):
        y = modal(900, rng, 3, f, 3900, (tau, tau * 3), 1, tau)
        k = int(uni(rng, 0.02, 0.1) * SR)
        y[k:] += uni(rng, 0.3, 1) * modal(900 - k, rng, 3, f, 3900, (tau, tau * 3), 1, tau)
        return y * uni(rng, 0.5, 1)

    return _floor(place(n, at, click), n, rng)


def paper(n, rng):
    """Paper, bag or clothes rustle: crackling noise with random strokes."""
    stroke = np.maximum(wobble(n, rng, logu(rng, 1, 9)) + uni(rng, -0.5, 0.4), 0) ** uni(rng, 1, 2)
    grain = np.abs(white(n, rng)) ** uni(rng, 2, 6) * white(n, rng)
    y = bp(unit(grain), logu(rng, 200, 1800), logu(rng, 2200, 3900)) * stroke
    return mix((y + 1e-9, 0), (coloured(n, rng, 2), uni(rng, -55, -20)))


def handset(n, rng):
    """Handling noise: thumps, scrapes and taps on the phone itself."""
    thump = place(
        n,
        onsets(n, rng, logu(rng, 0.5, 4)),
        lambda i: logu(rng, 0.2, 2) * modal(1600, rng, 4, 40, 500, (0.01, 0.06), 1, 0.01),
    )
    scrape = (
        bp(white(n, rng), logu(rng, 60, 800), logu(rng, 1000, 3800))
        * np.maximum(wobble(n, rng, uni(rng, 1, 6)) - 0.3, 0)
        * (1 + 0.6 * wobble(n, rng, 60))
    )
    return mix((thump, 0), (scrape + 1e-9, uni(rng, -15, 3)), (coloured(n, rng, 3), uni(rng, -50, -22)))


def ticks(n, rng):
    """Clock, metronome, ratchet, turnstile: regular ticks, 0.8-40 per second."""
    rate = logu(rng, 0.8, 40)
    f = np.full(n, rate) * (np.maximum(1 + 0.5 * wobble(n, rng, 1), 0.2) if chance(rng, 0.4) else 1)
    h = pulses(f, rng, uni(rng, 0, 0.03), uni(rng, 0, 0.3))
    y = np.convolve(
        h, modal(1200, rng, 6, logu(rng, 300, 1500), 3900, (0.002, logu(rng, 0.004, 0.05)), 0.6, 0.002)
    )[:n]
    return _floor(y, n, rng)


def ball_bounce(n, rng):
    """Bouncing ball or dropped object: accelerating impacts."""

    def drop(i):
        g, t, k = uni(rng, 0.15, 0.6), 0.0, []
        r = uni(rng, 0.6, 0.92)
        while g > 0.015 and len(k) < 40:
            k.append((int(t * SR), g))
            t += g
            g *= r
        m = k[-1][0] + 2000
        seed = int(rng.integers(1 << 30))
        lo = logu(rng, 80, 1200)
        return place(
            m,
            [a for a, _ in k],
            lambda j: (
                k[j][1] * modal(1500, np.random.default_rng(seed), 6, lo, lo * 5, (0.01, 0.08), 0.6, 0.004)
            ),
        )

    return _floor(place(n, onsets(n, rng, uni(rng, 0.4, 1), 0.3), drop), n, rng)
