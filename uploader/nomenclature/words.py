"""What the words of a label say: of what, which side, which margin.

Every word is looked up in `lexicon/`, in names of the table as in labels of a clinic, so that both meet in the same
words. A word that nobody knows is first cut into known ones (``lparotid``), then taken for the known one it is nearly
spelt like; **neither ever makes a side of something that is not written**: a side is one of the words in
`lexicon/sides.txt`, alone, or in front of or behind a known word.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path

from uploader.nomenclature.letters import nearest
from uploader.nomenclature.side import Side

FOLDER = Path(__file__).parent / "lexicon"
LANGUAGES = ("en", "de", "fr", "es", "it", "nl")
NOISE = "noise"
_TYPE = re.compile(r"^(?:PTV!?|I?GTV|I?CTV|ITV)(?:n|p|sb|par|vas|v)?(?![a-z])")
_LITTLE = frozenset({"of", "the"})
_LONGEST = 32
"""Letters of a word that may be several in one, or misspelt."""
_MISSPELT = 84.0
"""Likeness in percent from which a word is taken for a known one; see `letters`."""
_CUT = re.compile(r"\d+[abc](?![A-Za-z])|[IVX]{1,4}[abc](?![A-Za-z])|\d+|[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_ONE = "(?:left|right|lt|rt|l|r)"
_BOTH = re.compile(rf"(?i)(?<![a-z])(?:b[/\\]l|{_ONE}\s*(?:[+&/]|and|und|et)\s*{_ONE})(?![a-z])")
"""``B/L`` and ``L+R``."""
_LEVEL = re.compile(r"(?<![A-Za-z])(c|t|th|d|l|s)\s?0*(\d{1,2})(?![\dA-Za-z])", re.IGNORECASE)
_ROMAN = dict(zip("i ii iii iv v vi vii viii ix x xi xii".split(), map(str, range(1, 13)), strict=True))  # noqa: SIM905
_ROMAN_LEVEL = re.compile(r"(viii|vii|vi|iv|ix|xii|xi|iii|ii|i|v|x)([abc]?)")
_NUMBERED = frozenset({"cn", "cranial", "neck", "level", "lvl"})
"""Words beside which ``IV`` is a number."""


@dataclass(frozen=True, slots=True)
class Words:
    """A label, read.

    meant: words of the lexicon's left side, without side and noise; figures are among them
    side: what it says of the side; UNKNOWN where it says nothing, or both left and right
    plural: it speaks of several
    """

    meant: frozenset[str]
    side: Side = Side.UNKNOWN
    plural: bool = False


@dataclass(slots=True)
class _Lexicon:
    """phrases: folded words -> (words meant, language); sides: word -> side; short: (language, word) -> side."""

    phrases: dict[tuple[str, ...], tuple[tuple[str, ...], str]] = field(default_factory=dict)
    sides: dict[str, Side] = field(default_factory=dict)
    short: dict[tuple[str, str], Side] = field(default_factory=dict)
    known: frozenset[str] = frozenset()
    longest: int = 1


@lru_cache(maxsize=1 << 14)
def read(label: str) -> Words:
    """What a label says. Total: any text is read, if need be as nothing."""
    cut = [word for word in _split(tuple(_cut(label))) if word not in _LITTLE]
    meant, sides, languages = _looked_up(cut)
    lexicon = _lexicon()
    for language in languages:
        sides += [lexicon.short[language, word] for word in list(meant) if (language, word) in lexicon.short]
        meant = [word for word in meant if (language, word) not in lexicon.short]
    words = frozenset(word for word in meant if word not in (NOISE, "both"))
    if not sides and not {"both", "total"}.isdisjoint(meant):
        sides.append(Side.BOTH)
    return Words(words - {"total"}, _one(sides), any(map(_is_plural, cut)))


def fold(text: str) -> str:
    """Lower case without accents; German umlauts lose their dots."""
    return _without_accents(text).lower()


def is_spoken(name: str) -> bool:
    """Whether a name is made of figures of five digits at most, single letters, types of targets and words of the
    lexicon: nobody's name, and nobody's number."""
    lexicon = _lexicon()
    own = {
        "gtv",
        "ctv",
        "itv",
        "ptv",
        "igtv",
        "ictv",
        "prv",
        "gy",
        "cgy",
        "mm",
        "xp",
        "sb",
        "par",
        "vas",
        "high",
        "mid",
        "low",
    }
    return all(
        word in own
        or word in lexicon.known
        or word in lexicon.sides
        or len(word) == 1
        or re.fullmatch(r"\d{1,5}[a-c]?|[a-z]\d{1,2}", word)
        for word in _cut(_TYPE.sub("", name))
    )


def is_known(word: str) -> bool:
    """Whether the lexicon has the word, and so no misspelling of another is to be thought of."""
    return word in _lexicon().known


def _without_accents(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.replace("ß", "ss"))
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def _one(sides: Sequence[Side]) -> Side:
    """The one side that is said; BOTH for left and right together."""
    said = set(sides)
    if len(said) == 1:
        return said.pop()
    return Side.BOTH if said else Side.UNKNOWN


def _cut(label: str) -> Iterator[str]:
    """Words and figures; levels of the spine and of lymph nodes (``T05``, ``L 3``) as one word, ``t5``."""
    plain = _BOTH.sub(" both ", _without_accents(label))
    at = 0
    for level in _LEVEL.finditer(plain):
        yield from _figures(_CUT.findall(plain[at : level.start()]))
        letter = {"th": "t", "d": "t"}.get(level[1].lower(), level[1].lower())
        yield f"{letter}{level[2]}"
        at = level.end()
    yield from _figures(_CUT.findall(plain[at:]))


def _figures(cut: list[str]) -> Iterator[str]:
    yield from (word.lower().lstrip("0") or "0" for word in cut)


def _split(cut: tuple[str, ...]) -> Iterator[str]:
    """The words, those cut further that are several in one, and roman figures read where they are meant."""
    numbered = not _NUMBERED.isdisjoint(cut)
    axilla = not {"ax", "axilla", "axillary"}.isdisjoint(cut)
    spine = not {"vb", "vert", "vertebra", "vertebrae", "level", "ln"}.isdisjoint(cut)
    for word in cut:
        roman = _ROMAN_LEVEL.fullmatch(word) if numbered else None
        if roman:
            yield _ROMAN[roman[1]] + roman[2]
        elif re.fullmatch(r"v[abc]", word) and numbered:
            yield "5" + word[1]
        elif re.fullmatch(r"l[123]", word) and axilla:
            yield word[1:]
        elif re.fullmatch(r"[lr]\d+", word) and len(cut) > 1 and not spine:
            yield from (word[0], word[1:])
        else:
            yield from _known(word)


@lru_cache(maxsize=1 << 14)
def _known(word: str) -> tuple[str, ...]:
    """One word as the lexicon knows it: itself, several in one, or the one it is nearly spelt like."""
    lexicon = _lexicon()
    if word in lexicon.known or word in lexicon.sides or not 3 < len(word) <= _LONGEST:
        return (word,)
    parts = _parts(word)
    if parts:
        return parts
    found = nearest(word, lexicon.known, _MISSPELT) if len(word) > 4 else ""
    return (found or word,)


def _parts(word: str) -> tuple[str, ...]:
    """Known words of three letters and more that make up the whole word, a side in front or behind; else nothing."""
    lexicon = _lexicon()
    for side in sorted(lexicon.sides, key=len, reverse=True):
        if word.startswith(side) and (rest := _words_in(word[len(side) :])):
            return (side, *rest)
        if word.endswith(side) and (rest := _words_in(word[: -len(side)])):
            return (*rest, side)
    return _words_in(word)


@lru_cache(maxsize=1 << 14)
def _words_in(word: str) -> tuple[str, ...]:
    known = _lexicon().known
    if word in known and len(word) > 2:
        return (word,)
    for at in range(len(word) - 3, 2, -1):
        if word[:at] in known and (rest := _words_in(word[at:])):
            return (word[:at], *rest)
    return ()


def _looked_up(cut: Sequence[str]) -> tuple[list[str], list[Side], set[str]]:
    """(words meant, sides said, languages spoken), the longest run of words first."""
    lexicon = _lexicon()
    meant: list[str] = []
    sides: list[Side] = []
    languages: set[str] = set()
    at = 0
    while at < len(cut):
        length = next((n for n in range(lexicon.longest, 0, -1) if tuple(cut[at : at + n]) in lexicon.phrases), 0)
        if length < 2 and cut[at] in lexicon.sides:
            sides.append(lexicon.sides[cut[at]])
            length = 1
        elif length:
            words, language = lexicon.phrases[tuple(cut[at : at + length])]
            sides += [Side(word) for word in words if word in ("left", "right")]
            meant += [word for word in words if word not in ("left", "right")]
            languages.add(language)
        else:
            meant.append(cut[at])
            length = 1
        at += length
    return meant, sides, languages


_PLURALS = frozenset(
    """
    hippocampi ovaries testes femora bronchi retinae cochleae scapulae lungen nieren augen linsen sehnerven huftkopfe
    poumons reins yeux pulmones rinones ojos polmoni reni longen ogen
    """.split()  # noqa: SIM905
)
"""Plurals that are not the singular and an s."""


@lru_cache(maxsize=1 << 14)
def _is_plural(word: str) -> bool:
    known = _lexicon().known
    return word in _PLURALS or (len(word) > 3 and word.endswith("s") and word in known and word[:-1] in known)


@cache
def _lexicon() -> _Lexicon:
    found = _Lexicon()
    for _, side, words in _lines("sides"):
        found.sides |= {word: Side(side) for word in words}
    for language in LANGUAGES:
        for _, meaning, phrases in _lines(language):
            if meaning.endswith(" short"):
                found.short |= {(language, word): Side(meaning.removesuffix(" short")) for word in phrases}
                continue
            for phrase in phrases:
                cut = tuple(word for word in phrase.split() if word not in _LITTLE)
                found.phrases.setdefault(cut, (tuple(meaning.split()), language))
    found.known = frozenset(word for phrase in found.phrases for word in phrase)
    found.longest = max(map(len, found.phrases))
    return found


def _lines(name: str) -> Iterator[tuple[str, str, list[str]]]:
    for line in (FOLDER / f"{name}.txt").read_text().splitlines():
        meaning, equals, words = line.partition(" = ")
        if equals and not line.startswith("#"):
            yield name, meaning, [fold(word).strip() for word in words.split(",")]
