# Ιδού: مرحبا بالعالم — שלום — 你好 — 🥐
數 = float


class Größe(str):
    'Ein Text, „groß“ geschrieben.'


def среднее(числа):
    return 數(sum(числа)) / len(числа) if числа else 數()


def 回文か(文字列):
    return 文字列 == 文字列[::-1]


def compter_les_mots(texte, *, café=str.lower):
    μέρη = café(texte).split()
    return {μέρος: μέρη.count(μέρος) for μέρος in μέρη}


def fib(ñ):
    ａ, ｂ = 0, 1
    for _ in range(ñ):
        ａ, ｂ = ｂ, ａ + ｂ
    return ａ


mean, is_palindrome, word_count = среднее, 回文か, compter_les_mots
