"""How Hebrew fares with a detector: `python -m hebrew.judge PROBES TRACE.csv [--pre-roll MS]`.

TRACE is what `examples/vad --csv` wrote over PROBES/wav. By class of word: how many were missed,
how long after its first sound a word was noticed (median and 95th percentile), how much of its
beginning lies before the first voiced frame (what the pre-roll has to cover), and how much of its
end comes after speech was declared ended (0 as long as the hangover covers the tail).
"""
import argparse
import csv
from collections import defaultdict

import numpy as np

#: A word may be noticed this long after its end: in ms.
LATE = 200
FRAME = 160


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("probes")
    p.add_argument("trace")
    p.add_argument("--threshold", type=float, default=0.5, help="from which a frame is voiced")
    a = p.parse_args()
    trace = defaultdict(list)
    with open(a.trace, encoding="utf-8") as f:
        for row in csv.DictReader(f):
            trace[row["file"]].append((float(row["probability"]), int(row["speech"])))
    with open(f"{a.probes}/words.csv", encoding="utf-8") as f:
        words = list(csv.DictReader(f))
    conditions = sorted({name.split("/")[0] for name in trace})
    print(f"{'condition':10} {'class':10} {'words':>5} {'missed':>6} {'noticed ms':>12} {'before voiced ms':>17} {'tail cut':>8}")
    for condition in conditions:
        for name in [*dict.fromkeys(w["class"] for w in words), "all"]:
            noticed, before, missed, cut, count = [], [], 0, 0, 0
            for w in words:
                if name not in (w["class"], "all"):
                    continue
                count += 1
                rows = trace[f"{condition}/{w['file']}.wav"]
                start, end = int(w["start"]), int(w["end"])
                first, last = start // FRAME, min(len(rows), (end + LATE * 8) // FRAME)
                found = next((i for i in range(first, last) if rows[i][1]), None)
                if found is None:
                    missed += 1
                    continue
                noticed.append(((found + 1) * FRAME - start) / 8)
                # Frames of which most lies in the word; the first that sounds like voice.
                voiced = next((i for i in range(first, last) if rows[i][0] >= a.threshold), found)
                before.append(max(0.0, (voiced * FRAME - start) / 8))
                # Speech that ended more than half a frame before the word did.
                cut += any(not rows[i][1] for i in range(found, min(len(rows), (end - FRAME // 2) // FRAME)))
            if noticed:
                print(f"{condition:10} {name:10} {count:5} {missed:6} {np.median(noticed):5.0f} /{np.percentile(noticed, 95):5.0f} "
                      f"{np.median(before):8.0f} /{np.percentile(before, 95):6.0f} {cut:8}")


if __name__ == "__main__":
    main()
