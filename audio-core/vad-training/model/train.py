"""Trains the network: `python -m model.train CALLS OUT.npz [--epochs E]`.

CALLS holds features.raw (from `--example vad_features`) and label.npy. AdamW on one cycle of the
learning rate, noise on the features; what is kept is a running mean of the parameters (B. Polyak
and A. Juditsky, 1992). Every core has a process that does its share of each batch.
"""
import argparse
import multiprocessing
import os
import sys
import time

import numpy as np

from . import net

#: Frames of a call's start that are judged less: nothing can be known yet.
WARM_UP = 12
#: Part of the running mean that each step replaces.
AVERAGE = 1 / 500


def load(folder, inputs=net.INPUTS):
    """Features (calls, frames, inputs), as whole numbers on disk, and labels (calls, frames)."""
    label = np.load(f"{folder}/label.npy", mmap_mode="r")
    features = np.memmap(f"{folder}/features.raw", "<i2", "r").reshape(*label.shape, inputs)
    return features, label


def keep_mask(drop, inputs):
    """'0-17,36' -> ones, and zeros for the features named."""
    keep = np.ones(inputs, np.float32)
    for part in filter(None, drop.split(",")):
        first, _, last = part.partition("-")
        keep[int(first):int(last or first) + 1] = 0
    return keep


def work(pipe, sets, mean, scale, keep, noise, shape):
    """A process: parameters and calls in, loss and gradient out, until None comes."""
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    import jax
    import jax.numpy as jnp
    import optax
    from jax.flatten_util import ravel_pytree
    loaded = [load(s, len(keep)) for s in sets]
    _, unravel = ravel_pytree(net.init(jax.random.PRNGKey(0), *shape))
    weight = jnp.where(jnp.arange(loaded[0][1].shape[1]) < WARM_UP, 0.2, 1.0)

    def loss(flat, x, y, key):
        x = (x.astype(jnp.float32) / net.SCALE - mean) / scale * keep
        x = x + noise * jax.random.normal(key, x.shape)
        return jnp.mean(optax.sigmoid_binary_cross_entropy(net.logits(unravel(flat), x), y) * weight)

    grad = jax.jit(jax.value_and_grad(loss))
    while (job := pipe.recv()) is not None:
        flat, seed, pick = job
        x = np.stack([loaded[s][0][i] for s, i in pick])
        y = np.stack([loaded[s][1][i] for s, i in pick])
        value, g = grad(flat, x, y, jax.random.PRNGKey(seed))
        pipe.send((float(value), np.asarray(g)))


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("calls", nargs="+")
    p.add_argument("out")
    p.add_argument("--epochs", type=int, default=16)
    p.add_argument("--batch", type=int, default=64)
    p.add_argument("--rate", type=float, default=4e-3)
    p.add_argument("--decay", type=float, default=0.02)
    p.add_argument("--noise", type=float, default=0.15)
    p.add_argument("--dense", type=int, default=net.DENSE)
    p.add_argument("--units", type=int, default=net.UNITS)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--from", dest="start", help="go on from this model instead of from chance")
    p.add_argument("--drop", default="", help="features to silence, as in 0-17,36 (for the ablation)")
    p.add_argument("--part", type=float, default=1.0, help="share of the calls that are used")
    a = p.parse_args()
    import jax
    import optax
    from jax.flatten_util import ravel_pytree
    sets = [load(c) for c in a.calls]
    calls = [(s, i) for s, (_, label) in enumerate(sets) for i in range(int(len(label) * a.part))]
    frames = sets[0][1].shape[1]
    keep = keep_mask(a.drop, net.INPUTS)
    if a.start:
        m = np.load(a.start)
        mean, scale = m["mean"], m["scale"]
        params = {k: m[k] for k in m.files if k not in ("mean", "scale", "keep")}
    else:
        sample = np.concatenate([x[:: max(1, len(x) // 500)].reshape(-1, net.INPUTS) for x, _ in sets]) / net.SCALE
        mean, scale = sample.mean(0), sample.std(0) + 1e-3
        params = net.init(jax.random.PRNGKey(a.seed), net.INPUTS, a.dense, a.units)
    flat, unravel = ravel_pytree(params)
    print(f"{len(flat)} parameters, {len(calls) * frames / 180000:.1f} h of calls", file=sys.stderr)
    count = len(calls) // a.batch
    rate = optax.cosine_onecycle_schedule(a.epochs * count, a.rate, pct_start=0.2)
    matrices, _ = ravel_pytree({k: np.full(np.shape(v), float(np.ndim(v) == 2)) for k, v in params.items()})
    opt = optax.chain(optax.clip_by_global_norm(1.0), optax.scale_by_adam(),
                      optax.add_decayed_weights(a.decay), optax.scale_by_learning_rate(rate))

    def step(flat, state, g):
        # Only matrices decay: the optimiser sees the biases as zeros.
        updates, state = opt.update(g, state, flat * matrices)
        return optax.apply_updates(flat, updates), state

    step, state, kept = jax.jit(step), opt.init(flat), np.asarray(flat)
    context = multiprocessing.get_context("spawn")
    pipes = []
    for _ in range(os.cpu_count() or 1):
        ours, theirs = context.Pipe()
        shape = (net.INPUTS, a.dense, a.units)
        context.Process(target=work, args=(theirs, a.calls, mean, scale, keep, a.noise, shape), daemon=True).start()
        pipes.append(ours)
    rng, began = np.random.default_rng(a.seed), time.time()
    for epoch in range(a.epochs):
        order, total = rng.permutation(len(calls)), 0.0
        for b in range(count):
            pick = order[b * a.batch:(b + 1) * a.batch]
            given = np.asarray(flat)
            for n, pipe in enumerate(pipes):
                seed = int(rng.integers(2 ** 31))
                pipe.send((given, seed, [calls[i] for i in pick[n::len(pipes)]]))
            answers = [pipe.recv() for pipe in pipes]
            flat, state = step(flat, state, np.mean([g for _, g in answers], 0))
            kept = kept + max(AVERAGE, 1 / (1 + epoch * count + b)) * (np.asarray(flat) - kept)
            total += np.mean([value for value, _ in answers])
        print(f"epoch {epoch + 1} of {a.epochs}: loss {total / count:.4f}, {time.time() - began:.0f} s",
              file=sys.stderr, flush=True)
        np.savez(a.out, mean=mean, scale=scale, keep=keep, **{k: np.asarray(v) for k, v in unravel(kept).items()})
    for pipe in pipes:
        pipe.send(None)


if __name__ == "__main__":
    main()
