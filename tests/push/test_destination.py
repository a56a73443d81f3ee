"""One destination has one memory and one lock, however its address is spelt."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import toolkit
from toolkit import settings
from toolkit.push import disk
from toolkit.push.destination import Memory, canonical_origin, may_be_the_same
from toolkit.push.store.file import Folder

SAME = {
    "localhost:8080": [
        "http://localhost:8080",
        "http://LOCALHOST:8080/",
        "http://127.0.0.1:8080/api",
        "http://127.1:8080",
        "http://2130706433:8080",
        "http://127.8.9.1:8080",
        "http://[::1]:8080/",
        "http://[0:0:0:0:0:0:0:1]:8080",
        "http://[::ffff:127.0.0.1]:8080",
        "http://ida.localhost:8080",
        "http://localhost.:8080",
        "http://user:secret@localhost:8080",
    ],
    "api.example.com": [
        "https://api.example.com",
        "https://API.Example.COM/",
        "https://api.example.com:443/v1?x=1#y",
        "http://api.example.com:80",
        "api.example.com",
        "https://api.example.com.",
        "https://someone@api.example.com",
    ],
    "api.example.com:8443": ["https://api.example.com:8443/", "https://API.example.com:8443"],
    "xn--compaa-7va5a.example": ["https://compañía.example", "https://xn--compaa-7va5a.example"],
    "10.0.0.7": ["https://10.0.0.7", "https://10.7", "https://[::ffff:10.0.0.7]"],
    "[2001:db8::1]": ["https://[2001:db8::1]", "https://[2001:0DB8:0:0:0:0:0:1]:443"],
}


@pytest.mark.parametrize(("origin", "address"), [(o, a) for o, many in SAME.items() for a in many])
def test_spellings_of_one_address_are_one(origin: str, address: str) -> None:
    assert canonical_origin(address) == origin


def test_other_hosts_and_ports_are_others() -> None:
    assert len({canonical_origin(many[0]) for many in SAME.values()}) == len(SAME)


@pytest.mark.parametrize("address", ["", "https://", "https://host:port", "https://[::1", "/folder", "https://:443"])
def test_what_is_no_address_is_told(address: str) -> None:
    with pytest.raises(toolkit.SettingsError, match="no address"):
        canonical_origin(address)


@given(st.text(min_size=1, max_size=20))
def test_any_text_is_an_address_or_told_not_to_be_one(text: str) -> None:
    try:
        origin = canonical_origin(text)
    except toolkit.SettingsError:
        return
    assert canonical_origin(origin) == origin


def test_memory_and_lock_are_two_things(tmp_path: Path) -> None:
    one = Memory("system", "host", "", "envelope/1", "envelope 1")
    other = Memory("system", "host", "", "envelope/2", "envelope 2")
    assert one.about == other.about == "system/host"
    assert one.lock_file(tmp_path) != other.lock_file(tmp_path)
    assert Memory("system", "host", "11111@2026", "11111", "").about == "system/host/11111@2026"


# ── the state folder ─────────────────────────────────────────────────────────


def test_the_state_folder_is_the_same_wherever_a_notebook_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOOLKIT_STATE", "state")
    with pytest.raises(toolkit.SettingsError, match="whole path"):
        settings.state_folder()
    with pytest.raises(toolkit.SettingsError, match="setting `state`"):
        _ = Memory("system", "host", "", "", "", Path("state")).folder
    monkeypatch.setenv("TOOLKIT_STATE", "~/state")
    assert Memory("system", "host", "", "", "").folder == Path.home() / "state"
    assert Memory("system", "host", "", "", "", Path("~/other")).folder == Path.home() / "other"
    assert settings.state_folder() == Path.home() / "state"


MOUNTS = """\
22 1 0:21 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:30 / /home rw,relatime shared:2 - nfs4 server:/home rw,vers=4.2
31 30 0:31 / /home/local\\040disk rw - xfs /dev/sdb1 rw
32 22 0:32 / /mnt/win rw - cifs //server/share rw
33 22 0:33 / /mnt/ssh rw - fuse.sshfs user@host: rw
"""


@pytest.mark.skipif(disk.WINDOWS, reason="mounts are told otherwise there")
@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/var/state", ""),
        ("/home/ana/state", "nfs4"),
        ("/home/local disk/state", ""),
        ("/homework/state", ""),
        ("/mnt/win/x", "cifs"),
        ("/mnt/ssh", "fuse.sshfs"),
    ],
)
def test_a_network_file_system_is_seen(path: str, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = Path.read_text
    monkeypatch.setattr(
        Path, "read_text", lambda p, *a, **n: MOUNTS if str(p) == "/proc/self/mountinfo" else read(p, *a, **n)
    )
    assert disk.network_file_system(Path(path)) == kind


def test_where_mounts_are_not_told_none_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> str:
        raise OSError

    monkeypatch.setattr(Path, "read_text", fails)
    assert disk.network_file_system(tmp_path) == ""


def test_a_home_on_a_network_file_system_is_said_with_the_ways_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:

    assert Folder(tmp_path).notes() == []
    monkeypatch.setattr(disk, "_mounts", lambda: iter([(str(tmp_path), "nfs4")]))
    (note,) = Folder(tmp_path).notes()
    assert "(nfs4)" in note
    assert "set TOOLKIT_STATE" in note
    assert 'ledger = "postgresql://' in note


@pytest.mark.parametrize(
    ("about", "known", "same"),
    [
        ("ida/x/11", "ida/x/11 20190816144428", True),  # an answer without it
        ("ida/x/11 20190816144428", "ida/x/11", True),
        ("ida/x/11 20190816104428", "ida/x/11 20190816144428", True),  # in local time
        ("ida/x/11 20190817000000", "ida/x/11 20190816144428", True),  # the day alone, and a time zone
        ("ida/x/11 19700119030000", "ida/x/11 20190816144428", True),  # seconds that were milliseconds
        ("ida/x/11 20210101000000", "ida/x/11 20190816144428", True),  # or another one that got its number
        ("ida/x/12 20190816144428", "ida/x/11 20190816144428", False),
        ("ida/y/11", "ida/x/11 20190816144428", False),
        ("signio/900 123", "signio/900 124", False),
        ("signio/Company 12", "signio/Company 13", False),
        ("nddprint/localhost:8080", "nddprint/localhost:8081", False),
    ],
)
def test_what_may_be_the_same_destination(about: str, known: str, same: bool) -> None:
    assert may_be_the_same(about, known) is same
    assert not may_be_the_same(about, about)
