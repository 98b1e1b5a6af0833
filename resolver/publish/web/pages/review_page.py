"""The review page: one mention at a time, to accept, to reject or to link to another entity, by forms or keys."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import orjson
from datasette import Response

from resolver.database.decisions import DecidedError, add_decisions, undo_last
from resolver.errors import InputError
from resolver.publish.json_objects import read_object
from resolver.publish.reconciliation.suggestions import suggest_entities
from resolver.publish.review_queue import read_queue
from resolver.publish.web.json_replies import json_reply, json_route
from resolver.publish.web.pages.page_frame import page, render
from resolver.publish.web.permissions import require_writer
from resolver.publish.web.request_fields import read_fields, read_json, read_number
from resolver.publish.web.served_table import table_of
from resolver.records import Decision, Verdict

if TYPE_CHECKING:
    from datasette.app import Datasette
    from datasette.utils.asgi import Request

MAX_NUMBER = 1 << 60
"""Maximum number of a run, a decision or a place."""

MAX_NOTICE_CHARACTERS = 80
"""Maximum number of characters of a mention in the notice of a decision."""


@page(writes=True)
async def review(request: Request, datasette: Datasette) -> Response:
    """The queue of the run `run`, or of all, with the item at `place` or of `mention`; on POST, takes a decision."""
    fields = await read_fields(request)
    if request.method != "POST":
        return await _show(request, datasette, fields)
    who = await require_writer(datasette, request)
    try:
        if "undo" in fields:
            place = await _undo(request, datasette, who)
        else:
            await _decide(request, datasette, fields, who)
            place = {"place": fields.get("place", "")}
    except DecidedError as error:
        return await _show(request, datasette, fields, error.decision)
    query = {key: value for key, value in {"run": fields.get("run", ""), **place}.items() if value}
    return Response.redirect(f"{datasette.urls.path('/-/review')}?{urlencode(query)}", 303)


async def _show(
    request: Request, datasette: Datasette, fields: Mapping[str, str], meanwhile: Decision | None = None
) -> Response:
    """The page; `meanwhile` is a decision of another person that prevented one from being written."""
    run = read_number(fields, "run", MAX_NUMBER)
    place = (read_number(fields, "place", MAX_NUMBER) or 1) - 1
    mention, type, other = fields.get("mention", ""), fields.get("type"), fields.get("other", "")
    table = table_of(datasette)
    queue = await table.read(lambda connection: read_queue(connection, run, place, mention, type))
    found = await table.ask(lambda names: suggest_entities(names, other)["result"]) if other.strip() else []

    def path(**more: object) -> str:
        query = ({"run": run} if run else {}) | more
        return f"{datasette.urls.path('/-/review')}?{urlencode(query)}"

    candidates = queue.item.candidates if queue.item else ()
    context: dict[str, Any] = {
        "queue": queue,
        "item": queue.item,
        "rejected": orjson.dumps([candidate.id for candidate in candidates if candidate.id]).decode(),
        "other": other,
        "found": found,
        "meanwhile": meanwhile,
        "path": path,
        "input_name": lambda run: Path(run.input).name or run.input,
    }
    return await render(request, datasette, "resolver_review.html", context, 409 if meanwhile else 200)


async def _decide(request: Request, datasette: Datasette, fields: Mapping[str, str], who: str) -> None:
    """Write the decision of a form, with a notice for the next page."""
    mention, seen = fields.get("mention", ""), read_number(fields, "seen", MAX_NUMBER) or 0
    verdict: Verdict = "accept" if "accept" in fields else "reject"
    ids = [fields["accept"]] if verdict == "accept" else _rejected_ids(fields.get("reject", ""))
    decisions = [Decision(0, mention, id, verdict, who, why=fields.get("why", "")) for id in ids]
    made = await table_of(datasette).write(lambda path: add_decisions(path, decisions, seen))
    _notify(
        request, datasette, mention, f"accepted as {made[0].id}" if verdict == "accept" else "none of the candidates"
    )


def _notify(request: Request, datasette: Datasette, mention: str, words: str) -> None:
    """Set a notice about a mention for the next page; the mention is isolated from the text around it."""
    datasette.add_message(request, f"“\u2068{mention[:MAX_NOTICE_CHARACTERS]}\u2069”: {words}")


def _rejected_ids(text: str) -> list[str]:
    """The distinct ids in a form that rejects: a JSON list."""
    try:
        ids = orjson.loads(text)
    except ValueError:
        ids = None
    if not isinstance(ids, list) or not ids or not all(isinstance(id, str) for id in ids):
        raise InputError("this form has nothing to accept or reject")
    return list(dict.fromkeys(ids))


async def _undo(request: Request, datasette: Datasette, who: str) -> dict[str, str]:
    """Undo the last step of a user; return the part of the query that leads to its mention."""
    undone = await table_of(datasette).write(lambda path: undo_last(path, who))
    decisions = "; ".join(f"{decision.verdict} of {decision.id}" for decision in undone)
    _notify(request, datasette, undone[0].mention, f"undone ({decisions[:MAX_NOTICE_CHARACTERS]})")
    return {"mention": undone[0].mention}


@json_route
async def decide_json(request: Request, datasette: Datasette) -> Response:
    """The decisions made by a POST of `{"mention", "id", "verdict", "why"}`, or those undone by `{"undo": true}`.

    For programs, which send a token.
    """
    who = await require_writer(datasette, request)
    given = read_object(await read_json(request), "decision")
    table = table_of(datasette)
    if given.get("undo") is True:
        made = await table.write(lambda path: undo_last(path, who))
    else:
        texts = {key: given.get(key, "") for key in ("mention", "id", "verdict", "why")}
        made = await table.write(lambda path: add_decisions(path, [Decision(0, who=who, **texts)]))
    return json_reply([decision.to_dict() for decision in made])
