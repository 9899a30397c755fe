from tests.attacks.making import MAGIC, cell, notebook, write


def make(place, honest):
    deep = "[" * 100_000 + "]" * 100_000
    write(place, notebook(cell(MAGIC + honest))[:-1] + f',"more":{deep}}}')
