from resolver.gazetteer.index import Index

NAMES = [("yoshihide", "suga"), ("yoshihiko", "noda"), ("angela", "merkel"), ("huawei", "technologies"), ("zte",)]


def test_best_first_and_limited():
    index = Index.build(NAMES)
    assert [hit.form for hit in index.search(("yoshihidi", "soja"), 2)] == [0, 1]
    assert len(index.search(("yoshihidi",), 1)) == 1


def test_a_search_leaves_nothing_behind():
    index = Index.build(NAMES)
    first = index.search(("angela", "merkil"), 5)
    index.search(("yoshihide", "suga"), 5)
    assert index.search(("angela", "merkil"), 5) == first


def test_equal_forms_come_in_order():
    index = Index.build([("a", "b")] * 5)
    assert [hit.form for hit in index.search(("a", "b"), 3)] == [0, 1, 2]


def test_parts_round_trip():
    index = Index.build(NAMES)
    again = Index.from_parts(index.parts())
    assert again.parts() == index.parts()
    assert again.search(("huavei",), 3) == index.search(("huavei",), 3)


def test_empty_index():
    assert Index.from_parts(Index.build([]).parts()).search(("a",), 3) == []
    assert Index.build(NAMES).search(("ქ",), 3) == []
