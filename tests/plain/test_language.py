"""The reader's language: which one it is, how numbers and dates are written in it, and what does not depend on it."""

import datetime as dt
import gettext
import logging
import string
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import toolkit
from tests.commands import catalogue
from toolkit import plain
from toolkit.errors import InputError
from toolkit.plain import current_language, day, message, number, plural

MOMENT = dt.datetime(2026, 11, 6, 14, 5, 33, tzinfo=dt.UTC)


# ── which language ──


def test_the_language_is_chosen_else_of_the_environment_else_a_setting_else_the_systems(
    monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    monkeypatch.setenv("TOOLKIT_LANGUAGE", "")
    monkeypatch.setenv("LC_ALL", "uk_UA.UTF-8")
    plain.speak("")
    assert current_language() == "uk"
    home.mkdir()
    (home / "settings.toml").write_text('language = "es"\n[default.ida]\nusername = "ana"\n', encoding="utf-8")
    plain.speak("")
    assert current_language() == "es"
    monkeypatch.setenv("TOOLKIT_LANGUAGE", "uk")
    assert current_language() == "uk"
    toolkit.language("en")
    assert current_language() == "en"


@pytest.mark.parametrize(
    ("name", "code"),
    [("es_CL.UTF-8", "es"), ("es-CO", "es"), ("Spanish_Chile", "es"), ("uk", "uk"), ("C.UTF-8", "en"), ("de_DE", "en")],
)
def test_the_systems_name_of_a_language(monkeypatch: pytest.MonkeyPatch, name: str, code: str) -> None:
    monkeypatch.setenv("TOOLKIT_LANGUAGE", "")
    monkeypatch.setenv("LC_ALL", name)
    plain.speak("")
    assert current_language() == code


def test_a_settings_file_that_cannot_be_read_is_no_matter_of_the_language(
    monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    monkeypatch.setenv("TOOLKIT_LANGUAGE", "")
    monkeypatch.setenv("LC_ALL", "es_CL")
    home.mkdir()
    (home / "settings.toml").write_text("language = ", encoding="utf-8")
    plain.speak("")
    assert current_language() == "es"


def test_a_profile_beside_the_language_is_a_profile(home: Path) -> None:
    home.mkdir()
    (home / "settings.toml").write_text('language = "es"\n[work.ida]\nusername = "ana"\n', encoding="utf-8")
    assert set(toolkit.settings.profiles()) == {"work"}


@pytest.mark.parametrize("code", ["", "de", "ES"])
def test_an_unknown_language_is_an_error(code: str) -> None:
    with pytest.raises(InputError, match="there are en, es, uk"):
        toolkit.language(code)


# ── numbers and dates ──


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("en", "11111: 1,234,567 of 2.5, 12.0%, 2026-11-06"),
        ("es", "11111: 1.234.567 of 2,5, 12,0\u00a0%, 06/11/2026"),
        ("uk", "11111: 1\u00a0234\u00a0567 of 2,5, 12,0\u00a0%, 06.11.2026"),
    ],
)
def test_numbers_and_dates_are_written_as_the_language_does(code: str, shown: str) -> None:
    toolkit.language(code)
    text = "{id}: {rows:,} of {seconds}, {share:.1%}, {date}"
    assert message(text, id=11111, rows=1234567, seconds=2.5, share=0.12, date=MOMENT.date()) == shown


def test_what_is_quoted_stays_as_it_is() -> None:
    toolkit.language("es")
    assert message("{a!r} {b!r} {c} {d.year} {e}", a=2.5, b="1.5", c="1,234.5", d=MOMENT, e=True) == (
        "2.5 '1.5' 1,234.5 2026 True"
    )
    assert (number(1234.5, ",.1f"), number(1234), day(MOMENT)) == ("1.234,5", "1.234", "06/11/2026 14:05")
    toolkit.language("en")
    assert (number(1234.5, ",.1f"), number(1234), day(MOMENT)) == ("1,234.5", "1,234", "2026-11-06 14:05")


@pytest.mark.parametrize(("count", "shown"), [(0, "0 rows"), (1, "1 row"), (1234, "1,234 rows")])
def test_a_count_chooses_its_form(count: int, shown: str) -> None:
    assert plural("{count} row", "{count} rows", count=count) == shown


@pytest.mark.parametrize("code", plain.LANGUAGES)
def test_a_sentence_outside_the_catalogue_is_shown_as_it_is(code: str) -> None:
    toolkit.language(code)
    assert message("Ünknown {thing}", thing=1) == "Ünknown 1"
    assert message("") == ""


# ── the catalogue ──


@pytest.mark.parametrize("code", catalogue.TRANSLATED)
def test_the_compiled_catalogue_is_the_written_one(code: str) -> None:
    assert catalogue.po_file(code).with_suffix(".mo").read_bytes() == catalogue.compiled(catalogue.read(code)), (
        "run python -m tests.commands.catalogue"
    )


@pytest.mark.parametrize("code", catalogue.TRANSLATED)
def test_a_translation_has_the_blanks_of_its_sentence(code: str) -> None:
    wrong = [
        entry.id
        for entry in catalogue.read(code)
        if entry.id
        for text in _all(entry.string)
        if text and blanks(text) - blanks(_all(entry.id)[-1])
    ]
    assert wrong == []


def _all(texts: Any) -> tuple[str, ...]:
    return (texts,) if isinstance(texts, str) else tuple(texts)


def blanks(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_what_is_drawn_from_a_source() -> None:
    source = """
LABEL = mark("a label")

def shown(n, many):
    text = "set {n}" if many else "set alone"
    message(text, n=n)
    message("one" " sentence", n=n)
    return plural("{count} row", "{count} rows", count=n)
"""
    drawn = {*catalogue.sentences(source)}
    assert drawn == {"a label", "set {n}", "set alone", "one sentence", ("{count} row", "{count} rows")}


def test_the_catalogues_are_found_by_the_standard_library() -> None:
    for code in catalogue.TRANSLATED:
        assert isinstance(gettext.translation("toolkit", plain.CATALOGUES, [code]), gettext.GNUTranslations)


def test_logs_types_of_errors_columns_and_outcomes_do_not_depend_on_it(
    api: toolkit.Api, caplog: pytest.LogCaptureFixture
) -> None:
    seen = []
    api.ida.databases()  # signs in
    people = pd.DataFrame({"NOMBRE": ["Ana", "Luis"], "EMAIL": ["ana@example.cl", "luis"]})
    for code in ("en", "es"):
        toolkit.language(code)
        caplog.clear()
        with caplog.at_level(logging.DEBUG, "toolkit"):
            with pytest.raises(toolkit.NotFound) as raised:
                api.ida.database(99999)
            check = toolkit.check(people, api.ida.fields(11111))
        lines = [(record.name, record.msg, record.levelno) for record in caplog.records]
        outcomes = check.outcomes["outcome"].astype(object)
        seen.append(
            (lines, raised.type, list(check.errors), check.facets["reason"].tolist(), outcomes.dropna().tolist())
        )
        shown = check.errors["problem"].iloc[0]
        assert shown.startswith({"en": "is not", "es": "no es"}[code])
    assert seen[0][0]
    assert seen[0] == seen[1]
