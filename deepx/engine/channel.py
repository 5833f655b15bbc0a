"""What the processes of one run tell one another beside numbers: lines of JSON over TCP, all through process 0.

The system closes the connections of a process that dies, so that the others know at once, and know who it was; one that
is cut off, or stands still as a whole, is given up when nothing has been heard of it for `SILENCE`.
"""

from __future__ import annotations

import contextlib
import errno
import json
import socket
import threading
import time
from typing import Any

from deepx.engine.errors import UserError

BEAT = 1.0  # seconds between two signs of life
SILENCE = 40.0  # seconds after which a process is given up
LONGEST = 1 << 24  # bytes of a message
GONE = 3  # exit status of those that another process has left alone


class Line:
    """One connection. A message is a dict, on a line of its own."""

    def __init__(self, connection: socket.socket):
        connection.settimeout(SILENCE)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket, self._file, self._lock = connection, connection.makefile("rb"), threading.Lock()

    def say(self, **message: Any) -> None:
        """Sends a message; one to somebody who is gone is lost, as `hear` will tell."""
        with self._lock, contextlib.suppress(OSError):
            self._socket.sendall(json.dumps(message, default=str).encode() + b"\n")

    def hear(self) -> dict[str, Any]:
        """The next message. Raises EOFError at the end, TimeoutError after a silence, ValueError for what is none."""
        try:
            line = self._file.readline(LONGEST)
        except TimeoutError:
            raise
        except OSError as error:
            raise EOFError from error
        if not line:
            raise EOFError
        message = json.loads(line)
        if not isinstance(message, dict):
            raise ValueError("a message must be a dict")
        return message

    def close(self) -> None:
        """Ends the connection, for the other side too."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)


class Hub:
    """In process 0: calls the roll, then passes on what is said. The first to end with a status ends all.

    seconds: how long the others may take to come.
    """

    def __init__(self, port: int, processes: int, seconds: float):
        try:
            self._server = _server(port)
        except OSError as error:
            raise UserError(
                f"Port {port} of this machine cannot be listened on ({error.strerror}). Give --coordinator another "
                "one, on all hosts."
            ) from None
        self._processes, self._deadline, self._seconds = processes, time.monotonic() + seconds, seconds
        self._members: dict[int, Line] = {}
        self._hosts: dict[int, str] = {}
        self._facts: dict[int, dict[str, Any]] = {}
        self._steps: dict[int, int] = {}
        self._said: dict[str, dict[int, Any]] = {}
        self._service: int | None = None
        self._open = self._stopping = False
        self._verdict: dict[str, Any] | None = None
        self._changed = threading.Condition()
        for loop in (self._accept, self._beat):
            threading.Thread(target=loop, daemon=True).start()

    def service(self, port: int) -> None:
        """Where JAX's service answers; the run begins when this is known and all are there."""
        with self._changed:
            self._service = port
            self._begin()

    def drain(self, seconds: float = 10.0) -> None:
        """Returns when no other process listens any more, as process 0 must be the last to end."""
        with self._changed:
            self._changed.wait_for(lambda: not set(self._members) - {0}, seconds)

    def _accept(self) -> None:
        while True:
            connection, _ = self._server.accept()
            threading.Thread(target=self._serve, args=(Line(connection),), daemon=True).start()

    def _beat(self) -> None:
        while True:
            time.sleep(BEAT)
            with self._changed:
                self._tell(steps=self._steps)
                if not self._open and time.monotonic() > self._deadline:
                    here = ", ".join(f"{i} ({self._hosts[i]})" for i in sorted(self._members))
                    self._end(
                        None, 2, f"Waited {self._seconds:g} seconds for {self._processes} processes; there were only "
                        f"{here}. Start the others with the same --coordinator and --processes, or give the number "
                        "that there are."
                    )  # fmt: skip

    def _serve(self, line: Line) -> None:
        try:
            process = self._admit(line, line.hear())
        except (EOFError, TimeoutError, ValueError, KeyError, TypeError):  # nobody of ours
            process = None
        if process is None:
            line.close()
            return
        try:
            while self._hear(process, line.hear()):
                pass
        except TimeoutError:
            self._gone(process, f"nothing was heard of it for {SILENCE:g} seconds")
        except (EOFError, ValueError, KeyError, TypeError):
            self._gone(process, "its connection closed")
        finally:
            line.close()
            with self._changed:
                self._members.pop(process, None)
                self._changed.notify_all()

    def _admit(self, line: Line, hello: dict[str, Any]) -> int | None:
        process, count, host = hello["process"], hello["processes"], hello["host"]
        with self._changed:
            if self._verdict or self._open:
                late = f"The run at this --coordinator already has its {self._processes} processes."
                line.say(end=self._verdict or {"status": 2, "text": late})
                return None
            if count != self._processes:
                line.say(end=self._end(
                    None, 2, f"Process {process} ({host}) was told that there are {count} processes, process 0 that "
                    f"there are {self._processes}. Give all the same --processes."
                ))  # fmt: skip
                return None
            if process in self._members:
                line.say(end=self._end(
                    None, 2, f"Two processes say that they are process {process}, on {self._hosts[process]} and "
                    f"{host}. Give each its own --process, from 0 to {count - 1}."
                ))  # fmt: skip
                return None
            self._members[process], self._hosts[process], self._facts[process] = line, host, hello["facts"]
            self._begin()
        return process

    def _begin(self) -> None:
        if self._open or self._service is None or len(self._members) < self._processes:
            return
        for i, facts in sorted(self._facts.items()):
            if differing := [name for name in facts if facts[name] != self._facts[0].get(name)]:
                table = "".join(
                    f"\n  {name}: {self._facts[0].get(name)} there, {facts[name]} here" for name in differing
                )
                text = (
                    f"Process 0 ({self._hosts[0]}) and process {i} ({self._hosts[i]}) were given different runs:{table}"
                )
                self._end(None, 2, f"{text}\nGive the same command on all hosts.")
                return
        self._open = True
        self._tell(begin={"service": self._service, "hosts": [self._hosts[i] for i in range(self._processes)]})

    def _hear(self, process: int, message: dict[str, Any]) -> bool:
        """Acts on a message; whether more will follow."""
        with self._changed:
            if "step" in message:
                self._steps[process] = message["step"]
            elif "key" in message:
                said = self._said.setdefault(message["key"], {})
                said[process] = message["value"]
                if len(said) == self._processes:
                    del self._said[message["key"]]
                    self._tell(key=message["key"], values=[said[i] for i in range(self._processes)])
            elif "stop" in message and not self._stopping:
                self._stopping = True
                self._tell(stop=True)
            elif "end" in message:
                self._end(process, message["end"]["status"], message["end"]["text"])
            return "bye" not in message and "end" not in message

    def _gone(self, process: int, how: str) -> None:
        with self._changed:
            if not self._open:  # the roll can still be called again
                return
            self._end(None, GONE, gone(process, self._hosts[process], how, self._steps.get(process)))

    def _end(self, process: int | None, status: int, text: str) -> dict[str, Any]:
        if self._verdict is None:
            told = text if process is None else f"Process {process} ({self._hosts[process]}): {text}"
            self._verdict = {"status": status, "text": told}
            for i, line in self._members.items():
                if i != process:
                    line.say(end=self._verdict)
        return self._verdict

    def _tell(self, **message: Any) -> None:
        for line in self._members.values():
            line.say(**message)


def gone(process: int, host: str, how: str, step: int | None) -> str:
    """That a process went away, in a sentence or two."""
    last = "" if step is None else f" The last that it told was step {step}."
    return f"Process {process} ({host}) went away: {how}.{last}"


def _server(port: int) -> socket.socket:
    try:
        return socket.create_server(("", port), family=socket.AF_INET6, dualstack_ipv6=True)
    except (OSError, ValueError) as error:
        if isinstance(error, OSError) and error.errno in (errno.EADDRINUSE, errno.EACCES):
            raise
        return socket.create_server(("", port))  # a machine without IPv6
