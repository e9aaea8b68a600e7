"""Joins the prepared files of every condition to one recording, so that a detector's state is
never reset: `python -m judge.streams PREPARED OUT [CORPUS,CORPUS…]`. OUT is laid out like PREPARED.
"""
import csv
import os
import sys

import numpy as np
import soundfile

from .prepared import Prepared


def main():
    folder, out = sys.argv[1:3]
    corpora = sys.argv[3].split(",") if len(sys.argv) > 3 else ["ten", "heb"]
    prepared = Prepared(folder)
    os.makedirs(f"{out}/labels", exist_ok=True)
    rows = []
    for condition in prepared.speech_conditions():
        bases = [b for b in prepared.conditions[condition] if prepared.corpus[b] in corpora]
        os.makedirs(f"{out}/wav/{condition}", exist_ok=True)
        sound, label = [], []
        for base in bases:
            x, _ = soundfile.read(f"{folder}/wav/{condition}/{base}.wav", dtype="int16")
            n = min(len(x) // 160, len(prepared.labels[base]))
            sound.append(x[:n * 160])
            label.append(prepared.labels[base][:n])
        label = np.concatenate(label)
        soundfile.write(f"{out}/wav/{condition}/stream.wav", np.concatenate(sound), 8000)
        rows.append([condition, "stream", "stream", "dev", len(label), int(label.sum())])
    with open(f"{out}/labels/stream.lab", "w", encoding="utf-8") as f:
        f.write("".join(map(str, label)))
    with open(f"{out}/manifest.csv", "w", newline="", encoding="utf-8") as f:
        csv.writer(f).writerows([["cond", "base", "corpus", "split", "frames", "speech_frames"], *rows])
    print(f"{len(rows)} streams of {len(label) / 50:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
