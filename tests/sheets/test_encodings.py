"""In which encoding a text was written: Windows' own wins where it reads well; nothing is taken wrongly in silence."""

import contextlib

import pytest

from toolkit.errors import InputError
from toolkit.sheets.encodings import DAMAGED, decoded

WESTERN = {
    "es": "Nombre;Ciudad\nAna Peña;Concepción\nLuis Ríos;Valparaíso\nEva Muñoz;Ñuñoa\nJosé Ángel;Copiapó\n",
    "pt": "Nome;Cidade\nJoão Gonçalves;São Paulo\nMônica Araújo;Brasília\nÂngela Conceição;Maceió\n",
    "fr": "Nom;Ville\nHélène Lefèvre;Orléans\nFrançois Lévêque;Besançon\nÉloïse Noël;Nîmes\n",
    "de": "Name;Ort\nJörg Weiß;Köln\nMüller GmbH;München\nGroßmann;Nürnberg\nÄnne Schäfer;Düsseldorf\n",
}
UKRAINIAN = "Прізвище;Місто\nШевченко;Київ\nКовальчук;Вінниця\nІваненко;Суми\nЩербак Юрій;Запоріжжя\nЇжакевич;Львів\n"
FEW = [
    "A — B", "5€", "1.234,50 €", "Marca™", "10 µg", "BJÖRK", "à la carte", "1\xa0500,5", "O´Higgins", "A–B", "½ kilo",
    "Jörg Weiß", "D’Angelo", "“hola”", "25 °C", "Nº 5", "1º", "Mª José", "¿Qué?", "m²", "£5", "Ñuñoa", "Über", "naïve",
    "© 2024", "± 3", "l’eau", "Ørsted", "è", "5 ó 6", "MARÍA GARCÍA", "Ana\xa0Peña", "Bøe", "•uno", "Çelik", "«cita»",
]  # fmt: skip
SPANISH = [
    "Gonçalves",
    "GARCÍA",
    "DÍAZ",
    "RÍOS",
    "Peña",
    "Ñuñoa",
    "José",
    "Ángel",
    "Ángela Díaz",
    "MUÑOZ",
    "Núñez",
    "María",
    "GÓMEZ",
]


def in_each(cells: list[str], encodings: list[str]) -> list[tuple[str, str]]:
    """The cells that can be written in each of these encodings."""
    return [(c, e) for c in cells for e in encodings if c.encode(e, "replace").decode(e) == c]


def few(cell: str) -> str:
    """A list with one cell that is not ASCII."""
    return "Nombre;Nota\n" + "".join(f"Ana {n};plano {n}\n" for n in range(10)) + f"{cell};z\n"


@pytest.mark.parametrize("encoding", ["cp1252", "cp850", "mac_roman"])
@pytest.mark.parametrize("language", WESTERN)
def test_lists_of_the_west(language: str, encoding: str) -> None:
    for text in (WESTERN[language], WESTERN[language].replace("ß", "ss").upper()):
        assert decoded(text.encode(encoding), None)[0] == text


@pytest.mark.parametrize("encoding", ["cp1251", "koi8-u", "cp1125", "mac_cyrillic", "iso8859-5"])
def test_lists_of_ukraine(encoding: str) -> None:
    for text in (UKRAINIAN, UKRAINIAN.upper(), UKRAINIAN.lower()):
        assert decoded(text.encode(encoding), None)[0] == text


@pytest.mark.parametrize("cell", FEW)
def test_one_odd_cell_of_a_windows_file(cell: str) -> None:
    assert decoded(few(cell).encode("cp1252"), None)[0] == few(cell)


@pytest.mark.parametrize(("cell", "encoding"), in_each(SPANISH, ["cp850", "mac_roman"]))
def test_one_odd_cell_of_an_older_file(cell: str, encoding: str) -> None:
    assert decoded(few(cell).encode(encoding), None)[0] == few(cell)


@pytest.mark.parametrize(
    ("cell", "encoding"),
    in_each(
        ["Шевченко", "ІВАНЕНКО", "київ", "Ганна", "ОЛЕНА", "Їжак", "MARTÍNEZ PÉREZ", "3º B", "№ 5", "½"],
        ["cp1251", "koi8-u", "cp1125", "mac_cyrillic", "iso8859-5", "cp850"],
    ),
)
def test_what_is_not_clear_is_asked_and_never_wrong(cell: str, encoding: str) -> None:
    with contextlib.suppress(InputError):
        assert decoded(few(cell).encode(encoding), None)[0] == few(cell)


def test_the_question_shows_how_it_would_read() -> None:
    with pytest.raises(InputError, match=r"say `encoding=`.*utf-8: '3�'; cp850: '3º'; mac_cyrillic: '3І'"):
        decoded(few("3º B").encode("cp850"), None)


@pytest.mark.parametrize(
    ("data", "bad"),
    [
        ("Muñoz;Ñuñoa\n".encode() + b"Mar\xeda;x\n", 1),
        ("Muñoz;Talca\n".encode() + b"Mar\xeda;x\n", 1),
        ("Muñoz;Ríos\nPeña;Díaz\n".encode() + "Mario Núñez;Ana\n".encode("cp1252"), 2),
    ],
)
def test_utf8_with_other_bytes_among_it_stays_utf8(data: bytes, bad: int) -> None:
    """Such bytes are problems of their cells, so that none is sent."""
    text, notes = decoded(data, None)
    assert "Muñoz" in text
    assert text.count(DAMAGED) == bad
    assert "no text in UTF-8" in notes[0]


def test_a_file_that_was_cut_in_the_middle_of_a_letter_is_asked_about() -> None:
    with pytest.raises(InputError, match="utf-8: 'Pe�'"):
        decoded("Nombre\nPeñ".encode()[:-1], None)


@pytest.mark.parametrize(
    "text", [f"Nombre\nMu{DAMAGED}oz\n", f"Tel{DAMAGED}fono\n9\n", few(DAMAGED), few(f"Pe{DAMAGED}a\nMu{DAMAGED}oz")]
)
def test_what_a_program_lost_before_it_saved_is_utf8(text: str) -> None:
    assert decoded(text.encode(), None) == (text, [])
    assert decoded((text * 30).encode(), None) == (text * 30, [])
    damaged, notes = decoded(text.encode() + b"Pe\xf1a\n", None)
    assert damaged == f"{text}Pe{DAMAGED}a\n"
    assert notes[0].startswith("1 byte is no text in UTF-8")
