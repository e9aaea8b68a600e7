"""Road, rail, sirens and horns (procedural)."""

import numpy as np

from .dsp import (
    SR,
    body,
    bp,
    chance,
    coloured,
    curve,
    harmonics,
    logu,
    lp,
    mix,
    onsets,
    place,
    pulses,
    random_spectrum,
    room,
    shaped,
    uni,
    unit,
    white,
    wobble,
)


def passing_cars(n, rng):
    """Cars passing: level follows distance, pitch follows doppler shift."""
    y = uni(rng, 0.02, 0.3) * unit(coloured(n, rng, 5))
    t = np.arange(n) / SR
    for _ in range(int(rng.integers(1, 6))):
        t0, v, d = uni(rng, -1, n / SR + 1), uni(rng, 6, 40), logu(rng, 3, 30)
        x = v * (t - t0)
        r = np.hypot(x, d)
        shift = 1 / (1 + v * x / r / 343)
        tyre = shaped(n, rng, random_spectrum(rng, knots=6, spread=8, tilt=(-6, -1)))
        eng = harmonics(logu(rng, 40, 160) * shift, rng.random(15) / np.arange(1, 16), rng)
        y += (d / r) ** uni(rng, 1, 2) * mix((tyre, 0), (eng, uni(rng, -20, 0)))
    return y


def road_rumble(n, rng):
    """Inside a moving car: low rumble, tyre band, joints, indicator ticks."""
    y = mix(
        (coloured(n, rng, uni(rng, 5, 9)), 0),
        (bp(white(n, rng), logu(rng, 300, 700), logu(rng, 900, 2500), 1), uni(rng, -25, -8)),
        (
            harmonics(logu(rng, 30, 110) * (1 + 0.03 * wobble(n, rng, 0.5)), rng.random(8), rng),
            uni(rng, -25, -6),
        ),
    )
    y = y * (1 + 0.25 * wobble(n, rng, uni(rng, 0.5, 4)))
    if chance(rng, 0.5):
        y += 0.8 * unit(
            body(pulses(np.full(n, logu(rng, 0.5, 6)), rng, 0.1, 0.5), rng, 3, 50, 600, (20, 120)) + 1e-9
        )
    if chance(rng, 0.3):
        y += 0.25 * unit(
            body(pulses(np.full(n, uni(rng, 2.4, 3.4)), rng), rng, 3, 900, 3000, (100, 600)) + 1e-9
        )
    return y


def train(n, rng):
    """Rail: rumble, paired wheel clacks, screech."""
    y = unit(shaped(n, rng, random_spectrum(rng, spread=8, tilt=(-8, -3))))
    rate = logu(rng, 0.6, 3.5)
    at = onsets(n, rng, rate, 0.97)
    modes = [(logu(rng, 80, 2800), logu(rng, 0.01, 0.08), rng.random()) for _ in range(6)]

    def clack(i):
        m = int(0.3 * SR)
        t = np.arange(m) / SR
        return uni(rng, 0.6, 1) * (
            sum(a * np.sin(6.283 * f * t) * np.exp(-t / d) for f, d, a in modes)
            + white(m, rng) * np.exp(-t / 0.012)
        )

    gap = int(uni(rng, 0.08, 0.25) * SR)
    y += unit(place(n, np.sort(np.r_[at, at[at < n - gap - 80] + gap]), clack)) * uni(rng, 0.2, 1.5)
    if chance(rng, 0.4):
        f = logu(rng, 900, 3300) * (1 + 0.02 * wobble(n, rng, 5))
        y += harmonics(f, [1, 0.5, 0.3]) * np.maximum(wobble(n, rng, 0.8), 0) * uni(rng, 0.1, 1)
    return y


def horns(n, rng):
    """Car, truck and train horns: one to four reed tones in dissonant chords."""
    base = logu(rng, 180, 600)
    tones = [
        base * r
        for r in (1, uni(rng, 1.15, 1.35), uni(rng, 1.45, 1.7), uni(rng, 0.5, 2))[: int(rng.integers(1, 5))]
    ]
    amps = np.arange(1, 14) ** -uni(rng, 0, 1.2)

    def toot(i):
        m = int(logu(rng, 0.08, 2.5) * SR)
        bend = 1 + curve(m, [(0, -uni(rng, 0, 0.04)), (0.1, 0), (0.9, 0), (1, -uni(rng, 0, 0.05))])
        s = sum(harmonics(f * bend, amps) for f in tones)
        return s * curve(m, [(0, 0), (0.05, 1), (0.93, 1), (1, 0)])

    y = place(n, onsets(n, rng, logu(rng, 0.3, 1.5), uni(rng, 0, 0.8)), toot)
    return mix((room(y, rng), 0), (coloured(n, rng, 5), uni(rng, -35, -8)))


def sirens(n, rng):
    """Emergency and civil-defence sirens: wail, yelp, two-tone, hi-lo, air raid."""
    t = np.arange(n) / SR
    lo = logu(rng, 350, 800)
    hi = lo * uni(rng, 1.3, 2.6)
    style = rng.choice(["wail", "yelp", "twotone", "phaser", "raid"])
    if style == "twotone":
        f = np.where((t * uni(rng, 0.6, 2) + rng.random()) % 1 < 0.5, lo, lo * uni(rng, 1.2, 1.5))
    elif style == "raid":
        f = lo * 0.9 * lp(((t * uni(rng, 0.08, 0.25) + rng.random()) % 1 < 0.6).astype(float), 0.35, 1) + 40
    else:
        rate = {"wail": uni(rng, 0.1, 0.5), "yelp": uni(rng, 2, 5), "phaser": uni(rng, 8, 18)}[style]
        u = (t * rate + rng.random()) % 1
        rise = uni(rng, 0.2, 0.8)
        f = lo + (hi - lo) * np.where(u < rise, u / rise, (1 - u) / (1 - rise)) ** uni(rng, 0.6, 1.5)
    f = f * curve(n, [(0, 1 + uni(rng, 0, 0.06)), (uni(rng, 0.3, 0.7), 1), (1, 1 - uni(rng, 0, 0.06))])
    y = harmonics(f, np.arange(1, 12) ** -uni(rng, 0.5, 2.5), rng)
    y = room(y * curve(n, [(0, uni(rng, 0.1, 1)), (0.5, 1), (1, uni(rng, 0.1, 1))]), rng)
    return mix((y, 0), (coloured(n, rng, 5), uni(rng, -40, -6)))


def reverse_beeper(n, rng):
    """Vehicle reversing alarm, crossing bell or alarm clock: gated tone bursts."""
    f = logu(rng, 500, 3200)
    rate = logu(rng, 0.8, 8)
    u = (np.arange(n) * rate / SR) % 1
    gate = lp((u < uni(rng, 0.2, 0.7)).astype(float), 120, 1)
    if chance(rng, 0.4):  # grouped beeps
        gate = gate * ((np.arange(n) * rate / SR / rng.integers(3, 6)) % 1 < uni(rng, 0.4, 0.8))
    y = harmonics(np.full(n, f), [1, uni(rng, 0, 0.6), uni(rng, 0, 0.6)]) * gate
    return mix((room(y, rng), 0), (coloured(n, rng, uni(rng, 2, 6)), uni(rng, -40, -8)))


def squeal_brakes(n, rng):
    """Brake or door-hinge squeal: stick-slip tones with rapid jumps."""

    def cry(i):
        m = int(logu(rng, 0.2, 3) * SR)
        f = logu(rng, 200, 2600) * (1 + 0.15 * wobble(m, rng, uni(rng, 2, 15)))
        f = np.maximum(f, 60)
        e = np.maximum(0.5 + wobble(m, rng, uni(rng, 3, 30)), 0) * np.hanning(m)
        return e * harmonics(f, np.arange(1, 20) ** -uni(rng, 0.2, 1.5), rng) * uni(rng, 0.4, 1)

    y = place(n, onsets(n, rng, uni(rng, 0.4, 1.2), 0.4), cry)
    return mix((room(y, rng), 0), (coloured(n, rng, uni(rng, 3, 6)), uni(rng, -35, -8)))
