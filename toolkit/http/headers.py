"""What headers of an answer say: where the next page is, and how long to wait."""

import email.utils
import math
import re
from collections.abc import Mapping
from datetime import datetime

LONGEST_WAIT = 100 * 365 * 86_400.0  # seconds: what no calendar holds any more is not counted further


def next_link(headers: Mapping[str, str]) -> str:
    """The address of the next page in the header Link; "" where there is none."""
    header = next((v for k, v in headers.items() if k.lower() == "link"), "")
    links = re.findall(r"<([^>]*)>\s*((?:;[^,;]*)*)", header)
    return next((target for target, facts in links if re.search(r';\s*rel="?next"?\s*(;|$)', facts)), "")


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds that the vendor asks to wait: from seconds or a date; 0 for the past; None where it makes no sense.

    More than a hundred years are a hundred years.
    """
    header = next((v for k, v in headers.items() if k.lower() == "retry-after"), None)
    if header is None:
        return None
    try:
        seconds = float(header)
    except ValueError:
        try:
            seconds = (email.utils.parsedate_to_datetime(header) - now).total_seconds()
        except (ValueError, TypeError):
            return None
    return min(max(0.0, seconds), LONGEST_WAIT) if math.isfinite(seconds) else None
