"""Test vectors of suite 1, by an implementation that was written from the specification (the SPEC.md files)
and shares no code with the library. To make them again, in about two minutes, with the packages of
requirements.txt:

    python make.py > abe.json && mv abe.json ..

The same bytes come out every time.
"""

import json

import faults
import language
import policy as pol
import record as record_format
import span
from curve import (
    BASE, add, attribute_point, g1_bytes, g2_bytes, gt_bytes, point_of_order_11, q, scalar, scalar_bytes,
)
from scheme import PAIRING, Authority, Encapsulation, K_of, Received, public_key, signature
from wire import H, SEED, Stream, changed, prologue, random_bytes

SCHEMA_ENTRIES = ["age:uint(7)", "ward/level:uint(3)", "until:date"]
SCHEMA = language.parse_schema(SCHEMA_ENTRIES)

# Texts of policies under the schema.
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
    "age <= 4 or age >= 4 and age in 4..9",
    "age <= 127",
    "until <= 1900-01-01",
    "a..b and .",
    "hospital/\"12\":7 or \"12\"/a",
    "hospital/12",
    "\u216f and 2a and \u00b2",
    "x:\"left \u202e right\" and y:\"\\\\\"",
    "age in 18 .. 65",
    "age in 018..65",
    "until in 2026-12-01 .. 2026-12-02T23:58Z",
    "until >= 9999-12-31",
    "bb or c or a:zz or n/a or b",
    "NURSE OR doctor And \"Not\"",
    "2 of (age >= 64, age >= 64 and nurse, age <= 3)",
]

# Texts that are no policies under the schema.
REFUSED = [
    "", "()", "a and", "or a", "a b", "a, b", "a and (b", "a)", "not a", "\"a", "\"\\x\"", "\"\"", "\u0301a",
    "a/b/c", "a:b:c", "a:",
    "and", "role:Or", "0 of (a, b)", "3 of (a, b)", "2 of a, b", "12", "12/a", "12:a", "a # b", "nurse >= 3",
    "age", "age:5", "age >= 128", "age <= 128", "age > 127", "age < 0", "age in 5..4", "age in 5..128", "age in 5",
    "age = 4..5",
    "age = -1", "age = \u0663", "age = 4 and age = 5", "age <= 4 and (b and age > 4)", "2 of (age < 3, age > 5)",
    "ward/level = 8", "until", "until = 12", "until = 2026-02-29", "until = 1899-12-31", "until = 2026-12-01T24:00Z",
    "until = 2026-12-01T08:00", "until = 2026-1-01", "age = 2026-12-01",
]

# x = 1, where y² = 5 has no solution.
NO_POINT = b"\x80" + bytes(46) + b"\x01"
assert pow(5, (q - 1) // 2, q) != 1

# Encapsulations: name, policy, context.
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
DELEGATIONS = [
    ("doctor", "ward doctor", ["role:doctor", "ward:icu", "age = 44"]),
    ("nurse", "plain nurse", ["nurse"]),
]


def name_of(name):
    return {"namespace": name[0], "name": name[1]}


def labels():
    cases = []
    for attribute in [
        (("", "nurse"), ""), (("hospital", "nurse"), ""), (("", "role"), "nurse"),
        (("hospital", "role"), "head nurse"),
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
        node = language.parse(text, SCHEMA)
        program = span.SpanProgram(node)
        coins = random_bytes(f"policy {number}", 48 * program.columns)
        values = [scalar(coins[i:i + 48]) for i in range(0, len(coins), 48)]
        cases.append({
            "text": text,
            "canonical_text": language.node_text(node),
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


def refused():
    for text in REFUSED:
        try:
            language.parse(text, SCHEMA)
        except (AssertionError, IndexError, KeyError, TypeError, ValueError):
            continue
        raise ValueError(f"accepted: {text}")
    return REFUSED


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
        c = made[name] = Encapsulation(authority, SCHEMA, language.parse(text, SCHEMA), context, m)
        decryptions = []
        for reader, key in keys.items():
            found = K_of(key, c.policy, c.program, c.C1, c.C2, c.C3)
            if found is None:
                decryptions.append({"key": reader, "satisfies": False})
                continue
            gamma, K = found
            received = Received(c.encode(), c.policy)
            assert K == c.K and received.open(authority, key, context) == c.content_key
            assert received.is_valid(Stream(random_bytes(f"weights of {name}", 4800)))
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
    """A signed record of the compartment."""
    seed, record_id = random_bytes("author seed", 32), random_bytes("record id", 16)
    salt, plaintext, version = random_bytes("salt", 16), b"sinus rhythm, 72/min", 3
    record, digest = record_format.seal(c.content_key, c.core_id, record_id, version, 1024, 1, salt, plaintext)
    signed = signature(seed, c.core_id, record_id, version, digest)
    return {
        "encapsulation": "and",
        "author_seed": seed,
        "author_key": prologue(7) + seed,
        "author_id": prologue(8) + public_key(seed),
        "core_id": c.core_id,
        "record_id": record_id,
        "version": version,
        "plaintext": plaintext,
        "digest": digest,
        "author_signature": signed,
        "record": record + signed,
    }


def openings(c, authority, name, key):
    """Changed headers of an encapsulation that the key opens if they are unchanged, and what becomes of them."""
    header = c.encode()
    realm, schema, context, policy = 7, 39, 71, 108
    c_m = policy + len(pol.node_bytes(c.policy))
    C1, C2, C3 = c_m + 32, c_m + 128, c_m + 128 + 96 * c.program.tau
    rows = [header[C3:C3 + 48], header[C3 + 48:C3 + 96]]
    torsion = g1_bytes(add(c.C3[0], point_of_order_11()))
    either = language.parse("role:doctor or role:nurse", SCHEMA)
    other = Encapsulation(authority, SCHEMA, either, b"patient 4711", c.m)
    flip = lambda place: changed(header, place, bytes([header[place] ^ 1]))
    negated = lambda place: changed(header, place, bytes([header[place] ^ 0x20]))
    mine, yours = b"patient 4711", b"patient 4712"
    cases = []

    def case(change, header, context=mine, policy=c.policy):
        received = Received(header, policy)
        found = received.open(authority, key, context)
        cases.append({
            "change": change, "key": name, "context": context, "header": header,
            "opens": found is not None, "same_content_key": found == c.content_key,
            "valid": received.is_valid(Stream(random_bytes(f"weights of {change}", 480))),
        })

    case("unchanged", header)
    case("another context of the caller", header, yours)
    case("H(context) is that of another context, which the caller has, too",
         changed(header, context, H("id/context", yours)), yours)
    case("H(mpk)", flip(realm))
    case("H(schema)", flip(schema))
    case("H(context)", flip(context))
    case("policy: or instead of and; all else is the first header's", prologue(5) + other.hdr[1:] + header[c_m:],
         policy=other.policy)
    case("c_m", flip(c_m + 31))
    case("C1 negated", negated(C1))
    case("C1 is C2_1", changed(header, C1, header[C2:C2 + 96]))
    case("C2_1 negated", negated(C2))
    case("C3_1 negated", negated(C3))
    case("C3_1 is no point of the curve", changed(header, C3, NO_POINT))
    case("C3_1 has a component of order 11", changed(header, C3, torsion))
    # Rows meet as a product, and nothing binds one: what counts is K.
    case("C3_1 and C3_2 exchanged", changed(header, C3, rows[1] + rows[0]))
    return cases


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
        "refused_policies": refused(),
        "keys": key_cases,
        "encapsulations": core_cases,
        "record": author(cores["and"]),
        "openings": openings(cores["and"], authority, "doctor", made["doctor"]),
        "encodings": faults.encodings(cores["and"], authority, SCHEMA, made["doctor"]),
    }), indent=1, ensure_ascii=True))


if __name__ == "__main__":
    main()
