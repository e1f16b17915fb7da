"""Runs the recipes for calls with video; ffmpeg has to decode what they write without a word.

video.py CASE: archive, archive-absent, film, film-absent or live. The call is that of tests/tools/video-call.c: a camera
that gets another size after half of the time, and a screen that shows nothing for half of it.
SPDX-License-Identifier: LGPL-2.1-or-later
"""
import array
import json
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "sipp"))
import recorder  # noqa: E402

SECONDS = 4
CAMERA_RATE = 20
LAUNCHER = os.path.join(recorder.TOP, "pipelines", "siprec-launch")
CALL = os.path.join(recorder.TOOLS, "video-call")


def record(recipe, folder, *call, settings=()):
    """Returns what the camera sent, if there is one: H.264 without a container."""
    sent = os.path.join(folder, "camera.h264")

    with recorder.Recorder([LAUNCHER, "-v", recipe, "URI=sip:127.0.0.1:0", *settings], cwd=folder) as server:
        server.wait_ready()
        subprocess.run([CALL, server.address, str(SECONDS), sent, *call], check=True, env=recorder.environment(),
                       stdout=subprocess.DEVNULL)
        server.end(60)
    return sent


def probe(path, *options):
    text = subprocess.run(["ffprobe", "-v", "error", "-of", "json", *options, path], check=True, text=True,
                          stdout=subprocess.PIPE).stdout
    return json.loads(text)


def sizes(path):
    """Width and height of each picture."""
    frames = probe(path, "-select_streams", "v", "-show_entries", "frame=width,height")["frames"]
    return [(frame["width"], frame["height"]) for frame in frames]


def decode(path):
    said = subprocess.run(["ffmpeg", "-v", "error", "-i", path, "-map", "0:v?", "-map", "0:a?", "-f", "null", "-"],
                          check=True, text=True, stderr=subprocess.PIPE).stderr
    assert not said, said


def fingerprints(path, *options):
    """A hash of each picture when it is decoded."""
    text = subprocess.run(["ffmpeg", "-v", "error", *options, "-i", path, "-map", "0:v", "-autoscale", "0", "-f", "framemd5",
                           "-"], check=True, text=True, stdout=subprocess.PIPE).stdout
    return [line.split(",")[-1].strip() for line in text.splitlines() if not line.startswith("#")]


def archive(folder):
    sent = record("video", folder)
    for name in ("audio_0", "audio_1", "video_0", "screen_0"):
        decode(os.path.join(folder, name + ".mkv"))
    half = SECONDS * CAMERA_RATE // 2
    assert sizes(os.path.join(folder, "video_0.mkv")) == [(640, 360)] * half + [(1280, 720)] * half
    assert fingerprints(os.path.join(folder, "video_0.mkv")) == fingerprints(sent, "-f", "h264")
    shown = sizes(os.path.join(folder, "screen_0.mkv"))
    assert shown == [(800, 600)] * 2, shown
    added = [event["data"] for event in recorder.events(os.path.join(folder, "events.ndjson"))
             if event["type"] == "siprec.stream.added"]
    assert [(stream["stream"], stream["codec"]) for stream in added] == [
        ("audio_0", "PCMU"), ("audio_1", "PCMU"), ("video_0", "H264"), ("screen_0", "VP8")], added


def archive_absent(folder):
    record("video", folder, "no-screen", "no-camera")
    decode(os.path.join(folder, "audio_0.mkv"))
    assert os.path.getsize(os.path.join(folder, "video_0.mkv")) < 1000


def grey(path):
    """Every second a small grey picture, as 16 x 9 numbers."""
    data = subprocess.run(["ffmpeg", "-v", "error", "-i", path, "-vf", "fps=1,scale=16:9:flags=area,format=gray", "-f",
                           "rawvideo", "-"], check=True, stdout=subprocess.PIPE).stdout
    return [data[i:i + 144] for i in range(0, len(data), 144)]


def loudness(path, start, end):
    """How loud the left and the right side are between two times, 0 to 1."""
    data = subprocess.run(["ffmpeg", "-v", "error", "-ss", str(start), "-t", str(end - start), "-i", path, "-map", "0:a",
                           "-f", "s16le", "-"], check=True, stdout=subprocess.PIPE).stdout
    samples = array.array("h", data)
    return [sum(map(abs, samples[side::2])) / len(samples) * 2 / 32768 for side in (0, 1)]


def check_sides(path):
    """The first voice is left, the second right; each speaks for two seconds."""
    for turn in (0, 1):
        heard = loudness(path, turn * 2 + 0.5, turn * 2 + 1.5)
        assert heard[turn] > 0.05 and heard[1 - turn] < 0.01, heard


def check_film(path, screen, camera):
    decode(path)
    check_sides(path)
    streams = probe(path, "-show_entries", "stream=codec_type,width,height:format=duration")
    duration = float(streams["format"]["duration"])
    assert abs(duration - SECONDS) < 0.3, duration
    shown = sizes(path)
    assert abs(len(shown) - 15 * SECONDS) <= 3 and set(shown) == {(1280, 720)}, shown
    pictures = grey(path)[1:]
    for picture in pictures:
        # The screen is grey with a small ball; where it isn't, there is nothing.
        assert (picture[1 * 16 + 1] > 60) == screen and (picture[7 * 16 + 10] > 60) == screen, list(picture)
    # The voices speak in turn, the first one at first: its wave is in the second of three rows.
    assert max(pictures[0][4 * 16 + 12:4 * 16 + 16]) > 20 > max(pictures[0][7 * 16 + 12:7 * 16 + 16]), list(pictures[0])
    assert max(pictures[-1][7 * 16 + 14:7 * 16 + 16]) > 20, list(pictures[-1])
    moves = len({picture[12:16] + picture[28:32] + picture[44:48] for picture in pictures}) > 1
    assert moves == camera, [list(picture) for picture in pictures]


def film(folder):
    record("compose", folder)
    check_film(os.path.join(folder, "call.mkv"), True, True)


def film_absent(folder):
    record("compose", folder, "no-screen")
    check_film(os.path.join(folder, "call.mkv"), False, True)


def live(folder):
    record("compose", folder, settings=("MUX=mp4mux fragment-duration=1000", "FILE=call.mp4"))
    check_film(os.path.join(folder, "call.mp4"), True, True)


with tempfile.TemporaryDirectory() as place:
    globals()[sys.argv[1].replace("-", "_")](place)
