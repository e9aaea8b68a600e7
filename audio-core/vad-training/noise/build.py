"""Build the noise corpus: `python -m noise.build OUT [--minutes M] [--cache DIR]`.

OUT/pcm.npy    int16, 8 kHz mono, all clips end to end
OUT/index.csv  start,samples,family,kind,split (units: samples)

Clips last 4-12 s and sit at -26 dBFS RMS; if peaks would exceed -1 dBFS they
are softly limited, and the clip is lowered where limiting alone is not enough.
Deterministic: every clip has its own generator seeded by family and number.
"""

import argparse
import csv
import sys
import time
import zlib
from collections import defaultdict
from pathlib import Path

import numpy as np

from . import scenes
from .catalog import FAMILIES
from .dsp import SR
from .shared import shared

LEVEL = 10 ** (-26 / 20)
CEILING = 10 ** (-1 / 20)
# Families that are nearest to a voice get so many times the minutes.
MORE = {"baby_cry": 6, "dog": 6, "cough": 4, "throat_sneeze": 5, "howl": 2, "rooster": 2, "cow_sheep": 3,
        "pig_horse": 2, "breath_snore": 2, "glide_lead": 2, "birds": 2}


def finish(x):
    """Normalise one clip to int16, or None if it is silent or not finite."""
    x = np.asarray(x, float)
    if not np.all(np.isfinite(x)):
        return None
    x = x - x.mean()
    r = np.sqrt(np.mean(x * x))
    if r < 1e-9:
        return None
    x *= LEVEL / r
    # Limit softly above 0.6; a second pass regains some of the lost level.
    for _ in range(2):
        if np.abs(x).max() > CEILING:
            knee, room = 0.6, CEILING - 0.6
            a = np.abs(x)
            x = np.where(a > knee, np.sign(x) * (knee + room * np.tanh((a - knee) / room)), x)
            x *= min(LEVEL / np.sqrt(np.mean(x * x)), 1.6)
    peak = np.abs(x).max()
    if peak > CEILING:
        x *= CEILING / peak
    return np.round(x * 32767).astype(np.int16)


def procedural(minutes):
    """Yield (pcm, family, kind, split) for every procedural family."""
    families = FAMILIES | {scenes.NAME: (scenes.scene_mix, scenes.KIND, scenes.SPLIT)}
    for name, (make, kind, split) in families.items():
        scale = 0.7 if split == "test" else 8 if name == scenes.NAME else MORE.get(name, 1)
        want = int(minutes * 60 * SR * scale)
        have = i = 0
        while have < want:
            rng = np.random.default_rng([zlib.crc32(name.encode()), i])
            n = int(rng.uniform(4, 11) * SR)
            pcm = finish(scenes.microphone(make(n, rng), rng))
            i += 1
            if pcm is None:
                print(f"bad clip: {name} {i}", file=sys.stderr)
                if i > 500:
                    break
                continue
            have += n
            yield pcm, name, kind, split


def table(rows):
    """Print minutes per family, kind and split."""
    total = defaultdict(float)
    for _, n, family, kind, split in rows:
        for key in (
            ("family", f"{kind:10s} {family}", split),
            ("kind", kind, split),
            ("all", "total", split),
        ):
            total[key] += n / SR / 60
    for key, m in sorted(total.items()):
        print(f"{key[0]:7s} {key[1]:34s} {key[2]:6s} {m:7.1f} min")


def main():
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument("out", type=Path)
    ap.add_argument("--minutes", type=float, default=2.2, help="per procedural family")
    ap.add_argument("--cache", type=Path, help="package cache (default OUT/cache)")
    ap.add_argument("--no-recorded", action="store_true", help="procedural only")
    args = ap.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    clips, rows, start, spent = [], [], 0, time.time()

    def sources():
        yield from procedural(args.minutes)
        if not args.no_recorded:
            from .recorded import recorded

            yield from recorded(args.cache or args.out / "cache", finish)
        yield from shared(finish)

    for pcm, family, kind, split in sources():
        clips.append(pcm)
        rows.append((start, len(pcm), family, kind, split))
        start += len(pcm)
    np.save(args.out / "new.npy", np.concatenate(clips))
    with open(args.out / "new.csv", "w", newline="") as f:
        w = csv.writer(f, lineterminator="\n")
        w.writerow(["start", "samples", "family", "kind", "split"])
        w.writerows(rows)
    (args.out / "new.npy").replace(args.out / "pcm.npy")
    (args.out / "new.csv").replace(args.out / "index.csv")
    table(rows)
    print(f"{len(rows)} clips, {start / SR / 3600:.2f} h, built in {time.time() - spent:.0f} s")


if __name__ == "__main__":
    main()
