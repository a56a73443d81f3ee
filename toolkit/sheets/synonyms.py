"""What people call the same thing in Spanish, Portuguese, English, Ukrainian and German; the vendors' own names too.

Accents, case, punctuation and spaces do not count. A word that stands for several things ("tipo", "estado", "CC") is
no synonym of any of them.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from toolkit.sheets.cells import folded

_WORDS = {
    "email": """correo, correo electrónico, correo-e, mail, e-mail, email, dirección de correo,
        dirección de correo electrónico, dirección email, dirección de email, casilla, casilla de correo,
        endereço de email, email address, пошта, електронна пошта, ел пошта, електронна адреса, електронна скринька,
        адреса електронної пошти, імейл, мейл, mail adresse, e-mail adresse, email adresse, mailadresse, emailadresse,
        elektronische post, endereço eletrônico, correio eletrônico, адреса ел пошти, e-mail адреса, email адреса""",
    "phone": """teléfono, fono, celular, móvil, cel, tel, telf, tlf, tlfno, tfno, número de teléfono, número teléfono,
        nro teléfono, no teléfono, número celular, número de celular, nro celular, no celular, número móvil,
        número de móvil, teléfono móvil, teléfono celular, teléfono de contacto, whatsapp, telefone, telemóvel, fone,
        phone, phone number, phone no, mobile, mobile phone, mobile number, cell, cell phone, cell number, telephone,
        telephone number, contact phone, телефон, мобільний, мобільний телефон, моб телефон, тел, номер телефону,
        номер мобільного, контактний телефон, handy, handynummer, handy nr, telefon, telefonnummer, telefonnr,
        telefon nr, mobil, mobiltelefon, mobilnummer, mobilfunknummer, rufnummer, número de telefone, número telefone,
        número de celular, celular whatsapp, tel móvil, tel celular, fono celular, fono móvil, phone mobile,
        номер тел""",
    "landline": """teléfono fijo, fono fijo, red fija, telefone fixo, landline, home phone, стаціонарний телефон,
        festnetz, festnetznummer, telefon privat""",
    "name": """nombre, nombre completo, nombres y apellidos, nombre y apellido, nombre y apellidos,
        apellidos y nombres, nombres apellidos, nombre apellido, nombre 1, nombre del firmante, nome, nome completo,
        name, full name, signer name, contacto, ім'я, піб, імя та прізвище, прізвище та ім'я,
        прізвище ім'я по батькові, повне ім'я, ім'я підписанта, name und vorname, vor und nachname, vorname nachname,
        vorname und nachname, vollständiger name, vor und zuname, nome e sobrenome, sobrenome e nome, nome e apelido,
        ім'я прізвище, прізвище ім'я, піп, display name""",
    "first name": """nombres, primer nombre, nombre de pila, primeiro nome, first name, given name, власне ім'я,
        vorname, fname, forename, prenome, nombre propio, ім'я та по батькові""",
    "last name": """apellido, apellidos, apellido paterno, sobrenome, apelido, last name, surname, family name,
        прізвище, nachname, familienname, zuname, lname, sobrenomes, apelidos, primer apellido""",
    "identity": """rut, run, dni, cédula, cédula de identidad, cédula de ciudadanía, número de cédula, número cédula,
        nro cédula, no cédula, documento, documento de identidad, número de documento, número documento, nro documento,
        no documento, núm documento, número de documento de identidad, identificación, número de identificación,
        número identificación, nro identificación, no identificación, núm identificación, pasaporte,
        número de pasaporte, id document, document, document number, document no, id number, id no, identification,
        identification number, identity number, identity document, national id, passport, passport number, cpf, rntrc,
        rnokpp, іпн, інн, рнокпп, ідентифікаційний код, ідентифікаційний номер, документ, номер документа, паспорт,
        номер паспорта, серія та номер паспорта, ausweisnummer, personalausweis, personalausweisnummer, reisepass,
        passnummer""",
    "identity type": """tipo identificación, tipo de identificación, tipo documento, tipo de documento,
        tipo de documento de identidad, tipo doc, tipo de doc, tipo id, tipo de id, clase de documento, document type,
        document kind, type of document, id type, id document type, identification type, identity type,
        tipo do documento, тип документа, тип документу, вид документа""",
    "company": """empresa, razón social, nombre empresa, nombre de la empresa, nombre de empresa, compañía,
        nombre de la compañía, organización, razão social, company, company name, business name, organization,
        organisation, компанія, підприємство, організація, назва компанії, назва підприємства, назва організації,
        unternehmen, firmenname""",
    "company identity": """nit, número de nit, nro nit, no nit, rut empresa, rut de la empresa, nit empresa,
        nit de la empresa, identificación empresa, identificación de la empresa, documento de la empresa,
        company identification, company identification number, company id, company number, company tax id,
        registration number, cnpj, tax id, єдрпоу, код єдрпоу, код компанії, код підприємства, код організації""",
    "company identity type": """company identification type, company id type, company document type,
        tipo identificación empresa, tipo de identificación empresa, tipo de identificación de la empresa,
        tipo documento empresa, tipo de documento empresa, tipo de documento de la empresa, тип документа компанії,
        тип коду компанії""",
    "birth": """fecha de nacimiento, fecha nacimiento, nacimiento, cumpleaños, data de nascimento, date of birth,
        birth date, birthday, birthdate, dob, дата народження, geburtsdatum, geburtstag, geboren am, geb datum,
        nascimento, data nascimento, dt nascimento, fec nacimiento, f nacimiento, fnacimiento, fecnac, fechanac, f nac,
        fnac, fec nac, fecha nac, nacido, nacido el, fecha de cumpleaños, nasc, dt nasc, data nasc, aniversário, bday,
        birth, born, date birth, дата нар, день народження""",
    "date": """fecha, data, date, día, дата, datum""",
    "address": """dirección, domicilio, calle, endereço, morada, address, street, адреса, anschrift, adresse, straße,
        wohnanschrift, endereço residencial, domicilio particular, street address, home address, mailing address,
        адреса проживання, вулиця""",
    "town": "comuna, municipio, município, район",
    "city": """ciudad, cidade, city, місто, town, localidad, localidade, stadt, ort, wohnort, ciudad de residencia,
        ciudad residencia, poblacion, home city, населений пункт""",
    "country": """país, country, країна, land, staat, país de residencia, país residencia, país de domicilio, nación,
        country of residence, nation, країна проживання, держава""",
    "dial code": """prefijo, prefijo telefónico, prefijo internacional, prefijo país, prefijo del país, indicativo,
        indicativo país, indicativo de país, indicativo internacional, código de país, código país, código del país,
        cód país, cod país, código internacional, código telefónico, prefixo, código do país, ddi, prefix,
        phone prefix, country code, country prefix, calling code, country calling code, dial code, dialing code,
        dialling code, phone code, phone country code, international code, vorwahl, ländervorwahl, landesvorwahl,
        länderkennzahl, ländercode, landescode, код країни, телефонний код, телефонний код країни, міжнародний код""",
    "user": """usuario, nombre de usuario, nombre usuario, nombre de inicio de sesión, inicio de sesión,
        cuenta de usuario, usuário, user, username, user name, user account, login, login name, logon, logon name,
        користувач, ім'я користувача, ім'я для входу, обліковий запис, логін, benutzer, benutzername, anmeldename,
        nome de usuário""",
    "domain": """dominio, nombre de dominio, nombre del dominio, nombre dominio, dominio de red, domínio,
        nome do domínio, domain, domain name, network domain, домен, ім'я домену, назва домену""",
    "card": """tarjeta, código de tarjeta, código tarjeta, número de tarjeta, número tarjeta, nro tarjeta, no tarjeta,
        identificador físico, credencial, cartão, código do cartão, card, card code, card number, card no, card id,
        badge, badge number, badge id, rfid, картка, код картки, номер картки, перепустка, номер перепустки, karte,
        kartennummer, ausweis nr, kartencode""",
    "order": """orden, orden de firma, orden firma, turno, turno de firma, ordem, order, signing order, sign order,
        signing turn, порядок, порядок підпису, порядок підписання, черга, черговість""",
    "approver": """aprobador, es aprobador, aprueba, aprovador, approver, is approver, approves, погоджувач, погоджує,
        затверджує""",
    "signature kind": """tipo firma, tipo de firma, clase de firma, tipo de assinatura, signature type, signature kind,
        type of signature, kind of signature, тип підпису, вид підпису""",
    "signer kind": """tipo firmante, tipo de firmante, clase de firmante, tipo persona, tipo de persona, signer type,
        signer kind, type of signer, person type, type of person, тип підписанта, тип особи, вид особи""",
    "identity service": """servicio identidad, servicio de identidad, validación de identidad,
        verificación de identidad, identity service, identity check, identity verification, перевірка особи,
        послуга ідентифікації""",
    "role": "rol, role, роль",
    "role in the document": """operation rol, operation role, rol de operación, rol en el documento, rol del documento,
        rol de firma, role in the document, document role, signing role, роль у документі, роль підписання""",
    "states told of": """states, states told of, notify states, notified states, states to notify, estados a notificar,
        estados notificados, estados de notificación, стани для сповіщення, статуси для сповіщення""",
    "comments allowed": """enable comments, allow comments, comments allowed, permite comentarios,
        permitir comentarios, habilitar comentarios, comentarios habilitados, дозволити коментарі,
        коментарі дозволено""",
    "signs on site": """on premise signature, sign on site, signs on site, on site signature, in person signature,
        firma en sitio, firma en el sitio, permite firma en sitio, firma presencial, підпис на місці""",
    "amount": """monto, importe, valor, cantidad, total, monto del pagaré, valor del pagaré, quantia, montante, amount,
        value, сума, сума векселя, betrag, summe, wert, monto total, importe total, valor total, total amount""",
    "due day": """expiration, expiration date, expiry, expiry date, due date, maturity date, vencimiento,
        fecha de vencimiento, fecha vencimiento, data de vencimento, термін сплати, дата погашення, строк платежу""",
    "reference": """reference, reference number, reference no, referencia, número de referencia, nro referencia,
        referência, референція, посилання""",
    "way of payment": """payment way, way of payment, payment method, forma de pago, forma pago, método de pago,
        medio de pago, forma de pagamento, спосіб оплати, форма оплати""",
    "place of payment": """payment place, place of payment, lugar de pago, lugar pago, ciudad de pago,
        local de pagamento, місце платежу, місце оплати""",
    "consecutive": """consecutive, consecutive number, consecutivo, número consecutivo, consecutivo del pagaré,
        порядковий номер, номер векселя""",
    "template": """template id, template, template number, plantilla, id plantilla, id de plantilla,
        número de plantilla, modelo de documento, шаблон, номер шаблону""",
}
CONCEPTS = {folded(word): concept for concept, words in _WORDS.items() for word in words.split(",")}
KINDS = {folded(word) for word in ("tipo", "clase", "type", "kind", "тип", "вид")}  # of what, only the values tell
_LINKS = {"de", "del", "la", "el", "los", "las", "y", "e", "en", "of", "the", "and", "do", "da", "і", "та"}
_NEUTRAL = """cliente, clientes, titular, contacto, principal, personal, particular, nro, no, n, num, número, numero,
    nº, 1, primario, actual, persona, personas, propio, firmante, deudor, estudiante, alumno, paciente, socio,
    afiliado, trabajador, empleado, colaborador, asociado, miembro, suscriptor, obligatorio, opcional, requerido,
    completo, móvil, celular, dígitos, sin, con, puntos, guión, customer, client, contact, main, primary, number,
    required, optional, signer, person, value, valor, o, a, os, as, wert, значення, cuál, qué, es, tu, su, tus, sus,
    indique, ingrese, escriba, ingresa, escribe, favor, por, what, is, your, my, enter, please, qual, é, seu, sua,
    informe, wie, lautet, ihr, ihre, dein, deine, bitte, яке, який, яка, ваше, ваш, ваша, вкажіть, introduzca,
    introduce, de usted, kunde, kunden, privat, клієнта, контактний, контактна, основний, основна, номер, особистий,
    повний, clp, cop, uah, грн, гривень, pesos"""
NEUTRAL = {folded(word) for word in _NEUTRAL.split(",")} | _LINKS  # change nothing of what a name speaks of
_OTHERS = """vendedor, vendedora, ejecutivo, ejecutiva, asesor, asesora, agente, supervisor, jefe, gerente, encargado,
    responsable, coordinador, promotor, apoderado, aval, fiador, codeudor, cónyuge, esposo, esposa, pareja, padre,
    madre, hijo, hija, tutor, representante, referencia, referido, emergencia, empresa, compañía, sucursal, oficina,
    tienda, banco, bancaria, proveedor, fax, compra, pago, venta, registro, creación, actualización, vencimiento,
    entrega, contrato, factura, pedido, cuenta, producto, archivo, secretaria, abogado, médico, doctor, profesor,
    docente, anterior, antiguo, alternativo, secundario, seller, salesperson, agent, manager, executive, spouse,
    parent, emergency, company, office, purchase, payment, order, account, invoice, менеджер, продавець, продавця,
    керівник, компанії, рахунок, facturación, cobranza, despacho, mascota, vecino, beneficiario, garante, colegio,
    notario, arrendador, corredor, contador, chefe, cônjuge, pai, mãe, filho, filha, loja, fornecedor, faturamento,
    cobrança, pagamento, advogado, secundário, antigo, responsável, avalista, billing, shipping, supplier, vendor,
    boss, wife, husband, mother, father, child, pet, shop, store, bank, branch, previous, old, secondary, alternative,
    guarantor, referral, lawyer, магазин, магазину, менеджера, керівника, постачальник, постачальника, компанія, фірми,
    банк, банку, дружини, чоловіка, матері, батька, сина, дочки, лікаря, адвоката, попередній, старий, додатковий,
    замовлення, покупки, договору, оплати, рахунку, бухгалтера, представника, опікуна, офісу, відділення, hermano,
    hermana, abuelo, abuela, tío, tía, suegro, suegra, cuñado, cuñada, amigo, amiga, novio, novia, sobrino, sobrina,
    nieto, nieta, irmão, irmã, avó, avô, tio, tia, brother, sister, friend, uncle, aunt, grandmother, partner, брата,
    сестри, друга, ehemann, ehefrau, ehepartner, mutter, vater, eltern, bruder, schwester, freund, kind, chef,
    vertreter, vertriebler, lieferant, filiale, büro, geschäft, notfall, bürge, rechnung, konto, bestellung, vertrag,
    zweit, alt, alte, alter, früher, früherer"""
_UNFIT = """inválido, inválida, inválidos, inválidas, invalid, ungültig, недійсний, недійсна, errado, errada, errados,
    erróneo, errónea, erróneos, incorrecto, incorrecta, incorrectos, incorreto, incorreta, malo, mala, malos, wrong,
    falsch, неправильний, неправильна, falso, falsa, fake, viejo, vieja, velho, velha, rebotado, rebotados, rebota,
    bounced, bounce, baja, eliminado, eliminada, eliminar, borrado, borrar, deleted, delete, excluir, exclude, ignorar,
    ignore, omitir, descartar, descartado, obsoleto, obsoleta, obsolete, deprecated, veraltet, застарілий, caducado,
    vencido, vencida, bloqueado, bloqueada, blocked, gesperrt, prueba, pruebas, test, teste, тест, duplicado,
    duplicate, inactivo, inactiva, inactive, inativo, desuso, unsubscribed, desuscrito, dead"""
OTHERS = {folded(word) for word in (_OTHERS + "," + _UNFIT).split(",")}  # of somebody or something else, or of no use
_NEGATIONS = {
    folded(word)
    for word in [
        "no",
        "not",
        "never",
        "nunca",
        "jamás",
        "sin",
        "sem",
        "não",
        "without",
        "don",
        "ohne",
        "nicht",
        "kein",
        "keine",
        "не",
        "без",
    ]
}
_BEFORE = _NEGATIONS | {folded(word) for word in ["con", "with", "com", "mit"]}  # whether there is any
_FORM = """puntos, guion, guión, guiones, dígitos, dígito, verificador, dv, espacios, código, prefijo, cero, ceros,
    tildes, acentos, comas, signos, símbolos, decimales, separador, separadores, país, obligatorio, obligatoria,
    requerido, obrigatório, required, mandatory, pflichtfeld, обов'язково, incluir, include, anteponer, spaces, dots,
    dashes, hyphen, hyphens, code, leading, zeros, zero, pontos, traço, traços, espaços, sonderzeichen, leerzeichen,
    пробілів, крапок, abreviar, abreviaturas, mayúsculas, minúsculas"""
_HOW = {folded(word) for word in _FORM.split(",")}  # is said of the form in which something is to be written
_UNITS = {
    folded(word)
    for word in (
        *("usd", "uf", "utm", "eur", "euros", "dólares", "dollars", "m", "mm", "k", "miles", "millón", "millones"),
        *("thousands", "millions", "mil", "milhares", "milhões", "tausend", "millionen", "тис", "млн"),
    )
}  # in which an amount is another number
_NUMBERED = {"phone", "landline", "identity", "company identity", "card", "reference", "consecutive", "template"}
_MEANINGLESS = re.compile(
    r"(?:column|columna|col|campo|field|datos?|data|unnamed|var|sin nombre|valor|value|f)?\s?:?\s?\d*|\w{1,2}"
).fullmatch
_NUMBERING = re.compile(r"^\s{0,9}(?:(?:\d{1,3}|[IVX]{2,4}|[Pp]\d{1,3})[.):]-?|[A-Za-z]\))\s{1,9}|</?[a-z]{1,6}>")
_IN_BRACKETS = re.compile(r"^\s{0,9}[(\[]([^()\[\]]{1,100})[)\]]\s{0,9}$")  # as a whole, as databases write names


@dataclass(frozen=True)
class Spoken:
    """What a name of a column or field speaks of."""

    concept: str | None  # "" where it speaks of two things
    whole: bool  # whether it says nothing else
    vetoed: bool  # whether it speaks of somebody or something else besides
    meaningless: bool


def concept_of(name: str) -> str | None:
    """What a name speaks of, where it speaks of one thing and says nothing else."""
    plain = folded(name)
    concept = CONCEPTS.get(plain) or CONCEPTS.get(plain.removesuffix("s")) or CONCEPTS.get(plain.removesuffix("es"))
    return concept or _abbreviated(words_of(name), "." in name)


@lru_cache(maxsize=4096)
def spoken(name: str) -> Spoken:
    """What a name speaks of, or a part of it."""
    meaningless = bool(_MEANINGLESS(name.strip().casefold()))
    name = _IN_BRACKETS.sub(r"\1", _NUMBERING.sub("", name))
    aside = {folded(word) for text in re.findall(r"[(\[]([^)\]]{0,60})", name) for word in words_of(text)}
    base = re.sub(r"[(\[][^)\]]{0,60}[)\]]?|[*:¿?¡!]", " ", name)
    if concept := concept_of(base):
        return Spoken(concept, True, _is_denied(concept, aside), meaningless)
    words = words_of(base)
    for n in (4, 3, 2, 1):
        for i in range(len(words) - n + 1):
            if concept := CONCEPTS.get(folded("".join(words[i : i + n]))):
                before, after = [[folded(word) for word in some] for some in (words[:i], words[i + n :])]
                rest = {*before, *after} | (aside & OTHERS)
                more = {
                    word for word in rest if word not in NEUTRAL and CONCEPTS.get(word, concept) == concept
                } - CONCEPTS.keys()
                other = {word for word in rest - NEUTRAL if CONCEPTS.get(word, concept) != concept}
                denied = _is_denied(concept, aside, before, after)
                return Spoken(concept, not more and not other, bool(other or rest & OTHERS) or denied, False)
    return Spoken(None, False, bool({folded(word) for word in words} & OTHERS), meaningless)


def _is_denied(concept: str, aside: set[str], before: Sequence[str] = (), after: Sequence[str] = ()) -> bool:
    """Whether a name says in passing that there is none of what it speaks of, or that it is not to be used."""
    numbered = concept in _NUMBERED  # as in "teléfono no. 1"
    around = {*before} & _BEFORE - ({"no"} if numbered else set())
    behind = {*after[:-1]} if numbered and after[-1:] == ["no"] else {*after}
    unit = concept == "amount" and aside & _UNITS
    return bool(aside & OTHERS or unit or around or _is_negated(aside) or _is_negated(behind))


def _is_negated(words: set[str]) -> bool:
    """Whether words deny something else than a form in which it is written."""
    plain = {word for word in words - _NEGATIONS - NEUTRAL - _HOW if not word.isdigit()}
    return bool(words & _NEGATIONS and (plain or not words - _NEGATIONS))


def denies(text: str) -> bool:
    """Whether words beside a value say that it is of somebody else, or not to be used: "no llamar"."""
    return not {folded(word) for word in words_of(text)}.isdisjoint(OTHERS | _NEGATIONS)


def words_of(name: str) -> list[str]:
    """The words of a name, also of one as phoneNumber."""
    parted = re.sub(r"([A-ZÁÉÍÓÚÑ]{2,})", lambda m: m[1].title(), name[:200].replace("_", " "))
    return re.findall(r"\w[^\W\dA-Z]*|\d+", parted)


@lru_cache(maxsize=1)
def _phrases() -> dict[int, list[tuple[list[str], str]]]:
    """The words of each name of a concept, by their number."""
    phrases: dict[int, list[tuple[list[str], str]]] = {}
    for concept, names in _WORDS.items():
        for name in names.split(","):
            words = [folded(word) for word in name.split() if word not in _LINKS]
            phrases.setdefault(len(words), []).append((words, concept))
    return phrases


def _abbreviated(words: list[str], dotted: bool) -> str | None:
    """What a name speaks of whose words are cut short: Fecha nac."""
    short = [folded(word) for word in words if folded(word) not in _LINKS]
    if not short or max(map(len, short)) < 3 or (len(short) == 1 and not dotted):
        return None
    pairs = _phrases().get(len(short), ())
    concepts = {concept for long, concept in pairs if all(a.startswith(b) for a, b in zip(long, short, strict=True))}
    return concepts.pop() if len(concepts) == 1 else None
