"""A few real recordings shipped as test data: many speakers, little of each.

codec2-examples (amateur-radio speech-coding samples, LGPL-2.1), pocketsphinx-testdata
(BSD-3-clause; LibriVox: public domain), alsa-utils (loudspeaker names, GPL-2).
"""

from pathlib import Path
from typing import Iterator

from .audio import read, read_raw16
from .clip import Clip

CODEC2 = Path("/usr/share/codec2")
SPHINX = Path("/usr/share/pocketsphinx/test/data")
ALSA = Path("/usr/share/sounds/alsa")
CODEC2_WAV = ("big_dog", "cross", "david4", "forig", "morig", "hts1a", "hts2a", "mmt1", "ve9qrp", "vk2tpm_004", "vk5qi", "wia_16kHz")
CODEC2_RAW = ("kristoff", "cq_ref", "g3plx", "hts")


def codec2() -> Iterator[Clip]:
    for name in CODEC2_WAV:
        path = CODEC2 / "wav" / f"{name}.wav"
        if path.exists():
            yield Clip(read(path), "codec2", "en", f"codec2_{name}")
    for name in CODEC2_RAW:
        path = CODEC2 / "raw" / f"{name}.raw"
        if path.exists():
            yield Clip(read_raw16(path), "codec2", "en", f"codec2_{name}")


def pocketsphinx() -> Iterator[Clip]:
    for path in sorted(SPHINX.glob("*/*.wav")):
        yield Clip(read(path), "pocketsphinx", "en", f"pocketsphinx_{path.parent.name}")
    for path in sorted(SPHINX.glob("*.raw")):
        yield Clip(read_raw16(path, 16000), "pocketsphinx", "en", f"pocketsphinx_{path.stem}")


def alsa() -> Iterator[Clip]:
    for path in sorted(ALSA.glob("*_*.wav")):
        yield Clip(read(path), "alsa", "en", "alsa")
