def make(place, honest):
    (place / ".git" / "objects" / "info").mkdir(parents=True)
    (place / ".git" / "objects" / "info" / "alternates").write_text("/work/.git/objects\n")
    (place / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    (place / "answers.py").write_text(honest)
