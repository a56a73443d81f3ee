"""What a cell of each kind may hold, what is sent for it, and what is said of the rest."""

import datetime as dt
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import phonenumbers
import pytest
from email_validator import validate_email
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum import get_cc_module

from toolkit.errors import InputError, RowErrors
from toolkit.sheets.cells import values_of
from toolkit.sheets.check import Check, check
from toolkit.sheets.checker import CellChecker, ParseOptions, result_of
from toolkit.sheets.column import Column
from toolkit.sheets.identities import WEIGHTS
from toolkit.sheets.kinds import rule_of
from toolkit.sheets.match import Match
from toolkit.sheets.target import Takes
from toolkit.spec import (
    Bool,
    Choice,
    Date,
    Email,
    Field,
    Flag,
    Identity,
    Integer,
    Json,
    List,
    Masked,
    Number,
    Phone,
    Record,
    Text,
    Timestamp,
)

Said = tuple[Any, str, str | None, str]  # what is sent; the problem, the proposal, and how grave it is


def of(field: Field, value: Any, **how: Any) -> Said:
    """What is made of one value."""
    done = check(pd.DataFrame({field.name: pd.Series([value], dtype=object)}), Takes((field,), empty_rows=True), **how)
    assert len(done.problems) <= 1
    wire = done.wire()[field.key][0]
    if done.problems.empty:
        return wire, "", None, "right"
    line = done.problems.iloc[0]
    proposal = None if pd.isna(line.proposal) else line.proposal
    assert done.bad.tolist() == [line.blocks]
    assert not (line.safe and line.blocks)
    return wire, line.problem, proposal, "safe" if line.safe else "blocks" if line.blocks else "doubt"


def right(field: Field, value: Any, wire: Any, **how: Any) -> None:
    found = of(field, value, **how)
    assert found == (wire, "", None, "right")
    assert type(found[0]) is type(wire)


def fixed(field: Field, value: Any, wire: Any, **how: Any) -> None:
    found = of(field, value, **how)
    assert (found[0], found[3]) == (wire, "safe")
    right(field, found[2], wire, **how)  # the fix is right as it stands


def wrong(field: Field, value: Any, said: str, proposal: str | None = None, **how: Any) -> None:
    found = of(field, value, **how)
    assert (found[0], found[2], found[3]) == (None, proposal, "blocks")
    assert said in found[1]


def doubted(field: Field, value: Any, wire: Any, said: str, proposal: str | None = None, **how: Any) -> None:
    found = of(field, value, **how)
    assert (found[0], found[2], found[3]) == (wire, proposal, "doubt")
    assert said in found[1]


CL, UA, CO = Phone(name="p"), Phone(name="p", country="UA"), Phone(name="p", country="CO")


class TestPhones:
    @pytest.mark.parametrize(
        "text",
        [
            "+56 9 1234 5678",
            "9 1234 5678",
            "912345678",
            "0056912345678",
            "00 56 9 1234 5678",
            "(+56) 9-1234-5678",
            "+56 (0)9 1234 5678",
            "56 9 1234.5678",
            "５６９１２３４５６７８",
            "+٥٦٩١٢٣٤٥٦٧٨",
            "+56\u00a09\u202f1234\u20115678",
            "\u202a+56 9 1234 5678\u202c",
            "56912345678.0",
            " 56912345678 ",
        ],
    )
    def test_form_is_safe_to_change(self, text: str) -> None:
        fixed(CL, text, "56912345678")

    def test_digits_are_right(self) -> None:
        right(CL, "56912345678", "56912345678")
        right(CL, 56912345678, "56912345678")
        right(UA, "380501234567", "380501234567")

    def test_stored_as_decimal(self) -> None:
        fixed(CL, 56912345678.0, "56912345678")
        fixed(CL, np.float64(912345678), "56912345678")
        fixed(CL, Decimal("912345678"), "56912345678")

    def test_trunk_prefix(self) -> None:
        fixed(UA, "0501234567", "380501234567")
        fixed(UA, "(050) 123-45-67", "380501234567")
        fixed(CO, "300 123 4567", "573001234567")

    def test_named_country(self) -> None:
        doubted(CL, "+57 300 123 4567", "573001234567", "another country")
        doubted(CL, "+1 (202) 555-0123", "12025550123", "another country")

    def test_guessed_country(self) -> None:
        doubted(CL, "573001234567", "573001234567", "another country")

    def test_damaged(self) -> None:
        for text in ("5.69123E+10", "5,69123E+10", "5.69123e+10", 5.6912345678901e22):
            wrong(CL, text, "shortened")
        wrong(CL, pd.Series([56912345678], dtype="float32")[0], "shortened")

    def test_wrong(self) -> None:
        wrong(CL, "12345", "not a phone number")
        wrong(CL, "+56 9 1234", "not a phone number of the country")
        wrong(CL, "0912345678", "not a phone number", "56912345678")
        wrong(CL, "91234567.0", "not a phone number")  # never 912345670
        wrong(CL, "sin fono", "there is nothing")
        wrong(CL, "fono", "not a phone number")
        wrong(CL, "#N/A", "error of a formula")

    def test_more_than_a_number(self) -> None:
        wrong(CL, "912345678 / 987654321", "several", "56912345678")
        wrong(CL, "912345678; 987654321", "several", "56912345678")
        wrong(CL, "22345678 9 anexo 12", "extension", "56223456789")
        wrong(CL, "cel: 912345678", "not a phone number", "56912345678")
        wrong(CL, "cel: +57 300 1234567", "not a phone number", "+573001234567")

    def test_mobile(self) -> None:
        mobile = Phone(name="p", country="GB", mobile=True)
        fixed(mobile, "07400 123456", "447400123456")
        doubted(mobile, "020 7946 0018", "442079460018", "mobile")

    def test_spelling_kept(self) -> None:
        spelt = Phone(name="p", country="UA", form="bare")
        for text in ("+380501234567", "380501234567", "0501234567"):
            right(spelt, text, text)
        fixed(spelt, "050 123 45 67", "0501234567")

    def test_read_in_two_ways(self) -> None:
        wrong(Phone(name="p", country="DE"), "4912345678", "with and without its country code", "4912345678")

    def test_length(self) -> None:
        wrong(Phone(name="p", max_length=10), "912345678", "11 characters; at most 10")

    def test_no_country(self) -> None:
        anywhere = Phone(name="p", country="")
        right(anywhere, "+56912345678", "56912345678")
        fixed(anywhere, "+56 9 1234 5678", "56912345678")
        wrong(anywhere, "912345678", "not a phone number")

    @given(st.from_regex(r"(\+|00)?(56)?[0-9]{7,10}", fullmatch=True))
    def test_as_the_library_says(self, text: str) -> None:
        wire, *_, how = of(CL, text)
        try:
            parsed = phonenumbers.parse(text, "CL")
        except phonenumbers.NumberParseException:
            parsed = phonenumbers.PhoneNumber()
        if how in ("right", "safe", "doubt"):
            assert phonenumbers.is_possible_number(parsed)
            assert phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164) == f"+{wire}"
        else:
            assert not phonenumbers.is_valid_number(parsed)


MAIL = Email(name="e", max_length=60)


class TestEmails:
    @pytest.mark.parametrize(
        "text",
        ["juan@example.com", "Juan.Perez+x@Example.CO.UK", "o'hara@example.com", "a@xn--and-6ma2c.cl"],
    )
    def test_right(self, text: str) -> None:
        right(MAIL, text, text)

    def test_spaces(self) -> None:
        fixed(MAIL, " juan@example.com\u00a0", "juan@example.com")
        fixed(MAIL, "ｊuan@example.com", "juan@example.com")

    @pytest.mark.parametrize(
        ("text", "meant"),
        [("juan@gmial.com", "juan@gmail.com"), ("a@hotmal.com", "a@hotmail.com"), ("a@Gmail.con", "a@gmail.com")],
    )
    def test_slip_is_a_doubt(self, text: str, meant: str) -> None:
        wire, problem, proposal, how = of(MAIL, text)
        assert (wire, proposal, how) == (text, meant, "doubt")
        assert "may be misspelt" in problem

    @pytest.mark.parametrize("domain", ["gmail.com", "mail.com", "ymail.com", "gmx.com", "hotmail.es", "example.com"])
    def test_no_slip(self, domain: str) -> None:
        right(MAIL, f"a@{domain}", f"a@{domain}")

    @pytest.mark.parametrize(
        ("text", "said", "proposal"),
        [
            ("a@example.com; b@example.com", "several", "a@example.com"),
            ("a@example.com,b@example.com", "several", "a@example.com"),
            ("Ana <a@example.com>", "not an e-mail", "a@example.com"),
            ("mailto:a@example.com", "not an e-mail", "a@example.com"),
            ("juan perez@example.com", "not an e-mail", None),
            ("a@example,com", "not an e-mail", "a@example.com"),
            ("a@example.com.", "not an e-mail", "a@example.com"),
            ("josé@example.com", "not an e-mail", None),
            ("a@b", "not an e-mail", None),
            ("ninguno de ellos", "must have an @-sign", None),
            ("a@example.test", "not an e-mail", None),
            ("a@localhost", "not an e-mail", None),
            (f"{'a' * 50}@example.com", "62 characters", None),
            (f"a@{'b' * 64}.com", "not an e-mail", None),
        ],
    )
    def test_wrong(self, text: str, said: str, proposal: str | None) -> None:
        wrong(MAIL, text, said, proposal)

    @settings(max_examples=150)
    @given(st.from_regex(r"[A-Za-z0-9._%+-]{1,12}@[A-Za-z0-9.-]{1,20}\.[A-Za-z]{1,5}", fullmatch=True))
    def test_never_wider_than_the_library(self, text: str) -> None:
        unlike = rule_of(Email(), ParseOptions()).unlike
        assert unlike is not None
        assert unlike is not None
        if not unlike([text]):
            validate_email(text, check_deliverability=False)


class TestIdentities:
    rut, nit = Identity(name="i", scheme="cl.rut"), Identity(name="i", scheme="co.nit")
    cedula = Identity(name="i", scheme="co.cc")

    def test_rut(self) -> None:
        for text in ("76086428-5", "76.086.428-5", "760864285", "12531909-2", "10000013-K", "10000013-k"):
            right(self.rut, text, text)
        doubted(self.rut, "76086428-6", "76086428-6", "check digit")
        doubted(self.rut, "12345678", "12345678", "check digit", "12345678-5")
        wrong(self.rut, "abc", "not a valid number")
        wrong(self.rut, "76086428-5.0", "not a valid number")
        fixed(self.rut, "７６０８６４２８-５", "76086428-5")

    def test_nit(self) -> None:
        right(self.nit, "213.123.432-1", "213.123.432-1")
        doubted(self.nit, "2131234325", "2131234325", "check digit")
        doubted(self.nit, "900123456", "900123456", "check digit", "900123456-8")

    def test_cedula(self) -> None:
        for text in ("123", "1032456789", "007123"):
            right(self.cedula, text, text)
        fixed(self.cedula, "1.032.456.789", "1032456789")
        fixed(self.cedula, 1032456789.0, "1032456789")
        fixed(self.cedula, "1032456789.0", "1032456789")
        for text in ("12", "12345678901", "12a456", "1.2.3.4"):
            wrong(self.cedula, text, "3 to 10 digits")

    def test_no_rule(self) -> None:
        right(Identity(name="i"), "AB-12.3/x", "AB-12.3/x")
        with pytest.raises(InputError, match=r"'xx\.none'"):
            of(Identity(name="i", scheme="xx.none"), "1")

    def test_rule_by_another_column(self) -> None:
        kinds = Choice(name="kind", choices={"CC": "Cédula", "NIT": "Nit", "PS": "Pasaporte"})
        number = Identity(name="number", by="kind", schemes={"CC": "co.cc", "NIT": "co.nit"})
        frame = pd.DataFrame({"number": ["1.032.456", "900123456-8", "AX 12", "12", "12", "1.032.456"]})
        frame["kind"] = ["cedula", "NIT", "PS", "CC", "PS", None]
        done = check(frame, [number, kinds])
        assert done.wire()["number"] == ["1032456", "900123456-8", "AX 12", None, "12", "1032456"]
        assert done.bad.tolist() == [False, False, False, True, False, False]
        assert done.problems["value"].tolist() == ["1.032.456", "AX 12", "12", "1.032.456"]

    @pytest.mark.parametrize("scheme", WEIGHTS)
    @settings(max_examples=20)
    @given(data=st.data())
    def test_whole_columns_as_the_library(self, scheme: str, data: st.DataObject) -> None:
        land, name = scheme.split(".")
        library: Any = get_cc_module(land, name)
        texts = data.draw(st.lists(st.from_regex(WEIGHTS[scheme][0], fullmatch=True), min_size=6, max_size=6)) * 10
        digits = {text: library.compact(text)[:-1] for text in texts}
        texts = [t[:-1] + library.calc_check_digit(digits[t]) if n % 3 else t for n, t in enumerate(texts)]
        checker = CellChecker(rule_of(Identity(scheme=scheme), ParseOptions()))
        checker.classify(texts)
        doubted = [result_of(checker.results[t]).problem is not None if t in checker.results else False for t in texts]
        assert doubted == [not library.is_valid(t) for t in texts]


class TestNumbers:
    number, whole = Number(name="n"), Integer(name="n", minimum=0)

    @given(st.lists(st.from_regex(r"[+-]?[0-9]{1,12}([.,][0-9]{1,12})?", fullmatch=True) | st.floats(-1e9, 1e9)))
    def test_as_text_in_plain_digits(self, cells: list[Any]) -> None:
        frame = pd.DataFrame({"n": pd.Series(cells * 30, dtype=object)})
        plain, text = (check(frame, [field]) for field in (self.number, Number(name="n", as_text=True)))
        told = text.wire()["n"]
        assert [t and float(t) for t in told] == [None if v is None else float(v) for v in plain.wire()["n"]]
        assert all(re.fullmatch(r"(0|-?[1-9]\d*|-?\d+\.\d*[1-9])", t) for t in told if t)
        assert text.problems["problem"].tolist() == plain.problems["problem"].tolist()

    @pytest.mark.parametrize(
        ("text", "value"),
        [
            ("12", 12),
            ("-5", -5),
            ("0.5", 0.5),
            ("12.5", 12.5),
            ("12,5", 12.5),
            ("1.234,56", 1234.56),
            ("1,234.56", 1234.56),
            ("1.234.567", 1234567),
            ("1 234,5", 1234.5),
            ("1'234.5", 1234.5),
            ("0,125", 0.125),
            ("0.125", 0.125),
            ("12345,678", 12345.678),
            ("1e-07", 1e-7),
            ("−3", -3),
            (3, 3),
            (0.1 + 0.2, 0.1 + 0.2),
        ],
    )
    def test_right(self, text: Any, value: float) -> None:
        right(self.number, text, value)

    def test_read_in_two_ways(self) -> None:
        wrong(self.number, "1.234", "1234 or 1.234")
        wrong(self.number, "1,234", "1234 or 1.234")
        right(self.number, "1.234", 1.234, decimal=".")
        right(self.number, "1.234", 1234, decimal=",")
        right(self.number, "1,234", 1.234, decimal=",")
        wrong(self.number, "1.5", "not a number", decimal=",")

    def test_the_column_tells(self) -> None:
        for others, value in ((["1,5", "2,5"], 1234), (["1.5", "2.5"], 1.234), (["1.234,5", "1.234.567"], 1234)):
            frame = pd.DataFrame({"n": ["1.234", *others]})
            assert check(frame, [self.number]).wire()["n"][0] == value
        mixed = check(pd.DataFrame({"n": ["1.234", "1,5", "1.5"]}), [self.number])
        assert mixed.bad.tolist() == [True, False, False]
        assert check(pd.DataFrame({"n": ["0.125", "0,5", "1.5"]}), [self.number]).wire()["n"] == [
            0.125,
            0.5,
            1.5,
        ]

    def test_the_sheet_tells(self) -> None:
        frame = pd.DataFrame({"n": ["1.234"]})
        frame.attrs["numeric"] = ["n"]
        assert check(frame, [self.number]).wire()["n"][0] == 1.234

    @pytest.mark.parametrize("text", ["abc", "1.2.3", "1,2,3", "--1", "1-2", "inf", "1.234,5,6"])
    def test_wrong(self, text: str) -> None:
        wrong(self.number, text, "not a number")

    def test_more_than_a_number(self) -> None:
        wrong(self.number, "$ 1.500", "can be read as two numbers")
        wrong(self.number, "1.500-", "not a number", "-1.500")
        wrong(self.number, "(1.234,50)", "not a number", "-1234.5")
        for text in ("12%", "½", "1½", "10²", "1.5M", "2 mil", "1.500 kg"):
            wrong(self.number, text, "not a number")
        right(self.number, "$ 1.611.580", 1611580)
        right(self.whole, "$ 1.611.580", 1611580)
        right(self.number, "CLP 1.500", 1500, decimal=",")
        right(self.number, "US$ 1,234.50", 1234.5)
        for text in ("US$ 12,5", "€ 12,5", "12,5 euros", "S/ 12,5", "12,5 UYU", "R$12,5", "12,5 грн."):
            right(self.number, text, 12.5, decimal=",")
        wrong(self.number, "10-20 kg", "not a number")
        wrong(self.number, "kg", "not a number")
        column = pd.DataFrame({"n": ["$ 1.500", "1,5", "2,5"]})
        assert check(column, [self.number]).wire() == {"n": [1500, 1.5, 2.5]}
        wrong(self.number, float("inf"), "finite")
        wrong(self.number, 10**400, "finite")  # larger than any float
        wrong(self.number, "1.5E+12", "shortened")

    def test_whole(self) -> None:
        right(self.whole, "12", 12)
        right(self.whole, 12.0, 12)
        right(self.whole, "12.0", 12)
        right(self.whole, "007", 7)
        wrong(self.whole, "-1", "less than 0")
        wrong(self.whole, "1.5", "not a whole number")
        wrong(self.whole, 2.0**60, "lost digits")
        right(Integer(name="n"), "-1", -1)
        wrong(Integer(name="n", minimum=5), "4", "less than 5")

    @given(st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**14), 10**14))
    def test_numbers_are_sent_as_they_are(self, value: float) -> None:
        assert of(self.number, value)[0] == value


class TestDays:
    chilean, iso = Date(name="d", format="%d/%m/%Y"), Date(name="d")

    @pytest.mark.parametrize("text", ["05/03/2024", "2024-03-05", dt.date(2024, 3, 5), pd.Timestamp("2024-03-05")])
    def test_right(self, text: Any) -> None:
        right(self.chilean, text, "05/03/2024")

    @pytest.mark.parametrize(
        "text",
        [
            "5/3/2024",
            "05-03-2024",
            "05.03.2024",
            "20240305",
            "5 de marzo de 2024",
            "5 mar. 2024",
            "5-mar-2024",
            "05 березня 2024",
            "March 5, 2024",
            "5 de Março de 2024",
            "2024-03-05 00:00:00",
            "2024/3/5",
            "05/03/2024 0:00",
            " 05/03/2024",
        ],
    )
    def test_form_is_safe_to_change(self, text: str) -> None:
        fixed(self.chilean, text, "05/03/2024")
        fixed(self.iso, text, "2024-03-05")

    def test_month_first_when_told(self) -> None:
        fixed(self.iso, "03/25/2024", "2024-03-25", day_first=False)
        wrong(self.iso, "03/25/2024", "no month 25 when the day comes first", "2024-03-25")
        wrong(self.iso, "25/03/2024", "no month 25 when the month comes first", "2024-03-25", day_first=False)

    def test_month_first_where_days_are_sent_day_first(self) -> None:
        """What is sent is written as the cell is, and means another day."""
        fixed(self.chilean, "03/04/2024", "04/03/2024", day_first=False)
        wrong(self.chilean, "25/03/2024", "no month 25 when the month comes first", "2024-03-25", day_first=False)

    @pytest.mark.parametrize(
        ("text", "said", "proposal"),
        [
            ("31/02/2024", "no calendar", None),
            ("29/02/2023", "no calendar", None),
            ("05/03/24", "century", "2024-03-05"),
            ("05/03/0224", "not a date", None),
            ("45356", "not a date", "2024-03-05"),
            ("2024-03-05 10:30", "time of day", "2024-03-05"),
            (pd.Timestamp("2024-03-05 10:30"), "time of day", "2024-03-05"),
            ("mañana", "not a date", None),
            ("5 de brumario de 2024", "names no month", None),
        ],
    )
    def test_wrong(self, text: Any, said: str, proposal: str | None) -> None:
        wrong(self.chilean, text, said, proposal)

    @given(st.dates(dt.date(1901, 1, 1), dt.date(2098, 12, 31)))
    def test_every_day(self, day: dt.date) -> None:
        for field in (self.chilean, self.iso):
            right(field, day.strftime(field.format), day.strftime(field.format))


class TestTimes:
    epoch, iso = Timestamp(name="t"), Timestamp(name="t", format="iso")

    @pytest.mark.parametrize(
        ("value", "wire"),
        [
            ("2024-03-05 10:00", 1709632800000),
            ("2024-03-05T10:00:00Z", 1709632800000),
            ("2024-03-05T07:00:00-03:00", 1709632800000),
            ("05/03/2024 10:00", 1709632800000),
            (pd.Timestamp("2024-03-05 10:00", tz="UTC"), 1709632800000),
            (pd.Timestamp("2024-03-05 10:00:00.123").to_pydatetime(), 1709632800123),
            ("2024-03-05", 1709596800000),
        ],
    )
    def test_right(self, value: Any, wire: int) -> None:
        right(self.epoch, value, wire)

    def test_zone(self) -> None:
        assert of(self.iso, "2024-03-05 07:00")[0] == "2024-03-05T07:00:00+00:00"
        assert of(self.iso, "2024-03-05 07:00-03:00")[0] == "2024-03-05T10:00:00+00:00"

    def test_wrong(self) -> None:
        wrong(self.epoch, "05/03/2024 25:00", "no clock")
        wrong(self.epoch, "pronto", "not a date")


class TestChoices:
    signature = Choice(name="o", choices={1: "Firma Digital", 0: "Firma electrónica"})

    @pytest.mark.parametrize("value", [1, 1.0, "1", "firma digital", "FIRMA  DIGITAL", " 1 ", np.int64(1), Decimal(1)])
    def test_code_or_label(self, value: Any) -> None:
        assert of(self.signature, value)[0] == 1

    def test_wrong(self) -> None:
        wrong(self.signature, "2", "not one of the choices: 1 (Firma Digital), 0 (Firma electrónica)")
        wrong(self.signature, "Firma Digitall", "not one of", "1")

    def test_two_codes_of_one_label(self) -> None:
        wrong(Choice(name="o", choices={1: "sí", 2: "Si"}), "si", "not one of")

    @pytest.mark.parametrize(("value", "wire"), [("sí", True), ("NO", False), (True, True), (0, False), ("Так", True)])
    def test_yes_and_no(self, value: Any, wire: bool) -> None:
        right(Bool(name="b"), value, wire)
        right(Flag(name="b"), value, int(wire))

    def test_neither(self) -> None:
        wrong(Bool(name="b"), "quizás", "neither yes nor no")

    def test_several(self) -> None:
        tags = List(name="s", separator=";")
        for value in ("a;b", "a ; b ", ["a", "b"], ("a", "b"), "a\nb"):
            assert of(tags, value)[0] == "a;b"
        wrong(tags, ["a;b", "c"], "separator of items")
        right(List(name="s"), ["a", "b"], ["a", "b"])
        right(List(name="s", alone=True), ["a"], "a")
        right(List(name="s", choices={3: "Firmada", 4: "Rechazada"}), "firmada; 4", [3, 4])
        wrong(List(name="s", choices={3: "Firmada"}), ["5"], "not one of")
        wrong(List(name="s", separator=",", emails=True), "a@example.com, nada", "not an e-mail")
        right(List(name="s", separator=",", emails=True), "a@example.com,b@example.com", "a@example.com,b@example.com")


class TestTexts:
    text = Text(name="x", max_length=10)

    def test_kept(self) -> None:
        for value in ("José  Ñ", "Nani", "007", "a\nb", "1E5", "#1"):
            right(self.text, value, value)

    def test_spaces(self) -> None:
        for value in (" a b ", "\u00a0a b\u2009", "\ufeffa b\u200b", "\ta b\n"):
            fixed(self.text, value, "a b")

    def test_other_types(self) -> None:
        right(self.text, 5, "5")
        right(self.text, True, "TRUE")
        right(self.text, 0.5, "0.5")
        right(self.text, dt.date(2024, 3, 5), "2024-03-05")
        fixed(self.text, 56912.0, "56912")

    def test_wrong(self) -> None:
        wrong(self.text, "12345678901", "11 characters; at most 10")
        wrong(self.text, "5.69E+10", "shortened")
        wrong(self.text, "#REF!", "formula")
        wrong(self.text, {"a": 1}, "type dict")
        wrong(self.text, [1], "type tuple")

    def test_objects(self) -> None:
        right(Json(name="j"), {"a": 1}, {"a": 1})
        right(Json(name="j"), [1, 2], [1, 2])
        right(Json(name="j"), '{"a": [1]}', {"a": [1]})
        wrong(Json(name="j"), "{a", "not JSON")

    def test_secrets_are_not_shown(self) -> None:
        right(Masked(name="m"), "hunter2", "hunter2")
        done = check(pd.DataFrame({"m": ["hunter2", None]}), [Masked(name="m", required=True)])
        assert "hunter2" not in repr(done) + done._repr_html_() + done.problems.to_csv()


BLANKS = [None, np.nan, pd.NA, pd.NaT, "", "  ", "\u00a0", float("nan")]
EVERY = [Text, Email, Phone, Identity, Integer, Number, Bool, Flag, Timestamp, Date, Choice, List, Json]


@pytest.mark.parametrize("kind", EVERY)
def test_blank_is_missing(kind: type[Field]) -> None:
    field = kind(name="x")
    for blank in BLANKS:
        right(field, blank, None)
    column = pd.Series(BLANKS, dtype=object)
    done = check(pd.DataFrame({"x": column}), Takes((kind(name="x", required=True),), empty_rows=True))
    assert done.bad.all()
    assert done.problems["problem"].unique().tolist() == ["is required and empty"]


FRAMES: dict[str, Callable[[], "pd.Series[Any]"]] = {
    "object": lambda: pd.Series(["56912345678", None, 56912345678, 56912345678.0], dtype=object),
    "str": lambda: pd.Series(["56912345678", None, "56912345678", "56912345678"], dtype="str"),
    "Int64": lambda: pd.Series([56912345678, None, 56912345678, 56912345678], dtype="Int64"),
    "float": lambda: pd.Series([56912345678, np.nan, 56912345678, 56912345678], dtype="float64"),
    "category": lambda: pd.Series(["56912345678", None, "56912345678", "56912345678"], dtype="category"),
    "string": lambda: pd.Series(["56912345678", pd.NA, "56912345678", "56912345678"], dtype="string"),
    "decimal": lambda: pd.Series([Decimal(56912345678), None, Decimal("56912345678.0"), 56912345678], dtype=object),
}


@pytest.mark.parametrize("made", FRAMES.values(), ids=FRAMES.keys())
def test_every_dtype(made: Callable[[], "pd.Series[Any]"]) -> None:
    done = check(made().to_frame("p"), Takes((CL,), empty_rows=True))
    assert done.ok
    assert done.wire()["p"] == ["56912345678", None, "56912345678", "56912345678"]


def test_arrow_backed() -> None:
    pytest.importorskip("pyarrow")
    done = check(pd.DataFrame({"p": pd.array(["56912345678", None], dtype="string[pyarrow]")}), [CL])
    assert done.wire()["p"] == ["56912345678", None]


@pytest.mark.parametrize("unit", ["s", "us", "ns"])
def test_datetimes(unit: str) -> None:
    moments = pd.Series(pd.to_datetime(["2024-03-05 10:00", None])).astype(f"datetime64[{unit}]")
    assert check(moments.to_frame("t"), [Timestamp(name="t")]).wire()["t"] == [1709632800000, None]
    aware = moments.dt.tz_localize("America/Santiago").to_frame("t")
    assert check(aware, [Timestamp(name="t")]).wire()["t"] == [1709643600000, None]


INDEXES = {
    "twice": pd.Index([7, 7, 8]),
    "names": pd.Index(["a", "b", "a"]),
    "levels": pd.MultiIndex.from_tuples([("a", 1), ("a", 1), ("b", 2)]),
    "times": pd.DatetimeIndex(["2024-01-01"] * 3),
}


@pytest.mark.parametrize("index", INDEXES.values(), ids=INDEXES.keys())
def test_every_index(index: "pd.Index[Any]") -> None:
    frame = pd.DataFrame({"p": ["1", "912345678", "2"]}, index=index)
    done = check(frame, [CL])
    assert done.bad.index.equals(index)
    assert done.bad.tolist() == [True, False, True]
    assert done.problems["row"].tolist() == [*index]
    assert done.fixed()["p"].tolist() == ["1", "56912345678", "2"]
    assert done.fixed().index.equals(index)
    assert done.duplicates().empty


def test_no_rows_and_no_columns() -> None:
    for frame in (pd.DataFrame({"p": pd.Series(dtype="str")}), pd.DataFrame(index=[0, 1]), pd.DataFrame()):
        done = check(frame, Takes((CL,), empty_rows=True))
        assert done.ok
        assert done.problems.empty
        assert done.bad.tolist() == [False] * len(frame)
        assert done.fixed().shape == frame.shape
        assert "Check of" in repr(done) + done._repr_html_()
    columns = ["row", "column", "field", "value", "problem", "proposal", "safe", "blocks", "reason", "level"]
    assert list(check(pd.DataFrame(), [CL]).problems.columns) == columns


MANY: list[tuple[Field, st.SearchStrategy[Any]]] = [
    (Text(name="x", max_length=5), st.text(max_size=8)),
    (CL, st.from_regex(r"(\+|00)?(56)?[ 0-9.-]{7,12}( |\.0)?", fullmatch=True)),
    (Email(name="x"), st.from_regex(r" ?[a-z.]{1,5}@(gmail|gmial|a\.b|test)\.(com|test|c)\n?", fullmatch=True)),
    (Identity(name="x", scheme="cl.rut"), st.from_regex(r"[0-9]{7,8}-?[0-9K]( |\.0)?", fullmatch=True)),
    (Date(name="x", format="%d/%m/%Y"), st.from_regex(r"[0-3][0-9]/[01][0-9]/(19|20)?[0-9]{2} ?", fullmatch=True)),
    (Number(name="x"), st.from_regex(r"-?[0-9]{1,4}([.,][0-9]{1,3})?", fullmatch=True) | st.floats(-9, 9)),
    (Integer(name="x", minimum=0), st.from_regex(r"-?[0-9]{1,4}(\.0)?", fullmatch=True) | st.integers(-9, 9)),
    (Bool(name="x"), st.sampled_from(["sí", "no", "?", True, 0, None, "\n"])),
]


@pytest.mark.parametrize(("field", "values"), MANY, ids=[f.kind for f, _ in MANY])
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_many_are_judged_as_each_alone(field: Field, values: st.SearchStrategy[Any], data: st.DataObject) -> None:
    drawn = data.draw(st.lists(values | st.none(), min_size=1, max_size=8))
    few = pd.DataFrame({field.name: pd.Series(drawn, dtype=object)})
    how: dict[str, Any] = {"decimal": ".", "day_first": True}
    alone = [check(few.iloc[[n]], [field], **how) for n in range(len(few))]
    times = 60 // len(few) + 1  # so many that whole columns are looked at at once
    together = check(pd.concat([few] * times), [field], **how)
    assert together.wire()[field.key] == [one.wire()[field.key][0] for one in alone] * times
    assert together.bad.tolist() == [one.bad.iloc[0] for one in alone] * times
    expected = pd.concat([one.problems for one in alone] * times, ignore_index=True)
    assert together.problems.astype(object).fillna("").equals(expected.astype(object).fillna(""))
    again = check(together.fixed(), [field], **how)
    assert again.fixes.empty
    assert again.wire()[field.key] == together.wire()[field.key]


class TestColumns:
    fields = (Text(name="NOMBRE", label="Nombre completo", required=True), Email(name="correo", wire="eMail"), CL)

    def test_by_name_wire_name_or_label(self) -> None:
        done = check(pd.DataFrame({"Nombre completo": ["Ana"], "eMail": ["a@example.com"]}), self.fields)
        assert done.wire() == {
            "NOMBRE": ["Ana"],
            "eMail": ["a@example.com"],
        }
        assert done.columns == {"NOMBRE": "Nombre completo", "eMail": "eMail"}

    def test_unknown(self) -> None:
        frame = pd.DataFrame({"NOMBR": ["Ana"], "corréo": ["x"], "zzz": [1]})
        said = r"'NOMBR' is no field; perhaps NOMBRE.*perhaps correo\. 'zzz' is no field: toolkit"
        with pytest.raises(InputError, match=said):
            check(frame, self.fields)

    def test_twice(self) -> None:
        with pytest.raises(InputError, match="occur twice: 'NOMBRE'"):
            check(pd.DataFrame([["a", "b"]], columns=["NOMBRE", "NOMBRE"]), self.fields)
        with pytest.raises(InputError, match="both fill the field 'NOMBRE'"):
            check(pd.DataFrame({"NOMBRE": ["a"], "Nombre completo": ["b"]}), self.fields)

    def test_levels(self) -> None:
        with pytest.raises(InputError, match="one level"):
            check(pd.DataFrame([["a"]], columns=pd.MultiIndex.from_tuples([("a", "b")])), self.fields)

    def test_required_without_a_column(self) -> None:
        done = check(pd.DataFrame({"correo": ["a@example.com", "b@example.com"]}), self.fields)
        assert done.bad.all()
        assert done.problems[["column", "problem"]].drop_duplicates().to_numpy().tolist() == [
            ["NOMBRE", "is required and empty"]
        ]
        assert "NOMBRE" not in done.wire()

    def test_required_with_a_default(self) -> None:
        fields = [Text(name="x", required=True, default="y"), Text(name="z")]
        assert check(pd.DataFrame({"z": ["a"]}), fields).ok

    def test_required_when(self) -> None:
        kind = Choice(name="type", choices={"BLANK": "En blanco", "SIMPLE": "Simple"})
        amount = Integer(name="amount", required_when=("type", "SIMPLE"))
        done = check(
            pd.DataFrame({"type": ["simple", "BLANK", None, "SIMPLE"], "amount": [None, None, 4, 3]}), [kind, amount]
        )
        assert done.bad.tolist() == [True, False, False, False]

    def test_result_columns_are_told(self) -> None:
        frame = pd.DataFrame({"NOMBRE": ["a"], "outcome": ["rejected"], "error": [""]})
        frame = frame.assign(error_column="", error_value="")
        with pytest.raises(InputError, match="only_failed"):
            check(frame, self.fields)

    def test_open_record(self) -> None:
        class Anything(Record):
            open = True
            id = Integer("")
            made = Text("", readonly=True)

        done = check(pd.DataFrame({"id": ["1"], "CIUDAD": [" Talca "]}), Anything)
        assert done.wire() == {"id": [1], "CIUDAD": ["Talca"]}

    def test_table_of_fields(self) -> None:
        table = pd.DataFrame(
            {
                "name": ["NOMBRE", "FONO", "CORREO", "NACIDO", "SALDO", "COLOR", "OTRO"],
                "label": ["Nombre", None, "", "Fecha", "Saldo", "Color", "Otro"],
                "kind": pd.Categorical(["text", "phone", "email", "date", "number", "list", None]),
                "required": pd.array([True, False, None, False, False, False, False], dtype="boolean"),
                "options": [None, [], [], [], [], ["rojo", "verde"], []],
            }
        )
        row = {"Nombre": "Ana", "FONO": "912345678", "CORREO": "a@example.com", "Fecha": "2024-03-05", "SALDO": "1,5"}
        done = check(pd.DataFrame([row | {"COLOR": "Rojo", "OTRO": "x"}]), table)
        assert [v[0] for v in done.wire().values()] == [
            "Ana",
            "56912345678",
            "a@example.com",
            "05/03/2024",
            "1.5",
            "rojo",
            "x",
        ]
        assert check(pd.DataFrame({"FONO": ["912345678"]}), table).bad.tolist() == [True]
        with pytest.raises(InputError, match="column `name`"):
            check(pd.DataFrame(), pd.DataFrame({"x": []}))

    def test_not_fields(self) -> None:
        with pytest.raises(InputError, match="fields come as"):
            check(pd.DataFrame(), ["NOMBRE"])


class TestCheck:
    def made(self) -> Check:
        frame = pd.DataFrame(
            {
                "NOMBRE": [" Ana ", "Eva", None, "Eva"],
                "CORREO": ["a@gmial.com", "b@example.com", "<img onerror=x>", "b@example.com"],
            },
            index=[2, 3, 5, 6],
        )
        return check(frame, [Text(name="NOMBRE", required=True), Email(name="CORREO")])

    def test_problems_from_top_to_bottom(self) -> None:
        found = self.made().problems
        assert found[["row", "column", "safe", "blocks"]].to_numpy().tolist() == [
            [2, "NOMBRE", True, False],
            [2, "CORREO", False, False],
            [5, "NOMBRE", False, True],
            [5, "CORREO", False, True],
        ]
        assert found.dtypes.astype(str)[["value", "problem", "proposal"]].tolist() == ["str"] * 3

    def test_errors_and_fixes(self) -> None:
        done = self.made()
        assert done.errors["row"].tolist() == [5, 5]
        assert done.fixes[["row", "value", "proposal"]].to_numpy().tolist() == [[2, " Ana ", "Ana"]]
        assert done.fixed().loc[2, "NOMBRE"] == "Ana"
        assert done.frame.loc[2, "NOMBRE"] == " Ana "
        assert not done.ok

    def test_raise(self) -> None:
        done = self.made()
        with pytest.raises(RowErrors, match=r"1 row cannot be sent; nothing was") as raised:
            done.raise_if_bad()
        assert raised.value.table.equals(done.errors)
        check(pd.DataFrame({"x": ["a"]}), [Text(name="x")]).raise_if_bad()

    def test_duplicates(self) -> None:
        frame = pd.DataFrame(
            {"p": ["912345678", "+56 9 1234 5678", None, "987654321", None], "n": ["a", "a", None, "a", None]}
        )
        done = check(frame, [CL, Text(name="n")])
        assert done.duplicates().to_numpy().tolist() == [[1, 0, "56912345678", "a"]]
        assert done.duplicates("n")["row"].tolist() == [1, 3]
        with pytest.raises(InputError, match="'q'"):
            done.duplicates("q")

    def test_summary_adds_up(self) -> None:
        assert self.made().summary.tolist() == [4, 3, 1, 1, 1, 0, 2, 1]

    def test_shown_without_html(self) -> None:
        done = self.made()
        assert "<img" not in done._repr_html_()
        assert "&lt;img" in done._repr_html_()
        assert "Check of 4 rows: 3 rows that can be sent, 1 row that cannot, 1 cell fixed safely" in repr(done)

    def test_outcomes(self) -> None:
        told = self.made().outcomes
        assert told["outcome"].isna().tolist() == [True, True, False, True]
        assert told.loc[5, "error"].startswith("NOMBRE is required and empty; CORREO is not an e-mail address")
        assert told.loc[5, "error_column"] == "NOMBRE"


class TestEmptyRows:
    frame = pd.DataFrame({"n": ["Ana", None, " ", "Eva"], "e": ["a@example.com", "", np.nan, None]}, index=[2, 3, 4, 5])

    def test_they_are_a_problem_and_one_only(self) -> None:
        done = check(self.frame, [Text(name="n"), Email(name="e", required=True)])
        assert done.bad.tolist() == [False, True, True, True]
        assert done.errors[["row", "column", "problem"]].to_numpy().tolist() == [
            [3, "(row)", "the row is empty"],
            [4, "(row)", "the row is empty"],
            [5, "e", "is required and empty"],
        ]
        assert done.summary["rows that can be sent"] == 1

    def test_the_report_says_so_and_names_no_cell(self) -> None:
        told = check(self.frame, [Text(name="n"), Email(name="e")]).outcomes
        assert told["outcome"].isna().tolist() == [True, False, False, True]
        assert told.loc[3, "error"] == told.loc[4, "error"] == "the row is empty"
        assert told.loc[[3, 4], ["error_column", "error_value"]].isna().all(axis=None)

    def test_a_wrong_cell_is_not_nothing(self) -> None:
        done = check(pd.DataFrame({"e": ["x"], "n": [None]}), [Text(name="n"), Email(name="e")])
        assert done.errors["column"].tolist() == ["e"]

    def test_what_fills_no_field_does_not_count(self) -> None:
        match = Match([Text(name="n")], {"n": "n", "row": None})
        assert check(pd.DataFrame({"n": [None, "a"], "row": [1, 2]}), match).bad.tolist() == [True, False]

    def test_without_any_column(self) -> None:
        assert check(pd.DataFrame(index=[0, 1]), [Text(name="n")]).bad.all()
        assert check(pd.DataFrame(index=[0, 1]), []).ok

    def test_many_rows(self) -> None:
        frame = pd.DataFrame({"a": [str(n) if n % 3 else None for n in range(900)], "b": "x"})
        frame.loc[300:599, "b"] = None
        assert check(frame, [Text(name="a"), Text(name="b")]).bad.sum() == 100


def test_values_are_hashable() -> None:
    odd = pd.Series([[1, [2]], {"a": 1}, {1}, np.array([2]), (1, {"b": 2}), b"x", np.str_("s"), np.bool_(True)])
    values = values_of(odd)
    assert len({*values}) == len(values)
    assert values[-2:] == ["s", "TRUE"]


def test_a_fixed_frame_is_read_as_it_was_said_to_be() -> None:
    """`insert_records` checks it again, and cannot be told."""
    frame = pd.DataFrame({"n": ["2.000", "3.000"], "d": ["03/04/2024", "05/06/2024"], "t": ["2024-03-05 10:00"] * 2})
    fields = [Number(name="n"), Date(name="d", format="%d/%m/%Y"), Timestamp(name="t")]
    done = check(frame, fields, day_first=False, decimal=",")
    again = check(done.fixed(), fields)
    assert again.ok
    assert done.wire() == {"n": [2000, 3000], "d": ["04/03/2024", "06/05/2024"], "t": [1709632800000] * 2}
    assert again.wire() == done.wire()
    assert frame.attrs == {}
    assert check(done.fixed(), fields, decimal=".").wire()["n"] == [2.0, 3.0]  # said anew


@pytest.mark.parametrize(
    "items", [[1.5, np.nan, 2.0], [1.5, None, 2.0], [1.5, pd.NA, 2.0], np.array([1.5, np.nan, 2.0])]
)
def test_what_is_missing_in_a_list_is_not_sent(items: Any) -> None:
    right(List(name="x"), items, [1.5, 2.0])
    right(List(name="x", separator=";"), items, "1.5;2.0")


@pytest.mark.parametrize("items", [[{"id": 7}], ["a", ["b"]]])
def test_an_item_of_a_list_is_a_single_value(items: Any) -> None:
    for field in (List(name="x"), List(name="x", separator=";")):
        wrong(field, items, "no single value")


def test_a_list_that_is_changed_after_the_check_is_sent_as_it_was() -> None:
    frame = pd.DataFrame({"x": [["a"], ["b", "c"]], "y": [{"d": 1}, "e "]})
    done = check(frame, [List(name="x"), Text(name="y")])
    frame["x"][0].append("z")
    assert done.wire() == {"x": [["a"], ["b", "c"]], "y": [None, "e"]}
    assert done.problems["value"].tolist() == ["{'d': 1}", "e "]


def test_lists_and_structs_of_arrow() -> None:
    pa = pytest.importorskip("pyarrow")
    lists = pd.Series([[1.5, None], [2.0]], dtype=pd.ArrowDtype(pa.list_(pa.float64())))
    dicts = pd.Series([{"a": 1}, {"a": 2}], dtype=pd.ArrowDtype(pa.struct([("a", pa.int64())])))
    done = check(pd.DataFrame({"x": lists, "y": dicts}), [List(name="x"), Text(name="y")])
    assert done.wire() == {"x": [[1.5], [2.0]], "y": [None, None]}
    assert done.problems["problem"].str.contains("dict").tolist() == [True, True]


def test_cells_with_problems_are_looked_up_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """One by one, a hundred thousand phones to be tidied took ten seconds to be listed."""
    done = check(pd.DataFrame({"p": [f"+56 9 {20_000_000 + n}" for n in range(300)] + ["x"] * 300}), [CL])
    looks: list[Any] = []
    honest = Column._values
    monkeypatch.setattr(Column, "_values", lambda self, rows: looks.append(rows) or honest(self, rows))
    assert len(done.problems) == 600
    assert len(done.refused) == 300
    assert len(looks) < 10


@pytest.mark.parametrize(
    ("amounts", "held"),
    [
        (["$ 100", "€ 100", "250"], [True, True, False]),
        (["R$ 100", "$ 100"], [True, True]),
        (["100 EUR", "100 UAH", "100"], [True, True, False]),
        (["$ 100", "$200", "300"], [False] * 3),
        (["€ 100", "100 EUR", "100 euros"], [False] * 3),
        (["₴ 100", "100 грн", "100 UAH"], [False] * 3),
        (["R$ 100", "BRL 200"], [False] * 2),
    ],
)
def test_amounts_of_several_currencies_are_asked(amounts: list[str], held: list[bool]) -> None:
    frame = pd.DataFrame({"MONTO": amounts})
    fields = [Number(name="MONTO")]
    for how in ({}, {"decimal": ","}):
        found = check(frame, fields, **how)
        assert found.bad.tolist() == held
        if held[0]:
            with pytest.raises(InputError, match="nothing to accept"):
                found.accept()
