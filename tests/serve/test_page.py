"""The page in a real browser, before a real server with a small model of each kind."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from tests.serve.small_models import train_all

from seqloom.data.sentences import cut_sentences

playwright = pytest.importorskip("playwright.sync_api", reason="needs the package playwright")
pytest.importorskip("fastapi", reason="needs the extra `serve`")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
if CHROMIUM is None:
    pytest.skip("needs Chromium in the path", allow_module_level=True)

pytestmark = pytest.mark.thorough

QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]
VIEWS = ["translate", "chat", "label", "tags", "extract", "reading", "ranked", "forecast", "compare", "runs"]
TYPED = {
    "translate": "red cat",
    "label": "a warm film",
    "tags": "Ada Lovelace lives in Rome",
    "forecast": "0 100\n1 101\n0 100\n-1 99",
    "compare": "red cat blue dog",
}
PATIENCE = 20_000


MEASURED = """() => {
    const box = (node) => {
        const { x, y, width, height } = node.getBoundingClientRect();
        return { x, y, width, height };
    };
    const told = (node) => ({
        text: node.textContent,
        lang: node.getAttribute("lang"),
        rows: node.getAttribute("text-anchor") === "end",
        ...box(node),
    });
    const all = (what) => [...document.querySelectorAll(`svg.heat ${what}`)];
    return {
        texts: all("text").map(told),
        cells: all("rect").map(box),
        whole: box(document.querySelector("svg.heat")),
    };
}"""


@contextmanager
def serving(*arguments: object) -> Iterator[str]:
    """The address of a server of its own process."""
    command = [sys.executable, "-m", "seqloom", "serve", *map(str, arguments), "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        assert line.startswith("http://127.0.0.1:"), line
        yield line.split()[0]
    finally:
        process.terminate()
        process.wait(30)
        process.stdout.close()


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    return train_all(tmp_path_factory.mktemp("page"))


@pytest.fixture(scope="module")
def folder(models: Mapping[str, Path]) -> Path:
    return models["words"].parents[1]


@pytest.fixture(scope="module")
def address(models: Mapping[str, Path], folder: Path) -> Iterator[str]:
    named = [f"{name}={path}" for name, path in models.items()]
    languages = ["--languages", "words=en:fr", "--languages", "back=fr:en"]
    seen = ["--pairs", f"words={folder / 'words.tsv'}"]
    with serving(*named, *languages, *seen, "--runs", folder / "runs") as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as running:
        opened = running.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield opened
        opened.close()


class Watched:
    """A tab, and all that went wrong in it."""

    def __init__(self, browser: Any, address: str, **how: Any) -> None:
        self.address = address
        how = {"viewport": {"width": 1200, "height": 800}, "locale": "en-GB", **how}
        self.context = browser.new_context(**how)
        self.context.set_default_timeout(PATIENCE)
        self.page = self.context.new_page()
        self.wrong: list[str] = []
        self.asked: list[str] = []
        self.page.on(
            "console", lambda told: self.wrong.append(told.text) if told.type in ("error", "warning") else None
        )
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url))

    def open(self, view: str, text: str | None = None) -> Any:
        self.page.goto(f"{self.address}/#/{view}")
        self.page.locator("h1").wait_for()
        if text is not None:
            self.field.fill(text)
        return self.page

    @property
    def field(self) -> Any:
        return self.page.get_by_role("textbox").first

    @property
    def answer(self) -> Any:
        return self.page.locator(".said")

    def says(self, text: str | re.Pattern[str], where: str = ".said") -> None:
        playwright.expect(self.page.locator(where)).to_have_text(text, timeout=PATIENCE)

    def settled(self) -> None:
        """There are words to point at: the answer is whole."""
        self.page.locator(".said .word").first.wait_for()


@pytest.fixture
def tab(browser: Any, address: str) -> Iterator[Watched]:
    watched = Watched(browser, address)
    yield watched
    watched.context.close()
    elsewhere = [url for url in watched.asked if not url.startswith((address, "data:", "blob:"))]
    assert (watched.wrong, elsewhere) == ([], [])


# ---- how it comes ----------------------------------------------------------------------------------------------------


def test_it_is_small_soon_there_and_loads_nothing_from_elsewhere(tab: Watched) -> None:
    sizes: list[int] = []
    tab.page.on("response", lambda response: sizes.append(len(response.body())) if "/v1/" not in response.url else None)
    answered = tab.page.goto(tab.address)
    tab.page.locator("h1").wait_for()
    assert 20_000 < sum(sizes) < 200_000
    assert "default-src 'self'" in answered.headers["content-security-policy"]
    paint = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
    times = []
    for _ in range(3):  # the machine may be busy with something else once
        tab.page.reload()
        tab.page.locator("h1").wait_for()
        times.append(tab.page.evaluate(paint))
    assert min(times) < 1000


def test_what_is_not_the_page_cannot_be_reached(tab: Watched) -> None:
    for path in ("..%2fapp.py", "%2e%2e/app.py", "views/", "page.py"):
        assert tab.context.request.get(f"{tab.address}/{path}").status == 404


def test_views_are_those_that_the_models_need(tab: Watched) -> None:
    page = tab.open("translate")
    links = page.get_by_role("navigation").get_by_role("link")
    assert links.all_text_contents() == [
        "Translate", "Chat", "Labels", "Tags", "Fields", "Questions", "Recommend", "Forecast",
        "Compare", "Runs",
    ]  # fmt: skip
    assert page.get_by_role("link", name="Translate").get_attribute("aria-current") == "page"


# ---- translating -----------------------------------------------------------------------------------------------------


def test_it_translates_while_one_types(tab: Watched) -> None:
    tab.open("translate")
    tab.field.press_sequentially("red cat blue dog", delay=20)
    tab.says("rouge chat bleu chien")
    assert sum("/v1/predict" in url for url in tab.asked) < 8  # not one a key
    tab.field.fill("red")
    tab.field.fill("two dog sun")
    tab.says("deux chien soleil")


def test_lines_are_answered_apart_and_those_that_stand_are_not_asked_again(tab: Watched) -> None:
    tab.open("translate", "red cat\n\nblue dog")
    playwright.expect(tab.page.locator(".line")).to_have_text(["rouge chat", "", "bleu chien"])
    tab.settled()
    tab.page.wait_for_timeout(300)
    before = len(tab.asked)
    tab.field.fill("red cat\n\nblue dog\ntwo sea")
    playwright.expect(tab.page.locator(".line").last).to_have_text("deux mer")
    assert sum("/v1/predict" in url for url in tab.asked[before:]) == 1


def test_each_sentence_of_a_line_is_asked_by_itself_and_stands_in_its_line(tab: Watched) -> None:
    page = tab.open("translate", "red cat … blue dog\n\ntwo sea")
    said = []
    for sentence in ("red cat …", "blue dog", "two sea"):
        asked = tab.context.request.post(f"{tab.address}/v1/predict", data={"source": {"source": sentence}})
        said.append(asked.json()["answers"][0]["text"])
    assert said[1:] == ["bleu chien", "deux mer"]
    playwright.expect(page.locator(".piece")).to_have_text([*said[:2], "", said[2]])
    playwright.expect(page.locator(".line")).to_have_text([f"{said[0]} bleu chien", "", "deux mer"])
    page.get_by_role("button", name="bleu", exact=True).hover()
    page.locator(".behind .shaded").first.wait_for(state="attached")
    assert "blue" in page.locator(".behind .shaded").all_text_contents()
    assert "red" not in page.locator(".behind .shaded").all_text_contents()


@pytest.mark.parametrize(
    "text",
    [
        "Red cat. Blue dog! two",
        'She said "No." Then she left.  3.14 is a number. and so on',
        "Dr. Smith saw J. Doe. Prof. Roe left.",
        "你好。我很好！真的吗？（是。）好",
        "Er kam (z.B. Heute). Élan vital... Wait?! Yes",
        "",
    ],
)
def test_page_and_server_cut_alike(tab: Watched, text: str) -> None:
    tab.open("translate")
    cut = "async (text) => (await import('/sentences.js')).sentencesOf(text)"
    assert tab.page.evaluate(cut, text) == (cut_sentences(text) or [""])


def test_pointing_at_a_word_shades_where_it_comes_from_and_the_other_way(tab: Watched) -> None:
    page = tab.open("translate", "red cat blue dog")
    tab.settled()
    page.get_by_role("button", name="bleu", exact=True).hover()
    strongest = """() => [...document.querySelectorAll('.behind span')]
        .sort((a, b) => b.style.getPropertyValue('--weight') - a.style.getPropertyValue('--weight'))[0].textContent"""
    page.locator(".behind .shaded").first.wait_for(state="attached")
    assert page.evaluate(strongest) == "blue"
    box = page.locator(".behind span", has_text="cat").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.locator(".said .shaded").first.wait_for()
    assert page.evaluate(strongest.replace(".behind span", ".said .word")) == "chat"


def test_another_word_is_chosen_and_the_rest_goes_on_from_it(tab: Watched) -> None:
    page = tab.open("translate", "red cat blue dog")
    tab.settled()
    page.get_by_role("button", name="chat", exact=True).click()
    window = page.get_by_role("dialog", name="Instead of “chat”")
    choice = window.get_by_role("button").first
    choice.wait_for()
    word = choice.locator("b").inner_text()
    assert word != "chat"
    choice.click()
    tab.says(re.compile(f"^rouge {re.escape(word)}"))
    playwright.expect(page.locator(".word.kept")).to_have_text(["rouge", word])
    assert not window.is_visible()
    page.get_by_role("button", name="As the model says it").click()
    tab.says("rouge chat bleu chien")


def test_a_word_of_ones_own(tab: Watched) -> None:
    page = tab.open("translate", "red cat blue dog")
    tab.settled()
    page.get_by_role("button", name="rouge", exact=True).click()
    page.get_by_role("textbox", name="a word of your own").fill("mer")
    page.get_by_role("button", name="Go on").click()
    tab.says(re.compile("^mer .+"))


def test_the_glossary_is_kept_and_obeyed(tab: Watched) -> None:
    page = tab.open("translate", "red cat")
    tab.says("rouge chat")
    page.get_by_role("button", name="Glossary").click()
    page.get_by_role("textbox", name="Term", exact=True).fill("cat")
    page.get_by_role("textbox", name="How it is said").fill("soleil")
    page.get_by_role("button", name="Done").click()
    tab.says(re.compile("soleil"))
    page.reload()
    page.get_by_role("button", name="Glossary (1)").wait_for()
    tab.says(re.compile("soleil"))  # what was typed is there again, too


def test_other_answers_can_be_taken(tab: Watched) -> None:
    page = tab.open("translate", "red cat")
    tab.settled()
    page.get_by_text("Other answers").click()
    playwright.expect(page.locator('.others [aria-current="true"] .choice')).to_have_text("rouge chat")
    other = page.locator(".others .choices button:not([aria-current])").first
    text = other.locator(".choice").inner_text()
    other.click()
    tab.says(text)
    assert text != "rouge chat"


def test_every_line_has_as_many_answers_as_are_asked_for(tab: Watched) -> None:
    page = tab.open("translate", "red cat\n\nblue dog")
    tab.settled()
    page.get_by_text("Other answers").click()
    groups = page.locator(".others .choices")
    playwright.expect(groups).to_have_count(2)
    for number in (4, 8, 2):
        page.get_by_label("How many").select_option(str(number))
        for place, (source, best) in enumerate([("red cat", "rouge chat"), ("blue dog", "bleu chien")]):
            answers = groups.nth(place).locator(".choice")
            playwright.expect(answers).to_have_count(number)
            body = {"source": {"source": source}, "nbest": number}
            [told] = tab.context.request.post(f"{tab.address}/v1/predict", data=body).json()["answers"]
            assert answers.all_inner_texts() == [told["text"], *(each["text"] for each in told["alternatives"])]
            assert answers.first.inner_text() == best
            assert groups.nth(place).locator(".label").inner_text() == source
    second = groups.nth(1).locator(".choice").nth(1)
    text = second.inner_text()
    second.click()
    playwright.expect(page.locator(".line")).to_have_text(["rouge chat", "", text])


def test_the_search_is_a_tree(tab: Watched) -> None:
    page = tab.open("translate", "red cat")
    tab.settled()
    page.locator("summary", has_text="How it was found").click()
    tree = page.locator("svg.tree")
    tree.wait_for()
    assert page.locator(".tree text.best").all_text_contents() == ["<s>", "rouge", "chat", "</s>"]
    assert tree.get_attribute("aria-label").startswith("The search kept 2 hypotheses at a time and found “rouge chat”.")
    assert page.locator(".tree text.cut").count() > 0
    assert page.locator(".tree path").count() == page.locator(".tree text:not(.aside)").count() - 1
    page.get_by_text("Whole answers that were found").first.click()
    assert page.locator(".inside tbody th").first.inner_text() == "rouge chat"


def test_a_tree_of_chinese_has_room_for_its_signs(tab: Watched) -> None:
    """Each token stands between the end of what it grows from and its own figure."""
    page = tab.open("translate")
    found = page.evaluate("""async () => {
        const { tree, ended } = await import('/tree.js');
        const node = (id, parent, step, token, more) =>
            ({ id, parent, step, token, total: -0.5 * step, fate: 'kept', by: null, score: null, best: true, ...more });
        const nodes = [
            node(0, null, 0, '<s>'),
            node(1, 0, 1, '▁明天下午'),
            node(2, 1, 2, '在图书馆门口'),
            node(3, 2, 3, '</s>', { score: -0.4, text: '明天下午在图书馆门口' }),
            node(4, 1, 2, '猫', { best: false }), node(5, 4, 3, '', { best: false, fate: 'pruned', by: 0.3 }),
        ];
        const search = { tree: nodes, beams: 2, answer: '明天下午在图书馆门口', greedy: '明天', greedy_parts_at: 1 };
        const drawn = tree(search);
        document.body.append(drawn);
        const box = (each) => {
            const { left, right, top, bottom } = each.getBoundingClientRect();
            return { text: each.textContent, lang: each.lang ?? each.getAttribute('lang'), left, right, top, bottom };
        };
        const texts = [...drawn.querySelectorAll('text')].filter((each) => each.textContent).map(box);
        const whole = ended(search).querySelector('th[scope=row]').textContent;
        return { texts, whole: box(drawn), told: drawn.getAttribute('aria-label'), ended: whole };
    }""")
    for one in found["texts"]:
        assert found["whole"]["left"] <= one["left"] < one["right"] <= found["whole"]["right"]
        for other in found["texts"]:
            apart = one["right"] <= other["left"] or other["right"] <= one["left"]
            assert one is other or apart or abs(one["top"] - other["top"]) > 12, (one["text"], other["text"])
    by_text = {each["text"]: each for each in found["texts"]}
    assert by_text["在图书馆门口"]["lang"] == "zh-Hans"
    assert by_text["在图书馆门口"]["right"] - by_text["在图书馆门口"]["left"] > 6 * 11, "signs, not narrow boxes"
    assert found["ended"] == "明天下午在图书馆门口"
    assert found["told"].endswith("says “明天”.")


def test_what_it_has_seen_is_shown_where_it_may_be(tab: Watched) -> None:
    page = tab.open("translate", "red cat")
    tab.settled()
    page.locator("summary", has_text="What it has seen").click()
    rows = page.locator(".inside tbody tr")
    playwright.expect(rows).to_have_count(5)
    body = {"source": "red cat", "what": ["neighbours"]}
    told = tab.context.request.post(f"{tab.address}/v1/explain", data=body).json()["neighbours"]
    assert rows.first.locator("td").all_inner_texts()[:2] == [told[0]["source"], told[0]["target"]]
    page.get_by_label("Model").select_option("back")
    playwright.expect(page.locator("summary", has_text="What it has seen")).not_to_be_visible()


def test_any_head_of_a_transformer_is_shown(tab: Watched) -> None:
    page = tab.open("translate")
    page.get_by_label("Model").select_option("back")
    tab.field.fill("rouge chat mer")
    tab.settled()
    page.locator("summary", has_text="Where it looked").click()
    body = {"model": "back", "source": "rouge chat mer", "what": ["attention", "self_attention"]}
    told = tab.context.request.post(f"{tab.address}/v1/explain", data=body).json()
    maps = {
        "attention": told["attention"],
        "encoder_attention": told["self_attention"]["encoder"],
        "decoder_attention": told["self_attention"]["decoder"],
    }
    read = """() => [...document.querySelectorAll('svg.heat rect title')]
        .map((each) => Number(each.textContent.split(': ').at(-1)))"""
    for method, data in maps.items():
        page.get_by_label("By").select_option(method)
        for value, table in [("", data["mean"]), ("1.2", data["layers"][0]["heads"][1])]:
            page.get_by_label("Head").select_option(value)
            expected = [round(each, 3) for row in table for each in row]
            page.wait_for_function(f"(values) => JSON.stringify(({read})()) === JSON.stringify(values)", arg=expected)
    assert page.locator("svg.heat text").first.text_content() == told["target_tokens"][0]


def test_an_export_is_offered_for_what_it_can(browser: Any, models: Mapping[str, Path], tmp_path: Path) -> None:
    for name in ("onnxruntime", "onnxscript", "ctranslate2"):
        pytest.importorskip(name)
    from seqloom.export.folder import export_folder

    onnx = export_folder(models["words"], tmp_path / "onnx", to="onnx")
    light = export_folder(models["back"], tmp_path / "light", to="ctranslate2")
    with serving(f"onnx={onnx}", f"light={light}", "--languages", "onnx=en:fr") as address:
        tab = Watched(browser, address)
        page = tab.open("translate", "red cat")
        tab.says("rouge chat")
        tab.settled()
        for name in ("How it was found", "What it has seen"):
            playwright.expect(page.locator("summary", has_text=name)).not_to_be_visible()
        page.locator("summary", has_text="Where it looked").click()
        assert page.get_by_label("By").locator("option").all_inner_texts() == ["erasure"]
        page.locator("svg.heat").wait_for()
        page.get_by_role("button", name="chat", exact=True).click()
        page.get_by_role("dialog", name="Instead of “chat”").get_by_role("button").first.wait_for()
        page.keyboard.press("Escape")
        page.get_by_label("Model").select_option("light")
        tab.field.fill("rouge chat mer")
        tab.settled()
        page.locator("svg.heat").wait_for()
        assert page.locator(".said [role=button]").count() == 0, "no other word can be chosen"
        playwright.expect(page.get_by_role("button", name="Glossary")).not_to_be_visible()
        assert tab.wrong == []
        tab.context.close()


def test_unsure_words_are_marked_and_told(tab: Watched) -> None:
    page = tab.open("translate")
    page.get_by_label("Model").select_option("back")
    tab.field.fill("rouge chat chien bleu mer")
    word = page.locator(".said .unsure").first
    word.wait_for()
    assert "sure of this word" in word.get_attribute("aria-description")
    line = "getComputedStyle(document.querySelector('.unsure')).textDecorationLine"
    assert page.evaluate(line) == "underline"
    page.get_by_label("mark unsure words").uncheck()
    assert page.evaluate(line) == "none"


def test_languages_are_swapped_with_the_text(tab: Watched) -> None:
    page = tab.open("translate", "red cat")
    tab.says("rouge chat")
    page.get_by_role("button", name="Swap languages").click()
    assert tab.field.input_value() == "rouge chat"
    assert page.get_by_label("Model").input_value() == "back"
    assert page.locator(".language").all_inner_texts() == ["From\nFrench", "To\nEnglish"]
    tab.settled()


def test_the_heat_map_has_room_for_chinese(tab: Watched) -> None:
    page = tab.open("translate", "我 cat 你 dog")
    tab.settled()
    page.locator("summary", has_text="Where it looked").click()
    page.locator("svg.heat").wait_for()
    measured = page.evaluate(MEASURED)
    rows = [each for each in measured["texts"] if each["rows"]]
    columns = [each for each in measured["texts"] if not each["rows"]]
    found = {each["text"]: each for each in columns if each["text"] != "␣"}
    assert {text: each["lang"] for text, each in found.items()} == {
        "我": "zh-Hans", "cat": None, "你": "zh-Hans", "dog": None,
    }  # fmt: skip
    assert len(measured["cells"]) == len(rows) * len(columns)
    left, whole = min(cell["x"] for cell in measured["cells"]), measured["whole"]
    for each in rows:  # between the edge and the cells
        assert whole["x"] <= each["x"]
        assert each["x"] + each["width"] <= left + 1
    for one, other in pairwise(columns):
        assert one["x"] + one["width"] <= other["x"] + 1
    sign, latin = found["我"]["width"], found["cat"]["width"] / 3
    assert 1.5 < sign / latin < 2.6  # a sign was drawn, not an empty box as narrow as a letter
    page.get_by_label("By").select_option("erasure")
    page.get_by_text("Without what weighs most the answer loses").wait_for()
    assert page.locator("svg.heat").get_attribute("aria-label").startswith("Where it looked: je ← ")


def test_a_document_is_dropped_and_comes_back(tab: Watched) -> None:
    page = tab.open("translate")
    drop = """(node) => {
        const data = new DataTransfer();
        data.items.add(new File(['red cat\\n\\nblue dog\\n'], 'letter.txt', { type: 'text/plain' }));
        for (const type of ['dragover', 'drop'])
            node.dispatchEvent(new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true }));
    }"""
    page.locator(".pane").first.evaluate(drop)
    link = page.get_by_role("link", name="Save")
    link.wait_for()
    with page.expect_download() as download:
        link.click()
    assert download.value.suggested_filename == "letter_fr.txt"
    assert Path(download.value.path()).read_text("utf-8").split() == ["rouge", "chat", "bleu", "chien"]


def test_tokens_are_found_in_their_text_and_texts_told_apart(tab: Watched) -> None:
    page = tab.open("translate")
    found = page.evaluate("""async () => {
        const { differing, languageOf, placesOf, pooled, tokensIn, widthOf, wordsOf } = await import('/tokens.js');
        const text = 'A cat, the cats';
        const places = placesOf(['▁a', '▁cat', ',', '▁the', '▁c', 'at', 's', '</s>'], text);
        const changed = (parts) => parts.filter((part) => !part.same).map((part) => part.text);
        return {
            places,
            inside: tokensIn(wordsOf(text), places),
            pooled: pooled([[1, 2, 4], [3, 4, 8]], [[0, 1]], [[0], [1, 2]]),
            differing: differing('the red cat sleeps', 'the cat sleeps well').map(changed),
            widths: ['猫', 'cat', 'é', '🎉'].map(widthOf),
            languages: ['猫', 'ねこ', '고양이', 'cat'].map((each) => languageOf(each, 'en')),
        };
    }""")
    assert found["places"] == [[0, 1], [2, 5], [5, 6], [7, 10], [11, 12], [12, 14], [14, 15], [15, 15]]
    assert found["inside"] == [[0], [1], [2], [3], [4, 5, 6]]
    assert found["pooled"] == [[2, 9]]
    assert [[each.strip() for each in side if each.strip()] for side in found["differing"]] == [["red"], ["well"]]
    assert found["widths"] == [2, 3, 1, 2]
    assert found["languages"] == ["zh-Hans", "ja", "ko", "en"]


# ---- other tasks -----------------------------------------------------------------------------------------------------


def test_a_conversation_goes_on_is_taken_back_and_begun_anew(tab: Watched) -> None:
    page = tab.open("chat", "i am ann")
    page.keyboard.press("Enter")
    turns = page.locator(".turn")
    playwright.expect(turns).to_have_count(2)
    playwright.expect(turns.nth(1)).not_to_have_class(re.compile("waiting"))
    assert len(turns.nth(1).inner_text()) > len("Model: ")
    tab.field.fill("who am i")
    page.get_by_role("button", name="Send").click()
    playwright.expect(turns).to_have_count(4)
    playwright.expect(turns.nth(3)).not_to_have_class(re.compile("waiting"))
    page.reload()
    playwright.expect(turns).to_have_count(4)
    page.get_by_role("button", name="Take back").click()
    playwright.expect(turns).to_have_count(2)
    assert tab.field.input_value() == "who am i"
    page.get_by_role("button", name="New").click()
    playwright.expect(turns).to_have_count(0)


def test_labels_have_bars(tab: Watched) -> None:
    page = tab.open("label", "a dull film")
    tab.says("bad", ".big")
    rows = page.locator(".bars tr")
    assert rows.locator("th").all_inner_texts() == ["bad", "good"]
    shares = [int(each.rstrip("%")) for each in rows.locator(".number").all_inner_texts()]
    widths = [each.bounding_box()["width"] for each in page.locator(".bar").all()]
    assert sum(shares) == 100
    assert widths[0] > widths[1]


def test_spans_are_marked_where_they_stand(tab: Watched) -> None:
    text = "😀 Ada Lovelace lives in  New York"
    page = tab.open("tags", text)
    page.locator("mark").last.wait_for()
    asked = tab.context.request.post(f"{tab.address}/v1/predict", data={"model": "names", "source": text})
    spans = asked.json()["answers"][0]["spans"]
    marks = page.evaluate("[...document.querySelectorAll('mark')].map((mark) => mark.firstChild.data)")
    assert marks == [each["text"] for each in spans]
    assert page.locator("mark .kind").all_inner_texts() == [each["type"] for each in spans]
    assert "New York" in marks


def test_fields_stand_in_a_list(tab: Watched) -> None:
    page = tab.open("extract", "order of 4")
    page.locator(".fields").wait_for()
    assert page.locator(".fields dt").all_inner_texts() == ["kind", "amount"]
    kind, amount = page.locator(".fields dd").all_inner_texts()
    assert kind in ("order", "invoice")
    assert 1 <= int(amount) <= 9


def test_the_answer_is_marked_in_its_passage(tab: Watched) -> None:
    page = tab.open("reading")
    page.get_by_label("Passage").fill("Tom is in Oslo.")
    page.get_by_label("Question").fill("Where is Tom?")
    page.locator("mark").wait_for()
    assert page.locator("mark").inner_text() == page.locator(".big").inner_text()


def test_items_are_ranked(tab: Watched) -> None:
    page = tab.open("ranked", "Film 1 | Film 2 | Film 3")
    page.locator(".bars").wait_for()
    items = page.locator(".bars th").all_inner_texts()
    assert len(items) == 10
    assert all(re.fullmatch(r"\d+\. Film \d+", each) for each in items)


def test_a_forecast_is_drawn_and_told(tab: Watched) -> None:
    text = TYPED["forecast"]
    page = tab.open("forecast", text)
    chart = page.locator("svg.chart")
    chart.wait_for()
    frames = [[float(number) for number in line.split()] for line in text.split("\n")]
    asked = tab.context.request.post(f"{tab.address}/v1/predict", data={"model": "sales", "source": frames})
    answer = asked.json()["answers"][0]
    lines = page.evaluate("[...document.querySelectorAll('.curve')].map((each) => each.points.length)")
    assert lines == [4, 5, 4, 5]  # each value as it was seen, and from its last on
    assert page.evaluate("[...document.querySelectorAll('.band')].map((each) => each.points?.length)")[:2] == [10, 10]
    told = chart.get_attribute("aria-label")
    assert "value 1: from" in told
    assert told.count("in 4 steps, at the end between") == 2
    page.get_by_text("The figures").click()
    rows = page.locator(".result tbody tr")
    playwright.expect(rows).to_have_count(4)
    cells = [float(each) for each in rows.last.locator("td").all_inner_texts()]
    last = [column for c in (0, 1) for column in (
        answer["series"][-1][c], answer["quantiles"]["10"][-1][c], answer["quantiles"]["90"][-1][c]
    )]  # fmt: skip
    assert cells == pytest.approx(last, rel=1e-3, abs=1e-3)
    page.get_by_label("a chart for each value").check()
    playwright.expect(chart).to_have_count(2)
    page.get_by_label("Steps ahead").fill("2")
    playwright.expect(rows).to_have_count(2)
    page.get_by_label("Numbers that were seen").fill("0 100\nup 101")
    page.get_by_text("This must be numbers, but there is “up”.").wait_for()
    page.get_by_label("Numbers that were seen").fill("1 2 3")
    page.get_by_text("a frame must have 2 numbers").wait_for()


def test_two_models_side_by_side_with_their_differences(tab: Watched) -> None:
    page = tab.open("compare", "red cat blue dog")
    first, second = page.locator(".even .line").all()
    playwright.expect(first).to_have_text("rouge chat bleu chien")
    playwright.expect(second).not_to_have_text("")
    assert second.locator("mark").count() > 0
    page.get_by_role("combobox", name="Model B").select_option("words")
    page.get_by_text("the same answer").wait_for()
    assert page.locator("mark").count() == 0


def test_a_model_of_several_languages_is_told_which_also_beside_another(tab: Watched) -> None:
    """Whatever there is, the page asks as the model must be asked."""
    several = {"id": "words", "task": "translation", "languages": [["en", "fr"], ["en", "de"]]}
    asked: list[Any] = []

    def models(route: Any) -> None:
        told = route.fetch().json()
        told["data"] = [{**each, **several} if each["id"] == "words" else each for each in told["data"]]
        route.fulfill(json=told)

    def predict(route: Any) -> None:
        asked.append(route.request.post_data_json)
        route.fulfill(json={"model": "words", "answers": [{"text": "chat", "confidence": 1}]})

    tab.page.route("**/v1/models", models)
    tab.page.route("**/v1/predict", predict)
    page = tab.open("compare", "cat")
    playwright.expect(page.locator(".even .line").first).to_have_text("chat")
    page.get_by_role("combobox", name="Languages").select_option("en,de")
    playwright.expect(page.get_by_text("English → German")).to_have_count(2)
    page.wait_for_function("() => !document.querySelector('.even .line:empty')")
    sources = [each["source"] for each in asked if each["model"] == "words"]
    assert sources[0] == {"source": "cat", "from": "en", "to": "fr"}
    assert sources[-1] == {"source": "cat", "from": "en", "to": "de"}


def test_a_text_is_copied_where_the_browser_lends_no_clipboard(tab: Watched) -> None:
    """As on a page of another machine without TLS."""
    tab.context.add_init_script("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    page = tab.open("translate", "red cat")
    tab.says("rouge chat")
    page.get_by_role("button", name="Copy").click()
    page.get_by_text("Copied").wait_for()
    tab.field.fill("")
    tab.field.press("Control+v")
    playwright.expect(tab.field).to_have_value("rouge chat")


def test_what_is_written_from_right_to_left_stands_at_the_right(tab: Watched) -> None:
    page = tab.open("translate", "مرحبا cat\nred cat")
    ends = page.evaluate(
        "() => [...document.querySelectorAll('.behind span')].map((span) => span.getBoundingClientRect().right)"
    )
    assert max(ends[:2]) > max(ends[2:]) + 100


def test_a_run_that_begins_appears_with_its_curves(tab: Watched, folder: Path) -> None:
    page = tab.open("runs")
    rows = page.locator("table.runs tbody tr")
    playwright.expect(rows).to_have_count(9)
    assert page.locator("polyline").count() > 2
    shutil.copytree(folder / "runs" / "back", folder / "runs" / "later")
    try:
        playwright.expect(rows).to_have_count(10)
        page.get_by_role("checkbox", name="later").check()  # beyond those that are drawn unasked
        assert page.locator("table.runs input:checked").count() == 6
        playwright.expect(page.locator("figure title", has_text="later").first).to_be_attached()
    finally:
        shutil.rmtree(folder / "runs" / "later")


# ---- for everybody ---------------------------------------------------------------------------------------------------


def test_it_speaks_chinese_and_remembers(tab: Watched) -> None:
    page = tab.open("translate", "red cat")
    page.get_by_role("button", name="中文").click()
    assert page.locator("html").get_attribute("lang") == "zh-Hans"
    assert page.locator("h1").inner_text() == "翻译"
    tab.says("rouge chat")  # what was typed is still there
    page.reload()
    assert page.locator("h1").inner_text() == "翻译"
    page.get_by_role("button", name="English").click()
    assert page.locator("html").get_attribute("lang") == "en"


def test_all_is_said_in_both_languages() -> None:
    """As often filled in, and nothing left out."""
    words = (Path(__file__).parents[2] / "src/seqloom/serve/page/words.js").read_text("utf-8")
    table = words[words.index("const WORDS") : words.index("const COLUMNS")]
    pairs = re.findall(r'\[\s*"([^"]*)",\s*"([^"]*)",?\s*\]', table)
    assert len(pairs) > 90
    assert all(one.count("{}") == other.count("{}") and one and other for one, other in pairs)


def test_the_theme_is_chosen_and_remembered(tab: Watched) -> None:
    page = tab.open("translate")
    colour = "getComputedStyle(document.documentElement).backgroundColor"
    light = page.evaluate(colour)
    page.get_by_role("button", name="Auto").click()
    page.get_by_role("button", name="Light").click()
    assert page.evaluate(colour) != light
    page.reload()
    assert page.evaluate(colour) != light


def test_everything_can_be_done_with_keys(tab: Watched) -> None:
    page = tab.open("translate")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the contents"
    reach(page, "TEXTAREA")
    page.keyboard.type("red cat blue dog")
    tab.says("rouge chat bleu chien")
    tab.settled()
    reach(page, "SPAN")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.textContent") == "chat"
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    window = page.get_by_role("dialog", name="Instead of “chat”")
    window.get_by_role("button").first.wait_for()
    page.keyboard.press("Escape")
    assert not window.is_visible()
    assert page.evaluate("document.activeElement.textContent") == "chat"
    page.keyboard.press("Enter")
    playwright.expect(window.get_by_role("button").first).to_be_focused()
    word = window.locator("b").first.inner_text()
    page.keyboard.press("Enter")
    tab.says(re.compile(f"^rouge {re.escape(word)}"))


def reach(page: Any, tag: str) -> None:
    """By the Tab key alone."""
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.tagName") == tag:
            return
    raise AssertionError(f"no {tag} is reached by Tab")


@pytest.mark.parametrize("locale", ["en-GB", "zh-CN"])
def test_a_phone_is_wide_enough(browser: Any, address: str, locale: str) -> None:
    tab = Watched(browser, address, viewport={"width": 360, "height": 740}, locale=locale)
    for view in VIEWS:
        page = tab.open(view, TYPED.get(view))
        page.wait_for_timeout(500)
        assert page.evaluate("document.documentElement.scrollWidth") == 360, view
    tab.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_screen_readers_find_their_way(browser: Any, address: str, scheme: str) -> None:
    axe = Path(os.environ.get("AXE_CORE", Path(__file__).parents[2] / "node_modules/axe-core/axe.min.js"))
    if not axe.is_file():
        pytest.skip("needs axe-core: `npm install axe-core`, or AXE_CORE=…/axe.min.js")
    tab = Watched(browser, address, color_scheme=scheme, bypass_csp=True)
    for view in VIEWS:
        page = tab.open(view, TYPED.get(view))
        page.wait_for_timeout(1000)
        page.add_script_tag(content=axe.read_text("utf-8"))
        found = page.evaluate("axe.run()")["violations"]
        serious = [
            (each["id"], each["nodes"][0]["html"]) for each in found if each["impact"] in ("serious", "critical")
        ]
        assert serious == [], (view, scheme)
    tab.context.close()


# ---- when things go wrong --------------------------------------------------------------------------------------------


def test_a_busy_server_is_asked_again(browser: Any, address: str) -> None:
    tab = Watched(browser, address)
    page = tab.open("translate")
    refused: list[str] = []

    def busy(route: Any) -> None:
        if refused:
            route.continue_()
        else:
            refused.append(route.request.url)
            route.fulfill(status=503, headers={"Retry-After": "1"}, json={"error": {"message": "The queue is full."}})

    page.route("**/v1/predict", busy)
    tab.field.fill("red cat")
    page.get_by_text("The server is busy; asked again in 1 s.").wait_for()
    tab.says("rouge chat")
    assert len(refused) == 1
    tab.context.close()


def test_what_was_typed_outlives_a_server_that_is_gone(browser: Any, address: str) -> None:
    tab = Watched(browser, address)
    page = tab.open("translate")
    tab.context.set_offline(True)
    tab.field.fill("red cat")
    page.get_by_text("The server does not answer.").wait_for()
    assert tab.field.input_value() == "red cat"
    tab.context.set_offline(False)
    page.get_by_role("button", name="Try again").click()
    tab.says("rouge chat")
    tab.context.close()


def test_what_the_server_refuses_is_said_in_its_words(tab: Watched) -> None:
    page = tab.open("ranked", "nothing of the kind")
    page.get_by_text("no item of the history is known").wait_for()
    assert tab.field.input_value() == "nothing of the kind"


def test_a_key_is_asked_for_once(browser: Any, folder: Path, tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.write_text("a-key-of-some-length\n", encoding="utf-8")
    with serving(f"films={folder / 'runs' / 'films'}", "--api-key-file", keys) as address:
        tab = Watched(browser, address)
        tab.page.goto(address)
        for key in ("wrong", "a-key-of-some-length"):
            tab.page.get_by_label("Your key").fill(key)
            tab.page.get_by_role("button", name="Use it").click()
            tab.page.get_by_text("This key was refused.").or_(tab.page.locator("h1")).first.wait_for()
        tab.page.locator("h1").wait_for()
        tab.page.reload()
        tab.field.fill("Film 1 | Film 2")
        tab.page.locator(".bars").wait_for()
        assert tab.page.locator("dialog").count() == 0
        tab.context.close()
