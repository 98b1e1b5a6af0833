"""Queries of version 1.0-draft: lists of conditions on the name, the id and the properties of an entity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from resolver.errors import InputError
from resolver.publish.json_objects import read_object
from resolver.publish.reconciliation.entity_properties import CONTEXT
from resolver.publish.reconciliation.service_terms import LIMITS, read_limit

Quantifier = Literal["any", "all", "none"]
QUANTIFIERS = ("any", "all", "none")


@dataclass(frozen=True, slots=True)
class MatchCondition:
    """A condition on an entity: its name, id or property (`by`) must be any, all or none of the values.

    Candidates are found by the conditions on names and ids; `required` excludes entities that do not meet the
    condition.
    """

    by: Literal["name", "id", "property"]
    property: str
    values: tuple[str, ...]
    quantifier: Quantifier
    required: bool


@dataclass(frozen=True, slots=True)
class ConditionQuery:
    """A query: its conditions, the requested type (None: any), the number of candidates, and the context."""

    conditions: tuple[MatchCondition, ...]
    type: str | None
    limit: int
    context: str

    def conditions_by(self, *kinds: str) -> list[MatchCondition]:
        """The conditions of some kinds: name, id, property."""
        return [condition for condition in self.conditions if condition.by in kinds]

    def count_values(self, *kinds: str) -> int:
        """The number of values in the conditions of some kinds."""
        return sum(len(condition.values) for condition in self.conditions_by(*kinds))


def read_queries(body: bytes, max_candidates: int) -> list[ConditionQuery]:
    """The queries of a batch, with at most `max_candidates` each. Raises InputError, which names the query."""
    batch = read_object(body, "the request").get("queries")
    if not isinstance(batch, list):
        raise InputError("queries must be a list")
    queries = [_read_query(f"query {number}", query, max_candidates) for number, query in enumerate(batch)]
    if max(len(queries), sum(query.count_values("name", "id") for query in queries)) > LIMITS.batch:
        raise InputError(f"at most {LIMITS.batch} queries, and as many names and ids, in one request")
    if sum(query.count_values("property") for query in queries) > LIMITS.condition_values:
        raise InputError(f"at most {LIMITS.condition_values} values of properties in one request")
    return queries


def _read_query(place: str, query: object, max_candidates: int) -> ConditionQuery:
    if not isinstance(query, dict):
        raise InputError(f"{place}: not an object")
    type, given = query.get("type"), query.get("conditions")
    limit = read_limit(place, query.get("limit"), max_candidates)
    if type is not None and not isinstance(type, str):
        raise InputError(f"{place}: type must be a string")
    if not isinstance(given, list) or not given:
        raise InputError(f"{place}: conditions must be a list of at least one condition")
    conditions = [_read_condition(f"{place}, condition {number}", condition) for number, condition in enumerate(given)]
    context = [value for condition in conditions if condition.property == CONTEXT for value in condition.values]
    return ConditionQuery(
        tuple(condition for condition in conditions if condition.property != CONTEXT),
        type or None,
        limit,
        " ".join(context),
    )


def _read_condition(place: str, given: object) -> MatchCondition:
    if not isinstance(given, dict):
        raise InputError(f"{place}: not an object")
    by, property, required = given.get("matchType"), given.get("propertyId", ""), given.get("required", False)
    quantifier, values = given.get("matchQuantifier", "any"), given.get("propertyValue")
    if by not in ("name", "id", "property"):
        raise InputError(f"{place}: matchType must be name, id or property")
    if not isinstance(property, str) or (by == "property") != bool(property):
        raise InputError(f"{place}: propertyId must be a string if matchType is property, and absent otherwise")
    if not isinstance(required, bool):
        raise InputError(f"{place}: required must be true or false")
    if quantifier not in QUANTIFIERS:
        raise InputError(f"{place}: matchQuantifier must be any, all or none")
    key = "id" if by == "id" else "name"
    texts = [_value_text(place, value, key) for value in (values if isinstance(values, list) else [values])]
    return MatchCondition(by, property, tuple(texts), quantifier, required)


def _value_text(place: str, value: object, key: str) -> str:
    """A value as text: an entity as its id, or as its name if `key` is "name" and it has one."""
    if isinstance(value, dict):
        value = value.get(key, value.get("id"))
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str | int | float):
        raise InputError(f"{place}: propertyValue must be strings, numbers, truth values or objects with an id")
    return str(value)
