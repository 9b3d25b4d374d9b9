"""Encodings that are almost right, and what is wrong with each."""

import policy as pol
from curve import first_g1_point_outside, first_g2_point_outside, g1_bytes, g2_bytes, p, q
from wire import changed, short, u16, u64


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
        write("depth of epochs", "33", 103, b"\x21"),
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
    name = int.from_bytes(mpk[7:9], "big")
    E = 7 + 2 + name + 1
    number = lambda n: n.to_bytes(48, "big") + bytes(528)
    write = lambda field, what, place, value: fault(
        "public parameters", field, what, changed(mpk, place, value), place)
    master = lambda field, what, place, value: fault("master key", field, what, changed(msk, place, value), place)
    return [
        fault("public parameters", "realm", "empty", mpk[:7] + u16(0) + mpk[9 + name:], 7),
        fault("public parameters", "realm", "256 bytes", mpk[:7] + short(b"a" * 256) + mpk[9 + name:], 7),
        fault("public parameters", "realm", "not UTF-8", changed(mpk, 9, b"\xff"), 7),
        write("depth of epochs", "33", E - 1, b"\x21"),
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


def faulty_schemas(authority, schema):
    declared = sorted(pol.name_bytes(n) + bytes(t) for n, t in schema.items())
    n = pol.name_bytes(("", "n"))

    def with_body(what, items):
        body = u16(len(items)) + b"".join(items)
        return fault("schema", "schema", what, authority.schema(body), 39, 39 + len(body))

    genuine = authority.schema(pol.schema_bytes(schema))
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


def encodings(c, authority, schema, key):
    return [*faulty_headers(c), *faulty_parameters(authority), *faulty_keys(key), *faulty_schemas(authority, schema)]
