# Makes keras.json: what Keras computes, in float64, for layers with given weights, and the gradients of a weighted sum of it.
#
#   pip install keras torch && KERAS_BACKEND=torch python make-golden.py > keras.json
#
# All numbers that go in are multiples of 1/64, so that float32 holds them exactly.

import json
import re

import keras
import numpy as np
import torch
from keras import layers as k

keras.config.set_floatx("float64")
random = np.random.default_rng(7)


def draw(*shape):
    return random.integers(-64, 65, size=shape) / 64


def camel(name):
    return re.sub(r"_(\w)", lambda m: m[1].upper(), name)


RENAMED = {"attentionOutput": "output", "lstmCell": "", "gruCell": "", "simpleRnnCell": "", "scale": "gamma"}


def name_of(path, layer):
    parts = [camel(part) for part in path.split("/")[1:]]
    parts = ["forward" if p.startswith("forward") else "backward" if p.startswith("backward") else p for p in parts]
    parts = ["layer" if re.match(r"dense\d*$", p) else p for p in parts]
    return "/".join(part for part in (RENAMED.get(p, p) for p in parts) if part)


def factors(shape):
    return ((np.arange(np.prod(shape)) * 5 % 7 - 3) / 4).reshape(shape)


cases = []


def case(kind, layer, inputs, /, masks=None, training=False, call=None, **config):
    tensors = [np.array(x, dtype="float64") for x in inputs]
    call = call or (lambda xs: layer(xs[0] if len(xs) == 1 else xs, training=training))
    keras_masks = masks and [None if m is None else np.array(m) for m in masks]
    if keras_masks and call.__code__.co_argcount == 1:
        call = lambda xs: layer(xs[0], mask=keras_masks[0], training=training)  # noqa: E731
    invoke = (lambda xs: call(xs, keras_masks)) if call.__code__.co_argcount == 2 else call
    invoke(tensors)
    weights = {}
    for w in layer.weights:
        value = draw(*w.shape)
        if "variance" in w.path:
            value = np.abs(value) + 0.5
        w.assign(value)
        weights[name_of(w.path, layer)] = value.tolist()
    variables = [torch.tensor(x, requires_grad=True) for x in tensors]
    outputs = invoke(variables)
    outputs = outputs if isinstance(outputs, (list, tuple)) else [outputs]
    for w in layer.weights:
        w.value.grad = None
    sum(torch.sum(y * torch.tensor(factors(y.shape))) for y in outputs).backward()
    gradients = {
        "inputs": [None if x.grad is None else x.grad.tolist() for x in variables],
        "weights": {name_of(w.path, layer): w.value.grad.tolist() for w in layer.trainable_weights},
    }
    after = {}
    if training:
        for w in layer.non_trainable_weights:
            if "moving" in w.path:
                after[name_of(w.path, layer)] = keras.ops.convert_to_numpy(w).tolist()
    cases.append(
        {
            "config": {"kind": kind, **config},
            "inputs": [np.array(x).tolist() for x in inputs],
            "masks": masks,
            "training": training,
            "weights": weights,
            "outputs": [y.tolist() for y in outputs],
            "after": after,
            "gradients": gradients,
        }
    )


x = draw(2, 5, 3)
mask = [[True, True, True, False, False], [True, False, True, True, True]]
for kind, make in [("lstm", k.LSTM), ("gru", k.GRU), ("simpleRnn", k.SimpleRNN)]:
    case(kind, make(4), [x], units=4)
    case(kind, make(4, return_sequences=True, return_state=True), [x], units=4, returnSequences=True, returnState=True)
    case(kind, make(4, return_sequences=True, go_backwards=True), [x], units=4, returnSequences=True, goBackwards=True)
    case(kind, make(4, return_sequences=True), [x], masks=[mask], units=4, returnSequences=True)
    layer = make(3, activation="relu", use_bias=False)
    case(kind, layer, [x], units=3, activation="relu", useBias=False)
case("gru", k.GRU(4, reset_after=False), [x], units=4, resetAfter=False)

lstm = k.LSTM(3)
case(
    "lstm", lstm, [x, draw(2, 3), draw(2, 3)], call=lambda xs: lstm(xs[0], initial_state=[xs[1], xs[2]]), units=3
)
inner = {"kind": "lstm", "units": 3, "returnSequences": True}
case("bidirectional", k.Bidirectional(k.LSTM(3, return_sequences=True)), [x], layer=inner)
case(
    "bidirectional",
    k.Bidirectional(k.GRU(3), merge_mode="sum"),
    [x],
    masks=[mask],
    layer={"kind": "gru", "units": 3},
    mergeMode="sum",
)

query, value, key = draw(2, 4, 6), draw(2, 5, 3), draw(2, 5, 7)
self_attention = k.MultiHeadAttention(2, 3)
case("multiHeadAttention", self_attention, [query], call=lambda xs: self_attention(xs[0], xs[0]), numHeads=2, keyDim=3)
causal = k.MultiHeadAttention(3, 2, value_dim=4)
case(
    "multiHeadAttention",
    causal,
    [query],
    call=lambda xs: causal(xs[0], xs[0], use_causal_mask=True),
    numHeads=3,
    keyDim=2,
    valueDim=4,
    useCausalMask=True,
)
cross = k.MultiHeadAttention(2, 3, output_shape=5)
case(
    "multiHeadAttention",
    cross,
    [query, value, key],
    masks=[None, mask, mask],
    call=lambda xs, ms: cross(xs[0], xs[1], xs[2], value_mask=ms[1], key_mask=ms[2]),
    numHeads=2,
    keyDim=3,
    outputDim=5,
)

image = draw(2, 3, 3, 4)
case("layerNormalization", k.LayerNormalization(), [x])
case("layerNormalization", k.LayerNormalization(axis=[1, 2], epsilon=0.01), [x], axis=[1, 2], epsilon=0.01)
case("rmsNormalization", k.RMSNormalization(), [x])
case("groupNormalization", k.GroupNormalization(2), [image], groups=2)
case("batchNormalization", k.BatchNormalization(), [image])
case("batchNormalization", k.BatchNormalization(momentum=0.75), [image], training=True, momentum=0.75)
case("batchNormalization", k.BatchNormalization(axis=1, scale=False), [x], training=True, axis=1, scale=False)
case("prelu", k.PReLU(shared_axes=[1, 2]), [image + 1 / 128], sharedAxes=[1, 2])
case("dense", k.Dense(3, activation="gelu"), [x], units=3, activation="gelu")
case("embedding", k.Embedding(5, 3), [[[0, 4, 1], [2, 2, 3]]], inputDim=5, outputDim=3)
case("dot", k.Dot(axes=(1, 2)), [draw(2, 3, 4), draw(2, 5, 3)], axes=[1, 2])
case("dot", k.Dot(axes=1, normalize=True), [draw(2, 3), draw(2, 3)], axes=1, normalize=True)
case("permute", k.Permute((2, 1)), [x], dims=[2, 1])
case("repeatVector", k.RepeatVector(3), [draw(2, 4)], n=3)
case("timeDistributed", k.TimeDistributed(k.Dense(2)), [x], layer={"kind": "dense", "units": 2})
case("average", k.Average(), [draw(2, 3), draw(2, 3), draw(2, 3)])

activations = {}
points = [-8, -3.5, -2, -0.75, 0, 0.5, 1.25, 3, 7.5]
for name in "linear sigmoid hard_sigmoid tanh relu relu6 leaky_relu elu selu gelu swish mish softplus softsign softmax log_softmax".split():
    result = keras.activations.get(name)(keras.ops.convert_to_tensor([points], dtype="float64"))
    activations[camel(name)] = keras.ops.convert_to_numpy(result)[0].tolist()
result = keras.activations.gelu(keras.ops.convert_to_tensor([points], dtype="float64"), approximate=True)
activations["geluTanh"] = keras.ops.convert_to_numpy(result)[0].tolist()


def show(value):
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, float):
        return float(f"{value:.8g}")
    if isinstance(value, (list, tuple)):
        return [show(v) for v in value]
    return {name: show(v) for name, v in value.items()} if isinstance(value, dict) else value


print(json.dumps(show({"cases": cases, "activations": {"points": points, "values": activations}}), separators=(",", ":")))
