"""[REV-4], [REV-6]: tokens, grants, seals, and headers as a store keeps them."""

import epochs
import language
import policy as pol
from curve import BASE, G2, add, attribute_point, g1_bytes, g2_bytes, nonzero, times
from scheme import sign
from wire import KDF, Stream, prologue, u8, u32


def token_batch(keys, to):
    """[REV-4.2]: the batch that leads keys from their common epoch to another; and refreshes them."""
    authority, old = keys[0].authority, keys[0].until
    assert all(key.until == old < to for key in keys)
    nodes = epochs.refresh(authority.depth, old, to)
    batch = prologue(22) + authority.id + u8(authority.depth) + u32(old) + u32(to) + u32(len(keys))
    for key in sorted(keys, key=lambda key: key.kid):
        fresh = key.powers(nodes)
        batch += key.kid + b"".join(g1_bytes(point) for point in fresh.values())
        path = epochs.labels(authority.depth, epochs.path(authority.depth, to))
        every = {**key.tokens, **fresh}
        key.until, key.tokens = to, {x: every[x] for x in path}
    return batch


def grant(key, entries, schema):
    """[REV-4.4]: the grant; and applies it."""
    attributes = language.parse_set(entries, schema)
    fresh = {x: times(attribute_point(x), key.r) for x in pol.set_labels(*attributes)}
    assert not set(fresh) & set(key.K3)
    body = key.authority.id + key.kid + pol.set_bytes(*attributes)
    body += b"".join(g1_bytes(fresh[x]) for x in sorted(fresh))
    key.attributes = tuple(list(mine) + list(more) for mine, more in zip(key.attributes, attributes))
    key.K3 = {**key.K3, **fresh}
    return prologue(23) + body + sign(key.authority.signing_seed, "sign/grant", body)


def withdraw(key, entries, schema):
    """[REV-7]"""
    lost = language.parse_set(entries, schema)
    key.attributes = tuple([a for a in mine if a not in gone] for mine, gone in zip(key.attributes, lost))
    key.K3 = {x: key.K3[x] for x in pol.set_labels(*key.attributes)}


class SealKey:
    """[REV-6]"""

    def __init__(self, k_seal):
        self.k_seal, self.encoded = k_seal, prologue(24) + k_seal
        self.id = KDF("seal/key-id", 16, k_seal)

    def exponents(self, serial, t):
        """w, s''"""
        stream = Stream(KDF("seal/exponents", 480, self.k_seal, serial, u32(t)))
        return nonzero(stream), nonzero(stream)


class Stored:
    """[OUT-4.3]: a header in a store."""

    def __init__(self, authority, c, serial):
        self.authority, self.c, self.serial, self.time_rows = authority, c, serial, c.program.time_rows
        self.t, self.w, self.C3 = 0, 0, list(c.C3)

    def seal(self, key, t):
        """[REV-6.2]"""
        w, s = key.exponents(self.serial, t)
        self.shift = times(BASE, self.w - w)
        self.C3 = [add(row, self.shift) for row in self.C3[:self.time_rows]] + self.C3[self.time_rows:]
        self.C_seal = times(G2, s)
        labels = epochs.cover_labels(self.authority.depth, t)
        self.E = {x: add(times(BASE, w), times(attribute_point(x), s)) for x in labels}
        self.key, self.t, self.w, self.s = key, t, w, s

    def header(self):
        whole = self.c.encode()
        rows = b"".join(g1_bytes(row) for row in self.C3)
        return whole[:-len(rows)] + rows

    def encode(self):
        seal = b""
        if self.t:
            seal = self.key.id + g2_bytes(self.C_seal) + b"".join(g1_bytes(row) for row in self.E.values())
        return prologue(21) + self.serial + self.header() + u32(self.t) + seal

    def transform(self, key):
        """[REV-6.3]"""
        if not self.t:
            return key.transform(self.c)
        common = [x for x in self.E if x in key.tokens]
        assert len(common) <= 1
        if not common:
            return None
        x, = common
        return key.transform(self.c, self.C3, (key.tokens[x], self.C_seal, self.E[x]))
