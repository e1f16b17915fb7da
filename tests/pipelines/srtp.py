"""Runs the commands of docs/srtp.md: each call with a recorder of its own, and what it said is in the file.

SPDX-License-Identifier: LGPL-2.1-or-later
"""
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "sipp"))
import recorder  # noqa: E402  (it lives with the client that calls)

TONE = 440


def read_page():
    """The recorder's command, and those that call it."""
    with open(os.path.join(recorder.TOP, "docs", "srtp.md"), encoding="utf-8") as page:
        server, calls = re.findall(r"^```sh\n(.*?)^```", page.read(), re.M | re.S)
    return server, calls.splitlines()


def place(call, address):
    """Its status and what it printed. The folder of the build may have another name here."""
    program, written, *rest = call.split()
    assert written == "127.0.0.1:5060", call
    program = program.replace("build", recorder.BUILD, 1)
    done = subprocess.run([program, address, *rest], text=True, stdout=subprocess.PIPE,
                          env=recorder.environment(), check=False)
    return done.returncode, done.stdout.strip()


def check(folder, seconds, how):
    (channel,) = recorder.measure(os.path.join(folder, "encrypted.wav"))
    assert abs(channel["frequency"] - TONE) < 10, channel
    assert abs(channel["last_sound"] - channel["first_sound"] - seconds) < 0.05, channel
    (added,) = [each for each in recorder.events(os.path.join(folder, "events.ndjson"))
                if each["type"] == "siprec.stream.added"]
    assert added["data"]["encryption"] == how, added


def main():
    command, calls = read_page()
    assert len(calls) == 4, calls
    for call in calls:
        print(call, flush=True)
        how = call.split()[-1]
        with tempfile.TemporaryDirectory() as folder:
            with recorder.Recorder("exec " + recorder.on_free_port(command), cwd=folder) as server:
                server.wait_ready()
                status, said = place(call, server.address)
                if how == "plain":
                    assert (status, said) == (1, "488"), said
                    continue
                assert (status, said) == (0, "200"), said
                server.end()
            check(folder, int(call.split()[-2]), "dtls" if how == "dtls" else "sdes")


if __name__ == "__main__":
    main()
