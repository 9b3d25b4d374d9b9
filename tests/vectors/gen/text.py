"""The keyword pipeline of src/search/text/SPEC.md, by other means: datetime, unicodedata2, snowballstemmer, and trees of pieces from the top down."""

import datetime
import math
import re
import struct

import snowballstemmer
import unicodedata2 as unicode

assert unicode.unidata_version == "17.0.0"

LANGUAGES = {"da": "danish", "nl": "dutch", "en": "english", "fi": "finnish", "fr": "french", "de": "german", "it": "italian",
             "no": "norwegian", "pt": "portuguese", "es": "spanish", "sv": "swedish"}
PLAIN = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"})
SPACES = {ord(c): " " for c in "\t\n\v\f\r\x85\u1680\u200b\u2028\u2029"} | {0x2019: "'", 0x2bc: "'"}


# [TEXT-7]

def refused(text):
    """The byte at which the first character stands that is refused."""
    for at, c in enumerate(text):
        if unicode.category(c) == "Cn" or unicode.category(c) == "Cc" and c not in "\t\n\v\f\r\x85":
            return len(text[:at].encode())
    return None


def is_invisible(c):
    return c != "\u200b" and unicode.category(c) == "Cf" or c == "\u034f" or any(
        first <= ord(c) <= last for first, last in [(0x180b, 0x180f), (0xfe00, 0xfe0f), (0xe0100, 0xe01ef)])


def spelled(text):
    seen = "".join(c for c in unicode.normalize("NFKD", text) if not is_invisible(c)).translate(SPACES)
    # Not casefold() of all: it is of the interpreter's version of Unicode, and maps marks.
    return unicode.normalize("NFC", "".join(c if unicode.combining(c) else c.casefold() for c in seen))


def stripped(text):
    def is_mark(c):
        return unicode.combining(c) == 1 or 10 <= unicode.combining(c) <= 36 or 200 <= unicode.combining(c) <= 240
    letters = "".join(c for c in unicode.normalize("NFD", text) if not is_mark(c))
    return unicode.normalize("NFC", letters.translate(PLAIN))


def fold(text):
    return stripped(spelled(text)).strip()


def is_letter(c):
    return unicode.category(c)[0] in "LMN" or unicode.category(c) == "Co"


def parts(name):
    return [part[:64] for part in "".join(c if is_letter(c) else " " for c in fold(name)).split()]


def sound(part):
    """Cologne phonetics by substitution, rule after rule, where the library goes letter by letter."""
    word = re.sub("[0-9]", "", part)
    if not re.fullmatch("[a-z]+", word):
        return None
    digits = [""] * len(word)
    for rule, digit in [("[dt](?=[csz])", "8"), ("p(?=h)", "3"), ("(?<=[ckq])x", "8"), ("x", "48"), ("^c(?=[ahkloqrux])", "4"),
                        ("(?<!^)(?<![sz])c(?=[ahkoqux])", "4"), ("[aeijouy]", "0"), ("[bp]", "1"), ("[dt]", "2"), ("[fvw]", "3"),
                        ("[gkq]", "4"), ("l", "5"), ("[mn]", "6"), ("r", "7"), ("[szc]", "8")]:
        for match in re.finditer(rule, word):
            digits[match.start()] = digits[match.start()] or digit
    code = re.sub(r"(.)\1+", r"\1", "".join(digits))
    return (code[:1] + code[1:].replace("0", "")) or None


def words(text, tag, stop_words):
    """Of texts in scripts with spaces: there the rules of UAX #29 cut nowhere else than the second cut does."""
    stemmer = snowballstemmer.stemmer(LANGUAGES[tag])
    found = []
    text = spelled(text)
    for match in re.finditer(r"(?:\w|(?<=[0-9])[.,](?=[0-9]))+", text.replace("_", " ")):
        word = match.group()
        around = text[max(0, match.start() - 2):match.start()], text[match.end():match.end() + 2]
        is_elided = re.fullmatch(r"[^\W\d]", word) and (re.fullmatch(r"[^\W\d]'", around[0]) or re.fullmatch(r"'[^\W\d]", around[1]))
        if is_elided or stripped(word) in stop_words:
            continue
        has_stem = re.fullmatch("[a-zà-öø-ÿœšž]{2,}", word)
        found.append({"word": stripped(word), "stem": f"{tag} {stripped(stemmer.stemWord(word))}" if has_stem else None})
    return found


# [TEXT-4]

def identifier(value):
    known = "".join(c for c in value if unicode.category(c) != "Cn")
    folded = unicode.normalize("NFC", unicode.normalize("NFKD", known).casefold())
    letters = "".join(c for c in folded if is_letter(c))
    return unicode.normalize("NFC", re.sub("[a-z]", lambda c: c.group().upper(), letters))


def pair(first, second):
    return re.sub(r"([\\ ])", r"\\\1", first) + " " + second


# [TEXT-5]

def days_of(piece):
    """The first and the last day of a piece, as numbers from 1970-01-01 on."""
    def number(year, month, day):
        return (datetime.date(year, month, day) - datetime.date(1970, 1, 1)).days

    def before(year, month):
        """The day before the first of a month."""
        return number(9999, 12, 31) if year > 9999 else number(year, month, 1) - 1
    if ".." in piece:
        first, last = piece.split("..")
        return number(int(first or 1), 1, 1), before(int(last or 9999) + 1, 1)
    if piece.endswith("x"):
        return number(max(1, int(piece[:3]) * 10), 1, 1), before(int(piece[:3]) * 10 + 10, 1)
    year = int(piece[:4])
    if len(piece) == 4:
        return number(year, 1, 1), before(year + 1, 1)
    if "q" in piece:
        first = int(piece[-1]) * 3 - 2
        return number(year, first, 1), before(year + (first == 10), (first + 2) % 12 + 1)
    month = int(piece[5:7])
    end = before(year + (month == 12), month % 12 + 1)
    if len(piece) == 7:
        return number(year, month, 1), end
    if piece.endswith("s"):
        third = int(piece[8])
        return number(year, month, third * 10 + 1), end if third == 2 else number(year, month, third * 10 + 10)
    day = number(year, month, int(piece[8:]))
    return day, day


def below(piece, finest):
    """The pieces that a piece is made of."""
    if piece is None:
        return ["..1899", "1900..1949", "1950..1999", "2000..2049", "2050.."]
    first, last = (datetime.date(1970, 1, 1) + datetime.timedelta(day) for day in days_of(piece))
    if ".." in piece:
        return [f"{decade:03}x" for decade in range(first.year // 10, last.year // 10 + 1)]
    if piece.endswith("x"):
        return [f"{year:04}" for year in range(first.year, last.year + 1)]
    if len(piece) == 4:
        return [f"{piece}-q{quarter}" for quarter in range(1, 5)]
    if "q" in piece:
        return [f"{piece[:4]}-{month:02}" for month in range(first.month, last.month + 1)]
    if len(piece) == 7:
        return [] if finest == "month" else [f"{piece}-{third}0s" for third in range(3)]
    if piece.endswith("s"):
        return [f"{piece[:7]}-{day:02}" for day in range(first.day, last.day + 1)]
    return []


def levels(first, last, finest):
    """The pieces of each size that a span touches."""
    of_size, found = below(None, finest), []
    while of_size:
        touched = [piece for piece in of_size if days_of(piece)[0] <= last and first <= days_of(piece)[1]]
        found.append(touched)
        of_size = [lower for piece in touched for lower in below(piece, finest)]
    return found


def made_of(first, last, finest, piece=None):
    """The largest pieces within a span."""
    if piece is not None:
        begin, end = days_of(piece)
        if end < first or last < begin:
            return []
        if first <= begin and end <= last:
            return [piece]
    return [found for lower in below(piece, finest) for found in made_of(first, last, finest, lower)]


# [TEXT-6]

def place(number):
    magnitude = abs(number)
    if magnitude < 2.0 ** -23:
        m = 0
    elif magnitude >= 2.0 ** 40:
        m = 4095
    else:
        fraction, power = math.frexp(magnitude)
        m = 64 * (power - 1 + 24) + math.floor((fraction * 2 - 1) * 64)
    return 4095 - m if number < 0 else 4096 + m


def neighbour(number, by):
    """The next number, up or down, of one that is not zero."""
    bits = struct.unpack(">q", struct.pack(">d", number))[0]
    return struct.unpack(">d", struct.pack(">q", bits + (by if number > 0 else -by)))[0]


def of_places(first, last, length=1, prefix=0):
    """The largest pieces within places, by the tree of prefixes from its root on."""
    found = []
    for lower in range(prefix, prefix + (4 if length > 1 else 8)):
        at = length + 2
        begin, end = lower << (13 - at), ((lower + 1) << (13 - at)) - 1
        if first <= begin and end <= last:
            found.append(f"{at}.{lower:x}")
        elif begin <= last and first <= end:
            found += of_places(first, last, at, lower * 4)
    return found


def inner(low, high):
    first, last = place(low), place(high)
    if place(low) == place(neighbour(low, -1)):
        first += 1
    if place(high) == place(neighbour(high, 1)):
        last -= 1
    return of_places(first, last) if first <= last else []
