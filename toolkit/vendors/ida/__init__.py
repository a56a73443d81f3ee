"""IDA (ITD Chile): contact databases of a mailing platform."""
