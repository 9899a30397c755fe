"""Take a release from staging to production: one word in one file, and nothing else."""

import yaml


def tags(text):
    """Return where an overlay gives tags to images: {image: (tag, begin, end)}. (This is given.)

    begin and end are positions in the text: text[begin:end] is the tag, with its quotes.
    """
    found = {}
    for key, value in yaml.compose(text).value:
        for each in value.value if key.value == "images" else []:
            named = {name.value: scalar for name, scalar in each.value}
            if "newTag" in named:
                tag = named["newTag"]
                place = (tag.value, tag.start_mark.index, tag.end_mark.index)
                found[named["name"].value] = place
    return found


def promote(staging, production, image):
    """Return the text of production's overlay with the tag that staging gives an image.

    Raises ValueError where either overlay gives it none. All the rest of the text stays as it is.
    """
    there, here = tags(staging).get(image), tags(production).get(image)
    if there is None or here is None:
        raise ValueError(f"there is no tag for {image}")
    tag, (_, begin, end) = here[0], here
    return f'{production[:begin]}"{tag}"{production[end:]}'
