"""Ugly text files."""

from collections.abc import Callable

from tests.sheets.ugly.case import Case, Made

CASES: dict[str, Made] = {}


def ugly(make: Made) -> Made:
    CASES[make.__name__] = make
    return make


def encoded(name: str, text: str, codec: str, *notes: str, mark: bytes = b"") -> None:
    """The same table in an encoding."""
    rows: dict[int, list[str | None]] = {2: [text, "007"]}

    def make() -> Case:
        return Case(mark + f"Año;CÓDIGO\r\n{text};007\r\n".encode(codec), rows, ["Año", "CÓDIGO"], [*notes])

    CASES[name] = make


encoded("utf8", "Ñandú", "utf-8")
encoded("utf8_with_mark", "Ñandú", "utf-8-sig")
encoded("cp1252", "Ñandú – 5 €", "cp1252", "cp1252")
encoded("utf16_with_mark", "Ñandú", "utf-16")
encoded("utf16_little_without_mark", "Ñandú", "utf-16-le", "utf-16-le")
encoded("utf16_big_without_mark", "Ñandú", "utf-16-be", "utf-16-be")
encoded("utf32_with_mark", "Ñandú", "utf-32")


@ugly
def cp1251_cyrillic() -> Case:
    data = "Телефон;Прізвище\n0501234567;Шевченко\n".encode("cp1251")
    return Case(data, {2: ["0501234567", "Шевченко"]}, ["Телефон", "Прізвище"], ["cp1251"])


def separated(name: str, mark: str, said: str) -> None:
    def make() -> Case:
        data = mark.join(["NOMBRE", "FONO", "SALDO"]) + "\n" + mark.join(["Ana", "0012", '"1.234,50"']) + "\n"
        return Case(data.encode(), {2: ["Ana", "0012", "1.234,50"]}, ["NOMBRE", "FONO", "SALDO"], [said])

    CASES[f"separated_by_{name}"] = make


separated("comma", ",", "comma")
separated("semicolon", ";", "semicolon")
separated("tab", "\t", "tab")
separated("bar", "|", "bar")


@ugly
def decimal_commas_between_semicolons() -> Case:
    return Case(b"A;B\n1,5;2,25\n3,5;4,25\n", {2: ["1,5", "2,25"], 3: ["3,5", "4,25"]}, ["A", "B"])


@ugly
def separator_named_in_the_first_line() -> Case:
    return Case(b"sep=|\r\na|b\r\n1;2|3\r\n", {3: ["1;2", "3"]}, ["a", "b"])


@ugly
def quoted_newlines() -> Case:
    data = b'NOTA,FONO\n"una\nnota\r\nlarga",1\n"otra",2\n'
    return Case(data, {2: ["una\nnota\r\nlarga", "1"], 3: ["otra", "2"]}, ["NOTA", "FONO"])


@ugly
def doubled_quotes() -> Case:
    return Case(b'a,b\n"dijo ""hola""",2\n', {2: ['dijo "hola"', "2"]}, ["a", "b"])


@ugly
def quotes_where_they_do_not_belong() -> Case:
    return Case(b'a,b\n"x"y,2\n5" tubo,3\n', {2: ["xy", "2"], 3: ['5" tubo', "3"]}, ["a", "b"], ["quotes"])


@ugly
def rows_of_different_lengths() -> Case:
    rows: dict[int, list[str | None]] = {2: ["1", None, None], 3: ["1", "2", "3"], 4: ["4", "5", None]}
    return Case(b"a,b\n1\n1,2,3\n4,5\n", rows, ["a", "b", "Column 3"], ["column 3 has no name"])


@ugly
def name_that_a_nameless_column_would_get() -> Case:
    columns = ["Column 2", "Column 2 (2)", "c"]
    return Case(b"Column 2;;c\n1;2;3\n", {2: ["1", "2", "3"]}, columns, ["column 2 has no name", "more than once"])


@ugly
def old_macintosh_line_ends() -> Case:
    return Case(b"a;b\r1;2\r3;4", {2: ["1", "2"], 3: ["3", "4"]}, ["a", "b"])


@ugly
def blank_lines_everywhere() -> Case:
    return Case(b"\n\na;b\n1;2\n\n;\n3;4\n\n\n", {4: ["1", "2"], 7: ["3", "4"]}, ["a", "b"], ["5–6"])


@ugly
def title_above_a_text_table() -> Case:
    data = b"Informe de clientes\n\nNOMBRE;FONO\nAna;1\nEva;2\n"
    return Case(data, {4: ["Ana", "1"], 5: ["Eva", "2"]}, ["NOMBRE", "FONO"], ["Informe de clientes"])


@ugly
def one_column() -> Case:
    return Case(b"CORREO\na@example.com\nb@example.com\n", {2: ["a@example.com"], 3: ["b@example.com"]}, ["CORREO"])


@ugly
def names_that_look_like_nothing() -> Case:
    rows: dict[int, list[str | None]] = {2: ["NA", "None"], 3: ["nan", "null"], 4: ["N/A", None]}
    return Case(b"a,b\nNA,None\nnan,null\nN/A,\n", rows, ["a", "b"])


@ugly
def phones_that_a_spreadsheet_shortened() -> Case:
    data = b"FONO;N\n5.69123E+10;1\n5,69123E+10;2\n"
    return Case(data, {2: ["5.69123E+10", "1"], 3: ["5,69123E+10", "2"]}, ["FONO", "N"], ["2 numbers in 'FONO'"])


@ugly
def header_only() -> Case:
    return Case(b"a;b;c\n", {}, ["a", "b", "c"])


@ugly
def no_header() -> Case:
    data = b"56912345678;a@example.com\n56912345679;b@example.com\n"
    rows: dict[int, list[str | None]] = {
        1: ["56912345678", "a@example.com"],
        2: ["56912345679", "b@example.com"],
    }
    return Case(data, rows, ["Column 1", "Column 2"], how={"header": 0})


@ugly
def data_where_a_header_is_expected() -> Case:
    rows: dict[int, list[str | None]] = {1: ["56912345678", "a@example.com"], 2: ["56912345679", "b@example.com"]}
    data = b"56912345678;a@example.com\n56912345679;b@example.com\n"
    return Case(data, rows, ["Column 1", "Column 2"], ["row 1 looks like data", "`header=1`"])


@ugly
def header_named_by_its_row() -> Case:
    data = b"x;y\nGRUPO;GRUPO B\na;b\n1;2\n"
    return Case(data, {4: ["1", "2"]}, ["a", "b"], ["x y; GRUPO GRUPO B"], {"header": 3})


@ugly
def same_name_twice() -> Case:
    data = b"FONO;FONO;FONO (2)\n1;2;3\n"
    return Case(data, {2: ["1", "2", "3"]}, ["FONO", "FONO (2)", "FONO (2) (2)"], ["more than once"])


@ugly
def spaces_are_kept_in_cells_and_cut_in_names() -> Case:
    data = "  NOMBRE \u00a0;B\n  Ana\u00a0;\t\n".encode()
    return Case(data, {2: ["  Ana\u00a0", "\t"]}, ["NOMBRE", "B"])


@ugly
def leading_zeros_and_long_digits() -> Case:
    data = b"RUT;CUENTA\n00123;12345678901234567890\n"
    return Case(data, {2: ["00123", "12345678901234567890"]}, ["RUT", "CUENTA"])


@ugly
def encoding_said_by_the_caller() -> Case:
    return Case("a;b\nÑ;1\n".encode("cp850"), {2: ["Ñ", "1"]}, ["a", "b"], how={"encoding": "cp850"})


@ugly
def a_web_page_called_xls() -> Case:
    rows = "<tr><th>NOMBRE</th><th>RUT</th></tr><tr><td>Ana &amp; C&iacute;a</td><td x:num='123'>00123</td></tr>"
    data = (
        f'<html xmlns:x="urn:x"><head><style>td {{}}</style></head><body><table>{rows}</table></body></html>'.encode()
    )
    return Case(data, {2: ["Ana & Cía", "00123"]}, ["NOMBRE", "RUT"], ["a web page, of which a table was read"])


BROKEN: dict[str, tuple[bytes, str]] = {
    "quote_never_closed": (b'a,b\n1,2\n"x,3\n4,5\n', "opened in row 3"),
    "web_page_called_xls": (b"<html><body><p>1</p></body></html>", "web page or XML without a table"),
    "xml_of_2003": (b'<?xml version="1.0"?><Workbook/>', "XML"),
    "binary": (b"\x00\x01\x02\x03" * 30, "neither"),
    "empty": (b"", "nothing"),
    "blank": (b"\n;;\n\n", "nothing"),
    "not_the_encoding_said": (b"a;\xff\xfe\xfa\n", "not utf-8"),
}
Make = Callable[[], Case]
