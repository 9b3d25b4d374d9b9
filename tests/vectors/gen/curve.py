"""[MATH-1] to [MATH-7]: BLS12-381 on top of py_ecc, with the encodings of the specification."""

import functools
import hashlib

from py_ecc.bls.hash_to_curve import clear_cofactor_G1, map_to_curve_G1
from py_ecc.bls.point_compression import compress_G1, compress_G2, decompress_G1, decompress_G2
from py_ecc.fields import optimized_bls12_381_FQ as FQ
from py_ecc.fields import optimized_bls12_381_FQ2 as FQ2
from py_ecc.optimized_bls12_381 import (
    G1, G2, Z1, add, b2, curve_order, field_modulus, is_inf, multiply, pairing,
)

p, q = curve_order, field_modulus
x = -0xD201000000010000


def scalar(data):
    assert len(data) == 48
    return int.from_bytes(data, "big") % p


def nonzero(stream):
    while True:
        s = scalar(stream.take(48))
        if s:
            return s


def scalar_bytes(s):
    return (s % p).to_bytes(32, "big")


def g1_bytes(point):
    return compress_G1(point).to_bytes(48, "big")


def g2_bytes(point):
    c1, c0 = compress_G2(point)
    return c1.to_bytes(48, "big") + c0.to_bytes(48, "big")


def g1_point(data):
    """Raises ValueError for what is no point of the curve. Does not look whether it is in the subgroup."""
    return decompress_G1(int.from_bytes(data, "big"))


def g2_point(data):
    return decompress_G2((int.from_bytes(data[:48], "big"), int.from_bytes(data[48:], "big")))


def times(point, k):
    return multiply(point, k % p)


def total(points):
    result = Z1
    for point in points:
        result = add(result, point)
    return result


def e(P, Q):
    """[MATH-5]. py_ecc runs the Miller loop over |x| and omits the factor 3."""
    return pairing(Q, P, final_exponentiate=True) ** (3 * (p - 1))


def tower(f):
    """py_ecc's powers of w (w^12 = 2w^6 - 2, so u = w^6 - 1) as the twelve coordinates of [MATH-4]."""
    c = [int(n) for n in f.coeffs]
    places = [i + 2 * j for i in (0, 1) for j in (0, 1, 2)]
    return [n % q for place in places for n in (c[place] + c[place + 6], c[place + 6])]


def gt_bytes(f):
    return b"".join(n.to_bytes(48, "big") for n in tower(f))


def expand_message_xof(message, tag, length):
    assert len(tag) <= 255
    data = message + length.to_bytes(2, "big") + tag + bytes([len(tag)])
    return hashlib.shake_256(data).digest(length)


def hash_to_g1(kind, message):
    tag = f"HIPPOCRYPT-V01-CS01-with-BLS12381G1_XOF:SHAKE-256_SSWU_RO_{kind}".encode()
    wide = expand_message_xof(message, tag, 128)
    u, v = (FQ(int.from_bytes(wide[i:i + 64], "big") % q) for i in (0, 64))
    return clear_cofactor_G1(add(map_to_curve_G1(u), map_to_curve_G1(v)))


@functools.cache
def attribute_point(label):
    """H(x): the label of an attribute is bytes, that of a span of epochs ("TIME", bytes)."""
    return hash_to_g1(*(label if isinstance(label, tuple) else ("ATTR", label)))


BASE = hash_to_g1("BASE", b"")
COFACTOR = 3 * (11 * 10177 * 859267 * 52437899) ** 2


def root_of(n):
    """A square root in GF(q), or nothing."""
    r = pow(n, (q + 1) // 4, q)
    return r if r * r % q == n % q else None


def first_g1_point_outside():
    """A point of E(GF(q)) with a component of small order."""
    for a in range(1, 100):
        y = root_of(a ** 3 + 4)
        if y is not None:
            return FQ(a), FQ(y), FQ(1)
    raise ValueError


def point_of_order_11():
    a = 1
    while True:
        a += 1
        y = root_of(a ** 3 + 4)
        if y is None:
            continue
        T = multiply((FQ(a), FQ(y), FQ(1)), p * COFACTOR // 121)
        if is_inf(T):
            continue
        eleventh = multiply(T, 11)
        T = T if is_inf(eleventh) else eleventh
        assert not is_inf(T) and is_inf(multiply(T, 11))
        return T


def first_g2_point_outside():
    """A point of E'(GF(q^2)) that is not in G2: x = a + u for a small a."""
    for a in range(1, 100):
        X = FQ2([a, 1])
        n0, n1 = (int(n) for n in (X * X * X + b2).coeffs)
        norm = root_of(n0 * n0 + n1 * n1)
        if norm is None:
            continue
        for sign in (norm, -norm):
            half = root_of((n0 + sign) * pow(2, -1, q) % q)
            if half:
                Y = FQ2([half, n1 * pow(2 * half, -1, q) % q])
                assert Y * Y == X * X * X + b2
                return X, Y, FQ2.one()
    raise ValueError


# The pairing of the generators that other libraries publish begins so.
assert gt_bytes(e(G1, G2)).hex().startswith("1250ebd871fc0a92a7b2d83168d0d727272d441befa15c503dd8e90c")
