"""Make copies of the course for students, and prove that they hold no answer."""
