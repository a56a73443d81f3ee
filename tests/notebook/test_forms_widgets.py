"""A widget for every kind of field; what is entered is checked; secrets leave no trace; words in every language."""

import inspect
import re
import string
from collections.abc import Iterator
from pathlib import Path

import ipywidgets as w
import pytest

import toolkit
from tests.helpers.forms import shown, within
from toolkit import spec
from toolkit.errors import InputError
from toolkit.http.secrets import Secret
from toolkit.notebook import forms, words
from toolkit.notebook.forms import form, inert
from toolkit.notebook.forms.widgets import WIDGETS, Input, as_code, values_of

HOSTILE = "<img src=x onerror=alert(1)></script>\u202e\x07'\""


@pytest.fixture(autouse=True)
def _english_afterwards() -> Iterator[None]:
    yield
    toolkit.language("en")


@pytest.mark.parametrize("kind", WIDGETS, ids=lambda kind: kind.__name__)
def test_an_input_has_a_name_a_help_and_no_value_at_first(kind: type[spec.Field]) -> None:
    facts = {"choices": {1: "one", 2: "two"}} if kind in (spec.Choice, spec.List) else {}
    made = Input(kind("What it is for.", name="thing", **facts))
    assert made.widget.description == "thing"
    assert "What it is for." in shown(made)
    assert values_of([made]) == {}


ENTERED = [
    (spec.Integer("", name="a"), "12", 12),
    (spec.Text("", name="a"), "  x ", "x"),
    (spec.Bool("", name="a"), True, True),
    (spec.Choice("", name="a", choices={1: "one"}), 1, 1),
    (spec.List("", name="a", choices={"x": "X", "y": "Y"}), ("x", "y"), ["x", "y"]),
    (spec.Nested("", name="a"), '{"b": 1}', {"b": 1}),
]


@pytest.mark.parametrize(("field", "typed", "value"), ENTERED, ids=lambda x: getattr(x, "kind", ""))
def test_what_is_entered_is_read_as_its_kind(field: spec.Field, typed: object, value: object) -> None:
    made = Input(field)
    made.widget.value = typed
    assert values_of([made]) == {"a": value}


def test_everything_wrong_is_said_beside_its_field() -> None:
    name = Input(spec.Text("", name="name", required=True))
    hour = Input(spec.Integer("", name="hour"))
    mail = Input(spec.Email("", name="email"))
    hour.widget.value, mail.widget.value = "soon", "ana@example.cl"
    with pytest.raises(InputError, match="nothing was sent"):
        values_of([name, hour, mail])
    assert "Name is required" in shown(name)
    assert "hour is" in shown(hour)
    assert "role='alert'" not in shown(mail)
    name.widget.value, hour.widget.value = "Ana", "9"
    assert values_of([name, hour, mail]) == {"name": "Ana", "hour": 9, "email": "ana@example.cl"}
    assert "role='alert'" not in shown(hour)


@pytest.mark.parametrize("kind", [spec.Rows, spec.Nested])
def test_json_that_is_none_is_said(kind: type[spec.Field]) -> None:
    made = Input(kind("", name="people"))
    made.widget.value = "{"
    with pytest.raises(InputError):
        values_of([made])
    assert "is not JSON" in shown(made)


def test_a_secret_leaves_its_box_when_it_is_read() -> None:
    made = Input(spec.Masked("", name="password", default="never shown"))
    assert made.widget.value == ""
    made.widget.value = "top-secret-value"
    read = values_of([made])["password"]
    assert isinstance(read, Secret)
    assert read.reveal() == "top-secret-value"
    assert made.widget.get_state()["value"] == ""
    assert as_code({"password": read}) == ", password=getpass.getpass('password: ')"


def test_hostile_texts_are_inert_everywhere() -> None:
    made = Input(spec.Choice(HOSTILE, name=HOSTILE, choices={HOSTILE: HOSTILE}))
    told = form.Form(HOSTILE)
    told.say(HOSTILE)
    told.show_code(HOSTILE)
    made.say(HOSTILE)
    every = shown(made) + shown(told)
    assert "<img" not in every
    assert "\u202e" not in every + made.widget.description + made.widget.tooltip
    assert not re.search(r"[^\w-]", next(c for c in made.widget._dom_classes if c.startswith("tk-")))


def test_a_table_shows_hostile_cells_columns_and_labels_as_text() -> None:
    import pandas as pd

    frame = pd.DataFrame({HOSTILE: [HOSTILE, None, ["<b>"]]}, index=[HOSTILE, "b", "c"])
    made = inert.table(frame).value
    assert "<img" not in made
    assert "<b>" not in made
    assert "\u202e" not in made
    assert "None" not in made
    assert "nbsp\xa0and ñ stay" in inert.text("nbsp\xa0and ñ stay")


def test_secrets_do_not_show_in_what_a_form_says_or_in_its_code() -> None:
    kept = Secret("clave-muy-secreta")
    told = form.Form("x")
    told.say(f"login failed with {kept.reveal()}", wrong=True)
    told.show_code(f"connect({kept.reveal()!r})")
    assert "clave-muy-secreta" not in shown(told) + told.code


def test_no_form_takes_a_name_that_a_widget_has() -> None:
    ours = [c for c in _below(w.VBox) if c.__module__.startswith("toolkit.notebook.forms")]
    assert len(ours) > 10
    for each in ours:
        own = {n for n, member in vars(each).items() if inspect.isfunction(member) or isinstance(member, property)}
        assert not {n for n in own if n in dir(w.VBox)} - {"__init__"}, each


def _below(of: type) -> Iterator[type]:
    for each in of.__subclasses__():
        yield each
        yield from _below(each)


# ── words ──


def _blanks(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("key", words.WORDS)
def test_each_word_says_the_same_in_every_language(key: str) -> None:
    english, *others = words.WORDS[key]
    assert all(others)
    assert all(_blanks(each) == _blanks(english) for each in others)


def test_every_word_is_used() -> None:
    code = "".join(p.read_text(encoding="utf-8") for p in Path(forms.__file__).parent.glob("*.py"))
    composed = {"first page", "last page", *(k for k in words.WORDS if k.split(" ")[0] in ("top", "middle", "bottom"))}
    outcomes = {"verified", "accepted", "rejected", "unknown", "duplicated", "not sent"}
    unused = {k for k in words.WORDS if f'"{k}"' not in code and f"'{k}'" not in code} - composed - outcomes
    assert not unused


def test_the_language_is_that_of_the_forms_made_next(api: toolkit.Api) -> None:
    toolkit.language("es")
    made = forms.create_database(api.ida)
    descriptions = {each.description for each in within(made) if getattr(each, "description", "")}
    assert {"Nombre (obligatorio)", "Tipo", "Crear", "Ver código", "Agregar un campo"} <= descriptions
    assert "Nombre de la base de datos." in shown(made)


@pytest.mark.parametrize("code", ["", "de", "ES"])
def test_an_unknown_language_is_an_error(code: str) -> None:
    with pytest.raises(InputError, match="there are en, es, uk"):
        toolkit.language(code)


def test_every_help_text_of_a_form_has_a_translation(api: toolkit.Api) -> None:
    made = [forms.connect(), forms.create_database(api.ida), forms.edit_record(api.ida)]
    made += [forms.search_envelopes(api.signio), forms.ask(api.carmachain), forms.campaign(api.signio)]
    docs = {each.field.doc for one in made for each in within(one) if isinstance(each, Input) and each.field.doc}
    docs |= {f.doc for vendor in toolkit.Api.vendors().values() for f in vendor.system.credentials.fields}
    assert len(docs) > 20
    assert docs <= set(words.HELP)
