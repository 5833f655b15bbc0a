"""One process's end of the channel to the others: joining, agreeing, and ending with them."""

from __future__ import annotations

import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from deepx.engine import channel
from deepx.engine.channel import GONE, Hub, Line, gone
from deepx.engine.errors import UserError


class Link:
    """A process's connection to the hub, from joining to leaving. What ends another process ends this one too.

    facts:   what must be the same for all, by name.
    within:  seconds until all must have come.
    Raises UserError where process 0 cannot be reached, and where the roll is not complete or not right.
    """

    def __init__(self, address: str, process: int, processes: int, facts: Mapping[str, Any], within: float):
        self.process, self.hosts = process, [""] * processes
        self.steps: dict[str, int] = {}
        self.step: Callable[[], int | None] = lambda: None  # where this process stands
        self.resumes: Callable[[], str] = lambda: ""  # from where the run would go on
        self.on_stop: Callable[[], int] | None = None  # takes hold of the loop, and says where it is
        self.on_agreed: Callable[[int], None] = lambda last: None
        self.look: Callable[[], None] = lambda: None  # at every beat
        self._hub: Hub | None = None
        self._line = _connected(address, within)
        self._line.say(process=process, processes=processes, host=socket.gethostname(), facts=facts)
        self._answers: dict[str, list[Any]] = {}
        self._changed, self._ending = threading.Condition(), threading.Lock()
        self._count, self._left, self._stop_wanted = 0, False, False
        threading.Thread(target=self._beat, daemon=True).start()
        self.service = self._called(address)

    def _called(self, address: str) -> int:
        """The port of JAX's service, when all are there."""
        try:
            while "begin" not in (message := self._line.hear()):
                if "end" in message:
                    raise UserError(message["end"]["text"])
        except ValueError:
            raise UserError(
                f"What answers at {address} is no process of this run. Give --coordinator another port."
            ) from None
        except (EOFError, TimeoutError):
            raise UserError(f"Process 0, at {address}, went away before all processes had come.") from None
        self.hosts = message["begin"]["hosts"]
        return message["begin"]["service"]

    def start(self, hub: Hub | None) -> None:
        """From here on, this process ends where another does. hub: in process 0."""
        self._hub = hub
        threading.Thread(target=self._hear, daemon=True).start()

    @property
    def name(self) -> str:
        """This process and its host."""
        return f"process {self.process} ({self.hosts[self.process]})"

    def exchange(self, value: Any, seconds: float | None = None) -> list[Any]:
        """What every process gives here, in their order; all must come here. Raises TimeoutError."""
        self._count += 1
        key = str(self._count)
        self._line.say(key=key, value=value)
        with self._changed:
            if not self._changed.wait_for(lambda: key in self._answers, seconds):
                raise TimeoutError
            return self._answers.pop(key)

    def stop(self) -> None:
        """Asks all to stop after the same dispatch."""
        self._line.say(stop=True)

    def answer(self) -> None:
        """Says where the loop is, if that was asked before it began."""
        with self._changed:
            wanted, self._stop_wanted = self._stop_wanted, False
        if wanted and self.on_stop:
            self._line.say(key="stop", value=self.on_stop())

    def leave(self) -> None:
        """Returns when all have come here; nobody is missed from then on."""
        self.exchange("leave")
        self._left = True
        self._line.say(bye=True)
        if self._hub:
            self._hub.drain()

    def end(self, status: int, text: str) -> None:
        """Tells all others that the run ends here and why; where one has said so before, waits for the end."""
        if not self._ending.acquire(blocking=False):
            time.sleep(channel.SILENCE)
        self._line.say(end={"status": status, "text": text})
        if self._hub:
            self._hub.drain()

    def give_up(self, text: str) -> None:
        """Ends this process and all others, from whatever thread this is called."""
        self.end(GONE, text)
        self._exit(GONE, text)

    def _hear(self) -> None:
        try:
            while True:
                self._act(self._line.hear())
        except TimeoutError:
            self._alone(f"nothing was heard of it for {channel.SILENCE:g} seconds")
        except (EOFError, ValueError, KeyError, TypeError):
            self._alone("its connection closed")

    def _act(self, message: dict[str, Any]) -> None:
        if "steps" in message:
            self.steps = message["steps"]
        elif message.get("key") == "stop":
            self.on_agreed(max(message["values"]))
        elif "key" in message:
            with self._changed:
                self._answers[message["key"]] = message["values"]
                self._changed.notify_all()
        elif "stop" in message:
            with self._changed:
                self._stop_wanted = True
            if self.on_stop:
                self.answer()
        elif "end" in message:
            self._die(**message["end"])

    def _alone(self, how: str) -> None:
        if not self._left:
            self._die(GONE, gone(0, self.hosts[0], how, self.steps.get("0")))

    def _die(self, status: int, text: str) -> None:
        if not self._ending.acquire(blocking=False):
            return  # this process ends for a reason of its own
        self._line.say(bye=True)
        if self._hub:
            self._hub.drain()
        self._exit(status, text)

    def _exit(self, status: int, text: str) -> None:
        more = f" {self.resumes()}" if status == GONE else ""
        cursor = "\x1b[?25h" if sys.stderr.isatty() else ""  # which the bar had hidden
        print(f"{cursor}\n{signed(self.process)}: {text}{more}", file=sys.stderr, flush=True)
        os._exit(status)

    def _beat(self) -> None:
        while True:
            self._line.say(step=self.step())
            self.look()
            time.sleep(channel.BEAT)


def signed(process: int) -> str:
    """How a message to the user begins: with the process, where it is not the first."""
    return f"deepx, process {process}" if process else "deepx"


def _connected(address: str, within: float) -> Line:
    host, _, port = address.rpartition(":")
    deadline = time.monotonic() + within
    while True:
        try:
            return Line(socket.create_connection((host.strip("[]"), int(port)), timeout=5.0))
        except OSError as error:
            unknown = isinstance(error, socket.gaierror) and error.errno == socket.EAI_NONAME
            if unknown or time.monotonic() > deadline:
                reason = error.strerror or str(error)
                waited = "" if unknown else f" for {within:g} seconds"
                raise UserError(
                    f"Process 0 could not be reached at {address}{waited} ({reason}). Is it started, is this its "
                    "host's name, and may this host open that port there?"
                ) from None
            time.sleep(0.2)
