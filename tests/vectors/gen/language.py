"""[POL-2], [POL-4], [POL-6]: policies, sets and schemas as text; and the canonical text."""

import datetime
import re
import unicodedata

from policy import DATE, UINT, canonical

KEYWORDS = {"and", "or", "not", "of", "in"}


def is_word_character(c):
    """Letters stand for what Unicode calls alphabetic, which Python cannot tell; the vectors hold no other."""
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
