"""Optional labelled recordings from a `shared` folder beside the repository's own files.

AMI meetings (CC BY 4.0), FSDD digits (CC BY-SA 4.0), SASPEECH Hebrew (CC BY 4.0). The
evaluation-only ten_* files are never read. Labels: one '0'/'1' per 20 ms.
"""

from pathlib import Path
from typing import Iterator

import numpy as np

from .audio import read
from .activity import runs
from .clip import HOP, RATE, Clip

ROOT = Path(__file__).resolve().parents[4] / "shared" / "vad" / "dev"
LANGUAGE = {"ami": "en", "fsdd": "en", "heb": "he"}
# Left out, so that something of each corpus stays unheard.
UNHEARD = {"ami_dev00", "ami_tst00", "fsdd_jackson_0", "heb_27", "heb_32"}
# What people's labels add on either side of the sound, in frames of 2.5 ms: 20 ms.
MARGIN = 8


def clips() -> Iterator[Clip]:
    for name, language in LANGUAGE.items():
        for path in sorted((ROOT / "clean").glob(f"{name}_*.wav")):
            if path.stem in UNHEARD:
                continue
            pcm = read(path)
            digits = [c for c in (ROOT / "labels" / f"{path.stem}.lab").read_text() if c in "01"]
            marks = np.repeat(np.array(digits, dtype=np.uint8) * 255, RATE // 50 // HOP)
            for start, end in runs(marks > 0):
                marks[start : start + MARGIN] = marks[max(start, end - MARGIN) : end] = 0
            frames = min(len(pcm) // HOP, len(marks))
            speaker = path.stem if name == "ami" else name
            yield Clip(pcm[: frames * HOP], f"shared_{name}", language, f"shared_{speaker}", active=marks[:frames])
