"""What Alice and Bob say to each other in the demos.

SPDX-License-Identifier: LGPL-2.1-or-later
"""
import os
import subprocess
import wave

# Who says what; each waits for the other, and breathes in between.
PAUSE = 0.25
VOICES = {"alice": "slt", "bob": "rms"}
DIALOGUE = [
    ("alice", "Hello, this is Alice. I would like to change my order, please."),
    ("bob", "Good morning Alice, this is Bob. What shall I change?"),
    ("alice", "The delivery address.."),
    ("bob", "Done. It will be with you on Friday."),
    ("alice", "Thank you. Goodbye."),
]


def speak(folder):
    """Writes alice.wav and bob.wav to @folder, of equal length, each silent while the other speaks: paths, seconds."""
    tracks = {name: bytearray() for name in VOICES}
    line = os.path.join(folder, "line.wav")
    for name, text in DIALOGUE:
        subprocess.run(["flite", "-voice", VOICES[name], "-t", text, "-o", line], check=True)
        with wave.open(line) as source:
            params, sound = source.getparams(), source.readframes(source.getnframes())
        silence = bytes(int(params.framerate * PAUSE) * 2)
        for other in tracks:
            tracks[other] += (sound if other == name else bytes(len(sound))) + silence
    os.remove(line)
    paths = []
    for name, track in tracks.items():
        paths.append(os.path.join(folder, name + ".wav"))
        with wave.open(paths[-1], "wb") as target:
            target.setparams(params)
            target.writeframes(track)
    return paths, len(tracks["alice"]) / 2 / params.framerate
