"""What Hebrew asks of a detector, as recordings with exact boundaries: `python -m hebrew.probe OUT`.

Words of one class each (how they begin, how they end, how short they are), spoken by espeak-ng
from phonemes with voices that no training has heard, between pauses, over a telephone band, clean
and with street-like noise at 10 dB. OUT/wav/<condition>/<class>_<n>.wav, OUT/words.csv (start and
end of every word in samples). `hebrew.judge` reads a trace of them.
"""
import csv
import os
import random
import sys

import numpy as np
import soundfile

from calls import labels, line
from calls.corpus import STEP
from speech import activity
from speech.clip import Clip
from speech.audio import level
from speech.espeak import speak

#: Class -> words. Phonemes as in speech/hebrew.py; the comment is the letter.
CLASSES = {
    "alef": "?an'i ?at'a ?'ejfo ?'ulaj ?'eQ\"ev ?im'a ?of'e ?az'oQ\"".split(),  # א, and ע as most say it
    "ayin_low": "?av'ar ?ar'im ?iv'ri ?olam'ot ?'oneg ?anav'im".split(),  # ע before low vowels
    "he": "hal'o haj'om hig'a h'u hod'a'a hek'ef".split(),  # ה
    "het": "Xan'a X'eder X'am XaS'uv XoX'ma X'aver".split(),  # ח
    "resh": "Q\"'ega Q\"ots'e Q\"'ak Q\"oS'em Q\"iv'a Q\"'on".split(),  # ר
    "kaf": "k'en kam'a k'ol kS'e kav'uj kos'ot".split(),  # כ ק
    "shin": "Sal'om Sav'ua S'am Sm'one S'eleg SulX'an".split(),  # ש
    "samekh": "sab'a s'of sliX'a sod'ot s'ejfer sim'an".split(),  # ס
    "tsadi": "tsaQ\"'iX ts'ad tsah'ov tsaf'on ts'el tsiv'im".split(),  # צ
    "tail_s": "Q\"'oS Xad'aS miSn'as p'aQ\"as kin'es mamaS".split(),  # ends in a sibilant
    "tail_t": "b'ajit ?aX'at Sab'at toQ\"'ot n'et k'at".split(),  # ends in an unvoiced stop
    "short": "k'en l'o ?'e ?ah'a t'ov d'aj m'a m'i".split(),  # כן לא אה
}
#: espeak-ng variants that speech/split.py keeps for tests.
VOICES = ["m7", "f5", "linda", "quincy"]
#: Recordings per class, words in each.
RECORDINGS, WORDS = 4, 12


def street(n, rng):
    """Coloured noise that swells and falls: traffic."""
    x = rng.standard_normal(n).astype(np.float32)
    spectrum = np.fft.rfft(x) / np.maximum(np.fft.rfftfreq(n, 1 / 8000), 100) ** 0.7
    x = np.fft.irfft(spectrum, n)
    knots = np.arange(0, n + 8000, 8000)
    swell = np.interp(np.arange(n), knots, rng.uniform(0.6, 1.4, len(knots)))
    return (x * swell / np.std(x * swell)).astype(np.float32)


def recording(words, voice, seed):
    """Sound at -26 dBFS active level, and start and end of every word in samples."""
    draw, rng = random.Random(seed), np.random.default_rng(seed)
    pieces, spans, at = [np.zeros(12_000, np.float32)], [], 12_000
    for _ in range(WORDS):
        pcm = speak("he", voice, f"[[{draw.choice(words)}]]", draw)
        if pcm is None:
            continue
        pcm = level(pcm[:len(pcm) // STEP * STEP]).astype(np.float32)
        active = activity.mark(Clip(pcm, "espeak", "he", voice, "synthetic"), None)
        if active is None:
            continue
        starts, ends = labels.runs(active > 127)
        spans.append((at + starts[0] * STEP, at + ends[-1] * STEP))
        pause = np.zeros(int(rng.uniform(0.7, 1.6) * 8000) // STEP * STEP, np.float32)
        pieces += [pcm, pause]
        at += len(pcm) + len(pause)
    return np.concatenate(pieces), spans


def main():
    out = sys.argv[1]
    rows = []
    for n, (name, words) in enumerate(CLASSES.items()):
        for i in range(RECORDINGS):
            seed = 1000 * n + i
            rng = np.random.default_rng(seed)
            sound, spans = recording(words, VOICES[i % len(VOICES)], seed)
            sound = line.through(sound, line.firwin(129, [300, 3400], pass_zero=False, fs=8000).astype(np.float32))
            speech = np.concatenate([sound[a:b] for a, b in spans])
            sound *= 10 ** (-26 / 20) / np.sqrt(np.mean(speech ** 2))
            quiet = 10 ** (-68 / 20) * rng.standard_normal(len(sound)).astype(np.float32)
            noise = street(len(sound), rng) * np.float32(10 ** (-36 / 20))
            for condition, added in (("clean", quiet), ("street_10", quiet + noise)):
                os.makedirs(f"{out}/wav/{condition}", exist_ok=True)
                soundfile.write(f"{out}/wav/{condition}/{name}_{i}.wav", line.mu_law(sound + added), 8000)
            rows += [[f"{name}_{i}", name, a, b] for a, b in spans]
    with open(f"{out}/words.csv", "w", newline="", encoding="utf-8") as f:
        csv.writer(f).writerows([["file", "class", "start", "end"], *rows])
    print(f"{len(rows)} words in {len(CLASSES)} classes", file=sys.stderr)


if __name__ == "__main__":
    main()
