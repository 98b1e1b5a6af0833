"""What the tests of the server have in common: requests to a Datasette, and what replies must look like."""

import asyncio
import json
import re
import subprocess
import sys
import warnings
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

import pytest

SPEC = Path(__file__).parents[2] / "shared" / "reconciliation"
"""The schemas of the Reconciliation API's specification, where they are at hand; SHAPES hold everywhere."""

NUMBER = (int, float)
TYPE = {"id": str, "name": str}
CANDIDATE = {"id": str, "name": str, "description": str, "type": [TYPE], "score": NUMBER, "match": bool}
SERVICE = {"service_url": str, "service_path": str}
FLYOUT = {"flyout_service_url": str, "flyout_service_path": str}
SUGGESTED = {"id": str, "name": str, "description": str}
MANIFEST = {"versions": [str], "name": str, "serviceVersion": str, "defaultTypes": [TYPE], "view": {"url": str}}
OLD = {
    "manifest": MANIFEST
    | {
        "identifierSpace": str,
        "schemaSpace": str,
        "preview": {"url": str, "width": int, "height": int},
        "suggest": {"entity": SERVICE | FLYOUT, "type": SERVICE, "property": SERVICE},
        "extend": {"propose_properties": SERVICE, "property_settings": []},
    },
    "reconciliation-result-batch": {
        ...: {"result": [CANDIDATE | {"features": [{"id": str, "value": NUMBER}]}]},
    },
    "suggest-entities-response": {"result": [SUGGESTED | {"notable": [TYPE]}]},
    "suggest-types-response": {"result": [TYPE]},
    "suggest-properties-response": {"result": [TYPE]},
    "data-extension-response": {"meta": [TYPE], "rows": {...: {...: [{"str": str}]}}},
    "data-extension-property-proposal": {"properties": [TYPE], "type": str, "limit?": int},
}
DRAFT = {
    **OLD,
    "manifest": MANIFEST
    | {
        "preview": {"width": int, "height": int},
        "suggest": {"entity": bool, "type": bool, "property": bool},
        "extend": {"proposeProperties": bool, "propertySettings": []},
        "batchSize": int,
        "standardizedScore": bool,
    },
    "reconciliation-result-batch": {
        "results": [{"candidates": [CANDIDATE | {"features": [TYPE | {"value": (*NUMBER, bool)}]}]}],
    },
    "data-extension-response": {
        "meta": [TYPE],
        "rows": [{"id": str, "properties": [{"id": str, "values": [{"str": str, "lang?": str}]}]}],
    },
}
SHAPES = {"0.1": OLD, "0.2": OLD, "1.0-draft": DRAFT}
"""What each reply has, by version: an object its keys (`?`: or not; ...: any), a list what each of its items is."""


def misfit(value, shape, place="reply"):
    """Where a value has not a shape, or None."""
    if isinstance(shape, list):
        if not isinstance(value, list):
            return place
        places = (misfit(item, shape[0], f"{place}[{n}]") if shape else place for n, item in enumerate(value))
        return next(filter(None, places), None)
    if not isinstance(shape, dict):
        kinds = shape if isinstance(shape, tuple) else (shape,)
        return None if isinstance(value, kinds) and (not isinstance(value, bool) or bool in kinds) else place
    if not isinstance(value, dict):
        return place
    if ... in shape:
        return next(filter(None, (misfit(item, shape[...], f"{place}.{key}") for key, item in value.items())), None)
    known = {key.rstrip("?"): kind for key, kind in shape.items()}
    lacking = {key for key in shape if not key.endswith("?")} - set(value)
    for key in sorted(lacking | (set(value) - set(known))):
        return f"{place}.{key}"
    return next(filter(None, (misfit(item, known[key], f"{place}.{key}") for key, item in value.items())), None)


def valid(schema, value, version="0.2"):
    """The value, which is of the shape of such a reply, and agrees with the specification's schema if it is there."""
    assert misfit(value, SHAPES[version][schema]) is None
    if (SPEC / version / "schemas" / f"{schema}.json").is_file():
        pytest.importorskip("jsonschema")
        sys.path.insert(0, str(SPEC))
        try:
            from validate import validator
        finally:
            sys.path.remove(str(SPEC))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)  # the validator leaves its files open
            assert [error.message for error in validator(version, schema).iter_errors(value)] == []
    return value


def get(datasette, path, **fields):
    return fetch(datasette, "get", path + ("?" + urlencode(fields) if fields else ""))


def post(datasette, path, **more):
    return fetch(datasette, "post", path, **more)


def fetch(datasette, method, path, **more):
    async def run():
        return await datasette.client.request(method.upper(), path, **more)

    return asyncio.run(run())


def batch(datasette, queries, **more):
    response = post(datasette, "/reconcile", data={"queries": json.dumps(queries)}, **more)
    assert response.status_code == 200, response.text
    for version in ("0.1", "0.2"):
        valid("reconciliation-result-batch", response.json(), version)
    return response.json()


@contextmanager
def running(database, *options):
    """The address of a server of a database, a process of its own."""
    command = [sys.executable, "-m", "resolver", "serve", str(database), "--port", "0", *options]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        try:
            yield re.search(r"http://127\.0\.0\.1:\d+", server.stderr.readline())[0]
        finally:
            server.terminate()
