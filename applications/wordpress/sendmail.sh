#!/bin/sh
# Stands in for sendmail: the message on standard input becomes a file in $WORDPRESS_MAIL.
file=$(mktemp "$WORDPRESS_MAIL/.XXXXXX")
cat >"$file"
mv "$file" "$WORDPRESS_MAIL/$(date +%s%N).eml"
