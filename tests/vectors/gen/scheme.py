"""[ABE-3] and [ABE-4]: the scheme and the encapsulation."""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

import epochs
import language
import policy as pol
import span
from curve import (
    BASE, G1, G2, add, attribute_point, e, g1_bytes, g2_bytes, gt_bytes, nonzero, scalar, scalar_bytes,
    g1_point, g2_point, times, total,
)
from wire import H, KDF, Stream, frame, prologue, short, u8, u32, u64

PAIRING = e(G1, G2)


def public_key(seed):
    key = Ed25519PrivateKey.from_private_bytes(seed).public_key()
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw)


def sign(seed, label, *parts):
    return Ed25519PrivateKey.from_private_bytes(seed).sign(frame(label, *parts))


class Authority:
    """[ABE-3.1]"""

    def __init__(self, realm, alpha, root, depth=0):
        realm = short(realm.encode())
        self.alpha, self.root, self.depth, self.E = alpha, root, depth, PAIRING ** alpha
        self.signing_seed = KDF("authority/signing-key", 32, root)
        self.verification_key = public_key(self.signing_seed)
        self.public_parameters = prologue(1) + realm + u8(depth) + gt_bytes(self.E) + self.verification_key
        self.master_key = prologue(2) + realm + u8(depth) + scalar_bytes(alpha) + root
        self.id = H("id/realm", self.public_parameters)

    def schema(self, body):
        """[ABE-5.4]"""
        return prologue(3) + self.id + body + sign(self.signing_seed, "sign/schema", self.id, body)

    def keygen(self, entries, schema, r):
        """[ABE-3.2]"""
        attributes = language.parse_set(entries, schema)
        K2 = add(times(G1, self.alpha), times(BASE, r))
        K3 = {label: times(attribute_point(label), r) for label in pol.set_labels(*attributes)}
        return Key(self.id, attributes, times(G2, r), K2, K3)


class Key:
    def __init__(self, realm, attributes, K1, K2, K3):
        self.realm, self.attributes, self.K1, self.K2, self.K3 = realm, attributes, K1, K2, K3

    def delegate(self, entries, schema, r):
        """[ABE-3.5]"""
        attributes = language.parse_set(entries, schema)
        K3 = {x: add(self.K3[x], times(attribute_point(x), r)) for x in pol.set_labels(*attributes)}
        return Key(self.realm, attributes, add(self.K1, times(G2, r)), add(self.K2, times(BASE, r)), K3)

    def encode(self):
        """[ABE-5.2]"""
        points = g2_bytes(self.K1) + g1_bytes(self.K2)
        points += b"".join(g1_bytes(self.K3[label]) for label in sorted(self.K3))
        return prologue(4) + self.realm + pol.set_bytes(*self.attributes) + points


class Encapsulation:
    """[ABE-4]. In a realm with epochs with t0, [REV-3]."""

    def __init__(self, authority, schema, policy, context, m, t0=None):
        time = epochs.cover_labels(authority.depth, t0) if t0 else []
        self.policy, self.program, self.m = policy, span.SpanProgram(policy, time), m
        text = pol.node_bytes(policy)
        ids = authority.id + H("id/schema", pol.schema_bytes(schema)) + H("id/context", context)
        self.hdr = u8(1) + ids + epochs.clause_bytes(authority.depth, t0) + u32(len(text)) + text
        self.header_id = H("id/header", self.hdr)

        columns = self.program.columns - 1
        coins = Stream(KDF("kem/coins", 48 * (2 + self.program.tau + columns), m, self.hdr))
        self.s1 = nonzero(coins)
        self.s = [scalar(coins.take(48)) for _ in range(self.program.tau)]
        self.v = [scalar(coins.take(48)) for _ in range(columns)]
        self.shares = self.program.shares(self.s1, self.v)

        self.C1 = times(G2, self.s1)
        self.C2 = [times(G2, s) for s in self.s]
        self.C3 = [
            add(times(BASE, share), times(attribute_point(label), self.s[rho - 1]))
            for share, label, rho in zip(self.shares, self.program.labels, self.program.rho)
        ]
        self.K = authority.E ** self.s1
        C1 = g2_bytes(self.C1)
        mask = KDF("kem/mask", 32, gt_bytes(self.K), C1, self.header_id)
        self.c_m = bytes(a ^ b for a, b in zip(m, mask))
        self.content_key = KDF("kem/dem", 32, m, C1, self.c_m, self.header_id)
        self.core_id = H("id/core", self.header_id, C1, self.c_m)

    def encode(self):
        """[ABE-5.3]. hdr begins with the suite, which the prologue has already."""
        points = [g2_bytes(C) for C in (self.C1, *self.C2)] + [g1_bytes(C) for C in self.C3]
        return prologue(5) + self.hdr[1:] + self.c_m + b"".join(points)


def K_of(key, policy, program, C1, C2, C3, seal=None):
    """[ABE-3.4]: γ and K by the pairings, or nothing if the key does not satisfy. A seal, [REV-6], is a component of
    the key, C_seal and the row E that fits."""
    gamma = span.cheapest(policy, program, key.K3)
    if gamma is None:
        return None
    K = e(key.K2, C1)
    for j, C2_j in enumerate(C2, 1):
        rows = [i for i in gamma if program.rho[i] == j]
        if rows:
            K *= e(total(times(key.K3[program.labels[i]], gamma[i]) for i in rows), C2_j)
    rows = [times(C3[i], c) for i, c in gamma.items()]
    if seal:
        component, C_seal, E = seal
        K *= e(component, C_seal)
        rows.append(E)
    return gamma, K / e(total(rows), key.K1)


class Received:
    """A header as a reader gets it, whose policy he has decoded; and its time clause (D, t0), if there is one."""

    def __init__(self, header, policy, clause=None):
        time = epochs.cover_labels(*clause) if clause else []
        self.policy, self.program = policy, span.SpanProgram(policy, time)
        before = epochs.clause_bytes(*(clause or (0, 0))) + u32(len(pol.node_bytes(policy))) + pol.node_bytes(policy)
        end = 103 + len(before)
        assert header[103:end] == before
        rest = Stream(header[end:])
        self.hdr = u8(1) + header[7:end]
        self.header_id = H("id/header", self.hdr)
        self.realm, self.context = header[7:39], header[71:103]
        self.c_m, self.C1_bytes = rest.take(32), rest.take(96)
        self.C1 = g2_point(self.C1_bytes)
        self.C2 = [g2_point(rest.take(96)) for _ in range(self.program.tau)]
        self.rows = [rest.take(48) for _ in self.program.rows]

    def open(self, authority, key, context):
        """[ABE-4.4]: the content key, or nothing."""
        try:
            C3 = [g1_point(row) for row in self.rows]
        except ValueError:
            return None
        _, K = K_of(key, self.policy, self.program, self.C1, self.C2, C3)
        mask = KDF("kem/mask", 32, gt_bytes(K), self.C1_bytes, self.header_id)
        m = bytes(a ^ b for a, b in zip(self.c_m, mask))
        s1 = nonzero(Stream(KDF("kem/coins", 480, m, self.hdr)))
        same = self.context == H("id/context", context) and self.realm == authority.id == key.realm
        if not same or K != authority.E ** s1:
            return None
        return KDF("kem/dem", 32, m, self.C1_bytes, self.c_m, self.header_id)

    def is_valid(self, coins):
        """[ABE-3.7]"""
        try:
            C3 = [g1_point(row) for row in self.rows]
        except ValueError:
            return False
        draw = lambda: scalar(coins.take(48))
        time = self.program.time_rows
        gamma = span.random_reconstruction(("or", [("attribute", None)] * time), 1, draw) if time else []
        gamma += span.random_reconstruction(self.policy, 1, draw)
        right = e(BASE, self.C1)
        for j, C2 in enumerate(self.C2, 1):
            rows = [i for i, rho in enumerate(self.program.rho) if rho == j]
            right *= e(total(times(attribute_point(self.program.labels[i]), gamma[i]) for i in rows), C2)
        return e(total(times(row, c) for row, c in zip(C3, gamma)), G2) == right


def signature(seed, core_id, record_id, version, digest):
    """[ABE-7.1]"""
    public = public_key(seed)
    return prologue(9) + public + sign(seed, "sign/record", core_id, record_id, u64(version), digest)
