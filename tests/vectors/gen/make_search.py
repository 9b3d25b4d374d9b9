"""Test vectors of the keyword index, as make.py makes those of suite 1:

    python make_search.py > search.json && mv search.json ..

The same bytes come out every time, in about a minute.
"""

import json

from curve import G2, e, g1_bytes, g2_bytes, gt_bytes, nonzero, p, scalar_bytes, times
from make import plain
from outsource import inverse
from scheme import public_key, sign
from search import (
    ADD, DELETE, Context, Owner, Segment, answer, card, entry, find, half, is_right, keyword, lab_key, nonce_of, outline,
    own_key, page, query, remote_answer, request, slot, trapdoors,
)
from wire import KDF, SEED, Stream, prologue, random_bytes

# Domain, index epoch, pipeline. The first is the one that everything else happens in.
CONTEXTS = [("general", 1, 1), ("mental-health", 7, 65535), ("a-domain-with-32-bytes-in-a-name", 2 ** 32 - 1, 0)]

KEYWORDS = [
    ("code", "http://loinc.org|4548-4"), ("code+month", "http://loinc.org|4548-4|2026-05"), ("name", "m\u00fcller"),
]

GATE, READER, TIME = "gate", "dr-chen", 1_800_000_000
META = b"\x01\x02\x03"


def drawn(name):
    """A random scalar: the bytes and the number."""
    data = random_bytes(name, 48)
    return data, nonzero(Stream(data))


class Writer:
    def __init__(self, name):
        self.signing_seed = random_bytes(f"signing seed of {name}", 32)
        self.nonce_secret = random_bytes(f"nonce secret of {name}", 32)
        self.id = random_bytes(f"id of {name}", 16)
        self.segments = []

    def write(self, name, context, keys, groups, bucket):
        """`groups`: keywords with their entries, as the writer orders them."""
        fresh = random_bytes(f"fresh bytes of {name}", 32)
        previous = self.segments[-1].id if self.segments else bytes(32)
        sequence = len(self.segments)
        entries = [(w, sealed) for w, group in groups for sealed in group]
        nonce = nonce_of(self.nonce_secret, fresh, sequence, previous, entries)
        slots = [slot(keys[w], nonce, i, sealed) for w, group in groups for i, sealed in enumerate(group)]
        padding = random_bytes(f"padding of {name}", 28 * (bucket - len(slots)))
        padded = slots + [padding[i:i + 28] for i in range(0, len(padding), 28)]
        segment = Segment(context, self.id, self.signing_seed, sequence, 0, previous, nonce, padded)
        self.segments.append(segment)
        return {"name": name, "fresh": fresh, "padding": padding, "nonce": nonce, "slots": slots, "root": segment.root,
                "id": segment.id, "segment": segment.encode()}


def contexts(owner):
    cases = []
    for domain, epoch, pipeline in CONTEXTS:
        context = Context(owner.collection, domain, epoch, pipeline)
        x = owner.x(context)
        cases.append({"domain": domain, "epoch": epoch, "pipeline": pipeline, "ctx": context.ctx, "x": scalar_bytes(x),
                      "X": g2_bytes(times(G2, x)), "h": [g1_bytes(context.point(keyword(*kw))) for kw in KEYWORDS]})
    return cases


def bad_cards(context, lab, y, encoded):
    """Cards that are signed, and prove nothing for this context."""
    other = Writer("another lab")
    body = encoded[7:-64]
    at = len(context.encoded)

    def signed(body, seed):
        return prologue(41) + body + sign(seed, "sign/writer-card", body)

    z = (int.from_bytes(body[-32:], "big") + 1) % p
    c = (int.from_bytes(body[-64:-32], "big") + 1) % p
    key = public_key(other.signing_seed)
    elsewhere = Context(context.encoded[:16], "general", 2, 1)
    return [
        {"name": "another z", "card": signed(body[:-32] + scalar_bytes(z), lab.signing_seed)},
        {"name": "another c", "card": signed(body[:-64] + scalar_bytes(c) + body[-32:], lab.signing_seed)},
        {"name": "another writer", "card": signed(body[:at] + other.id + body[at + 16:], lab.signing_seed)},
        {"name": "another signing key",
         "card": signed(body[:at + 16] + key + body[at + 48:], other.signing_seed)},
        {"name": "not signed by its key", "card": signed(body, other.signing_seed)},
        {"name": "another epoch",
         "card": card(elsewhere, lab.id, lab.signing_seed, y, random_bytes("fresh bytes of another card", 32))[3]},
    ]


def remote(context, key_of, segments_of, w):
    """Queries and answers of a remote search, and what it finds."""
    def matches(runs):
        found = []
        for writer, start, tags in runs:
            for n, tag in enumerate(tags):
                match = segments_of[writer][start + n].match(tag)
                found += [match] if match else []
        return found

    def tag(writer, n, i):
        return slot(key_of[writer], segments_of[writer][n].nonce, i, bytes(20))[:8]

    first = [(writer, 0, [tag(writer, n, 0) for n in range(len(segments_of[writer]))]) for writer in sorted(segments_of)]
    has = [(writer, n) for writer, _, tags in first for n in range(len(tags)) if segments_of[writer][n].match(tags[n])]
    second = [(writer, n, [tag(writer, n, i)]) for writer, n in has for i in range(1, 5)]
    assert not any(segments_of[writer][n].match(tag(writer, n, 4)) for writer, n in has)
    return [{"query": query(context, runs), "answer": remote_answer(matches(runs))} for runs in (first, second)]


def main():
    owner = Owner(random_bytes("seed of an index", 32))
    context = Context(owner.collection, *CONTEXTS[0])
    x = owner.x(context)
    X = times(G2, x)
    words = [keyword(*kw) for kw in KEYWORDS]
    h = [context.point(w) for w in words]
    D = [times(point, x) for point in h]

    # The gate and a reader.
    policy, seed_P = random_bytes("a policy", 16), random_bytes("seed of a policy", 32)
    a = half(seed_P, context)
    b, share = owner.share(context, policy, 3, seed_P)
    assert a * b % p == x
    rhos = [drawn(f"rho {i}") for i in range(len(words))]
    M = [times(point, a * rho) for point, (_, rho) in zip(h, rhos)]
    Z = [times(point, b) for point in M]
    assert [g1_bytes(times(point, inverse(rho))) for point, (_, rho) in zip(Z, rhos)] == [g1_bytes(d) for d in D]
    weights = [int.from_bytes(random_bytes(f"weight of a trapdoor {i}", 16), "big") for i in range(len(words))]
    assert is_right(context, list(zip(D, words)), X, weights)
    assert not is_right(context, [(D[1], words[0])], X, weights)
    reader_seed = random_bytes("seed of a searching reader", 32)
    request_seed = KDF("reader/request-key", 32, reader_seed)
    nonce = random_bytes("nonce of a request to a gate", 32)
    asked = request(request_seed, GATE, READER, context, policy, 3, TIME, nonce, M)

    # Writers.
    device, lab = Writer("a device"), Writer("a lab")
    y_bytes, y = drawn("y of a lab")
    Y = times(G2, y)
    card_fresh = random_bytes("fresh bytes of a card", 32)
    k, c, z, lab_card = card(context, lab.id, lab.signing_seed, y, card_fresh)
    S = [e(point, times(X, y)) for point in h]
    assert S == [e(d, Y) for d in D]
    own = {w: own_key(context, device.id, w, d) for w, d in zip(words, D)}
    labs = {w: lab_key(context, lab.id, Y, X, w, s) for w, s in zip(words, S)}
    handles = [random_bytes(f"handle {i}", 16) for i in range(5)]
    add = [entry(handle, ADD, META) for handle in handles]
    gone = entry(handles[0], DELETE, bytes(3))
    written = {
        "device": [
            device.write("a device's first", context, own,
                         [(words[0], [add[0], add[1]]), (words[1], [add[0]]), (words[2], [add[0], gone])], 32),
            device.write("a device's second", context, own, [(words[0], [add[2]])], 8),
        ],
        "lab": [
            lab.write("a lab's first", context, labs,
                      [(words[0], [add[3]]), (words[2], [add[3], add[4]]), (words[1], [add[4]])], 32),
        ],
    }
    assert find(own[words[0]], device.segments[0]) == [(ADD, handles[0], META), (ADD, handles[1], META)]
    assert find(own[words[0]], lab.segments[0]) == [] and len(find(labs[words[2]], lab.segments[0])) == 2

    writers = sorted([(device.id, public_key(device.signing_seed), None, 1, device.segments[0].id),
                      (lab.id, public_key(lab.signing_seed), Y, 0, bytes(32))], key=lambda writer: writer[0])
    head = owner.head(2, TIME - 60, TIME + 3600, [("general", 1, 1, X)],
                      [("general", 1, *writer) for writer in writers], [("general", 1, policy, 3, b"a wrapped seed")])
    parts = [(device.id, device.segments), (lab.id, lab.segments)]
    parts.sort(key=lambda part: part[0])
    print(json.dumps(plain({
        "source": "made by gen/make_search.py: py_ecc for the curve and the pairing, hashlib for the hashes, the Python "
                  "package cryptography for AES and Ed25519",
        "seed": SEED,
        "owner": {"seed": owner.seed, "encoded": owner.encode(), "collection": owner.collection},
        "keywords": [{"field": field, "value": value, "bytes": w} for (field, value), w in zip(KEYWORDS, words)],
        "contexts": contexts(owner),
        "share": {"policy": policy, "version": 3, "seed": seed_P, "a": scalar_bytes(a), "b": scalar_bytes(b),
                  "share": share},
        "gate": {"gate": GATE, "reader": READER, "time": TIME, "reader_seed": prologue(10) + reader_seed,
                 "random": b"".join(data for data, _ in rhos) + nonce,
                 "request": asked, "answer": answer(Z), "M": [g1_bytes(m) for m in M], "Z": [g1_bytes(zz) for zz in Z],
                 "D": [g1_bytes(d) for d in D], "trapdoors": trapdoors(context, list(zip(words, D)))},
        "device": {"random": device.signing_seed + device.nonce_secret + device.id, "id": device.id,
                   "T": [own[w] for w in words], "segments": written["device"]},
        "lab": {"random": y_bytes + lab.signing_seed + lab.nonce_secret + lab.id + card_fresh, "id": lab.id,
                "y": scalar_bytes(y), "Y": g2_bytes(Y), "k": scalar_bytes(k), "c": scalar_bytes(c),
                "z": scalar_bytes(z), "card": lab_card, "bad_cards": bad_cards(context, lab, y, lab_card),
                "S": [gt_bytes(s) for s in S], "T": [labs[w] for w in words], "segments": written["lab"]},
        "handles": handles,
        "head": head,
        "page": page(context, parts),
        "outline": outline(parts),
        "remote": remote(context, {device.id: own[words[0]], lab.id: labs[words[0]]},
                         {device.id: device.segments, lab.id: lab.segments}, words[0]),
        "found": [[handles[0], handles[1], handles[2], handles[3]], [handles[0], handles[4]], [handles[3], handles[4]]],
    }), indent=1, ensure_ascii=True))


if __name__ == "__main__":
    main()
