"""TMX, XLIFF, test sets of WMT, Reuters, CoNLL and Parquet: what is read of them, and what is refused in one line."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest

from seqloom.core.errors import DataError, MissingExtraError
from seqloom.data.columns import Columns
from seqloom.data.formats import languages_in
from seqloom.data.readers import read_rows
from seqloom.data.rows import BadLine, Row

WNUT = Path(os.environ.get("SEQLOOM_DATA", Path(__file__).parents[3] / "shared" / "data")) / "wnut17"


def columns(source: str | int | None = None, target: str | int | None = None) -> Columns:
    return Columns(source=() if source is None else (source,), target=() if target is None else (target,))


def rows(path: Path | str, wanted: Columns = Columns(), *, sources_only: bool = False) -> list[Row | BadLine]:  # noqa: B008
    return list(read_rows(str(path), columns=wanted, sources_only=sources_only))


def pairs(path: Path | str, wanted: Columns = Columns(), *, sources_only: bool = False) -> list[tuple[str, ...]]:  # noqa: B008
    found = rows(path, wanted, sources_only=sources_only)
    assert all(isinstance(row, Row) for row in found)
    return [(row.source, *row.targets) for row in found if isinstance(row, Row)]


def refused(path: Path | str, wanted: Columns = Columns(), *, sources_only: bool = False) -> str:  # noqa: B008
    with pytest.raises(DataError) as error:
        rows(path, wanted, sources_only=sources_only)
    assert "\n" not in str(error.value)
    return str(error.value)


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


# ---- TMX -------------------------------------------------------------------------------------------------------------


def tmx(*units: dict[str, str], origin: str = "en", head: str = "") -> str:
    body = "".join(
        "<tu>" + "".join(f'<tuv xml:lang="{name}"><seg>{text}</seg></tuv>' for name, text in unit.items()) + "</tu>\n"
        for unit in units
    )
    return f'<?xml version="1.0"?>{head}<tmx version="1.4"><header srclang="{origin}"/><body>\n{body}</body></tmx>'


FIVE = [
    {name: f"{name}{number}" for name in ("en", "de", "fr", "it", "pt")[: 2 + number]} for number in (0, 1, 2, 3, 3)
]


def test_a_memory_of_two_languages_needs_no_words(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tmx", tmx({"de": "ja", "en": "yes &amp; no"}, {"en": "", "de": "nur"}))
    assert pairs(path) == [("yes & no", "ja"), ("", "nur")]
    assert pairs(path, columns("de")) == [("ja", "yes & no"), ("nur", "")]
    assert pairs(path, columns(target="en")) == [("ja", "yes & no"), ("nur", "")]
    assert pairs(path, columns("source", "target")) == [("yes & no", "ja"), ("", "nur")]
    assert [row.line for row in rows(path)] == [2, 3]


def test_what_is_markup_of_another_program_is_no_text(tmp_path: Path) -> None:
    said = '<bpt i="1">&lt;b&gt;</bpt>Press <hi>this</hi><ept i="1">&lt;/b&gt;</ept> <ph>{0}<sub>x</sub></ph>now'
    path = write(tmp_path / "a.tmx", tmx({"en": said, "de": "\n    Jetzt\n    "}))
    assert pairs(path) == [("Press this now", "Jetzt")]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "iso-8859-1", "cp1252"])
def test_xml_says_its_encoding_itself(tmp_path: Path, encoding: str) -> None:
    named = encoding.removesuffix("-sig")
    text = tmx({"en": "quick", "de": "schön"}).replace('"1.0"', f'"1.0" encoding="{named}"', 1)
    assert pairs(write(tmp_path / "a.tmx", text.replace("\n", "\r\n"), encoding)) == [("quick", "schön")]


def test_five_languages_are_asked_about(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tmx", tmx(*FIVE, origin="*all*"))
    assert refused(path) == (
        f"{path} has 5 languages: say which to read, for example "
        '`data.source_columns = ["en"]` and `data.target_columns = ["de"]`. Its pairs: en–de (5), en–fr (4), '
        "de–fr (4), en–it (3), de–it (3), fr–it (3), en–pt (2), de–pt (2) and 2 more."
    )
    assert pairs(path, columns("fr", "pt"))[-1] == ("fr3", "pt3")
    assert pairs(path, columns("fr", "pt"))[:2] == [("", ""), ("fr1", "")]
    assert pairs(path, Columns(source=("en", "de"), target=("fr",)))[1] == ("en1\tde1", "fr1")
    assert "has no language `es`. Its pairs: en–de (5)" in refused(path, columns("en", "es"))
    assert pairs(path, columns("it"), sources_only=True)[-1] == ("it3",)


def test_dialects_are_found_by_their_language(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tmx", tmx({"en-US": "color", "DE_de": "Farbe"}, {"en-us": "gray", "de-DE": "grau"}))
    assert pairs(path, columns("de", "en")) == [("Farbe", "color"), ("grau", "gray")]
    path = write(tmp_path / "b.tmx", tmx({"en-US": "color", "en-GB": "colour", "de": "Farbe"}))
    assert "`en` may be `en-us`, `en-gb`" in refused(path, columns("en", "de"))


def test_languages_that_never_meet(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tmx", tmx({"en": "a", "de": "b"}, {"fr": "c", "it": "d"}))
    assert "nothing in it is in both `en` and `it`. Its pairs: en–de (1), fr–it (1)." in refused(
        path, columns("en", "it")
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("hello\tthere\n", "must be TMX, as its name says, but is no XML (syntax error)."),
        ("<xliff></xliff>", "must be TMX, as its name says, but its first element is <xliff>."),
        (tmx({"en": "a", "de": "b"})[:-20], ": its end is missing. Copy or download it again."),
        (tmx({"en": "a & b", "de": "b"}), ":2: not well-formed XML (not well-formed (invalid token) at column"),
        (tmx({"en": "a"}), "must have two languages, but has only `en`."),
        (tmx(), "must have two languages, but has no text at all."),
    ],
)
def test_a_memory_that_is_none(tmp_path: Path, text: str, said: str) -> None:
    assert said in refused(write(tmp_path / "a.tmx", text))


@pytest.mark.parametrize(
    "declared",
    [
        '<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;">',
        '<!ENTITY c SYSTEM "file:///etc/hostname">',
        '<!ENTITY % c SYSTEM "file:///etc/hostname">',
    ],
)
def test_entities_are_refused_before_they_grow(tmp_path: Path, declared: str) -> None:
    text = tmx({"en": "&c;", "de": "b"}, head=f"<!DOCTYPE tmx [{declared}]>")
    assert "it declares the entity" in refused(write(tmp_path / "a.tmx", text))


def test_a_dtd_elsewhere_is_not_fetched_and_its_entities_are_what_everybody_means(tmp_path: Path) -> None:
    text = tmx({"en": "a&nbsp;b &mine;", "de": "c"}, head='<!DOCTYPE tmx SYSTEM "tmx14.dtd">')
    assert pairs(write(tmp_path / "a.tmx", text)) == [("a\xa0b &mine;", "c")]


def test_deep_nesting_is_no_text(tmp_path: Path) -> None:
    text = tmx({"en": "<hi>" * 5000 + "</hi>" * 5000, "de": "b"})
    assert "elements must lie less than 1000 deep" in refused(write(tmp_path / "a.tmx", text))


def test_it_is_read_as_it_comes_and_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "a.tmx.gz"
    path.write_bytes(gzip.compress(tmx(*({"en": f"e{number}", "de": "d"} for number in range(5000))).encode()))
    assert pairs(path)[4999] == ("e4999", "d")


def test_under_a_name_of_lines_it_is_refused(tmp_path: Path) -> None:
    assert "must be lines of text, but is TMX. End its name in `.tmx`." in refused(
        write(tmp_path / "a.txt", tmx({"en": "a", "de": "b"}))
    )
    (tmp_path / "b.tmx").write_text(tmx({"en": "a", "de": "b"}))
    assert "parallel files must be lines of text" in refused(f"{tmp_path}/b.tmx,{tmp_path}/b.tmx")
    assert pairs(write(tmp_path / "c.xml", tmx({"en": "a", "de": "b"}))) == [("a", "b")]
    assert "must be TMX, XLIFF or a test set of WMT, but begins with <html>." in refused(
        write(tmp_path / "d.xml", "<html/>")
    )


# ---- XLIFF -----------------------------------------------------------------------------------------------------------

XLIFF = """<xliff version="1.2" xmlns="urn:oasis:names:tc:xliff:document:1.2">
<file original="menu.html" source-language="en" target-language="fr"><body><group>
<trans-unit id="1"><source>Hello <g id="1">big</g> <ph id="2">{x}</ph>world</source><target>Bonjour</target>
<alt-trans><source>no</source><target>non</target></alt-trans></trans-unit>
<trans-unit id="2"><source>B</source><target state="needs-review-translation">C</target></trans-unit>
<trans-unit id="3"><source>D</source></trans-unit></group></body></file></xliff>"""

XLIFF_2 = """<x:xliff xmlns:x="urn:oasis:names:tc:xliff:document:2.0" version="2.0" srcLang="en" trgLang="fr">
<x:file id="f"><x:unit id="u"><x:segment><x:source>A <x:pc id="1">b</x:pc><x:cp hex="0007"/></x:source>
<x:target>C</x:target></x:segment><x:ignorable><x:source> </x:source></x:ignorable>
<x:segment state="initial"><x:source>x</x:source><x:target>x</x:target></x:segment></x:unit></x:file></x:xliff>"""


def test_xliff_of_both_kinds(tmp_path: Path) -> None:
    first, second, third = rows(write(tmp_path / "a.xlf", XLIFF))
    assert isinstance(first, Row)
    assert (first.source, first.targets) == ("Hello big world", ("Bonjour",))
    assert first.extras == {"document": "menu.html", "id": "1"}
    assert isinstance(second, BadLine)
    assert (second.left_out, second.line, second.what) == (True, 5, "not translated to the end")
    assert isinstance(third, Row)
    assert third.targets == ("",)
    assert pairs(tmp_path / "a.xlf", columns("en"), sources_only=True)[1:] == [("B", "C"), ("D",)]
    first, second = rows(write(tmp_path / "b.xliff", XLIFF_2))
    assert isinstance(first, Row)
    assert (first.source, first.targets) == ("A b\a", ("C",))
    assert isinstance(second, BadLine)
    assert second.left_out


# ---- WMT and Reuters -------------------------------------------------------------------------------------------------

WMT = """<?xml version='1.0' encoding='utf-8'?>
<dataset id="t"><doc origlang="en" id="d1">
<src lang="en"><p><seg id="1">One.</seg></p><p><seg id="2">Two.</seg></p></src>
<ref lang="de" translator="A"><p><seg id="1">Eins.</seg><seg id="2">Zwei.</seg></p></ref>
<ref lang="de" translator="B"><p><seg id="1">1.</seg></p></ref>
<hyp system="s" language="de"><p><seg id="1">h</seg></p></hyp></doc></dataset>"""


def test_a_test_set_with_several_references(tmp_path: Path) -> None:
    path = write(tmp_path / "a.xml", WMT)
    assert pairs(path) == [("One.", "Eins.", "1."), ("Two.", "Zwei.")]
    assert pairs(path, columns("en", "de:B")) == [("One.", "1."), ("Two.", "")]
    assert [row.extras for row in rows(path) if isinstance(row, Row)] == [
        {"document": "d1", "id": "1"},
        {"document": "d1", "id": "2"},
    ]


def test_a_test_set_with_a_file_a_side(tmp_path: Path) -> None:
    source = '<srcset setid="t">\n<DOC docid="d">\n<seg id="1">A < B & C &amp; D</seg>\n<seg id=2>two\nlines</seg>'
    source = write(tmp_path / "s.sgm", f"{source}</DOC></srcset>\n")
    answer = '<refset setid="t"><doc docid="d"><hl><seg id="1">ra</seg></hl><seg id="2">rb</seg></doc></refset>'
    answers = write(tmp_path / "r.sgm", answer)
    assert pairs(f"{source},{answers}") == [("A < B & C & D", "ra"), ("two lines", "rb")]
    assert pairs(f"{source},{answers},{answers}") == [("A < B & C & D", "ra", "ra"), ("two lines", "rb", "rb")]
    assert pairs(f"{source},{answers}", columns(2, 1))[0] == ("ra", "A < B & C & D")
    assert pairs(source, sources_only=True) == [("A < B & C & D",), ("two lines",)]
    assert "is one side of a test set. Name both, the source first:" in refused(source)
    write(answers, answer.replace('id="2"', 'id="3"'))
    assert "has `d`, segment 3 where" in refused(f"{source},{answers}")
    write(answers, answer.replace('<seg id="2">rb</seg>', ""))
    assert "r.sgm: it ends where" in refused(f"{source},{answers}")
    assert "has no <srcset> or <refset>" in refused(write(tmp_path / "x.sgm", "hello\tthere\n"), sources_only=True)


REUTERS = """<!DOCTYPE lewis SYSTEM "lewis.dtd">
<REUTERS TOPICS="YES" LEWISSPLIT="TRAIN" NEWID="1">
<DATE>26-FEB-1987</DATE>
<TOPICS><D>cocoa</D><D>veg-oil</D></TOPICS>
<PLACES><D>el-salvador</D></PLACES>
<TEXT>&#2;
<TITLE>BAHIA COCOA &lt;REVIEW></TITLE>
<DATELINE>    SALVADOR, Feb 26 - </DATELINE><BODY>Showers  continued
throughout.
 Reuter
&#3;</BODY></TEXT>
</REUTERS>
<REUTERS NEWID="2">
<TOPICS></TOPICS>
<TEXT TYPE="BRIEF">
<TITLE>SHORT</TITLE>
</TEXT>
</REUTERS>
"""


def test_news_of_reuters(tmp_path: Path) -> None:
    path = write(tmp_path / "reut2.sgm", REUTERS)
    assert pairs(path) == [("BAHIA COCOA <REVIEW>", "cocoa veg-oil"), ("SHORT", "")]
    body = "Showers continued throughout. Reuter"
    assert pairs(path, columns("body", "headline")) == [(body, "BAHIA COCOA <REVIEW>"), ("", "SHORT")]
    assert pairs(path, Columns(source=("headline", "body"), target=("places",)))[0] == (
        f"BAHIA COCOA <REVIEW>\t{body}",
        "el-salvador",
    )
    assert "it has no `topic`; there are `headline`, `topics`" in refused(path, columns(target="topic"))


# ---- CoNLL -----------------------------------------------------------------------------------------------------------

CONLL = "-DOCSTART- -X- O\n\nEU NNP B-ORG\n# NN O\n\nPeter NNP B-PER\nx O\n\n\nBlack NNP I-PER\r\n"
UNIVERSAL = """# newdoc id = d9
# text = du
1-2\tdu\t_\t_\t_\t_\t_\t_\t_\t_
1\tde\tde\tADP\t_\t_\t0\t_\t_\t_
2\tNew York\tle\tDET\t_\t_\t0\t_\t_\t_
2.1\tnothing\t_\t_\t_\t_\t_\t_\t_\t_

"""


def test_words_and_their_labels(tmp_path: Path) -> None:
    first, second, third = rows(write(tmp_path / "a.conll", CONLL))
    assert isinstance(first, Row)
    assert (first.source, first.targets, first.extras) == ("EU #", ("B-ORG O",), {"document": "1"})
    assert isinstance(second, BadLine)
    assert str(second) == f"{tmp_path}/a.conll:6: expected 3 columns in every line of the sentence, found 2"
    assert isinstance(third, Row)
    assert (third.source, third.targets, third.line) == ("Black", ("I-PER",), 10)
    write(tmp_path / "a.conll", CONLL.replace("x O\n", "x NN O\n"))
    assert pairs(tmp_path / "a.conll", columns(1, 2))[1] == ("Peter x", "NNP NN")
    assert "has 4, but the columns are 1 to 3" in refused(tmp_path / "a.conll", columns(1, 4))
    assert pairs(write(tmp_path / "b.conll", "one\ntwo\n\n"), sources_only=True) == [("one two",)]
    assert "expected a token and its label, found 1 column" in refused(tmp_path / "b.conll")


def test_universal_dependencies(tmp_path: Path) -> None:
    path = write(tmp_path / "a.conllu", UNIVERSAL)
    assert pairs(path) == [("de New_York", "ADP DET")]
    assert pairs(path, columns(target="lemma")) == [("de New_York", "de le")]
    assert "Did you mean `lemma`?" in refused(path, columns(target="lema"))


@pytest.mark.skipif(not WNUT.is_dir(), reason="the shared data is elsewhere")
def test_the_entities_of_2017() -> None:
    found = pairs(WNUT / "train.conll")
    assert len(found) == 3394
    assert all(len(source.split()) == len(target.split()) for source, target in found)


# ---- Parquet ---------------------------------------------------------------------------------------------------------


def parquet(path: Path, data: dict[str, list[object]]) -> Path:
    arrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    parquet.write_table(arrow.table(data), path, row_group_size=2)
    return path


def test_parquet(tmp_path: Path) -> None:
    table = {"id": [1, 2, 3], "de": ["a", "b\nb", "c"], "en": [["x", "y"], ["z"], ["w"]]}
    path = parquet(tmp_path / "a.parquet", table)
    assert pairs(path, columns("de", "en")) == [("a", "x", "y"), ("b\nb", "z"), ("c", "w")]
    assert pairs(path, columns(2, 3)) == [("a", "x", "y"), ("b\nb", "z"), ("c", "w")]
    assert [row.extras for row in rows(path, columns(2, 3)) if isinstance(row, Row)][2] == {"id": 3}
    assert "has the columns `id`, `de`, `en`. Name those to read" in refused(path)
    assert "no column is `fr`; there are `id`, `de`, `en`." in refused(path, columns("fr", "en"))
    assert pairs(parquet(tmp_path / "b.parquet", {"q": ["a"], "a": ["b"]})) == [("a", "b")]


def test_parquet_of_translations_and_of_holes(tmp_path: Path) -> None:
    path = parquet(tmp_path / "a.parquet", {"translation": [{"de": "a", "en": "b"}, {"de": "c", "en": None}]})
    first, second = rows(path, columns("de", "en"))
    assert isinstance(first, Row)
    assert (first.source, first.targets) == ("a", ("b",))
    assert str(second) == f"{path}:2: `en` must be text, but is nothing"
    path = parquet(tmp_path / "b.parquet", {"source": ["a", "b"], "target": ["x", None]})
    assert pairs(path, sources_only=True) == [("a", "x"), ("b",)]


def test_parquet_that_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "a.parquet", "a\tb\n")
    pytest.importorskip("pyarrow")
    assert refused(path) == f"{path} must be a Parquet file, as its name says, but is none. Name it for what it is."
    whole = parquet(tmp_path / "b.parquet", {"source": ["a"], "target": ["b"]})
    (tmp_path / "c.txt").write_bytes(whole.read_bytes())
    assert "must be text, but is a Parquet file. End its name in `.parquet`." in refused(tmp_path / "c.txt")
    whole.write_bytes(whole.read_bytes()[:60])
    assert "is damaged or cut off" in refused(whole)
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(MissingExtraError, match=r"seqloom\[parquet\]"):
        rows(path)


@pytest.mark.parametrize("name", ["a.tmx", "a.xlf", "a.xml", "a.po", "a.mo", "a.sgm", "a.conll", "a.parquet"])
def test_what_is_not_there_or_empty(tmp_path: Path, name: str) -> None:
    assert refused(tmp_path / name).startswith(f"{tmp_path}/{name}: there is no such file.")
    (tmp_path / name).touch()
    assert refused(tmp_path / name) == f"{tmp_path}/{name} is empty."
    if name in ("a.tmx", "a.xlf", "a.xml"):
        with pytest.raises(DataError, match=r"is empty\.$"):
            languages_in(str(tmp_path / name), columns=columns())


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("a.conllu", "must have a line a word, as its name says CoNLL-U"),
        ("a.sgm", "must be SGML of WMT or of Reuters, as its name says"),
    ],
)
def test_a_table_under_the_name_of_something_else(tmp_path: Path, name: str, said: str) -> None:
    assert said in refused(write(tmp_path / name, "the dog\tder Hund\n" * 3))
