"""Run the real things, each as `with X(...) as x:`; they know nothing of grading."""
