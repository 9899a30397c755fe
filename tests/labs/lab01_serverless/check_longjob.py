"""Check longjob.py by what the label printer printed, over as many environments as it takes."""

from __future__ import annotations

from lab_kit.judge import check, expect, expect_equal

LABEL_S = 0.05


@check(hint="Begin at load_mark(), print while there are labels left, and say what comes next.")
def a_short_run_is_finished(label_room, fresh):
    """A run that fits into one invocation is printed completely, each label once."""
    count = fresh.randint(3, 8)
    got = label_room.environment(timeout_s=3).call({"labels": count})
    expect_equal(
        got, {"done": True, "next": count}, "The answer was another.", given={"labels": count}
    )
    expect_equal(
        sorted(label_room.printed),
        list(range(count)),
        "Other labels were printed.",
        given={"labels": count},
        next="which number comes first, and which last?",
    )


@check(
    points=2,
    hint="context.get_remaining_time_in_millis() says how long you have. Ask before each label.",
    needs="a_short_run_is_finished",
)
def it_stops_before_the_deadline(label_room, fresh):
    """A run that does not fit is stopped by the handler itself, before Lambda kills it."""
    # So slow that fewer fit than the next check wants: no fixed number is right for both.
    label_room.service.delay_s = label_s = fresh.randint(160, 180) / 1000
    invocation = label_room.environment(timeout_s=1.2).runtime.invoke({"labels": 500})
    expect(
        invocation.outcome == "ok",
        f"The invocation ended with {invocation.outcome}, not with an answer.",
        f"given: 500 labels of {label_s * 1000:.0f} ms, a timeout of 1.2 s\n"
        f"got:   {invocation.error_type}: {invocation.error_message}",
        "compare the time left with RESERVE_MS before each label, in longjob.py.",
    )
    printed = len(label_room.printed)
    expect_equal(
        invocation.payload,
        {"done": False, "next": printed},
        "The answer does not say where it stopped.",
        given=f"500 labels, of which {printed} were printed",
        next="look at what the handler returns when time runs out.",
    )


@check(
    hint="Of two seconds, all but the reserve is yours; one label takes 50 ms.",
    needs="it_stops_before_the_deadline",
)
def it_uses_the_time_it_has(label_room, fresh):
    """An invocation prints as many labels as fit, and not just a few."""
    label_room.service.delay_s = LABEL_S
    label_room.environment(timeout_s=2).call({"labels": 500})
    expect(
        len(label_room.printed) >= 8,
        "The handler stopped long before it had to.",
        "given:    a timeout of 2 s, labels of 50 ms, RESERVE_MS of 500\n"
        f"expected: 8 labels at the very least\ngot:      {len(label_room.printed)}",
        "stop only when less than RESERVE_MS is left.",
    )


@check(
    points=2,
    hint=[
        "A new environment knows nothing: only what save_mark stored is still there.",
        "Save the number that comes next, whenever you return.",
    ],
    needs="it_stops_before_the_deadline",
)
def the_next_one_goes_on_from_there(label_room, fresh):
    """A new environment goes on where the last one stopped: nothing skipped, nothing twice."""
    label_room.service.delay_s = LABEL_S
    count = fresh.randint(24, 30)
    answers = []
    done = False
    while len(answers) < 8 and not done:
        answers.append(label_room.environment(timeout_s=1.2).call({"labels": count}))
        done = isinstance(answers[-1], dict) and answers[-1].get("done") is True
    twice = sorted({n for n in label_room.printed if label_room.printed.count(n) > 1})
    missing = sorted(set(range(count)) - set(label_room.printed))
    expect(
        not twice and not missing and done and len(answers) > 1,
        "The labels were not each printed once.",
        f"given:    {count} labels, one new environment after another, 1.2 s each\n"
        f"answers:  {answers[:6]}\nprinted twice: {twice[:8]}\nnever printed: {missing[:8]}",
        "look at load_mark and save_mark in longjob.py.",
    )
