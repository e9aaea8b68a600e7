"""Simple synthetic music (procedural)."""

import numpy as np
from scipy.signal import lfilter

from .dsp import (
    SR,
    adecay,
    bump,
    chance,
    cycles,
    harmonics,
    hp,
    logu,
    place,
    reson,
    room,
    uni,
    unit,
    white,
    wobble,
)

SCALES = [
    (0, 2, 4, 5, 7, 9, 11),
    (0, 2, 3, 5, 7, 8, 10),
    (0, 3, 5, 7, 10),
    (0, 2, 4, 7, 9),
    (0, 1, 4, 5, 7, 8, 11),
]


def _melody(n, rng, beat, lo=-12, hi=19):
    """(start sample, length s, semitone) notes of a random walk on a scale."""
    scale = np.array(SCALES[rng.integers(len(SCALES))])
    deg, t, out = int(rng.integers(-3, 8)), 0.0, []
    while t < n / SR:
        d = beat * rng.choice([0.25, 0.5, 0.5, 1, 1, 2])
        deg = int(np.clip(deg + rng.integers(-3, 4), -7, 12))
        semi = int(12 * (deg // len(scale)) + scale[deg % len(scale)])
        if not chance(rng, 0.12):
            out.append((int(t * SR), d, int(np.clip(semi, lo, hi))))
        t += d
    return out or [(0, beat, 0)]


def _notes(n, rng, synth, base, beat):
    notes = _melody(n, rng, beat)
    return place(
        n,
        [a for a, _, _ in notes],
        lambda i: uni(rng, 0.6, 1) * synth(base * 2 ** (notes[i][2] / 12), notes[i][1]),
    )


def plucked(n, rng):
    """Karplus-Strong strings: melody plus strummed chords."""
    damp, bright = uni(rng, 0.985, 0.999), uni(rng, 0.1, 0.9)

    def pluck(f, d):
        m = int(min(d * 2 + 0.5, 3) * SR)
        p = max(int(SR / f - 0.5), 2)
        x = np.zeros(m)
        x[:p] = rng.standard_normal(p)
        a = np.zeros(p + 2)
        a[0], a[p], a[p + 1] = 1, -damp * (0.5 + 0.5 * bright), -damp * (0.5 - 0.5 * bright)
        return lfilter([1], a, x)

    base, beat = logu(rng, 90, 330), logu(rng, 0.2, 0.8)
    y = _notes(n, rng, pluck, base, beat)
    if chance(rng, 0.6):

        def chord(f, d):
            return sum(_cut(pluck(f * r, d), k) for k, r in enumerate((1, 1.26, 1.5, 2)))

        y = y + 0.5 * _notes(n, rng, chord, base / 2, beat * 2)
    return room(y, rng, (0, 0.4))


def _cut(x, k):
    """Delay a strummed string by k*20 ms and fix the length to 1.5 s."""
    y = np.zeros(int(1.5 * SR))
    a = int(k * 0.02 * SR)
    m = min(len(x), len(y) - a)
    y[a : a + m] = x[:m]
    return y


def organ(n, rng):
    """Organ or accordion chords with drawbars and tremolo."""
    bars = rng.random(9) ** 2
    mult = np.array([0.5, 1, 1.5, 2, 3, 4, 5, 6, 8])
    trem = 1 + uni(rng, 0, 0.3) * np.sin(2 * np.pi * cycles(uni(rng, 3, 8), n))
    base, t, y = logu(rng, 110, 330), 0.0, np.zeros(n)
    while t < n / SR - 0.1:
        d = logu(rng, 0.4, 2.5)
        m, a = int(d * SR), int(t * SR)
        m = min(m, n - a)
        root = base * 2 ** (rng.choice(SCALES[0]) / 12)
        tt = np.arange(m) / SR
        for r in [(1, 1.26, 1.5), (1, 1.19, 1.5), (1, 1.335, 1.68), (0.5, 1, 1.26, 1.78)][rng.integers(4)]:
            for b, k in zip(bars, mult):
                if root * r * k < 3900:
                    y[a : a + m] += (
                        b
                        * np.sin(2 * np.pi * root * r * k * tt)
                        * np.minimum(1, np.minimum(tt, m / SR - tt) / 0.02)
                    )
        t += d
    return room(y * trem, rng)


def pads(n, rng):
    """Sustained detuned synth pads or string sections with vibrato."""
    y, a = np.zeros(n), 0
    amps = np.arange(1, 20) ** -uni(rng, 0.7, 2)
    base = logu(rng, 110, 400)
    while a < n - 400:
        m = min(int(uni(rng, 1, 4) * SR), n - a)
        f0 = base * 2 ** (rng.choice(SCALES[rng.integers(5)]) / 12)
        for r in rng.choice([1, 1.26, 1.5, 2, 0.5, 1.78], int(rng.integers(1, 4)), replace=False):
            for det in (-1, 1):
                f = (
                    f0
                    * r
                    * (1 + det * uni(rng, 0, 0.006))
                    * (1 + uni(rng, 0, 0.012) * np.sin(2 * np.pi * cycles(uni(rng, 4, 7), m)))
                )
                y[a : a + m] += harmonics(f, amps, rng) * bump(m, uni(rng, 0.05, 0.4), uni(rng, 0.1, 0.4))
        a += int(m * uni(rng, 0.6, 1))
    return room(y, rng)


def bells(n, rng):
    """Bells, chimes, music box, glockenspiel: inharmonic ringing notes."""
    part = np.array([0.5, 1, 1.19, 1.5, 2, 2.51, 2.66, 3.01, 4.17]) * (1 + 0.05 * rng.standard_normal(9))
    amp, tau = rng.random(9), logu(rng, 0.1, 1.5)

    def bell(f, d):
        m = int(min(tau * 4, 3) * SR)
        t = np.arange(m) / SR
        return sum(
            a * np.sin(2 * np.pi * f * p * t) * np.exp(-t * p**0.7 / tau)
            for a, p in zip(amp, part)
            if f * p < 3900
        )

    return room(_notes(n, rng, bell, logu(rng, 220, 1000), logu(rng, 0.2, 1.2)), rng)


def arpeggio(n, rng):
    """Chip-tune arpeggios: square/saw waves, steady tempo, bass below."""
    step = int(logu(rng, 0.06, 0.25) * SR)
    k = n // step + 2
    scale = np.array(SCALES[rng.integers(5)])
    pat = rng.choice(scale, int(rng.integers(3, 9))) + 12 * rng.integers(0, 2)
    root = np.repeat(rng.choice([0, 5, 7, -3, -5], k // 16 + 1), 16)[:k]
    semi = pat[np.arange(k) % len(pat)] + root
    f = (logu(rng, 130, 440) * 2 ** (semi / 12))[np.arange(n) // step]
    odd = chance(rng, 0.5)
    amps = [0 if odd and j % 2 == 0 else 1 / j for j in range(1, 25)]
    env = np.exp(-(np.arange(n) % step) / (step * uni(rng, 0.2, 3)))
    bass = harmonics((110 * 2 ** (root / 12))[np.arange(n) // step], [1, 0.5, 0.3, 0.2])
    return unit(harmonics(f, amps) * env) + uni(rng, 0, 1) * unit(bass)


def drums(n, rng):
    """Drum machine: kick, snare, hats, toms on a 16-step pattern."""
    step = logu(rng, 0.09, 0.22)
    hits = rng.random((4, 16)) < np.array([[0.3], [0.2], [0.6], [0.12]])
    hits[0, 0] = True
    kf, sf, tf = logu(rng, 45, 90), logu(rng, 150, 280), logu(rng, 80, 220)

    def kick():
        t = np.arange(2400) / SR
        return np.sin(2 * np.pi * (kf * t + kf * 0.12 * (1 - np.exp(-t * 40)))) * np.exp(-t / 0.09) * 1.5

    def snare():
        t = np.arange(1600) / SR
        return 0.5 * np.sin(2 * np.pi * sf * t) * np.exp(-t / 0.05) + hp(white(1600, rng), 800) * np.exp(
            -t / logu(rng, 0.03, 0.1)
        )

    def hat():
        return 0.5 * hp(white(900, rng), 2500) * adecay(900, 0.0005, logu(rng, 0.01, 0.06))

    def tom():
        t = np.arange(2400) / SR
        return np.sin(2 * np.pi * tf * uni(rng, 0.8, 1.6) * t) * np.exp(-t / 0.12)

    make = (kick, snare, hat, tom)
    ev = [
        (int((s + rng.normal(0, 0.02)) * step * SR), v)
        for s in range(int(n / SR / step))
        for v in range(4)
        if hits[v, s % 16]
    ]
    ev = [(max(a, 0), v) for a, v in ev if a < n - 100] or [(0, 0)]
    return room(place(n, [a for a, _ in ev], lambda i: uni(rng, 0.6, 1) * make[ev[i][1]]()), rng, (0, 0.3))


def glide_lead(n, rng):
    """Theremin, fiddle, brass or sax-like solo gliding with voice-like pitch."""
    f, pts, t = logu(rng, 110, 500), [], 0.0
    while t < n / SR:
        pts += [(t, f), (t + uni(rng, 0.1, 0.6), f)]
        f = float(np.clip(f * 2 ** (rng.integers(-5, 6) / 12), 90, 900))
        t = pts[-1][0] + uni(rng, 0.03, 0.3)
    x, v = zip(*pts)
    track = np.exp(np.interp(np.arange(n) / SR, x, np.log(v))) * (
        1 + uni(rng, 0, 0.02) * np.sin(2 * np.pi * cycles(uni(rng, 4.5, 6.5), n))
    )
    y = harmonics(track, np.arange(1, 28) ** -uni(rng, 0.4, 1.5), rng)
    y = 0.3 * y + sum(reson(y, logu(rng, 300, 3000), uni(rng, 80, 400)) * 3 for _ in range(3))
    return room(y * np.maximum(0.7 + 0.5 * wobble(n, rng, 2), 0), rng)


def band_mix(n, rng):
    """Two or three of the above together, like background music."""
    parts = rng.choice([plucked, organ, pads, bells, arpeggio, drums], int(rng.integers(2, 4)), replace=False)
    return sum(uni(rng, 0.3, 1) * unit(p(n, rng) + 1e-9) for p in parts)
