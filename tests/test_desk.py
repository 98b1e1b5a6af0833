"""The pages of entities, the review, the batch, and who may write: as a server answers, without a browser."""

import asyncio
import csv
import io
import json
import logging
import multiprocessing
import re
import shutil
import sqlite3
import sys
import threading
import time
from contextlib import closing
from html import unescape
from pathlib import Path
from urllib.parse import quote

import pytest

import resolver
from resolver.database.build import build_file
from resolver.database.connection import writing
from resolver.database.saved_runs import SavedRun, save_run
from resolver.resolving.saving import to_saved

pytest.importorskip("datasette")

import httpx
from datasette import hookimpl
from datasette.app import Datasette
from datasette.plugins import pm

from resolver.publish import pasted_column as pasting
from resolver.publish.datasette_server import make_datasette
from resolver.publish.web.access_tokens import make_token, read_token
from resolver.publish.web.request_guard import guarded
from resolver.publish.web.request_limits import RequestLimits
from resolver.publish.web.served_table import table_of

BAD_ID = 'a/b ?#%~.<i id="x">'
HOSTILE = "<script>alert(1)</script> \u202eGrombalk\u202c"
CLOSING = "'\\\"><script>alert(3)</script>"
TABLE = (
    "id\tname\ttype\taliases\n"
    "lena\tLena Morgenstern\tperson\tЛена Моргенштерн@ru:native|לנה מורגנשטרן@he:native|レナ・モルゲンシュテルン@ja\n"
    "lomax\tLomax Industries\torg\tLMX@en:acronym\n"
    f'{BAD_ID}\t{HOSTILE}\torg\t"onload=alert(2) y="|{CLOSING}\n'
    "mk1\tMarkus Kovalentin\tperson\t\n"
    "mk2\tMarkus Kovalentin\tperson\t\n"
    "tw1\tTamara Wexelby\tperson\t\n"
    "tw2\tTamara Wexelby\tperson\t\n"
    ".\tDotty Plimsoll\tperson\t\n"
)
MENTIONS = (("Tamara Wexelby", 5), ("Markus Kovalentin", 9), ("Lena Morgenstern", 7))


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("desk")
    (folder / "table.tsv").write_text(TABLE, encoding="utf-8")
    assert not build_file(folder / "names.db", [folder / "table.tsv"]).rejects
    with resolver.open(folder / "names.db") as names:
        answers = [names.resolve(mention) for mention, times in MENTIONS for _ in range(times)]
        names.save(answers, "/home/someone/mentions.tsv")
    with closing(sqlite3.connect(folder / "names.db")) as connection:
        connection.execute("INSERT INTO redirect VALUES ('lena-old', 'lena', NULL), ('gone-old', 'gone', NULL)")
        connection.execute("UPDATE source SET licence = '<b>CC0', url = 'https://data.test/?a=\"b'")
        connection.commit()
    return folder / "names.db"


@pytest.fixture
def database(built, tmp_path):
    return Path(shutil.copy(built, tmp_path / "names.db"))


class Visitor:
    """Somebody with a browser that keeps cookies, but runs no scripts."""

    def __init__(self, datasette, who=""):
        self.datasette = datasette
        self.cookies = httpx.Cookies()
        if who:
            self.cookies.set("ds_actor", datasette.sign({"a": {"id": who}}, "actor"), domain="names.test")
        self.token = ""

    def ask(self, method, path, **more):
        async def run():
            transport = httpx.ASGITransport(app=self.datasette.app())
            async with httpx.AsyncClient(
                transport=transport, base_url="http://names.test", cookies=self.cookies
            ) as client:
                response = await client.request(method, path, **more)
                self.cookies = client.cookies
                return response

        response = asyncio.run(run())
        if found := re.search(r'name="csrftoken" value="([^"]+)"', response.text):
            self.token = found[1]
        return response

    def get(self, path):
        return self.ask("GET", path)

    def post(self, path, **fields):
        return self.ask("POST", path, data={"csrftoken": self.token, **fields})

    def decide(self, **fields):
        """Fill in the form of the last page that was got, and send it."""
        return self.post("/-/review", **(self.form | fields))

    def review(self, **fields):
        page = self.get("/-/review?" + "&".join(f"{key}={quote(str(value))}" for key, value in fields.items())).text
        form = page[page.index('<form id="decide"') :].partition("</form>")[0] if 'id="decide"' in page else ""
        self.form = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form))
        self.form = {key: unescape(value) for key, value in self.form.items()}
        self.accepts = [unescape(value) for value in re.findall(r'name="accept" value="([^"]*)"', form)]
        self.rejects = unescape(found[1]) if (found := re.search(r'name="reject" value="([^"]*)"', form)) else ""
        self.mention = (
            unescape(found[1]) if (found := re.search(r"<h2 id=\"mention\".*?<bdi>(.*?)</bdi>", page)) else ""
        )
        return page


def root_of(database, **limits):
    return Visitor(make_datasette(database, request_limits=RequestLimits(**limits)), "root")


@pytest.fixture
def root(database):
    return root_of(database)


def decisions(database):
    with resolver.open(database) as names:
        return [(d.mention, d.id, d.verdict, d.who, bool(d.undone)) for d in names.decisions()]


# The page of an entity


def test_entity(built):
    page = Visitor(make_datasette(built)).get("/-/entity/lena")
    assert page.status_code == 200
    assert "<h1><bdi>Lena Morgenstern</bdi></h1>" in page.text
    assert '<td dir="auto" lang="he">לנה מורגנשטרן</td><td>he</td><td class="word">native</td>' in page.text
    assert '<td dir="auto" lang="ja">レナ・モルゲンシュテルン</td><td>ja</td><td class="word"></td>' in page.text
    assert "<li><bdi>lena-old</bdi></li>" in page.text
    assert '<a href="https://data.test/?a=&#34;b" rel="noreferrer"><bdi>table.tsv</bdi></a>' in page.text
    assert "licence <bdi>&lt;b&gt;CC0</bdi>" in page.text
    mention = '<bdi>Lena Morgenstern</bdi></a></td><td class="number">7</td><td class="number">1.000</td>'
    assert mention in page.text
    assert str(built.parent) not in page.text


def test_entity_with_decisions(database):
    with resolver.open(database) as names:
        names.accept("Lenuschka", "lena", who="<b>Ann", why="so she <i>says")
        names.reject("Lenotschka", "lena-old", who="Bob")
        names.undo()
    page = Visitor(make_datasette(database)).get("/-/entity/lena").text
    assert '<bdi>Lenuschka</bdi></td><td class="word">accepted</td><td><bdi>&lt;b&gt;Ann</bdi>' in page
    assert "<bdi>so she &lt;i&gt;says</bdi>" in page
    assert '<bdi>Lenotschka</bdi></td><td class="word">rejected, <span class="quiet">undone</span>' in page


def test_entities_that_are_not_there_and_those_that_became_others(built):
    visitor = Visitor(make_datasette(built))
    for path in ("none", "gone-old", "~", "%00", "%FF", "a" * 3000):
        assert visitor.get(f"/-/entity/{path}").status_code == 404, path
    assert "<bdi>&lt;script&gt;</bdi>" in visitor.get("/-/entity/<script>").text
    moved = visitor.get("/-/entity/lena-old")
    assert (moved.status_code, moved.headers["location"]) == (302, "/-/entity/lena")
    moved = Visitor(Datasette([str(built)], settings={"base_url": "/n/"})).get("/n/-/entity/lena-old")
    assert moved.headers["location"] == "/n/-/entity/lena"


@pytest.mark.parametrize("id", [BAD_ID, "."])
def test_ids_with_any_characters(built, id):
    visitor = Visitor(make_datasette(built))
    name = {BAD_ID: "Grombalk", ".": "Dotty Plimsoll"}[id]
    page = visitor.get(f"/-/resolve?q={quote(name)}").text
    (path,) = set(re.findall(r'href="(/-/entity/[^"]*)"><bdi>', page))
    assert name in visitor.get(path).text
    preview = visitor.get(f"/reconcile/preview?id={quote(id)}").text
    assert f'href="http://names.test{path}"' in preview
    if id == BAD_ID:
        assert name in visitor.get(f"/-/entity/{quote(id, safe='')}").text


def test_what_takes_too_long_is_given_up(built):
    with closing(sqlite3.connect(built)) as connection:
        many = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 100000) SELECT sum(i) FROM n"
        assert connection.execute(many).fetchone()
    datasette = make_datasette(built, request_limits=RequestLimits(sql_seconds=-1.0))
    with pytest.raises(resolver.ResolverError, match="takes too long"):
        asyncio.run(table_of(datasette).read(lambda connection: connection.rows(many)))


# The review


def test_the_most_frequent_mention_comes_first(root):
    page = root.review()
    assert root.mention == "Markus Kovalentin"
    assert "1 of 2 waiting" in page
    assert "Several could be meant · 9 times" in page
    assert root.accepts[:2] == ["mk1", "mk2"]
    assert "\u2068resolve\u2069 \u2068mentions.tsv\u2069" in unescape(page)
    assert "/home/someone" not in page
    root.review(place=2)
    assert root.mention == "Tamara Wexelby"
    root.review(place=99)
    assert root.mention == "Tamara Wexelby"
    assert "<bdi>Lena Morgenstern</bdi></a> <span" not in page  # which was sure


def test_accept_reject_and_undo(root, database):
    root.review()
    response = root.decide(accept="mk2", why="he says so")
    assert (response.status_code, response.headers["location"]) == (303, "/-/review?place=1")
    page = root.review(place=1)
    assert "accepted as mk2" in page
    assert root.mention == "Tamara Wexelby"
    assert "accepted as mk2" not in root.review(place=1)  # said once
    with resolver.open(database) as names:
        assert names.resolve("markus kovalentin").entity.id == "mk2"
        assert names.decisions()[0].why == "he says so"
    candidates = json.loads(root.rejects)
    root.decide(reject=root.rejects)
    assert "Nothing waits here" in root.review()
    assert {"tw1", "tw2"} <= set(candidates)
    expected = [("Tamara Wexelby", id, "reject", "root", False) for id in candidates]
    assert decisions(database)[1:] == expected
    response = root.post("/-/review", undo="1", run="", place="1")
    page = root.get(response.headers["location"]).text
    assert "undone (reject of tw1; reject of tw2; " in page
    assert "1 of 1 waiting" in page
    assert [undone for *_, undone in decisions(database)] == [False] + [True] * len(candidates)
    root.post("/-/review", undo="1")
    root.review()
    assert root.mention == "Markus Kovalentin"
    assert "you have made no decision that is still in force" in root.post("/-/review", undo="1").text


def test_undo_takes_back_only_ones_own(database):
    datasette = make_datasette(database, writers=["ann", "bob"])
    ann, bob = Visitor(datasette, "ann"), Visitor(datasette, "bob")
    ann.review()
    ann.decide(accept="mk1")
    bob.review()
    bob.decide(accept="tw1")
    ann.post("/-/review", undo="1")
    assert [(who, undone) for *_, who, undone in decisions(database)] == [("ann", True), ("bob", False)]


def test_another_entity(root, database):
    page = root.review(other="lomaks")
    assert 'form="decide" name="accept" value="lomax"' in page
    root.decide(accept="lomax")
    assert decisions(database)[0][:3] == ("Markus Kovalentin", "lomax", "accept")
    assert "No entity has such a name." in root.review(other="!!!")


def test_runs_to_choose_from(root, database):
    with resolver.open(database) as names:
        names.save([names.resolve("Tamara Wexelby")], "<b>second")
        names.save([], ".")
        names.save([])
    page = root.review(run=2)
    assert "1 of 1 waiting" in page
    assert "&lt;b&gt;second" in page
    assert "&#x2068;.&#x2069;</option>" in page
    assert "standard input" not in page
    assert "· 1 time ·" in page
    assert "· 6 times ·" in root.review(place=2)
    assert root.decide(accept="tw1").headers["location"] == "/-/review?place=2"
    root.review(run=2)
    assert root.mention == ""
    assert root.get("/-/review?run=99").status_code == 200
    for nonsense in ("run=x", "run=-1", "place=0", "place=1e9"):
        assert root.get(f"/-/review?{nonsense}").status_code == 400


def test_two_servers_and_two_reviewers_at_once(database):
    """Each has the same page open, on a server of its own; the one who is later is told, and may decide anew."""
    ann = Visitor(make_datasette(database, writers=["ann"]), "ann")
    bob = Visitor(make_datasette(database, writers=["bob"]), "bob")
    ann.review()
    bob.review()
    assert ann.decide(accept="mk1").status_code == 303
    response = bob.decide(accept="mk2")
    assert response.status_code == 409
    page = unescape(re.sub(r"<[^>]*>", "", response.text))
    assert "Somebody else has decided on this: accepted as mk1 by ann" in page
    assert "Your choice was not written" in page
    assert [id for _, id, *_ in decisions(database)] == ["mk1"]
    bob.review(mention="Markus Kovalentin")
    assert bob.decide(accept="mk2").status_code == 303
    assert [id for _, id, *_ in decisions(database)] == ["mk1", "mk2"]


def test_many_writers_lose_nothing(database):
    datasettes = [make_datasette(database), make_datasette(database)]
    token = [make_token(datasette, "root", 1) for datasette in datasettes]

    async def run():
        async def decide(number):
            which = number % 2
            return await datasettes[which].client.post(
                "/-/decide.json",
                json={"mention": f"Mention {number}", "id": "lena", "verdict": "accept"},
                headers={"Authorization": f"Bearer {token[which]}"},
            )

        return await asyncio.gather(*map(decide, range(40)))

    assert {response.status_code for response in asyncio.run(run())} == {200}
    assert {mention for mention, *_ in decisions(database)} == {f"Mention {number}" for number in range(40)}


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "nothing to accept or reject"),
        ({"reject": "[]"}, "nothing to accept or reject"),
        ({"reject": "[7]"}, "nothing to accept or reject"),
        ({"reject": '["lena", "none"]'}, "no entity has the id &#39;none&#39;"),
        ({"accept": "none"}, "no entity has the id &#39;none&#39;"),
        ({"accept": ""}, "id is missing or empty"),
        ({"accept": "lena", "mention": ""}, "mention is missing or empty"),
        ({"accept": "lena", "mention": "!?"}, "has no letter or digit"),
        ({"accept": "lena", "mention": "x" * 600}, "is too long"),
        ({"accept": "lena", "seen": "x"}, "seen: must be a number"),
    ],
)
def test_forms_that_make_no_sense(root, database, fields, words):
    root.review()
    response = root.decide(**fields)
    assert response.status_code == 400
    assert words in response.text
    assert str(database.parent) not in response.text
    assert decisions(database) == []


def test_entities_that_have_gone_since(root, database):
    with resolver.open(database) as names:
        names.remove("mk1")
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("INSERT INTO redirect VALUES ('tw1', 'tw2', NULL)")
        connection.commit()
    page = root.review()
    assert root.accepts[0] == "mk2"
    assert '<span class="gone">removed</span>' in page
    root.review(place=2)
    assert root.accepts[0] == "tw2"
    assert "tw1" not in root.accepts
    assert len(root.accepts) == len(set(root.accepts))


# Who may write


def test_reading_is_open_and_writing_is_not(database):
    datasette = make_datasette(database)
    visitor = Visitor(datasette)
    page = visitor.review()
    assert "Log in</a> to decide" in page
    assert page.count(" disabled") >= 4
    response = visitor.decide(accept="mk1")
    assert response.status_code == 403
    assert "log in, or send a token" in response.text
    mallory = Visitor(datasette, "mallory")
    assert "You may read, but not decide" in mallory.review()
    assert mallory.decide(accept="mk1").status_code == 403
    assert mallory.post("/-/review", undo="1").status_code == 403
    assert mallory.post("/-/batch", text="Lomax", save="1").status_code == 403
    assert (
        visitor.ask("POST", "/-/decide.json", json={"mention": "x", "id": "lena", "verdict": "accept"}).status_code
        == 403
    )
    assert decisions(database) == []


def test_forms_of_other_sites_are_refused(root, database):
    root.review()
    fields = root.form | {"accept": "mk1"}
    for token in ("", "x", Visitor(root.datasette, "root").token):
        response = root.ask("POST", "/-/review", data=fields | {"csrftoken": token})
        assert response.status_code == 403
    assert (
        root.ask("POST", "/-/decide.json", json={"mention": "x", "id": "lena", "verdict": "accept"}).status_code == 403
    )
    # a header that frees of the form's token does not go with the login of a cookie
    headers = {"Authorization": "Bearer x"}
    for path, more in (("/-/review", {"data": fields}), ("/-/decide.json", {"json": fields})):
        assert root.ask("POST", path, headers=headers, **more).status_code == 403
    assert decisions(database) == []


def test_tokens(database, monkeypatch):
    datasette = make_datasette(database, writers=["ann"])
    token = make_token(datasette, "ann", 1)
    visitor = Visitor(datasette)

    def decide(token, given, scheme="Bearer"):
        headers = {"Authorization": f"{scheme} {token}"}
        return visitor.ask("POST", "/-/decide.json", json=given, headers=headers)

    decision = {"mention": "Lomaxx", "id": "lomax", "verdict": "accept", "why": "so", "who": "mallory"}
    response = decide(token, decision)
    assert response.status_code == 200
    assert (response.json()[0]["who"], response.json()[0]["number"]) == ("ann", 1)
    assert decide(token, {"undo": True}).json()[0]["undone"]
    for bad in (token[:-1], token + "x", "dstok_", "", make_token(make_datasette(database), "ann", 1)):
        assert decide(bad, decision).status_code == 403, bad
    assert decide(token, decision, "Basic").status_code == 403
    assert decide(make_token(datasette, "mallory", 1), decision).status_code == 403
    for odd in ([], 7, {}, {"mention": 7}, {"mention": ["x"], "id": {}}, decision | {"verdict": None}, {"undo": "yes"}):
        response = decide(token, odd)
        assert response.status_code == 400
        assert response.json()["error"]
    assert visitor.ask("GET", "/-/decide.json", headers={"Authorization": f"Bearer {token}"}).status_code == 400
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 86_401)
    assert decide(token, decision).status_code == 403
    for content in (7, {}, {"a": 7, "t": 1, "d": 1}, {"a": "ann", "t": "x", "d": 1}):
        assert read_token(datasette, "dstok_" + datasette.sign(content, "token")) is None


def test_tokens_outlive_the_server_with_a_secret(database, monkeypatch):
    monkeypatch.setenv("DATASETTE_SECRET", "kept between runs")
    token = make_token(make_datasette(database), "ann", 1)
    assert read_token(make_datasette(database), token).who == "ann"


def test_logging_in_by_a_token(database):
    datasette = make_datasette(database, writers=["ann"])
    visitor = Visitor(datasette)
    visitor.get("/-/login")
    response = visitor.post("/-/login", token="dstok_x")
    assert response.status_code == 400
    assert "ds_actor" not in visitor.cookies
    response = visitor.post("/-/login", token=f" {make_token(datasette, 'ann', 1)} ")
    assert (response.status_code, response.headers["location"]) == (303, "/-/review")
    assert "HttpOnly" in response.headers["set-cookie"]
    assert "<bdi>ann</bdi>" in visitor.review()
    visitor.decide(accept="mk1")
    assert decisions(database)[0][3] == "ann"


def test_nobody_is_logged_in_by_a_form_of_another_site(database):
    datasette = make_datasette(database, writers=["ann"])
    visitor = Visitor(datasette)  # who has not been here before: no cookie
    response = visitor.post("/-/login", token=make_token(datasette, "ann", 1))
    assert response.status_code == 400
    assert "ds_actor" not in visitor.cookies
    assert visitor.post("/-/login", token=make_token(datasette, "ann", 1)).status_code == 303  # from the page that came


def test_the_link_of_root_holds_once(database):
    datasette = make_datasette(database)
    path = f"/-/auth-token?token={datasette._root_token}"
    assert Visitor(datasette).get("/-/auth-token?token=x").status_code == 403
    visitor = Visitor(datasette)
    assert visitor.get(path).headers["location"] == "/-/review"
    visitor.review()
    assert visitor.decide(accept="mk1").status_code == 303
    assert Visitor(datasette).get(path).status_code == 403


def test_the_link_of_root_holds_once_in_all_processes(database):
    datasette = make_datasette(database)
    path = f"/-/auth-token?token={datasette._root_token}"
    table_of(datasette)
    child = multiprocessing.get_context("fork").Process(
        target=lambda: sys.exit(Visitor(datasette).get(path).status_code)
    )
    child.start()
    child.join()
    assert child.exitcode == 302 % 256
    assert Visitor(datasette).get(path).status_code == 403


def test_pages_behind_permissions(built):
    datasette = Datasette([str(built)], metadata={"databases": {"names": {"allow": {"id": "root"}}}})
    paths = ("/-/entity/lena", "/-/review", "/-/batch", "/-/resolve")
    for path in paths:
        assert Visitor(datasette).get(path).status_code == 403
        assert Visitor(datasette, "root").get(path).status_code == 200
        for who, status in (("root", 200), ("ann", 403)):
            headers = {"Authorization": f"Bearer {make_token(datasette, who, 1)}"}
            assert Visitor(datasette).ask("GET", path, headers=headers).status_code == status


def test_other_plugins_may_let_people_write(database):
    class Plugin:
        __name__ = "of others"

        @hookimpl
        def permission_allowed(self, actor, action):
            return True if action == "resolver-write" and actor and actor["id"].startswith("desk-") else None

    plugin = Plugin()
    pm.register(plugin)
    try:
        for who, status in (("desk-7", 303), ("mallory", 403)):
            visitor = Visitor(make_datasette(database), who)
            visitor.review()
            assert visitor.decide(accept=visitor.accepts[0]).status_code == status
    finally:
        pm.unregister(plugin)


def test_a_database_that_cannot_be_written(database):
    visitor = Visitor(make_datasette(database, immutable=True), "root")
    page = visitor.review()
    assert "Decisions cannot be written here. The database is served as immutable" in page
    assert page.count(" disabled") >= 4
    response = visitor.decide(accept="mk1")
    assert response.status_code == 409
    assert "immutable" in response.text
    assert visitor.post("/-/batch", text="Lomax", save="1").status_code == 409
    bundled = Visitor(Datasette(), "root")
    assert "This is the bundled table" in bundled.get("/-/review").text


def test_a_database_that_is_locked_or_damaged(root, database, monkeypatch):
    monkeypatch.setattr("resolver.database.connection.WRITER_WAIT_SECONDS", 0.2)
    root.review()
    assert root.get("/names.json?sql=SELECT+1+FROM+entity").status_code == 200
    with writing(database):
        response = root.decide(accept="mk1")
        assert response.status_code == 503
        assert "Nothing was written: names.db: another process has kept it locked" in response.text
        assert '<a href="/-/review">Back</a>' in response.text
        assert str(database.parent) not in response.text
        assert root.get("/-/review").status_code == 200
        response = root.post("/-/batch", text="Lomax", kind="lines", save="1")
        assert response.status_code == 503
        assert "Nothing was written: names.db: another process has kept it locked" in response.text
    assert "pasted by" not in root.get("/-/review").text
    assert root.decide(accept="mk1").status_code == 303
    whole = database.read_bytes()
    other = database.with_name("other")
    other.write_bytes(b"no database" * 1000)
    other.replace(database)
    sql = root.get("/names.json?sql=SELECT+1+FROM+entity")
    for response in (root.get("/-/review"), root.get("/-/entity/lena"), root.decide(accept="mk1"), sql):
        assert response.status_code == 503
        assert str(database.parent) not in response.text
    database.unlink()
    assert root.get("/-/review").status_code == 503
    assert root.get("/-/resolve").status_code == 200
    database.write_bytes(whole)
    assert root.get("/-/review").status_code == 200
    assert root.get("/names.json?sql=SELECT+1+FROM+entity").status_code == 200


def test_the_file_that_is_there_now_answers(root, database, built):
    sql = "/names.json?sql=SELECT+count(*)+AS+n+FROM+decision&_shape=array"
    assert root.get(sql).json() == [{"n": 0}]
    assert "Nothing waits" not in root.review()
    shutil.copy(built, database.with_name("new"))
    with resolver.open(database.with_name("new")) as names:
        names.accept("Markus Kovalentin", "mk1")
    database.with_name("new").replace(database)
    root.review()
    assert root.mention == "Tamara Wexelby"
    assert [root.get(sql).json() for _ in range(5)] == [[{"n": 1}]] * 5


# The batch


def test_batch(root, built):
    root.get("/-/batch")
    page = root.post("/-/batch", text="Lomaks Industries\r\nMarkus Kovalentin\n\nKarl Haverbrook\n", kind="lines").text
    assert "1 linked, 1 ambiguous, 2 not in the table. The share of mentions that are in the table is" in page
    assert '<a href="/-/entity/lomax"><bdi>Lomax Industries</bdi></a>' in page
    assert "<bdi>Markus Kovalentin</bdi> (<bdi>mk1</bdi>) or" in page
    response = root.post("/-/batch", **{"text": "Lomaks Industries\n\nMarkus Kovalentin", "kind": "lines", "as": "csv"})
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    assert response.headers["content-disposition"] == 'attachment; filename="resolved.csv"'
    rows = list(csv.DictReader(io.StringIO(response.text, newline="")))
    assert list(rows[0]) == list(pasting.CSV_HEADER)
    with resolver.open(built) as names:
        found, *_ = names.resolve_many(["Lomaks Industries", "", "Markus Kovalentin"])
    first = ("Lomaks Industries", "linked", "lomax", "Lomax Industries", "org", str(round(found.probability, 6)))
    assert tuple(rows[0].values()) == (*first, "lomax", "Lomax Industries")
    assert (rows[1]["mention"], rows[1]["outcome"]) == ("", "nil")
    assert (rows[2]["outcome"], rows[2]["id"], rows[2]["best_id"]) == ("ambiguous", "", "mk1")


def test_batch_of_a_column(root):
    root.get("/-/batch")

    def mentions(text, **fields):
        page = root.post("/-/batch", text=text, **fields).text
        return re.findall(r'<tr[^>]*>\s*<td role="cell"><a href=[^>]*><bdi>(.*?)</bdi>', page)

    assert mentions("id\tmention\n1\tLomax\n2\tLena\n3", kind="tsv") == ["Lomax", "Lena", ""]
    assert mentions('Name,x\n"Lomax, Inc",2\nLena,3', kind="csv") == ["Lomax, Inc", "Lena"]
    assert mentions("Name,x\na,2\nb,3", kind="csv", column="x") == ["2", "3"]
    page = root.post("/-/batch", text='m\nLomax\n"a"b\nLena', kind="csv").text
    assert "line 3: not a CSV record" in page
    response = root.post("/-/batch", **{"text": 'm\nLomax\n"a"b\nLena', "kind": "csv", "as": "csv"})
    assert response.status_code == 400
    assert "a file would lack the rows that cannot be read: line 3: not a CSV record" in response.text
    assert "<bdi>Lena</bdi>" in page
    for fields, words in (
        ({"text": "a\tb", "kind": "tsv", "column": "c"}, "no column &#39;c&#39;"),
        ({"text": "a\ta\nx\ty", "kind": "tsv"}, "twice"),
        ({"text": " \n \n", "kind": "lines"}, "nothing was pasted"),
        ({"text": "", "kind": "csv"}, "nothing was pasted"),
        ({"text": '"a"b,c\nx,y', "kind": "csv"}, "not a CSV record"),
        ({"text": "x", "kind": "xml"}, "must be one of"),
        ({"text": "x", "kind": "lines", "type": "animal"}, "type must be one of"),
        ({"text": "x\n" * 2001, "kind": "lines"}, "2,001 mentions were pasted; at most 2,000"),
        ({"text": "é" * 150_001, "kind": "lines"}, "300,002 bytes were pasted; at most 300,000"),
    ):
        response = root.post("/-/batch", **fields)
        assert response.status_code == 400
        assert words in response.text
        assert "what was pasted:1:" not in response.text


def test_formulas_stay_as_they_are_unless_that_is_asked_for(root):
    root.get("/-/batch")
    text = '=HYPERLINK("http://x")\n+1\n-2\n@SUM(A1)\n＝1\nLomax'
    page = root.post("/-/batch", text=text, kind="lines").text
    assert "5 cells would be a formula" in page
    plain = root.post("/-/batch", **{"text": text, "kind": "lines", "as": "csv"}).text
    assert [row["mention"] for row in csv.DictReader(io.StringIO(plain))] == text.split("\n")
    body = root.post("/-/batch", **{"text": text, "kind": "lines", "as": "spreadsheet"}).content
    assert body.startswith(b"\xef\xbb\xbf")
    cells = [row["mention"] for row in csv.DictReader(io.StringIO(body.decode("utf-8-sig")))]
    assert cells == [f"'{mention}" for mention in text.split("\n")[:5]] + ["Lomax"]


def test_batch_kept_for_the_review(root, database):
    root.get("/-/batch")
    text = "Tamara Wexelby\nMarkus Kovalentin\nTamara Wexelby\n\n" + "x" * 600
    page = root.post("/-/batch", text=text, kind="lines", save="1").text
    assert 'Saved as run 2: <a href="/-/review?run=2">' in page
    assert "· 2 times · first at <bdi>1</bdi>" in root.review(run=2)
    assert "pasted by root" in root.review(run=2)
    root.post("/-/batch", **{"text": "Tamara Wexelby", "kind": "lines", "save": "1", "as": "csv"})
    assert "1 of 1 waiting" in root.review(run=3)
    bad = {"text": 'm\nTamara Wexelby\n"a"b', "kind": "csv", "save": "1", "as": "csv"}
    assert root.post("/-/batch", **bad).status_code == 400
    assert "Nothing waits here" in root.review(run=4)
    with closing(sqlite3.connect(database)) as connection:
        rows = connection.execute("SELECT mention, times, place FROM resolved WHERE run = 2 ORDER BY no").fetchall()
    assert rows == [("Tamara Wexelby", 2, "1"), ("Markus Kovalentin", 1, "2")]


def test_a_batch_that_takes_too_long(database):
    root = root_of(database, batch_seconds=0.0)
    root.get("/-/batch")
    response = root.post("/-/batch", text="\n".join(f"Mention {i}" for i in range(100)), kind="lines")
    assert response.status_code == 503
    assert re.search(r"\d+ of 100 mentions were resolved in 0 seconds", response.text)


# Names and requests that mean harm


def test_hostile_names_are_text_on_every_page(root, database):
    bad = "</script>\"'><img src=x onerror=alert(9)>\u202e"
    with resolver.open(database) as names:
        names.accept(f"{bad} Wexelby", BAD_ID, who=f"{bad} who", why=f"{bad} why")
        names.save([names.resolve("Tamara Wexelby"), names.resolve(HOSTILE)], bad, bad)
        answer = to_saved(names.resolve("Tamara Wexelby"))
        odd = [
            {"mention": f"{bad} Tamara", "exact": "img tamara"},
            {"place": bad, "times": 99},
        ]
        from dataclasses import replace

        save_run(database, SavedRun(bad, bad, 0.5), [replace(answer, **more) for more in odd])
    root.get("/-/batch")
    pages = [
        root.get(f"/-/entity/{quote(BAD_ID, safe='')}"),
        root.get(f"/-/entity/{quote(bad)}"),
        root.get(f"/-/resolve?q={quote(bad)}&type={quote(bad)}"),
        root.get(f"/-/resolve?q={quote(HOSTILE)}"),
        root.get(f"/-/resolve?q={quote(bad + ' Wexelby')}"),
        root.get("/-/review"),
        root.get(f"/-/review?place=2&other={quote(bad)}"),
        root.get(f"/-/review?other=Grombalk&mention={quote(bad)}"),
        root.get(f"/-/review?run={quote(bad)}"),
        root.post("/-/review", mention=bad, accept=bad),
        root.post("/-/batch", text=f"{HOSTILE}\n{bad}\n{bad} Wexelby", kind="lines", column=bad, type=""),
        root.post("/-/batch", text=f"{bad}\n{HOSTILE}", kind="tsv", column=bad),
        root.post("/-/batch", text=bad, kind=bad, column=bad, type=bad),
        root.post("/-/login", token=bad),
    ]
    for page in pages:
        bare = re.sub(r'"[^"]*"', '""', page.text)
        assert not re.search(r"<(script(?! src=)|img|i)[ >]", bare), page.url
        assert not re.search(r"<[^<>]*\son\w+=", bare), page.url
        assert "default-src 'none'" in page.headers["content-security-policy"]
        assert "unsafe" not in page.headers["content-security-policy"]
        assert not re.search(r"<style|style=|javascript:", page.text)
        outside = re.findall(r'(?:src|href|action)="(?:https?:)?//([^"/?]*)', page.text)
        assert set(outside) <= {"data.test"}


def test_right_to_left_overrides_stay_in_their_element(root):
    root.get("/-/batch")
    pages = [root.get(f"/-/entity/{quote(BAD_ID, safe='')}"), root.get(f"/-/resolve?q={quote(HOSTILE)}")]
    pages += [root.get(f"/-/review?other={quote(HOSTILE)}"), root.post("/-/batch", text=HOSTILE, kind="lines")]
    for page in pages:
        text = re.sub(r"<title>&#x2068;.*?&#x2069;|value=\"[^\"]*\"", "", page.text)
        assert "\u202e" in text
        around = re.findall(r"(<[^<>]*>)[^<>]*\u202e", text)
        assert all(re.match(r"<(bdi|td dir=\"auto\"|textarea)", tag) for tag in around), around


def test_pages_that_write_are_not_framed(root):
    for path, ancestors in (
        ("/-/review", "'none'"),
        ("/-/batch", "'none'"),
        ("/-/login", "'none'"),
        ("/-/resolve", "'self'"),
    ):
        headers = root.get(path).headers
        assert f"frame-ancestors {ancestors}" in headers["content-security-policy"]
        assert headers["x-frame-options"] == ("DENY" if ancestors == "'none'" else "SAMEORIGIN")
        assert "access-control-allow-origin" not in headers
    assert "x-frame-options" not in root.get("/reconcile/preview?id=lena").headers


def test_methods(root):
    assert root.ask("PUT", "/-/review").status_code in (403, 405)
    assert Visitor(root.datasette).ask("DELETE", "/-/batch").status_code == 405
    assert Visitor(root.datasette).ask("POST", "/-/entity/lena").status_code == 405
    assert root.ask("HEAD", "/-/entity/lena").status_code == 200


def test_bodies_within_bounds(root):
    form = {"content-type": "application/x-www-form-urlencoded"}
    large = b"text=" + b"a" * (1 << 20)
    assert root.ask("POST", "/-/batch", content=large, headers=form).status_code == 413

    async def parts():
        for _ in range(20):
            yield b"a" * (1 << 16)

    assert root.ask("POST", "/-/batch", content=parts(), headers=form).status_code == 413
    response = root.ask("POST", "/-/review", content=b"csrftoken=\xff\xfe", headers=form)
    assert (response.status_code, "UTF-8" in response.text) == (400, True)
    response = root.ask("POST", "/-/review", content=b"--x", headers={"content-type": "multipart/form-data"})
    assert (response.status_code, "no token" in response.text) == (403, True)

    async def slow():
        for _ in range(3):
            await asyncio.sleep(0.1)
            yield b"a"

    hasty = root_of(Path(root.datasette.databases["names"].path), receive_seconds=0.05)
    assert hasty.ask("POST", "/-/batch", content=slow(), headers=form).status_code in (408, 413)


def call(app, scope, messages):
    """The status that an ASGI application answers a request with, whose body comes as `messages`."""
    sent = []

    async def run():
        waiting = list(messages)

        async def receive():
            if not waiting:
                await asyncio.sleep(60)
            return waiting.pop(0)

        async def send(message):
            sent.append(message)

        await app({"type": "http", "method": "POST", "path": "/", **scope}, receive, send)

    asyncio.run(run())
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent)


def test_slow_and_broken_requests():
    async def never(scope, receive, send):
        await asyncio.sleep(60)

    async def broken(scope, receive, send):
        raise KeyError("/etc/secret")

    async def large(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await asyncio.sleep(0.2)
        await send({"type": "http.response.body", "body": b"all of it"})

    whole = [{"type": "http.request", "body": b"", "more_body": False}]
    limits = RequestLimits(receive_seconds=0.05, answer_seconds=0.05)
    assert call(guarded(never, limits), {}, [])[0] == 408
    assert call(guarded(never, limits), {}, whole)[0] == 503
    assert call(guarded(never, limits), {}, [{"type": "http.disconnect"}])[0] == 400
    status, body = call(guarded(broken, limits), {}, whole)
    assert status == 500
    assert b"secret" not in body
    assert call(guarded(large, limits), {}, whole) == (200, b"all of it")


def test_errors_that_nobody_foresaw_say_nothing(root, monkeypatch, caplog, capsys):
    def fail(*_):
        raise OSError(f"/etc/secret in {sys.prefix}")

    monkeypatch.setattr("resolver.publish.web.pages.entity_page.read_facts", fail)
    with caplog.at_level(logging.ERROR):
        response = root.get("/-/entity/lena")
    assert response.status_code == 500
    assert "secret" not in response.text
    assert sys.prefix not in response.text
    assert "secret" in caplog.text + capsys.readouterr().err


def test_pages_answer_while_a_batch_is_resolved(database):
    gate, root = threading.Event(), root_of(database, batch_turn=1)

    async def run():
        text = "\n".join(f"Mention of somebody {i}" for i in range(200))
        batch = asyncio.create_task(root.datasette.client.post("/-/batch", data={"text": text, "kind": "lines"}))
        await asyncio.sleep(0.05)
        page = await root.datasette.client.get("/-/resolve.json?q=Lomax+Industries")
        early = not batch.done()
        gate.set()
        return page.status_code, early, (await batch).status_code

    assert asyncio.run(run()) == (200, True, 200)
