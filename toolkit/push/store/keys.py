"""The keys of fingerprints on this computer: the user's own, and those of teams, each known by its digest."""

import json
import re
from pathlib import Path

from toolkit.errors import InputError, PushRefused
from toolkit.plain import message
from toolkit.push import disk, identity
from toolkit.push.store.ledger import key_digest

KIND = "key of analyst-toolkit"  # what a file with a key says that it is
HEX = re.compile("[0-9a-f]{32}")


def key_with(state: Path, id: str) -> str | None:
    """The key of this digest; None where it is not on this computer."""
    if (state / "key").exists():
        own = identity.user_key(state)
        if key_digest(own) == id:
            return own
    path = _path(state, id)
    if not path.exists():
        return None
    key = disk.private_file(path).read_text(encoding="ascii", errors="replace").strip()
    if key_digest(key) != id:
        raise PushRefused(message("the key {path} is damaged; nothing was sent. Import its file again", path=path))
    return key


def own_digest(state: Path) -> str:
    """By which the user's own key is known."""
    return key_digest(identity.user_key(disk.private_folder(state)))


def others(state: Path, id: str) -> dict[str, str]:
    """The keys on this computer beside the one of this digest, each by its own."""
    ids = {path.stem for path in (state / "keys").glob("*.key")}
    if (state / "key").exists():
        ids.add(key_digest(identity.user_key(state)))
    return {each: key for each in sorted(ids - {id}) if (key := key_with(state, each))}


def export_key(state: Path, id: str, path: Path) -> None:
    """Write a key into a file for somebody to import, for this user only.

    Raises:
        InputError: the key is not on this computer, or there is a file of this name.
    """
    key = key_with(state, id)
    if key is None:
        raise InputError(message("the key {id} is not on this computer", id=id))
    if path.exists():
        raise InputError(message("{path} is there already", path=path))
    disk.private_file(path).write_text(json.dumps({KIND: id, "key": key}) + "\n", encoding="ascii")


def import_key(state: Path, path: Path) -> str:
    """Keep the key that a file holds; its digest.

    Raises:
        InputError: the file holds no key, or a damaged one.
    """
    try:
        content = json.loads(path.read_text(encoding="ascii"))
        digest, key = str(content[KIND]), str(content["key"])
    except (OSError, ValueError, KeyError, TypeError):
        raise InputError(message("{path} holds no key of a team", path=path)) from None
    if not HEX.fullmatch(key) or key_digest(key) != digest:
        raise InputError(message("the key in {path} is damaged", path=path))
    disk.private_folder(disk.private_folder(state) / "keys")
    draft = disk.private_file(_path(state, digest).with_suffix(".new"))
    with draft.open("w", encoding="ascii") as file:
        file.write(key)
        disk.sync_file(file)
    disk.appear(draft, _path(state, digest))
    return digest


def _path(state: Path, id: str) -> Path:
    if not HEX.fullmatch(id):
        raise PushRefused(message("{id} is no digest of a key", id=id))
    return state / "keys" / f"{id}.key"
