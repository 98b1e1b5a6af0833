"""Clients of others at a server of ours: OpenRefine and the package `reconciler`, where they are installed."""

import json
import os
import shutil
import socket
import subprocess
import time
import urllib.request
from urllib.parse import urlencode

import pytest

import resolver
from resolver.database.build import build_file
from resolver.infra.packaged_data import data_path

pytest.importorskip("datasette")

from serving_checks import running

MENTIONS = ["Yoshihidi Soja", "Малкълм Търнбул", "Karl Haverbrook", "Huawei Technologies Technologies"]
MENTIONS += [f"Angela Merkl{number}" for number in range(20)]
ROWS = {"engine": json.dumps({"facets": [], "mode": "row-based"})}
PATIENCE = 90

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    path = tmp_path_factory.mktemp("clients") / "names.db"
    build_file(path, [data_path("entities.tsv")])
    return path


@pytest.fixture(scope="module")
def linked(database):
    with resolver.open(database) as names:
        return [r.entity and r.entity.id for r in names.resolve_many(MENTIONS)]


@pytest.fixture(scope="module")
def address(database):
    with running(database) as address:
        yield f"{address}/reconcile"


def test_reconciler(address, linked):
    pandas = pytest.importorskip("pandas")
    client = pytest.importorskip("reconciler")
    found = client.reconcile(pandas.Series(MENTIONS), reconciliation_endpoint=address, top_res=1)
    matched = dict(zip(found["input_value"], found["id"].where(found["match"]), strict=True))
    assert [id if isinstance(id := matched[mention], str) else None for mention in MENTIONS] == linked


class Refine:
    """An OpenRefine without a window, by its commands."""

    def __init__(self, port):
        self.base = f"http://127.0.0.1:{port}"
        self.project = ""

    def get(self, command, **fields):
        with urllib.request.urlopen(f"{self.base}/command/core/{command}?{urlencode(fields)}", timeout=PATIENCE) as r:
            return json.load(r)

    def post(self, command, **fields):
        token = self.get("get-csrf-token")["token"]
        asked = f"{self.base}/command/core/{command}?{urlencode({'project': self.project, 'csrf_token': token})}"
        with urllib.request.urlopen(asked, urlencode(fields).encode(), timeout=PATIENCE) as response:
            return json.load(response)

    def create(self, lines):
        """Make a project of a column."""
        boundary, token = "-" * 30, self.get("get-csrf-token")["token"]
        parts = [
            ('name="project-name"', "test"),
            ('name="format"', "text/line-based/*sv"),
            ('name="options"', json.dumps({"separator": "\t", "encoding": "UTF-8", "headerLines": 1})),
            ('name="project-file"; filename="names.tsv"\r\nContent-Type: text/plain', "\n".join(["name", *lines])),
        ]
        body = "".join(f"--{boundary}\r\nContent-Disposition: form-data; {n}\r\n\r\n{v}\r\n" for n, v in parts)
        url = f"{self.base}/command/core/create-project-from-upload?csrf_token={token}"
        headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
        sent = urllib.request.Request(url, f"{body}--{boundary}--\r\n".encode(), headers)
        with urllib.request.urlopen(sent, timeout=PATIENCE) as response:
            self.project = response.url.partition("project=")[2]

    def wait(self):
        """Until nothing is going on."""
        while self.get("get-processes", project=self.project)["processes"]:
            time.sleep(0.1)

    def rows(self):
        """The rows of the project, and what is known of their reconciliations."""
        found = self.post("get-rows", start=0, limit=100, **ROWS)
        return found["rows"], found["pool"]["recons"]


@pytest.fixture(scope="module")
def refine(tmp_path_factory):
    if shutil.which("openrefine") is None:
        pytest.skip("OpenRefine is not installed")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = tmp_path_factory.mktemp("refine")
    command = ["openrefine", "-p", str(port), "-d", str(folder), "-x", "refine.headless=true", "-m", "600M"]
    with (folder / "log").open("w") as log:
        environment = {**os.environ, "HOME": str(folder)}
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
    client, until = Refine(port), time.monotonic() + PATIENCE
    try:
        while True:
            try:
                client.get("get-version")
                break
            except OSError:
                assert time.monotonic() < until, (folder / "log").read_text()
                time.sleep(0.2)
        yield client
    finally:
        os.killpg(process.pid, 15)
        process.wait()


def test_openrefine(refine, address, linked):
    """A column is reconciled with matches made by themselves, and extended."""
    with urllib.request.urlopen(address, timeout=30) as response:
        manifest = json.load(response)
    service = {key: manifest[key] for key in ("identifierSpace", "schemaSpace")}
    refine.create(MENTIONS)
    asked = {"mode": "standard-service", "service": address, "type": {"id": "", "name": ""}, "autoMatch": True}
    asked |= {"columnDetails": [], "limit": 0, **service}
    refine.post("reconcile", columnName="name", config=json.dumps(asked), **ROWS)
    refine.wait()
    rows, recons = refine.rows()
    found = [recons[str(row["cells"][0]["r"])] for row in rows]
    assert [(recon.get("m") or {}).get("id") for recon in found] == linked
    assert [recon["j"] for recon in found] == ["matched" if id else "none" for id in linked]
    wanted = {"properties": [{"id": "type", "name": "Type"}], "batchSize": 10}
    refine.post(
        "extend-data",
        baseColumnName="name",
        endpoint=address,
        extension=json.dumps(wanted),
        columnInsertIndex=1,
        **service,
        **ROWS,
    )
    refine.wait()
    rows, _ = refine.rows()
    types = [row["cells"][1]["v"] if len(row["cells"]) > 1 and row["cells"][1] else None for row in rows]
    assert types[:4] == ["Person", "Person", None, "Organisation"]
