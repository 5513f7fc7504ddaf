"""Writes the files of this folder: what NumPy, safetensors, PyTorch and zipfile make, and expected.json: what they read from it.

pip install numpy safetensors ml_dtypes torch; python make-golden.py; npx biome check --write .
"""
import io, json, math, pathlib, zipfile
import ml_dtypes
import numpy as np
import safetensors.numpy
import safetensors.torch
import torch

here = pathlib.Path(__file__).parent
rng = np.random.default_rng(1)
expected = {}

dtypes = {"bool": "bool", "uint8": "uint8", "float16": "float16"}
def become(a):
    """dtype, shape and values as Treadle has them."""
    kind = a.dtype.name if isinstance(a, np.ndarray) else None
    dtype = dtypes.get(kind) or ("int32" if kind.startswith(("int", "uint")) else "float32")
    values = a.astype(np.float32 if dtype.startswith("float") else np.int64).ravel(order="C").tolist()
    return {"dtype": dtype, "shape": list(a.shape), "values": [x if math.isfinite(x) else str(x) for x in values]}

def array(dtype, shape):
    if dtype == "bool":
        return rng.random(shape) < 0.5
    if dtype.startswith(("int", "uint")):
        info = np.iinfo(dtype)
        low, high = max(info.min, -(2**31)), min(info.max, 2**31 - 1)
        a = rng.integers(low, high, shape, dtype=np.int64, endpoint=True).astype(dtype)
        if a.size > 1:
            a.flat[0], a.flat[-1] = low, high
        return a
    a = rng.standard_normal(shape).astype(dtype)
    if a.size > 3:
        a.flat[0], a.flat[1], a.flat[2], a.flat[3] = np.inf, -np.inf, np.nan, -0.0
    return a

numbers = ["bool", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "float16", "float32", "float64"]

def npy(name, a, **options):
    np.save(here / f"{name}.npy", a, **options)
    expected[f"{name}.npy"] = become(a.astype(a.dtype.newbyteorder("=")))

def refused(name, a, pattern, **options):
    np.save(here / f"{name}.npy", a, **options)
    expected[f"{name}.npy"] = {"error": pattern}

for dtype in numbers:
    npy(dtype, array(dtype, (2, 3)))
    if np.dtype(dtype).itemsize > 1:
        npy(f"{dtype}-big-endian", array(dtype, (5,)).astype(np.dtype(dtype).newbyteorder(">")))
npy("fortran", np.asfortranarray(array("float32", (2, 3, 4))))
npy("fortran-bool", np.asfortranarray(array("bool", (3, 2))))
npy("fortran-big-endian", np.asfortranarray(array("int16", (4, 3)).astype(">i2")))
npy("scalar", array("float32", ()))
npy("empty", array("int32", (0, 3)))
for version in [(1, 0), (2, 0), (3, 0)]:
    name = f"version-{version[0]}"
    a = array("float32", (4,))
    with open(here / f"{name}.npy", "wb") as file:
        np.lib.format.write_array(file, a, version=version)
    expected[f"{name}.npy"] = become(a)
refused("records", np.zeros(2, [("x", "<f4"), ("y", "<i4")]), r"records with the fields \[\"x\", \"y\"\]")
refused("unicode-records", np.zeros(2, [("größe", "<f4")]), r"records with the fields")
refused("complex", np.zeros(2, "complex64"), r"got \"<c8\", complex numbers")
refused("texts", np.array(["ab", "c"]), r"got \"<U2\", texts")
refused("dates", np.zeros(2, "datetime64[ns]"), r"got \"<M8\[ns\]\", dates")
refused("objects", np.array([None, {}], dtype=object), r"got \"\|O\", Python objects", allow_pickle=True)
refused("large-int64", np.array([1, 2**31], "int64"), r"must fit int32; got 2147483648 \(int64\) at element 1")
refused("large-float64", np.array([1, 1e300], "float64"), r"must fit float32; got 1e\+300 \(float64\) at element 1")

arrays = {"w": array("float32", (3, 4)), "b": array("float16", (4,)), "a/b": array("int64", (2,)), "ü": array("bool", (3,)), "": array("uint8", ())}
many = {name: become(a) for name, a in arrays.items()}
def npz(name, write):
    write(here / f"{name}.npz")
    expected[f"{name}.npz"] = many

npz("stored", lambda path: np.savez(path, **arrays))
npz("deflated", lambda path: np.savez_compressed(path, **arrays))

class Pipe(io.RawIOBase):
    """A file that cannot go back, so that zipfile writes data descriptors."""
    def __init__(self, path): self.file = open(path, "wb")
    def writable(self): return True
    def write(self, data): return self.file.write(data)
    def close(self): self.file.close()

def with_descriptors(path):
    pipe = Pipe(path)
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as file:
        for name, a in arrays.items():
            buffer = io.BytesIO()
            np.save(buffer, a)
            with file.open(f"{name}.npy", "w") as entry:
                entry.write(buffer.getvalue())
        file.comment = b"a comment"
    pipe.close()
npz("descriptors", with_descriptors)

def with_zip64(path):
    limits = zipfile.ZIP64_LIMIT, zipfile.ZIP_FILECOUNT_LIMIT
    zipfile.ZIP64_LIMIT, zipfile.ZIP_FILECOUNT_LIMIT = 100, 2
    try:
        np.savez(path, **arrays)
    finally:
        zipfile.ZIP64_LIMIT, zipfile.ZIP_FILECOUNT_LIMIT = limits
npz("zip64", with_zip64)
with zipfile.ZipFile(here / "lzma.npz", "w", zipfile.ZIP_LZMA) as file:
    file.writestr("x.npy", b"x")
expected["lzma.npz"] = {"error": r"\"x\.npy\" must be stored or deflated; got method 14 \(LZMA\)"}
with zipfile.ZipFile(here / "readme.npz", "w") as file:
    file.writestr("readme.txt", b"x")
expected["readme.npz"] = {"error": r"every file in it must be an npy file; got \"readme\.txt\""}

from_numpy = {dtype: array(dtype, (2, 3)) for dtype in numbers} | {"scalar": array("float32", ()), "none": array("float32", (0, 2)), "layer.0/ü": array("float16", (2,))}
safetensors.numpy.save_file(from_numpy, here / "numpy.safetensors", metadata={"format": "np", "größe": "\"2\"\n"})
expected["numpy.safetensors"] = {"tensors": {name: become(a) for name, a in from_numpy.items()}, "metadata": {"format": "np", "größe": "\"2\"\n"}}

torch.manual_seed(1)
all_bytes = torch.arange(256, dtype=torch.uint8)
model = torch.nn.Sequential(torch.nn.Conv2d(2, 3, 2), torch.nn.ReLU(), torch.nn.Linear(3, 2))
from_torch = {
    "bfloat16": torch.tensor([1.0, -2.5, float("inf"), float("nan"), 1e38, 1e-40]).to(torch.bfloat16),
    "float8_e4m3": all_bytes.clone().view(torch.float8_e4m3fn),
    "float8_e5m2": all_bytes.clone().view(torch.float8_e5m2),
    "float8_e8m0": all_bytes.clone().view(torch.float8_e8m0fnu),
} | model.state_dict()
safetensors.torch.save_file(from_torch, here / "torch.safetensors")
def of_torch(t):
    return become(t.float().numpy())
expected["torch.safetensors"] = {"tensors": {name: of_torch(t) for name, t in from_torch.items()}, "metadata": {}}

safetensors.torch.save_file({"c": torch.zeros(2, dtype=torch.complex64)}, here / "complex.safetensors")
expected["complex.safetensors"] = {"error": r"the dtype of tensor \"c\" must be one of BOOL, .*; got \"C64\""}
safetensors.numpy.save_file({"ok": np.zeros(1, "f4"), "id": np.array([2**40])}, here / "large.safetensors")
expected["large.safetensors"] = {"error": r"elements of \"id\" must fit int32; got 1099511627776 \(int64\) at element 0 of \[1\]"}

(here / "expected.json").write_text("{\n" + ",\n".join(f"  {json.dumps(k)}: {json.dumps(v)}" for k, v in expected.items()) + "\n}\n")
