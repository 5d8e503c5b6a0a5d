"""Dovecot's settings, of version 2.3: 2.4 reads none of them."""

from string import Template
from typing import Final

#: What `dovecot.conf` says; see `Dovecot` for what is filled in.
SETTINGS: Final = Template("""\
base_dir = $folder/run
state_dir = $folder/run
log_path = $folder/dovecot.log
protocols = imap lmtp
listen = 127.0.0.1
hostname = post-office.example
postmaster_address = postmaster@post-office.example
ssl = $ssl
$certificate
disable_plaintext_auth = no
auth_mechanisms = plain login xoauth2 oauthbearer
auth_failure_delay = 0
default_internal_user = $user
default_login_user = $user
default_internal_group = $group
default_client_limit = 400
first_valid_uid = 1
mail_location = maildir:~/Maildir
mail_max_userip_connections = 50
mail_fsync = never
lda_mailbox_autocreate = yes
submission_host = 127.0.0.1:$relay_port
namespace inbox {
  inbox = yes
  separator = /
  mailbox Drafts {
    auto = subscribe
    special_use = \\Drafts
  }
  mailbox Sent {
    auto = subscribe
    special_use = \\Sent
  }
  mailbox Junk {
    auto = subscribe
    special_use = \\Junk
  }
}
passdb {
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = $folder/oauth2.conf
}
passdb {
  driver = passwd-file
  mechanisms = plain login
  args = scheme=PLAIN username_format=%Lu $folder/users/%Lu
}
userdb {
  driver = static
  args = uid=$uid gid=$gid home=$folder/home/%u allow_all_users=yes
}
protocol lmtp {
  mail_plugins = $sieve
}
plugin {
  sieve = file:~/sieve;active=~/.dovecot.sieve
  sieve_vacation_min_period = 0
  sieve_vacation_send_from_recipient = no
}
service anvil {
  chroot =
  # No penalty for the machine from which all wrong passwords come.
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
service stats {
  chroot =
}
service imap-login {
  chroot =
  inet_listener imap {
    port = $imap_port
  }
  inet_listener imaps {
    port = $imaps_port
  }
}
service lmtp {
  inet_listener lmtp {
    port = $lmtp_port
  }
}
""")

#: How Dovecot asks whose a token is.
OAUTH2_SETTINGS: Final = Template("""\
introspection_mode = auth
introspection_url = http://127.0.0.1:$tokens_port/introspect
username_attribute = username
active_attribute = active
active_value = true
""")
