"""Mail servers on this machine: e-mail without a provider.

Dovecot keeps the mailboxes, and a mail server in Python takes what is sent and delivers it there.
See `post_office.PostOffice`.
"""
