"""LibreTranslate's API, by the clients that people have."""

from __future__ import annotations

import io
import json
import re
import urllib.error
import urllib.request
import zipfile
from typing import Any
from urllib.parse import unquote

import deep_translator
import httpx2
import pytest
from deep_translator.exceptions import AuthorizationException, ServerException
from libretranslatepy import LibreTranslateAPI

from .conftest import Home

TEXT = "red dog sees one cat"


@pytest.fixture(scope="module")
def client(home: Home) -> LibreTranslateAPI:
    return LibreTranslateAPI(home.address)


def predicted(home: Home, *texts: str, model: str = "small", **columns: str) -> list[str]:
    asked = [{"source": text, **columns} for text in texts] if columns else texts
    return [answer.text for answer in home.speakers[model].predict(asked)]


def post(home: Home, path: str, value: Any = None, **more: Any) -> httpx2.Response:
    return httpx2.post(home.address + path, json=value, timeout=60, **more)


# ---- by clients ------------------------------------------------------------------------------------------------------


def test_libretranslatepy_gets_what_predict_answers(client: LibreTranslateAPI, home: Home) -> None:
    assert client.translate("red dog", "en", "fr") == predicted(home, "red dog")[0] != ""
    assert (
        client.translate("red dog", "en", "de")
        == predicted(home, "red dog", model="many", to="de", **{"from": "en"})[0]
    )


def test_libretranslatepy_learns_the_languages(client: LibreTranslateAPI) -> None:
    assert client.languages() == [
        {"code": "de", "name": "German", "targets": ["en", "fr"]},
        {"code": "en", "name": "English", "targets": ["fr", "de"]},
        {"code": "fr", "name": "French", "targets": []},
    ]
    [found, *_] = client.detect("Der Hund und die Katze")
    assert found["language"] == "de"
    assert 50 < found["confidence"] <= 100


def test_libretranslatepy_is_told_what_is_wrong(client: LibreTranslateAPI) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        client.translate("red", "en", "xx")
    assert refused.value.code == 400
    assert json.load(refused.value) == {"error": "a language must be one of de, en, fr, but one is xx."}


def test_deep_translator_gets_what_predict_answers(home: Home) -> None:
    client = deep_translator.LibreTranslator(source="en", target="fr", api_key="none", custom_url=f"{home.address}/")
    assert client.translate("red dog & 我?") == predicted(home, "red dog & 我?")[0]
    assert client.translate_batch(["red", "blue cat"]) == predicted(home, "red", "blue cat")
    auto = deep_translator.LibreTranslator(source="auto", target="fr", api_key="none", custom_url=f"{home.address}/")
    assert auto.translate("hello red cat") == predicted(home, "hello red cat")[0]


def test_clients_need_a_key_where_one_is_needed(locked: Home) -> None:
    address = f"{locked.address}/"
    with pytest.raises(AuthorizationException):
        deep_translator.LibreTranslator(source="en", target="fr", api_key="wrong", custom_url=address).translate("red")
    with pytest.raises(urllib.error.HTTPError, match="403"):
        LibreTranslateAPI(address).translate("red", "en", "fr")
    key = "correct horse battery"
    there = deep_translator.LibreTranslator(source="en", target="fr", api_key=key, custom_url=address)
    assert there.translate("red") == LibreTranslateAPI(address, key).translate("red", "en", "fr")
    headed = {"Authorization": f"Bearer {key}"}
    assert post(locked, "/translate", {"q": "red", "source": "en", "target": "fr"}, headers=headed).status_code == 200
    with pytest.raises(ServerException):
        there.translate("red " * 20)


# ---- by what the API says --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["json", "untyped", "form", "multipart", "query", "both"])
def test_parameters_come_in_whichever_way(home: Home, how: str) -> None:
    asked = {"q": "red dog", "source": "en", "target": "fr"}
    sent: dict[str, Any] = {
        "json": {"json": asked},
        "untyped": {"content": json.dumps(asked), "headers": {"Content-Type": "text/plain"}},
        "form": {"data": asked},
        "multipart": {"data": asked, "files": {"other": b""}},
        "query": {"params": asked},
        "both": {"params": {**asked, "q": "blue"}, "json": {"q": "red dog"}},
    }[how]
    response = httpx2.post(f"{home.address}/translate", timeout=60, **sent)
    assert response.json() == {"translatedText": predicted(home, "red dog")[0]}


@pytest.mark.parametrize("text", ["thé", "th%C3%A9", "我"])
def test_letters_may_stand_in_a_form_as_they_are(home: Home, text: str) -> None:
    """As curl sends them, and as browsers do."""
    form = f"q={text}&source=fr&target=fr".encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    response = httpx2.post(f"{home.address}/translate", content=form, headers=headers)
    assert response.json() == {"translatedText": unquote(text)}


@pytest.mark.parametrize("form", [b"q=th\xe9&source=en&target=fr", b"q=th%E9&source=en&target=fr", b"&a=b" * 30])
def test_a_form_that_cannot_be_read_is_refused(home: Home, form: bytes) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    response = httpx2.post(f"{home.address}/translate", content=form, headers=headers)
    assert response.status_code == 400
    assert response.json()["error"].startswith("a form must ")


def test_sentences_are_translated_one_by_one(home: Home) -> None:
    one, two = predicted(home, "red dog.", "Blue cat sea!")
    asked = {"source": "en", "target": "fr", "alternatives": 2}
    found = post(home, "/translate", {**asked, "q": "red dog. Blue cat sea!"}).json()
    assert found == {"translatedText": f"{one} {two}", "alternatives": []}


def test_several_texts_alternatives_and_detection(home: Home) -> None:
    asked = {"q": ["red dog", "Hund und Katze"], "source": "auto", "target": "fr", "alternatives": 2}
    found = post(home, "/translate", asked).json()
    assert [each["language"] for each in found["detectedLanguage"]] == ["en", "de"]
    [best] = home.speakers["small"].predict(["red dog"], nbest=3)
    assert found["translatedText"][0] == best.text
    assert found["alternatives"][0] == [each.text for each in best.alternatives]
    assert [len(each) for each in found["alternatives"]] == [2, 2]


def test_two_models_make_a_way_through_a_third_language(home: Home) -> None:
    [middle] = predicted(home, "rot Hund", model="many", to="en", **{"from": "de"})
    found = post(home, "/translate", {"q": "rot Hund", "source": "de", "target": "fr"}).json()
    assert found == {"translatedText": predicted(home, middle)[0]}


def test_markup_lines_and_what_needs_no_translation_stay(home: Home) -> None:
    asked = {"source": "en", "target": "fr"}
    dog, cat = predicted(home, "dog", "cat")
    html = post(home, "/translate", {**asked, "q": '<p class="green">dog<br>cat</p>', "format": "html"}).json()
    assert html == {"translatedText": f'<p class="green">{dog}<br>{cat}</p>'}
    lines = post(home, "/translate", {**asked, "q": "# dog\n\n- cat\n"}).json()
    assert lines == {"translatedText": f"# {dog}\n\n- {cat}\n"}
    for same in ("", "😀", "--", " \n "):
        assert post(home, "/translate", {**asked, "q": same}).json() == {"translatedText": same}
    assert post(home, "/translate", {"q": "dog", "source": "en", "target": "en"}).json() == {"translatedText": "dog"}


ASKED = {"q": "red", "source": "en", "target": "fr"}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"source": "en", "target": "fr"}, "`q` must be given, as text."),
        ({**ASKED, "q": []}, "`q` must be a text, or a list of texts that is not empty."),
        ({**ASKED, "q": ["red", 5]}, "`q` must be a text, or a list of texts that is not empty."),
        ({"q": "red", "target": "fr"}, "`source` must be given, as text."),
        ({"q": "red", "source": "en"}, "`target` must be given, as text."),
        ({**ASKED, "source": "zz"}, "a language must be one of de, en, fr, but one is zz."),
        ({**ASKED, "source": "fr", "target": "de"}, "no model here leads from fr to de. /languages has what there is."),
        ({**ASKED, "format": "xml"}, '`format` must be "text" or "html".'),
        ({**ASKED, "alternatives": "abc"}, "`alternatives` must be a whole number."),
        ({**ASKED, "alternatives": 1.5}, "`alternatives` must be a whole number."),
        ({**ASKED, "alternatives": True}, "`alternatives` must be a whole number."),
        ({**ASKED, "alternatives": 1000}, "`alternatives` must be at least 0 and less than 64."),
        ([1], "the body must be an object of JSON, or a form."),
    ],
)
def test_what_is_wrong_is_told_in_its_own_form(home: Home, body: Any, said: str) -> None:
    response = post(home, "/translate", body)
    assert response.status_code == 400
    assert response.json() == {"error": said}
    assert response.headers["X-Request-Id"]


def test_too_much_is_refused_in_its_own_form(home: Home, locked: Home) -> None:
    key = {"api_key": "correct horse battery"}
    for path, body in (("/translate", {**ASKED, **key, "q": "x" * 61}), ("/translate", {"q": "x" * 200_000})):
        response = post(locked, path, body)
        assert response.status_code == 413
        assert [*response.json()] == ["error"]
    assert post(home, "/translate", {**ASKED, "q": ["red"] * 129}).status_code == 413
    wrong = httpx2.get(f"{home.address}/translate")
    assert (wrong.status_code, [*wrong.json()]) == (405, ["error"])


def test_a_page_in_front_of_it_knows_what_there_is(home: Home, locked: Home) -> None:
    assert httpx2.get(f"{home.address}/health").json() == {"status": "ok"}
    found = httpx2.get(f"{locked.address}/frontend/settings").json()
    assert found["keyRequired"] is True
    assert found["charLimit"] == 60
    assert found["supportedFilesFormat"] == [".txt", ".html", ".htm", ".srt", ".docx", ".odt"]
    assert found["language"]["source"] == {"code": "auto", "name": "Auto Detect"}


# ---- documents -------------------------------------------------------------------------------------------------------


def sent(home: Home, name: str, content: bytes, **more: str) -> httpx2.Response:
    fields = {"source": "en", "target": "fr", **more}
    return httpx2.post(f"{home.address}/translate_file", data=fields, files={"file": (name, content)}, timeout=60)


def test_a_document_comes_back_once(home: Home) -> None:
    response = sent(home, "dir/my dög.txt", b"red dog\n\n  - one cat\n")
    assert response.status_code == 200, response.text
    url = response.json()["translatedFileUrl"]
    assert url.startswith(f"{home.address}/download_file/")
    assert len(url.rsplit("/", 1)[1]) >= 32
    fetched = httpx2.get(url)
    red, one = predicted(home, "red dog", "one cat")
    assert fetched.text == f"{red}\n\n  - {one}\n"
    assert fetched.headers["content-disposition"] == "attachment; filename*=UTF-8''my%20d%C3%B6g_fr.txt"
    again = httpx2.get(url)
    assert again.status_code == 404
    assert [*again.json()] == ["error"]


def test_a_document_is_translated_from_a_language_that_nobody_named(home: Home) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.text")
        archive.writestr("content.xml", '<t xmlns:text="x"><text:p>rot Hund und <text:b/>Katze</text:p></t>')
    response = sent(home, "a.odt", made.getvalue(), source="auto", target="en")
    fetched = httpx2.get(response.json()["translatedFileUrl"])
    assert fetched.headers["content-type"] == "application/vnd.oasis.opendocument.text"
    with zipfile.ZipFile(io.BytesIO(fetched.content)) as archive:
        said = re.sub("<[^>]*>", "", archive.read("content.xml").decode())
    assert said.strip() == predicted(home, "rot Hund und Katze", model="many", to="en", **{"from": "de"})[0]


@pytest.mark.parametrize(
    ("name", "content", "fields", "said"),
    [
        (
            "a.exe",
            b"MZ",
            {},
            "the name of a document must end in one of .txt, .html, .htm, .srt, .docx, .odt, but is a.exe.",
        ),
        (
            "a.docx",
            b"red",
            {},
            "a.docx must be a Word document, as its name says, but is no ZIP archive that can be read.",
        ),
        ("a.txt", b"red", {"target": "zz"}, "a language must be one of de, en, fr, but one is zz."),
        ("a.txt", b"red", {"target": ""}, "`target` must be given, as text."),
    ],
)
def test_a_document_that_cannot_be_is_refused(home: Home, name: str, content: bytes, fields: Any, said: str) -> None:
    response = sent(home, name, content, **fields)
    assert response.status_code == 400
    assert response.json() == {"error": said}


def test_no_document_no_answer(home: Home, locked: Home) -> None:
    assert post(home, "/translate_file", {"source": "en", "target": "fr"}).status_code == 400
    assert sent(locked, "a.txt", b"red").status_code == 403
    for name in ("x.txt", "%2e%2e", "%2e%2e%2fpasswd", "a/b.txt"):
        assert httpx2.get(f"{home.address}/download_file/{name}").status_code == 404
