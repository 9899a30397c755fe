from tests.attacks.making import MAGIC, cell, notebook, write


def make(place, honest):
    plot = {"output_type": "display_data", "metadata": {}, "data": {"image/png": "A" * (8 << 20)}}
    error = {"output_type": "error", "ename": "E", "evalue": "", "traceback": ["\x1b[31mno"]}
    write(place, notebook(cell("plot()", outputs=[plot]), cell(MAGIC + honest, outputs=[error])))
