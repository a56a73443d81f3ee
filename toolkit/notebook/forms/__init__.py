"""Forms for people who would rather not type code. Each shows the code that does the same.

from toolkit import forms
forms.import_records(api.ida)
"""

from toolkit.notebook.forms.campaign import campaign
from toolkit.notebook.forms.connect import connect
from toolkit.notebook.forms.consumer import ask
from toolkit.notebook.forms.contacts import create_database, edit_record
from toolkit.notebook.forms.envelopes import envelope, search_envelopes
from toolkit.notebook.forms.imports import card_codes, import_records, people
from toolkit.notebook.forms.probe import probe

__all__ = [
    "ask",
    "campaign",
    "card_codes",
    "connect",
    "create_database",
    "edit_record",
    "envelope",
    "import_records",
    "people",
    "probe",
    "search_envelopes",
]
