"""Clips from recordings: effects assembled with pauses, music cut in pieces."""

import zlib
from collections import defaultdict

import numpy as np
from scipy.signal import resample_poly

from . import debs, library, midi
from .dsp import SR, coloured, db, logu, uni, unit

MINUTES = (1.5, 10.0)  # per family, by amount of source material


def _speed(x, s):
    """Play at speed s (pitch and time), band-limited."""
    return resample_poly(x, 80, int(round(80 * s)))


def assemble(n, rng, pool):
    """Effects from a pool: random order, speed, level and pauses."""
    y, i = np.zeros(n), int(logu(rng, 0.01, 0.6) * SR)
    few = [pool[k] for k in rng.integers(len(pool), size=int(rng.integers(1, 6)))]
    pause = logu(rng, 0.02, 1.2)
    while i < n - 400:
        x = few[rng.integers(len(few))] / 32768
        if len(x) > 5 * SR:
            a = int(rng.integers(len(x) - 4 * SR))
            x = x[a : a + int(uni(rng, 2, 9) * SR)]
            k = min(len(x) // 2, 400)
            x = x * np.minimum(1, np.minimum(np.arange(len(x)), np.arange(len(x))[::-1]) / k)
        x = _speed(x, uni(rng, 0.7, 1.4))
        x = x[: n - i] * db(uni(rng, -14, 0))
        y[i : i + len(x)] += x
        i += int(len(x) * uni(rng, 0.5, 1.0)) + int(rng.exponential(pause) * SR)
    return unit(y + 1e-9) + db(uni(rng, -60, -28)) * unit(coloured(n, rng, uni(rng, 0, 5)))


def cut(n, rng, pool):
    """A piece of one music recording, slightly varied in speed."""
    x = pool[rng.integers(len(pool))] / 32768
    need = int(n * 1.3)
    if len(x) < need:
        x = np.tile(x, need // max(len(x), 1) + 1)
    a = int(rng.integers(len(x) - need + 1))
    return _speed(x[a : a + need], uni(rng, 0.85, 1.2))[:n]


def recorded(cache, finish):
    """Yield (pcm, family, kind, split) of all recorded families."""
    packages = debs.ensure(cache)
    groups = defaultdict(list)
    for family, kind, split, x in library.load(cache, packages):
        groups[family, kind, split].append(x)
    for (family, kind, split), pool in sorted(groups.items()):
        seconds = sum(map(len, pool)) / SR
        target = float(np.clip(seconds / 60 * 0.8 + len(pool) * 0.03, *MINUTES)) * 60 * SR
        have = i = 0
        while have < target and i < 400:
            rng = np.random.default_rng([zlib.crc32(family.encode()), i])
            n = int(rng.uniform(6, 12) * SR)
            pcm = finish((cut if kind == "music" else assemble)(n, rng, pool))
            i += 1
            if pcm is not None:
                have += len(pcm)
                yield pcm, family, kind, split
    yield from midi.rendered(packages.get("fluid-soundfont-gm"), finish)
