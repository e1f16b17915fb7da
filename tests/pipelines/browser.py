"""Chromium without a window, for tests of what browsers are shown.

SPDX-License-Identifier: LGPL-2.1-or-later
"""
import base64
import json
import os
import subprocess


class Browser:
    """One page of a browser; use it in a `with`. Its DevTools are asked through pipes, which it has as 3 and 4."""

    def __init__(self, url, folder):
        theirs_in, self._out = os.pipe()
        self._in, theirs_out = os.pipe()
        self._answers = os.fdopen(self._in, "rb")

        def place_pipes():
            for fd, wanted in ((theirs_in, 103), (theirs_out, 104), (103, 3), (104, 4)):
                os.dup2(fd, wanted)

        # No sandbox: containers and root have none.
        with open(os.path.join(folder, "browser.log"), "w", encoding="utf-8") as log:
            self._process = subprocess.Popen(
                ["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--remote-debugging-pipe",
                 "--disable-dev-shm-usage", "--window-size=1280,720", "--user-data-dir=" + os.path.join(folder, "profile")],
                preexec_fn=place_pipes, close_fds=False, stdout=log, stderr=log)
        os.close(theirs_in)
        os.close(theirs_out)
        self._asked = 0
        self._session = None
        target = self._ask("Target.createTarget", url=url)["targetId"]
        self._session = self._ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]

    def _ask(self, method, **params):
        self._asked += 1
        question = {"id": self._asked, "method": method, "params": params}
        if self._session:
            question["sessionId"] = self._session
        os.write(self._out, json.dumps(question).encode() + b"\0")
        while True:
            answer = json.loads(self._next_answer())
            if answer.get("id") == self._asked:
                return answer["result"]

    def _next_answer(self):
        answer = b""
        while not answer.endswith(b"\0"):
            more = self._answers.read(1)
            assert more, "the browser has ended"
            answer += more
        return answer[:-1]

    def evaluate(self, expression):
        """What a JavaScript expression is in the page."""
        return self._ask("Runtime.evaluate", expression=expression, returnByValue=True)["result"].get("value")

    def screenshot(self, path):
        with open(path, "wb") as file:
            file.write(base64.b64decode(self._ask("Page.captureScreenshot")["data"]))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self._out)
        self._process.kill()
        self._process.wait()
        self._answers.close()
