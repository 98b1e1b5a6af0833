"""Other ways to look a name up in a table, each with the settings that suit names, for scripts/bench.

Every peer gets names and mentions romanised by Unidecode and lower-cased, since none of them knows scripts. It answers
with row numbers, best first. A peer that searches by trigrams fetches 200 names and reranks them by rapidfuzz's ratio.
"""

import contextlib
import sqlite3
from pathlib import Path

FETCHED, SHOWN = 200, 10


def trigrams(name):
    """The trigrams of a name, each once; "_" stands for a space, and for the ends."""
    text = f"_{name.replace(' ', '_')}_"
    return list(dict.fromkeys(text[n : n + 3] for n in range(len(text) - 2)))


def sort_again(mention, names, rows):
    """The rows whose names are most like the mention."""
    from rapidfuzz import fuzz, process

    found = process.extract(mention, {row: names[row] for row in rows}, scorer=fuzz.ratio, limit=SHOWN)
    return [row for _, _, row in found]


class Peer:
    """A way to look names up. `build` comes first; `query_many` answers a batch of up to `batch` mentions."""

    installs = ""
    batch = 1
    largest = None
    """The most names that it is tried with, and the reason."""
    answers = SHOWN

    def build(self, names, folder):
        """Take in the names; files go into the folder."""
        raise NotImplementedError

    def query(self, mention):
        """Up to ten row numbers, best first."""
        raise NotImplementedError

    def query_many(self, mentions):
        """The answers to some mentions."""
        return [self.query(mention) for mention in mentions]

    def index_bytes(self):
        """The size of the index, without the names, in bytes; 0 if there is none or it is unknown."""
        return 0


class ExtractOne(Peer):
    """rapidfuzz.process.extractOne: the name with the best normalised Levenshtein similarity, by reading them all."""

    installs = "rapidfuzz"
    answers = 1

    def build(self, names, folder):
        from rapidfuzz import process
        from rapidfuzz.distance import Levenshtein

        self.find, self.scorer, self.names = process.extractOne, Levenshtein.normalized_similarity, names

    def query(self, mention):
        return [self.find(mention, self.names, scorer=self.scorer)[2]]


class Cdist(Peer):
    """rapidfuzz.process.cdist: the ratio of 25 mentions with all names at a time, one worker, 200,000 names a step."""

    installs = "rapidfuzz numpy"
    batch = 25
    step = 200_000

    def build(self, names, folder):
        import numpy as np
        from rapidfuzz import fuzz, process

        self.np, self.cdist, self.scorer, self.names = np, process.cdist, fuzz.ratio, names

    def query_many(self, mentions):
        best = [[] for _ in mentions]
        for start in range(0, len(self.names), self.step):
            scores = self.cdist(mentions, self.names[start : start + self.step], scorer=self.scorer, workers=1)
            count = min(SHOWN, scores.shape[1])
            top = self.np.argpartition(-scores, count - 1, axis=1)[:, :count]
            for mine, columns, row in zip(best, top, scores, strict=True):
                mine.extend((-float(row[column]), start + int(column)) for column in columns)
        return [[row for _, row in sorted(found)[:SHOWN]] for found in best]


class Tantivy(Peer):
    """tantivy: a field of trigrams, any of them, the first 200 by BM25; files that it maps into memory."""

    installs = "tantivy rapidfuzz"

    def build(self, names, folder):
        import tantivy

        self.tantivy, self.names, self.folder = tantivy, names, Path(folder) / "tantivy"
        self.folder.mkdir()
        builder = tantivy.SchemaBuilder()
        builder.add_text_field("trigrams", tokenizer_name="whitespace", index_option="freq")
        builder.add_integer_field("row", fast=True)
        self.schema = builder.build()
        index = tantivy.Index(self.schema, path=str(self.folder))
        writer = index.writer(heap_size=1_000_000_000, num_threads=1)
        for row, name in enumerate(names):
            writer.add_document(tantivy.Document(trigrams=" ".join(trigrams(name)), row=row))
        writer.commit()
        writer.wait_merging_threads()
        index.reload()
        self.searcher = index.searcher()

    def query(self, mention):
        should, term = self.tantivy.Occur.Should, self.tantivy.Query.term_query
        terms = [(should, term(self.schema, "trigrams", trigram)) for trigram in trigrams(mention)]
        found = self.searcher.search(self.tantivy.Query.boolean_query(terms), FETCHED, count=False)
        rows = self.searcher.fast_field_values("row", [address for _, address in found.hits])
        return sort_again(mention, self.names, rows)

    def index_bytes(self):
        return sum(file.stat().st_size for file in self.folder.iterdir())


class SparseTopN(Peer):
    """sparse_dot_topn: TF-IDF of the 2-grams and 3-grams of letters (scikit-learn), the ten best products."""

    installs = "sparse-dot-topn scikit-learn"

    def build(self, names, folder):
        import numpy as np
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sparse_dot_topn import sp_matmul_topn

        self.multiply = sp_matmul_topn
        self.vectorizer = TfidfVectorizer(analyzer="char", ngram_range=(2, 3), dtype=np.float32)
        self.matrix = self.vectorizer.fit_transform(names).T.tocsr()

    def query(self, mention):
        found = self.multiply(self.vectorizer.transform([mention]), self.matrix, top_n=SHOWN, sort=True)
        return [int(row) for row in found.indices]

    def index_bytes(self):
        return sum(part.nbytes for part in (self.matrix.data, self.matrix.indices, self.matrix.indptr))


class Fts5(Peer):
    """SQLite FTS5 with its trigram tokenizer: any of the trigrams, the first 200 by BM25."""

    def build(self, names, folder):
        self.names, self.file = names, Path(folder) / "fts5.db"
        with contextlib.closing(sqlite3.connect(self.file)) as connection, connection:
            connection.execute("CREATE VIRTUAL TABLE name USING fts5(text, content='', tokenize='trigram')")
            connection.executemany("INSERT INTO name (rowid, text) VALUES (?, ?)", enumerate(names))
            connection.execute("INSERT INTO name (name) VALUES ('optimize')")
        self.connection = sqlite3.connect(self.file)

    def query(self, mention):
        parts = dict.fromkeys(mention[n : n + 3].replace('"', '""') for n in range(len(mention) - 2))
        if not parts:
            return []
        query = " OR ".join(f'"{part}"' for part in parts)
        found = self.connection.execute(
            f"SELECT rowid FROM name WHERE text MATCH ? ORDER BY rank LIMIT {FETCHED}", (query,)
        )
        return sort_again(mention, self.names, [row for (row,) in found])

    def index_bytes(self):
        return self.file.stat().st_size


class SymSpell(Peer):
    """symspellpy: whole names as entries, all within an edit distance of 2, nearest first."""

    installs = "symspellpy"
    largest = (1_000_000, "its dictionary takes 1.4 kB of memory a name")

    def build(self, names, folder):
        from symspellpy import SymSpell as Library
        from symspellpy import Verbosity

        self.verbosity, self.library = Verbosity.ALL, Library(max_dictionary_edit_distance=2, prefix_length=7)
        self.rows = {}
        for row, name in enumerate(names):
            self.rows.setdefault(name, []).append(row)
            self.library.create_dictionary_entry(name, 1)

    def query(self, mention):
        found = self.library.lookup(mention, self.verbosity, max_edit_distance=2)
        return [row for item in found[:SHOWN] for row in self.rows[item.term]][:SHOWN]


PEERS = {
    "extractOne": ExtractOne,
    "cdist": Cdist,
    "tantivy": Tantivy,
    "sparse_dot_topn": SparseTopN,
    "fts5": Fts5,
    "symspell": SymSpell,
}
"""The peers, as --peers names them."""
