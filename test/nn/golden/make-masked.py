# Makes masked.json, cases like those of keras.json: what Keras computes, in float64, for layers that are given a mask.
#
#   pip install keras jax && KERAS_BACKEND=jax JAX_ENABLE_X64=1 python make-masked.py > masked.json
#
# All numbers that go in follow from the formula of make-golden.py.

import json

import jax
import keras
import numpy as np
from keras import layers as k

keras.config.set_floatx("float64")


def numbers(shape, salt):
    i = np.arange(np.prod(shape, dtype=int))
    return ((i * i * 7 + i * 3 + salt * 11) % 61 - 29.5).reshape(shape) / 32


def factors(shape):
    return ((np.arange(np.prod(shape)) * 5 % 7 - 3) / 4).reshape(shape)


def show(values):
    return [float(f"{value:.7g}") for value in np.asarray(values).flatten()]


RENAMED = {"moving_mean": "movingMean", "moving_variance": "movingVariance"}


def name_of(w):
    return RENAMED.get(w.name, w.name)


def case(layer, mask, training=False, **config):
    shape = [2, 4, 3]
    x = numbers(shape, 0)
    layer.build(shape)
    for index, w in enumerate(layer.weights):
        value = numbers(w.shape, 10 + index)
        w.assign(np.abs(value) + 0.5 if "variance" in w.path else value)

    def total(x, trainable):
        y, after = layer.stateless_call(
            trainable,
            [w.value for w in layer.non_trainable_variables],
            x,
            mask=np.array(mask),
            **({"training": True} if training else {}),
        )
        return (y * factors(y.shape)).sum(), (y, after)

    trainable = [w.value for w in layer.trainable_variables]
    (dx, dw), (y, after) = jax.grad(total, argnums=(0, 1), has_aux=True)(x, trainable)
    return {
        "config": config,
        "inputs": [shape],
        "below": None,
        "masks": [mask],
        "training": training,
        "weights": {name_of(w): list(w.shape) for w in layer.weights},
        "outputs": [show(y)],
        "after": {name_of(w): show(v) for w, v in zip(layer.non_trainable_variables, after)} if training else {},
        "gradients": {
            "inputs": [show(dx)],
            "weights": {name_of(w): show(g) for w, g in zip(layer.trainable_variables, dw)},
        },
    }


mask = [[True, True, True, False], [True, False, True, True]]
cases = [
    case(k.BatchNormalization(momentum=0.75), mask, True, kind="batchNormalization", momentum=0.75),
    case(k.BatchNormalization(), mask, kind="batchNormalization"),
    case(k.GlobalAveragePooling1D(), mask, kind="globalAveragePooling1d"),
    case(k.GlobalAveragePooling1D(keepdims=True), mask, kind="globalAveragePooling1d", keepDims=True),
]
print(json.dumps({"cases": cases}, indent=1))
