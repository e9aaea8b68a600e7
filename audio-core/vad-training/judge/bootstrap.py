"""Is one detector better than another by more than chance? `python -m judge.bootstrap PREPARED A.csv B.csv`.

Draws the speech files again with replacement (1,000 times, or --draws N) and prints the mean area
under the ROC curve over all conditions for both traces, and 95 % of their differences, paired.
"""
import argparse

import numpy as np

from .prepared import Prepared, read_trace


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("prepared")
    p.add_argument("a")
    p.add_argument("b")
    p.add_argument("--draws", type=int, default=1000)
    p.add_argument("--corpus", default="", help="comma-separated; all if empty")
    p.add_argument("--files", default="", help="comma-separated files to keep; all if empty")
    args = p.parse_args()
    prepared = Prepared(args.prepared)
    keep = set(filter(None, args.corpus.split(",")))
    only = set(filter(None, args.files.split(",")))
    bases = [b for b in prepared.conditions["clean"]
             if (not keep or prepared.corpus[b] in keep) and (not only or b in only)]
    rng = np.random.default_rng(1)
    draws = [np.arange(len(bases))] + [rng.integers(len(bases), size=len(bases)) for _ in range(args.draws)]
    # Frames are ranked in 2,000 steps per condition, so that a draw is a sum of histograms.
    areas = []
    for path in (args.a, args.b):
        scores = read_trace(path)
        total = np.zeros(len(draws))
        for condition in prepared.speech_conditions():
            pairs = prepared.frames(scores, condition, bases)
            edges = np.unique(np.quantile(np.concatenate([s for _, s in pairs]), np.linspace(0, 1, 2001)))
            speech = np.stack([np.bincount(np.searchsorted(edges, s[y == 1]), minlength=len(edges) + 1)
                               for y, s in pairs]).astype(float)
            rest = np.stack([np.bincount(np.searchsorted(edges, s[y == 0]), minlength=len(edges) + 1)
                             for y, s in pairs]).astype(float)
            for i, draw in enumerate(draws):
                pos, neg = speech[draw].sum(0), rest[draw].sum(0)
                below = np.cumsum(neg) - neg
                total[i] += (pos * (below + neg / 2)).sum() / (pos.sum() * neg.sum())
        areas.append(total / len(prepared.speech_conditions()))
    a, b = areas
    low, high = np.percentile((a - b)[1:], [2.5, 97.5])
    print(f"{len(bases)} files: {a[0]:.4f} and {b[0]:.4f}, difference {a[0] - b[0]:+.4f} [{low:+.4f}, {high:+.4f}]")


if __name__ == "__main__":
    main()
