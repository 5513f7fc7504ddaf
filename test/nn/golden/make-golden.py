# Makes keras.json: what Keras computes, in float64, for layers with given weights, and the gradients of a weighted sum of it.
#
#   pip install keras torch && KERAS_BACKEND=torch python make-golden.py > keras.json
#
# All numbers that go in follow from a formula that the test knows as well: multiples of 1/64, which float32 holds exactly.

import json
import re

import keras
import numpy as np
import torch
from keras import layers as k

keras.config.set_floatx("float64")


def numbers(shape, salt, below=None):
    """Between -1 and 1, never 0; whole numbers from 0 where a limit is given."""
    i = np.arange(np.prod(shape, dtype=int))
    n = i * i * 7 + i * 3 + salt * 11
    return ((n % 61 - 29.5) / 32 if below is None else n % below).reshape(shape)


def camel(name):
    return re.sub(r"_(\w)", lambda m: m[1].upper(), name)


RENAMED = {"attentionOutput": "output", "lstmCell": "", "gruCell": "", "simpleRnnCell": "", "scale": "gamma", "projecting": ""}


def name_of(path, layer):
    parts = [camel(part) for part in path.split("/")[1:]]
    parts = ["forward" if p.startswith("forward") else "backward" if p.startswith("backward") else p for p in parts]
    parts = [p for p in parts if not p.startswith("stackedRnnCells")]
    parts = ["layer" if re.match(r"dense\d*$", p) else p for p in parts]
    return "/".join(part for part in (RENAMED.get(p, p) for p in parts) if part)


def factors(shape):
    return ((np.arange(np.prod(shape)) * 5 % 7 - 3) / 4).reshape(shape)


def flat(tensor):
    return tensor.flatten().tolist()


cases = []


def case(kind, layer, shapes, /, masks=None, training=False, call=None, below=None, **config):
    tensors = [numbers(shape, salt, below).astype("float64") for salt, shape in enumerate(shapes)]
    call = call or (lambda xs: layer(xs[0] if len(xs) == 1 else xs, training=training))
    keras_masks = masks and [None if m is None else np.array(m) for m in masks]
    if keras_masks and call.__code__.co_argcount == 1:
        call = lambda xs: layer(xs[0], mask=keras_masks[0], training=training)  # noqa: E731
    invoke = (lambda xs: call(xs, keras_masks)) if call.__code__.co_argcount == 2 else call
    invoke(tensors)
    weights = {}
    for index, w in enumerate(layer.weights):
        value = numbers(w.shape, 10 + index)
        w.assign(np.abs(value) + 0.5 if "variance" in w.path else value)
        weights[name_of(w.path, layer)] = list(w.shape)
    variables = [torch.tensor(x, requires_grad=True) for x in tensors]
    outputs = invoke(variables)
    outputs = keras.tree.flatten(outputs)
    for w in layer.weights:
        w.value.grad = None
    sum(torch.sum(y * torch.tensor(factors(y.shape))) for y in outputs).backward()
    gradients = {
        "inputs": [None if x.grad is None else flat(x.grad) for x in variables],
        "weights": {name_of(w.path, layer): flat(w.value.grad) for w in layer.trainable_weights},
    }
    after = {}
    if training:
        for w in layer.non_trainable_weights:
            if "moving" in w.path:
                after[name_of(w.path, layer)] = flat(w.value)
    cases.append(
        {
            "config": {"kind": kind, **config},
            "inputs": shapes,
            "below": below,
            "masks": masks,
            "training": training,
            "weights": weights,
            "outputs": [flat(y) for y in outputs],
            "after": after,
            "gradients": gradients,
        }
    )


x = [2, 4, 3]
mask = [[True, True, True, False], [True, False, True, True]]
steps = [2, 4, 2]
for kind, make in [("lstm", k.LSTM), ("gru", k.GRU), ("simpleRnn", k.SimpleRNN)]:
    both = make(2, return_sequences=True, return_state=True)
    case(kind, both, [steps], units=2, returnSequences=True, returnState=True)
    backwards = make(2, go_backwards=True, activation="relu", use_bias=False)
    case(kind, backwards, [steps], units=2, goBackwards=True, activation="relu", useBias=False)
    case(kind, make(2, return_sequences=True), [steps], masks=[mask], units=2, returnSequences=True)
case("gru", k.GRU(2, reset_after=False), [steps], units=2, resetAfter=False)

lstm = k.LSTM(2)
case(
    "lstm", lstm, [steps, [2, 2], [2, 2]], call=lambda xs: lstm(xs[0], initial_state=[xs[1], xs[2]]), units=2
)
inner = {"kind": "lstm", "units": 2, "returnSequences": True}
case("bidirectional", k.Bidirectional(k.LSTM(2, return_sequences=True)), [steps], layer=inner)
case(
    "bidirectional",
    k.Bidirectional(k.GRU(2), merge_mode="sum"),
    [steps],
    masks=[mask],
    layer={"kind": "gru", "units": 2},
    mergeMode="sum",
)

# sequences whose first or last steps are left out, in the middle of which some are, or all of which are
gaps = [[False, True, False, True], [True, True, False, False], [False, False, False, False]]
padded = [3, 4, 2]


def from_states(layer):
    return lambda xs, ms: layer(xs[0], initial_state=xs[1:], mask=ms[0])


states_of = {"lstm": [[3, 2], [3, 2]], "gru": [[3, 2]], "simpleRnn": [[3, 2]]}
for kind, make in [("lstm", k.LSTM), ("gru", k.GRU), ("simpleRnn", k.SimpleRNN)]:
    for backwards in [False, True]:
        for sequences in [False, True]:
            zeroed = make(2, return_sequences=sequences, go_backwards=backwards, zero_output_for_mask=True)
            zeroes = {"units": 2, "returnSequences": sequences, "goBackwards": backwards, "zeroOutputForMask": True}
            case(kind, zeroed, [padded], masks=[gaps], **zeroes)
            one = make(2, return_sequences=sequences, go_backwards=backwards, return_state=True)
            options = {"units": 2, "returnSequences": sequences, "goBackwards": backwards, "returnState": True}
            case(kind, one, [padded], masks=[gaps], **options)
            begun = make(2, return_sequences=sequences, go_backwards=backwards, return_state=True)
            case(
                kind,
                begun,
                [padded, *states_of[kind]],
                masks=[gaps],
                call=from_states(begun),
                **options,
            )
case("gru", k.GRU(2, reset_after=False, go_backwards=True), [padded], masks=[gaps], units=2, resetAfter=False, goBackwards=True)
case(
    "bidirectional",
    k.Bidirectional(k.LSTM(2, return_sequences=True)),
    [padded],
    masks=[gaps],
    layer=inner,
)
both_begun = k.Bidirectional(k.GRU(2, return_sequences=True, return_state=True), merge_mode="mul")
case(
    "bidirectional",
    both_begun,
    [padded, [3, 2], [3, 2]],
    masks=[gaps],
    call=from_states(both_begun),
    layer={"kind": "gru", "units": 2, "returnSequences": True, "returnState": True},
    mergeMode="mul",
)



class Projecting(k.Layer):
    """Two states of different sizes, and an output that is neither."""

    def __init__(self, name="projecting"):
        super().__init__(name=name)
        self.state_size = [2, 3]
        self.output_size = 4

    def build(self, shape):
        self.kernel = self.add_weight(shape=(shape[-1], 2), name="kernel")
        self.recurrent = self.add_weight(shape=(2, 2), name="recurrent")
        self.out = self.add_weight(shape=(2, 4), name="out")
        self.sums = self.add_weight(shape=(2, 3), name="sums")

    def call(self, x, states):
        h = keras.ops.tanh(x @ self.kernel + states[0] @ self.recurrent)
        total = states[1] + h @ self.sums
        return h @ self.out, [h, total]


class Summing(k.Layer):
    """One state without weights, which is the output."""

    def __init__(self):
        super().__init__(name="summing")
        self.state_size = 4

    def call(self, x, states):
        y = states[0] * 0.5 + x
        return y, [y]


for backwards in [False, True]:
    for sequences in [False, True]:
        keywords = {"return_sequences": sequences, "go_backwards": backwards, "return_state": True}
        options = {"returnSequences": sequences, "goBackwards": backwards, "returnState": True}
        case("rnn", k.RNN(Projecting(), **keywords), [padded], cells=["projecting"], **options)
        case("rnn", k.RNN(Projecting(), **keywords), [padded], masks=[gaps], cells=["projecting"], **options)
        begun = k.RNN(Projecting(), **keywords)
        case(
            "rnn",
            begun,
            [padded, [3, 2], [3, 3]],
            masks=[gaps],
            call=from_states(begun),
            cells=["projecting"],
            **options,
        )
    both_cells = k.RNN([Projecting("cell0"), Summing()], return_sequences=True, return_state=True, go_backwards=backwards)
    options = {"returnSequences": True, "goBackwards": backwards, "returnState": True}
    case("rnn", both_cells, [padded], masks=[gaps], cells=["projecting", "summing"], **options)

query, value, key = [2, 3, 4], [2, 4, 3], [2, 4, 5]
self_attention = k.MultiHeadAttention(2, 2)
case("multiHeadAttention", self_attention, [query], call=lambda xs: self_attention(xs[0], xs[0]), numHeads=2, keyDim=2)
causal = k.MultiHeadAttention(3, 2, value_dim=3)
case(
    "multiHeadAttention",
    causal,
    [query],
    call=lambda xs: causal(xs[0], xs[0], use_causal_mask=True),
    numHeads=3,
    keyDim=2,
    valueDim=3,
    useCausalMask=True,
)
cross = k.MultiHeadAttention(2, 2, output_shape=3)
case(
    "multiHeadAttention",
    cross,
    [query, value, key],
    masks=[None, mask, mask],
    call=lambda xs, ms: cross(xs[0], xs[1], xs[2], value_mask=ms[1], key_mask=ms[2]),
    numHeads=2,
    keyDim=2,
    outputDim=3,
)

image = [2, 2, 2, 4]
case("layerNormalization", k.LayerNormalization(), [x])
case("layerNormalization", k.LayerNormalization(axis=[1, 2], epsilon=0.01), [x], axis=[1, 2], epsilon=0.01)
case("rmsNormalization", k.RMSNormalization(), [x])
case("groupNormalization", k.GroupNormalization(2), [image], groups=2)
case("batchNormalization", k.BatchNormalization(), [image])
case("batchNormalization", k.BatchNormalization(momentum=0.75), [image], training=True, momentum=0.75)
case("batchNormalization", k.BatchNormalization(axis=1, scale=False), [x], training=True, axis=1, scale=False)
case("prelu", k.PReLU(shared_axes=[1, 2]), [image], sharedAxes=[1, 2])
case("dense", k.Dense(3, activation="gelu"), [x], units=3, activation="gelu")
case("embedding", k.Embedding(5, 3), [[2, 3]], below=5, inputDim=5, outputDim=3)
case("dot", k.Dot(axes=(1, 2)), [[2, 3, 4], [2, 5, 3]], axes=[1, 2])
case("dot", k.Dot(axes=1, normalize=True), [[2, 3], [2, 3]], axes=1, normalize=True)
case("permute", k.Permute((2, 1)), [x], dims=[2, 1])
case("repeatVector", k.RepeatVector(3), [[2, 4]], n=3)
case("timeDistributed", k.TimeDistributed(k.Dense(2)), [x], layer={"kind": "dense", "units": 2})
case("average", k.Average(), [[2, 3], [2, 3], [2, 3]])

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
        return float(f"{value:.7g}")
    if isinstance(value, (list, tuple)):
        return [show(v) for v in value]
    return {name: show(v) for name, v in value.items()} if isinstance(value, dict) else value


print(json.dumps(show({"cases": cases, "activations": {"points": points, "values": activations}}), separators=(",", ":")))
