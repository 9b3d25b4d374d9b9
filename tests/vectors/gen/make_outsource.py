"""Test vectors of outsourced decryption, as make.py makes those of suite 1:

    python make_outsource.py > outsource.json && mv outsource.json ..

The same bytes come out every time, in about a minute.
"""

import json

import language
from curve import g1_bytes, gt_bytes, scalar, scalar_bytes
from make import SCHEMA, SCHEMA_ENTRIES, plain
from outsource import Reader, TransformKey, is_consistent, randomizer_key
from scheme import Authority, Encapsulation
from wire import SEED, random_bytes

# Name, user id. The second is not in normalization form C.
READERS = [("chen", "dr-chen"), ("rene", "rene\u0301 m\u00fcller"), ("long", "u" * 255)]

# Name, reader, attributes.
KEYS = [
    ("chen as doctor", "chen", ["role:doctor", "ward:icu", "age = 44"]),
    ("chen as nurse", "chen", ["nurse", "ward/level = 4", "role:doctor"]),
    ("rene", "rene", ["nurse", "ward:icu", "clerk"]),
    ("long", "long", ["clerk"]),
]

# Name, policy, context.
HEADERS = [
    ("single", "clerk", b""),
    ("and", "role:doctor and ward:icu", b"patient 4711"),
    ("2 of 3 and comparison", "2 of (nurse, role:doctor, hospital/night) and ward/level in 1..6", b"x"),
    ("multi-use", "nurse and clerk and ward:icu or 2 of (nurse, clerk, hospital/night)", b"m"),
]


def setup():
    alpha, root = random_bytes("alpha of outsourcing", 48), random_bytes("root of outsourcing", 32)
    authority = Authority("St. Mary's", scalar(alpha), root)
    return authority, {
        "realm": "St. Mary's", "alpha_bytes": alpha, "root": root, "public_parameters": authority.public_parameters,
        "realm_id": authority.id, "randomizer_key": randomizer_key(authority), "schema_entries": SCHEMA_ENTRIES,
    }


def enrolments(authority, readers):
    """Readers and their enrolments: name, user id."""
    made, cases = {}, []
    for name, user in readers:
        reader = made[name] = Reader(user, random_bytes(f"seed of reader {name}", 32))
        nonce, fresh = random_bytes(f"nonce for {name}", 32), random_bytes(f"fresh bytes of {name}", 32)
        k, c, z, encoded = reader.enrol(authority, nonce, fresh)
        cases.append({
            "name": name, "user": user, "user_bytes": reader.user, "seed": reader.seed,
            "encoded_seed": reader.encoded_seed, "y": scalar_bytes(reader.y), "Y": g1_bytes(reader.Y),
            "request_seed": reader.request_seed, "request_key": reader.request_key, "nonce": nonce, "fresh": fresh,
            "k": scalar_bytes(k), "c": scalar_bytes(c), "z": scalar_bytes(z), "enrolment": encoded,
        })
    return made, cases


def keys(authority, readers):
    made, cases = {}, []
    for name, reader, entries in KEYS:
        kid = random_bytes(f"key id of {name}", 16)
        key = made[name] = TransformKey.issue(authority, readers[reader], kid, entries, SCHEMA)
        assert is_consistent(key)
        cases.append({"name": name, "reader": reader, "set": entries, "key_id": kid, "r": scalar_bytes(key.r),
                      "transform_key": key.encode(), "proxy_key": key.as_proxy_key()})
    return made, cases


def own(authority, reader):
    """A reader's transform key out of his full key."""
    r, kid = random_bytes("r of a full key", 48), random_bytes("key id of his own", 16)
    full = authority.keygen(["nurse", "clerk", "ward/level = 5"], SCHEMA, scalar(r))
    key = TransformKey.own(authority, full, reader, kid)
    assert is_consistent(key)
    return key, {"name": "rene's own", "reader": "rene", "key": full.encode(), "key_id": kid,
                 "transform_key": key.encode(), "proxy_key": key.as_proxy_key()}


def headers(authority, keys):
    cases = []
    for name, text, context in HEADERS:
        m = random_bytes(f"m of outsourced {name}", 32)
        c = Encapsulation(authority, SCHEMA, language.parse(text, SCHEMA), context, m)
        transformations = []
        for key_name, key in keys.items():
            found = key.transform(c)
            if found is None:
                transformations.append({"key": key_name, "satisfies": False})
                continue
            gamma, T, encoded = found
            transformations.append({
                "key": key_name, "satisfies": True, "rows": list(gamma),
                "gamma": [scalar_bytes(value) for value in gamma.values()], "T": gt_bytes(T), "transformed": encoded,
            })
        cases.append({"name": name, "policy": text, "context": context, "m": m, "header": c.encode(),
                      "core_id": c.core_id, "K": gt_bytes(c.K), "content_key": c.content_key,
                      "transformations": transformations})
    return cases


def requests(authority, readers, core_id):
    return [
        {"reader": name, "core_id": core_id, "time": time, "nonce": nonce,
         "request": readers[name].request(authority, core_id, time, nonce)}
        for name, time in [("chen", 1_790_000_000), ("rene", 0), ("long", 2 ** 64 - 1)]
        for nonce in [random_bytes(f"nonce of {name}'s request", 32)]
    ]


def main():
    authority, realm = setup()
    readers, enrolled = enrolments(authority, READERS)
    made, issued = keys(authority, readers)
    own_key, own_case = own(authority, readers["rene"])
    headers_made = headers(authority, {**made, own_case["name"]: own_key})
    print(json.dumps(plain({
        "source": "made by gen/make_outsource.py: py_ecc for the curve and the pairing, hashlib for the hashes, the "
                  "Python package cryptography for Ed25519",
        "seed": SEED,
        "setup": realm,
        "readers": enrolled,
        "transform_keys": issued,
        "own_transform_keys": [own_case],
        "headers": headers_made,
        "requests": requests(authority, readers, headers_made[1]["core_id"]),
    }), indent=1, ensure_ascii=True))


if __name__ == "__main__":
    main()
