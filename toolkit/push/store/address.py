"""Where a team's ledgers are: an address without its password, which is nowhere shown."""

from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit

from toolkit.errors import SettingsError
from toolkit.http.secrets import Secret
from toolkit.plain import message

SCHEMES = ("postgresql", "postgres")


@dataclass(frozen=True)
class TeamAddress:
    """`postgresql://user@host/database`, and the password, where libpq does not find it by itself."""

    url: str
    password: Secret | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        """SettingsError where it is no such address, or holds a password."""
        try:
            parts = urlsplit(self.url)
            named = parts.scheme in SCHEMES and bool(parts.path.strip("/") or parts.query)
            hidden = parts.password is not None or "password" in dict(parse_qsl(parts.query))
        except ValueError:
            named = hidden = False
        if hidden:
            raise SettingsError(
                message(
                    "the address of the team's ledger holds a password: take it out, and keep it in "
                    "TOOLKIT_LEDGER_PASSWORD, in the keyring, or in libpq's own file (.pgpass)"
                )
            )
        if not named:
            raise SettingsError(message("a team's ledger is at an address as postgresql://user@host/database"))

    def __str__(self) -> str:
        parts = urlsplit(self.url)
        return f"{parts.hostname or 'localhost'}{f':{parts.port}' if parts.port else ''}{parts.path}"
