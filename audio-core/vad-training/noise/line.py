"""Telephone-line and network artefacts (procedural)."""

import numpy as np

from .dsp import (
    SR,
    bp,
    chance,
    coloured,
    cycles,
    db,
    harmonics,
    hp,
    logu,
    lp,
    mix,
    onsets,
    pulses,
    random_spectrum,
    reson,
    shaped,
    uni,
    unit,
    white,
    wobble,
)


def hum(n, rng):
    """Mains hum 50/60 Hz with odd-heavy harmonics, dimmer buzz, ground loops."""
    f = np.full(n, rng.choice([50.0, 60.0, 100.0, 120.0]) * (1 + rng.normal(0, 0.001)))
    k = np.arange(1, 50)
    a = k ** -uni(rng, 0.3, 2.2) * (0.1 + rng.random(len(k))) * np.where(k % 2, 1, uni(rng, 0.1, 1))
    y = harmonics(f, a, rng)
    if chance(rng, 0.4):
        y = unit(y) + uni(rng, 0.2, 1) * unit(hp(pulses(f * 2, rng), 300))
    return mix((hp(y, uni(rng, 20, 150)), 0), (coloured(n, rng, uni(rng, 0, 5)), uni(rng, -45, -6)))


def clicks_pops(n, rng):
    """Line clicks, vinyl-like crackle, relay pops, loose contacts."""
    h = np.zeros(n)
    at = onsets(n, rng, logu(rng, 0.7, 40))
    h[at] = rng.pareto(1.5, len(at)) * rng.choice([-1, 1], len(at))
    y = np.clip(h, -20, 20) + reson(h, logu(rng, 300, 3000), logu(rng, 200, 2000))
    if chance(rng, 0.4):
        y += unit(white(n, rng) * (wobble(n, rng, uni(rng, 4, 25)) > 1.4) + 1e-6) * rms0(y) * uni(rng, 0.3, 2)
    return mix((y, 0), (coloured(n, rng, uni(rng, 0, 4)), uni(rng, -50, -12)))


def rms0(x):
    return np.sqrt(np.mean(x * x))


def comfort_steps(n, rng):
    """Comfort noise switching level or colour abruptly (VAD/DTX, muting)."""
    y, i = np.zeros(n), 0
    while i < n:
        m = int(logu(rng, 0.1, 2.5) * SR)
        k = min(m, n - i)
        x = unit(shaped(max(k, 64), rng, random_spectrum(rng, spread=8, tilt=(-5, 0))))[:k]
        y[i : i + k] = x * db(uni(rng, -40, 0)) * (0 if chance(rng, 0.15) else 1)
        i += m
    return y + 1e-4 * white(n, rng)


def gsm_buzz(n, rng):
    """GSM handset interference: 217 Hz TDMA bursts in groups, 26-frame gaps."""
    f = 216.7
    ph = cycles(f, n, rng.random())
    duty = uni(rng, 0.08, 0.2)
    b = ((ph % 1) < duty).astype(float) * ((ph.astype(int) % 26) != 25)
    slow = cycles(f / rng.choice([8, 26, 51, 102]), n) % 1 < uni(rng, 0.2, 1)
    gate = lp((wobble(n, rng, uni(rng, 0.5, 3)) > uni(rng, -1.5, 0.5)).astype(float), 20, 1)
    y = hp(b * (slow if chance(rng, 0.5) else 1), logu(rng, 60, 600)) * (gate + 0.01)
    y = y + uni(rng, 0, 1) * reson(y, logu(rng, 400, 2500), 300)
    return mix((y, 0), (white(n, rng), uni(rng, -55, -18)))


def dect_wifi_buzz(n, rng):
    """Other digital interference: 50-1000 Hz burst trains, data whine, aliasing."""
    f = np.full(n, rng.choice([100.0, 50.0, 1000 / 3, 10.0, 8.0, logu(rng, 30, 1000)]))
    p = pulses(f, rng, 0.0, uni(rng, 0, 0.8)) * (wobble(n, rng, logu(rng, 1, 40)) > uni(rng, -2, 0.5))
    y = p + uni(rng, 0, 2) * reson(p, logu(rng, 300, 3500), logu(rng, 30, 800))
    whine = harmonics(np.full(n, logu(rng, 300, 3500)), [1, 0.3]) * (1 + wobble(n, rng, 30))
    return mix((y + 1e-9, 0), (whine, uni(rng, -35, -5)), (white(n, rng), uni(rng, -50, -12)))


def idle_noise(n, rng):
    """Low-level idle channel: one or two quantisation steps toggling, dither."""
    x = coloured(n, rng, uni(rng, -2, 4))
    y = np.round(unit(x) * logu(rng, 0.3, 1.5)) + (wobble(n, rng, uni(rng, 1, 30)) > 1).astype(float)
    if chance(rng, 0.5):
        y += np.round(
            uni(rng, 0.3, 1.2)
            * np.sin(2 * np.pi * cycles(rng.choice([50, 60, 1000, 2000, logu(rng, 50, 3000)]), n))
        )
    return y - y.mean() + 1e-3 * x


def packet_gaps(n, rng):
    """Lost packets over noise or hum: 10-60 ms holes, repeats, edge clicks."""
    x = shaped(n, rng, random_spectrum(rng)) if chance(rng, 0.6) else hum(n, rng)
    x = unit(x)
    frame = int(rng.choice([80, 160, 240, 320]))
    k = n // frame
    lost = rng.random(k) < uni(rng, 0.05, 0.5)
    y = x.copy()
    for i in np.flatnonzero(lost):
        a = i * frame
        y[a : a + frame] = y[a - frame : a] * 0.8 if (chance(rng, 0.4) and i) else 0
        y[a] += rng.normal(0, uni(rng, 0, 3))
    return y


def codec_warble(n, rng):
    """Musical noise: sparse flickering spectral bins, as denoisers leave."""
    win, hop = 256, 128
    k = n // hop + 2
    on = rng.random((k, win // 2 + 1)) < logu(rng, 0.01, 0.15)
    f = np.arange(win // 2 + 1) + 1
    spec = on * np.exp(6.283j * rng.random(on.shape)) * f ** -uni(rng, 0, 1.2) * rng.exponential(1, on.shape)
    fr = np.fft.irfft(spec, win, axis=1) * np.hanning(win)
    y = np.zeros(k * hop + win)
    for i in range(k):
        y[i * hop : i * hop + win] += fr[i]
    return mix((y[:n] + 1e-9, 0), (coloured(n, rng, 2), uni(rng, -40, -8)))


def robot_tones(n, rng):
    """Radio-like heterodynes, squelch tails and static between channels."""
    het = np.sin(
        2 * np.pi * cycles(np.abs(logu(rng, 200, 2500) * (1 + 0.5 * wobble(n, rng, uni(rng, 0.2, 2)))))
    )
    static = bp(white(n, rng), 300, 3300) * np.exp(0.8 * wobble(n, rng, uni(rng, 1, 20)))
    gate = (wobble(n, rng, uni(rng, 0.4, 2)) > -0.5) + 0.02
    return mix((static * gate, 0), (het, uni(rng, -30, 0)))
