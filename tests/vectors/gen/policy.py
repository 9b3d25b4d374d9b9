"""[POL-1] to [POL-10]: text, canonical bytes, labels, matrix, shares, reconstruction.

A node is one of ("attribute", a), ("range", name, type, bits, lo, hi), ("and", nodes), ("or", nodes),
("of", k, nodes). A name is (namespace, component), an attribute (name, value); "" stands for absent.
"""

import datetime
import itertools
import math
import re
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
    return c in "-_.@" or unicodedata.category(c)[0] in "LNM"


# A literal ends where `..` begins, though these are characters of words.
LITERAL = re.compile(r"\s*([\w\-:+]*(?:\.(?!\.)[\w\-:+]*)*)")


def scan(text, i=0):
    """The first sign from place i on, as (kind, content, end): a word, a quotation, a sign or the end."""
    while i < len(text) and text[i].isspace():
        i += 1
    if i == len(text):
        return "end", "", i
    if text[i] == '"':
        i, content = i + 1, ""
        while text[i] != '"':
            c, end = text[i], i + 1
            if text[i:i + 2] == "\\u":
                end = text.index("}", i) + 1
                c = chr(int(text[i + 3:end - 1], 16))
            elif c == "\\":
                c, end = text[i + 1], i + 2
                assert c in '"\\', text[i:]
            content, i = content + c, end
        return "quotation", content, i + 1
    if text[i:i + 2] in (">=", "<="):
        return "sign", text[i:i + 2], i + 2
    if text[i] in "()/:,<>=":
        return "sign", text[i], i + 1
    end = i
    while end < len(text) and is_word_character(text[end]):
        end += 1
    assert end > i and unicodedata.category(text[i])[0] != "M", text[i:]
    return "word", text[i:end], end


EPOCH = datetime.datetime(1900, 1, 1)


DAY = 24 * 60


def is_digits(text):
    return text.isascii() and text.isdigit()


def minutes(text):
    assert re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}Z)?", text), text
    return (datetime.datetime.fromisoformat(text.removesuffix("Z")) - EPOCH) // datetime.timedelta(minutes=1)


class Parser:
    """Recursive descent; `schema` maps names to (type, bits)."""

    def __init__(self, text, schema):
        self.text, self.place, self.schema = text, 0, schema

    def peek(self):
        return scan(self.text, self.place)[:2]

    def next(self):
        kind, content, self.place = scan(self.text, self.place)
        return kind, content

    def accept(self, text):
        """Whether a sign or keyword follows, which is then taken."""
        kind, content, end = scan(self.text, self.place)
        found = kind in ("sign", "word") and content.lower() == text
        if found:
            self.place = end
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
        if self.peek()[0] == "word" and is_digits(self.peek()[1]):
            k = int(self.next()[1])
            self.expect("of")
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
        assert text
        return unicodedata.normalize("NFC", text)

    def name(self):
        first = self.component()
        return (first, self.component()) if self.accept("/") else ("", first)

    def literal(self, kind):
        """The first and the last number that a literal means."""
        found = LITERAL.match(self.text, self.place)
        text, self.place = found[1], found.end()
        if kind == UINT:
            assert is_digits(text)
            return int(text), int(text)
        if "T" in text:
            return minutes(text), minutes(text)
        return minutes(text), minutes(text) + DAY - 1

    def leaf(self):
        name = self.name()
        if name in self.schema:
            kind, bits = self.schema[name]
            return ("range", name, kind, bits, *self.bounds(kind, 2 ** bits - 1))
        return ("attribute", (name, self.component() if self.accept(":") else ""))

    def dots(self):
        place = self.text.index("..", self.place)
        assert self.text[self.place:place].strip() == ""
        self.place = place + 2

    def bounds(self, kind, largest):
        operator = self.next()[1]
        low, high = self.literal(kind)
        if operator == "in":
            self.dots()
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


# Canonical text: [POL-6]

def is_shown_escaped(c):
    """Characters that show nothing, or turn what they stand in around."""
    ranges = [(0xAD, 0xAD), (0x61C, 0x61C), (0x180E, 0x180E), (0x200B, 0x200F), (0x2028, 0x202E),
              (0x2060, 0x206F), (0xFEFF, 0xFEFF), (0xFFF9, 0xFFFB), (0xE0000, 0xE0FFF)]
    return unicodedata.category(c) == "Cc" or any(first <= ord(c) <= last for first, last in ranges)


def quotation(text):
    escaped = lambda c: f"\\{c}" if c in '"\\' else f"\\u{{{ord(c):x}}}" if is_shown_escaped(c) else c
    return '"' + "".join(escaped(c) for c in text) + '"'


def component_text(text):
    word = all(is_word_character(c) for c in text) and unicodedata.category(text[0])[0] != "M"
    return text if word and text.lower() not in KEYWORDS else quotation(text)


def name_text(name):
    return "/".join(quotation(part) if is_digits(part) else component_text(part) for part in name if part)


def number_text(kind, n, day=None):
    """A date is shown as a bare day where that means the same minute: `day` is the minute of the day."""
    if kind == UINT:
        return str(n)
    date = EPOCH + datetime.timedelta(minutes=n)
    return date.strftime("%Y-%m-%d" if n % DAY == day else "%Y-%m-%dT%H:%MZ")


def node_text(node, within=None):
    if node[0] == "attribute":
        name, value = node[1]
        return name_text(name) + (f":{component_text(value)}" if value else "")
    if node[0] == "range":
        _, name, kind, bits, lo, hi = node
        name = name_text(name)
        if lo == hi or kind == DATE and lo % DAY == 0 and hi == lo + DAY - 1:
            return f"{name} = {number_text(kind, lo, 0 if lo < hi else None)}"
        if hi == 2 ** bits - 1:
            return f"{name} >= {number_text(kind, lo, 0)}"
        high = number_text(kind, hi, DAY - 1)
        return f"{name} <= {high}" if lo == 0 else f"{name} in {number_text(kind, lo, 0)}..{high}"
    if node[0] == "of":
        return f"{node[1]} of (" + ", ".join(node_text(child) for child in node[2]) + ")"
    text = f" {node[0]} ".join(node_text(child, node[0]) for child in node[1])
    return f"({text})" if within == "and" else text
