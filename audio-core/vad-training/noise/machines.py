"""Household, workshop and office machines (procedural)."""

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
    onsets,
    place,
    pulses,
    random_spectrum,
    reson,
    shaped,
    uni,
    unit,
    white,
    wobble,
)


def _motor(n, rng, f, count=12):
    """Universal-motor whine: random harmonic series with slow wander."""
    k = np.arange(1, count + 1)
    return harmonics(f, rng.random(count) ** 2 * k ** -uni(rng, 0, 1.2), rng)


def _onoff(n, rng, ramp=0.4):
    """Envelope that may start or stop inside the clip, with spin-up ramps."""
    if chance(rng, 0.5):
        return np.ones(n)
    a, b = uni(rng, 0, 0.4), uni(rng, 0.6, 1)
    r = ramp * SR / n * uni(rng, 0.3, 2)
    return curve(
        n,
        sorted(
            [(0, 0.003), (a, 0.003), (min(a + r, 0.55), 1), (b, 1), (min(b + r, 1.0), 0.01), (1.01, 0.01)]
        ),
    )


def vacuum(n, rng):
    e = _onoff(n, rng, 0.8)
    f = logu(rng, 150, 700) * (0.3 + 0.7 * e) * (1 + 0.01 * wobble(n, rng, 1.5))
    air = shaped(n, rng, random_spectrum(rng, spread=14, tilt=(-4, 1)))
    sweep = 1 + uni(rng, 0, 0.5) * wobble(n, rng, uni(rng, 0.5, 2))
    return e * mix((air * sweep, 0), (_motor(n, rng, f), uni(rng, -20, 0)))


def hair_dryer(n, rng):
    f = logu(rng, 100, 450) * (1 + 0.004 * wobble(n, rng, 2))
    air = bp(white(n, rng), logu(rng, 150, 700), logu(rng, 1800, 3900), 1)
    return _onoff(n, rng) * mix((air, 0), (_motor(n, rng, f, 9), uni(rng, -24, -8)))


def fan(n, rng):
    rate = logu(rng, 4, 90)
    k = np.full(n, rate) * (1 + 0.01 * wobble(n, rng, 1))
    am = 1 + uni(rng, 0.05, 0.6) * harmonics(k, [1, 0.4, 0.2], rng)
    air = shaped(n, rng, random_spectrum(rng, spread=8, tilt=(-9, -3)))
    hum = harmonics(np.full(n, rng.choice([50.0, 60.0]) * 2), [1, 0.4, 0.2, 0.1], rng)
    return mix((air * am, 0), (hum, uni(rng, -35, -10)))


def air_conditioner(n, rng):
    air = shaped(n, rng, random_spectrum(rng, spread=10, tilt=(-7, -2)))
    hum = _motor(n, rng, np.full(n, rng.choice([50.0, 60.0, 29.5, 24.5]) * rng.choice([1, 2])), 20)
    rattle = reson(pulses(np.full(n, logu(rng, 10, 60)), rng, 0.1, 0.5), logu(rng, 300, 3000), 120)
    return mix((air, 0), (hum, uni(rng, -18, 2)), (rattle, uni(rng, -40, -15)))


def drill(n, rng):
    """Electric/hammer drill: whine that sags under load, optional hammering."""
    e = np.clip(unit(wobble(n, rng, uni(rng, 0.5, 1.5))) + uni(rng, 0.3, 1.5), 0, 1)
    f = logu(rng, 120, 600) * (0.4 + 0.6 * e) * (1 + 0.02 * wobble(n, rng, 10))
    y = mix((_motor(n, rng, f, 20), 0), (bp(white(n, rng), 500, 3800), uni(rng, -18, -3)))
    if chance(rng, 0.5):
        h = pulses(np.full(n, logu(rng, 20, 60)), rng, 0.03, 0.3)
        y = mix((y, 0), (body(h, rng, 6, 200, 3500, (60, 400)), uni(rng, -6, 8)))
    return y * (0.02 + e)


def jackhammer(n, rng):
    rate = logu(rng, 8, 35) * (1 + 0.04 * wobble(n, rng, 2))
    h = pulses(rate, rng, 0.03, 0.25)
    hit = np.convolve(h, adecay(1200, 0.001, uni(rng, 0.004, 0.03)))[:n] * white(n, rng)
    y = body(hit, rng, 5, 80, 3300, (40, 400))
    hiss = bp(white(n, rng), 700, 3900) * (0.4 + lp(np.convolve(h, np.ones(200) / 20)[:n], 50, 1))
    gate = (wobble(n, rng, 0.6) > uni(rng, -2.5, -0.2)).astype(float)
    return mix((y, 0), (hiss, uni(rng, -20, -6))) * (0.03 + lp(gate, 8, 1))


def press(n, rng):
    """Stamping press or punch: slow heavy cycle of thump, clank and hiss."""
    rate = logu(rng, 0.6, 4)
    at = onsets(n, rng, rate, uni(rng, 0.9, 1))
    modes = [(logu(rng, 60, 3000), logu(rng, 0.01, 0.15), rng.random()) for _ in range(8)]

    def hit(i):
        m = int(0.5 * SR)
        t = np.arange(m) / SR
        y = sum(a * np.sin(2 * np.pi * f * t) * np.exp(-t / d) for f, d, a in modes)
        return uni(rng, 0.7, 1.2) * (y + 2 * white(m, rng) * np.exp(-t / 0.01))

    hiss_at = at + int(SR / rate * uni(rng, 0.2, 0.6))
    m = int(SR / rate * 0.3) + 50
    hiss = place(n, hiss_at[hiss_at < n - 400], lambda i: bp(white(m, rng), 900, 3900) * np.hanning(m))
    drone = _motor(n, rng, np.full(n, logu(rng, 20, 120)), 20)
    return mix((place(n, at, hit), 0), (hiss + 1e-6, uni(rng, -20, -6)), (drone, uni(rng, -30, -8)))


def loom(n, rng):
    """Weaving loom or conveyor: several interlocked clacks per cycle."""
    rate = logu(rng, 1.5, 5)
    y = np.zeros(n)
    for _ in range(int(rng.integers(3, 7))):
        h = pulses(np.full(n, rate * rng.choice([1, 1, 2, 3])), rng, 0.01, 0.2)
        e = np.convolve(h, adecay(800, 0.001, logu(rng, 0.003, 0.03)))[:n]
        y += unit(body(e * white(n, rng), rng, 3, 150, 3500, (40, 400))) * uni(rng, 0.2, 1)
    return mix((y, 0), (coloured(n, rng, uni(rng, 3, 7)), uni(rng, -25, -8)))


def sewing_machine(n, rng):
    gate = np.clip(wobble(n, rng, uni(rng, 0.5, 1.5)) + uni(rng, 0, 1), 0, 1)
    rate = logu(rng, 7, 22) * (0.4 + 0.6 * gate)
    h = pulses(rate, rng, 0.02, 0.15)
    tick = np.convolve(h, adecay(300, 0.0005, uni(rng, 0.003, 0.012)))[:n] * white(n, rng)
    y = body(tick, rng, 4, 400, 3600, (60, 500))
    whir = harmonics(rate * uni(rng, 6, 14), 1 / np.arange(1, 16), rng)
    return (gate > 0.05) * mix((y, 0), (whir, uni(rng, -18, -3)))


def printer(n, rng):
    """Dot-matrix or ink-jet printer: carriage sweeps of buzz, then feed clicks."""
    y, i = np.zeros(n), 0
    pins = logu(rng, 80, 900)
    cut = logu(rng, 400, 2500)
    while i < n:
        m = int(uni(rng, 0.15, 1.2) * SR)
        m2 = min(m, n - i)
        if m2 < 60:
            break
        line = pulses(np.full(m2, pins), rng, 0.05, 0.6) * (wobble(m2, rng, 25) > -0.3)
        y[i : i + m2] += bp(line, cut, cut * 2.2) * 4 + 0.02 * white(m2, rng)
        i += m + int(uni(rng, 0.03, 0.4) * SR)
        if i < n - 900:
            z = pulses(np.full(800, logu(rng, 60, 300)), rng) * 0.7
            y[i : i + 800] += reson(z, logu(rng, 300, 1800), 200) * 4
            i += 900
    return y + 1e-4 * white(n, rng)


def washing_machine(n, rng):
    drum = logu(rng, 0.5, 20)
    am = 1 + uni(rng, 0.2, 0.9) * harmonics(np.full(n, drum), [1, 0.5, 0.3], rng)
    slosh = lp(coloured(n, rng, 4), logu(rng, 500, 3000)) * np.maximum(am, 0) ** 2
    motor = _motor(
        n, rng, logu(rng, 60, 400) * curve(n, [(0, uni(rng, 0.5, 1)), (1, uni(rng, 0.8, 1.5))]), 16
    )
    thump = body(pulses(np.full(n, drum), rng, 0.05, 0.4), rng, 3, 50, 400, (20, 80))
    return mix((slosh, 0), (motor, uni(rng, -18, 0)), (thump, uni(rng, -20, 3)))


def compressor(n, rng):
    rate = logu(rng, 6, 30)
    p = np.convolve(pulses(np.full(n, rate), rng, 0.01, 0.1), np.hanning(120))[:n]
    chug = body(hp(p, 20), rng, 4, 60, 900, (30, 200))
    air = bp(white(n, rng), 500, 3900) * (0.3 + p)
    hum = harmonics(np.full(n, rng.choice([50.0, 60.0])), [1, 1, 0.4, 0.5, 0.1, 0.3], rng)
    return _onoff(n, rng, 0.5) * mix((chug, 0), (air, uni(rng, -20, -3)), (hum, uni(rng, -20, -2)))


def grinder(n, rng):
    """Angle grinder, circular saw, blender: rough high whine under load."""
    load = np.clip(wobble(n, rng, uni(rng, 0.4, 2)) + 0.3, 0, 1)
    f = logu(rng, 180, 1100) * (1 - uni(rng, 0.05, 0.4) * load)
    y = _motor(n, rng, f, 14)
    rough = bp(white(n, rng), logu(rng, 700, 2000), 3900) * (0.15 + load)
    rough *= 1 + 0.5 * np.sin(2 * np.pi * cycles(f / rng.choice([1, 2, 4])))
    return _onoff(n, rng, 0.6) * mix((y, 0), (rough, uni(rng, -10, 8)))


def microwave_kettle(n, rng):
    """Boiling kettle or microwave: hum plus slowly rising bubbling noise."""
    rise = curve(n, [(0, uni(rng, 0.1, 0.8)), (1, 1)])
    simmer = shaped(n, rng, random_spectrum(rng, spread=12, tilt=(-6, 0))) * rise
    bub = np.maximum(wobble(n, rng, logu(rng, 10, 60)), 0) ** 2
    hum = harmonics(np.full(n, rng.choice([50.0, 60.0]) * 2), rng.random(10), rng)
    return mix((simmer * (0.3 + bub), 0), (hum, uni(rng, -30, 0)))
