"""The vendors in one process, one port and one SQLite file. Shares their nouns with the client, and no code.

    with Sandbox() as box:
        toolkit.connect(**box.settings())
        box.control.fault(system="ida", match={"method": "POST"}, commit="before", reply="reset")

To add a system, write one module like `ida.py`: records for its tables (often the declared ones), `seed(call)`,
`admit(call)` (raises `Refused` where the token is not good), `refuse(no)` (how this vendor writes a no), one `VENDOR =
Vendor(…)` of these, a handler an endpoint (`@VENDOR.handles(Service.endpoint)`: takes a `Call`, returns status and JSON
value, raises `Refused`), and a `Hand` with what the control plane gains. Then name it twice: in `VENDORS` (server.py)
and among the bases of `Control` (control.py). A handler runs in a transaction of its own: what it raises undoes what it
did. It reads `call.now`, never the real clock, and stores only the first `call.keep` of many records.
"""

from toolkit.sandbox.faults import Fault
from toolkit.sandbox.server import Sandbox, serve_forever, settings_of

__all__ = ["Fault", "Sandbox", "serve_forever", "settings_of"]
