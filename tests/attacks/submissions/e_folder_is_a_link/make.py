def make(place, honest):
    place.symlink_to("aa_neighbour")
