"""Writes a trained network for Rust: `python -m model.export MODEL.npz WEIGHTS.bin`.

What was OPERATING before becomes 0.5: the threshold that a detector is used with.
Each row of a matrix becomes whole numbers of at most 2,047 and one scale; the features' mean and
scale go into the first layer. Order and types are those of audio-core/src/vad/kav/network.rs.
"""
import sys

import numpy as np

from .net import SCALE

#: Activations in [-1, 1] are whole numbers of 1/2047.
ACTIVATION = 2047.0
LARGEST = 2047
#: Where the development set shows the best trade: see README.md, "One threshold".
OPERATING = 0.41
#: Rows of the first layer are filled up with zeros to a multiple of this.
VECTOR = 32


def layer(weights, bias, unit, columns):
    """(inputs, rows) -> bytes: int16 rows of `columns`, float32 scales, float32 biases."""
    rows = weights.T.astype(np.float64)
    scale = np.maximum(np.abs(rows).max(1), 1e-9) / LARGEST
    whole = np.zeros((len(rows), columns), "<i2")
    whole[:, :rows.shape[1]] = np.round(rows / scale[:, None])
    return whole.tobytes() + (scale / unit).astype("<f4").tobytes() + np.asarray(bias).astype("<f4").tobytes()


def shift():
    """What is added to the logit."""
    return -np.log(OPERATING / (1 - OPERATING))


def main():
    m = np.load(sys.argv[1])
    factor = m["keep"] / m["scale"]
    dense = m["dense"] * factor[:, None]
    bias = m["dense_bias"] - m["mean"] @ dense
    inputs = dense.shape[0]
    out = layer(dense, bias, SCALE, -(-inputs // VECTOR) * VECTOR)
    out += layer(m["input"], m["input_bias"], ACTIVATION, m["input"].shape[0])
    out += layer(m["recurrent"], m["recurrent_bias"], ACTIVATION, m["recurrent"].shape[0])
    out += m["out"].astype("<f4").tobytes() + (m["out_bias"] + shift()).astype("<f4").tobytes()
    with open(sys.argv[2], "wb") as f:
        f.write(out)
    print(f"{len(out)} bytes", file=sys.stderr)


if __name__ == "__main__":
    main()
