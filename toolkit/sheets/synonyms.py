"""What people call the same thing in Spanish, Portuguese, English, Ukrainian and German; the vendors' own names too.

Accents, case, punctuation and spaces do not count. A word that stands for several things ("tipo", "estado", "CC") is
no synonym of any of them. What a name says beside what it speaks of counts on both sides: of a column and of a field.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from toolkit.sheets.alike import one_word
from toolkit.sheets.cells import folded

_WORDS = {
    "email": """correo, correo electrónico, mail, email, dirección de correo, dirección de correo electrónico,
        dirección email, casilla, casilla de correo, endereço de email, email address, пошта, почта, courriel,
        електронна пошта, ел пошта, електронна адреса, електронна скринька, адреса електронної пошти, імейл, мейл,
        mailadresse, emailadresse, elektronische post, endereço eletrônico, correio eletrônico, адреса ел пошти, email
        адреса, email adresse""",
    "phone": """teléfono, fono, celular, móvil, cel, tel, telf, tlf, tlfno, tfno, teléfono móvil, teléfono celular,
        teléfono de contacto, whatsapp, telefone, telemóvel, fone, phone, phone number, phone no, mobile, mobile phone,
        mobile number, cell, cell phone, cell number, telephone, telephone number, contact phone, телефон, мобільний,
        мобільний телефон, моб телефон, тел, номер телефону, номер мобільного, контактний телефон, handy, handynummer,
        handy nr, telefon, telefonnummer, telefon nr, mobil, mobiltelefon, mobilnummer, mobilfunknummer, rufnummer,
        celular whatsapp, tel móvil, tel celular, fono celular, fono móvil, phone mobile, номер тел""",
    "landline": """teléfono fijo, fono fijo, red fija, telefone fixo, landline, home phone, стаціонарний телефон,
        festnetz, festnetznummer, telefon privat""",
    "name": """nombre, nombre completo, nombres y apellidos, nombre y apellido, nombre y apellidos, apellidos y
        nombres, nombre 1, nombre del firmante, nome, nome completo, name, full name, signer name, contacto, ім'я, піб,
        імя та прізвище, прізвище та ім'я, прізвище ім'я по батькові, повне ім'я, ім'я підписанта, name und vorname, vor
        und nachname, vorname nachname, vorname und nachname, vollständiger name, vor und zuname, nome e sobrenome,
        sobrenome e nome, nome e apelido, піп, display name""",
    "first name": """nombres, primer nombre, nombre de pila, primeiro nome, first name, given name, власне ім'я,
        vorname, fname, forename, prenome, nombre propio, ім'я та по батькові""",
    "last name": """apellido, apellidos, sobrenome, apelido, last name, surname, family name, прізвище, nachname,
        familienname, zuname, lname, sobrenomes, apelidos""",
    "identity": """rut, run, dni, cédula, cédula de identidad, cédula de ciudadanía, documento, documento de
        identidad, identificación, número identificación, pasaporte, id document, document, document number, document
        no, id number, id no, identification, identification number, identity number, identity document, national id,
        passport, passport number, cpf, rntrc, rnokpp, іпн, інн, инн, рнокпп, ідентифікаційний код, ідентифікаційний
        номер, документ, номер документа, паспорт, податковий номер, tin, номер паспорта, серія та номер паспорта,
        ausweisnummer, personalausweis, personalausweisnummer, reisepass, passnummer""",
    "identity type": """tipo identificación, tipo documento, tipo de documento de identidad, tipo doc, tipo id, clase
        de documento, document type, document kind, type of document, id type, id document type, identification type,
        identity type, тип документа, тип документу, вид документа""",
    "company": """empresa, razón social, nombre empresa, compañía, nombre de la compañía, organización, razão social,
        company, company name, business name, organization, organisation, компанія, підприємство, організація, назва
        компанії, назва підприємства, назва організації, unternehmen, firmenname""",
    "company identity": """nit, rut empresa, nit empresa, identificación empresa, documento de la empresa, company
        identification, company identification number, company id, company number, company tax id, registration number,
        cnpj, tax id, єдрпоу, код єдрпоу, код компанії, код підприємства, код організації""",
    "company identity type": """company identification type, company id type, company document type, tipo
        identificación empresa, tipo documento empresa, тип документа компанії, тип коду компанії""",
    "birth": """fecha nacimiento, nacimiento, cumpleaños, birthday, birthdate, dob, дата народження, geburtsdatum,
        geburtstag, geboren am, geb datum, nascimento, data nascimento, dt nascimento, fec nacimiento, fnacimiento,
        fecnac, fechanac, fnac, nacido el, fecha de cumpleaños, nasc, dt nasc, data nasc, bday, birth, born, date birth,
        дата нар, день народження, birth date""",
    "date": "fecha, data, date, día, дата, datum",
    "address": """dirección, domicilio, calle, endereço, morada, address, street, адреса, anschrift, adresse, straße,
        wohnanschrift, endereço residencial, domicilio particular, street address, home address, mailing address, адреса
        проживання, вулиця""",
    "town": "comuna, município, район",
    "city": """ciudad, cidade, city, місто, town, localidad, localidade, stadt, ort, wohnort, ciudad residencia,
        poblacion, home city, населений пункт""",
    "country": """país, country, країна, land, staat, país residencia, país de domicilio, nación, country of
        residence, nation, країна проживання, держава""",
    "dial code": """prefijo, prefijo telefónico, prefijo internacional, prefijo país, indicativo, indicativo país,
        indicativo internacional, código país, cod país, código internacional, código telefónico, prefixo, ddi, prefix,
        phone prefix, country code, country prefix, calling code, country calling code, dial code, dialing code,
        dialling code, phone code, phone country code, international code, vorwahl, ländervorwahl, landesvorwahl,
        länderkennzahl, ländercode, landescode, код країни, телефонний код, телефонний код країни, міжнародний код""",
    "user": """nombre usuario, nombre de inicio de sesión, inicio de sesión, cuenta de usuario, usuário, user,
        username, user account, sam account name, usuario red, cuenta red, network user, login, login name, logon, logon
        name, користувач, ім'я користувача, ім'я для входу, обліковий запис, логін, benutzer, benutzername, anmeldename,
        nome de usuário, user name""",
    "domain": """nombre dominio, dominio de red, domínio, nome do domínio, domain, domain name, network domain, домен,
        ім'я домену, назва домену""",
    "card": """tarjeta, código tarjeta, identificador físico, credencial, cartão, código do cartão, card, card code,
        card number, card no, card id, badge, badge number, badge id, rfid, картка, код картки, номер картки,
        перепустка, номер перепустки, karte, kartennummer, ausweis nr, kartencode""",
    "order": """orden, orden firma, turno, turno de firma, ordem, order, signing order, sign order, signing turn,
        порядок, порядок підпису, порядок підписання, черга, черговість""",
    "approver": """aprobador, es aprobador, aprueba, aprovador, approver, is approver, approves, погоджувач, погоджує,
        затверджує""",
    "signature kind": """tipo firma, clase de firma, tipo de assinatura, signature type, signature kind, type of
        signature, kind of signature, тип підпису, вид підпису""",
    "signer kind": """tipo firmante, clase de firmante, tipo persona, signer type, signer kind, type of signer, person
        type, type of person, тип підписанта, тип особи, вид особи""",
    "identity service": """servicio identidad, validación de identidad, verificación de identidad, identity service,
        identity check, identity verification, перевірка особи, послуга ідентифікації""",
    "role": "rol, role, роль",
    "role in the document": """operation rol, operation role, rol de operación, rol del documento, rol de firma, role
        in the document, document role, signing role, роль у документі, роль підписання""",
    "states told of": """states, states told of, notify states, notified states, states to notify, estados a
        notificar, estados notificados, estados de notificación, стани для сповіщення, статуси для сповіщення""",
    "comments allowed": """enable comments, allow comments, comments allowed, permite comentarios, permitir
        comentarios, habilitar comentarios, comentarios habilitados, дозволити коментарі, коментарі дозволено""",
    "signs on site": """on premise signature, sign on site, signs on site, on site signature, in person signature,
        firma en sitio, permite firma en sitio, firma presencial, підпис на місці""",
    "amount": """monto, importe, valor, total, monto del pagaré, valor del pagaré, quantia, montante, amount, value,
        сума, сума векселя, betrag, summe, wert, monto total, importe total, valor total, total amount""",
    "due day": """expiration, expiration date, expiry, expiry date, due date, maturity date, vencimiento, fecha
        vencimiento, data de vencimento, термін сплати, дата погашення, строк платежу""",
    "reference": "reference, reference number, reference no, referência, референція, посилання",
    "way of payment": """payment way, way of payment, payment method, forma pago, método de pago, medio de pago, forma
        de pagamento, спосіб оплати, форма оплати""",
    "place of payment": """payment place, place of payment, lugar pago, ciudad de pago, local de pagamento, місце
        платежу, місце оплати""",
    "consecutive": """consecutive, consecutive number, consecutivo, consecutivo del pagaré, порядковий номер, номер
        векселя""",
    "place": "lugar, place, місце",
    "count": "cantidad, quantity, qty, quantidade, menge, anzahl, кількість",
    "template": """template id, template, template number, plantilla, id plantilla, número de plantilla, modelo de
        documento, шаблон, номер шаблону""",
}
_LINKS = {"de", "del", "la", "el", "los", "las", "y", "e", "en", "of", "the", "and", "do", "da", "і", "та"}
KINDS = {folded(word) for word in ("tipo", "clase", "type", "kind", "тип", "вид")}  # of what, only the values tell
_SORT = """rut run; dni; cédula ciudadanía; pasaporte passport паспорт паспорта reisepass passnummer; cpf; total;
    whatsapp; rntrc rnokpp іпн інн инн рнокпп tin податковий ідентифікаційний; apellidos sobrenomes apelidos"""
_SORTS = {folded(word): sort.split()[0] for sort in _SORT.split(";") for word in sort.split()}  # of one concept
_ORDINAL = """primer primero primera primeiro primeira first перший перша paterno; segundo segunda second другий друга
    materno; tercer tercero tercera terceiro terceira third третій третя"""
_ORDINALS = {folded(word): str(n) for n, words in enumerate(_ORDINAL.split(";"), 1) for word in words.split()}
_PERSONS = """cliente, clientes, titular, persona, personas, firmante, deudor, estudiante, alumno, paciente, socio,
    afiliado, trabajador, empleado, colaborador, asociado, miembro, suscriptor, customer, client, signer, person,
    kunde, kunden, клієнта, клієнт, пацієнт, студент, працівник, aluno, funcionário, student, employee, member,
    patient, alumna, socia, donante, donor, participante, participant, postulante, applicant, inscrito, huésped,
    guest, invitee, registrant, attendee, пацієнта, студента, працівника"""
_WHICH = """contacto, principal, personal, particular, 1, primario, actual, propio, móvil, celular, contact, main,
    primary, privat, проживання, residencia, residência, контактний, контактна, основний, основна, особистий"""
_NEUTRAL = """nro, no, n, num, número, numero, nº, obligatorio, opcional, requerido, completo, dígitos, sin, con,
    puntos, guión, number, required, optional, value, valor, o, a, os, as, wert, значення, cuál, qué, es, tu, su,
    tus, sus, indique, ingrese, escriba, ingresa, escribe, favor, por, what, is, your, my, enter, please, qual, é,
    seu, sua, informe, wie, lautet, ihr, ihre, dein, deine, bitte, яке, який, яка, ваше, ваш, ваша, вкажіть,
    introduzca, introduce, de usted, s, r, nbr, номер, повний, clp, cop, uah, грн, гривень, pesos"""
_EMPTY = {folded(word) for word in _NEUTRAL.split(",")} | _LINKS  # change nothing of what a name speaks of
_SOFT = {folded(word) for word in f"{_WHICH},{_PERSONS}".split(",")}  # say which, as one would take it without
NEUTRAL = _EMPTY | _SOFT
_OTHERS = """vendedor, ejecutivo, asesor, agente, supervisor, jefe, gerente, encargado, responsable, coordinador,
    promotor, apoderado, aval, fiador, codeudor, cónyuge, esposo, pareja, padre, madre, hijo, hija, tutor,
    representante, referencia, referido, emergencia, empresa, compañía, sucursal, oficina, tienda, banco, bancaria,
    proveedor, fax, compra, pago, venta, registro, creación, actualización, vencimiento, entrega, contrato, factura,
    pedido, cuenta, producto, archivo, secretaria, abogado, médico, doctor, profesor, docente, anterior, antiguo,
    alternativo, secundario, seller, salesperson, agent, manager, executive, spouse, parent, emergency, company,
    office, purchase, payment, order, account, invoice, менеджер, продавець, продавця, керівник, компанії, рахунок,
    facturación, cobranza, despacho, mascota, vecino, beneficiario, garante, colegio, notario, arrendador, corredor,
    contador, chefe, cônjuge, pai, mãe, filho, loja, fornecedor, faturamento, cobrança, pagamento, advogado, antigo,
    responsável, avalista, billing, shipping, supplier, vendor, boss, wife, husband, mother, father, child, pet,
    shop, store, bank, branch, previous, old, secondary, alternative, guarantor, referral, lawyer, магазин,
    магазину, менеджера, керівника, постачальник, постачальника, компанія, фірми, банк, банку, дружини, чоловіка,
    матері, батька, сина, дочки, лікаря, адвоката, попередній, старий, додатковий, замовлення, покупки, договору,
    оплати, рахунку, бухгалтера, представника, опікуна, офісу, відділення, hermano, abuelo, tío, tía, suegro,
    cuñado, amigo, novio, sobrino, nieto, irmão, avó, brother, sister, friend, uncle, aunt, grandmother, partner,
    брата, сестри, друга, ehemann, ehefrau, ehepartner, mutter, vater, eltern, bruder, schwester, freund, kind,
    chef, vertreter, vertriebler, lieferant, filiale, büro, geschäft, notfall, bürge, rechnung, konto, bestellung,
    vertrag, zweit, alt, alte, alter, früher, früherer"""
_UNFIT = """inválido, ungültig, недійсний, недійсна, errado, erróneo, incorrecto, incorreto, malo, mala, malos,
    wrong, falsch, неправильний, неправильна, falso, fake, viejo, velho, rebotado, rebota, bounced, bounce, baja,
    eliminado, eliminar, borrado, borrar, deleted, delete, excluir, exclude, ignorar, ignore, omitir, descartar,
    descartado, obsoleto, obsolete, deprecated, veraltet, застарілий, caducado, vencido, bloqueado, blocked,
    gesperrt, prueba, test, teste, тест, duplicado, duplicate, inactivo, inactive, inativo, desuso, unsubscribed,
    desuscrito, dead, rebote, роботодавця, поручителя, особи, родича, сусіда, колеги, employer, empleador"""
_ENDING = re.compile(r"(?<=[^\W\d_]{4})(?:[oa]s?|es|s)$")  # of one, of several; of a man, of a woman
_NO, _WITH = (
    "no, not, never, nunca, jamás, sin, sem, não, without, don, ohne, nicht, kein, keine, не, без",
    "con, with, com, mit",
)
_NEGATIONS = {folded(word) for word in _NO.split(",")}
_BEFORE = _NEGATIONS | {folded(word) for word in _WITH.split(",")}  # whether there is any
_FORM = """puntos, guion, guión, guiones, dígitos, dígito, verificador, dv, espacios, código, prefijo, cero, ceros,
    tildes, acentos, comas, signos, símbolos, decimales, separador, separadores, país, obligatorio, obligatoria,
    requerido, obrigatório, required, mandatory, pflichtfeld, обов'язково, incluir, include, anteponer, spaces, dots,
    dashes, hyphen, hyphens, code, leading, zeros, zero, pontos, traço, traços, espaços, sonderzeichen, leerzeichen,
    пробілів, крапок, abreviar, abreviaturas, mayúsculas, minúsculas"""
_HOW = {folded(word) for word in _FORM.split(",")}  # is said of the form in which something is to be written
_UNIT = """usd, uf, utm, eur, euros, dólares, dollars, m, mm, k, miles, millón, millones, thousands, millions, mil,
    milhares, milhões, tausend, millionen, тис, млн, cents, centavos, céntimos, puntos, points, percent, porcentaje"""
_UNITS = {folded(word) for word in _UNIT.split(",")}  # in which an amount is another number
_NUMBERS = {"no", "nro", "num", "numero", "n", "number", "номер"}  # that what is called so is one
_NUMBERED = {"phone", "landline", "identity", "company identity", "card", "reference", "consecutive", "template"}
_MEANINGLESS = re.compile(
    r"(?:column|columna|col|campo|field|datos?|data|unnamed|var|sin nombre|valor|value|f)?\s?:?\s?\d*|\w{1,2}"
).fullmatch
_QUESTION = r"(?i:pregunta|question|pergunta|frage|питання|[pq])?\s?\d{1,3}(?:\.\d{1,3})*"
_NUMBERING = re.compile(
    rf"^\s{{0,9}}(?:(?:{_QUESTION}|[IVX]{{2,4}})[.):]-?\s{{0,9}}|\d{{1,3}}(?:\.\d{{1,3}})+\s{{1,9}}|[A-Za-z]\)\s{{1,9}})(?=\D)"
    r"|</?[a-z]{1,6}>|&nbsp;|__c$|^(?i:dbo|tbl|col|campo|field)[._]"
)
_IN_BRACKETS = re.compile(r"^\s{0,9}[(\[]([^()\[\]]{1,100})[)\]]\s{0,9}$")  # as a whole, as databases write names


_AMONG_OTHERS = {  # what a word may stand for, if the values do not say otherwise
    "birth": "aniversario",
    "identity": "cc",
    "name": "representantelegal, legalrepresentative, законнийпредставник",
    "role in the document": "rol, role, роль",
}
_OF_CONTACTS = {"person", "persona"}
_last_letter = re.compile(r"[\s_]([A-Z])\s*$").findall  # as in "Fono A"
_PARTS = {"first name": "name"}
_SIGNS = {"%": " percent ", "‰": " permille ", "#": " nro ", "€": " eur ", "¹": " ", "²": " square ", "³": " cubic "}
_of_marks = re.compile(r"\d+|[%‰#²³]").findall
VETO, PARTLY, GUESS, NEARLY, PART, SURE = 0.0, 0.1, 0.56, 0.59, 0.63, 0.9  # how well two names agree


@dataclass(frozen=True)
class Spoken:
    """What a name of a column or field speaks of."""

    concept: str | None
    words: frozenset[str]  # what it says besides
    against: frozenset[str]  # those of them that speak of somebody or something else
    denied: bool
    meaningless: bool

    @property
    def whole(self) -> bool:
        """Whether it says nothing else."""
        return bool(self.concept) and not self.words - _SOFT - {*_SORTS.values()}

    @property
    def vetoed(self) -> bool:
        """Whether it speaks of somebody or something else besides."""
        return self.denied or bool(self.against)

    def agrees(self, field: "Spoken") -> float:
        """How well a column with this name fills a field with that name, which speaks of the same."""
        more, less = self.words - field.words, field.words - self.words
        beyond, short = more - _SOFT - {*_SORTS.values()}, less - _SOFT
        if self.denied or field.denied or more & self.against or less & field.against:
            return VETO
        if (beyond and less) or (more and short):
            return VETO  # each says something that the other does not
        return PARTLY if beyond else NEARLY if less and (more or short) else SURE


def words_of(name: str) -> list[str]:
    """The words of a name, also of one as phoneNumber."""
    spelt = "".join(_SIGNS.get(sign, sign) for sign in name[:200].replace("_", " "))
    parted = re.sub(r"([A-ZÁÉÍÓÚÑ]{2,})", lambda m: m[1].title(), spelt)
    return re.findall(r"\d+|[^\W\d][^\W\dA-Z]*", parted)


def _plain_words(name: str) -> list[str]:
    """Its words without those that only link others, numbers without leading zeros."""
    words = [folded(word) for word in words_of(name)]
    linked = ["of …"] if len(words) > 1 and words[-1] in ("de", "del", "of") else []  # of whom, is not said
    return [word.lstrip("0") or word for word in words if word not in _LINKS] + linked


@lru_cache(maxsize=1)
def _others() -> set[str]:
    """The words that speak of somebody or something else, or of no use; without their endings."""
    return {_ENDING.sub("", folded(word)) for word in f"{_OTHERS},{_UNFIT}".split(",")}


def _of_others(words: set[str]) -> set[str]:
    return {word for word in words if _ENDING.sub("", word) in _others()}


@lru_cache(maxsize=1)
def _phrases() -> list[tuple[str, list[str], str]]:
    """The names of all concepts: as one word, by their words, and what they speak of."""
    names = [(name, concept) for concept, names in _WORDS.items() for name in names.split(",")]
    return [(folded(name), _plain_words(name), concept) for name, concept in names]


@lru_cache(maxsize=1)
def _concepts() -> dict[str, str]:
    return {form: concept for whole, words, concept in _phrases() for form in (whole, "".join(words))}


def _concept(words: Sequence[str]) -> str | None:
    """What words speak of together, be they in the singular or the plural."""
    whole = "".join(words)
    forms = whole, whole.removesuffix("s"), whole.removesuffix("es")
    return next(filter(None, map(_concepts().get, forms)), None)


def concept_of(name: str) -> str | None:
    """What a name speaks of, where it speaks of one thing and says nothing else."""
    words = _plain_words(name)
    concept = _concept(["".join(map(folded, words_of(name)))]) or _concept(words) or _abbreviated(words, "." in name)
    if concept or _NUMBERS.isdisjoint(words):
        return concept
    of = [word for word in words if word not in _NUMBERS]
    numbered = _concept(of) or _abbreviated(of, True)
    return numbered if numbered in _NUMBERED else None


@lru_cache(maxsize=4096)
def spoken(name: str) -> Spoken:
    """What a name speaks of, or a part of it."""
    meaningless = bool(_MEANINGLESS(name.strip().casefold())) and not may_be(name)
    name = _IN_BRACKETS.sub(r"\1", _NUMBERING.sub("", name))
    name = re.sub(r"[(\[](\d{1,2})[)\]]$", r" \1", re.sub(r"(?<=[^\W\d])\.(\d{1,2})$", r" bis \1", name))
    aside = {folded(word) for text in re.findall(r"[(\[]([^)\]]{0,60})", name) for word in words_of(text)}
    base = re.sub(r"[(\[][^)\]]{0,60}[)\]]?|[*:¿?¡!]", " ", name)
    words = _plain_words(base)
    whole = concept_of(base)
    concept, before, after = (whole, words[:0], words[:0]) if whole else _longest(words)
    if not concept:
        return Spoken(None, frozenset(), frozenset(_of_others({*words})), False, meaningless)
    numbers = {"no"} | _NUMBERS if concept in _NUMBERED else set()
    beside = {*before, *after}
    others = _of_others(aside | beside)
    others |= beside & _OF_CONTACTS if beside & {"contact", "contacto"} else set()  # a person to turn to instead
    against = {w for w in beside - NEUTRAL if (_concept([w]) or concept) != concept} | others
    empty = _EMPTY - _NUMBERS - {folded(letter) for letter in _last_letter(base)} | numbers
    more = {w for w in beside - empty if _concept([w]) != concept}
    sorts = {_SORTS[w] for w in {*words, *aside} & _SORTS.keys() if _concept([w]) in (concept, None)}
    rest = {_ORDINALS.get(w, w) for w in more | against} | sorts
    return Spoken(concept, frozenset(rest), frozenset(against), _is_denied(concept, aside, before, after), False)


def _longest(words: list[str]) -> tuple[str | None, list[str], list[str]]:
    """What the most of some words that belong together speak of, and the words before and after them."""
    for n in (5, 4, 3, 2, 1):
        for i in range(len(words) - n + 1):
            if concept := _concept(words[i : i + n]):
                return concept, words[:i], words[i + n :]
    return None, [], []


def _is_denied(concept: str, aside: set[str], before: Sequence[str], after: Sequence[str]) -> bool:
    """Whether a name says in passing that there is none of what it speaks of, or in another unit."""
    numbered = concept in _NUMBERED  # as in "teléfono no. 1"
    around = {*before} & _BEFORE - ({"no"} if numbered else set())
    behind = {*after[:-1]} if numbered and after[-1:] == ["no"] else {*after}
    beside = {*aside, *before, *after}
    unit = concept == "amount" and beside & _UNITS and not beside & _NEGATIONS
    return bool(unit or around or _is_negated(aside) or _is_negated(behind))


def agreement(column: str, field: str) -> float | None:
    """How well two names agree by their words; None where they share nothing."""
    own, other = spoken(column), spoken(field)
    if own.concept and own.concept == other.concept:
        return own.agrees(other)
    if own.concept and _PARTS.get(own.concept, "") == other.concept:
        return min(PART, own.agrees(other))
    if other.concept in may_be(column) and other.whole and not other.vetoed:
        return GUESS if own.concept else NEARLY
    if own.concept and other.concept:
        return None
    words, wanted = _plain_words(column), _plain_words(field)
    if not words or len(words) != len(wanted) or not all(map(one_word, words, wanted)):
        return None
    return SURE if words == wanted else NEARLY


def goes_beyond(label: str, name: str, column: str) -> bool:
    """Whether the label of a field says more than its name, or something else, and a column does not."""
    own, other = spoken(name), spoken(label)
    if not own.concept or not other.concept or (agreement(column, label) or VETO) >= PART:
        return False
    another = own.concept != _PARTS.get(other.concept, other.concept)
    return another or bool(other.words - own.words - _SOFT - {*_SORTS.values()})


def same_name(one: str, two: str) -> bool:
    """Whether two names differ only in accents, case, punctuation and spaces, none of which parts or means a number."""
    return folded(one) == folded(two) != "" and _of_marks(one) == _of_marks(two)


@lru_cache(maxsize=4096)
def may_be(name: str) -> frozenset[str]:
    """What a name may stand for that says no more than whose something is, as "cliente", or is of several meanings."""
    persons = {_ENDING.sub("", folded(word)) for word in _PERSONS.split(",")}
    words = _plain_words(name)
    person = bool(words) and all(_ENDING.sub("", word) in persons for word in words)
    concepts = {concept for concept, names in _AMONG_OTHERS.items() if folded(name) in names.split(", ")}
    return frozenset(concepts | ({"name"} if person or concept_of(name) == "company" else set()))


def _is_negated(words: set[str]) -> bool:
    """Whether words deny something else than a form in which it is written."""
    plain = {word for word in words - _NEGATIONS - NEUTRAL - _HOW if not word.isdigit()}
    return bool(words & _NEGATIONS and (plain or not words - _NEGATIONS))


def denies(text: str) -> bool:
    """Whether words beside a value say that it is of somebody else, or not to be used: "no llamar"."""
    words = {folded(word) for word in words_of(text)}
    return bool(words & _NEGATIONS or _of_others(words))


def _abbreviated(short: Sequence[str], dotted: bool) -> str | None:
    """What a name speaks of whose words are cut short: Fecha nac."""
    if not short or max(map(len, short)) < 3 or (len(short) == 1 and not dotted):
        return None
    long = [(words, concept) for _, words, concept in _phrases() if len(words) == len(short)]
    fit = {concept for words, concept in long if all(a.startswith(b) for a, b in zip(words, short, strict=True))}
    return fit.pop() if len(fit) == 1 else None
