"""Files of torch.save for the tests of TorchFile, and torch.load's account of the files that TorchFile writes.

python torch_files.py write FOLDER      makes the .pth files that lie beside this program (by PyTorch 1.13)
python torch_files.py check FILE…       prints what torch.load finds in state dicts, as JSON
"""
import argparse
import collections
import json
import os
import sys

import numpy
import torch


def write(folder):
    def save(name, value, **options):
        torch.save(value, os.path.join(folder, name), **options)

    module = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2))
    with torch.no_grad():
        for i, tensor in enumerate(module.state_dict().values()):
            tensor.copy_(torch.arange(tensor.numel()).reshape(tensor.shape) + 10 * i)
    optimizer = torch.optim.SGD(module.parameters(), lr=0.1, momentum=0.9)
    for parameter in module.parameters():
        parameter.grad = torch.ones_like(parameter)
    with torch.no_grad():
        saved = {k: v.clone() for k, v in module.state_dict().items()}
        optimizer.step()
        module.load_state_dict(saved)

    save("state.pth", module.state_dict())
    save("legacy.pth", module.state_dict(), _use_new_zipfile_serialization=False)
    save("protocol4.pth", {"epoch": 3, "w": torch.ones(2)}, pickle_protocol=4)
    save("checkpoint.pth", {
        "model": module.state_dict(), "averages": [module.state_dict(), {"w": torch.ones(1)}], "optimizer": optimizer.state_dict(),
        "epoch": 300, "large": 2**70, "negative": -70000, "loss": 0.1, "name": "résumé", "best": None, "done": True, "size": torch.Size([2, 3]), "pair": (1, 2)})
    base = torch.arange(24, dtype=torch.int32)
    save("views.pth", collections.OrderedDict([
        ("part", base[4:10]), ("transposed", base.view(4, 6).t()), ("every_other", base.view(2, 3, 4)[:, ::2, 1:]), ("one_row", base.view(4, 6)[2:3]),
        ("empty", base[:0].view(0, 3)), ("scalar", base[7]), ("parameter", torch.nn.Parameter(torch.ones(2, 2))), ("repeated_row", base[:3].expand(2, 3))]))
    save("types.pth", {str(t)[6:]: torch.tensor([1, 0, 1]).to(t) for t in (
        torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8, torch.bool)})
    save("expanded.pth", {"w": torch.ones(1).expand(5)})
    save("module.pth", module)
    save("set.pth", {"w": torch.ones(1), "s": {1, 2}})
    save("complex.pth", {"w": torch.ones(1, dtype=torch.complex64)})
    weight = torch.nn.Parameter(torch.tensor([1.0, 2.0]))
    weight.tag = "an attribute"
    beside = {
        "counter": collections.Counter({10: 1}), "number": numpy.float64(91.2), "array": numpy.arange(3), "options": argparse.Namespace(lr=0.1, device=torch.device("cpu")),
        "type": torch.float32, "set": {1, 2}, "frozen": frozenset((1, 2)), "bytes": bytes(range(200, 256)), "bytearray": bytearray(b"abc"),
        "default": collections.defaultdict(list, {"a": [1]}), "keys": {True: 1, 0.5: 2, (1, "a"): 3, None: 4, frozenset((1,)): 5, (1, (2, 3)): 6},
        "function": json.dumps, "class": collections.OrderedDict, "complex": torch.zeros(2, dtype=torch.complex64), "sparse": torch.eye(2).to_sparse(), "module": torch.nn.Linear(1, 1),
        "large": 2**5000, "state_dict": collections.OrderedDict([("w", weight)])}
    save("beside.pth", beside)
    save("beside4.pth", beside, pickle_protocol=4)
    # An old file has the source of a module's class in it.
    del beside["module"]
    save("beside_legacy.pth", beside, _use_new_zipfile_serialization=False)
    save("beside_legacy4.pth", beside, pickle_protocol=4, _use_new_zipfile_serialization=False)


def check(files):
    for file in files:
        state = torch.load(file)
        safe = torch.load(file, weights_only=True)
        assert list(state) == list(safe) and all(torch.equal(state[k], safe[k]) for k in state)
        if list(state)[:2] == ["0.weight", "0.bias"]:
            module = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2))
            print(json.dumps([type(state).__name__, str(module.load_state_dict(state)), module[0].weight.tolist(), module[1].num_batches_tracked.item()]))
        else:
            print(json.dumps([[k, str(v.dtype)[6:], list(v.shape), v.to(torch.float64).flatten().tolist(), v.is_contiguous()] for k, v in state.items()]))


if __name__ == "__main__":
    write(sys.argv[2]) if sys.argv[1] == "write" else check(sys.argv[2:])
