"""The pages in a real browser: Chromium without a window, at a server in a process of its own."""

import csv
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import pytest
from chromium import PROGRAM, Chromium

import resolver
from resolver.database.build import build_file
from resolver.infra.packaged_data import data_path

pytest.importorskip("datasette")

pytestmark = [pytest.mark.slow, pytest.mark.skipif(PROGRAM is None, reason="no Chromium here")]

HOSTILE = "<img src=x onerror=document.title='ran'> Grombalk"
LONG = "Wobbelmatz" * 20
TABLE = (
    "id\tname\ttype\taliases\n"
    f"<b>\t{HOSTILE}\torg\t\n"
    f"long\t{LONG}\torg\t{LONG}{LONG}@de|x@{'-'.join(['abcdefgh'] * 9)}\n"
    "mk1\tMarkus Kovalentin\tperson\tМаркус Ковалентин@ru:native|ماركوس كوفالنتين@ar:native\n"
    "mk2\tMarkus Kovalentin\tperson\t\n"
    "tw1\tTamara Wexelby\tperson\t\n"
    "tw2\tTamara Wexelby\tperson\t\n"
    f"lw1\t{LONG} Wexelby\tperson\t\n"
    f"lw2\t{LONG} Wexelby\tperson\t\n"
)
FINDINGS = """(() => {
    const bare = (element) => element.textContent.trim() || element.getAttribute("aria-label");
    const ground = (element) => {
        for (let at = element; at; at = at.parentElement) {
            const colour = getComputedStyle(at).backgroundColor;
            if (!colour.startsWith("rgba(") || !colour.endsWith(" 0)")) return colour;
        }
    };
    const light = (colour) => {
        const parts = colour.match(/[\\d.]+/g).slice(0, 3).map((part) => part / 255)
            .map((part) => part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
    };
    const contrast = (element) => {
        const pair = [light(getComputedStyle(element).color), light(ground(element))].sort((a, b) => b - a);
        return (pair[0] + 0.05) / (pair[1] + 0.05);
    };
    const texts = [...document.querySelectorAll("body *")].filter((element) => element.offsetParent
        && [...element.childNodes].some((node) => node.nodeType == 3 && node.data.trim()));
    return {
        wide: document.documentElement.scrollWidth - innerWidth,
        title: document.title,
        unlabelled: [...document.querySelectorAll("input:not([type=hidden]), select, textarea")]
            .filter((field) => !field.labels.length).map((field) => field.id),
        nameless: [...document.querySelectorAll("button, a, summary")]
            .filter((element) => !element.hidden && !bare(element)).map((element) => element.outerHTML),
        headings: document.querySelectorAll("h1").length, mains: document.querySelectorAll("main").length,
        lang: document.documentElement.lang,
        faint: texts.filter((element) => contrast(element) < 4.5).map((element) => element.outerHTML.slice(0, 200)),
    };
})()"""


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A database, the address of a server of it, and the link that logs in there."""
    folder = tmp_path_factory.mktemp("browser")
    (folder / "table.tsv").write_text(TABLE, encoding="utf-8")
    assert not build_file(folder / "names.db", [data_path("entities.tsv"), folder / "table.tsv"]).rejects
    with resolver.open(folder / "names.db") as names:
        mentions = {"Markus Kovalentin": 3, "Tamara Wexelby": 2, f"{LONG} Wexelby": 1}
        answers = [names.resolve(mention) for mention, times in mentions.items() for _ in range(times)]
        names.save([*answers, names.resolve("Yoshihidi Soja")], "mentions.tsv")
    command = [sys.executable, "-m", "resolver", "serve", str(folder / "names.db"), "--port", "0", "--token", "ann"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        try:
            told = [server.stderr.readline() for _ in range(3)]
            address = re.search(r"http://127\.0\.0\.1:\d+", told[0])[0]
            yield (
                folder / "names.db",
                address,
                re.search(r"http://\S+", told[1])[0],
                re.search(r"dstok_\S+", told[2])[0],
            )
        finally:
            server.terminate()


@pytest.fixture(scope="module")
def browser(tmp_path_factory, served):
    """A browser that is logged in as root."""
    folder = tmp_path_factory.mktemp("chromium")
    chromium = Chromium(folder)
    chromium.call("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(folder / "downloads"))
    chromium.downloads = folder / "downloads"
    chromium.open(served[2])
    yield chromium
    chromium.close()


def look(browser, address, path, width=360, dark=False):
    """What there is to find on a page, which must be none of what is wrong."""
    scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
    browser.call("Emulation.setEmulatedMedia", features=[scheme])
    browser.complaints.clear()
    browser.requests.clear()
    browser.open(address + path, width)
    found = browser.value(FINDINGS)
    assert found.pop("wide") <= 0
    assert found.pop("title") not in ("", "ran")
    assert found == {
        "unlabelled": [], "nameless": [], "headings": 1, "mains": 1, "lang": "en", "faint": []
    }  # fmt: skip
    assert [request for request in browser.requests if not request.startswith(address)] == []
    assert [complaint for complaint in browser.complaints if "Password forms" not in complaint] == []


@pytest.mark.parametrize(
    ("question", "answer", "direction"),
    [
        ("Yoshihidi Soja", "Yoshihide Suga", "ltr"),
        ("يوشيهيدي سوجا", "Yoshihide Suga", "rtl"),
        ("アンゲラ・メルケル", "Angela Merkel", "ltr"),
        ("안겔라 메르켈", "Angela Merkel", "ltr"),
        ("img src x onerror document title ran Grombalk", HOSTILE, "ltr"),
        (LONG, LONG, "ltr"),
        ("Karl Haverbrook" + "x" * 200, "Not in the table", "ltr"),
    ],
)
def test_resolving_on_a_phone(browser, served, question, answer, direction):
    look(browser, served[1], f"/-/resolve?q={quote(question)}")
    assert browser.value("document.querySelector('.answer .name').textContent") == answer
    assert browser.value("getComputedStyle(document.querySelector('#q')).direction") == direction
    assert browser.value("document.querySelectorAll('.pieces li').length") > 0 or answer == "Not in the table"


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [360, 1000])
def test_all_pages(browser, served, width, dark):
    paths = ["resolve", "resolve?q=Yoshihidi+Soja", "resolve?q=Markus+Kovalentin", "batch", "login", "entity/none"]
    paths += ["entity/yoshihide-suga", "entity/long", "entity/~3Cb~3E", "review", "review?place=2", "review?place=3"]
    paths += ["review?run=99", "review?run=x", "review?other=Suga", f"review?other={LONG}"]
    for path in paths:
        if path in ("entity/none", "review?run=x"):
            browser.open(f"{served[1]}/-/{path}", width)  # the browser itself complains of such a status
            assert browser.value("document.querySelectorAll('h1').length") == 1
        else:
            look(browser, served[1], f"/-/{path}", width, dark)


def test_pieces_are_drawn_in_the_direction_of_the_name(browser, served):
    look(browser, served[1], f"/-/resolve?q={quote('يوشيهيدي سوجا')}", 1000)
    pieces = "[...document.querySelectorAll('.pieces')][0]"
    text = browser.value(f"{pieces}.children[0].innerText.replace(/\\s+/g, ' ')")
    assert re.fullmatch(r"ي ?stands for ?y ?, cost ?\d+\.\d", text.strip())
    places = f"[...{pieces}.children].map(piece => piece.getBoundingClientRect().left)"
    assert browser.value(f"getComputedStyle({pieces}).direction") == "ltr"
    assert browser.value(places) == sorted(browser.value(places))
    assert browser.value(f"{pieces}.children[0].children[0].getBoundingClientRect().top") < browser.value(
        f"{pieces}.children[0].children[2].getBoundingClientRect().top"
    )
    browser.open(f"{served[1]}/-/resolve?q={quote('ماركوس كوفالنتين')}")
    assert "rtl" in browser.value("[...document.querySelectorAll('.pieces')].map(list => list.dir)")


def mention(browser):
    return browser.value("document.querySelector('#mention')?.textContent")


def decided(database):
    with resolver.open(database) as names:
        return [(d.mention, d.id, d.verdict, d.who) for d in names.decisions() if not d.undone]


def test_review_by_keys(browser, served):
    database, address, *_ = served
    browser.open(f"{address}/-/review")
    assert mention(browser) == "Markus Kovalentin"
    browser.loading(lambda: browser.key("j"))
    assert mention(browser) == "Tamara Wexelby"
    browser.loading(lambda: browser.key("k"))
    browser.loading(lambda: browser.key("2"))
    assert mention(browser) == "Tamara Wexelby"
    assert browser.value("document.activeElement.id") == "mention"
    assert "accepted as mk2" in browser.value("document.querySelector('[role=status]').textContent")
    assert decided(database) == [("Markus Kovalentin", "mk2", "accept", "root")]
    browser.loading(lambda: browser.key("u"))
    assert mention(browser) == "Markus Kovalentin"
    browser.loading(lambda: browser.key("a"))
    browser.key("o")
    browser.type("angela merk")
    browser.until("[...document.querySelectorAll('#found bdi')].some(name => name.textContent == 'Angela Merkel')")
    browser.key("a")  # goes into the field
    assert browser.value("document.querySelector('#other').value") == "angela merka"
    for _ in range(2):
        browser.key("Tab")  # past the button beside it
    assert browser.value("document.activeElement.name") == "accept"
    browser.loading(lambda: browser.key("Enter"))
    assert mention(browser) == f"{LONG} Wexelby"
    browser.key("o")
    browser.key("Escape")
    browser.loading(lambda: browser.key("r"))
    assert mention(browser) is None
    assert "everything is decided" in browser.value("document.querySelector('.empty').textContent")
    found = decided(database)
    assert found[:2] == [
        ("Markus Kovalentin", "mk1", "accept", "root"),
        ("Tamara Wexelby", "angela-merkel", "accept", "root"),
    ]
    assert {verdict for _, _, verdict, _ in found[2:]} == {"reject"}
    for _ in range(3):
        browser.loading(lambda: browser.key("u"))
    assert decided(database) == []
    assert mention(browser) == "Markus Kovalentin"


def test_keys_can_be_switched_off(browser, served):
    database, address, *_ = served
    browser.open(f"{address}/-/review")
    browser.value("document.querySelector('.keys').open = true, document.querySelector('#keys').click()")
    browser.key("a")
    browser.open(f"{address}/-/review")
    browser.key("a")
    assert decided(database) == []
    browser.value("document.querySelector('#keys').click()")
    assert mention(browser) == "Markus Kovalentin"


def test_why_is_not_a_decision(browser, served):
    """The Enter key in the field beside the buttons sends none of them."""
    database, address, *_ = served
    browser.open(f"{address}/-/review")
    browser.value("document.querySelector('#why').focus()")
    browser.type("because")
    browser.key("Enter")
    assert browser.value("document.querySelector('#why').value") == "because"
    assert decided(database) == []


def test_review_without_scripts(browser, served):
    database, address, *_ = served
    browser.call("Emulation.setScriptExecutionDisabled", value=True)
    try:
        browser.open(f"{address}/-/review")
        browser.loading(lambda: browser.click("#next"))
        assert mention(browser) == "Tamara Wexelby"
        browser.loading(lambda: browser.click("button[name=accept]"))
        assert decided(database) == [("Tamara Wexelby", "tw1", "accept", "root")]
        browser.loading(lambda: browser.click("#undo"))
        assert (mention(browser), decided(database)) == ("Tamara Wexelby", [])
        browser.click("#other")
        browser.type("Suga")
        browser.loading(lambda: browser.key("Enter"))
        browser.loading(lambda: browser.click("#found button"))
        assert decided(database) == [("Tamara Wexelby", "yoshihide-suga", "accept", "root")]
        browser.loading(lambda: browser.click("#undo"))
    finally:
        browser.call("Emulation.setScriptExecutionDisabled", value=False)
    assert decided(database) == []


def test_batch(browser, served):
    _, address, *_ = served
    look(browser, address, "/-/batch")
    browser.click("#text")
    browser.type("Yoshihidi Soja\n=1+1\nيوشيهيدي سوجا\nMarkus Kovalentin")
    browser.loading(lambda: browser.click(".paste button"))
    assert browser.value(FINDINGS)["wide"] <= 0
    outcomes = "[...document.querySelectorAll('.answers tbody tr')].map(row => row.className)"
    assert browser.value(outcomes) == ["linked", "nil", "linked", "ambiguous"]
    browser.click("button[value=csv]")
    browser.wait(lambda: list(browser.downloads.glob("*.csv")))
    with (browser.downloads / "resolved.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["mention"] for row in rows] == ["Yoshihidi Soja", "=1+1", "يوشيهيدي سوجا", "Markus Kovalentin"]
    assert [row["id"] for row in rows] == ["yoshihide-suga", "", "yoshihide-suga", ""]


def test_logging_in_and_out(browser, served):
    database, address, _, token = served
    browser.open(f"{address}/-/review")
    browser.loading(lambda: browser.click(".who button"))
    browser.open(f"{address}/-/review")
    assert browser.value("document.querySelectorAll('article button:not([hidden]):not([disabled])').length") == 0
    browser.key("a")
    assert decided(database) == []
    browser.open(f"{address}/-/login")
    browser.until("document.activeElement.id == 'token'")
    browser.type(token)
    browser.loading(lambda: browser.key("Enter"))
    browser.loading(lambda: browser.key("a"))
    assert decided(database) == [("Markus Kovalentin", "mk1", "accept", "ann")]
    browser.loading(lambda: browser.key("u"))


def test_nobody_frames_what_writes(browser, served, tmp_path):
    _, address, *_ = served
    frame = Path(tmp_path / "frame.html")
    frame.write_text(f'<iframe src="{address}/-/review"></iframe>', encoding="utf-8")
    browser.complaints.clear()
    browser.open(frame.as_uri())
    browser.wait(lambda: browser.value("1") and any("frame" in complaint for complaint in browser.complaints))
