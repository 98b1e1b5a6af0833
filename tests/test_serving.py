"""The Datasette plugin: pages, the reconciliation service, and resolver serve."""

import asyncio
import itertools
import json
import logging
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import closing
from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner

import resolver
from resolver.cli import main
from resolver.database.build import build_file
from resolver.infra.packaged_data import data_path

pytest.importorskip("datasette")

from datasette.app import Datasette
from serving_checks import batch, fetch, get, post, valid

from resolver.publish.datasette_server import make_datasette
from resolver.publish.server_workers import serve_in
from resolver.publish.web.answer_cache import AnswerCache, CacheLimits
from resolver.publish.web.served_table import table_of

HOSTILE = "<script>alert(1)</script> Grombalk"
TABLE = (
    "id\tname\ttype\taliases\n"
    "lena\tLena Morgenstern\tperson\tЛена Моргенштерн@ru:native|לנה מורגנשטרן@he:native\n"
    "lomax\tLomax Industries\torg\tLMX@en:acronym\n"
    f'<i id="x">\t{HOSTILE}\torg\t"onload=alert(2) y="\n'
    "mk1\tMarkus Kovalentin\tperson\t\n"
    "mk2\tMarkus Kovalentin\tperson\t\n"
)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("serving")
    (folder / "table.tsv").write_text(TABLE, encoding="utf-8")
    report = build_file(folder / "names.db", [data_path("entities.tsv"), folder / "table.tsv"])
    assert not report.rejects
    return folder / "names.db"


@pytest.fixture
def database(built, tmp_path):
    return Path(shutil.copy(built, tmp_path / "names.db"))


@pytest.fixture(scope="module")
def served(built):
    return make_datasette(built)


# SQL


def test_sql_functions(served):
    rows = get(served, "/names.json", sql="SELECT resolve('Lomax Industry') AS name", _shape="array").json()
    assert rows == [{"name": "Lomax Industries"}]


def test_which_table_answers(database, tmp_path):
    with closing(sqlite3.connect(tmp_path / "other.db")) as connection:
        connection.execute("CREATE TABLE t (x)")
    other = str(tmp_path / "other.db")

    def answer(datasette):
        sql = "SELECT resolve_id('Lomax Industry') AS a, resolve_id('Yoshihidi Soja') AS b"
        return tuple(get(datasette, "/other.json", sql=sql, _shape="array").json()[0].values())

    assert answer(Datasette([other])) == (None, "yoshihide-suga")
    assert answer(Datasette([other, str(database)])) == ("lomax", "yoshihide-suga")
    config = {"plugins": {"resolver": {"db": str(database)}}}
    assert answer(Datasette([other], metadata=config)) == ("lomax", "yoshihide-suga")
    config["plugins"]["resolver"]["min_probability"] = 1.0
    assert answer(Datasette([other], metadata=config)) == (None, None)


@pytest.mark.parametrize(
    "config",
    [
        {"colour": "red"},
        {"min_precision": "high"},
        {"min_precision": 7},
        {"writers": "ann"},
        {"limits": [1]},
        {"limits": {"colours": 3}},
        {"limits": {"answer_seconds": "long"}},
        {"limits": {"body_bytes": 1.5}},
    ],
)
def test_settings_that_make_no_sense(config):
    with pytest.raises(resolver.SettingError):
        get(Datasette(metadata={"plugins": {"resolver": config}}), "/-/resolve")


def test_limits_are_settings(built):
    limited = Datasette([str(built)], metadata={"plugins": {"resolver": {"limits": {"body_bytes": 100}}}})
    assert post(limited, "/reconcile", data={"queries": "x" * 101}).status_code == 413
    assert post(limited, "/reconcile", data={"queries": "{}"}).status_code == 200


def test_the_served_file_cannot_be_changed(served, built):
    before = built.read_bytes()
    for sql in ("DELETE FROM alias", "SELECT 1; DROP TABLE alias", "PRAGMA journal_mode = WAL", "ATTACH 'x.db' AS x"):
        assert get(served, "/names.json", sql=sql).status_code == 400
    assert post(served, "/names", data={"sql": "DELETE FROM alias"}).status_code in (400, 405)
    assert built.read_bytes() == before


# The page


def test_page_without_a_question(served):
    page = get(served, "/-/resolve").text
    assert '<label for="q">' in page
    assert "Candidates" not in page
    outside = re.findall(r'(?:src|href|action)="(https?:)?//([^"/]*)', page)
    assert {host for _, host in outside} <= {"datasette.io"}  # a link of Datasette's own at the foot


@pytest.mark.parametrize(
    ("mention", "shown"),
    [
        ("Lomax Industry", ["Lomax Industries", "linked", ">lomax<"]),
        ("Лена Моргенштерн", ["Lena Morgenstern", "linked"]),
        ("לנה מורגנשטיין", ["Lena Morgenstern", "<bdi>לנה מורגנשטיין</bdi>"]),
        ("Markus Kovalentin", ["Several could be meant", "mk1", "mk2"]),
        ("Karl Haverbrook", ["Not in the table"]),
        ("!?", ["Not in the table", "no letter or digit"]),
        ("x" * 600, ["Not in the table"]),
        ("a\x00b\u202e\ud7ff", ["Not in the table"]),
    ],
)
def test_page_answers(served, mention, shown):
    response = get(served, "/-/resolve", q=mention)
    assert response.status_code == 200
    assert [text for text in shown if text not in response.text] == []


def test_page_draws_pieces(served):
    page = get(served, "/-/resolve", q="Yoshihidi Soja").text
    pieces = re.findall(r'<li class="(\w+)"><bdi>(\w+)</bdi><span class="unseen">([\w ]+)</span><bdi>(\w+)</bdi>', page)
    assert ("other", "di", " stands for ", "de") in pieces
    assert ("same", "shi", " is the same as ", "shi") in pieces
    assert "<bdi>yoshihidi</bdi> for <bdi>yoshihide</bdi> <small>similarity 0.9" in page


def test_page_shows_words_left_over_in_their_own_script(served):
    page = get(served, "/-/resolve", q="アンゲラ・カナガワ").text
    assert '<span class="left-over"><bdi>カナガワ</bdi></span>' in page
    assert "kanagawa" not in page


def test_page_escapes_names_and_questions(served):
    for page in (
        get(served, "/-/resolve", q=HOSTILE).text,
        get(served, "/-/resolve", q='"><script>alert(1)</script>', type='"><script>').text,
        get(served, "/reconcile/preview", id='<i id="x">').text,
        get(served, "/reconcile/preview", id="<script>alert(1)").text,
    ):
        assert "alert(1)" in page
        assert "<script>alert" not in page
        assert '<i id="x">' not in page
        assert not re.search(r"<[^>]* onload=", page)


def test_page_says_what_is_wrong_without_paths(served):
    response = get(served, "/-/resolve", q="Lena", type="animal")
    assert response.status_code == 400
    assert "type must be one of person, org, place, other" in response.text
    assert get(served, "/-/resolve.json", q="Lena", type="animal").json()["error"].startswith("type must be one of")


def test_json_is_the_contract(served, built):
    value = get(served, "/-/resolve.json", q="Lomax Industry", explain=1).json()
    with resolver.open(built) as opened:
        found = opened.resolve("Lomax Industry")
    assert {key: value[key] for key in found.to_dict()} == found.to_dict()
    assert get(served, "/-/resolve.json", q="Lomax Industry").json() == found.to_dict()
    assert value["evidence"] == json.loads(json.dumps(found.explanation()))
    assert get(served, "/-/resolve.json", q="Lomax", type="place").json()["outcome"] == "nil"


# The reconciliation service


def test_manifest(served):
    response = get(served, "/reconcile")
    manifest = response.json()
    for version in ("0.1", "0.2"):
        valid("manifest", manifest, version)
    assert manifest["versions"] == ["0.1", "0.2", "1.0-draft"]
    assert [type["id"] for type in manifest["defaultTypes"]] == ["person", "org", "place", "other"]
    assert response.headers["access-control-allow-origin"] == "*"
    paths = [manifest["suggest"][kind]["service_path"] for kind in ("entity", "type", "property")]
    paths += [manifest["extend"]["propose_properties"]["service_path"]]
    for path in paths:
        assert get(served, path, prefix="l").status_code == 200
    for url in (manifest["preview"]["url"], manifest["view"]["url"]):
        assert get(served, url.replace("{{id}}", "lomax").removeprefix("http://localhost")).status_code == 200


def test_base_url(built):
    datasette = Datasette([str(built)], settings={"base_url": "/names-of/"})
    manifest = get(datasette, "/reconcile").json()
    assert manifest["suggest"]["entity"]["service_url"] == "http://localhost/names-of"
    assert 'action="/names-of/-/resolve"' in get(datasette, "/-/resolve").text


def test_jsonp(served):
    response = get(served, "/reconcile", callback="jQuery.cb_1")
    assert response.headers["content-type"].startswith("text/javascript")
    assert response.headers["x-content-type-options"] == "nosniff"
    found = re.fullmatch(r"/\*\*/jQuery\.cb_1\((.*)\);", response.text, re.DOTALL)
    assert json.loads(found[1]) == get(served, "/reconcile").json()
    queries = json.dumps({"q\u2028": {"query": "Lomax Industry"}})
    text = get(served, "/reconcile", queries=queries, callback="f").text
    assert text.startswith("/**/f({") and "\u2028" not in text
    for odd in ("alert(1)//", "a b", "<script>", "f" * 101, ".a", "ä"):
        assert get(served, "/reconcile", callback=odd).status_code == 400


def test_batch_by_get_and_by_form(served):
    queries = {
        "q0": {"query": "Lomax Industry"},
        "q1": {"query": "Markus Kovalentin"},
        "q2": {"query": "Karl Haverbrook", "limit": 3},
        "q3": {"query": ""},
    }
    found = batch(served, queries)
    assert get(served, "/reconcile", queries=json.dumps(queries)).json() == found
    first = found["q0"]["result"][0]
    assert (first["id"], first["name"], first["match"]) == ("lomax", "Lomax Industries", True)
    assert first["type"] == [{"id": "org", "name": "Organisation"}]
    assert 90 < first["score"] <= 100
    matches = {key: [c["id"] for c in answer["result"] if c["match"]] for key, answer in found.items()}
    assert matches == {"q0": ["lomax"], "q1": [], "q2": [], "q3": []}
    assert {c["id"] for c in found["q1"]["result"][:2]} == {"mk1", "mk2"}
    assert len(found["q2"]["result"]) <= 3
    for answer in found.values():
        scores = [c["score"] for c in answer["result"]]
        assert scores == sorted(scores, reverse=True)


@pytest.mark.parametrize(
    ("query", "first", "match"),
    [
        ({"type": "org"}, "lomax", True),
        ({"type": ["org"]}, "lomax", True),
        ({"type": ["person", "org"], "type_strict": "any"}, "lomax", True),
        ({"type": "place", "type_strict": "should"}, "lomax", True),
        ({"type": ["person", "org"], "type_strict": "all"}, None, False),
        ({"type": "person"}, "other", False),
        ({"type": "Q5"}, None, False),
        ({"type": []}, "lomax", True),
        ({"limit": 1}, "lomax", True),
        ({"limit": 1e300}, "lomax", True),
        ({"properties": [{"pid": "context", "v": "shares of Lomax Industries Inc."}]}, "lomax", True),
        ({"properties": [{"pid": "P17", "v": {"id": "Q30"}}]}, "lomax", True),
    ],
)
def test_query_options(served, query, first, match):
    result = batch(served, {"q": {"query": "Lomax Industry", **query}})["q"]["result"]
    if first == "other":
        assert all(c["type"][0]["id"] == query["type"] for c in result)
    else:
        assert (result[0]["id"] if result else None) == first
    assert any(c["match"] for c in result) == match
    if "limit" in query and query["limit"] == 1:
        assert len(result) == 1


@pytest.mark.parametrize(
    ("form", "problem"),
    [
        ({"queries": "{"}, "queries: not valid JSON"),
        ({"queries": "[]"}, "queries: not a JSON object"),
        ({"queries": "[" * 100_000}, "queries: not valid JSON"),
        ({"queries": '{"q0": "Lomax"}'}, "queries: q0: not an object"),
        ({"queries": '{"q0": {}}'}, "queries: q0: neither query nor properties"),
        ({"queries": '{"q0": {"query": 7}}'}, "queries: q0: query must be a string"),
        ({"queries": '{"q0": {"query": "a", "limit": "x"}}'}, "queries: q0: limit must be a number"),
        ({"queries": '{"q0": {"query": "a", "limit": 0}}'}, "queries: q0: limit must be a number"),
        ({"queries": '{"q0": {"query": "a", "type": {}}}'}, "queries: q0: type must be"),
        ({"queries": '{"q0": {"query": "a", "properties": ["x"]}}'}, "queries: q0: properties must be"),
        ({"queries": json.dumps({f"q{i}": {"query": "a"} for i in range(101)})}, "at most 100 in one request"),
        ({"extend": '{"ids": "lomax", "properties": []}'}, "extend: ids must be"),
        ({"extend": '{"ids": ["lomax"], "properties": ["names"]}'}, "extend: properties must be"),
        ({"extend": json.dumps({"ids": ["lomax"] * 101, "properties": []})}, "at most 100 ids"),
        ({}, "neither queries nor extend"),
        ({f"f{i}": "" for i in range(30)}, "at most 20 fields"),
    ],
)
def test_bad_requests(served, form, problem):
    response = post(served, "/reconcile", data=form or {"x": "y"})
    assert response.status_code == 400
    assert problem in response.json()["error"]
    assert response.headers["access-control-allow-origin"] == "*"


def test_requests_out_of_bounds(served):
    form = {"content-type": "application/x-www-form-urlencoded"}
    assert post(served, "/reconcile", content=b"queries=" + b"a" * (1 << 20), headers=form).status_code == 413
    assert post(served, "/reconcile", content=b"queries=\xff", headers=form).status_code == 400
    assert post(served, "/reconcile", json={"queries": {}}).status_code == 400
    assert fetch(served, "delete", "/reconcile").status_code == 405
    answer = batch(served, {"q": {"query": "Lomax " * 1000}})
    assert answer == {"q": {"result": []}}


def test_other_origins(served):
    response = fetch(served, "options", "/reconcile", headers={"origin": "http://openrefine.test"})
    assert response.status_code == 204
    assert response.headers["access-control-allow-origin"] == "*"
    assert "POST" in response.headers["access-control-allow-methods"]
    cookies = {"cookie": "ds_csrftoken=x; other=1"}  # a client with cookies of some page: nothing can be changed
    assert batch(served, {"q": {"query": "Lomax Industry"}}, headers=cookies)["q"]["result"][0]["match"]


def test_extend(served):
    query = {
        "ids": ["lena", "none", '<i id="x">'],
        "properties": [{"id": p} for p in ("names", "type", "names:he", "x")],
    }
    found = valid("data-extension-response", post(served, "/reconcile", data={"extend": json.dumps(query)}).json())
    assert [meta["id"] for meta in found["meta"]] == ["names", "type", "names:he", "x"]
    assert found["rows"]["lena"] == {
        "names": [{"str": "Lena Morgenstern"}, {"str": "Лена Моргенштерн"}, {"str": "לנה מורגנשטרן"}],
        "type": [{"str": "Person"}],
        "names:he": [{"str": "לנה מורגנשטרן"}],
        "x": [],
    }
    assert found["rows"]["none"] == {"names": [], "type": [], "names:he": [], "x": []}


def test_suggest(served):
    def suggested(kind, schema, **fields):
        return valid(schema, get(served, f"/reconcile/suggest/{kind}", **fields).json())["result"]

    entities = suggested("entity", "suggest-entities-response", prefix="Lena Mor")
    assert entities[0]["id"] == "lena"
    assert entities[0]["notable"] == [{"id": "person", "name": "Person"}]
    assert suggested("entity", "suggest-entities-response", prefix="Лена")[0]["id"] == "lena"
    assert suggested("entity", "suggest-entities-response", prefix="lomaks")[0]["id"] == "lomax"  # by sound
    assert len(suggested("entity", "suggest-entities-response", prefix="a", limit=4)) == 4
    for nothing in ("", "%", "_", "!"):
        assert suggested("entity", "suggest-entities-response", prefix=nothing) == []
    assert suggested("type", "suggest-types-response", prefix="per") == [{"id": "person", "name": "Person"}]
    assert {"id": "native", "name": "Native names"} in suggested("property", "suggest-properties-response", prefix="n")
    proposed = valid(
        "data-extension-property-proposal", get(served, "/reconcile/properties", type="org", limit=2).json()
    )
    assert len(proposed["properties"]) == 2
    assert get(served, "/reconcile/properties", limit="-1").status_code == 400


def test_preview_and_flyout(served):
    page = get(served, "/reconcile/preview", id="lena")
    assert "<h1><bdi>Lena Morgenstern</bdi></h1>" in page.text
    assert '<li lang="he"><bdi>לנה מורגנשטרן</bdi></li>' in page.text
    assert "From <bdi>table.tsv</bdi>" in page.text
    assert get(served, "/reconcile/preview", id="none").status_code == 404
    assert get(served, "/reconcile/flyout/entity", id="lena").json() == {"id": "lena", "html": page.text}


def test_preview_names_sources_and_their_licences(database):
    with closing(sqlite3.connect(database)) as connection:
        connection.execute(
            "UPDATE source SET licence = '<b>CC0-1.0', url = 'https://data.test/?a=\"b' WHERE path LIKE '%table.tsv'"
        )
        connection.execute("UPDATE source SET url = 'javascript:alert(1)' WHERE path LIKE '%entities.tsv'")
        connection.commit()
    datasette = make_datasette(database)
    page = get(datasette, "/reconcile/preview", id="lena").text
    assert 'href="https://data.test/?a=&#34;b"' in page
    assert "licence <bdi>&lt;b&gt;CC0-1.0</bdi>" in page
    page = get(datasette, "/reconcile/preview", id="yoshihide-suga").text
    assert "From <bdi>entities.tsv</bdi>" in page
    assert "javascript:" not in page
    assert str(database.parent) not in page


def test_hidden_behind_permissions(built):
    datasette = Datasette([str(built)], metadata={"databases": {"names": {"allow": {"id": "root"}}}})
    for path in ("/-/resolve?q=Lena", "/-/resolve.json?q=Lena", "/reconcile", "/reconcile/suggest/entity?prefix=l"):
        assert get(datasette, path).status_code == 403, path
    cookie = {"ds_actor": datasette.sign({"a": {"id": "root"}}, "actor")}
    assert fetch(datasette, "get", "/reconcile", cookies=cookie).status_code == 200


def test_what_people_decided_counts(database):
    datasette = make_datasette(database)
    with resolver.open(database) as opened:
        opened.accept("Lomax Industry", "lena", who="<b>Ann</b>", why="so it <i>is</i>")
    first = batch(datasette, {"q": {"query": "Lomax Industry"}})["q"]["result"][0]
    assert (first["id"], first["match"]) == ("lena", True)
    page = get(datasette, "/-/resolve", q="Lomax Industry").text
    assert "accepted by <bdi>&lt;b&gt;Ann&lt;/b&gt;</bdi>: <bdi>so it &lt;i&gt;is&lt;/i&gt;</bdi>" in page


def test_a_file_replaced_while_it_is_served(database, built, tmp_path, caplog):
    datasette = make_datasette(database)
    assert get(datasette, "/-/resolve.json", q="Lomax Industry").json()["id"] == "lomax"
    with resolver.open(database) as opened:
        opened.reject("Lomax Industry", "lomax")
    assert get(datasette, "/-/resolve.json", q="Lomax Industry").json()["id"] is None
    (tmp_path / "bad").write_bytes(b"no database" * 1000)
    (tmp_path / "bad").replace(database)
    with caplog.at_level(logging.ERROR):
        for path in ("/-/resolve", "/-/resolve.json"):
            response = get(datasette, path, q="Lomax Industry 2")
            assert response.status_code == 503
            assert "cannot be used at the moment" in response.text
            assert str(tmp_path) not in response.text
            assert "Traceback" not in response.text
    assert str(database) in caplog.text
    shutil.copy(built, tmp_path / "good")
    (tmp_path / "good").replace(database)
    assert get(datasette, "/-/resolve.json", q="Lomax Industry").json()["id"] == "lomax"


def test_the_loop_stays_live_while_names_are_resolved(served):
    """While one thread resolves, the event loop goes on."""

    async def run():
        beats = 0

        async def beat():
            nonlocal beats
            while True:
                await asyncio.sleep(0.001)
                beats += 1

        heart = asyncio.create_task(beat())
        await table_of(served).ask(lambda names: time.sleep(0.2))
        heart.cancel()
        return beats

    assert asyncio.run(run()) > 20


def test_pages_answer_while_sql_resolves(served):
    rows = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000)"
    sql = f"{rows} SELECT count(resolve('Lomax Industry ' || i)) FROM n"

    async def run():
        heavy = [asyncio.create_task(served.client.get("/names.json", params={"sql": sql})) for _ in range(3)]
        await asyncio.sleep(0.05)
        page = await served.client.get("/-/resolve?q=Lena+Morgenshtern")
        waiting = [not task.done() for task in heavy]
        return page, waiting, [await task for task in heavy]

    page, waiting, heavy = asyncio.run(run())
    assert page.status_code == 200
    assert any(waiting)
    assert {"SQL query took too long" in response.text for response in heavy} == {True}


def test_many_requests_and_sql_at_once(served):
    async def run():
        paths = [f"/-/resolve.json?q=Lomax+Industry+{i}" for i in range(20)]
        paths += [f"/names.json?sql=SELECT+resolve('Lomax+Industry+{i}')" for i in range(20)]
        return await asyncio.gather(*(served.client.get(path) for path in paths))

    assert {response.status_code for response in asyncio.run(run())} == {200}


# The command


def test_serve(database):
    command = [sys.executable, "-m", "resolver", "serve", str(database), "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        try:
            url = re.search(r"http://127\.0\.0\.1:\d+", server.stderr.readline())[0]
            with urllib.request.urlopen(f"{url}/-/resolve.json?q=Lomax+Industry", timeout=30) as response:
                assert json.load(response)["id"] == "lomax"
            with urllib.request.urlopen(f"{url}/reconcile", timeout=30) as response:
                assert json.load(response)["suggest"]["entity"]["service_url"] == url
            port = url.rpartition(":")[2]
            second = CliRunner().invoke(main, ["serve", str(database), "--port", port])
            assert second.exit_code == 2
            assert f"port {port}" in second.stderr
        finally:
            server.terminate()
    assert server.returncode in (0, -15)


def test_serve_refuses_what_it_cannot_serve(tmp_path):
    (tmp_path / "bad.db").write_text("no database")
    for name in ("bad.db", "none.db"):
        result = CliRunner().invoke(main, ["serve", str(tmp_path / name)])
        assert result.exit_code == 2
        assert name in result.stderr


def test_serve_takes_no_token_without_a_name(database):
    result = CliRunner().invoke(main, ["serve", str(database), "--token", " "])
    assert result.exit_code == 2
    assert "--token needs the name" in result.stderr


def test_immutable_when_nobody_can_change_it(database):
    assert make_datasette(database).databases["names"].is_mutable
    assert not make_datasette(database, immutable=True).databases["names"].is_mutable
    if os.getuid() != 0:  # root may write anywhere
        database.chmod(0o444)
        database.parent.chmod(0o555)
        assert not make_datasette(database).databases["names"].is_mutable
        database.parent.chmod(0o755)


# Cached answers


def cached(cache, names, key, make):
    """The answer of a cache, and whether it was made by `make` just now."""
    made = []
    answer = cache.find(names, key, lambda names: made.append(key) or make())
    return orjson.loads(answer), bool(made)


def test_answers_are_cached_until_the_table_changes(database):
    cache, count = AnswerCache(), itertools.count()
    with resolver.open(database) as names:
        found = [cached(cache, names, key, lambda: next(count)) for key in "aaba"]
        assert found == [(0, True), (0, False), (1, True), (0, False)]
        with resolver.open(database) as other:
            other.reject("Lomax Industry", "lomax")
        assert [cached(cache, names, "a", lambda: next(count)) for _ in "12"] == [(2, True), (2, False)]
        shutil.copy(database, database.with_suffix(".new")).replace(database)
        assert cached(cache, names, "a", lambda: next(count)) == (2, False)  # another file with the same table
        names.put(resolver.Entity("new", "Newcomer"))
        assert cached(cache, names, "a", lambda: next(count)) == (3, True)


def test_cached_answers_are_bounded(database):
    cache = AnswerCache(CacheLimits(bytes=1000, entry=500))
    with resolver.open(database) as names:

        def is_made(key, length):
            return cached(cache, names, key, lambda: "x" * (length - 2))[1]

        steps = [("a", 400), ("b", 400), ("a", 400), ("c", 400), ("a", 400), ("b", 400), ("d", 600)] * 2
        made = [key for key, length in steps if is_made(key, length)]
        assert made == ["a", "b", "c", "b", "d", "c", "b", "d"]
        assert [is_made("q" * 600, 10), is_made("q" * 600, 10)] == [True, True]


# Several processes


def children(pid):
    return {int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}


def until(true, seconds=15):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


def is_running(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except OSError:
        return False


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs /proc")
@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_workers(database, ending):
    """They answer from the table as it is now, one that dies is replaced, and all are gone when the first is."""
    command = [sys.executable, "-m", "resolver", "serve", str(database), "--port", "0", "--workers", "2"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        try:
            url = re.search(r"http://127\.0\.0\.1:\d+", server.stderr.readline())[0]

            def answers():
                with urllib.request.urlopen(f"{url}/-/resolve.json?q=Lomax+Industry", timeout=30) as response:
                    return json.load(response)["id"]

            assert {answers() for _ in range(10)} == {"lomax"}
            with resolver.open(database) as opened:
                opened.reject("Lomax Industry", "lomax")
            assert "lomax" not in {answers() for _ in range(10)}
            first = children(server.pid)
            assert len(first) == 2
            if ending == signal.SIGTERM:
                time.sleep(2)  # one that dies at once is not replaced
                os.kill(min(first), signal.SIGKILL)
                until(lambda: len(children(server.pid) - first) == 1)
                while "starting another one" not in (line := server.stderr.readline()):
                    assert "log in as root" in line
                assert "lomax" not in {answers() for _ in range(10)}
            left = children(server.pid)
            server.send_signal(ending)
            until(lambda: not any(is_running(pid) for pid in {server.pid, *left}))
        finally:
            server.kill()


def test_workers_that_cannot_run_are_not_started_again_and_again(capsys):
    with pytest.raises(resolver.ResolverError, match="immediately after its start"):
        serve_in(2, lambda: os._exit(3))


def test_workers_are_no_less_than_none(database):
    assert CliRunner().invoke(main, ["serve", str(database), "--workers", "-1"]).exit_code == 2


# What others send


def test_what_nobody_should_send_is_refused(database):
    datasette = make_datasette(database)
    for token in ("é", "\u202e", "\x00"):
        assert get(datasette, "/-/auth-token", token=token).status_code == 403
    for path in ("/", "/-/resolve", "/names/entity.json"):
        assert fetch(served_within_bounds(datasette), "trace", path).status_code == 405
    cookies = {"ds_csrftoken": "x"}
    for token in ("é", "\ud7ff"):
        data = {"csrftoken": token, "text": "Lomax"}
        assert post(datasette, "/-/batch", data=data, cookies=cookies).status_code == 403
    body = {"content": b"--x--", "cookies": cookies}
    assert post(datasette, "/-/batch", headers={"content-type": "multipart/form-data"}, **body).status_code == 403
    headers = {"x-csrftoken": "é".encode("latin-1"), "content-type": "application/x-www-form-urlencoded"}
    assert post(datasette, "/-/batch", headers=headers, **body).status_code == 403


def served_within_bounds(datasette):
    """What has the client of a Datasette, whose application is bounded as `serve` does it."""
    from types import SimpleNamespace

    import httpx

    from resolver.publish.web.request_guard import guarded
    from resolver.publish.web.request_limits import RequestLimits

    transport = httpx.ASGITransport(app=guarded(datasette.app(), RequestLimits()))
    return SimpleNamespace(client=httpx.AsyncClient(transport=transport, base_url="http://names.test"))


@pytest.mark.slow
def test_values_that_sql_makes_are_bounded(database):
    datasette = make_datasette(database)
    for sql in ("zeroblob(900000000)", "hex(zeroblob(400000000))"):
        response = get(datasette, "/names.json", sql=f"SELECT {sql}")
        assert (response.status_code, "too big" in response.text) == (400, True)
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("CREATE TABLE large AS SELECT 1 AS id, zeroblob(3000000) AS value")
        connection.commit()
    response = get(datasette, "/names/large")
    assert (response.status_code, "too large" in response.text) == (400, True)
    assert get(datasette, "/names.json", sql="SELECT id FROM large").status_code == 200
    assert len(get(datasette, "/names.json", sql="SELECT printf('%.*c', 900000000, 'x')").text) < 2000
    assert get(datasette, "/names.json", sql="SELECT resolve('Lomax Industry')").status_code == 200


def test_errors_of_those_who_ask_are_not_listed_with_all_variables(database, capfd):
    datasette = make_datasette(database)
    assert get(datasette, "/names.json", sql="ATTACH 'x' AS y").status_code == 400
    assert get(datasette, "/names/nothing").status_code == 404
    assert "Traceback" not in "".join(capfd.readouterr())


def test_a_file_that_is_damaged_is_said_on_the_pages_of_datasette_too(database):
    datasette = make_datasette(database)
    assert get(datasette, "/names.json", sql="SELECT 1").status_code == 200
    whole = database.read_bytes()
    for damaged in (b"no database" * 1000, whole[:5000]):
        database.write_bytes(damaged)
        for path in ("/names.json?sql=SELECT+1", "/"):
            response = get(datasette, path)
            assert response.status_code == 503
            assert "cannot be read at the moment" in response.text
    database.write_bytes(whole)
    assert get(datasette, "/names.json", sql="SELECT resolve('Lomax Industry')").status_code == 200


def test_a_private_table_does_not_answer_the_sql_of_a_public_database(built, tmp_path):
    with closing(sqlite3.connect(tmp_path / "other.db")) as connection:
        connection.execute("CREATE TABLE t (x)")
    files = [str(tmp_path / "other.db"), str(built)]
    sql = "SELECT resolve('Lomax Industry')"
    for block in ({"allow": {"id": "root"}}, {"allow_sql": False}, {"allow": False}):
        private = Datasette(files, metadata={"databases": {"names": block}})
        response = get(private, "/other.json", sql=sql)
        assert response.status_code == 400
        assert "no such function" in response.text
        assert get(private, "/names.json", sql=sql).status_code == 403
        root = {"ds_actor": private.sign({"a": {"id": "root"}}, "actor")}
        wanted = 200 if "id" in str(block) else 403
        assert fetch(private, "get", f"/names.json?sql={sql}", cookies=root).status_code == wanted
    assert get(Datasette(files), "/other.json", sql=sql).status_code == 200


@pytest.mark.parametrize("base_url", ["/", "/below/"])
def test_a_query_that_is_named_like_the_service_still_asks_for_the_token_of_a_form(database, tmp_path, base_url):
    with closing(sqlite3.connect(tmp_path / "other.db")) as connection:
        connection.execute("CREATE TABLE t (x)")
    query = {"reconcile": {"sql": "INSERT INTO t VALUES (1)", "write": True}}
    metadata = {"databases": {"other": {"queries": query}}}
    files = [str(tmp_path / "other.db"), str(database)]
    datasette = Datasette(files, metadata=metadata, settings={"base_url": base_url})
    cookies = {"ds_actor": datasette.sign({"a": {"id": "root"}}, "actor")}
    assert post(datasette, "/other/reconcile", data={"x": "1"}, cookies=cookies).status_code == 403
    queries = {"queries": json.dumps({"q0": {"query": "Lomax"}})}
    assert post(datasette, "/reconcile", data=queries, cookies=cookies).status_code == 200


def test_who_sends_slowly_does_not_keep_the_server_from_ending(database):
    code = """if True:
        import sys
        from resolver.publish.datasette_server import ServerLimits, ServerOptions, serve_file

        options = ServerOptions(port=0, limits=ServerLimits(shutdown_seconds=1))
        serve_file(sys.argv[1], options, lambda line: print(line, file=sys.stderr, flush=True))
    """
    command = [sys.executable, "-c", code, str(database)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        port = int(re.search(r"http://127\.0\.0\.1:(\d+)", server.stderr.readline())[1])
        with closing(socket.create_connection(("127.0.0.1", port))) as slow:
            slow.sendall(b"POST /reconcile HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nqu")
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/reconcile") as response:  # the other one is read, too
                assert response.status == 200
            with pytest.raises(urllib.error.HTTPError, match="404"):
                urllib.request.urlopen(f"http://127.0.0.1:{port}/nothing")
            server.terminate()
            server.wait(10)


def test_no_route_tells_names_to_those_who_may_not_see_the_database(built):
    from resolver.publish.web import register_routes

    private = Datasette([str(built)], metadata={"databases": {"names": {"allow": {"id": "root"}}}})
    fields = {"q": "Lomax Industry", "prefix": "Lomax", "id": "lomax", "queries": '{"q0": {"query": "Lomax"}}'}
    open_to_all = {r"^/-/login$", r"^/-/auth-token$"}
    for route, _ in register_routes():
        path = re.sub(r"\(\?P<id>.*?\)", "lomax", re.sub(r"\(\?P<kind>.*?\)", "entity", route)).strip("^$")
        path = re.sub(r"\(/1\\\.0\)\?", "", path).replace(r"\.", ".").replace("/?", "")
        path = re.sub(r"\((/extend/propose)\|/properties\)", r"\1", path)
        assert not set(path) & set("\\()|?*+"), path
        for response in (
            get(private, path, **fields),
            post(private, path, data=fields),
            post(private, path, json={"queries": [], "ids": ["lomax"], "properties": [{"id": "names"}]}),
            fetch(private, "head", path),
        ):
            assert response.status_code in (403, 405) or route in open_to_all, path
            assert "Lomax Industries" not in response.text
            assert "LMX" not in response.text
