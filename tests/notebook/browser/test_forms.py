"""Each form's main path and its worst error, in JupyterLab, as a person meets them."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import expect

from tests.notebook.browser.lab import Lab, Notebook
from toolkit import read_sheet

Show = Callable[[str], Notebook]


def contacts(path: Path, rows: int = 40) -> Path:
    sheet = pd.DataFrame({"Correo": [f"persona{n}@example.cl" for n in range(rows)], "Nombre": "<b>Ana</b>"})
    sheet["Fono"] = "+56 9 1234 5678"
    sheet["Nota"] = "x\u202egnp.exe"
    sheet.loc[3, "Correo"] = "persona3@example,cl"
    sheet.loc[5, "Fono"] = "<script>document.title='hit'</script>"
    sheet.to_csv(path, index=False)
    return path


def test_import_records(show: Show, folder: Path) -> None:
    contacts(folder / "clientes.csv")
    it = show("form = forms.import_records(api.ida); form")
    it.picture("import-0")
    with it.page.expect_file_chooser() as chooser:
        it.click("upload-sheet")
    chooser.value.set_files(str(folder / "clientes.csv"))
    expect(it.find("match").first).to_be_visible()
    it.picture("import-1-match")
    it.click("check")
    expect(it.find("grid")).to_be_visible()
    it.picture("import-2-check")
    expect(it.form.get_by_role("textbox", name="Correction: Row 5, Correo")).to_be_visible()
    it.click("accept-0")
    it.type_into("cell-1", "+56 9 8765 4321")
    it.click("recheck")
    expect(it.find("send")).to_contain_text("40")
    it.picture("import-3-confirm")
    it.click("send")
    expect(it.find("outcome")).to_be_visible()
    it.says("Done")
    it.click("result")
    with it.page.expect_download() as download:
        it.find("file").locator("a").click()
    assert len(read_sheet(download.value.path())) == 40
    assert "insert_records(11111, rows)" in it.code()
    it.picture("import-4-outcome")
    assert it.page.title() != "hit"


def test_import_by_path_in_spanish_says_that_there_is_no_such_file(show: Show) -> None:
    it = show("toolkit.language('es'); forms.import_records(api.ida)")
    it.type_into("path-sheet", "no-existe.xlsx")
    it.click("read")
    it.says("no-existe.xlsx cannot be read")
    expect(it.find("read")).to_have_text("Leer la planilla")
    it.picture("import-es-error")


def test_import_of_rows_that_were_sent_before(show: Show, folder: Path) -> None:
    contacts(folder / "antes.csv").rename(folder / "otra vez.csv")
    more = pd.read_csv(folder / "otra vez.csv", dtype=str)
    more.head(20).to_csv(folder / "antes.csv", index=False)
    it = show("forms.import_records(api.ida)")
    for name in ("antes.csv", "otra vez.csv"):
        it.type_into("path-sheet", name)
        it.click("read")
        it.click("check")
        it.click("send")
        if name == "antes.csv":
            it.says("Done")
    it.says("Tick “Leave out rows that were sent before”")
    it.picture("import-sent-before")
    it.find("only-new").locator("input").check()
    it.click("send")
    it.says("Done")


def test_cancel_in_the_middle_leaves_a_push_that_goes_on(show: Show, folder: Path) -> None:
    contacts(folder / "muchos.csv", 3000)
    it = show(
        "box.control.fault(system='ida', match={'method': 'POST', 'path': '*/records'}, times=None, delay=1)\n"
        "form = forms.import_records(api.ida); form"
    )
    it.type_into("path-sheet", "muchos.csv")
    it.click("read")
    it.click("check")
    it.click("send")
    expect(it.find("progress")).to_contain_text("/ 2,998")
    it.picture("job-running")
    it.click("pause")
    it.says("Paused")
    it.picture("job-paused")
    it.click("go-on")
    it.click("cancel")
    it.says("Cancelled. What was sent is kept")
    it.picture("job-cancelled")
    it.run(
        "import toolkit; box.control.clear_faults()\n"
        "print(toolkit.open_push(form.report.facts['id']).report().facts['state'])\n"
        "print(toolkit.open_push(form.report.facts['id']).resume().summary['verified'], 'verified')\n"
        "print(api.ida.database(11111)['rowCounter'].iloc[0], 'stored')"
    )
    expect(it.output(2)).to_contain_text("paused")
    expect(it.output(2)).to_contain_text("2998 verified")


def test_card_codes(show: Show, folder: Path) -> None:
    codes = pd.DataFrame({"Usuario": ["maria", "maria", "juan"], "Sede": "dominio123"})
    codes.assign(Tarjeta=["00012345", "777", "888"]).to_csv(folder / "tarjetas.csv", index=False)
    it = show("form = forms.card_codes(api.nddprint); form")
    it.type_into("path-sheet", "tarjetas.csv")
    it.click("read")
    it.click("check")
    it.says("Required, and filled by no column: DomainName")
    it.form.get_by_label("Sede").select_option("DomainName · text · required")
    it.picture("codes-match")
    it.click("check")
    it.click("send")
    expect(it.find("grid")).to_contain_text("is in several rows")
    it.picture("codes-problem")
    it.type_into("cell-1", "nadie")
    it.click("recheck")
    it.click("send")
    expect(it.find("outcome")).to_be_visible()
    it.picture("codes-outcome")


def test_people(show: Show, folder: Path) -> None:
    people = pd.DataFrame({"Documento": ["0012345678", None], "Teléfono": ["0999999999", "12"]})
    people.to_csv(folder / "personas.csv", index=False)
    it = show("form = forms.people(api.carmachain); form")
    it.type_into("path-sheet", "personas.csv")
    it.click("read")
    it.click("check")
    expect(it.find("grid")).to_be_visible()
    it.picture("people-check")
    it.click("send")
    expect(it.find("outcome")).to_contain_text("accepted")
    it.picture("people-outcome")


def test_ask(show: Show) -> None:
    it = show("form = forms.ask(api.carmachain); form")
    it.click("ask")
    it.says("Give a document or a phone")
    it.type_into("PhoneNumber", "12")
    it.click("ask")
    expect(it.form.get_by_role("alert").first).to_contain_text("is not")
    it.picture("ask-error")
    it.type_into("PhoneNumber", "0999999999")
    it.click("ask")
    it.says("answered so far")
    it.picture("ask-answers")
    assert "api.carmachain.request(" in it.code()


def test_connect(show: Show) -> None:
    it = show("print(box.addresses['ida']); form = forms.connect(); form")
    address = it.output(1, ".jp-OutputArea-output pre").inner_text().strip()
    it.type_into("base_url", address)
    it.type_into("username", "demo")
    it.type_into("password", "una-clave-mala")
    it.click("connect")
    it.says("[404]")
    expect(it.find("password").locator("input")).to_have_value("")
    it.picture("connect-error")
    it.type_into("password", "clave-demo-ida")
    it.click("connect")
    it.says("Connected: <IDA at 127.0.0.1")
    assert "clave-demo-ida" not in it.form.inner_html()
    assert "getpass" in it.code()
    it.picture("connect")
    it.run("print(len(form.api.ida.databases()), 'databases')")
    expect(it.output(2)).to_contain_text("databases")


def test_create_database(show: Show) -> None:
    it = show("form = forms.create_database(api.ida); form")
    it.click("create")
    it.says("Some fields need a look")
    it.picture("create-error")
    it.find("name").first.locator("input").fill("Clientes <2026>")
    it.find("name").nth(1).locator("input").fill("CORREO")
    it.find("type").locator("select").select_option("email (2)")
    it.click("add-field")
    it.find("name").nth(2).locator("input").fill("NOMBRE")
    it.click("create")
    it.says("Created: Clientes <2026>")
    it.code()
    it.picture("create")
    it.click("create")
    it.says("Created: Clientes <2026>")


def test_edit_record(show: Show) -> None:
    it = show("form = forms.edit_record(api.ida); form")
    it.type_into("record", "999999")
    it.click("load")
    it.says("[404]")
    it.type_into("record", "1234")
    it.click("load")
    expect(it.find("TELEFONO")).to_be_visible()
    it.type_into("TELEFONO", "12")
    it.click("save")
    expect(it.find("TELEFONO").locator("xpath=..").get_by_role("alert")).to_be_visible()
    it.picture("edit-error")
    it.type_into("TELEFONO", "56912345677")
    it.click("save")
    it.says("Changed: TELEFONO")
    it.picture("edit")


PDF = """
import io, pypdf
made = pypdf.PdfWriter(); made.add_blank_page(595, 842); made.add_blank_page(595, 842)
with open("contrato.pdf", "wb") as file: made.write(file)
"""


def test_campaign_and_envelope(show: Show, folder: Path) -> None:
    signers = pd.DataFrame({"contrato": ["c-1", "c-1", "c-2"], "Nombre": ["Ana", "Luis", "<i>Eva</i>"]})
    signers = signers.assign(Tipo="CC", Cédula=["1001", "1002", "1003"])
    signers = signers.assign(Correo=["ana@example.co", "luis@example.co", "eva@example.co"])
    signers.to_csv(folder / "firmantes.csv", index=False)
    it = show(PDF + "form = forms.campaign(api.signio); form")
    it.type_into("path-sheet", "firmantes.csv")
    it.click("read")
    it.form.get_by_label("Tipo").select_option("tipo_identificacion · one of · required")
    it.form.get_by_label("Column that groups signers into envelopes").select_option("contrato")
    it.type_into("campaign", "2026-11")
    it.type_into("path-documents", "no-esta.pdf")
    it.click("place-top-right")
    it.picture("campaign-match")
    it.click("check")
    expect(it.form).to_contain_text("cannot be read")
    it.picture("campaign-problem")
    it.click("back")
    it.type_into("path-documents", "contrato.pdf")
    it.click("check")
    it.picture("campaign-plan")
    it.click("send")
    expect(it.find("distribute")).to_be_visible()
    it.type_into("number", "3")
    it.click("distribute")
    it.says("Type how many envelopes are to go out: 2")
    it.picture("campaign-drafts")
    it.type_into("number", "2")
    it.click("distribute")
    expect(it.find("distribute")).to_have_count(0)
    it.says("Done")
    it.code()
    it.picture("campaign-sent")


def test_search_and_envelope(show: Show) -> None:
    it = show(
        "person = dict(nombre='<b>Ana</b>', tipo_identificacion='CC', identificacion='1001', email='ana@example.co')\n"
        "id = api.signio.create_envelope('Contrato <script>')\n"
        "signer = api.signio.add_signer(id, **person)\n"
        "document = api.signio.upload_document(id, ('c.pdf', b'%PDF-1.4 %%EOF'))\n"
        "api.signio.link(id, signer, document)\n"
        "form = forms.search_envelopes(api.signio); form"
    )
    it.type_into("updated_from", "ayer")
    it.click("search")
    expect(it.form.get_by_role("alert").first).to_be_visible()
    it.picture("search-error")
    it.type_into("updated_from", "")
    it.type_into("name", "contrato")
    it.click("search")
    it.says("1 found")
    it.click("open")
    expect(it.find("distribute")).to_be_visible()
    it.picture("search")
    it.click("distribute")
    it.says("Tick “I am sure” first")
    it.find("sure-distribute").locator("input").check()
    it.click("distribute")
    expect(it.form).to_contain_text("● Pendiente de firma")
    it.picture("envelope")


def test_keyboard_only(show: Show) -> None:
    """From the first field to the end without a mouse; every box on the way has a name."""
    it = show("form = forms.create_database(api.ida); form")
    it.form.get_by_label("Name (required)").first.focus()
    keys, names = it.page.keyboard, []
    for typed in ("Clientes", "CORREO", "Correo", "e"):  # name; then name, label and type of its first field
        names.append(it.focused())
        keys.type(typed)
        keys.press("Tab")
    names.append(it.focused())
    assert names == ["Name (required)", "Name (required)", "Label", "Type", "Required"]
    for _ in range(5):
        keys.press("Tab")
    assert it.focused() == "Create"
    keys.press("Enter")
    it.says("Created: Clientes")
    it.run("print(api.ida.fields(int(form.database['id'].iloc[0]))[['name', 'kind']].to_string())")
    expect(it.output(2)).to_contain_text("email")


@pytest.fixture
def dark(lab: Lab) -> Iterator[None]:
    lab.theme("JupyterLab Dark")
    yield
    lab.theme("JupyterLab Light")


@pytest.mark.usefixtures("dark")
def test_dark_and_narrow(show: Show, folder: Path) -> None:
    contacts(folder / "clientes.csv")
    it = show("form = forms.import_records(api.ida); form")
    it.page.set_viewport_size({"width": 480, "height": 1700})
    it.type_into("path-sheet", "clientes.csv")
    it.click("read")
    expect(it.find("match").first).to_be_visible()
    it.picture("dark-narrow-match")
    it.click("check")
    expect(it.find("grid")).to_be_visible()
    expect(it.find("head")).to_be_hidden()
    it.click("send")
    it.says("Done")
    it.picture("dark-narrow")
    assert it.page.locator("body").get_attribute("data-jp-theme-light") == "false"
    assert it.form.evaluate("form => form.scrollWidth - form.clientWidth") <= 1
