"""espeak-ng (GPL-3+; its output carries no licence of its own): formant synthesis in 80 languages.

Voices are a language times one of its variants; rate in words a minute (-s), pitch 0..99 (-p).
"""

import random
import subprocess
from typing import Iterator

import numpy as np

from . import espeak_text, hebrew
from .audio import decode
from .clip import RATE, Clip

VARIANTS = (
    "m1 m2 m3 m4 m5 m6 m7 m8 f1 f2 f3 f4 f5 croak whisper whisperf klatt klatt2 klatt3 klatt4 klatt6 Andy Annie Alex Alicia Andrea "
    "Denis Diogo Gene Henrique Hugo Jacky Lee Marco Mario Michael Mike adam anika antonio aunty belinda benjamin boris caleb david ed "
    "edward grandma grandpa gustave iven john kaukovalta linda marcelo max michel miguel norbert pablo paul pedro quincy rob robert "
    "sandro shelby steph travis victor zac"
).split()
SECONDS, HEBREW_SECONDS = 8200, 2600
LONGEST = 12  # seconds


def speak(language: str, variant: str, text: str, rng: random.Random) -> np.ndarray | None:
    """8 kHz samples, or None when espeak-ng has nothing to say for it."""
    rate, pitch = rng.randint(110, 240), rng.randint(10, 90)
    command = ["espeak-ng", "-v", f"{language}+{variant}", "-s", str(rate), "-p", str(pitch), "--stdout", text]
    wav = subprocess.run(command, capture_output=True).stdout
    if len(wav) < 2000:
        return None
    pcm = decode(wav)
    return pcm[: LONGEST * RATE] if np.abs(pcm).max() > 0.01 else None


def _many(languages: list[str], seconds: float, rng: random.Random) -> Iterator[Clip]:
    made, turn = 0.0, 0
    while made < seconds:
        language, variant = languages[turn % len(languages)], rng.choice(VARIANTS)
        turn += 1
        text = hebrew.say(rng) if language == "he" else espeak_text.say(language, rng)
        pcm = speak(language, variant, text, rng)
        if pcm is not None:
            made += len(pcm) / RATE
            yield Clip(pcm, "espeak", language, f"espeak_{language}+{variant}", "synthetic")


def clips() -> Iterator[Clip]:
    yield from _many(["he"], HEBREW_SECONDS, random.Random(21))
    yield from _many(espeak_text.LANGUAGES, SECONDS, random.Random(22))
