raise SystemExit("an older try")
