"""A spaCy component that links the entities of a document to those of a table.

    nlp.add_pipe("entity_name_resolver", config={"db": "names.db"})
    for span in nlp("Government spokesman Yoshihidi Soja declined to comment.").ents:
        print(span.text, span.kb_id_, span._.resolution["probability"])

spaCy finds it by the entry point of this package; no import is needed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Literal

from resolver.adapters.open_tables import names_of
from resolver.api.names import Names
from resolver.errors import SettingError
from resolver.infra.optional_libraries import needs
from resolver.records import TYPES
from resolver.settings import Settings
from resolver.text.exact_mentions import exact_mentions
from resolver.text.tokenised_text import tokenise

with needs("spacy"):
    import srsly
    from spacy.language import Language
    from spacy.tokens import Doc, Span, SpanGroup
    from spacy.util import filter_spans

Context = Literal["sentence", "document", "none"]

DEFAULTS: dict[str, Any] = {
    "db": None,
    "min_precision": 0.95,
    "context": "sentence",
    "labels": {},
    "spans_key": None,
    "find": False,
}


class EntityLinker:
    """Sets `kb_id_` of each entity of a document, and `ent_kb_id_` of its tokens, to the id of the entity it means.

    They stay empty without a link. `span._.resolution` is the answer as the object that `resolver resolve` writes.

    db             path of the database; by default the bundled table
    min_precision  link so that this share of the links is correct
    context        the context of a mention: its "sentence" (the document, if the pipeline sets no sentences),
                   the "document" or "none"
    labels         maps the labels of the spans to link to types of entity (person, org,
                   place, other), or "" for any: {"PERSON": "person", "GPE": "place"}. By default all are linked
    spans_key      the span group to link instead of `doc.ents`
    find           also find names that are written exactly as in the table; their labels are the types of
                   the entities in capitals. For pipelines without an entity recogniser
    """

    def __init__(self, name: str = "entity_name_resolver", **config: Any) -> None:  # noqa: ANN401
        """Open the table. Raises SettingError for an invalid value, DatabaseError as `resolver.open` does."""
        self.name = name
        self._configure({**DEFAULTS, **config})

    def _configure(self, config: dict[str, Any]) -> None:
        unknown = sorted(set(config) - set(DEFAULTS))
        if unknown:
            raise SettingError(f"unknown option {unknown[0]!r}: the options are {', '.join(DEFAULTS)}")
        if config["context"] not in ("sentence", "document", "none"):
            raise SettingError(f"context must be 'sentence', 'document' or 'none', not {config['context']!r}")
        for label, kind in config["labels"].items():
            if kind not in ("", *TYPES):
                raise SettingError(f"the label {label!r} must map to one of {', '.join(TYPES)}, or '', not {kind!r}")
        self._config = config
        self._settings = Settings(min_precision=config["min_precision"])
        _ = self._names

    @property
    def _names(self) -> Names:
        return names_of(self._config["db"], self._settings)

    def __call__(self, doc: Doc) -> Doc:
        """The document with its entities linked."""
        key = self._config["spans_key"]
        if key is None:
            known = list(doc.ents)
            doc.ents = [self._link(span) for span in filter_spans([*known, *self._found(doc)])]
        else:
            group = doc.spans.get(key, SpanGroup(doc, name=key))
            doc.spans[key] = SpanGroup(
                doc, name=key, attrs=group.attrs, spans=[self._link(span) for span in (*group, *self._found(doc))]
            )
        return doc

    def pipe(self, stream: Iterable[Doc], *, batch_size: int = 128) -> Iterator[Doc]:
        """The documents with their entities linked."""
        return map(self, stream)

    def _found(self, doc: Doc) -> list[Span]:
        """Spans of names that are written exactly as in the table and align with tokens."""
        if not self._config["find"]:
            return []
        names, text = self._names, tokenise(doc.text)
        found = names.consistently(lambda engine: exact_mentions(engine.snapshot, text, names.settings))
        spans = [
            doc.char_span(
                mention.span_in(text).start,
                mention.span_in(text).end,
                (mention.entity.type if mention.entity else "other").upper(),
            )
            for mention in found
        ]
        return [span for span in spans if span is not None]

    def _link(self, span: Span) -> Span:
        labels = self._config["labels"]
        if labels and span.label_ not in labels:
            return span
        resolution = self._names.resolve(span.text, labels.get(span.label_) or None, self._context(span))
        linked = Span(
            span.doc,
            span.start,
            span.end,
            span.label_,
            kb_id=resolution.entity.id if resolution.entity else "",
            span_id=span.id_,
        )
        linked._.resolution = resolution.to_dict()
        return linked

    def _context(self, span: Span) -> str:
        if self._config["context"] == "none":
            return ""
        in_sentence = self._config["context"] == "sentence" and span.doc.has_annotation("SENT_START")
        return str(span.sent.text if in_sentence else span.doc.text)

    def to_bytes(self, *, exclude: Iterable[str] = ()) -> bytes:
        """The options of the component; the table is not included."""
        return bytes(srsly.msgpack_dumps(self._config))

    def from_bytes(self, data: bytes, *, exclude: Iterable[str] = ()) -> EntityLinker:
        """Set the options from the bytes of `to_bytes`."""
        self._configure(srsly.msgpack_loads(data))
        return self

    def to_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> None:
        """Write the options to a JSON file."""
        srsly.write_json(path, self._config)

    def from_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> EntityLinker:
        """Set the options from a file of `to_disk`."""
        self._configure(srsly.read_json(path))
        return self


@Language.factory(
    "entity_name_resolver",
    default_config=DEFAULTS,
    assigns=["doc.ents", "token.ent_kb_id", "span._.resolution"],
)
def make_linker(
    nlp: Language,
    name: str,
    db: str | None,
    min_precision: float,
    context: str,
    labels: dict[str, str],
    spans_key: str | None,
    find: bool,
) -> EntityLinker:
    """A new component; spaCy calls this."""
    return EntityLinker(
        name, db=db, min_precision=min_precision, context=context, labels=labels, spans_key=spans_key, find=find
    )


if not Span.has_extension("resolution"):
    Span.set_extension("resolution", default=None)
