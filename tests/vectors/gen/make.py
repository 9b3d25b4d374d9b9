"""Test vectors of suite 1, written from the specification (the SPEC.md files) by an implementation that shares
no code with the library. To make them again, with the packages of requirements.txt:

    python make.py > ../abe.json
"""

import json

import policy as pol
from curve import (
    BASE, FQ, G1, add, attribute_point, e, first_g1_point_outside, first_g2_point_outside, g1_bytes, g2_bytes,
    gt_bytes, multiply, p, point_of_order_11, q, scalar, scalar_bytes, times,
)
from scheme import PAIRING, Authority, Encapsulation, public_key, signature
from wire import H, KDF, SEED, prologue, random_bytes, short, u16, u64

SCHEMA_ENTRIES = ["age:uint(7)", "ward/level:uint(3)", "until:date"]
SCHEMA = pol.parse_schema(SCHEMA_ENTRIES)

# Policies, and whether their matrix is shown entry by entry.
POLICIES = [
    "nurse",
    "role:nurse",
    "b and a",
    "b or a",
    "d and c and b and a",
    "a and (b and (c and d))",
    "(a or b) and (c or d)",
    "a and b or a and c or b and c",
    "2 of (c, b, a)",
    "3 of (a, b, c, d, e)",
    "4 of (a, b, c, d, e, f)",
    "1 of (a, b)",
    "2 of (a, b)",
    "2 of (a, a, b)",
    "2 of (a and b, 2 of (a, c, d), b or e)",
    "(2 of (a, b, c)) and d and (e or f and g)",
    "hospital/role:\"head nurse\" and \"and\"",
    "a or a",
    "a and (a or a)",
    "a and b and 2 of (c, d)",
    "zz or a and b",
    "\"Amt f\u00fcr \\\"Pflege\\\"\" or cafe\u0301",
    "\"\\u{e9}t\\u{e9}\"",
    "age >= 18",
    "age > 126",
    "age <= 64",
    "age < 18",
    "age = 42",
    "age in 18..65",
    "age in 1..126",
    "age >= 0",
    "ward/level in 1..6 and nurse",
    "ward/level in 2..5 or nurse",
    "until > 2026-12-01",
    "until <= 2026-12-01",
    "until < 2026-12-01",
    "until = 2026-12-01",
    "until >= 2026-12-01T08:00Z",
    "until in 2026-12-01..2026-12-02",
    "until in 2024-02-29T23:59Z..2024-03-01T00:00Z",
    "age >= 18 and 2 of (role:nurse, role:doctor, ward:icu)",
    "age >= 100 or age <= 1",
]

# The policies of the encapsulations, with the name of the realm's context.
ENCAPSULATIONS = [
    ("single", "nurse", b""),
    ("and", "role:doctor and ward:icu", b"patient 4711"),
    ("or", "role:doctor or role:nurse", b"patient 4711"),
    ("2 of 3", "2 of (role:nurse, ward:icu, hospital/night)", b"x"),
    ("comparison", "ward/level in 1..6 and nurse", b"compartment"),
    ("date", "until >= 2026-12-01T08:00Z and role:doctor", b""),
    ("multi-use", "nurse and role:doctor or nurse and ward:icu", b"m"),
    ("nested", "2 of (nurse and ward:icu, 2 of (nurse, clerk, role:doctor), hospital/night) and age >= 18", b"n"),
]

KEYS = {
    "doctor": ["role:doctor", "ward:icu", "until = 2026-12-31T23:59Z", "age = 44", "nurse"],
    "nurse": ["nurse", "role:nurse", "ward/level = 4", "hospital/night", "age = 18"],
    "clerk": ["clerk"],
}
DELEGATIONS = [("doctor", "ward doctor", ["role:doctor", "ward:icu", "age = 44"]), ("nurse", "plain nurse", ["nurse"])]


def name_of(name):
    return {"namespace": name[0], "name": name[1]}


def labels():
    cases = []
    for attribute in [
        (("", "nurse"), ""), (("hospital", "nurse"), ""), (("", "role"), "nurse"), (("hospital", "role"), "head nurse"),
        (("", "caf\u00e9"), ""), (("", "a" * 256), "b" * 256),
    ]:
        cases.append({**name_of(attribute[0]), "value": attribute[1], "label": pol.attribute_label(attribute)})
    for number in [(("", "age"), 1, 7, 44), (("ward", "level"), 1, 3, 4), (("", "until"), 2, 32, 66_748_320),
                   (("", "wide"), 1, 64, 2**64 - 1)]:
        name, kind, bits, value = number
        for length in sorted({0, 1, bits // 2, bits}):
            label = pol.node_label(name, kind, bits, length, value >> (bits - length))
            cases.append({**name_of(name), "type": kind, "bits": bits, "value_of_number": value,
                          "prefix_length": length, "label": label})
    return [{**case, "point": g1_bytes(attribute_point(case["label"]))} for case in cases]


def policies():
    cases = []
    for number, text in enumerate(POLICIES):
        node = pol.parse(text, SCHEMA)
        program = pol.SpanProgram(node)
        coins = random_bytes(f"policy {number}", 48 * program.columns)
        values = [scalar(coins[i:i + 48]) for i in range(0, len(coins), 48)]
        cases.append({
            "text": text,
            "canonical_text": pol.node_text(node),
            "canonical": pol.node_bytes(node),
            "labels": program.labels,
            "rho": program.rho,
            "tau": program.tau,
            "matrix": program.matrix,
            "secret": scalar_bytes(values[0]),
            "fresh": [scalar_bytes(v) for v in values[1:]],
            "fresh_bytes": coins[48:],
            "shares": [scalar_bytes(share) for share in program.shares(values[0], values[1:])],
        })
    return cases


def setup():
    alpha = random_bytes("alpha", 48)
    root = random_bytes("root", 32)
    authority = Authority("St. Mary's", scalar(alpha), root)
    body = pol.schema_bytes(SCHEMA)
    return authority, {
        "realm": "St. Mary's",
        "alpha_bytes": alpha,
        "alpha": scalar_bytes(authority.alpha),
        "root": root,
        "signing_seed": authority.signing_seed,
        "verification_key": authority.verification_key,
        "E": gt_bytes(authority.E),
        "public_parameters": authority.public_parameters,
        "realm_id": authority.id,
        "master_key": authority.master_key,
        "schema_entries": SCHEMA_ENTRIES,
        "schema_body": body,
        "schema": authority.schema(body),
        "schema_id": H("id/schema", body),
    }


def keys(authority):
    made, cases = {}, []
    for name, entries in KEYS.items():
        r = random_bytes(f"r of {name}", 48)
        made[name] = authority.keygen(entries, SCHEMA, scalar(r))
        cases.append({"name": name, "set": entries, "r_bytes": r, "r": scalar_bytes(scalar(r)),
                      "labels": sorted(made[name].K3), "key": made[name].encode()})
    for parent, name, entries in DELEGATIONS:
        r = random_bytes(f"r' of {name}", 48)
        made[name] = made[parent].delegate(entries, SCHEMA, scalar(r))
        cases.append({"name": name, "delegated_by": parent, "set": entries, "r_bytes": r,
                      "r": scalar_bytes(scalar(r)), "labels": sorted(made[name].K3), "key": made[name].encode()})
    return made, cases


def encapsulations(authority, keys):
    made, cases = {}, []
    for name, text, context in ENCAPSULATIONS:
        m = random_bytes(f"m of {name}", 32)
        c = made[name] = Encapsulation(authority, SCHEMA, pol.parse(text, SCHEMA), context, m)
        decryptions = []
        for reader, key in keys.items():
            found = c.decrypt(key)
            if found is None:
                decryptions.append({"key": reader, "satisfies": False})
                continue
            gamma, K = found
            assert K == c.K
            decryptions.append({"key": reader, "satisfies": True, "rows": list(gamma),
                                "gamma": [scalar_bytes(g) for g in gamma.values()], "K": gt_bytes(K)})
        cases.append({
            "name": name,
            "policy": text,
            "context": context,
            "m": m,
            "hdr": c.hdr,
            "header_id": c.header_id,
            "s1": scalar_bytes(c.s1),
            "s_prime": [scalar_bytes(s) for s in c.s],
            "fresh": [scalar_bytes(v) for v in c.v],
            "shares": [scalar_bytes(share) for share in c.shares],
            "C1": g2_bytes(c.C1),
            "C2": [g2_bytes(C) for C in c.C2],
            "C3": [g1_bytes(C) for C in c.C3],
            "K": gt_bytes(c.K),
            "c_m": c.c_m,
            "content_key": c.content_key,
            "core_id": c.core_id,
            "header": c.encode(),
            "decryptions": decryptions,
        })
    return made, cases


def author(c):
    seed, record_id = random_bytes("author seed", 32), random_bytes("record id", 16)
    digest = random_bytes("digest", 32)
    return {
        "author_seed": seed,
        "author_key": prologue(7) + seed,
        "author_id": prologue(8) + public_key(seed),
        "core_id": c.core_id,
        "record_id": record_id,
        "version": 3,
        "digest": digest,
        "author_signature": signature(seed, c.core_id, record_id, 3, digest),
    }


def changed(data, place, value):
    """The bytes with others written over them."""
    assert place >= 0 and data[place:place + len(value)] != value
    return data[:place] + value + data[place + len(value):]


def openings(c, authority):
    """Changed headers of the encapsulation `and`, which the doctor's key opens if they are unchanged."""
    header = c.encode()
    realm, schema, context = 7, 39, 71
    length = len(pol.node_bytes(c.policy))
    c_m = 7 + 96 + 1 + 4 + length
    C1, C2, C3 = c_m + 32, c_m + 128, c_m + 128 + 96 * c.program.tau
    assert header[c_m:C1] == c.c_m and header[C1:C2] == g2_bytes(c.C1) and header[C3:C3 + 48] == g1_bytes(c.C3[0])
    torsion = add(c.C3[0], point_of_order_11())
    other = Encapsulation(authority, SCHEMA, pol.parse("role:doctor or ward:icu", SCHEMA), b"patient 4711", c.m)
    assert not multiply(torsion, p)[2] == FQ(0)
    flip = lambda place: changed(header, place, bytes([header[place] ^ 1]))
    cases = [
        ("unchanged", header, b"patient 4711", True),
        ("a row with a component of order 11", changed(header, C3, g1_bytes(torsion)), b"patient 4711", True),
        ("another context of the caller", header, b"patient 4712", False),
        ("c_m", flip(c_m + 31), b"patient 4711", False),
        ("C1 negated", changed(header, C1, bytes([header[C1] ^ 0x20])), b"patient 4711", False),
        ("C1 is C2_1", changed(header, C1, header[C2:C2 + 96]), b"patient 4711", False),
        ("C2_1 negated", changed(header, C2, bytes([header[C2] ^ 0x20])), b"patient 4711", False),
        ("C3_1 negated", changed(header, C3, bytes([header[C3] ^ 0x20])), b"patient 4711", False),
        ("C3_1 and C3_2 exchanged", changed(header, C3, header[C3 + 48:C3 + 96] + header[C3:C3 + 48]),
         b"patient 4711", False),
        ("H(mpk)", flip(realm), b"patient 4711", False),
        ("H(schema)", flip(schema), b"patient 4711", False),
        ("H(context)", flip(context), b"patient 4711", False),
        ("H(context) of the caller's other context",
         changed(header, context, H("id/context", b"patient 4712")), b"patient 4712", False),
        ("policy: or instead of and, with its own rows and all else of the first",
         prologue(5) + other.hdr[1:] + c.c_m + header[C1:], b"patient 4711", False),
    ]
    return [{"change": change, "header": data, "context": context, "key": "doctor", "opens": opens}
            for change, data, context, opens in cases]


def encodings(c, authority, key):
    """Encodings that a decoder refuses, and the field that is at fault."""
    header = c.encode()
    length = len(pol.node_bytes(c.policy))
    policy = 7 + 96 + 1 + 4
    C1 = policy + length + 32
    C2, C3 = C1 + 96, C1 + 96 + 96 * c.program.tau
    compressed_q = bytes([0x80 | q.to_bytes(48, "big")[0]]) + q.to_bytes(48, "big")[1:]
    identity1, identity2 = b"\xc0" + bytes(47), b"\xc0" + bytes(95)
    swap = lambda data: pol.u16(2) + data
    first, second = (pol.node_bytes(child) for child in c.policy[1])
    assert header[policy:policy + length] == b"\x03" + u16(2) + first + second

    def with_policy(data):
        return header[:policy - 4] + len(data).to_bytes(4, "big") + data + header[policy + length:]

    cases = [
        ("header", "magic", "H is h", changed(header, 0, b"h")),
        ("header", "format version", "version 2", changed(header, 4, b"\x02")),
        ("header", "suite", "suite 2", changed(header, 5, b"\x02")),
        ("header", "kind", "kind 6", changed(header, 6, b"\x06")),
        ("header", "epoch", "an epoch", changed(header, 103, b"\x01")),
        ("header", "policy", "longer than the header", changed(header, 104, b"\x00\x01\x00\x00")),
        ("header", "policy", "children exchanged", with_policy(b"\x03" + u16(2) + second + first)),
        ("header", "policy", "a child twice", with_policy(b"\x03" + u16(2) + first + first)),
        ("header", "policy", "a gate with one child", with_policy(b"\x03" + u16(1) + first)),
        ("header", "policy", "2 of 2", with_policy(b"\x05" + u16(2) + u16(2) + first + second)),
        ("header", "policy", "and within and",
         with_policy(b"\x03" + u16(2) + b"\x01" + pol.attribute_bytes((("", "a"), ""))
                     + b"\x03" + u16(2) + first + second)),
        ("header", "policy", "unknown kind of node", with_policy(b"\x06" + u16(2) + first + second)),
        ("header", "policy", "name not in normalization form C",
         with_policy(b"\x01" + u16(0) + short("cafe\u0301".encode()) + u16(0))),
        ("header", "policy", "empty name", with_policy(b"\x01" + u16(0) + u16(0) + u16(0))),
        ("header", "policy", "lo above hi",
         with_policy(b"\x02" + pol.name_bytes(("", "age")) + b"\x01\x07" + u64(5) + u64(4))),
        ("header", "policy", "hi wider than its type",
         with_policy(b"\x02" + pol.name_bytes(("", "age")) + b"\x01\x07" + u64(5) + u64(128))),
        ("header", "policy", "a date of 31 bits",
         with_policy(b"\x02" + pol.name_bytes(("", "until")) + b"\x02\x1f" + u64(5) + u64(5))),
        ("header", "policy", "ranges that have no value in common",
         with_policy(b"\x03" + u16(2) + b"".join(
             b"\x02" + pol.name_bytes(("", "age")) + b"\x01\x07" + u64(n) + u64(n) for n in (4, 5)))),
        ("header", "policy", "a byte after it", with_policy(header[policy:policy + length] + b"\x00")),
        ("header", "C1", "not compressed", changed(header, C1, bytes([header[C1] & 0x7F]))),
        ("header", "C1", "identity", changed(header, C1, identity2)),
        ("header", "C1", "outside G2", changed(header, C1, g2_bytes(first_g2_point_outside()))),
        ("header", "C1", "x = q", changed(header, C1, compressed_q + bytes(48))),
        ("header", "C2", "outside G2", changed(header, C2, g2_bytes(first_g2_point_outside()))),
        ("header", "C3", "not compressed", changed(header, C3, bytes([header[C3] & 0x7F]))),
        ("header", "C3", "identity", changed(header, C3, identity1)),
        ("header", "C3", "identity with a bit", changed(header, C3, b"\xc0" + bytes(46) + b"\x01")),
        ("header", "C3", "x = 0", changed(header, C3, b"\x80" + bytes(47))),
        ("header", "C3", "x = q", changed(header, C3, compressed_q)),
        ("header", "end", "a byte too few", header[:-1]),
        ("header", "end", "a byte too many", header + b"\x00"),
    ]

    mpk, E = authority.public_parameters, 7 + 2 + 10 + 1
    one = (1).to_bytes(48, "big") + bytes(528)
    cases += [
        ("public parameters", "realm", "empty", mpk[:7] + u16(0) + mpk[19:]),
        ("public parameters", "realm", "no UTF-8", changed(mpk, 9, b"\xff")),
        ("public parameters", "epoch", "an epoch", changed(mpk, 19, b"\x01")),
        ("public parameters", "E", "1", changed(mpk, E, one)),
        ("public parameters", "E", "0", changed(mpk, E, bytes(576))),
        ("public parameters", "E", "2, which is in GF(q)", changed(mpk, E, (2).to_bytes(48, "big") + bytes(528))),
        ("public parameters", "E", "a coordinate q", changed(mpk, E, q.to_bytes(48, "big"))),
        ("public parameters", "verification key", "of order 1", mpk[:-32] + b"\x01" + bytes(31)),
        ("public parameters", "end", "a byte too many", mpk + b"\x00"),
        ("master key", "alpha", "0", changed(authority.master_key, E, bytes(32))),
        ("master key", "alpha", "p", changed(authority.master_key, E, p.to_bytes(32, "big"))),
    ]

    data, entries = key.encode(), pol.set_bytes(*key.attributes)
    K1 = 39 + len(entries)
    K2, K3 = K1 + 96, K1 + 144
    attributes = sorted(pol.attribute_bytes(a) for a in key.attributes[0])
    exchanged = u16(len(attributes)) + b"".join(attributes[::-1])
    outside = g1_bytes(first_g1_point_outside())
    cases += [
        ("attribute key", "attribute set", "descending", changed(data, 39, exchanged)),
        ("attribute key", "K1", "identity", changed(data, K1, identity2)),
        ("attribute key", "K1", "outside G2", changed(data, K1, g2_bytes(first_g2_point_outside()))),
        ("attribute key", "K2", "outside G1", changed(data, K2, outside)),
        ("attribute key", "K3", "outside G1", changed(data, K3, outside)),
        ("attribute key", "K3", "identity", changed(data, K3, identity1)),
        ("attribute key", "end", "a K3 too few", data[:-48]),
        ("attribute key", "end", "a K3 too many", data + data[-48:]),
    ]

    body = pol.schema_bytes(SCHEMA)
    schema = authority.schema(body)
    declared = [pol.name_bytes(n) + bytes(t) for n, t in SCHEMA.items()]
    remade = lambda items: authority.schema(u16(len(items)) + b"".join(items))
    cases += [
        ("schema", "schema", "descending", remade(sorted(declared)[::-1])),
        ("schema", "schema", "a name twice", remade(sorted(declared) + sorted(declared)[-1:])),
        ("schema", "schema", "uint(65)", remade([pol.name_bytes(("", "n")) + b"\x01\x41"])),
        ("schema", "schema", "uint(0)", remade([pol.name_bytes(("", "n")) + b"\x01\x00"])),
        ("schema", "schema", "type 3", remade([pol.name_bytes(("", "n")) + b"\x03\x08"])),
        ("schema", "signature", "changed", changed(schema, len(schema) - 40, bytes([schema[-40] ^ 1]))),
        ("schema", "signature", "of another schema",
         schema[:39] + pol.schema_bytes({("", "n"): (1, 8)}) + schema[-64:]),
    ]
    return [{"object": kind, "field": field, "fault": fault, "bytes": data} for kind, field, fault, data in cases]


def plain(value):
    """Bytes as hexadecimal digits."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict):
        return {name: plain(part) for name, part in value.items()}
    return [plain(part) for part in value] if isinstance(value, (list, tuple)) else value


def main():
    authority, realm = setup()
    made, key_cases = keys(authority)
    cores, core_cases = encapsulations(authority, made)
    print(json.dumps(plain({
        "source": "made by gen/make.py from the specification: py_ecc for the curve and the pairing, hashlib for the "
                  "hashes, the Python package cryptography for Ed25519",
        "seed": SEED,
        "pairing_of_generators": gt_bytes(PAIRING),
        "base": g1_bytes(BASE),
        "labels": labels(),
        "setup": realm,
        "policies": policies(),
        "keys": key_cases,
        "encapsulations": core_cases,
        "signature": author(cores["and"]),
        "openings": openings(cores["and"], authority),
        "encodings": encodings(cores["and"], authority, made["doctor"]),
    }), indent=1, ensure_ascii=True))


if __name__ == "__main__":
    main()
