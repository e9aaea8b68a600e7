"""The two corpora as the mixer sees them: clips that are drawn by speaker and by noise family.

Formats: `pcm.npy` (int16, 8 kHz, all clips one after the other), `index.csv` (one row a clip) and,
for speech, `active.npy` (uint8, one value per 20 samples: 255 where there surely is speech).
"""
import csv
from collections import defaultdict

import numpy as np

#: Samples per value of `active.npy`: 2.5 ms.
STEP = 20
#: How often a speech source is drawn: human voices first, then voices made of recordings, then
#: the formant synthesiser with its many languages. Sources are matched by how their name begins.
SHARES = {"real": 0.65, "synth": 0.15, "espeak": 0.2}
#: Sources whose "speaker" is a whole cast: so many clips in a row count as one speaker.
CASTS = {"sky": 40, "queen": 40, "fillets": 80}
#: Hand-labelled meetings, digits and Hebrew are drawn this much more often than their length says.
LABELLED = 3.0
#: Recorded noise is drawn this much more often than synthetic.
RECORDED = 2.0
#: And so are the families nearest to a voice, where false alarms come from.
NEAR_VOICE = {"baby_cry": 3, "dog": 3, "throat_sneeze": 3, "cough": 3, "howl": 2, "cow_sheep": 2, "rooster": 2,
              "rec_shared_babycry": 3, "rec_shared_dogbark": 3, "rec_shared_personsneeze": 3, "rec_animals": 2,
              "rec_animals_farm": 2}


def source_class(source):
    """Which of SHARES a source of the speech corpus belongs to."""
    if source.startswith("espeak"):
        return "espeak"
    if source.startswith(("flite", "festival", "festvox", "pico", "rhvoice")):
        return "synth"
    return "real"


class Speech:
    """Speech clips of one split, drawn so that no speaker is heard too often."""

    def __init__(self, folder, split, without=()):
        self.pcm = np.load(f"{folder}/pcm.npy", mmap_mode="r")
        self.active = np.load(f"{folder}/active.npy", mmap_mode="r")
        clips = defaultdict(lambda: defaultdict(list))
        hours, seen = 0.0, defaultdict(int)
        with open(f"{folder}/index.csv", encoding="utf-8") as f:
            for row in csv.DictReader(f):
                if row["split"] != split or row["source"].startswith(tuple(without) or ("\0",)):
                    continue
                start, samples = int(row["start"]), int(row["samples"])
                speaker = (row["source"], row["speaker"])
                if row["source"] in CASTS:
                    seen[row["source"]] += 1
                    speaker += (seen[row["source"]] // CASTS[row["source"]],)
                clips[source_class(row["source"])][speaker].append((start, samples))
                hours += samples / 8000 / 3600
        self.classes = []
        for name, speakers in sorted(clips.items()):
            names = sorted(speakers)
            # A speaker with little material is drawn less, by the square root of its length.
            weight = np.array([sum(n for _, n in speakers[s]) for s in names], float) ** 0.5
            weight *= [LABELLED if source.startswith("shared") else 1.0 for source, *_ in names]
            self.classes.append((SHARES[name], [speakers[s] for s in names], weight / weight.sum()))
        total = sum(share for share, _, _ in self.classes)
        self.shares = np.array([share / total for share, _, _ in self.classes])
        self.speakers = sum(len(speakers) for _, speakers, _ in self.classes)
        self.hours = hours

    def speaker(self, rng):
        """The clips of one speaker."""
        _, speakers, weight = self.classes[rng.choice(len(self.classes), p=self.shares)]
        return speakers[rng.choice(len(speakers), p=weight)]

    def clip(self, rng, speaker):
        """One clip as floats (full scale 1) and its activity in [0, 1] per STEP samples."""
        start, samples = speaker[rng.integers(len(speaker))]
        x = self.pcm[start:start + samples].astype(np.float32) / 32768
        a = self.active[start // STEP:(start + samples) // STEP].astype(np.float32) / 255
        return x, a


class Noise:
    """Noise clips of one split; every recorded family is drawn equally often, and every synthetic one."""

    def __init__(self, folder, split, families=None):
        self.pcm = np.load(f"{folder}/pcm.npy", mmap_mode="r")
        self.families = defaultdict(list)
        with open(f"{folder}/index.csv", encoding="utf-8") as f:
            for row in csv.DictReader(f):
                if row["split"] == split and (families is None or row["family"] in families):
                    self.families[row["family"]].append((int(row["start"]), int(row["samples"])))
        self.names = sorted(self.families)
        weight = np.array([(RECORDED if name.startswith("rec_") else 1.0) * NEAR_VOICE.get(name, 1.0)
                           for name in self.names])
        self.weight = weight / weight.sum()

    def take(self, rng, n, family=None):
        """`n` samples of one family (clips follow each other where one is too short) and its name."""
        family = family or self.names[rng.choice(len(self.names), p=self.weight)]
        clips = self.families[family]
        out = np.zeros(n, np.float32)
        at = 0
        while at < n:
            start, samples = clips[rng.integers(len(clips))]
            skip = int(rng.integers(0, max(1, samples // 2)))
            piece = self.pcm[start + skip:start + samples][:n - at].astype(np.float32) / 32768
            fade = min(80, len(piece) // 2)
            piece[:fade] *= np.linspace(0, 1, fade, dtype=np.float32)
            piece[len(piece) - fade:] *= np.linspace(1, 0, fade, dtype=np.float32)
            out[at:at + len(piece)] = piece
            at += len(piece)
        return out, family
