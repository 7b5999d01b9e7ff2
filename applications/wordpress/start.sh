#!/bin/sh
# WordPress, Debian's, with a MariaDB of its own, at 127.0.0.1:PORT until it is stopped: start.sh PORT STATE_DIR
#
# It is stopped by ending its process group. Mail becomes files in STATE_DIR/mail.
set -eu

port=$1
state=$2
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$state/mail"
. "$here/../common.sh"
debian mariadb-server php-cli php-mysql php-xml php-gd php-mbstring php-curl wordpress

# The database, reached by its socket alone.
data=$state/mysql
socket=$state/mysql.sock
if [ ! -d "$data" ]; then
    mariadb-install-db --no-defaults --user="$(id -un)" --datadir="$data" --skip-test-db \
        --auth-root-authentication-method=normal >"$state/mariadb.log" 2>&1
fi
mariadbd --no-defaults --user="$(id -un)" --datadir="$data" --socket="$socket" --pid-file="$state/mysql.pid" \
    --skip-networking --innodb-flush-log-at-trx-commit=0 >>"$state/mariadb.log" 2>&1 &
until_works 'MariaDB' mariadb-admin --no-defaults --user=root --socket="$socket" ping
mariadb --no-defaults --user=root --socket="$socket" -e 'CREATE DATABASE IF NOT EXISTS wordpress'

# Debian's files with a configuration of our own: a link for each, because WordPress looks for it beside wp-load.php.
site=$state/site
if [ ! -d "$site" ]; then
    cp -rL /usr/share/wordpress "$site"
    cp "$here/wp-config.php" "$site/wp-config.php"
    mkdir -p "$site/wp-content/mu-plugins"
    cp "$here/account-header.php" "$site/wp-content/mu-plugins/"
fi

export WORDPRESS_SOCKET="$socket" WORDPRESS_MAIL="$state/mail"
run() {
    php -d sendmail_path="$here/sendmail.sh" -d display_errors=0 -d log_errors=1 -d max_execution_time=60 "$@"
}
if [ ! -e "$state/seeded" ]; then
    (cd "$site" && run "$here/seed.php") >"$state/seed.log" 2>&1 || { cat "$state/seed.log" >&2; exit 1; }
    touch "$state/seeded"
fi
export PHP_CLI_SERVER_WORKERS=4
cd "$site"
run -S "127.0.0.1:$port" -t "$site" "$here/router.php" >"$state/php.log" 2>&1
