"""Many rows into somebody else's system, with nothing lost, doubled or guessed.

A system makes a `Target` (where rows go, what a request of some of them looks like, whom a refusal names), chooses how
doubt is settled there (`Counter`, `ReadBack`, `Drafts` or `Nothing`), checks the frame (`sheets.check`), and calls
`push` (or `push_all`, for iterators of frames), which gives a `Report`. What happens in between stands in `run`; what
is on disk, in `journal`.

A thing that takes several requests (an envelope) is one row of a frame of such things; `Target.follows` names the next
step. Releasing it is a push of its own, of an irrevocable target: sent once, and after a doubt only looked at.
"""

from toolkit.push.past import Push, open_push, pushes
from toolkit.push.report import Report
from toolkit.push.settle import Counter, Drafts, Nothing, ReadBack
from toolkit.push.start import Aim, push, push_all
from toolkit.push.target import Options, Order, Rows, SendPolicy, Suspect, Target, row_tag

__all__ = [
    "Aim",
    "Counter",
    "Drafts",
    "Nothing",
    "Options",
    "Order",
    "Push",
    "ReadBack",
    "Report",
    "Rows",
    "SendPolicy",
    "Suspect",
    "Target",
    "open_push",
    "push",
    "push_all",
    "pushes",
    "row_tag",
]
