# Makes recurrent.json: what Keras computes, in float64, for calls of stateful layers one after the other.
#
#   pip install keras torch && KERAS_BACKEND=torch python make-recurrent.py > recurrent.json
#
# All numbers that go in follow from the formula of make-golden.py.

import json

import keras
import numpy as np
from keras import layers as k

keras.config.set_floatx("float64")


def numbers(shape, salt):
    i = np.arange(np.prod(shape, dtype=int))
    return ((i * i * 7 + i * 3 + salt * 11) % 61 - 29.5).reshape(shape) / 32


def show(tensor):
    return [float(f"{value:.7g}") for value in tensor.detach().numpy().flatten()]


def listed(outputs):
    return list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]


def set_weights(layer):
    for index, w in enumerate(layer.weights):
        w.assign(numbers(w.shape, 10 + index))


gaps = [[False, True, True], [True, False, False]]


def stateful(layer, states, /, **config):
    """Calls with a sequence, a longer one, one with a mask, given states, and one after a reset."""
    layer.build([2, 3, 2])
    set_weights(layer)
    begun = [numbers([2, 2], 20 + i) for i in range(states)]
    calls = [
        {"steps": 3},
        {"steps": 4},
        {"steps": 3, "mask": gaps},
        {"steps": 2, "states": len(begun)},
        {"steps": 2},
        {"steps": 3, "reset": True},
    ]
    for salt, call in enumerate(calls):
        if call.get("reset"):
            layer.reset_state()
        mask = np.array(call["mask"]) if "mask" in call else None
        given = {"initial_state": begun} if "states" in call else {}
        call["outputs"] = [show(y) for y in listed(layer(numbers([2, call["steps"], 2], salt), mask=mask, **given))]
    of_states = config.get("layer", config)
    of_states["stateful"] = True
    return {"config": config, "calls": calls}


all_of_it = {"stateful": True, "return_sequences": True, "return_state": True}
ours = {"units": 2, "returnSequences": True, "returnState": True}
both = k.Bidirectional(k.GRU(2, stateful=True, return_sequences=True))
cases = [
    stateful(k.LSTM(2, **all_of_it), 2, kind="lstm", **ours),
    stateful(k.GRU(2, **all_of_it), 1, kind="gru", **ours),
    stateful(k.SimpleRNN(2, **all_of_it), 1, kind="simpleRnn", **ours),
    stateful(k.LSTM(2, stateful=True, go_backwards=True), 2, kind="lstm", units=2, goBackwards=True),
    stateful(both, 2, kind="bidirectional", layer={"kind": "gru", "units": 2, "returnSequences": True}),
]
print(json.dumps({"stateful": cases}, separators=(",", ":")))
