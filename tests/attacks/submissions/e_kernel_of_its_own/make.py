from tests.attacks.making import MAGIC, WRONG, cell, notebook, write

SPEC = {"name": "../../evil", "language": "bash", "argv": ["/bin/sh", "-c", "echo passed"]}


def make(place, honest):
    about = {"kernelspec": SPEC, "language_info": {"name": "bash", "file_extension": ".sh"}}
    write(place, notebook(cell(MAGIC + WRONG), metadata=about))
