"""Which language a text is in, of those that are served."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from seqloom.core.errors import MissingExtraError
from seqloom.data.fields import canonical

__all__ = ["Detected", "detect"]

_LONGEST = 4000
"""Characters that are looked at: more of them say nothing new."""
_SCRIPTS = (
    (re.compile("[ぁ-ゟ゠-ヿ]"), 3.0, frozenset({"ja"})),
    (re.compile("[㐀-䶿一-鿿]"), 3.0, frozenset({"zh", "ja", "yue", "zt"})),  # a character is a word
    (re.compile("[가-힣ᄀ-ᇿ]"), 2.0, frozenset({"ko"})),
    (re.compile("[Ѐ-ԯ]"), 1.0, frozenset({"ba", "be", "bg", "kk", "ky", "mk", "mn", "ru", "sr", "tg", "tt", "uk"})),
    (re.compile("[Ͱ-Ͽἀ-῿]"), 1.0, frozenset({"el"})),
    (re.compile("[\u0600-ۿݐ-ݿ]"), 1.0, frozenset({"ar", "ckb", "fa", "ku", "pb", "ps", "sd", "ug", "ur"})),
    (re.compile("[\u0590-\u05ff]"), 1.0, frozenset({"he", "yi"})),
    (re.compile("[ऀ-ॿ]"), 1.0, frozenset({"hi", "mr", "ne", "sa"})),
    (re.compile("[ঀ-৿]"), 1.0, frozenset({"as", "bn"})),
    (re.compile("[\u0a00-\u0a7f]"), 1.0, frozenset({"pa"})),
    (re.compile("[\u0a80-\u0aff]"), 1.0, frozenset({"gu"})),
    (re.compile("[\u0b80-\u0bff]"), 1.0, frozenset({"ta"})),
    (re.compile("[\u0c00-\u0c7f]"), 1.0, frozenset({"te"})),
    (re.compile("[\u0c80-\u0cff]"), 1.0, frozenset({"kn"})),
    (re.compile("[\u0d00-\u0d7f]"), 1.0, frozenset({"ml"})),
    (re.compile("[\u0e00-\u0e7f]"), 1.0, frozenset({"th"})),
    (re.compile("[\u10a0-\u10ff]"), 1.0, frozenset({"ka"})),
    (re.compile("[\u0530-\u058f]"), 1.0, frozenset({"hy"})),
)
"""Letters, what one of them weighs beside a Latin one, and who writes with them. All others write Latin letters."""
_FIRST = {
    "en": "hello hi hey thanks thank you yes please good the is are and dog cat",
    "de": "hallo danke bitte ja nein guten gute der die das ist und hund katze",
    "fr": "bonjour salut merci oui non bon bonne le la les est et chien chat",
    "es": "hola gracias sí buenos buenas el la los es y perro gato adiós",
    "it": "ciao grazie sì buongiorno buona il lo la è e cane gatto",
    "pt": "olá oi obrigado obrigada sim não bom o a os é e cão gato",
    "nl": "hallo dank dankjewel ja nee goede de het is en hond kat",
}
_FEW = 4
_BOOST = 6.0
"""What people try first is a word or two, of which the shapes of words say little: some are known by themselves."""
_LATIN = re.compile("[A-Za-zÀ-ɏḀ-ỿ]")
_TRADITIONAL = frozenset({"zh-hant", "zh-tw", "zh-hk", "zh-mo", "zt"})
_OLD = re.compile(
    "[這來個國時說過為會後對裡發當與種將還見從實間樣現動給問點長兩體嗎請讓謝愛們樂歡覺話開門車電務東錢買讀書寫聽貓]"
)
_NEW = re.compile(
    "[这来个国时说过为会后对里发当与种将还见从实间样现动给问点长两体吗请让谢爱们乐欢觉话开门车电务东钱买读书写听猫]"
)


@dataclass(frozen=True, slots=True)
class Detected:
    language: str
    """As those who serve it call it."""
    confidence: float
    """From 0 to 100."""


def detect(text: str, languages: Sequence[str]) -> list[Detected]:
    """The languages that it may be in, the likeliest first; never none of them, where there is one.

    The letters decide first, which even a single word has; among those who share them, the words.
    """
    text = text[:_LONGEST]
    written = [language for language in languages if _writes_so(_base(language), _letters(text))]
    if not written or not any(character.isalpha() for character in text):
        return [Detected(language, 0.0) for language in languages[:1]]
    shares = dict(_identifier().rank(text))
    weights = [
        shares.get(_base(language), 0.0) * _variety(language, text) * _greeting(_base(language), text)
        for language in written
    ]
    total = sum(weights)
    if not total:  # languages that were never told apart
        weights, total = [1.0] * len(written), float(len(written))
    found = [Detected(each, round(100 * weight / total, 1)) for each, weight in zip(written, weights, strict=True)]
    found.sort(key=lambda each: -each.confidence)
    return [each for each in found if each.confidence >= 1]


def _base(language: str) -> str:
    base = canonical(language).partition("-")[0]
    return "zh" if base == "zt" else base


def _letters(text: str) -> frozenset[str] | None:
    """Who writes with most of the letters; None: everybody who writes Latin ones."""
    kana, *others = _SCRIPTS
    if kana[0].search(text) and len(kana[0].findall(text)) * 10 >= len(text.split()):
        # A few of them among Chinese characters are what tells Japanese.
        others = [(re.compile(f"{kana[0].pattern}|{others[0][0].pattern}"), kana[1], kana[2]), *others[1:]]
    weighed = [(len(letters.findall(text)) * weight, who) for letters, weight, who in others]
    most, who = max(weighed, key=lambda each: each[0])
    return who if most > len(_LATIN.findall(text)) else None


def _writes_so(language: str, who: frozenset[str] | None) -> bool:
    if who is None:
        return not any(language in others for _, _, others in _SCRIPTS) or language in ("sr", "ku", "kk")
    return language in who


def _variety(language: str, text: str) -> float:
    """Of Chinese: how well its characters go with this way of writing them."""
    if _base(language) != "zh":
        return 1.0
    old, new = len(_OLD.findall(text)), len(_NEW.findall(text))
    this, other = (old, new) if canonical(language) in _TRADITIONAL else (new, old)
    return 1.0 if this > other or not old + new else 0.05


def _greeting(base: str, text: str) -> float:
    words = re.findall(r"\w+", text.lower())
    known = _FIRST.get(base, "").split()
    return _BOOST ** sum(word in known for word in words) if len(words) <= _FEW else 1.0


@lru_cache(maxsize=1)
def _identifier() -> Any:
    try:
        from py3langid.langid import MODEL_FILE, LanguageIdentifier
    except ImportError as error:
        raise MissingExtraError("telling languages apart", extra="serve") from error
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
