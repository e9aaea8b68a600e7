"""Puts the decision in the probability's place, so that eval.py judges the decision layer:
`python -m judge.decisions TRACE.csv OUT.csv`. TRACE comes from `examples/vad --config FILE.json`.

eval.py counts an onset at the third frame in a row, so a decision's latency is 40 ms less.
"""
import csv
import sys


def main():
    with open(sys.argv[1], encoding="utf-8") as trace, open(sys.argv[2], "w", newline="", encoding="utf-8") as out:
        rows = csv.writer(out)
        rows.writerow(["file", "frame_index", "probability", "speech"])
        for row in csv.DictReader(trace):
            rows.writerow([row["file"], row["frame_index"], row["speech"], row["speech"]])


if __name__ == "__main__":
    main()
