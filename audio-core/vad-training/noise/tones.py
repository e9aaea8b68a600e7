"""Telephone signals (procedural, per ITU-T / national tone plans)."""

import numpy as np

from .dsp import SR, chance, coloured, db, harmonics, hp, logu, lp, mix, sine, uni

# (frequencies Hz, cadence s on/off...) for dial, ringback, busy, congestion
DIAL = [
    ((350, 440), (9,)),
    ((425,), (9,)),
    ((400,), (9,)),
    ((425,), (0.2, 0.3, 0.7, 0.8)),
    ((440,), (9,)),
    ((425,), (0.1, 0.1)),
    ((400, 425), (9,)),
]
RING = [
    ((440, 480), (2, 4)),
    ((425,), (1, 4)),
    ((400, 450), (0.4, 0.2, 0.4, 2)),
    ((425,), (0.8, 3.2)),
    ((400,), (1, 2)),
    ((440,), (1.5, 3.5)),
    ((425,), (1, 3)),
]
BUSY = [
    ((480, 620), (0.5, 0.5)),
    ((425,), (0.35, 0.35)),
    ((400,), (0.375, 0.375)),
    ((425,), (0.5, 0.5)),
    ((480, 620), (0.25, 0.25)),
    ((425,), (0.2, 0.2)),
    ((425,), (0.17, 0.17)),
    ((400,), (0.4, 0.35, 0.225, 0.525)),
]
ROW, COL = (697, 770, 852, 941), (1209, 1336, 1477, 1633)


def _line(y, n, rng):
    """Line noise, level, frequency and twist variation."""
    return mix((y, 0), (coloured(n, rng, uni(rng, 0, 4)), uni(rng, -60, -18)))


def _gate(n, cadence, rng):
    """On/off cadence starting at a random point, edges softened."""
    cad = np.array(cadence) * uni(rng, 0.9, 1.1)
    if len(cad) == 1:
        return np.ones(n)
    edge = np.cumsum(np.tile(cad, int(n / SR / cad.sum()) + 3))
    t = np.arange(n) / SR + uni(rng, 0, min(cad.sum(), 2.0) if cad[0] < 0.5 else cad[0] * 0.8)
    return lp((np.searchsorted(edge, t) % 2 == 0).astype(float), 150, 1)


def _progress(table):
    def make(n, rng):
        freqs, cad = table[rng.integers(len(table))]
        y = sum(db(rng.normal(0, 2)) * sine(f * uni(rng, 0.98, 1.02), n, rng.random()) for f in freqs)
        if chance(rng, 0.2):
            y = np.tanh(2 * y)
        return _line(y * _gate(n, cad, rng), n, rng)

    return make


dial_tone, ringback, busy_tone = _progress(DIAL), _progress(RING), _progress(BUSY)


def dtmf(n, rng):
    """DTMF digits by hand or by machine."""
    y, i = np.zeros(n), int(uni(rng, 0, 0.5) * SR)
    on, off = logu(rng, 0.05, 0.5), logu(rng, 0.04, 0.8)
    while i < n - 100:
        m = min(int(on * uni(rng, 0.8, 1.2) * SR), n - i)
        y[i : i + m] = sine(rng.choice(ROW), m) + db(uni(rng, -3, 5)) * sine(rng.choice(COL), m)
        i += m + int(off * uni(rng, 0.7, 1.4) * SR)
        if chance(rng, 0.08):
            i += int(uni(rng, 0.3, 1.5) * SR)
    return _line(y, n, rng)


def sit_fax_modem(n, rng):
    """SIT triplets, fax CNG/CED, FSK and PSK modem, MF and record beeps."""
    style = rng.choice(["sit", "cng", "ced", "fsk", "psk", "beep", "mf"])
    t = np.arange(n) / SR
    if style == "sit":
        f = np.choose(((t + rng.random()) / 0.33 % 8).astype(int).clip(0, 3), [913.8, 1370.6, 1776.7, 0])
        y = np.sin(2 * np.pi * np.cumsum(f) / SR) * (f > 0)
    elif style == "cng":
        y = sine(1100.0, n) * ((t + 3 * rng.random()) % 3.5 < 0.5)
    elif style == "ced":
        y = sine(2100.0, n) * np.where(t % 0.9 < 0.45, 1, -1 if chance(rng, 0.5) else 1)
    elif style == "fsk":
        baud = rng.choice([50, 75, 300, 1200])
        bits = rng.random(int(n / SR * baud) + 2) < 0.5
        pair = [(1300, 2100), (980, 1180), (1650, 1850), (1200, 2200), (390, 450)][rng.integers(5)]
        y = np.sin(2 * np.pi * np.cumsum(np.where(bits[(t * baud).astype(int)], *pair)) / SR)
    elif style == "psk":
        k = (t * rng.choice([600, 1200, 2400])).astype(int)
        y = np.sin(2 * np.pi * 1800 * t + np.pi / 2 * rng.integers(0, 4, k[-1] + 1)[k])
        y = lp(hp(y, 300), 3300)
    elif style == "beep":
        y = sine(logu(rng, 350, 2500), n) * ((t + rng.random()) % uni(rng, 0.5, 5) < uni(rng, 0.08, 0.5))
    else:
        k = (t / 0.13).astype(int)
        a, b = (rng.choice([700, 900, 1100, 1300, 1500, 1700], k[-1] + 1)[k] for _ in range(2))
        y = (np.sin(2 * np.pi * a * t) + np.sin(2 * np.pi * b * t)) * (t % 0.13 < 0.07)
    if rms_small(y):
        y = sine(1000.0, n)
    return _line(y, n, rng)


def rms_small(y):
    return float(np.mean(y * y)) < 1e-6


def ringers(n, rng):
    """Phone ringers: electromechanical bell, warble, electronic melody."""
    t = np.arange(n) / SR
    on = _gate(n, [(1.0, 1.0), (0.4, 0.2, 0.4, 1.0), (2.0, 1.5)][rng.integers(3)], rng)
    style = rng.integers(3)
    if style == 0:
        f = logu(rng, 500, 1800)
        am = 0.4 + np.abs(np.sin(np.pi * uni(rng, 14, 28) * t))
        y = (
            sum(
                a * np.sin(2 * np.pi * f * r * t)
                for a, r in zip((1, 0.6, 0.4, 0.3), (1, uni(rng, 1.15, 1.3), 2.3, 2.9))
            )
            * am
        )
    elif style == 1:
        f = np.where((t * uni(rng, 8, 25)) % 1 < 0.5, logu(rng, 500, 1500), logu(rng, 700, 2200))
        y = harmonics(f, [1, 0, 0.3, 0, 0.2])
    else:
        notes = logu(rng, 500, 1200) * 2 ** (rng.integers(0, 13, 16) / 12)
        y = harmonics(
            notes[(t * uni(rng, 4, 12)).astype(int) % 16], [1, uni(rng, 0, 0.8), uni(rng, 0, 0.6), 0.1]
        )
    return _line(y * on, n, rng)


def steady_tones(n, rng):
    """Held single tones, beating pairs and feedback howls."""
    k = int(rng.integers(1, 5))
    f = logu(rng, 150, 3500)
    y = sum(
        uni(rng, 0.2, 1)
        * sine(f * (1 if i == 0 else uni(rng, 0.98, 1.02) * rng.choice([1, 1, 1.5, 2])), n, rng.random())
        for i in range(k)
    )
    if chance(rng, 0.4):
        y = y * np.minimum(np.exp(np.linspace(uni(rng, -6, 0), 0.5, n)), 1)
    return _line(y, n, rng)
