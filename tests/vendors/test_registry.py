"""The registry: every vendor's folder has each piece, and everything that lists vendors derives from `Api`."""

import inspect
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest

import toolkit
from tests.helpers.clock import ManualClock
from tests.helpers.registry import ROOT, VENDORS, Registry, cassettes, piece
from tests.helpers.witness import Witness
from toolkit import vendors
from toolkit.errors import AuthError, SettingsError
from toolkit.sandbox import Sandbox
from toolkit.sandbox.vendor import ControlPlane
from toolkit.spec import System
from toolkit.vendors.base import VendorClient
from toolkit.vendors.vendor import Vendor

FOLDERS = {p.parent.name for p in Path(vendors.__file__).parent.glob("*/__init__.py")}
PRODUCT = list(toolkit.Api.vendors())
each_vendor = pytest.mark.parametrize("vendor", VENDORS.values(), ids=VENDORS)
each_of_the_product = pytest.mark.parametrize("vendor", toolkit.Api.vendors().values(), ids=PRODUCT)


def test_every_folder_is_registered() -> None:
    assert set(toolkit.Api.vendors()) == FOLDERS


@each_vendor
def test_a_folder_has_each_piece(vendor: Vendor) -> None:
    assert isinstance(vendor.system, System)
    assert vendor.name == vendor.system.name
    assert vendor.service.system is vendor.system
    assert vendor.service.endpoints
    assert issubclass(vendor.client, VendorClient)
    assert issubclass(vendor.client, vendor.service)
    assert vendor.fake.system is vendor.system


@each_vendor
def test_a_folder_says_how_its_rows_are_sent(vendor: Vendor) -> None:
    assert find_spec(f"{vendor.package}.push")


@each_vendor
def test_a_folder_has_each_piece_in_the_tests_and_the_cassettes(vendor: Vendor) -> None:
    assert isinstance(piece(vendor, "witness", "WITNESS"), Witness)
    assert piece(vendor, "recorded", "CASES")
    assert (cassettes(vendor) / "manual.yaml").is_file()
    assert (cassettes(vendor) / "recorded" / "results.json").is_file()
    assert [*(ROOT / "tests/vendors" / vendor.name).glob("test_*.py")]


def test_no_folder_is_left_over() -> None:
    assert {p.parent.name for p in (ROOT / "cassettes").glob("*/manual.yaml")} == set(PRODUCT)
    assert {p.parent.name for p in (ROOT / "tests/vendors").glob("*/__init__.py")} == set(VENDORS)


@each_vendor
def test_the_sandbox_serves_every_endpoint_in_every_spelling(vendor: Vendor) -> None:
    declared = {place for e in vendor.service.endpoints.values() for place in ((e.method, e.path), *e.aliases)}
    assert declared <= set(vendor.fake.routes)


@each_of_the_product
def test_people_see_each_vendor(vendor: Vendor) -> None:
    assert vendor.name in dir(toolkit.Api())
    assert vendor.name in inspect.signature(toolkit.connect).parameters
    assert vendor.name in (toolkit.connect.__doc__ or "")
    assert vendor.name in repr(toolkit.connect())
    assert inspect.get_annotations(toolkit.Api)[vendor.name] == vendor.class_name


def test_completion_shows_what_an_analyst_uses() -> None:
    assert [name for name in dir(toolkit.Api()) if not name.startswith("_")] == sorted([*PRODUCT, "sign_in"])


def test_connect_shows_its_other_arguments_too() -> None:
    assert list(inspect.signature(toolkit.connect).parameters) == ["profile", *PRODUCT, "clock", "progress"]
    assert "**systems" not in (toolkit.connect.__doc__ or "")


def test_an_unknown_system_is_an_error_that_proposes_the_nearest() -> None:
    with pytest.raises(SettingsError, match="no system 'idda'; did you mean 'ida'"):
        toolkit.connect(idda={})
    with pytest.raises(SettingsError, match="no system 'sygnio'; did you mean 'signio'"):
        toolkit.connect().sign_in("sygnio")
    with pytest.raises(AttributeError):
        _ = toolkit.connect().idda  # type: ignore[attr-defined]


def test_signing_in_is_tried_at_once(api: toolkit.Api, box: Sandbox) -> None:
    api.sign_in("ida")
    assert [entry["service"] for entry in box.control.log()] == ["login"]
    wrong = toolkit.connect(ida={**box.settings()["ida"], "password": "falsa"}, clock=ManualClock(box))
    with pytest.raises(AuthError, match="user or password are wrong"):
        wrong.sign_in("ida")


def test_a_subclass_registers_one_more() -> None:
    assert list(VENDORS) == [*PRODUCT, "bookshop"]
    assert "bookshop" in dir(Registry())
    with pytest.raises(SettingsError, match="no system 'bookshop'"):
        toolkit.connect(bookshop={})


def test_two_vendors_cannot_share_a_method_of_the_control_plane() -> None:
    class Other(ControlPlane):
        def shelve(self) -> None: ...

    fakes = [replace(VENDORS["bookshop"].fake), replace(VENDORS["ida"].fake, control=Other)]
    with pytest.raises(ValueError, match="BookshopControl and Other have both a method shelve"):
        Sandbox(fakes).start()
