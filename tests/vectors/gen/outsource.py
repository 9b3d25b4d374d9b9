"""[OUT-2] to [OUT-6]: readers, transform keys and what comes of them."""

import unicodedata

import epochs
import language
import policy as pol
from curve import (
    BASE, G1, G2, add, attribute_point, e, g1_bytes, g2_bytes, gt_bytes, nonzero, p, scalar, scalar_bytes, times,
    total,
)
from scheme import Key, K_of, public_key, sign
from wire import KDF, Stream, prologue, random_bytes, short, u8, u32, u64

AUTHORITY, READER = 1, 2


def first_nonzero(label, *parts):
    return nonzero(Stream(KDF(label, 480, *parts)))


def inverse(y):
    return pow(y, -1, p)


class Reader:
    """[OUT-2]"""

    def __init__(self, user, seed):
        self.user, self.seed = unicodedata.normalize("NFC", user).encode(), seed
        assert 1 <= len(self.user) <= 255
        self.encoded_seed = prologue(10) + seed
        self.y = first_nonzero("reader/retrieval-key", seed)
        self.Y = times(G1, self.y)
        self.request_seed = KDF("reader/request-key", 32, seed)
        self.request_key = public_key(self.request_seed)

    def enrol(self, authority, nonce, fresh):
        """k, c, z and the enrolment."""
        statement = authority.id, self.user, nonce, self.request_key
        k = first_nonzero("enrol/commitment", self.seed, fresh, *statement)
        c = challenge(statement, self.Y, times(G1, k))
        z = (k + c * self.y) % p
        # What the authority computes.
        assert challenge(statement, self.Y, add(times(G1, z), times(self.Y, -c))) == c
        encoded = prologue(11) + authority.id + short(self.user) + nonce + self.request_key
        return k, c, z, encoded + g1_bytes(self.Y) + scalar_bytes(c) + scalar_bytes(z)

    def request(self, authority, core_id, time, nonce):
        """[OUT-6.1]"""
        body = authority.id + short(self.user) + u64(time) + nonce + u8(1) + core_id
        return prologue(14) + body + sign(self.request_seed, "sign/request", body)


def challenge(statement, Y, commitment):
    return scalar(KDF("enrol/challenge", 48, *statement, g1_bytes(Y), g1_bytes(commitment)))


def randomizer_key(authority):
    return KDF("authority/randomizer-key", 32, authority.root)


class TransformKey:
    """[OUT-3]: a key to the power y, with all that it says about itself. `tokens` maps labels of nodes to elements."""

    def __init__(self, authority, reader, kid, maker, attributes, K1, K2, K3, issued=None):
        self.authority, self.reader, self.kid, self.maker = authority, reader, kid, maker
        self.attributes, self.K1, self.K2, self.K3 = attributes, K1, K2, K3
        # Number of the update, epoch of issue.
        self.issued, self.until, self.tokens = issued, None, {}

    @classmethod
    def issue(cls, authority, reader, kid, entries, schema, issued=None):
        """[OUT-3.1], [OUT-3.2], [REV-4]"""
        k_r = randomizer_key(authority)
        r = first_nonzero("authority/randomizer", k_r, authority.id, kid, reader.user, g1_bytes(reader.Y))
        attributes = language.parse_set(entries, schema)
        K2 = add(times(reader.Y, authority.alpha), times(BASE, r))
        K3 = {x: times(attribute_point(x), r) for x in pol.set_labels(*attributes)}
        key = cls(authority, reader, kid, AUTHORITY, attributes, times(G2, r), K2, K3, issued)
        key.r = r
        if issued:
            key.until = issued[1]
            key.tokens = key.powers(epochs.path(authority.depth, key.until))
        return key

    @classmethod
    def own(cls, authority, full, reader, kid):
        """[OUT-3.4]"""
        K3 = {x: times(point, reader.y) for x, point in full.K3.items()}
        return cls(authority, reader, kid, READER, full.attributes, times(full.K1, reader.y),
                   times(full.K2, reader.y), K3)

    def powers(self, nodes):
        """H_time(θ)^r"""
        labels = epochs.labels(self.authority.depth, nodes)
        return {x: times(attribute_point(x), self.r) for x in labels}

    def body(self):
        depth = self.authority.depth
        body = self.authority.id + self.kid + short(self.reader.user) + self.reader.request_key + u8(self.maker)
        body += u8(depth) + (u64(self.issued[0]) + u32(self.issued[1]) if depth else b"")
        body += pol.set_bytes(*self.attributes) + g2_bytes(self.K1) + g1_bytes(self.K2)
        body += b"".join(g1_bytes(self.K3[x]) for x in sorted(self.K3))
        if depth:
            path = epochs.labels(depth, epochs.path(depth, self.until))
            assert set(path) == set(self.tokens)
            body += u32(self.until) + b"".join(g1_bytes(self.tokens[x]) for x in path)
        return body

    def encode(self):
        """[OUT-3.2]"""
        signer, label = {
            AUTHORITY: (self.authority.signing_seed, "sign/transform-key"),
            READER: (self.reader.request_seed, "sign/own-transform-key"),
        }[self.maker]
        return prologue(12) + self.body() + sign(signer, label, self.body())

    def as_proxy_key(self):
        """[OUT-3.5]"""
        return prologue(20) + self.body()

    def transform(self, c, C3=None, seal=None):
        """[OUT-4.1]: γ, T and the transformed header; or nothing."""
        key = Key(self.authority.id, self.attributes, self.K1, self.K2, {**self.K3, **self.tokens})
        found = K_of(key, c.policy, c.program, c.C1, c.C2, C3 or c.C3, seal)
        if found is None:
            return None
        gamma, T = found
        assert T == c.K ** self.reader.y and T ** inverse(self.reader.y) == c.K
        return gamma, T, prologue(13) + c.hdr[1:] + c.c_m + g2_bytes(c.C1) + gt_bytes(T)


def is_consistent(key):
    """[OUT-3.3]"""
    components = {**key.K3, **key.tokens}
    weights = [scalar(random_bytes(f"weight {i}", 48)) for i in range(len(components))]
    left = total(times(point, w) for point, w in zip(components.values(), weights))
    right = total(times(attribute_point(x), w) for x, w in zip(components, weights))
    return e(left, G2) == e(right, key.K1)
