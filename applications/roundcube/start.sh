#!/bin/sh
# Roundcube, Debian's, with a Dovecot of its own behind it, at 127.0.0.1:PORT until it is stopped: start.sh PORT STATE_DIR
#
# It is stopped by ending its process group.
set -eu

port=$1
state=$2
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$state/mail"
. "$here/../common.sh"
debian dovecot-imapd php-cli php-sqlite3 php-intl php-mbstring php-xml roundcube-core roundcube-sqlite3

# Dovecot as the user that this runs as, on a free port; people are `person1` to `person40`, all with one password.
imap=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
mkdir -p "$state/dovecot" "$state/boxes"
number=1
: >"$state/people"
while [ "$number" -le 40 ]; do
    printf 'person%d:{PLAIN}correct-horse-7::::%s/boxes/person%d::\n' "$number" "$state" "$number" >>"$state/people"
    number=$((number + 1))
done
cat >"$state/dovecot.conf" <<END
base_dir = $state/dovecot
state_dir = $state/dovecot
log_path = $state/dovecot.log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
default_login_user = dovenull
default_internal_user = dovecot
# Roundcube is its only client: its own delays and limits are for others.
auth_failure_delay = 0
mail_max_userip_connections = 1000
mail_location = maildir:~/Maildir
mail_uid = mail
mail_gid = mail
first_valid_uid = 1
passdb {
  driver = passwd-file
  args = $state/people
}
userdb {
  driver = passwd-file
  args = $state/people
  default_fields = uid=mail gid=mail
}
service imap-login {
  inet_listener imap {
    port = $imap
  }
  inet_listener imaps {
    port = 0
  }
  chroot =
}
service anvil {
  chroot =
  # Else every wrong password delays all that come after it, because they all come from Roundcube.
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
END
chown mail:mail "$state/boxes"
chmod 755 "$state"
dovecot -F -c "$state/dovecot.conf" &

# Debian's files with a configuration and a database of our own.
mkdir -p "$state/temp" "$state/logs" "$state/config"
if [ ! -e "$state/seeded" ]; then
    sqlite=$state/roundcube.sqlite3
    php -r '$db = new PDO("sqlite:" . $argv[1]); $db->exec(file_get_contents($argv[2]));' "$sqlite" \
        /usr/share/roundcube/SQL/sqlite.initial.sql
    touch "$state/seeded"
fi
cp "$here/config.inc.php" "$state/config/config.inc.php"
cp /etc/roundcube/defaults.inc.php /etc/roundcube/mimetypes.php "$state/config/"
export ROUNDCUBE_STATE="$state" ROUNDCUBE_IMAP="127.0.0.1:$imap" ROUNDCUBE_CONFIG_DIR="$state/config"
export PHP_CLI_SERVER_WORKERS=4
until_works 'Dovecot' python3 -c "import socket; socket.create_connection(('127.0.0.1', $imap))"
cd /var/lib/roundcube
php -d log_errors=1 -d display_errors=0 -S "127.0.0.1:$port" -t /var/lib/roundcube >"$state/php.log" 2>&1
