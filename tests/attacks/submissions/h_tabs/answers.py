def mean(numbers):
	if numbers:	  
		return sum(numbers) / len(numbers)  
	return 0.0
def is_palindrome(text): return text == text[::-1]
def word_count(text):
	counts = {}
	for word in text.lower().split():
		counts[word] = counts.get(word, 0) + 1
	return counts
def fib(n):
	a, b = 0, 1
	for _ in range(n): a, b = b, a + b
	return a
