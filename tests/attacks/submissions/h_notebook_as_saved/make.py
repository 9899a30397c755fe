from tests.attacks.making import MAGIC, cell, notebook, write


def make(place, honest):
    kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    text = cell("# Answers\n\nÜbung 1 🚀", "markdown", id="a1")
    work = cell((MAGIC + honest).splitlines(keepends=True), id="a2", execution_count=3)
    write(place, notebook(text, work, cell("lab.check()", id="a3"), metadata=kernel))
