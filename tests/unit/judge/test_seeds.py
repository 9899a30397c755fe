from __future__ import annotations

from lab_kit.judge.seeds import SIZE, fresh_for, graded_seed, practice_seed


def test_practice_seeds_differ() -> None:
    seeds = {practice_seed() for _ in range(20)}
    assert len(seeds) > 15
    assert all(0 <= seed < SIZE for seed in seeds)


def test_graded_seed_is_the_same_for_the_same_student_and_lab() -> None:
    first = graded_seed(b"secret", "ada", "v1")
    assert first == graded_seed(b"secret", "ada", "v1")
    others = {graded_seed(b"secret", "bob", "v1"), graded_seed(b"secret", "ada", "v2")}
    assert first not in others | {graded_seed(b"other", "ada", "v1")}


def test_each_check_has_its_own_numbers() -> None:
    assert fresh_for(1, "a").random() == fresh_for(1, "a").random()
    assert len({fresh_for(s, c).random() for s in (1, 2) for c in "ab"}) == 4
