"""Check characters: the last character of an ID, by which a mistyped one is known to be wrong.

Hyphens and underscores never count. The rules of figures leave letters out, so that ``DEMO-`` stands outside.

Sources: ISO/IEC 7064:2003 (MOD 37,36); ISO/IEC 7812-1 annex B (Luhn); H. M. Damm, Total anti-symmetrische
Quasigruppen, Marburg 2004; J. Verhoeff, Error detecting decimal codes, Amsterdam 1969.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

_DAMM = (
    "0317598642", "7092154863", "4206871359", "1750983426", "6123045978",
    "3674209581", "5869720134", "8945362017", "9438617205", "2581436790",
)  # fmt: skip
"""Row: interim figure; column: next figure."""

_VERHOEFF_PERMUTED = (
    "0123456789", "1576283094", "5803796142", "8916043527", "9453126870", "4286573901", "2793806415", "7046913258",
)  # fmt: skip
"""Row: place of a figure from the right, modulo 8."""


def check_character(rule: str, body: str) -> str:
    """The character that `rule` puts behind `body`. Raises ValueError for a body without anything that counts."""
    numerals = set(_ALPHABET[: 36 if rule == MOD_37_36 else 10])
    counted = [_ALPHABET.index(c) for c in body.upper() if c in numerals]
    if not counted:
        raise ValueError("nothing in the ID counts for its check character")
    return _ALPHABET[RULES[rule](counted)]


def is_right(rule: str, subject: str) -> bool:
    """Whether the last character of `subject` is the one that `rule` puts behind the rest."""
    try:
        return subject[-1:] == check_character(rule, subject[:-1])
    except ValueError:
        return False


def _mod_37_36(values: list[int]) -> int:
    product = 36
    for value in values:
        product = ((product + value) % 36 or 36) * 2 % 37
    return (37 - product) % 36


def _luhn(values: list[int]) -> int:
    doubled = [sum(divmod(2 * v, 10)) if n % 2 == 0 else v for n, v in enumerate(reversed(values))]
    return -sum(doubled) % 10


def _damm(values: list[int]) -> int:
    interim = 0
    for value in values:
        interim = int(_DAMM[interim][value])
    return interim


def _verhoeff(values: list[int]) -> int:
    product = 0
    for place, value in enumerate(reversed(values), 1):
        product = _dihedral(product, int(_VERHOEFF_PERMUTED[place % 8][value]))
    return -product % 5 if product < 5 else product


def _dihedral(a: int, b: int) -> int:
    """a * b in the dihedral group D5: figures below 5 turn, the others turn and mirror."""
    turned = a % 5 + b % 5 if a < 5 else a % 5 - b % 5
    return turned % 5 + (5 if (a < 5) != (b < 5) else 0)


MOD_37_36 = "iso7064-mod-37-36"
RULES: Mapping[str, Callable[[list[int]], int]] = {
    MOD_37_36: _mod_37_36,
    "luhn": _luhn,
    "damm": _damm,
    "verhoeff": _verhoeff,
}
"""Rule, as a protocol names it -> the value of the check character behind these values."""
