"""Measures how fast texts are rewritten, beside peers that find names: scripts/bench text.

The text is English news: clean_news.jsonl of a folder, joined to documents of some kilobytes, or else sentences of the
bundled sample. Each engine runs in a process of its own, with one thread. "first" is the speed of the first reading,
with empty caches; "again" the best of up to three more, as in a corpus whose names repeat. Peers find names and rewrite
nothing: their speed is that of finding alone, and LACKS lists what each does not do. A peer that is not installed (pip
install .[bench]) is left out.
"""

import json
import multiprocessing
import resource
import time
from pathlib import Path

import resolver
from resolver import Settings
from resolver.database.build import build_file
from resolver.infra.packaged_data import data_path

DOCUMENT_LENGTH = 3000
"""Characters from which a document takes no further text."""

MAX_SECONDS = 60
"""Processor seconds after which an engine reads no further text."""


def documents(folder, least):
    """Documents of news, at least `least` letters in all."""
    source = folder / "clean_news.jsonl" if folder else data_path("sample/wire.jsonl")
    texts = [json.loads(line)["text"] for line in source.open(encoding="utf-8")]
    made, size = [[]], 0
    while size < least:
        for text in texts:
            if sum(map(len, made[-1])) >= DOCUMENT_LENGTH:
                made.append([])
            made[-1].append(text)
            size += len(text)
        if folder:
            break
    return ["\n".join(part) for part in made]


def names_of(table):
    with table.open(encoding="utf-8") as file:
        header = next(file).rstrip("\n").split("\t")
        return [line.rstrip("\n").split("\t")[header.index("name")] for line in file]


def ours(exact):
    def make(table, database):
        names = resolver.open(database, Settings(exact=exact))
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


def measure_engine(name, table, database, texts, answers):
    """Put the figures of an engine into the queue `answers`."""
    try:
        find = ENGINES[name](table, database)
    except ImportError as error:
        answers.put({"missing": str(error)})
        return
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    readings = []
    while len(readings) < 4 and sum(seconds for _, seconds, _ in readings) < MAX_SECONDS:
        readings.append(read(find, texts))
    more = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    speeds = [float(f"{size / seconds / 1e6:.3g}") for size, seconds, _ in readings]
    figures = {"first_mb_s": speeds[0], "again_mb_s": max(speeds[1:], default=None), "found": readings[-1][2]}
    answers.put({**figures, "bytes": readings[0][0], "more_memory_mb": round(more, 1)})


def read(find, texts):
    """Bytes of text read, processor seconds, and the number of names found."""
    size = found = 0
    start = time.process_time()
    for text in texts:
        found += find(text)
        size += len(text.encode())
        if time.process_time() - start > MAX_SECONDS:
            break
    return size, time.process_time() - start, found


def measure_texts(tables, folder, work, engines):
    """The figures of each engine with each table, by number of names: MB of text in a second of processor time."""
    texts = documents(folder, 200_000)
    figures = {"text": {"documents": len(texts), "bytes": sum(len(text.encode()) for text in texts)}, "sizes": {}}
    for size, table in tables.items():
        database = Path(work) / f"text-{size}.db"
        if not database.is_file():
            build_file(database, [table])
        found = figures["sizes"][str(size)] = {}
        print(f"{size} names, {figures['text']['bytes']} bytes of text", flush=True)
        for name in engines:
            if size > LARGEST.get(name, size):
                found[name] = {"missing": f"left out with more than {LARGEST[name]} names"}
                print(f"  {name:28} {found[name]['missing']}", flush=True)
                continue
            answers = multiprocessing.get_context("spawn").Queue()
            arguments = (name, table, database, texts, answers)
            process = multiprocessing.get_context("spawn").Process(target=measure_engine, args=arguments)
            process.start()
            process.join()
            found[name] = {"missing": "it failed"} if process.exitcode else answers.get()
            print(f"  {name:28}", *(f"{key} {value}" for key, value in found[name].items()), flush=True)
    for name in engines:
        if name in LACKS:
            print(f"  {name:28} {LACKS[name]}", flush=True)
    return figures
