"""Test vectors of epochs, tokens, grants and seals, as make.py makes those of suite 1:

    python make_epochs.py > epochs.json && mv epochs.json ..

The same bytes come out every time, in about a minute.
"""

import json

import epochs
import language
import revoke
import span
from curve import attribute_point, g1_bytes, g2_bytes, gt_bytes, scalar, scalar_bytes
from make import SCHEMA, SCHEMA_ENTRIES, plain
from make_outsource import enrolments
from outsource import TransformKey, is_consistent
from scheme import Authority, Encapsulation, Received
from wire import SEED, Stream, random_bytes

DEPTH = 16
# Depth and epochs whose paths and covers are listed.
TREES = [
    (1, [1]),
    (3, range(1, 8)),
    (16, [1, 2, 3, 0x0100, 0x4000, 0x5555, 0x7FFF, 0x8000, 0x8001, 0xAAAA, 65_000, 65_003, 65_535]),
    (32, [1, 2 ** 31, 2 ** 32 - 1]),
]
# Depth and pairs of epochs: from the one to the other.
REFRESHED = [(3, [(1, 2), (3, 4), (1, 7), (6, 7), (5, 5)]), (16, [(65_003, 65_004), (65_003, 65_010), (0x7FFF, 0x8000)])]

# Name, realm, t0, policy, context.
HEADERS = [
    ("three spans", "deep", 65_000, "role:doctor and ward:icu", b"patient 4711"),
    ("one row and time", "deep", 65_001, "clerk", b""),
    # With a row of time the choice with three rows takes one pairing less.
    ("multi-use", "deep", 65_002, "nurse and clerk and ward:icu or 2 of (nurse, clerk, hospital/night)", b"m"),
    ("later", "deep", 65_008, "nurse and (clerk or ward/level >= 2)", b"l"),
    ("first epoch", "shallow", 1, "nurse", b"s"),
    ("last epoch", "shallow", 7, "role:doctor or nurse", b"s"),
]
# Name, reader, number of the update and epoch of issue, attributes.
KEYS = [
    ("chen", "chen", (7, 65_003), ["role:doctor", "ward:icu", "age = 44"]),
    ("rene", "rene", (2 ** 64 - 1, 65_003), ["nurse", "ward:icu", "clerk"]),
]


def trees():
    return [{"depth": depth, "last": 2 ** depth - 1, "epochs": [
        {"epoch": t, "path": epochs.path(depth, t), "cover": epochs.cover(depth, t)} for t in ts
    ]} for depth, ts in TREES]


def refreshed():
    return [{"depth": depth, "from": old, "to": new, "nodes": epochs.refresh(depth, old, new)}
            for depth, pairs in REFRESHED for old, new in pairs]


def points():
    nodes = [(3, node) for t in range(8) for node in epochs.path(3, t)]
    nodes += [(DEPTH, node) for t in (65_000, 65_003) for node in epochs.cover(DEPTH, t) + epochs.path(DEPTH, t)[:3]]
    nodes += [(1, (1, 1)), (32, (32, 2 ** 32 - 1))]
    cases = []
    for depth, (length, prefix) in dict.fromkeys(nodes):
        label = epochs.label(depth, (length, prefix))
        cases.append({"depth": depth, "length": length, "prefix": prefix, "label": label[1],
                      "point": g1_bytes(attribute_point(label))})
    return cases


def realms():
    made, cases = {}, []
    for name, depth in [("deep", DEPTH), ("shallow", 3)]:
        alpha, root = random_bytes(f"alpha of {name} epochs", 48), random_bytes(f"root of {name} epochs", 32)
        authority = made[name] = Authority("St. Mary's", scalar(alpha), root, depth)
        cases.append({
            "name": name, "realm": "St. Mary's", "depth": depth, "alpha_bytes": alpha, "root": root,
            "public_parameters": authority.public_parameters, "realm_id": authority.id,
            "master_key": authority.master_key,
        })
    return made, cases


def headers(realms):
    made, cases = {}, []
    for name, realm, t0, text, context in HEADERS:
        m = random_bytes(f"m of epochs, {name}", 32)
        c = Encapsulation(realms[realm], SCHEMA, language.parse(text, SCHEMA), context, m, t0)
        made[name] = c
        received = Received(c.encode(), c.policy, (realms[realm].depth, t0))
        assert received.is_valid(Stream(random_bytes(f"weights of epochs, {name}", 4800)))
        cases.append({
            "name": name, "realm": realm, "t0": t0, "policy": text, "context": context, "m": m, "hdr": c.hdr,
            "header_id": c.header_id,
            "labels": [label[1] if isinstance(label, tuple) else label for label in c.program.labels],
            "time_rows": c.program.time_rows, "rho": c.program.rho, "tau": c.program.tau, "matrix": c.program.matrix,
            "s1": scalar_bytes(c.s1), "s_prime": [scalar_bytes(s) for s in c.s],
            "fresh": [scalar_bytes(v) for v in c.v],
            "lambda_T": scalar_bytes(c.v[0]), "w_P": scalar_bytes(c.s1 - c.v[0]),
            "shares": [scalar_bytes(share) for share in c.shares],
            "C1": g2_bytes(c.C1), "C2": [g2_bytes(C) for C in c.C2], "C3": [g1_bytes(C) for C in c.C3],
            "K": gt_bytes(c.K), "c_m": c.c_m, "content_key": c.content_key, "core_id": c.core_id,
            "header": c.encode(),
        })
    return made, cases


def issue(authority, readers):
    made, cases = {}, []
    for name, reader, issued, entries in KEYS:
        kid = random_bytes(f"key id of {name} with epochs", 16)
        key = made[name] = TransformKey.issue(authority, readers[reader], kid, entries, SCHEMA, issued)
        assert is_consistent(key)
        cases.append({"name": name, "reader": reader, "set": entries, "update": issued[0], "epoch": issued[1],
                      "key_id": kid, "r": scalar_bytes(key.r), "transform_key": key.encode()})
    return made, cases


class Transformations:
    """Keys and stored headers as they are at different times, and what comes of each pair."""

    def __init__(self):
        self.cases = []

    def add(self, when, keys, stored):
        for key_name, key in keys.items():
            for header_name, header in stored.items():
                case = {"when": when, "key": key_name, "header": header_name, "proxy_key": key.as_proxy_key(),
                        "stored": header.encode()}
                found = header.transform(key)
                if found:
                    gamma, T, encoded = found
                    case |= {"rows": list(gamma), "gamma": [scalar_bytes(value) for value in gamma.values()],
                             "T": gt_bytes(T), "transformed": encoded}
                else:
                    policy = header.c.policy
                    satisfied = span.cheapest(policy, span.SpanProgram(policy), key.K3)
                    case["lacks"] = "tokens" if satisfied else "attributes"
                self.cases.append({**case, "opens": found is not None})


def seal(stored, key, t):
    """The header moves on to epoch t."""
    stored.seal(key, t)
    return {"epoch": t, "w": scalar_bytes(stored.w), "s": scalar_bytes(stored.s), "shift": g1_bytes(stored.shift),
            "C_seal": g2_bytes(stored.C_seal), "E": [g1_bytes(row) for row in stored.E.values()],
            "stored": stored.encode()}


def main():
    authorities, realm_cases = realms()
    deep = authorities["deep"]
    readers, enrolled = enrolments(deep, [("chen", "dr-chen"), ("rene", "rene\u0301 m\u00fcller")])
    header, header_cases = headers(authorities)
    keys, key_cases = issue(deep, readers)
    store = {name: revoke.Stored(deep, header[name], random_bytes(f"serial of {name}", 32))
             for name in ("three spans", "multi-use", "later")}
    seal_key = revoke.SealKey(random_bytes("k_seal", 32))
    seals = [{"header": name, "serial": stored.serial, "stored": stored.encode(), "steps": []}
             for name, stored in store.items()]
    outcomes = Transformations()

    outcomes.add("issued, not sealed", keys, store)
    for case in seals[:2]:
        case["steps"].append(seal(store[case["header"]], seal_key, 65_003))
    outcomes.add("issued, sealed in 65,003", keys, dict(list(store.items())[:2]))
    for case in seals[:2]:
        case["steps"].append(seal(store[case["header"]], seal_key, 65_010))
    seals[2]["steps"].append(seal(store["later"], seal_key, 65_010))
    # What each key held until 65,003 no longer opens anything.
    outcomes.add("issued, sealed in 65,010", {"chen": keys["chen"]}, {"three spans": store["three spans"]})

    batches = []
    for to in (65_004, 65_010):
        old = keys["chen"].until
        batch = revoke.token_batch(list(keys.values()), to)
        assert all(is_consistent(key) for key in keys.values())
        batches.append({"from": old, "to": to, "keys": sorted(key.kid for key in keys.values()), "batch": batch,
                        "refreshed": [{"key": name, "proxy_key": key.as_proxy_key()} for name, key in keys.items()]})
    outcomes.add("refreshed, sealed in 65,010", keys, store)

    granted = ["nurse", "ward/level = 4", "a"]
    grant = revoke.grant(keys["chen"], granted, SCHEMA)
    assert is_consistent(keys["chen"])
    grants = [{"key": "chen", "set": granted, "grant": grant, "proxy_key": keys["chen"].as_proxy_key()}]
    outcomes.add("granted", {"chen": keys["chen"]}, {"later": store["later"]})
    lost = ["ward:icu", "a", "ward/level = 4"]
    revoke.withdraw(keys["chen"], lost, SCHEMA)
    withdrawals = [{"key": "chen", "set": lost, "proxy_key": keys["chen"].as_proxy_key()}]
    outcomes.add("withdrawn", {"chen": keys["chen"]}, {"three spans": store["three spans"]})

    print(json.dumps(plain({
        "source": "made by gen/make_epochs.py: py_ecc for the curve and the pairing, hashlib for the hashes, the Python "
                  "package cryptography for Ed25519",
        "seed": SEED,
        "schema_entries": SCHEMA_ENTRIES,
        "trees": trees(),
        "refreshed": refreshed(),
        "points": points(),
        "realms": realm_cases,
        "headers": header_cases,
        "readers": enrolled,
        "transform_keys": key_cases,
        "seal_key": {"k_seal": seal_key.k_seal, "encoded": seal_key.encoded, "id": seal_key.id},
        "seals": seals,
        "token_batches": batches,
        "grants": grants,
        "withdrawals": withdrawals,
        "transformations": outcomes.cases,
    }), indent=1, ensure_ascii=True))


if __name__ == "__main__":
    main()
