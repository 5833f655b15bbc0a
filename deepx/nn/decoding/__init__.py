"""What a model of next words says: the most probable sentence, a drawn one, the n best.

Everything here takes a `steps.Step` and knows no model: `step(state, word_N) -> (log p of next words [N, V], state)`,
where every array of the state has N at first. A decoder starts on the end of sentences and stops at it (`sequences`).
In the last of T = `longest` places it can do nothing else: so every result is a whole sentence, and its log p the
model's own, the end included.
"""
