"""Countries as people write them: their names, codes and dial codes; and the column of a frame that says them."""

import re
from collections.abc import Hashable
from functools import lru_cache

import pandas as pd

from toolkit.errors import InputError
from toolkit.plain import message
from toolkit.sheets.cells import folded, latin, values_of
from toolkit.sheets.not_data import says_nothing
from toolkit.sheets.synonyms import spoken

_COUNTRIES = {  # short forms, and what the library leaves out of the names in other languages
    "AR": "Argentina, ARG, Аргентина", "BO": "Bolivia, BOL", "BR": "Brasil, Brazil, BRA, Бразилія",
    "CL": "Chile, CHL, CHI, Чилі", "CO": "Colombia, COL, Колумбія", "CR": "Costa Rica, CRI", "EC": "Ecuador, ECU",
    "SV": "El Salvador, SLV", "GT": "Guatemala, GTM", "HN": "Honduras, HND", "MX": "México, MEX, Мексика",
    "NI": "Nicaragua, NIC", "PA": "Panamá, PAN", "PY": "Paraguay, PRY", "PE": "Perú, PER, Перу",
    "DO": "República Dominicana, DOM", "UY": "Uruguay, URY", "VE": "Venezuela, VEN",
    "ES": "España, Spain, ESP, Іспанія", "PT": "Portugal, PRT, Португалія",
    "US": "Estados Unidos, United States, USA, EE.UU., EUA, United States of America, США, Сполучені Штати Америки",
    "UA": "Ucrania, Ukraine, Україна, UKR", "PL": "Polonia, Poland, Польща, POL", "CZ": "Czechia, Chequia, Чехія",
    "DE": "Alemania, Germany, Німеччина, DEU, GER, BRD", "FR": "Francia, France, FRA, Франція",
    "IT": "Italia, Italy, ITA, Італія", "CA": "Canadá, Canada, CAN, Канада", "NL": "Países Bajos, Нідерланди",
    "GB": "Reino Unido, United Kingdom, UK, GBR, Great Britain, England, Inglaterra, Велика Британія, Англія",
}  # fmt: skip
_REGIONS = {folded(name): region for region, names in _COUNTRIES.items() for name in (region, *names.split(","))}
_CODE = re.compile(r"\(?(?:\+|00)?\s?([1-9]\d{0,2})\)?", re.ASCII).fullmatch
_SIGNED = re.compile(r"(?:\+|\b00)\s?([1-9]\d{0,2})(?!\d)", re.ASCII).search
_OFFICIAL = re.compile(r"^(?:república|republic|estado|reino|kingdom) (?:of|de|del) ", re.IGNORECASE)
_OF_COUNTRY = ("dial code", "country")  # what columns speak of that say the country of phones; the surer first
_MOST, _SHARE = 300, 0.5  # values of such a column; of which at least so many are countries
UNKNOWN = "??"  # a country that nobody knows


def region_of(name: str, *, unknown: str = "") -> str:
    """The country of a name or code, in two letters; `unknown` where there is none.

    Raises:
        InputError: there is none, and nothing stands for it.
    """
    if region := _region(str(name).strip()) or unknown:
        return region
    raise InputError(message("there is no country {name!r}: say it in two letters, as 'CO' for Colombia", name=name))


@lru_cache(maxsize=2_000)
def _region(name: str) -> str:
    from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata

    code = _CODE(plain := latin(name)) or _SIGNED(plain)
    if code:
        region: str = COUNTRY_CODE_TO_REGION_CODE.get(int(code[1]), ("",))[0]
        return region if region != "001" else ""
    bare = re.sub(r"[(\[].{0,60}", "", plain)
    region = _REGIONS.get(folded(bare), bare.strip().upper())
    if PhoneMetadata.metadata_for_region(region) is not None:
        return region
    return _names().get(folded(_OFFICIAL.sub("", bare)), "") if len(folded(bare)) > 3 else ""


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    """The countries by their names in all languages; "" where a name is that of two."""
    from phonenumbers.geodata.locale import LOCALE_DATA

    names: dict[str, str] = {}
    for region, known in LOCALE_DATA.items():
        for name in {folded(name) for name in known.values() if not name.startswith("*")}:
            names[name] = region if names.get(name, region) == region else ""
    return names


def country_column(frame: pd.DataFrame, home: str) -> Hashable | None:
    """The column that says the country of a frame's phones, where some rows say another than the one expected."""
    for concept in _OF_COUNTRY:
        for name in frame.columns:
            own = spoken(str(name))
            if own.concept == concept and own.whole and not own.vetoed:
                values = [v for v in pd.unique(frame[name].dropna())[: _MOST + 1] if not says_nothing(str(v))]
                regions = [region_of(text, unknown=UNKNOWN) for text in map(str, values_of(pd.Series(values)))]
                known = [region for region in regions if region != UNKNOWN]
                if len(values) <= _MOST and known and len(known) >= len(values) * _SHARE:
                    return name if {*regions} - {home} else None
    return None


def country_in(title: str) -> str:
    """The country that the name of a column says beside what else it says: ES in "Móvil (+34)"; "" for none."""
    if signed := _SIGNED(title):
        return _region(signed[0])
    aside = " ".join(re.findall(r"[(\[]([^)\]]{0,60})", title))
    codes = [word for word in re.findall(r"[^\W\d_]{2,3}", aside) if word.isupper()]
    words = [*re.findall(r"[^\W\d_]{4,60}", title), *codes]
    return next(filter(None, (_REGIONS.get(folded(word), "") for word in words)), "")
