"""Animals (procedural): pitched calls through moving formants, insects."""

import numpy as np

from .dsp import (
    SR,
    bouts,
    bp,
    bump,
    chance,
    curve,
    harmonics,
    hp,
    logu,
    lp,
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


def dog(n, rng):
    """Barks, yaps and growls: 80 ms-0.4 s pitched bursts with formants."""
    f0, fa, fb = logu(rng, 150, 900), logu(rng, 450, 1100), logu(rng, 1100, 2600)
    rough, dur = uni(rng, 0.05, 0.8), logu(rng, 0.07, 0.35)

    def bark(i):
        m = int(dur * uni(rng, 0.8, 1.3) * SR)
        f = f0 * uni(rng, 0.9, 1.15) * curve(m, [(0, 0.7), (0.25, 1.2), (1, uni(rng, 0.5, 0.9))])
        mouth = curve(m, [(0, 0.7), (0.4, 1.1), (1, 0.75)])
        y = unit(voiced(f, [(fa * mouth, 180, 1), (fb * mouth, 300, 0.5)], uni(rng, -8, -2)))
        y += rough * unit(bp(white(m, rng), fa * 0.7, fb * 1.5)) * (1 + wobble(m, rng, 90))
        return y * bump(m, 0.12, 0.6) * uni(rng, 0.6, 1)

    y = place(n, bouts(n, rng, dur + logu(rng, 0.1, 0.6), (0.2, 2.5), (1, 6)), bark)
    if chance(rng, 0.25):
        rate = logu(rng, 25, 90) * (1 + 0.1 * wobble(n, rng, 4))
        g = pulses(rate, rng, 0.1, 0.4)
        y += (
            0.5 * unit(reson(g, fa * 0.6, 150) + reson(g, fb * 0.6, 250)) * np.maximum(wobble(n, rng, 0.8), 0)
        )
    return scene(y, n, rng)


def howl(n, rng):
    """Howling dog, wolf, owl, ghostly gliding calls of 0.4-4 s."""
    f0, bright = logu(rng, 200, 800), uni(rng, -20, -8)

    def call(i):
        m = int(logu(rng, 0.4, 4) * SR)
        f = f0 * curve(
            m,
            [
                (0, uni(rng, 0.5, 0.9)),
                (0.2, 1),
                (uni(rng, 0.5, 0.8), uni(rng, 0.9, 1.2)),
                (1, uni(rng, 0.5, 0.9)),
            ],
        )
        f = f * (1 + 0.015 * wobble(m, rng, 6))
        return (
            unit(voiced(f, [(uni(rng, 400, 800), 200, 1), (uni(rng, 900, 1500), 300, 0.3)], bright))
            * bump(m, 0.2, 0.4)
            * uni(rng, 0.5, 1)
        )

    return scene(place(n, onsets(n, rng, uni(rng, 0.25, 0.8), 0.5), call), n, rng)


def cat(n, rng):
    """Meows, yowls and hisses."""
    f0 = logu(rng, 300, 900)

    def meow(i):
        m = int(logu(rng, 0.25, 1.6) * SR)
        if chance(rng, 0.12):
            return hp(white(m, rng), 1200) * bump(m, 0.1, 0.5) * 0.8
        f = f0 * curve(
            m, [(0, uni(rng, 0.7, 0.9)), (uni(rng, 0.2, 0.5), uni(rng, 1.05, 1.4)), (1, uni(rng, 0.6, 0.95))]
        )
        f = f * (1 + uni(rng, 0, 0.03) * wobble(m, rng, 9))
        a = curve(m, [(0, uni(rng, 300, 600)), (0.4, uni(rng, 900, 1500)), (1, uni(rng, 350, 700))])
        b = curve(m, [(0, uni(rng, 1800, 2600)), (0.5, uni(rng, 1500, 2000)), (1, uni(rng, 900, 1600))])
        return (
            unit(voiced(f, [(a, 200, 1), (b, 250, 0.6), (3100, 400, 0.2)], uni(rng, -6, -1)))
            * bump(m, 0.15, 0.4)
            * uni(rng, 0.5, 1)
        )

    return scene(place(n, onsets(n, rng, logu(rng, 0.4, 1.6), 0.5), meow), n, rng)


def cow_sheep(n, rng):
    """Cattle lowing, sheep and goats bleating (tremolo), donkey-like rasp."""
    goat = chance(rng, 0.5)
    f0 = logu(rng, 150, 450) if goat else logu(rng, 60, 200)
    trem = uni(rng, 7, 14)

    def call(i):
        m = int((uni(rng, 0.4, 1.5) if goat else uni(rng, 0.8, 3)) * SR)
        f = f0 * curve(m, [(0, 0.85), (0.3, uni(rng, 1, 1.2)), (1, uni(rng, 0.7, 1))])
        t = np.arange(m) / SR
        am = 1 + (0.7 * np.sin(6.283 * trem * t) if goat else 0.2 * wobble(m, rng, 12))
        f = f * (1 + (0.05 * np.sin(6.283 * trem * t) if goat else 0.01 * wobble(m, rng, 8)))
        fm = curve(m, [(0, uni(rng, 250, 450)), (0.4, uni(rng, 500, 900)), (1, uni(rng, 300, 600))])
        y = unit(
            voiced(f, [(fm, 150, 1), (uni(rng, 1000, 1900), 300, 0.5), (2600, 400, 0.2)], uni(rng, -8, -2))
        )
        return (y + 0.2 * bp(white(m, rng), 300, 2500)) * am * bump(m, 0.15, 0.3)

    return scene(place(n, onsets(n, rng, uni(rng, 0.3, 0.9), 0.5), call), n, rng)


def rooster(n, rng):
    """Crowing, hens clucking, ducks and geese."""
    duck = chance(rng, 0.5)
    f0 = logu(rng, 180, 500) if duck else logu(rng, 400, 900)

    def call(i):
        if duck or chance(rng, 0.6):
            m = int(uni(rng, 0.06, 0.3) * SR)
            f = f0 * curve(m, [(0, 1.1), (0.3, 1.2), (1, 0.8)]) * uni(rng, 0.9, 1.1)
        else:
            m = int(uni(rng, 0.8, 2) * SR)
            f = f0 * curve(m, [(0, 0.8), (0.12, 1.1), (0.2, 0.85), (0.35, 1.5), (0.7, 1.6), (1, 0.7)])
        y = unit(
            voiced(f, [(uni(rng, 900, 1500), 250, 1), (uni(rng, 2000, 3000), 400, 0.7)], uni(rng, -4, 0))
        )
        return (y + uni(rng, 0, 0.6) * bp(white(m, rng), 800, 3500)) * bump(m, 0.1, 0.3) * uni(rng, 0.5, 1)

    return scene(place(n, bouts(n, rng, logu(rng, 0.25, 0.8), (0.4, 2.5), (1, 8)), call), n, rng)


def birds(n, rng):
    """Several birds, each repeating its own frequency-swept syllable."""
    y = np.zeros(n)
    for _ in range(int(rng.integers(1, 6))):
        f, dur = logu(rng, 1400, 3600), logu(rng, 0.03, 0.4)
        pts = [(u, uni(rng, 0.7, 1.3)) for u in (0, 0.3, 0.6, 1)]
        vib, depth = logu(rng, 8, 90), uni(rng, 0, 0.12)

        def chirp(i):
            m = int(dur * uni(rng, 0.8, 1.2) * SR)
            t = np.arange(m) / SR
            k = np.clip(f * curve(m, pts) * (1 + depth * np.sin(6.283 * vib * t)), 300, 3950)
            return np.sin(2 * np.pi * np.cumsum(k) / SR) * bump(m, 0.2, 0.4) * uni(rng, 0.4, 1)

        y += logu(rng, 0.15, 1) * place(n, bouts(n, rng, dur * uni(rng, 1.1, 3), (0.3, 3), (1, 9)), chirp)
    return scene(y, n, rng)


def crickets(n, rng):
    """Crickets, cicadas, frogs: chirped trills of amplitude-modulated tone."""
    y = np.zeros(n)
    t = np.arange(n) / SR
    frog = chance(rng, 0.35)
    for _ in range(int(rng.integers(1, 7))):
        f = logu(rng, 250, 1400) if frog else logu(rng, 1800, 3900)
        rate = logu(rng, 15, 120)
        am = np.maximum(np.sin(2 * np.pi * (rate * t + rng.random())), 0)
        slow = ((t * logu(rng, 0.4, 4) + rng.random()) % 1 < uni(rng, 0.15, 1)).astype(float)
        c = np.sin(2 * np.pi * f * t) if chance(rng, 0.6) else bp(white(n, rng), f * 0.85, f * 1.1)
        y += logu(rng, 0.1, 1) * unit(c) * am * lp(slow, 40, 1)
    return scene(y, n, rng, -45, -8)


def bees(n, rng):
    """Flies, bees, mosquitoes: wandering buzz passing the microphone."""
    y = np.zeros(n)
    for _ in range(int(rng.integers(1, 9))):
        f = logu(rng, 100, 700) * (1 + uni(rng, 0.02, 0.1) * wobble(n, rng, uni(rng, 1, 6)))
        near = np.exp(1.2 * wobble(n, rng, uni(rng, 0.3, 2)))
        y += near * harmonics(f, np.arange(1, 25) ** -uni(rng, 0.4, 1.3), rng)
    return scene(y, n, rng, -40, -12)


def pig_horse(n, rng):
    """Grunts, snorts, whinnies: rough low pulses and falling shakes."""

    def call(i):
        m = int(logu(rng, 0.12, 1.4) * SR)
        if chance(rng, 0.5):
            y = pulses(logu(rng, 25, 120) * curve(m, [(0, 0.8), (0.4, 1.3), (1, 0.7)]), rng, 0.15, 0.5)
            y = (
                reson(y, logu(rng, 250, 700), 150)
                + reson(y, logu(rng, 800, 2200), 300)
                + 0.01 * white(m, rng)
            )
        else:
            t = np.arange(m) / SR
            f = (
                logu(rng, 400, 1400)
                * curve(m, [(0, 0.8), (0.15, 1.2), (1, 0.5)])
                * (1 + 0.06 * np.sin(6.283 * uni(rng, 8, 14) * t))
            )
            y = voiced(f, [(uni(rng, 900, 1600), 300, 1), (2600, 500, 0.6)], -3)
        return (
            (unit(y) + uni(rng, 0, 0.7) * bp(white(m, rng), 400, 3000))
            * bump(m, 0.15, 0.4)
            * uni(rng, 0.4, 1)
        )

    return scene(place(n, bouts(n, rng, logu(rng, 0.4, 1.2), (0.3, 2), (1, 4)), call), n, rng)
