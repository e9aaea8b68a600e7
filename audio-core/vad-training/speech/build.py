"""Build the speech corpus: `python -m speech.build OUT [SOURCE ...]`.

Writes OUT/pcm.npy (int16, 8 kHz mono, all clips end to end), OUT/active.npy (uint8 per 20
samples: tight speech activity, 255 = surely speech) and OUT/index.csv. Every source has its
own seed, so the same packages give the same corpus.
"""

import csv
import json
import sys
import time
from collections import Counter, defaultdict
from itertools import islice
from pathlib import Path
from typing import Callable, Iterator

import numpy as np

from . import activity, asterisk, children, diphone, espeak, games, labelled, samples, silero, split
from .audio import level
from .clip import HOP, RATE, Clip

SOURCES: dict[str, Callable[[], Iterator[Clip]]] = {
    "asterisk": asterisk.clips,
    "klettres": children.klettres,
    "ktuberling": children.ktuberling,
    "tuxpaint": children.tuxpaint,
    "codec2": samples.codec2,
    "pocketsphinx": samples.pocketsphinx,
    "alsa": samples.alsa,
    "shared": labelled.clips,
    "sky": games.sky,
    "queen": games.queen,
    "fillets": games.fillets,
    "hedgewars": games.hedgewars,
    "flite": diphone.flite,
    "festival": diphone.festival,
    "espeak": espeak.clips,
}
SHORTEST = RATE // 10  # samples
GROUP = 64  # clips the teacher hears at once
EDGE = RATE // 2 // HOP  # frames of silence kept before and after the speech of a clip


def log(text: str) -> None:
    print(f"[{time.strftime('%H:%M:%S')}] {text}", file=sys.stderr, flush=True)


def prepare(clips: list[Clip]) -> list[tuple[Clip, np.ndarray, np.ndarray]]:
    """Level, mark and trim: (clip, int16 samples, activity) of each usable clip."""
    clips = [c for c in clips if len(c.pcm) >= SHORTEST]
    for clip in clips:
        clip.pcm = level(clip.pcm[: len(clip.pcm) // HOP * HOP]).astype(np.float32)
    asked = [c for c in clips if c.active is None and c.kind != "synthetic"]
    answers = silero.probabilities([c.pcm for c in asked]) if asked else []
    teacher = {id(clip): p for clip, p in zip(asked, answers)}
    made = []
    for clip in clips:
        marks = activity.mark(clip, teacher.get(id(clip))) if clip.active is None else clip.active
        if marks is None or not (marks > 127).any():
            continue
        speech = np.flatnonzero(marks > 127)
        first, last = max(0, speech[0] - EDGE), min(len(marks), speech[-1] + 1 + EDGE)
        pcm = np.round(clip.pcm[first * HOP : last * HOP] * 32767).astype(np.int16)
        made.append((clip, pcm, marks[first:last]))
    return made


def groups(clips: Iterator[Clip]) -> Iterator[list[Clip]]:
    while group := list(islice(clips, GROUP)):
        yield group


def part(name: str) -> tuple[list[np.ndarray], list[np.ndarray], list[dict]]:
    """All usable clips of one source: samples, activity, and their rows of the index."""
    pcm, active, rows, seen, began = [], [], [], 0, time.time()
    try:
        for group in groups(SOURCES[name]()):
            seen += len(group)
            for clip, samples, marks in prepare(group):
                pcm.append(samples)
                active.append(marks)
                row = {"samples": len(samples), "source": clip.source, "language": clip.language, "speaker": clip.speaker}
                rows.append(row | {"split": split.choose(clip.language, clip.speaker)})
    except FileNotFoundError as missing:
        log(f"{name}: incomplete, {missing}")
    log(f"{name}: {len(rows)} clips, {seen - len(rows)} unusable, {time.time() - began:.0f} s")
    return pcm, active, rows


def cached(name: str, folder: Path) -> tuple[np.ndarray, np.ndarray, list[dict]]:
    """A source's part from `folder`, made there first where missing (delete it to remake)."""
    path = folder / f"{name}.npz"
    if not path.exists():
        pcm, active, rows = part(name)
        empty = np.zeros(0)
        joined = [np.concatenate(x) if x else empty for x in (pcm, active)]
        np.savez(path, pcm=joined[0].astype(np.int16), active=joined[1].astype(np.uint8), rows=json.dumps(rows))
    with np.load(path) as saved:
        return saved["pcm"], saved["active"], json.loads(str(saved["rows"]))


def build(out: Path, names: list[str]) -> list[dict]:
    parts = out / "parts"
    parts.mkdir(parents=True, exist_ok=True)
    made = [cached(name, parts) for name in names]
    rows, start = [], 0
    for row in (row for m in made for row in m[2]):
        rows.append({"start": start} | row)
        start += row["samples"]
    with open(parts / "index.csv", "w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    np.save(parts / "pcm.npy", np.concatenate([m[0] for m in made]))
    np.save(parts / "active.npy", np.concatenate([m[1] for m in made]))
    for name in ("pcm.npy", "active.npy", "index.csv"):
        (parts / name).replace(out / name)  # all at once, under whoever still reads the old ones
    return rows


def table(rows: list[dict]) -> None:
    """Print hours, clips, speakers and languages per source and split."""
    hours, clips, who, tongues = defaultdict(float), Counter(), defaultdict(set), defaultdict(set)
    for row in rows:
        for key in ((row["source"], row["split"]), ("all", row["split"])):
            hours[key] += row["samples"] / RATE / 3600
            clips[key] += 1
            who[key].add(row["speaker"])
            tongues[key].add(row["language"])
    print(f"{'source':14}{'split':7}{'hours':>7}{'clips':>7}{'speakers':>9}{'languages':>10}")
    for key in sorted(hours, key=lambda k: (k[0] == "all", k)):
        print(f"{key[0]:14}{key[1]:7}{hours[key]:7.2f}{clips[key]:7}{len(who[key]):9}{len(tongues[key]):10}")


if __name__ == "__main__":
    table(build(Path(sys.argv[1]), sys.argv[2:] or list(SOURCES)))
