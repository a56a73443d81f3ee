"""Named places on a page."""

import json
import re
from typing import Any

import pytest

from toolkit.vendors.signio import places

# ── places ───────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("place", "pagina", "x", "y"),
    [
        ("bottom left of the last page", 3, 50, 50),
        ("Top Right of page 2", 2, 395, 742),
        ("bottom of the first page", 1, 222, 50),
        ("middle of the last page", 3, 222, 396),
        ("centre of page 1", 1, 222, 396),
        ("bottom center of page 1", 1, 222, 50),
    ],
)
def test_named_places(place: str, pagina: int, x: int, y: int) -> None:
    assert places.stamp(place, [places.A4] * 3) == {"pagina": pagina, "alto": 50, "ancho": 150, "x": x, "y": y}


@pytest.mark.parametrize(
    ("place", "why"),
    [
        ("somewhere", "is not a place"),
        ("bottom left of page 4", "names page 4 of 3"),
        ({"pagina": 1}, "is not a stamp"),
        ({"pagina": 1, "alto": 50, "ancho": 150, "x": 500, "y": 0}, "over the edge"),
        ({"pagina": 0, "alto": 50, "ancho": 150, "x": 0, "y": 0}, "names page 0"),
    ],
)
def test_what_is_no_place(place: Any, why: str) -> None:
    with pytest.raises(ValueError, match=re.escape(why)):
        places.stamp(place, [places.A4] * 3)


def test_coordinates_are_taken_as_a_dict_or_as_its_text() -> None:
    given = {"pagina": 2, "alto": 40, "ancho": 100, "x": 10, "y": 20}
    assert places.stamp(given, [places.A4] * 3) == places.stamp(json.dumps(given), [places.A4] * 3) == given
    with pytest.raises(ValueError, match="property name"):
        places.stamp("{pagina}", [])


def test_places_of_files_without_pages() -> None:
    assert places.stamp("bottom left of page 7", [])["pagina"] == 7
    with pytest.raises(ValueError, match="cannot be counted"):
        places.stamp("bottom left of the last page", [])
    with pytest.raises(ValueError, match="no room"):
        places.stamp("bottom left of page 1", [(200, 200)], taken=3)
