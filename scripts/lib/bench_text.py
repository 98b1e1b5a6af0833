"""Measures how fast texts are rewritten, beside peers that find names: scripts/bench text.

Each engine runs in a process of its own, with one thread. The headline is "first_mb_s", the speed of the first reading
of distinct texts with empty caches, which is what a corpus takes; "again_mb_s" is the best of up to three more readings
of the same texts, all of whose names are then in the caches. "opened_mb" and "after_mb" are the memory of the table,
and of all after the first reading. Peers find names and rewrite nothing: their speed is that of finding alone, and
LACKS lists what each does not do. A peer that is not installed (pip install .[bench]) is left out.
"""

import gzip
import json
import lzma
import multiprocessing
import random
import time
from pathlib import Path

import resolver
from resolver import Settings
from resolver.database.build import build_file
from resolver.infra.packaged_data import data_path

MAX_SECONDS = 60
"""Processor seconds after which an engine reads no further text in a second reading."""

SEED = 1

BUNDLED = "bundled"
"""In place of a number of names: the bundled table."""


def distinct_texts(source, limit=0):
    """The distinct texts of JSON lines, in order: of a file (.xz, .gz), or of clean_news.jsonl in a folder.

    Without a source they are those of the bundled sample. With `limit` a random sample of so many.
    """
    path = source or data_path("sample/wire.jsonl")
    path = path / "clean_news.jsonl" if path.is_dir() else path
    opened = lzma.open if path.suffix == ".xz" else gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8") as lines:
        texts = list(dict.fromkeys(json.loads(line)["text"] for line in lines))
    if limit and limit < len(texts):
        chosen = sorted(random.Random(SEED).sample(range(len(texts)), limit))
        texts = [texts[place] for place in chosen]
    return texts


def names_of(table):
    with table.open(encoding="utf-8") as file:
        header = next(file).rstrip("\n").split("\t")
        return [line.rstrip("\n").split("\t")[header.index("name")] for line in file]


def ours(exact):
    def make(table, database):
        settings = Settings(exact=exact)
        names = resolver.open(settings=settings) if database is None else resolver.open(database, settings)
        names.rewrite("Hello there")
        return lambda text: len(names.rewrite(text)[1])

    return make


def ahocorasick(table, database):
    import ahocorasick as library

    automaton = library.Automaton()
    for name in names_of(table):
        automaton.add_word(name, len(name))
    automaton.make_automaton()

    def find(text):
        count, last = 0, -1
        for end, length in automaton.iter_long(text):
            start = end - length + 1
            if start > last and not text[start - 1 : start].isalnum() and not text[end + 1 : end + 2].isalnum():
                count, last = count + 1, end
        return count

    return find


def flashtext2(table, database):
    import flashtext2 as library

    processor = library.KeywordProcessor(case_sensitive=True)
    processor.add_keywords_from_iter(names_of(table))
    return lambda text: len(processor.extract_keywords(text))


def phrase_matcher(table, database):
    import spacy
    from spacy.matcher import PhraseMatcher

    model = spacy.blank("en")
    matcher = PhraseMatcher(model.vocab)
    matcher.add("name", list(model.pipe(names_of(table))))
    return lambda text: len(matcher(model(text)))


def fuzzy_matcher(table, database):
    import spacy
    from spaczz.matcher import FuzzyMatcher

    model = spacy.blank("en")
    matcher = FuzzyMatcher(model.vocab)
    matcher.add("name", list(model.pipe(names_of(table))))
    return lambda text: len(matcher(model(text)))


ENGINES = {
    "rewriting exact forms": ours(exact=True),
    "rewriting": ours(exact=False),
    "pyahocorasick": ahocorasick,
    "flashtext2": flashtext2,
    "spaCy PhraseMatcher": phrase_matcher,
    "spaczz FuzzyMatcher": fuzzy_matcher,
}

LACKS = {
    "pyahocorasick": "exact forms only, in letters: no word boundaries of its own, no case, no context",
    "flashtext2": "exact forms of whole words only: no distorted ones, no context",
    "spaCy PhraseMatcher": "exact forms of whole tokens only, tokenising included: no distorted ones, no context",
    "spaczz FuzzyMatcher": "compares each name with each place: no context, no probability",
}

LARGEST = {"spaczz FuzzyMatcher": 10_000}
"""The largest table for an engine, in names: its time grows with the table."""


def resident_mb():
    """The memory of this process, in megabytes."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def measure_engine(name, table, database, texts, first_only, answers):
    """Put the figures of an engine into the queue `answers`."""
    empty = resident_mb()
    try:
        find = ENGINES[name](table, database)
    except ImportError as error:
        answers.put({"missing": str(error)})
        return
    opened = resident_mb()
    readings = [read(find, texts)]
    size, seconds, found = readings[0]
    figures = {"first_mb_s": speed(readings[0]), "found": found, "bytes": size, "seconds": round(seconds, 1)}
    figures |= {"opened_mb": round(opened - empty, 1), "after_mb": round(resident_mb() - empty, 1)}
    while not first_only and len(readings) < 4 and sum(seconds for _, seconds, _ in readings[1:]) < MAX_SECONDS:
        readings.append(read(find, texts, MAX_SECONDS))
    if len(readings) > 1:
        figures["again_mb_s"] = max(map(speed, readings[1:]))
    answers.put(figures)


def speed(reading):
    size, seconds, _ = reading
    return float(f"{size / seconds / 1e6:.3g}")


def read(find, texts, limit=float("inf")):
    """Bytes of text read, processor seconds, and the number of names found; no more text after `limit` seconds."""
    size = found = 0
    start = time.process_time()
    for text in texts:
        found += find(text)
        size += len(text.encode())
        if time.process_time() - start > limit:
            break
    return size, time.process_time() - start, found


def measure_texts(tables, source, limit, work, engines, first_only=False):
    """The figures of each engine with each table, by number of names: MB of text in a second of processor time."""
    texts = distinct_texts(source, limit)
    size_of_texts = sum(len(text.encode()) for text in texts)
    source_name = source.name if source else "bundled sample"
    figures = {"text": {"source": source_name, "documents": len(texts), "bytes": size_of_texts}, "sizes": {}}
    for size, table in tables.items():
        database = None
        if table is not None:
            database = Path(work) / f"text-{size}.db"
            if not database.is_file():
                build_file(database, [table])
        found = figures["sizes"][str(size)] = {}
        print(f"{size} names; {len(texts)} distinct texts, {size_of_texts} bytes", flush=True)
        for name in engines:
            most = LARGEST.get(name)
            if most is not None and table is not None and size > most:
                found[name] = {"missing": f"left out with more than {most} names"}
            elif table is None and name in LACKS:
                found[name] = {"missing": "measured with tables of their own"}
            else:
                context = multiprocessing.get_context("spawn")
                answers = context.Queue()
                process = context.Process(
                    target=measure_engine, args=(name, table, database, texts, first_only, answers)
                )
                process.start()
                process.join()
                found[name] = {"missing": "it failed"} if process.exitcode else answers.get()
            print(f"  {name:28}", *(f"{key} {value}" for key, value in found[name].items()), flush=True)
    for name in engines:
        if name in LACKS:
            print(f"  {name:28} {LACKS[name]}", flush=True)
    return figures
