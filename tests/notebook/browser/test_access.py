"""Who sees little, uses no mouse, or has a narrow window."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.notebook.browser.lab import Lab, Notebook
from tests.notebook.browser.test_forms import contacts, read

Show = Callable[[str], Notebook]


@pytest.fixture(params=["JupyterLab Light", "JupyterLab Dark"])
def theme(lab: Lab, request: pytest.FixtureRequest) -> Iterator[str]:
    lab.theme(request.param)
    yield request.param
    lab.theme("JupyterLab Light")


def violations(it: Notebook) -> list[str]:
    """What axe-core finds wrong with the form."""
    from axe_playwright_python.sync_playwright import Axe

    result = Axe().run(it.page, context=".tk-form").response
    return [f"{v['id']}: {[n['html'][:120] for n in v['nodes']][:3]}" for v in result["violations"]]


def test_axe_finds_nothing_wrong_on_the_way_of_an_import(show: Show, folder: Path, theme: str) -> None:
    contacts(folder / "clientes.csv")
    it = show("form = forms.import_records(api.ida); form")
    assert violations(it) == []
    read(it, "clientes.csv")
    assert violations(it) == []
    it.click("check")
    expect(it.find("facets")).to_be_visible()
    it.code()
    assert violations(it) == []
    it.picture(f"axe-problems-{theme}")
    it.click("send")
    it.says("Done")
    assert violations(it) == []


def test_axe_finds_nothing_wrong_with_the_other_forms(show: Show, theme: str) -> None:
    it = show("form = forms.create_database(api.ida); form")
    it.click("create")
    it.says("Some fields")
    assert violations(it) == []
    others = ("connect()", "ask(api.carmachain)", "edit_record(api.ida)", "search_envelopes(api.signio)")
    for count, name in enumerate(others, start=2):
        it.run(f"forms.{name}")
        expect(it.page.locator(".tk-form h3")).to_have_count(count)
    assert violations(it) == []


def test_an_import_by_keyboard_alone(show: Show, folder: Path) -> None:
    """From the path to the workbook without a mouse; the focus is always where the next thing is."""
    contacts(folder / "teclado.csv")
    it = show("form = forms.import_records(api.ida); form")
    keys = it.page.keyboard
    it.find("database").focus()
    keys.press("Tab")
    it.has_focus("Choose a file")
    keys.press("Tab")
    it.has_focus("or its path")
    keys.type("teclado.csv")
    keys.press("Enter")
    it.has_focus("teclado.csv 40 rows")
    it.tab_to("Check")
    keys.press("Enter")
    it.has_focus("Cells to look at")
    it.tab_to("Accept all proposals (1)")
    keys.press("Space")
    it.has_focus("Undo: Accept all proposals (1)")
    it.tab_to("Leave rows out: Fono")
    keys.press("Enter")
    it.has_focus("Send 39, leave 1 here")
    keys.press("Enter")
    it.has_focus("Outcome")
    it.says("Done. 39 in, 1 not sent: 1 left out")
    it.tab_to("Download the workbook")
    with it.page.expect_download():
        keys.press("Enter")


def test_dark_and_narrow(show: Show, folder: Path, lab: Lab) -> None:
    lab.theme("JupyterLab Dark")
    contacts(folder / "clientes.csv")
    it = show("form = forms.import_records(api.ida); form")
    it.page.set_viewport_size({"width": 480, "height": 1700})
    read(it, "clientes.csv")
    it.picture("dark-narrow-match")
    it.click("check")
    expect(it.find("facets")).to_be_visible()
    it.picture("dark-narrow-problems")
    it.click("send")
    it.says("Done")
    it.picture("dark-narrow")
    lab.theme("JupyterLab Light")
    assert it.page.locator("body").get_attribute("data-jp-theme-light") == "false"
    assert it.form.evaluate("form => form.scrollWidth - form.clientWidth") <= 1
