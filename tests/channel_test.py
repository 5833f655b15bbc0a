"""What processes tell one another: the roll, what they agree on, and who is gone."""

import os
import random
import socket
import threading
import time

import pytest

from deepx.engine import channel, hosts
from deepx.engine.channel import Hub
from deepx.engine.errors import UserError
from deepx.engine.link import Link

HOST = socket.gethostname()
# How a thread ends that would have ended its process.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("", 0))
        return probe.getsockname()[1]


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(channel, "BEAT", 0.05)


@pytest.fixture
def ended(monkeypatch):
    """The statuses with which this process would have ended."""
    statuses = []

    def leave(status):
        statuses.append(status)
        raise SystemExit

    monkeypatch.setattr(os, "_exit", leave)
    return statuses


def in_threads(calls):
    """What every call gives or raises."""
    found = [None] * len(calls)

    def one(i, call):
        try:
            found[i] = call()
        except UserError as error:
            found[i] = str(error)

    threads = [threading.Thread(target=one, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive()
    return found


def joined(processes, *, facts=None, count=None, numbers=None, within=10.0):
    """A hub, and the links of processes that come to it, or what they are told."""
    port = free_port()
    hub = Hub(port, processes, within)
    hub.service(1)
    facts = facts or {}
    calls = [
        lambda i=i: Link(f"localhost:{port}", i, (count or {}).get(i, processes), facts.get(i, {"config.x": 1}), within)
        for i in (range(processes) if numbers is None else numbers)
    ]
    links = in_threads(calls)
    for link in links:
        if isinstance(link, Link):
            link.start(hub if link.process == 0 else None)
    return hub, links


def wait_for(condition):
    until = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)


def test_what_each_gives_comes_to_all_in_their_order():
    _, links = joined(3)
    assert in_threads([lambda k=link: k.exchange([k.process]) for link in links]) == 3 * [[[0], [1], [2]]]
    assert in_threads([lambda k=link: k.exchange(k.process) for link in links]) == 3 * [[0, 1, 2]]
    with pytest.raises(TimeoutError):
        links[1].exchange("alone", seconds=0.1)


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"count": {1: 4}}, "was told that there are 4 processes, process 0 that there are 3"),
        ({"numbers": [0, 1, 1]}, f"Two processes say that they are process 1, on {HOST} and {HOST}"),
        ({"numbers": [0, 1], "within": 0.5}, rf"Waited 0.5 seconds for 3 processes; there were only 0 \({HOST}\), 1"),
        ({"facts": {2: {"config.x": 2}}}, "process 2 .* were given different runs:\n  config.x: 1 there, 2 here"),
    ],
)
def test_a_roll_that_is_not_right_is_told_to_all(how, said):
    _, found = joined(3, **how)
    for told in found:
        with pytest.raises(UserError, match=said):
            raise UserError(told)


def test_who_comes_too_late_is_sent_away_and_nobody_else(ended):
    hub, links = joined(2)
    with pytest.raises(UserError, match="already has its 2 processes"):
        Link(f"localhost:{hub._server.getsockname()[1]}", 1, 2, {}, 5.0)
    assert in_threads([lambda k=link: k.exchange(1) for link in links]) == [[1, 1], [1, 1]] and not ended


@pytest.mark.parametrize("address", ["localhost:{port}", "no.such.host.invalid:{port}"])
def test_a_coordinator_that_is_not_there_is_told(address):
    with pytest.raises(UserError, match="Process 0 could not be reached at .*Is it started"):
        Link(address.format(port=free_port()), 1, 2, {}, 0.3)


def test_a_port_that_is_taken_and_a_stranger_are_told():
    with socket.create_server(("", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(UserError, match=f"Port {port} of this machine cannot be listened on"):
            Hub(port, 2, 1.0)
        threading.Thread(target=lambda: server.accept()[0].sendall(b"SSH-2.0\r\n"), daemon=True).start()
        with pytest.raises(UserError, match="is no process of this run"):
            Link(f"localhost:{port}", 1, 2, {}, 1.0)


@pytest.mark.parametrize("process", [0, 1])
def test_what_ends_one_ends_all_with_its_status_and_its_reason(process, ended, capfd):
    _, links = joined(3)
    links[process].end(2, "No space left.")
    wait_for(lambda: len(ended) == 2)
    assert ended == [2, 2]
    assert capfd.readouterr().err.count(f"Process {process} ({HOST}): No space left.") == 2


def test_all_name_the_process_whose_connection_closed(ended, capfd):
    _, links = joined(3)
    for link in links:
        link.step, link.resumes = lambda: 40, lambda: "It resumes at step 20."
    wait_for(lambda: links[0].steps.get("1") == 40)
    links[1]._left = True  # as a process that is killed says nothing any more
    links[1]._line.close()
    wait_for(lambda: len(ended) == 2)
    told = f"Process 1 ({HOST}) went away: its connection closed. The last that it told was step 40. It resumes at"
    said = capfd.readouterr().err
    assert ended == [channel.GONE] * 2 and f"deepx: {told}" in said and f"deepx, process 2: {told}" in said


def test_all_name_the_process_that_stands_still(ended, capfd, monkeypatch):
    monkeypatch.setattr(channel, "SILENCE", 0.5)
    monkeypatch.setattr(Link, "_beat", lambda self: 1 / 0 if self.process == 2 else real_beat(self))
    _, links = joined(3)
    wait_for(lambda: len(ended) == 3)  # the one that is given up is told too, should it wake
    assert capfd.readouterr().err.count(f"Process 2 ({HOST}) went away: nothing was heard of it for 0.5 seconds.") == 3


real_beat = Link._beat


@pytest.mark.parametrize("late", [False, True])
def test_a_signal_to_one_stops_all_after_the_same_dispatch(late):
    """However far apart they are; one of them may not even have begun."""
    _, links = joined(3)
    loops = [hosts.Together(link, lambda: 0, 60.0) for link in links]
    looks = [0, 0, 0]

    def train(i):
        while not loops[i].requested:
            looks[i] += 1
            time.sleep(random.uniform(0, 0.02) * (i + 1))

    for loop in loops[: 2 if late else 3]:
        loop.__enter__()
    threads = [threading.Thread(target=train, args=(i,)) for i in range(3)]
    for thread in threads[: 2 if late else 3]:
        thread.start()
    time.sleep(0.2)
    loops[1].noted = True
    if late:
        time.sleep(0.2)
        loops[2].__enter__()
        threads[2].start()
    for thread in threads:
        thread.join(20)
    for loop in reversed(loops):
        loop.__exit__()
    assert looks[0] == looks[1] == looks[2] > 0


def test_a_process_that_has_finished_does_not_hold_the_others_up():
    _, links = joined(2)
    loops = [hosts.Together(link, lambda: 0, 60.0) for link in links]
    for loop in loops:
        loop.__enter__()
    assert not any(loops[0].requested for _ in range(5))  # its last dispatch was the fifth
    loops[0].__exit__()
    loops[1].noted = True
    wait_for(lambda: loops[1]._last is not None)
    assert not any(loops[1].requested for _ in range(5))  # so the other finishes too
    loops[1].__exit__()


def test_no_dispatch_for_long_ends_all_with_the_steps_of_each(ended, capfd):
    _, links = joined(2)
    loops = [
        hosts.Together(link, lambda i=i: 40 + i, after)
        for i, (link, after) in enumerate(zip(links, (60.0, 0.4), strict=True))
    ]
    for loop in loops:
        loop.__enter__()
    wait_for(lambda: len(ended) == 2)
    for loop in reversed(loops):
        loop.__exit__()
    said = capfd.readouterr().err
    assert ended == [channel.GONE] * 2
    assert said.count(f"No dispatch of process 1 ({HOST}) has come back for") == 2
    assert "process 0: 40, process 1: 41" in said
