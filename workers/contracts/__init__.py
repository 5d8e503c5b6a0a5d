"""What the API and the workers share: records, Redis keys and the scripts that change them."""
