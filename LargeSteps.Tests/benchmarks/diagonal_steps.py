"""The steps of the diagonal experiments in plain NumPy: the other side of `published` in Program.cs.

Usage: python3 diagonal_steps.py sgd|gd STEPS     prints the seconds of the step loop, its CPU seconds and the last training loss
"""
import sys
import time

import numpy as np

method, steps = sys.argv[1], int(sys.argv[2])
n, d, r, rate = (80, 200, 20, 0.25) if method == "sgd" else (40, 100, 20, 2.0)
rng = np.random.RandomState(0)
X, X_test, theta = rng.standard_normal((n, d)), rng.standard_normal((1000, d)), rng.standard_normal(d)
theta[r:] = 0
theta = np.abs(theta) / np.linalg.norm(theta)
y = X @ theta
u, v = 0.1 * np.ones(d), np.zeros(d)
sampling = np.random.RandomState(1)

start, cpu = time.perf_counter(), time.process_time()
for k in range(steps):
    if method == "sgd":
        i = sampling.randint(n)
        g = (X[i] @ (u * v) - y[i]) * X[i]
    else:
        g = X.T @ (X @ (u * v) - y) / n
    u, v = u - rate * g * v, v - rate * g * u
seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
print(f"{seconds} {cpu} {np.mean((X @ (u * v) - y) ** 2) / 2}")
