"""The network: a dense layer, a gated recurrent unit, one number out.

The recurrence is K. Cho et al., 2014, in the form whose reset gate acts after the recurrent
product (as cuDNN has it), so that each frame costs one product with the input and one with the
state. audio-core/src/vad/kav/network.rs is the same in Rust.
"""
import jax
import jax.numpy as jnp

#: Features per frame, dense units, recurrent units.
INPUTS, DENSE, UNITS = 52, 64, 64
#: The features' scale: they come as whole numbers of 1/256.
SCALE = 256.0


def init(key, inputs=INPUTS, dense=DENSE, units=UNITS):
    k = jax.random.split(key, 4)

    def glorot(key, rows, columns):
        return jax.random.normal(key, (rows, columns)) * jnp.sqrt(2.0 / (rows + columns))

    recurrent = jnp.concatenate([jnp.linalg.qr(jax.random.normal(q, (units, units)))[0]
                                 for q in jax.random.split(k[2], 3)], 1)
    return {
        "dense": glorot(k[0], inputs, dense), "dense_bias": jnp.zeros(dense),
        "input": glorot(k[1], dense, 3 * units), "input_bias": jnp.zeros(3 * units),
        "recurrent": recurrent, "recurrent_bias": jnp.zeros(3 * units),
        "out": glorot(k[3], units, 1)[:, 0], "out_bias": jnp.zeros(()),
    }


def logits(p, x, state=None):
    """Features (batch, frames, inputs), already centred and scaled -> logits (batch, frames)."""
    z = jnp.tanh(x @ p["dense"] + p["dense_bias"])
    given = z @ p["input"] + p["input_bias"]
    units = p["out"].shape[0]
    if state is None:
        state = jnp.zeros((x.shape[0], units))

    def step(h, g):
        u = h @ p["recurrent"] + p["recurrent_bias"]
        update = jax.nn.sigmoid(g[:, :units] + u[:, :units])
        reset = jax.nn.sigmoid(g[:, units:2 * units] + u[:, units:2 * units])
        fresh = jnp.tanh(g[:, 2 * units:] + reset * u[:, 2 * units:])
        h = update * h + (1 - update) * fresh
        return h, h @ p["out"]

    _, out = jax.lax.scan(step, state, given.transpose(1, 0, 2), unroll=4)
    return out.T + p["out_bias"]
