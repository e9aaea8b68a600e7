"""Synthesisers built from human recordings: flite voices, and festival with Debian's festvox-*.

flite, kal, ked, slt: BSD-like; Czech: GPL-3+ (ph: GPL-2+); Italian: GPL-2+; Finnish: LGPL-2;
Catalan: LGPL-2.1+ and BSD; Russian: BSD-like. Diphone, unit-selection (Russian) and HTS voices.
Their pauses hold the noise of the recordings, so they are labelled like recordings (the NSK
hi/mr/te voices and flite's rms are left out: noise 20-25 dB below the speech).
"""

import random
import subprocess
import tempfile
from pathlib import Path
from typing import Iterator

import soundfile as sf

from .audio import decode, read
from .clip import RATE, Clip
from .espeak_text import SENTENCES, digits

FLITE = ("kal", "awb", "slt", "kal16")
FLITE_SECONDS, FESTIVAL_SECONDS = 330, 240  # for each voice
BATCH = 25  # utterances a festival process speaks
# festival voice: language and the encoding its text must be in
FESTIVAL = {
    "upc_ca_ona_hts": ("ca", "latin-1"),
    "czech_dita": ("cs", "iso8859-2"),
    "czech_krb": ("cs", "iso8859-2"),
    "czech_machac": ("cs", "iso8859-2"),
    "czech_ph": ("cs", "iso8859-2"),
    "pc_diphone": ("it", "latin-1"),
    "lp_diphone": ("it", "latin-1"),
    "kal_diphone": ("en", "ascii"),
    "ked_diphone": ("en", "ascii"),
    "cmu_us_slt_arctic_hts": ("en", "ascii"),
    "msu_ru_nsh_clunits": ("ru", "utf-8"),
    "suo_fi_lj_diphone": ("fi", "latin-1"),
    "hy_fi_mv_diphone": ("fi", "latin-1"),
}
WHO = "I|The driver|My sister|Her doctor|Somebody|The manager|Our neighbour|Every customer|Mister Hughes|A child|The whole family|Nobody".split("|")
DOES = "asked about|will bring back|shouted for|forgot|was looking for|cannot find|just ordered|has cancelled|would like|never received|paid for|described".split("|")
WHAT = "the invoice|a cheap flight|six fresh fish|his other shoes|the third appointment|a glass of juice|your address|this strange noise|two large boxes|the key to the office|a vegetarian pizza|the wrong number".split("|")
WHEN = "yesterday|on Thursday at half past four|before the shop closes|again|for the first time|while it was raining|in September|without saying why|this morning|if that is possible|on the telephone|, okay?".split("|")
LATIN = ["ba", "to", "ki", "sa", "me", "lu", "pe", "no", "ri", "va", "du", "fi", "sto", "pra", "lan", "mes", "tor", "il", "as", "ku"]


def english(rng: random.Random) -> str:
    return f"{rng.choice(WHO)} {rng.choice(DOES)} {rng.choice(WHAT)} {rng.choice(WHEN)}."


def text(language: str, rng: random.Random) -> str:
    roll = rng.random()
    if roll < 0.2:
        return digits(rng)
    if language == "en":
        return rng.choice([english(rng), f"{english(rng)} {english(rng)}", rng.choice(SENTENCES["en"].split("|"))])
    if roll < 0.5 and language in ("ca", "cs", "fi", "it"):
        return " ".join("".join(rng.choices(LATIN, k=rng.randint(1, 4))) for _ in range(rng.randint(1, 9))) + "."
    return " ".join(rng.choice(SENTENCES[language].split("|")) for _ in range(rng.choice([1, 2, 3])))


def flite() -> Iterator[Clip]:
    for voice in FLITE:
        rng, made = random.Random(f"flite {voice}"), 0.0
        while made < FLITE_SECONDS:
            stretch = rng.uniform(0.8, 1.3)
            command = ["flite", "-voice", voice, "--setf", f"duration_stretch={stretch:.2f}", "-t", text("en", rng), "/dev/stdout"]
            pcm = decode(subprocess.run(command, check=True, capture_output=True).stdout)
            made += len(pcm) / RATE
            yield Clip(pcm, "flite", "en", f"flite_{voice.removesuffix('16')}", "real")


def _speak(voice: str, texts: list[str], encoding: str, folder: Path) -> None:
    lines = [f"(voice_{voice})"]
    for i, said in enumerate(texts):
        quoted = said.replace('"', " ")
        lines.append(f'(set! u (utt.synth (Utterance Text "{quoted}")))\n(utt.save.wave u "{folder}/{i:03d}.wav" (quote riff))')
    script = folder / "say.scm"
    script.write_bytes("\n".join(lines).encode(encoding, "replace"))
    subprocess.run(["festival", "-b", str(script)], capture_output=True, timeout=300)


def festival() -> Iterator[Clip]:
    for voice, (language, encoding) in FESTIVAL.items():
        rng, made, batches = random.Random(f"festival {voice}"), 0.0, 0
        while made < FESTIVAL_SECONDS and batches < 8:
            batches += 1
            with tempfile.TemporaryDirectory() as folder:
                _speak(voice, [text(language, rng) for _ in range(BATCH)], encoding, Path(folder))
                for path in sorted(Path(folder).glob("*.wav")):
                    try:
                        pcm = read(path)
                    except sf.LibsndfileError:
                        continue
                    if len(pcm) > RATE // 4:
                        made += len(pcm) / RATE
                        yield Clip(pcm, "festival", language, f"festival_{voice}", "real")
