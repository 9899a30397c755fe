"""Build what students open from the stories and finished files in `solutions/`."""
