"""RNC ProPack method 1 unpacking: the compression of Beneath a Steel Sky's data files."""

import struct

HEADER = 18  # bytes


class _Bits:
    """Little-endian bit reader over 16-bit words that share the stream with literal bytes."""

    def __init__(self, data: bytes):
        self.data, self.at = data + b"\0\0\0\0", HEADER
        self.buffer, self.count = self._word(), 16

    def _word(self) -> int:
        return self.data[self.at] | self.data[self.at + 1] << 8 if self.at + 1 < len(self.data) else 0

    def skip(self, n: int) -> None:
        self.buffer >>= n
        self.count -= n
        if self.count < 16:
            self.at += 2
            self.buffer |= self._word() << self.count
            self.count += 16

    def take(self, n: int) -> int:
        value = self.buffer & ((1 << n) - 1)
        self.skip(n)
        return value

    def literal(self, n: int) -> bytes:
        chunk = self.data[self.at : self.at + n]
        self.at += n
        self.count -= 16
        self.buffer = self.buffer & ((1 << self.count) - 1) | self._word() << self.count
        self.count += 16
        return chunk


def _table(bits: _Bits) -> tuple[int, list[tuple[int, int]]]:
    """Canonical Huffman table: a mask of low bits, and (length, symbol) for every value of them."""
    lengths = [bits.take(4) for _ in range(bits.take(5))]
    width = max(lengths, default=0)
    lookup = [(0, 0)] * (1 << width)
    code = 0
    for length in range(1, width + 1):
        for symbol, own in enumerate(lengths):
            if own == length:
                low = int(f"{code:0{length}b}"[::-1], 2)
                for high in range(1 << (width - length)):
                    lookup[low | high << length] = (length, symbol)
                code += 1
        code <<= 1
    return (1 << width) - 1, lookup


def _value(bits: _Bits, table) -> int:
    mask, lookup = table
    length, symbol = lookup[bits.buffer & mask]
    bits.skip(length)
    return symbol if symbol < 2 else 1 << (symbol - 1) | bits.take(symbol - 1)


def unpack(data: bytes) -> bytes:
    """The unpacked bytes of one `RNC\\x01` block."""
    size = struct.unpack(">I", data[4:8])[0]
    bits, out = _Bits(data), bytearray()
    bits.skip(2)
    while len(out) < size:
        raw, distance, length = _table(bits), _table(bits), _table(bits)
        left = bits.take(16)
        while left:
            out += bits.literal(n) if (n := _value(bits, raw)) else b""
            left -= 1
            if left:
                back = _value(bits, distance) + 1
                n = _value(bits, length) + 2
                start = len(out) - back
                if start < 0:
                    raise ValueError("bad RNC data")
                out += (out[start:] * (n // back + 1))[:n]
    return bytes(out)
