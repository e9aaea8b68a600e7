"""Recordings of ../shared/vad (ESC-10, CC BY 3.0; Speech Commands, CC BY 4.0), where that folder
is present. Of every kind of sound the last file is left out, so that something stays unheard.
"""

from collections import defaultdict
from pathlib import Path

import numpy as np
import soundfile as sf
from scipy.signal import resample_poly

from .dsp import SR

FOLDER = Path(__file__).parents[4] / "shared" / "vad" / "dev" / "nonspeech"
KINDS = {
    "babycry": "vocal",
    "personsneeze": "vocal",
    "dogbark": "animal",
    "rooster": "animal",
    "clocktick": "impulsive",
    "household": "varying",
}
SPEEDS = (100, 90, 111, 81, 123, 95, 105)  # percent
SECONDS = 12


def shared(finish):
    """Yield (pcm, family, kind, split); nothing where the folder is missing."""
    files = defaultdict(list)
    for path in sorted(FOLDER.glob("ns_*.wav")):
        if "tel_tones" not in path.name:
            files[path.stem.split("_")[-2]].append(path)
    for name, paths in sorted(files.items()):
        for path in paths[:-1]:
            x, rate = sf.read(path, dtype="float32")
            assert rate == SR, f"{path}: {rate} Hz"
            for speed in SPEEDS:
                y = resample_poly(x, 100, speed)
                for at in range(0, len(y) - SR, SECONDS * SR):
                    pcm = finish(np.array(y[at : at + SECONDS * SR]))
                    if pcm is not None:
                        yield pcm, f"rec_shared_{name}", KINDS.get(name, "varying"), "train"
