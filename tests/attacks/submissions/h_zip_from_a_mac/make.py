from tests.attacks.making import zipped


def make(place, honest):
    files = {"work/": "", "work/answers.py": honest, "work/.DS_Store": "x"}
    zipped(place, files | {"__MACOSX/work/._answers.py": "x", "__MACOSX/._work": "x"})
