"""The weights of a checkpoint, from Python: python3 read_checkpoint.py results/NAME/checkpoints/UNIT/best.safetensors

Checkpoints are files of the safetensors format: safetensors.torch.load_file(path) reads them where that package is installed, and
torch.load what `largesteps export` writes of them. This is the format itself: the length of the head, the head, the numbers.
"""
import json
import struct
import sys

import numpy

TYPES = {"F64": numpy.float64, "F32": numpy.float32, "I64": numpy.int64, "I32": numpy.int32, "U8": numpy.uint8}

with open(sys.argv[1], "rb") as file:
    (length,) = struct.unpack("<Q", file.read(8))
    head = json.loads(file.read(length))
    numbers = file.read()

for name, tensor in head.items():
    # What the optimizer keeps has a prefix: momentum/conv1.weight.
    if name == "__metadata__" or "/" in name:
        continue
    first, end = tensor["data_offsets"]
    values = numpy.frombuffer(numbers[first:end], TYPES[tensor["dtype"]]).reshape(tensor["shape"])
    print(f"{name} {list(values.shape)} norm {numpy.linalg.norm(values.astype(numpy.float64)):.6g}")
