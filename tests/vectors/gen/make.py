"""Test vectors of suite 1, written from the specification (the SPEC.md files) by an implementation that shares
no code with the library. To make them again, with the packages of requirements.txt:

    python make.py > ../abe.json
"""

import json
import pathlib
import sys

import policy as pol
from curve import (
    BASE, FQ, G1, add, attribute_point, e, first_g1_point_outside, first_g2_point_outside, g1_bytes, g2_bytes,
    gt_bytes, multiply, p, point_of_order_11, q, scalar, scalar_bytes, times,
)
from scheme import PAIRING, Authority, Encapsulation, K_of, Received, public_key, signature
from wire import H, SEED, Stream, prologue, random_bytes, short, u16, u64

sys.path.append(str(pathlib.Path(__file__).parents[1]))
import record as record_format  # noqa: E402

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
    "", "()", "a and", "or a", "a b", "a, b", "a and (b", "a)", "not a", "\"a", "\"\\x\"", "\"\"", "\u0301a", "a/b/c", "a:b:c", "a:",
    "and", "role:Or", "0 of (a, b)", "3 of (a, b)", "2 of a, b", "12", "12/a", "12:a", "a # b", "nurse >= 3",
    "age", "age:5", "age >= 128", "age <= 128", "age > 127", "age < 0", "age in 5..4", "age in 5..128", "age in 5", "age = 4..5",
    "age = -1", "age = \u0663", "age = 4 and age = 5", "age <= 4 and (b and age > 4)", "2 of (age < 3, age > 5)",
    "ward/level = 8", "until", "until = 12", "until = 2026-02-29", "until = 1899-12-31", "until = 2026-12-01T24:00Z",
    "until = 2026-12-01T08:00", "until = 2026-1-01", "age = 2026-12-01",
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


def refused():
    for text in REFUSED:
        try:
            pol.parse(text, SCHEMA)
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
        c = made[name] = Encapsulation(authority, SCHEMA, pol.parse(text, SCHEMA), context, m)
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


# x = 1, where y² = 5 has no solution.
NO_POINT = b"\x80" + bytes(46) + b"\x01"
assert pow(5, (q - 1) // 2, q) != 1


def changed(data, place, value):
    """The bytes with others written over them."""
    assert place >= 0 and data[place:place + len(value)] != value
    return data[:place] + value + data[place + len(value):]


def openings(c, authority, name, key):
    """Changed headers of an encapsulation that the key opens if they are unchanged, and what becomes of them."""
    header = c.encode()
    realm, schema, context, policy = 7, 39, 71, 108
    c_m = policy + len(pol.node_bytes(c.policy))
    C1, C2, C3 = c_m + 32, c_m + 128, c_m + 128 + 96 * c.program.tau
    rows = [header[C3:C3 + 48], header[C3 + 48:C3 + 96]]
    torsion = g1_bytes(add(c.C3[0], point_of_order_11()))
    other = Encapsulation(authority, SCHEMA, pol.parse("role:doctor or role:nurse", SCHEMA), b"patient 4711", c.m)
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


def fault(kind, field, what, data, place, end=None):
    """An encoding that a decoder refuses; the field at fault lies at place, or somewhere before end."""
    return {"object": kind, "field": field, "fault": what, "bytes": data, "from": place, "to": end or place}


COMPRESSED_Q = bytes([0x80 | q >> 376]) + q.to_bytes(48, "big")[1:]
IDENTITY = b"\xc0" + bytes(47)
OUTSIDE_G1, OUTSIDE_G2 = g1_bytes(first_g1_point_outside()), g2_bytes(first_g2_point_outside())


def faulty_policies(first, second):
    """Bytes of policies that are not canonical. The two nodes are ascending."""
    gate = lambda head, *nodes: head + u16(len(nodes)) + b"".join(nodes)
    both = lambda head: gate(head, first, second)
    age = lambda lo, hi: b"\x02" + pol.name_bytes(("", "age")) + b"\x01\x07" + u64(lo) + u64(hi)
    return {
        "children exchanged": gate(b"\x03", second, first),
        "a child twice": gate(b"\x03", first, first),
        "a gate with one child": gate(b"\x03", first),
        "a gate without children": gate(b"\x04"),
        "2 of 2": both(b"\x05" + u16(2)),
        "1 of 3": gate(b"\x05" + u16(1), first, first, second),
        "3 of 3": gate(b"\x05" + u16(3), first, first, second),
        "2 of 3, descending": gate(b"\x05" + u16(2), first, second, first),
        "and within and": gate(b"\x03", b"\x01" + pol.attribute_bytes((("", "a"), "")), both(b"\x03")),
        "or within or": gate(b"\x04", b"\x01" + pol.attribute_bytes((("", "a"), "")), both(b"\x04")),
        "unknown kind of node": both(b"\x06"),
        "name not in normalization form C": b"\x01" + u16(0) + short("cafe\u0301".encode()) + u16(0),
        "name without characters": b"\x01" + u16(0) + u16(0) + u16(0),
        "name of 257 bytes": b"\x01" + u16(0) + short(b"a" * 257) + u16(0),
        "lo above hi": age(5, 4),
        "hi wider than its type": age(5, 128),
        "a date of 31 bits": b"\x02" + pol.name_bytes(("", "until")) + b"\x02\x1f" + u64(5) + u64(5),
        "uint(0)": b"\x02" + pol.name_bytes(("", "n")) + b"\x01\x00" + u64(0) + u64(0),
        "ranges that have no value in common": gate(b"\x03", age(4, 4), age(5, 5)),
        "a byte after it": both(b"\x03") + b"\x00",
        "1,025 leaves": gate(b"\x04", *sorted(
            b"\x01" + pol.attribute_bytes((("", str(n)), "")) for n in range(1025))),
    }


def faulty_headers(c):
    header = c.encode()
    policy, length = 108, len(pol.node_bytes(c.policy))
    C1 = policy + length + 32
    C2, C3 = C1 + 96, C1 + 96 + 96 * c.program.tau
    last = len(header) - 48
    case = lambda *arguments: fault("header", *arguments)
    write = lambda field, what, place, value: case(field, what, changed(header, place, value), place)
    cases = [
        write("magic", "h for H", 0, b"h"),
        write("format version", "2", 4, b"\x02"),
        write("suite", "2", 5, b"\x02"),
        write("kind", "that of a record", 6, b"\x06"),
        write("kind", "10", 6, b"\x0a"),
        write("epoch", "1", 103, b"\x01"),
        write("policy length", "0", 104, bytes(4)),
        write("policy length", "65,537", 104, b"\x00\x01\x00\x01"),
    ]
    for what, data in faulty_policies(*(pol.node_bytes(child) for child in c.policy[1])).items():
        whole = header[:104] + len(data).to_bytes(4, "big") + data + header[policy + length:]
        cases.append(case("policy", what, whole, policy, policy + len(data)))
    return cases + [
        write("C1", "not compressed", C1, bytes([header[C1] & 0x7F])),
        write("C1", "identity", C1, IDENTITY + bytes(48)),
        write("C1", "outside G2", C1, OUTSIDE_G2),
        write("C1", "coefficient q", C1, COMPRESSED_Q + bytes(48)),
        write("C2", "outside G2", C2, OUTSIDE_G2),
        write("C3", "not compressed", C3, bytes([header[C3] & 0x7F])),
        write("C3", "identity", C3, IDENTITY),
        write("C3", "identity with a bit more", C3, IDENTITY[:-1] + b"\x01"),
        write("C3", "x = 0", C3, b"\x80" + bytes(47)),
        write("C3", "x = q", C3, COMPRESSED_Q),
        case("C3", "a byte too few", header[:-1], last),
        case("end", "a byte too many", header + b"\x00", len(header)),
    ]


def faulty_parameters(authority):
    mpk, msk = authority.public_parameters, authority.master_key
    name = len("St. Mary's")
    E = 7 + 2 + name + 1
    number = lambda n: n.to_bytes(48, "big") + bytes(528)
    write = lambda field, what, place, value: fault(
        "public parameters", field, what, changed(mpk, place, value), place)
    master = lambda field, what, place, value: fault("master key", field, what, changed(msk, place, value), place)
    return [
        fault("public parameters", "realm", "empty", mpk[:7] + u16(0) + mpk[9 + name:], 7),
        fault("public parameters", "realm", "256 bytes", mpk[:7] + short(b"a" * 256) + mpk[9 + name:], 7),
        fault("public parameters", "realm", "not UTF-8", changed(mpk, 9, b"\xff"), 7),
        write("epochs", "1", E - 1, b"\x01"),
        write("E", "0", E, number(0)),
        write("E", "1", E, number(1)),
        write("E", "2, of GF(q)", E, number(2)),
        write("E", "coordinate q", E, q.to_bytes(48, "big")),
        write("verification key", "of order 1", E + 576, b"\x01" + bytes(31)),
        fault("public parameters", "end", "a byte too many", mpk + b"\x00", len(mpk)),
        master("kind", "that of public parameters", 6, b"\x01"),
        master("alpha", "0", E, bytes(32)),
        master("alpha", "p", E, p.to_bytes(32, "big")),
    ]


def faulty_keys(key):
    data, length = key.encode(), len(pol.set_bytes(*key.attributes))
    K1 = 39 + length
    K2, K3 = K1 + 96, K1 + 144
    attributes = sorted(pol.attribute_bytes(a) for a in key.attributes[0])
    numbers = sorted(pol.name_bytes(n) + bytes([kind, bits]) + u64(v) for n, kind, bits, v in key.attributes[1])
    many = lambda items: u16(len(items)) + b"".join(items)
    case = lambda *arguments: fault("attribute key", *arguments)
    write = lambda field, what, place, value: case(field, what, changed(data, place, value), place)

    def with_set(what, content):
        return case("attribute set", what, data[:39] + content + data[K1:], 39, 39 + len(content))

    return [
        with_set("attributes descending", many(attributes[::-1]) + many(numbers)),
        with_set("an attribute twice", many(attributes + attributes[-1:]) + many(numbers)),
        with_set("numbers descending", many(attributes) + many(numbers[::-1])),
        with_set("two values for a number", many(attributes) + many(
            numbers[:1] + [numbers[0][:-1] + bytes([numbers[0][-1] + 1])] + numbers[1:])),
        with_set("a value wider than its type", many(attributes) + many(
            [pol.name_bytes(("", "age")) + b"\x01\x07" + u64(128)])),
        with_set("empty", u16(0) + u16(0)),
        write("K1", "identity", K1, IDENTITY + bytes(48)),
        write("K1", "outside G2", K1, OUTSIDE_G2),
        write("K2", "outside G1", K2, OUTSIDE_G1),
        write("K3", "outside G1", K3, OUTSIDE_G1),
        write("K3", "identity", K3, IDENTITY),
        case("K3", "the last missing", data[:-48], len(data) - 48),
        case("end", "one K3 too many", data + data[-48:], len(data)),
    ]


def faulty_schemas(authority):
    declared = sorted(pol.name_bytes(n) + bytes(t) for n, t in SCHEMA.items())
    n = pol.name_bytes(("", "n"))

    def with_body(what, items):
        body = u16(len(items)) + b"".join(items)
        return fault("schema", "schema", what, authority.schema(body), 39, 39 + len(body))

    genuine = authority.schema(pol.schema_bytes(SCHEMA))
    signature_at = len(genuine) - 64
    other = genuine[:39] + pol.schema_bytes({("", "n"): (1, 8)}) + genuine[-64:]
    return [
        with_body("descending", declared[::-1]),
        with_body("a name twice", declared + declared[-1:]),
        with_body("uint(65)", [n + b"\x01\x41"]),
        with_body("uint(0)", [n + b"\x01\x00"]),
        with_body("type 3", [n + b"\x03\x08"]),
        fault("schema", "signature", "a bit changed",
              changed(genuine, signature_at + 5, bytes([genuine[signature_at + 5] ^ 1])), signature_at),
        fault("schema", "signature", "of another schema", other, len(other) - 64),
    ]


def encodings(c, authority, key):
    return [*faulty_headers(c), *faulty_parameters(authority), *faulty_keys(key), *faulty_schemas(authority)]


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
        "encodings": encodings(cores["and"], authority, made["doctor"]),
    }), indent=1, ensure_ascii=True))


if __name__ == "__main__":
    main()
