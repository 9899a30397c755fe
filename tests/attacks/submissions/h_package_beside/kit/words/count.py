from . import turn


def word_count(text):
    assert turn
    words = text.lower().split()
    return {word: words.count(word) for word in words}
