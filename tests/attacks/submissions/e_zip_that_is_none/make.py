def make(place, honest):
    place.with_suffix(".zip").write_bytes(b"PK\x03\x04" + honest.encode())
