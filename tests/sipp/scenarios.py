"""Runs one scenario against a recorder: scenarios.py NAME [udp|tcp].

SPDX-License-Identifier: LGPL-2.1-or-later
"""
import collections
import hashlib
import os
import socket
import subprocess
import sys
import tempfile
import time

import recorder

EVENTS = ("gst-launch-1.0 -e siprecsrc name=s local-uri=sip:127.0.0.1:5060 "
          "s.metadata ! filesink location=events.ndjson buffer-mode=unbuffered async=false")


def new_recorder(folder, more=""):
    launch = EVENTS.replace("siprecsrc ", "siprecsrc %s " % more)
    return recorder.Recorder("exec " + recorder.on_free_port(launch), cwd=folder)


class Log:
    """What the metadata pad told of a session that is over."""

    def __init__(self, folder):
        self.events = recorder.events(os.path.join(folder, "events.ndjson"))
        self.count = collections.Counter(e["type"][len("siprec."):] for e in self.events)
        assert self.events[0]["type"] == "siprec.session.started", self.count
        assert self.events[-1]["type"] == "siprec.session.ended", self.count
        numbers = [int(e["sequence"]) for e in self.events]
        assert numbers == list(range(1, len(numbers) + 1)), numbers

    def data(self, kind):
        return [e["data"] for e in self.events if e["type"] == "siprec." + kind]


def answered(folder, name, transport):
    """A call that is taken; the recorder ends with it."""
    voices = [recorder.tone(os.path.join(folder, "%d.wav" % f), f, 4) for f in (440, 880)]
    with new_recorder(folder) as server:
        assert server.call(name, *voices, t=transport, d=1) == 0
        server.end()
    log = Log(folder)
    assert log.count["stream.added"] == 2, log.count
    if name == "sdp-only":
        assert log.count["participant.joined"] == 0, log.count
    else:
        assert {p["name"] for p in map(find_person, log.data("participant.joined"))} == {"Alice", "Bob"}
    if name == "hold":
        assert log.count["stream.held"] == log.count["stream.resumed"] == 2, log.count
    if name == "metadata-update":
        assert [find_person(d)["name"] for d in log.data("participant.updated")] == ["Bob Builder"]


def digest(folder, name, transport):
    """A client that can do MD5 only; who has no password at all is not recorded."""
    users = os.path.join(folder, "users")
    with open(users, "w", encoding="ascii") as file:
        file.write("alice:siprec:%s\n" % hashlib.md5(b"alice:siprec:secret").hexdigest())
    with new_recorder(folder, "auth-file=" + users) as server:
        assert server.call("sdp-only", t=transport, d=0) != 0
        assert server.running()
        assert server.call(name, t=transport, d=0) == 0
        server.end()
    assert "Authorization" not in str(Log(folder).data("session.started"))


def guess(folder, name, transport):
    """401 for each wrong password, and 403 after ten; then the right one is of no use for a while either."""
    users = os.path.join(folder, "users")
    with open(users, "w", encoding="ascii") as file:
        file.write("alice:siprec:%s\n" % hashlib.md5(b"alice:siprec:secret").hexdigest())
    with new_recorder(folder, "auth-file=" + users) as server:
        assert server.call(name, t=transport, d=0) == 0
        assert server.call("digest", t=transport, d=0) != 0
        assert server.running()
        assert not os.path.getsize(os.path.join(folder, "events.ndjson"))


def find_person(data):
    return data.get("participant", data)


def refused(folder, name, transport):
    """A request that gets its own answer and leaves the recorder free for the next call."""
    with new_recorder(folder) as server:
        assert server.call(name, t=transport) == 0
        assert server.running()
        assert server.call("call", t=transport, d=0) == 0
        server.end()
    Log(folder)


def hangup(folder, name, transport):
    with new_recorder(folder) as server:
        client = server.start_call(name, t=transport)
        path = os.path.join(folder, "events.ndjson")
        while not os.path.exists(path) or os.path.getsize(path) == 0:
            time.sleep(0.02)
        server.interrupt()
        assert client.wait() == 0
        server.end()
    Log(folder)


def busy(folder, name, transport):
    with new_recorder(folder) as server:
        first = server.start_call("call", t=transport, d=3)
        path = os.path.join(folder, "events.ndjson")
        while not os.path.exists(path) or os.path.getsize(path) == 0:
            time.sleep(0.02)
        assert server.call(name, t=transport) == 0
        assert first.wait() == 0
        server.end()
    Log(folder)


def no_ack(folder, name, transport):
    with new_recorder(folder) as server:
        assert server.call(name, t=transport) == 0
        server.end()
    assert Log(folder).data("session.ended")[0]["cause"] == "no-ack"


def free_port(kind):
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def cancelled(_folder, name, transport):
    """A call that is cancelled before its answer."""
    with subprocess.Popen([os.path.join(recorder.TOOLS, "take-calls"), "--undecided", "--launch", "fakesrc"],
                          env=recorder.environment(), text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
        try:
            address = server.stdout.readline().split(" sip:")[1].split(",")[0].split(";")[0].strip()
            subprocess.run([os.path.join(recorder.HERE, "call"), "-t", transport, name, address],
                           env=recorder.environment(), check=True)
            assert server.stdout.readline() == "cancelled\n"
            server.stdin.close()
            assert server.wait(20) == 0
        finally:
            server.kill()


def is_bound(transport, port):
    with open("/proc/net/" + transport, encoding="ascii") as table:
        return any(line.split()[1].endswith(":%04X" % port) for line in list(table)[1:])


def called(folder, name, transport):
    """The recorder calls the client."""
    kind = socket.SOCK_STREAM if transport == "tcp" else socket.SOCK_DGRAM
    port = free_port(kind)
    path = os.path.join(folder, "%s.ndjson")
    launch = ("siprecsrc name=s s.audio_0 ! fakesink async=false s.audio_1 ! fakesink async=false "
              "s.metadata ! filesink async=false location=" + path)
    client = subprocess.Popen([os.path.join(recorder.HERE, "call"), "-s", str(port), "-t", transport,
                               "-d", "1", name], env=recorder.environment())
    while not is_bound(transport, port):
        assert client.poll() is None
        time.sleep(0.02)
    server = subprocess.run([os.path.join(recorder.TOOLS, "take-calls"), "--launch", launch, "--call",
                             "sip:client@127.0.0.1:%d;transport=%s" % (port, transport)],
                            env=recorder.environment(), timeout=60, check=True, text=True,
                            stdout=subprocess.PIPE)
    assert "called 200" in server.stdout, server.stdout
    assert client.wait() == 0
    os.rename(next(entry.path for entry in os.scandir(folder) if entry.name.endswith(".ndjson")),
              os.path.join(folder, "events.ndjson"))
    log = Log(folder)
    assert log.data("session.started")[0]["initiator"] == "recorder"
    assert log.count["stream.added"] == log.count["participant.joined"] == 2, log.count


KINDS = {"called": called, "cancel": cancelled, "call": answered, "hold": answered, "metadata-update": answered, "sdp-only": answered,
         "late-cancel": answered, "hangup": hangup, "digest": digest, "guess": guess, "busy": busy, "no-ack": no_ack}

if __name__ == "__main__":
    NAME, TRANSPORT = sys.argv[1], (sys.argv + ["udp"])[2]
    with tempfile.TemporaryDirectory() as FOLDER:
        KINDS.get(NAME, refused)(FOLDER, NAME, TRANSPORT)
