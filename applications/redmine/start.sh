#!/bin/sh
# Redmine, Debian's, with SQLite, at 127.0.0.1:PORT until it is stopped: start.sh PORT STATE_DIR
#
# It is stopped by ending its process group. Mail becomes files in STATE_DIR/mail.
set -eu

port=$1
state=$2
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$state/mail"
. "$here/../common.sh"
debian redmine redmine-sqlite puma sqlite3

# Debian's files, with an instance of our own.
site=$state/site
if [ ! -d "$site" ]; then
    # Its scripts are links to those of other packages.
    cp -rL /usr/share/redmine "$site"
    rm -rf "$site/instances" "$site/Gemfile.lock" "$site/config/database.yml"
    # Its own list has no server in it.
    echo "gem 'puma'" >>"$site/Gemfile.local"
    mkdir -p "$site/config" "$site/instances/default/tmp/cache" "$site/instances/default/log" \
        "$site/instances/default/files" "$site/instances/default/config"
    cat >"$site/config/database.yml" <<YAML
production:
  adapter: sqlite3
  database: $state/redmine.sqlite
  timeout: 10000
YAML
    cat >"$site/config/configuration.yml" <<YAML
default:
  email_delivery:
    delivery_method: :file
    file_settings:
      location: $state/mail
YAML
    cp "$site/config/database.yml" "$site/config/configuration.yml" "$site/instances/default/config/"
    echo 'of a test: 5f4dcc3b5aa765d61d8327deb882cf99a8f5f167f44f4964e6c998dee827110c' \
        >"$site/instances/default/config/secret_key.txt"
fi

cd "$site"
export RAILS_ENV=production BUNDLE_SILENCE_ROOT_WARNING=1 REDMINE_LANG=en RAILS_SERVE_STATIC_FILES=1 RUBYOPT=-W0
if [ ! -e "$state/seeded" ]; then
    {
        bundle install --local && bundle exec rake db:migrate && bundle exec rake redmine:load_default_data &&
            bundle exec rails runner "$here/seed.rb" "$state"
    } >"$state/seed.log" 2>&1 || { tail -20 "$state/seed.log" >&2; exit 1; }
    touch "$state/seeded"
fi
exec bundle exec puma --environment production --threads 1:4 --bind "tcp://127.0.0.1:$port"
