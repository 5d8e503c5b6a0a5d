"""From a patient's message to passages, and the evidence in them."""
