# The models of networks.ts in PyTorch, with the weights and the data that Treadle wrote to a folder. Makes the first
# step and some more, and prints their times as measure-network.ts does. Arguments: the folder, the number of threads,
# the number of later steps, and optionally a variant: channels-last or "sparse gradients".

import json
import os
import sys
import time

start, cpu_start = time.perf_counter(), time.process_time()

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

folder, threads, later_steps = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
variant = sys.argv[4] if len(sys.argv) > 4 else None
torch.set_num_threads(threads)
channels_last = variant == "channels-last"


class Recurrent(nn.Module):
    def __init__(self, kind, units, features):
        super().__init__()
        self.cell = (nn.LSTM if kind == "lstm" else nn.GRU)(features, units, batch_first=True)
        self.head = nn.Linear(units, 1)

    def forward(self, x):
        return self.head(self.cell(x)[0][:, -1])


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.query, self.key, self.value, self.output = (nn.Linear(width, width) for _ in range(4))

    def forward(self, x):
        batch, steps, width = x.shape
        split = lambda y: y.view(batch, steps, self.heads, width // self.heads).transpose(1, 2)
        attended = F.scaled_dot_product_attention(split(self.query(x)), split(self.key(x)), split(self.value(x)))
        return self.output(attended.transpose(1, 2).reshape(batch, steps, width))


class Encoder(nn.Module):
    def __init__(self, width, heads, between):
        super().__init__()
        self.attention, self.attention_norm = Attention(width, heads), nn.LayerNorm(width, eps=1e-5)
        self.inner, self.outer = nn.Linear(width, between), nn.Linear(between, width)
        self.output_norm = nn.LayerNorm(width, eps=1e-5)

    def forward(self, x):
        y = self.attention_norm(x + self.attention(x))
        return self.output_norm(y + self.outer(torch.relu(self.inner(y))))


class Mean(nn.Module):
    """The mean over all axes except the batch and the channels."""

    def __init__(self, *axes):
        super().__init__()
        self.axes = axes

    def forward(self, x):
        return x.mean(self.axes)


def same(filters_in, filters, size, stride=1, groups=1, bias=True):
    """A convolution with the padding of TensorFlow for images of even size: with stride 2, only at the end."""
    if stride == 1 or size == 1:
        return nn.Conv2d(filters_in, filters, size, stride, padding=size // 2, groups=groups, bias=bias)
    pad = nn.ZeroPad2d((0, 1, 0, 1))
    return nn.Sequential(pad, nn.Conv2d(filters_in, filters, size, stride, groups=groups, bias=bias))


def normalized(filters_in, filters, size, stride):
    norm = nn.BatchNorm2d(filters, eps=1e-3, momentum=0.01)
    return nn.Sequential(same(filters_in, filters, size, stride, bias=False), norm)


class Residual(nn.Module):
    def __init__(self, filters_in, filters, stride):
        super().__init__()
        self.short = normalized(filters_in, filters, 1, stride) if stride > 1 else nn.Identity()
        self.first, self.second = normalized(filters_in, filters, 3, stride), normalized(filters, filters, 3, 1)

    def forward(self, x):
        return torch.relu(self.short(x) + self.second(torch.relu(self.first(x))))


class Causal(nn.Module):
    """A one-dimensional convolution as a two-dimensional one on images of one row, so that it can be channels-last."""

    def __init__(self, width, dilation):
        super().__init__()
        self.before = 2 * dilation
        self.conv = nn.Conv2d(width, width, (1, 3), dilation=(1, dilation))

    def forward(self, x):
        return torch.relu(self.conv(F.pad(x, (self.before, 0))))


def perceptron(*sizes):
    layers = [nn.Linear(a, b) for a, b in zip(sizes, sizes[1:])]
    return nn.Sequential(*(part for layer in layers[:-1] for part in (layer, nn.ReLU())), layers[-1])


def transformer(width, heads, between, blocks):
    encoders = [Encoder(width, heads, between) for _ in range(blocks)]
    return nn.Sequential(*encoders, Mean(1), nn.Linear(width, 10))


def resnet20():
    blocks, filters_in = [], 16
    for filters in (16, 32, 64):
        for block in range(3):
            blocks.append(Residual(filters_in, filters, 2 if filters > 16 and block == 0 else 1))
            filters_in = filters
    return nn.Sequential(normalized(3, 16, 3, 1), nn.ReLU(), *blocks, Mean(2, 3), nn.Linear(64, 10))


def mobilenet():
    parts, n = [same(3, 32, 3), nn.ReLU()], 32
    for filters, stride in ((64, 1), (128, 2), (128, 1), (256, 2), (256, 1)):
        parts += [same(n, n, 3, stride, groups=n), nn.ReLU(), nn.Conv2d(n, filters, 1), nn.ReLU()]
        n = filters
    return nn.Sequential(*parts, Mean(2, 3), nn.Linear(n, 10))


def embedding(rows, width):
    return nn.Sequential(nn.Embedding(rows, width, sparse=variant is not None), nn.Flatten(), nn.Linear(width, 1))


makers = {
    "perceptron": perceptron,
    "lstm": lambda *sizes: Recurrent("lstm", *sizes),
    "gru": lambda *sizes: Recurrent("gru", *sizes),
    "transformer": transformer,
    "resnet20": resnet20,
    "mobilenet": mobilenet,
    "dilated": lambda: nn.Sequential(*(Causal(64, d) for d in (1, 2, 4, 8)), Mean(2, 3), nn.Linear(64, 1)),
    "embedding": embedding,
}


def assign(module, take):
    """Copies Treadle's next weights to a module. Their axes are in another order."""
    if isinstance(module, nn.Linear):
        values = [take().reshape(module.in_features, -1).t()]
    elif isinstance(module, nn.Conv2d):
        kernel = take()  # [taps, channels, filters] or [rows, columns, channels, filters]
        kernel = kernel if kernel.dim() == 4 else kernel.unsqueeze(0)
        values = [kernel.permute(2, 3, 0, 1) if module.groups > 1 else kernel.permute(3, 2, 0, 1)]
    elif isinstance(module, (nn.LSTM, nn.GRU)):
        values = [take().t(), take().t()]
        biases = take()
        if isinstance(module, nn.LSTM):  # one bias there, two here, of which one stays 0
            module.bias_hh_l0.requires_grad_(False)
            values += [biases, torch.zeros_like(biases)]
        else:  # its first two blocks are in the other order
            swap = lambda rows: torch.cat([rows.chunk(3)[i] for i in (1, 0, 2)])
            values = [swap(rows) for rows in (*values, *biases)]
    else:
        values = [take() for _ in module.parameters(recurse=False)]
    if not isinstance(module, (nn.LSTM, nn.GRU)) and len(values) == 1 and getattr(module, "bias", None) is not None:
        values.append(take().reshape(-1))
    for parameter, value in zip(module.parameters(recurse=False), values, strict=True):
        parameter.data.copy_(value.reshape(parameter.shape))


def read(name, shape):
    return torch.from_numpy(np.fromfile(os.path.join(folder, name), dtype=np.float32).reshape(shape))


with open(os.path.join(folder, "model.json")) as file:
    known = json.load(file)
kind, *sizes = known["network"]
model = makers[kind](*sizes)
weights = iter([read(f"weight-{i}", shape) for i, shape in enumerate(known["weights"])])
for module in model.modules():
    if any(True for _ in module.parameters(recurse=False)):
        assign(module, lambda: next(weights))
assert next(weights, None) is None, "a weight is left over"

x, y = read("x", known["x"]), read("y", known["y"])
if kind == "embedding":
    x = x.long()
elif kind == "dilated":
    x = x.transpose(1, 2).unsqueeze(2).contiguous()
elif x.dim() == 4:
    x = x.permute(0, 3, 1, 2).contiguous()
if channels_last:
    model, x = model.to(memory_format=torch.channels_last), x.contiguous(memory_format=torch.channels_last)
is_class = isinstance(known["target"], int)
y = y.long() if is_class else y
loss_of = F.cross_entropy if is_class else F.mse_loss
rate, learned = known["learningRate"], [p for p in model.parameters() if p.requires_grad]
if known["optimizer"] == "sgd":
    optimizer = torch.optim.SGD(learned, lr=rate)
else:
    optimizer = torch.optim.Adam(learned, lr=rate, fused=True)
model.train()
steps = 0


def step(x, y):
    global steps
    steps += 1
    if known["optimizer"] == "adam":  # Treadle adds epsilon before the correction of the mean square, PyTorch after it
        optimizer.param_groups[0]["eps"] = 1e-7 / (1 - 0.999**steps) ** 0.5
    optimizer.zero_grad(set_to_none=True)
    loss = loss_of(model(x), y)
    loss.backward()
    optimizer.step()
    return loss.item()


def all_batches():
    """The mean loss of all samples, over the batches in order."""
    total, batch = 0, known["batch"]
    for at in range(0, len(x), batch):
        total += step(x[at:at + batch], y[at:at + batch]) * len(x[at:at + batch])
    return total / len(x)


def most_resident():
    try:
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) * 1024 / 1e6
    except (OSError, StopIteration):
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


if not known["fromImport"]:
    torch.ones(4).add(1).sum().item()  # what is done once in a process is no part of a step
    start, cpu_start = time.perf_counter(), time.process_time()
losses = [all_batches()]
first, first_cpu = (time.perf_counter() - start) * 1e3, (time.process_time() - cpu_start) * 1e3
times = []
for _ in range(later_steps):
    start = time.perf_counter()
    losses.append(all_batches())
    times.append((time.perf_counter() - start) * 1e3)
times.sort()
result = {"first": first, "firstCpu": first_cpu, "best": times[0], "median": times[len(times) // 2]}
print(json.dumps({**result, "megabytes": most_resident(), "losses": losses}))
