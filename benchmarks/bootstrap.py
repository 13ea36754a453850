"""The clustered bootstrap of all metrics against a loop over scikit-learn calls, in one run.

python benchmarks/bootstrap.py [images] [replicates]
"""

import sys
import time

import numpy as np
from sklearn import metrics as reference

from verification.performance.intervals import bootstrap
from verification.performance.metrics import rank

images, replicates = (int(text) for text in (*sys.argv[1:], *("20000", "2000")[len(sys.argv) - 1 :]))
generator = np.random.default_rng(1)
patients = np.sort(generator.integers(0, images // 4, images))
_, patients = np.unique(patients, return_inverse=True)
labels = generator.integers(0, 2, images)
scores = np.clip(generator.normal(0.4 + 0.2 * labels, 0.2), 0, 1)

start = time.perf_counter()
bootstrap(rank(labels, scores, 0.5), patients, replicates, 1)
ours = time.perf_counter() - start

looped = 10  # a sample of the loop's replicates; it is linear in them
count = patients.max() + 1
start = time.perf_counter()
for drawn in generator.multinomial(count, np.full(count, 1 / count), size=looped):
    weights = drawn[patients]
    flagged = scores >= 0.5
    reference.roc_auc_score(labels, scores, sample_weight=weights)
    reference.average_precision_score(labels, scores, sample_weight=weights)
    reference.f1_score(labels, flagged, sample_weight=weights)
    reference.accuracy_score(labels, flagged, sample_weight=weights)
    for label in (0, 1):
        reference.recall_score(labels, flagged, pos_label=label, sample_weight=weights)
        reference.precision_score(labels, flagged, pos_label=label, sample_weight=weights)
loop = (time.perf_counter() - start) / looped * replicates
print(f"{images} images, {replicates} replicates: {ours:.1f} s")
print(f"a loop over scikit-learn: {loop:.0f} s, {loop / ours:.0f} times as long")
