"""Writes golden-windows.json: what PyTorch gives for layers over windows, their energy's gradients for input and kernel."""
import json, pathlib
import torch
import torch.nn.functional as F

torch.manual_seed(1)

def rounded(*shape):
    """Multiples of 1/16 below 2: exact in few digits."""
    return (torch.randint(-32, 32, shape) / 16).requires_grad_()

def array(t):
    return {"shape": list(t.shape), "data": [float(f"{v:.7g}") for v in t.detach().flatten().tolist()]}

to_channels_first = lambda x: x.permute(0, 3, 1, 2)
to_channels_last = lambda x: x.permute(0, 2, 3, 1)

def case(name, layer, shape, kernel, f):
    x = rounded(*shape)
    w = None if kernel is None else rounded(*kernel)
    b = None if kernel is None else rounded(layer.get("filters", shape[-1]))
    y = to_channels_last(f(to_channels_first(x), w, b))
    (y.square().sum() / 2).backward()
    return {
        "name": name, "layer": layer, "weights": [] if w is None else [array(w), array(b)],
        "x": array(x), "y": array(y), "dx": array(x.grad), "dw": None if w is None else array(w.grad),
    }

conv = lambda w: w.permute(3, 2, 0, 1)
cases = [
    case("conv2d, stride 2", {"kind": "conv2d", "filters": 3, "kernelSize": 3, "strides": 2}, [2, 6, 5, 2], [3, 3, 2, 3],
         lambda x, w, b: F.conv2d(x, conv(w), b, stride=2)),
    case("conv2d, same, dilated", {"kind": "conv2d", "filters": 2, "kernelSize": 3, "padding": "same", "dilationRate": 2}, [1, 5, 6, 3],
         [3, 3, 3, 2], lambda x, w, b: F.conv2d(x, conv(w), b, padding="same", dilation=2)),
    case("conv2d, groups", {"kind": "conv2d", "filters": 4, "kernelSize": [2, 3], "groups": 2}, [1, 4, 5, 4], [2, 3, 2, 4],
         lambda x, w, b: F.conv2d(x, conv(w), b, groups=2)),
    case("conv2dTranspose, stride 2", {"kind": "conv2dTranspose", "filters": 2, "kernelSize": 3, "strides": 2}, [1, 3, 4, 3], [3, 3, 2, 3],
         lambda x, w, b: F.conv_transpose2d(x, conv(w), b, stride=2)),
    case("maxPooling2d", {"kind": "maxPooling2d", "poolSize": 3, "strides": 2}, [1, 7, 5, 2], None,
         lambda x, w, b: F.max_pool2d(x, 3, stride=2)),
    case("averagePooling2d", {"kind": "averagePooling2d", "poolSize": [3, 2], "strides": 1}, [1, 4, 5, 2], None,
         lambda x, w, b: F.avg_pool2d(x, (3, 2), stride=1)),
    case("upSampling2d, bilinear", {"kind": "upSampling2d", "size": 2, "interpolation": "bilinear"}, [1, 3, 4, 2], None,
         lambda x, w, b: F.interpolate(x, scale_factor=2, mode="bilinear")),
]
pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(cases) + "\n")
