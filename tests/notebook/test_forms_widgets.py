"""A box for every kind of field; what is entered is checked; secrets leave no trace; words in every language."""

import inspect
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ipywidgets as w
import pandas as pd
import pytest

import toolkit
from tests.helpers.forms import find, is_wrong, said, shown, text_of, within
from toolkit import spec
from toolkit.errors import InputError
from toolkit.http.secrets import Secret
from toolkit.notebook import forms
from toolkit.notebook.forms import parts
from toolkit.notebook.forms.form import Form
from toolkit.notebook.forms.listing import Listing
from toolkit.notebook.forms.view import Element, element
from toolkit.notebook.forms.widgets import WIDGETS, Input, as_code, values_of

HOSTILE = "<img src=x onerror=alert(1)></script>\u202e\x07'\""


class Asking(Form):
    """A form that asks for these fields."""

    title = "What a form asks"

    def __init__(self, *fields: spec.Field) -> None:
        super().__init__()
        self.inputs = [Input(f) for f in fields]
        self.draw()

    def elements(self) -> list[Element]:
        return [i.element() for i in self.inputs]


def control(form: Form, name: str) -> Element:
    found = form.view.find(name)
    assert found is not None
    return found


@pytest.mark.parametrize("kind", WIDGETS, ids=lambda kind: kind.__name__)
def test_an_input_has_a_name_a_help_and_no_value_at_first(kind: type[spec.Field]) -> None:
    facts = {"choices": {1: "one", 2: "two"}} if kind in (spec.Choice, spec.List) else {}
    form = Asking(kind("What it is for.", name="thing", **facts))
    label = next(e for e in within(form) if e.tag == "label")
    assert text_of(label) == "thing"
    assert label.attributes["for"] == control(form, "thing").attributes["id"]
    assert control(form, "thing").attributes["aria-describedby"] == "thing-help"
    assert "What it is for." in shown(form)
    assert values_of(form.inputs) == {}


ENTERED = [
    (spec.Integer("", name="a"), "12", 12),
    (spec.Text("", name="a"), "  x ", "x"),
    (spec.Bool("", name="a"), "yes", True),
    (spec.Bool("", name="a"), "no", False),
    (spec.Bool("", name="a", required=True), True, True),
    (spec.Choice("", name="a", choices={1: "one"}), "1", 1),
    (spec.List("", name="a", choices={"x": "X", "y": "Y"}), ["x", "y"], ["x", "y"]),
    (spec.Nested("", name="a"), '{"b": 1}', {"b": 1}),
]


@pytest.mark.parametrize(("field", "typed", "value"), ENTERED, ids=lambda x: getattr(x, "kind", ""))
def test_what_is_entered_is_read_as_its_kind(field: spec.Field, typed: object, value: object) -> None:
    form = Asking(field)
    find(form, "a").value = typed
    assert values_of(form.inputs) == {"a": value}
    now = find(form, "a").value
    assert now == typed, "what was typed is shown again when the page is drawn anew"


def test_everything_wrong_is_said_beside_its_field_and_the_first_has_the_focus() -> None:
    name, hour, mail = (
        spec.Text("", name="name", required=True),
        spec.Integer("", name="hour"),
        spec.Email("", name="m"),
    )
    form = Asking(name, hour, mail)
    focused: list[str] = []
    form.view.focus = focused.append  # type: ignore[method-assign]
    find(form, "hour").value, find(form, "m").value = "soon", "ana@example.cl"
    with pytest.raises(InputError, match="nothing was sent"):
        form.values(form.inputs)
    form.draw()
    assert focused == ["name"]
    assert "Name is required" in shown(form)
    assert "hour is" in shown(form)
    wrong = {key for key in ("name", "hour", "m") if control(form, key).attributes.get("aria-invalid") == "true"}
    assert wrong == {"name", "hour"}
    assert control(form, "hour").attributes["aria-describedby"] == "hour-wrong"
    find(form, "name").value, find(form, "hour").value = "Ana", "9"
    assert form.values(form.inputs) == [{"name": "Ana", "hour": 9, "m": "ana@example.cl"}]
    form.draw()
    assert "hour is" not in shown(form)


@pytest.mark.parametrize("kind", [spec.Rows, spec.Nested])
def test_json_that_is_none_is_said(kind: type[spec.Field]) -> None:
    form = Asking(kind("", name="people"))
    find(form, "people").value = "{"
    with pytest.raises(InputError):
        values_of(form.inputs)
    form.draw()
    assert "is not JSON" in shown(form)


def test_a_secret_leaves_its_box_when_it_is_read_and_is_never_on_the_page() -> None:
    form = Asking(spec.Masked("", name="password", default="never shown"))
    find(form, "password").value = "top-secret-value"
    assert "top-secret-value" not in json.dumps(form.view.get_state(["tree", "message"]))
    before = control(form, "password").attributes["data-emptied"]
    read = values_of(form.inputs)["password"]
    form.draw()
    assert isinstance(read, Secret)
    assert read.reveal() == "top-secret-value"
    assert control(form, "password").attributes["data-emptied"] != before, "the browser empties the box"
    assert form.inputs[0].read() is None
    assert as_code({"password": read}) == ", password=getpass.getpass('password: ')"


def test_hostile_texts_reach_the_page_as_text_everywhere() -> None:
    """What is drawn is a tree of texts: no part of it is markup, and nothing turns writing around."""
    form = Asking(spec.Choice(HOSTILE, name=HOSTILE, choices={HOSTILE: HOSTILE}))
    form.say(HOSTILE)
    form.show_code(HOSTILE)
    form.inputs[0].wrong = HOSTILE
    form.draw()
    tree = json.dumps(form.view.get_state(["tree", "message"]), ensure_ascii=False)
    assert "\u202e" not in tree
    assert "\\u0007" not in tree
    assert {e.tag for e in within(form)} <= {"h3", "div", "label", "select", "option", "span", "button", "pre"}
    classes = " ".join(str(e.attributes.get("class", "")) for e in within(form))
    assert not re.search(r"[^\w\s-]", classes)


def test_no_script_of_ours_parses_markup() -> None:
    scripts = "".join(p.read_text(encoding="utf-8") for p in Path(forms.__file__).parent.glob("browser/*.js"))
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|DOMParser", scripts)


def test_a_table_shows_nothing_where_nothing_is() -> None:
    frame = pd.DataFrame({HOSTILE: [HOSTILE, None, ["<b>"]]}, index=[HOSTILE, "b", "c"])
    assert "None" not in text_of(parts.table(frame))
    assert "1–10 of 5,000" in text_of(Listing("long", pd.DataFrame({"a": range(5000)})).element())


def test_a_listing_is_searched_sorted_and_turned() -> None:
    frame = pd.DataFrame({"name": [f"n{i}" for i in range(25)] + ["Ñandú"], "count": [*range(26)]})

    class Listed(Form):
        title = "What a form asks"
        listing = Listing("it", frame)

        def elements(self) -> list[Element]:
            return [self.listing.element()]

    form = Listed()
    form.draw()

    def cells() -> list[str]:
        return [text_of(e) for e in within(form) if e.tag == "td"][::2]

    assert "1–10 of 26" in shown(form)
    assert find(form, "it-previous").disabled
    find(form, "it-next").click()
    find(form, "it-next").click()
    assert cells() == [*(f"n{i}" for i in range(20, 25)), "Ñandú"]
    assert "page 3 of 3" in shown(form)
    find(form, "it-sort", 1).click()
    find(form, "it-sort", 1).click()
    assert cells()[0] == "Ñandú"
    find(form, "it-search").value = "ñAN"
    assert cells() == ["Ñandú"]
    assert "1–1 of 1 (26 rows)" in shown(form)
    find(form, "it-search").value = "nothing like it"
    assert cells() == []


def test_secrets_do_not_show_in_what_a_form_says_or_in_its_code() -> None:
    kept = Secret("clave-muy-secreta")
    form = Asking()
    form.say(f"login failed with {kept.reveal()}", wrong=True)
    form.show_code(f"connect({kept.reveal()!r})")
    form._toggle()
    form.draw()
    assert "clave-muy-secreta" not in shown(form) + form.code + said(form)
    assert is_wrong(form)


def test_the_same_sentence_twice_is_said_twice() -> None:
    form, changes = Asking(), list[Any]()
    form.view.observe(lambda change: changes.append(change["new"]["text"]), "message")
    form.say("Done")
    form.say("Done")
    assert changes == ["Done", "Done"]


def test_a_click_on_what_is_gone_does_nothing() -> None:
    """Between a drawing and a click another drawing may come: what the click was for is not done to something else."""
    form = Asking(spec.Text("", name="a"))
    form._receive({"k": "b", "v": "x"}, [])
    form._receive({"k": "a-help", "v": "x"}, [])
    form._receive({}, [])
    assert form.inputs[0].value == ""


def test_keys_are_unique(api: toolkit.Api) -> None:
    made: list[Form] = [forms.connect(), forms.create_database(api.ida), forms.edit_record(api.ida)]
    made += [forms.search_envelopes(api.signio), forms.ask(api.carmachain), forms.campaign(api.signio)]
    for form in made:
        keys = [e.key for e in within(form) if e.key and e.action]
        assert len(keys) == len(set(keys)), form


def test_a_form_in_a_notebook_that_is_opened_again_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[dict[str, Any]] = []
    monkeypatch.setattr("IPython.display.display", lambda data, raw: shown.append(data))
    Asking()._ipython_display_()
    note, widget = shown
    assert "Run this cell." in note["text/html"]
    assert "application/vnd.jupyter.widget-view+json" in widget


def test_what_a_form_is_called() -> None:
    assert repr(Asking()) == "<form: What a form asks>"


def test_an_element_leaves_out_what_is_not_there() -> None:
    made = element("p", "a", None, element("b", "c"), name="x y", title=None, hidden=False, aria_label="z")
    assert made.as_json() == ["p", {"class": "tk-x-y", "aria-label": "z", "k": "x y"}, ["a", ["b", {}, ["c"]]]]


def test_no_form_takes_a_name_that_a_widget_has() -> None:
    ours = [c for c in _below(w.VBox) if c.__module__.startswith("toolkit.notebook.forms")]
    assert len(ours) > 6
    allowed = {"__init__", "__repr__", "_ipython_display_"}
    for each in ours:
        own = {n for n, member in vars(each).items() if inspect.isfunction(member) or isinstance(member, property)}
        assert not {n for n in own if n in dir(w.VBox)} - allowed, each


def _below(of: type) -> Iterator[type]:
    for each in of.__subclasses__():
        yield each
        yield from _below(each)


# ── words ──


def test_the_language_is_that_of_the_forms_made_next(api: toolkit.Api) -> None:
    toolkit.language("es")
    form = forms.create_database(api.ida)
    texts = {text_of(e) for e in within(form) if e.tag in ("label", "button")}
    assert {"Nombre (obligatorio)", "Tipo", "Crear", "Ver código", "Agregar un campo"} <= texts
    assert "Nombre de la base de datos." in shown(form)
