"""Chromium without a window, driven by its debugging protocol through pipes: real keys, real pixels."""

import base64
import json
import os
import select
import shutil
import subprocess
import time

PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
CODES = {"Enter": ("Enter", 13, "\r"), "Escape": ("Escape", 27, None), "Tab": ("Tab", 9, "")}


class Chromium:
    """A browser with one tab. What its pages fetch, and what they complain of, is kept."""

    def __init__(self, folder):
        read_here, write_there = os.pipe()
        read_there, write_here = os.pipe()
        options = ["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--remote-debugging-pipe"]

        def ends():  # the browser reads commands at 3 and writes answers at 4
            os.dup2(read_there, 203)
            os.dup2(write_there, 204)
            os.dup2(203, 3)
            os.dup2(204, 4)

        self.process = subprocess.Popen(
            [PROGRAM, *options, f"--user-data-dir={folder / 'profile'}", "about:blank"],
            preexec_fn=ends,
            close_fds=False,
            stderr=subprocess.DEVNULL,
        )
        os.close(read_there)
        os.close(write_there)
        self._in, self._out = read_here, write_here
        self._buffer, self._number, self._session = b"", 0, None
        self.requests, self.complaints, self._loaded = [], [], 0
        target = next(t for t in self.call("Target.getTargets")["targetInfos"] if t["type"] == "page")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")

    def close(self):
        os.close(self._in)
        os.close(self._out)
        self.process.terminate()
        self.process.wait()

    def call(self, method, **params):
        """What a command of the protocol returns."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next(30)
            if answer.get("id") == self._number:
                assert "error" not in answer, (method, answer["error"])
                return answer["result"]

    def _next(self, seconds):
        end = time.monotonic() + seconds
        while b"\0" not in self._buffer:
            assert select.select([self._in], [], [], max(0, end - time.monotonic()))[0], "the browser does not answer"
            self._buffer += os.read(self._in, 1 << 16)
        message, _, self._buffer = self._buffer.partition(b"\0")
        told = json.loads(message)
        params = told.get("params", {})
        if told.get("method") == "Page.loadEventFired":
            self._loaded += 1
        elif told.get("method") == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"])
        elif told.get("method") == "Log.entryAdded":
            self.complaints.append(params["entry"]["text"])
        elif told.get("method") == "Runtime.exceptionThrown":
            self.complaints.append(params["exceptionDetails"]["text"])
        return told

    def loading(self, action):
        """Do what loads another page, and wait for that."""
        before = self._loaded
        action()
        while self._loaded == before:
            self._next(30)

    def open(self, url, width=1000, height=800):
        """Show a page in a window of some width."""
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}
        self.call("Emulation.setDeviceMetricsOverride", **metrics)
        self.loading(lambda: self.call("Page.navigate", url=url))

    def value(self, script):
        """What an expression of JavaScript is on the page."""
        result = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def until(self, script, seconds=10):
        """Wait for an expression to be true."""
        end = time.monotonic() + seconds
        while not self.value(script):
            assert time.monotonic() < end, f"never: {script}"
            time.sleep(0.02)

    def key(self, key):
        """Press a key."""
        name, code, text = CODES[key] if key in CODES else (key, ord(key.upper()), key)
        event = {"key": name, "windowsVirtualKeyCode": code, "text": text or ""}
        self.call("Input.dispatchKeyEvent", type="keyDown" if text else "rawKeyDown", **event)
        self.call("Input.dispatchKeyEvent", type="keyUp", key=name, windowsVirtualKeyCode=code)

    def type(self, text):
        """Put text where the focus is."""
        self.call("Input.insertText", text=text)

    def picture(self, path):
        """Write the whole page to a PNG file."""
        shot = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(shot["data"]))

    def click(self, selector):
        """Press the mouse on the first element that a selector finds."""
        element = f"document.querySelector({json.dumps(selector)})"
        self.value(f"{element}.scrollIntoView({{block: 'center', behavior: 'instant'}})")
        middle = "(({left, top, width, height}) => [left + width / 2, top + height / 2])"
        x, y = self.value(f"{middle}({element}.getBoundingClientRect())")
        for type in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=type, x=x, y=y, button="left", clickCount=1)

    def wait(self, condition, seconds=10):
        """Wait for something outside of the page."""
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, "never"
            time.sleep(0.02)
