"""What came of an experiment, from Python: python3 read_results.py results/NAME

A row of metrics.csv is a measurement of a run with a seed. metrics.arrow has the same rows as an Arrow IPC file, which is read faster:
polars.read_ipc(path), or pandas.read_feather(path) where pyarrow is installed.
"""
import pathlib
import sys

import pandas

folder = pathlib.Path(sys.argv[1])
metrics = pandas.read_csv(folder / "metrics.csv")

# Numbers have all their digits; what a run did not measure, or what is not a number, is NaN.
last = metrics.sort_values("iteration").groupby(["run", "seed"], sort=False).last()
print(last.groupby("run", sort=False)[["train_loss"]].median().to_string())

# A seed that diverged has measurements up to there; how each run ended stands in summary.csv, before the rows of the statistics.
summary = pandas.read_csv(folder / "summary.csv")
ends = summary[pandas.to_numeric(summary["seed"], errors="coerce").notna()]
print(ends.groupby(["run", "outcome"], sort=False).size().to_string())
