"""[POL-9] to [POL-11]: the span program, shares, reconstruction."""

import itertools
import math

from curve import p
from policy import attribute_label, range_labels


class SpanProgram:
    """Rows as lists of integers over (s, v_1, .., v_n), with their labels, ρ and τ. The rows of a time clause,
    [REV-3], come first and have one share, v_1."""

    def __init__(self, policy, time=()):
        self.columns, self.rows, self.labels, self.time_rows = 1, [], [], len(time)
        z = {0: 1}
        if time:
            first, = self.draw(1)
            self.rows, self.labels, z = [{first: 1} for _ in time], list(time), {0: 1, first: -1}
        self.walk(policy, z)
        self.matrix = [[row.get(column, 0) for column in range(self.columns)] for row in self.rows]
        self.rho = [self.labels[:i + 1].count(label) for i, label in enumerate(self.labels)]
        self.tau = max(self.rho)

    def walk(self, node, z):
        """z is the node's secret, a linear form: column -> coefficient."""
        if node[0] == "attribute":
            self.rows.append(z)
            self.labels.append(attribute_label(node[1]))
        elif node[0] == "range":
            for label in range_labels(*node[1:]):
                self.rows.append(z)
                self.labels.append(label)
        elif node[0] == "or":
            for child in node[1]:
                self.walk(child, z)
        elif node[0] == "and":
            v = self.draw(len(node[1]) - 1)
            for child, column in zip(node[1], v):
                self.walk(child, {column: 1})
            self.walk(node[1][-1], {**z, **{column: -1 for column in v}})
        else:
            v = self.draw(node[1] - 1)
            for i, child in enumerate(node[2], 1):
                binomials = {column: math.comb(i, j) for j, column in enumerate(v, 1)}
                self.walk(child, {**z, **{column: c for column, c in binomials.items() if c}})

    def draw(self, count):
        first, self.columns = self.columns, self.columns + count
        return range(first, self.columns)

    def shares(self, s, v):
        assert len(v) == self.columns - 1
        return [sum(m * z for m, z in zip(row, [s, *v])) % p for row in self.matrix]


# Reconstruction: [POL-10]

def choices(node, held, first=0):
    """All the ways to satisfy the node without a child too many: dictionaries row -> γ. And the next row."""
    if node[0] in ("attribute", "range"):
        labels = [attribute_label(node[1])] if node[0] == "attribute" else range_labels(*node[1:])
        return [{first + i: 1} for i, label in enumerate(labels) if label in held], first + len(labels)
    children = []
    for child in node[-1]:
        found, first = choices(child, held, first)
        children.append(found)
    m = len(children)
    k = {"or": 1, "and": m}.get(node[0]) or node[1]
    ways = []
    for chosen in itertools.combinations(range(1, m + 1), k):
        for parts in itertools.product(*(children[i - 1] for i in chosen)):
            way = {}
            for i, part in zip(chosen, parts):
                c = 1
                if node[0] == "of":
                    for j in chosen:
                        if j != i:
                            c = c * j * pow(j - i, -1, p) % p
                way.update({row: gamma * c % p for row, gamma in part.items()})
            ways.append(way)
    return ways, first


def cheapest(policy, program, held):
    """The one choice with the fewest ρ, then the fewest rows; nothing if the set does not satisfy."""
    ways, rows = choices(policy, held, program.time_rows)
    assert rows == len(program.rows)
    if program.time_rows:
        common = [i for i in range(program.time_rows) if program.labels[i] in held]
        assert len(common) <= 1
        ways = [{i: 1, **way} for i in common for way in ways]
    if not ways:
        return None
    cost = lambda way: (len({program.rho[i] for i in way}), len(way))
    ways.sort(key=cost)
    assert len(ways) == 1 or cost(ways[0]) < cost(ways[1]), "more than one cheapest choice"
    return dict(sorted(ways[0].items()))


def random_reconstruction(node, c, draw):
    """[POL-11]: γ for all rows, in their order. draw() yields a random scalar."""
    if node[0] == "attribute":
        return [c]
    parts = node[-1] if node[0] != "range" else [("attribute", None)] * len(range_labels(*node[1:]))
    n = len(parts)
    if node[0] == "and":
        weights = [c] * n
    elif node[0] == "of":
        g = [-c] + [draw() for _ in range(n - node[1])]
        value = lambda i: sum(coefficient * i ** power for power, coefficient in enumerate(g))
        weights = [(-1) ** i * math.comb(n, i) * value(i) % p for i in range(1, n + 1)]
    else:
        weights = [draw() for _ in range(n - 1)]
        weights.append((c - sum(weights)) % p)
    return [gamma for part, weight in zip(parts, weights) for gamma in random_reconstruction(part, weight, draw)]
