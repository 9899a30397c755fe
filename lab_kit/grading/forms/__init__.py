"""Write grades in the forms that others read: JUnit, CTRF, Gradescope, GitHub, CSV, HTML.

Each module's `write` takes grades one at a time and keeps no more of them than its form needs.
All text is a stranger's: what a form could take for its own syntax is made inert in `text`.
"""
