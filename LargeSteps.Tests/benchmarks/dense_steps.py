"""The steps of the ReLU experiments in plain PyTorch: the other side of `published` in Program.cs.

Usage: python3 dense_steps.py regression_1d|two_layer|three_layer STEPS THREADS
prints the seconds of the step loop, its CPU seconds and the last loss
"""
import sys
import time

import numpy as np
import torch

name, steps, threads = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
torch.set_num_threads(threads)
widths, biases, n, rate = {
    "regression_1d": ([1, 100, 1], [True, False], 12, 0.0002),
    "two_layer": ([2, 20, 1], [False, False], 15, 0.13),
    "three_layer": ([5, 10, 10, 1], [True, True, True], 50, 0.011),
}[name]
torch.manual_seed(0)
rng = np.random.RandomState(0)
if name == "regression_1d":
    X = torch.tensor([[(i - 5.5) / 4 + 0.07] for i in range(12)])
    y = 0.345 + torch.tensor([[-2], [1.5], [0], [0], [2], [1], [0], [-1], [0], [1], [2], [-1]])
else:
    X = torch.tensor(rng.standard_normal((n, widths[0])), dtype=torch.float32)
    X /= X.norm(dim=1, keepdim=True)
    y = torch.relu(X @ torch.randn(widths[0], 3)) @ torch.randn(3, 1)

layers = []
for l, bias in enumerate(biases):
    layers += [torch.nn.Linear(widths[l], widths[l + 1], bias=bias), torch.nn.ReLU()]
net = torch.nn.Sequential(*layers[:-1])
optimizer = torch.optim.SGD(net.parameters(), lr=rate)

start, cpu = time.perf_counter(), time.process_time()
for k in range(steps):
    i = rng.choice(n, 1, replace=False)
    loss = ((net(X[i]) - y[i]) ** 2).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print(f"{time.perf_counter() - start} {time.process_time() - cpu} {loss.item()}")
