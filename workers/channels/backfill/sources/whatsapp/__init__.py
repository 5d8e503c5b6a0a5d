"""A chat that was exported from WhatsApp, as questions with the clinic's own later answers."""
