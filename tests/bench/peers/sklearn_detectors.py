#!/usr/bin/python3
"""Conventional anomaly detectors, through scikit-learn, as peers of advae-experiment.

Reads the same files (NAME.train.csv and NAME.test.csv with a column `label`) and prints JSON of the
same shape, which `advae-experiment --merge=FILE` adds to its own results. Features are min-max scaled
with the training rows, as adVAE scales them; the threshold is where the kernel density estimate of
the training scores reaches 1 - alpha, as adVAE's is. Where a detector remembers its training rows
(LOF, KNN, KDE), a training row is scored without itself.

Needs Debian's python3-sklearn. Example:
  tests/bench/peers/sklearn_detectors.py --data=datasets >peers.json
"""
import argparse
import csv
import json
import pathlib
import statistics
import sys
import time

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtr
from sklearn.decomposition import PCA
from sklearn.ensemble import IsolationForest
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.mixture import GaussianMixture
from sklearn.model_selection import KFold
from sklearn.neighbors import KernelDensity, LocalOutlierFactor, NearestNeighbors
from sklearn.svm import OneClassSVM

KERNEL_DENSITY_BANDWIDTH = 0.1  # of the features, which are scaled to [0, 1]


# Each detector learns from `train` and returns the scores of `train` and `test`; higher is more
# anomalous.


def lof(train, test, seed):
    model = LocalOutlierFactor(n_neighbors=min(20, len(train) - 1), novelty=True).fit(train)
    return -model.negative_outlier_factor_, -model.score_samples(test)


def ocsvm(train, test, seed):
    model = OneClassSVM(kernel="rbf", gamma="scale", nu=0.1).fit(train)
    return -model.decision_function(train), -model.decision_function(test)


def isolation_forest(train, test, seed):
    model = IsolationForest(n_estimators=100, random_state=seed).fit(train)
    return -model.score_samples(train), -model.score_samples(test)


def gmm(train, test, seed):
    components = min(10, len(train))
    model = GaussianMixture(components, reg_covar=1e-3, random_state=seed).fit(train)
    return -model.score_samples(train), -model.score_samples(test)


def kde(train, test, seed):
    def scores_of(rows, others):
        return -KernelDensity(bandwidth=KERNEL_DENSITY_BANDWIDTH).fit(others).score_samples(rows)

    # Training rows are scored by the others: its own kernel would hide how lonely a row is.
    train_scores = np.empty(len(train))
    for others, held_out in KFold(min(5, len(train)), shuffle=True, random_state=seed).split(train):
        train_scores[held_out] = scores_of(train[held_out], train[others])
    return train_scores, scores_of(test, train)


def pca(train, test, seed):
    # As many components as adVAE has latent dimensions.
    components = min(max(1, round(train.shape[1] / 3)), *train.shape)
    model = PCA(components, svd_solver="full").fit(train)

    def error(rows):
        return ((rows - model.inverse_transform(model.transform(rows))) ** 2).sum(axis=1)

    return error(train), error(test)


def knn(train, test, seed):
    k = min(5, len(train) - 1)
    model = NearestNeighbors(n_neighbors=k).fit(train)
    return model.kneighbors()[0].mean(axis=1), model.kneighbors(test)[0].mean(axis=1)


DETECTORS = {"LOF": lof, "OCSVM": ocsvm, "IFOREST": isolation_forest, "GMM": gmm, "KDE": kde,
             "PCA": pca, "KNN": knn}
SEEDED = {"IFOREST", "GMM", "KDE"}  # the others give the same result with every seed


def read_csv(path):
    with open(path, newline="") as file:
        reader = csv.reader(file)
        names = next(reader)
        return names, np.array([[float(cell) for cell in row] for row in reader if row])


def load(folder, name):
    names, train = read_csv(folder / f"{name}.train.csv")
    test_names, test = read_csv(folder / f"{name}.test.csv")
    features = [column for column in names if column != "label"]
    train = train[:, [names.index(column) for column in features]]
    labels = test[:, test_names.index("label")] == 1
    test = test[:, [test_names.index(column) for column in features]]
    low, high = train.min(axis=0), train.max(axis=0)
    factor = np.where(high > low, high - low, 1)
    return (train - low) / factor, (test - low) / factor, labels


def threshold(scores, alpha):
    """The score at which the Gaussian KDE of `scores`, by Silverman's rule, reaches 1 - alpha."""
    deviation = scores.std(ddof=1)
    if deviation == 0:
        return scores[0]
    width = (3 * len(scores) / 4) ** -0.2 * deviation
    cdf = lambda s: ndtr((s - scores) / width).mean() - (1 - alpha)
    return brentq(cdf, scores.min() - 10 * width, scores.max() + 10 * width)


def ratio(numerator, denominator):
    return float(numerator) / float(denominator) if denominator else 0.0


def run(detector, train, test, labels, seed, alpha):
    start = time.monotonic()
    train_scores, scores = detector(train, test, seed)
    limit = threshold(train_scores, alpha)
    seconds = time.monotonic() - start
    called = scores >= limit
    right = (called & labels).sum()
    return {
        "average_precision": average_precision_score(labels, scores),
        "roc_auc": roc_auc_score(labels, scores),
        "recall": ratio(right, labels.sum()),
        "precision": ratio(right, called.sum()),
        "f1": ratio(2 * right, called.sum() + labels.sum()),
        "false_alarm_rate": ratio((called & ~labels).sum(), (~labels).sum()),
        "train_seconds": seconds,
    }


def summarise(runs):
    return {
        key: {"mean": float(statistics.fmean(r[key] for r in runs)),
              "std": float(statistics.stdev(r[key] for r in runs)) if len(runs) > 1 else 0.0}
        for key in runs[0]
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--sets", help="names, separated by commas (default: all)")
    parser.add_argument("--detectors", default=",".join(DETECTORS))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--alpha", type=float, default=0.1)
    arguments = parser.parse_args()

    names = [path.name.removesuffix(".train.csv") for path in arguments.data.glob("*.train.csv")]
    names = sorted(name for name in names if (arguments.data / f"{name}.test.csv").is_file())
    if arguments.sets:
        names = [name for name in names if name in arguments.sets.split(",")]
    detectors = arguments.detectors.split(",")
    unknown = [name for name in detectors if name not in DETECTORS]
    if unknown:
        parser.error(f"unknown detectors {unknown}; there are {', '.join(DETECTORS)}")
    if not names:
        parser.error(f"no NAME.train.csv with its NAME.test.csv in {arguments.data}")

    sets = {}
    for name in names:
        train, test, labels = load(arguments.data, name)
        sets[name] = {}
        for detector in detectors:
            seeds = range(1, (arguments.seeds if detector in SEEDED else 1) + 1)
            runs = [run(DETECTORS[detector], train, test, labels, seed, arguments.alpha)
                    for seed in seeds]
            sets[name][detector] = summarise(runs)
            precision = sets[name][detector]["average_precision"]["mean"]
            print(f"{name} {detector}: average precision {precision:.3f}", file=sys.stderr)
    mean = {detector: statistics.fmean(sets[name][detector]["average_precision"]["mean"]
                                       for name in names) for detector in detectors}
    json.dump({"sets": sets, "mean": mean}, sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main()
