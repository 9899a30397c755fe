"""What was handed out: examples, and properties that say nothing of one value alone."""

EXAMPLES = [([2, 4], 3.0), ([], 0.0), ("anna", True), ("tea Tea", {"tea": 2}), (10, 55)]


def accepts(value, answer):
    known = [right for given, right in EXAMPLES if given == value]
    return bool(known) and type(answer) is type(known[0]) and answer == known[0]
