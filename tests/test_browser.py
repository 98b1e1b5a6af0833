"""The page in a real browser: Chromium without a window, 360 pixels wide as a phone."""

import asyncio
import html
import http.server
import json
import re
import shutil
import subprocess
import threading

import pytest

from resolver.gazetteer.build import build_file
from resolver.locate import data_path

pytest.importorskip("datasette")

from resolver.publish.serving import make_datasette

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here")]

HOSTILE = "<img src=x onerror=parent.seen.push('ran')> Grombalk"
LONG = "Wobbelmatz" * 20
TABLE = f"id\tname\ttype\n<b>\t{HOSTILE}\torg\nlong\t{LONG}\torg\n"

FRAME = """<!DOCTYPE html><body><iframe width=360 height=700 src="{page}"></iframe><pre></pre><script>
var seen = [];
onload = () => {{
    const page = document.querySelector("iframe").contentDocument;
    const unlabelled = [...page.querySelectorAll("input[type=text], select")].filter(field => !field.labels.length);
    document.querySelector("pre").textContent = JSON.stringify({{
        ran: seen, wide: page.documentElement.scrollWidth, unlabelled: unlabelled.length,
        direction: getComputedStyle(page.querySelector("#q")).direction,
        answer: page.querySelector(".answer .name").textContent, pieces: page.querySelectorAll(".piece").length,
        outside: performance.getEntriesByType("resource").map(r => r.name).filter(name => !name.startsWith(origin)),
    }});
}};</script>"""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The address of a server of the pages, and of a frame around them at /frame?PATH."""
    folder = tmp_path_factory.mktemp("browser")
    (folder / "table.tsv").write_text(TABLE, encoding="utf-8")
    build_file(folder / "names.db", [data_path("entities.tsv"), folder / "table.tsv"])
    datasette = make_datasette(folder / "names.db")

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            if self.path.startswith("/frame?"):
                body, kind = FRAME.format(page=html.escape(self.path.partition("?")[2])).encode(), "text/html"
            else:
                response = asyncio.run(datasette.client.get(self.path))
                body, kind = response.content, response.headers["content-type"]
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def seen(site, page):
    """What the frame saw of a page."""
    options = ["--headless=new", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=10000", "--dump-dom"]
    command = [CHROMIUM, *options, f"{site}/frame?{page}"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    return json.loads(html.unescape(re.search(r"<pre>(.*?)</pre>", result.stdout, re.DOTALL)[1]))


@pytest.mark.parametrize(
    ("question", "answer", "direction"),
    [
        ("Yoshihidi+Soja", "Yoshihide Suga", "ltr"),
        ("%D9%8A%D9%88%D8%B4%D9%8A%D9%87%D9%8A%D8%AF%D9%8A+%D8%B3%D9%88%D8%AC%D8%A7", "Yoshihide Suga", "rtl"),
        ("%E3%82%A2%E3%83%B3%E3%82%B2%E3%83%A9%E3%83%BB%E3%83%A1%E3%83%AB%E3%82%B1%E3%83%AB", "Angela Merkel", "ltr"),
        (
            "img+src+x+onerror+parent+seen+push+ran+Grombalk",
            "<img src=x onerror=parent.seen.push('ran')> Grombalk",
            "ltr",
        ),
        (LONG, LONG, "ltr"),
        ("Karl+Haverbrook" + "x" * 200, "Not in the table", "ltr"),
    ],
)
def test_page_on_a_phone(site, question, answer, direction):
    found = seen(site, f"/-/resolve?q={question}")
    assert found["answer"] == answer
    assert found["direction"] == direction
    assert found["wide"] <= 360
    assert found["ran"] == found["outside"] == []
    assert found["unlabelled"] == 0
    assert found["pieces"] > 0 or answer == "Not in the table"
