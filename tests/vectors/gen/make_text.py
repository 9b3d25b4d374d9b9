"""Test vectors of the keyword pipeline, as make.py makes those of suite 1:

    python make_text.py > text.json && mv text.json ..

The same bytes come out every time.
"""

import json
import pathlib
import re

from text import days_of, fold, identifier, inner, levels, made_of, of_places, pair, parts, place, refused, sound, words

SOURCE = pathlib.Path(__file__).parents[3] / "src" / "search" / "text"

TEXTS = ["MÜLLER", "Mu\u0308ller", "Straße GROẞ", "Ὀδυσσεύς", "İstanbul", "ﬁbrosis", "Ｈｂ\u3000Ａ１ｃ", "Søren Łukasz Œdème Þór", "Mül\u00adler",
         "l’hôpital", "が", "हिन्दी", "مُحَمَّد", "שָׁלוֹם", "한국어", "Ⅳ x² ½", "ẛ̣", "a\u0378", "é\x1b", "\ue000", "a\u200bb", "ЙЁ", "ǅ ŉ ᾳ"]
NAMES = ["Dr. Anna-Maria Müller", "O’Brien", "Muñoz321", "Schmidt-Wächter", "山田 太郎", "Philipp Szczęsny", "Catherine Xavier", "van der Meulen", "Hoffmann",
         "Breschnew", "Heinz Classen", "Maxwell Acker", "Hh", "ŁUKASZ", "Nguyễn Thị Minh", "Иван"]
SENTENCES = [
    ("en", "Chest pain.No fever; patient's HbA1c 7.5 %, fractured ribs. COVID-19 can't be excluded"),
    ("de", "Die Entzündungen der Lunge wurden behandelt; Straße"), ("fr", "Douleurs chroniques à l’hôpital, œdèmes pulmonaires aliénées"),
    ("es", "Dolores abdominales y corazón agrandado"), ("it", "Dolori addominali dell'intestino"), ("nl", "Ernstige longontsteking met koorts"),
    ("pt", "Dores torácicas intensas"), ("sv", "Smärtor och inflammationer"), ("da", "Smerter og betændelser"), ("no", "Kraftige smerter i magen"),
    ("fi", "Keuhkokuumeen oireita"),
]
SPANS = [("2026-05-14", "2026-05-14"), ("2026-05", "2026-05"), ("2026", "2026"), ("2026-05-14", "2026-06-30"), ("1999-12-31", "2000-01-01"),
         ("1901-01-02", "2048-12-30"), ("2024-02-29", "2024-03-01"), ("1950", "2049"), ("1890-07-04", "1901-02-03"), ("2047-11-30", "2051-01-01")]
NUMBERS = [0.0, 5.0, 7.5, -7.5, 0.1, 1e-7, 1e-8, 120.0, 1e12, 1e13, -1e300, 36.6, 2.0 ** 39, 0.5]
INTERVALS = [(7.0, 9.0), (6.5, 6.5), (-1.0, 1.0), (0.1, 0.2), (120.0, 139.5), (1.0, 1e13), (1.0, 1.015625)]


def span(first, last):
    def of(date):
        return days_of({4: date, 7: date, 10: date}[len(date)])
    return of(first)[0], of(last)[1]


def months(first, last):
    """What is asked in months: those that are touched, and those within."""
    outer = levels(first, last, "month")[-1]
    return made_of(days_of(outer[0])[0], days_of(outer[-1])[1], "month"), made_of(first, last, "month")


def main():
    stop = (SOURCE / "stop.rs").read_text()
    stop_words = set(re.findall(r'"([a-z]+)"', stop[stop.index("STOP_WORDS"):stop.index("];")]))
    dates = []
    for first, last in SPANS:
        begin, end = span(first, last)
        outer, within = months(begin, end)
        dates.append({"first": first, "last": last, "days": [begin, end],
                      "written": [of_size if len(of_size) <= 2 else None for of_size in levels(begin, end, "day")],
                      "asked": made_of(begin, end, "day"), "asked in months": outer, "within in months": within})
    numbers = [{"number": n, "pieces": [f"{length}.{place(n) >> (13 - length):x}" for length in (3, 5, 7, 9, 11, 13)]} for n in NUMBERS]
    intervals = [{"low": low, "high": high, "outer": of_places(place(low), place(high)), "inner": inner(low, high)} for low, high in INTERVALS]
    print(json.dumps({
        "source": "made by gen/make_text.py: unicodedata2 for the tables of Unicode 17.0, snowballstemmer for stems",
        "folded": [{"text": t, "refused": refused(t), "folded": None if refused(t) is not None else fold(t)} for t in TEXTS],
        "names": [{"name": n, "parts": parts(n), "sounds": [sound(part) for part in parts(n)]} for n in NAMES],
        "texts": [{"language": tag, "text": t, "words": words(t, tag, stop_words)} for tag, t in SENTENCES],
        "dates": dates, "numbers": numbers, "intervals": intervals,
        "identifiers": [{"value": v, "identifier": identifier(v)} for v in ["ab-12.3/x", "+41 44 123 45 67", "Ａ１\u0301", "ß é", "\u0378a"]],
        "pairs": [{"first": a, "second": b, "pair": pair(a, b)} for a, b in [("a b", "c"), ("a", "b c"), ("a\\", " b"), ("|x y\\z", "")]],
    }, indent=1))


if __name__ == "__main__":
    main()
