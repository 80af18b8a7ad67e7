"""The English rule pack: its form, and every example in it."""

import pytest

from safeguarding import Level, categories, screen
from safeguarding.normalise import sentences, views
from safeguarding.pack import Rule, expand, grams, packs, read
from safeguarding.resources import load
from safeguarding.subset import lint

PACK = packs()["en"]
DATA = load("rules", "en-core.json")
RULES = pytest.mark.parametrize("rule", PACK.rules, ids=lambda rule: rule.id)


def found_by(rule: Rule, text: str) -> list[Level]:
    """List the levels of a rule's own findings in a text."""
    return [finding.level for finding in screen(text).findings if finding.rule == rule.id]


@RULES
def test_rule_finds_its_positive_examples(rule: Rule) -> None:
    """Each positive example is found by its rule, at the rule's level or sooner."""
    assert [text for text in rule.positive if max(found_by(rule, text), default=Level.NONE) < rule.level] == []


@RULES
def test_rule_leaves_its_negative_examples(rule: Rule) -> None:
    """No negative example is found by its rule, and none is flagged by any other."""
    assert [t for t in rule.negative if found_by(rule, t) or screen(t).level >= Level.REVIEW] == []


@RULES
def test_rule_says_where_it_comes_from(rule: Rule) -> None:
    """A rule carries a subject, a language, a source, a date and two examples of each kind."""
    assert rule.subject in {"self", "other", "any"}
    assert rule.language == "en"
    assert rule.source
    assert rule.date.startswith("20")
    assert min(len(rule.positive), len(rule.negative)) >= 2


@RULES
def test_rule_keeps_only_scopes_that_exist(rule: Rule) -> None:
    """A rule that leaves a scope aside names a real one."""
    assert rule.keeps <= {scope.id for scope in PACK.scopes}


def test_rules_have_names_of_their_own() -> None:
    """No two rules share an id."""
    assert len({rule.id for rule in PACK.rules}) == len(PACK.rules)


def test_every_category_has_a_rule() -> None:
    """The pack covers exactly the categories that have signposts and routes."""
    assert {rule.category for rule in PACK.rules} == set(categories())


def test_pack_is_not_presented_as_reviewed() -> None:
    """Nobody has reviewed the pack, and it says so."""
    assert PACK.reviewed_by is None
    assert "Not yet reviewed" in DATA["note"]


def test_patterns_stay_in_the_shared_language() -> None:
    """Every pattern, written out, is one that Python and browsers read alike."""
    entries = [*DATA["rules"], *DATA["scopes"]]
    patterns = [text for entry in entries for text in (*entry["patterns"], *entry.get("unless", ()))]
    faults = {text: lint(expand(text, DATA["fragments"])) for text in (*patterns, DATA["clause_break"])}
    assert {text: fault for text, fault in faults.items() if fault} == {}


def test_scopes_have_known_places_and_effects() -> None:
    """A scope looks at one of four places, does one of three things and is for categories that exist."""
    assert {scope.where for scope in PACK.scopes} <= {"before", "after", "clause", "sentence"}
    assert {scope.effect for scope in PACK.scopes} <= {"none", "support", "urgent"}
    assert frozenset().union(*(scope.categories for scope in PACK.scopes)) <= set(categories())


def test_pack_of_another_format_is_refused() -> None:
    """A pack that follows another format is not half understood."""
    with pytest.raises(ValueError, match="coprod-rules/1"):
        read({**DATA, "format": "coprod-rules/2"})


def test_pack_outside_the_shared_language_is_refused() -> None:
    """A pattern that only Python understands stops the whole pack."""
    rule = {**DATA["rules"][0], "patterns": [r"\bsad\b"]}
    with pytest.raises(ValueError, match="escaped"):
        read({**DATA, "rules": [rule]})


def test_no_wording_rates_a_person() -> None:
    """No shipped file speaks of high risk or of scoring people."""
    texts = [str(load("rules", "en-core.json")), str(load("", "routes.json")), str(load("signposts", "directory.json"))]
    assert not any("high risk" in text.lower() or "risk score" in text.lower() for text in texts)


@RULES
def test_skipping_rules_loses_no_match(rule: Rule) -> None:
    """A pattern that matches an example is never passed over for what the example does not contain."""
    readings = [views(text)[0].text for text in (*rule.positive, *rule.negative)]
    read = [reading[start:end] for reading in readings for start, end in sentences(reading)]
    matching = [(pattern, words) for pattern in rule.patterns for words in read if pattern.regex.search(words)]
    assert matching
    assert all(pattern.possible(grams(words)) for pattern, words in matching)
