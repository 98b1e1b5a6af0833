"""The reconciliation service: 1.0-draft, and all versions at a server in a process of its own."""

import json
import time
import urllib.error
import urllib.request
from copy import deepcopy
from urllib.parse import urlencode

import pytest

import resolver
from resolver.database.build import build_file

pytest.importorskip("datasette")

from datasette.app import Datasette
from serving_checks import SHAPES, fetch, get, misfit, post, running, valid

from resolver.publish.datasette_server import make_datasette
from resolver.publish.reconciliation.entity_properties import property_values
from resolver.publish.reconciliation.service_terms import LIMITS
from resolver.records import Alias, Entity

TABLE = (
    "id\tname\ttype\taliases\n"
    "lena\tLena Morgenstern\tperson\tЛена Моргенштерн@ru:native|לנה מורגנשטרן@he:native|Magda Lenz@de:former\n"
    "lomax\tLomax Industries\torg\tLMX@en:acronym\n"
    "grom\tGrombalk\tplace\t\n"
    "mk1\tMarkus Kovalentin\tperson\t\n"
    "mk2\tMarkus Kovalentin\tperson\tMarko Kovalentinus@la\n"
)
MIDDLING = [f"{first} {last}" for first in ("Tarvo", "Ilse", "Brendan") for last in ("Quist", "Oyelaran", "Sandoval")]


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reconciling")
    more = "".join(f"p{n}\t{name}\tperson\t\n" for n, name in enumerate(MIDDLING))
    (folder / "table.tsv").write_text(TABLE + more, encoding="utf-8")
    assert not build_file(folder / "names.db", [folder / "table.tsv"]).rejects
    return folder / "names.db"


@pytest.fixture(scope="module")
def served(database):
    return make_datasette(database)


def name(*values, **more):
    return {"matchType": "name", "propertyValue": values[0] if len(values) == 1 else list(values), **more}


def entity(*ids, **more):
    return {"matchType": "id", "propertyValue": ids[0] if len(ids) == 1 else list(ids), **more}


def has(pid, *values, **more):
    return {"matchType": "property", "propertyId": pid, "propertyValue": list(values), **more}


def match(served, *queries):
    response = post(served, "/reconcile/match", json={"queries": list(queries)})
    assert response.status_code == 200, response.text
    results = valid("reconciliation-result-batch", response.json(), "1.0-draft")["results"]
    assert len(results) == len(queries)
    for result in results:
        scores = [candidate["score"] for candidate in result["candidates"]]
        assert scores == sorted(scores, reverse=True)
    return [result["candidates"] for result in results]


def ask(served, *given, **more):
    """The ids of the candidates for some conditions, and the id of the one that matches."""
    (candidates,) = match(served, {"conditions": list(given), **more})
    matches = [candidate["id"] for candidate in candidates if candidate["match"]]
    assert len(matches) <= 1
    return [candidate["id"] for candidate in candidates], (matches or [None])[0]


def test_manifest(served):
    manifest = valid("manifest", get(served, "/reconcile/1.0").json(), "1.0-draft")
    assert manifest["versions"] == ["1.0-draft"]
    assert "1.0-draft" in get(served, "/reconcile").json()["versions"]
    view = manifest["view"]["url"].replace("{id}", "lena").removeprefix("http://localhost")
    assert "Lena Morgenstern" in get(served, view).text
    assert post(served, "/reconcile/1.0", json={}).status_code == 405


@pytest.mark.parametrize("root", ["/reconcile", "/reconcile/1.0"])
def test_routes_below_both_addresses(served, root):
    assert post(served, f"{root}/match", json={"queries": []}).json() == {"results": []}
    assert post(served, f"{root}/extend", json={"ids": [], "properties": []}).json() == {"meta": [], "rows": []}
    assert "Lena" in get(served, f"{root}/preview", id="lena").text
    for kind, schema in (("entity", "entities"), ("type", "types"), ("property", "properties")):
        found = get(served, f"{root}/suggest/{kind}", prefix="n" if kind == "property" else "p")
        assert valid(f"suggest-{schema}-response", found.json(), "1.0-draft")
    valid("data-extension-property-proposal", get(served, f"{root}/extend/propose", type="org").json(), "1.0-draft")


@pytest.mark.parametrize(
    ("mention", "first", "outcome"),
    [
        ("Lomax Industry", "lomax", "linked"),
        ("Лена Моргенштерн", "lena", "linked"),
        ("Markus Kovalentin", "mk1", "ambiguous"),
        ("Karl Haverbrook", None, "nil"),
        ("!?", None, "nil"),
        ("", None, "nil"),
        ("x" * 600, None, "nil"),
    ],
)
def test_only_what_is_linked_matches(served, database, mention, first, outcome):
    with resolver.open(database) as names:
        found = names.resolve(mention)
    assert found.outcome == outcome
    ids, matched = ask(served, name(mention))
    assert ids == [candidate.entity.id for candidate in found.candidates]
    assert (outcome == "nil") or ids[0] == first
    assert matched == (first if outcome == "linked" else None)


def test_the_same_answers_as_in_0_2(served):
    mentions = ["Lomax Industry", "Lena Morgenshtern", "Markus Kovalentin", "Ilse Kwist", "nobody at all"]
    queries = {str(n): {"query": mention} for n, mention in enumerate(mentions)}
    old = post(served, "/reconcile", data={"queries": json.dumps(queries)}).json()
    new = match(served, *({"conditions": [name(mention)]} for mention in mentions))
    for before, after in zip(old.values(), new, strict=True):
        for one, other in zip(before["result"], after, strict=True):
            assert {key: one[key] for key in one if key != "features"} == {
                key: other[key] for key in other if key != "features"
            }


def test_features_are_the_evidence(served, database):
    (candidates,) = match(served, {"conditions": [name("Lomax Industry")]})
    with resolver.open(database) as names:
        best = names.resolve("Lomax Industry").candidates[0]
    found = {feature["id"]: feature for feature in candidates[0]["features"]}
    assert len(found) == len(candidates[0]["features"])
    assert found["probability"]["value"] == round(best.probability, 4)
    assert found["score"]["value"] == round(best.score, 4)
    told = {key: round(value, 4) for key, value in best.evidence.features.items() if value}
    assert {key: found[key]["value"] for key in found if key not in ("probability", "score")} == told
    assert found["mention_sound"]["name"].startswith("similarity of matched tokens")
    few = candidates[LIMITS.explained_candidates :]
    assert all({feature["id"] for feature in candidate["features"]} <= {"probability", "score"} for candidate in few)


@pytest.mark.parametrize(
    ("given", "more", "first", "matched"),
    [
        ([name("Lomax Industry")], {"type": "org"}, "lomax", "lomax"),
        ([name("Lomax Industry")], {"type": "Q5"}, None, None),
        ([name("Lomax Industry")], {"limit": 1}, "lomax", "lomax"),
        ([name("Lomax Industry")], {"limit": 1e300}, "lomax", "lomax"),
        ([name("Lomax Industry")], {"lang": "en", "dir": "ltr"}, "lomax", "lomax"),
        ([name({"id": "x", "name": "Lomax Industry"})], {}, "lomax", "lomax"),
        ([name(12)], {}, None, None),
        ([name("Lena Morgenshtern", "Лена Моргенштерн")], {}, "lena", "lena"),
        ([name("Lena Morgenshtern", "Lomax Industry")], {}, "lena", None),  # which of the two?
        ([name("Lena Morgenshtern", "Magda Lenz", matchQuantifier="all")], {}, "lena", "lena"),
        ([entity("lena"), name("Lena Morgenstern", matchQuantifier="none")], {}, None, None),
        ([name("Markus Kovalentin"), name("Marko Kovalentinus", required=True)], {}, "mk2", "mk2"),
        ([entity("lena")], {}, "lena", "lena"),
        ([entity("lena")], {"type": "org"}, None, None),
        ([entity("none")], {}, None, None),
        ([entity("lena", "lomax")], {}, "lena", None),
        ([entity("lena", "lomax", matchQuantifier="all")], {}, None, None),
        ([name("Markus Kovalentin"), entity("mk1", matchQuantifier="none")], {}, "mk2", None),
        ([name("Lomax Industry"), has("type", "Organisation")], {}, "lomax", "lomax"),
        ([name("Lomax Industry"), has("type", "person")], {}, "lomax", None),
        ([name("Lomax Industry"), has("type", "place", required=True)], {}, None, None),
        ([name("Lomax Industry"), has("type", "person", matchQuantifier="none", required=True)], {}, "lomax", "lomax"),
        ([name("Lomax Industry"), has("type", "org", "person", matchQuantifier="all")], {}, "lomax", None),
        ([name("Lena Morgenshtern"), has("former", "magda LENZ", required=True)], {}, "lena", "lena"),
        ([name("Lomax Industry"), has("P17", {"id": "Q30"})], {}, "lomax", "lomax"),
        ([name("Lomax Industry"), has("P17", {"id": "Q30"}, required=True)], {}, None, None),
        ([name("Lomax Industry"), has("context", "shares of Lomax Industries Inc.")], {}, "lomax", "lomax"),
        ([has("type", "org")], {}, None, None),
    ],
)
def test_conditions(served, given, more, first, matched):
    ids, found = ask(served, *given, **more)
    assert (ids[0] if ids else None) == first
    assert found == matched
    assert len(ids) <= more.get("limit", 10)


def test_properties_are_features(served):
    (candidates,) = match(served, {"conditions": [name("Lomax Industry"), has("type", "person"), has("P1", "x")]})
    features = {feature["id"]: feature["value"] for feature in candidates[0]["features"]}
    assert features["property:type"] is False
    assert "property:P1" not in features


def test_context_counts(served):
    (without,) = match(served, {"conditions": [name("Morgenstern")]})
    (within,) = match(served, {"conditions": [name("Morgenstern"), has("context", "Lena Morgenstern said")]})
    assert within[0]["score"] > without[0]["score"]


QUERY = {"conditions": [name("a")]}


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"{", "the request: not valid JSON"),
        (b"[]", "the request: not a JSON object"),
        (b"\xff", "the request: not valid JSON"),
        (b"[" * 100_000, "the request: not valid JSON"),
        ({}, "queries must be a list"),
        ({"queries": {"q0": QUERY}}, "queries must be a list"),
        ({"queries": [QUERY, "a"]}, "query 1: not an object"),
        ({"queries": [{"query": "Lomax"}]}, "query 0: conditions must be a list"),
        ({"queries": [{"conditions": []}]}, "query 0: conditions must be a list"),
        ({"queries": [{**QUERY, "limit": 0}]}, "query 0: limit must be a number, 1 or more"),
        ({"queries": [{**QUERY, "limit": True}]}, "query 0: limit must be a number, 1 or more"),
        ({"queries": [{**QUERY, "type": ["person", "org"]}]}, "query 0: type must be a string"),
        ({"queries": [{"conditions": ["a"]}]}, "query 0, condition 0: not an object"),
        ({"queries": [{"conditions": [{"propertyValue": "a"}]}]}, "matchType must be name, id or property"),
        ({"queries": [{"conditions": [{"matchType": "name"}]}]}, "propertyValue must be"),
        ({"queries": [{"conditions": [name(["a"], "b")]}]}, "propertyValue must be"),
        ({"queries": [{"conditions": [name({"name": 7.5, "id": "x"}), name({})]}]}, "query 0, condition 1:"),
        ({"queries": [{"conditions": [name("a", propertyId="x")]}]}, "propertyId must be a string"),
        ({"queries": [{"conditions": [{"matchType": "property", "propertyValue": "a"}]}]}, "propertyId must be"),
        ({"queries": [{"conditions": [name("a", required="yes")]}]}, "required must be true or false"),
        ({"queries": [{"conditions": [name("a", matchQuantifier="some")]}]}, "matchQuantifier must be"),
        ({"queries": [QUERY] * 101}, "at most 100 queries"),
        ({"queries": [{"conditions": [name(*["a"] * 101)]}]}, "at most 100 queries, and as many names"),
        ({"queries": [{"conditions": [name("a"), has("type", *["a"] * 1001)]}]}, "at most 1000 values of properties"),
    ],
)
def test_bad_queries(served, body, problem):
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    response = post(served, "/reconcile/match", content=content, headers={"content-type": "application/json"})
    assert response.status_code == 400
    assert problem in response.json()["error"]
    assert response.headers["access-control-allow-origin"] == "*"


def test_requests_out_of_bounds(served):
    headers = {"content-type": "application/json; charset=utf-8"}
    for route in ("match", "extend"):
        path = f"/reconcile/{route}"
        assert post(served, path, content=b" " * (1 << 20) + b"{}", headers=headers).status_code == 413
        assert post(served, path, data={"queries": "{}"}).status_code == 400
        assert get(served, path).status_code == 400
        assert fetch(served, "put", path).status_code == 405
    assert post(served, "/reconcile/extend", json={"ids": ["a"] * 101, "properties": []}).status_code == 400


def test_other_origins(served):
    headers = {"origin": "http://client.test", "access-control-request-headers": "content-type"}
    response = fetch(served, "options", "/reconcile/match", headers=headers)
    assert response.status_code == 204
    assert response.headers["access-control-allow-origin"] == "*"
    assert "content-type" in response.headers["access-control-allow-headers"].lower()
    cookies = {"cookie": "ds_csrftoken=x; other=1"}  # a client with cookies of some page: nothing can be changed
    assert post(served, "/reconcile/match", json={"queries": [QUERY]}, headers=cookies).status_code == 200


def test_hidden_behind_permissions(database):
    hidden = Datasette([str(database)], metadata={"databases": {"names": {"allow": {"id": "root"}}}})
    cookie = {"ds_actor": hidden.sign({"a": {"id": "root"}}, "actor")}
    for root in ("/reconcile", "/reconcile/1.0"):
        assert post(hidden, f"{root}/match", json={"queries": [QUERY]}).status_code == 403
        assert post(hidden, f"{root}/extend", json={"ids": ["lena"], "properties": []}).status_code == 403
        assert get(hidden, root).status_code == 403
        assert post(hidden, f"{root}/match", json={"queries": [QUERY]}, cookies=cookie).status_code == 200
        assert post(hidden, f"{root}/match", json={"queries": [QUERY]}).status_code == 403  # not what is kept either


def test_extend(served):
    query = {"ids": ["lena", "none"], "properties": [{"id": pid} for pid in ("names", "type", "names:he", "x")]}
    response = post(served, "/reconcile/extend", json=query)
    found = valid("data-extension-response", response.json(), "1.0-draft")
    assert [meta["id"] for meta in found["meta"]] == ["names", "type", "names:he", "x"]
    lena, none = found["rows"]
    assert {one["id"]: one["values"] for one in lena["properties"]} == {
        "names": [
            {"str": "Lena Morgenstern"},
            {"str": "Лена Моргенштерн", "lang": "ru"},
            {"str": "לנה מורגנשטרן", "lang": "he"},
            {"str": "Magda Lenz", "lang": "de"},
        ],
        "type": [{"str": "Person"}],
        "names:he": [{"str": "לנה מורגנשטרן", "lang": "he"}],
        "x": [],
    }
    assert (none["id"], [one["values"] for one in none["properties"]]) == ("none", [[], [], [], []])


def test_a_name_of_several_languages_is_one_value_where_it_first_stood():
    names = [Alias("Bo Quill", "en"), Alias("Kwill", "sv"), Alias("Bo Quill", "nl"), Alias("Bodil Quill", "da")]
    found = property_values(Entity("bo", "Bodil Quill", aliases=names), "names")
    assert [(alias.name, alias.lang) for alias in found] == [("Bodil Quill", ""), ("Bo Quill", "en"), ("Kwill", "sv")]


def test_suggestions_go_on_where_they_ended(served):
    def suggested(**fields):
        return [found["id"] for found in get(served, "/reconcile/suggest/entity", **fields).json()["result"]]

    every = suggested(prefix="mark", limit=100)
    assert len(every) > 2
    assert suggested(prefix="mark", limit=2) == every[:2]
    assert suggested(prefix="mark", limit=2, cursor=2) == every[2:4]
    assert suggested(prefix="mark", cursor=0) == every[:10]
    assert suggested(prefix="mark", cursor=100) == []
    assert suggested(prefix="mk2")[0] == "mk2"  # an id is a suggestion too
    assert get(served, "/reconcile/suggest/entity", prefix="m", cursor="-1").status_code == 400
    types = get(served, "/reconcile/suggest/type", prefix="", cursor=1).json()["result"]
    assert [type["id"] for type in types] == ["org", "place", "other"]


def test_the_checks_can_fail(served):
    """A reply that lacks something, or has it in another form, does not pass."""
    queries = [{"conditions": [name("Lomax Industry")]}]
    good = post(served, "/reconcile/match", json={"queries": queries}).json()
    shape = SHAPES["1.0-draft"]["reconciliation-result-batch"]
    assert misfit(good, shape) is None

    def bad(change):
        value = deepcopy(good)
        change(value["results"][0]["candidates"][0])
        return misfit(value, shape)

    place = "reply.results[0].candidates[0]"
    assert bad(lambda candidate: candidate.pop("id")) == f"{place}.id"
    assert bad(lambda candidate: candidate.update(match=1)) == f"{place}.match"
    assert bad(lambda candidate: candidate.update(score=True)) == f"{place}.score"
    assert bad(lambda candidate: candidate.update(image=None)) == f"{place}.image"
    assert bad(lambda candidate: candidate["features"][0].pop("name")) == f"{place}.features[0].name"
    assert bad(lambda candidate: candidate["type"].append("org")) == f"{place}.type[1]"
    assert misfit([], shape) == "reply"
    assert misfit({"results": {}}, shape) == "reply.results"
    old = {"q0": {"result": [{}]}}
    assert misfit(old, SHAPES["0.2"]["reconciliation-result-batch"]).startswith("reply.q0.result[0].")
    for version in ("0.1", "0.2"):  # whose manifest cannot be that of the other
        manifest = get(served, "/reconcile").json()
        valid("manifest", manifest, version)
        with pytest.raises(AssertionError):
            valid("manifest", manifest, "1.0-draft")


# A server in a process of its own


def request(url, data=None, **headers):
    """The status, the headers and the JSON of a reply."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data, headers), timeout=30) as response:
            body = response.read()
            return response.status, response.headers, json.loads(body) if body else None
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, json.load(error)


def test_at_a_live_server(database):
    """Every kind of reply, of each version, over HTTP; and a batch of ten is answered in time."""
    with running(database) as address:
        root = f"{address}/reconcile"

        def reply(schema, versions, path="", data=None, **headers):
            status, got, value = request(root + path, data, **headers)
            assert (status, got["access-control-allow-origin"]) == (200, "*"), value
            for version in versions:
                valid(schema, value, version)
            return value

        old, new, every = ("0.1", "0.2"), ("1.0-draft",), ("0.1", "0.2", "1.0-draft")
        manifest = reply("manifest", old)
        assert manifest["suggest"]["entity"]["service_url"] == address
        assert reply("manifest", new, "/1.0")["view"]["url"] == f"{root}/1.0/preview?id={{id}}"
        mentions = ["Lomax Industry", "Лена Моргенштерн", "Nobody Atall", *MIDDLING[:7]]
        queries = {f"q{n}": {"query": mention} for n, mention in enumerate(mentions)}
        form = urlencode({"queries": json.dumps(queries)})
        started = time.monotonic()
        posted = reply("reconciliation-result-batch", old, data=form.encode(), Origin="http://openrefine.test")
        assert time.monotonic() - started < 5
        assert list(posted) == list(queries)
        assert reply("reconciliation-result-batch", old, f"?{form}") == posted
        drafted = {"queries": [{"conditions": [name(mention)]} for mention in mentions]}
        sent = {"Content-Type": "application/json"}
        found = reply("reconciliation-result-batch", new, "/match", json.dumps(drafted).encode(), **sent)
        matched = [[c["id"] for c in result["candidates"] if c["match"]] for result in found["results"]]
        assert matched == [[c["id"] for c in result["result"] if c["match"]] for result in posted.values()]
        assert matched[:3] == [["lomax"], ["lena"], []]
        wanted = {"ids": ["lena", "x"], "properties": [{"id": "names"}, {"id": "native"}]}
        reply("data-extension-response", old[1:], f"?{urlencode({'extend': json.dumps(wanted)})}")
        reply("data-extension-response", new, "/extend", json.dumps(wanted).encode(), **sent)
        reply("data-extension-property-proposal", ("0.2", "1.0-draft"), "/properties?type=person&limit=3")
        for kind, schema in (("entity", "entities"), ("type", "types"), ("property", "properties")):
            assert reply(f"suggest-{schema}-response", every, f"/suggest/{kind}?prefix=n") is not None
        status, _, nothing = request(f"{root}?callback=1&queries={{}}")
        assert (status, "callback" in nothing["error"]) == (400, True)
        with urllib.request.urlopen(f"{root}/preview?id=lena", timeout=30) as page:
            assert "<bdi>Lena Morgenstern</bdi>" in page.read().decode()
        asked = urllib.request.Request(f"{root}/match", method="OPTIONS", headers={"Origin": "http://client.test"})
        with urllib.request.urlopen(asked, timeout=30) as answered:
            assert (answered.status, answered.headers["access-control-allow-origin"]) == (204, "*")
