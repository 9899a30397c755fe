from tests.attacks.making import MAGIC, WRONG, cell, notebook, write

SHOWN = "<script>fetch('/grade?score=100')</script><img src=x onerror=alert(1)>"


def make(place, honest):
    shown = {"output_type": "display_data", "metadata": {}, "data": {"text/html": SHOWN}}
    attached = {"a.svg": {"image/svg+xml": SHOWN}}
    ran = cell("!touch ../../came_out\nimport os; os._exit(0)", outputs=[shown])
    drawn = cell(f"# {SHOWN}", "markdown", attachments=attached)
    write(place, notebook(ran, drawn, cell(MAGIC + WRONG + f"# {SHOWN}")))
