"""Print a long run of labels in as many invocations as it takes."""

from labels import load_mark, print_label, save_mark


def handler(event: dict, context) -> dict:
    number = load_mark()
    end = min(number + 8, event["labels"])
    while number < end:
        print_label(number)
        number += 1
    save_mark(number)
    return {"done": number == event["labels"], "next": number}
