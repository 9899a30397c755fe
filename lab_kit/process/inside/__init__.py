"""Run inside the zygote and its children: standard library only, nothing else of lab_kit."""
