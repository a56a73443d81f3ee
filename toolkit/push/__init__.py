"""Many rows into somebody else's system, with nothing lost, doubled or guessed.

A vendor's client makes a `Destination` (what is locked, and how a frame becomes a `PushJob`: a target and the check of
its rows), and calls `bulk_write`, which gives a `Report`. The target names how doubt is settled (`Reconcile`). What
happens in between: `decide` says what a count shows, `runner` what follows from it, `driver` does it;
`states` are what the ledger holds, `store` is its file.

A thing that takes several requests (an envelope) is one row of a frame of such things; `Target.follows` names the next
step. Releasing it is a push of its own, of an irrevocable target: sent once, and after a doubt only looked at.
"""

from toolkit.push.chunking import Suspect
from toolkit.push.destination import Batch, Destination, Memory, PushJob, Release, Target, row_tag
from toolkit.push.events import Reconcile
from toolkit.push.history import Push, open_push, pushes, resolve
from toolkit.push.options import IfSent, OnBadRows, Options, SendPolicy
from toolkit.push.report import Report
from toolkit.push.start import bulk_write
from toolkit.push.states import PushState
from toolkit.push.store.address import TeamAddress

__all__ = [
    "Batch",
    "Destination",
    "IfSent",
    "Memory",
    "OnBadRows",
    "Options",
    "Push",
    "PushJob",
    "PushState",
    "Reconcile",
    "Release",
    "Report",
    "SendPolicy",
    "Suspect",
    "Target",
    "TeamAddress",
    "bulk_write",
    "open_push",
    "pushes",
    "resolve",
    "row_tag",
]
