"""What people call the same thing, in four languages. Accents, case and spaces do not count."""

from toolkit.sheets.cells import folded

_WORDS = {
    "email": """correo, correo electrónico, mail, e-mail, email, dirección de correo, casilla, endereço de email,
        email address, пошта, електронна пошта, імейл, мейл""",
    "phone": """teléfono, fono, celular, móvil, cel, tel, tfno, número de teléfono, número celular, teléfono móvil,
        whatsapp, telefone, telemóvel, phone, phone number, mobile, mobile phone, cell, cell phone, телефон, мобільний,
        номер телефону""",
    "landline": "teléfono fijo, fono fijo, red fija, telefone fixo, landline, home phone, стаціонарний телефон",
    "name": """nombre, nombre completo, nombres y apellidos, nombre y apellido, nombre 1, nome, nome completo, name,
        full name, contacto, ім'я, піб, імя та прізвище, повне ім'я""",
    "first name": "nombres, primer nombre, nombre de pila, primeiro nome, first name, given name, власне ім'я",
    "last name": """apellido, apellidos, apellido paterno, sobrenome, apelido, last name, surname, family name,
        прізвище""",
    "identity": """rut, run, dni, cédula, cédula de identidad, cédula de ciudadanía, documento, número de documento,
        nro documento, identificación, número de identificación, id document, document, document number, id number,
        cpf, rntrc, rnokpp, іпн, рнокпп, ідентифікаційний код, номер документа""",
    "identity type": """tipo identificación, tipo de identificación, tipo documento, tipo de documento, document type,
        id type, tipo do documento, тип документа""",
    "company": """empresa, razón social, nombre empresa, compañía, razão social, company, company name, business name,
        компанія, підприємство, назва компанії""",
    "company identity": """nit, rut empresa, nit empresa, identificación empresa, company identification, cnpj, tax id,
        єдрпоу, код єдрпоу""",
    "birth": """fecha de nacimiento, fecha nacimiento, nacimiento, cumpleaños, data de nascimento, date of birth,
        birth date, birthday, birthdate, dob, дата народження""",
    "date": "fecha, data, date, día, дата",
    "address": "dirección, domicilio, calle, endereço, morada, address, street, адреса",
    "town": "comuna, municipio, localidad, town, município, район",
    "city": "ciudad, cidade, city, місто",
    "country": "país, country, країна",
    "user": "usuario, nombre de usuario, usuário, user, username, user name, login, logon, користувач, логін",
    "card": """tarjeta, código de tarjeta, número de tarjeta, credencial, cartão, código do cartão, card, card code,
        card number, badge, картка, код картки, номер картки""",
    "order": "orden, orden de firma, turno, ordem, order, signing order, порядок",
    "amount": "monto, importe, valor, cantidad, total, quantia, montante, amount, value, сума",
}
CONCEPTS = {folded(word): concept for concept, words in _WORDS.items() for word in words.split(",")}
