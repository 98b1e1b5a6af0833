"""The review queue: a mention at a time, to accept, to reject or to take for another entity; plain forms and keys."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import orjson
from datasette import Response

from resolver.database.decisions import DecidedError, add_decisions, undo_last
from resolver.errors import InputError
from resolver.publish import reconciliation as reconciling
from resolver.publish.reconciliation import read_object
from resolver.publish.review_queue import read_queue
from resolver.publish.web.access import writer
from resolver.publish.web.open_table import check_permission, desk_of
from resolver.publish.web.pages.page_frame import page, render
from resolver.publish.web.responses import in_json, read_fields, read_json, replying, whole_number
from resolver.records import Decision, Verdict

if TYPE_CHECKING:
    from datasette.app import Datasette
    from datasette.utils.asgi import Request

LARGEST_NUMBER = 1 << 60
SHOWN = 80
"""What was decided is said in so many characters of the mention."""


@page(writes=True)
async def review(request: Request, datasette: Datasette) -> Response:
    """The queue of the run `run` (without: of all) with the mention at `place`, or `mention`; takes decisions."""
    fields = await read_fields(request)
    if request.method != "POST":
        return await _show(request, datasette, fields)
    who = await writer(datasette, request)
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
    run = whole_number(fields, "run", LARGEST_NUMBER)
    place = (whole_number(fields, "place", LARGEST_NUMBER) or 1) - 1
    mention, type, other = fields.get("mention", ""), fields.get("type"), fields.get("other", "")
    desk = desk_of(datasette)
    queue = await desk.read(lambda connection: read_queue(connection, run, place, mention, type))
    found = await desk.ask(lambda names: reconciling.suggest_entities(names, other)["result"]) if other.strip() else []

    def path(**more: object) -> str:
        query = ({"run": run} if run else {}) | more
        return f"{datasette.urls.path('/-/review')}?{urlencode(query)}"

    options = queue.item.options if queue.item else ()
    context: dict[str, Any] = {
        "queue": queue,
        "item": queue.item,
        "rejected": orjson.dumps([option.id for option in options if option.id]).decode(),
        "other": other,
        "found": found,
        "meanwhile": meanwhile,
        "path": path,
        "name_of": lambda run: Path(run.input).name or run.input,
    }
    return await render(request, datasette, "resolver_review.html", context, 409 if meanwhile else 200)


async def _decide(request: Request, datasette: Datasette, fields: Mapping[str, str], who: str) -> None:
    """Write the decision of a form, and say so on the next page."""
    mention, seen = fields.get("mention", ""), whole_number(fields, "seen", LARGEST_NUMBER) or 0
    verdict: Verdict = "accept" if "accept" in fields else "reject"
    ids = [fields["accept"]] if verdict == "accept" else _ids(fields.get("reject", ""))
    decisions = [Decision(0, mention, id, verdict, who, why=fields.get("why", "")) for id in ids]
    made = await desk_of(datasette).write(lambda path: add_decisions(path, decisions, seen))
    meant = f"accepted as {made[0].id}" if verdict == "accept" else "none of the candidates"
    datasette.add_message(request, f"“\u2068{mention[:SHOWN]}\u2069”: {meant}")


def _ids(text: str) -> list[str]:
    """The ids in the field of a form that rejects."""
    try:
        ids = orjson.loads(text)
    except ValueError:
        ids = None
    if not isinstance(ids, list) or not ids or not all(isinstance(id, str) for id in ids):
        raise InputError("there is nothing to accept or to reject in this form")
    return list(dict.fromkeys(ids))


async def _undo(request: Request, datasette: Datasette, who: str) -> dict[str, str]:
    """Take back what somebody decided last, and go to its mention."""
    undone = await desk_of(datasette).write(lambda path: undo_last(path, who))
    shown = "; ".join(f"{decision.verdict} of {decision.id}" for decision in undone)
    datasette.add_message(request, f"“\u2068{undone[0].mention[:SHOWN]}\u2069”: taken back ({shown[:SHOWN]})")
    return {"mention": undone[0].mention}


@replying
async def decide_json(request: Request, datasette: Datasette) -> Response:
    """Takes a decision as JSON, `{"mention", "id", "verdict", "why"}`, or `{"undo": true}`, and returns it.

    Only by POST, from a program that brings a token.
    """
    await check_permission(datasette, request.actor)
    who = await writer(datasette, request)
    given = read_object(await read_json(request), "decision")
    desk = desk_of(datasette)
    if given.get("undo") is True:
        made = await desk.write(lambda path: undo_last(path, who))
    else:
        told = {column: given.get(column, "") for column in ("mention", "id", "verdict", "why")}
        decision = Decision(0, who=who, **told)
        made = await desk.write(lambda path: add_decisions(path, [decision]))
    return in_json([decision.to_dict() for decision in made])
