"""Many rows into somebody else's system, with nothing lost, doubled or guessed.

A vendor's client makes a `Destination` (what is locked, and how a frame becomes a `PushJob`: a target, a reconciler,
the check of the frame), and calls `bulk_write`, which gives a `Report`. What happens in between stands in `run`; what
is on disk, in `journal`.

A thing that takes several requests (an envelope) is one row of a frame of such things; `Target.follows` names the next
step. Releasing it is a push of its own, of an irrevocable target: sent once, and after a doubt only looked at.
"""

from toolkit.push.contract import Destination, IfSent, OnBadRows, PushJob, SendPolicy
from toolkit.push.options import Options
from toolkit.push.past import Push, open_push, pushes
from toolkit.push.report import Report
from toolkit.push.settle import Counter, Drafts, NoReconciler, ReadBack
from toolkit.push.start import bulk_write
from toolkit.push.target import BaseTarget, Batch, Suspect, Target, row_tag

__all__ = [
    "BaseTarget",
    "Batch",
    "Counter",
    "Destination",
    "Drafts",
    "IfSent",
    "NoReconciler",
    "OnBadRows",
    "Options",
    "Push",
    "PushJob",
    "ReadBack",
    "Report",
    "SendPolicy",
    "Suspect",
    "Target",
    "bulk_write",
    "open_push",
    "pushes",
    "row_tag",
]
