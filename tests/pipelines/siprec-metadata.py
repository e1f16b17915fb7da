#!/usr/bin/env python3
"""Runs the commands of docs/siprec-metadata.md, compares what they print with what the page shows, and
gives the program what it must refuse. Argument: the program.
SPDX-License-Identifier: LGPL-2.1-or-later"""

import base64
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

try:
    from jsonschema import Draft202012Validator
except ImportError:
    Draft202012Validator = None

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


def no_documents():
    """Clients that send SDP alone: who calls, and which lines there are."""
    lines = (data / "events/call.ndjson").read_bytes().splitlines(keepends=True)
    events = b"".join(line for line in lines if b'"siprec.metadata"' not in line)
    shown = run(stdin=events).stdout.decode().splitlines()
    assert shown[0] == "no metadata documents", shown
    assert any(line.lstrip(" │├└─").startswith("from ") for line in shown), shown
    assert sum("audio_" in line for line in shown) == 2 and any("ended by" in line for line in shown), shown
    assert not any("nobody sends" in line or "guessed" in line for line in shown), shown
    odd = b'{"type":"siprec.session.started"}\n{"type":"siprec.stream.added","data":{"label":7}}\n{"type":"siprec.session.ended"}\n'
    assert run(stdin=odd).returncode == 0


def vcon():
    """A vCon obeys the schema, and its hashes are those of the files."""
    pathlib.Path("audio_0.mkv").write_bytes(b"sound" * 50000)
    result = run("--vcon", "call.ndjson")
    assert result.returncode == 0, result.stderr
    made = json.loads(result.stdout)
    if Draft202012Validator:
        Draft202012Validator(json.loads((data / "vcon.schema.json").read_text())).validate(made)
    whole, recording = made["dialog"]
    digest = base64.urlsafe_b64encode(hashlib.sha512(pathlib.Path("audio_0.mkv").read_bytes()).digest())
    assert recording["content_hash"] == "sha512-" + digest.decode().rstrip("=")
    assert whole["recordings"] == [1] and recording["recording_set"] == 0
    names = [party["name"] for party in made["parties"]]
    assert names == ["Alice Harbour", "Bob", "Carol"] and recording["parties"] == [0, 2], made
    assert [(names[entry["party"]], entry["event"]) for entry in whole["party_history"]] == [
        ("Alice Harbour", "join"), ("Bob", "join"), ("Bob", "keydown"), ("Bob", "keydown"), ("Alice Harbour", "hold"),
        ("Alice Harbour", "unhold"), ("Carol", "join"), ("Alice Harbour", "drop"), ("Bob", "drop"), ("Carol", "drop")]
    assert len(made["attachments"]) == 5 and "Carol" in made["attachments"][3]["body"]
    again = json.loads(run("--vcon", "call.ndjson").stdout)
    assert again["uuid"] == made["uuid"]
    assert run("--vcon", "call.xml").returncode == 1


def vcon_of_bytes():
    """A document that isn't text is attached as its bytes."""
    document = (data / "metadata/latin1.xml").read_bytes()
    event = {"type": "siprec.metadata", "time": "2026-05-04T09:12:00Z", "subject": "s", "data": {
        "mode": "complete", "raw": document.decode("latin-1"), "raw_base64": base64.b64encode(document).decode()}}
    (attachment,) = json.loads(run("--vcon", stdin=json.dumps(event).encode()).stdout)["attachments"]
    assert attachment["encoding"] == "base64url"
    assert base64.urlsafe_b64decode(attachment["body"] + "==") == document


with tempfile.TemporaryDirectory() as folder:
    shutil.copy(data / "events/call.ndjson", folder)
    shutil.copy(data / "events/call.sip", folder)
    shutil.copy(data / "metadata/rfc7865.xml", pathlib.Path(folder) / "call.xml")
    os.chdir(folder)
    documented()
    refused()
    pictures()
    odd_inputs()
    no_documents()
    vcon()
    vcon_of_bytes()
