"""Conventional anomaly detectors, through scikit-learn, for advae-experiment, which starts this.

Answers requests on standard input, one after the other, on standard output. A request is a line of
words, followed by rows of 32-bit floats where it has any; all numbers are in the machine's order:

  fit ID DETECTOR SEED ROWS COLUMNS, and the training rows
  score ID ROWS COLUMNS, and the rows
  drop ID

The answer is a line "ok COUNT" with as many scores after it, 64-bit floats: of the training rows,
of the rows, and none; or a line "error MESSAGE". The first answer, "ok 0", comes without a request,
when the libraries are loaded.

Higher scores are more anomalous. Features are min-max scaled with the training rows; OCSVM, whose
kernel is as wide in each direction, gets them standardised. The median of the training rows stands
in for a value that is missing (NaN). Detectors that remember their training
rows (LOF, KNN, KDE) score a training row without itself.
"""

import os
import sys
import warnings

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"  # as ADVAE has
warnings.simplefilter("ignore")  # of a mixture that did not converge, for one

try:
    import numpy as np
    from sklearn.decomposition import PCA
    from sklearn.ensemble import IsolationForest
    from sklearn.impute import SimpleImputer
    from sklearn.mixture import GaussianMixture
    from sklearn.model_selection import KFold
    from sklearn.neighbors import KernelDensity, LocalOutlierFactor, NearestNeighbors
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import OneClassSVM
except ImportError as error:
    print(f"error the detector needs scikit-learn, Debian's package python3-sklearn ({error})")
    sys.exit(1)

KERNEL_DENSITY_BANDWIDTH = 0.1  # of the features, which are scaled to [0, 1]


# Each detector learns from `train`, and returns the scores of its rows and a function from other
# rows to theirs.


def knn(train, seed):
    model = NearestNeighbors(n_neighbors=min(5, len(train) - 1)).fit(train)
    return model.kneighbors()[0].mean(axis=1), lambda rows: model.kneighbors(rows)[0].mean(axis=1)


def lof(train, seed):
    model = LocalOutlierFactor(n_neighbors=min(20, len(train) - 1), novelty=True).fit(train)
    return -model.negative_outlier_factor_, lambda rows: -model.score_samples(rows)


def isolation_forest(train, seed):
    model = IsolationForest(n_estimators=100, random_state=seed).fit(train)
    return -model.score_samples(train), lambda rows: -model.score_samples(rows)


def ocsvm(train, seed):
    scaler = StandardScaler().fit(train)
    model = OneClassSVM(kernel="rbf", gamma="scale", nu=0.1).fit(scaler.transform(train))

    def score(rows):
        return -model.decision_function(scaler.transform(rows))

    return score(train), score


def gmm(train, seed):
    components = min(10, len(train))
    model = GaussianMixture(components, reg_covar=1e-3, random_state=seed).fit(train)
    return -model.score_samples(train), lambda rows: -model.score_samples(rows)


def pca(train, seed):
    # As many components as adVAE has latent dimensions.
    components = min(max(1, round(train.shape[1] / 3)), *train.shape)
    model = PCA(components, svd_solver="full").fit(train)

    def score(rows):
        return ((rows - model.inverse_transform(model.transform(rows))) ** 2).sum(axis=1)

    return score(train), score


def kde(train, seed):
    def score_by(others):
        # One leaf: version 1.2's sums over a tree are wrong in the far tails.
        model = KernelDensity(bandwidth=KERNEL_DENSITY_BANDWIDTH, leaf_size=len(others)).fit(others)
        return lambda rows: -model.score_samples(rows)

    train_scores = np.empty(len(train))
    for others, held_out in KFold(min(5, len(train)), shuffle=True, random_state=seed).split(train):
        train_scores[held_out] = score_by(train[others])(train[held_out])
    return train_scores, score_by(train)


DETECTORS = {"KNN": knn, "LOF": lof, "IFOREST": isolation_forest, "OCSVM": ocsvm, "GMM": gmm,
             "PCA": pca, "KDE": kde}


class Peers:
    def __init__(self):
        self._fitted = {}

    def fit(self, identifier, detector, seed, train):
        imputer = SimpleImputer(strategy="median").fit(train)
        train = imputer.transform(train)
        low, high = train.min(axis=0), train.max(axis=0)
        span = np.where(high > low, high - low, 1)
        scores, score = DETECTORS[detector]((train - low) / span, seed)
        self._fitted[identifier] = lambda rows: score((imputer.transform(rows) - low) / span)
        return scores

    def score(self, identifier, rows):
        return self._fitted[identifier](rows)

    def drop(self, identifier):
        del self._fitted[identifier]
        return np.empty(0)


def read_rows(source, rows, columns):
    values = np.frombuffer(source.read(4 * int(rows) * int(columns)), dtype=np.float32)
    return values.reshape(int(rows), int(columns)).astype(np.float64)


def answer(peers, words, source):
    if words[0] == "fit":
        identifier, detector, seed, rows, columns = words[1:]
        return peers.fit(identifier, detector, int(seed), read_rows(source, rows, columns))
    if words[0] == "score":
        identifier, rows, columns = words[1:]
        return peers.score(identifier, read_rows(source, rows, columns))
    return peers.drop(words[1])


def reply(peers, line, source):
    try:
        scores = np.asarray(answer(peers, line.decode().split(), source), dtype=np.float64)
        return f"ok {len(scores)}\n".encode() + scores.tobytes()
    except (ValueError, ArithmeticError, MemoryError) as error:
        words = str(error).strip().split("\n")[0]  # the first sentence; advice follows
        return f"error {words}\n".encode()


def main():
    peers = Peers()
    sys.stdout.buffer.write(b"ok 0\n")
    sys.stdout.flush()
    while line := sys.stdin.buffer.readline():
        sys.stdout.buffer.write(reply(peers, line, sys.stdin.buffer))
        sys.stdout.flush()


main()
