"""[SRCH-1] to [SRCH-7]: the keyword index."""

import hashlib
import unicodedata

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from curve import G2, add, e, g1_bytes, g2_bytes, gt_bytes, hash_to_g1, p, scalar_bytes, times, total
from outsource import first_nonzero, inverse
from scheme import public_key, sign
from wire import H, KDF, prologue, short, u8, u16, u32, u64

ADD, DELETE = 1, 2


def keyword(field, value):
    """[SRCH-2.1]"""
    assert value and unicodedata.is_normalized("NFC", value)
    return b"\x01" + field.encode() + b"\x1f" + value.encode()


class Context:
    """[SRCH-1.3]"""

    def __init__(self, collection, domain, epoch, pipeline):
        self.encoded = collection + short(domain.encode()) + u32(epoch) + u16(pipeline)
        self.ctx = u8(1) + self.encoded

    def point(self, w):
        """[SRCH-3.1]"""
        return hash_to_g1("KWRD", short(self.ctx) + w)


class Owner:
    """[SRCH-3.2]"""

    def __init__(self, seed):
        self.seed = seed
        self.signing_seed = KDF("index/owner-signing-key", 32, seed)
        self.V = public_key(self.signing_seed)
        self.collection = H("id/collection", self.V)[:16]

    def encode(self):
        return prologue(43) + self.seed

    def x(self, context):
        return first_nonzero("index/owner-exponent", self.seed, context.ctx)

    def share(self, context, policy, version, seed_P):
        """[SRCH-3.3]"""
        b = self.x(context) * inverse(half(seed_P, context)) % p
        body = self.V + context.encoded + policy + u32(version) + scalar_bytes(b)
        return b, prologue(38) + body + sign(self.signing_seed, "sign/gate-share", body)

    def head(self, version, signed_at, not_after, scopes, writers, policies):
        """[SRCH-6.1]; the lists as the specification orders them."""
        body = self.V + u64(version) + u64(signed_at) + u64(not_after)
        body += u32(len(scopes)) + b"".join(
            short(domain.encode()) + u32(epoch) + u16(pipeline) + g2_bytes(X) for domain, epoch, pipeline, X in scopes)
        body += u32(len(writers)) + b"".join(
            short(domain.encode()) + u32(epoch) + writer + K + (u8(1) + g2_bytes(Y) if Y else u8(0)) + u64(seen) + last
            for domain, epoch, writer, K, Y, seen, last in writers)
        body += u32(len(policies)) + b"".join(
            short(domain.encode()) + u32(epoch) + policy + u32(version) + u32(len(wrapped)) + wrapped
            for domain, epoch, policy, version, wrapped in policies)
        return prologue(37) + body + sign(self.signing_seed, "sign/index-head", body)


def half(seed_P, context):
    """a"""
    return first_nonzero("index/reader-exponent", seed_P, context.ctx)


def request(request_seed, gate, reader, context, policy, version, time, nonce, points):
    """[SRCH-8.1]"""
    body = short(gate.encode()) + short(reader.encode()) + context.encoded + policy + u32(version) + u64(time) + nonce
    body += u32(len(points)) + b"".join(g1_bytes(M) for M in points)
    return prologue(39) + body + sign(request_seed, "sign/gate-request", body)


def answer(points):
    return prologue(40) + u32(len(points)) + b"".join(g1_bytes(Z) for Z in points)


def trapdoors(context, found):
    """[SRCH-3.4]: pairs of w and D_w."""
    items = (context.encoded + short(w) + g1_bytes(D) for w, D in found)
    return prologue(44) + u32(len(found)) + b"".join(items)


def is_right(context, pairs, X, weights):
    """[SRCH-3.4]: pairs of D_w and w."""
    left = total(times(D, weight) for (D, _), weight in zip(pairs, weights))
    right = total(times(context.point(w), weight) for (_, w), weight in zip(pairs, weights))
    return e(left, G2) == e(right, X)


def own_key(context, writer, w, D):
    """[SRCH-3.5]"""
    return KDF("index/own-entry-key", 32, context.ctx, writer, w, g1_bytes(D))


def lab_key(context, writer, Y, X, w, S):
    """[SRCH-3.6]"""
    return KDF("index/lab-entry-key", 32, context.ctx, writer, g2_bytes(Y), g2_bytes(X), w, gt_bytes(S))


def card(context, writer, signing_seed, y, fresh):
    """[SRCH-3.7]: k, c, z and the card."""
    K, Y = public_key(signing_seed), times(G2, y)
    statement = short(context.ctx) + writer + K
    k = first_nonzero("index/writer-commitment", scalar_bytes(y), fresh, statement)
    c = challenge(statement, Y, times(G2, k))
    z = (k + c * y) % p
    body = context.encoded + writer + K + g2_bytes(Y) + scalar_bytes(c) + scalar_bytes(z)
    encoded = prologue(41) + body + sign(signing_seed, "sign/writer-card", body)
    assert proves(statement, Y, c, z) and not proves(statement + b"x", Y, c, z) and not proves(statement, Y, c, z + 1)
    return k, c, z, encoded


def challenge(statement, Y, R):
    return int.from_bytes(H("index/writer-challenge", statement, g2_bytes(Y), g2_bytes(R)), "big") % p


def proves(statement, Y, c, z):
    """What the owner computes."""
    return challenge(statement, Y, add(times(G2, z), times(Y, -c))) == c


def entry(handle, op, meta):
    return handle + u8(op) + meta


def slot(T, nonce, i, sealed):
    """[SRCH-4.1]"""
    cipher = Cipher(algorithms.AES(T), modes.ECB()).encryptor()
    blocks = [cipher.update(nonce + i.to_bytes(3, "big") + u8(c)) for c in range(3)]
    mask = blocks[1] + blocks[2][:4]
    return blocks[0][:8] + bytes(a ^ b for a, b in zip(sealed, mask, strict=True))


def node(*parts):
    return hashlib.sha256(b"\x01" + b"".join(parts)).digest()


def split(count):
    return 1 << (count - 1).bit_length() - 1


def root(leaves):
    """[HASH-2]"""
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    k = split(len(leaves))
    return node(root(leaves[:k]), root(leaves[k:]))


def path(leaves, place):
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if place < k:
        return path(leaves[:k], place) + [root(leaves[k:])]
    return path(leaves[k:], place - k) + [root(leaves[:k])]


class Segment:
    """[SRCH-5]"""

    def __init__(self, context, writer, signing_seed, sequence, first, previous, nonce, slots):
        self.context, self.writer, self.sequence, self.nonce = context, writer, sequence, nonce
        self.slots = sorted(slots)
        assert len(set(slots)) == len(slots)
        self.fields = context.encoded + writer + u64(sequence) + u64(first) + previous + nonce + u32(len(slots))
        self.root = root(self.slots)
        self.id = H("id/segment", self.fields + self.root)
        self.signature = sign(signing_seed, "sign/segment", self.id)
        self.signed_header = self.fields + self.root + self.signature

    def encode(self):
        return prologue(36) + self.fields + b"".join(self.slots) + self.signature

    def match(self, tag):
        """[SRCH-7.5]: what an answer has for a tag; nothing, if there is no such slot."""
        for place, found in enumerate(self.slots):
            if found[:8] == tag:
                hashes = path(self.slots, place)
                return self.signed_header + u32(place) + found + u8(len(hashes)) + b"".join(hashes)
        return None


def nonce_of(nonce_secret, fresh, sequence, previous, entries):
    """[SRCH-5.2]: entries are pairs of w and entry, keyword by keyword."""
    contents = u64(sequence) + previous + b"".join(hashlib.sha256(w).digest() + sealed for w, sealed in entries)
    return KDF("index/nonce", 12, nonce_secret, fresh, hashlib.sha256(contents).digest())


def find(T, segment):
    """[SRCH-4.2]: op, handle, meta of the entries that T opens."""
    found, i = [], 0
    while True:
        blank = slot(T, segment.nonce, i, bytes(20))
        here = [s for s in segment.slots if s[:8] == blank[:8]]
        if not here:
            return found
        opened = bytes(a ^ b for a, b in zip(here[0][8:], blank[8:]))
        found.append((opened[16], opened[:16], opened[17:]))
        i += 1


def page(context, parts):
    """[SRCH-7.3]: writer, segments; the last one's header is the tip."""
    encoded = b"".join(
        writer + (u8(1) + segments[-1].signed_header if segments else u8(0)) + u32(len(segments))
        + b"".join(u32(len(s.encode())) + s.encode() for s in segments)
        for writer, segments in parts)
    return prologue(45) + context.encoded + u32(len(parts)) + encoded


def outline(parts):
    """[SRCH-7.5]"""
    parts = sorted(part for part in parts if part[1])
    return u32(len(parts)) + b"".join(
        writer + u64(segments[0].sequence) + u32(len(segments)) + b"".join(s.nonce for s in segments)
        for writer, segments in parts)


def query(context, runs):
    encoded = b"".join(writer + u64(start) + u32(len(tags)) + b"".join(tags) for writer, start, tags in runs)
    return prologue(46) + context.encoded + u32(len(runs)) + encoded


def remote_answer(matches):
    return prologue(47) + u32(len(matches)) + b"".join(matches)
