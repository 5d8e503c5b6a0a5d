"""WhatsApp by Meta's Cloud API: what its webhooks say, and what is sent."""
