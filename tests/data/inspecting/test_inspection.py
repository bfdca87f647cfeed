"""Faults are put into clean pairs, and found; clean pairs have none."""

import json
import random
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from seqloom.core.errors import DataError, RecipeError
from seqloom.data import phrasebook
from seqloom.data.inspecting.finding import Finding
from seqloom.data.inspecting.findings import findings_of
from seqloom.data.inspecting.inspection import Inspection, data_settings, inspect_files
from seqloom.data.inspecting.page import page_of
from seqloom.data.inspecting.report import report_lines
from seqloom.data.inspecting.suggestion import suggest
from seqloom.data.inspecting.summary import to_data
from seqloom.data.settings import DataSettings
from seqloom.workflow.recipe import load_recipe

Pairs = Sequence[tuple[str, str]]
PLAIN = DataSettings()


@pytest.fixture(scope="module")
def book() -> Pairs:
    return phrasebook.pairs("train")[:2500]


def written(path: Path, pairs: Iterable[tuple[str, str]]) -> str:
    path.write_text("".join(f"{source}\t{target}\n" for source, target in pairs), encoding="utf-8")
    return str(path)


def look(path: Path, pairs: Iterable[tuple[str, str]], test: Pairs = ()) -> tuple[Inspection, dict[str, Finding]]:
    held = [("test", [written(path / "test.tsv", test)])] if test else []
    found = inspect_files([written(path / "pairs.tsv", pairs)], PLAIN, held=held, workers=1)
    return found, {finding.key: finding for finding in findings_of(found)}


def lines_of(finding: Finding) -> list[int]:
    return [example.pair.line for example in finding.examples]


def test_clean_pairs_have_no_fault(book: Pairs, tmp_path: Path) -> None:
    _, findings = look(tmp_path, book)
    assert set(findings) <= {
        "near duplicates",
        "several targets",
        "ratio: short",
        "ratio: long",
        "unlike",
        "misaligned",
    }
    assert all(finding.level == "note" for key, finding in findings.items() if key != "near duplicates")


ONE_BY_ONE = {
    "untranslated": ("The evening is very beautiful.", "The evening is very beautiful."),
    "mojibake": ("Where is the café?", "OÃ¹ est le cafÃ© ?"),
    "lost characters": ("Where is the café?", "O� est le caf� ?"),
    "invisible": ("My coffee.", "Mon\u200b café."),
    "markup": ("The file is <b>here</b>.", "Le fichier est ici &amp; là."),
    "placeholders": ("Open {name} now.", "Ouvrez %s maintenant."),
    "numbers": ("There are 17 cats.", "Il y a 28 chats."),
    "look-alikes": ("My b\u0430g is here.", "Mon sac est ici."),
    "questions": ("Is my bag here?", "Mon sac est ici."),
    "wordless": ("--", "Voici la gare."),
    "script: target": ("My bag is here.", "Моя сумка здесь."),
}


def test_each_fault_is_found_where_it_is(book: Pairs, tmp_path: Path) -> None:
    spoilt = list(book[:400])
    for place, pair in enumerate(ONE_BY_ONE.values()):
        spoilt[30 * (place + 1)] = pair
    _, findings = look(tmp_path, spoilt)
    for place, key in enumerate(ONE_BY_ONE):
        assert 30 * (place + 1) + 1 in lines_of(findings[key]), key


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("It cost 1,500 francs.", "Cela a coûté 1 500 francs."),
        ("At 7.30 in the evening.", "À 19h30 le soir."),
        ("Two million: 2000000.", "2 000 000 de choses."),
        ("I paid $200.", "J'ai payé 200 dollars."),
        ("100% de rien", "100 % of nothing"),
        ('He asked "Why?"', "Il a demandé « Pourquoi ? »"),
        ("Ökonomie «heißt» so.", "Economy is “so” called – naïve café."),
        ("A family: \U0001f468\u200d\U0001f469\u200d\U0001f467", "می\u200cخواهم"),
    ],
)
def test_what_is_only_written_in_another_way_is_no_fault(source: str, target: str, book: Pairs, tmp_path: Path) -> None:
    _, findings = look(tmp_path, [*book[:60], (source, target)])
    assert not {"numbers", "placeholders", "questions", "mojibake", "invisible", "lost characters"} & set(findings)


def test_test_pairs_in_the_training_files(book: Pairs, tmp_path: Path) -> None:
    fresh = [(f"Number {number} was never said.", f"On n'a jamais dit {'x' * number}.") for number in (3, 4)]
    test = [
        book[5],
        (book[9][0].upper(), "Quelque chose d'autre que personne ne dit jamais."),
        ("Something else that nobody ever says.", book[400][1]),
        *fresh[1:],
    ]
    found, findings = look(tmp_path, book, test)
    finding = findings["overlap: test"]
    assert finding.level == "bad"
    assert finding.counts["the whole pair"] == 1
    assert finding.counts["the source"] == 1
    assert finding.counts["the target"] == 1
    assert finding.count <= 3 + 1
    assert f"pairs.tsv:6: {book[5][0]}" in finding.examples[0].note
    assert found.overlaps[0].rows >= 3


def test_near_duplicates_between_training_and_test(book: Pairs, tmp_path: Path) -> None:
    long = "The old man with the grey hat has been waiting at the station for his two brothers since this morning"
    _, findings = look(tmp_path, [*book[:300], (f"{long}.", "a")], [(f"{long} already!", "b")])
    assert findings["overlap: test"].counts == {
        "the whole pair": 0, "the target": 0, "the source": 0, "nearly the target": 0, "nearly the source": 1,
    }  # fmt: skip


def test_a_line_that_is_missing_shifts_the_rest(book: Pairs, tmp_path: Path) -> None:
    pairs = [pair for pair in book if not pair[0].startswith("Thank")]
    sources, targets = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    del targets[1700]
    _, findings = look(tmp_path, zip(sources[:-1], targets, strict=True))
    shifted = findings["shifted"]
    assert shifted.level == "bad"
    assert abs(min(lines_of(shifted)) - 1701) < 30


def test_exchanged_targets_are_misaligned(book: Pairs, tmp_path: Path) -> None:
    dice = random.Random(2)
    rows = dice.sample(range(len(book)), 40)
    pairs = list(book)
    for row, other in zip(rows, rows[1:] + rows[:1], strict=True):
        pairs[row] = (book[row][0], book[other][1])
    found, _ = look(tmp_path, pairs)
    spoilt = {row + 1 for row in rows}
    shown = [example.pair.line for example in found.alignment.odd.shown]
    assert found.alignment.judged
    assert sum(line in spoilt for line in shown) >= len(shown) - 2
    assert found.alignment.odd.count >= 8


def test_exchanged_columns_are_the_wrong_language(book: Pairs, tmp_path: Path) -> None:
    long = [place for place, pair in enumerate(book) if min(map(len, pair)) > 40][:6]
    pairs = [pair[::-1] if place in long else pair for place, pair in enumerate(book)]
    _, findings = look(tmp_path, pairs)
    assert findings["wrong language"].count == len(long)
    assert {line - 1 for line in lines_of(findings["wrong language"])} <= set(long)


def test_a_third_language_is_unlike_the_rest(book: Pairs, tmp_path: Path) -> None:
    strange = ("Wir wünschten, zwölf möchten noch übrig bleiben für später.", book[7][1])
    _, findings = look(tmp_path, [*book, strange])
    assert len(book) + 1 in lines_of(findings["unlike"])


def test_questions_and_answers_are_not_called_misaligned(tmp_path: Path) -> None:
    dice = random.Random(1)
    words = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
    pairs = [(" ".join(dice.choices(words, k=6)), " ".join(dice.choices(words, k=6))) for _ in range(900)]
    found, findings = look(tmp_path, pairs)
    assert found.alignment.judged == 0
    assert not {"misaligned", "shifted", "wrong language"} & set(findings)


def test_duplicates_and_one_target_for_everything(book: Pairs, tmp_path: Path) -> None:
    stuffed = [(f"{source} Well, {place}.", "Je ne sais pas.") for place, (source, _) in enumerate(book[:25])]
    _, findings = look(tmp_path, [*book[:500], *book[:7], *stuffed])
    assert findings["duplicates"].count == 7
    assert lines_of(findings["duplicates"])[0] in range(501, 508)
    assert findings["boilerplate: target"].count >= 25


def test_two_ways_of_writing_chinese(tmp_path: Path) -> None:
    pairs = [("这个国家说汉语。", "a"), ("這個國家說漢語。", "b"), ("我说过这個.", "c"), ("一二三四", "d")] * 10
    found, findings = look(tmp_path, pairs)
    finding = findings["simplified and traditional: source"]
    assert "10 times simplified and 10 times traditional" in finding.title
    assert "10 times both at once" in finding.title
    assert "width: source" in findings
    assert 'cleaning.chinese = "simplified"' in suggest(found, findings_of(found), PLAIN).text
    converted = [(source, source.replace("國", "国")) for source, _ in pairs]
    found, _ = look(tmp_path, converted)
    assert "cleaning.chinese" not in suggest(found, findings_of(found), PLAIN).text


def test_labels_are_labels(tmp_path: Path) -> None:
    dice = random.Random(1)
    pairs = [
        (f"text number {dice.randrange(10**6)} of all", "good" if dice.random() < 0.95 else "bad") for _ in range(400)
    ]
    found, findings = look(tmp_path, [*pairs, (pairs[0][0], "bad"), (pairs[0][0], "good")])
    assert set(found.labels) == {"good", "bad"}
    assert findings["labels"].level == "warn"
    assert findings["conflicting labels"].count == 1
    assert not {"boilerplate: target", "misaligned", "ratio: short"} & set(findings)


TAGS = ["O", "O", "O", "O", "B-name", "I-name"]


def tagged(number: int, *, seed: int) -> Pairs:
    """Sentences of words that differ, and a tag for each."""
    dice = random.Random(seed)
    words = [["".join(dice.choices("aeiklmnorst", k=5)) for _ in range(dice.randint(4, 9))] for _ in range(number)]
    return [(f"{' '.join(said)} ?", " ".join(dice.choices(TAGS, k=len(said) + 1))) for said in words]


def summed_up(number: int, *, seed: int) -> Pairs:
    """Texts of some hundred words, of which a few stay."""
    dice = random.Random(seed)
    words = ["".join(dice.choices("aeiklmnorst", k=dice.randint(2, 9))) for _ in range(2000)]
    texts = [dice.choices(words, k=dice.randint(80, 120)) for _ in range(number)]
    return [(" ".join(text), " ".join(dice.sample(text, 9))) for text in texts]


def test_tags_are_no_translation(tmp_path: Path) -> None:
    """The same row of tags stands beside other words in every set, and has no question mark: nothing is wrong."""
    rows = [*tagged(500, seed=1), *((f"so {number} &lt; it ends", "O O O O O") for number in range(40))]
    found, findings = look(tmp_path, rows, [*tagged(60, seed=2), ("a b c d e", "O O O O O"), rows[3]])
    assert found.tags.keys() == set(TAGS)
    assert findings["overlap: test"].counts == {"the whole pair": 1, "the source": 0, "nearly the source": 0}
    assert {"overlap: test", "markup"} <= set(findings)
    told = "\n".join(report_lines(found, list(findings.values())))
    assert re.search(r"^ +tag +words +share$", told, re.MULTILINE)
    assert {key for key in findings if not key.startswith("unknown")} <= {
        "overlap: test",
        "markup",
        "few pairs",
        "near duplicates",
        "duplicates",
        "conflicting labels",
    }


def test_what_is_turned_round_has_no_tags(tmp_path: Path) -> None:
    dice = random.Random(1)
    digits = [" ".join(dice.choices("0123456789", k=7)) for _ in range(300)]
    found, _ = look(tmp_path, [(text, text[::-1]) for text in digits])
    assert not found.tags


def test_commands_are_alike_and_yet_no_copies(tmp_path: Path) -> None:
    """A dozen words on each side: only the same source is a leak."""
    dice = random.Random(1)
    commands = [" ".join(dice.choices(["walk", "run", "jump", "left", "right", "twice"], k=7)) for _ in range(600)]
    pairs = [(command, " ".join(f"I_{word}" for word in command.split() if len(word) < 5)) for command in commands]
    _, findings = look(tmp_path, pairs[:400], [*pairs[400:], pairs[7]])
    assert findings["overlap: test"].count < 5
    assert findings["overlap: test"].counts["the whole pair"] >= 1
    assert "near duplicates" not in findings


def test_a_third_file_is_told_of(book: Pairs, tmp_path: Path) -> None:
    for place, name in enumerate(("en", "fr", "it")):
        (tmp_path / f"a.{name}").write_text("".join(f"{(*pair, pair[1])[place]}\n" for pair in book[:300]))
    found = inspect_files([",".join(f"{tmp_path}/a.{name}" for name in ("en", "fr", "it"))], PLAIN, workers=1)
    findings = {finding.key: finding for finding in findings_of(found)}
    assert findings["further targets"].count == found.pairs == 300


def test_labels_that_come_first_are_told_of(tmp_path: Path) -> None:
    pairs = [("good" if number % 3 else "bad", f"text number {number} of all") for number in range(400)]
    _, findings = look(tmp_path, pairs)
    assert next(iter(findings)) == "labels first"
    assert "data.source_columns=[2]" in findings["labels first"].advice
    assert "boilerplate: source" not in findings


# ---- what is made of it ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def spoilt(book: Pairs, tmp_path_factory: pytest.TempPathFactory) -> tuple[Inspection, list[Finding]]:
    folder = tmp_path_factory.mktemp("spoilt")
    pairs = [*book[:600], *ONE_BY_ONE.values(), *book[:5], ("<script>alert(1)</script>", "<i>x</i>")]
    found, _ = look(folder, pairs, book[3:8])
    return found, findings_of(found)


def test_the_report_says_the_worst_first(spoilt: tuple[Inspection, list[Finding]]) -> None:
    found, findings = spoilt
    levels = [finding.level for finding in findings]
    assert levels == sorted(levels, key=("bad", "warn", "note").index)
    text = "\n".join(report_lines(found, findings))
    assert "test pairs are in the training files" in text.split("✕")[1]
    assert "line 601: The evening is very beautiful. | The evening is very beautiful." in text


def test_the_page_and_the_data_have_all_findings(spoilt: tuple[Inspection, list[Finding]]) -> None:
    found, findings = spoilt
    suggestion = suggest(found, findings, PLAIN)
    html = page_of(found, findings, suggestion).html()
    assert "<script" not in html
    assert html.count('<article class="finding') == len(findings)
    assert len(html) < 300_000
    data = json.loads(json.dumps(to_data(found, findings, suggestion)))
    assert [each["key"] for each in data["findings"]] == [finding.key for finding in findings]
    assert data["pairs"] == found.pairs


def test_the_recipe_is_a_recipe_and_says_why(spoilt: tuple[Inspection, list[Finding]], tmp_path: Path) -> None:
    found, findings = spoilt
    suggestion = suggest(found, findings, PLAIN, test=["t.tsv"])
    (tmp_path / "made.toml").write_text(suggestion.text, encoding="utf-8")
    data = load_recipe(tmp_path / "made.toml").data
    assert data.train == found.files
    assert data.test == ("t.tsv",)
    assert data.cleaning.mojibake
    assert data.cleaning.identical == "drop"
    assert data.cleaning.duplicates == "drop"
    assert data.max_source >= found.pieces[-1].longest[0]
    section = suggestion.text.split("[data]\n")[1].split("\n\n")[0]
    assert all(" # " in line for line in section.splitlines())


@pytest.mark.parametrize(
    ("pairs", "base", "decoder"),
    [
        (
            [(f"text number {place}, {'fine' if place % 2 else 'awful'}", "ab"[place % 2]) for place in range(300)],
            "classification",
            "pooled",
        ),
        (
            [(f"{first}{second}o", f"{first} {second} O") for first in "abcdefghij" for second in "klmnopqrstu"],
            "pronunciation",
            "transformer",
        ),
        (tagged(300, seed=1), "tagging", "aligned"),
        (summed_up(300, seed=1), "summarization", "recurrent"),
    ],
)
def test_the_recipe_by_what_the_pairs_are(pairs: Pairs, base: str, decoder: str, tmp_path: Path) -> None:
    found, _ = look(tmp_path, pairs)
    suggestion = suggest(found, findings_of(found), PLAIN)
    (tmp_path / "made.toml").write_text(suggestion.text, encoding="utf-8")
    assert suggestion.base == base
    made = load_recipe(tmp_path / "made.toml")
    assert made.model.decoder.kind == decoder
    assert made.data.columns == PLAIN.columns
    assert base != "summarization" or made.data.cleaning.max_ratio == 0, "a text is many times as long as its summary"


def test_the_recipe_of_words_and_tags_to_forms(tmp_path: Path) -> None:
    tags = {"V;PRS": "s", "V;PST": "ed", "V;V.PTCP;PRS": "ing"}
    rows = [
        f"{a}{b}\t{tag}\t{a}{b}{end}\n" for a in "plrstw" for b in ("ast", "end", "ick") for tag, end in tags.items()
    ]
    (tmp_path / "eng.trn").write_text("".join(rows), encoding="utf-8")
    settings = replace(PLAIN, source_columns=(1, 2), target_columns=(3,))
    found = inspect_files([str(tmp_path / "eng.trn")], settings, workers=1)
    suggestion = suggest(found, findings_of(found), settings)
    assert suggestion.base == "inflection"
    (tmp_path / "made.toml").write_text(suggestion.text, encoding="utf-8")
    made = load_recipe(tmp_path / "made.toml").data
    assert made.columns == settings.columns
    assert made.cleaning.max_length == made.cleaning.max_ratio == 0, "a long form is no fault"


def test_the_recipe_of_labels_reads_the_columns_that_were_read_here(tmp_path: Path) -> None:
    pairs = [("ab"[place % 2], f"text number {place}, {'fine' if place % 2 else 'awful'}") for place in range(300)]
    settings = replace(PLAIN, source_columns=(2,), target_columns=(1,))
    found = inspect_files([written(tmp_path / "pairs.tsv", pairs)], settings, workers=1)
    (tmp_path / "made.toml").write_text(suggest(found, findings_of(found), settings).text, encoding="utf-8")
    assert load_recipe(tmp_path / "made.toml").data.columns == settings.columns


def test_the_recipe_of_tags_without_spans_measures_none(tmp_path: Path) -> None:
    pairs = [
        (source, target.replace("B-name", "NOUN").replace("I-name", "VERB")) for source, target in tagged(300, seed=1)
    ]
    found, _ = look(tmp_path, pairs)
    (tmp_path / "made.toml").write_text(suggest(found, findings_of(found), PLAIN).text, encoding="utf-8")
    assert load_recipe(tmp_path / "made.toml").evaluation.metrics == ("token_accuracy",)


# ---- how it is read --------------------------------------------------------------------------------------------------


def test_helpers_find_the_same(book: Pairs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seqloom.data.inspecting.inspection._STRETCH", 300)
    monkeypatch.setattr("seqloom.data.inspecting.inspection._PAYS", 2)
    file = written(tmp_path / "pairs.tsv", [*book[:900], *ONE_BY_ONE.values(), *book[:9]])
    test = [("test", [written(tmp_path / "test.tsv", book[2:9])])]
    several, alone = (inspect_files([file], PLAIN, held=test, workers=workers) for workers in (2, 1))
    assert findings_of(several) == findings_of(alone)
    assert list(report_lines(replace(several, seconds=1.0), [])) == list(report_lines(replace(alone, seconds=1.0), []))


def test_a_sample_of_a_long_file(book: Pairs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seqloom.data.inspecting.sketches.Blocks.__init__.__kwdefaults__", {"blocks": 8, "size": 50})
    found, findings = look(tmp_path, [*book, *book[:3]])
    assert not found.whole
    assert len(found.sample) <= 400
    assert found.pairs == len(book) + 3
    assert findings["duplicates"].examples[0].pair == found.shown[len(book)]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"one\ntwo\nthree\n", "expected 2 tab-separated columns, found 1"),
        (b"\x00\x01\x02\x00\xff\x00" * 50, "must be text, but is binary"),
        (b"a\t\n\tb\n", "no pair has text on both sides"),
    ],
)
def test_what_is_no_file_of_pairs_is_one_line(content: bytes, message: str, tmp_path: Path) -> None:
    file = tmp_path / "bad.tsv"
    file.write_bytes(content)
    with pytest.raises(DataError, match=message) as error:
        inspect_files([str(file)], PLAIN)
    assert "\n" not in str(error.value)


def test_other_mistakes_are_one_line(tmp_path: Path) -> None:
    one, two = tmp_path / "a.de", tmp_path / "a.en"
    one.write_text("eins\nzwei\n")
    two.write_text("one\n")
    with pytest.raises(DataError, match="parallel files must have as many"):
        inspect_files([f"{one},{two}"], PLAIN)
    with pytest.raises(DataError, match="no such file"):
        inspect_files([str(tmp_path / "none.tsv")], PLAIN)
    with pytest.raises(DataError, match="read twice"):
        inspect_files(["-"], PLAIN)
    with pytest.raises(RecipeError, match="must be a setting of `data`"):
        data_settings(["model.tie=none"])


def test_bad_lines_and_empty_sides_are_counted(book: Pairs, tmp_path: Path) -> None:
    lines = [f"{source}\t{target}" for source, target in book[:40]]
    lines[7:7] = ["no target here", "\tempty source"]
    (tmp_path / "bad.tsv").write_text("\n".join(lines), encoding="utf-8")
    found = inspect_files([str(tmp_path / "bad.tsv")], PLAIN)
    findings = {finding.key: finding for finding in findings_of(found)}
    assert found.pairs == 40
    assert "bad.tsv:8" in findings["bad lines"].text
    assert "bad.tsv:9" in findings["empty"].text
