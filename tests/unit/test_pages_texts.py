"""The language files: the same sentences in every language, with the same placeholders, and none that nobody says."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from handlers.texts import LANGUAGES, Texts, choose_language, plural

ROOT = Path(__file__).resolve().parents[2]
I18N = ROOT / "static" / "i18n"
PAGES = [
    *ROOT.glob("static/**/*.js"),
    *ROOT.glob("static/**/*.html"),
    *ROOT.glob("kiosk/**/*.js"),
    *ROOT.glob("kiosk/**/*.html"),
    ROOT / "handlers" / "pages.py",
    ROOT / "handlers" / "ticket_page.py",
]
# What a page says by way of a value: `ticket.${state}`, f"ticket.{state}", "page." + reason, named("kind", kind).
BY_VALUE = re.compile(r"""[`"]([a-z]+\.[\w.-]*)(?:\$?\{|" \+ )""")
NAMED = re.compile(r'named\("(\w+)",')
PLURALS = {
    "en": {"one", "other"},
    "es": {"one", "many", "other"},
    "fr": {"one", "many", "other"},
    "ar": {"zero", "one", "two", "few", "many", "other"},
}
Text = str | dict[str, str]


def texts(language: str) -> dict[str, Text]:
    loaded: dict[str, Text] = json.loads((I18N / f"{language}.json").read_text(encoding="utf-8"))
    return loaded


def forms(text: Text) -> list[str]:
    return [text] if isinstance(text, str) else list(text.values())


def placeholders(text: Text) -> set[str]:
    return {name for form in forms(text) for name in re.findall(r"\{(\w+)\}", form)}


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_every_language_says_everything(language: str) -> None:
    assert set(texts(language)) == set(texts("en"))


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_placeholders_are_the_same(language: str) -> None:
    english = texts("en")
    for key, text in texts(language).items():
        assert placeholders(text) == placeholders(english[key]), key


def test_a_code_beside_a_name_keeps_its_place_from_right_to_left() -> None:
    """A code and a Latin name would read as one run from left to right, the code at its far end, where a list cuts."""
    for key, text in texts("ar").items():
        for form in forms(text):
            if "{code}" in form and re.search(r"\{(name|doctor|room)\}", form):
                for value in re.findall(r"\{(?:code|name|doctor|room)\}", form):
                    assert f"\u2068{value}\u2069" in form, key


@pytest.mark.parametrize("language", LANGUAGES)
def test_plurals_have_every_form_and_no_text_is_empty(language: str) -> None:
    for key, text in texts(language).items():
        assert isinstance(text, str) or set(text) == PLURALS[language], key
        assert all(form.strip() for form in forms(text)), key


def test_every_sentence_of_the_pages_exists() -> None:
    english = texts("en")
    said = re.compile(r"""(?<![\w#])(?:t|say)\(\s*["'`]([a-z][\w.-]*)["'`]""")
    for page in PAGES:
        for key in said.findall(page.read_text(encoding="utf-8")):
            assert key in english or key.endswith("."), f"{page.relative_to(ROOT)} says {key}"


def test_no_sentence_is_left_over() -> None:
    pages = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    prefixes = (*BY_VALUE.findall(pages), *(f"{group}." for group in NAMED.findall(pages)))
    for key in texts("en"):
        quoted = any(f"{quote}{key}{quote}" in pages for quote in "\"'`")
        assert quoted or key.startswith(prefixes), f"nobody says {key}"


def test_say_fills_in_and_chooses_the_plural() -> None:
    spoken = Texts(I18N)
    assert spoken.say("en", "ticket.before_you", count=1) == "1 person before you"
    assert spoken.say("en", "ticket.before_you", count=3) == "3 people before you"
    assert spoken.say("es", "room", room="3") == "Sala 3"


@pytest.mark.parametrize(
    ("language", "counts"),
    [
        ("en", {0: "other", 1: "one", 2: "other", 11: "other"}),
        ("fr", {0: "one", 1: "one", 2: "other"}),
        ("ar", {0: "zero", 1: "one", 2: "two", 3: "few", 10: "few", 11: "many", 99: "many", 100: "other", 103: "few"}),
    ],
)
def test_plural_categories(language: str, counts: dict[int, str]) -> None:
    assert {count: plural(language, count) for count in counts} == counts


@pytest.mark.parametrize(
    ("chosen", "accepted", "language"),
    [
        (None, "", "en"),
        (None, "de-DE,de;q=0.9", "en"),
        (None, "de, fr;q=0.8, es;q=0.9", "es"),
        (None, "AR-EG", "ar"),
        (None, "es;q=0, fr;q=0.1", "fr"),
        (None, "es;q=nonsense", "es"),
        ("fr", "es", "fr"),
        ("tlh", "es", "es"),
    ],
)
def test_language_is_chosen(chosen: str | None, accepted: str, language: str) -> None:
    assert choose_language(chosen, accepted) == language
