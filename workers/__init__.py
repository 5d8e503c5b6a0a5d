"""The Celery workers: the drain that answers questions, and delivery that sends answers back."""
