"""Data-parallel logistic regression on Ray, one worker on each GPU that was leased.

Every worker holds a shard of the data and computes a gradient; the driver averages them, steps, and
writes a checkpoint every few steps. When a worker is lost, the driver waits for another one and goes on
from the last checkpoint. The same seed gives the same model, however often workers were lost.
"""

import argparse
import hashlib
import json
import os
import pathlib
import sys
import time

import numpy as np
import ray
from ray.exceptions import GetTimeoutError, RayActorError

FEATURES = 32
ROWS = 20_000
LEARNING_RATE = 0.5
PLACED_WITHIN_S = 240


def data(seed, first, count):
    """Rows of a problem whose answer is known; a shard is the same wherever it is made."""
    truth = np.random.default_rng(seed).normal(size=FEATURES)
    rows = np.random.default_rng(seed + 1).normal(size=(ROWS, FEATURES))[first : first + count]
    return rows, (rows @ truth > 0).astype(np.float64)


@ray.remote(num_gpus=1, num_cpus=0)
class Worker:
    def __init__(self, seed, rank, world):
        share = ROWS // world
        self.rows, self.labels = data(seed, rank * share, share)

    def where(self):
        return os.uname().nodename, os.environ.get("CUDA_VISIBLE_DEVICES", "")

    def gradient(self, weights):
        predicted = 1 / (1 + np.exp(-self.rows @ weights))
        error = predicted - self.labels
        clipped = np.clip(predicted, 1e-9, 1 - 1e-9)
        loss = -np.mean(self.labels * np.log(clipped) + (1 - self.labels) * np.log(1 - clipped))
        return self.rows.T @ error / len(self.labels), loss


def start_workers(seed, world):
    workers = [Worker.remote(seed, rank, world) for rank in range(world)]
    for node, gpus in ray.get([w.where.remote() for w in workers], timeout=PLACED_WITHIN_S):
        print(f"worker on {node}, GPU {gpus}", flush=True)
    return workers


def load(path):
    if not path.exists():
        return 0, np.zeros(FEATURES)
    found = json.loads(path.read_text())
    return found["step"], np.array(found["weights"])


def save(path, step, weights):
    """Whole or not at all: a driver that is killed meanwhile leaves the one before."""
    part = path.with_suffix(".part")
    part.write_text(json.dumps({"step": step, "weights": weights.tolist()}))
    part.rename(path)
    print(f"checkpoint at step {step}", flush=True)


def train(options, path):
    step, weights = load(path)
    print(f"training from step {step} to {options.steps}", flush=True)
    workers = start_workers(options.seed, options.workers)
    while step < options.steps:
        try:
            parts = ray.get([w.gradient.remote(weights) for w in workers])
        except RayActorError:
            print(f"lost a worker at step {step}", flush=True)
            for worker in workers:
                ray.kill(worker)
            step, weights = load(path)
            print(f"back to the checkpoint of step {step}", flush=True)
            workers = start_workers(options.seed, options.workers)
            continue
        weights = weights - LEARNING_RATE * np.mean([g for g, _ in parts], axis=0)
        step += 1
        if step % 10 == 0:
            print(f"step {step} loss {np.mean([l for _, l in parts]):.4f}", flush=True)
        if step % options.checkpoint_every == 0:
            save(path, step, weights)
        time.sleep(options.pause)
    return weights


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--checkpoint-every", type=int, default=20)
    parser.add_argument("--checkpoints", default="/tmp/ray/checkpoints")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--pause", type=float, default=0.0, help="seconds between steps")
    options = parser.parse_args()
    folder = pathlib.Path(options.checkpoints)
    folder.mkdir(parents=True, exist_ok=True)
    ray.init(log_to_driver=False)
    try:
        weights = train(options, folder / f"seed-{options.seed}.json")
    except GetTimeoutError:
        sys.exit(f"no {options.workers} workers within {PLACED_WITHIN_S} s")
    rows, labels = data(options.seed, 0, ROWS)
    accuracy = np.mean((rows @ weights > 0) == labels)
    digest = hashlib.sha256(np.round(weights, 6).tobytes()).hexdigest()[:16]
    print(f"model {digest} accuracy {accuracy:.4f}", flush=True)
    if accuracy < 0.95:
        sys.exit("the model has learnt too little")


if __name__ == "__main__":
    main()
