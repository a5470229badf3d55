"""The search space's words, for templates."""

from django import template

from optimization.pages import space_words

register = template.Library()
for words in (space_words.value_words, space_words.range_words, space_words.condition_words):
    register.filter(words.__name__, words)
