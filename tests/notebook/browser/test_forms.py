"""Each form's main path and its worst error, in JupyterLab, as a person meets them."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
from playwright.sync_api import expect

from tests.notebook.browser.lab import Notebook
from toolkit import read_sheet

Show = Callable[[str], Notebook]


def contacts(path: Path, rows: int = 40) -> Path:
    sheet = pd.DataFrame({"Correo": [f"persona{n}@example.cl" for n in range(rows)], "Nombre": "Ana <3"})
    sheet["Fono"] = [f"+56 9 1234 {n % 10_000:04}" for n in range(rows)]
    sheet["Nota"] = "x\u202egnp.exe"
    sheet.loc[3, "Correo"] = "persona3@example,cl"
    sheet.loc[5, "Fono"] = "<script>document.title='hit'</script>"
    sheet.to_csv(path, index=False)
    return path


def read(it: Notebook, path: str) -> None:
    """By its path, with the Enter key."""
    box = it.find("path-sheet")
    box.fill(path)
    box.press("Enter")
    expect(it.find("match-table")).to_be_visible()


def test_import_records(show: Show, folder: Path) -> None:
    contacts(folder / "clientes.csv")
    it = show("form = forms.import_records(api.ida); form")
    it.picture("import-1-read")
    with it.page.expect_file_chooser() as chooser:
        it.form.get_by_role("button", name="Choose a file").click()
    chooser.value.set_files(str(folder / "clientes.csv"))
    expect(it.find("match-table")).to_be_visible()
    it.has_focus("clientes.csv 40 rows")
    expect(it.form.get_by_label("Nota")).to_have_value("")
    it.picture("import-2-match")
    it.click("check")
    expect(it.find("facets")).to_be_visible()
    it.has_focus("Cells to look at")
    it.picture("import-3-problems")
    it.click("accept-all")
    it.says("1 cell changed.")
    it.has_focus("Undo: Accept all proposals (1)")
    it.find("correction").fill("+56 9 8765 4321")
    it.click("replace")
    it.says("All 40 rows can be sent.")
    it.has_focus("Send rows (40)")
    it.picture("import-4-send")
    it.click("send")
    it.says("Done. 40 in")
    it.has_focus("Outcome")
    with it.page.expect_download() as download:
        it.click("result")
    assert len(read_sheet(download.value.path())) == 40
    assert "insert_records(11111, check)" in it.code()
    it.picture("import-5-outcome")
    assert it.page.title() != "hit"


DROP = """({name, lines}) => {
  const data = new DataTransfer();
  const line = "x".repeat(2000) + "@example.cl\\n";
  data.items.add(new File(["EMAIL\\npersona@example.cl\\n" + line.repeat(lines)], name));
  document.querySelector(".tk-drop").dispatchEvent(new DragEvent("drop", {dataTransfer: data, bubbles: true}));
}"""


def test_a_file_of_any_size_is_dropped(show: Show) -> None:
    """Larger than a message to the server may be."""
    it = show("form = forms.import_records(api.ida); form")
    it.page.evaluate(DROP, {"name": "grande.csv", "lines": 7_000})
    expect(it.find("match-table").or_(it.form.get_by_role("alert").filter(has_text="⚠"))).to_be_visible()
    it.run("source = form._reading.source; print(source._uploaded.name, source._uploaded.stat().st_size > 14_000_000)")
    expect(it.output(2)).to_contain_text("grande.csv True")


def test_an_upload_that_breaks_off_is_said(show: Show) -> None:
    it = show("form = forms.import_records(api.ida); form._reading.source.receive = lambda *_: 1 / 0; form")
    it.page.evaluate(DROP, {"name": "roto.csv", "lines": 10})
    it.says("ZeroDivisionError")
    expect(it.find("upload-sheet")).to_contain_text("The upload of roto.csv broke off")


def test_import_in_spanish_says_that_there_is_no_such_file(show: Show) -> None:
    it = show("toolkit.language('es'); forms.import_records(api.ida)")
    it.type_into("path-sheet", "no-existe.xlsx")
    it.click("read")
    it.says("no-existe.xlsx")
    expect(it.find("read")).to_have_text("Leer la planilla")
    expect(it.form.get_by_role("alert")).to_contain_text("⚠")
    it.picture("import-es-error")


def test_import_of_rows_that_were_sent_before(show: Show, folder: Path) -> None:
    contacts(folder / "antes.csv").rename(folder / "otra vez.csv")
    more = pd.read_csv(folder / "otra vez.csv", dtype=str)
    more.head(20).to_csv(folder / "antes.csv", index=False)
    it = show("forms.import_records(api.ida)")
    for name in ("antes.csv", "otra vez.csv"):
        read(it, name)
        it.click("check")
        it.click("send")
        if name == "antes.csv":
            it.says("Done")
            it.click("restart")
    it.says("Tick “Leave out rows that were sent before”")
    it.picture("import-sent-before")
    it.find("only-new").check()
    it.click("send")
    it.says("Done")


def test_pause_go_on_and_a_page_that_is_loaded_anew(show: Show, folder: Path) -> None:
    contacts(folder / "muchos.csv", 3000)
    it = show(
        "box.control.fault(system='ida', match={'method': 'POST', 'path': '*/records'}, times=None, delay=1)\n"
        "form = forms.import_records(api.ida); form"
    )
    read(it, "muchos.csv")
    it.click("check")
    it.click("send")
    expect(it.find("progress")).to_contain_text("of 2,998")
    expect(it.form.get_by_role("progressbar")).to_have_attribute("aria-valuemax", "2998")
    it.picture("job-running")
    it.click("pause")
    it.says("Paused")
    it.picture("job-paused")
    expect(it.page.locator("#jp-main-statusbar")).to_contain_text("| Idle")
    it.page.keyboard.press("Control+s")
    expect(it.page.locator(".jp-mod-dirty")).to_have_count(0)  # saved: the page finds its form again
    it.page.reload(wait_until="domcontentloaded")
    expect(it.find("go-on")).to_be_visible()
    it.click("go-on")
    it.says("Done. 2,998 in")


def test_the_key_x_on_a_button_does_not_cut_the_cell(show: Show) -> None:
    it = show("forms.import_records(api.ida)")
    it.find("read").focus()
    it.page.keyboard.press("x")
    it.page.keyboard.press("Enter")
    it.says("Choose a file, or type its path")
    assert it.page.locator(".jp-CodeCell").count() == 1


def test_a_notebook_that_is_opened_again_says_run_this_cell(show: Show) -> None:
    it = show("forms.import_records(api.ida)")
    expect(it.page.locator(".tk-stale")).to_be_hidden()
    with it.page.expect_response(lambda answer: answer.request.method == "PUT"):
        it.page.keyboard.press("Control+s")
    it.lab.stop_kernels()
    it.page.reload(wait_until="domcontentloaded")
    expect(it.page.locator(".tk-stale")).to_contain_text("Run this cell.")
    expect(it.page.locator(".jp-OutputArea-output.jupyter-widgets")).to_be_hidden()


def test_a_notice_when_a_push_ends_while_nobody_looks(show: Show, folder: Path) -> None:
    contacts(folder / "aviso.csv")
    it = show("form = forms.import_records(api.ida); form")
    it.page.evaluate(
        "window.noticed = []; window.Notification = class { constructor(t, o) { noticed.push([t, o.body]); } "
        "static permission = 'default'; "
        "static async requestPermission() { return this.permission = 'granted'; } };"
        "Object.defineProperty(document, 'hidden', {get: () => true})"
    )
    read(it, "aviso.csv")
    it.click("check")
    expect(it.find("send")).to_be_visible()
    it.run("box.control.fault(system='ida', match={'method': 'POST', 'path': '*/records'}, times=1, delay=3)")
    it.click("send")
    it.click("notify")
    it.says("Done")
    assert it.page.title().startswith("✔ ")
    assert it.page.evaluate("noticed") == [["IDA: contacts from a sheet", "38 in, 2 not sent: 2 with bad cells"]]


def test_card_codes_one_value_for_all_rows(show: Show, folder: Path) -> None:
    codes = pd.DataFrame({"Usuario": ["maria", "juan"], "Tarjeta": ["00012345", "888"]})
    codes.to_csv(folder / "tarjetas.csv", index=False)
    it = show("form = forms.card_codes(api.nddprint); form")
    read(it, "tarjetas.csv")
    it.click("check")
    it.says("Required, and filled by no column: DomainName")
    it.has_focus("DomainName (required)")
    it.page.keyboard.type("dominio123")
    it.page.keyboard.press("Tab")
    it.click("check")
    it.click("send")
    it.says("Done")
    it.picture("codes-outcome")


def test_people(show: Show, folder: Path) -> None:
    people = pd.DataFrame({"Documento": ["0012345678", None], "Teléfono": ["0999999999", "12"]})
    people.to_csv(folder / "personas.csv", index=False)
    it = show("form = forms.people(api.carmachain); form")
    read(it, "personas.csv")
    it.click("check")
    expect(it.find("facets")).to_be_visible()
    it.click("send")
    it.says("Done")
    it.picture("people-outcome")


def test_ask(show: Show) -> None:
    it = show("form = forms.ask(api.carmachain); form")
    it.click("ask")
    it.says("Give a document or a phone")
    it.type_into("PhoneNumber", "12")
    it.click("ask")
    it.says("Some fields need a look")
    expect(it.find("PhoneNumber")).to_have_attribute("aria-invalid", "true")
    it.picture("ask-error")
    it.type_into("PhoneNumber", "0999999999")
    it.click("ask")
    it.says("answered so far")
    assert "api.carmachain.request(" in it.code()


def test_connect(show: Show) -> None:
    it = show("print(box.addresses['ida']); form = forms.connect(); form")
    address = it.output(1, ".jp-OutputArea-output pre").inner_text().strip()
    it.type_into("base_url", address)
    it.type_into("username", "demo")
    it.type_into("password", "una-clave-mala")
    it.click("connect")
    it.says("⚠")
    expect(it.find("password")).to_have_value("")
    it.picture("connect-error")
    it.type_into("password", "clave-demo-ida")
    it.click("connect")
    it.says("Connected: <IDA at 127.0.0.1")
    assert "clave-demo-ida" not in it.form.inner_html()
    assert "getpass" in it.code()
    it.run("print(len(form.api.ida.databases()), 'databases')")
    expect(it.output(2)).to_contain_text("databases")


def test_create_database(show: Show) -> None:
    it = show("form = forms.create_database(api.ida); form")
    it.click("create")
    it.says("Some fields need a look")
    expect(it.form.locator(".tk-wrong")).to_have_count(2)
    it.picture("create-error")
    it.find("name").first.fill("Clientes <2026>")
    it.find("name").nth(1).fill("CORREO")
    it.find("type").select_option("email (2)")
    it.click("add-field")
    it.has_focus("Name")
    it.find("name").nth(2).fill("NOMBRE")
    it.click("create")
    it.says("Created: Clientes <2026>")
    expect(it.form.get_by_role("status")).to_contain_text("Created")


def test_edit_record(show: Show) -> None:
    it = show("form = forms.edit_record(api.ida); form")
    it.type_into("record", "999999")
    it.click("load")
    it.says("⚠")
    it.type_into("record", "1234")
    it.click("load")
    expect(it.find("TELEFONO")).to_be_visible()
    it.type_into("TELEFONO", "12")
    it.click("save")
    expect(it.find("TELEFONO")).to_have_attribute("aria-invalid", "true")
    it.picture("edit-error")
    it.type_into("TELEFONO", "56912345677")
    it.click("save")
    it.says("Changed: TELEFONO")


PDF = """
import pypdf
made = pypdf.PdfWriter(); made.add_blank_page(595, 842); made.add_blank_page(595, 842)
with open("contrato.pdf", "wb") as file: made.write(file)
"""


def test_campaign(show: Show, folder: Path) -> None:
    signers = pd.DataFrame({"contrato": ["c-1", "c-1", "c-2"], "Nombre": ["Ana", "Luis", "Eva <3"]})
    signers = signers.assign(Cédula=["1001", "1002", "1003"], Turno=["1", "2", "1"])
    signers = signers.assign(Correo=["ana@example.co", "luis@example.co", "eva@example.co"])
    signers.to_csv(folder / "firmantes.csv", index=False)
    it = show(PDF + "form = forms.campaign(api.signio); form")
    read(it, "firmantes.csv")
    it.form.get_by_label("tipo_identificacion (required)").select_option("CC")
    it.form.get_by_label("Column that groups signers into envelopes").select_option("contrato")
    it.type_into("envelope-name", "Anexo {contrato}")
    it.type_into("path-documents", "contrato.pdf")
    it.find("stamps-by").select_option("Turno")
    stamps = it.form.locator(".tk-stamp")
    expect(stamps).to_have_count(2)
    stamps.nth(1).scroll_into_view_if_needed()
    box = stamps.nth(1).bounding_box()
    assert box
    mouse = it.page.mouse
    mouse.move(box["x"] + 20, box["y"] + 5)
    mouse.down()
    mouse.move(box["x"], box["y"] - 60, steps=5)
    mouse.up()
    expect(it.find("place").nth(1)).to_have_value("exact")
    before = it.find("place").nth(1).locator("option").first.inner_text()
    it.page.keyboard.press("Shift+ArrowUp")
    expect(it.find("place").nth(1).locator("option").first).not_to_have_text(before)
    it.picture("campaign-1-match")
    it.click("check")
    expect(it.find("plan-envelopes")).to_contain_text("Anexo c-1")
    it.picture("campaign-2-plan")
    it.click("send")
    it.says("2 drafts are ready")
    it.type_into("number", "3")
    it.click("distribute")
    expect(it.find("number")).to_have_attribute("aria-invalid", "true")
    it.picture("campaign-3-drafts")
    it.type_into("number", "2")
    it.click("distribute")
    it.says("2 envelopes sent to their signers")
    expect(it.find("distribute")).to_have_count(0)
    it.click("standing")
    expect(it.find("standing-counts")).to_contain_text("0 of 3 signatures")
    it.picture("campaign-4-sent")


def test_search_and_envelope(show: Show) -> None:
    it = show(
        "person = dict(nombre='Ana <3', tipo_identificacion='CC', identificacion='1001', email='ana@example.co')\n"
        "id = api.signio.create_envelope('Contrato <script>')\n"
        "signer = api.signio.add_signer(id, **person)\n"
        "document = api.signio.upload_document(id, ('c.pdf', b'%PDF-1.4 %%EOF'))\n"
        "api.signio.link(id, signer, document)\n"
        "form = forms.search_envelopes(api.signio); form"
    )
    it.type_into("updated_from", "ayer")
    it.click("search")
    it.says("Some fields need a look")
    it.picture("search-error")
    it.type_into("updated_from", "")
    it.find("name").fill("contrato")
    it.click("search")
    it.says("1 found")
    it.form.get_by_role("button", name="Open: Contrato <script>").click()
    expect(it.find("distribute")).to_be_visible()
    it.picture("search")
    it.click("distribute")
    it.says("Tick “I am sure” first")
    it.find("sure-distribute").check()
    it.click("distribute")
    expect(it.form).to_contain_text("● Pendiente de firma")
    it.picture("envelope")
