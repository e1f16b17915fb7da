#!/usr/bin/env python3
"""Runs the commands of docs/siprec-metadata.md, compares what they print with what the page shows, and
gives the program what it must refuse. Argument: the program.
SPDX-License-Identifier: LGPL-2.1-or-later"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

root = pathlib.Path(__file__).resolve().parents[2]
data = root / "tests/data"
program = pathlib.Path(sys.argv[1]).resolve()
env = {**os.environ, "PATH": f"{program.parent}:{os.environ['PATH']}", "LC_ALL": "C.UTF-8"}


def run(*arguments, stdin=b""):
    return subprocess.run([program, *arguments], input=stdin, capture_output=True, env=env)


def documented():
    page = (root / "docs/siprec-metadata.md").read_text()
    for command, shown in re.findall(r"^```sh\n(.*?)^```$(?:\n\n^```text\n(.*?)^```$)?", page, re.M | re.S):
        result = subprocess.run(["bash", "-eo", "pipefail", "-c", command], capture_output=True, text=True, env=env)
        assert result.returncode == 0, f"{command}: {result.stderr}"
        assert result.stdout or ">" in command, f"{command} prints nothing"
        assert not shown or result.stdout == shown, f"{command} prints\n{result.stdout}"


def refused():
    for arguments, stdin, code in (((), b"", 1), ((), b"nothing of the kind", 1), ((), b"{\n", 1),
                                   ((), b"INVITE sip:x SIP/2.0\r\n\r\n", 1), (("no-such-file",), b"", 1),
                                   (("--json", "--timeline"), b"", 2), (("--nonsense",), b"", 2), (("a", "b"), b"", 2)):
        result = run(*arguments, stdin=stdin)
        assert result.returncode == code, (arguments, stdin, result)
        assert result.stderr.startswith(b"siprec-metadata: ") and not result.stdout, result


def pictures():
    """Every vector has a picture that is well formed, whatever its texts and times are."""
    for path in [*sorted((data / "metadata").glob("*.xml")), *sorted((data / "events").iterdir())]:
        result = run("--timeline", path)
        assert result.returncode == 0, (path, result.stderr)
        texts = [element.text for element in xml.etree.ElementTree.fromstring(result.stdout).iter() if element.text]
        assert any("Recording session" in text for text in texts), path


def odd_inputs():
    """What is cut, nested or not text costs no more than the line it is in."""
    events = (data / "events/call.ndjson").read_bytes()
    whole = run(stdin=events).stdout
    for odd in (b"[" * 100000 + b"\n", b"\xff\xfe\n", b'{"type":7,"data":[]}\n', b'{"type":"siprec.metadata","data":{}}\n', b"{\n"):
        assert run(stdin=events + odd).stdout == whole, odd[:20]
    assert b"Carol" in run(stdin=events[:-100]).stdout
    message = (data / "events/call.sip").read_bytes()
    assert run(stdin=message.replace(b"\r\n", b"\n")).returncode == 0


with tempfile.TemporaryDirectory() as folder:
    shutil.copy(data / "events/call.ndjson", folder)
    shutil.copy(data / "events/call.sip", folder)
    shutil.copy(data / "metadata/rfc7865.xml", pathlib.Path(folder) / "call.xml")
    os.chdir(folder)
    documented()
    refused()
    pictures()
    odd_inputs()
