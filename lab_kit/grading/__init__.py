"""Grade a whole course: take in what students handed in, judge it, keep the grades, and write
them down in the forms that others read.
"""
