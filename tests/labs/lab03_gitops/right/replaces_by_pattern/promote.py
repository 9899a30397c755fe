"""Take a release on, by a pattern."""

import yaml


def tags(text):
    found = {}
    for key, value in yaml.compose(text).value:
        if key.value == "images":
            for each in value.value:
                named = {name.value: scalar for name, scalar in each.value}
                if "newTag" in named:
                    tag = named["newTag"]
                    found[named["name"].value] = (tag.value, tag.start_mark.index, tag.end_mark.index)
    return found


def promote(staging, production, image):
    if not (image in tags(staging) and image in tags(production)):
        raise ValueError(image)
    letters = list(production)
    new = tags(staging)[image][0]
    letters[slice(*tags(production)[image][1:])] = list(f"'{new}'")
    return "".join(letters)
