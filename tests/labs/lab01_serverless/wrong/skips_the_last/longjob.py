"""Print a long run of labels in as many invocations as it takes."""

from __future__ import annotations

from labels import load_mark, print_label, save_mark

RESERVE_MS = 500  # what one more label and the saving may take, with room to spare


def handler(event: dict, context) -> dict:
    """Print labels 0 to event["labels"] - 1, each once; return {"done": bool, "next": number}.

    Stop in time: less than RESERVE_MS left means save where you are and return.
    """
    number = load_mark()
    while number < event["labels"] - 1:
        if context.get_remaining_time_in_millis() < RESERVE_MS:
            break
        print_label(number)
        number += 1
    save_mark(number)
    return {"done": number == event["labels"], "next": number}
