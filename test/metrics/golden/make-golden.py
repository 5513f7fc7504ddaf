# Makes keras.json: the areas that Keras computes, in float32, for scores with ties, with a threshold between any two of them.
#
#   pip install keras jax && KERAS_BACKEND=numpy python make-golden.py > keras.json

import json

import keras
import numpy as np


def area(curve, y, p):
    scores = np.unique(p)
    between = ((scores[1:] + scores[:-1]) / 2).tolist()
    metric = keras.metrics.AUC(curve=curve, summation_method="interpolation", thresholds=between)
    metric.update_state(y, p)
    return float(metric.result())


rng = np.random.default_rng(1)
cases = []
for n, steps in [(6, 64), (12, 8), (40, 64), (40, 4), (200, 32)]:
    y = rng.integers(0, 2, n)
    p = np.clip(rng.integers(0, steps, n) + y * rng.integers(0, steps // 2, n), 1, steps - 1) / steps
    cases.append({"y": y.tolist(), "p": p.tolist(), "roc": area("ROC", y, p), "pr": area("PR", y, p)})
print(json.dumps({"cases": cases}))
