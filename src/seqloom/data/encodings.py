"""Encodings: how bytes are cut into lines and become text, and which encoding a file seems to be in."""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from seqloom.core.errors import RecipeError
from seqloom.core.wording import must_be, nearest

__all__ = ["Encoding", "encoding_of", "guess_encoding", "guess_wide", "how_to_read", "is_utf_8"]

_ADVISED = ("utf-8", "gb18030", "big5", "utf-16")
_SUPERSET = {"gb2312": "gb18030", "gbk": "gb18030", "utf_8_sig": "utf-8"}
_WIDE = ("utf-16", "utf-16-le", "utf-16-be")


@dataclass(frozen=True, slots=True)
class Encoding:
    """An encoding in which a newline is always the same bytes."""

    name: str
    newline: bytes = b"\n"
    errors: str = "strict"
    """Python's name for what becomes of bytes that its own table of this encoding lacks."""

    def decode(self, data: bytes) -> str:
        return data.decode(self.name, self.errors)

    @property
    def wide(self) -> bool:
        return len(self.newline) > 1

    def end_of_lines(self, data: bytes) -> int:
        """Where the last whole line of the data ends; 0 where there is none."""
        width = len(self.newline)
        found = data.rfind(self.newline)
        # The bytes of a wide newline may also be the halves of two characters.
        while found > 0 and found % width:
            found = data.rfind(self.newline, 0, found + width - 1)
        return found + width if found >= 0 and found % width == 0 else 0

    def split(self, data: bytes) -> list[bytes]:
        """The lines of data that ends in a newline, without their newlines."""
        if not self.wide:
            return data.split(self.newline)[:-1]
        lines = data.decode(self.name, "surrogatepass").split("\n")[:-1]
        return [line.encode(self.name, "surrogatepass") for line in lines]


def encoding_of(name: str) -> Encoding:
    """By its name; a RecipeError where there is none of that name, or none that can be read line by line.

    gb2312 and gbk are read as gb18030, which contains them. utf-16 is of either byte order.
    """
    try:
        known = codecs.lookup(name).name
        plain = "\t\n".encode(known) == b"\t\n"
    except (LookupError, UnicodeError, TypeError, ValueError):
        known, plain = "", False
    if known in _WIDE:
        return Encoding(known, "\n".encode("utf-16-be" if known.endswith("be") else "utf-16-le"))
    # utf-7 and the ISO-2022 family change the meaning of bytes from one to the next, across lines.
    if not plain or known.startswith(("utf-7", "iso2022", "hz", "idna", "punycode")) or "escape" in known:
        expected = f"{', '.join(_ADVISED)} or another encoding of text that Python knows"
        guess = nearest(name, _ADVISED)
        raise RecipeError(must_be("encoding", expected, name, names=(guess,) if guess else ()))
    if known == "big5":
        codecs.register_error(_BIG5, _more_big5)
        return Encoding(known, errors=_BIG5)
    return Encoding(_SUPERSET.get(known, known))


def _more_big5(error: UnicodeError) -> tuple[str, int]:
    """What files called Big5 hold and its first table lacks (恒, 裏, €), by Taiwan's and Hong Kong's tables."""
    assert isinstance(error, UnicodeDecodeError)
    pair = error.object[error.start : error.start + 2]
    for extension in ("cp950", "big5hkscs"):
        try:
            return pair.decode(extension), error.start + 2
        except UnicodeDecodeError:
            continue
    raise error


def is_utf_8(data: bytes, *, surely: bool = True) -> bool:
    """Whether the data is UTF-8; surely: and could hardly be by chance, nor be plain ASCII."""
    try:
        # A decoder that waits for more, because the end of a block may cut a character in two.
        text = codecs.getincrementaldecoder("utf-8")().decode(data)
    except UnicodeDecodeError:
        return False
    beyond = [character for character in text if character > "\x7f"]
    return not surely or len(beyond) >= 10 or sum(character > "\u07ff" for character in beyond) >= 3


_BIG5 = "seqloom-big5"
_LIKELY = 0.3
_SAMPLE = 1 << 14

# The characters that make up about half of ordinary Chinese text, simplified and traditional, and its punctuation.
_FREQUENT = frozenset(
    "的一是不了在人有我他这中大来上个国和也子时道出说要就下得可你年生自会那后能对着事其里所去行过家十用发天如然作方成者多"
    "日都三小军二无同么经法当起与好看学进种将还分此心前面又定见只主没公从想实间样现老明动回什给但因问手点长很两体力"
    "吃呢吗吧啊请把被让给谢再真快乐喜欢爱她它们您哪怎为觉知话高开门车电水房服务住酒店早餐差太便宜东西朋友今昨晚午"
    "這來個國時說過為會後對著裡發當與種將還見從實間樣現動給問點長兩體嗎請讓謝愛們樂歡覺話開門車電務東錢買讀書寫聽"
    "最已等使些新本外月第名身走女男每先像做己候认找叫比更应该相信字几星期意思工校师病医孩父母兄弟朝夜山河花草马鸟鱼"
    "認應該幾師醫馬鳥魚號紅綠線語課話誰談論總難熱氣漢麗頭顏風飛龍"
    "、。「」『』，！？：；（）《》“”‘’…—～·　"
)
_CHINESE = re.compile(f"[{''.join(sorted(_FREQUENT))}]")
_JAPANESE = re.compile("[ぁ-ヿ、。「」]")
_KOREAN = re.compile(
    "[이다는을의에가고하은지기로를사한인도리나어시스해정자아대서수일주부있그보과여원장전만라조제상게니면세들안요습]"
)
_RUSSIAN = re.compile("(?<![А-Яа-яё])[А-Яа-яё][а-яё]+|[«»—]")
_USUAL = {
    "gb18030": _CHINESE,
    "big5": _CHINESE,
    "cp932": _JAPANESE,
    "euc_jp": _JAPANESE,
    "cp949": _KOREAN,
    "cp1251": _RUSSIAN,
    "koi8-r": _RUSSIAN,
    "cp1252": re.compile(
        "(?<=[A-Za-z])[ß-öø-ÿ]{1,2}(?![À-ÿ])|(?<![À-ÿ])[À-ÖØ-Ýß-öø-ÿ](?=[a-z])|(?<![^ -~])[‘’“”–…€«»°¿¡](?![^ -~])"
    ),
}
"""For each encoding, what is usual among the characters that are not ASCII."""


def guess_encoding(lines: Sequence[bytes]) -> str | None:
    """The encoding in which these lines read as text that people write; None if they do well in none."""
    sample, size = [], 0
    for line in lines:
        sample.append(line)
        size += len(line)
        if size > _SAMPLE:
            break
    data = b"\n".join(sample)
    if is_utf_8(data, surely=False):
        return "utf-8"
    if _is_damaged_utf_8(data):
        return None
    return _best({name: _likelihood(encoding_of(name), data) for name in _USUAL})


def guess_wide(data: bytes) -> str | None:
    """utf-16-le or utf-16-be, if the data reads as text in one of them."""
    data = data[: min(len(data), _SAMPLE) & ~1]
    return _best({name: _wide_likelihood(name, data) for name in ("utf-16-le", "utf-16-be")})


def how_to_read(name: str) -> str:
    """What to do about a file in that encoding."""
    return f'set `data.encoding = "{name}"`'


def _best(scores: Mapping[str, float]) -> str | None:
    best = max(scores, key=lambda name: scores[name])
    return best if scores[best] >= _LIKELY else None


def _is_damaged_utf_8(data: bytes) -> bool:
    text = data.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    return sum(character > "\x7f" for character in text) - broken > broken


def _likelihood(encoding: Encoding, data: bytes) -> float:
    """The share of the characters beyond ASCII that are usual in this encoding's languages."""
    try:
        text = encoding.decode(data)
    except UnicodeDecodeError:
        return 0.0
    beyond = sum(character > "\x7f" for character in text)
    usual = sum(len(found) for found in _USUAL[encoding.name].findall(text))
    return usual / beyond if beyond else 0.0


def _wide_likelihood(name: str, data: bytes) -> float:
    text = data.decode(name, "replace")
    usual = sum(" " <= character <= "~" or character in "\t\r\n" or character in _FREQUENT for character in text)
    return usual / len(text) if text else 0.0
