"""What the first sound of the next word changes: l'ami, j'y vais, mon amie, cet homme, s'il, un bel arbre."""

from __future__ import annotations

import re
from functools import cache

__all__ = ["sounded", "starts_with_vowel"]

_VOWELS = frozenset("aàâeéèêëiîïoôuùûœ")
_ASPIRATED = ("hamster", "haricot", "haut", "hérisson", "héros", "huit")
"""Words whose h keeps the word before whole, with all their endings."""
_KEPT_APART = frozenset({"oui", "onze", "onzième"})
"""Words that begin with a vowel and yet keep the word before whole."""

_NEXT_WORD = r" (?=(\w+))"
_BEFORE = re.compile(r"(?<![\w'-])(je|me|te|se|le|la|de|ne|que|jusque|ma|ta|sa|ce|si)" + _NEXT_WORD)
"""A word that may change, where it stands alone: in `puis-je aller` and `donnez-le à` it never does."""
_FORMS_OF_BE = frozenset({"est", "était"})


@cache
def starts_with_vowel(text: str) -> bool:
    """Whether the word before is elided, linked or changed. `h` is mute unless the word is known to keep it."""
    word = text.lower().split(" ", 1)[0].split("-", 1)[0].rstrip(",.")
    if not word or word in _KEPT_APART or word.startswith(_ASPIRATED):
        return False
    return word == "y" or word[0] == "h" or word[0] in _VOWELS


def sounded(text: str) -> str:
    """A sentence of whole words, as it is said and written: `je ne ai que elle` is `je n'ai qu'elle`."""
    return _BEFORE.sub(_before, text)


def _before(match: re.Match[str]) -> str:
    word, following = match.group(1), match.group(2)
    if word == "si":
        return "s'" if following in ("il", "ils") else match.group(0)
    if not starts_with_vowel(following):
        return match.group(0)
    if word in ("ma", "ta", "sa"):
        return word[0] + "on "
    if word == "ce" and following not in _FORMS_OF_BE:
        return "cet "
    return word[:-1] + "'"
