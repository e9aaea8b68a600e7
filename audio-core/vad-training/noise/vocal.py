"""Non-speech human sounds (procedural): cry, cough, snore, breath, whistle."""

import numpy as np

from .dsp import (
    SR,
    adecay,
    bouts,
    bp,
    bump,
    chance,
    coloured,
    curve,
    hp,
    logu,
    lp,
    mix,
    onsets,
    place,
    pulses,
    reson,
    scene,
    uni,
    unit,
    voiced,
    white,
    wobble,
)


def baby_cry(n, rng):
    """Infant cry: 350-600 Hz harmonics, vibrato, breath intakes, pauses."""
    base = uni(rng, 320, 620)
    f1, f2 = uni(rng, 900, 1400), uni(rng, 2000, 3000)
    y, i = np.zeros(n), int(uni(rng, 0, 0.5) * SR)
    while i < n - 400:
        m = int(logu(rng, 0.35, 2.2) * SR)
        f = (
            base
            * uni(rng, 0.9, 1.15)
            * curve(
                m,
                [(0, uni(rng, 0.7, 0.95)), (0.25, 1.1), (0.7, uni(rng, 0.95, 1.1)), (1, uni(rng, 0.6, 0.85))],
            )
        )
        f = f * (
            1
            + uni(rng, 0.005, 0.03) * np.sin(6.283 * uni(rng, 4, 9) * np.arange(m) / SR)
            + 0.01 * wobble(m, rng, 25)
        )
        e = unit(voiced(f, [(f1, 350, 1), (f2, 500, 0.6), (3500, 500, 0.3)], uni(rng, -5, 0)))
        e += uni(rng, 0, 0.5) * bp(white(m, rng), 800, 3600) * (wobble(m, rng, 8) > 0.5)
        e = e * bump(m, 0.1, 0.25) * (1 + 0.2 * wobble(m, rng, 10))
        k = min(m, n - i)
        y[i : i + k] += e[:k]
        i += m
        b = int(uni(rng, 0.15, 0.5) * SR)
        if i + b < n:
            y[i : i + b] += 0.15 * hp(white(b, rng), 900) * np.hanning(b)
        i += b + int(logu(rng, 0.03, 0.8) * SR)
    return scene(y, n, rng)


def _cough(rng, vt):
    m = int(uni(rng, 0.18, 0.5) * SR)
    e = curve(
        m,
        [
            (0, 0),
            (0.03, 1),
            (0.2, uni(rng, 0.3, 0.7)),
            (0.55, uni(rng, 0.05, 0.3)),
            (0.7, uni(rng, 0.05, 0.5)),
            (1, 0),
        ],
    )
    x = white(m, rng)
    if chance(rng, 0.5):
        x = x + uni(rng, 1, 6) * pulses(
            uni(rng, 90, 300) * curve(m, [(0, 1.2), (1, 0.7)]), rng, 0.1, 0.4
        ) * curve(m, [(0, 0), (0.5, 0.2), (0.75, 1), (1, 0)])
    y = sum(
        g * reson(x, c * vt, b)
        for c, b, g in ((500, 200, 1), (1300, 250, 1), (2500, 400, 0.8), (3400, 500, 0.5))
    )
    return unit(y + 0.05 * x) * e


def cough(n, rng):
    vt = uni(rng, 0.8, 1.35)
    return scene(
        place(
            n,
            bouts(n, rng, uni(rng, 0.28, 0.6), (0.3, 3), (1, 5)),
            lambda i: uni(rng, 0.4, 1) * _cough(rng, vt),
        ),
        n,
        rng,
    )


def throat_sneeze(n, rng):
    """Sneezes (breath in, then burst), throat clearing, sniffs, nose blowing."""

    def ev(i):
        style = rng.choice(["sneeze", "sniff", "clear", "blow"])
        if style == "sneeze":
            a, b = int(uni(rng, 0.2, 0.7) * SR), int(uni(rng, 0.2, 0.5) * SR)
            inn = 0.15 * bp(white(a, rng), 600, 2800) * np.linspace(0, 1, a)
            return np.r_[inn, bp(white(b, rng), logu(rng, 300, 1500), 3900) * adecay(b, 0.01, 0.09)]
        m = int(logu(rng, 0.12, 0.8) * SR)
        if style == "sniff":
            return (
                0.5
                * bp(white(m, rng), logu(rng, 500, 1500), 3800)
                * bump(m, 0.6, 0.2)
                * (1 + 0.5 * wobble(m, rng, 30))
            )
        x = pulses(np.full(m, logu(rng, 25, 130)), rng, 0.2, 0.6) * 4 + 0.5 * white(m, rng)
        y = reson(x, uni(rng, 350, 800), 150) + reson(x, uni(rng, 1000, 1800), 250)
        return unit(y + 0.1 * x) * bump(m, 0.2, 0.3) * uni(rng, 0.4, 1)

    return scene(place(n, onsets(n, rng, logu(rng, 0.4, 1.5), 0.3), ev), n, rng)


def breath_snore(n, rng):
    """Breathing into the handset, panting, snoring."""
    rate, snore = logu(rng, 0.25, 2.5), chance(rng, 0.5)
    u = (np.arange(n) / SR * rate + rng.random() + 0.1 * wobble(n, rng, 0.5)) % 1
    inn = np.clip(np.sin(np.pi * u / 0.45), 0, None) * (u < 0.45)
    out = np.clip(np.sin(np.pi * (u - 0.5) / 0.4), 0, None) * (u > 0.5) * (u < 0.9)
    y = unit(bp(white(n, rng), logu(rng, 200, 900), logu(rng, 1500, 3800))) * inn * uni(rng, 0.2, 1)
    y = y + unit(bp(white(n, rng), logu(rng, 150, 600), logu(rng, 900, 3000))) * out
    if snore:
        p = pulses(logu(rng, 22, 90) * (1 + 0.1 * wobble(n, rng, 4)), rng, 0.08, 0.4)
        y = y + logu(rng, 0.5, 3) * inn * unit(sum(reson(p, logu(rng, 150, 1800), 150) for _ in range(3)))
    return scene(y, n, rng, -50, -18)


def whistle(n, rng):
    """Human whistling: gliding near-sine melodies with breath noise."""
    y, i = np.zeros(n), 0
    f, ph = logu(rng, 700, 1800), 0.0
    while i < n - 300:
        m = min(int(logu(rng, 0.1, 0.9) * SR), n - i)
        g = float(np.clip(f * 2 ** (rng.integers(-7, 8) / 12), 550, 3300))
        k = curve(m, [(0, f), (uni(rng, 0.05, 0.9), g), (1, g)]) * (
            1 + uni(rng, 0, 0.015) * np.sin(6.283 * 5.5 * np.arange(m) / SR)
        )
        c = ph + np.cumsum(k) / SR
        y[i : i + m] = (np.sin(2 * np.pi * c) + 0.05 * np.sin(4 * np.pi * c)) * (
            bump(m, 0.1, 0.15) if chance(rng, 0.7) else 1
        )
        ph, f = c[-1] % 1, g
        i += m + (int(logu(rng, 0.02, 0.6) * SR) if chance(rng, 0.4) else 0)
    breath = bp(white(n, rng), 800, 3800) * lp(np.abs(y), 10, 1)
    return scene(y + uni(rng, 0.01, 0.2) * breath, n, rng)


def laughter(n, rng):
    """Laughter-like bursts: 3-7 breathy pulses a second, falling pitch."""
    y, t = np.zeros(n), uni(rng, 0, 0.6)
    while t < n / SR - 0.2:
        f0, vt, rate, k = logu(rng, 130, 550), uni(rng, 0.85, 1.3), uni(rng, 3, 7), int(rng.integers(3, 13))
        fm = [(uni(rng, 500, 900) * vt, 120, 1), (uni(rng, 1100, 1900) * vt, 180, 0.6), (2700 * vt, 300, 0.3)]
        for j in range(k):
            m = int(uni(rng, 0.4, 0.75) / rate * SR)
            f = f0 * (1.15 - 0.3 * j / k) * curve(m, [(0, 0.95), (0.3, 1.1), (1, 0.8)])
            e = unit(voiced(f, fm, uni(rng, -10, -4))) + uni(rng, 0.2, 1.5) * bp(white(m, rng), 500, 3500)
            a = int(t * SR)
            w = min(m, n - a)
            if w > 0:
                y[a : a + w] += (e * bump(m, 0.3, 0.5))[:w] * uni(rng, 0.5, 1)
            t += uni(rng, 0.9, 1.1) / rate
        t += logu(rng, 0.2, 2)
    return scene(y, n, rng)


def applause(n, rng):
    """Applause and rhythmic clapping, from one person to a hall."""
    people = int(logu(rng, 1, 90))
    sync = rng.random() < 0.3
    base = uni(rng, 1.5, 5)
    h = np.zeros(n)
    for _ in range(people):
        at = onsets(n, rng, base if sync else uni(rng, 2, 6), 0.95)
        h[at] += uni(rng, 0.2, 1) * rng.choice([-1, 1], len(at))
    clap = white(500, rng) * adecay(500, 0.0005, logu(rng, 0.003, 0.012))
    y = np.convolve(h, bp(clap, logu(rng, 400, 900), logu(rng, 1800, 3800)))[:n]
    y = y * np.maximum(1 + 0.3 * wobble(n, rng, 0.5), 0.1)
    return scene(y, n, rng, -45, -15)


def crowd_hum(n, rng):
    """Stadium or hall murmur without words: dense noise with vowel colours.

    No periodic voices: many slow formant-filtered noise layers and cheers.
    """
    y = np.zeros(n)
    for _ in range(int(rng.integers(5, 12))):
        f = logu(rng, 250, 2600)
        y += (
            unit(bp(white(n, rng), f * 0.8, f * 1.25))
            * np.exp(uni(rng, 0.2, 0.8) * wobble(n, rng, uni(rng, 0.7, 5)))
            * (400 / f) ** uni(rng, 0, 0.7)
        )
    swell = np.exp(uni(rng, 0, 0.9) * wobble(n, rng, 0.3))
    return mix((y * swell, 0), (coloured(n, rng, 4), uni(rng, -20, -4)))


def stomach_lips(n, rng):
    """Mouth clicks, kisses, chewing, gulps, hiccups."""

    def ev(i):
        m = int(logu(rng, 0.02, 0.25) * SR)
        f = logu(rng, 300, 2500)
        t = np.arange(m) / SR
        if chance(rng, 0.5):
            return unit(reson(white(m, rng), f, f / 4)) * adecay(m, 0.001, logu(rng, 0.004, 0.05))
        return np.sin(6.283 * (f * t + uni(rng, -1, 3) * f * t * t)) * bump(m, 0.2, 0.5)

    y = place(n, onsets(n, rng, logu(rng, 1, 8), uni(rng, 0, 0.6)), lambda i: uni(rng, 0.3, 1) * ev(i))
    wet = bp(np.abs(white(n, rng)) ** 4 * white(n, rng), 500, 3500) * np.maximum(
        wobble(n, rng, uni(rng, 1, 4)), 0
    )
    return mix((y, 0), (wet + 1e-9, uni(rng, -25, 0)), (coloured(n, rng, 3), uni(rng, -50, -22)))
