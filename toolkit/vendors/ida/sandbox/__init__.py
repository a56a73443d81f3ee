"""IDA's half of the sandbox: its services, and what other people do in the contact databases."""

from toolkit.vendors.ida.sandbox import control, services
from toolkit.vendors.ida.sandbox.services import FAKE

__all__ = ["FAKE", "control", "services"]
