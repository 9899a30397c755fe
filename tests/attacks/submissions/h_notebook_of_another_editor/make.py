from tests.attacks.making import MAGIC, cell, notebook, write

COLAB = {"colab": {"provenance": [], "toc_visible": True}, "accelerator": "GPU"}


def make(place, honest):
    vscode = {"vscode": {"languageId": "python"}, "collapsed": True, "id": "xYz_1"}
    work = cell((MAGIC + honest).replace("\n", "\r\n"), metadata=vscode)
    write(place, "\ufeff" + notebook(work, metadata=COLAB, nbformat_minor=0))
