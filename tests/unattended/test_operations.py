"""`--to` and `-p`: what they name is read from the registry; no vendor is known to the command."""

import re
from collections.abc import Sequence
from typing import Any

import pytest

from tests.helpers.registry import VENDORS, Registry
from toolkit import InputError
from toolkit.commands.exits import Exit
from toolkit.commands.operations import bulk_writes, named_values, operation, value_of

from .kit import ROOT, Desk


def of(desk: Desk, to: str, *parameters: str) -> Any:
    return operation(Registry.connect("work", {}), to, parameters)


@pytest.mark.parametrize("vendor", VENDORS.values(), ids=VENDORS)
def test_every_vendor_has_a_bulk_write(vendor: Any) -> None:
    assert bulk_writes(vendor.client)


@pytest.mark.parametrize(
    ("to", "parameters", "name", "places", "named"),
    [
        ("ida:11111", (), "ida.insert_records", (11111,), {}),
        ("ida.insert_records:11111", ("tag_field=NOTAS",), "ida.insert_records", (11111,), {"tag_field": "NOTAS"}),
        ("signio:abc", (), "signio.add_signers", ("abc",), {}),
        ("nddprint", ("replace=yes",), "nddprint.add_card_codes", (), {"replace": True}),
        ("carmachain", ("categories=Address",), "carmachain.request", (), {"categories": "Address"}),
        ("carmachain", ("categories=Address, Job",), "carmachain.request", (), {"categories": ["Address", "Job"]}),
        ("bookshop:novels", (), "bookshop.add_books", ("novels",), {}),
    ],
)
def test_what_is_named(
    desk: Desk, to: str, parameters: Sequence[str], name: str, places: Any, named: dict[str, Any]
) -> None:
    made = of(desk, to, *parameters)
    assert (made.name, made.places, made.named) == (name, places, named)


@pytest.mark.parametrize(
    ("to", "parameters", "why"),
    [
        ("idea:1", (), "no system 'idea'; did you mean 'ida'"),
        ("ida", (), "written ida.insert_records:DATABASE_ID"),
        ("ida:", (), "written ida.insert_records:DATABASE_ID"),
        ("ida:1:2", (), "written ida.insert_records:DATABASE_ID"),
        ("ida:one", (), "database_id is int, not 'one'"),
        ("ida.insert_record:1", (), "did you mean 'ida.insert_records'"),
        ("signio.plan_envelopes", (), "no bulk write"),
        ("carmachain", (), r"needs -p categories="),
        ("nddprint", ("replace",), "NAME=VALUE"),
        ("nddprint", ("replac=1",), "did you mean 'replace'"),
        ("nddprint", ("replace=perhaps",), "replace is bool"),
        ("nddprint", ("if_sent=skip",), "no argument 'if_sent'"),
    ],
)
def test_what_names_nothing(desk: Desk, to: str, parameters: Sequence[str], why: str) -> None:
    with pytest.raises(InputError, match=why):
        of(desk, to, *parameters)


def test_values_are_of_the_arguments_types() -> None:
    assert value_of("2", float, "x") == 2.0
    assert value_of("2", float | None, "x") == 2.0
    assert value_of("007", str, "x") == "007"
    assert named_values(["a=b=c"], {"a": str}, "x") == {"a": "b=c"}


def test_the_page_says_how_commands_end() -> None:
    page = (ROOT / "toolkit" / "docs" / "UNATTENDED.md").read_text(encoding="utf-8")
    told = {int(number): meaning for number, meaning in re.findall(r"^\| (\d+) \| (.*) \|$", page, re.MULTILINE)}
    assert told == {int(ends): ends.meaning for ends in Exit}


@pytest.mark.parametrize("line", re.findall(r"`--to (.*?)`", (ROOT / "toolkit/docs/UNATTENDED.md").read_text("utf-8")))
def test_the_commands_of_the_page_name_operations(line: str, desk: Desk) -> None:
    to, *more = line.split()
    assert of(desk, to, *more[1::2])
