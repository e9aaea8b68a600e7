"""Coloured and modulated noise, bursts and sweeps (procedural)."""

import numpy as np

from .dsp import (
    SR,
    bp,
    bump,
    chance,
    coloured,
    cycles,
    db,
    harmonics,
    logu,
    lp,
    mix,
    onsets,
    place,
    random_spectrum,
    shaped,
    uni,
    unit,
    white,
    wobble,
)

SPEECH = [(60, -20), (120, -4), (250, 1), (500, 0), (900, -7), (1500, -11), (2500, -16), (3900, -22)]


def steady_colour(n, rng):
    """White, pink, brown or any slope from -3 (blue) to 9 dB per octave."""
    return coloured(n, rng, rng.choice([0, 3, 6, uni(rng, -4, 9)]))


def band(n, rng):
    """Stationary noise limited to a random band."""
    lo = logu(rng, 60, 2500)
    return bp(white(n, rng), lo, lo * logu(rng, 1.15, 12)) + db(uni(rng, -60, -20)) * white(n, rng) * 0.2


def random_shape(n, rng):
    """Stationary noise with a random rugged spectrum (rooms, machines)."""
    return shaped(n, rng, random_spectrum(rng, knots=int(rng.integers(4, 20)), spread=uni(rng, 6, 24)))


def speech_shaped(n, rng):
    """Stationary noise with a long-term speech spectrum, randomly tilted."""
    tilt = rng.normal(0, 2.5)
    pts = [(f, g + tilt * np.log2(f / 500) + rng.normal(0, 2)) for f, g in SPEECH]
    return shaped(n, rng, pts)


def speech_modulated(n, rng):
    """Speech-shaped or coloured noise with 3-6 Hz speech-like modulation."""
    x = speech_shaped(n, rng) if chance(rng, 0.6) else shaped(n, rng, random_spectrum(rng))
    rate = uni(rng, 3, 6)
    if chance(rng, 0.5):
        e = np.exp(uni(rng, 0.5, 1.6) * wobble(n, rng, rate * 2))
    else:
        e = 1 + uni(rng, 0.4, 1) * np.sin(2 * np.pi * cycles(rate * (1 + 0.2 * wobble(n, rng, 1))))
    if chance(rng, 0.4):  # pauses between "phrases"
        e = e * lp((wobble(n, rng, uni(rng, 0.5, 1.5)) > -0.4).astype(float), 6, 1)
    return x * np.maximum(e, 0) + db(uni(rng, -50, -20)) * 0.2 * x


def slow_modulated(n, rng):
    """Noise with 0.1-8 Hz modulation of level, and sometimes of colour."""
    e = np.exp(uni(rng, 0.3, 1.5) * wobble(n, rng, logu(rng, 0.2, 16)))
    a, b = (shaped(n, rng, random_spectrum(rng)) for _ in range(2))
    u = 0.5 + 0.5 * np.tanh(2 * wobble(n, rng, logu(rng, 0.2, 6)))
    return (unit(a) * u + unit(b) * (1 - u)) * e


def bursts(n, rng):
    """Noise bursts with random colours and envelopes of 20 ms to 1 s."""
    fixed = random_spectrum(rng)
    same = chance(rng, 0.5)

    def one(i):
        m = int(logu(rng, 0.02, 1) * SR)
        x = unit(shaped(m, rng, fixed if same else random_spectrum(rng)))
        return x * bump(m, uni(rng, 0.01, 0.6), uni(rng, 0.05, 0.8)) * logu(rng, 0.1, 1)

    return mix(
        (place(n, onsets(n, rng, logu(rng, 0.6, 6), uni(rng, 0, 0.9)), one), 0),
        (coloured(n, rng, 3), uni(rng, -50, -12)),
    )


def moving_formants(n, rng):
    """Noise through slowly gliding band-passes (slower than speech formants)."""
    step = 400
    win = np.hanning(2 * step)
    x = white(n + 2 * step, rng)
    tracks = [
        np.exp(
            np.log(logu(rng, 300, 2500))
            + uni(rng, 0.1, 0.5) * wobble(n // step + 2, rng, SR * uni(rng, 0.005, 0.08))
        )
        for _ in range(3)
    ]
    y = np.zeros(n + 2 * step)
    f = np.fft.rfftfreq(2 * step, 1 / SR)
    wide = uni(rng, 60, 400)
    for i in range(n // step):
        h = sum(1 / (1 + ((f - t[i]) / wide) ** 2) for t in tracks)
        y[i * step : i * step + 2 * step] += win * np.fft.irfft(
            np.fft.rfft(x[i * step : i * step + 2 * step]) * h
        )
    e = np.exp(uni(rng, 0.2, 0.8) * wobble(n, rng, uni(rng, 0.3, 3)))
    return y[:n] * e + 0.003 * white(n, rng)


def sweeps(n, rng):
    """Chirps and sweeps: linear or exponential, one-shot or repeating."""
    rate, lo, hi = logu(rng, 0.1, 12), logu(rng, 80, 900), logu(rng, 1000, 3900)
    u = cycles(rate, n, rng.random()) % 1
    u = [u, 1 - u, 1 - np.abs(2 * u - 1)][rng.integers(3)]
    f = lo * (hi / lo) ** u if chance(rng, 0.6) else lo + (hi - lo) * u
    gate = np.ones(n) if chance(rng, 0.6) else np.maximum(wobble(n, rng, uni(rng, 1, 6)), 0)
    return mix(
        (harmonics(f, [1, *(rng.random(4) * uni(rng, 0, 0.7))]) * gate + 1e-9, 0),
        (white(n, rng), uni(rng, -55, -15)),
    )


def am_fm(n, rng):
    """Random AM/FM tones, one to three, with modulation up to audio rate."""
    y = np.zeros(n)
    for _ in range(int(rng.integers(1, 4))):
        fc, fm = logu(rng, 100, 3000), logu(rng, 0.3, 300)
        f = fc * (1 + uni(rng, 0, 0.4) * np.sin(2 * np.pi * cycles(fm, n)))
        am = 1 + uni(rng, 0, 1) * np.sin(2 * np.pi * cycles(logu(rng, 0.3, 120), n))
        y += uni(rng, 0.2, 1) * am * np.sin(2 * np.pi * cycles(f))
    return mix((y, 0), (coloured(n, rng, uni(rng, 0, 5)), uni(rng, -55, -12)))


def sci_fi(n, rng):
    """Game and gadget sounds: lasers, blips, arcade arpeggios, alarms."""

    def zap(i):
        m = int(logu(rng, 0.03, 0.7) * SR)
        a, b = logu(rng, 100, 3500), logu(rng, 100, 3500)
        f = a * (b / a) ** np.linspace(0, 1, m)
        if chance(rng, 0.3):
            f = f * rng.choice([1, 1.25, 1.5, 2], 8)[(np.arange(m) * 8 // m)]
        s = np.sin(2 * np.pi * cycles(f))
        s = np.sign(s) if chance(rng, 0.4) else s
        return lp(s, 3600) * bump(m, 0.02, uni(rng, 0.1, 1)) * uni(rng, 0.3, 1)

    return mix(
        (place(n, onsets(n, rng, logu(rng, 0.8, 8), uni(rng, 0, 0.9)), zap), 0),
        (coloured(n, rng, 3), uni(rng, -60, -20)),
    )
