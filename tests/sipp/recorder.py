"""A recorder as its user runs it, and a phone system that calls it.

SPDX-License-Identifier: LGPL-2.1-or-later
"""
import array
import json
import math
import os
import signal
import socket
import subprocess
import tempfile
import threading
import time
import wave

try:
    from jsonschema import Draft202012Validator as Validator
except ImportError:  # the demo does without
    Validator = None

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
BUILD = os.path.join(TOP, os.environ.get("BUILD", "build"))
TOOLS = os.path.join(BUILD, "tests", "tools")
URI = "local-uri=sip:127.0.0.1:5060"
LAUNCH = "gst-launch-1.0 -e"


def environment():
    """The plugin is the one just built, not one that may be installed."""
    return dict({"GST_REGISTRY": os.path.join(BUILD, "registry.bin")}, **os.environ,
                GST_PLUGIN_PATH_1_0=os.path.join(BUILD, "gst"),
                RTP_PLAY=os.path.join(TOOLS, "rtp-play"))


def free_ports(n):
    """The first, an even one, of @n UDP ports in a row that nobody uses."""
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as first:
            first.bind(("127.0.0.1", 0))
            port = first.getsockname()[1]
        sockets = []
        try:
            for each in range(port, port + n):
                sockets.append(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
                sockets[-1].bind(("127.0.0.1", each))
            if port % 2 == 0:
                return port
        except OSError:
            pass
        finally:
            for each in sockets:
                each.close()


def on_free_port(line):
    """A gst-launch line of the documents, on a port that is free and told by -v."""
    assert URI in line and LAUNCH in line, line
    return line.replace(URI, "local-uri=sip:127.0.0.1:0").replace(LAUNCH, LAUNCH + " -v")


class Recorder:
    """A gst-launch command (with -v) that has a siprecsrc; use it in a `with`."""

    def __init__(self, command, cwd=None):
        self.output = []
        self.address = None
        self.lateness = 0  # by how many seconds the last call was behind, on a loaded machine
        self._clock = False
        self._ready = threading.Event()
        self._process = subprocess.Popen(
            command, shell=isinstance(command, str), cwd=cwd, env=environment(), text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self._process.stdout:
            self.output.append(line)
            if "actual-uri = " in line and not self.address:
                uri = line.split("actual-uri = ")[1].split(",")[0].strip(' "\n')
                self.address = uri.split(":", 1)[1].split(";")[0]
            self._clock = self._clock or line.startswith("New clock")
            if self.address and self._clock:
                self._ready.set()
        self._ready.set()

    def call(self, scenario, *wavs, **options):
        """Places a call and returns sipp's status."""
        self.wait_ready()
        with tempfile.NamedTemporaryFile("r") as report:
            begin = time.monotonic()
            status = self.start_call(scenario, *wavs, report=report.name, **options).wait()
            took = time.monotonic() - begin
            self.lateness = max([json.loads(line)["latest_ms"] / 1000 for line in report] + [0])
        # A second is what it takes sipp to begin and to end.
        self.lateness += max(took - options.get("d", took) - 1, 0)
        return status

    def wait_ready(self):
        self._ready.wait(30)
        assert self.address, "does not listen:\n" + "".join(self.output)

    def start_call(self, scenario, *wavs, report=os.devnull, **options):
        self.wait_ready()
        flags = [text for key, value in options.items() for text in ("-" + key, str(value))]
        return subprocess.Popen([os.path.join(HERE, "call"), *flags, scenario, self.address, *wavs],
                                env=dict(environment(), CALL_REPORT=report))

    def interrupt(self):
        """Ctrl-C."""
        os.killpg(self._process.pid, signal.SIGINT)

    def running(self):
        return self._process.poll() is None

    def end(self, timeout=15):
        """Waits for it to end by itself; its status."""
        try:
            status = self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise AssertionError("does not end:\n" + "".join(self.output)) from None
        self._reader.join()
        assert status == 0, "status %d:\n%s" % (status, "".join(self.output))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.running():
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()


def tone(path, frequency, seconds, rate=16000):
    """Writes a WAV file with a sine tone and returns its path."""
    samples = array.array("h", (int(12000 * math.sin(2 * math.pi * frequency * i / rate))
                                for i in range(int(rate * seconds))))
    with wave.open(path, "wb") as target:
        target.setparams((1, 2, rate, 0, "NONE", None))
        target.writeframes(samples.tobytes())
    return path


def measure(path, *options):
    """What audio-check says of each channel of a recording."""
    text = subprocess.run([os.path.join(TOOLS, "audio-check"), path, *options], check=True, text=True,
                          stdout=subprocess.PIPE, env=environment()).stdout
    return [json.loads(line) for line in text.splitlines()]


def events(path):
    """The events of a file, each of which obeys the schema."""
    with open(path, encoding="utf-8") as lines:
        found = [json.loads(line) for line in lines]
    if Validator:
        with open(os.path.join(TOP, "docs", "events.schema.json"), encoding="utf-8") as schema:
            validator = Validator(json.load(schema))
        for event in found:
            validator.validate(event)
    return found
