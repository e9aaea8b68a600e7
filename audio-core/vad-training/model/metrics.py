"""Frame metrics."""
import numpy as np


def auc(label, score):
    """Area under the ROC curve; ties count half."""
    label = np.asarray(label, bool)
    positives, negatives = label.sum(), (~label).sum()
    if positives == 0 or negatives == 0:
        return float("nan")
    _, inverse, count = np.unique(score, return_inverse=True, return_counts=True)
    rank = (np.cumsum(count) - (count - 1) / 2)[inverse]
    return float((rank[label].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def recall_at(label, score, false_rate):
    """Share of speech found by the threshold that flags `false_rate` of the rest."""
    label = np.asarray(label, bool)
    return float((score[label] > np.quantile(score[~label], 1 - false_rate)).mean())
