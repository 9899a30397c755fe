import json

from tests.attacks.making import MAGIC, cell, notebook, write


def make(place, honest):
    book = json.loads(notebook(cell(MAGIC + honest + "# \ud83d")))
    write(place, json.dumps(book))
