"""SIGNIO (Legops): «Integración de plataforma SIGNIO». One file a group of chapters; `Signio` combines them."""

from toolkit.apis.signio.base import SYSTEM, Status
from toolkit.apis.signio.documents import Documents
from toolkit.apis.signio.envelopes import Envelopes
from toolkit.apis.signio.notes import Notes
from toolkit.apis.signio.onsite import OnSite
from toolkit.apis.signio.session import Session
from toolkit.apis.signio.signers import Signers
from toolkit.apis.signio.templates import Templates

__all__ = ["SYSTEM", "Signio", "Status"]


class Signio(OnSite, Notes, Templates, Signers, Documents, Envelopes, Session):  # the last chapter's base first
    """Electronic signature: envelopes of documents, sent to their signers."""

    system = SYSTEM
