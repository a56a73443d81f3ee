"""A process that answers as the vendors do when all is well, as fast as it can or after a fixed delay.

    python server.py [--delay SECONDS] [--refuse named|unnamed]

It prints its port, then serves until it is killed. Nothing is stored: of records, only their number. With `--refuse`,
e-mails at `refused.example` are refused, and the refusal names the value or does not.
`GET /delay/SECONDS` changes the delay.
"""

import argparse
import asyncio
import contextlib
import itertools
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

REFUSED = rb'"([^"]+@refused\.example)"'
FIELDS = (("EMAIL", 2), ("NOMBRE", 0), ("NOTA", 0), ("TELEFONO", 1), ("CIUDAD", 0), ("MONTO", 4))
OK = {"message": "OK", "statusApi": "OK", "code": 200}
RECORD = OK | {"data": {"recordData": {name: f'{name} "Ñuñoa"' for name, _ in FIELDS}}}
DONE = {"codigo": "00", "mensaje": "OK"}
numbers = itertools.count(1)


class Vendor(asyncio.Protocol):
    """One connection. Requests on it are answered one after the other."""

    delay = 0.0
    refuse = ""
    rows = requests = 0

    def connection_made(self, transport: Any) -> None:
        self.transport, self.pending = transport, bytearray()
        self.whole = 0  # bytes of the request that is coming in, once its head is known

    def data_received(self, data: bytes) -> None:
        self.pending += data
        if not self.whole:
            end = self.pending.find(b"\r\n\r\n")
            if end < 0:
                return
            length = re.search(rb"(?i)content-length: *(\d+)", self.pending[:end])
            self.whole, self.head = end + 4 + (int(length[1]) if length else 0), end + 4
        if len(self.pending) >= self.whole:
            request = bytes(self.pending[: self.whole])
            del self.pending[: self.whole]
            self.whole = 0
            status, answer = self.answer(request[: self.head], request[self.head :])
            asyncio.get_running_loop().call_later(self.delay, self.send, status, answer)

    def send(self, status: int, answer: Any) -> None:
        body = answer if isinstance(answer, bytes) else json.dumps(answer, ensure_ascii=False).encode()
        head = f"HTTP/1.1 {status} -\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        self.transport.write(head.encode() + body)

    def answer(self, head: bytes, body: bytes) -> tuple[int, Any]:
        Vendor.requests += 1
        path = head.split(b" ", 2)[1]
        if path.endswith(b"/database/records"):
            return self.records(body)
        if path.startswith(b"/delay/"):
            Vendor.delay = float(path.rsplit(b"/", 1)[1])
            return 200, OK
        if path == b"/requests":
            return 200, {"requests": Vendor.requests}
        if path.startswith(b"/api/v2/database/data?"):
            return 200, RECORD
        route = path.split(b"?")[0].rsplit(b"/", 1)[1].decode()
        return 200, ROUTES[route](body) if route in ROUTES else database(int(route))

    def records(self, body: bytes) -> tuple[int, Any]:
        bad = re.search(REFUSED, body) if self.refuse else None
        if bad:
            value = f": {bad[1].decode()}" if self.refuse == "named" else ""
            return 406, {"statusApi": "FILE_NOT_FOUND", "code": 406, "message": f"Formato de email erróneo{value}"}
        Vendor.rows += body.count(b'{"values"')
        return 200, OK


def database(number: int) -> dict[str, Any]:
    fields = [
        {"id": 100 + i, "name": name, "label": name, "type": kind, "required": False, "options": []}
        for i, (name, kind) in enumerate(FIELDS)
    ]
    about = {"id": number, "name": "Clientes", "createdAt": 1568032184000, "rowCounter": Vendor.rows}
    return OK | {"data": about | {"fieldList": fields}}


def tickets(body: bytes) -> dict[str, Any]:
    asked = json.loads(body)["value"]
    return {
        "response": {"code": 200, "message": "OK"},
        "parametrRequest": [{**person, "idRequest": f"r{next(numbers)}"} for person in asked],
    }


ROUTES: dict[str, Callable[[bytes], Any]] = {
    "crear": lambda body: (
        DONE | ({"token": "t" * 40} if b"password" in body else {"id_transaccion": f"e{next(numbers)}"})
    ),
    "cargar_documento": lambda body: DONE | {"id_documento": f"d{next(numbers)}"},
    "registrar_contacto": lambda body: DONE | {"id_firmante": f"s{next(numbers)}"},
    "vincular": lambda body: DONE,
    "distribuir": lambda body: DONE,
    "token": lambda body: {"accessToken": "t" * 40, "expiresIn": 2592000, "tokenType": "Bearer"},
    "add-card-code": lambda body: b"true",
    "getToken": lambda body: {"token": "t" * 40},
    "createrequest": tickets,
}


@contextlib.contextmanager
def serving(*options: str) -> Iterator[str]:
    """Such a process while this lasts; its address."""
    with subprocess.Popen([sys.executable, __file__, *options], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        finally:
            process.kill()


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--delay", type=float, default=0.0)
    parser.add_argument("--refuse", choices=("named", "unnamed"), default="")
    chosen = parser.parse_args()
    Vendor.delay, Vendor.refuse = chosen.delay, chosen.refuse
    server = await asyncio.get_running_loop().create_server(Vendor, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
