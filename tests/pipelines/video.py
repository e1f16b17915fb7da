"""Runs the recipes for calls with video; ffmpeg has to decode what they write without a word.

video.py CASE: archive, archive-absent, film, film-absent, live, watch, lip-sync or demo. The call is mostly that of tests/tools/video-call.c: a camera
that gets another size after half of the time, and a screen that shows nothing for half of it.
SPDX-License-Identifier: LGPL-2.1-or-later
"""
import array
import contextlib
import json
import math
import os
import re
import shlex
import subprocess
import sys
import tempfile
import time
import wave

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "sipp"))
import browser  # noqa: E402
import recorder  # noqa: E402

SECONDS = 4
CAMERA_RATE = 20
CALL = os.path.join(recorder.TOOLS, "video-call")


def documented(recipe):
    """The command of docs/video.md that runs a recipe, on a port that is free and told by -v."""
    with open(os.path.join(recorder.TOP, "docs", "video.md"), encoding="utf-8") as page:
        found = re.search(r"^pipelines/siprec-launch (%s\b.*)$" % recipe, page.read(), re.M)
    return [os.path.join(recorder.TOP, "pipelines", "siprec-launch"), "-v", *shlex.split(found[1]), "URI=sip:127.0.0.1:0"]


def record(recipe, folder, *call):
    """Returns what the camera sent, if there is one: H.264 without a container."""
    sent = os.path.join(folder, "camera.h264")
    with recorder.Recorder(documented(recipe), cwd=folder) as server:
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


def grey(path, choice="fps=1,"):
    """Every second a small grey picture, as 16 x 9 numbers."""
    data = subprocess.run(["ffmpeg", "-v", "error", "-i", path, "-vf", choice + "scale=16:9:flags=area,format=gray", "-f",
                           "rawvideo", "-"], check=True, stdout=subprocess.PIPE).stdout
    return [data[i:i + 144] for i in range(0, len(data), 144)]


def loudness(path, start, end):
    """How loud the left and the right side are between two times, 0 to 1."""
    data = subprocess.run(["ffmpeg", "-v", "error", "-i", path, "-ss", str(start), "-t", str(end - start), "-map", "0:a",
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
    # The screen is grey with a small ball; where it isn't, there is nothing. A decoder may take its time to begin.
    shown = [(picture[1 * 16 + 1] > 60) == screen and (picture[7 * 16 + 10] > 60) == screen for picture in pictures]
    assert any(shown[:2]) and all(shown[shown.index(True):]), [list(picture) for picture in pictures]
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
    record("live", folder)
    path = os.path.join(folder, "call.mp4")
    check_film(path, True, True)
    # Nothing of the sound is left out.
    count = probe(path, "-select_streams", "a", "-count_packets", "-count_frames", "-show_entries",
                  "stream=nb_read_packets,nb_read_frames")["streams"][0]
    assert count["nb_read_packets"] == count["nb_read_frames"], count


def watch(folder):
    """A browser plays the film while the call goes on. The call, which has names, would take 40 s."""
    voices = [recorder.tone(os.path.join(folder, "tone%d.wav" % t), t, 40) for t in (440, 880)]
    shown = os.path.join(folder, "page.png")
    with contextlib.ExitStack() as ends:
        watcher = subprocess.Popen([os.path.join(recorder.TOP, "pipelines", "siprec-watch"), "call.mp4", "127.0.0.1:0"],
                                   cwd=folder, text=True, stdout=subprocess.PIPE)
        ends.callback(watcher.kill)
        server = ends.enter_context(recorder.Recorder(documented("live"), cwd=folder))
        page = ends.enter_context(browser.Browser(watcher.stdout.readline().strip(), folder))
        server.wait_ready()
        call = server.start_call("hangup", *voices, d=40, v=recorder.free_ports(4))
        # Played, with pictures and sound decoded.
        plays = ("film.currentTime > 1.5 && film.getVideoPlaybackQuality().totalVideoFrames > 5 && "
                 "film.webkitAudioDecodedByteCount > 1000")
        while not page.evaluate(plays):
            assert call.poll() is None, page.evaluate("film.error && film.error.message")
            time.sleep(0.1)
        assert page.evaluate("film.videoWidth") == 1280
        page.screenshot(shown)
        server.interrupt()
        server.end(60)
        assert call.wait() == 0
    # The slides are bright, and beside them is the wave of the first voice.
    (picture,) = grey(shown, "")
    assert picture[2 * 16 + 9] > 200 > 150 > picture[4 * 16 + 14] > 60, list(picture)


FLASH = 0.35


def beeps(path, seconds):
    """A voice that beeps for 40 ms each time the camera flashes; not at 0, where nothing changes."""
    rate = 8000
    samples = array.array("h", bytes(2 * rate * seconds))
    for start in range(round(FLASH * rate), len(samples) - rate // 25, round(FLASH * rate)):
        for i in range(rate // 25):
            samples[start + i] = int(20000 * math.sin(2 * math.pi * 1000 * i / rate))
    with wave.open(path, "wb") as target:
        target.setparams((1, 2, rate, 0, "NONE", None))
        target.writeframes(samples.tobytes())
    return path


def hear(path):
    """When the left side begins to sound after it was silent."""
    rate = 48000
    data = subprocess.run(["ffmpeg", "-v", "error", "-i", path, "-map", "0:a", "-f", "s16le", "-"], check=True,
                          stdout=subprocess.PIPE).stdout
    loud = [i for i, sample in enumerate(array.array("h", data)[::2]) if abs(sample) > 3000]
    return [after / rate for before, after in zip([-rate] + loud, loud) if after - before > rate // 10]


def see(path):
    """When the camera's part of the film changes between dark and bright."""
    frames = probe(path, "-select_streams", "v", "-show_entries", "frame=best_effort_timestamp_time")["frames"]
    data = subprocess.run(["ffmpeg", "-v", "error", "-i", path, "-vsync", "passthrough", "-vf",
                           "crop=160:120:1040:60,scale=1:1:flags=area,format=gray", "-f", "rawvideo", "-"], check=True,
                          stdout=subprocess.PIPE).stdout
    assert len(data) == len(frames), (len(data), len(frames))
    times = [float(frame["best_effort_timestamp_time"]) for frame in frames]
    return [time for time, before, after in zip(times[1:], data, data[1:]) if (before > 128) != (after > 128)]


def measure_sync(folder, seconds=9):
    """How much later than its beep each flash of a film is, after the first four seconds."""
    voice = beeps(os.path.join(folder, "beeps.wav"), seconds)
    with recorder.Recorder(documented("compose"), cwd=folder) as server:
        assert server.call("call", voice, voice, d=seconds, v=recorder.free_ports(4)) == 0
        server.end(60)
    film = os.path.join(folder, "call.mkv")
    heard = hear(film)
    return [min((flash - beep for beep in heard), key=abs) for flash in see(film) if 4 < flash < seconds - 0.5]


def lip_sync(folder):
    """Flash and beep are together in the film, though pictures come 80 ms later than sound. They are lined up by the
    sender's reports, the first of which come in the first seconds. Flashes last another part of a film's picture each.
    A sender that a loaded machine stops for 200 ms has paused and begins anew: once more then."""
    os.environ["CALL_CAMERA_DELAY"] = "80"
    os.environ["CALL_CAMERA"] = ("videotestsrc pattern=blink ! "
                                 "video/x-raw,format=I420,width=320,height=240,framerate=20/7 ! camera.")
    for _ in range(3):
        late = measure_sync(folder)
        print(["%.3f" % each for each in late], flush=True)
        if len(late) > 8 and max(map(abs, late)) < 0.04:
            return
    raise AssertionError("flash and beep are apart")


def color(path, time, x, y):
    """The color of a place of the film at a time: red, green and blue, 0 to 255."""
    return subprocess.run(["ffmpeg", "-v", "error", "-i", path, "-ss", str(time), "-frames:v", "1", "-vf",
                           "crop=8:8:%d:%d,scale=1:1:flags=area,format=rgb24" % (x, y), "-f", "rawvideo", "-"], check=True,
                          stdout=subprocess.PIPE).stdout


def demo(folder):
    """make demo-video, shorter: a camera that is turned gets its borders elsewhere, and everything has a name."""
    del folder
    seconds = 6
    subprocess.run([os.path.join(recorder.TOP, "pipelines", "demo-video"), str(seconds)], check=True)
    film = os.path.join(recorder.BUILD, "demo-video", "call.mkv")
    decode(film)
    camera = (1120, 60), (1000, 120), (1120, 16)  # in both, at the side, above
    for time, shown in ((seconds / 4, (True, True, False)), (seconds * 3 / 4, (True, False, True))):
        for (x, y), bright in zip(camera, shown):
            red, _, blue = color(film, time, x, y)
            assert (blue > 60 and blue > red) == bright, (time, x, y, red, blue)
        assert min(color(film, time, 480, 600)) > 200
    # Names are white on a shade, in the corner of each part.
    for x, y in ((972, 222), (972, 462), (972, 702)):
        data = subprocess.run(["ffmpeg", "-v", "error", "-i", film, "-ss", str(seconds - 2), "-frames:v", "1", "-vf",
                               "crop=40:16:%d:%d,format=gray" % (x, y - 8), "-f", "rawvideo", "-"], check=True,
                              stdout=subprocess.PIPE).stdout
        assert max(data) > 180, (x, y, max(data))
    sheet = probe(os.path.join(recorder.BUILD, "demo-video", "call.png"), "-show_entries", "stream=width,height")
    assert sheet["streams"][0]["width"] > 1900, sheet


with tempfile.TemporaryDirectory() as place:
    globals()[sys.argv[1].replace("-", "_")](place)
