"""The commands of `atende`, one file each."""
