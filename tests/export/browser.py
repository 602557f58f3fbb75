"""A headless Chromium driven over its debugging pipe: just enough to open a page, look at it and press its buttons."""

from __future__ import annotations

import base64
import fcntl
import io
import itertools
import json
import os
import select
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
]
SIZE = 400  # pixels of the page, both ways
PATIENCE = 120  # seconds until a silent browser counts as broken


class Page:
    """One tab. Console errors and addresses that were asked for are collected while it is open."""

    def __init__(self, read: int, write: int) -> None:
        self._read, self._write = read, write
        self._numbers = itertools.count(1)
        self._waiting = b""
        self._session: str | None = None
        self.errors: list[str] = []
        self.requests: list[str] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")
        self.call("Emulation.setDeviceMetricsOverride", width=SIZE, height=SIZE, deviceScaleFactor=1, mobile=False)

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": params}
        message |= {"sessionId": self._session} if self._session else {}
        os.write(self._write, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next_message()
            if answer.get("id") == number:
                assert "error" not in answer, answer["error"]
                return answer["result"]
            self._note(answer)

    def open(self, path: Path, moment: str = "") -> None:
        self.call("Page.navigate", url="about:blank")  # a change of the fragment alone would not load the page again
        self.call("Page.navigate", url=path.as_uri() + moment)

    def evaluate(self, expression: str) -> Any:
        return self.call("Runtime.evaluate", expression=expression, returnByValue=True)["result"].get("value")

    def wait_for(self, expression: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while not self.evaluate(expression):
            assert time.monotonic() < deadline, f"{expression} never became true; errors: {self.errors}"
            time.sleep(0.05)

    def wait_for_frames(self, count: int = 3) -> None:
        """Let the page draw, however slow the machine is."""
        self.evaluate("window.frames_ = 0; (function tick() { window.frames_++; requestAnimationFrame(tick); })()")
        self.wait_for(f"window.frames_ > {count}")

    def screenshot(self) -> np.ndarray:  # [H, W, 3] float
        data = self.call("Page.captureScreenshot", format="png")["data"]
        return np.asarray(Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB"), np.float32)

    def _note(self, event: dict[str, Any]) -> None:
        params = event.get("params", {})
        if event.get("method") == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"])
        elif event.get("method") == "Runtime.exceptionThrown":
            self.errors.append(params["exceptionDetails"].get("exception", {}).get("description", "exception"))
        elif event.get("method") == "Log.entryAdded" and params["entry"]["level"] == "error":
            self.errors.append(params["entry"]["text"])
        elif event.get("method") == "Runtime.consoleAPICalled" and params["type"] in ("error", "warning"):
            self.errors.append(" ".join(str(argument.get("value")) for argument in params["args"]))

    def _next_message(self) -> dict[str, Any]:
        while b"\0" not in self._waiting:
            assert select.select([self._read], [], [], PATIENCE)[0], "the browser does not answer"
            received = os.read(self._read, 1 << 20)
            assert received, "the browser has ended"
            self._waiting += received
        message, _, self._waiting = self._waiting.partition(b"\0")
        return json.loads(message)


@contextmanager
def open_browser(profile: Path) -> Iterator[Page]:
    """Start Chromium with a fresh profile folder; it reads commands from descriptor 3 and answers on 4."""
    assert CHROMIUM is not None
    pipes = [os.pipe(), os.pipe()]
    theirs = [fcntl.fcntl(pipes[0][0], fcntl.F_DUPFD_CLOEXEC, 10), fcntl.fcntl(pipes[1][1], fcntl.F_DUPFD_CLOEXEC, 10)]

    def hand_over() -> None:
        os.dup2(theirs[0], 3)
        os.dup2(theirs[1], 4)

    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    command = [CHROMIUM, *FLAGS, f"--user-data-dir={profile}"]
    process = subprocess.Popen(command, preexec_fn=hand_over, close_fds=False, **quiet)
    try:
        for descriptor in (*theirs, pipes[0][0], pipes[1][1]):
            os.close(descriptor)
        yield Page(pipes[1][0], pipes[0][1])
    finally:
        process.terminate()
        process.wait(10)
        os.close(pipes[0][1])
        os.close(pipes[1][0])
