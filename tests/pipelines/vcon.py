#!/usr/bin/env python3
"""Records a call with the record recipe, makes a vCon of its files and holds that against the draft's rules
(draft-ietf-vcon-vcon-core-03, syntax 0.4.0), also those that no schema can say.

vcon.py SIPREC-METADATA. SPDX-License-Identifier: LGPL-2.1-or-later
"""
import base64
import datetime
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "sipp"))
import recorder  # noqa: E402  (it lives with the client that calls)

SECONDS = 2
LAUNCHER = os.path.join(recorder.TOP, "pipelines", "siprec-launch")
SCHEMA = os.path.join(recorder.TOP, "tests", "data", "vcon.schema.json")
PROGRAM = os.path.abspath(sys.argv[1])


def record(folder, scenario):
    voices = [recorder.tone(os.path.join(folder, "tone%d.wav" % t), t, SECONDS) for t in (440, 880)]
    command = [LAUNCHER, "-v", "record", "URI=sip:127.0.0.1:0", "DIR=" + folder]
    with recorder.Recorder(command, cwd=folder) as server:
        assert server.call(scenario, *voices, d=SECONDS) == 0, "".join(server.output)
        server.end()


def make(folder):
    result = subprocess.run([PROGRAM, "--vcon", os.path.join(folder, "events.ndjson")], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    made = json.loads(result.stdout)
    if recorder.Validator:
        with open(SCHEMA, encoding="utf-8") as schema:
            recorder.Validator(json.load(schema)).validate(made)
    return made


def moment(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def check_files(made, folder):
    """Each file is a recording of the set, with its length and the hash of what is in it."""
    whole, *recordings = made["dialog"]
    assert whole["type"] == "recording-set" and whole["recordings"] == [1, 2], whole
    for number, dialog in enumerate(recordings):
        path = os.path.join(folder, dialog["filename"])
        with open(path, "rb") as content:
            digest = base64.urlsafe_b64encode(hashlib.sha512(content.read()).digest()).decode().rstrip("=")
        assert dialog["content_hash"] == "sha512-" + digest, path
        assert dialog["type"] == "recording" and dialog["recording_set"] == 0, dialog
        assert dialog["parties"] == [number] and dialog["start"] == whole["start"], dialog
        assert dialog["mediatype"] == "audio/x-matroska", dialog
        length = max(channel["duration"] for channel in recorder.measure(path))
        assert abs(length - dialog["duration"]) < 0.5, (length, dialog)


def check_history(made, events):
    """What happened to whom, in order and within the conversation."""
    whole = made["dialog"][0]
    begin, parties = moment(whole["start"]), range(len(made["parties"]))
    end = begin + datetime.timedelta(seconds=whole["duration"] + 1)
    there = set()
    last = begin
    for entry in whole["party_history"]:
        assert entry["party"] in parties and last <= moment(entry["time"]) <= end, entry
        last = moment(entry["time"])
        assert (entry["event"] == "join") == (entry["party"] not in there), entry
        there.add(entry["party"])
    assert there == set(parties) and whole["parties"] == list(parties), made
    joined = [event["data"] for event in events if event["type"] == "siprec.participant.joined"]
    assert [party["name"] for party in made["parties"]] == [who["name"] for who in joined], made["parties"]
    assert all(party["sip"] in who["aors"] for party, who in zip(made["parties"], joined)), made["parties"]


def check_documents(made, events):
    """The original XML, byte by byte."""
    documents = [event["data"] for event in events if event["type"] == "siprec.metadata"]
    assert len(made["attachments"]) == len(documents) >= 1, made["attachments"]
    for attachment, document in zip(made["attachments"], documents):
        assert attachment["encoding"] == "none" and attachment["body"] == document["raw"], attachment
        assert "\r\n" in attachment["body"], attachment
        xml.etree.ElementTree.fromstring(attachment["body"])
        assert attachment["party"] < len(made["parties"]) and attachment["dialog"] == 0, attachment


def check(scenario):
    with tempfile.TemporaryDirectory() as folder:
        record(folder, scenario)
        events = recorder.events(os.path.join(folder, "events.ndjson"))
        made = make(folder)
        check_files(made, folder)
        check_history(made, events)
        check_documents(made, events)
        session = {"local": "ab30317f1a784dc48ff824d0d3715d86", "remote": "47755a9de7794ba387653f2099600ef2"}
        assert made["dialog"][0]["session_id"] == session, made["dialog"][0]
        again = make(folder)
        assert {**again, "created_at": None} == {**made, "created_at": None}
        return made


check("call")
check("metadata-update")
