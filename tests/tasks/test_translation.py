"""Many languages in one model: which pairs a row holds, what the model reads, what a person gets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from seqloom.core.errors import DataError, RecipeError
from seqloom.data.rows import BadLine, Row
from seqloom.data.sentences import join_answers
from seqloom.decoding.constraints.glossary import GlossarySettings, PrefixSettings
from seqloom.decoding.constraints.placeholders import PlaceholderSettings
from seqloom.tasks import Answered
from seqloom.tasks.translation import Translation, TranslationSettings

THREE = {"de": "Hund", "en": "dog", "fr": "chien"}
KNOWN = {"directions": [["de", "en", 9], ["en", "de", 9], ["en", "fr", 9], ["fr", "en", 9]], "glossary": []}


def row_of(**extras: Any) -> Row:
    return Row(source="", extras=extras)


def directions(settings: TranslationSettings, row: Row) -> set[str]:
    found = [each for each in settings.pairs(row) if isinstance(each, Row)]
    return {f"{each.extras['from']}-{each.extras['to']}:{each.source}>{each.targets[0]}" for each in found}


def task(settings: TranslationSettings | None = None, **known: Any) -> Translation:
    return (settings or TranslationSettings()).build({**KNOWN, **known})


def ask(source: str, **extras: Any) -> Row:
    return Row(source=source, extras=extras)


# ---- pairs -----------------------------------------------------------------------------------------------------------


def test_a_row_of_three_languages_is_six_pairs() -> None:
    found = directions(TranslationSettings(), row_of(**THREE, domain="animals"))
    assert len(found) == 6
    assert "de-fr:Hund>chien" in found


def test_directions_are_chosen_by_name_and_by_pattern() -> None:
    row = row_of(**THREE)
    into_english = directions(TranslationSettings(directions=("*-en",)), row)
    assert into_english == {"de-en:Hund>dog", "fr-en:chien>dog"}
    without = directions(TranslationSettings(without=("de-fr", "fr-de")), row)
    assert {each.partition(":")[0] for each in without} == {"de-en", "en-de", "en-fr", "fr-en"}


def test_a_direction_that_is_asked_for_is_there_though_it_was_left_out() -> None:
    settings = TranslationSettings(without=("de-fr",))
    asked = Row(source="", extras={**THREE, "from": "de", "to": "fr"})
    assert directions(settings, asked) == {"de-fr:Hund>chien"}


def test_pairs_of_one_row_stay_together() -> None:
    settings = TranslationSettings()
    units = {settings.together(each) for each in settings.pairs(row_of(**THREE)) if isinstance(each, Row)}
    assert len(units) == 1
    [other, *_] = [each for each in settings.pairs(row_of(de="Katze", en="cat")) if isinstance(each, Row)]
    assert settings.together(other) not in units


def test_named_languages_alone_are_read_and_dialects_are_theirs() -> None:
    settings = TranslationSettings(languages=("deu", "en"))
    assert directions(settings, row_of(deu="Hund", **{"en-GB": "dog"}, fr="chien", id="7")) == {
        "deu-en:Hund>dog",
        "en-deu:dog>Hund",
    }


def test_what_is_wrong_with_a_row_is_a_line() -> None:
    settings = TranslationSettings()
    [bad] = settings.pairs(row_of(de=3, en="three"))
    assert isinstance(bad, BadLine)
    assert not bad.left_out
    assert bad.what == "`de` must be text, but is 3"
    [alone] = settings.pairs(row_of(de="Hund"))
    assert isinstance(alone, BadLine)
    assert alone.left_out
    [unknown] = settings.pairs(Row(source="Hund", targets=("dog",), extras={"from": "de"}))
    assert isinstance(unknown, BadLine)
    assert "`to` is missing" in unknown.what


def test_several_variants_are_references() -> None:
    found = [*TranslationSettings(directions=("de-en",)).pairs(row_of(de=("Hund",), en=("dog", "hound")))]
    assert isinstance(found[0], Row)
    assert found[0].targets == ("dog", "hound")


def test_settings_that_cannot_be() -> None:
    with pytest.raises(RecipeError, match="languages must be names that differ"):
        TranslationSettings(languages=("de", "DE"))
    with pytest.raises(RecipeError, match='without must be of the form "de-en", but one is "fr"'):
        TranslationSettings(without=("fr",))


def test_a_direction_that_no_file_has() -> None:
    settings = TranslationSettings(directions=("de-en", "de-it"))
    rows = [each for each in TranslationSettings().pairs(row_of(**THREE)) if isinstance(each, Row)]
    with pytest.raises(DataError, match="no pair is de-it"):
        settings.learn(rows)


# ---- what the model reads --------------------------------------------------------------------------------------------


def test_the_tag_is_on_the_source_or_on_the_target() -> None:
    pair = Row(source="Hund", targets=("dog",), extras={"from": "de", "to": "en"})
    read = task().read(pair)
    assert (read.source, read.targets) == ("<2en> Hund", ("dog",))
    answered = task(TranslationSettings(tags="target"))
    read = answered.read(pair)
    assert (read.source, read.targets) == ("Hund", ("<2en> dog",))
    assert answered.constraints(pair) == (PrefixSettings(text="<2en>"),)
    assert answered.show(pair, "<2en> dog").text == "dog"
    assert answered.specials == ("<2de>", "<2en>", "<2fr>")


def test_a_language_that_was_never_trained_is_one_line() -> None:
    with pytest.raises(DataError, match="`to` must be a language that this model was trained to say, de, en, fr, but"):
        task().read(ask("Hund", to="it"))
    with pytest.raises(DataError, match="`from` must be a language that this model was trained to read"):
        task().read(ask("cane", to="en", **{"from": "it"}))
    with pytest.raises(DataError, match="--with to=de"):
        task().read(ask("Hund"))


def test_where_all_answers_are_in_one_language_nobody_says_which() -> None:
    one = task(directions=[["de", "en", 9], ["fr", "en", 9]])
    assert one.read(ask("Hund")).source == "<2en> Hund"


def test_a_tag_may_be_written_before_the_text() -> None:
    assert task().read(ask("<2fr> Hund")).source == "<2fr> Hund"
    assert task().read(ask("<2fr>Hund")).source == "<2fr> Hund"
    assert task().read(ask("a <2fr> b", to="en")).source == "<2en> a <2fr> b"


def test_an_empty_question_asks_nothing() -> None:
    assert task().read(ask("  ")).source == "  "


def test_zero_shot_is_told(caplog: pytest.LogCaptureFixture) -> None:
    translation = task()
    question = ask("Hund", to="fr", **{"from": "de"})
    for _ in range(2):
        translation.read(question)
    assert [each.message for each in caplog.records] == [
        "de-fr was never trained as a direction: the answers are zero-shot."
    ]
    assert translation.show(question, "chien").fields["zero_shot"] is True


# ---- terms, placeholders, checks -------------------------------------------------------------------------------------


def glossary_of(found: tuple[object, ...]) -> tuple[tuple[str, ...], ...]:
    [glossary] = [each for each in found if isinstance(each, GlossarySettings)]
    return glossary.terms


def learnt(path: Path, text: str, **settings: Any) -> Translation:
    path.write_text(text, encoding="utf-8")
    chosen = TranslationSettings(glossary=str(path), **settings)
    rows = [each for each in TranslationSettings().pairs(row_of(**THREE)) if isinstance(each, Row)]
    return chosen.build(chosen.learn(rows))


def test_a_glossary_of_all_directions(tmp_path: Path) -> None:
    translation = learnt(tmp_path / "terms.tsv", "de\ten\tfr\nKabel\tcable|lead\tcâble\nHund\tdog\t\n")
    assert glossary_of(translation.constraints(ask("Das Kabel", to="en"))) == (("Kabel", "cable", "lead"),)
    assert glossary_of(translation.constraints(ask("a lead", to="fr", **{"from": "en"}))) == (("lead", "câble"),)
    assert translation.constraints(ask("Die Katze", to="en")) == ()


def test_a_glossary_of_terms_with_directions(tmp_path: Path) -> None:
    translation = learnt(tmp_path / "terms.tsv", "Kabel\tcable\tde-en\nUSB\tUSB\n")
    assert glossary_of(translation.constraints(ask("USB Kabel", to="en"))) == (("Kabel", "cable"), ("USB", "USB"))
    assert glossary_of(translation.constraints(ask("USB Kabel", to="fr"))) == (("USB", "USB"),)


@pytest.mark.parametrize(
    ("text", "line"),
    [("Kabel\n", "terms.tsv:1: must be a term, its translation"), ("a\tb\tde-it\n", "a direction must be of two of")],
)
def test_a_glossary_that_is_none(tmp_path: Path, text: str, line: str) -> None:
    with pytest.raises(DataError, match=line):
        learnt(tmp_path / "terms.tsv", text)


def test_a_question_has_terms_of_its_own() -> None:
    translation = task(TranslationSettings(keep=("Linux",)))
    found = glossary_of(translation.constraints(ask("Linux Kabel X", to="fr", terms={"Kabel": ["câble"]}, keep="X")))
    assert found == (("Linux",), ("X",), ("Kabel", "câble"))
    with pytest.raises(DataError, match="`terms` must be an object"):
        translation.constraints(ask("Kabel", to="fr", terms="Kabel"))


def test_placeholders_are_demanded_where_the_recipe_says_so() -> None:
    assert task().constraints(ask("%s", to="fr")) == ()
    assert task(TranslationSettings(placeholders=True)).constraints(ask("%s", to="fr")) == (PlaceholderSettings(),)


def test_what_differs_is_told() -> None:
    question = ask("Copy %s to {name}: 1,234 files, 7 folders, Kabel", to="fr", terms={"Kabel": "câble"})
    shown = task().show(question, "Copier {name} : 1.234 fichiers, 8 dossiers, fil")
    assert shown.fields["checks"] == [
        "%s is missing",
        "number 7 is missing",
        "number 8 is not in the source",
        "term Kabel is not said as câble",
    ]
    assert task().show(question, "Copier %s vers {name} : 1234 fichiers, 7 dossiers, Câble").fields["checks"] == []


# ---- documents -------------------------------------------------------------------------------------------------------


def test_a_document_is_cut_into_sentences_and_its_layout_stays() -> None:
    text = "# Title\n\n  - One. Two.\n\t2) Three\n\nno end\n"
    pieces = task().cut(ask(text, to="en"))
    assert [each.text for each in pieces] == ["Title", "One.", "Two.", "Three", "no end", ""]
    said = [each for each in pieces if each.text]
    again = join_answers([each.text for each in said], [each.text for each in said], [each.before for each in said])
    assert again + (pieces[-1].before or "") == text


def test_a_line_is_a_sentence_unless_it_is_a_document() -> None:
    question = ask("One. Two.", to="en")
    assert [each.text for each in task().cut(question)] == ["One. Two."]
    every = task(TranslationSettings(documents=True))
    assert [each.text for each in every.cut(question)] == ["One.", "Two."]
    assert [each.text for each in every.cut(ask("no end", to="en"))] == ["no end"]
    assert [each.text for each in every.cut(ask("<2fr> One. Two."))] == ["<2fr> One.", "<2fr> Two."]


# ---- scores ----------------------------------------------------------------------------------------------------------


def test_each_direction_has_its_score() -> None:
    pairs = [("de", "en", "a dog sits here now", "a dog sits here now"), ("de", "fr", "un chien est assis", "non")]
    answered = [
        Answered(row=Row(source="x", targets=(right,), extras={"from": one, "to": to}), texts=(said,))
        for one, to, right, said in pairs
    ]
    scores = {each.name: each.value for each in task().scores(answered, samples=0)}
    assert scores["de-en BLEU"] == pytest.approx(100)
    assert scores["de-fr (zero-shot) BLEU"] == pytest.approx(0)
    assert task().scores(answered[:1], samples=0) == []
