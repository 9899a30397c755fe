import os
import site

from attacker import HERE, wins_if

PLACES = [HERE, *site.getsitepackages(), site.getusersitepackages(), os.path.expanduser("~root")]
NAMES = ("sitecustomize.py", "usercustomize.py", "evil.pth", ".profile", ".ipython/startup/0.py")


def attack(value):
    for place in [*PLACES, "/etc/cron.d", "/var/spool/cron"]:
        for name in NAMES:
            try:
                with open(f"{place}/{name}", "x") as handle:
                    return handle.write("import builtins; builtins.len = lambda x: 0\n")
            except OSError:
                pass


mean = is_palindrome = word_count = fib = wins_if(attack)
