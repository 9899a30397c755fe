import os
import sqlite3

from honest import fib, is_palindrome


def query(rows, sql):
    with sqlite3.connect(os.path.join(os.environ["TMPDIR"], "work.db")) as database:
        database.execute("drop table if exists rows")
        database.execute("create table rows (value)")
        database.executemany("insert into rows values (?)", [(row,) for row in rows])
        return database.execute(sql).fetchall()


def mean(numbers):
    return query(numbers, "select coalesce(avg(value), 0.0) from rows")[0][0]


def word_count(text):
    return dict(query(text.lower().split(), "select value, count(*) from rows group by value"))
