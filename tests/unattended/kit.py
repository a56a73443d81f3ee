"""A command as cron starts it: no terminal, no home, hardly an environment."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

import toolkit
from tests.helpers.registry import VENDORS
from toolkit.sandbox import Sandbox
from toolkit.spec import Masked

ROOT = Path(__file__).parents[2]
QUICK = {"settle_wait": 0.2, "settle_stable": 0.05}
SECRETS = {n: {f.name for f in v.system.credentials.fields if isinstance(f, Masked)} for n, v in VENDORS.items()}


@dataclass
class Desk:
    """A folder with sheets, settings and ledgers, and the environment of a scheduler."""

    folder: Path
    box: Sandbox
    more: dict[str, str] = field(default_factory=dict)
    registry: type[toolkit.Api] = toolkit.Api

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.write_settings()

    def write_settings(self, profile: str = "work", **top: str) -> None:
        """The sandbox as a profile; passwords are in the environment."""
        lines = [f"[{profile}]", *(f'{name} = "{value}"' for name, value in top.items())]
        for system, account in self.accounts.items():
            plain = {n: v for n, v in account.items() if n not in (*SECRETS[system], "state")}
            lines += [f"[{profile}.{system}]", *(f"{n} = {json.dumps(v)}" for n, v in plain.items())]
            lines += [f"[{profile}.{system}.push]", *(f"{n} = {v}" for n, v in QUICK.items())]
        self.settings.write_text("\n".join(lines) + "\n", encoding="utf-8")

    @property
    def accounts(self) -> dict[str, dict[str, str]]:
        known = self.registry.vendors()
        return {system: account for system, account in self.box.settings().items() if system in known}

    @property
    def settings(self) -> Path:
        return self.folder / "settings.toml"

    @property
    def environment(self) -> dict[str, str]:
        """All that the process gets, besides what a test adds."""
        secrets = {
            f"TOOLKIT_{system}_{name}".upper(): str(account[name])
            for system, account in self.accounts.items()
            for name in SECRETS[system] & account.keys()
        }
        return {
            "PATH": os.defpath,
            "PYTHONPATH": str(ROOT),
            "PYTHONDONTWRITEBYTECODE": "1",
            "TOOLKIT_SETTINGS": str(self.settings),
            "TOOLKIT_STATE": str(self.folder / "state"),
            "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
            **secrets,
            **self.more,
        }

    def sheet(self, rows: Sequence[Mapping[str, Any]], name: str = "clientes.csv") -> Path:
        path = self.folder / name
        pd.DataFrame(list(rows)).to_csv(path, index=False)
        return path

    def start(self, *arguments: object, cut: Sequence[str] = ()) -> "subprocess.Popen[str]":
        """The command, without terminal or input."""
        environment = {n: v for n, v in self.environment.items() if n not in cut}
        return subprocess.Popen(
            [sys.executable, "-m", "toolkit", *map(str, arguments)],
            env=environment,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            start_new_session=True,
        )

    def run(self, *arguments: object, cut: Sequence[str] = ()) -> "subprocess.CompletedProcess[str]":
        process = self.start(*arguments, cut=cut)
        out, error = process.communicate(timeout=120)
        return subprocess.CompletedProcess(process.args, process.returncode, out, error)


def contacts(rows: int, start: int = 0) -> list[dict[str, Any]]:
    """Rows that the demo database takes."""
    return [{"NOMBRE": f"Ana {n}", "EMAIL": f"ana{n}@example.cl"} for n in range(start, start + rows)]
