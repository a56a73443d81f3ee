"""The words of the forms, in English, Spanish and Ukrainian. What a vendor says stays in the vendor's language."""

from toolkit.errors import InputError

LANGUAGES = ("en", "es", "uk")
_chosen = ["en"]

WORDS: dict[str, tuple[str, str, str]] = {
    "accept": ("Accept", "Aceptar", "Прийняти"),
    "accept all": ("Accept all proposals", "Aceptar todas las propuestas", "Прийняти всі пропозиції"),
    "again": ("Check again", "Revisar de nuevo", "Перевірити знову"),
    "all rows": (
        "Nothing can be sent before the problems below are corrected. Rows: {bad} of {rows}.",
        "Nada se puede enviar hasta que se corrijan los problemas de abajo. Filas: {bad} de {rows}.",
        "Нічого не можна надіслати, доки проблеми нижче не виправлено. Рядків: {bad} з {rows}.",
    ),
    "all to send": (
        "All {rows} rows can be sent.",
        "Las {rows} filas se pueden enviar.",
        "Усі рядки ({rows}) можна надіслати.",
    ),
    "answered": (
        "{done} of {all} answered so far.",
        "{done} de {all} con respuesta hasta ahora.",
        "Відповіли {done} з {all}.",
    ),
    "ask": ("Ask", "Preguntar", "Запитати"),
    "ask whom": (
        "Give a document or a phone",
        "Indique un documento o un teléfono",
        "Вкажіть документ або телефон",
    ),
    "back": ("Back", "Volver", "Назад"),
    "by numbers": ("Exact numbers", "Números exactos", "Точні числа"),
    "campaign": ("Name of the campaign", "Nombre de la campaña", "Назва кампанії"),
    "cancel": ("Cancel", "Cancelar", "Скасувати"),
    "cancelled": (
        "Cancelled. What was sent is kept, and nothing was lost: send the same sheet again and it goes on where it "
        "stopped.",
        "Cancelado. Lo enviado se conserva y nada se perdió: envíe la misma planilla de nuevo y se continúa donde se "
        "detuvo.",
        "Скасовано. Надіслане збережено: надішліть ту саму таблицю знову, і надсилання продовжиться звідси.",
    ),
    "change": ("Save changes", "Guardar cambios", "Зберегти зміни"),
    "changed": ("Changed", "Cambiado", "Змінено"),
    "column": ("Column", "Columna", "Стовпець"),
    "connect": ("Connect", "Conectar", "Підключити"),
    "connected": ("Connected: {who}", "Conectado: {who}", "Підключено: {who}"),
    "continue": ("Continue", "Continuar", "Далі"),
    "correction": ("Correction", "Corrección", "Виправлення"),
    "costs": (
        "Each question may cost money.",
        "Cada consulta puede tener costo.",
        "Кожен запит може коштувати грошей.",
    ),
    "count": ("Count", "Cantidad", "Кількість"),
    "create": ("Create", "Crear", "Створити"),
    "created": ("Created: {what}", "Creado: {what}", "Створено: {what}"),
    "database": ("Contact database", "Base de datos", "База контактів"),
    "delete_envelope": ("Delete", "Eliminar", "Видалити"),
    "distribute": ("Send for signature", "Enviar a firma", "Надіслати на підпис"),
    "distribute warning": (
        "Real people get e-mail, and it cannot be taken back.",
        "Personas reales reciben un correo, y no se puede deshacer.",
        "Справжні люди отримають листи, і це не можна скасувати.",
    ),
    "document": ("Document", "Documento", "Документ"),
    "documents": ("Files to sign", "Archivos por firmar", "Файли на підпис"),
    "documents help": (
        "A path; a column's name in braces stands for its cell, as contratos/{cedula}.pdf",
        "Una ruta; el nombre de una columna entre llaves equivale a su celda, como contratos/{cedula}.pdf",
        "Шлях; назва стовпця в дужках означає його клітинку, як contratos/{cedula}.pdf",
    ),
    "done": ("Done", "Listo", "Готово"),
    "download": ("Download {name}", "Descargar {name}", "Завантажити {name}"),
    "drafts": ("Make drafts ({count})", "Crear borradores ({count})", "Створити чернетки ({count})"),
    "drafts help": ("Nobody is told yet.", "Todavía no se avisa a nadie.", "Ще нікого не повідомлено."),
    "envelope": ("Envelope", "Sobre", "Конверт"),
    "envelope column": (
        "Column that groups signers into envelopes",
        "Columna que agrupa a los firmantes en sobres",
        "Стовпець, що групує підписантів у конверти",
    ),
    "example": ("as {before} → {after}", "como {before} → {after}", "як {before} → {after}"),
    "fields": ("Fields", "Campos", "Поля"),
    "fixed": (
        "{count} cells are sent in a tidier form, with the same meaning",
        "{count} celdas se envían en una forma más ordenada, con el mismo significado",
        "Клітинок, що надсилаються в охайнішому вигляді: {count}",
    ),
    "found": ("{count} found", "{count} encontrados", "Знайдено: {count}"),
    "give a file": (
        "Choose a file, or type its path",
        "Elija un archivo o escriba su ruta",
        "Виберіть файл або введіть шлях",
    ),
    "go on": ("Go on", "Reanudar", "Продовжити"),
    "guide": (
        "1 Read · 2 Match columns · 3 Check · 4 Send",
        "1 Leer · 2 Asociar columnas · 3 Revisar · 4 Enviar",
        "1 Прочитати · 2 Стовпці · 3 Перевірити · 4 Надіслати",
    ),
    "keep": (
        "Keep the secrets in this computer's keyring",
        "Guardar los secretos en el llavero de este equipo",
        "Зберегти таємниці у сховищі ключів",
    ),
    "leave out": ("(leave out)", "(no usar)", "(не брати)"),
    "load": ("Load", "Cargar", "Завантажити"),
    "look again": ("Look for answers", "Buscar respuestas", "Перевірити відповіді"),
    "look at fields": (
        "Some fields need a look; nothing was sent.",
        "Algunos campos necesitan atención; nada se envió.",
        "Деякі поля потребують уваги; нічого не надіслано.",
    ),
    "match": ("Which column fills which field", "Qué columna llena cada campo", "Який стовпець у яке поле"),
    "meaning": ("Meaning", "Significado", "Значення"),
    "missing": (
        "Required, and filled by no column: {names}",
        "Obligatorio, y ninguna columna lo llena: {names}",
        "Обов'язкові поля без стовпця: {names}",
    ),
    "more field": ("Add a field", "Agregar un campo", "Додати поле"),
    "next": ("Next page", "Página siguiente", "Наступна сторінка"),
    "no": ("No", "No", "Ні"),
    "nothing changed": ("Nothing was changed.", "Nada cambió.", "Нічого не змінено."),
    "of rows": ("{first}–{last} of {all}", "{first}–{last} de {all}", "{first}–{last} з {all}"),
    "only new": (
        "Leave out rows that were sent before",
        "Omitir las filas que ya se enviaron",
        "Пропустити вже надіслані рядки",
    ),
    "open": ("Open", "Abrir", "Відкрити"),
    "outcome": ("Outcome", "Resultado", "Результат"),
    "accepted": ("the vendor said yes", "el proveedor dijo que sí", "система прийняла"),
    "verified": (
        "stored, and counted or read back",
        "guardado, y contado o releído",
        "збережено і перевірено",
    ),
    "rejected": ("the vendor said no", "el proveedor dijo que no", "система відмовила"),
    "unknown": (
        "sent, without a trustworthy answer; never sent again on its own",
        "enviado, sin respuesta confiable; nunca se reenvía por sí solo",
        "надіслано без надійної відповіді; саме не повторюється",
    ),
    "duplicated": ("stored twice by the vendor", "guardado dos veces por el proveedor", "збережено двічі"),
    "not sent": (
        "nothing left this computer for it",
        "nada salió de este equipo para ello",
        "нічого не надіслано",
    ),
    "page": ("Page", "Página", "Сторінка"),
    "first page": ("first", "primera", "перша"),
    "last page": ("last", "última", "остання"),
    "path": ("or its path", "o su ruta", "або шлях до нього"),
    "path help": (
        "Files above 10 MB: give the path. An upload that large never arrives.",
        "Archivos de más de 10 MB: indique la ruta. Una carga tan grande no llega.",
        "Файли понад 10 МБ: вкажіть шлях. Таке завантаження не дійде.",
    ),
    "pause": ("Pause", "Pausar", "Пауза"),
    "paused": (
        "Paused. What was sent is kept; nothing is sent twice.",
        "En pausa. Lo enviado se conserva; nada se envía dos veces.",
        "Призупинено. Надіслане збережено; нічого не надсилається двічі.",
    ),
    "person": ("Signer", "Firmante", "Підписант"),
    "place": ("Where the signatures go", "Dónde van las firmas", "Де ставити підписи"),
    "previous": ("Previous page", "Página anterior", "Попередня сторінка"),
    "problems": ("Cells to look at", "Celdas por revisar", "Клітинки з проблемами"),
    "profile": ("Profile", "Perfil", "Профіль"),
    "profile help": (
        "A name for these settings; secrets are never written into the notebook.",
        "Un nombre para esta configuración; los secretos nunca se escriben en el cuaderno.",
        "Назва цих налаштувань; таємниці ніколи не записуються в блокнот.",
    ),
    "proposal": ("Proposal", "Propuesta", "Пропозиція"),
    "read": ("Read the sheet", "Leer la planilla", "Прочитати таблицю"),
    "record": ("Record", "Registro", "Запис"),
    "refresh": ("Look again", "Mirar de nuevo", "Оновити"),
    "replace codes": (
        "Where a user may have one code only, replace the old one",
        "Donde un usuario puede tener un solo código, reemplazar el anterior",
        "Якщо дозволено лише один код, замінити старий",
    ),
    "required": ("required", "obligatorio", "обов'язково"),
    "result": ("Write the result as a workbook", "Escribir el resultado como planilla", "Записати результат у файл"),
    "result name": ("result", "resultado", "result"),
    "return_to_draft": ("Return to draft", "Devolver a borrador", "Повернути до чернетки"),
    "row": ("Row", "Fila", "Рядок"),
    "rows": ("rows: {count}", "filas: {count}", "рядків: {count}"),
    "rows to send": (
        "{good} of {rows} rows can be sent; {bad} cannot, and stay here.",
        "{good} de {rows} filas se pueden enviar; {bad} no, y se quedan aquí.",
        "{good} з {rows} рядків можна надіслати; {bad} не можна.",
    ),
    "sandbox": (
        'The sandbox needs no form: api = toolkit.connect("sandbox")',
        'El entorno de prueba no necesita formulario: api = toolkit.connect("sandbox")',
        'Пісочниці форма не потрібна: api = toolkit.connect("sandbox")',
    ),
    "search": ("Search", "Buscar", "Шукати"),
    "seconds left": ("{count} s left", "quedan {count} s", "лишилося {count} с"),
    "send": ("Send rows ({count})", "Enviar filas ({count})", "Надіслати рядки ({count})"),
    "sent before": (
        "{sent} of these rows were sent before; {edited} look edited since, {new} are new. Nothing was sent now. Tick "
        "“{choice}” to send only the others.",
        "{sent} de estas filas ya se enviaron; {edited} parecen editadas desde entonces, {new} son nuevas. Nada se "
        "envió ahora. Marque «{choice}» para enviar solo las demás.",
        "{sent} із цих рядків уже надіслано; {edited}, схоже, змінено, нових: {new}. Зараз нічого не надіслано. "
        "Позначте «{choice}», щоб надіслати решту.",
    ),
    "sheet": ("Spreadsheet", "Planilla", "Таблиця"),
    "show code": ("Show code", "Ver código", "Показати код"),
    "signed": ("Signed", "Firmado", "Підписано"),
    "stage": ("State", "Estado", "Стан"),
    "title ask": ("CarmaChain: ask about one person", "CarmaChain: consultar por una persona", "CarmaChain: запит"),
    "title campaign": ("SIGNIO: a campaign", "SIGNIO: una campaña", "SIGNIO: кампанія"),
    "title codes": (
        "nddPrint 360: card codes from a sheet",
        "nddPrint 360: códigos de tarjeta desde una planilla",
        "nddPrint 360: коди карток із таблиці",
    ),
    "title connect": ("Connect to a system", "Conectar con un sistema", "Підключення"),
    "title contacts": (
        "IDA: contacts from a sheet",
        "IDA: contactos desde una planilla",
        "IDA: контакти з таблиці",
    ),
    "title create": ("IDA: a new contact database", "IDA: una nueva base de datos", "IDA: нова база контактів"),
    "title edit": ("IDA: one record", "IDA: un registro", "IDA: один запис"),
    "title envelope": ("SIGNIO: one envelope", "SIGNIO: un sobre", "SIGNIO: один конверт"),
    "title people": (
        "CarmaChain: ask about the people of a sheet",
        "CarmaChain: consultar por las personas de una planilla",
        "CarmaChain: запит про людей із таблиці",
    ),
    "title search": ("SIGNIO: find envelopes", "SIGNIO: buscar sobres", "SIGNIO: пошук конвертів"),
    "sure": ("I am sure", "Estoy seguro", "Я впевнений"),
    "sure first": (
        "Tick “{sure}” first. Nothing was done.",
        "Marque primero «{sure}». No se hizo nada.",
        "Спершу позначте «{sure}». Нічого не зроблено.",
    ),
    "system": ("System", "Sistema", "Система"),
    "turn": ("awaited now", "se espera ahora", "очікується зараз"),
    "turn later": ("not yet", "todavía no", "ще ні"),
    "type the number": (
        "Type how many envelopes are to go out: {count}",
        "Escriba cuántos sobres se enviarán: {count}",
        "Введіть, скільки конвертів надіслати: {count}",
    ),
    "upload": ("Choose a file", "Elegir archivo", "Вибрати файл"),
    "value": ("Value", "Valor", "Значення"),
    "what would be sent": ("What would be made", "Lo que se crearía", "Що буде створено"),
    "why": ("Why", "Por qué", "Чому"),
    "working": ("One moment …", "Un momento …", "Зачекайте …"),
    "written": ("Written to {path}", "Escrito en {path}", "Записано у {path}"),
    "yes": ("Yes", "Sí", "Так"),
    "bottom left": ("bottom left", "abajo a la izquierda", "унизу ліворуч"),
    "bottom centre": ("bottom centre", "abajo al centro", "унизу по центру"),
    "bottom right": ("bottom right", "abajo a la derecha", "унизу праворуч"),
    "middle left": ("middle left", "al medio a la izquierda", "посередині ліворуч"),
    "middle centre": ("middle centre", "al centro", "посередині"),
    "middle right": ("middle right", "al medio a la derecha", "посередині праворуч"),
    "top left": ("top left", "arriba a la izquierda", "угорі ліворуч"),
    "top centre": ("top centre", "arriba al centro", "угорі по центру"),
    "top right": ("top right", "arriba a la derecha", "угорі праворуч"),
}

LABELS: dict[str, tuple[str, str, str]] = {  # of declared fields, by name; a vendor's own names stay as they are
    "birthday": ("Birthday messages", "Mensajes de cumpleaños", "Привітання з днем народження"),
    "birthday_message": ("Birthday message", "Mensaje de cumpleaños", "Привітання"),
    "birthday_message_hour": ("Hour of the message", "Hora del mensaje", "Година привітання"),
    "base_url": ("Address", "Dirección", "Адреса"),
    "categories": ("Categories", "Categorías", "Категорії"),
    "client_id": ("Client id", "Id de cliente", "Id клієнта"),
    "email": ("E-mail", "Correo", "Ел. пошта"),
    "label": ("Label", "Etiqueta", "Підпис"),
    "name": ("Name", "Nombre", "Назва"),
    "password": ("Password", "Contraseña", "Пароль"),
    "record": ("Record number", "Número de registro", "Номер запису"),
    "required": ("Required", "Obligatorio", "Обов'язкове"),
    "secret_key": ("Secret key", "Clave secreta", "Таємний ключ"),
    "sort": ("Order", "Orden", "Порядок"),
    "status": ("State", "Estado", "Стан"),
    "tenant": ("Tenant", "Cliente (tenant)", "Орендар"),
    "token": ("Token", "Token", "Токен"),
    "type": ("Type", "Tipo", "Тип"),
    "updated_from": ("Changed from", "Modificado desde", "Змінено від"),
    "updated_to": ("Changed until", "Modificado hasta", "Змінено до"),
    "username": ("User", "Usuario", "Користувач"),
    "pagina": ("Page (pagina)", "Página (pagina)", "Сторінка (pagina)"),
    "alto": ("Height (alto)", "Alto", "Висота (alto)"),
    "ancho": ("Width (ancho)", "Ancho", "Ширина (ancho)"),
}

HELP: dict[str, str] = {  # what declarations say of fields that forms ask for: English, Spanish
    "A category, or a list of them.": "Una categoría, o varias.",
    "A ready token. Where there is none, the peer is asked for one, and for another every 24 hours.": (
        "Un token listo. Si no hay, se pide uno al nodo, y otro cada 24 horas."
    ),
    "Changed then or before.": "Modificado entonces o antes.",
    "Changed then or later.": "Modificado entonces o después.",
    "From the bottom.": "Desde abajo.",
    "From the left.": "Desde la izquierda.",
    "Height in pixels.": "Alto en píxeles.",
    "Identifier of the client, from the portal.": "Identificador del cliente, según el portal.",
    "Identifier of the message.": "Identificador del mensaje.",
    "Identifier of the record.": "Identificador del registro.",
    "Its password, or the SHA-1 hex digest of it.": "Su contraseña, o el resumen SHA-1 de ella.",
    "Its password.": "Su contraseña.",
    "Its secret key.": "Su clave secreta.",
    "Name of the database.": "Nombre de la base de datos.",
    "Name of the field; the column of a DataFrame that fills it.": "Nombre del campo; la columna que lo llena.",
    "Name shown to people; the name where it is missing.": "Nombre visible; si falta, el nombre.",
    "Number of the identity document. Leading zeros count.": "Número del documento. Los ceros iniciales cuentan.",
    "Only in this state.": "Solo en este estado.",
    "Or a ready API token.": "O un token de API listo.",
    "Or a ready token.": "O un token listo.",
    "Or a ready token. It ends after about two hours, and is then not renewed.": (
        "O un token listo. Dura unas dos horas, y después no se renueva."
    ),
    "Order: - falls, + rises.": "Orden: - baja, + sube.",
    "Page, from 1.": "Página, desde 1.",
    "Part of the name, in capitals or not.": "Parte del nombre, en mayúsculas o no.",
    "Phone, as +380999999999, 380999999999 or 0999999999: all three are one person.": (
        "Teléfono, como +380999999999, 380999999999 o 0999999999: los tres son la misma persona."
    ),
    "The e-mail address that the user was registered with.": "El correo con que se registró el usuario.",
    "The tenant (customer) to work for, as `tenants()` names it; where there is none, the user's own.": (
        "El cliente (tenant) para el que se trabaja, como lo nombra `tenants()`; si falta, el del usuario."
    ),
    "The user's name on the platform.": "El nombre del usuario en la plataforma.",
    "What it holds.": "Qué contiene.",
    "When it is sent, HH:MM.": "Cuándo se envía, HH:MM.",
    "Whether every record must have it.": "Si todo registro debe tenerlo.",
    "Whether it sends birthday messages.": "Si envía mensajes de cumpleaños.",
    "Where the system answers.": "Dónde responde el sistema.",
    "Width in pixels.": "Ancho en píxeles.",
}


def language(code: str) -> None:
    """The language of the forms that are made from now on: "en", "es" or "uk".

    What a vendor's documents and answers say stays as it is; help texts have no Ukrainian yet and are English then.

    Raises:
        InputError: there is no such language.
    """
    if code not in LANGUAGES:
        raise InputError(f"there is no language {code!r}; there are {', '.join(LANGUAGES)}")
    _chosen[0] = code


def word(key: str, **values: object) -> str:
    """One of the words, in the chosen language."""
    said = WORDS[key][LANGUAGES.index(_chosen[0])]
    return said.format(**values) if values else said


def label_of(name: str) -> str:
    """What a declared field is called; its own name where it has no other."""
    return LABELS[name][LANGUAGES.index(_chosen[0])] if name in LABELS else name


def help_of(doc: str) -> str:
    """What a declaration says of a field, in the chosen language where that is known."""
    return HELP.get(doc, doc) if _chosen[0] == "es" else doc
