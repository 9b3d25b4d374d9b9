"""[POL-1], [POL-3], [POL-5] to [POL-7]: labels, bytes and the canonical form.

A node is one of ("attribute", a), ("range", name, type, bits, lo, hi), ("and", nodes), ("or", nodes),
("of", k, nodes). A name is (namespace, component), an attribute (name, value); "" stands for absent.
"""

import unicodedata

from wire import short, u8, u16, u64


UINT, DATE = 1, 2


# Names and labels: [POL-1], [POL-3]

def component_bytes(text):
    data = unicodedata.normalize("NFC", text).encode()
    assert 0 < len(data) <= 256
    return short(data)


def optional(text):
    return component_bytes(text) if text else u16(0)


def name_bytes(name):
    return optional(name[0]) + component_bytes(name[1])


def attribute_bytes(attribute):
    return name_bytes(attribute[0]) + optional(attribute[1])


def attribute_label(attribute):
    return b"\x01" + attribute_bytes(attribute)


def node_label(name, kind, bits, length, prefix):
    return b"\x02" + name_bytes(name) + u8(kind) + u8(bits) + u8(length) + u64(prefix)


def number_labels(name, kind, bits, value):
    return [node_label(name, kind, bits, n, value >> (bits - n)) for n in range(bits + 1)]


def range_labels(name, kind, bits, lo, hi):
    """The fewest nodes that fill lo..=hi, from the lowest numbers to the highest: [POL-3]."""
    labels = []
    while lo <= hi:
        height = 0
        while height < bits and lo % (2 << height) == 0 and lo + (2 << height) - 1 <= hi:
            height += 1
        labels.append(node_label(name, kind, bits, bits - height, lo >> height))
        lo += 1 << height
    return labels


# Bytes: [POL-3], [POL-5], [POL-6], [POL-7]

def schema_bytes(schema):
    declared = sorted(name_bytes(n) + u8(kind) + u8(bits) for n, (kind, bits) in schema.items())
    return u16(len(declared)) + b"".join(declared)


def set_bytes(attributes, numbers):
    first = sorted(attribute_bytes(a) for a in attributes)
    second = sorted(name_bytes(n) + u8(kind) + u8(bits) + u64(value) for n, kind, bits, value in numbers)
    return u16(len(first)) + b"".join(first) + u16(len(second)) + b"".join(second)


def set_labels(attributes, numbers):
    labels = [attribute_label(a) for a in attributes]
    for number in numbers:
        labels += number_labels(*number)
    return sorted(labels)


def canonical(node):
    if node[0] in ("attribute", "range"):
        return node
    kind, nodes = node[0], [canonical(child) for child in node[-1]]
    if kind == "of" and node[1] in (1, len(nodes)):
        kind = "or" if node[1] == 1 else "and"
    if kind == "of":
        return ("of", node[1], sorted(nodes, key=node_bytes))
    merged = []
    for child in nodes:
        merged += child[1] if child[0] == kind else [child]
    nodes = [child for _, child in sorted({node_bytes(child): child for child in merged}.items())]
    assert kind == "or" or not exclude_each_other(node for node in nodes if node[0] == "range")
    return nodes[0] if len(nodes) == 1 else (kind, nodes)


def exclude_each_other(ranges):
    """Whether ranges of one number have no value in common."""
    common = {}
    for _, name, kind, bits, lo, hi in ranges:
        low, high = common.get((name, kind, bits), (lo, hi))
        common[name, kind, bits] = max(low, lo), min(high, hi)
    return any(lo > hi for lo, hi in common.values())


def node_bytes(node):
    if node[0] == "attribute":
        return b"\x01" + attribute_bytes(node[1])
    if node[0] == "range":
        _, name, kind, bits, lo, hi = node
        return b"\x02" + name_bytes(name) + u8(kind) + u8(bits) + u64(lo) + u64(hi)
    head = {"and": b"\x03", "or": b"\x04", "of": b"\x05"}[node[0]]
    k = u16(node[1]) if node[0] == "of" else b""
    return head + k + u16(len(node[-1])) + b"".join(node_bytes(child) for child in node[-1])
