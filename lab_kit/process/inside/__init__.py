"""Run inside the zygote and its children: standard library only, no import of the rest of lab_kit."""
