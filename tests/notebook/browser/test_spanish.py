"""The import and the campaign in Spanish, from the first step to the last; axe finds nothing wrong on the way."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import expect

from tests.notebook.browser.lab import Lab, Notebook
from tests.notebook.browser.test_access import violations
from tests.notebook.browser.test_forms import PDF, read

Show = Callable[[str], Notebook]
SPANISH = "toolkit.language('es')\n"


@pytest.fixture(params=["JupyterLab Light", "JupyterLab Dark"])
def theme(lab: Lab, request: pytest.FixtureRequest) -> Iterator[str]:
    lab.theme(request.param)
    yield request.param.rpartition(" ")[2].lower()
    lab.theme("JupyterLab Light")


def clean(it: Notebook, name: str) -> None:
    """Nothing is wrong with what is shown now; keep its picture."""
    assert violations(it) == []
    it.picture(name)


def customers(path: Path) -> None:
    """The slips that such sheets have."""
    count = 1300
    sheet = pd.DataFrame({"Nombre": [f"Persona {n}" for n in range(count)]})
    sheet["Correo electrónico"] = [f"persona{n}@example.cl" for n in range(count)]
    sheet["Celular"] = [f"+56 9 {2000 + n // 10000} {n % 10_000:04}" for n in range(count)]
    sheet.loc[[3, 9], "Correo electrónico"] = ["persona3@example,cl", "s/i"]
    sheet.loc[[5, 6, 7], "Celular"] = ["12", "5.69212E+10", "sin fono"]
    sheet.to_excel(path, index=False)


def test_the_import(show: Show, folder: Path, theme: str) -> None:
    customers(folder / "clientes.xlsx")
    it = show(SPANISH + "form = forms.import_records(api.ida); form")
    clean(it, f"es-import-1-read-{theme}")
    read(it, "clientes.xlsx")
    expect(it.form).to_contain_text("1.300 filas")
    clean(it, f"es-import-2-match-{theme}")
    it.click("check")
    expect(it.find("facets")).to_be_visible()
    it.has_focus("Celdas por revisar")
    expect(it.find("totals")).to_contain_text("1.295 de 1.300 filas se pueden enviar")
    it.code()
    clean(it, f"es-import-3-problems-{theme}")
    it.click("leave-facet")
    it.click("send")
    it.says("Listo. 1.295 ingresadas")
    it.click("result")
    it.says("Escrito en")
    clean(it, f"es-import-4-outcome-{theme}")


def test_the_campaign(show: Show, folder: Path, theme: str) -> None:
    signers = pd.DataFrame({"contrato": ["c-1", "c-1", "c-2"], "Nombre": ["Ana", "Luis", "Eva"]})
    signers = signers.assign(Cédula=["1001", "1002", "1003"], Turno=["1", "2", "1"])
    signers = signers.assign(Correo=["ana@example.co", "luis@example.co", "eva@example.co"])
    signers.to_csv(folder / "firmantes.csv", index=False)
    it = show(SPANISH + PDF + "form = forms.campaign(api.signio); form")
    clean(it, f"es-campaign-1-read-{theme}")
    read(it, "firmantes.csv")
    it.form.get_by_label("tipo_identificacion (obligatorio)").select_option("CC")
    it.form.get_by_label("Columna que agrupa a los firmantes en sobres").select_option("contrato")
    it.type_into("envelope-name", "Anexo {contrato}")
    it.type_into("path-documents", "contrato.pdf")
    it.find("stamps-by").select_option("Turno")
    expect(it.form.locator(".tk-stamp")).to_have_count(2)
    clean(it, f"es-campaign-2-match-{theme}")
    it.click("check")
    expect(it.find("plan-envelopes")).to_contain_text("Anexo c-1")
    clean(it, f"es-campaign-3-plan-{theme}")
    it.click("send")
    it.says("2 borradores listos")
    it.type_into("number", "3")
    it.click("distribute")
    expect(it.find("number")).to_have_attribute("aria-invalid", "true")
    clean(it, f"es-campaign-4-drafts-{theme}")
    it.type_into("number", "2")
    it.click("distribute")
    it.says("2 sobres enviados a sus firmantes")
    it.click("standing")
    expect(it.find("standing-counts")).to_contain_text("0 de 3 firmas")
    clean(it, f"es-campaign-5-standing-{theme}")
