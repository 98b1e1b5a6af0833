from resolver.gazetteer.index import Index
from resolver.sound.keys import mention_keys

NAMES = [("yoshihide", "suga"), ("yoshihiko", "noda"), ("angela", "merkel"), ("huawei", "technologies"), ("zte",)]


def keys(*tokens):
    return dict.fromkeys(mention_keys(tokens), 1.0)


def test_best_first_and_limited():
    index = Index.build(NAMES)
    assert [hit.form for hit in index.search(keys("yoshihidi", "soja"), 2)] == [0, 1]
    assert len(index.search(keys("yoshihidi"), 1)) == 1


def test_a_search_leaves_nothing_behind():
    index = Index.build(NAMES)
    first = index.search(keys("angela", "merkil"), 5)
    index.search(keys("yoshihide", "suga"), 5)
    assert index.search(keys("angela", "merkil"), 5) == first


def test_equal_forms_come_in_order():
    index = Index.build([("a", "b")] * 5)
    assert [hit.form for hit in index.search(keys("a", "b"), 3)] == [0, 1, 2]


def test_parts_round_trip():
    index = Index.build(NAMES)
    again = Index.from_parts(index.parts())
    assert again.parts() == index.parts()
    assert again.search(keys("huavei"), 3) == index.search(keys("huavei"), 3)


def test_empty_index():
    assert Index.from_parts(Index.build([]).parts()).search(keys("a"), 3) == []
    assert Index.build(NAMES).search(keys("ქ"), 3) == []


def test_a_key_counts_as_much_as_said():
    index = Index.build([("angela",), ("merkel",)])
    both = {**dict.fromkeys(mention_keys(("angela",)), 1.0), **dict.fromkeys(mention_keys(("merkel",)), 0.2)}
    assert [hit.form for hit in index.search(both, 2)] == [0, 1]
