"""Runs each recipe with a call, and README.md's commands as they stand there; looks at what comes out.

recipes.py readme, or recipes.py RECIPE [CODEC]. A command of the README is changed in its port only, to be free
(recorder.on_free_port), and where it sends RTP to. SPDX-License-Identifier: LGPL-2.1-or-later
"""
import os
import re
import socket
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "sipp"))
import recorder  # noqa: E402  (it lives with the client that calls)

SECONDS = 3
TONES = (440, 880)
LAUNCHER = os.path.join(recorder.TOP, "pipelines", "siprec-launch")


# The call lasts a second longer than its sound, so each packet has to arrive.
def call_both(server, folder, lines=2, codec="PCMU"):
    voices = [recorder.tone(os.path.join(folder, "tone%d.wav" % t), t, SECONDS) for t in TONES]
    assert server.call("call", *voices[:lines], d=SECONDS + 1, n=lines, c=codec) == 0, \
        "".join(server.output)
    server.end()


def check_voice(channel, frequency, late):
    """A channel holds one party's tone, whole; or nothing, for @frequency 0. The call was @late seconds behind."""
    if frequency:
        assert abs(channel["frequency"] - frequency) < 10, channel
        heard = channel["last_sound"] - channel["first_sound"]
        assert abs(heard - SECONDS) < 0.05 + late, (channel, late)
        # Silence in Opus is made of whole frames, so up to one of 20 ms may be missing before the first
        # packet, and its decoder swallows the pre-skip.
        assert channel["gap_time"] < (0.03 if channel["rate"] == 48000 else 0.001) + late, (channel, late)
        assert channel["first_sound"] < 1 + late, (channel, late)
    else:
        assert channel["silence"] > 0.99, channel
    assert SECONDS + 0.9 < channel["duration"] < SECONDS + 2 + late, (channel, late)


def check_file(path, server, tones=TONES):
    """What a file of some name has to hold, whichever recipe of @server wrote it."""
    name = os.path.basename(path)
    if name.endswith(".ndjson"):
        kinds = [event["type"] for event in recorder.events(path)]
        assert kinds[0] == "siprec.session.started" and kinds[-1] == "siprec.session.ended", kinds
        return
    channels = recorder.measure(path)
    numbered = re.match(r"audio_(\d)\.mkv", name)
    if numbered:  # one voice, in both channels if the codec has two
        wanted = [tones[int(numbered[1])]] * len(channels)
    else:
        wanted = tones if name == "call.flac" else tones[:1]
    assert channels and len(channels) == len(wanted), channels
    for channel, frequency in zip(channels, wanted):
        check_voice(channel, frequency, server.lateness)


def output(*command):
    return subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE).stdout


class Receivers:
    """Two UDP ports in place of another host's."""

    def __init__(self):
        self.sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in TONES]
        for each in self.sockets:
            each.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
            each.bind(("127.0.0.1", 0))
            each.setblocking(False)
        self.ports = [each.getsockname()[1] for each in self.sockets]

    def check(self):
        for each in self.sockets:
            packets = []
            while True:
                try:
                    packets.append(each.recv(2048))
                except BlockingIOError:
                    break
            assert len(packets) == 50 * SECONDS, len(packets)
            odd = [p.hex() for p in packets if p[0] >> 6 != 2 or len(p) != 172]
            assert not odd, odd


def readme(folder):
    with open(os.path.join(recorder.TOP, "README.md"), encoding="utf-8") as page:
        commands = re.findall(r"^```sh\n(.*?)^```", page.read(), re.M | re.S)
    assert len(commands) >= 6, commands
    for number, command in enumerate(commands):
        place = os.path.join(folder, str(number))
        os.mkdir(place)
        receivers = Receivers()
        text = recorder.on_free_port(command)
        for written, free in zip(("port=5004", "port=5006"), receivers.ports):
            text = text.replace(written, "port=%d" % free)
        print(text, flush=True)
        with recorder.Recorder("exec " + text, cwd=place) as server:
            call_both(server, folder)
        for name in re.findall(r"location=(\S+)", command):
            check_file(os.path.join(place, name), server)
        if "udpsink" in command:
            receivers.check()


def start(recipe, folder, *settings):
    return recorder.Recorder([LAUNCHER, "-v", recipe, "URI=sip:127.0.0.1:0", *settings], cwd=folder)


def record(folder, codec="PCMU"):
    """One line more than the call has: its file is silent and as long as the others."""
    with start("record", folder, "STREAMS=3", "DIR=" + folder) as server:
        call_both(server, folder, codec=codec)
    tones = TONES + (0,)
    for number in range(3):
        check_file(os.path.join(folder, "audio_%d.mkv" % number), server, tones)
    check_file(os.path.join(folder, "events.ndjson"), server)
    lengths = [recorder.measure(os.path.join(folder, "audio_%d.mkv" % n))[0]["duration"] for n in range(3)]
    assert max(lengths) - min(lengths) < 0.05 + server.lateness, (lengths, server.lateness)


def stereo(folder):
    """A call of one party ends too; the other side is silent."""
    with start("stereo", folder) as server:
        call_both(server, folder, lines=1)
    check_file(os.path.join(folder, "call.flac"), server, (TONES[0], 0))


def listen(folder):
    with start("listen", folder, "SINK=wavenc ! filesink location=mix.wav") as server:
        call_both(server, folder)
    (channel,) = recorder.measure(os.path.join(folder, "mix.wav"))
    assert channel["last_sound"] - channel["first_sound"] > SECONDS - 0.05 - server.lateness, channel


def events(folder):
    with start("events", folder) as server:
        call_both(server, folder)
    check_file(os.path.join(folder, "events.ndjson"), server)


def captions(folder):
    """Players find a subtitle track beside the voices, with what happened when it happened."""
    voices = [recorder.tone(os.path.join(folder, "tone%d.wav" % t), t, SECONDS) for t in TONES]
    with start("captions", folder) as server:
        assert server.call("hold", *voices, d=SECONDS) == 0, "".join(server.output)
        server.end()
    path = os.path.join(folder, "call.mkv")
    kinds = output("ffprobe", "-v", "error", "-show_entries", "stream=codec_type,codec_name", "-of", "csv=p=0", path)
    assert kinds.split() == ["pcm_mulaw,audio", "pcm_mulaw,audio", "subrip,subtitle"], kinds
    shown = output("ffmpeg", "-v", "error", "-i", path, "-map", "0:s", "-f", "srt", "-")
    found = re.findall(r"^\d\d:\d\d:(\d\d),\d+ --> .*\n(.*)\n", shown, re.M)
    assert [text for _, text in found] == [name + what for what in (" joined", " on hold", " resumed")
                                           for name in ("Alice", "Bob")], shown
    assert int(found[0][0]) == 0 and int(found[2][0]) >= SECONDS, shown


def forward(folder):
    receivers = Receivers()
    with start("forward", folder, *("PORT%d=%d" % pair for pair in enumerate(receivers.ports))) as server:
        call_both(server, folder)
    receivers.check()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as FOLDER:
        globals()[sys.argv[1]](FOLDER, *sys.argv[2:])
