"""SIGNIO's half of the sandbox: its services, and what people do with envelopes."""

from toolkit.vendors.signio.sandbox import control, services
from toolkit.vendors.signio.sandbox.request import FAKE

__all__ = ["FAKE", "control", "services"]
