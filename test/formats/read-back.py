"""Reads files with NumPy and safetensors, and writes what they have as JSON: read-back.py FILE …"""
import base64, json, sys
import numpy as np
from safetensors import safe_open

def described(a):
    a = np.ascontiguousarray(a).reshape(a.shape)
    return {"dtype": a.dtype.name, "shape": list(a.shape), "bytes": base64.b64encode(a.tobytes()).decode()}

found = []
for path in sys.argv[1:]:
    if path.endswith(".safetensors"):
        with safe_open(path, "np") as file:
            found.append({"tensors": {name: described(file.get_tensor(name)) for name in file.keys()}, "metadata": file.metadata() or {}})
    elif path.endswith(".npz"):
        with np.load(path) as file:
            found.append({"tensors": {name: described(file[name]) for name in file.files}})
    else:
        found.append({"tensors": {"": described(np.load(path))}})
json.dump(found, sys.stdout)
