"""A proxy between a client and a server that goes silent: it takes what is sent, and passes nothing on."""

import contextlib
import socket
import threading
from types import TracebackType


class Proxy:
    """Forwards connections to a port on loopback until it is told to be silent, or to cut them."""

    def __init__(self, port: int) -> None:
        self._to, self._sockets = port, list[socket.socket]()
        self.speaks = threading.Event()
        self.speaks.set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]

    def __enter__(self) -> "Proxy":
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, e: BaseException | None, trace: TracebackType | None) -> None:
        self._listener.close()
        self.cut()

    def silence(self) -> None:
        """Connections stand, and nothing goes through any more."""
        self.speaks.clear()

    def cut(self) -> None:
        """Every connection ends."""
        for each in self._sockets:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        self._sockets.clear()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._to))
                self._sockets += [client, server]
                for source, target in ((client, server), (server, client)):
                    threading.Thread(target=self._forward, args=(source, target), daemon=True).start()

    def _forward(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):  # a reset ends it as an end does
            while data := source.recv(65536):
                if self.speaks.is_set():
                    target.sendall(data)
        if self.speaks.is_set():
            with contextlib.suppress(OSError):
                target.shutdown(socket.SHUT_WR)
