"""What goes wrong on purpose: whether a request changes anything, and what its caller gets to see."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from toolkit.plain import message

COMMITS = {
    "before": "done before the reply",
    "after": "done when the reply has left",
    "never": "not done",
    "partial": "only the first `partial` records are stored",
    "late": "done `late` seconds afterwards (60; `settle_wait` where that was switched), on the sandbox's clock, "
    "or at `release_late()`",
}
REPLIES = {
    "ok": "the vendor's own answer",
    "status": "`status` with `headers` and `body` (the vendor's own words for it where there is none)",
    "reworded": "the vendor's own answer; where it is a refusal, `body` stands in its place",
    "html": "a login page, 200 unless `status` says otherwise",
    "redirect": "302 or `status`, to the `Location` in `headers`",
    "truncated": "half of the answer under its full Content-Length",
    "drip": "the answer a byte at a time, `delay` seconds apart",
    "lost": "the connection ends without an answer",
    "close": "the same as lost",
    "reset": "the connection is reset without an answer",
    "close_after": "the vendor's own answer; then the connection ends, unannounced",
}
NOT_DONE = ("status", "html", "redirect")


@dataclass
class Fault:
    """One kind of trouble, for the next `times` matching requests (None: for all).

    `commit` is one of COMMITS; without it, "never" where `reply` is status, html or redirect, else "before". `reply` is
    one of REPLIES. `match` compares `method` and `path` (below the system's prefix; `*` stands for anything). `delay`
    seconds pass before the reply. Of matching requests every `every`-th is hit, or some, by `probability` and `seed`.
    """

    system: str = ""
    match: Mapping[str, str] = field(default_factory=dict)
    times: int | None = 1
    commit: str = ""
    reply: str = "ok"
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    delay: float = 0
    late: float | None = None
    partial: int = 0
    every: int = 1
    probability: float = 1
    seed: int = 0
    seen: int = field(default=0, init=False)
    hits: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self.commit = self.commit or ("never" if self.reply in NOT_DONE else "before")
        if self.commit not in COMMITS or self.reply not in REPLIES:
            commits, replies = ", ".join(COMMITS), ", ".join(REPLIES)
            text = "commit is one of {commits}; reply one of {replies}"
            raise ValueError(message(text, commits=commits, replies=replies))
        if unknown := set(self.match) - {"method", "path"}:
            names = ", ".join(sorted(unknown))
            raise ValueError(message("requests match by method and path, not by {names}", names=names))
        if self.every < 1 or not 0 <= self.probability <= 1:
            raise ValueError(message("every is 1 or more, probability from 0 to 1"))
        self.status = self.status or {"redirect": 302, "html": 200, "status": 503}.get(self.reply, 0)

    def matches(self, system: str, method: str, path: str) -> bool:
        """Whether this request is hit; if so, that is one time less."""
        facts = {"method": method, "path": path}
        if self.system not in ("", system) or not all(fnmatchcase(facts[k], v) for k, v in self.match.items()):
            return False
        if self.times is not None and self.hits >= self.times:
            return False
        self.seen += 1
        drawn = hashlib.sha256(f"{self.seed}:{self.seen}".encode()).digest()
        if self.seen % self.every or int.from_bytes(drawn[:8]) >= self.probability * 2**64:
            return False
        self.hits += 1
        return True
