from honest import fib, mean
