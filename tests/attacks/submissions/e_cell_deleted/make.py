from tests.attacks.making import cell, notebook, write


def make(place, honest):
    write(place, notebook(cell("# All done", "markdown"), cell("lab.check()")))
