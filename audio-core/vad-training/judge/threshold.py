"""What one threshold does: `python -m judge.threshold PREPARED TRACE.csv [--threshold T | --flagged SHARE]`.

Prints the threshold (by default the one that flags 2 % of the non-speech set), the share of each
non-speech file that is flagged, the recall on clean speech, and at 10 dB the onset latency, missed
onsets and onsets that were on before, by eval.py's definitions.
"""
import argparse
import importlib.util

import numpy as np

from .prepared import Prepared, read_trace


def events(path):
    """eval.py's own `file_events`."""
    spec = importlib.util.spec_from_file_location("eval", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.file_events


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("prepared")
    p.add_argument("trace")
    p.add_argument("--threshold", type=float)
    p.add_argument("--flagged", type=float, default=0.02)
    p.add_argument("--eval", default="../../../shared/vad/eval.py")
    p.add_argument("--unheard", action="store_true", help="only files that no training has heard")
    a = p.parse_args()
    prepared, scores = Prepared(a.prepared), read_trace(a.trace)
    file_events = events(a.eval)
    silent = prepared.conditions["nonspeech"]
    if a.unheard:
        silent = [b for b in silent if b in last_of_each(silent)]
    quiet = {b: s for b, (_, s) in zip(silent, prepared.frames(scores, "nonspeech", silent))}
    pool = np.concatenate(list(quiet.values()))
    threshold = a.threshold if a.threshold is not None else float(np.quantile(pool, 1 - a.flagged))
    for base, s in quiet.items():
        print(f"{base:32} {100 * (s >= threshold).mean():6.2f} %")
    clean = prepared.frames(scores, "clean")
    recall = np.mean(np.concatenate([s[y == 1] >= threshold for y, s in clean]))
    medians, tails, missed, early = [], [], [], []
    for condition in (c for c in prepared.speech_conditions() if c.endswith("_10")):
        latency, miss, pre, onsets = [], 0, 0, 0
        for base in prepared.conditions[condition]:
            label, s = prepared.labels[base], scores[condition, base]
            n = min(len(label), len(s))
            found = file_events(label[:n].astype(int), (s[:n] >= threshold).astype(int))
            latency += found[0]
            miss, pre, onsets = miss + found[1], pre + found[2], onsets + found[3]
        medians.append(np.percentile(latency, 50))
        tails.append(np.percentile(latency, 95))
        missed.append(100 * miss / onsets)
        early.append(100 * pre / onsets)
    print(f"threshold {threshold:.3f}: non-speech flagged {100 * (pool >= threshold).mean():.2f} %, clean recall {recall:.3f}")
    print(f"10 dB: onset {np.mean(medians):.0f} / {np.mean(tails):.0f} ms, missed {np.mean(missed):.1f} %, "
          f"on before {np.mean(early):.1f} %")


def last_of_each(bases):
    """The last file of every kind of sound: `noise/shared.py` leaves those out of training."""
    last = {}
    for base in sorted(bases):
        last[base.rsplit("_", 1)[0]] = base
    return set(last.values())


if __name__ == "__main__":
    main()
