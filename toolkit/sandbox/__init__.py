"""The sandbox: vendors imitated in one process, on one port, with one SQLite file. It shares no code with the client.

    with Sandbox(Api.fakes()) as box:
        toolkit.connect(**box.settings())
        box.control.fault(system="ida", match={"method": "POST"}, commit="before", reply="reset")

Each vendor's half stands in its own folder, and is handed in.
"""

from toolkit.sandbox.faults import Fault
from toolkit.sandbox.server import Sandbox, serve_forever, settings_of

__all__ = ["Fault", "Sandbox", "serve_forever", "settings_of"]
