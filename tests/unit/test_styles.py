"""Colours and sizes stand in `tokens.css` alone, and its colours can be read in both themes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

STATIC = Path(__file__).resolve().parents[2] / "static"
TOKENS = (STATIC / "base" / "tokens.css").read_text(encoding="utf-8")
SHEETS = [sheet for sheet in STATIC.glob("**/*.css") if sheet.name != "tokens.css"]
AA_TEXT = 4.5
AAA_TEXT = 7.0
AA_EDGE = 3.0

READ_ON = {
    "ink": ["ground", "paper", "raised", "hover", "accent-soft", "attention-soft", "stopped-soft", "room-soft"],
    "ink-soft": ["ground", "paper", "raised", "hover"],
    "accent": ["ground", "paper", "raised", "accent-soft"],
    "on-accent": ["accent", "accent-hover"],
    "room": ["paper", "room-soft", "hover"],
    "attention": ["paper", "attention-soft", "hover"],
    "stopped": ["paper", "raised", "stopped-soft", "hover"],
    "on-stopped": ["stopped"],
    "paper": ["ink"],
}


def colours(theme: int) -> dict[str, str]:
    pair = re.compile(r"--([\w-]+): var\(--light, (#\w{6})\) var\(--dark, (#\w{6})\)")
    return {match[1]: match[2 + theme] for match in pair.finditer(TOKENS)}


def luminance(colour: str) -> float:
    """Relative luminance. Source: WCAG 2.2."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_text_can_be_read(theme: int) -> None:
    found = colours(theme)
    for text, surfaces in READ_ON.items():
        for surface in surfaces:
            assert contrast(found[text], found[surface]) >= AA_TEXT, f"{text} on {surface}"
    assert contrast(found["on-accent"], found["accent"]) >= AAA_TEXT


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_edges_of_controls_can_be_seen(theme: int) -> None:
    found = colours(theme)
    for surface in ("paper", "ground", "raised"):
        assert contrast(found["line-strong"], found[surface]) >= AA_EDGE, surface


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: str(sheet.relative_to(STATIC)))
def test_no_other_sheet_writes_a_colour_or_a_size(sheet: Path) -> None:
    text = re.sub(r"/\*.*?\*/", "", sheet.read_text(encoding="utf-8"), flags=re.DOTALL)
    text = re.sub(r"@(?:media|container)[^{]*", "", text)  # no token may stand in their conditions
    text = re.sub(r"\.visually-hidden \{.*?\}", "", text, flags=re.DOTALL)
    assert not re.search(r"#[0-9a-f]{3,8}\b|\b(?:rgb|hsl)a?\(", text)
    assert not re.findall(r"\b\d+(?:\.\d+)?(?:px|rem)\b", text)


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: str(sheet.relative_to(STATIC)))
def test_every_token_exists(sheet: Path) -> None:
    used = set(re.findall(r"var\(--([\w-]+)", sheet.read_text(encoding="utf-8")))
    defined = set(re.findall(r"--([\w-]+):", TOKENS)) | set(
        re.findall(r"--([\w-]+):", sheet.read_text(encoding="utf-8"))
    )
    assert used <= defined
