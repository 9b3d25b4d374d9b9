"""[REV-2], [REV-3]: the tree of epochs. A node is (length, prefix)."""

from wire import u8, u32, u64


def path(depth, t):
    """The prefixes of t, root first."""
    return [(length, t >> (depth - length)) for length in range(depth + 1)]


def cover(depth, t):
    """The fewest nodes that fill t .. 2^D - 1, ascending: t without its trailing zeros, and b_1 .. b_i 1 for every i
    with b_{i+1} = 0 before them."""
    assert 1 <= t < 2 ** depth
    bits = f"{t:0{depth}b}".rstrip("0")
    right = [bits[:i] + "1" for i in reversed(range(len(bits))) if bits[i] == "0"]
    return [(len(node), int(node, 2)) for node in (bits, *right)]


def refresh(depth, old, new):
    """What a key that is good until the one epoch lacks to be good until the other, root first."""
    return [node for node in path(depth, new) if node not in path(depth, old)]


def label(depth, node):
    length, prefix = node
    return "TIME", u8(depth) + u8(length) + u64(prefix)


def labels(depth, nodes):
    return [label(depth, node) for node in nodes]


def cover_labels(depth, t):
    return labels(depth, cover(depth, t))


def clause_bytes(depth, t0):
    """D and t0; a zero byte in a realm without epochs."""
    assert bool(depth) == bool(t0)
    return u8(depth) + (u32(t0) if depth else b"")
