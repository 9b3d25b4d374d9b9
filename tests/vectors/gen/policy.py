"""[POL-1] to [POL-10]: text, canonical bytes, labels, matrix, shares, reconstruction.

A node is one of ("attribute", a), ("range", name, type, bits, lo, hi), ("and", nodes), ("or", nodes),
("of", k, nodes). A name is (namespace, component), an attribute (name, value); "" stands for absent.
"""

import datetime
import itertools
import math
import unicodedata

from curve import p
from wire import short, u8, u16, u64

KEYWORDS = {"and", "or", "not", "of", "in"}
UINT, DATE = 1, 2


# Components, names, labels: [POL-1]

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


# Text: [POL-4]

def is_word_character(c):
    return c in "-_.@" or unicodedata.category(c)[0] in "LM" or unicodedata.category(c) == "Nd"


def scan(text):
    """Tokens: ("word", text), ("quotation", text) or ("sign", text)."""
    i, tokens = 0, []
    while i < len(text):
        c = text[i]
        if c.isspace():
            i += 1
        elif c == '"':
            i, content = i + 1, ""
            while text[i] != '"':
                if text[i] == "\\" and text[i + 1] == "u":
                    end = text.index("}", i)
                    content, i = content + chr(int(text[i + 3:end], 16)), end + 1
                elif text[i] == "\\":
                    content, i = content + text[i + 1], i + 2
                else:
                    content, i = content + text[i], i + 1
            i += 1
            tokens.append(("quotation", content))
        elif text[i:i + 2] in (">=", "<=", ".."):
            tokens.append(("sign", text[i:i + 2]))
            i += 2
        elif c in "()/:,<>=":
            tokens.append(("sign", c))
            i += 1
        else:
            start = i
            while i < len(text) and is_word_character(text[i]) and text[i:i + 2] != "..":
                i += 1
            assert i > start and unicodedata.category(text[start])[0] != "M", text[i:]
            tokens.append(("word", text[start:i]))
    return tokens


EPOCH = datetime.datetime(1900, 1, 1)


def minutes(text, day=False):
    return (datetime.datetime.fromisoformat(text.removesuffix("Z")) - EPOCH) // datetime.timedelta(minutes=1)


class Parser:
    """Recursive descent over the tokens; `schema` maps names to (type, bits)."""

    def __init__(self, text, schema):
        self.tokens, self.place, self.schema = scan(text), 0, schema

    def peek(self, ahead=0):
        place = self.place + ahead
        return self.tokens[place] if place < len(self.tokens) else ("end", "")

    def next(self):
        token = self.peek()
        self.place += 1
        return token

    def accept(self, text):
        """Whether a sign or keyword follows, which is then taken."""
        kind, content = self.peek()
        found = kind in ("sign", "word") and content.lower() == text
        self.place += found
        return found

    def expect(self, text):
        assert self.accept(text), (text, self.peek())

    def whole(self):
        node = self.policy()
        assert self.peek()[0] == "end", self.peek()
        return node

    def chain(self, part, keyword):
        nodes = [part()]
        while self.accept(keyword):
            nodes.append(part())
        return nodes[0] if len(nodes) == 1 else (keyword, nodes)

    def policy(self):
        return self.chain(lambda: self.chain(self.part, "and"), "or")

    def part(self):
        if self.accept("("):
            node = self.policy()
            self.expect(")")
            return node
        if self.peek()[1].isdigit() and self.peek(1) == ("word", "of"):
            k = int(self.next()[1])
            self.next()
            self.expect("(")
            nodes = [self.policy()]
            while self.accept(","):
                nodes.append(self.policy())
            self.expect(")")
            assert 1 <= k <= len(nodes)
            return ("of", k, nodes)
        return self.leaf()

    def component(self):
        kind, text = self.next()
        assert kind == "quotation" or kind == "word" and text.lower() not in KEYWORDS, (kind, text)
        return unicodedata.normalize("NFC", text)

    def name(self):
        assert not (self.peek()[0] == "word" and self.peek()[1].isdigit() and self.peek(1)[1] != "/")
        first = self.component()
        return (first, self.component()) if self.accept("/") else ("", first)

    def literal(self, kind):
        """The first and the last number that a literal means."""
        text = self.next()[1]
        if kind == UINT:
            return int(text), int(text)
        if self.peek() == ("sign", ":"):
            self.next()
            at = minutes(f"{text}:{self.next()[1]}")
            return at, at
        return minutes(text), minutes(text) + 24 * 60 - 1

    def leaf(self):
        name = self.name()
        if name in self.schema:
            kind, bits = self.schema[name]
            return ("range", name, kind, bits, *self.bounds(kind, 2 ** bits - 1))
        return ("attribute", (name, self.component() if self.accept(":") else ""))

    def bounds(self, kind, largest):
        operator = self.next()[1]
        low, high = self.literal(kind)
        if operator == "in":
            self.expect("..")
            high = self.literal(kind)[1]
        lo, hi = {
            ">=": (low, largest), ">": (high + 1, largest), "<=": (0, high), "<": (0, low - 1),
            "=": (low, high), "in": (low, high),
        }[operator]
        assert 0 <= lo <= hi <= largest
        return lo, hi


def parse(text, schema):
    return canonical(Parser(text, schema).whole())


def parse_set(entries, schema):
    """Attributes, and (name, type, bits, value) for numbers."""
    attributes, numbers = [], []
    for entry in entries:
        leaf = Parser(entry, schema).whole()
        if leaf[0] == "range":
            assert leaf[4] == leaf[5]
            numbers.append(leaf[1:5])
        else:
            attributes.append(leaf[1])
    return attributes, numbers


def parse_schema(entries):
    schema = {}
    for entry in entries:
        parser = Parser(entry, {})
        name = parser.name()
        parser.expect(":")
        if parser.accept("date"):
            schema[name] = (DATE, 32)
        else:
            parser.expect("uint")
            parser.expect("(")
            schema[name] = (UINT, int(parser.next()[1]))
    return schema


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
    return nodes[0] if len(nodes) == 1 else (kind, nodes)


def node_bytes(node):
    if node[0] == "attribute":
        return b"\x01" + attribute_bytes(node[1])
    if node[0] == "range":
        _, name, kind, bits, lo, hi = node
        return b"\x02" + name_bytes(name) + u8(kind) + u8(bits) + u64(lo) + u64(hi)
    head = {"and": b"\x03", "or": b"\x04", "of": b"\x05"}[node[0]]
    k = u16(node[1]) if node[0] == "of" else b""
    return head + k + u16(len(node[-1])) + b"".join(node_bytes(child) for child in node[-1])


# The span program: [POL-9]

class SpanProgram:
    """Rows as lists of integers over (s, v_1, .., v_n), with their labels, ρ and τ."""

    def __init__(self, policy):
        self.columns, self.rows, self.labels = 1, [], []
        self.walk(policy, {0: 1})
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
    ways, rows = choices(policy, held)
    assert rows == len(program.rows)
    if not ways:
        return None
    cost = lambda way: (len({program.rho[i] for i in way}), len(way))
    ways.sort(key=cost)
    assert len(ways) == 1 or cost(ways[0]) < cost(ways[1]), "more than one cheapest choice"
    return dict(sorted(ways[0].items()))


# Canonical text: [POL-6]

def component_text(text):
    tokens = None
    if all(is_word_character(c) for c in text) and ".." not in text:
        tokens = scan(text) if unicodedata.category(text[0])[0] != "M" else None
    if tokens == [("word", text)] and text.lower() not in KEYWORDS:
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def name_text(name):
    namespace, component = name
    text = f'"{component}"' if not namespace and component.isascii() and component.isdigit() else component_text(component)
    return f"{component_text(namespace)}/{text}" if namespace else text


def number_text(kind, n):
    return str(n) if kind == UINT else (EPOCH + datetime.timedelta(minutes=n)).strftime("%Y-%m-%dT%H:%MZ")


def node_text(node, within=None):
    if node[0] == "attribute":
        name, value = node[1]
        return name_text(name) + (f":{component_text(value)}" if value else "")
    if node[0] == "range":
        _, name, kind, bits, lo, hi = node
        name, low = name_text(name), number_text(kind, lo)
        if lo == hi:
            return f"{name} = {low}"
        if hi == 2 ** bits - 1:
            return f"{name} >= {low}"
        high = number_text(kind, hi)
        return f"{name} <= {high}" if lo == 0 else f"{name} in {low}..{high}"
    if node[0] == "of":
        return f"{node[1]} of (" + ", ".join(node_text(child) for child in node[2]) + ")"
    text = f" {node[0]} ".join(node_text(child, node[0]) for child in node[1])
    return f"({text})" if within == "and" else text
