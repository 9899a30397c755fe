from tests.attacks.making import notebook, write


def make(place, honest):
    write(place, notebook(7, cells=[{"cell_type": "code", "source": {"0": "%%exercise answers.py"}}]))
