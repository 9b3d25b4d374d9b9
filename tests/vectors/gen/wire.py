"""[WIRE-1], [HASH-1]: bytes and hashes. And the source of the vectors' randomness."""

import hashlib
import struct


def u8(n):
    return struct.pack(">B", n)


def u16(n):
    return struct.pack(">H", n)


def u32(n):
    return struct.pack(">I", n)


def u64(n):
    return struct.pack(">Q", n)


def short(data):
    return u16(len(data)) + data


def prologue(kind):
    return b"HPCR" + bytes([1, 1, kind])


def frame(label, *parts):
    return b"".join(u64(len(part)) + part for part in (f"hippocrypt/v1/{label}.".encode(), *parts))


def H(label, *parts):
    return hashlib.sha3_256(frame(label, *parts)).digest()


def KDF(label, length, *parts):
    return hashlib.shake_256(frame(label, *parts)).digest(length)


def changed(data, place, value):
    """The bytes with others written over them."""
    assert place >= 0 and data[place:place + len(value)] != value
    return data[:place] + value + data[place + len(value):]


class Stream:
    """Bytes one after the other."""

    def __init__(self, data):
        self.data, self.place = data, 0

    def take(self, count):
        start, self.place = self.place, self.place + count
        assert self.place <= len(self.data)
        return self.data[start:self.place]


SEED = "hippocrypt test vectors, version 1"


def random_bytes(name, count):
    """What a random generator would have given: SHAKE256 of the seed and a name."""
    return hashlib.shake_256(f"{SEED}: {name}".encode()).digest(count)
