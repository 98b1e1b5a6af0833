"""The page that resolves a pasted column: answers as a table or as CSV, on request saved for review."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from datasette import Response

from resolver.api.names import PREVALENCE_SAMPLE, Names
from resolver.database.saved_runs import SavedAnswer, SavedRun
from resolver.errors import InputError, ResolverError
from resolver.publish.pasted_column import LIMITS, PASTE_FORMATS, ColumnAnswers, PastedColumn, read_column
from resolver.publish.web.pages.page_frame import page, render
from resolver.publish.web.permissions import require_writer
from resolver.publish.web.request_fields import read_fields
from resolver.publish.web.served_table import ServedTable, table_of
from resolver.publish.web.web_errors import BusyError, words_and_status
from resolver.resolving.prevalence import estimate_prevalence
from resolver.resolving.resolution import Resolution
from resolver.settings import SINGLE_PREVALENCE

if TYPE_CHECKING:
    from datasette.app import Datasette
    from datasette.utils.asgi import Request

MAX_SHOWN_PROBLEMS = 5
"""Maximum number of unreadable rows that are named if a file was requested."""

FILES = ("csv", "spreadsheet")


@page(writes=True)
async def batch(request: Request, datasette: Datasette) -> Response:
    """The form; on POST, the answers as a table, or with `as` (csv, spreadsheet) as a file."""
    fields, table = await read_fields(request), table_of(datasette)
    form = {"kind": "lines"} | {key: fields[key] for key in ("text", "kind", "column", "type") if key in fields}
    context: dict[str, Any] = {"formats": PASTE_FORMATS, "limits": LIMITS, **form}
    status = 200
    if request.method == "POST":
        try:
            who = await require_writer(datasette, request) if "save" in fields else ""
            pasted = read_column(form.get("text", ""), form["kind"], form.get("column", ""))
            as_file = fields.get("as") in FILES
            if as_file and pasted.problems:
                missing = "; ".join(pasted.problems[:MAX_SHOWN_PROBLEMS])
                raise InputError(f"a file would lack the rows that cannot be read: {missing}")
            answers = await _resolve(table, pasted, form.get("type") or None)
            saved = await _save(table, answers, f"pasted by {who}") if who else None
            if as_file:
                return _file(answers, for_spreadsheet=fields["as"] == "spreadsheet")
            context |= {"answers": answers, "problems": pasted.problems, "saved": saved}
        except ResolverError as error:
            context["problem"], status = words_and_status(error)
    return await render(request, datasette, "resolver_batch.html", context, status)


async def _resolve(table: ServedTable, pasted: PastedColumn, type: str | None) -> ColumnAnswers:
    """The answers, with the prevalence that is estimated from the first distinct mentions.

    Mentions are resolved a few at a time, so that other requests are served in between. Raises BusyError if it takes
    longer than `limits.batch_seconds`.
    """
    end = time.monotonic() + table.limits.batch_seconds
    distinct = list(dict.fromkeys(pasted.mentions))
    sample = await _resolve_each(table, distinct[:PREVALENCE_SAMPLE], type, SINGLE_PREVALENCE, end)
    share = estimate_prevalence([resolution.in_table for resolution in sample.values()], SINGLE_PREVALENCE)
    return ColumnAnswers(pasted.mentions, await _resolve_each(table, distinct, type, share, end), type, share)


async def _resolve_each(
    table: ServedTable, distinct: list[str], type: str | None, prevalence: float, end: float
) -> dict[str, Resolution]:
    limits = table.limits
    resolutions: dict[str, Resolution] = {}
    for start in range(0, len(distinct), limits.batch_turn):
        if time.monotonic() > end:
            done = (
                f"{len(resolutions):,} of {len(distinct):,} mentions were resolved in {limits.batch_seconds:g} seconds"
            )
            raise BusyError(f"{done}, then the time was up: paste fewer at once, or use resolver resolve")
        mentions = distinct[start : start + limits.batch_turn]

        def resolve_some(names: Names, mentions: list[str] = mentions) -> dict[str, Resolution]:
            return {mention: names.resolve(mention, type, prevalence=prevalence) for mention in mentions}

        resolutions |= await table.ask(resolve_some)
    return resolutions


async def _save(table: ServedTable, answers: ColumnAnswers, source: str) -> SavedRun:
    """Save the answers as a run, and return it."""
    names, rows = table.functions().names, answers.to_save()
    return await table.write(lambda _: _save_rows(names, source, rows))


def _save_rows(names: Names, source: str, rows: list[SavedAnswer]) -> SavedRun:
    with names.saving("paste", source) as recorder:
        for row in rows:
            recorder.add(row)
    assert recorder.run is not None
    return recorder.run


def _file(answers: ColumnAnswers, for_spreadsheet: bool) -> Response:
    headers = {"Content-Disposition": 'attachment; filename="resolved.csv"', "Cache-Control": "no-store"}
    return Response(answers.to_csv(for_spreadsheet), 200, headers, "text/csv; charset=utf-8")
