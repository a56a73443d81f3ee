"""Texts that may be no data: words for nothing, totals, errors of formulas."""

import re
import string
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, pairwise
from typing import Any

from toolkit.plain import mark
from toolkit.sheets.cells import SHORTENED

BELOW_REFUSAL = mark("stands below a title that says not to send it")
MOST_TITLES = 2_000  # rows of one cell, among which titles are looked for

_LONG = 10  # digits of a number that spreadsheets show in a shorter form
_SHORT = 60  # characters of words for nothing, of totals, and of what failed formulas show
_AROUND = string.punctuation + string.whitespace + "¿¡«»“”‘’–—…"

# ── errors of formulas ──

ERROR_STARTS = frozenset("#＃EeLlCcFfWwBbOoЗзПпОо")
_FAILED = re.compile(r"#[¡¿]?[^\W\d_][\w /'.’]{0,30}[!?]").fullmatch
_UNCALCULATED = re.compile(
    r"#{3,}|#N/?[AD](?: .{0,40})?|#Н/Д|#NV|#N/DISP|#GETTING_DATA|#OBTENIENDO_DATOS"
    r"|(?:ERR(?:OR|O|EUR|ORE)?: ?|#ERR|FEHLER: ?|ПОМИЛКА: ?|ОШИБКА: ?|BŁĄD: ?)\d{1,3}!?"
    r"|#(?:REF|VALUE|VALOR|DIV/0|NAME|NOMBRE|NUM|NULL|ERROR|SPILL|CALC)"
    r"|#(?:¿?NOMBRE\?|NAME\?|N[UÚ]M!|T(?:YPE|IPO)!|FUNC!|DELETED|ELIMINADO|N/V)"  # as databases write them
).fullmatch
_LOADING = re.compile(
    r"(?:loading|cargando|carregando|загрузка|завантаження|chargement|wird geladen|wird berechnet|caricamento|laden"
    r"|wczytywanie|загружается|завантажується|calculando|calculating|fetching|obteniendo)(?: \w{1,20}){0,2}(?:\.\.\.|…)"
).fullmatch


def is_formula_error(text: str) -> bool:
    """Whether a text is what a spreadsheet shows where a formula failed, in any language."""
    if text[0] not in ERROR_STARTS or len(text) > _SHORT:
        return False
    plain = text if text.isascii() else unicodedata.normalize("NFKC", text)
    upper = plain.upper()
    failed = (plain == upper and _FAILED(plain)) or _UNCALCULATED(upper)
    return bool(failed or _LOADING(text.casefold()))


# ── words for nothing ──

_NULL = """nan, na, n/a, n.a, none, null, nil, nat, undefined, unknown, desconocido, desconocida, s/i, s.i, s/d, s.d,
    s/n, n/i, n/d, n.d, n/c, n.c, n/r, n/s, ns/nc, s/c, s.c, н/д, н.д, н/в, vacío, vacía, vacíos, vacías, en blanco,
    vazio, em branco, empty,
    blank, порожньо, нет данных, nulo, nula, ninguno, ninguna, ningún, nenhum, nenhuma, missing, por confirmar,
    por definir, por asignar, por completar, a confirmar, a definir, tbd, tbc, tba, to be defined, to be confirmed,
    to be determined, keine angabe, k.a, unbekannt, немає, нема, відсутній, відсутня, невідомо, отсутствует,
    неизвестно, object object, n.n, error, 1.#inf, 1.#ind, 1.#qnan, anónimo, anónima, anonymous, anonimo,
    анонім, аноним"""
_VAGUE = """s.n, nd, sd, sn, nc, nr, ns, sc, nada, pendiente, pendente, pending, prueba, test, teste, testing, тест,
    проба, nn, ejemplo, example"""
_ANSWERS = "no, 0, 00, 000, нет"  # which are data in a field that takes any text
_OF_DATA = (  # what is lacking
    r"(?:datos?|info\w*|dados?|correos?|e-?mails?|mails?|nombres?|nomes?|apellidos?|sobrenome|fonos?|telefonos?|telefones?"
    r"|celular(?:es)?|movil|numeros?|rut|dni|cedula|documentos?|direccion|endereco|domicilio|ciudad|cidade|comuna|pais"
    r"|registros?|registrar|especificar|asignar|asignacion|atribuir|definir|definicao|identificar|identificacion|contactos?"
    r"|valor|monto|fecha|data|nacimiento|respuesta|resposta|comentarios?|observacion(?:es)?|informar|completar|confirmar"
    r"|empresa|cargo|titulo|codigo|clave|cuenta|tarjeta|nada|address|phone|name|date|даних|імені|телефону|пошти"
    r"|адреси|номера|данных|имени|телефона|почты|пошты|nc|dato|n[o°]|ningun[oa]?|efecto|uso|disponible)"
)
_LACKING = re.compile(
    rf"x{{2,}}|(?:sin|sem|без|without|ohne) {_OF_DATA}(?: \w+)?|s/ ?[^\W\d]\w+|no hay(?: {_OF_DATA}(?: \w+){{0,2}})?"
    r"|\d+ (?:rows?|filas?|records?|registros?|linhas?|рядк\w+|строк\w*)(?: in set)?"
    r"|n(?:o|ao) (?:tiene|posee|aplica|registra(?:do|da)?|informa(?:do|da)?|disponible|especifica(?:do|da)?"
    r"|indica(?:do|da)?|corresponde|existe|sabe|consta|cuenta|usa|se aplica|tem|possui)(?: \w+){0,3}"
    r"|not? (?:available|applicable|provided|specified|given|known|set|data|info\w*|e-?mail|mail|phone|name|value)"
    r"|(?:немає|не|нема) (?:даних|вказано|вказана|відомо|має|заповнено)(?: \w+){0,2}"
).fullmatch


def unaccented(text: str) -> str:
    """In lower case, without accents; spaces are one."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join([c for c in plain if not unicodedata.combining(c)]).split())


_NOTHING, _PERHAPS, _NO_FORM = (frozenset(unaccented(w) for w in t.split(",")) for t in (_NULL, _VAGUE, _ANSWERS))


_TEMPLATE = re.compile(r"(?:\{\{?|\$\{|<<|«|%|\[\[|<%=)\s?[\w. ]{1,40}\s?(?:\}\}?|>>|»|%|\]\]|%>)").fullmatch
_FILLERS = frozenset({"cliente", "usuario", "user", "customer", "persona", "contacto", "nombre", "apellido", "de"})
_SURNAME = re.compile("N[ai]l?").fullmatch  # as people write it; NA is what programs write


def may_say_nothing(text: str) -> bool:
    """Whether a text may stand for what is still to come, or may be data."""
    words = unaccented(text.strip(_AROUND)).split() if len(text) <= _SHORT else []
    known = [word in _PERHAPS for word in words]
    fills = any(known) and all(has or word in _FILLERS for has, word in zip(known, words, strict=True))
    return fills or bool(_TEMPLATE(text))


def says_nothing(text: str, *, surely: bool = False) -> bool:
    """Whether a text is a word for nothing, or has neither letter nor digit in it. `surely`: in any field."""
    if len(text) > _SHORT:
        return False
    plain = unaccented(text.strip(_AROUND))
    if not plain:
        return all(c in string.punctuation or unicodedata.category(c)[0] in "PZ" for c in text)
    if surely and _SURNAME(text):
        return False
    words = plain.split()
    known = plain in _NOTHING or (len(words) > 1 and _NOTHING.issuperset(words)) or bool(_LACKING(plain))
    known = known or text == "\\N"  # as databases export it
    return known or (not surely and (plain in _PERHAPS or plain in _NO_FORM))


# ── titles of those who are not to be written to ──

_NO = re.compile(
    r"\b(?:(?:no|not|do not|don.?t|never|sin|nao|не) (?:contact\w*|llam\w*|envia\w*|molest\w*|usar|inclu\w*|escrib\w*"
    r"|send|call|mail|e-?mail|disturb|турбувати|дзвонити|надсилати|писати|контактувати|беспокоить|звонить)"
    r"|bajas?(?! california)|dad[oa]s? de baja|(?:in|des)activ[oa]s?|inactive|(?:ex|des)clu[ií]d[oa]s?|excluded"
    r"|eliminad[oa]s?|deleted|removed|fallecid[oa]s?|difunt[oa]s?|deceased|bloquead[oa]s?|blocked|rechazad[oa]s?|rejected"
    r"|desuscrit[oa]s?|desinscrit[oa]s?|unsubscribed?|anulad[oa]s?|borrad[oa]s?|descartad[oa]s?|retirad[oa]s?"
    r"|desvinculad[oa]s?|lista negra|black ?list|opt[- ]?outs?|видален\w+|неактивн\w+|вибул\w+|померл\w+|відмовил\w+)\b"
).search

_WITHOUT = re.compile(
    r"\b(?:sin|no incluy\w+|excepto|salvo|menos|sem|exceto|without|except|not including|без|крім)"
    r" (?:(?:las?|los?|the|as|os) )?(\w+)"
).sub


def is_title(text: str) -> bool:
    """Whether a text may be the title of a group, and is neither a number nor an address."""
    return len(text) <= _SHORT and "@" not in text and not any(c.isdigit() for c in text)


def says_no(text: str) -> bool:
    """Whether a title says that those below it are not to be written to."""
    return bool(_NO(_WITHOUT(lambda those: "" if _NO(those[1]) else those[0], unaccented(text))))


def below_refusals(cells: Mapping[int, Sequence[Any]], rows: int) -> list[int]:
    """The rows below a title that says not to send them, up to the next title, and the title.

    `cells`: those of the rows that may be titles, by position.
    """
    filled = {i: [v for v in row if isinstance(v, str) and v.strip()] for i, row in cells.items()}
    titles = {i: texts[0] for i, texts in filled.items() if len(texts) == 1 and is_title(texts[0])}
    spans = pairwise([*titles, rows])
    return [*chain.from_iterable(range(start, end) for start, end in spans if says_no(titles[start]))]


# ── totals ──

_SUM = r"(?:sub[ -]?|gran |grand |suma )?totale?s?|sumas?|sum|σ|promedio|average|t o t a l"
_SUM += "|soma(?:torio)?|всього|усього|разом|загалом|итого|всего"
_TOTAL = re.compile(
    rf"(?:{_SUM})(?: (?:general|geral|final|de|del|personas|registros|clientes|filas|people|rows)\b.{{0,40}})?"
    r"(?:[ :=]{1,3}[$€₴]? ?[\d.,]{1,30}(?: \w{1,20})?)?"  # and what it is
).fullmatch
_SUM_OF = re.compile(rf"(?:{_SUM})(?!\w)").match
_SUMMING = re.compile(
    rf"(?:{_SUM}|saldo total|media|media:|(?:max|min)(?:imo)?(?= ?[:=.]| del? |$)"
    r"|count|cuenta|n[o°º.]* de \w+|cantidad de)(?!\w)"
).match
# most texts are seen to begin otherwise by their first letters, as they stand
_MAY_SUM = re.compile(
    r"(?i:tot|t\s|sub|sum|som|sal|gra|pro|ave|med|max|min|cou|cue|can|n[o.\s])|[^a-zA-Z0-9]|..?[^\x00-\x7f]", re.DOTALL
).match


def is_total(text: str) -> bool:
    """Whether a text says that it names a total, and nothing else."""
    return len(text) <= _SHORT and bool(_TOTAL(unaccented(text).rstrip(": ")))


def begins_as_total(text: str) -> bool:
    """Whether a text begins with a word for a sum, as "Total Temuco" does."""
    return bool(_SUM_OF(unaccented(text[:_SHORT])))


def may_begin_total(text: str) -> bool:
    """Whether a text begins as the name of a total, an average or a count may."""
    return bool(_MAY_SUM(text) and _SUMMING(unaccented(text[:_SHORT])))


# ── what a spreadsheet stores as something else than text ──

STORED_DATE = r"(?:19|20)[0-9]{2}-[0-9]{2}-[0-9]{2}(?: [0-9]{2}:[0-9]{2}(?::[0-9]{2})?)?(?![^\n])"
_stored_lines = re.compile(rf"^(?:TRUE$|FALSE$|{STORED_DATE})", re.MULTILINE).findall
_is_stored_date = re.compile(STORED_DATE).fullmatch


def mostly_stored_as(texts: Iterable[str]) -> str:
    """What most of some texts are stored as, where that is not text."""
    lines = "\n".join(texts)
    stored = _stored_lines(lines)
    truths = stored.count("TRUE") + stored.count("FALSE")
    most, kind = max((truths, "truth"), (len(stored) - truths, "date"))
    return kind if 2 * most > lines.count("\n") + 1 else ""


def stored_as(text: str) -> str:
    """What kind of cell shows itself so, be it one: "date", "truth", else ""."""
    return "truth" if text in ("TRUE", "FALSE") else "date" if _is_stored_date(text) else ""


def ending_in_zeros(texts: list[str]) -> list[str]:
    """The texts that are what is left of a long number, once a spreadsheet kept six of its digits: 56922300000.

    Of which only one to four digits are left, somebody made it up.
    """
    if "0000\n" not in "\n".join([*texts, ""]):
        return []
    rounded = [text for text in texts if text.endswith("0000") and len(text) >= _LONG]
    return [text for text in rounded if not text[6:].strip("0") and text[4:6] != "00" and text.isdecimal()]


# ── texts of which none of that can be true ──

_SUSPECT = (
    r"n(?:[ao]|an|il|at|one|ull|ot|[aã]o|[./]\w\.?)|s(?:in|em|um|umas?|[./]\w+)|sub.?totale?s?|without|undefined|unknown"
    r"|desconocid[oa]|vac[ií][oa]s?|vazio|empty|blank|e[nm] (?:blanco|branco)|без|н[./][дв]|не|нема|немає|порожньо|нет"
    r"|nul[oa]|ning[uú]n[oa]?|nenhuma?|nada|n[cdrs]|ns/nc|s[cdnií]|missing|por|a (?:confirmar|definir)|tb[acd]|to be"
    r"|[xх]+|keine|k\.a|unbekannt|відсутн\w{1,2}|невідомо|отсутствует|неизвестно|pend(?:iente|ente|ing)|prueba|test(?:e|ing)?"
    r"|тест|проба|true|false|nn|n\.n"
    r"|totale?s?|soma(?:t[oó]rio)?|grand?|σ|всього|усього|разом|загалом|итого|promedio|average|t o t a l"
    r"|err(?:or|o|eur|ore)?|fehler|помилка|ошибка|błąd|loading|cargando|carregando|загрузка|завантаження|chargement"
    r"|wird (?:geladen|berechnet)|caricamento|laden|wczytywanie|загружается|завантажується|calculando|calculating"
    r"|fetching|obteniendo|1\.#[a-z]{3,4}|ejemplo|example|inf(?:inity)?|an[oó]n[iy]m(?:o|a|ous)|анон[іи]м"
    r"|verdadero|falso"
)
_UNUSUAL = "\x00-\x1f\x7f-\xbf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ\u1680\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff"
_UNUSUAL += "\ufff0-\uffff\ud800-\udfff&=%<\\\\ЂЃЅЈЉЊЋЌЏђѓѕјљњћќџĂĹ\U0001d400-\U0001d7ff"
_UNUSUAL += "\ufb00-\ufb06"
_UNUSUAL += (
    "\u0300-\u036f\u2190-\u25ff\u02c6\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u2800\u3164\uffa0\uff01-\uff5e"
)
_LATIN, _OTHER = "A-Za-zªº\xc0-\xd6\xd8-\xf6\xf8-\u024f", "\u0370-\u03ff\u0400-\u052f"  # alphabets
# of all these: by their first two letters, in both cases for the engine's sake, most texts are seen to be none of them
_BEGIN = "[nsw][aeiou./ãtcdrs]|[s][n]|[tlп][oо ]|[gpuei][rnm]|[vca][ahv]|[dbv][el]|[нбвурзи][есат./]|[σ0-9]"
_BEGIN += "|[n][n.]|[p][eo]|[t][ebr]|[a][n][oó]|[k][e.]|[m][i]|[a][ ]|[f][ae]|[оа][шн]|[b][ł]|[o][b]|[в][і]"
_BEGIN += "|[о][т]|[т][е]|[п][р]|[e][jx]"
_BEGIN = "".join(f"{c}{c.upper()}" if c.isalpha() else c for c in _BEGIN) + r"|[xXхХ](?:[xX]|(?!\w))"
_MAY_BE = rf"(?={_BEGIN})(?:(?i:{_SUSPECT})(?!\w)|{SHORTENED.pattern}|{STORED_DATE})"
_WITH_CARE = r"_(?!x)|\?(?!\w)"
_ACCENTED = r"(?:(?<![A-Za-z\xdf-\xff])[\xc0-\xde]|(?<![a-z\xdf-\xff])[\xc0-\xde](?![a-z\xdf-\xff]))(?![\xc0-\xff]{2})"


def _plain(more: str) -> str:
    """The pattern of texts in which nothing is to be looked for, nor any of some further signs."""
    latin, other = f"[^{_UNUSUAL}{_OTHER}\xc0-\xde_?{more}]*+", f"[^{_UNUSUAL}{_LATIN}_?{more}]*+"
    in_latin = rf"{latin}(?:(?:{_ACCENTED}|{_WITH_CARE}){latin})*+"
    return rf"(?!{_MAY_BE})(?=[^\W_])(?:{in_latin}|{other}(?:(?:{_WITH_CARE}){other})*+)(?<! )"


PLAIN, PLAIN_NAME = _plain(""), f"(?![0-9]){_plain('@')}"
LIKELY_CODE = r"(?=[^\n]*[1-9]|[^\W\d_]{1,4}(?![^\n]))(?!(?=[^\n]* )[^\n]*[^\W\d_]{3})"  # a digit that counts; no words
PLAIN_CODE = rf"{LIKELY_CODE}(?!{_MAY_BE}|[0-9]{{5,20}}00000(?!\w))[A-Za-z0-9]++(?:[ :/_-][A-Za-z0-9]++)*+"
