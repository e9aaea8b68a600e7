"""The development set as `../shared/vad/prepare.py` lays it out, and traces of detectors over it."""
import csv
from collections import defaultdict

import numpy as np

#: Frames at a file's start that do not count: 0.5 s, as in eval.py.
SKIP = 25


class Prepared:
    """Labels of every file, and which files make up a condition."""

    def __init__(self, folder):
        self.folder = folder
        self.conditions = defaultdict(list)
        self.corpus = {}
        with open(f"{folder}/manifest.csv", encoding="utf-8") as f:
            for row in csv.DictReader(f):
                self.conditions[row["cond"]].append(row["base"])
                self.corpus[row["base"]] = row["corpus"]
        self.labels = {base: self._label(base) for base in self.corpus}

    def _label(self, base):
        with open(f"{self.folder}/labels/{base}.lab", "rb") as f:
            return np.frombuffer(f.read().strip(), np.uint8) - ord("0")

    def speech_conditions(self):
        return [c for c in self.conditions if c != "nonspeech"]

    def frames(self, scores, condition, bases=None):
        """(label, score) of the frames of a condition that count, file after file."""
        pairs = []
        for base in bases or self.conditions[condition]:
            label, score = self.labels[base], scores[condition, base]
            n = min(len(label), len(score))
            pairs.append((label[SKIP:n], score[SKIP:n]))
        return pairs


def read_trace(path):
    """CSV of `examples/vad` or `peers.silero` -> {(condition, base): probabilities}."""
    scores = defaultdict(list)
    with open(path, encoding="utf-8") as f:
        for row in csv.reader(f):
            if row[0] != "file":
                scores[row[0]].append(float(row[2]))
    return {tuple(name.removesuffix(".wav").split("/")[-2:]): np.array(s, np.float32) for name, s in scores.items()}
