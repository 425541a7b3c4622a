"""A short look at every target in every run; `make fuzz` looks longer. What once broke one is tried again."""

from __future__ import annotations

import json
import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nsmgr import config, engine
from nsmgr.errors import ConfigError, NsmgrError
from nsmgr.plan.state import ObservedState
from tests.effort import THOROUGH, examples
from tests.fuzz import mutate
from tests.fuzz.documents import document
from tests.fuzz.targets import CORPUS, TARGETS, corpus

PATIENCE = 10  # seconds that one input may take


@pytest.mark.parametrize("name", TARGETS)
def test_what_it_begins_with(name: str) -> None:
    seeds = TARGETS[name].seeds()
    assert seeds
    for seed in seeds:
        TARGETS[name](seed)


@pytest.mark.parametrize("name", ["link", "address", "route", "rule", "thing", "nft", "genl", "answers"])
def test_messages_cut_off_at_every_length(name: str) -> None:
    for seed in TARGETS[name].seeds()[:6]:
        for length in range(0, len(seed), 1 if THOROUGH else 7):
            TARGETS[name](seed[:length])


@pytest.mark.parametrize("name", TARGETS)
def test_a_moment_of_mutations(name: str) -> None:
    tried, broken, error = mutate.run(TARGETS[name], 1.0 if THOROUGH else 0.1, seed=20261129)
    assert error is None, (broken, error)
    assert tried


def test_what_once_broke_it() -> None:
    for folder in sorted(CORPUS.iterdir()) if CORPUS.is_dir() else ():
        for path in corpus(folder.name):
            started = time.monotonic()
            TARGETS[folder.name](path.read_bytes())
            assert time.monotonic() - started < PATIENCE, path


@given(st.integers(0, 2**64))
@settings(max_examples=examples(600), deadline=None)
def test_documents_of_the_schema(seed: int) -> None:
    """A state that can be planned, or problems that have a place."""
    text = json.dumps(document(random.Random(seed)))
    try:
        state = config.loads(text, "lab.json")
    except ConfigError as error:
        config.render_problems(error.problems)
        return
    try:
        engine.plan(state, ObservedState())
    except NsmgrError as error:
        str(error)
