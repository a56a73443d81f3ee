"""A typed password is in no widget's state: not while it waits, and not on any way out of the form."""

from collections.abc import Callable, Iterator
from typing import Any

import ipywidgets
import ipywidgets as w
import pytest

import toolkit
from tests.helpers.forms import find, press, said, within
from tests.helpers.sentinel import leaks
from toolkit import forms, spec
from toolkit.http.secrets import Secret
from toolkit.notebook.forms.connect import ConnectForm
from toolkit.notebook.forms.widgets import ENTERED, Input
from toolkit.sandbox import Sandbox

PASSWORD = "sentinel-typed-7"


@pytest.fixture
def filled(box: Sandbox) -> Iterator[ConnectForm]:
    form = forms.connect()
    find(form, "base_url").value = box.addresses["ida"]
    find(form, "username").value = "demo"
    find(form, "password").value = PASSWORD
    yield form
    assert not held()  # however the test went on


def held() -> list[str]:
    """The widgets of this process, with their states, in which the password stands."""
    instances = dict(ipywidgets.widgets.widget._instances)
    return [repr(each) for each in instances.values() if leaks(repr(each.get_state()), PASSWORD)]


def another_system(form: ConnectForm) -> None:
    find(form, "system").value = "signio"


def fail_before_reading(form: ConnectForm) -> None:
    find(form, "profile").value = "sandbox"
    press(form, "connect")


def clear_it(form: ConnectForm) -> None:
    find(form, "password").value = ""


def call_from_code(form: ConnectForm) -> None:
    with pytest.raises(toolkit.AuthError):
        form.connect()


WAYS: dict[str, Callable[[ConnectForm], Any]] = {
    "nothing is done": lambda form: None,
    "another profile": lambda form: setattr(find(form, "profile"), "value", "another"),
    "another system": another_system,
    "connected, refused": lambda form: press(form, "connect"),
    "refused before it was read": fail_before_reading,
    "closed": lambda form: form.close(),
    "cleared": clear_it,
    "called from code": call_from_code,
    "left half filled": lambda form: setattr(find(form, "username"), "value", "x" * 99) or press(form, "connect"),
    "shown as code": lambda form: press(form, "show-code"),
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_no_state_holds_it_on_any_way_out(way: Callable[[ConnectForm], Any], filled: ConnectForm) -> None:
    assert not held()  # before anything was pressed
    way(filled)
    assert not held()
    shown = [filled.code, repr(filled), repr(vars(filled)), *(repr(vars(i)) for i in filled._inputs)]
    shown += [repr(each) for each in within(filled)]
    assert not leaks("\n".join(shown), PASSWORD)


def test_the_states_are_really_looked_at() -> None:
    widget = w.Text(value=PASSWORD)
    assert len(held()) == 1
    widget.close()
    del widget


def test_what_was_entered_can_be_seen_but_not_how_long_it_is() -> None:
    made = Input(spec.Masked("The password.", name="password"))
    for text in ("a", PASSWORD):
        made.change(text)
        assert made.secret().attributes["placeholder"] == ENTERED
        assert "value" not in made.secret().attributes
    assert made.read() == Secret(PASSWORD)  # the last one
    assert made.secret().attributes["placeholder"] == ""
    assert made.read() is None


def test_a_box_that_was_replaced_hands_nothing_on(filled: ConnectForm) -> None:
    find(filled, "profile").value = "another"
    press(filled, "connect")
    assert "password" in said(filled) or "token" in said(filled)
    assert filled.api is None
