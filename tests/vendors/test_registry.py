"""The registry: every vendor's folder has each piece, and everything that lists vendors derives from `Api`."""

import inspect
from pathlib import Path

import pytest

import toolkit
from tests.helpers.clock import ManualClock
from toolkit import vendors
from toolkit.errors import AuthError, SettingsError
from toolkit.sandbox import Sandbox
from toolkit.spec import System
from toolkit.vendors.base import VendorClient
from toolkit.vendors.vendor import Vendor, registered

FOLDERS = {p.parent.name for p in Path(vendors.__file__).parent.glob("*/__init__.py")}
each_vendor = pytest.mark.parametrize("vendor", toolkit.Api.vendors().values(), ids=toolkit.Api.vendors())


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
def test_the_sandbox_serves_every_endpoint_in_every_spelling(vendor: Vendor) -> None:
    declared = {place for e in vendor.service.endpoints.values() for place in ((e.method, e.path), *e.also)}
    assert declared <= set(vendor.fake.routes)


@each_vendor
def test_people_see_each_vendor(vendor: Vendor) -> None:
    assert vendor.name in dir(toolkit.Api())
    assert vendor.name in inspect.signature(toolkit.connect).parameters
    assert vendor.name in (toolkit.connect.__doc__ or "")
    assert vendor.name in repr(toolkit.connect())
    assert inspect.get_annotations(toolkit.Api)[vendor.name] == vendor.class_name


def test_connect_shows_its_other_arguments_too() -> None:
    assert list(inspect.signature(toolkit.connect).parameters) == ["profile", *FOLDERS_IN_ORDER, "clock", "progress"]
    assert "**systems" not in (toolkit.connect.__doc__ or "")


FOLDERS_IN_ORDER = list(toolkit.Api.vendors())


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
    class More(toolkit.Api):
        again: VendorClient = registered("toolkit.vendors.ida")

    assert list(More.vendors()) == [*toolkit.Api.vendors(), "again"]
    assert "again" not in toolkit.Api.vendors()
