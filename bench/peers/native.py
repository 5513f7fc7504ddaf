# PyTorch or NumPy as a peer, with the protocol of peer.ts: lines of JSON in, marked lines of JSON out, arrays in files.
# Arguments: torch or numpy, the number of threads (NumPy's threads are set by the environment).

import json
import sys
import time

import numpy as np

library, threads = sys.argv[1], int(sys.argv[2])
if library == "torch":
    import torch

    torch.set_num_threads(threads)

LEARNING_RATE, STEPS = 1e-3, 4


def weights_of(inputs):
    return [inputs[name] for name in sorted(inputs, key=lambda n: (n[1:], n[0] == "b")) if name not in "xy"]


def numpy_function(row, inputs):
    kind = row["kind"]
    a = inputs.get("a")
    if kind == "matmul":
        return lambda: a @ inputs["b"]
    if kind == "fused":
        return lambda: (np.tanh(a * inputs["b"] + inputs["c"]) * (1 / (1 + np.exp(-a)))).sum()
    if kind == "softmax":
        def softmax():
            e = np.exp(a - a.max(axis=1, keepdims=True))
            return e / e.sum(axis=1, keepdims=True)
        return softmax
    if kind == "columnSums":
        return lambda: a.sum(axis=0)
    if kind == "transpose":
        return lambda: np.ascontiguousarray(a.T)
    if kind in ("train", "trainLenet"):
        raise ValueError("no gradients")
    weights = weights_of(inputs)

    def forward():
        h = inputs["x"]
        for i in range(0, len(weights), 2):
            z = h @ weights[i] + weights[i + 1]
            h = np.maximum(z, 0) if i + 2 < len(weights) else z
        return h
    return forward


def torch_network(weights, x):
    h = x
    for i in range(0, len(weights), 2):
        z = torch.addmm(weights[i + 1], h, weights[i])
        h = torch.relu(z) if i + 2 < len(weights) else z
    return h


def torch_lenet(weights, x):
    w0, b0, w1, b1, *dense = weights
    conv = torch.nn.functional.conv2d
    pool = lambda z: torch.nn.functional.max_pool2d(torch.relu(z), 2)
    first = pool(conv(x.permute(0, 3, 1, 2), w0.permute(3, 2, 0, 1), b0, padding=2))
    second = pool(conv(first, w1.permute(3, 2, 0, 1), b1))
    return torch_network(dense, second.permute(0, 2, 3, 1).flatten(1))


def torch_function(row, inputs):
    kind = row["kind"]
    tensors = {name: torch.from_numpy(value) for name, value in inputs.items()}
    a = tensors.get("a")
    if kind == "matmul":
        return lambda: a @ tensors["b"]
    if kind == "fused":
        return lambda: (torch.tanh(a * tensors["b"] + tensors["c"]) * torch.sigmoid(a)).sum()
    if kind == "softmax":
        return lambda: torch.softmax(a, 1)
    if kind == "columnSums":
        return lambda: a.sum(0)
    if kind == "transpose":
        return lambda: a.t().contiguous()
    weights = weights_of(tensors)
    if kind == "forward":
        def forward():
            with torch.inference_mode():
                return torch_network(weights, tensors["x"])
        return forward
    return torch_step(row, weights, tensors["x"], tensors["y"])


def torch_step(row, initial, x, labels):
    weights = [w.clone().requires_grad_(True) for w in initial]
    optimizer = torch.optim.Adam(weights, lr=LEARNING_RATE, eps=1e-7, fused=True)
    is_lenet = row["kind"] == "trainLenet"
    network = torch_lenet if is_lenet else torch_network
    is_regression = not is_lenet and row["sizes"][-1] == 1
    y = labels.reshape(-1, 1) if is_regression else labels.long()
    loss_of = torch.nn.functional.mse_loss if is_regression else torch.nn.functional.cross_entropy

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss = loss_of(network(weights, x), y)
        loss.backward()
        optimizer.step()
        return loss.detach()
    return step


def prepare(request):
    row = request["row"]
    read = lambda spec: np.fromfile(spec["path"], dtype=np.float32).reshape(spec["shape"])
    inputs = {name: read(spec) for name, spec in request["inputs"].items()}
    make = torch_function if library == "torch" else numpy_function
    run = make(row, inputs)
    results = [run() for _ in range(STEPS)] if row["kind"] in ("train", "trainLenet") else [run()]
    np.concatenate([np.asarray(r, dtype=np.float32).reshape(-1) for r in results]).tofile(request["output"])
    return run


def median_ms(run, milliseconds):
    times, end = [], time.perf_counter() + milliseconds / 1e3
    run()
    while len(times) < 3 or time.perf_counter() < end:
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return sorted(times)[len(times) // 2] * 1e3


run = None
for line in sys.stdin:
    request = json.loads(line)
    try:
        if request["ask"] == "time":
            answer = {"ms": median_ms(run, request["milliseconds"])}
        else:
            run = prepare(request)
            answer = {"ready": True}
    except Exception as error:
        answer = {"cannot": str(error)}
    print("\n@@" + json.dumps(answer), flush=True)
