"""What single values and names of columns mean: kinds that went wrong in somebody's ugly spreadsheet."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from toolkit.errors import InputError
from toolkit.sheets import Check, check, match_columns, read_sheet
from toolkit.sheets.countries import country_in, region_of
from toolkit.sheets.match import Match
from toolkit.sheets.phones import ELSEWHERE
from toolkit.sheets.target import Takes
from toolkit.spec import Choice, Date, Email, Field, Flag, Identity, List, Number, Phone, Text, Timestamp

NAME, MAIL, PHONE = Text(name="NOMBRE"), Email(name="EMAIL"), Phone(name="TELEFONO")
AMOUNT, CITY = Number(name="MONTO", as_text=True), Text(name="CIUDAD")
BORN = Date(name="FECHA_NACIMIENTO", format="%d/%m/%Y")
FIELDS: tuple[Field, ...] = (MAIL, NAME, PHONE, BORN, AMOUNT, CITY)


def checked(*lines: str, **how: Any) -> Check:
    sheet = read_sheet("\n".join(lines).encode())
    return check(sheet, match_columns(sheet, FIELDS), **how)


def of(field: Field, *cells: Any, **how: Any) -> Check:
    return check(pd.DataFrame({field.name: pd.Series(cells, dtype=object)}), Takes((field,), empty_rows=True), **how)


def asked(done: Check) -> list[tuple[str, str | None]]:
    """The values that are asked about, with what is proposed."""
    lines = done.problems[done.problems["level"] == "question"]
    proposals = lines["proposal"].astype(object).where(lines["proposal"].notna(), None)
    return [*zip(lines["value"], proposals, strict=True)]


# ── the country of phones ──


@pytest.mark.parametrize(
    ("column", "theirs", "ours", "number", "meant"),
    [
        ("País", "España", "Chile", "912345678", "+34912345678"),
        ("País", "ESP", "CHL", "912345678", "+34912345678"),
        ("Country", "France", "Chile", "0912345678", "+33912345678"),
        ("Країна", "Україна", "Чилі", "0501234567", "+380501234567"),
        ("Land", "Deutschland", "Chile", "0151 23456789", "+4915123456789"),
        ("País de residencia", "Reino Unido", "Chile", "07400 123456", "+447400123456"),
        ("Prefijo", "+34", "+56", "612345678", "+34612345678"),
        ("Código de país", "57", "56", "3101234567", "+573101234567"),
        ("Country code", "0034", "0056", "612345678", "+34612345678"),
        ("DDI", "55", "56", "11 91234-5678", "+5511912345678"),
        ("Ländervorwahl", "+49 (DE)", "+56 (CL)", "0151 23456789", "+4915123456789"),
        ("Indicativo", "(+51)", "(+56)", "912345678", "+51912345678"),
        ("Código telefónico", "España (+34)", "Chile (+56)", "34612345678", "+34612345678"),
    ],
)
def test_the_country_that_a_row_says_is_asked(column: str, theirs: str, ours: str, number: str, meant: str) -> None:
    rows = [f"Ana;{number};{theirs}", f"Eva;987654321;{ours}", f"Sol;+34 612 345 678;{theirs}", "Luz;987654322;"]
    done = checked(f"Nombre;Teléfono;{column}", *rows)
    assert asked(done) == [(number, meant)]
    assert done.bad.tolist() == [True, False, False, False]
    assert done.accept().wire()["TELEFONO"][0] == meant[1:]


def test_a_number_that_does_not_fit_the_country_of_its_row_is_asked() -> None:
    done = checked(
        "Nombre;Teléfono;País",
        "Ana;987654321;Perú",
        "Eva;223456789;Francia",
        "Sol;223456789;Narnia",
        "I;987654323;Chile",
    )
    assert [value for value, _ in asked(done)] == ["987654321", "223456789", "223456789"]
    assert not checked("Nombre;Teléfono;País", "Ana;987654321;Perú", country="CL").bad.any()
    assert checked("Nombre;Teléfono;País", "Ana;987654321;Perú", country="País").wire()["TELEFONO"] == ["51987654321"]


@pytest.mark.parametrize(
    ("column", "cells"),
    [
        ("Prefijo", ["Sr.", "Sra.", "Dr."]),
        ("País", ["Chile", "CL", "CHILE"]),
        ("Prefijo", ["+56", "56", "0056"]),
        ("País de nacimiento", ["España", "Perú", "Chile"]),
        ("Country", ["", "n/a", "Chile"]),
    ],
)
def test_columns_that_say_no_other_country(column: str, cells: list[str]) -> None:
    done = checked(f"Nombre;Teléfono;{column}", *(f"Ana;98765432{n};{cell}" for n, cell in enumerate(cells)))
    assert not done.bad.any()


@pytest.mark.parametrize(
    ("cells", "questions"),
    [
        (["612 345 678", "+34 612 345 678", "0034612345678", "912345678"], ["612 345 678", "912345678"]),
        (["912345678", "+51 987 654 321", "(+51) 987654322"], ["912345678"]),
        (["912345678", "+56 9 8765 4321", "+34 612 345 678"], []),
        (["987654321", "987654322", "987654323", "+34 612 345 678"], []),
        (["56987654321", "+34 612 345 678"], []),
    ],
)
def test_the_country_that_most_numbers_name_is_asked(cells: list[str], questions: list[str]) -> None:
    done = of(PHONE, *cells)
    assert [value for value, _ in asked(done)] == questions
    assert {*done.problems.loc[done.problems["blocks"], "reason"]} <= {ELSEWHERE}
    again = check(done.fixed(), Takes((PHONE,), empty_rows=True))
    assert again.bad.tolist() == done.bad.tolist()
    assert not of(PHONE, *cells, country="CL").bad.any()


def test_the_country_in_the_name_of_a_column_is_asked() -> None:
    assert asked(checked("Nombre;Móvil (+34)", "Ana;612345678")) == [("612345678", "+34612345678")]
    assert asked(checked("Nombre;Móvil (España)", "Ana;612345678")) == [("612345678", "+34612345678")]
    assert [*map(country_in, ["NÚMERO DE TELÉFONO", "Celular (9 dígitos)", "TEL (PE)", "Fono Chile"])] == [
        "",
        "",
        "PE",
        "CL",
    ]


def test_numbers_of_the_country_expected_only() -> None:
    lenient = Phone(name="TELEFONO", form="as written")
    frame = pd.DataFrame({"TELEFONO": ["612345678", "987654321"], "País": ["España", "Chile"]})
    assert check(frame, [lenient, Text(name="País")]).wire()["TELEFONO"] == ["612345678", "987654321"]


@pytest.mark.parametrize("number", ["0501234567", "0671234567", "0661234567", "0612345678"])
def test_no_number_is_proposed_on_another_continent(number: str) -> None:
    assert of(PHONE, number).problems["proposal"].isna().all()


def test_one_cell_does_not_speak_for_a_column() -> None:
    cells = [f"9{n}345678 9{n}345679" for n in range(10, 16)]
    assert of(PHONE, *cells, "9223456789 87654321").notes == []


@pytest.mark.parametrize(
    ("name", "region"),
    [
        ("Deutschland", "DE"),
        ("Países Bajos", "NL"),
        ("Сполучені Штати Америки", "US"),
        ("República de Chile", "CL"),
        ("+1", "US"),
        ("uk", "GB"),
        ("Zona sur", "??"),
        ("999", "??"),
    ],
)
def test_names_of_countries(name: str, region: str) -> None:
    assert region_of(name, unknown="??") == region


# ── names of columns ──

DENIED = """Email (no usar)|Sin teléfono|Correo (inválido)|Email (do not use)|Email no|No email|Sem e-mail|Con correo
Telefone (não ligar)|Телефон (не дзвонити)|Kein Telefon|E-Mail (ungültig)|Teléfono malo|Celular (hermana)
Email [bounced]|E-Mail (nicht verwenden)|Teléfono (sin uso)|Correo (no)|Mail (test)|Without email|Telefon (alt)
Nome (teste)|Teléfono (no)|Email no válido|Monto (M$)|Monto (USD)|Monto (miles)|Valor (UF)"""


@pytest.mark.parametrize("column", DENIED.replace("\n", "|").split("|"))
def test_a_name_that_denies_what_it_speaks_of_fills_nothing(column: str) -> None:
    cells = (
        ["a@example.cl", "b@example.cl"]
        if "mail" in column.lower() or "Correo" in column
        else ["987654321", "987654322"]
    )
    match = match_columns(pd.DataFrame({column: cells}), FIELDS)
    assert match.columns == {column: None}


SPOKEN = {
    "TELEFONO": """Teléfono (sin +56)|Celular (sin espacios)|Teléfono (no obligatorio)|Celular (9 dígitos, sin 0)
        No. Celular|Nº de teléfono|Handy|Handynummer|Telefonnummer|Phone 1 - Value|Mobile Phone|Ваш телефон|Fone
        Telefone celular""",
    "EMAIL": """Correo (obligatorio)|E-Mail-Adresse|E-mail 1 - Value|Correo electrónico 1 - Valor|E-mail Address
        What is your email?|Ingrese su correo|E-mail-Adresse 1 - Wert""",
    "NOMBRE": """Nombres|First Name|FNAME|Vorname|Vor- und Nachname|¿Cuál es tu nombre?|Qual é o seu nome?
        1. ¿Cuál es su nombre?|12) Nombre completo|d) Nombre|<b>Nombre</b>|P1: Nombre
        Wie lautet Ihr Name?|Імʼя|Ім’я|Name (Vor- und Nachname)
        Sobrenome e nome""",
    "FECHA_NACIMIENTO": "FNAC|F. Nac.|Nascimento|Geburtsdatum|Geb.-Datum|Дата нар.|день народження|Cumpleaños",
    "CIUDAD": "Stadt|Ort|Town|LOCALIDAD|Ciudad de residencia|Населений пункт",
    "MONTO": "Betrag|Summe|Monto (CLP)|Monto (sin puntos)|Сума, грн|Monto en pesos",
}


@pytest.mark.parametrize(
    ("column", "field"),
    [(name.strip(), field) for field, names in SPOKEN.items() for name in names.replace("\n", "|").split("|")],
)
def test_other_words_for_the_same(column: str, field: str) -> None:
    assert match_columns(pd.DataFrame({column: pd.Series(dtype="str")}), FIELDS).columns == {column: field}


def test_a_whole_name_comes_before_a_part_of_it() -> None:
    frame = pd.DataFrame(
        columns=["Given Name", "Family Name", "Name", "Name Prefix", "E-mail 1 - Type", "E-mail 2 - Value"]
    )
    assert [c for c, field in match_columns(frame, FIELDS).columns.items() if field] == ["Name"]


# ── letters ──


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        *(("Mu√±oz", "Muñoz"), ("Mu├▒oz", "Muñoz"), ("MuĂ±oz", "Muñoz"), ("LĂłpez", "López"), ("MuГ±oz", "Muñoz")),
        *(("S√£o", "São"), ("Jo├úo", "João"), ("M√ºller", "Müller"), ("Ð†Ð²Ð°Ð½", "Іван"), ("Ă‰va", "Éva")),
        *(("Mu¤oz", "Muñoz"), ("MuÒoz", "Muñoz"), ("Mu±oz", "Muñoz"), ("L¾pez", "López"), ("GarcÝa", "García")),
        *(
            ("PÚrez", "Pérez"),
            ("PŽrez", "Pérez"),
            ("PÈrez", "Pérez"),
            ("Garc¡a", "García"),
            ("Jos‚", "José"),
            ("Mu\x96oz", "Muñoz"),
        ),
        *(("Èâàí", "Иван"), ("Ïåòðåíêî Èâàí", "Петренко Иван"), ("╚трэ", "Иван")),
        *(("Ana_x000D_Peña", "Ana Peña"), ("Ana_x000d_", "Ana"), ("Ana_x00F1_", "Anañ")),
    ],
)
def test_letters_that_were_read_in_a_wrong_encoding_are_asked(text: str, meant: str) -> None:
    done = of(NAME, text)
    assert asked(done) == [(text, meant)]
    assert done.problems["reason"].tolist() == ["was read in a wrong encoding"]
    assert done.accept().wire() == {"NOMBRE": [meant]}


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        *(("Аna Peña", "Ana Peña"), ("Ivаn", "Ivan"), ("Αna", "Ana"), ("Маriа", "Maria")),
        *(("Iван", "Іван"), ("Пeтро", "Петро"), ("Muсoz", None), ("Raуl", None), ("Жana", None)),
    ],
)
def test_two_alphabets_in_a_word_are_asked(text: str, meant: str | None) -> None:
    done = of(NAME, text)
    assert asked(done) == [(text, meant)]
    assert done.problems["reason"].tolist() == ["mixes letters of two alphabets in one word"]


@pytest.mark.parametrize("text", ["Pe?a", "Nu?oz Pe?a", "Mu¼oz", "Ив¢ан", "Mu\x9aoz"])
def test_letters_that_were_lost_are_asked(text: str) -> None:
    assert asked(of(NAME, text)) == [(text, None)]


SOUND = """Muñoz|ÑUÑOA|ÁLVAREZ|McÉwan|DeÁvila|Großmann Weiß|Søren Ærø|Dvořák|Łukasz|Иван|Євген Ґалаґан|Іван (Ivan)
Zoë|O´Higgins|L·lull|Nº 5|1º piso|¿Qué?|¿Qué? No|Ana – María|“Ana”|Ελένη|Élodie Ézéchiel|Íñigo Óñez|Ó Súilleabháin
Çağla Öztürk
AÉROPORT|naïve|Peña_Soto|a_xb|Ана-Мария|Ні|Вії|Рі|Наталія Ґ.|Ім'я|МВС|ООО Coca-Cola Україна|N°Depto
10°C|Nguyễn Văn Ánh|Ангел24|C#|x.cl/a?b"""


@pytest.mark.parametrize("text", SOUND.replace("\n", "|").split("|"))
def test_letters_as_people_write_them_are_sent(text: str) -> None:
    assert of(Text(name="OBS"), text).wire() == {"OBS": [text]}


@pytest.mark.parametrize("sign", ["\u3164", "\u2800", "\u1160", "\uffa0", "\u034f", "\u180e", " \u3164 "])
def test_a_text_that_nobody_sees_is_empty(sign: str) -> None:
    assert of(NAME, sign).wire() == {"NOMBRE": [None]}
    assert of(NAME, f"Ana{sign}").wire() == {"NOMBRE": ["Ana"]}


@pytest.mark.parametrize(
    ("address", "level", "meant"),
    [
        ("ana@\u0435xample.cl", "question", "ana@example.cl"),
        ("\u0430na@example.cl", "question", "ana@example.cl"),
        ("ana@example.c", "doubt", None),
        ("x@x.x", "doubt", None),
        ("ana@exámple.cl", "doubt", "ana@example.cl"),
        ("ana@приклад.укр", "doubt", None),
        ("ana@example.con", "doubt", "ana@example.com"),
        (f"{'a' * 65}@example.cl", "error", None),
        ("ana@example.cl_x000D_", "error", "ana@example.cl"),
    ],
)
def test_addresses_whose_letters_may_be_others(address: str, level: str, meant: str | None) -> None:
    problems = of(MAIL, address).problems
    assert problems["level"].tolist() == [level]
    assert problems["proposal"].astype(object).where(problems["proposal"].notna(), None).tolist() == [meant]


def test_addresses_and_phones_that_are_not_to_be_used_are_not_proposed() -> None:
    for text in ("ana@example.cl (NO ENVIAR)", "baja: ana@example.cl", "no ana@example.cl", "juan soto@example.cl"):
        assert of(MAIL, text).problems["proposal"].isna().all()
    for text in ("987654321 (no llamar)", "987654321 mamá / tía", "987654321 malo"):
        problems = of(PHONE, text).problems
        assert problems["level"].tolist() == ["error"]
    assert of(MAIL, "ana @ example . cl").problems["proposal"].tolist() == ["ana@example.cl"]
    assert of(PHONE, "987654321 / 987654322").problems["proposal"].tolist() == ["56987654321"]


# ── dates and numbers as programs write them ──

DAYS = """miércoles, 12 de marzo de 1980|12 березня 1980 р.|12. Mrz 1980|12/03/1980 12:00:00 a. m.|12/3/1980 12:00:00 AM
1980-03-12 00:00:00 UTC|March 12th, 1980|Wednesday, March 12, 1980|середа, 12 березня 1980 р.|Mittwoch, 12. März 1980
quarta-feira, 12 de março de 1980|12MAR1980|12.º de março de 1980|marzo 12 de 1980|Mar-12-1980|1980-mar-12
12 de marzo, 1980|Wed Mar 12 1980 00:00:00 GMT-0300 (Chile Summer Time)|Wed, 12 Mar 1980 00:00:00 +0000
12.03.1980, 00:00 Uhr
mar 12 1980|miércoles 12/03/1980|Wed 12/03/1980|12 марта 1980 г.
mié 12-03-1980|12 mars 1980|12 marca 1980|12/03/1980 00:00 h"""


@pytest.mark.parametrize("text", DAYS.replace("\n", "|").split("|"))
def test_days_that_programs_write(text: str) -> None:
    assert of(BORN, text).wire() == {"FECHA_NACIMIENTO": ["12/03/1980"]}


@pytest.mark.parametrize(
    ("text", "level", "meant"),
    [
        *(
            (text, "question", "1980-03-12")
            for text in ("12-mar-80", "12 mar 80", "12/mar/80", "80/03/12", "Mar 12, '80")
        ),
        ("12/03/1980 02:35 p. m.", "question", "1980-03-12"),
        *((text, "error", "1980-03-12") for text in ("12031980",)),
        ("31121980", "error", "1980-12-31"),
        ("12131980", "error", None),
        ("12 jui 1980", "error", None),
        ("Foo, 12/03/1980", "error", None),
    ],
)
def test_days_that_are_not_sure(text: str, level: str, meant: str | None) -> None:
    problems = of(BORN, text).problems
    assert problems["level"].tolist() == [level]
    assert problems["proposal"].astype(object).where(problems["proposal"].notna(), None).tolist() == [meant]


@pytest.mark.parametrize(
    ("text", "sent", "meant"),
    [
        ("Wed 05/06/1981", "06/05/1981", None),
        ("Fri 05/06/1981", "05/06/1981", None),
        ("lunes 12/03/1980", None, "1980-03-12"),
        ("Thursday, March 12, 1980", None, "1980-03-12"),
        ("четвер, 12 березня 1980 р.", None, "1980-03-12"),
    ],
)
def test_the_day_of_the_week_tells(text: str, sent: str | None, meant: str | None) -> None:
    done = of(BORN, text)
    assert done.wire() == {"FECHA_NACIMIENTO": [sent]}
    assert [proposal for _, proposal in asked(done)] == ([meant] if meant else [])


@pytest.mark.parametrize(("hour", "full"), [("12:00 a.m.", 0), ("12:30 PM", 12), ("2:00 p. m.", 14), ("11:00 AM", 11)])
def test_halves_of_the_day(hour: str, full: int) -> None:
    wire = of(Timestamp(name="t", format="iso"), f"12/03/1980 {hour}").wire()["t"]
    assert wire[0].startswith(f"1980-03-12T{full:02}:")


@pytest.mark.parametrize(
    ("text", "meant"), [("1.5E6", "1500000"), ("2e3", "2000"), ("1,5e3", "1500"), ("-1E2", "-100")]
)
def test_a_number_in_the_scientific_form_is_proposed_in_digits(text: str, meant: str) -> None:
    assert of(AMOUNT, text).problems["proposal"].tolist() == [meant]
    assert of(AMOUNT, text).accept().wire() == {"MONTO": [meant]}


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        *(("($ 1.500.000)", "-1500000"), ("$ 1.500.000.-", "1500000"), ("(US$ 100)", "-100"), ("100 USD-", "-100")),
        *(("CLP$1.500.000", "1500000"), ("$ 1.500.000-", "-1500000"), ("1.500 kg", None), ("10-20", None)),
    ],
)
def test_signs_around_an_amount_are_taken_off_in_a_proposal(text: str, meant: str | None) -> None:
    problems = of(AMOUNT, text).problems
    assert problems["proposal"].astype(object).where(problems["proposal"].notna(), None).tolist() == [meant]


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        *(("$0", "0"), ("-$1.500.000", "-1500000"), ("$-1.500.000", "-1500000"), ("$ 12,5", "12.5")),
        *(("1.500.000 $", "1500000"), ("$ 1 234,50", "1234.5"), ("R$ 100,50", "100.5"), ("€ 12,5", "12.5")),
        *(("1 500,00 грн", "1500"), ("1500 грн.", "1500"), ("₴ 1.500,5", "1500.5"), ("UAH 12,5", "12.5")),
        *(("BRL 1.234,50", "1234.5"), ("-12,5 €", "-12.5")),
    ],
)
def test_a_sign_of_money_says_nothing_against_a_number(text: str, sent: str) -> None:
    done = of(AMOUNT, text)
    assert done.wire() == {"MONTO": [sent]}


def test_a_price_that_can_be_read_in_two_ways_is_asked() -> None:
    assert asked(of(AMOUNT, "$ 1.234", "$12,345")) == [("$ 1.234", None), ("$12,345", None)]
    assert asked(of(AMOUNT, "US$ 1.234")) == [("US$ 1.234", None)]


@pytest.mark.parametrize("cell", ["1500 1600", "5 1500", "1500 200", "1 234 5678", "0 500", "1 234'567", "12,500 300"])
def test_two_numbers_in_a_cell_are_not_joined(cell: str) -> None:
    assert of(AMOUNT, cell).problems["reason"].tolist() == ["is not a number"]


@pytest.mark.parametrize(
    "cells", [["13-07-23", "40-01-11"], ["05-07-08", "46-1-13"], ["05.07.08", "53.09.22", "13.01.01"]]
)
def test_where_some_years_of_two_digits_come_first_others_have_no_proposal(cells: list[str]) -> None:
    known = {"40-01-11": "1940-01-11", "46-1-13": "1946-01-13", "53.09.22": "1953-09-22"}
    assert asked(of(Date(name="VENCE"), *cells)) == [(cell, known.get(cell)) for cell in cells]
    assert asked(of(Date(name="VENCE"), "13-07-23")) == [("13-07-23", "2023-07-13")]


@pytest.mark.parametrize("text", ["Ana Paz¹", "Ana Paz ²", "Ana³", "Іван Франко¹"])
def test_the_mark_of_a_note_is_no_other_encoding(text: str) -> None:
    assert of(NAME, text).problems.empty
    assert asked(of(NAME, "PerÃ¹")) == [("PerÃ¹", "Perù")]


@pytest.mark.parametrize(
    "code", ["01/02/2026", "1.2.2026", "2-ene", "3-MAR-26", "mar-05", "01:02:00", "996462030293480000"]
)
def test_what_a_spreadsheet_made_of_a_code_is_asked(code: str) -> None:
    for field in (Text(name="CardCode"), Identity(name="i")):
        assert [value for value, _ in asked(of(field, code, "A-12"))] == [code]


@pytest.mark.parametrize("code", ["00123/00124", "00125 00126", "12345;67890", "perdida", "0", "0012 (vieja)", "A–1"])
def test_what_may_be_no_one_code_is_doubted(code: str) -> None:
    assert of(Text(name="CardCode"), code).problems["level"].tolist() == ["doubt"]


@pytest.mark.parametrize(("cell", "sent"), [("1 234", "1234"), ("12'345'678", "12345678"), ("1\u00a0234,5", "1234.5")])
def test_groups_of_three_digits_are_one_number(cell: str, sent: str) -> None:
    assert of(AMOUNT, cell).wire() == {"MONTO": [sent]}


@pytest.mark.parametrize(
    ("text", "decimal", "sent"),
    [
        *(("007.500", None, "7.5"), ("-007,500", None, "-7.5"), ("0.750", None, "0.75"), ("0.750", ",", None)),
        *(("0,125", ".", None), ("00.500", ",", None)),
    ],
)
def test_zeros_before_a_point_are_no_thousands(text: str, decimal: str | None, sent: str | None) -> None:
    assert of(AMOUNT, text, decimal=decimal).wire() == {"MONTO": [sent]}


@pytest.mark.parametrize("cell", [Decimal("123456789012345678.123456789"), "0.123456789012345678901"])
def test_digits_that_no_number_keeps_are_asked(cell: Any) -> None:
    assert of(AMOUNT, cell).problems["reason"].tolist() == ["has more digits than a number keeps"]
    assert of(Number(name="MONTO"), cell).bad.tolist() == [True]


@pytest.mark.parametrize(
    ("number", "sent"),
    [
        *((0.1 + 0.2, "0.3"), (1.1 + 2.2, "3.3"), (sum([0.1] * 10), "1"), (-0.1 - 0.2, "-0.3"), (12345.67, "12345.67")),
        *((123456789012345.67, "123456789012345.67"), (1 / 3, "0.3333333333333333"), (1e22, "1" + "0" * 22)),
    ],
)
def test_what_adding_up_leaves_behind_is_not_sent(number: float, sent: str) -> None:
    assert of(AMOUNT, number).wire() == {"MONTO": [sent]}


# ── values of another kind than is expected ──


@pytest.mark.parametrize("cell", ["999999999", "900000000", "+56 9 9999 9999", "56999999999", "+34 600 000 000"])
def test_a_number_that_repeats_one_digit_is_doubted(cell: str) -> None:
    cells = [cell, *(f"+56 9 8765 {n}" for n in range(1000, 1100))]
    done = of(PHONE, *cells)
    assert done.problems.loc[done.problems["level"] == "doubt", ["value", "reason"]].to_numpy().tolist() == [
        [cell, "repeats one digit: it may be made up"]
    ]


@pytest.mark.parametrize("cell", [-922345678, "-922345678", "−56922345678"])
def test_a_negative_phone_is_asked(cell: Any) -> None:
    assert asked(of(PHONE, cell)) == [(str(cell), "56922345678")]


@pytest.mark.parametrize("cell", ["- 922345678", "9-22345678", "+56-922345678"])
def test_a_dash_is_no_sign_of_a_number_below_zero(cell: str) -> None:
    assert of(PHONE, cell).wire() == {"TELEFONO": ["56922345678"]}


@pytest.mark.parametrize("field", [NAME, CITY, Text(name="x", label="Nombre completo"), Text(name="Apellidos")])
@pytest.mark.parametrize("cell", ["ana@example.cl", "922345678", "12/03/1980", 12])
def test_what_is_no_name_is_doubted(field: Field, cell: Any) -> None:
    assert of(field, cell, "Ana Soto", "25 de Mayo", "Juan 2º").problems[["value", "level"]].to_numpy().tolist() == [
        [str(cell), "doubt"]
    ]


def test_other_texts_may_be_anything() -> None:
    assert of(Text(name="OBS"), "ana@example.cl", "922345678").problems.empty


@pytest.mark.parametrize(
    "text",
    [
        *("Fehler:502", "Erro:502", "Помилка:502", "Ошибка:508", "Błąd:502", "Err:502", "＃N/A", "Wird geladen..."),
        *("Cargando datos…", "Caricamento...", "Завантаження…"),
    ],
)
def test_errors_of_formulas_in_more_languages(text: str) -> None:
    assert of(NAME, text).problems["reason"].tolist() == ["is the error of a formula"]


@pytest.mark.parametrize("text", ["Fehler", "Erro de Souza", "Laden", "Felipe", "Wiebke", "Оксана", "Петро", "Boris"])
def test_names_that_begin_like_errors_are_sent(text: str) -> None:
    assert of(NAME, text).problems.empty


@pytest.mark.parametrize("field", [Text(name="CardCode"), Text(name="IdDocument"), Identity(name="identificacion")])
@pytest.mark.parametrize(
    ("cell", "meant"),
    [
        *((date(2024, 3, 1), None), (True, None), (12.5, None), ("5.2123456E7", "52123456")),
        *(("2.935277368E9", "2935277368"), ("2,9351E4", "29351")),
    ],
)
def test_codes_that_a_spreadsheet_made_something_else_of(field: Field, cell: Any, meant: str | None) -> None:
    done = of(field, cell)
    assert [proposal for _, proposal in asked(done)] == [meant]
    assert of(field, "12E45678", "000777", "A-12").problems.empty


@pytest.mark.parametrize("cell", ["１２", "٣٤", "१२"])
def test_digits_of_another_script_in_a_code_are_asked(cell: str) -> None:
    assert asked(of(Text(name="CardCode"), cell)) == [(cell, "".join(str(int(digit)) for digit in cell))]


# ── orders of days ──


def test_a_column_of_which_all_dates_show_the_month_first_is_read_so() -> None:
    done = of(BORN, "1/13/1980", "2/14/1980", "12/31/1999", "5/5/1980")
    assert done.wire() == {"FECHA_NACIMIENTO": ["13/01/1980", "14/02/1980", "31/12/1999", "05/05/1980"]}
    assert done.notes == [
        "FECHA_NACIMIENTO: the month was taken to come first, as the dates show; `day_first=` says otherwise"
    ]
    assert of(BORN, "1/13/1980", "2/14/1980", "12/31/1999", "5/6/1980").bad.all()
    assert of(BORN, "1/13/1980", "2/14/1980").bad.all()


@pytest.mark.parametrize("sign", ["-", "/", "."])
def test_days_between_year_and_month_are_asked(sign: str) -> None:
    cells = [text.replace("-", sign) for text in ("1958-18-10", "2001-05-03", "1978-18-12", "2001-07-07")]
    for field in (BORN, Date(name="VENCE", format="%Y-%m-%d")):
        done = of(field, *cells)
        assert asked(done) == [(cells[0], "1958-10-18"), (cells[1], None), (cells[2], "1978-12-18")]
        again = check(done.replace(field.name, {cells[0]: "1958-10-18", cells[2]: "1978-12-18"}), [field])
        assert again.bad.tolist() == [False, True, False, False]
    assert not of(BORN, "1958-10-18", "2001-05-03").bad.any()


def test_days_on_which_nobody_is_born_are_doubted() -> None:
    done = of(BORN, "2080-01-01", "1900-01-01", date(1880, 5, 6), "01/01/1905", "12/03/1980", "12/03/2024")
    assert done.problems.loc[done.problems["level"] == "doubt", "row"].tolist() == [0, 1, 2, 3]
    assert not of(Date(name="VENCE"), "2080-01-01").problems["level"].eq("doubt").any()
    assert of(BORN, "12/03/29").problems["proposal"].isna().all()


def test_a_number_of_two_readings_is_not_proposed_in_one() -> None:
    for cells in (["0.750", "1.250", "2.125", "0.5"], ["12.5", "1.500", "2.500"], ["-33.400"]):
        done = of(AMOUNT, *cells)
        assert all(proposal is None for _, proposal in asked(done))


# ── words ──


@pytest.mark.parametrize("text", ["No Hay Problema", "Sin Límites SpA", "Na", "Nil", "Sin Wai Kin", "Sin Miedo"])
def test_names_that_only_begin_like_words_for_nothing_are_sent(text: str) -> None:
    assert of(NAME, text).problems.empty


@pytest.mark.parametrize("text", ["No hay", "no hay datos", "sin correo", "Sin nombre", "SIN INFORMACIÓN", "NA", "nil"])
def test_words_for_nothing_are_asked(text: str) -> None:
    assert of(NAME, text).problems["reason"].tolist() == ["says that there is nothing"]


def test_a_formula_that_only_holds_a_text_is_proposed_as_the_text() -> None:
    assert asked(of(NAME, '="0922"')) == [('="0922"', "0922")]


def test_an_unknown_country_is_called_so() -> None:
    frame = pd.DataFrame({"TELEFONO": ["987654321"] * 3, "País": ["Narnia", "Chile", "Chile"]})
    problems = check(frame, [PHONE, Text(name="País")]).problems
    assert "a country that is not known" in problems.loc[problems["level"] == "question", "problem"].iloc[0]


def test_a_name_in_brackets_is_the_name() -> None:
    assert match_columns(pd.DataFrame(columns=["[Correo]", "[Nombre]"]), FIELDS).columns == {
        "[Correo]": "EMAIL",
        "[Nombre]": "NOMBRE",
    }


@pytest.mark.parametrize("wrong", [5, float("nan"), ["EMAIL"]])
def test_what_is_no_name_of_a_field_is_refused(wrong: Any) -> None:
    match = match_columns(pd.DataFrame(columns=["Correo"]), FIELDS)
    with pytest.raises(InputError, match="there is no field"):
        match["Correo"] = wrong


# ── more of the same kinds ──


@pytest.mark.parametrize(
    ("cell", "meant"),
    [
        *(
            ("España 912345678", "+34912345678"),
            ("ES 612345678", "+34612345678"),
            ("612345678 (España)", "+34612345678"),
        ),
        *(("Chile 912345678", "56912345678"), ("Perú: 912345678", "+51912345678"), ("cel: 912345678", "56912345678")),
    ],
)
def test_the_country_that_a_cell_names_in_words(cell: str, meant: str) -> None:
    assert of(PHONE, cell).problems["proposal"].tolist() == [meant]


@pytest.mark.parametrize(
    ("text", "sent"), [("Mun\u0303oz", "Muñoz"), ("Сергии\u0306", "Сергий"), ("Jose\u0301", "José")]
)
def test_a_letter_and_its_accent_are_one(text: str, sent: str) -> None:
    assert of(NAME, text).wire() == {"NOMBRE": [sent]}
    assert of(NAME, text).problems["level"].tolist() == ["fix"]


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        *(("Ａna", "Ana"), ("𝐀𝐧𝐚", "Ana"), ("Seraﬁn", "Serafin")),
        *(("<b>Ana</b>", "Ana"), ("Ana<br/>Soto", "Ana Soto"), ("<p class='x'>Ana</p>", "Ana")),
    ],
)
def test_letters_and_signs_that_programs_left_are_asked(text: str, meant: str) -> None:
    assert asked(of(NAME, text)) == [(text, meant)]


@pytest.mark.parametrize("text", ["{{nombre}}", "${name}", "%NOMBRE%", "<<Nombre>>", "«nombre»", "test user", "NN"])
def test_places_that_nobody_filled_are_doubted(text: str) -> None:
    assert of(NAME, text).problems["reason"].tolist() == ["may stand for what is still to come"]


@pytest.mark.parametrize("text", ["null null", "None None", "undefined undefined", "N.N.", "nan nan"])
def test_words_for_nothing_put_together_are_asked(text: str) -> None:
    assert asked(of(NAME, text)) == [(text, None)]


@pytest.mark.parametrize("text", ["a < b", "Tom & <Jerry>", "Nuñez <3", "100% real", "{x}y"])
def test_signs_that_are_no_tags_are_sent(text: str) -> None:
    assert of(Text(name="OBS"), text).wire() == {"OBS": [text]}


@pytest.mark.parametrize("address", ["test@test.com", "no@no.cl", "xxx@xxx.com", "ana@gmail.cl", "ana@example.c0m"])
def test_addresses_that_nobody_reads_are_doubted(address: str) -> None:
    assert of(MAIL, address).problems["level"].tolist() == ["doubt"]
    assert of(MAIL, "ana@ana.cl", "notest@test.cl", "a@xn--and-6ma2c.cl").problems.empty


@pytest.mark.parametrize(
    ("cell", "meant"),
    [("09 2234 5678", "56922345678"), ("02 2234 5678", "56222345678"), ("(041) 223 4567", "56412234567")],
)
def test_a_zero_before_a_number_as_it_was_written_in_chile(cell: str, meant: str) -> None:
    assert of(PHONE, cell).problems[["level", "proposal"]].to_numpy().tolist() == [["error", meant]]


@pytest.mark.parametrize(
    "field",
    [
        *(PHONE, Text(name="CardCode"), Text(name="IdDocument"), Identity(name="identificacion")),
        Identity(name="identificacion", scheme="co.cc", strict=False),
    ],
)
def test_long_numbers_of_which_six_digits_are_left_are_asked(field: Field) -> None:
    cells = ["56922300000", 56987600000] if field is PHONE else ["1020300000", 1020400000]
    done = of(field, *cells, "56987654321" if field is PHONE else "1020345678")
    assert [value for value, _ in asked(done)] == [str(cell) for cell in cells]
    assert done.problems["reason"].iloc[0] == "ends in zeros, as a number that a spreadsheet shortened"


def test_a_switchboard_is_no_shortened_number() -> None:
    assert of(PHONE, "+56 2 2230 0000").wire() == {"TELEFONO": ["56222300000"]}


def test_a_scientific_form_that_has_lost_digits_has_no_proposal() -> None:
    assert asked(of(Identity(name="identificacion"), "1.0234E9", "5.2E7")) == [("1.0234E9", None), ("5.2E7", None)]


@pytest.mark.parametrize("texts", [["12/31/1980", "07/25/1982"], ["31/12/1980", "25/07/1982"]])
@pytest.mark.parametrize("days", [[pd.Timestamp(1981, 6, 5), date(1982, 4, 7)], ["1981-06-05", "1982-04-07 00:00:00"]])
def test_days_of_a_sheet_that_was_half_converted_are_asked(texts: list[str], days: list[Any]) -> None:
    done = of(BORN, *days, *texts)
    assert done.bad.tolist()[:2] == [True, True]
    assert done.problems["reason"].tolist()[:2] == ["can be read as two days"] * 2
    assert not of(BORN, *days, "1982-04-17", *texts).bad.tolist()[0]
    assert not of(BORN, *days).bad.any()


@pytest.mark.parametrize(
    ("column", "sent"),
    [
        *(("Birth date (MM/DD/YYYY)", "06/05/1981"), ("Fecha nacimiento (dd/mm/aaaa)", "05/06/1981")),
        *(("Geburtsdatum (TT.MM.JJJJ)", "05/06/1981"), ("Дата народження (дд.мм.рррр)", "05/06/1981")),
        *(("Birth date, m-d-yy", "06/05/1981"), ("Nacimiento (mes/día/año)", "06/05/1981")),
    ],
)
def test_the_order_of_days_in_the_name_of_a_column_tells(column: str, sent: str) -> None:
    done = check(pd.DataFrame({column: ["05/06/1981"]}), [Date(name=column, format="%d/%m/%Y")])
    assert done.wire() == {column: [sent]}
    assert done.notes == []


def test_the_day_of_the_week_tells_for_its_column() -> None:
    done = of(BORN, "Wed 05/06/1981", "05/06/1981", "13/04/1982")
    assert done.bad.tolist() == [False, True, False]
    assert of(BORN, "Fri 05/06/1981", "07/04/1982").wire() == {"FECHA_NACIMIENTO": ["05/06/1981", "07/04/1982"]}
    cells = [f"{name} 0{n}/06/1981" for n, name in ((5, "Wed"), (4, "Mon"), (1, "Tue"))]
    assert of(BORN, *cells).wire() == {"FECHA_NACIMIENTO": ["06/05/1981", "06/04/1981", "06/01/1981"]}


def test_an_address_within_a_name_is_doubted() -> None:
    assert of(NAME, "Ana Peña <ana@example.cl>", "Ana @casa").problems["level"].tolist() == ["doubt"]


@pytest.mark.parametrize("held", ["[]", "null", '{"columns": []}', '{"columns": null}', "{"])
def test_a_file_that_holds_no_match_is_refused(held: str, tmp_path: Path) -> None:
    (tmp_path / "match.json").write_text(held)
    with pytest.raises(InputError, match="holds no match"):
        Match.load(tmp_path / "match.json", FIELDS)


ROLES = List(name="operation_rol", separator=",")


@pytest.mark.parametrize("text", ["Deudor / Codeudor", "Deudor/Codeudor", "Deudor y codeudor", "['Deudor']"])
def test_several_names_in_one_item_of_a_list_are_a_doubt(text: str) -> None:
    done = check(pd.DataFrame({"operation_rol": [text]}), [ROLES])
    assert done.facets[["level", "reason"]].to_numpy().tolist() == [["doubt", "may name several in one"]]
    assert done.wire()["operation_rol"] == [text]


@pytest.mark.parametrize("text", ["N/A", "-", "no aplica", "s/i", "ninguno", "N/A, Deudor"])
def test_an_item_of_a_list_that_says_nothing_is_not_sent(text: str) -> None:
    assert check(pd.DataFrame({"operation_rol": [text]}), [ROLES]).bad.all()


@pytest.mark.parametrize("text", ["Deudor, Codeudor", "Deudor; Codeudor", "Yerno", "Representante legal"])
def test_names_of_a_list_are_sent(text: str) -> None:
    assert check(pd.DataFrame({"operation_rol": [text]}), [ROLES]).facets.empty


# ── numbers of documents and codes, with more around them ──


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        *(("CC 52123462", "52123462"), ("C.C. 52.123.463", "52123463"), ("CC52123462", "52123462")),
        *(("52123466 de Bogotá", "52123466"), ("№52123465", "52123465"), ("52123464-", "52123464")),
        *(("52/123/474", "52123474"), ("52'123'459", "52123459"), ("O2123472", None), ("AA123456", None)),
        *(("cónyuge 52123464", None), ("52123464 / 52123465", None), ("no 52123464", None)),
    ],
)
@pytest.mark.parametrize("strict", [True, False])
def test_what_stands_around_a_cedula_is_asked(text: str, meant: str | None, strict: bool) -> None:
    assert asked(of(Identity(name="i", scheme="co.cc", strict=strict), text)) == [(text, meant)]


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        *(
            ("2935277362 (мати)", None),
            ("2935277362 - madre", None),
            ("2935277362 Ana", None),
            ("ІПН2935277363", "2935277363"),
            ("№2935277364", "2935277364"),
        ),
        *(("DNI: 45678901", "45678901"), ("2935277367.", "2935277367"), ("RUT 12.345.678-5", None)),
        *(
            ("паспорт АА 123456", None),
            ("АА№123456", None),
            ("2935277368/АА123456", None),
            ("Passport C01X00T47", None),
        ),
    ],
)
def test_what_stands_around_a_document_is_asked(text: str, meant: str | None) -> None:
    assert asked(of(Identity(name="i"), text)) == [(text, meant)]


@pytest.mark.parametrize(
    "text", ["AA123456", "GODE561231GR8", "293-527-7366", "X1234567L", "12.345.678-5", "G12345678"]
)
def test_documents_of_letters_and_digits_are_sent(text: str) -> None:
    assert of(Identity(name="i"), text).problems.empty


@pytest.mark.parametrize("text", ["0", "0000", "-1", "perdida", "tarjeta 123", "12345;67890", "00012345 (vieja)"])
def test_what_is_hardly_a_code_is_doubted(text: str) -> None:
    assert of(Text(name="CardCode"), text).problems["reason"].tolist() == [
        "does not look like a code or the number of a document"
    ]


@pytest.mark.parametrize("text", ["AB", "AB-12", "1234 5678", "007", "12:34", "A_1", "АБ 12"])
def test_codes_of_digits_and_some_signs_are_sent(text: str) -> None:
    assert of(Text(name="CardCode"), text).problems.empty


# ── choices ──

CITIES = Choice(name="ciudad", choices={city: city for city in ("Santiago", "Temuco", "Antofagasta", "Viña del Mar")})
KINDS = Choice(name="tipo", choices={"CC": "Cédula de ciudadanía", "TI": "Tarjeta de identidad", "PS": "Pasaporte"})


@pytest.mark.parametrize(
    ("field", "text"),
    [
        *((CITIES, text) for text in ("Temuco (antes Santiago)", "no Santiago", "ex Santiago", "Santiago y Temuco")),
        *((CITIES, text) for text in ("Santiago del Estero", "Antofagasta de la Sierra", "Temuco Santiago")),
        *((KINDS, text) for text in ("PPT", "C", "Cédula de identidad", "PEP")),
    ],
)
def test_what_says_more_than_a_choice_has_no_proposal(field: Field, text: str) -> None:
    assert of(field, text).problems["proposal"].isna().all()


@pytest.mark.parametrize(
    ("text", "meant"), [("Santigo", "Santiago"), ("Vina Mar", "Viña del Mar"), ("Stgo", "Santiago")]
)
def test_what_is_spelt_like_a_choice_has_a_proposal(text: str, meant: str) -> None:
    assert of(CITIES, text).problems["proposal"].tolist() == [meant]


# ── phones as programs and people leave them ──


@pytest.mark.parametrize("text", ["3101234567 (mamá)", "310-123-4567 Ana", "3101234567 ext 12", "310 123 4567 / casa"])
def test_only_digits_are_proposed_for_a_long_phone(text: str) -> None:
    field = Phone(name="celular", country="CO", max_length=15, mobile=True, form="as written", strict=False)
    assert not of(field, text).problems["proposal"].str.contains("[^+0-9]", na=False).any()


def test_a_number_that_lost_its_zero_gets_it_back() -> None:
    field = Phone(name="p", country="UA", form="bare")
    assert of(field, 501234567, "671234567", "0501234567").wire() == {"p": ["0501234567", "0671234567", "0501234567"]}


@pytest.mark.parametrize("text", ["80501234567", "8 (050) 123-45-67", "8-050-1234567"])
def test_the_old_prefix_of_calls_within_a_country_is_taken_off(text: str) -> None:
    done = of(Phone(name="p", country="UA", form="trunk"), text)
    assert done.accept().wire() == {"p": ["0501234567"]}


# ── names of columns, as programs write them ──


@pytest.mark.parametrize(
    ("column", "field"),
    [
        *(("1.2 Monto", "MONTO"), ("1.2. Monto", "MONTO"), ("Pregunta 3. Correo", "EMAIL"), ("Q1: Email", "EMAIL")),
        *(("dbo.Correo", "EMAIL"), ("campo_correo", "EMAIL"), ("Correo__c", "EMAIL"), ("&nbsp;Monto", "MONTO")),
        *(
            ("Customer's email", "EMAIL"),
            ("Valor R$", "MONTO"),
            ("Phone Nbr", "TELEFONO"),
            ("N° de celular", "TELEFONO"),
        ),
        *(("Місто проживання", "CIUDAD"), ("Імʼя клієнта", "NOMBRE"), ("Питання 2: Ел. пошта", "EMAIL")),
    ],
)
def test_what_programs_put_around_a_name_says_nothing(column: str, field: str) -> None:
    assert match_columns(pd.DataFrame({column: ["x"]}), FIELDS).columns == {column: field}


@pytest.mark.parametrize(
    "column",
    ["Телефон роботодавця", "Телефон поручителя", "Email de rebote", "Teléfono del empleador", "Correos inválidas"],
)
def test_names_of_what_is_of_somebody_else(column: str) -> None:
    cells = ["+56922345678"] if "mail" not in column and "orre" not in column else ["ana@example.cl"]
    assert match_columns(pd.DataFrame({column: cells}), FIELDS).columns == {column: None}


def test_one_text_is_enough_to_doubt_many_days() -> None:
    days = [date(1981, 6, 5), date(1982, 4, 7), date(1983, 1, 2), date(1984, 5, 9)]
    assert of(BORN, *days, "12/31/1980").bad.all()
    assert not of(BORN, *days[:2], "31/12/1980").bad.any()


@pytest.mark.parametrize(
    ("column", "cells"),
    [
        *(("Cliente", ["Ana Peña", "Juan P. Ríos"]), ("Alumnos", ["Soto, Luis"]), ("Kunde", ["Jörg Weiß"])),
        *(("Клієнт", ["Олена Коваль"]), ("Titular", ["Ana María Ñ."]), ("Employee", ["Pat O'Neil"])),
    ],
)
def test_names_in_a_column_that_says_only_whose_are_a_guess(column: str, cells: list[str]) -> None:
    match = match_columns(pd.DataFrame({column: cells}), FIELDS)
    assert match.columns == {column: "NOMBRE"}
    assert match.guessed == [column]
    with pytest.raises(InputError, match="only be guessed"):
        match_columns(pd.DataFrame({column: cells}), FIELDS, strict=True)


@pytest.mark.parametrize(
    ("column", "cells"),
    [
        *(("Cliente", ["C-001", "C-002"]), ("Cliente", ["1001", "1002"]), ("Alumno", ["ana@example.cl"])),
        *(("", ["Ana Peña"]), ("Vendedor", ["Ana Peña"]), ("Cliente", ["Ana", "Luis"])),
    ],
)
def test_what_are_no_names_is_no_guess_of_one(column: str, cells: list[str]) -> None:
    assert "NOMBRE" not in match_columns(pd.DataFrame({column: cells}), FIELDS).columns.values()


def test_a_column_that_says_name_comes_before_a_guess() -> None:
    frame = pd.DataFrame({"Cliente": ["Ana Peña"], "Nombres": ["Ana"]})
    assert match_columns(frame, FIELDS).columns == {"Cliente": None, "Nombres": "NOMBRE"}


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        *(("fax 222345678", None), ("ex 922345678", None), ("922345678 de Eva", None), ("antes 922345678", None)),
        *(("casa: 222345678 cel: 922345678", None), ("Tel. 922345678", "56922345678"), ("факс 222345678", None)),
        *(("whatsapp 922345678", "56922345678"), ("моб. тел. 922345678", "56922345678"), ("2nd 922345678", None)),
    ],
)
def test_words_that_are_not_of_phones_leave_no_proposal(text: str, meant: str | None) -> None:
    problems = of(PHONE, text).problems
    assert problems["proposal"].astype(object).where(problems["proposal"].notna(), None).tolist() == [meant]


@pytest.mark.parametrize("field", [pd.NA, float("nan"), 2223, ["EMAIL"]])
def test_what_is_no_name_is_no_field(field: Any) -> None:
    with pytest.raises(InputError, match="there is no field"):
        match_columns(pd.DataFrame({"Nombre": ["x"]}), FIELDS)["Nombre"] = field


def test_a_match_that_cannot_be_saved_says_so(tmp_path: Path) -> None:
    match = match_columns(pd.DataFrame({"Nombre": ["x"]}), FIELDS)
    for path in (tmp_path, tmp_path / "none" / "match.json", None):
        with pytest.raises(InputError, match="cannot be written"):
            match.save(path)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "sent"),
    [("+57 310 123 4567", "+573101234567"), ("(57) 310-1234567", "573101234567"), ("310 123 4567", "310 123 4567")],
)
def test_a_phone_that_is_too_long_only_by_its_spaces_is_sent_without(text: str, sent: str) -> None:
    field = Phone(name="celular", country="CO", max_length=15, mobile=True, form="as written", strict=False)
    assert of(field, text).wire() == {"celular": [sent]}


# ── choices ──


@pytest.mark.parametrize(
    ("choices", "cell", "sent"),
    [
        (["A+", "A-", "AB-"], "a +", "A+"),
        (["A+", "A-", "AB-"], "AB−", "AB-"),
        (["A", "A+", "A-"], "a", "A"),
        (["1", "2", "10"], "1.0", "1"),
        (["-10", "10"], "−10", "-10"),
        (["Plan 1", "Plan 12"], "plan1", "Plan 1"),
        (["Ñuñoa", "O'Higgins"], "NUNOA", "Ñuñoa"),
        (["Ñuñoa", "O'Higgins"], "o’higgins", "O'Higgins"),
        (["Sí", "No"], "x", "Sí"),
    ],
)
def test_a_choice_is_known_whatever_its_case_accents_and_blanks(choices: list[str], cell: str, sent: str) -> None:
    done = of(Choice(name="c", choices={c: c for c in choices}), cell)
    assert (done.wire(), done.ok) == ({"c": [sent]}, True)


@pytest.mark.parametrize(
    ("choices", "cells", "meant"),
    [
        (["A+", "A-", "AB-", "O-"], ["A", "O", "A/B-", "AB"], None),
        (["1", "2", "3", "10", "12"], ["1-2", "-1", "1?", "1.5"], None),
        (["1.5", "2.5"], ["15", "1;5"], None),
        ([">1000", "500", "+65"], ["<1000", "500%", "65"], None),
        (["C++", "Premium"], ["C#", "Premium+"], None),
        (["Plan 12", "AB"], ["Plan 1/2", "A/B"], None),
        (["Santiago"], ["SANTIAGO.", "Stgo", "Santiago,"], "Santiago"),
    ],
)
def test_signs_that_a_choice_does_not_have_are_asked(choices: list[str], cells: list[str], meant: str | None) -> None:
    done = of(Choice(name="c", choices={c: c for c in choices}), *cells)
    assert done.bad.all()
    assert [x if isinstance(x, str) else None for x in done.problems["proposal"]] == [meant] * len(cells)


@pytest.mark.parametrize(
    ("cell", "sent"), [("1.0", 1), ("0.0", 0), ("Sí", 1), ("✓", 1), ("¿sí?", None), ("~si", None), ("-1", None)]
)
def test_yes_and_no_are_words_without_other_signs(cell: str, sent: int | None) -> None:
    assert of(Flag(name="f"), cell).wire() == {"f": [sent]}


@pytest.mark.parametrize("cell", ["500\n600", "99\r\n990", "1\t500", "500\u2028600", "500\x0b600"])
def test_a_break_of_lines_is_no_sign_of_thousands(cell: str) -> None:
    assert of(AMOUNT, cell).bad.all()


@pytest.mark.parametrize("number", [20260000000000001, 99999999999999999, 1000000000000000001])
def test_a_whole_number_keeps_all_its_digits(number: int) -> None:
    assert of(AMOUNT, str(number), number).wire() == {"MONTO": [str(number)] * 2}


@pytest.mark.parametrize("name", ["WILSON ÑÁÑEZ", "ÑÁÑEZ", "IBÁÑEZ ÑÁÑEZ"])
def test_letters_that_are_no_letters_otherwise_were_read_rightly(name: str) -> None:
    assert of(NAME, name).problems.empty


def test_codes_among_many_are_looked_at_as_few_are() -> None:
    for field in (Text(name="CardCode"), Identity(name="i")):
        codes = [f"AB{n:05}" for n in range(1, 100)]
        assert [value for value, _ in asked(of(field, *codes, "12/03/1980"))] == ["12/03/1980"]


@pytest.mark.parametrize("text", ["2935277З68", "293527736О"])
def test_a_letter_for_a_digit_of_a_document_is_asked(text: str) -> None:
    assert asked(of(Identity(name="i"), text)) == [(text, None)]
