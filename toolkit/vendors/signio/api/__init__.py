"""SIGNIO (Legops): «Integración de plataforma SIGNIO». One file a group of chapters; `Signio` combines them."""

from typing import ClassVar

from toolkit.spec import Service
from toolkit.vendors.signio.api.base import SYSTEM, Status
from toolkit.vendors.signio.api.documents import Documents
from toolkit.vendors.signio.api.envelopes import Envelopes
from toolkit.vendors.signio.api.notes import Notes
from toolkit.vendors.signio.api.onsite import OnSite
from toolkit.vendors.signio.api.session import RawOnly
from toolkit.vendors.signio.api.signers import Signers
from toolkit.vendors.signio.api.templates import Templates

__all__ = ["SYSTEM", "RawOnly", "Signio", "Status"]


class Signio(OnSite, Notes, Templates, Signers, Documents, Envelopes):  # the last chapter's base first
    """Electronic signature: envelopes of documents, sent to their signers."""

    system = SYSTEM
    raw_only: ClassVar[type[Service] | None] = RawOnly
