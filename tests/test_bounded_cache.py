"""The bounded cache: what it remembers, and what it forgets."""

from resolver.infra.bounded_cache import BoundedCache


def test_the_oldest_values_go_first_by_size():
    cache = BoundedCache(10)
    for key, size in (("a", 4), ("b", 4), ("c", 4)):
        assert cache.put(key, key.upper(), size) == key.upper()
    assert [cache.get(key) for key in "abc"] == [None, "B", "C"]
    cache.put("d", "D", 10)
    assert [cache.get(key) for key in "bcd"] == [None, None, "D"]


def test_a_value_larger_than_the_cache_is_not_kept():
    cache = BoundedCache(10)
    cache.put("a", 1, 5)
    assert cache.put("b", 2, 11) == 2
    assert (cache.get("a"), cache.get("b")) == (1, None)


def test_clearing():
    cache = BoundedCache(10)
    cache.put("a", 1, 10)
    cache.cache_clear()
    cache.put("b", 2, 10)
    assert (cache.get("a"), cache.get("b"), cache.cache_parameters()) == (None, 2, {"maxsize": 10})
