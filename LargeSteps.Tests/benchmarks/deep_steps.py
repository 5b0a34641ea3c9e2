"""Training steps of resnet18_plain in PyTorch: the other side of `deep` in Program.cs.

Usage: python3 deep_steps.py WIDTH BATCH THREADS     reads a number of steps a line, makes them, prints the seconds of each on a line
       python3 deep_steps.py gradient FOLDER WIDTH   the gradient in float64 of the loss at the weights in FOLDER, into its file "exact", and prints
                                                     how far PyTorch's own in float32 are from it, in the usual layout and with the channels last
       python3 deep_steps.py check FOLDER            takes one step from the weights in FOLDER, see DeepComparison.cs, prints the differences
"""
import sys
import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

MOMENTUM, WEIGHT_DECAY, AVERAGING = 0.9, 5e-4, 0.999


class Block(nn.Module):
    def __init__(self, before, after, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(before, after, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(after)
        self.conv2 = nn.Conv2d(after, after, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(after)
        self.shortcut = nn.Sequential()
        if stride != 1 or before != after:
            self.shortcut = nn.Sequential(nn.Conv2d(before, after, 1, stride, bias=False), nn.BatchNorm2d(after))

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(y + self.shortcut(x))


class ResNet18(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.layer1 = nn.Sequential(Block(width, width, 1), Block(width, width, 1))
        self.layer2 = nn.Sequential(Block(width, 2 * width, 2), Block(2 * width, 2 * width, 1))
        self.layer3 = nn.Sequential(Block(2 * width, 4 * width, 2), Block(4 * width, 4 * width, 1))
        self.layer4 = nn.Sequential(Block(4 * width, 8 * width, 2), Block(8 * width, 8 * width, 1))
        self.linear = nn.Linear(8 * width, 10)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.linear(F.avg_pool2d(x, 4).flatten(1))


def step(model, optimizer, average, images, labels):
    loss = F.cross_entropy(model(images), labels)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()
    with torch.no_grad():
        for mean, parameter in zip(average, model.parameters()):
            mean.mul_(AVERAGING).add_(parameter, alpha=1 - AVERAGING)
    return loss


def trainer(model, rate):
    optimizer = torch.optim.SGD(model.parameters(), lr=rate, momentum=MOMENTUM, weight_decay=WEIGHT_DECAY)
    return optimizer, [parameter.detach().clone() for parameter in model.parameters()]


def time_steps(width, batch, threads):
    torch.set_num_threads(threads)
    model = ResNet18(width)
    optimizer, average = trainer(model, 0.01)
    images, labels = torch.rand(batch, 3, 32, 32), torch.randint(10, (batch,))
    for line in sys.stdin:
        seconds = []
        for _ in range(int(line)):
            start = time.perf_counter()
            step(model, optimizer, average, images, labels)
            seconds.append(time.perf_counter() - start)
        print(*seconds, flush=True)


def check(folder):
    def read(name, shape, kind=np.float32):
        return torch.from_numpy(np.fromfile(f"{folder}/{name}", dtype=kind).reshape(shape))

    model = ResNet18(8)
    state = model.state_dict()
    model.load_state_dict({name: read(f"before.{name}", value.shape) if value.dtype == torch.float32 else value for name, value in state.items()})
    images, labels = read("images", (-1, 3, 32, 32)), read("labels", (-1,), np.int64)
    logits = read("logits", (len(labels), 10))
    model.eval()
    with torch.no_grad():
        print(f"logits, running statistics: {(model(images) - logits).abs().max():.3g} of {logits.abs().max():.3g}")
    model.train()
    optimizer, average = trainer(model, 0.1)
    for k in range(2):
        loss = step(model, optimizer, average, images, labels)
        ours = read(f"loss{k}", ())
        print(f"loss of step {k}: {abs(loss.item() - ours.item()):.3g} of {loss.item():.6g}")
    for kind, pairs in (("weights and statistics", model.state_dict().items()), ("averaged", zip((n for n, _ in model.named_parameters()), average))):
        worst = max((value.float() - read(f"{'after' if kind != 'averaged' else kind}.{name}", value.shape)).abs().max().item() for name, value in pairs if value.dtype == torch.float32)
        print(f"{kind} after two steps: {worst:.3g}")


def gradient(folder, width):
    def read(name, shape, kind=np.float32):
        return torch.from_numpy(np.fromfile(f"{folder}/{name}", dtype=kind).reshape(shape))

    images, labels = read("images", (-1, 3, 32, 32)), read("labels", (-1,), np.int64)

    def at(kind, layout):
        model = ResNet18(width)
        model.load_state_dict({name: read(f"before.{name}", value.shape) if value.dtype == torch.float32 else value for name, value in model.state_dict().items()})
        model = model.to(kind).to(memory_format=layout)
        F.cross_entropy(model(images.to(kind).contiguous(memory_format=layout)), labels).backward()
        return torch.cat([parameter.grad.contiguous().flatten() for parameter in model.parameters()]).double()

    exact = at(torch.float64, torch.contiguous_format)
    exact.numpy().tofile(f"{folder}/exact")
    print(*(((at(torch.float32, layout) - exact).norm() / exact.norm()).item() for layout in (torch.contiguous_format, torch.channels_last)))


if sys.argv[1] == "gradient":
    gradient(sys.argv[2], int(sys.argv[3]))
elif sys.argv[1] == "check":
    check(sys.argv[2])
else:
    time_steps(*map(int, sys.argv[1:4]))
