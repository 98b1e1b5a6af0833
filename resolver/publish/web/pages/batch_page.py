"""A column of mentions is pasted, and its answers are shown, downloaded as CSV, and kept for the review if wanted."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from datasette import Response

from resolver.api.names import Names
from resolver.database.saved_runs import SavedAnswer, SavedRun
from resolver.errors import InputError, ResolverError
from resolver.publish.pasted_columns import BYTES, KINDS, LINES, formulas_in, read_mentions, to_csv, to_save
from resolver.publish.web.access import writer
from resolver.publish.web.open_table import Desk, desk_of
from resolver.publish.web.pages.page_frame import page, render
from resolver.publish.web.responses import BusyError, problem, read_fields
from resolver.records import Resolution

if TYPE_CHECKING:
    from datasette.app import Datasette
    from datasette.utils.asgi import Request

TOGETHER = 20
"""So many mentions are resolved before others have their turn."""

TOLD = 5
"""So many rows that cannot be read are named where there is to be a file."""

RESOLVING = 45.0
"""For so many seconds, all in all."""

OUTCOMES = ("linked", "ambiguous", "nil")


@page(writes=True)
async def batch(request: Request, datasette: Datasette) -> Response:
    """The form; posted, the answers as a table, or with `as` (csv, spreadsheet) as a file."""
    fields = await read_fields(request)
    asked = {"kind": "lines"} | {key: fields[key] for key in ("text", "kind", "column", "type") if key in fields}
    context: dict[str, Any] = {"kinds": KINDS, "lines": LINES, "bytes": BYTES, **asked}
    status = 200
    if request.method == "POST":
        try:
            who = await writer(datasette, request) if "save" in fields else ""
            mentions, problems = read_mentions(asked.get("text", ""), asked["kind"], asked.get("column", ""))
            as_file = fields.get("as") in ("csv", "spreadsheet")
            if as_file and problems:
                lacks = "; ".join(problems[:TOLD])
                raise InputError(f"a file would lack the rows that cannot be read: {lacks}")
            answers = await _answer(desk_of(datasette), mentions, asked.get("type") or None, who)
            if as_file:
                return _file(answers, for_spreadsheet=fields["as"] == "spreadsheet")
            context |= answers | {"problems": problems}
        except ResolverError as error:
            context["problem"], status = problem(error)
    return await render(request, datasette, "resolver_batch.html", context, status)


async def _answer(desk: Desk, mentions: list[str], type: str | None, who: str) -> dict[str, Any]:
    """What the page shows of the answers; they are saved as pasted by `who`, unless that is ""."""
    found = await _resolve(desk, mentions, type)
    saved = None
    if who:
        names, rows = desk.functions().names, to_save(mentions, found, type)
        saved = await desk.write(lambda _: _save(names, f"pasted by {who}", rows))
    return {
        "mentions": mentions,
        "found": found,
        "saved": saved,
        "formulas": formulas_in(mentions, found),
        "counts": {outcome: sum(found[m].outcome == outcome for m in mentions) for outcome in OUTCOMES},
    }


async def _resolve(desk: Desk, mentions: list[str], type: str | None) -> dict[str, Resolution]:
    """The answers by mention; others have their turn between. Raises BusyError when it takes too long."""
    end = time.monotonic() + RESOLVING
    found: dict[str, Resolution] = {}
    distinct = list(dict.fromkeys(mentions))
    for start in range(0, len(distinct), TOGETHER):
        if time.monotonic() > end:
            done = f"{len(found):,} of {len(distinct):,} mentions were resolved in {RESOLVING:g} seconds"
            raise BusyError(f"{done}, and no more are: paste fewer at once, or use resolver resolve")

        def answer(names: Names, start: int = start) -> dict[str, Resolution]:
            return {mention: names.resolve(mention, type) for mention in distinct[start : start + TOGETHER]}

        found |= await desk.ask(answer)
    return found


def _save(names: Names, input: str, rows: list[SavedAnswer]) -> SavedRun:
    with names.saving("paste", input) as tally:
        for row in rows:
            tally.add(row)
    assert tally.run is not None
    return tally.run


def _file(answers: dict[str, Any], for_spreadsheet: bool) -> Response:
    """The answers as a CSV file."""
    body = to_csv(answers["mentions"], answers["found"], for_spreadsheet)
    headers = {"Content-Disposition": 'attachment; filename="resolved.csv"', "Cache-Control": "no-store"}
    return Response(body, 200, headers, "text/csv; charset=utf-8")
